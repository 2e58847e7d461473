internal import Glibc
internal import Platform

/// Files that tests read: those of the package, and those that may lie beside it.
package enum TestData {
  /// The package's own directory.
  package static let root: String = {
    var path = #filePath
    for _ in 0..<3 { path = Path.parent(of: path) }
    return path
  }()

  /// Reads a file of the package.
  package static func read(_ path: String) throws -> [UInt8] {
    try SystemFiles.shared.readSmallFile(
      path.hasPrefix("/") ? path : Path.join(root, path), limit: 16 << 20)
  }

  /// The folder that an environment variable names, else `other` beside the package; nil if it is not there.
  package static func folder(_ variable: String, or other: String) -> String? {
    let path = getenv(variable).map { String(cString: $0) } ?? Path.join(root, other)
    return (try? SystemFiles.shared.list(path)) == nil ? nil : path
  }
}

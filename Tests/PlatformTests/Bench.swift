import Glibc
import Platform
import TestSupport

/// The two file systems that must behave alike, so that what is tested on one holds on the other.
enum Subject: String, CaseIterable, Sendable {
  case system, faulty

  /// Runs `body` with an empty directory of its own.
  func bench<R>(_ body: (Bench) throws -> R) throws -> R {
    switch self {
    case .faulty:
      let files = FaultyFiles()
      files.plantDirectory("/bench")
      return try body(Bench(files: files, root: "/bench", faulty: files))
    case .system:
      let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
      var template = Array("\(parent)/blackbox-test-XXXXXX".utf8CString)
      guard let path = mkdtemp(&template).map({ String(cString: $0) }) else {
        throw FileFailure("make directory", path: parent, code: errno)
      }
      defer { Bench.clear(path) }
      return try body(Bench(files: SystemFiles.shared, root: path, faulty: nil))
    }
  }
}

struct Bench {
  let files: any FileSystem
  let root: String
  let faulty: FaultyFiles?

  func path(_ name: String) -> String { "\(root)/\(name)" }

  func symbolicLink(_ name: String, to target: String) {
    if let faulty {
      faulty.plantSymbolicLink(path(name), to: target)
    } else {
      _ = symlink(target, path(name))
    }
  }

  func hardLink(_ name: String, to target: String) {
    if let faulty {
      faulty.plantHardLink(path(name), to: path(target))
    } else {
      _ = link(path(target), path(name))
    }
  }

  func fifo(_ name: String) {
    if let faulty { faulty.plantOther(path(name)) } else { _ = mkfifo(path(name), 0o600) }
  }

  func make(_ name: String, _ text: String = "") throws {
    let file = try File(path(name), .createNew(0o600), in: files)
    try file.write(Array(text.utf8).span, at: 0)
    try file.close()
  }

  func text(_ name: String) throws -> String {
    let file = try File(path(name), .readNamed, in: files)
    return String(decoding: try file.read(100_000, at: 0), as: UTF8.self)
  }

  /// The errno value that a call fails with; 0 if it does not.
  func code(_ call: () throws(FileFailure) -> Void) -> Int32 {
    do throws(FileFailure) {
      try call()
      return 0
    } catch { return error.code }
  }

  func code(opening name: String, _ mode: OpenMode) -> Int32 {
    code { () throws(FileFailure) in try files.close(try files.open(path(name), mode)) }
  }

  static func clear(_ path: String) {
    for name in (try? SystemFiles.shared.list(path)) ?? [] {
      let inner = "\(path)/\(name)"
      if (try? SystemFiles.shared.status(of: inner).kind) == .directory {
        clear(inner)
      } else {
        _ = unlink(inner)
      }
    }
    _ = rmdir(path)
  }
}

extension File {
  func write(_ bytes: [UInt8], at offset: UInt64) throws(FileFailure) {
    try write(bytes.span, at: offset)
  }
}

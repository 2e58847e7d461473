internal import Glibc
internal import Platform

/// A directory of its own on the real disk, removed with everything in it when the last owner goes.
package final class TemporaryDirectory: Sendable {
  package let path: String

  package init() {
    var template = Array("/tmp/blackbox-test-XXXXXX".utf8CString)
    let made = mkdtemp(&template)
    precondition(made != nil, "no temporary directory")
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit { Self.clear(path) }

  private static func clear(_ path: String) {
    var info = stat()
    guard lstat(path, &info) == 0 else { return }
    if info.st_mode & S_IFMT == S_IFDIR {
      for name in (try? SystemFiles.shared.list(path)) ?? [] { clear(path + "/" + name) }
    }
    _ = remove(path)
  }

  /// Runs a shell command in the directory: its exit status and what it printed.
  package func shell(_ command: String) -> (status: Int32, output: [UInt8]) {
    guard let pipe = popen("cd '\(path)' && { \(command)\n} 2>&1", "r") else { return (-1, []) }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let got = fread(&buffer, 1, buffer.count, pipe)
      if got == 0 { break }
      output += buffer[..<got]
    }
    let status = pclose(pipe)
    return (status & 0x7F == 0 ? status >> 8 & 0xFF : -1, output)
  }

  /// True if the machine has a program of that name.
  package func has(_ program: String) -> Bool { shell("command -v \(program)").status == 0 }

  /// Makes a FIFO.
  package func makeFIFO(_ name: String) { _ = mkfifo(path + "/" + name, 0o600) }
}

internal import Platform

/// A file that is read for an import, by offset, so that it can be read twice.
final class SourceFile: Sendable {
  /// The name it is remembered by: without its folders.
  let name: String
  /// The name a message shows.
  let path: String
  let size: UInt64
  private let file: File

  private init(_ file: consuming File, name: String, path: String, size: UInt64) {
    self.file = file
    self.name = name
    self.path = path
    self.size = size
  }

  static func open(_ path: String, in system: any FileSystem) throws(ImportFailure) -> SourceFile {
    let file = try reading { () throws(FileFailure) in try File(path, .readNamed, in: system) }
    let status = try reading { () throws(FileFailure) in try file.status() }
    guard status.kind == .regular else {
      throw .refuse(
        "cannot import this", path,
        found: status.kind == .directory ? "a directory" : "neither a file nor a directory",
        wanted: "a file, - for standard input, or the directory of a sudo I/O log",
        advice: "Name each file; a pipe is read with -.")
    }
    return SourceFile(file, name: Path.name(of: path), path: path, size: status.size)
  }

  /// Reads standard input to its end, into a file of `directory` that has no name any more.
  ///
  /// It is read twice, and may be larger than memory.
  static func spool(into directory: String, in system: any FileSystem)
    throws(ImportFailure) -> SourceFile
  {
    let random: [UInt8]
    do { random = try randomBytes(12) } catch {
      throw .refuse("cannot read standard input", "-", found: error.reason)
    }
    let path = Path.join(directory, "blackbox-import-" + Hex.encode(random))
    let file = try reading { () throws(FileFailure) in
      let file = try File(path, .createNew(0o600), in: system)
      try system.remove(path)
      return file
    }
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    var size: UInt64 = 0
    while true {
      switch PseudoTerminal.read(0, into: &buffer) {
      case .over: return SourceFile(file, name: "-", path: "standard input", size: size)
      case .later: _ = Polling.wait([Polling.Interest(0)], milliseconds: -1)
      case .bytes(let count):
        try reading { () throws(FileFailure) in
          try file.write(buffer.span.extracting(0..<count), at: size)
        }
        size += UInt64(count)
      }
    }
  }

  /// Fills `buffer` from `offset` on; fewer bytes only at the end.
  func read(into buffer: inout [UInt8], at offset: UInt64) throws(ImportFailure) -> Int {
    do { return try file.read(into: &buffer, at: offset) } catch { throw .source(error) }
  }

  /// The first bytes.
  func head(_ count: Int) throws(ImportFailure) -> [UInt8] {
    do { return try file.read(count, at: 0) } catch { throw .source(error) }
  }
}

/// What was read of one file.
struct SourceDigest: Sendable, Equatable {
  var name: String
  var sha256: Digest
  var bytes: UInt64
}

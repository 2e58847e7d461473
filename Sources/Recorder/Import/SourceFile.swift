internal import Platform

/// A file that is read for an import, by offset, so that it can be read twice.
final class SourceFile: Sendable {
  /// The name it is remembered by: without its folders.
  let name: String
  /// The name a message shows.
  let path: String
  let size: UInt64
  /// What stood on the disk, where this is what was unpacked from it.
  let wrapping: Wrapping?
  private let file: File

  /// The packed file that a source was unpacked from.
  struct Wrapping: Sendable {
    /// `gzip` or `zstd`.
    var kind: String
    var digest: SourceDigest
    /// Why not all of it could be unpacked.
    var fault: String?
  }

  /// More is not unpacked: a few bytes can stand for a full disk.
  private static let mostUnpacked: UInt64 = 1 << 30

  private init(
    _ file: consuming File, name: String, path: String, size: UInt64, wrapping: Wrapping? = nil
  ) {
    self.file = file
    self.name = name
    self.path = path
    self.size = size
    self.wrapping = wrapping
  }

  /// True for a directory, links to one included; false also where nothing can be seen.
  static func isDirectory(_ path: String, in system: any FileSystem) -> Bool {
    do throws(FileFailure) {
      return try system.status(of: Path.join(path, ".")).kind == .directory
    } catch { return false }
  }

  /// Opens a file; what is packed with gzip or zstd is unpacked into a nameless file of `spool`.
  static func open(_ path: String, in system: any FileSystem, spool: String)
    throws(ImportFailure) -> SourceFile
  {
    let file = try reading { () throws(FileFailure) in try File(path, .readNamed, in: system) }
    let status = try reading { () throws(FileFailure) in try file.status() }
    guard status.kind == .regular else {
      throw .refuse(
        "cannot import this", path,
        found: status.kind == .directory ? "a directory" : "neither a file nor a directory",
        wanted: "a file, - for standard input, or the directory of a sudo I/O log",
        advice: "Name each file; a pipe is read with -.")
    }
    let source = SourceFile(file, name: Path.name(of: path), path: path, size: status.size)
    return try source.unwrapped(in: system, spool: spool)
  }

  /// Reads standard input to its end, into a nameless file of `directory`.
  ///
  /// It is read twice, and may be larger than memory.
  static func standardInput(spool directory: String, in system: any FileSystem)
    throws(ImportFailure) -> SourceFile
  {
    let file = try nameless(in: directory, system)
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    var size: UInt64 = 0
    while true {
      switch PseudoTerminal.read(0, into: &buffer) {
      case .over:
        let source = SourceFile(file, name: "-", path: "standard input", size: size)
        return try source.unwrapped(in: system, spool: directory)
      case .later: _ = Polling.wait([Polling.Interest(0)], milliseconds: -1)
      case .bytes(let count):
        try reading { () throws(FileFailure) in
          try file.write(buffer.span.extracting(0..<count), at: size)
        }
        size += UInt64(count)
      }
    }
  }

  private static func nameless(in directory: String, _ system: any FileSystem)
    throws(ImportFailure) -> File
  {
    let random: [UInt8]
    do { random = try randomBytes(12) } catch {
      throw .refuse("cannot make a file to work with", directory, found: error.reason)
    }
    let path = Path.join(directory, "blackbox-import-" + Hex.encode(random))
    return try reading { () throws(FileFailure) in
      let file = try File(path, .createNew(0o600), in: system)
      try system.remove(path)
      return file
    }
  }

  private func unwrapped(in system: any FileSystem, spool: String) throws(ImportFailure)
    -> SourceFile
  {
    let head = try head(4)
    let outcome: Gunzip.Outcome
    let file: File
    let kind: String
    if Gunzip.isWrapped(head) {
      kind = "gzip"
      file = try Self.nameless(in: spool, system)
      var gunzip = try Gunzip(self, limit: Self.mostUnpacked)
      outcome = try gunzip.unpack(into: file)
    } else if ZstdUnpack.isWrapped(head) {
      kind = "zstd"
      file = try Self.nameless(in: spool, system)
      var zstd = try ZstdUnpack(self, limit: Self.mostUnpacked)
      outcome = try zstd.unpack(into: file)
    } else {
      return self
    }
    guard !outcome.isTooLarge else {
      throw .refuse(
        "cannot import this", path, found: "more than 1 GiB packed with \(kind)",
        advice: "Unpack it first, and import what comes of it.")
    }
    return SourceFile(
      file, name: name, path: path, size: outcome.bytes,
      wrapping: Wrapping(kind: kind, digest: outcome.digest, fault: outcome.fault))
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

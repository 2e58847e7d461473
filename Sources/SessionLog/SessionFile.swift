internal import Platform

/// How many session files a process may have open.
///
/// Locks are not among them: each session keeps its own for as long as it is written, since that is what proves that there
/// is one writer.
package struct FileAllowance: Sendable {
  /// So many stay open.
  package var most = Int.max
  /// So many more are opened at a time for a round, and closed again.
  package var besides = Int.max

  package init() {}

  package init(most: Int, besides: Int) {
    self.most = max(0, most)
    self.besides = max(1, besides)
  }
}

/// Counts the open files of one process's sessions.
///
/// Not Sendable: one thread has it, with all its sessions.
final class OpenFiles {
  let allowance: FileAllowance
  fileprivate(set) var count = 0

  init(_ allowance: FileAllowance = FileAllowance()) { self.allowance = allowance }

  /// More are open than may stay.
  var areTooMany: Bool { count > allowance.most }
}

/// A session's file, which is closed while too many are open and nothing of it waits for the disk.
///
/// It is opened again before the next write, so that every error of a sync is heard by the descriptor that wrote.
struct SessionFile: ~Copyable {
  private let path: String
  private let system: any FileSystem
  private let files: OpenFiles
  private var file: File?
  /// What the path must still name when it is opened again.
  private var device: UInt64 = 0
  private var inode: UInt64 = 0

  init(_ path: String, _ mode: OpenMode, in system: any FileSystem, among files: OpenFiles)
    throws(FileFailure)
  {
    file = try File(path, mode, in: system)
    self.path = path
    self.system = system
    self.files = files
    files.count += 1
  }

  deinit { if file != nil { files.count -= 1 } }

  var isOpen: Bool { file != nil }

  /// Writes all bytes at `offset`, which is where the file ends; `written` tells how many of them it has already, and how
  /// far it came.
  mutating func write(_ bytes: Span<UInt8>, at offset: UInt64, written: inout Int)
    throws(SessionLogFailure)
  {
    if file == nil { try open(size: offset) }
    try onDisk { () throws(FileFailure) in
      try file?.write(bytes, at: offset, written: &written)
    }
  }

  /// Makes what was written durable.
  func sync(dataOnly: Bool) throws(FileFailure) { try file?.sync(dataOnly: dataOnly) }

  func truncate(to size: UInt64) throws(FileFailure) { try file?.truncate(to: size) }

  /// Closes it if more are open than may stay; every byte must be durable.
  mutating func closeIfTooMany() throws(SessionLogFailure) {
    guard files.areTooMany, file != nil else { return }
    if inode == 0, let status = try onDisk({ () throws(FileFailure) in try file?.status() }) {
      (device, inode) = (status.device, status.inode)
    }
    // What close says of bytes that are durable changes nothing.
    file = nil
    files.count -= 1
  }

  private mutating func open(size: UInt64) throws(SessionLogFailure) {
    let opened = try onDisk { () throws(FileFailure) in try File(path, .readWrite, in: system) }
    let status = try onDisk { () throws(FileFailure) in try opened.status() }
    guard status.device == device, status.inode == inode, status.size == size else {
      throw SessionLogFailure(
        .storeUnusable, "the session's file was changed by somebody else", at: path,
        found: status.inode == inode ? "\(status.size) bytes" : "another file",
        wanted: "the file as it was left, \(size) bytes",
        advice: "Keep it as evidence; `blackbox verify` says what is wrong with it.")
    }
    file = consume opened
    files.count += 1
  }
}

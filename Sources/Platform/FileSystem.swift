/// How a file is opened.
///
/// Nothing follows a symbolic link, everything is close-on-exec.
package enum OpenMode: Sendable, Equatable {
  /// For reading; never blocks on a FIFO or device.
  case read
  /// For reading a path that a person named, which may be a symbolic link.
  case readNamed
  /// For reading and writing; must exist.
  case readWrite
  /// For reading and writing; must not exist yet. The value is the permission bits.
  case createNew(UInt32)
  /// For reading and writing; made if it does not exist.
  case createOrOpen(UInt32)
  /// A directory, to sync it.
  case directory
}

/// What kind of thing a path or descriptor names.
package enum FileKind: Sendable, Equatable { case regular, directory, symbolicLink, other }

/// Facts about a file, as the system tells them.
package struct FileStatus: Sendable, Equatable {
  package var kind: FileKind
  package var size: UInt64
  package var links: UInt64
  package var device: UInt64
  package var inode: UInt64
  package var owner: UInt32
  package var permissions: UInt32
  /// When its content last changed, in nanoseconds since 1970; 0 where that is not known.
  ///
  /// For a directory, when a name came or went.
  package var modified: Int64

  package init(
    kind: FileKind, size: UInt64, links: UInt64, device: UInt64, inode: UInt64, owner: UInt32,
    permissions: UInt32, modified: Int64 = 0
  ) {
    self.kind = kind
    self.size = size
    self.links = links
    self.device = device
    self.inode = inode
    self.owner = owner
    self.permissions = permissions
    self.modified = modified
  }
}

/// Every touch of the disk, one system call each, so that a faulty layer can stand in.
///
/// Implementations neither retry nor loop: `File` is the one place that handles EINTR and short writes.
/// All methods are safe to call from any thread.
package protocol FileSystem: AnyObject, Sendable {
  /// Opens `path`. Wraps `open(2)`.
  func open(_ path: String, _ mode: OpenMode) throws(FileFailure) -> Int32
  /// Closes a descriptor; it is gone even after a failure. Wraps `close(2)`.
  func close(_ descriptor: Int32) throws(FileFailure)
  /// Writes at `offset` and returns how many bytes were taken, perhaps fewer than given. Wraps `pwrite(2)`.
  func write(_ descriptor: Int32, _ bytes: Span<UInt8>, at offset: UInt64) throws(FileFailure)
    -> Int
  /// Reads at `offset` into `buffer` from index `start` to its end; 0 is the end of the file. Wraps `pread(2)`.
  func read(_ descriptor: Int32, into buffer: inout [UInt8], from start: Int, at offset: UInt64)
    throws(FileFailure) -> Int
  /// Makes content (and, unless `dataOnly`, metadata) durable. Wraps `fdatasync(2)` and `fsync(2)`.
  func sync(_ descriptor: Int32, dataOnly: Bool) throws(FileFailure)
  /// Makes everything on the descriptor's file system durable; false where that is not to be relied on.
  ///
  /// Reports errors since the descriptor was opened, or since the last call. Wraps `syncfs(2)`.
  func syncFileSystem(_ descriptor: Int32) throws(FileFailure) -> Bool
  /// Cuts or extends the file. Wraps `ftruncate(2)`.
  func truncate(_ descriptor: Int32, to size: UInt64) throws(FileFailure)
  /// Facts about an open file. Wraps `fstat(2)`.
  func status(_ descriptor: Int32) throws(FileFailure) -> FileStatus
  /// Facts about a path; a symbolic link is not followed. Wraps `lstat(2)`.
  func status(of path: String) throws(FileFailure) -> FileStatus
  /// Takes the whole-file lock; false if another open file description holds it and `wait` is false.
  /// Wraps `flock(2)`.
  func lock(_ descriptor: Int32, wait: Bool) throws(FileFailure) -> Bool
  /// Makes one directory. Wraps `mkdir(2)`.
  func makeDirectory(_ path: String, permissions: UInt32) throws(FileFailure)
  /// Replaces `target` atomically. Wraps `rename(2)`.
  func rename(_ source: String, to target: String) throws(FileFailure)
  /// Removes a file. Wraps `unlink(2)`.
  func remove(_ path: String) throws(FileFailure)
  /// Names in a directory, sorted, without `.` and `..`. Wraps `readdir(3)`.
  func list(_ path: String) throws(FileFailure) -> [String]
}

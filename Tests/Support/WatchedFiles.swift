package import Platform
internal import Synchronization

/// Files of another system, with a word before a path is opened or looked at: for what happens between two steps of one process.
package final class WatchedFiles: FileSystem {
  private let files: any FileSystem
  private let before: Mutex<(@Sendable (String) -> Void)?> = Mutex(nil)

  package init(_ files: any FileSystem) { self.files = files }

  /// Calls `body` with each path that is about to be opened or looked at; nil: no longer.
  package func watch(_ body: (@Sendable (String) -> Void)?) { before.withLock { $0 = body } }

  package func open(_ path: String, _ mode: OpenMode) throws(FileFailure) -> Int32 {
    before.withLock { $0 }?(path)
    return try files.open(path, mode)
  }
  package func close(_ descriptor: Int32) throws(FileFailure) { try files.close(descriptor) }
  package func write(_ descriptor: Int32, _ bytes: Span<UInt8>, at offset: UInt64)
    throws(FileFailure) -> Int
  { try files.write(descriptor, bytes, at: offset) }
  package func read(
    _ descriptor: Int32, into buffer: inout [UInt8], from start: Int, at offset: UInt64
  ) throws(FileFailure) -> Int {
    try files.read(descriptor, into: &buffer, from: start, at: offset)
  }
  package func sync(_ descriptor: Int32, dataOnly: Bool) throws(FileFailure) {
    try files.sync(descriptor, dataOnly: dataOnly)
  }
  package func syncFileSystem(_ descriptor: Int32) throws(FileFailure) -> Bool {
    try files.syncFileSystem(descriptor)
  }
  package func truncate(_ descriptor: Int32, to size: UInt64) throws(FileFailure) {
    try files.truncate(descriptor, to: size)
  }
  package func status(_ descriptor: Int32) throws(FileFailure) -> FileStatus {
    try files.status(descriptor)
  }
  package func status(of path: String) throws(FileFailure) -> FileStatus {
    before.withLock { $0 }?(path)
    return try files.status(of: path)
  }
  package func lock(_ descriptor: Int32, wait: Bool) throws(FileFailure) -> Bool {
    try files.lock(descriptor, wait: wait)
  }
  package func makeDirectory(_ path: String, permissions: UInt32) throws(FileFailure) {
    try files.makeDirectory(path, permissions: permissions)
  }
  package func rename(_ source: String, to target: String) throws(FileFailure) {
    try files.rename(source, to: target)
  }
  package func remove(_ path: String) throws(FileFailure) { try files.remove(path) }
  package func list(_ path: String) throws(FileFailure) -> [String] { try files.list(path) }
}

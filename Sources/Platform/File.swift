/// An open file with one owner; EINTR and short writes are handled here and nowhere else.
package struct File: ~Copyable {
  private let system: any FileSystem
  private var descriptor: Int32
  package let path: String

  /// Opens `path`; see `OpenMode` for what is followed and made.
  package init(_ path: String, _ mode: OpenMode, in system: any FileSystem) throws(FileFailure) {
    self.system = system
    self.path = path
    while true {
      do {
        descriptor = try system.open(path, mode)
        return
      } catch {
        guard error.isInterrupted else { throw error.at(path) }
      }
    }
  }

  deinit {
    // An owner that cares calls close() and hears of errors; all others only read.
    guard descriptor >= 0 else { return }
    do { try system.close(descriptor) } catch {}
  }

  /// Closes the file and reports what the system says.
  package consuming func close() throws(FileFailure) {
    let closing = descriptor
    descriptor = -1
    do { try system.close(closing) } catch { throw error.at(path) }
  }

  /// Writes all bytes at `offset`.
  ///
  /// After a failure an unknown prefix may have been written.
  package func write(_ bytes: Span<UInt8>, at offset: UInt64) throws(FileFailure) {
    var written = 0
    try write(bytes, at: offset, written: &written)
  }

  /// Writes all bytes at `offset`; `written` tells how far it came, also when it fails.
  package func write(_ bytes: Span<UInt8>, at offset: UInt64, written: inout Int)
    throws(FileFailure)
  {
    while written < bytes.count {
      let rest = bytes.extracting(written..<bytes.count)
      let taken = try retrying { () throws(FileFailure) in
        try system.write(descriptor, rest, at: offset &+ UInt64(written))
      }
      guard taken > 0 else { throw FileFailure("write", path: path, code: FileFailure.ioError) }
      written += taken
    }
  }

  /// Fills `buffer` from `offset` on and returns how many bytes it got; fewer only at the end of the file.
  package func read(into buffer: inout [UInt8], at offset: UInt64) throws(FileFailure) -> Int {
    var filled = 0
    while filled < buffer.count {
      let got: Int
      do {
        got = try system.read(
          descriptor, into: &buffer, from: filled, at: offset &+ UInt64(filled))
      } catch {
        if error.isInterrupted { continue }
        throw error.at(path)
      }
      if got == 0 { break }
      filled += got
    }
    return filled
  }

  /// Reads up to `count` bytes at `offset`; fewer only at the end of the file.
  package func read(_ count: Int, at offset: UInt64) throws(FileFailure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = try read(into: &bytes, at: offset)
    if got < count { bytes.removeLast(count - got) }
    return bytes
  }

  /// Makes the content durable.
  ///
  /// A failure is final for these bytes: it must never be retried.
  package func sync(dataOnly: Bool = true) throws(FileFailure) {
    _ = try retrying { () throws(FileFailure) in
      try system.sync(descriptor, dataOnly: dataOnly)
      return 0
    }
  }

  /// Makes the whole file system that this file is on durable; false where that is not to be relied on.
  package func syncFileSystem() throws(FileFailure) -> Bool {
    while true {
      do { return try system.syncFileSystem(descriptor) } catch {
        guard error.isInterrupted else { throw error.at(path) }
      }
    }
  }

  package func truncate(to size: UInt64) throws(FileFailure) {
    _ = try retrying { () throws(FileFailure) in
      try system.truncate(descriptor, to: size)
      return 0
    }
  }

  package func status() throws(FileFailure) -> FileStatus {
    do { return try system.status(descriptor) } catch { throw error.at(path) }
  }

  /// Gives an empty file that the superuser just made to the owner of the directory it lies in.
  ///
  /// Whoever owns a store goes on using what was made in it. Nothing happens for any other user, and to a file
  /// that has content or a second name. Wraps `fchown(2)`.
  package func giveToOwner(of directory: String) throws(FileFailure) {
    guard isSuperuser else { return }
    let (own, around) = (try status(), try system.status(of: directory))
    guard own.kind == .regular, own.links == 1, own.size == 0, own.owner != around.owner else {
      return
    }
    do { try changeOwner(descriptor, to: around.owner) } catch { throw error.at(path) }
  }

  /// True if `path` names this file now; false where it names another one or nothing.
  package func isNamed(_ path: String) throws(FileFailure) -> Bool {
    let held = try status()
    do throws(FileFailure) {
      let named = try system.status(of: path)
      return named.inode == held.inode && named.device == held.device
    } catch {
      guard error.isMissing else { throw error }
      return false
    }
  }

  /// Takes the file's lock, or returns false if someone else holds it and `wait` is false.
  ///
  /// It is released when this value ends.
  package func lock(wait: Bool) throws(FileFailure) -> Bool {
    while true {
      do { return try system.lock(descriptor, wait: wait) } catch {
        guard error.isInterrupted else { throw error.at(path) }
      }
    }
  }

  private func retrying(_ call: () throws(FileFailure) -> Int) throws(FileFailure) -> Int {
    while true {
      do { return try call() } catch {
        guard error.isInterrupted else { throw error.at(path) }
      }
    }
  }
}

extension FileFailure {
  fileprivate func at(_ path: String) -> FileFailure {
    FileFailure(operation, path: path, code: code)
  }
}

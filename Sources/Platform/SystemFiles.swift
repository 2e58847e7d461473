internal import CPosix
internal import Glibc

/// The real file system: each method is the one system call its documentation in `FileSystem` names.
package final class SystemFiles: FileSystem {
  package static let shared = SystemFiles()

  private init() {}

  package func open(_ path: String, _ mode: OpenMode) throws(FileFailure) -> Int32 {
    let base = O_CLOEXEC | O_NOCTTY
    let descriptor: Int32
    switch mode {
    case .read: descriptor = unsafe Glibc.open(path, base | O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    case .readNamed: descriptor = unsafe Glibc.open(path, base | O_RDONLY | O_NONBLOCK)
    case .readWrite: descriptor = unsafe Glibc.open(path, base | O_RDWR | O_NOFOLLOW | O_NONBLOCK)
    case .createNew(let permissions):
      descriptor = unsafe Glibc.open(
        path, base | O_RDWR | O_NOFOLLOW | O_CREAT | O_EXCL, permissions)
    case .createOrOpen(let permissions):
      descriptor = unsafe Glibc.open(
        path, base | O_RDWR | O_NOFOLLOW | O_CREAT | O_NONBLOCK, permissions)
    case .directory: descriptor = unsafe Glibc.open(path, base | O_RDONLY | O_DIRECTORY)
    }
    guard descriptor >= 0 else { throw FileFailure("open", path: path, code: errno) }
    // What a group may read must not depend on the umask of whoever happened to make it.
    if case .createNew(let permissions) = mode, permissions & 0o077 != 0 {
      fchmod(descriptor, permissions)
    }
    return descriptor
  }

  package func close(_ descriptor: Int32) throws(FileFailure) {
    // Linux frees the descriptor even when close reports EINTR.
    guard Glibc.close(descriptor) == 0 || errno == EINTR else {
      throw FileFailure("close", path: "", code: errno)
    }
  }

  package func write(_ descriptor: Int32, _ bytes: Span<UInt8>, at offset: UInt64)
    throws(FileFailure) -> Int
  {
    let written = unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe pwrite(descriptor, buffer.baseAddress, buffer.count, off_t(clamping: offset))
    }
    guard written >= 0 else { throw FileFailure("write", path: "", code: errno) }
    return written
  }

  package func read(
    _ descriptor: Int32, into buffer: inout [UInt8], from start: Int, at offset: UInt64
  ) throws(FileFailure) -> Int {
    let got = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
      let rest = unsafe UnsafeMutableBufferPointer(rebasing: buffer.dropFirst(start))
      return unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(clamping: offset))
    }
    guard got >= 0 else { throw FileFailure("read", path: "", code: errno) }
    return got
  }

  package func sync(_ descriptor: Int32, dataOnly: Bool) throws(FileFailure) {
    guard (dataOnly ? fdatasync(descriptor) : fsync(descriptor)) == 0 else {
      throw FileFailure("sync", path: "", code: errno)
    }
  }

  package func syncFileSystem(_ descriptor: Int32) throws(FileFailure) -> Bool {
    guard blackbox_can_sync_file_system(descriptor) == 1 else { return false }
    let code = blackbox_sync_file_system(descriptor)
    guard code == 0 else { throw FileFailure("sync", path: "", code: -code) }
    return true
  }

  package func truncate(_ descriptor: Int32, to size: UInt64) throws(FileFailure) {
    guard ftruncate(descriptor, off_t(clamping: size)) == 0 else {
      throw FileFailure("truncate", path: "", code: errno)
    }
  }

  package func status(_ descriptor: Int32) throws(FileFailure) -> FileStatus {
    var info = stat()
    guard unsafe fstat(descriptor, &info) == 0 else {
      throw FileFailure("look at", path: "", code: errno)
    }
    return Self.status(info)
  }

  package func status(of path: String) throws(FileFailure) -> FileStatus {
    var info = stat()
    guard unsafe lstat(path, &info) == 0 else {
      throw FileFailure("look at", path: path, code: errno)
    }
    return Self.status(info)
  }

  package func lock(_ descriptor: Int32, wait: Bool) throws(FileFailure) -> Bool {
    if flock(descriptor, wait ? LOCK_EX : LOCK_EX | LOCK_NB) == 0 { return true }
    if errno == EWOULDBLOCK { return false }
    throw FileFailure("lock", path: "", code: errno)
  }

  package func makeDirectory(_ path: String, permissions: UInt32) throws(FileFailure) {
    guard unsafe mkdir(path, permissions) == 0 else {
      throw FileFailure("make directory", path: path, code: errno)
    }
    if permissions & 0o077 != 0 { unsafe _ = chmod(path, permissions) }
  }

  package func rename(_ source: String, to target: String) throws(FileFailure) {
    guard unsafe Glibc.rename(source, target) == 0 else {
      throw FileFailure("rename", path: target, code: errno)
    }
  }

  package func remove(_ path: String) throws(FileFailure) {
    guard unsafe unlink(path) == 0 else { throw FileFailure("remove", path: path, code: errno) }
  }

  package func list(_ path: String) throws(FileFailure) -> [String] {
    guard let directory = unsafe opendir(path) else {
      throw FileFailure("list", path: path, code: errno)
    }
    defer { unsafe _ = closedir(directory) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(directory) else {
        guard errno == 0 else { throw FileFailure("list", path: path, code: errno) }
        break
      }
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { text in
          unsafe String(cString: text)
        }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  private static func status(_ info: stat) -> FileStatus {
    let kind: FileKind =
      switch info.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .directory
      case S_IFLNK: .symbolicLink
      default: .other
      }
    return FileStatus(
      kind: kind, size: UInt64(clamping: info.st_size), links: UInt64(info.st_nlink),
      device: UInt64(info.st_dev), inode: UInt64(info.st_ino), owner: info.st_uid,
      permissions: info.st_mode & 0o7777,
      modified: Int64(info.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(info.st_mtim.tv_nsec))
  }
}

/// True in a process of the superuser.
///
/// Wraps `geteuid`.
var isSuperuser: Bool { geteuid() == 0 }

/// Wraps `fchown`.
func changeOwner(_ descriptor: Int32, to owner: UInt32) throws(FileFailure) {
  guard fchown(descriptor, owner, gid_t.max) == 0 else {
    throw FileFailure("give away", path: "", code: errno)
  }
}

/// Gives a directory to a group, by name or number, with these permission bits.
///
/// Wraps `getgrnam`, `chown` and `chmod`.
package func giveDirectory(_ path: String, toGroup name: String, permissions: UInt32)
  throws(FileFailure)
{
  let group: gid_t
  if let number = UInt32(name) {
    group = number
  } else if let entry = unsafe getgrnam(name) {
    group = unsafe entry.pointee.gr_gid
  } else {
    throw FileFailure("find the group \(name) for", path: path, code: ENOENT)
  }
  guard unsafe chown(path, uid_t.max, group) == 0 else {
    throw FileFailure("give to the group \(name)", path: path, code: errno)
  }
  guard unsafe chmod(path, permissions) == 0 else {
    throw FileFailure("set the permissions of", path: path, code: errno)
  }
}

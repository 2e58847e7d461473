internal import Glibc

/// A directory that only this user can enter, with a name nobody else has; removed with this value.
package struct PrivateDirectory: ~Copyable {
  package let path: String
  /// Held for as long as this process lives: so another knows what was left behind.
  private let lock: File

  private static let start = "blackbox-"

  /// Makes it below `parent`.
  ///
  /// Wraps `mkdtemp`.
  package init(below parent: String) throws(FileFailure) {
    for _ in 0..<8 {
      var name = Array((parent + "/\(Self.start)XXXXXX").utf8CString)
      guard unsafe mkdtemp(&name) != nil else {
        throw FileFailure("make a directory", path: parent, code: errno)
      }
      let made = String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
      // Until its lock is taken, whoever tidies up may take it for one that was left behind.
      if let taken = try Self.take(made, wait: true) {
        path = made
        lock = taken
        return
      }
    }
    throw FileFailure("make a directory", path: parent, code: FileFailure.exists)
  }

  deinit { unsafe _ = rmdir(path) }

  /// A directory of this user's below one that all may write to, made if it is not there; nil if it cannot be had.
  ///
  /// To look for what was left behind there is quick, however full `parent` is.
  package static func ownParent(below parent: String) -> String? {
    let path = "\(parent)/\(start)\(effectiveUser)"
    do throws(FileFailure) {
      do throws(FileFailure) {
        try SystemFiles.shared.makeDirectory(path, permissions: 0o700)
      } catch {
        guard error.code == FileFailure.exists else { throw error }
      }
      // Somebody else may have been there first, with a directory or a link.
      return try isPrivate(path) ? path : nil
    } catch { return nil }
  }

  /// True for a directory of this user's, no link to one, that nobody else can enter.
  private static func isPrivate(_ path: String) throws(FileFailure) -> Bool {
    let found = try SystemFiles.shared.status(of: path)
    return found.kind == .directory && found.owner == effectiveUser
      && found.permissions & 0o777 == 0o700
  }

  /// The directory's lock; nil if another has it, or the directory is gone.
  private static func take(_ path: String, wait: Bool) throws(FileFailure) -> File? {
    do throws(FileFailure) {
      let lock = try File(path, .directory, in: SystemFiles.shared)
      guard try lock.lock(wait: wait), try lock.isNamed(path) else { return nil }
      return lock
    } catch {
      guard error.isMissing else { throw error }
      return nil
    }
  }

  /// Removes directories below `parent` whose process was killed, with the socket of this name that is in them.
  ///
  /// Only this user's own; what cannot be removed stays.
  package static func removeAbandoned(below parent: String, holding socket: String) {
    let names: [String]
    do { names = try SystemFiles.shared.list(parent) } catch { return }
    for name in names where name.hasPrefix(start) && name.utf8.count == start.utf8.count + 6 {
      do throws(FileFailure) {
        try removeAbandoned("\(parent)/\(name)", holding: socket)
      } catch {
        // Somebody else's, or just removed.
      }
    }
  }

  private static func removeAbandoned(_ path: String, holding socket: String) throws(FileFailure) {
    let files = SystemFiles.shared
    guard try isPrivate(path), let lock = try take(path, wait: false),
      try lock.status().owner == effectiveUser
    else { return }
    do throws(FileFailure) {
      guard try files.status(of: "\(path)/\(socket)").kind == .other else { return }
      try files.remove("\(path)/\(socket)")
    } catch {
      guard error.isMissing else { throw error }
    }
    unsafe _ = rmdir(path)
  }
}

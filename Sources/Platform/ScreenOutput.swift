internal import Glibc

/// A terminal, pipe or file that output is shown on, written to without ever waiting for it.
///
/// The descriptor is shared with whoever started this process, so it is not made non-blocking itself.
package struct ScreenOutput: ~Copyable {
  /// For `poll`.
  package let descriptor: Int32
  /// An open file of its own on the same terminal or pipe, which does not block.
  private let isOwn: Bool
  /// Never waits: a file, or a device that takes everything.
  private let isFile: Bool

  /// Opens the terminal or pipe behind `shared` once more where that can be done.
  package init(_ shared: Int32) {
    var facts = stat()
    let isKnown = unsafe fstat(shared, &facts) == 0
    let kind = facts.st_mode & S_IFMT
    isFile = isKnown && kind == S_IFREG
    var own: Int32 = -1
    if isKnown, isatty(shared) == 1 || kind == S_IFIFO {
      own = unsafe open(
        "/proc/self/fd/\(shared)", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    }
    isOwn = own >= 0
    descriptor = isOwn ? own : shared
  }

  deinit { if isOwn { close(descriptor) } }

  /// Writes what is taken at once: if that is not all, it takes no more for now.
  package func write(_ bytes: Span<UInt8>) -> PseudoTerminal.Transfer {
    guard !isOwn, !isFile else { return PipedProcess.write(descriptor, bytes) }
    var sent = 0
    while sent < bytes.count {
      // Asked first, it takes this much without waiting.
      let ready = Polling.wait(
        [Polling.Interest(descriptor, reads: false, writes: true)], milliseconds: 0)[0]
      guard ready != (false, false) else { break }
      let piece = sent..<min(bytes.count, sent + PipedProcess.safeWrite)
      switch PipedProcess.write(descriptor, bytes.extracting(piece)) {
      case .bytes(let count): sent += count
      case .later: return sent > 0 ? .bytes(sent) : .later
      case .over: return .over
      }
    }
    return sent > 0 ? .bytes(sent) : .later
  }
}

/// A directory that only this user can enter, with a name nobody else has; removed with this value.
package struct PrivateDirectory: ~Copyable {
  package let path: String

  /// Makes it below `parent`.
  ///
  /// Wraps `mkdtemp`.
  package init(below parent: String) throws(FileFailure) {
    var name = Array((parent + "/blackbox-XXXXXX").utf8CString)
    guard unsafe mkdtemp(&name) != nil else {
      throw FileFailure("make a directory", path: parent, code: errno)
    }
    path = String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit { unsafe _ = rmdir(path) }
}

/// This process's environment, for the programs it starts.
package enum ProcessEnvironment {
  /// Wraps `getenv`; nil where the variable is not set.
  package static func value(of name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  /// Sets a variable; only while no other thread runs.
  ///
  /// Wraps `setenv`.
  package static func set(_ name: String, to value: String) {
    unsafe _ = setenv(name, value, 1)
  }
}

/// Stops this process until it is continued.
///
/// Wraps `raise(SIGSTOP)`.
package func stopThisProcess() { raise(SIGSTOP) }

/// The name that the system's user database gives a user id; nil if it knows none.
package func userName(of id: UInt32) -> String? {
  guard let entry = unsafe getpwuid(id), let name = unsafe entry.pointee.pw_name else { return nil }
  return unsafe String(cString: name)
}

internal import Glibc
internal import Synchronization

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
  private let isTerminal: Bool
  /// The errno value of the write that it ended with; 0 before.
  private let errorCode = Atomic<Int32>(0)

  /// Opens the terminal or pipe behind `shared` once more where that can be done.
  package init(_ shared: Int32) {
    var facts = stat()
    let isKnown = unsafe fstat(shared, &facts) == 0
    let kind = facts.st_mode & S_IFMT
    isFile = isKnown && kind == S_IFREG
    isTerminal = isatty(shared) == 1
    var own: Int32 = -1
    if isKnown, isTerminal || kind == S_IFIFO {
      own = unsafe open(
        "/proc/self/fd/\(shared)", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    }
    isOwn = own >= 0
    descriptor = isOwn ? own : shared
  }

  deinit { if isOwn { close(descriptor) } }

  /// Why it is over, where that is not that its reader is gone; nil while it is not.
  package var failure: FileFailure? {
    switch errorCode.load(ordering: .relaxed) {
    case 0, EPIPE, ECONNRESET: nil
    case EIO where isTerminal: nil
    case let code: FileFailure("write", path: "standard output", code: code)
    }
  }

  /// Writes what is taken within about so many milliseconds; returns how many bytes that were.
  ///
  /// All of them where nobody reads: there is none to wait for.
  package func write(_ bytes: [UInt8], within milliseconds: Int32) -> Int {
    var sent = 0
    var left = milliseconds
    while sent < bytes.count {
      switch write(bytes.span.extracting(sent..<bytes.count)) {
      case .bytes(let count): sent += count
      case .later:
        guard left > 0 else { return sent }
        pause(milliseconds: 5)
        left -= 5
      case .over: return bytes.count
      }
    }
    return sent
  }

  /// Writes what is taken at once: if that is not all, it takes no more for now.
  package func write(_ bytes: Span<UInt8>) -> PseudoTerminal.Transfer {
    guard !isOwn, !isFile else { return put(bytes) }
    var sent = 0
    while sent < bytes.count {
      // Asked first, it takes this much without waiting.
      let ready = Polling.wait(
        [Polling.Interest(descriptor, reads: false, writes: true)], milliseconds: 0)[0]
      guard ready != (false, false) else { break }
      let piece = sent..<min(bytes.count, sent + PipedProcess.safeWrite)
      switch put(bytes.extracting(piece)) {
      case .bytes(let count): sent += count
      case .later: return sent > 0 ? .bytes(sent) : .later
      case .over: return .over
      }
    }
    return sent > 0 ? .bytes(sent) : .later
  }

  private func put(_ bytes: Span<UInt8>) -> PseudoTerminal.Transfer {
    let transfer = PipedProcess.write(descriptor, bytes)
    if transfer == .over { errorCode.store(errno, ordering: .relaxed) }
    return transfer
  }
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

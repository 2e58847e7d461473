internal import CPosix
internal import Glibc

/// Why a child could not be started: the step and the system's code.
package struct SpawnFailure: Error, Sendable {
  /// As the end of "cannot …".
  package var step: String
  package var code: Int32
  package var reason: String { FileFailure("", path: "", code: code).reason }
  /// The command does not exist, rather than being forbidden.
  package var isMissing: Bool { code == ENOENT }
}

/// How a child ended.
package enum ExitStatus: Sendable, Equatable {
  case exited(Int32)
  case signalled(Int32)

  /// What a shell would report: the status, or 128 plus the signal.
  package var shellCode: Int32 {
    switch self {
    case .exited(let code): code
    case .signalled(let number): 128 + number
    }
  }
}

/// A child process on a pseudo-terminal of its own; this side holds the master.
package struct PseudoTerminal: ~Copyable {
  package let processID: Int32
  /// For `poll`; owned by this value.
  ///
  /// Reads and writes do not block.
  package let descriptor: Int32

  /// Starts `command`, looked up in PATH, with this process's environment, as the leader of its own session.
  ///
  /// It ignores the signals that this process was started to ignore.
  /// `modeOf` names an open terminal whose line settings the new one takes over; `input` is a descriptor that becomes
  /// the child's standard input in place of the terminal. Unless it `survives`, the child dies with the thread that
  /// calls this.
  package init(
    command: [String], columns: Int, rows: Int, modeOf terminal: Int32?, input: Int32?,
    survives: Bool = false
  ) throws(SpawnFailure) {
    var arguments = unsafe command.map { unsafe strdup($0) } + [nil]
    defer {
      unsafe arguments.forEach { unsafe free($0) }
    }
    var mode = termios()
    let hasMode = terminal.map { unsafe tcgetattr($0, &mode) == 0 } ?? false
    var child: pid_t = 0
    var master: Int32 = -1
    var step: UnsafePointer<CChar>?
    let code = unsafe withUnsafePointer(to: &mode) { pointer in
      unsafe blackbox_spawn_on_pty(
        &arguments, UInt16(clamping: columns), UInt16(clamping: rows),
        hasMode ? pointer : nil, input ?? -1, survives ? 1 : 0, &child, &master, &step)
    }
    guard code == 0 else {
      throw SpawnFailure(step: unsafe step.map { unsafe String(cString: $0) } ?? "", code: code)
    }
    _ = fcntl(master, F_SETFL, fcntl(master, F_GETFL) | O_NONBLOCK)
    processID = child
    descriptor = master
  }

  deinit { Glibc.close(descriptor) }

  /// What a read or write on a descriptor that does not block came to.
  package enum Transfer: Sendable, Equatable {
    case bytes(Int)
    /// Nothing now; poll again.
    case later
    /// The other side is gone.
    case over
  }

  /// How the child's terminal treats what is typed.
  package struct LineMode: Sendable, Equatable {
    /// What is typed is shown.
    package var echoes: Bool
    /// Input is taken by lines.
    package var isCanonical: Bool
    /// A line feed that a program writes is shown as carriage return and line feed.
    package var addsReturns: Bool
  }

  /// How the child's terminal treats what is typed now; nil if it cannot be asked.
  ///
  /// Wraps `tcgetattr`, which on the master answers for the child's side.
  package var lineMode: LineMode? {
    var settings = termios()
    guard unsafe tcgetattr(descriptor, &settings) == 0 else { return nil }
    return LineMode(
      echoes: settings.c_lflag & tcflag_t(ECHO) != 0,
      isCanonical: settings.c_lflag & tcflag_t(ICANON) != 0,
      addsReturns: settings.c_oflag & tcflag_t(OPOST) != 0
        && settings.c_oflag & tcflag_t(ONLCR) != 0)
  }

  /// Sends a signal to whoever has the child's terminal in the foreground, as its keyboard would.
  ///
  /// Wraps `tcgetpgrp` and `kill`.
  package func signalForeground(_ number: Int32) {
    let group = tcgetpgrp(descriptor)
    if group > 1 { _ = kill(-group, number) } else { signal(number) }
  }

  /// Tells the child that its terminal is gone, as the kernel would: the session's leader and the foreground.
  package func hangUp() {
    for number in [SIGHUP, SIGCONT] {
      signal(number)
      let group = tcgetpgrp(descriptor)
      if group > 1, group != processID { _ = kill(-group, number) }
    }
  }

  /// Reads what there is into the start of `buffer`, in as many pieces as the kernel gives it.
  package func read(into buffer: inout [UInt8]) -> Transfer {
    var filled = 0
    while filled < buffer.count {
      switch Self.read(descriptor, into: &buffer, from: filled) {
      case .bytes(let count): filled += count
      case .later: return filled > 0 ? .bytes(filled) : .later
      // The end is met again by the next call.
      case .over: return filled > 0 ? .bytes(filled) : .over
      }
    }
    return .bytes(filled)
  }

  /// Writes as much of `bytes` as the terminal takes.
  package func write(_ bytes: Span<UInt8>) -> Transfer {
    while true {
      let count = unsafe bytes.withUnsafeBufferPointer { buffer in
        unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
      }
      if count >= 0 { return .bytes(count) }
      if errno == EINTR { continue }
      return errno == EAGAIN ? .later : .over
    }
  }

  /// Reads once from any descriptor, into `buffer` from index `start` on.
  package static func read(
    _ descriptor: Int32, into buffer: inout [UInt8], from start: Int = 0
  ) -> Transfer {
    while true {
      let count = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
        let rest = unsafe UnsafeMutableBufferPointer(rebasing: buffer.dropFirst(start))
        return unsafe Glibc.read(descriptor, rest.baseAddress, rest.count)
      }
      if count > 0 { return .bytes(count) }
      if count == 0 { return .over }
      if errno == EINTR { continue }
      return errno == EAGAIN ? .later : .over
    }
  }

  /// Tells the child's terminal its size; the kernel signals the programs on it.
  package func resize(columns: Int, rows: Int) {
    _ = blackbox_set_window_size(descriptor, UInt16(clamping: columns), UInt16(clamping: rows))
  }

  /// Sends a signal to the child's process group.
  package func signal(_ number: Int32) { ChildProcess(processID).signal(number) }

  /// How the child ended, or nil while it runs and `wait` is false.
  package func exitStatus(wait: Bool) -> ExitStatus? {
    ChildProcess(processID).exitStatus(wait: wait)
  }
}

/// Signals as readable bytes, for a loop that polls.
package struct SignalSource: ~Copyable {
  package let descriptor: Int32

  /// Blocks `numbers` for this thread and all it starts later, and collects them here; nil if the system refuses.
  ///
  /// With `keepsIgnored`, those that this process was started to ignore (`nohup`) stay ignored, except SIGCHLD and
  /// SIGWINCH.
  package init?(_ numbers: [Int32], keepsIgnored: Bool = false) {
    let made = unsafe blackbox_signal_source(
      numbers, Int32(clamping: numbers.count), keepsIgnored ? 1 : 0)
    guard made >= 0 else { return nil }
    descriptor = made
  }

  deinit { Glibc.close(descriptor) }

  /// The next signal that came, or nil.
  package func next() -> Int32? {
    let number = blackbox_next_signal(descriptor)
    return number > 0 ? number : nil
  }
}

/// Waits until one of some descriptors is ready.
package enum Polling {
  package struct Interest: Sendable {
    package var descriptor: Int32
    package var reads: Bool
    package var writes: Bool
    package init(_ descriptor: Int32, reads: Bool = true, writes: Bool = false) {
      self.descriptor = descriptor
      self.reads = reads
      self.writes = writes
    }
  }

  /// Interests that are kept from one wait to the next, for a loop that waits often: nothing is allocated by it.
  package struct Interests: Sendable {
    private var entries: [pollfd] = []
    package init() {}

    /// Forgets all interests.
    package mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

    /// Adds an interest; -1 is never ready.
    package mutating func add(_ descriptor: Int32, reads: Bool = true, writes: Bool = false) {
      entries.append(
        pollfd(
          fd: descriptor, events: Int16((reads ? POLLIN : 0) | (writes ? POLLOUT : 0)), revents: 0))
    }

    /// Waits until one of them is ready, at most `milliseconds` (-1: for ever).
    package mutating func wait(milliseconds: Int32) {
      unsafe _ = poll(&entries, nfds_t(entries.count), milliseconds)
    }

    /// How many there are.
    package var count: Int { entries.count }

    /// True if the interest that was added as number `index` can be read, or is at its end or broken.
    package func isReadable(_ index: Int) -> Bool {
      Int32(entries[index].revents) & (POLLIN | POLLHUP | POLLERR) != 0
    }

    package func isWritable(_ index: Int) -> Bool { Int32(entries[index].revents) & POLLOUT != 0 }
  }

  /// Which of `interests` are ready (an end or error counts as readable); empty after `milliseconds` (-1: never).
  package static func wait(_ interests: [Interest], milliseconds: Int32) -> [(
    isReadable: Bool, isWritable: Bool
  )] {
    var set = Interests()
    for interest in interests {
      set.add(interest.descriptor, reads: interest.reads, writes: interest.writes)
    }
    set.wait(milliseconds: milliseconds)
    return (0..<set.count).map { (set.isReadable($0), set.isWritable($0)) }
  }
}

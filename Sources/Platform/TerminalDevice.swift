internal import CPosix
internal import Glibc

/// Columns and rows of a terminal's window.
package struct WindowSize: Sendable, Equatable {
  package var columns: Int
  package var rows: Int

  package init(columns: Int, rows: Int) {
    (self.columns, self.rows) = (columns, rows)
  }
}

/// What can be asked of, and done with, a descriptor that may be a terminal.
package enum TerminalDevice {
  /// Wraps `isatty`.
  package static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// True if both are the same terminal.
  package static func isSame(_ first: Int32, _ second: Int32) -> Bool {
    guard isTerminal(first), isTerminal(second) else { return false }
    var (one, other) = (stat(), stat())
    guard unsafe fstat(first, &one) == 0, unsafe fstat(second, &other) == 0 else { return false }
    return one.st_rdev == other.st_rdev
  }

  /// False if the terminal belongs to another job now: to read it or to change its settings would stop this process.
  ///
  /// Wraps `tcgetpgrp`. A terminal without job control is everyone's.
  package static func isForeground(_ descriptor: Int32) -> Bool {
    let group = tcgetpgrp(descriptor)
    return group <= 0 || group == getpgrp()
  }

  /// The window's size; nil where there is none, or where it says 0.
  ///
  /// Wraps `ioctl(TIOCGWINSZ)`.
  package static func windowSize(of descriptor: Int32) -> WindowSize? {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
    else { return nil }
    return WindowSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }

  /// What `wait` found on one descriptor.
  package struct Readiness: Sendable, Equatable {
    package var isReadable = false
    /// The other end is gone; what it sent before can still be read.
    package var isHungUp = false
  }

  /// Waits until one of the descriptors can be read, a signal arrives, or the time is over.
  ///
  /// `timeout` is in milliseconds, negative for ever. A negative descriptor is passed over. Wraps `poll`.
  package static func wait(for descriptors: [Int32], timeout: Int32) -> [Readiness] {
    var set = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    guard unsafe poll(&set, nfds_t(set.count), timeout) > 0 else {
      return descriptors.map { _ in Readiness() }
    }
    return set.map { entry in
      let events = Int32(entry.revents)
      return Readiness(
        isReadable: events & POLLIN != 0, isHungUp: events & (POLLHUP | POLLERR | POLLNVAL) != 0)
    }
  }

  /// Reads what is there, at most `limit` bytes; empty at the end or when interrupted.
  ///
  /// Wraps `read`.
  package static func read(_ descriptor: Int32, limit: Int = 4096) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: limit)
    let got = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
    }
    bytes.removeLast(limit - max(0, got))
    return bytes
  }

  /// Writes all bytes, through interruptions and full pipes.
  ///
  /// Wraps `write` and `poll`.
  package static func write(_ bytes: [UInt8], to descriptor: Int32) throws(FileFailure) {
    var offset = 0
    while offset < bytes.count {
      let written = unsafe bytes.withUnsafeBytes { buffer in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset...])
        return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
      }
      if written >= 0 {
        offset += written
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        unsafe _ = poll(&waiting, 1, -1)
      default: throw FileFailure("write", path: "terminal", code: errno)
      }
    }
  }
}

/// A terminal without echo, line editing and keyboard signals, until this value ends.
///
/// Only one is alive at a time. What it must undo is also kept where a signal handler can reach it,
/// so that a crash of this program leaves no broken terminal behind; see `restoreAfterCrash`.
package struct RawMode: ~Copyable {
  private let descriptor: Int32
  private let usual: termios
  private let keepsOutput: Bool

  /// Notes the terminal's settings and makes it raw; with `keepsOutput` what is shown on it is treated as before.
  ///
  /// Wraps `tcgetattr` and `tcsetattr`.
  package init(_ descriptor: Int32, keepsOutput: Bool = false) throws(FileFailure) {
    self.descriptor = descriptor
    self.keepsOutput = keepsOutput
    usual = try Self.enter(descriptor, keepsOutput)
  }

  deinit {
    suspend()
    unsafe CrashRestore.settingsDescriptor = -1
  }

  /// Gives the terminal its own settings back, for a while, unless another job has it: that one's shell did so.
  package func suspend() {
    guard TerminalDevice.isForeground(descriptor) else { return }
    var settings = usual
    unsafe _ = tcsetattr(descriptor, TCSADRAIN, &settings)
  }

  /// Makes the terminal raw again.
  package func resume() throws(FileFailure) {
    try Self.makeRaw(descriptor, usual, keepsOutput)
  }

  private static func enter(
    _ descriptor: Int32, _ keepsOutput: Bool
  ) throws(FileFailure) -> termios {
    var settings = termios()
    guard unsafe tcgetattr(descriptor, &settings) == 0 else {
      throw FileFailure("read the settings of", path: "terminal", code: errno)
    }
    unsafe CrashRestore.settings = settings
    unsafe CrashRestore.settingsDescriptor = descriptor
    try makeRaw(descriptor, settings, keepsOutput)
    return settings
  }

  private static func makeRaw(
    _ descriptor: Int32, _ usual: termios, _ keepsOutput: Bool
  ) throws(FileFailure) {
    var settings = usual
    unsafe cfmakeraw(&settings)
    if keepsOutput { settings.c_oflag = usual.c_oflag }
    guard unsafe tcsetattr(descriptor, TCSADRAIN, &settings) == 0 else {
      throw FileFailure("change the settings of", path: "terminal", code: errno)
    }
  }

  /// From now on a crash writes `bytes` to `output` and restores the settings before the program ends.
  ///
  /// Wraps `sigaltstack` and `sigaction` for what ends a program that does not catch it: SIGSEGV, SIGBUS, SIGILL,
  /// SIGTRAP, SIGFPE, SIGABRT, SIGSYS, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2 and SIGXCPU. The handler has a stack of
  /// its own on the calling thread and on every `Worker`: where the usual one ran out, there is no room for it.
  package static func restoreAfterCrash(writing bytes: [UInt8], to output: Int32) {
    CrashRestore.arm(bytes, output)
    HandlerStack.make()
    for number in [
      SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGSYS, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2,
      SIGXCPU,
    ] where blackbox_was_ignored(number) == 0 {
      var action = sigaction()
      unsafe action.__sigaction_handler.sa_handler = { number in
        CrashRestore.run()
        signal(number, SIG_DFL)
        raise(number)
      }
      // Raised again it must end the program now, not when the handler is over.
      action.sa_flags = SA_ONSTACK | SA_NODEFER
      unsafe _ = sigaction(number, &action, nil)
    }
  }
}

/// What a signal handler needs, where it can reach it: nothing here is allocated after `arm`.
private enum CrashRestore {
  nonisolated(unsafe) static var settings = termios()
  nonisolated(unsafe) static var settingsDescriptor: Int32 = -1
  nonisolated(unsafe) static var farewell: UnsafeMutablePointer<UInt8>?
  nonisolated(unsafe) static var farewellCount = 0
  nonisolated(unsafe) static var output: Int32 = -1

  static func arm(_ bytes: [UInt8], _ descriptor: Int32) {
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, bytes.count))
    for (index, byte) in bytes.enumerated() { unsafe copy[index] = byte }
    unsafe (farewell, farewellCount, output) = (copy, bytes.count, descriptor)
  }

  /// Calls only `write` and `tcsetattr`, which a signal handler may.
  ///
  /// Source: signal-safety(7).
  static func run() {
    if unsafe farewell != nil { unsafe _ = Glibc.write(output, farewell, farewellCount) }
    if unsafe settingsDescriptor >= 0 {
      unsafe _ = tcsetattr(settingsDescriptor, TCSANOW, &settings)
    }
  }
}

/// Signals as bytes that `TerminalDevice.wait` can wait for.
///
/// Only one is alive at a time.
package struct SignalPipe: ~Copyable {
  package enum Kind: Sendable, Equatable { case interrupt, terminate, hangUp, stop, goOn, resize }

  private static let numbers: [(Int32, Kind)] = [
    (SIGINT, .interrupt), (SIGTERM, .terminate), (SIGHUP, .hangUp), (SIGTSTP, .stop),
    (SIGCONT, .goOn), (SIGWINCH, .resize),
  ]

  /// Readable when a signal has come.
  package let descriptor: Int32
  private let sender: Int32

  /// Wraps `pipe`, `fcntl` and `signal`.
  package init() throws(FileFailure) {
    (descriptor, sender) = try Self.open()
    unsafe SignalPipe.target = sender
    for (number, _) in Self.numbers { Self.catchSignal(number) }
  }

  private static func open() throws(FileFailure) -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { throw FileFailure("open", path: "pipe", code: errno) }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    return (ends[0], ends[1])
  }

  deinit {
    for (number, _) in Self.numbers { signal(number, SIG_DFL) }
    unsafe SignalPipe.target = -1
    _ = close(descriptor)
    _ = close(sender)
  }

  /// Signals since the last call, each kind once.
  package func received() -> [Kind] {
    var kinds: [Kind] = []
    for byte in TerminalDevice.read(descriptor, limit: 64) {
      guard let kind = Self.numbers.first(where: { $0.0 == Int32(byte) })?.1 else { continue }
      if !kinds.contains(kind) { kinds.append(kind) }
    }
    return kinds
  }

  /// Stops this process as the shell expects it, and returns when it goes on.
  package func stop() {
    signal(SIGTSTP, SIG_DFL)
    raise(SIGTSTP)
    Self.catchSignal(SIGTSTP)
  }

  /// Ends the process by this signal, as if it had never been caught.
  package static func end(by kind: Kind) {
    guard let number = numbers.first(where: { $0.1 == kind })?.0 else { return }
    signal(number, SIG_DFL)
    raise(number)
  }

  nonisolated(unsafe) private static var target: Int32 = -1

  private static func catchSignal(_ number: Int32) {
    _ = signal(number) { number in
      // A handler must leave errno as it was for the code it interrupts.
      let code = errno
      var byte = UInt8(truncatingIfNeeded: number)
      unsafe _ = Glibc.write(SignalPipe.target, &byte, 1)
      errno = code
    }
  }
}

internal import Glibc
internal import Platform
internal import SessionLog

/// The loop between the user's terminal and the child's: passes bytes, signals and sizes, and hands all output to the
/// thread that writes before it waits for more.
struct Relay: ~Copyable {
  static let signals = [SIGWINCH, SIGCHLD, SIGTERM, SIGINT, SIGQUIT, SIGHUP]

  private let child: PseudoTerminal
  private let signals: SignalSource
  private let state: RecordingState
  private let clock: any Clock

  /// Typed bytes that the child's terminal has not taken yet.
  private var typed: [UInt8] = []
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)
  private var status: ExitStatus?
  private var ending = false
  private var showsOutput = true
  /// Why the recording cannot go on, once the writing thread said so.
  private(set) var failure: SessionLogFailure?
  private(set) var closed: Leaf?

  init(
    child: consuming PseudoTerminal, signals: consuming SignalSource, state: RecordingState,
    clock: any Clock
  ) {
    self.child = child
    self.signals = signals
    self.state = state
    self.clock = clock
  }

  /// How long the output of a child that ended may be quiet before its last bytes are taken as read.
  private static let lastBytes: Int32 = 100

  /// Runs until the child has ended and its last output was taken.
  mutating func run(screen: Int32?, readsInput: Bool, notify: (RecordingNotice) -> Void)
    -> ExitStatus
  {
    var raw: RawMode?
    if readsInput {
      // A terminal that cannot be made raw is still a terminal: the session goes on with line editing.
      do { raw = try RawMode(0) } catch { raw = nil }
    }
    var hasInput = readsInput
    while true {
      let entries = [
        Polling.Interest(child.descriptor, writes: !typed.isEmpty),
        Polling.Interest(signals.descriptor),
        Polling.Interest(hasInput && typed.count < 64 << 10 ? 0 : -1),
      ]
      let ready = Polling.wait(entries, milliseconds: status == nil ? 1000 : Self.lastBytes)
      if ready[1].isReadable { handleSignals(screen: screen) }
      if ready[0].isWritable { sendTyped() }
      if ready[2].isReadable { hasInput = readTyped() }
      hear(notify)
      if ready[0].isReadable {
        if !takeOutput() { break }
      } else if status != nil {
        break
      }
    }
    let end = status ?? child.exitStatus(wait: true) ?? .exited(255)
    if raw != nil { raw = nil }
    _ = state.captured.send(
      .end(EndOfSession(reason: "client", status: end), clock.monotonic()), weight: 0)
    return end
  }

  /// Takes one read of output; false at its end.
  private mutating func takeOutput() -> Bool {
    switch child.read(into: &buffer) {
    case .bytes(let count):
      let bytes = Array(buffer[..<count])
      // The record first, then the screen; where the record refuses, nothing more is let through.
      if !state.captured.send(.output(bytes, clock.monotonic()), weight: count) {
        child.signal(SIGKILL)
      }
      if showsOutput {
        do { try TerminalDevice.write(bytes, to: 1) } catch {
          // The reader is gone: the child hears of it as it would without a recorder between.
          showsOutput = false
          child.signal(SIGHUP)
        }
      }
      return true
    case .later: return status == nil
    case .over:
      return false
    }
  }

  private mutating func readTyped() -> Bool {
    switch PseudoTerminal.read(0, into: &buffer) {
    case .bytes(let count):
      typed.append(contentsOf: buffer[..<count])
      sendTyped()
      return true
    case .later: return true
    case .over:
      // The terminal is gone; what the child does about a hangup is its own affair.
      child.signal(SIGHUP)
      return false
    }
  }

  private mutating func sendTyped() {
    guard !typed.isEmpty else { return }
    switch child.write(typed.span) {
    case .bytes(let count): typed.removeFirst(count)
    case .later: break
    case .over: typed.removeAll()
    }
  }

  private mutating func handleSignals(screen: Int32?) {
    while let number = signals.next() {
      switch number {
      case SIGWINCH:
        guard let size = screen.flatMap({ TerminalDevice.windowSize(of: $0) }) else { continue }
        child.resize(columns: size.columns, rows: size.rows)
        _ = state.captured.send(
          .resize(columns: size.columns, rows: size.rows, clock.monotonic()), weight: 1)
      case SIGCHLD:
        if status == nil { status = child.exitStatus(wait: false) }
      default: child.signal(number)
      }
    }
  }

  /// Hears what the writing thread has to say.
  private mutating func hear(_ notify: (RecordingNotice) -> Void) {
    guard let changes = state.changes.receive(waiting: 0) else { return }
    for change in changes {
      if let leaf = change.closed { closed = leaf }
      if let failure = change.failure {
        // Nothing may run unrecorded.
        self.failure = failure
        child.signal(SIGHUP)
        child.signal(SIGKILL)
      } else if change.waitsForSpace {
        notify(.waitingForSpace)
      } else if change.closed == nil {
        notify(.spaceReturned)
      }
    }
  }
}

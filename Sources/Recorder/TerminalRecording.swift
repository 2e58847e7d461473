internal import Glibc
package import Platform
package import SessionLog

/// Records one command on a pseudo-terminal, passing the user's terminal through.
package struct TerminalRecording {
  private let place: Place
  private let clock: any Clock

  /// Where the recording goes.
  private enum Place {
    case store(Store, StateDirectory)
    case service(String)
  }

  package init(_ store: Store, _ state: StateDirectory, clock: any Clock = SystemClock()) {
    place = .store(store, state)
    self.clock = clock
  }

  /// Streams to the `blackbox serve` at `socket`.
  package init(streamingTo socket: String, clock: any Clock = SystemClock()) {
    place = .service(socket)
    self.clock = clock
  }

  /// Runs the command to its end and returns how it ended, with what proves the session.
  ///
  /// The `open` leaf is durable in the signed log before the command starts. Without a terminal the command's
  /// standard input is this process's own.
  /// - Throws: after `.log` and `.service` the child is dead: nothing runs unrecorded. `.afterEnd` where it had ended by
  ///   itself.
  package func run(
    _ request: RecordingRequest, notify: (RecordingNotice) -> Void
  ) throws(RecordingFailure) -> (ExitStatus, RecordingReceipt) {
    let input = TerminalDevice.isTerminal(0) ? nil : Int32(0)
    let screen: Int32? = TerminalDevice.isTerminal(1) ? 1 : input == nil ? 0 : nil
    let size =
      screen.flatMap { TerminalDevice.windowSize(of: $0) } ?? WindowSize(columns: 80, rows: 24)
    guard let signals = SignalSource(Relay.signals, keepsIgnored: true) else {
      throw .system("no descriptor for signals")
    }
    // The environment is set while no other thread runs.
    let marks = Self.listen()
    if let path = marks?.path { ProcessEnvironment.set(MarkRequest.variable, to: path) }
    let (state, body) = try prepare(request, size, notify)
    guard let worker = Worker(body) else { throw .system("no thread") }
    let opened = try Self.opening(state, signals, clock)
    guard let id = opened?.session else {
      worker.join()
      throw opened?.failure ?? .log(.endedWithoutWord)
    }
    ProcessEnvironment.set(MarkRequest.sessionVariable, to: id.text)
    notify(.began(id))

    // Settings of a terminal that another job has now are that job's: a shell's that edits its next line, say.
    let model = screen.flatMap { TerminalDevice.isForeground($0) ? $0 : nil }
    let child: PseudoTerminal
    do {
      child = try PseudoTerminal(
        command: request.command, columns: size.columns, rows: size.rows, modeOf: model,
        input: input, survives: request.onFailure == .goOn)
    } catch {
      _ = state.capture(
        .end(
          EndOfSession(reason: "client", status: .exited(error.isMissing ? 127 : 126)),
          clock.monotonic()), weight: 0)
      worker.join()
      throw .spawn(error, command: request.command.first ?? "")
    }
    var relay = Relay(
      child: child, signals: signals, state: state, clock: clock, screen: screen, size: size,
      marks: marks, request: request, session: id)
    let status = relay.run(readsInput: input == nil, notify: notify)
    relay.hearOut(notify: notify)
    worker.join()
    if let receipt = relay.closed { return (status, receipt) }
    let failure = relay.failure ?? .log(.endedWithoutWord)
    throw relay.endedChild ? failure : .afterEnd(status, failure)
  }

  /// The writing thread's first word; nil if it ended without one.
  ///
  /// A signal that ends programs ends the waiting: nothing has started yet. A session that opens just then is closed.
  private static func opening(
    _ state: RecordingState, _ signals: borrowing SignalSource, _ clock: any Clock
  ) throws(RecordingFailure) -> RecordingState.Change? {
    while true {
      guard let changes = state.changes.receive(waiting: 50_000) else { return nil }
      if let first = changes.first { return first }
      while let number = signals.next() {
        switch number {
        case SIGTSTP: stopThisProcess()
        case SIGTERM, SIGINT, SIGQUIT, SIGHUP:
          _ = state.capture(
            .end(EndOfSession(reason: "client", status: .signalled(number)), clock.monotonic()),
            weight: 0)
          let until = clock.monotonic() &+ 1_000_000
          while state.changes.receive(waiting: 100_000) != nil, clock.monotonic() < until {}
          throw .interrupted(number)
        default: break
        }
      }
    }
  }

  /// Recovers what others left, and returns what the writing thread is to do.
  private func prepare(
    _ request: RecordingRequest, _ size: WindowSize, _ notify: (RecordingNotice) -> Void
  ) throws(RecordingFailure) -> (RecordingState, @Sendable () -> Void) {
    let (told, findings) = request.redacted()
    switch place {
    case .service(let socket):
      guard let captures = WakeUp() else { throw .system("no descriptor for signals") }
      let state = RecordingState(captures: captures)
      let thread = StreamingThread(
        state: state, socket: socket, opening: StreamOpening(told, size), clock: clock,
        request: request, startFindings: findings)
      return (state, { thread.run() })
    case .store(let store, let stateDirectory):
      let outcomes: [Recovery.Outcome]
      var start: SessionStart
      do throws(SessionLogFailure) {
        outcomes = try Recovery(store, stateDirectory, clock: clock).run()
        start = try told.sessionStart(kind: "terminal", resource: nil, in: store, clock: clock)
      } catch { throw .log(error) }
      if !outcomes.isEmpty { notify(.recovered(outcomes)) }
      start.columns = size.columns
      start.rows = size.rows
      start.terminalType = told.terminalType
      let state = RecordingState()
      let thread = RecordingThread(
        state: state, store: store, stateDirectory: stateDirectory, start: start, clock: clock,
        pace: Pace(), patience: UInt64(request.spacePatience) * 1_000_000,
        onFailure: request.onFailure, redaction: request.redaction, settings: request.settings(),
        startFindings: findings)
      return (state, { thread.run() })
    }
  }

  /// The socket for `blackbox mark`; a machine without a place for it can still record.
  private static func listen() -> MarkListener? {
    // The second is made only where the first is of no use.
    let places = [
      { ProcessEnvironment.value(of: "XDG_RUNTIME_DIR") },
      { PrivateDirectory.ownParent(below: "/tmp") },
    ]
    for place in places.lazy.compactMap({ $0() }) where !place.isEmpty {
      do { return try MarkListener(below: place) } catch { continue }
    }
    do { return try MarkListener(below: "/tmp", tidies: false) } catch { return nil }
  }
}

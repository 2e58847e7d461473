package import Platform
package import SessionLog

/// Records one command on a pseudo-terminal, passing the user's terminal through.
package struct TerminalRecording {
  private let store: Store
  private let stateDirectory: StateDirectory
  private let clock: any Clock

  package init(_ store: Store, _ state: StateDirectory, clock: any Clock = SystemClock()) {
    self.store = store
    stateDirectory = state
    self.clock = clock
  }

  /// Runs the command to its end and returns how it ended, with the session's closing leaf.
  ///
  /// The `open` leaf is durable in the signed log before the command starts. Without a terminal the command's
  /// standard input is this process's own.
  /// - Throws: after `.log` the child is dead: nothing runs unrecorded.
  package func run(
    _ request: RecordingRequest, notify: (RecordingNotice) -> Void
  ) throws(RecordingFailure) -> (ExitStatus, Leaf) {
    let input = TerminalDevice.isTerminal(0) ? nil : Int32(0)
    let screen: Int32? = TerminalDevice.isTerminal(1) ? 1 : input == nil ? 0 : nil
    let size =
      screen.flatMap { TerminalDevice.windowSize(of: $0) } ?? WindowSize(columns: 80, rows: 24)

    let outcomes: [Recovery.Outcome]
    var start: SessionStart
    do throws(SessionLogFailure) {
      outcomes = try Recovery(store, stateDirectory, clock: clock).run()
      start = try request.sessionStart(kind: "terminal", resource: nil, in: store, clock: clock)
    } catch { throw .log(error) }
    if !outcomes.isEmpty { notify(.recovered(outcomes)) }
    start.columns = size.columns
    start.rows = size.rows
    start.terminalType = request.terminalType
    guard let signals = SignalSource(Relay.signals) else {
      throw .system("no descriptor for signals")
    }
    let state = RecordingState()
    let thread = RecordingThread(
      state: state, store: store, stateDirectory: stateDirectory, start: start, clock: clock,
      pace: Pace(), patience: UInt64(request.spacePatience) * 1_000_000)
    guard let worker = Worker({ thread.run() }) else { throw .system("no thread") }
    let opened = state.changes.receive(waiting: nil)?.first
    guard let id = opened?.session else {
      worker.join()
      throw .log(opened?.failure ?? .endedWithoutWord)
    }
    notify(.began(id))

    let child: PseudoTerminal
    do {
      child = try PseudoTerminal(
        command: request.command, columns: size.columns, rows: size.rows, modeOf: screen,
        input: input)
    } catch {
      _ = state.captured.send(
        .end(
          EndOfSession(reason: "client", status: .exited(error.isMissing ? 127 : 126)),
          clock.monotonic()), weight: 0)
      worker.join()
      throw .spawn(error, command: request.command.first ?? "")
    }
    var relay = Relay(child: child, signals: signals, state: state, clock: clock)
    let status = relay.run(screen: screen, readsInput: input == nil, notify: notify)
    worker.join()
    var last = RecordingState.Progress()
    while let changes = state.changes.receive(waiting: nil) { last = changes.last ?? last }
    if let leaf = relay.closed ?? last.closed { return (status, leaf) }
    throw .log(relay.failure ?? last.failure ?? .endedWithoutWord)
  }
}

internal import Evidence
package import Platform
package import SessionLog

/// What to record, and on whose behalf.
package struct RecordingRequest: Sendable {
  package var command: [String]
  /// The value of TERM, for the record.
  package var terminalType: String?
  package var agent: Identity
  package var principal: Identity?
  package var resource: Resource?
  package var purpose: String?
  /// Seconds to wait for a full disk before the session is ended.
  package var spacePatience: UInt32 = 10

  package init(command: [String], agent: Identity) {
    self.command = command
    self.agent = agent
  }
}

/// Why a recording did not happen, or did not come to its proper end.
package enum RecordingFailure: Error, Sendable {
  /// The child could not be started; the session that was opened for it is closed.
  case spawn(SpawnFailure, command: String)
  case log(SessionLogFailure)
  /// The system has no thread or signal source to give.
  case system(String)
}

/// Something a person at the terminal should know while recording.
package enum RecordingNotice: Sendable {
  case began(SessionID)
  case recovered([Recovery.Outcome])
  case waitingForSpace
  case spaceReturned
}

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
    let outcomes = try recovered()
    if !outcomes.isEmpty { notify(.recovered(outcomes)) }
    let input = TerminalDevice.isTerminal(0) ? nil : Int32(0)
    let screen: Int32? = TerminalDevice.isTerminal(1) ? 1 : input == nil ? 0 : nil
    let size =
      screen.flatMap { TerminalDevice.windowSize(of: $0) } ?? WindowSize(columns: 80, rows: 24)

    guard
      let signals = SignalSource(Relay.signals),
      let start = try sessionStart(request, size)
    else { throw .system("no signal source") }
    let state = RecordingState()
    let thread = RecordingThread(
      state: state, store: store, stateDirectory: stateDirectory, start: start, clock: clock,
      pace: Pace(), patience: UInt64(request.spacePatience) * 1_000_000)
    guard let worker = Worker({ thread.run() }) else { throw .system("no thread") }
    let opened = state.changes.receive(waiting: nil)?.first
    guard let id = opened?.session else {
      worker.join()
      throw .log(opened?.failure ?? Self.unknown)
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
    throw .log(relay.failure ?? last.failure ?? Self.unknown)
  }

  private static let unknown = SessionLogFailure(
    .system, "the recording ended without a word", advice: "Run `blackbox recover` and verify.")

  private func recovered() throws(RecordingFailure) -> [Recovery.Outcome] {
    do { return try Recovery(store, stateDirectory, clock: clock).run() } catch {
      throw .log(error)
    }
  }

  private func sessionStart(_ request: RecordingRequest, _ size: WindowSize)
    throws(RecordingFailure) -> SessionStart?
  {
    let wall = clock.wall()
    let random: [UInt8]
    let head: Checkpoint
    do throws(SessionLogFailure) {
      do { random = try randomBytes(10) } catch { throw SessionLogFailure(error) }
      head = try store.checkpoint(signedBy: store.verifierKey).0
    } catch { throw .log(error) }
    var start = SessionStart(
      store: store.origin,
      session: SessionID(milliseconds: UInt64(clamping: wall / 1000), random: random),
      kind: "terminal", start: wall, bootID: clock.bootID, agent: request.agent,
      after: (head.size, head.root))
    start.principal = request.principal
    start.resource = request.resource
    start.purpose = request.purpose
    start.command = request.command
    start.host = hostName
    start.columns = size.columns
    start.rows = size.rows
    start.terminalType = request.terminalType
    return start
  }
}

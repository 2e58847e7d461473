package import Platform
package import SessionLog

/// Records what passes between an MCP client, on standard input and output, and a stdio server that it starts.
package struct MCPRecording {
  private let store: Store
  private let stateDirectory: StateDirectory
  private let clock: any Clock

  package init(_ store: Store, _ state: StateDirectory, clock: any Clock = SystemClock()) {
    self.store = store
    stateDirectory = state
    self.clock = clock
  }

  /// Runs the server to its end and returns how it ended, with the session's closing leaf.
  ///
  /// The `open` leaf is durable in the signed log before the server starts, and what the client says is durable before
  /// the server sees it. Standard error carries what the server writes there.
  /// - Throws: after `.log` the server is dead: nothing passes unrecorded.
  package func run(
    _ request: RecordingRequest, notify: (RecordingNotice) -> Void
  ) throws(RecordingFailure) -> (ExitStatus, Leaf) {
    let outcomes: [Recovery.Outcome]
    let start: SessionStart
    let told = request.redacted().told
    let server = Self.server(told)
    do throws(SessionLogFailure) {
      outcomes = try Recovery(store, stateDirectory, clock: clock).run()
      start = try told.sessionStart(
        kind: "mcp", resource: Resource(kind: "mcp", uid: server), in: store, clock: clock)
    } catch { throw .log(error) }
    if !outcomes.isEmpty { notify(.recovered(outcomes)) }
    guard let signals = SignalSource(MCPRelay.signals), let wake = WakeUp() else {
      throw .system("no descriptor for signals")
    }
    let state = MCPState(wake: wake)
    let thread = MCPRecordingThread(
      state: state, store: store, stateDirectory: stateDirectory, start: start, server: server,
      clock: clock, pace: Pace(), patience: UInt64(request.spacePatience) * 1_000_000,
      redaction: request.redaction)
    guard let worker = Worker({ thread.run() }) else { throw .system("no thread") }
    let opened = state.changes.receive(waiting: nil)?.first
    guard let id = opened?.session, opened?.failure == nil else {
      worker.join()
      throw .log(opened?.failure ?? .endedWithoutWord)
    }
    notify(.began(id))

    let process: PipedProcess
    do { process = try PipedProcess(command: request.command) } catch {
      let end = MCPEnd(
        end: EndOfSession(reason: "server", status: .exited(error.isMissing ? 127 : 126)))
      _ = state.captured.send(.end(end, clock.monotonic()), weight: 0)
      worker.join()
      throw .spawn(error, command: request.command.first ?? "")
    }
    var relay = MCPRelay(server: process, signals: signals, state: state, clock: clock)
    let status = relay.run(notify: notify)
    worker.join()
    var last = RecordingState.Progress()
    while let changes = state.changes.receive(waiting: nil) { last = changes.last ?? last }
    if let leaf = relay.closed ?? last.closed { return (status, leaf) }
    throw .log(relay.failure ?? last.failure ?? .endedWithoutWord)
  }

  /// The server's uid: the resource named for it, else the command that starts it.
  private static func server(_ request: RecordingRequest) -> String {
    if let resource = request.resource, resource.kind == "mcp" { return resource.uid }
    return String(request.command.joined(separator: " ").prefix(256))
  }
}

internal import Glibc
package import Platform
package import SessionLog

/// Records what passes between an MCP client, on standard input and output, and a stdio server that it starts.
package struct MCPRecording {
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

  /// Runs the server to its end and returns how it ended, with what proves the session.
  ///
  /// The `open` leaf is durable in the signed log before the server starts, and what the client says is durable before
  /// the server sees it. Standard error carries what the server writes there.
  /// - Throws: after `.log` and `.service` the server is dead: nothing passes unrecorded. `.afterEnd` where it had ended
  ///   by itself.
  package func run(
    _ request: RecordingRequest, notify: (RecordingNotice) -> Void
  ) throws(RecordingFailure) -> (ExitStatus, RecordingReceipt) {
    guard let signals = SignalSource(MCPRelay.signals) else {
      throw .system("no descriptor for signals")
    }
    let (state, body) = try prepare(request, notify)
    guard let worker = Worker(body) else { throw .system("no thread") }
    let opened = try Self.opening(state, signals, clock)
    guard let id = opened?.session, opened?.failure == nil else {
      worker.join()
      throw opened?.failure ?? .log(.endedWithoutWord)
    }
    notify(.began(id))

    let process: PipedProcess
    do { process = try PipedProcess(command: request.command) } catch {
      let end = MCPEnd(
        end: EndOfSession(reason: "server", status: .exited(error.isMissing ? 127 : 126)))
      _ = state.capture(.end(end, clock.monotonic()), weight: 0)
      worker.join()
      throw .spawn(error, command: request.command.first ?? "")
    }
    var relay = MCPRelay(server: process, signals: signals, state: state, clock: clock)
    let status = relay.run(notify: notify)
    relay.hearOut(notify: notify)
    worker.join()
    if let receipt = relay.closed { return (status, receipt) }
    let failure = relay.failure ?? .log(.endedWithoutWord)
    throw relay.endedServer ? failure : .afterEnd(status, failure)
  }

  /// The writing thread's first word; nil if it ended without one.
  ///
  /// A signal that ends programs ends the waiting: nothing has started yet. A session that opens just then is closed.
  private static func opening(
    _ state: MCPState, _ signals: borrowing SignalSource, _ clock: any Clock
  ) throws(RecordingFailure) -> RecordingState.Change? {
    while true {
      guard let changes = state.changes.receive(waiting: 50_000) else { return nil }
      if let first = changes.first { return first }
      while let number = signals.next() {
        guard number != SIGCHLD else { continue }
        let end = MCPEnd(end: EndOfSession(reason: "client", status: .signalled(number)))
        _ = state.capture(.end(end, clock.monotonic()), weight: 0)
        let until = clock.monotonic() &+ 1_000_000
        while state.changes.receive(waiting: 100_000) != nil, clock.monotonic() < until {}
        throw .interrupted(number)
      }
    }
  }

  /// Recovers what others left, and returns what the thread that records is to do.
  private func prepare(
    _ request: RecordingRequest, _ notify: (RecordingNotice) -> Void
  ) throws(RecordingFailure) -> (MCPState, @Sendable () -> Void) {
    let (told, findings) = request.redacted()
    let server = Self.server(told)
    let resource = Resource(kind: "mcp", uid: server)
    guard let wake = WakeUp() else { throw .system("no descriptor for signals") }
    switch place {
    case .service(let socket):
      guard let captures = WakeUp() else { throw .system("no descriptor for signals") }
      let state = MCPState(wake: wake, captures: captures)
      let thread = MCPStreamingThread(
        state: state, captures: captures, socket: socket,
        opening: StreamOpening(told, kind: "mcp", resource: resource), server: server,
        clock: clock, request: request, startFindings: findings)
      return (state, { thread.run() })
    case .store(let store, let stateDirectory):
      let outcomes: [Recovery.Outcome]
      let start: SessionStart
      do throws(SessionLogFailure) {
        outcomes = try Recovery(store, stateDirectory, clock: clock).run()
        start = try told.sessionStart(kind: "mcp", resource: resource, in: store, clock: clock)
      } catch { throw .log(error) }
      if !outcomes.isEmpty { notify(.recovered(outcomes)) }
      let state = MCPState(wake: wake)
      let thread = MCPRecordingThread(
        state: state, store: store, stateDirectory: stateDirectory, start: start, server: server,
        clock: clock, pace: Pace(), patience: UInt64(request.spacePatience) * 1_000_000,
        redaction: request.redaction, settings: request.settings(), startFindings: findings)
      return (state, { thread.run() })
    }
  }

  /// The server's uid: the resource named for it, else the command that starts it.
  private static func server(_ request: RecordingRequest) -> String {
    if let resource = request.resource, resource.kind == "mcp" { return resource.uid }
    return String(request.command.joined(separator: " ").prefix(256))
  }
}

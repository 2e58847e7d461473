internal import Evidence
internal import Platform
internal import SessionLog
internal import Synchronization

/// The thread that streams an MCP pipe's session to `blackbox serve`.
///
/// Protocol: schema/ingest-protocol.md. What the client says may pass once the service has acknowledged its events; while
/// the service is away nothing passes. The digests' key is made for this pipe alone, since the store's own is out of
/// reach: digests of two sessions cannot be compared, and `recorder.config` says so by the key's name.
struct MCPStreamingThread {
  let state: MCPState
  /// Rings when something was captured.
  let captures: WakeUp
  let socket: String
  let opening: StreamOpening
  let server: String
  let clock: any Clock
  let request: RecordingRequest
  /// What was replaced in line 0.
  let startFindings: [Redactor.Finding]
  var messageLimit = MCPRecordingThread.messageLimit

  /// Runs to the session's end; every outcome is told through `state.changes`.
  func run() {
    var service = ServiceSession(socket: socket, opening: opening)
    var change = RecordingState.Change()
    do throws(RecordingFailure) {
      change.closed = try stream(&service, &change)
    } catch {
      change.failure = error
    }
    state.captured.close()
    state.tell(change)
    state.changes.close()
  }

  private func stream(_ service: inout ServiceSession, _ change: inout RecordingState.Change)
    throws(RecordingFailure) -> RecordingReceipt?
  {
    var pipe = try begin(&service)
    var upkeep = ServiceUpkeep(
      clock: clock, patience: UInt64(request.spacePatience) * 1_000_000)
    // Up to which event all must be acknowledged for so many bytes of the client to pass.
    var gates: [(event: UInt64, bytes: UInt64)] = []
    while true {
      let isChanged = try known { () throws(ServiceFailure) in
        try upkeep.keep(&service, goesOn: false)
      }
      if isChanged {
        change.waitsForService = upkeep.isMissed
        state.tell(change)
      }
      let isFull = service.queue.bytes >= StreamingThread.most
      if !service.isEnding, !isFull, service.session != nil {
        // What a service gets late has its own time.
        service.queue.at =
          service.isAttached && !upkeep.isMissed ? nil : WallTime.format(clock.wall())
        let items = state.receive(waiting: 0) ?? []
        try logged { () throws(SessionLogFailure) in
          for item in items {
            try pipe.record(item, into: &service.queue)
            if case .end(let end, _) = item { service.end(pipe.endLine(end, time: 0).finish()) }
          }
          let now = clock.monotonic()
          if pipe.isHolding { try pipe.release(at: now, into: &service.queue) }
          if !service.isEnding { try pipe.settle(at: now, into: &service.queue) }
        }
        if pipe.released > gates.last?.bytes ?? state.released.load(ordering: .relaxed) {
          gates.append((service.queue.newest, pipe.released))
        }
      }
      service.isBarrierWanted = gates.contains { $0.event > service.queue.settled }
      try known { () throws(ServiceFailure) in
        try service.exchange(
          captures: captures.descriptor,
          milliseconds: ServiceUpkeep.wait(service, isPressed: pipe.isHolding || isFull))
      }
      captures.clear()
      if service.session != change.session, let id = service.session {
        change.session = id
        state.tell(change)
      }
      let passed = gates.prefix { $0.event <= service.queue.settled }
      if let last = passed.last {
        gates.removeFirst(passed.count)
        state.released.store(last.bytes, ordering: .releasing)
        state.wake.ring()
      }
      if let receipt = service.receipt { return receipt }
    }
  }

  /// What stands first in the session.
  private func begin(_ service: inout ServiceSession) throws(RecordingFailure) -> MCPPipe {
    let secret: [UInt8]
    do throws(CryptoFailure) { secret = try randomBytes(32) } catch {
      throw .log(SessionLogFailure(error))
    }
    let key = DigestKey(secret)
    return try logged { () throws(SessionLogFailure) in
      let pipe = try MCPPipe.open(
        server: server, key: key, limit: messageLimit, redaction: request.redaction,
        settings: request.settings(), startFindings: startFindings, at: clock.monotonic(),
        into: &service.queue)
      service.queue.keepAsOpening()
      return pipe
    }
  }

  private func known<R>(_ body: () throws(ServiceFailure) -> R) throws(RecordingFailure) -> R {
    do throws(ServiceFailure) { return try body() } catch { throw .service(error) }
  }

  private func logged<R>(_ body: () throws(SessionLogFailure) -> R) throws(RecordingFailure) -> R {
    do throws(SessionLogFailure) { return try body() } catch { throw .log(error) }
  }
}

internal import Evidence
internal import Platform
internal import SessionLog
internal import Synchronization

/// The thread that streams a terminal's session to `blackbox serve`.
///
/// Protocol: schema/ingest-protocol.md. Events are kept until they are acknowledged, and nothing more is taken while
/// too many wait, so that a service that is slow or away makes the child wait. A connection that is lost is made anew and
/// the session resumed; a session that is over goes on in another that names it.
struct StreamingThread {
  /// Bytes of events that may wait for their acknowledgement.
  static let most = 8 << 20
  /// Microseconds of silence after which what is held is let go.
  static let flush: UInt64 = 200_000

  let state: RecordingState
  let socket: String
  let opening: StreamOpening
  let clock: any Clock
  let request: RecordingRequest
  /// What was replaced in line 0.
  let startFindings: [Redactor.Finding]

  /// Runs to the session's end; every outcome is told through `state.changes`.
  func run() {
    var service = ServiceSession(socket: socket, opening: opening)
    var progress = RecordingState.Change()
    do throws(ServiceFailure) {
      progress.closed = try stream(&service, &progress)
    } catch {
      progress.failure = .service(error)
    }
    state.captured.close()
    _ = state.changes.send(progress, weight: 1)
    state.changes.close()
  }

  private func stream(_ service: inout ServiceSession, _ progress: inout RecordingState.Change)
    throws(ServiceFailure) -> RecordingReceipt?
  {
    var transcript = TerminalTranscript(redaction: request.redaction)
    var barriers: [UInt64] = []
    var lastItem: UInt64 = clock.monotonic()
    var lost: UInt64 = 0
    var upkeep = ServiceUpkeep(
      clock: clock, patience: UInt64(request.spacePatience) * 1_000_000)
    if let settings = request.settings() {
      var line = LineBuilder(time: 0, type: "recorder.config")
      line.add("source", "terminal")
      line.add("setting", "recording")
      line.add("value", settings)
      service.queue.append(line.finish())
    }
    for finding in startFindings {
      service.queue.append(MaskingLine.make(finding, "in", "session.start", 0))
    }
    service.queue.keepAsOpening()
    while true {
      // The connection.
      if try upkeep.keep(&service, goesOn: request.onFailure == .goOn) {
        progress.waitsForService = upkeep.isMissed
        _ = state.changes.send(progress, weight: 1)
      }

      // What was captured.
      let isFull = service.queue.bytes >= Self.most
      let drops = isFull && upkeep.isGone && request.onFailure == .goOn
      if !service.isEnding, !isFull || drops, service.session != nil {
        // What a service gets late has its own time.
        service.queue.at =
          service.isAttached && !upkeep.isMissed ? nil : WallTime.format(clock.wall())
        for item in state.captured.receive(waiting: 0) ?? [] {
          lastItem = clock.monotonic()
          if drops, item.bytes > 0 {
            lost += UInt64(item.bytes)
            continue
          }
          if lost > 0 { addGap(&lost, to: &service) }
          try record(item, &transcript, &service)
          if item.isBarrier { barriers.append(service.queue.newest) }
          if case .end(let end, _) = item { service.end(transcript, end) }
        }
      }
      if transcript.isHolding, clock.monotonic() &- lastItem >= Self.flush {
        try settle(&transcript, &service)
      }

      // The exchange.
      service.isBarrierWanted = barriers.contains { $0 > service.queue.settled }
      try service.exchange(
        captures: state.captures?.descriptor ?? -1,
        milliseconds: ServiceUpkeep.wait(service, isPressed: transcript.isHolding || isFull))
      state.captures?.clear()
      if service.session != progress.session, let id = service.session {
        progress.session = id
        progress.failing = nil
        _ = state.changes.send(progress, weight: 1)
      }
      let done = barriers.count { $0 <= service.queue.settled }
      if done > 0 {
        barriers.removeAll { $0 <= service.queue.settled }
        state.barriers.add(UInt64(done), ordering: .releasing)
      }
      if let receipt = service.receipt { return receipt }
    }
  }

  private func record(
    _ item: Captured, _ transcript: inout TerminalTranscript, _ service: inout ServiceSession
  ) throws(ServiceFailure) {
    do throws(SessionLogFailure) { try transcript.record(item, into: &service.queue) } catch {
      throw .notUnderstood(error.what)
    }
  }

  private func settle(_ transcript: inout TerminalTranscript, _ service: inout ServiceSession)
    throws(ServiceFailure)
  {
    do throws(SessionLogFailure) {
      try transcript.settle(at: clock.monotonic(), into: &service.queue)
    } catch { throw .notUnderstood(error.what) }
  }

  private func addGap(_ lost: inout UInt64, to service: inout ServiceSession) {
    var line = LineBuilder(time: 0, type: "recorder.gap")
    line.add("reason", "the recording service was away")
    line.add("lost", "\(lost) bytes of output and input")
    line.add("bytes", Int64(clamping: lost))
    service.queue.append(line.finish())
    lost = 0
  }
}

internal import Platform
internal import SessionLog
internal import Synchronization

/// What the pipe's loop hands to the thread that writes.
enum MCPCaptured: Sendable {
  /// Bytes read from one side, and when.
  case bytes(MCPStream, [UInt8], UInt64)
  /// A side has said all it will say.
  case ended(MCPStream, UInt64)
  case end(MCPEnd, UInt64)
}

/// The three streams of a stdio server.
enum MCPStream: Sendable { case toServer, toClient, errors }

/// How a recorded server ended, and what had passed.
struct MCPEnd: Sendable {
  var end: EndOfSession
  var bytesIn: UInt64 = 0
  var bytesOut: UInt64 = 0
  /// Bytes of both directions that were recorded and found nobody to take them.
  var undelivered: UInt64 = 0
}

/// What loop and thread share.
final class MCPState: Sendable {
  let captured = Mailbox<MCPCaptured>(capacity: 1 << 20)
  /// Says each change once; `Progress` as it was then.
  let changes = Mailbox<RecordingState.Progress>(capacity: 1024)
  /// Bytes from the client whose events are durable: so many may pass to the server.
  let released = Atomic<UInt64>(0)
  /// Rings after each change of the two above.
  let wake: WakeUp

  init(wake: WakeUp) { self.wake = wake }

  func tell(_ progress: RecordingState.Progress) {
    _ = changes.send(progress, weight: 1)
    wake.ring()
  }
}

/// The thread that makes events of what passes, and makes them durable.
///
/// What the client says is durable on disk before the loop may pass it on. What the server says is in this thread's
/// hands before it is passed on, and durable within the flush interval.
struct MCPRecordingThread {
  /// Bytes of one message that are held while it has no end.
  static let messageLimit = 64 << 20

  let state: MCPState
  let store: Store
  let stateDirectory: StateDirectory
  let start: SessionStart
  let server: String
  let clock: any Clock
  let pace: Pace
  /// Microseconds to wait for a full disk before the session is ended.
  let patience: UInt64
  var messageLimit = Self.messageLimit
  /// What is replaced before anything is written; nil for nothing.
  var redaction: RedactionRules?

  /// Runs to the session's end; every outcome is told through `state.changes`.
  func run() {
    var progress = RecordingState.Progress()
    do throws(SessionLogFailure) {
      let key = try stateDirectory.contentKey(for: store)
      let writer = try SessionWriter.begin(
        in: store, state: stateDirectory, start: start, clock: clock, pace: pace)
      progress.session = writer.id
      let told = progress
      var patient = PatientWriter(writer, clock: clock, patience: patience) { isWaiting in
        var change = told
        change.waitsForSpace = isWaiting
        state.tell(change)
      }
      try configure(&patient, key)
      state.tell(progress)
      progress.closed = try record(&patient, MCPTranscript(server: server, key: key))
    } catch {
      progress.failure = error
    }
    state.captured.close()
    state.tell(progress)
    state.changes.close()
  }

  /// Says which key the session's digests are made with, so that nobody compares what cannot be compared.
  private func configure(_ writer: inout PatientWriter, _ key: DigestKey)
    throws(SessionLogFailure)
  {
    let name = try key.contentDigest(of: Array("blackbox/content-key".utf8).span)
    var config = RecorderConfigEvent()
    config.source = "mcp"
    config.server = server
    config.digest = "hmac-sha256"
    config.digestKey = String(name.hex.prefix(16))
    try writer.append(config.line(at: writer.time(of: clock.monotonic())))
  }

  private func record(_ writer: inout PatientWriter, _ transcript: consuming MCPTranscript)
    throws(SessionLogFailure) -> Leaf?
  {
    var transcript = transcript
    var toServer = MCPFramer(limit: messageLimit)
    var toClient = MCPFramer(limit: messageLimit)
    var errors = OutputChunks()
    var redaction = MCPRedaction(redaction)
    var released: UInt64 = 0
    while true {
      let wait = writer.wait
      guard
        let batch = state.captured.receive(
          waiting: errors.isHolding || redaction.isHolding
            ? min(wait ?? pace.flush, pace.flush) : wait)
      else { return nil }
      for item in batch {
        switch item {
        case .bytes(.errors, let bytes, let moment):
          try transcript.flush(into: &writer)
          try append(errors: errors.add(redaction.redact(errors: bytes)), moment, to: &writer)
        case .bytes(let stream, let bytes, let moment):
          try append(errors: errors.flush(), moment, to: &writer)
          if stream == .toServer {
            try toServer.add(bytes) { piece throws(SessionLogFailure) in
              try transcript.record(
                redaction.redact(piece, .toServer), .toServer, moment, into: &writer)
            }
          } else {
            try toClient.add(bytes) { piece throws(SessionLogFailure) in
              try transcript.record(
                redaction.redact(piece, .toClient), .toClient, moment, into: &writer)
            }
          }
        case .ended(.toServer, let moment):
          try toServer.end { piece throws(SessionLogFailure) in
            try transcript.record(
              redaction.redact(piece, .toServer), .toServer, moment, into: &writer)
          }
        case .ended(.toClient, let moment):
          try toClient.end { piece throws(SessionLogFailure) in
            try transcript.record(
              redaction.redact(piece, .toClient), .toClient, moment, into: &writer)
          }
        case .ended(.errors, let moment):
          let rest = redaction.releaseErrors(isEnd: true)
          try append(errors: errors.add(rest) + errors.flush(), moment, to: &writer)
        case .end(let end, let moment):
          let rest = redaction.releaseErrors(isEnd: true)
          try append(errors: errors.add(rest) + errors.flush(), moment, to: &writer)
          try toServer.end { piece throws(SessionLogFailure) in
            try transcript.record(
              redaction.redact(piece, .toServer), .toServer, moment, into: &writer)
          }
          try toClient.end { piece throws(SessionLogFailure) in
            try transcript.record(
              redaction.redact(piece, .toClient), .toClient, moment, into: &writer)
          }
          try transcript.flush(into: &writer)
          try redaction.putFindings(moment, into: &writer)
          return try close(&writer, end, moment, unanswered: transcript.unanswered)
        }
      }
      if batch.isEmpty {
        let rest = redaction.releaseErrors(isEnd: false)
        try append(errors: errors.add(rest) + errors.flush(), clock.monotonic(), to: &writer)
      }
      try transcript.flush(into: &writer)
      try redaction.putFindings(clock.monotonic(), into: &writer)
      // One sync for all that came together, and the call goes on: the log's own syncs are for a moment without one.
      if transcript.takeNewCall() || toServer.released > released {
        try writer.makeDurable(anchors: false)
        released = toServer.released
        state.released.store(released, ordering: .releasing)
        state.wake.ring()
        if writer.isAnchorLate { try writer.makeDurable() }
      } else if writer.wait == 0 {
        try writer.makeDurable(anchors: batch.isEmpty || writer.isAnchorLate)
      }
    }
  }

  private func append(errors chunk: [UInt8], _ moment: UInt64, to writer: inout PatientWriter)
    throws(SessionLogFailure)
  {
    guard !chunk.isEmpty else { return }
    var line = LineBuilder(time: writer.time(of: moment), type: "process.stderr")
    line.addData(chunk.span)
    try writer.append(line.finish())
  }

  private func close(
    _ writer: inout PatientWriter, _ end: MCPEnd, _ moment: UInt64, unanswered: Int
  ) throws(SessionLogFailure) -> Leaf {
    var line = LineBuilder(time: writer.time(of: moment), type: "session.end")
    line.add("reason", end.end.reason.description)
    line.add("exit_code", Int64(end.end.status.shellCode))
    if case .signalled(let number) = end.end.status { line.add("signal", Int64(number)) }
    line.add("bytes_in", Int64(clamping: end.bytesIn))
    line.add("bytes_out", Int64(clamping: end.bytesOut))
    if end.undelivered > 0 { line.add("bytes_undelivered", Int64(clamping: end.undelivered)) }
    if unanswered > 0 { line.add("unanswered", Int64(clamping: unanswered)) }
    line.add("n_events", Int64(clamping: writer.nextLine + 1))
    return try writer.close([line.finish()])
  }
}

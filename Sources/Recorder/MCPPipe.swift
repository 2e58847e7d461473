internal import Platform
internal import SessionLog

/// What passes through an MCP pipe, made into events: cut into messages, secrets replaced, in the order in which it came.
struct MCPPipe {
  private var transcript: MCPTranscript
  private var toServer: MCPFramer
  private var toClient: MCPFramer
  private var errors = OutputChunks()
  /// When standard error last said something.
  private var errorsTouched: UInt64 = 0
  private var redaction: MCPRedaction?

  private init(_ transcript: consuming MCPTranscript, limit: Int, redaction: RedactionRules?) {
    self.transcript = transcript
    toServer = MCPFramer(limit: limit)
    toClient = MCPFramer(limit: limit)
    self.redaction = redaction.map { MCPRedaction($0) }
  }

  /// True if bytes wait for what follows, for a while.
  var isHolding: Bool { errors.isHolding || redaction?.isHolding == true }

  /// Bytes from the client that may pass once every event so far is durable.
  private(set) var released: UInt64 = 0

  /// Calls that have no result yet.
  var unanswered: Int { transcript.unanswered }

  /// True if a call came since the last time, which must be durable at once.
  mutating func takeNewCall() -> Bool { transcript.takeNewCall() }

  mutating func record<Sink: EventSink & ~Copyable>(
    _ item: MCPCaptured, into sink: inout Sink
  ) throws(SessionLogFailure) {
    switch item {
    case .bytes(.errors, let bytes, let moment):
      errorsTouched = moment
      try transcript.flush(into: &sink)
      let redacted = redaction?.redact(errors: bytes, moment) ?? bytes
      try append(errors: errors.add(redacted), moment, to: &sink)
    case .bytes(.toServer, let bytes, let moment):
      try append(errors: errors.flush(), moment, to: &sink)
      try toServer.add(bytes) { piece throws(SessionLogFailure) in
        try Self.record(piece, .toServer, moment, &redaction, &transcript, &sink)
      }
    case .bytes(.toClient, let bytes, let moment):
      try append(errors: errors.flush(), moment, to: &sink)
      try toClient.add(bytes) { piece throws(SessionLogFailure) in
        try Self.record(piece, .toClient, moment, &redaction, &transcript, &sink)
      }
    case .ended(.toServer, let moment): try endServer(moment, into: &sink)
    case .ended(.toClient, let moment): try endClient(moment, into: &sink)
    case .ended(.errors, let moment): try endErrors(moment, into: &sink)
    case .end(_, let moment):
      try endErrors(moment, into: &sink)
      try endServer(moment, into: &sink)
      try endClient(moment, into: &sink)
      try settle(at: moment, into: &sink)
    }
    noteReleased()
  }

  /// What waits in the redaction is in no event, so it may not pass.
  private mutating func noteReleased() {
    // It never goes down: what is unrecorded is told too high rather than too low.
    released = max(released, toServer.released &- (redaction?.unrecorded ?? 0))
  }

  private static func record<Sink: EventSink & ~Copyable>(
    _ piece: MCPFramer.Piece, _ direction: MCPDirection, _ moment: UInt64,
    _ redaction: inout MCPRedaction?, _ transcript: inout MCPTranscript, _ sink: inout Sink
  ) throws(SessionLogFailure) {
    guard let pieces = redaction?.redact(piece, direction, moment) else {
      return try transcript.record(piece, direction, moment, into: &sink)
    }
    for piece in pieces { try transcript.record(piece, direction, moment, into: &sink) }
  }

  private mutating func endServer<Sink: EventSink & ~Copyable>(
    _ moment: UInt64, into sink: inout Sink
  ) throws(SessionLogFailure) {
    try toServer.end { piece throws(SessionLogFailure) in
      try Self.record(piece, .toServer, moment, &redaction, &transcript, &sink)
    }
    if let rest = redaction?.finish(.toServer) {
      try transcript.record(rest, .toServer, moment, into: &sink)
    }
  }

  private mutating func endClient<Sink: EventSink & ~Copyable>(
    _ moment: UInt64, into sink: inout Sink
  ) throws(SessionLogFailure) {
    try toClient.end { piece throws(SessionLogFailure) in
      try Self.record(piece, .toClient, moment, &redaction, &transcript, &sink)
    }
    if let rest = redaction?.finish(.toClient) {
      try transcript.record(rest, .toClient, moment, into: &sink)
    }
  }

  private mutating func endErrors<Sink: EventSink & ~Copyable>(
    _ moment: UInt64, into sink: inout Sink
  ) throws(SessionLogFailure) {
    let rest = redaction?.finishErrors() ?? []
    try append(errors: errors.add(rest) + errors.flush(), moment, to: &sink)
  }

  /// Lets go what has waited for long enough; to be called again and again while `isHolding`.
  mutating func release<Sink: EventSink & ~Copyable>(
    at moment: UInt64, into sink: inout Sink
  ) throws(SessionLogFailure) {
    for direction in [MCPDirection.toServer, .toClient] {
      if let rest = redaction?.takeDue(direction, at: moment) {
        try transcript.record(rest, direction, moment, into: &sink)
      }
    }
    let rest = redaction?.takeDueErrors(at: moment) ?? []
    try append(errors: errors.add(rest), moment, to: &sink)
    if moment >= errorsTouched &+ StreamingThread.flush {
      try append(errors: errors.flush(), moment, to: &sink)
    }
    noteReleased()
  }

  /// Records what was gathered, and says what was replaced.
  mutating func settle<Sink: EventSink & ~Copyable>(at moment: UInt64, into sink: inout Sink)
    throws(SessionLogFailure)
  {
    try transcript.flush(into: &sink)
    try redaction?.putFindings(moment, into: &sink)
  }

  private func append<Sink: EventSink & ~Copyable>(
    errors chunk: [UInt8], _ moment: UInt64, to sink: inout Sink
  ) throws(SessionLogFailure) {
    guard !chunk.isEmpty else { return }
    var line = LineBuilder(time: sink.time(of: moment), type: "process.stderr")
    line.addData(chunk.span)
    try sink.append(line.finish())
  }

  /// `session.end`, up to what the session itself says of its events.
  func endLine(_ end: MCPEnd, time: UInt64) -> LineBuilder {
    var line = LineBuilder(time: time, type: "session.end")
    line.add("reason", end.end.reason.description)
    line.add("exit_code", Int64(end.end.status.shellCode))
    if case .signalled(let number) = end.end.status { line.add("signal", Int64(number)) }
    line.add("bytes_in", Int64(clamping: end.bytesIn))
    line.add("bytes_out", Int64(clamping: end.bytesOut))
    if end.undelivered > 0 { line.add("bytes_undelivered", Int64(clamping: end.undelivered)) }
    if unanswered > 0 { line.add("unanswered", Int64(clamping: unanswered)) }
    return line
  }

  /// Opens a session's events: which key its digests are made with, so that nobody compares what cannot be compared;
  /// what is set otherwise than usual; and what was replaced in line 0.
  static func open<Sink: EventSink & ~Copyable>(
    server: String, key: DigestKey, limit: Int, redaction: RedactionRules?,
    settings: JSONValue? = nil, startFindings: [Redactor.Finding], at moment: UInt64,
    into sink: inout Sink
  ) throws(SessionLogFailure) -> MCPPipe {
    let name = try key.contentDigest(of: Array("blackbox/content-key".utf8).span)
    var config = RecorderConfigEvent()
    config.source = "mcp"
    config.server = server
    config.digest = "hmac-sha256"
    config.digestKey = String(name.hex.prefix(16))
    try sink.append(config.line(at: sink.time(of: moment)))
    if let settings {
      var line = LineBuilder(time: sink.time(of: moment), type: "recorder.config")
      line.add("source", "mcp")
      line.add("setting", "recording")
      line.add("value", settings)
      try sink.append(line.finish())
    }
    for finding in startFindings {
      try sink.append(MaskingLine.make(finding, "in", "session.start", sink.time(of: moment)))
    }
    return MCPPipe(
      MCPTranscript(server: server, key: key), limit: limit, redaction: redaction)
  }
}

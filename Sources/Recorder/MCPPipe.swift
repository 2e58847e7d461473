internal import Platform
internal import SessionLog

/// What passes through an MCP pipe, made into events: cut into messages, secrets replaced, in the order in which it came.
struct MCPPipe {
  private var transcript: MCPTranscript
  private var toServer: MCPFramer
  private var toClient: MCPFramer
  private var errors = OutputChunks()
  private var redaction: MCPRedaction

  private init(_ transcript: consuming MCPTranscript, limit: Int, redaction: RedactionRules?) {
    self.transcript = transcript
    toServer = MCPFramer(limit: limit)
    toClient = MCPFramer(limit: limit)
    self.redaction = MCPRedaction(redaction)
  }

  /// True if bytes of standard error wait for what follows.
  var isHolding: Bool { errors.isHolding || redaction.isHolding }

  /// Bytes from the client that may pass once every event so far is durable.
  var released: UInt64 { toServer.released }

  /// Calls that have no result yet.
  var unanswered: Int { transcript.unanswered }

  /// True if a call came since the last time, which must be durable at once.
  mutating func takeNewCall() -> Bool { transcript.takeNewCall() }

  mutating func record<Sink: EventSink & ~Copyable>(
    _ item: MCPCaptured, into sink: inout Sink
  ) throws(SessionLogFailure) {
    switch item {
    case .bytes(.errors, let bytes, let moment):
      try transcript.flush(into: &sink)
      try append(errors: errors.add(redaction.redact(errors: bytes)), moment, to: &sink)
    case .bytes(.toServer, let bytes, let moment):
      try append(errors: errors.flush(), moment, to: &sink)
      try toServer.add(bytes) { piece throws(SessionLogFailure) in
        try transcript.record(redaction.redact(piece, .toServer), .toServer, moment, into: &sink)
      }
    case .bytes(.toClient, let bytes, let moment):
      try append(errors: errors.flush(), moment, to: &sink)
      try toClient.add(bytes) { piece throws(SessionLogFailure) in
        try transcript.record(redaction.redact(piece, .toClient), .toClient, moment, into: &sink)
      }
    case .ended(.toServer, let moment): try endServer(moment, into: &sink)
    case .ended(.toClient, let moment): try endClient(moment, into: &sink)
    case .ended(.errors, let moment): try release(at: moment, isEnd: true, into: &sink)
    case .end(_, let moment):
      try release(at: moment, isEnd: true, into: &sink)
      try endServer(moment, into: &sink)
      try endClient(moment, into: &sink)
      try settle(at: moment, into: &sink)
    }
  }

  private mutating func endServer<Sink: EventSink & ~Copyable>(
    _ moment: UInt64, into sink: inout Sink
  ) throws(SessionLogFailure) {
    try toServer.end { piece throws(SessionLogFailure) in
      try transcript.record(redaction.redact(piece, .toServer), .toServer, moment, into: &sink)
    }
  }

  private mutating func endClient<Sink: EventSink & ~Copyable>(
    _ moment: UInt64, into sink: inout Sink
  ) throws(SessionLogFailure) {
    try toClient.end { piece throws(SessionLogFailure) in
      try transcript.record(redaction.redact(piece, .toClient), .toClient, moment, into: &sink)
    }
  }

  /// Lets standard error go that waited for more, after a while of silence or at its end.
  mutating func release<Sink: EventSink & ~Copyable>(
    at moment: UInt64, isEnd: Bool, into sink: inout Sink
  ) throws(SessionLogFailure) {
    let rest = redaction.releaseErrors(isEnd: isEnd)
    try append(errors: errors.add(rest) + errors.flush(), moment, to: &sink)
  }

  /// Records what was gathered, and says what was replaced.
  mutating func settle<Sink: EventSink & ~Copyable>(at moment: UInt64, into sink: inout Sink)
    throws(SessionLogFailure)
  {
    try transcript.flush(into: &sink)
    try redaction.putFindings(moment, into: &sink)
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

  /// Opens a session's events: which key its digests are made with, so that nobody compares what cannot be compared, and
  /// what was replaced in line 0.
  static func open<Sink: EventSink & ~Copyable>(
    server: String, key: DigestKey, limit: Int, redaction: RedactionRules?,
    startFindings: [Redactor.Finding], at moment: UInt64, into sink: inout Sink
  ) throws(SessionLogFailure) -> MCPPipe {
    let name = try key.contentDigest(of: Array("blackbox/content-key".utf8).span)
    var config = RecorderConfigEvent()
    config.source = "mcp"
    config.server = server
    config.digest = "hmac-sha256"
    config.digestKey = String(name.hex.prefix(16))
    try sink.append(config.line(at: sink.time(of: moment)))
    for finding in startFindings {
      try sink.append(MaskingLine.make(finding, "in", "session.start", sink.time(of: moment)))
    }
    return MCPPipe(
      MCPTranscript(server: server, key: key), limit: limit, redaction: redaction)
  }
}

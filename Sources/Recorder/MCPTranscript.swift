internal import Platform
internal import SessionLog

/// Which way a message goes.
enum MCPDirection: Sendable {
  case toServer, toClient

  var text: String {
    switch self {
    case .toServer: "to_server"
    case .toClient: "to_client"
    }
  }

  var opposite: MCPDirection { self == .toServer ? .toClient : .toServer }
}

/// Where events go: a session's writer, or a test's list.
protocol EventSink: ~Copyable {
  /// Number of the next line.
  var nextLine: UInt64 { get }
  /// Microseconds since line 0 of a moment on the clock, never below the line before.
  func time(of moment: UInt64) -> UInt64
  mutating func append(_ line: [UInt8]) throws(SessionLogFailure)
}

extension PatientWriter: EventSink {}

/// Turns the messages of an MCP pipe into events.
///
/// Types and fields: schema/events.md.
///
/// Every byte of both directions stands in the events once, in the order in which it came: whole messages as `message`
/// (byte for byte, JSON in JSON), as the string `json` where that cannot be, everything else as `data` or `data64`.
struct MCPTranscript {
  /// Bytes of payload in one event.
  ///
  /// Source: schema/session-format.md §3.
  static let payload = Limits.payloadBytes
  /// Events made of one batch; all of its bytes are kept in any case.
  static let batchElements = 1000
  /// A message nests once more inside its event, and readers go as deep as `Limits.jsonDepth`.
  static let depth = Limits.jsonDepth - 1

  let server: String
  let key: DigestKey
  private var catalog: MCPCatalog
  private var pending = MCPPendingCalls()
  private var junk: MCPJunk?
  private var overlongParts: [MCPDirection: Int64] = [:]

  /// A call came whose line must be durable at once.
  private(set) var hasNewCall = false

  init(server: String, key: DigestKey) {
    self.server = server
    self.key = key
    catalog = MCPCatalog(server: server, key: key)
  }

  /// Calls that have no result yet.
  var unanswered: Int { pending.count }

  mutating func takeNewCall() -> Bool {
    defer { hasNewCall = false }
    return hasNewCall
  }

  /// Records one piece of a direction; malformed lines may be gathered until `flush`.
  mutating func record<Sink: EventSink & ~Copyable>(
    _ piece: MCPFramer.Piece, _ direction: MCPDirection, _ moment: UInt64, into sink: inout Sink
  ) throws(SessionLogFailure) {
    try record(MCPRedaction.Piece(piece), direction, moment, into: &sink)
  }

  /// Records one piece of a direction in which secrets are replaced.
  mutating func record<Sink: EventSink & ~Copyable>(
    _ piece: MCPRedaction.Piece, _ direction: MCPDirection, _ moment: UInt64,
    into sink: inout Sink
  ) throws(SessionLogFailure) {
    switch piece {
    case .line(let line, let sent):
      try record(line, sent: sent, direction, moment, into: &sink)
    case .malformed(let bytes, let lines, let reason, let looksLikeMessage):
      if direction == .toClient, looksLikeMessage { catalog.doubt() }
      try put(aside: bytes, lines: lines, direction, moment, reason, into: &sink)
    case .overlong(let bytes, let isFirst, let isLast):
      try flush(into: &sink)
      if direction == .toClient { catalog.doubt() }
      var part = isFirst ? 0 : overlongParts[direction, default: 0]
      try MCPJunk.put(
        bytes, direction, sink.time(of: moment), reason: "too long to be held as one message",
        part: &part, isLast: isLast, into: &sink)
      overlongParts[direction] = part
    }
  }

  /// Records the malformed lines that were gathered.
  mutating func flush<Sink: EventSink & ~Copyable>(into sink: inout Sink)
    throws(SessionLogFailure)
  {
    guard let junk else { return }
    self.junk = nil
    try junk.put(into: &sink)
  }

  private mutating func record<Sink: EventSink & ~Copyable>(
    _ line: MCPLine, sent: MCPLine?, _ direction: MCPDirection, _ moment: UInt64,
    into sink: inout Sink
  ) throws(SessionLogFailure) {
    switch line {
    case .malformed(let body, let found, let reason):
      try record(malformed: body, found, sent: sent, direction, moment, reason, into: &sink)
    case .batch(let first, let count, let body):
      try flush(into: &sink)
      try record(batch: (first, count), body, sent: sent, direction, moment, into: &sink)
    case .message(let message, let body):
      try flush(into: &sink)
      let event = MCPEvent(message, body, direction, moment, part: nil)
      try record(event, sent: sent?.event(0, direction, moment), into: &sink)
    }
  }

  /// Records a line that is no message, and behind it the messages that somebody may take it for all the same: what a
  /// server does, it must not do unseen because its reader is less strict.
  private mutating func record<Sink: EventSink & ~Copyable>(
    malformed body: MCPBody, _ found: [(message: MCPMessage, range: Range<Int>)], sent: MCPLine?,
    _ direction: MCPDirection, _ moment: UInt64, _ reason: String, into sink: inout Sink
  ) throws(SessionLogFailure) {
    let line = body.text + Array(body.ending.text.utf8)
    guard found.isEmpty else {
      try flush(into: &sink)
      let number = sink.nextLine
      try MCPJunk(line, lines: 1, direction, moment, reason: reason).put(into: &sink)
      for (index, (message, range)) in found.enumerated() {
        let event = MCPEvent(message, body, direction, moment, part: (number, index, range))
        try record(event, sent: sent?.event(index, direction, moment), into: &sink)
      }
      return
    }
    try record(
      .malformed(line, lines: 1, reason: reason, looksLikeMessage: body.looksLikeMessage),
      direction, moment, into: &sink)
  }

  private mutating func put<Sink: EventSink & ~Copyable>(
    aside bytes: [UInt8], lines: Int, _ direction: MCPDirection, _ moment: UInt64,
    _ reason: String, into sink: inout Sink
  ) throws(SessionLogFailure) {
    guard !bytes.isEmpty, junk?.add(bytes, lines: lines, direction) != true else { return }
    try flush(into: &sink)
    junk = MCPJunk(bytes, lines: lines, direction, moment, reason: reason)
  }

  private mutating func record<Sink: EventSink & ~Copyable>(
    batch elements: (first: [Range<Int>], count: Int), _ body: MCPBody, sent: MCPLine?,
    _ direction: MCPDirection, _ moment: UInt64, into sink: inout Sink
  ) throws(SessionLogFailure) {
    let number = sink.nextLine
    var line = LineBuilder(time: sink.time(of: moment), type: "mcp.batch")
    line.add("direction", direction.text)
    line.add("messages", Int64(clamping: elements.count))
    if elements.count > elements.first.count {
      line.add("not_listed", Int64(clamping: elements.count - elements.first.count))
      if direction == .toClient { catalog.doubt() }
    }
    line.add("bytes", Int64(clamping: body.text.count))
    try body.put(line, "mcp.batch", direction, into: &sink)
    for (index, range) in elements.first.enumerated() {
      let message = MCPMessage(body.text.span, in: range)
      let event = MCPEvent(message, body, direction, moment, part: (number, index, range))
      try record(event, sent: sent?.event(index, direction, moment), into: &sink)
    }
  }

  /// Records one message; ids are compared as they were `sent`, since two may look the same once they are redacted.
  private mutating func record<Sink: EventSink & ~Copyable>(
    _ event: MCPEvent, sent: MCPEvent?, into sink: inout Sink
  ) throws(SessionLogFailure) {
    let sent = sent ?? event
    let number = sink.nextLine
    let time = sink.time(of: event.moment)
    switch event.message.kind {
    case .call:
      hasNewCall = true
      var line = LineBuilder(time: time, type: "mcp.call")
      let call = try event.describe(
        call: &line, number: number, server: server, key: key, catalog: catalog)
      if let id = sent.key(in: sent.body.text.span, key) {
        if pending.add(call, id, event.direction) { line.add("duplicate_id", .bool(true)) }
      }
      try event.put(line, "mcp.call", into: &sink)
    case .result:
      var line = LineBuilder(time: time, type: "mcp.result")
      let call = sent.key(in: sent.body.text.span, key).flatMap {
        pending.take($0, event.direction.opposite)
      }
      try event.describe(result: &line, of: call, key: key)
      try event.put(line, "mcp.result", into: &sink)
      // One that answers nothing yet may be read once its call is on the way.
      if event.direction == .toClient, call == nil || call?.method == "tools/list" {
        try catalog.record(
          event, number: number, time: time, isAsked: call != nil, into: &sink)
      }
    case .notification:
      var line = LineBuilder(time: time, type: "mcp.notification")
      event.describe(notification: &line, sent: sent, pending: pending, key)
      try event.put(line, "mcp.notification", into: &sink)
    case .other:
      var line = LineBuilder(time: time, type: "mcp.malformed")
      line.add("direction", event.direction.text)
      line.add("reason", "not a JSON-RPC message")
      try event.put(line, "mcp.malformed", into: &sink)
    }
  }
}

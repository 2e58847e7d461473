internal import SessionLog

/// The text of a message that is valid JSON, and how it is stored.
struct MCPBody {
  let text: [UInt8]
  let ending: MCPFramer.Ending
  /// Where the value stands, without white space around it.
  let value: Range<Int>
  /// The value can stand in an event as it is.
  let isVerbatim: Bool
  /// The text is no JSON: its messages are what a reader that is not strict finds.
  let isLenient: Bool

  /// Checks the text; throws if it is not one JSON value in UTF-8.
  init(_ text: [UInt8], _ ending: MCPFramer.Ending) throws(MCPScanner.Fault) {
    do { _ = try UTF8Span(validating: text.span) } catch {
      throw MCPScanner.Fault(reason: "not UTF-8", offset: 0)
    }
    let found = try MCPScanner.check(text.span)
    self.text = text
    self.ending = ending
    isLenient = false
    value = found.value
    isVerbatim =
      found.value == text.indices && found.depth <= MCPTranscript.depth
      && text.count <= MCPTranscript.payload && !text.contains(0x0D)
  }

  /// Takes a text that is no JSON.
  init(lenient text: [UInt8], _ ending: MCPFramer.Ending) {
    (self.text, self.ending, value) = (text, ending, text.indices)
    (isVerbatim, isLenient) = (false, true)
  }

  /// True if somebody may find a message in it where we do not: it is no JSON, and begins as one does.
  var looksLikeMessage: Bool {
    guard isLenient else { return false }
    // An object, or an array that begins with one; a byte order mark may stand before it.
    let start = text.lazy.filter { $0 > 0x20 && $0 < 0x7F }.prefix(2)
    return start.first == 0x7B || start.elementsEqual([0x5B, 0x7B])
  }

  /// Messages that a reader finds in it who is not strict, and where they stand.
  func lenientMessages(limit: Int) -> [(message: MCPMessage, range: Range<Int>)] {
    var found: [(MCPMessage, Range<Int>)] = []
    let values = isLenient ? MCPScanner.values(in: text.span, limit: limit) : [value]
    for value in values {
      let elements = MCPText.elements(of: text.span, in: value, limit: limit)?.first ?? [value]
      for range in elements where found.count < limit {
        var message = MCPMessage(text.span, in: range)
        if message.kind == .other { message = MCPMessage(text.span, in: range, folding: true) }
        if message.kind != .other { found.append((message, range)) }
      }
    }
    return found
  }

  /// Appends the event that `line` begins, with this body: in one line or, where it is long, in several.
  func put<Sink: EventSink & ~Copyable>(
    _ line: LineBuilder, _ type: StaticString, _ direction: MCPDirection, into sink: inout Sink
  ) throws(SessionLogFailure) {
    var line = line
    if isVerbatim {
      line.add("message", verbatim: text.span)
      addEnding(&line)
      return try sink.append(line.finish())
    }
    let chunks = PayloadChunks.cut(text.indices, of: text)
    for (part, chunk) in chunks.enumerated() {
      if part > 0 {
        line = LineBuilder(time: sink.time(of: 0), type: type)
        line.add("direction", direction.text)
      }
      line.add("json", text: text.span.extracting(chunk))
      if chunks.count > 1 { line.add("part", Int64(clamping: part)) }
      if part + 1 == chunks.count {
        if chunks.count > 1 { line.add("last", .bool(true)) }
        addEnding(&line)
      }
      try sink.append(line.finish())
    }
  }

  private func addEnding(_ line: inout LineBuilder) {
    if ending != .lineFeed { line.add("eol", ending.text) }
  }
}

/// Cuts bytes into payloads that end at whole characters where there are any.
enum PayloadChunks {
  static func cut(_ range: Range<Int>, of bytes: [UInt8]) -> [Range<Int>] {
    var chunks: [Range<Int>] = []
    var start = range.lowerBound
    while range.upperBound - start > MCPTranscript.payload {
      let end = start + MCPTranscript.payload
      let stop = end - OutputChunks.incompleteTail(Array(bytes[end - 4..<end]))
      chunks.append(start..<stop)
      start = stop
    }
    chunks.append(start..<range.upperBound)
    return chunks
  }
}

/// Lines that are not JSON-RPC, exactly as they came; neighbours are gathered into one event.
struct MCPJunk {
  private var bytes: [UInt8]
  private let direction: MCPDirection
  private let moment: UInt64
  private let reason: String
  private var lines: Int

  init(
    _ bytes: [UInt8], lines: Int, _ direction: MCPDirection, _ moment: UInt64, reason: String
  ) {
    (self.bytes, self.lines, self.direction) = (bytes, lines, direction)
    (self.moment, self.reason) = (moment, reason)
  }

  /// Adds bytes of the same direction; false if there is no room for them.
  mutating func add(_ more: [UInt8], lines: Int, _ direction: MCPDirection) -> Bool {
    guard direction == self.direction, bytes.count + more.count <= MCPTranscript.payload else {
      return false
    }
    bytes += more
    self.lines += lines
    return true
  }

  func put<Sink: EventSink & ~Copyable>(into sink: inout Sink) throws(SessionLogFailure) {
    var part: Int64 = 0
    try Self.put(
      bytes, direction, sink.time(of: moment), reason: reason, lines: lines, part: &part,
      isLast: true,
      into: &sink)
  }

  /// Appends bytes as one or more events; `part` goes on where a message comes in several calls.
  static func put<Sink: EventSink & ~Copyable>(
    _ bytes: [UInt8], _ direction: MCPDirection, _ time: UInt64, reason: String, lines: Int = 1,
    part: inout Int64, isLast: Bool, into sink: inout Sink
  ) throws(SessionLogFailure) {
    let chunks = PayloadChunks.cut(bytes.indices, of: bytes)
    for (index, chunk) in chunks.enumerated() {
      let ends = isLast && index + 1 == chunks.count
      var line = LineBuilder(time: time, type: "mcp.malformed")
      line.addData(bytes.span.extracting(chunk))
      line.add("direction", direction.text)
      if part == 0 {
        line.add("reason", reason)
        if lines > 1 { line.add("lines", Int64(clamping: lines)) }
      }
      if part > 0 || !ends { line.add("part", part) }
      if ends, part > 0 { line.add("last", .bool(true)) }
      part += 1
      try sink.append(line.finish())
    }
  }
}

internal import Platform
internal import SessionLog

/// Reads transcripts: a JSON value a line, or one document whose arrays hold the events.
struct TranscriptParser: SourceParser, ~Copyable {
  private let format: ImportFormat
  private var lines: ByteReader?
  private var document: DocumentSplitter?
  private var transcript = Transcript()
  private var number: UInt64 = 0
  private var isOver = false

  init(_ source: SourceFile, _ format: ImportFormat) throws(ImportFailure) {
    let isLines = try Self.isLines(source)
    var lines = try ByteReader.optional(isLines ? source : nil, window: 256 << 10)
    try lines?.skipMark()
    let document = try DocumentSplitter.optional(isLines ? nil : source)
    self.format = format
    self.lines = lines
    self.document = document
  }

  /// True if the first line is a value by itself.
  private static func isLines(_ source: SourceFile) throws(ImportFailure) -> Bool {
    var reader = try ByteReader(source)
    try reader.skipMark()
    while let (count, hasEnd) = try reader.line(limit: Limits.lineBytes) {
      if count > Limits.lineBytes { return false }
      let line = try reader.take(count)
      if hasEnd { reader.consume(1) }
      if AsciicastParser.isBlank(line.span) { continue }
      do {
        let value = try JSONValue(parsing: line)
        // A list is a line only where other lines follow it.
        if value.array != nil, hasEnd { return try hasMore(&reader) }
        return value.members != nil && (hasEnd || line.first == 0x7B)
      } catch { return line.first == 0x7B && line.count > 1 && hasEnd && line.last == 0x7D }
    }
    return false
  }

  private static func hasMore(_ reader: inout ByteReader) throws(ImportFailure) -> Bool {
    while let (count, hasEnd) = try reader.line(limit: Limits.lineBytes) {
      if count > Limits.lineBytes { return true }
      let line = try reader.take(count)
      if hasEnd { reader.consume(1) }
      if !AsciicastParser.isBlank(line.span) { return line.first == 0x5B || line.first == 0x7B }
    }
    return false
  }

  mutating func finish() throws(ImportFailure) -> [SourceDigest] {
    if let digest = try lines?.finish() { return [digest] }
    if let digest = try document?.finish() { return [digest] }
    return []
  }

  mutating func step(into stream: inout EventStream) throws(ImportFailure) -> Bool {
    guard !isOver else { return false }
    if document != nil { return try piece(&stream) }
    guard let read = try lines?.line(limit: Limits.lineBytes) else { return false }
    number += 1
    let place = "line \(number)"
    guard read.hasEnd || read.count <= Limits.lineBytes else {
      let skipped = try lines?.skipLine() ?? 0
      stream.gap("a line longer than 8 MiB", at: place, bytes: skipped)
      return true
    }
    let bytes = try lines?.take(read.count) ?? []
    if read.hasEnd { lines?.consume(1) }
    if AsciicastParser.isBlank(bytes.span) { return true }
    let json: JSONValue
    do { json = try JSONValue(parsing: bytes) } catch {
      if !read.hasEnd { stream.facts.isCut = true }
      stream.gap(
        "not JSON: \(error.reason)", at: place, bytes: UInt64(bytes.count), source: bytes.span)
      return true
    }
    if let batch = json.array {
      stream.source(bytes.span)
      for element in batch { take(element, [], name: nil, &stream) }
    } else {
      take(json, bytes, name: nil, &stream)
    }
    return true
  }

  private mutating func piece(_ stream: inout EventStream) throws(ImportFailure) -> Bool {
    guard let piece = try document?.next() else { return false }
    switch piece {
    case .end: isOver = true
    case .damage(let reason, let offset):
      isOver = true
      stream.facts.isCut = true
      let size = document?.reader.source.size ?? offset
      stream.gap(reason.description, at: "offset \(offset)", bytes: size &- min(size, offset))
    case .tooLong(let name, let offset, let count):
      stream.gap("a value of \(name) longer than 8 MiB", at: "offset \(offset)", bytes: count)
    case .member(let name, let bytes), .element(let name, let bytes):
      number += 1
      let json: JSONValue
      do { json = try JSONValue(parsing: bytes) } catch {
        stream.gap(
          "not JSON: \(error.reason)", at: "\(name) \(number)", bytes: UInt64(bytes.count),
          source: bytes.span)
        return true
      }
      take(json, bytes, name: name, &stream)
    }
    return true
  }

  /// Reads one line (`name` is nil), or one piece of a document.
  private mutating func take(
    _ json: JSONValue, _ bytes: [UInt8], name: String?, _ stream: inout EventStream
  ) {
    switch format {
    case .claudeCode: ClaudeCode.take(json, bytes, &transcript, &stream)
    case .codex: Codex.take(json, bytes, &transcript, &stream)
    case .sweAgent: SWEAgent.take(json, bytes, name, &transcript, &stream)
    case .openHands: OpenHands.take(json, bytes, name, &transcript, &stream)
    case .gemini: Gemini.take(json, bytes, name, &transcript, &stream)
    case .openCode: OpenCode.take(json, bytes, name, &transcript, &stream)
    case .mcp: MCPCassette.take(json, bytes, name, &transcript, &stream)
    default: ChatMessages.take(json, bytes, name, &transcript, &stream)
    }
  }
}

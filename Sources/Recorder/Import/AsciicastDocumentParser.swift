internal import SessionLog

/// Reads asciicast v1: one JSON object whose `stdout` holds delays and texts.
struct AsciicastDocumentParser: SourceParser, ~Copyable {
  private var splitter: DocumentSplitter
  private var header: [JSONValue.Member] = []
  private var headerBytes = 0
  private var clock: Int64 = 0
  private var number = 0
  private var isOver = false

  init(_ source: SourceFile) throws(ImportFailure) { splitter = try DocumentSplitter(source) }

  mutating func finish() throws(ImportFailure) -> [SourceDigest] { [try splitter.finish()] }

  mutating func step(into stream: inout EventStream) throws(ImportFailure) -> Bool {
    guard !isOver else { return false }
    switch try splitter.next() {
    case .end: end(&stream)
    case .damage(let reason, let offset):
      let rest = splitter.reader.source.size &- offset
      stream.gap(reason.description, at: "offset \(offset)", bytes: rest)
      stream.facts.isCut = true
      end(&stream)
    case .tooLong(let name, let offset, let bytes):
      stream.gap("a value of \(name) longer than 8 MiB", at: "offset \(offset)", bytes: bytes)
    case .member(let name, let bytes):
      headerBytes &+= bytes.count
      guard header.count < 64, headerBytes <= Limits.payloadBytes else {
        stream.gap("a header above 64 KiB", at: name, bytes: UInt64(bytes.count))
        return true
      }
      do { header.append(.init(name, try JSONValue(parsing: bytes))) } catch {
        stream.gap(
          "a member that is not JSON", at: name, bytes: UInt64(bytes.count), source: bytes.span)
      }
    case .element("stdout", let bytes):
      number += 1
      frame(bytes, &stream)
    case .element: break
    }
    return true
  }

  private mutating func frame(_ bytes: [UInt8], _ stream: inout EventStream) {
    let place = "frame \(number)"
    // Raw control bytes are taken here as in the later versions.
    var value: JSONValue?
    do { value = try JSONValue(parsing: bytes) } catch { value = nil }
    guard let parts = value?.array, parts.count >= 2, let text = parts[1].string,
      let delay = Self.delay(bytes)
    else {
      stream.gap(
        "not a frame", at: place, bytes: UInt64(bytes.count), source: bytes.span)
      return
    }
    if parts.count > 2 { stream.odd("a frame of more than two elements", place) }
    let (sum, isTooMuch) = clock.addingReportingOverflow(delay)
    let moment = isTooMuch ? clock : sum
    let own = stream.go(to: moment, place)
    clock = max(clock, moment)
    stream.data(.output, Array(text.utf8).span, sourceTime: own)
  }

  private static func delay(_ bytes: [UInt8]) -> Int64? {
    var offset = 1
    while offset < bytes.count, bytes[offset] <= 0x20 { offset += 1 }
    return SourceTime.nanoseconds(bytes.span, &offset)
  }

  private mutating func end(_ stream: inout EventStream) {
    isOver = true
    let whole = JSONValue.object(header)
    if !AsciicastHeader.take(whole, into: &stream.facts) {
      stream.odd("a header without the terminal's size", "the document")
    }
    var line = stream.event("import.header")
    line.add("source", whole)
    stream.add(line.finish(), counts: false)
  }
}

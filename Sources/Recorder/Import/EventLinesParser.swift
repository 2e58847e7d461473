internal import Platform
internal import SessionLog

/// Reads event lines as Blackbox itself writes them, such as `zstd -dc` gives from a session file.
///
/// Lines are taken as they are and keep their numbers, which `caused_by` and the like refer to: a line that cannot be taken
/// leaves one gap in its place, and what lines 0 and 1 and the last one said comes at the end. Only the salt is left behind.
struct EventLinesParser: SourceParser, ~Copyable {
  private var reader: ByteReader
  private var lineNumber: UInt64 = 0
  private var headers: [[UInt8]] = []

  /// What a session may be of; a source cannot make one up, nor an audit session.
  private static let kinds: Set<String> = [
    "terminal", "database", "http", "mcp", "kubernetes", "tunnel", "transcript",
  ]

  init(_ source: SourceFile) throws(ImportFailure) { reader = try ByteReader(source) }

  mutating func finish() throws(ImportFailure) -> [SourceDigest] { [try reader.finish()] }

  mutating func step(into stream: inout EventStream) throws(ImportFailure) -> Bool {
    guard let (count, hasEnd) = try reader.line(limit: Limits.lineBytes) else {
      for header in headers { stream.source(header.span, type: "import.header") }
      headers = []
      return false
    }
    lineNumber += 1
    let place = "line \(lineNumber)"
    guard hasEnd || count <= Limits.lineBytes else {
      let skipped = try reader.skipLine()
      stream.gap("a line longer than 8 MiB", at: place, bytes: skipped)
      return true
    }
    let line = try reader.take(count)
    if hasEnd { reader.consume(1) }
    if AsciicastParser.isBlank(line.span) { return true }
    let (header, json, fault) = Self.check(line)
    guard let header, let json, fault == nil else {
      if !hasEnd { stream.facts.isCut = true }
      stream.gap(
        fault ?? "not an event line", at: place, bytes: UInt64(count), source: line.span)
      return true
    }
    switch header.typeName(in: line.span) {
    case "session.start" where lineNumber > 1:
      stream.gap(
        "a second session", at: place, bytes: UInt64(count), source: line.span)
    case "session.start":
      take(json, &stream.facts)
      headers.append(line)
    case "session.salt": break
    case "session.end":
      // The last one is the end.
      if headers.count > 1 { headers.removeLast() }
      headers.append(line)
      stream.facts.exitCode = json["exit_code"]?.integer
      stream.facts.end = header.time
    default:
      guard header.time >= stream.time else {
        stream.gap(
          "t \(header.time) after t \(stream.time)", at: place, bytes: UInt64(count),
          source: line.span)
        return true
      }
      _ = stream.go(to: Int64(header.time) * 1000, place)
      if header.isType("terminal.output", in: line.span) {
        var bytes: [UInt8] = []
        _ = Payload.append(from: line.span, header: header, to: &bytes)
        stream.facts.outputBytes &+= UInt64(bytes.count)
      }
      stream.add(line)
    }
    return true
  }

  /// What a line breaks that a session's lines must keep.
  private static func check(_ line: [UInt8]) -> (LineHeader?, JSONValue?, String?) {
    guard let header = LineHeader(line.span), header.time < UInt64(Int64.max) / 1000 else {
      return (nil, nil, "a line that does not start with t and type")
    }
    let json: JSONValue
    do { json = try JSONValue(parsing: line) } catch { return (nil, nil, error.reason) }
    do { _ = try UTF8Span(validating: line.span) } catch {
      return (nil, nil, "a line that is not UTF-8")
    }
    guard !line.contains(0x0D), line.last == 0x7D else {
      return (nil, nil, "white space at its end")
    }
    let names = json.members?.map(\.name) ?? []
    guard names.filter({ $0 == "t" || $0 == "type" }).count == 2 else {
      return (nil, nil, "a second t or type")
    }
    return (header, json, nil)
  }

  private func take(_ json: JSONValue, _ facts: inout SourceFacts) {
    if let kind = json["kind"]?.string, Self.kinds.contains(kind) { facts.kind = kind }
    func size(_ name: String) -> Int? {
      json["terminal"]?[name]?.integer.flatMap { (1...65_535).contains($0) ? Int($0) : nil }
    }
    facts.columns = size("cols")
    facts.rows = size("rows")
    facts.terminalType = json["terminal"]?["term"]?.string
    facts.command = json["argv"]?.array?.compactMap(\.string) ?? []
    facts.host = json["host"]?.string
    facts.at = (json["at"] ?? json["start"])?.string.flatMap { WallTime.parse($0) }
  }
}

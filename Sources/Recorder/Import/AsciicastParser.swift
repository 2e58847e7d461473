internal import Platform
internal import SessionLog

/// Reads asciicast v2 and v3: a header line, then an event a line.
///
/// A line that is no event is a gap; the lines after it are read. Format: schema/import.md.
struct AsciicastParser: SourceParser, ~Copyable {
  /// Where the reading stands.
  private struct Progress {
    /// Each time is counted from the one before it (v3).
    var isRelative: Bool
    var isHeaderRead = false
    /// Where the recording begins, in nanoseconds: one that follows another begins at its end.
    var base: Int64 = 0
    /// Nanoseconds of the event before.
    var clock: Int64 = 0
  }

  private var reader: ByteReader
  private var progress: Progress
  private var lineNumber: UInt64 = 0

  init(_ source: SourceFile, isRelative: Bool) throws(ImportFailure) {
    var reader = try ByteReader(source)
    try reader.skipMark()
    self.reader = reader
    progress = Progress(isRelative: isRelative)
  }

  mutating func finish() throws(ImportFailure) -> [SourceDigest] { [try reader.finish()] }

  mutating func step(into stream: inout EventStream) throws(ImportFailure) -> Bool {
    guard let (count, hasEnd) = try reader.line(limit: Limits.lineBytes) else { return false }
    lineNumber += 1
    guard hasEnd || count <= Limits.lineBytes else {
      let skipped = try reader.skipLine()
      stream.gap("a line longer than 8 MiB", at: "line \(lineNumber)", bytes: skipped)
      return true
    }
    var progress = self.progress
    take(
      reader.buffer.span.extracting(reader.start..<reader.start + count), lineNumber, hasEnd,
      &progress, &stream)
    self.progress = progress
    reader.consume(hasEnd ? count + 1 : count)
    return true
  }

  private func take(
    _ line: Span<UInt8>, _ number: UInt64, _ hasEnd: Bool, _ progress: inout Progress,
    _ stream: inout EventStream
  ) {
    guard !Self.isBlank(line) else { return }
    guard progress.isHeaderRead else {
      progress.isHeaderRead = true
      return AsciicastHeader.read(line, at: number, into: &stream)
    }
    guard line[0] != 0x23 || !progress.isRelative else { return }
    if let header = AsciicastHeader.next(line) {
      AsciicastHeader.go(to: header, line, at: number, &stream)
      progress.isRelative = header.isRelative
      progress.base = Int64(clamping: stream.time) * 1000
      progress.clock = 0
      return
    }
    let event = AsciicastLine(line)
    if let fault = event.fault {
      stream.gap(
        fault.description, at: "line \(number)", bytes: UInt64(line.count), source: line)
      if !hasEnd { stream.facts.isCut = true }
      return
    }
    let place = { "line \(number)" }
    let time: Int64
    if progress.isRelative {
      let (sum, isTooMuch) = progress.clock.addingReportingOverflow(event.time)
      time = isTooMuch ? progress.clock : sum
    } else {
      time = event.time
    }
    let (moment, isBeyond) = progress.base.addingReportingOverflow(time)
    let own = stream.go(to: isBeyond ? time : moment, place())
    progress.clock = max(progress.clock, time)
    if event.hasMoreElements { stream.odd("an event of more than three elements", place()) }
    if event.hasLoneSurrogates { stream.odd("half a surrogate pair in a string", place()) }
    let code = event.code.count > 0 ? line[event.code.lowerBound] : 0
    let data = line.extracting(event.data)
    switch code {
    case 0x6F, 0x69:
      self.data(code == 0x6F ? .output : .input, data, event, own, place(), &stream)
    case 0x72:
      if let size = Self.size(data) {
        stream.resize(columns: size.0, rows: size.1, sourceTime: own)
      } else {
        stream.gap(
          "a size that is none", at: place(), bytes: UInt64(line.count), source: line)
      }
    case 0x6D: stream.marker(Self.text(data), sourceTime: own)
    case 0x78:
      let status = Int64(Self.text(data))
      stream.facts.exitCode = status
      if status == nil {
        stream.gap(
          "an exit status that is none", at: place(), bytes: UInt64(line.count), source: line)
      }
      stream.facts.end = stream.time
    case 0:
      stream.gap("an event without a code", at: place(), bytes: UInt64(line.count), source: line)
    default:
      var kept = stream.event("asciicast.event")
      kept.addText("code", Self.text(line.extracting(event.code)))
      kept.addText("data", Self.text(data))
      stream.add(kept.finish())
    }
  }

  /// Takes output or input; where the text is valid it is copied with its escapes as they are.
  private func data(
    _ kind: EventStream.StreamKind, _ data: Span<UInt8>, _ event: AsciicastLine, _ own: Int64?,
    _ place: @autoclosure () -> String, _ stream: inout EventStream
  ) {
    if event.hasControlBytes { stream.odd("control bytes in a string", place()) }
    let isText: Bool
    do {
      _ = try UTF8Span(validating: data)
      isText = true
    } catch {
      isText = false
      stream.odd("bytes that are not UTF-8", place())
    }
    if isText, data.count <= Limits.payloadBytes, !event.hasControlBytes {
      stream.data(kind, json: data, sourceTime: own, bytes: data.count)
    } else {
      stream.data(kind, Self.bytes(data).span, sourceTime: own)
    }
  }

  // MARK: Strings

  /// The bytes that the inside of a JSON string stands for.
  static func bytes(_ inside: Span<UInt8>) -> [UInt8] {
    var line: [UInt8] = []
    line.append(ascii: "{\"t\":0,\"type\":\"x\",\"data\":\"")
    line.append(contentsOf: JSONInside.mended(inside).span)
    line.append(ascii: "\"}")
    var bytes: [UInt8] = []
    guard let header = LineHeader(line.span) else { return bytes }
    _ = Payload.append(from: line.span, header: header, to: &bytes)
    return bytes
  }

  static func text(_ inside: Span<UInt8>) -> String {
    String(decoding: bytes(inside), as: UTF8.self)
  }

  /// `80x24`, each from 1 to 65,535.
  static func size(_ inside: Span<UInt8>) -> (Int, Int)? {
    let parts = text(inside).split(separator: "x", omittingEmptySubsequences: false)
    guard parts.count == 2, let columns = UInt16(parts[0]), let rows = UInt16(parts[1]),
      columns > 0, rows > 0
    else { return nil }
    return (Int(columns), Int(rows))
  }

  static func isBlank(_ line: Span<UInt8>) -> Bool {
    for index in 0..<line.count where line[index] > 0x20 { return false }
    return true
  }
}

/// The header of any asciicast: what of it a session can say, and all of it as it stands.
enum AsciicastHeader {
  static func read(_ line: Span<UInt8>, at number: UInt64, into stream: inout EventStream) {
    stream.source(line, type: "import.header")
    let json: JSONValue
    do { json = try JSONValue(parsing: line) } catch {
      stream.gap("the header is not JSON", at: "line \(number)", bytes: UInt64(line.count))
      return
    }
    if take(json, into: &stream.facts) == false {
      stream.odd("a header without the terminal's size", "line \(number)")
    }
  }

  /// The header of a recording that follows another one in the same file.
  struct Next {
    var isRelative: Bool
    var columns: Int?
    var rows: Int?
  }

  /// Takes a line for a header if it is an object of version 2 or 3.
  static func next(_ line: Span<UInt8>) -> Next? {
    var first = 0
    while first < line.count, line[first] <= 0x20 { first += 1 }
    guard first < line.count, line[first] == 0x7B else { return nil }
    let json: JSONValue
    do { json = try JSONValue(parsing: line) } catch { return nil }
    guard let version = json["version"]?.integer, version == 2 || version == 3 else { return nil }
    var facts = SourceFacts()
    _ = take(json, into: &facts)
    return Next(isRelative: version == 3, columns: facts.columns, rows: facts.rows)
  }

  /// Goes on with the recording that follows: it begins where the one before it ended.
  static func go(
    to next: Next, _ line: Span<UInt8>, at number: UInt64, _ stream: inout EventStream
  ) {
    stream.odd("another recording follows in the same file", "line \(number)")
    stream.source(line, type: "import.header")
    if let columns = next.columns, let rows = next.rows {
      stream.resize(columns: columns, rows: rows)
    }
  }

  /// Takes what the header says; false if it has no size.
  static func take(_ json: JSONValue, into facts: inout SourceFacts) -> Bool {
    func size(_ value: JSONValue?) -> Int? {
      let whole = value?.integer ?? value?.double.flatMap { Int64(exactly: $0) }
      return whole.flatMap { (1...65_535).contains($0) ? Int($0) : nil }
    }
    facts.columns = size(json["term"]?["cols"] ?? json["width"])
    facts.rows = size(json["term"]?["rows"] ?? json["height"])
    facts.terminalType = json["term"]?["type"]?.string ?? json["env"]?["TERM"]?.string
    if let command = json["command"]?.string { facts.command = [command] }
    facts.title = json["title"]?.string
    if let seconds = json["timestamp"]?.double, seconds.magnitude < 1e11 {
      facts.at = Int64((seconds * 1e6).rounded())
    }
    if let duration = json["duration"]?.double, duration >= 0, duration < 1e9 {
      facts.end = UInt64(duration * 1e6)
    }
    return facts.columns != nil && facts.rows != nil
  }
}

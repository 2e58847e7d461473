internal import Platform
internal import SessionLog

/// Reads what `script` writes: the bytes in one or two files, the times in another, classic or advanced.
///
/// Without times everything stands at the first moment, and that is noted.
struct TypescriptParser: SourceParser, ~Copyable {
  private var output: ByteReader
  /// Where typed bytes stand apart from the output.
  private var input: ByteReader?
  private var timing: ByteReader?
  private var lineNumber: UInt64 = 0
  private var isHeaderRead = false
  /// Nanoseconds from the start.
  private var clock: Int64 = 0

  init(_ output: SourceFile, timing: SourceFile?, input: SourceFile?) throws(ImportFailure) {
    let output = try ByteReader(output)
    let timing = try ByteReader.optional(timing)
    let input = try ByteReader.optional(input)
    self.output = output
    self.timing = timing
    self.input = input
  }

  mutating func finish() throws(ImportFailure) -> [SourceDigest] {
    var digests = [try output.finish()]
    if let digest = try timing?.finish() { digests.append(digest) }
    if let digest = try input?.finish() { digests.append(digest) }
    return digests
  }

  mutating func step(into stream: inout EventStream) throws(ImportFailure) -> Bool {
    if !isHeaderRead {
      isHeaderRead = true
      try Self.readHeader(&output, &stream)
      if input != nil, let skipped = try input?.line(limit: 4096), skipped.hasEnd {
        input?.consume(skipped.count + 1)
      }
      if timing == nil { stream.odd("no timing file: all of it stands at the first moment", "") }
      return true
    }
    guard timing != nil else { return try untimed(&stream) }
    guard let line = try timing?.line(limit: 4096) else { return try footer(&stream) }
    lineNumber += 1
    let place = "timing line \(lineNumber)"
    guard line.count <= 4096 else {
      let skipped = try timing?.skipLine() ?? 0
      stream.gap("a timing line longer than 4 KiB", at: place, bytes: skipped)
      return true
    }
    let bytes = try timing?.take(line.count) ?? []
    if line.hasEnd { timing?.consume(1) }
    let text = String(decoding: bytes, as: UTF8.self)
    if text.allSatisfy(\.isWhitespace) { return true }
    guard let entry = TimingEntry(text) else {
      stream.gap(
        "not a timing line", at: place, bytes: UInt64(bytes.count), source: bytes.span)
      return true
    }
    let (sum, isTooMuch) = clock.addingReportingOverflow(entry.delay)
    let own = stream.go(to: isTooMuch ? clock : sum, place)
    clock = max(clock, isTooMuch ? clock : sum)
    switch entry.kind {
    case .output(let count): try data(.output, count, own, place, &stream)
    case .input(let count): try data(.input, count, own, place, &stream)
    case .header(let name, let value): Self.take(name, value, clock, &stream)
    case .signal(let name, let rest): Self.signal(name, rest, own, &stream)
    }
    return true
  }

  private mutating func data(
    _ kind: EventStream.StreamKind, _ count: Int, _ own: Int64?, _ place: String,
    _ stream: inout EventStream
  ) throws(ImportFailure) {
    let ownFile = kind == .input && input != nil
    if count == 0 { stream.data(kind, [UInt8]().span, sourceTime: own) }
    var left = count
    // In pieces: a forged count must not be allocated.
    while left > 0 {
      let piece = min(left, 1 << 20)
      let bytes = ownFile ? try input?.take(piece) ?? [] : try output.take(piece)
      if !bytes.isEmpty { stream.data(kind, bytes.span, sourceTime: own) }
      left -= bytes.count
      if bytes.count < piece {
        stream.facts.isCut = true
        stream.gap("the typescript ends before its times do", at: place, bytes: UInt64(left))
        return
      }
    }
  }

  private mutating func untimed(_ stream: inout EventStream) throws(ImportFailure) -> Bool {
    guard try output.fill(1) else { return false }
    _ = try output.fill(64 << 10)
    // The last line is script's own; it is found where the file ends within the window.
    let isLast = !(try output.fill(output.available + 1))
    if isLast, let cut = TypescriptFooter.start(output.buffer.span, output.start..<output.end) {
      let count = cut - output.start
      if count > 0 {
        stream.data(.output, output.buffer.span.extracting(output.start..<cut))
        output.consume(count)
      }
      return try footer(&stream)
    }
    let bytes = try output.take(isLast ? output.available : 48 << 10)
    stream.data(.output, bytes.span)
    return true
  }

  /// What follows the last timed byte: script's own last line, or bytes without a time.
  private mutating func footer(_ stream: inout EventStream) throws(ImportFailure) -> Bool {
    guard try output.fill(1) else { return false }
    _ = try output.fill(4096)
    let isAll = !(try output.fill(output.available + 1))
    if isAll, TypescriptFooter.start(output.buffer.span, output.start..<output.end) == output.start
    {
      let bytes = try output.take(output.available)
      let text = String(decoding: bytes, as: UTF8.self)
      if let status = TypescriptFooter.field("COMMAND_EXIT_CODE", in: text).flatMap({ Int64($0) }) {
        if stream.facts.exitCode == nil { stream.facts.exitCode = status }
      }
      stream.source(bytes.span, type: "import.header")
      return false
    }
    // A killed script leaves output that no line of the timing names.
    let offset = output.offset
    stream.odd("output behind the last time", "offset \(offset)")
    let bytes = try output.take(min(output.available, 48 << 10))
    stream.data(.output, bytes.span)
    return true
  }

  private static func readHeader(_ output: inout ByteReader, _ stream: inout EventStream)
    throws(ImportFailure)
  {
    guard let line = try output.line(limit: 4096), line.count <= 4096 else { return }
    let text = String(
      decoding: try peeked(&output, line.count), as: UTF8.self)
    guard text.hasPrefix(TypescriptFooter.opening) else { return }
    let bytes = try output.take(line.count)
    if line.hasEnd { output.consume(1) }
    let rest = text.dropFirst(TypescriptFooter.opening.utf8.count)
    stream.facts.at = SourceWallTime.parse(String(rest.prefix { $0 != "[" }).trimmingSpaces)
    stream.facts.terminalType = TypescriptFooter.field("TERM", in: text)
    stream.facts.columns = TypescriptFooter.number("COLUMNS", in: text)
    stream.facts.rows = TypescriptFooter.number("LINES", in: text)
    if let command = TypescriptFooter.field("COMMAND", in: text) {
      stream.facts.command = [command]
    }
    stream.source(bytes.span, type: "import.header")
  }

  private static func peeked(_ reader: inout ByteReader, _ count: Int) throws(ImportFailure)
    -> [UInt8]
  {
    _ = try reader.fill(count)
    return Array(reader.buffer[reader.start..<reader.start + min(count, reader.available)])
  }

  /// A header line of the advanced format.
  private static func take(
    _ name: String, _ value: String, _ clock: Int64, _ stream: inout EventStream
  ) {
    func size(_ text: String) -> Int? { Int(text).flatMap { (1...65_535).contains($0) ? $0 : nil } }
    switch name {
    case "START_TIME": stream.facts.at = SourceWallTime.parse(value) ?? stream.facts.at
    case "COLUMNS": stream.facts.columns = size(value)
    case "LINES": stream.facts.rows = size(value)
    case "TERM": stream.facts.terminalType = value
    case "COMMAND": stream.facts.command = [value]
    case "EXIT_CODE": stream.facts.exitCode = Int64(value)
    case "DURATION":
      if let nanos = SourceTime.nanoseconds(value), nanos >= 0 {
        stream.facts.end = UInt64(nanos / 1000)
      }
    default: break
    }
    var line = stream.event("import.header")
    line.add("name", name)
    line.addText("value", value)
    stream.add(line.finish(), counts: false)
  }

  private static func signal(
    _ name: String, _ rest: String, _ own: Int64?, _ stream: inout EventStream
  ) {
    if name == "SIGWINCH", let rows = TypescriptFooter.number("ROWS", in: rest),
      let columns = TypescriptFooter.number("COLS", in: rest)
    {
      stream.resize(columns: columns, rows: rows, sourceTime: own)
      return
    }
    var line = stream.event("terminal.signal")
    line.add("name", name)
    if !rest.isEmpty { line.addText("text", rest) }
    stream.add(line.finish())
  }
}

/// One line of a timing file.
struct TimingEntry {
  enum Kind: Equatable {
    case output(Int)
    case input(Int)
    case header(String, String)
    case signal(String, String)
  }

  /// Nanoseconds since the entry before.
  var delay: Int64
  var kind: Kind

  init?(_ line: String) {
    // A file that was through another system may end its lines with CR LF.
    var text = Substring(line)
    if text.unicodeScalars.last == "\r" { text.unicodeScalars.removeLast() }
    var parts = text.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: true)
      .map(String.init)
    guard let first = parts.first else { return nil }
    let letter: String
    if first.utf8.count == 1, first >= "A", first <= "Z" {
      letter = first
      parts.removeFirst()
    } else {
      letter = "O"
      parts = text.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
      guard parts.count == 2 else { return nil }
    }
    guard let delayText = parts.first, let delay = SourceTime.localNanoseconds(delayText),
      parts.count > 1
    else { return nil }
    self.delay = delay
    let value = parts.count > 2 ? parts[2] : ""
    switch letter {
    case "O", "I":
      guard let count = Int(parts[1]), count >= 0, value.isEmpty else { return nil }
      kind = letter == "O" ? .output(count) : .input(count)
    case "H": kind = .header(parts[1], value)
    case "S": kind = .signal(parts[1], value)
    default: return nil
    }
  }
}

/// The lines that script itself writes into a typescript.
enum TypescriptFooter {
  static let opening = "Script started on "
  private static let closing = Array("\nScript done on ".utf8)

  /// Where the last line begins, with the LF before it; nil if the bytes do not end with one.
  static func start(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
    guard range.count >= closing.count else { return nil }
    var at = range.upperBound - closing.count
    let stop = max(range.lowerBound, range.upperBound - 512)
    while at >= stop {
      var index = 0
      while index < closing.count, bytes[at + index] == closing[index] { index += 1 }
      if index == closing.count { return at }
      at -= 1
    }
    return nil
  }

  /// The value of `NAME="value"` or `NAME=value`.
  static func field(_ name: String, in text: String) -> String? {
    let bytes = Array(text.utf8)
    let mark = Array((name + "=").utf8)
    guard bytes.count > mark.count else { return nil }
    for at in 0...bytes.count - mark.count where bytes[at] == mark[0] {
      guard at == 0 || bytes[at - 1] == 0x20 || bytes[at - 1] == 0x5B,
        bytes[at..<at + mark.count].elementsEqual(mark)
      else { continue }
      var rest = bytes[(at + mark.count)...]
      if rest.first == 0x22 {
        rest = rest.dropFirst()
        return String(decoding: rest.prefix { $0 != 0x22 }, as: UTF8.self)
      }
      return String(decoding: rest.prefix { $0 != 0x20 && $0 != 0x5D }, as: UTF8.self)
    }
    return nil
  }

  static func number(_ name: String, in text: String) -> Int? {
    field(name, in: text).flatMap { Int($0) }.flatMap { (1...65_535).contains($0) ? $0 : nil }
  }
}

extension String {
  var trimmingSpaces: String {
    var text = Substring(self)
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}

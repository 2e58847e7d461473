internal import Platform
internal import SessionLog

/// Reads the directory that sudo's I/O logging makes for one command.
///
/// `timing` gives the order of five streams and the sizes of the terminal; `log.json` or `log` says who and what.
struct SudoLogParser: SourceParser, ~Copyable {
  /// Stream files by their number in `timing`.
  static let names = ["stdin", "stdout", "stderr", "ttyin", "ttyout"]

  private var timing: ByteReader
  private let log: SourceFile?
  private var streams: [StreamReader]
  private var lineNumber: UInt64 = 0
  private var clock: Int64 = 0
  private var isHeaderRead = false

  private final class StreamReader {
    var reader: ByteReader?
    init(_ source: SourceFile?) throws(ImportFailure) { reader = try ByteReader.optional(source) }
  }

  init(_ files: SudoLogFiles) throws(ImportFailure) {
    var readers: [StreamReader] = []
    for source in files.streams { readers.append(try StreamReader(source)) }
    let timing = try ByteReader(files.timing, window: 64 << 10)
    self.timing = timing
    log = files.log
    self.streams = readers
  }

  mutating func finish() throws(ImportFailure) -> [SourceDigest] {
    var digests = [try timing.finish()]
    if let log {
      var reader = try ByteReader(log, window: 64 << 10)
      digests.append(try reader.finish())
    }
    for stream in streams {
      if let digest = try stream.reader?.finish() { digests.append(digest) }
    }
    return digests
  }

  mutating func step(into stream: inout EventStream) throws(ImportFailure) -> Bool {
    if !isHeaderRead {
      isHeaderRead = true
      try readLog(&stream)
      return true
    }
    guard let line = try timing.line(limit: 4096) else { return try rest(&stream) }
    lineNumber += 1
    let place = "timing line \(lineNumber)"
    guard line.count <= 4096 else {
      let skipped = try timing.skipLine()
      stream.gap("a timing line longer than 4 KiB", at: place, bytes: skipped)
      return true
    }
    let bytes = try timing.take(line.count)
    if line.hasEnd { timing.consume(1) }
    let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ").map(String.init)
    if fields.isEmpty { return true }
    guard fields.count >= 3, let kind = Int(fields[0]), (0...7).contains(kind),
      let delay = SourceTime.localNanoseconds(fields[1])
    else {
      stream.gap(
        "not a timing line", at: place, bytes: UInt64(bytes.count), source: bytes.span)
      if !line.hasEnd { stream.facts.isCut = true }
      return true
    }
    let (sum, isTooMuch) = clock.addingReportingOverflow(delay)
    let own = stream.go(to: isTooMuch ? clock : sum, place)
    clock = max(clock, isTooMuch ? clock : sum)
    switch kind {
    case 5:
      if fields.count > 3, let rows = UInt16(fields[2]), let columns = UInt16(fields[3]),
        rows > 0, columns > 0
      {
        stream.resize(columns: Int(columns), rows: Int(rows), sourceTime: own)
      } else {
        stream.gap(
          "a size that is none", at: place, bytes: UInt64(bytes.count), source: bytes.span)
      }
    case 7:
      var event = stream.event("terminal.signal")
      event.add("name", fields[2])
      stream.add(event.finish())
    default:
      // 6 is what one old version wrote for the terminal's output.
      let number = kind == 6 ? 4 : kind
      guard let count = Int(fields[2]), count >= 0 else {
        stream.gap(
          "a count that is none", at: place, bytes: UInt64(bytes.count), source: bytes.span)
        return true
      }
      try data(number, count, own, place, &stream)
    }
    return true
  }

  private func data(
    _ number: Int, _ count: Int, _ own: Int64?, _ place: String, _ stream: inout EventStream
  ) throws(ImportFailure) {
    let name = Self.names[number]
    let kind: EventStream.StreamKind = number == 0 || number == 3 ? .input : .output
    var left = count
    while left > 0 {
      let piece = min(left, 1 << 20)
      let bytes = try streams[number].reader?.take(piece) ?? []
      if !bytes.isEmpty {
        stream.data(kind, bytes.span, sourceTime: own, stream: number < 3 ? name : nil)
      }
      left -= bytes.count
      if bytes.count < piece {
        stream.facts.isCut = true
        stream.gap("\(name) ends before its times do", at: place, bytes: UInt64(left))
        return
      }
    }
  }

  /// Bytes that no line of `timing` names: a log that was cut in the middle of a write.
  private func rest(_ stream: inout EventStream) throws(ImportFailure) -> Bool {
    for number in streams.indices {
      guard try streams[number].reader?.fill(1) == true else { continue }
      let bytes = try streams[number].reader?.take(48 << 10) ?? []
      stream.odd("bytes without a time in \(Self.names[number])", "the end of timing")
      stream.data(
        number == 0 || number == 3 ? .input : .output, bytes.span,
        stream: number < 3 ? Self.names[number] : nil)
      return true
    }
    return false
  }

  // MARK: Who and what

  private func readLog(_ stream: inout EventStream) throws(ImportFailure) {
    guard let log else {
      stream.odd("neither log nor log.json", "the directory")
      return
    }
    let bytes = try log.head(1 << 20)
    stream.source(bytes.span, type: "import.header")
    if log.name == "log.json" {
      let json: JSONValue
      do { json = try JSONValue(parsing: bytes) } catch {
        stream.gap("log.json is not JSON: \(error.reason)", at: "log.json", bytes: log.size)
        return
      }
      take(json, &stream)
    } else {
      take(String(decoding: bytes, as: UTF8.self), &stream)
    }
  }

  private func take(_ json: JSONValue, _ stream: inout EventStream) {
    func size(_ value: JSONValue?) -> Int? {
      value?.integer.flatMap { (1...65_535).contains($0) ? Int($0) : nil }
    }
    stream.facts.columns = size(json["columns"])
    stream.facts.rows = size(json["lines"])
    stream.facts.host = json["submithost"]?.string
    stream.facts.command = json["runargv"]?.array?.compactMap(\.string) ?? []
    if stream.facts.command.isEmpty, let command = json["command"]?.string {
      stream.facts.command = [command]
    }
    if let seconds = json["timestamp"]?["seconds"]?.integer, seconds.magnitude < 1 << 40 {
      let nanos = json["timestamp"]?["nanoseconds"]?.integer ?? 0
      stream.facts.at = seconds * 1_000_000 + max(0, min(nanos, 999_999_999)) / 1000
    }
    stream.facts.exitCode = json["exit_value"]?.integer
  }

  /// `time:user:runas_user:runas_group:tty:lines:columns`, the directory, the command: a line each.
  private func take(_ text: String, _ stream: inout EventStream) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard let first = lines.first else { return }
    let fields = first.split(separator: ":", omittingEmptySubsequences: false)
    if let nanos = fields.first.flatMap({ SourceTime.nanoseconds($0) }) {
      stream.facts.at = nanos / 1000
    }
    if fields.count >= 7 {
      stream.facts.rows = UInt16(fields[5]).map { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
      stream.facts.columns = UInt16(fields[6]).map { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }
    if lines.count > 2, !lines[2].isEmpty { stream.facts.command = [String(lines[2])] }
  }
}

internal import Platform
internal import SessionLog

/// Reads tlog's JSON messages, one a line.
///
/// Text and raw bytes stand in two fields; `timing` says in which order and when. Format: tlog's log_format.
struct TlogParser: SourceParser, ~Copyable {
  private var reader: ByteReader
  private var lineNumber: UInt64 = 0
  private var recording: String?
  private var lastID: Int64 = 0

  init(_ source: SourceFile) throws(ImportFailure) { reader = try ByteReader(source) }

  mutating func finish() throws(ImportFailure) -> [SourceDigest] { [try reader.finish()] }

  mutating func step(into stream: inout EventStream) throws(ImportFailure) -> Bool {
    guard let (count, hasEnd) = try reader.line(limit: Limits.lineBytes) else { return false }
    lineNumber += 1
    let place = "line \(lineNumber)"
    guard hasEnd || count <= Limits.lineBytes else {
      let skipped = try reader.skipLine()
      stream.gap("a line longer than 8 MiB", at: place, bytes: skipped)
      return true
    }
    let bytes = try reader.take(count)
    if hasEnd { reader.consume(1) }
    if AsciicastParser.isBlank(bytes.span) { return true }
    var json: JSONValue
    do { json = try JSONValue(parsing: bytes) } catch {
      if !hasEnd { stream.facts.isCut = true }
      stream.gap(
        "not a message: \(error.reason)", at: place, bytes: UInt64(count), source: bytes.span)
      return true
    }
    if let message = Self.inJournal(json) { json = message }
    guard let timing = json["timing"]?.string else {
      stream.gap("a message without timing", at: place, bytes: UInt64(count), source: bytes.span)
      return true
    }
    note(json, place, &stream)
    play(json, timing, place, &stream)
    return true
  }

  /// The message in an entry of the journal, as `journalctl -o json` prints it.
  static func inJournal(_ json: JSONValue) -> JSONValue? {
    guard let message = Transcript.unwrapped(json["MESSAGE"]), message["timing"]?.string != nil
    else {
      return nil
    }
    return message
  }

  private mutating func note(_ json: JSONValue, _ place: String, _ stream: inout EventStream) {
    let id = json["id"]?.integer ?? 0
    let name = json["rec"]?.string ?? ""
    if let recording {
      if name != recording { stream.odd("a message of another recording", place) }
      if id != lastID &+ 1 {
        stream.gap(
          "messages \(lastID &+ 1) to \(id &- 1) are missing, or stand elsewhere", at: place,
          bytes: 0)
      }
    } else {
      recording = name
      stream.facts.terminalType = json["term"]?.string
      stream.facts.host = json["host"]?.string
      if let seconds = json["time"]?.double, seconds.magnitude < 1e11 {
        let position = Double(max(0, min(json["pos"]?.integer ?? 0, 1 << 43))) / 1000
        stream.facts.at = Int64(((seconds - position) * 1e6).rounded())
      }
      var line = stream.event("import.header")
      for field in ["ver", "host", "rec", "user", "term", "session", "id", "pos", "time"] {
        switch json[field] {
        case .string(let text)?: line.addText(field, text, limit: 4096)
        case let value?:
          if value.double != nil { line.add(field == "time" ? "at_s" : field, value) }
        case nil: break
        }
      }
      stream.add(line.finish(), counts: false)
    }
    lastID = id
  }

  /// Follows the timing, taking text by characters and raw bytes by count.
  private func play(
    _ json: JSONValue, _ timing: String, _ place: String, _ stream: inout EventStream
  ) {
    var texts = [Side(json, "in"), Side(json, "out")]
    let bytes = Array(timing.utf8)
    var at = 0
    var millis = max(0, min(json["pos"]?.integer ?? 0, Int64(Limits.time / 1000)))
    func number() -> Int64? {
      let start = at
      var value: Int64 = 0
      while at < bytes.count, (0x30...0x39).contains(bytes[at]) {
        value = min(value * 10 + Int64(bytes[at] - 0x30), 1 << 40)
        at += 1
      }
      return at > start ? value : nil
    }
    while at < bytes.count {
      let letter = bytes[at]
      at += 1
      guard let first = number() else { return bad(&stream, place, timing) }
      switch letter {
      case 0x2B:
        millis = min(millis + first, Int64(Limits.time / 1000))
      case 0x3C, 0x3E:
        let side = letter == 0x3E ? 1 : 0
        let own = stream.go(to: millis * 1_000_000, place)
        let (taken, isWhole) = texts[side].text(Int(first))
        if !taken.isEmpty {
          stream.data(side == 1 ? .output : .input, taken.span, sourceTime: own)
        }
        if !isWhole { return bad(&stream, place, "less text than the timing says") }
      case 0x5B, 0x5D:
        guard at < bytes.count, bytes[at] == 0x2F else { return bad(&stream, place, timing) }
        at += 1
        guard let raw = number() else { return bad(&stream, place, timing) }
        let side = letter == 0x5D ? 1 : 0
        let own = stream.go(to: millis * 1_000_000, place)
        _ = texts[side].text(Int(first))
        let (taken, isWhole) = texts[side].raw(Int(raw))
        if !taken.isEmpty {
          stream.data(side == 1 ? .output : .input, taken.span, sourceTime: own)
        }
        if !isWhole { return bad(&stream, place, "fewer raw bytes than the timing says") }
      case 0x3D:
        guard at < bytes.count, bytes[at] == 0x78 else { return bad(&stream, place, timing) }
        at += 1
        guard let rows = number(), (1...65_535).contains(first), (1...65_535).contains(rows) else {
          return bad(&stream, place, timing)
        }
        let own = stream.go(to: millis * 1_000_000, place)
        if stream.facts.columns == nil {
          stream.facts.columns = Int(first)
          stream.facts.rows = Int(rows)
        } else {
          stream.resize(columns: Int(first), rows: Int(rows), sourceTime: own)
        }
      default: return bad(&stream, place, timing)
      }
    }
  }

  private func bad(_ stream: inout EventStream, _ place: String, _ found: String) {
    stream.gap(
      "timing that cannot be followed", at: place, bytes: UInt64(found.utf8.count),
      source: Array(found.utf8).span)
  }

  /// One direction of a message: its text, and the bytes that are no text.
  private struct Side {
    private var text: [UInt8]
    private var raw: [JSONValue]
    private var textAt = 0
    private var rawAt = 0

    init(_ json: JSONValue, _ name: String) {
      text = Array((json[name + "_txt"]?.string ?? "").utf8)
      raw = json[name + "_bin"]?.array ?? []
    }

    /// The next `count` characters, or all that are left.
    mutating func text(_ count: Int) -> (bytes: [UInt8], isWhole: Bool) {
      let start = textAt
      var left = count
      while left > 0, textAt < text.count {
        textAt += 1
        while textAt < text.count, text[textAt] & 0xC0 == 0x80 { textAt += 1 }
        left -= 1
      }
      return (Array(text[start..<textAt]), left == 0)
    }

    mutating func raw(_ count: Int) -> (bytes: [UInt8], isWhole: Bool) {
      let end = min(raw.count, rawAt + count)
      var bytes: [UInt8] = []
      var isWhole = end - rawAt == count
      for index in rawAt..<end {
        guard let value = raw[index].integer, let byte = UInt8(exactly: value) else {
          isWhole = false
          continue
        }
        bytes.append(byte)
      }
      rawAt = end
      return (bytes, isWhole)
    }
  }
}

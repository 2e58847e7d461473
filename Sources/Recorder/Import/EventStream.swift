internal import Evidence
internal import Platform
internal import SessionLog

/// Makes event lines of what a source says, in its order and on its own timeline.
///
/// Lines pile up in `lines` until the importer takes them.
struct EventStream: ~Copyable {
  private(set) var lines: [[UInt8]] = []
  var facts = SourceFacts()
  /// Microseconds from the source's first moment.
  private(set) var time: UInt64 = 0
  /// The number of the next line that is added, as the session will number it.
  private(set) var nextLine: UInt64 = 2

  enum StreamKind: Hashable, Sendable {
    case output, input

    var type: StaticString {
      switch self {
      case .output: "terminal.output"
      case .input: "terminal.input"
      }
    }
  }

  /// False where a source is only looked at: then the hot events are counted and not built.
  private let keepsLines: Bool

  init(keepsLines: Bool = true) { self.keepsLines = keepsLines }

  /// Forgets the lines that were taken.
  mutating func clear() { lines.removeAll(keepingCapacity: true) }

  // MARK: Time

  /// Goes to a moment of the source, in nanoseconds; one before the last is held there, and its own value returned.
  mutating func go(to nanoseconds: Int64, _ place: @autoclosure () -> String) -> Int64? {
    let micros = nanoseconds >= 0 ? nanoseconds / 1000 : -((-nanoseconds + 999) / 1000)
    guard micros >= 0, UInt64(micros) >= time else {
      odd("a time before the one before it", place())
      return micros
    }
    time = min(UInt64(micros), Limits.time - 1)
    return nil
  }

  // MARK: Terminal

  /// Adds a `terminal.output` or `terminal.input` whose text is the inside of a JSON string already.
  mutating func data(_ kind: StreamKind, json text: Span<UInt8>, sourceTime: Int64?, bytes: Int) {
    if kind == .output { facts.outputBytes &+= UInt64(bytes) }
    guard keepsLines else {
      facts.events &+= 1
      nextLine &+= 1
      return
    }
    var line: [UInt8] = []
    line.reserveCapacity(text.count + 72)
    line.append(ascii: "{\"t\":")
    line.append(number: time)
    line.append(ascii: ",\"type\":\"")
    line.append(ascii: kind.type)
    line.append(ascii: "\",\"data\":\"")
    line.append(contentsOf: text)
    line.append(0x22)
    if let sourceTime {
      line.append(ascii: ",\"source_t\":")
      line.append(contentsOf: String(sourceTime).utf8)
    }
    line.append(0x7D)
    add(line)
  }

  /// Adds raw bytes as one event, in parts where they are more than an event may hold.
  ///
  /// `stream` names one that is not the terminal's own.
  mutating func data(
    _ kind: StreamKind, _ bytes: Span<UInt8>, sourceTime: Int64? = nil, stream: String? = nil
  ) {
    if kind == .output { facts.outputBytes &+= UInt64(bytes.count) }
    var start = 0
    var part: Int64 = 0
    repeat {
      var end = min(start + Limits.payloadBytes, bytes.count)
      if end < bytes.count {
        // A character is not cut where it can be helped.
        var back = end
        while back > end - 4, back > start, bytes[back] & 0xC0 == 0x80 { back -= 1 }
        if bytes[back] & 0xC0 != 0x80, back > start { end = back }
      }
      var line = LineBuilder(time: time, type: kind.type)
      line.addData(bytes.extracting(start..<end))
      if let stream { line.add("stream", stream) }
      if let sourceTime { line.add("source_t", sourceTime) }
      if part > 0 || end < bytes.count {
        line.add("part", part)
        if end == bytes.count { line.add("last", .bool(true)) }
      }
      add(line.finish())
      part += 1
      start = end
    } while start < bytes.count
  }

  mutating func resize(columns: Int, rows: Int, sourceTime: Int64? = nil) {
    var line = LineBuilder(time: time, type: "terminal.resize")
    line.add("cols", Int64(columns))
    line.add("rows", Int64(rows))
    if let sourceTime { line.add("source_t", sourceTime) }
    add(line.finish())
  }

  mutating func marker(_ label: String, sourceTime: Int64? = nil) {
    var line = LineBuilder(time: time, type: "marker.note")
    line.addText("label", label)
    if let sourceTime { line.add("source_t", sourceTime) }
    add(line.finish())
  }

  /// Keeps bytes of the source as they are: a header, a line that is too long to stand in the event it became.
  ///
  /// - Returns: the number of its first event in the session.
  @discardableResult
  mutating func source(_ bytes: Span<UInt8>, type: StaticString = "import.source") -> UInt64 {
    let first = nextLine
    var start = 0
    var part: Int64 = 0
    repeat {
      var end = min(start + Limits.payloadBytes, bytes.count)
      if end < bytes.count {
        // A character is not cut where it can be helped.
        var back = end
        while back > end - 4, back > start, bytes[back] & 0xC0 == 0x80 { back -= 1 }
        if bytes[back] & 0xC0 != 0x80, back > start { end = back }
      }
      var line = LineBuilder(time: time, type: type)
      line.addSource(bytes.extracting(start..<end))
      if part > 0 || end < bytes.count {
        line.add("part", part)
        if end == bytes.count { line.add("last", .bool(true)) }
      }
      add(line.finish(), counts: false)
      part += 1
      start = end
    } while start < bytes.count
    return first
  }

  /// Begins an event at the present moment.
  func event(_ type: StaticString) -> LineBuilder { LineBuilder(time: time, type: type) }

  /// Adds a finished line and returns its number in the session.
  @discardableResult
  mutating func add(_ line: [UInt8], counts: Bool = true) -> UInt64 {
    if keepsLines { lines.append(line) }
    if counts { facts.events &+= 1 }
    nextLine &+= 1
    return nextLine - 1
  }

  // MARK: Damage

  /// Says that a stretch of the source could not be read, and keeps what of it there is room for.
  mutating func gap(
    _ reason: String, at place: String, bytes count: UInt64, source: Span<UInt8>? = nil
  ) {
    var line = LineBuilder(time: time, type: "recorder.gap")
    line.add("reason", reason)
    line.add("place", place)
    line.add("bytes", Int64(clamping: count))
    if let source { line.addSource(source, limit: 4096) }
    add(line.finish(), counts: false)
    facts.gaps &+= 1
  }

  /// Notes something that a strict reader refuses and that lost nothing.
  mutating func odd(_ reason: String, _ place: @autoclosure () -> String) {
    for index in facts.oddities.indices where facts.oddities[index].reason == reason {
      facts.oddities[index].count &+= 1
      return
    }
    facts.oddities.append(SourceFacts.Oddity(reason: reason, count: 1, place: place()))
  }
}

extension [UInt8] {
  mutating func append(ascii text: StaticString) {
    text.withUTF8Buffer { unsafe append(contentsOf: $0) }
  }

  mutating func append(contentsOf span: Span<UInt8>) {
    unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }

  mutating func append(number: UInt64) {
    let first = count
    var rest = number
    repeat {
      append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    self[first...].reverse()
  }
}

extension LineBuilder {
  /// Text of an event: what is too long for one is cut, and the line says so.
  mutating func addText(_ field: String, _ text: String, limit: Int = Limits.payloadBytes) {
    guard text.utf8.count > limit else { return add(field, text) }
    var cut = text.utf8.index(text.utf8.startIndex, offsetBy: limit)
    while cut > text.utf8.startIndex, text.utf8[cut] & 0xC0 == 0x80 {
      cut = text.utf8.index(before: cut)
    }
    add(field, String(text[..<cut]))
    addTruncated("truncated", Array(text.utf8).span)
  }

  /// The source's own bytes: `source` where they are text, else `source64`.
  mutating func addSource(_ bytes: Span<UInt8>, limit: Int = Limits.payloadBytes) {
    var kept = min(bytes.count, limit)
    if kept < bytes.count {
      while kept > 0, bytes.count - kept < 4 + bytes.count - limit, bytes[kept] & 0xC0 == 0x80 {
        kept -= 1
      }
    }
    let part = bytes.extracting(0..<kept)
    do {
      let text = try UTF8Span(validating: part)
      add("source", String(copying: text))
    } catch {
      add("source64", Base64.encode(unsafe part.withUnsafeBufferPointer { unsafe Array($0) }))
    }
    if kept < bytes.count { addTruncated("source_truncated", bytes) }
  }

  private mutating func addTruncated(_ field: String, _ bytes: Span<UInt8>) {
    var members: [JSONValue.Member] = [.init("bytes", .integer(Int64(bytes.count)))]
    do { members.append(.init("sha256", .string(try SHA256.hash(bytes).hex))) } catch {
      // Without libcrypto no session is written at all; the count still stands.
    }
    add(field, .object(members))
  }
}

internal import SessionLog

/// Why a message, and what it belongs to, is turned away.
///
/// Codes: schema/ingest-protocol.md §5.
struct Refusal: Error, Sendable, Equatable {
  enum Code: String, Sendable {
    case `protocol`, malformed, forbidden
    case tooLong = "too_long"
    case badOpen = "bad_open"
    case badEvent = "bad_event"
    case badClose = "bad_close"
    case duplicateRef = "duplicate_ref"
    case unknownRef = "unknown_ref"
    case outOfOrder = "out_of_order"
    case tooManySessions = "too_many_sessions"
    case sessionUnknown = "session_unknown"
    case sessionBusy = "session_busy"
    case sessionOver = "session_over"
    case recorderFailed = "recorder_failed"
    case shuttingDown = "shutting_down"
  }

  var code: Code
  var message: String

  init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }
}

/// The members of one message's outermost object, as places in its bytes.
struct ScannedMember: Equatable {
  /// From the name's first quote to the value's end: what is stored where the member is.
  var whole: Range<Int>
  /// The name between its quotes, as written.
  var name: Range<Int>
  var nameIsEscaped: Bool
  var value: Range<Int>
}

/// Checks that a line is one JSON object and tells where its members stand; nothing is decoded or copied.
///
/// Source: RFC 8259; depth at most `Limits.jsonDepth`; no byte that schema/session-format.md §3 forbids in a line.
struct MessageScanner {
  private(set) var members: [ScannedMember] = []
  private var offset = 0
  /// All bytes of strings, laid over each other: whether any is beyond ASCII.
  private var seen: UInt64 = 0

  mutating func scan(_ line: Span<UInt8>) throws(Refusal) {
    members.removeAll(keepingCapacity: true)
    offset = 0
    seen = 0
    skipSpace(line)
    guard offset < line.count, line[offset] == 0x7B else { throw fault("not an object") }
    try object(line, depth: 0, keeps: true)
    skipSpace(line)
    guard offset == line.count else { throw fault("something follows the object") }
    // Outside of strings nothing but ASCII was let through.
    guard seen & 0x8080_8080_8080_8080 != 0 else { return }
    do { _ = try UTF8Span(validating: line) } catch { throw fault("not UTF-8") }
  }

  private func fault(_ reason: String) -> Refusal {
    Refusal(.malformed, "\(reason), at byte \(offset)")
  }

  @inline(__always)
  private mutating func skipSpace(_ line: Span<UInt8>) {
    while offset < line.count {
      switch line[offset] {
      case 0x20, 0x09: offset += 1
      default: return
      }
    }
  }

  private mutating func object(_ line: Span<UInt8>, depth: Int, keeps: Bool) throws(Refusal) {
    guard depth < Limits.jsonDepth else { throw fault("nested too deeply") }
    offset += 1
    skipSpace(line)
    if offset < line.count, line[offset] == 0x7D {
      offset += 1
      return
    }
    while true {
      skipSpace(line)
      let start = offset
      guard offset < line.count, line[offset] == 0x22 else { throw fault("no member name") }
      let isEscaped = try string(line)
      let nameEnd = offset - 1
      skipSpace(line)
      guard offset < line.count, line[offset] == 0x3A else { throw fault("no colon") }
      offset += 1
      skipSpace(line)
      let value = offset
      try self.value(line, depth: depth)
      if keeps {
        members.append(
          ScannedMember(
            whole: start..<offset, name: start + 1..<nameEnd, nameIsEscaped: isEscaped,
            value: value..<offset))
      }
      skipSpace(line)
      guard offset < line.count else { throw fault("object does not end") }
      offset += 1
      switch line[offset - 1] {
      case 0x2C: continue
      case 0x7D: return
      default: throw fault("no comma between members")
      }
    }
  }

  private mutating func value(_ line: Span<UInt8>, depth: Int) throws(Refusal) {
    guard offset < line.count else { throw fault("ends where a value should be") }
    switch line[offset] {
    case 0x22: _ = try string(line)
    case 0x7B: try object(line, depth: depth + 1, keeps: false)
    case 0x5B: try array(line, depth: depth + 1)
    case 0x74: try literal(line, "true")
    case 0x66: try literal(line, "false")
    case 0x6E: try literal(line, "null")
    default: try number(line)
    }
  }

  private mutating func array(_ line: Span<UInt8>, depth: Int) throws(Refusal) {
    guard depth < Limits.jsonDepth else { throw fault("nested too deeply") }
    offset += 1
    skipSpace(line)
    if offset < line.count, line[offset] == 0x5D {
      offset += 1
      return
    }
    while true {
      skipSpace(line)
      try value(line, depth: depth)
      skipSpace(line)
      guard offset < line.count else { throw fault("array does not end") }
      offset += 1
      switch line[offset - 1] {
      case 0x2C: continue
      case 0x5D: return
      default: throw fault("no comma between values")
      }
    }
  }

  private mutating func literal(_ line: Span<UInt8>, _ word: StaticString) throws(Refusal) {
    guard matches(line, at: offset, word) else { throw fault("not a JSON value") }
    offset += word.utf8CodeUnitCount
  }

  private mutating func number(_ line: Span<UInt8>) throws(Refusal) {
    if line[offset] == 0x2D { offset += 1 }
    let start = offset
    guard skipDigits(line) > 0, line[start] != 0x30 || offset == start + 1 else {
      throw fault("not a JSON value")
    }
    if offset < line.count, line[offset] == 0x2E {
      offset += 1
      guard skipDigits(line) > 0 else { throw fault("no digit after the point") }
    }
    if offset < line.count, line[offset] | 0x20 == 0x65 {
      offset += 1
      if offset < line.count, line[offset] == 0x2B || line[offset] == 0x2D { offset += 1 }
      guard skipDigits(line) > 0 else { throw fault("no digit in the exponent") }
    }
  }

  private mutating func skipDigits(_ line: Span<UInt8>) -> Int {
    let start = offset
    while offset < line.count, line[offset] &- 0x30 <= 9 { offset += 1 }
    return offset - start
  }

  /// Passes over a string; true if it holds an escape.
  private mutating func string(_ line: Span<UInt8>) throws(Refusal) -> Bool {
    var isEscaped = false
    var at = offset + 1
    while true {
      at = special(in: line, from: at)
      guard at < line.count else { throw fault("string does not end") }
      switch line[at] {
      case 0x22:
        offset = at + 1
        return isEscaped
      case 0x5C:
        isEscaped = true
        offset = at
        at = try escape(line)
      default:
        offset = at
        throw fault("a control byte stands in a string")
      }
    }
  }

  /// Where the next quote, backslash or control byte stands, looked for eight bytes at a time; the end if none does.
  @inline(__always)
  private mutating func special(in line: Span<UInt8>, from start: Int) -> Int {
    var seen = seen
    defer { self.seen = seen }
    return unsafe line.withUnsafeBytes { raw in
      let ones: UInt64 = 0x0101_0101_0101_0101
      var at = start
      while at + 8 <= raw.count {
        let word = unsafe UInt64(
          littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        seen |= word
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        // The lowest top bit that is set stands in the first such byte; higher ones may be false. Bytes beyond ASCII, whose
        // top bit no comparison changes, are none.
        let found =
          ((quote &- ones) | (backslash &- ones) | (word &- ones &* 0x20)) & ~word
          & (ones &* 0x80)
        if found != 0 { return at + found.trailingZeroBitCount >> 3 }
        at += 8
      }
      while at < raw.count {
        let byte = unsafe raw[at]
        seen |= UInt64(byte)
        if byte == 0x22 || byte == 0x5C || byte < 0x20 { return at }
        at += 1
      }
      return at
    }
  }

  private func escape(_ line: Span<UInt8>) throws(Refusal) -> Int {
    guard offset + 1 < line.count else { throw fault("string does not end") }
    switch line[offset + 1] {
    case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: return offset + 2
    case 0x75:
      guard offset + 5 < line.count else { throw fault("string does not end") }
      for index in offset + 2...offset + 5 {
        let byte = line[index]
        guard byte &- 0x30 <= 9 || (byte | 0x20) &- 0x61 <= 5 else {
          throw fault("no hexadecimal digit in an escape")
        }
      }
      return offset + 6
    default: throw fault("no such escape")
    }
  }
}

/// True if `word` stands in `line` at `offset`.
func matches(_ line: Span<UInt8>, at offset: Int, _ word: StaticString) -> Bool {
  let count = word.utf8CodeUnitCount
  guard offset >= 0, line.count - offset >= count else { return false }
  return word.withUTF8Buffer { wanted in
    for index in 0..<count where unsafe line[offset + index] != wanted[index] { return false }
    return true
  }
}

/// The bytes of a range as text; they were found to be UTF-8.
func text(_ line: Span<UInt8>, _ range: Range<Int>) -> String {
  unsafe line.extracting(range).withUnsafeBufferPointer {
    unsafe String(decoding: $0, as: UTF8.self)
  }
}

extension [UInt8] {
  /// Appends ASCII text of our own.
  mutating func append(literal text: StaticString) {
    text.withUTF8Buffer { unsafe append(contentsOf: $0) }
  }

  /// Appends a part of a span.
  mutating func append(_ span: Span<UInt8>, _ range: Range<Int>) {
    guard !range.isEmpty else { return }
    unsafe span.extracting(range).withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}

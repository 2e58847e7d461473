internal import SessionLog

/// Finds where the parts of a JSON text stand, without making values of them.
///
/// A message may be as large as the pipe allows: a tree of it would take many times its size. Only `check` is strict;
/// whatever else is asked of a text takes what some readers take too (see `values`). Source: RFC 8259.
struct MCPScanner {
  /// Why a text is not JSON, or not to be scanned.
  struct Fault: Error, Equatable {
    var reason: String
    var offset: Int
  }

  /// A member of an object: its name, decoded, and where its value stands.
  struct Member {
    var name: String
    var value: Range<Int>
  }

  /// Nesting beyond which a text is not scanned.
  static let depth = 512

  private(set) var offset: Int
  /// The deepest nesting seen: 0 for a value that is neither object nor array.
  private(set) var deepest = 0
  private let isStrict: Bool

  private init(at offset: Int, isStrict: Bool = false) {
    (self.offset, self.isStrict) = (offset, isStrict)
  }

  /// The members of the object that is the whole of `range`; nil if that is another kind of value.
  ///
  /// - Throws: if `range` is no object.
  static func members(of text: Span<UInt8>, in range: Range<Int>) throws(Fault) -> [Member]? {
    var scanner = MCPScanner(at: range.lowerBound)
    guard scanner.peek(text, range.upperBound) == 0x7B else { return nil }
    var members: [Member] = []
    try scanner.object(text, range.upperBound, level: 1) { name, value in
      let bytes = text.extracting(name)
      // Almost no name has an escape; JSON's own reader decodes those that have.
      let decoded: String
      do { decoded = try JSONValue(parsing: bytes).string ?? "" } catch { decoded = "" }
      members.append(Member(name: decoded, value: value))
    }
    return members
  }

  /// The elements of the array that is the whole of `range`, `limit` at most; nil if that is another kind of value.
  static func elements(of text: Span<UInt8>, in range: Range<Int>, limit: Int) throws(Fault)
    -> (first: [Range<Int>], count: Int)?
  {
    var scanner = MCPScanner(at: range.lowerBound)
    guard scanner.peek(text, range.upperBound) == 0x5B else { return nil }
    var elements: [Range<Int>] = []
    var count = 0
    try scanner.array(text, range.upperBound, level: 1) { element in
      count += 1
      if elements.count < limit { elements.append(element) }
    }
    return (elements, count)
  }

  /// Checks that the text is one JSON value with white space around it; returns where it stands and how deep it is.
  static func check(_ text: Span<UInt8>) throws(Fault) -> (value: Range<Int>, depth: Int) {
    var scanner = MCPScanner(at: 0, isStrict: true)
    scanner.skipSpace(text, text.count)
    let start = scanner.offset
    try scanner.value(text, text.count, level: 0)
    let end = scanner.offset
    scanner.skipSpace(text, text.count)
    guard scanner.offset == text.count else { throw scanner.fault("something follows the value") }
    return (start..<end, scanner.deepest)
  }

  /// Where values stand that some reader would find in a line that is no JSON, `limit` at most.
  ///
  /// Servers are less strict than the standard: `NaN` and `Infinity` (Python), bytes that are not UTF-8, a CR as the
  /// line's end (Python's text files), several values behind one another (Go's decoder), a byte order mark, any nesting.
  static func values(in text: Span<UInt8>, limit: Int) -> [Range<Int>] {
    var values: [Range<Int>] = []
    var offset = 0
    if text.count >= 3, text[0] == 0xEF, text[1] == 0xBB, text[2] == 0xBF { offset = 3 }
    while values.count < limit {
      var scanner = MCPScanner(at: offset)
      scanner.skipSpace(text, text.count)
      let start = scanner.offset
      guard start < text.count else { break }
      do throws(Fault) {
        try scanner.value(text, text.count, level: 0)
        values.append(start..<scanner.offset)
        offset = scanner.offset
      } catch {
        offset = start
        while offset < text.count, text[offset] != 0x0D { offset += 1 }
      }
    }
    return values
  }

  private func peek(_ text: Span<UInt8>, _ end: Int) -> UInt8? {
    offset < end ? text[offset] : nil
  }

  private func fault(_ reason: String) -> Fault { Fault(reason: reason, offset: offset) }

  private mutating func skipSpace(_ text: Span<UInt8>, _ end: Int) {
    while offset < end {
      switch text[offset] {
      case 0x20, 0x09, 0x0A, 0x0D: offset += 1
      default: return
      }
    }
  }

  private mutating func value(_ text: Span<UInt8>, _ end: Int, level: Int) throws(Fault) {
    switch peek(text, end) {
    case 0x7B? where isStrict || level < Self.depth:
      try object(text, end, level: level + 1) { _, _ in }
    case 0x5B? where isStrict || level < Self.depth:
      try array(text, end, level: level + 1) { _ in }
    case 0x7B?, 0x5B?: try skip(text, end)
    case 0x22?: try string(text, end)
    case 0x74?: try word("true", text, end)
    case 0x66?: try word("false", text, end)
    case 0x6E?: try word("null", text, end)
    case 0x4E? where !isStrict: try word("NaN", text, end)
    case 0x49? where !isStrict: try word("Infinity", text, end)
    case nil: throw fault("ends where a value should be")
    default: try number(text, end)
    }
  }

  /// Passes over an object or array by its brackets, however deep it is.
  private mutating func skip(_ text: Span<UInt8>, _ end: Int) throws(Fault) {
    var open = 0
    repeat {
      switch peek(text, end) {
      case nil: throw fault("object or array does not end")
      case 0x22?: try string(text, end)
      case 0x7B?, 0x5B?:
        open += 1
        offset += 1
      case 0x7D?, 0x5D?:
        open -= 1
        offset += 1
      default: offset += 1
      }
    } while open > 0
  }

  private mutating func enter(_ level: Int) throws(Fault) {
    guard level <= Self.depth else { throw fault("nested too deeply") }
    deepest = max(deepest, level)
    offset += 1
  }

  private mutating func object(
    _ text: Span<UInt8>, _ end: Int, level: Int,
    _ visit: (_ name: Range<Int>, _ value: Range<Int>) -> Void
  ) throws(Fault) {
    try enter(level)
    skipSpace(text, end)
    if peek(text, end) == 0x7D {
      offset += 1
      return
    }
    while true {
      skipSpace(text, end)
      guard peek(text, end) == 0x22 else { throw fault("no member name") }
      let nameStart = offset
      try string(text, end)
      let name = nameStart..<offset
      skipSpace(text, end)
      guard peek(text, end) == 0x3A else { throw fault("no colon") }
      offset += 1
      skipSpace(text, end)
      let start = offset
      try value(text, end, level: level)
      visit(name, start..<offset)
      skipSpace(text, end)
      switch peek(text, end) {
      case 0x2C?: offset += 1
      case 0x7D?:
        offset += 1
        return
      case nil: throw fault("object does not end")
      default: throw fault("no comma between members")
      }
    }
  }

  private mutating func array(
    _ text: Span<UInt8>, _ end: Int, level: Int, _ visit: (Range<Int>) -> Void
  ) throws(Fault) {
    try enter(level)
    skipSpace(text, end)
    if peek(text, end) == 0x5D {
      offset += 1
      return
    }
    while true {
      skipSpace(text, end)
      let start = offset
      try value(text, end, level: level)
      visit(start..<offset)
      skipSpace(text, end)
      switch peek(text, end) {
      case 0x2C?: offset += 1
      case 0x5D?:
        offset += 1
        return
      case nil: throw fault("array does not end")
      default: throw fault("no comma between values")
      }
    }
  }

  private mutating func word(_ word: StaticString, _ text: Span<UInt8>, _ end: Int) throws(Fault) {
    for character in word.description.utf8 {
      guard peek(text, end) == character else { throw fault("not a JSON value") }
      offset += 1
    }
  }

  private mutating func string(_ text: Span<UInt8>, _ end: Int) throws(Fault) {
    offset += 1
    while offset < end {
      let byte = text[offset]
      offset += 1
      if byte == 0x22 { return }
      if byte < 0x20, isStrict { throw fault("a control byte stands in a string") }
      guard byte == 0x5C else { continue }
      guard offset < end else { break }
      let escaped = text[offset]
      offset += 1
      switch escaped {
      case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: continue
      case 0x75:
        guard end - offset >= 4 else { throw fault("string does not end") }
        for _ in 0..<4 {
          switch text[offset] {
          case 0x30...0x39, 0x41...0x46, 0x61...0x66: offset += 1
          default: throw fault("not a hexadecimal digit")
          }
        }
      default: throw fault("an escape that JSON does not have")
      }
    }
    throw fault("string does not end")
  }

  private mutating func digits(_ text: Span<UInt8>, _ end: Int) -> Bool {
    let start = offset
    while offset < end, (0x30...0x39).contains(text[offset]) { offset += 1 }
    return offset > start
  }

  private mutating func number(_ text: Span<UInt8>, _ end: Int) throws(Fault) {
    if peek(text, end) == 0x2D { offset += 1 }
    if !isStrict, peek(text, end) == 0x49 { return try word("Infinity", text, end) }
    if peek(text, end) == 0x30 {
      offset += 1
    } else if !digits(text, end) {
      throw fault("not a JSON value")
    }
    if peek(text, end) == 0x2E {
      offset += 1
      guard digits(text, end) else { throw fault("no digit after the point") }
    }
    if let mark = peek(text, end), mark | 0x20 == 0x65 {
      offset += 1
      if let sign = peek(text, end), sign == 0x2B || sign == 0x2D { offset += 1 }
      guard digits(text, end) else { throw fault("no digit in the exponent") }
    }
  }
}

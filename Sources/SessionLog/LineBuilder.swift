internal import Evidence

/// Writes one event line: a JSON object in the order in which fields are added.
package struct LineBuilder {
  /// The line so far, without LF.
  package private(set) var bytes: [UInt8] = []

  /// Starts `{"t":T,"type":"X"`.
  package init(time: UInt64, type: StaticString) {
    bytes.reserveCapacity(256)
    LineStart.append(time, to: &bytes)
    append(",\"type\":\"")
    append(type)
    bytes.append(0x22)
  }

  private mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
  }

  private mutating func name(_ name: String) {
    bytes.append(0x2C)
    JSONLine.string(name, into: &bytes)
    bytes.append(0x3A)
  }

  package mutating func add(_ field: String, _ value: String) {
    name(field)
    JSONLine.string(value, into: &bytes)
  }

  package mutating func add(_ field: String, _ value: Int64) {
    name(field)
    bytes.append(contentsOf: String(value).utf8)
  }

  package mutating func add(_ field: String, _ value: JSONValue) {
    name(field)
    JSONLine.value(value, into: &bytes)
  }

  /// Adds text that is known to be valid UTF-8.
  package mutating func add(_ field: String, text: Span<UInt8>) {
    name(field)
    bytes.append(0x22)
    JSONLine.escape(text, into: &bytes)
    bytes.append(0x22)
  }

  /// Adds a JSON value byte for byte; it must be valid JSON without CR or LF.
  package mutating func add(_ field: String, verbatim json: Span<UInt8>) {
    name(field)
    bytes.append(json, 0..<json.count)
  }

  /// Adds bytes as `data`, or whole as `data64` if any of them is not valid UTF-8.
  package mutating func addData(_ data: Span<UInt8>) {
    var isText = ByteKinds(data).isASCII
    if !isText {
      do {
        _ = try UTF8Span(validating: data)
        isText = true
      } catch {
        isText = false
      }
    }
    // Room for what is escaped as a rule: without it the line is copied several times as it grows.
    bytes.reserveCapacity(bytes.count + data.count + data.count / 8 + 64)
    if isText {
      append(",\"data\":\"")
      JSONLine.escape(data, into: &bytes)
    } else {
      append(",\"data64\":\"")
      Base64.append(data, to: &bytes)
    }
    bytes.append(0x22)
  }

  /// Gives up the unfinished line to whoever goes on with it.
  consuming func takeBytes() -> [UInt8] { bytes }

  /// Ends the object and returns the line.
  package consuming func finish() -> [UInt8] {
    bytes.append(0x7D)
    return bytes
  }
}

/// How every line begins.
enum LineStart {
  /// Appends `{"t":T`.
  static func append(_ time: UInt64, to bytes: inout [UInt8]) {
    let name: StaticString = "{\"t\":"
    name.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    DecimalText.append(time, to: &bytes)
  }
}

/// Numbers as ASCII digits, without a string in between.
package enum DecimalText {
  package static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    var digits = InlineArray<20, UInt8>(repeating: 0)
    var start = digits.count
    var rest = number
    repeat {
      start -= 1
      digits[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    bytes.append(digits.span, start..<digits.count)
  }
}

/// JSON text for stored lines: UTF-8 as it is, control bytes escaped, nothing else touched.
package enum JSONLine {
  static func string(_ text: String, into bytes: inout [UInt8]) {
    bytes.append(0x22)
    escape(text.utf8.span, into: &bytes)
    bytes.append(0x22)
  }

  package static func value(_ value: JSONValue, into bytes: inout [UInt8]) {
    switch value {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .bool(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
    case .integer(let number): bytes.append(contentsOf: String(number).utf8)
    case .number(let text): bytes.append(contentsOf: text.utf8)
    case .string(let text): string(text, into: &bytes)
    case .array(let values):
      bytes.append(0x5B)
      for (index, element) in values.enumerated() {
        if index > 0 { bytes.append(0x2C) }
        self.value(element, into: &bytes)
      }
      bytes.append(0x5D)
    case .object(let members):
      bytes.append(0x7B)
      for (index, member) in members.enumerated() {
        if index > 0 { bytes.append(0x2C) }
        string(member.name, into: &bytes)
        bytes.append(0x3A)
        self.value(member.value, into: &bytes)
      }
      bytes.append(0x7D)
    }
  }

  /// Appends valid UTF-8 with JSON's escapes, copying plain runs whole.
  static func escape(_ text: Span<UInt8>, into bytes: inout [UInt8]) {
    var plain = 0
    var index = 0
    while true {
      index = nextEscaped(text, from: index)
      guard index < text.count else { break }
      let byte = text[index]
      bytes.append(text, plain..<index)
      index += 1
      plain = index
      bytes.append(0x5C)
      switch byte {
      case 0x22, 0x5C: bytes.append(byte)
      case 0x0A: bytes.append(0x6E)
      case 0x0D: bytes.append(0x72)
      case 0x09: bytes.append(0x74)
      case 0x08: bytes.append(0x62)
      case 0x0C: bytes.append(0x66)
      default:
        bytes.append(0x75)
        bytes.append(0x30)
        bytes.append(0x30)
        bytes.append(0x30 + byte >> 4)
        let low = byte & 15
        bytes.append(low < 10 ? 0x30 + low : 0x61 + low - 10)
      }
    }
    bytes.append(text, plain..<text.count)
  }

  /// The first byte from `start` on that JSON escapes, or the count; looked for eight at a time.
  private static func nextEscaped(_ text: Span<UInt8>, from start: Int) -> Int {
    unsafe text.withUnsafeBytes { raw in
      var index = start
      while index + 8 <= raw.count {
        let word = unsafe raw.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian
        // The lowest byte whose top bit is set is a control byte, a quote or a backslash; those above it may not be.
        let low = (word &- 0x2020_2020_2020_2020) & ~word
        let quote = word ^ 0x2222_2222_2222_2222
        let slash = word ^ 0x5C5C_5C5C_5C5C_5C5C
        let isQuote = (quote &- 0x0101_0101_0101_0101) & ~quote
        let isSlash = (slash &- 0x0101_0101_0101_0101) & ~slash
        let found = (low | isQuote | isSlash) & 0x8080_8080_8080_8080
        if found != 0 { return index + found.trailingZeroBitCount / 8 }
        index += 8
      }
      while index < raw.count {
        let byte = unsafe raw[index]
        if byte < 0x20 || byte == 0x22 || byte == 0x5C { break }
        index += 1
      }
      return index
    }
  }
}

extension [UInt8] {
  /// Appends a part of a span.
  package mutating func append(_ span: Span<UInt8>, _ range: Range<Int>) {
    guard !range.isEmpty else { return }
    unsafe span.extracting(range).withUnsafeBufferPointer { buffer in
      unsafe append(contentsOf: buffer)
    }
  }
}

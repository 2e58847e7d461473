/// A JSON value as stored: objects keep their order and their duplicates.
package enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// A number that is not a 64-bit integer, as written.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  package struct Member: Sendable, Hashable {
    package var name: String
    package var value: JSONValue
    package init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// The first member of that name; nil for anything but an object that has it.
  package subscript(_ name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  package var string: String? { if case .string(let value) = self { value } else { nil } }
  package var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  package var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
  package var members: [Member]? { if case .object(let value) = self { value } else { nil } }
  package var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let text): Double(text)
    default: nil
    }
  }
}

/// Where and why bytes are not JSON.
package struct JSONFault: Error, Sendable, Equatable {
  package var offset: Int
  package var reason: String
}

extension JSONValue {
  /// Parses exactly one value with white space around it.
  ///
  /// Source: RFC 8259; depth at most `Limits.jsonDepth`.
  ///
  /// A lone surrogate escape, which no Swift string can hold, is shown as U+FFFD; the stored bytes are untouched.
  package init(parsing bytes: Span<UInt8>) throws(JSONFault) {
    var parser = JSONParser()
    self = try parser.value(bytes, depth: 0)
    parser.skipSpace(bytes)
    guard parser.offset == bytes.count else {
      throw JSONFault(offset: parser.offset, reason: "something follows the value")
    }
  }

  package init(parsing bytes: [UInt8]) throws(JSONFault) { try self.init(parsing: bytes.span) }
}

struct JSONParser {
  var offset = 0

  mutating func skipSpace(_ bytes: Span<UInt8>) {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x09, 0x0A, 0x0D: offset += 1
      default: return
      }
    }
  }

  private func fault(_ reason: String) -> JSONFault { JSONFault(offset: offset, reason: reason) }

  mutating func value(_ bytes: Span<UInt8>, depth: Int) throws(JSONFault) -> JSONValue {
    guard depth <= Limits.jsonDepth else { throw fault("nested too deeply") }
    skipSpace(bytes)
    guard offset < bytes.count else { throw fault("ends where a value should be") }
    switch bytes[offset] {
    case 0x7B: return try object(bytes, depth: depth)
    case 0x5B: return try array(bytes, depth: depth)
    case 0x22: return .string(try string(bytes))
    case 0x74: return try literal(bytes, "true", .bool(true))
    case 0x66: return try literal(bytes, "false", .bool(false))
    case 0x6E: return try literal(bytes, "null", .null)
    default: return try number(bytes)
    }
  }

  private mutating func literal(_ bytes: Span<UInt8>, _ word: StaticString, _ value: JSONValue)
    throws(JSONFault) -> JSONValue
  {
    for character in word.description.utf8 {
      guard offset < bytes.count, bytes[offset] == character else {
        throw fault("not a JSON value")
      }
      offset += 1
    }
    return value
  }

  private mutating func object(_ bytes: Span<UInt8>, depth: Int) throws(JSONFault) -> JSONValue {
    offset += 1
    var members: [JSONValue.Member] = []
    skipSpace(bytes)
    if offset < bytes.count, bytes[offset] == 0x7D {
      offset += 1
      return .object(members)
    }
    while true {
      skipSpace(bytes)
      guard offset < bytes.count, bytes[offset] == 0x22 else { throw fault("no member name") }
      let name = try string(bytes)
      skipSpace(bytes)
      guard offset < bytes.count, bytes[offset] == 0x3A else { throw fault("no colon") }
      offset += 1
      members.append(.init(name, try value(bytes, depth: depth + 1)))
      skipSpace(bytes)
      guard offset < bytes.count else { throw fault("object does not end") }
      offset += 1
      switch bytes[offset - 1] {
      case 0x2C: continue
      case 0x7D: return .object(members)
      default: throw fault("no comma between members")
      }
    }
  }

  private mutating func array(_ bytes: Span<UInt8>, depth: Int) throws(JSONFault) -> JSONValue {
    offset += 1
    var values: [JSONValue] = []
    skipSpace(bytes)
    if offset < bytes.count, bytes[offset] == 0x5D {
      offset += 1
      return .array(values)
    }
    while true {
      values.append(try value(bytes, depth: depth + 1))
      skipSpace(bytes)
      guard offset < bytes.count else { throw fault("array does not end") }
      offset += 1
      switch bytes[offset - 1] {
      case 0x2C: continue
      case 0x5D: return .array(values)
      default: throw fault("no comma between values")
      }
    }
  }

  private mutating func number(_ bytes: Span<UInt8>) throws(JSONFault) -> JSONValue {
    let start = offset
    func isDigit(_ at: Int) -> Bool { at < bytes.count && (0x30...0x39).contains(bytes[at]) }
    if offset < bytes.count, bytes[offset] == 0x2D { offset += 1 }
    guard isDigit(offset) else { throw fault("not a JSON value") }
    if bytes[offset] == 0x30 {
      offset += 1
    } else {
      while isDigit(offset) { offset += 1 }
    }
    var isInteger = true
    if offset < bytes.count, bytes[offset] == 0x2E {
      isInteger = false
      offset += 1
      guard isDigit(offset) else { throw fault("no digit after the point") }
      while isDigit(offset) { offset += 1 }
    }
    if offset < bytes.count, bytes[offset] | 0x20 == 0x65 {
      isInteger = false
      offset += 1
      if offset < bytes.count, bytes[offset] == 0x2B || bytes[offset] == 0x2D { offset += 1 }
      guard isDigit(offset) else { throw fault("no digit in the exponent") }
      while isDigit(offset) { offset += 1 }
    }
    var text = ""
    for index in start..<offset { text.unicodeScalars.append(Unicode.Scalar(bytes[index])) }
    if isInteger, let value = Int64(text) { return .integer(value) }
    return .number(text)
  }

  mutating func string(_ bytes: Span<UInt8>) throws(JSONFault) -> String {
    var text: [UInt8] = []
    try unescape(bytes, into: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Decodes the string that starts at `offset` and appends its UTF-8; stands behind the closing quote afterwards.
  mutating func unescape(_ bytes: Span<UInt8>, into text: inout [UInt8]) throws(JSONFault) {
    offset += 1
    while offset < bytes.count {
      let start = offset
      offset = Self.plainEnd(bytes, from: start)
      if offset > start { text.append(bytes, start..<offset) }
      guard offset < bytes.count else { break }
      let byte = bytes[offset]
      offset += 1
      switch byte {
      case 0x22: return
      case 0x5C: try escape(bytes, into: &text)
      default: throw fault("a control byte stands in a string")
      }
    }
    throw fault("string does not end")
  }

  /// The first quote, backslash or control byte from an offset on, or the end; looked for eight bytes at a time.
  private static func plainEnd(_ bytes: Span<UInt8>, from start: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops: UInt64 = 0x8080_8080_8080_8080
    return unsafe bytes.withUnsafeBytes { raw in
      var offset = start
      while offset + 8 <= raw.count {
        let word = unsafe UInt64(
          littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        let quote = word ^ ones &* 0x22
        let backslash = word ^ ones &* 0x5C
        // The top bit of a byte that is zero; of bytes behind the first such one too, perhaps.
        let found =
          ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash
            | (word &- ones &* 0x20) & ~word) & tops
        if found != 0 { return offset + found.trailingZeroBitCount / 8 }
        offset += 8
      }
      while offset < raw.count {
        let byte = unsafe raw[offset]
        if byte < 0x20 || byte == 0x22 || byte == 0x5C { break }
        offset += 1
      }
      return offset
    }
  }

  private mutating func escape(_ bytes: Span<UInt8>, into text: inout [UInt8]) throws(JSONFault) {
    guard offset < bytes.count else { throw fault("string does not end") }
    let byte = bytes[offset]
    offset += 1
    switch byte {
    case 0x22, 0x5C, 0x2F: text.append(byte)
    case 0x62: text.append(0x08)
    case 0x66: text.append(0x0C)
    case 0x6E: text.append(0x0A)
    case 0x72: text.append(0x0D)
    case 0x74: text.append(0x09)
    case 0x75:
      var scalar = try hexUnit(bytes)
      if (0xD800..<0xDC00).contains(scalar), offset + 1 < bytes.count, bytes[offset] == 0x5C,
        bytes[offset + 1] == 0x75
      {
        let mark = offset
        offset += 2
        let low = try hexUnit(bytes)
        if (0xDC00..<0xE000).contains(low) {
          scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
        } else {
          offset = mark
        }
      }
      if scalar < 0x80 {
        text.append(UInt8(truncatingIfNeeded: scalar))
      } else {
        text.append(contentsOf: String(Character(Unicode.Scalar(scalar) ?? "\u{FFFD}")).utf8)
      }
    default: throw fault("an escape that JSON does not have")
    }
  }

  private mutating func hexUnit(_ bytes: Span<UInt8>) throws(JSONFault) -> UInt32 {
    guard bytes.count - offset >= 4 else { throw fault("string does not end") }
    var value: UInt32 = 0
    for _ in 0..<4 {
      let byte = bytes[offset]
      let digit: UInt8
      switch byte {
      case 0x30...0x39: digit = byte - 0x30
      case 0x41...0x46: digit = byte - 0x41 + 10
      case 0x61...0x66: digit = byte - 0x61 + 10
      default: throw fault("not a hexadecimal digit")
      }
      value = value << 4 | UInt32(digit)
      offset += 1
    }
    return value
  }
}

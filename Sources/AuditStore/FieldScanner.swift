/// Goes over the members of one JSON object without building values.
///
/// A line that passed the verifier is UTF-8 and starts well, but nobody has checked that it is JSON: the
/// scanner stops where it is not, and whatever stood before stays read. It does not recurse, so depth costs nothing.
struct FieldScanner {
  enum Kind: Sendable { case string, number, object, array, bool, null }

  /// One member: where its name and its value stand in the line; a string's without its quotes.
  struct Field {
    var name: Range<Int>
    var kind: Kind
    var value: Range<Int>
    /// The value holds escapes, or is not known to hold none.
    var isEscaped: Bool
  }

  private(set) var offset: Int
  private let end: Int
  /// The object ended where it should.
  private(set) var isWhole = false
  /// Something that is no member stood in the way.
  private(set) var isBroken = false

  /// Starts behind the opening brace, or at the comma behind some members.
  init(from offset: Int, to end: Int) { (self.offset, self.end) = (offset, end) }

  /// Starts at an object's or an array's opening bracket.
  init(inside value: Range<Int>) { self.init(from: value.lowerBound + 1, to: value.upperBound) }

  /// The next member; nil at the end of the object, or where it is broken.
  mutating func next(_ line: Span<UInt8>) -> Field? {
    skip(line)
    if offset < end, line[offset] == 0x2C {
      offset += 1
      skip(line)
    }
    guard offset < end else { return stop() }
    if line[offset] == 0x7D {
      isWhole = true
      return nil
    }
    guard line[offset] == 0x22 else { return stop() }
    let start = offset + 1
    guard let nameEscaped = skipString(line) else { return stop() }
    let name = start..<offset - 1
    skip(line)
    guard offset < end, line[offset] == 0x3A else { return stop() }
    offset += 1
    guard var field = value(line) else { return stop() }
    // An escaped name is nobody's we know.
    field.name = nameEscaped ? start..<start : name
    return field
  }

  /// The next element of an array; its name is empty.
  mutating func element(_ line: Span<UInt8>) -> Field? {
    skip(line)
    if offset < end, line[offset] == 0x2C { offset += 1 }
    skip(line)
    guard offset < end else { return stop() }
    if line[offset] == 0x5D {
      isWhole = true
      return nil
    }
    return value(line) ?? stop()
  }

  private mutating func stop() -> Field? {
    isBroken = true
    return nil
  }

  private mutating func skip(_ line: Span<UInt8>) {
    while offset < end {
      switch line[offset] {
      case 0x20, 0x09, 0x0A, 0x0D: offset += 1
      default: return
      }
    }
  }

  /// Goes behind a string; true if it holds escapes, nil if it does not end.
  private mutating func skipString(_ line: Span<UInt8>) -> Bool? {
    offset += 1
    var isEscaped = false
    while offset < end {
      switch line[offset] {
      case 0x22:
        offset += 1
        return isEscaped
      case 0x5C:
        isEscaped = true
        offset += 2
      default: offset += 1
      }
    }
    return nil
  }

  private mutating func value(_ line: Span<UInt8>) -> Field? {
    skip(line)
    guard offset < end else { return nil }
    let start = offset
    switch line[offset] {
    case 0x22:
      guard let isEscaped = skipString(line) else { return nil }
      return Field(
        name: 0..<0, kind: .string, value: start + 1..<offset - 1, isEscaped: isEscaped)
    case 0x7B, 0x5B:
      let kind: Kind = line[offset] == 0x7B ? .object : .array
      var depth = 0
      while offset < end {
        switch line[offset] {
        case 0x22:
          guard skipString(line) != nil else { return nil }
          continue
        case 0x7B, 0x5B: depth += 1
        case 0x7D, 0x5D:
          depth -= 1
          if depth == 0 {
            offset += 1
            return Field(name: 0..<0, kind: kind, value: start..<offset, isEscaped: true)
          }
        default: break
        }
        offset += 1
      }
      return nil
    case 0x74: return literal(line, "true", .bool)
    case 0x66: return literal(line, "false", .bool)
    case 0x6E: return literal(line, "null", .null)
    default:
      while offset < end, Self.isNumber(line[offset]) { offset += 1 }
      guard offset > start else { return nil }
      return Field(name: 0..<0, kind: .number, value: start..<offset, isEscaped: false)
    }
  }

  private mutating func literal(_ line: Span<UInt8>, _ word: StaticString, _ kind: Kind) -> Field? {
    let start = offset
    guard Self.equals(line, start..<min(start + word.utf8CodeUnitCount, end), word) else {
      return nil
    }
    offset += word.utf8CodeUnitCount
    return Field(name: 0..<0, kind: kind, value: start..<offset, isEscaped: false)
  }

  private static func isNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x2B, 0x2D, 0x2E, 0x45, 0x65: true
    default: false
    }
  }

  static func equals(_ line: Span<UInt8>, _ range: Range<Int>, _ word: StaticString) -> Bool {
    guard range.count == word.utf8CodeUnitCount else { return false }
    return word.withUTF8Buffer { wanted in
      for index in 0..<range.count where unsafe line[range.lowerBound + index] != wanted[index] {
        return false
      }
      return true
    }
  }

  /// A whole number within 64 bits; nil for any other.
  static func integer(_ line: Span<UInt8>, _ range: Range<Int>) -> Int64? {
    var index = range.lowerBound
    let isNegative = index < range.upperBound && line[index] == 0x2D
    if isNegative { index += 1 }
    guard index < range.upperBound, range.upperBound - index <= 19 else { return nil }
    var value: Int64 = 0
    while index < range.upperBound {
      guard (0x30...0x39).contains(line[index]) else { return nil }
      let (shifted, lost) = value.multipliedReportingOverflow(by: 10)
      let (sum, over) = shifted.addingReportingOverflow(Int64(line[index] - 0x30))
      if lost || over { return nil }
      value = sum
      index += 1
    }
    return isNegative ? -value : value
  }
}

extension [UInt8] {
  /// Appends a part of a line.
  mutating func append(_ line: Span<UInt8>, _ range: Range<Int>) {
    unsafe line.extracting(range).withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}

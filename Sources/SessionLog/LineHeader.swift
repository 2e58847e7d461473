/// The first fields of every event line, readable without parsing the rest.
///
/// Format: schema/session-format.md §3.
package struct LineHeader: Sendable, Equatable {
  /// Microseconds since line 0.
  package var time: UInt64
  /// Where the type's name stands in the line.
  package var type: Range<Int>
  /// Where the rest begins: at the `,` or `}` after the type.
  package var end: Int

  /// Reads `{"t":T,"type":"X"` followed by `,` or `}`; nil if the line does not start like that.
  package init?(_ line: Span<UInt8>) {
    guard line.count >= Limits.shortestLine, LineHeader.starts(line, 0, "{\"t\":") else {
      return nil
    }
    var offset = 5
    var time: UInt64 = 0
    let digits = offset
    while offset < line.count, (0x30...0x39).contains(line[offset]), offset - digits < 17 {
      time = time * 10 + UInt64(line[offset] - 0x30)
      offset += 1
    }
    guard offset > digits, time < Limits.time, line[digits] != 0x30 || offset == digits + 1,
      LineHeader.starts(line, offset, ",\"type\":\"")
    else { return nil }
    offset += 9
    let start = offset
    var expectsLetter = true
    while offset < line.count {
      let byte = line[offset]
      switch byte {
      case 0x61...0x7A: expectsLetter = false
      // `[a-z][a-z0-9_]*` first, `[a-z0-9_]+` after each point.
      case 0x30...0x39, 0x5F:
        if expectsLetter, offset == start { return nil }
        expectsLetter = false
      case 0x2E:
        if expectsLetter { return nil }
        expectsLetter = true
      case 0x22:
        guard !expectsLetter, offset - start <= Limits.typeBytes, offset + 1 < line.count,
          line[offset + 1] == 0x2C || line[offset + 1] == 0x7D
        else { return nil }
        self.time = time
        type = start..<offset
        end = offset + 1
        return
      default: return nil
      }
      offset += 1
    }
    return nil
  }

  /// True if the line's type is `name`.
  package func isType(_ name: StaticString, in line: Span<UInt8>) -> Bool {
    name.utf8CodeUnitCount == type.count && LineHeader.starts(line, type.lowerBound, name)
  }

  /// The type's name.
  package func typeName(in line: Span<UInt8>) -> String {
    var text = ""
    for index in type { text.unicodeScalars.append(Unicode.Scalar(line[index])) }
    return text
  }

  static func starts(_ line: Span<UInt8>, _ offset: Int, _ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard line.count - offset >= count else { return false }
    return text.withUTF8Buffer { wanted in
      for index in 0..<count where unsafe line[offset + index] != wanted[index] { return false }
      return true
    }
  }
}

/// What the bytes of a line break; nil when it is well formed.
///
/// Format: schema/session-format.md §3.
func lineFault(_ line: Span<UInt8>, after previous: UInt64) -> String? {
  if case .fault(let fault) = LineCheck(line, after: previous) { return fault }
  return nil
}

/// Whether a line may stand behind one of time `previous`.
///
/// Format: schema/session-format.md §3.
enum LineCheck {
  /// It is well formed; this is its `t`.
  case time(UInt64)
  case fault(String)

  init(_ line: Span<UInt8>, after previous: UInt64) {
    guard line.count >= Limits.shortestLine, line.count <= Limits.lineBytes else {
      self = .fault("a line of \(line.count) bytes")
      return
    }
    let kinds = ByteKinds(line)
    if kinds.hasControls {
      for index in 0..<line.count {
        let byte = line[index]
        if byte == 0 || byte == 0x0A || byte == 0x0D {
          self = .fault("byte \(byte) in a line")
          return
        }
      }
    }
    if !kinds.isASCII {
      do { _ = try UTF8Span(validating: line) } catch {
        self = .fault("a line that is not UTF-8")
        return
      }
    }
    guard let header = LineHeader(line) else {
      self = .fault("a line that does not start with t and type")
      return
    }
    guard header.time >= previous else {
      self = .fault("t \(header.time) after t \(previous)")
      return
    }
    guard line[line.count - 1] == 0x7D else {
      self = .fault("a line that does not end an object")
      return
    }
    self = .time(header.time)
  }
}

/// Which kinds of bytes stand in a text, looked for 64 at a time.
package struct ByteKinds: Sendable, Equatable {
  /// A byte below 20 is there.
  package var hasControls: Bool
  /// No byte is above 7F.
  package var isASCII: Bool

  package init(_ text: Span<UInt8>) {
    var high: UInt64 = 0
    var low: UInt64 = 0
    unsafe text.withUnsafeBytes { raw in
      var offset = 0
      var highs = SIMD8<UInt64>.zero
      var lows = SIMD8<UInt64>.zero
      let spaces = SIMD8<UInt64>(repeating: 0x2020_2020_2020_2020)
      while offset + 64 <= raw.count {
        let words = unsafe raw.loadUnaligned(fromByteOffset: offset, as: SIMD8<UInt64>.self)
        highs |= words
        lows |= (words &- spaces) & ~words
        offset += 64
      }
      for lane in highs.indices {
        high |= highs[lane]
        low |= lows[lane]
      }
      while offset + 8 <= raw.count {
        let word = unsafe raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        high |= word
        // The top bit of a byte: it is below 20, or behind one that is.
        low |= (word &- 0x2020_2020_2020_2020) & ~word
        offset += 8
      }
      while offset < raw.count {
        let byte = unsafe UInt64(raw[offset])
        high |= byte
        if byte < 0x20 { low |= 0x80 }
        offset += 1
      }
    }
    hasControls = low & 0x8080_8080_8080_8080 != 0
    isASCII = high & 0x8080_8080_8080_8080 == 0
  }
}

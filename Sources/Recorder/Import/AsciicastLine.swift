/// One event line of asciicast v2 or v3, taken apart without building values.
///
/// Source: asciicast v2 and v3. A control byte in a string, which JSON forbids, is taken and noted.
struct AsciicastLine {
  /// Seconds in nanoseconds: absolute in v2, since the event before in v3.
  var time: Int64 = 0
  /// The inside of the code's string, as it stands.
  var code: Range<Int> = 0..<0
  /// The inside of the data's string, as it stands.
  var data: Range<Int> = 0..<0
  /// Bytes the data's string stands for, at most: its own length.
  var hasControlBytes = false
  var hasLoneSurrogates = false
  var hasMoreElements = false
  /// Why the line is no event; nil if it is one.
  private(set) var fault: StaticString?

  init(_ line: Span<UInt8>) {
    var offset = 0
    Self.skipSpace(line, &offset)
    guard Self.take(line, &offset, 0x5B) else {
      fault = "not an event: no array"
      return
    }
    Self.skipSpace(line, &offset)
    guard let time = SourceTime.nanoseconds(line, &offset) else {
      fault = "not an event: its time is not a number"
      return
    }
    self.time = time
    Self.skipSpace(line, &offset)
    guard Self.take(line, &offset, 0x2C), let code = string(line, &offset) else {
      fault = "not an event: its code is not a string"
      return
    }
    self.code = code
    Self.skipSpace(line, &offset)
    guard Self.take(line, &offset, 0x2C), let data = string(line, &offset) else {
      fault = "not an event: its data is not a string"
      return
    }
    self.data = data
    Self.skipSpace(line, &offset)
    if offset < line.count, line[offset] == 0x2C {
      // What more stands there must at least end the array.
      hasMoreElements = true
      var end = line.count
      while end > offset, line[end - 1] == 0x20 || line[end - 1] == 0x0D || line[end - 1] == 0x09 {
        end -= 1
      }
      if line[end - 1] != 0x5D { fault = "not an event: the array does not end" }
      return
    }
    guard Self.take(line, &offset, 0x5D) else {
      fault = "not an event: the array does not end"
      return
    }
    Self.skipSpace(line, &offset)
    if offset < line.count { fault = "not an event: something follows it" }
  }

  private static func skipSpace(_ line: Span<UInt8>, _ offset: inout Int) {
    while offset < line.count {
      switch line[offset] {
      case 0x20, 0x09, 0x0D: offset += 1
      default: return
      }
    }
  }

  private static func take(_ line: Span<UInt8>, _ offset: inout Int, _ byte: UInt8) -> Bool {
    guard offset < line.count, line[offset] == byte else { return false }
    offset += 1
    return true
  }

  /// The inside of the string at `offset`, which is moved behind its quote.
  private mutating func string(_ line: Span<UInt8>, _ offset: inout Int) -> Range<Int>? {
    Self.skipSpace(line, &offset)
    guard Self.take(line, &offset, 0x22) else { return nil }
    let start = offset
    var at = offset
    while at < line.count {
      let byte = line[at]
      if byte == 0x22 {
        offset = at + 1
        return start..<at
      }
      if byte == 0x5C {
        guard at + 1 < line.count else { return nil }
        switch line[at + 1] {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: at += 2
        case 0x75:
          guard let unit = Self.unit(line, at + 2) else { return nil }
          at += 6
          guard unit & 0xF800 == 0xD800 else { continue }
          if unit < 0xDC00, at + 1 < line.count, line[at] == 0x5C, line[at + 1] == 0x75,
            let low = Self.unit(line, at + 2), (0xDC00..<0xE000).contains(low)
          {
            at += 6
          } else {
            hasLoneSurrogates = true
          }
        default: return nil
        }
        continue
      }
      if byte < 0x20 { hasControlBytes = true }
      at += 1
    }
    return nil
  }

  private static func unit(_ line: Span<UInt8>, _ offset: Int) -> UInt32? {
    guard line.count - offset >= 4 else { return nil }
    var value: UInt32 = 0
    for index in offset..<offset + 4 {
      switch line[index] {
      case 0x30...0x39: value = value << 4 | UInt32(line[index] - 0x30)
      case 0x41...0x46: value = value << 4 | UInt32(line[index] - 0x37)
      case 0x61...0x66: value = value << 4 | UInt32(line[index] - 0x57)
      default: return nil
      }
    }
    return value
  }
}

/// The inside of JSON strings.
enum JSONInside {
  /// Escapes the control bytes that should have been escaped by whoever wrote it.
  static func mended(_ text: Span<UInt8>) -> [UInt8] {
    var mended: [UInt8] = []
    mended.reserveCapacity(text.count + 32)
    let digits: StaticString = "0123456789abcdef"
    digits.withUTF8Buffer { digits in
      for index in 0..<text.count {
        let byte = text[index]
        guard byte < 0x20 else {
          mended.append(byte)
          continue
        }
        mended.append(ascii: "\\u00")
        mended.append(unsafe digits[Int(byte >> 4)])
        mended.append(unsafe digits[Int(byte & 15)])
      }
    }
    return mended
  }
}

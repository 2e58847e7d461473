internal import Platform

/// Decimal numbers of seconds, exact to the nanosecond.
enum SourceTime {
  /// More than any `t` can hold.
  private static let most: Int64 = 9_000_000_000_000_000_000

  /// Reads a JSON number or a plain decimal at `offset`, moving it behind; nil if none stands there.
  ///
  /// Digits below a nanosecond are dropped; what is out of range is held at its end.
  static func nanoseconds(_ bytes: Span<UInt8>, _ offset: inout Int) -> Int64? {
    let start = offset
    var isNegative = false
    if offset < bytes.count, bytes[offset] == 0x2D {
      isNegative = true
      offset += 1
    }
    var whole: Int64 = 0
    let digits = offset
    while offset < bytes.count, (0x30...0x39).contains(bytes[offset]) {
      whole = min(whole &* 10 &+ Int64(bytes[offset] - 0x30), 9_000_000_000)
      offset += 1
    }
    guard offset > digits else {
      offset = start
      return nil
    }
    var fraction: Int64 = 0
    if offset < bytes.count, bytes[offset] == 0x2E {
      offset += 1
      var scale: Int64 = 100_000_000
      let first = offset
      while offset < bytes.count, (0x30...0x39).contains(bytes[offset]) {
        fraction += Int64(bytes[offset] - 0x30) * scale
        scale /= 10
        offset += 1
      }
      guard offset > first else {
        offset = start
        return nil
      }
    }
    if offset < bytes.count, bytes[offset] | 0x20 == 0x65 {
      return exponent(bytes, start, &offset)
    }
    let value = whole * 1_000_000_000 + fraction
    return isNegative ? -value : value
  }

  private static func exponent(_ bytes: Span<UInt8>, _ start: Int, _ offset: inout Int) -> Int64? {
    while offset < bytes.count, offset - start < 64 {
      switch bytes[offset] {
      case 0x30...0x39, 0x2B, 0x2D, 0x45, 0x65: offset += 1
      default:
        guard let value = number(bytes, start..<offset) else {
          offset = start
          return nil
        }
        return value
      }
    }
    guard let value = number(bytes, start..<offset) else {
      offset = start
      return nil
    }
    return value
  }

  private static func number(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int64? {
    var text = ""
    for index in range { text.unicodeScalars.append(Unicode.Scalar(bytes[index])) }
    guard let seconds = Double(text), seconds.isFinite else { return nil }
    return Int64(max(-Double(most), min(Double(most), (seconds * 1e9).rounded())))
  }

  /// Reads a whole text as seconds; some programs write the decimal point of their locale.
  static func localNanoseconds(_ text: some StringProtocol) -> Int64? {
    guard text.utf8.contains(0x2C) else { return nanoseconds(text) }
    let bytes = text.utf8.map { $0 == 0x2C ? 0x2E : $0 }
    return nanoseconds(String(decoding: bytes, as: UTF8.self))
  }

  /// Reads a whole text as seconds.
  static func nanoseconds(_ text: some StringProtocol) -> Int64? {
    let bytes = Array(text.utf8)
    var offset = 0
    let value = nanoseconds(bytes.span, &offset)
    return offset == bytes.count ? value : nil
  }
}

/// Wall times as the sources write them.
enum SourceWallTime {
  /// Reads RFC 3339 with any offset, a blank for the T, a comma for the point, or no zone (taken as UTC).
  ///
  /// Microseconds since 1970; nil for anything else.
  static func parse(_ text: String) -> Int64? {
    var bytes = Array(text.utf8)
    guard (19...40).contains(bytes.count) else { return nil }
    if bytes[10] == 0x20 { bytes[10] = 0x54 }
    var zone: Int64 = 0
    var end = 19
    if bytes.count > 19, bytes[19] == 0x2E || bytes[19] == 0x2C {
      bytes[19] = 0x2E
      end = 20
      while end < bytes.count, (0x30...0x39).contains(bytes[end]) { end += 1 }
      guard end > 20 else { return nil }
    }
    let rest = bytes[end...].filter { $0 != 0x3A }
    if let sign = rest.first, sign != 0x5A {
      guard sign == 0x2B || sign == 0x2D, rest.count == 3 || rest.count == 5 else { return nil }
      var value: Int64 = 0
      for digit in rest.dropFirst() {
        guard (0x30...0x39).contains(digit) else { return nil }
        value = value * 10 + Int64(digit - 0x30)
      }
      if rest.count == 3 { value *= 100 }
      zone = (value / 100 * 60 + value % 100) * 60_000_000
      if sign == 0x2D { zone = -zone }
    } else if rest.count > 1 {
      return nil
    }
    var plain = Array(bytes[..<min(end, 29)])
    plain.append(0x5A)
    return WallTime.parse(String(decoding: plain, as: UTF8.self)).map { $0 - zone }
  }
}

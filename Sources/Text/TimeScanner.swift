/// Reads digits, signs and units off the front of a short text.
struct Scanner {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  static func trimmed(_ text: String) -> String {
    var scalars = text.unicodeScalars[...]
    while scalars.first == " " { scalars.removeFirst() }
    while scalars.last == " " { scalars.removeLast() }
    return String(scalars)
  }

  var isAtEnd: Bool { offset >= bytes.count }

  var rest: [UInt8] { Array(bytes[min(offset, bytes.count)...]) }

  /// True for `1:` and `10:`.
  var looksLikeTime: Bool { bytes.prefix(3).contains(UInt8(ascii: ":")) }

  mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard offset < bytes.count, UInt32(bytes[offset]) == scalar.value else { return false }
    offset += 1
    return true
  }

  mutating func skipSpaces() { while take(" ") {} }

  /// Exactly so many digits.
  mutating func integer(digits: Int) -> Int64? {
    let start = offset
    guard let value = integer(maxDigits: digits), offset - start == digits else { return nil }
    return value
  }

  /// One digit or more, at most `maxDigits` (18 always fit); a longer number is none.
  mutating func integer(maxDigits: Int) -> Int64? {
    var value: Int64 = 0
    var count = 0
    while let digit = digit {
      guard count < maxDigits else { return nil }
      value = value * 10 + digit
      count += 1
      offset += 1
    }
    return count > 0 ? value : nil
  }

  /// Reads a decimal fraction as microseconds; what is finer is cut.
  ///
  /// 0 without a point, nil for a point without digits.
  mutating func fraction() -> Int64? {
    guard take(".") || take(",") else { return 0 }
    guard digit != nil else { return nil }
    var micros: Int64 = 0
    var weight: Int64 = 100_000
    while let digit = digit {
      micros += digit * weight
      weight /= 10
      offset += 1
    }
    return micros
  }

  /// One number with its unit, in microseconds, or what is wrong with it.
  mutating func spanPart() -> (Int64, problem: String?) {
    guard let whole = integer(maxDigits: 15), let fraction = fraction() else {
      return (0, "a span is a number and a unit")
    }
    skipSpaces()
    let name = word()
    guard let unit = Self.units[name] else {
      let shown = TerminalText.line(name, limit: 20)
      return (0, name.isEmpty ? "the unit is missing" : "“\(shown)” is no unit (ms s min h d w)")
    }
    let (micros, isTooLong) = whole.multipliedReportingOverflow(by: unit)
    // A unit is at most a week: its microseconds times a million fit.
    let (sum, isTooLongToo) = micros.addingReportingOverflow(unit * fraction / 1_000_000)
    return (sum, isTooLong || isTooLongToo ? "it is longer than 292,000 years" : nil)
  }

  private var digit: Int64? {
    guard offset < bytes.count, (0x30...0x39).contains(bytes[offset]) else { return nil }
    return Int64(bytes[offset] - 0x30)
  }

  private mutating func word() -> String {
    let start = offset
    while offset < bytes.count, digit == nil, bytes[offset] != UInt8(ascii: " ") { offset += 1 }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  private static let units: [String: Int64] = {
    let second: Int64 = 1_000_000
    let names: [(Int64, [String])] = [
      (1, ["us", "µs"]), (1000, ["ms"]), (second, ["s", "sec", "second", "seconds"]),
      (60 * second, ["m", "min", "minute", "minutes"]), (3600 * second, ["h", "hour", "hours"]),
      (86_400 * second, ["d", "day", "days"]), (604_800 * second, ["w", "week", "weeks"]),
    ]
    var units: [String: Int64] = [:]
    for (length, spellings) in names { for name in spellings { units[name] = length } }
    return units
  }()
}

/// A set of byte values.
struct ByteSet: Sendable, Hashable {
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  init() {}

  init(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { insert(byte) }
  }

  static func range(_ range: ClosedRange<UInt8>) -> ByteSet { ByteSet(range) }

  mutating func insert(_ byte: UInt8) {
    let bit = UInt64(1) << UInt64(byte & 63)
    switch byte >> 6 {
    case 0: words.0 |= bit
    case 1: words.1 |= bit
    case 2: words.2 |= bit
    default: words.3 |= bit
    }
  }

  func contains(_ byte: UInt8) -> Bool {
    let word =
      switch byte >> 6 {
      case 0: words.0
      case 1: words.1
      case 2: words.2
      default: words.3
      }
    return word >> UInt64(byte & 63) & 1 == 1
  }

  func union(_ other: ByteSet) -> ByteSet {
    var result = self
    result.words.0 |= other.words.0
    result.words.1 |= other.words.1
    result.words.2 |= other.words.2
    result.words.3 |= other.words.3
    return result
  }

  var inverted: ByteSet {
    var result = ByteSet()
    result.words = (~words.0, ~words.1, ~words.2, ~words.3)
    return result
  }

  /// The set with the other case of each ASCII letter in it.
  var ignoringCase: ByteSet {
    var result = self
    for lower in UInt8(0x61)...0x7A {
      if contains(lower) { result.insert(lower - 0x20) }
      if contains(lower - 0x20) { result.insert(lower) }
    }
    return result
  }

  var isEmpty: Bool { words.0 | words.1 | words.2 | words.3 == 0 }

  static func == (a: ByteSet, b: ByteSet) -> Bool {
    a.words.0 == b.words.0 && a.words.1 == b.words.1 && a.words.2 == b.words.2
      && a.words.3 == b.words.3
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }

  static let digits = ByteSet(0x30...0x39)
  /// `[A-Za-z0-9_]`, what word boundaries are made of.
  static let word = digits.union(ByteSet(0x41...0x5A)).union(ByteSet(0x61...0x7A))
    .union(ByteSet([0x5F]))
  static let space = ByteSet([0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D])
  /// What `.` matches: no line ends, and no escape character, so that a match never runs over a control sequence.
  static let dot = ByteSet([0x0A, 0x0D, 0x1B]).inverted
}

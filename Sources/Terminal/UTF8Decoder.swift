/// Decodes UTF-8 byte by byte, replacing as Unicode §3.9 recommends.
///
/// Each maximal subpart of an ill-formed sequence becomes one U+FFFD, wherever the bytes are split
/// between calls.
struct UTF8Decoder: Sendable {
  enum Step {
    /// The byte began or continued a sequence.
    case pending
    case scalar(UInt32)
    /// The byte itself cannot stand here and is used up.
    case invalid
    /// The sequence before the byte was cut short; the byte is still to be decoded.
    case cut
  }

  private var scalar: UInt32 = 0
  private var missing: UInt8 = 0
  private var low: UInt8 = 0x80
  private var high: UInt8 = 0xBF

  /// In the middle of a sequence.
  @inline(__always)
  var isPending: Bool { missing != 0 }

  /// The scalar whose two to four bytes all stand at `index`; 0 where `push` must look closer.
  @inline(__always)
  static func whole(_ bytes: Span<UInt8>, at index: Int) -> (scalar: UInt32, length: Int) {
    let lead = UInt32(bytes[index])
    let left = bytes.count &- index
    guard lead >= 0xC2, left >= 2 else { return (0, 0) }
    let second = UInt32(bytes[index &+ 1])
    guard second & 0xC0 == 0x80 else { return (0, 0) }
    if lead < 0xE0 { return ((lead & 0x1F) << 6 | second & 0x3F, 2) }
    guard left >= 3 else { return (0, 0) }
    let third = UInt32(bytes[index &+ 2])
    guard third & 0xC0 == 0x80 else { return (0, 0) }
    if lead < 0xF0 {
      let scalar = (lead & 0x0F) << 12 | (second & 0x3F) << 6 | third & 0x3F
      // Overlong forms and surrogates.
      return scalar < 0x800 || scalar & 0xF800 == 0xD800 ? (0, 0) : (scalar, 3)
    }
    guard left >= 4, lead < 0xF5 else { return (0, 0) }
    let fourth = UInt32(bytes[index &+ 3])
    guard fourth & 0xC0 == 0x80 else { return (0, 0) }
    let scalar =
      (lead & 7) << 18 | (second & 0x3F) << 12 | (third & 0x3F) << 6 | fourth & 0x3F
    return scalar < 0x10000 || scalar > 0x10FFFF ? (0, 0) : (scalar, 4)
  }

  mutating func reset() {
    self = UTF8Decoder()
  }

  @inline(__always)
  mutating func push(_ byte: UInt8) -> Step {
    guard missing != 0 else { return start(byte) }
    guard byte >= low, byte <= high else {
      reset()
      return .cut
    }
    low = 0x80
    high = 0xBF
    scalar = scalar << 6 | UInt32(byte & 0x3F)
    missing -= 1
    return missing == 0 ? .scalar(scalar) : .pending
  }

  /// The lead byte decides the bounds of the byte that follows it (Unicode table 3-7).
  private mutating func start(_ byte: UInt8) -> Step {
    switch byte {
    case 0x00...0x7F: return .scalar(UInt32(byte))
    case 0xC2...0xDF: begin(byte & 0x1F, missing: 1)
    case 0xE0: begin(0, missing: 2, low: 0xA0)
    case 0xED: begin(0x0D, missing: 2, high: 0x9F)
    case 0xE1...0xEF: begin(byte & 0x0F, missing: 2)
    case 0xF0: begin(0, missing: 3, low: 0x90)
    case 0xF1...0xF3: begin(byte & 0x07, missing: 3)
    case 0xF4: begin(4, missing: 3, high: 0x8F)
    default: return .invalid
    }
    return .pending
  }

  private mutating func begin(
    _ bits: UInt8, missing: UInt8, low: UInt8 = 0x80, high: UInt8 = 0xBF
  ) {
    scalar = UInt32(bits)
    self.missing = missing
    self.low = low
    self.high = high
  }
}

extension UTF8Decoder: Equatable {
  /// Between sequences nothing is left of the one before.
  static func == (left: UTF8Decoder, right: UTF8Decoder) -> Bool {
    guard left.missing == right.missing else { return false }
    return left.missing == 0
      || left.scalar == right.scalar && left.low == right.low && left.high == right.high
  }
}

extension UTF8Decoder {
  func write(to writer: inout SnapshotWriter) {
    writer.number(Int(missing))
    guard missing != 0 else { return }
    for value in [scalar, UInt32(low), UInt32(high)] { writer.number(UInt64(value)) }
  }

  init(from reader: inout SnapshotReader) throws(SnapshotDamage) {
    missing = UInt8(try reader.number(0...3))
    guard missing != 0 else { return }
    // What is still missing cannot lift it above the last scalar.
    scalar = UInt32(try reader.number(0...0x10FFFF >> (6 * Int(missing))))
    low = UInt8(try reader.number(0x80...0xBF))
    high = UInt8(try reader.number(0x80...0xBF))
  }
}

/// Takes recorded text piece by piece; each encoder is one.
protocol ScalarSink {
  /// True once the sink wants no more.
  var isFull: Bool { get }
  mutating func put(_ scalar: Unicode.Scalar, _ verdict: ScalarVerdict)
  /// A byte that belongs to no well-formed UTF-8 sequence.
  mutating func put(malformed byte: UInt8)
}

extension ScalarSink {
  var isFull: Bool { false }

  mutating func walk(_ text: String) {
    var judge = ScalarJudge()
    for scalar in text.unicodeScalars {
      if isFull { return }
      put(scalar, judge.judge(scalar))
    }
  }

  mutating func walk(_ bytes: Span<UInt8>) {
    var judge = ScalarJudge()
    var offset = 0
    while offset < bytes.count, !isFull {
      if let (scalar, length) = UTF8Decoding.scalar(in: bytes, at: offset) {
        put(scalar, judge.judge(scalar))
        offset += length
      } else {
        judge.interrupt()
        put(malformed: bytes[offset])
        offset += 1
      }
    }
  }
}

/// Well-formed UTF-8 only; Source: The Unicode Standard, table 3-7.
enum UTF8Decoding {
  /// Returns the scalar that starts at `offset` and its length, or nil where none does.
  static func scalar(in bytes: Span<UInt8>, at offset: Int) -> (Unicode.Scalar, length: Int)? {
    let first = bytes[offset]
    if first < 0x80 { return (Unicode.Scalar(first), 1) }
    let length: Int
    var value: UInt32
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch first {
    case 0xC2...0xDF: (length, value) = (2, UInt32(first & 0x1F))
    case 0xE0...0xEF:
      (length, value) = (3, UInt32(first & 0x0F))
      if first == 0xE0 { second = 0xA0...0xBF }
      if first == 0xED { second = 0x80...0x9F }
    case 0xF0...0xF4:
      (length, value) = (4, UInt32(first & 0x07))
      if first == 0xF0 { second = 0x90...0xBF }
      if first == 0xF4 { second = 0x80...0x8F }
    default: return nil
    }
    guard bytes.count - offset >= length, second.contains(bytes[offset + 1]) else { return nil }
    for index in 1..<length {
      let byte = bytes[offset + index]
      guard byte & 0xC0 == 0x80 else { return nil }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    guard let scalar = Unicode.Scalar(value) else { return nil }
    return (scalar, length)
  }
}

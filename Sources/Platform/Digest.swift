/// A SHA-256 value: 32 bytes, compared and printed as such.
package struct Digest: Sendable, Hashable, CustomStringConvertible {
  // Four words rather than an array: digests live in stacks and tables by the million.
  private(set) var words: (UInt64, UInt64, UInt64, UInt64)

  /// Digest of nothing known: all zero bytes.
  package static let zero = Digest(words: (0, 0, 0, 0))

  init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

  /// Reads 32 bytes starting at `offset`, or nil if there are fewer.
  package init?(_ bytes: Span<UInt8>, at offset: Int = 0) {
    guard offset >= 0, bytes.count - offset >= 32 else { return nil }
    func word(_ index: Int) -> UInt64 {
      var value: UInt64 = 0
      for i in 0..<8 { value = value << 8 | UInt64(bytes[offset + index * 8 + i]) }
      return value
    }
    words = (word(0), word(1), word(2), word(3))
  }

  /// Reads exactly 32 bytes; nil for any other count.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    self.init(bytes.span)
  }

  /// Reads 64 lower-case hexadecimal digits; nil for anything else.
  package init?(hex text: some StringProtocol) {
    guard let bytes = Hex.decode(text), bytes.count == 32 else { return nil }
    self.init(bytes.span)
  }

  /// Appends the 32 bytes.
  package func append(to bytes: inout [UInt8]) {
    unsafe withPointer { pointer in
      unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: pointer, count: 32))
    }
  }

  package var bytes: [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(32)
    append(to: &result)
    return result
  }

  package var hex: String { Hex.encode(bytes) }
  package var description: String { hex }

  /// Fills a digest from a function that writes 32 bytes through a pointer.
  @unsafe init(_ fill: (UnsafeMutablePointer<UInt8>) -> Void) {
    var raw: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    unsafe withUnsafeMutableBytes(of: &raw) { buffer in
      if let base = buffer.baseAddress {
        unsafe fill(base.assumingMemoryBound(to: UInt8.self))
      }
    }
    words = (raw.0.bigEndian, raw.1.bigEndian, raw.2.bigEndian, raw.3.bigEndian)
  }

  /// Calls `body` with a pointer to the 32 bytes.
  @unsafe func withPointer<R>(_ body: (UnsafePointer<UInt8>) -> R) -> R {
    var raw = (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
    return unsafe withUnsafeMutablePointer(to: &raw) { pointer in
      unsafe pointer.withMemoryRebound(to: UInt8.self, capacity: 32) { bytes in
        unsafe body(UnsafePointer(bytes))
      }
    }
  }

  package static func == (a: Digest, b: Digest) -> Bool {
    a.words.0 == b.words.0 && a.words.1 == b.words.1 && a.words.2 == b.words.2
      && a.words.3 == b.words.3
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

/// Lower-case hexadecimal.
package enum Hex {
  /// Encodes bytes, two digits each.
  package static func encode(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Decodes an even number of lower-case digits; nil for anything else.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    func value(_ digit: UInt8) -> UInt8? {
      switch digit {
      case 0x30...0x39: digit - 0x30
      case 0x61...0x66: digit - 0x61 + 10
      default: nil
      }
    }
    var result: [UInt8] = []
    var high: UInt8?
    for digit in text.utf8 {
      guard let value = value(digit) else { return nil }
      if let top = high {
        result.append(top << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return high == nil ? result : nil
  }
}

extension Digest {
  /// Copies the first `count` bytes into `target`, which must have room for them.
  package func copyPrefix(_ count: Int, to target: inout [UInt8], at offset: Int) {
    for i in 0..<min(count, 32) {
      let word =
        switch i >> 3 {
        case 0: words.0
        case 1: words.1
        case 2: words.2
        default: words.3
        }
      target[offset + i] = UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * (i & 7)))
    }
  }
}

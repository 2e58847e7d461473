/// Base64 with one spelling for each value.
///
/// Source: RFC 4648 §4 and §5.
///
/// Decoding refuses everything that encoding would not have written: missing or extra padding,
/// stray bits in the last digit, white space, the other alphabet.
package enum Base64 {
  /// Encodes with the standard alphabet and padding.
  package static func encode(_ bytes: some Collection<UInt8>) -> String {
    text(Array(bytes), .standard)
  }

  /// Decodes the standard alphabet with padding; nil for anything that `encode` does not write.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    bytes(Array(text.utf8), .standard)
  }

  /// Encodes with the URL-safe alphabet, unpadded.
  package static func encodeURL(_ bytes: some Collection<UInt8>) -> String {
    text(Array(bytes), .url)
  }

  /// Decodes the URL-safe alphabet, unpadded; nil for anything that `encodeURL` does not write.
  package static func decodeURL(_ text: some StringProtocol) -> [UInt8]? {
    bytes(Array(text.utf8), .url)
  }

  /// Appends the standard, padded form of `bytes` to `output`.
  package static func append(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
    append(bytes, to: &output, .standard)
  }

  /// Decodes the standard, padded form onto the end of `output`; false leaves `output` as it was.
  package static func decode(_ bytes: Span<UInt8>, appendingTo output: inout [UInt8]) -> Bool {
    decode(bytes, appendingTo: &output, .standard)
  }

  private static func text(_ bytes: [UInt8], _ alphabet: Alphabet) -> String {
    var output: [UInt8] = []
    append(bytes.span, to: &output, alphabet)
    return String(decoding: output, as: UTF8.self)
  }

  private static func bytes(_ text: [UInt8], _ alphabet: Alphabet) -> [UInt8]? {
    var output: [UInt8] = []
    return decode(text.span, appendingTo: &output, alphabet) ? output : nil
  }

  private static func append(
    _ bytes: Span<UInt8>, to output: inout [UInt8], _ alphabet: Alphabet
  ) {
    let whole = bytes.count / 3
    let rest = bytes.count - whole * 3
    let tail = rest == 0 ? 0 : alphabet.padded ? 4 : rest + 1
    let start = output.count
    output.append(contentsOf: repeatElement(UInt8(ascii: "="), count: whole * 4 + tail))
    let digits = alphabet.digits.span
    var target = output.mutableSpan
    var write = start
    var read = 0
    for _ in 0..<whole {
      let group =
        UInt32(bytes[read]) << 16 | UInt32(bytes[read + 1]) << 8 | UInt32(bytes[read + 2])
      target[write] = digits[Int(group >> 18)]
      target[write + 1] = digits[Int(group >> 12 & 63)]
      target[write + 2] = digits[Int(group >> 6 & 63)]
      target[write + 3] = digits[Int(group & 63)]
      read += 3
      write += 4
    }
    guard rest > 0 else { return }
    let group = UInt32(bytes[read]) << 16 | (rest == 2 ? UInt32(bytes[read + 1]) << 8 : 0)
    target[write] = digits[Int(group >> 18)]
    target[write + 1] = digits[Int(group >> 12 & 63)]
    if rest == 2 { target[write + 2] = digits[Int(group >> 6 & 63)] }
  }

  private static func decode(
    _ text: Span<UInt8>, appendingTo output: inout [UInt8], _ alphabet: Alphabet
  ) -> Bool {
    var count = text.count
    if alphabet.padded {
      guard count % 4 == 0 else { return false }
      if count > 0, text[count - 1] == UInt8(ascii: "=") {
        count -= text[count - 2] == UInt8(ascii: "=") ? 2 : 1
      }
    }
    let whole = count / 4
    let rest = count - whole * 4
    guard rest != 1 else { return false }
    let start = output.count
    output.append(contentsOf: repeatElement(0, count: whole * 3 + max(0, rest - 1)))
    if fill(&output, from: start, with: text, count: count, alphabet) { return true }
    output.removeLast(output.count - start)
    return false
  }

  private static func fill(
    _ output: inout [UInt8], from start: Int, with text: Span<UInt8>, count: Int,
    _ alphabet: Alphabet
  ) -> Bool {
    let values = alphabet.values.span
    var target = output.mutableSpan
    var write = start
    var read = 0
    // Bytes outside the alphabet have the value 255, which leaves a mark in the two high bits.
    var seen: UInt8 = 0
    for _ in 0..<count / 4 {
      let a = values[Int(text[read])]
      let b = values[Int(text[read + 1])]
      let c = values[Int(text[read + 2])]
      let d = values[Int(text[read + 3])]
      seen |= a | b | c | d
      target[write] = a << 2 | b >> 4
      target[write + 1] = b << 4 | c >> 2
      target[write + 2] = c << 6 | d
      read += 4
      write += 3
    }
    let rest = count % 4
    if rest > 0 {
      let a = values[Int(text[read])]
      let b = values[Int(text[read + 1])]
      let c = rest == 3 ? values[Int(text[read + 2])] : 0
      seen |= a | b | c
      target[write] = a << 2 | b >> 4
      if rest == 3 { target[write + 1] = b << 4 | c >> 2 }
      // Bits that no byte takes must be zero, or one value would have several spellings.
      guard (rest == 2 ? b & 15 : c & 3) == 0 else { return false }
    }
    return seen & 0xC0 == 0
  }
}

/// The digits of one of the two spellings, and their values.
private struct Alphabet: Sendable {
  let digits: [UInt8]
  let values: [UInt8]
  let padded: Bool

  static let standard = Alphabet(last: "+/", padded: true)
  static let url = Alphabet(last: "-_", padded: false)

  private init(last: String, padded: Bool) {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    digits = Array((letters + last).utf8)
    var values = [UInt8](repeating: 255, count: 256)
    for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
    self.values = values
    self.padded = padded
  }
}

/// Output that grows by scalars and by short strings, both in constant time.
struct TextBuffer: Sendable {
  private(set) var bytes: [UInt8] = []

  var text: String { String(decoding: bytes, as: UTF8.self) }

  mutating func append(_ scalar: Unicode.Scalar) {
    if scalar.isASCII {
      bytes.append(UInt8(truncatingIfNeeded: scalar.value))
    } else {
      bytes.append(contentsOf: scalar.utf8)
    }
  }

  mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
}

/// Writes scalars as the inside of a JSON string.
struct JSONSink: ScalarSink {
  var output: [UInt8]
  /// True where the text is JSON already: its quotes and backslashes are its own.
  var isEmbedding = false

  mutating func put(_ scalar: Unicode.Scalar, _ verdict: ScalarVerdict) {
    switch verdict {
    case .plain:
      if !isEmbedding, scalar == "\"" || scalar == "\\" { output.append(UInt8(ascii: "\\")) }
      if scalar.isASCII {
        output.append(UInt8(truncatingIfNeeded: scalar.value))
      } else {
        output.append(contentsOf: scalar.utf8)
      }
    case .control where isEmbedding && scalar.value <= 0x20: output.append(UInt8(ascii: " "))
    case .control, .hidden: put(escaped: scalar)
    }
  }

  mutating func put(malformed byte: UInt8) { put(unit: 0xFFFD) }

  private mutating func put(escaped scalar: Unicode.Scalar) {
    switch scalar {
    case "\n": output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
    case "\r": output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
    case "\t": output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
    default: for unit in scalar.utf16 { put(unit: unit) }
    }
  }

  private mutating func put(unit: UInt16) {
    output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "u")])
    for shift in [12, 8, 4, 0] as [UInt16] {
      let digit = UInt8(truncatingIfNeeded: unit >> shift & 0xF)
      output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }
}

/// How what must not be shown as itself is spelled, the same in every sink.
enum Escapes {
  /// `\x1b`: one byte, or a scalar below U+0080.
  static func byte(_ byte: UInt8) -> String {
    let hex = String(byte, radix: 16)
    return hex.count == 1 ? "\\x0" + hex : "\\x" + hex
  }

  /// `\u{202E}`: any scalar.
  static func scalar(_ scalar: Unicode.Scalar) -> String {
    "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
  }

  /// `\n`, `\t`, `\r` by name, other ASCII controls by byte, the rest by scalar.
  static func named(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    default: scalar.isASCII ? byte(UInt8(truncatingIfNeeded: scalar.value)) : self.scalar(scalar)
    }
  }

  /// `^[` for C0 and DEL.
  static func caret(_ scalar: Unicode.Scalar) -> String {
    "^" + String(Unicode.Scalar(UInt8(truncatingIfNeeded: scalar.value ^ 0x40)))
  }
}

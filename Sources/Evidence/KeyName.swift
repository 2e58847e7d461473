internal import Platform

/// Names of keys and their ids.
///
/// Source: C2SP signed-note, "Signatures".
package enum KeyName {
  /// What is wrong with a key name; nil if nothing is.
  package static func fault(_ name: some StringProtocol) -> String? {
    if name.isEmpty { return "an empty name" }
    if name.utf8.count > 255 { return "a name of more than 255 bytes" }
    for scalar in name.unicodeScalars {
      if scalar.properties.isWhitespace { return "a space in the name" }
      if scalar == "+" { return "a plus sign in the name" }
      if scalar.value < 0x20 { return "a control character in the name" }
    }
    return nil
  }

  /// First four bytes of H(name || 0A || type || key), big-endian.
  static func id(_ name: String, type: UInt8, key: [UInt8]) throws(EvidenceFailure) -> UInt32 {
    do {
      let digest = try SHA256.hash(Array(name.utf8) + [0x0A, type] + key)
      return digest.bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    } catch {
      throw EvidenceFailure("key id", found: error.reason, wanted: "a working SHA-256")
    }
  }

  /// Eight lower-case hexadecimal digits.
  static func hex(_ id: UInt32) -> String {
    Hex.encode((0..<4).map { UInt8(truncatingIfNeeded: id >> (24 - 8 * UInt32($0))) })
  }
}

extension StringProtocol {
  /// True if both have the same bytes.
  ///
  /// `==` also holds for other spellings of the same characters,
  /// which are other names to everyone who checks signatures.
  func sameBytes(as other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }
}

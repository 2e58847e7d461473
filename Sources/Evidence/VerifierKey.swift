internal import Platform

/// A public key that signs notes: `<name>+<id>+<base64 of type and key>`.
///
/// Source: C2SP signed-note, "Verifier keys".
package struct VerifierKey: Sendable, Hashable, CustomStringConvertible {
  /// How the key signs.
  package enum Kind: UInt8, Sendable {
    /// Ed25519 over the note's text.
    case ed25519 = 1
    /// A witness: Ed25519 over a time and the note's text (C2SP tlog-cosignature).
    case cosignature = 4
  }

  package let name: String
  package let kind: Kind
  /// 32 bytes.
  package let publicKey: [UInt8]
  /// The short name of the key in signature lines; no secret and no proof of anything.
  package let id: UInt32

  /// Makes the key of a name and 32 bytes, and its id.
  package init(name: String, kind: Kind = .ed25519, publicKey: [UInt8]) throws(EvidenceFailure) {
    if let fault = KeyName.fault(name) {
      throw EvidenceFailure("key name", found: fault, wanted: "a name without spaces and plus")
    }
    guard publicKey.count == 32 else {
      throw EvidenceFailure("public key", found: "\(publicKey.count) bytes", wanted: "32 bytes")
    }
    self.name = name
    self.kind = kind
    self.publicKey = publicKey
    id = try KeyName.id(name, type: kind.rawValue, key: publicKey)
  }

  /// Reads the text form and checks the id against name and key.
  package init(parsing text: some StringProtocol) throws(EvidenceFailure) {
    // The key itself may hold plus signs, so only the first two divide.
    let parts = text.utf8.split(
      separator: UInt8(ascii: "+"), maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, text.utf8.count <= 1024 else {
      throw EvidenceFailure("verifier key", found: text.utf8, wanted: "<name>+<id>+<key>")
    }
    let id = String(decoding: parts[1], as: UTF8.self)
    guard id.utf8.count == 8, Hex.decode(id) != nil else {
      throw EvidenceFailure("key id", found: id, wanted: "8 lower-case hexadecimal digits")
    }
    guard let bytes = Base64.decode(String(decoding: parts[2], as: UTF8.self)),
      let type = bytes.first
    else {
      throw EvidenceFailure("public key", found: parts[2], wanted: "canonical base64")
    }
    guard let kind = Kind(rawValue: type) else {
      throw EvidenceFailure("key type", found: "\(type)", wanted: "1 (Ed25519) or 4 (witness)")
    }
    try self.init(
      name: String(decoding: parts[0], as: UTF8.self), kind: kind,
      publicKey: Array(bytes.dropFirst()))
    guard KeyName.hex(self.id) == id else {
      throw EvidenceFailure("key id", found: id, wanted: KeyName.hex(self.id))
    }
  }

  package var description: String {
    "\(name)+\(KeyName.hex(id))+\(Base64.encode([kind.rawValue] + publicKey))"
  }

  package static func == (a: VerifierKey, b: VerifierKey) -> Bool {
    a.name.sameBytes(as: b.name) && a.kind == b.kind && a.publicKey == b.publicKey
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(publicKey) }
}

internal import Platform

/// A name and its Ed25519 key, with which notes are signed.
package struct NoteSigner: ~Copyable {
  package let name: String
  package let id: UInt32
  private let key: SigningKey

  /// Makes the signer of a 32-byte seed.
  package init(name: String, seed: [UInt8]) throws(EvidenceFailure) {
    let made = try Self.make(seed)
    id = try VerifierKey(name: name, publicKey: made.publicKey).id
    key = made
    self.name = name
  }

  private static func make(_ seed: [UInt8]) throws(EvidenceFailure) -> SigningKey {
    do { return try SigningKey(seed: seed) } catch {
      throw EvidenceFailure("private key", found: error.reason, wanted: "a seed of 32 bytes")
    }
  }

  /// Reads a key file: `PRIVATE+KEY+<name>+<id>+<base64 of 01 and seed>`, with or without a last LF.
  ///
  /// No error repeats any part of the secret.
  package init(keyFile text: some StringProtocol) throws(EvidenceFailure) {
    let (name, seed) = try Self.parse(Array(text.utf8))
    try self.init(name: name, seed: seed)
  }

  private static func parse(_ text: [UInt8]) throws(EvidenceFailure) -> (String, [UInt8]) {
    let bytes = text.last == 0x0A ? text.dropLast() : text[...]
    let parts = bytes.split(
      separator: UInt8(ascii: "+"), maxSplits: 4, omittingEmptySubsequences: false)
    guard parts.count == 5, parts[0].elementsEqual("PRIVATE".utf8),
      parts[1].elementsEqual("KEY".utf8), bytes.count <= 1024,
      let name = String(validating: parts[2], as: UTF8.self)
    else {
      throw EvidenceFailure(
        "key file", found: "something else", wanted: "PRIVATE+KEY+<name>+<id>+<key>")
    }
    guard let secret = Base64.decode(String(decoding: parts[4], as: UTF8.self)),
      secret.count == 33, secret.first == 1
    else {
      throw EvidenceFailure(
        "private key", found: "something else", wanted: "base64 of 01 and a 32-byte seed")
    }
    let seed = Array(secret.dropFirst())
    let wanted = KeyName.hex(try NoteSigner(name: name, seed: seed).id)
    guard parts[3].elementsEqual(wanted.utf8) else {
      throw EvidenceFailure("key id", found: "another", wanted: wanted)
    }
    return (name, seed)
  }

  /// Writes the key file of a name and a 32-byte seed, ended by LF.
  package static func keyFile(name: String, seed: [UInt8]) throws(EvidenceFailure) -> String {
    let signer = try NoteSigner(name: name, seed: seed)
    return "PRIVATE+KEY+\(name)+\(KeyName.hex(signer.id))+\(Base64.encode([1] + seed))\n"
  }

  /// The public half.
  package var verifierKey: VerifierKey {
    get throws(EvidenceFailure) { try VerifierKey(name: name, publicKey: key.publicKey) }
  }

  /// Signs a note's text.
  package func sign(_ text: String) throws(EvidenceFailure) -> Note.Signature {
    do {
      return Note.Signature(name: name, id: id, bytes: try key.sign(Array(text.utf8)))
    } catch {
      throw EvidenceFailure("signature", found: error.reason, wanted: "a working Ed25519")
    }
  }
}

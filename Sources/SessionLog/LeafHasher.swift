internal import Evidence
internal import Platform

/// Salted leaf hashes of one session's lines.
///
/// Format: schema/session-format.md §3.
struct LeafHasher: ~Copyable {
  /// `"bbox/salt/v1\n" || key || u64be i`.
  private let salts: NumberedDigest

  /// For lines whose salts are handed over: the key itself was withheld.
  init() { salts = .bare }

  /// - Throws: the key is not one of 32 bytes.
  init(key: [UInt8]) throws(CryptoFailure) {
    guard key.count == 32, let salts = NumberedDigest(prefix: Array("bbox/salt/v1\n".utf8) + key)
    else { throw CryptoFailure("a salt key of \(key.count) bytes, not of 32") }
    self.salts = salts
  }

  func leaf(_ line: Span<UInt8>, number: UInt64) -> Digest {
    SHA256.saltedLeaf(salts.digest(of: number), line)
  }

  /// A leaf whose salt was handed over, not derived.
  func leaf(_ line: Span<UInt8>, salt: [UInt8]) -> Digest {
    let padded = Array(salt.prefix(16)) + [UInt8](repeating: 0, count: 32 - min(16, salt.count))
    return SHA256.saltedLeaf(Digest(padded) ?? .zero, line)
  }
}

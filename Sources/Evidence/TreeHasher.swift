package import Platform

/// Hashes the leaves and nodes of Merkle trees.
///
/// Source: RFC 6962 §2.1.
package struct TreeHasher: ~Copyable {
  private var hash: SHA256

  package init() throws(CryptoFailure) { hash = try SHA256() }

  /// Root of a tree without leaves: the hash of nothing.
  package static let emptyRoot =
    Digest(hex: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") ?? .zero

  /// H(00 || bytes).
  package mutating func leaf(_ bytes: Span<UInt8>) -> Digest {
    hash.update(0)
    hash.update(bytes)
    return hash.finish()
  }

  package mutating func leaf(_ bytes: [UInt8]) -> Digest { leaf(bytes.span) }

  /// H(00 || salt || line), the leaf of one event line (schema/session-format.md §3).
  package mutating func leaf(salt: Span<UInt8>, line: Span<UInt8>) -> Digest {
    hash.update(0)
    hash.update(salt)
    hash.update(line)
    return hash.finish()
  }

  package mutating func leaf(salt: [UInt8], line: Span<UInt8>) -> Digest {
    leaf(salt: salt.span, line: line)
  }

  /// H(01 || left || right).
  package func node(_ left: Digest, _ right: Digest) -> Digest { SHA256.node(left, right) }
}

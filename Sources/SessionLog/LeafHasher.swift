internal import Evidence
internal import Platform

/// Salted leaf hashes of one session's lines.
///
/// Format: schema/session-format.md §3.
struct LeafHasher: ~Copyable {
  private let sha: SHA256
  /// `"bbox/salt/v1\n" || key || u64be i`, the last eight bytes rewritten for each line.
  private var saltInput: [UInt8]
  /// `00 || salt`.
  private var leafPrefix = [UInt8](repeating: 0, count: 17)

  init(key: [UInt8]) throws(CryptoFailure) {
    sha = try SHA256()
    saltInput = Array("bbox/salt/v1\n".utf8) + key + [UInt8](repeating: 0, count: 8)
  }

  mutating func leaf(_ line: Span<UInt8>, number: UInt64) -> Digest {
    let end = saltInput.count
    for i in 0..<8 {
      saltInput[end - 1 - i] = UInt8(truncatingIfNeeded: number >> UInt64(8 * i))
    }
    sha.update(saltInput.span)
    sha.finish().copyPrefix(16, to: &leafPrefix, at: 1)
    return leaf(line)
  }

  /// A leaf whose salt was handed over, not derived: the key itself was withheld.
  mutating func leaf(_ line: Span<UInt8>, salt: [UInt8]) -> Digest {
    for i in 0..<min(16, salt.count) { leafPrefix[i + 1] = salt[i] }
    return leaf(line)
  }

  private mutating func leaf(_ line: Span<UInt8>) -> Digest {
    sha.update(leafPrefix.span)
    sha.update(line)
    return sha.finish()
  }
}

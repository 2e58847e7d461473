package import Platform

/// What must be kept of a growing Merkle tree to go on and to know its root: its right edge.
///
/// One hash for each 1 bit of `size`: the roots of the perfect subtrees from left to right.
package struct CompactRange: Sendable, Equatable {
  /// Number of leaves.
  package private(set) var size: UInt64
  /// Roots of the perfect subtrees, the largest first.
  package private(set) var hashes: [Digest]

  /// A tree without leaves.
  package init() {
    size = 0
    hashes = []
  }

  /// Continues a tree; nil if the number of hashes does not fit `size`, or `size` is 2^63 or more.
  package init?(size: UInt64, hashes: [Digest]) {
    guard size < 1 << 63, hashes.count == size.nonzeroBitCount else { return nil }
    self.size = size
    self.hashes = hashes
  }

  /// The tree over `leaves`.
  package init(_ leaves: ArraySlice<Digest>, using hasher: inout TreeHasher) {
    self.init()
    for leaf in leaves { append(leaf, using: &hasher) }
  }

  /// Adds a leaf hash on the right: one node on average, 63 at most.
  package mutating func append(_ leaf: Digest, using hasher: inout TreeHasher) {
    var hash = leaf
    var rest = size
    while rest & 1 == 1, let left = hashes.popLast() {
      hash = hasher.node(left, hash)
      rest >>= 1
    }
    hashes.append(hash)
    size &+= 1
  }

  /// The tree hash; O(log n).
  package func root(using hasher: inout TreeHasher) -> Digest {
    guard var root = hashes.last else { return TreeHasher.emptyRoot }
    for left in hashes.dropLast().reversed() { root = hasher.node(left, root) }
    return root
  }
}

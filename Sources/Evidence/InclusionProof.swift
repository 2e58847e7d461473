package import Platform

/// Audit paths: that one leaf stands at one index of a tree.
///
/// Source: RFC 6962 §2.1.1.
package enum InclusionProof {
  /// No proof of ours is longer (schema/session-format.md §7).
  package static let maximumHashes = 64

  /// The path from the leaf at `index` to the root, lowest first; nil if there is no such leaf.
  ///
  /// Costs one node for each leaf of the tree.
  package static func make(index: Int, of leaves: [Digest], using hasher: inout TreeHasher)
    -> [Digest]?
  {
    guard leaves.indices.contains(index) else { return nil }
    var path: [Digest] = []
    var range = 0..<leaves.count
    while range.count > 1 {
      let middle = range.lowerBound + splitPoint(range.count)
      let left = range.lowerBound..<middle
      let right = middle..<range.upperBound
      let sibling = index < middle ? right : left
      path.append(CompactRange(leaves[sibling], using: &hasher).root(using: &hasher))
      range = index < middle ? left : right
    }
    return path.reversed()
  }

  /// True if `path` leads from `leaf` at `index` to the `root` of a tree of `size` leaves.
  package static func verify(
    leaf: Digest, index: UInt64, size: UInt64, path: [Digest], root: Digest,
    using hasher: inout TreeHasher
  ) -> Bool {
    self.root(leaf: leaf, index: index, size: size, path: path, using: &hasher) == root
  }

  /// The root that `path` leads to; nil if its length does not fit.
  ///
  /// Source: RFC 9162 §2.1.3.2.
  package static func root(
    leaf: Digest, index: UInt64, size: UInt64, path: [Digest], using hasher: inout TreeHasher
  ) -> Digest? {
    guard index < size, path.count <= maximumHashes else { return nil }
    var node = index
    var last = size - 1
    var root = leaf
    for sibling in path {
      guard last > 0 else { return nil }
      if node & 1 == 1 || node == last {
        root = hasher.node(sibling, root)
        // On the right edge, levels where the node has no sibling are passed over.
        while node & 1 == 0, node > 0 {
          node >>= 1
          last >>= 1
        }
      } else {
        root = hasher.node(root, sibling)
      }
      node >>= 1
      last >>= 1
    }
    return last == 0 ? root : nil
  }

  /// The largest power of two below `count`, which is at least 2.
  static func splitPoint(_ count: Int) -> Int {
    1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
  }
}

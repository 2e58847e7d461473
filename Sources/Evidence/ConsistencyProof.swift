package import Platform

/// Proofs that a tree only grew: the older one is a prefix of the newer.
///
/// Source: RFC 6962 §2.1.2.
package enum ConsistencyProof {
  /// The proof between the trees over the first `old` and the first `new` leaves.
  ///
  /// Empty where `old` is 0 or equals `new`; nil if the sizes do not fit. Costs one node for each leaf.
  package static func make(
    from old: Int, to new: Int, of leaves: [Digest], using hasher: inout TreeHasher
  ) -> [Digest]? {
    guard old >= 0, old <= new, new <= leaves.count else { return nil }
    guard old > 0, old < new else { return [] }
    var path: [Digest] = []
    var range = 0..<new
    while range.upperBound != old {
      let middle = range.lowerBound + InclusionProof.splitPoint(range.count)
      let left = range.lowerBound..<middle
      let right = middle..<range.upperBound
      let sibling = old <= middle ? right : left
      path.append(CompactRange(leaves[sibling], using: &hasher).root(using: &hasher))
      range = old <= middle ? left : right
    }
    // The subtree at the old edge is the old root itself if the descent never went right.
    if range.lowerBound > 0 {
      path.append(CompactRange(leaves[range], using: &hasher).root(using: &hasher))
    }
    return path.reversed()
  }

  /// True if `path` shows that the newer tree begins with the older.
  ///
  /// Source: RFC 9162 §2.1.4.2.
  package static func verify(
    oldSize: UInt64, oldRoot: Digest, newSize: UInt64, newRoot: Digest, path: [Digest],
    using hasher: inout TreeHasher
  ) -> Bool {
    guard oldSize <= newSize, path.count <= InclusionProof.maximumHashes else { return false }
    if oldSize == newSize { return path.isEmpty && oldRoot == newRoot }
    if oldSize == 0 { return path.isEmpty && oldRoot == TreeHasher.emptyRoot }
    var node = oldSize - 1
    var last = newSize - 1
    while node & 1 == 1 {
      node >>= 1
      last >>= 1
    }
    var rest = path[...]
    // Where the old size is a power of two, its root starts the path and is not sent.
    let start = oldSize & (oldSize - 1) == 0 ? oldRoot : rest.popFirst()
    guard let start else { return false }
    var old = start
    var new = start
    for sibling in rest {
      guard last > 0 else { return false }
      if node & 1 == 1 || node == last {
        old = hasher.node(sibling, old)
        new = hasher.node(sibling, new)
        while node & 1 == 0, node > 0 {
          node >>= 1
          last >>= 1
        }
      } else {
        new = hasher.node(new, sibling)
      }
      node >>= 1
      last >>= 1
    }
    return last == 0 && old == oldRoot && new == newRoot
  }
}

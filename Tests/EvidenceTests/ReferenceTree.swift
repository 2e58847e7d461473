import Evidence
import Platform
import TestSupport

/// The definitions of RFC 6962 §2.1 as they stand there: slow, recursive, and plain to compare.
enum Reference {
  static func hash(_ bytes: [UInt8]) throws -> Digest { try SHA256.hash(bytes) }

  static func leaf(_ bytes: [UInt8]) throws -> Digest { try hash([0] + bytes) }

  static func root(_ leaves: ArraySlice<Digest>) throws -> Digest {
    guard leaves.count > 1 else { return try leaves.first ?? hash([]) }
    let k = leaves.startIndex + split(leaves.count)
    return try hash([1] + root(leaves[..<k]).bytes + root(leaves[k...]).bytes)
  }

  static func path(_ m: Int, _ leaves: ArraySlice<Digest>) throws -> [Digest] {
    guard leaves.count > 1 else { return [] }
    let k = split(leaves.count)
    let middle = leaves.startIndex + k
    return m < k
      ? try path(m, leaves[..<middle]) + [root(leaves[middle...])]
      : try path(m - k, leaves[middle...]) + [root(leaves[..<middle])]
  }

  static func proof(_ m: Int, _ leaves: ArraySlice<Digest>) throws -> [Digest] {
    try subproof(m, leaves, true)
  }

  private static func subproof(_ m: Int, _ leaves: ArraySlice<Digest>, _ b: Bool) throws
    -> [Digest]
  {
    if m == leaves.count { return b ? [] : [try root(leaves)] }
    let k = split(leaves.count)
    let middle = leaves.startIndex + k
    return m <= k
      ? try subproof(m, leaves[..<middle], b) + [root(leaves[middle...])]
      : try subproof(m - k, leaves[middle...], false) + [root(leaves[..<middle])]
  }

  private static func split(_ count: Int) -> Int {
    var k = 1
    while k * 2 < count { k *= 2 }
    return k
  }

  static func leaves(_ count: Int) throws -> [Digest] {
    try (0..<count).map { try leaf(Array("leaf \($0)".utf8)) }
  }
}

/// All that can be done to a proof with one step: flip, remove, add, swap, repeat.
func mutations(of path: [Digest]) -> [[Digest]] {
  var results: [[Digest]] = []
  func flipped(_ digest: Digest, _ bit: Int) -> Digest {
    var bytes = digest.bytes
    bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    return Digest(bytes) ?? .zero
  }
  for index in path.indices {
    for bit in [0, 100, 255] {
      var changed = path
      changed[index] = flipped(path[index], bit)
      results.append(changed)
    }
    var shorter = path
    shorter.remove(at: index)
    results.append(shorter)
    if index > 0 {
      var swapped = path
      swapped.swapAt(index - 1, index)
      results.append(swapped)
    }
  }
  for index in 0...path.count {
    for extra in [Digest.zero, path.first ?? TreeHasher.emptyRoot] {
      var longer = path
      longer.insert(extra, at: index)
      results.append(longer)
    }
  }
  return results.filter { $0 != path }
}

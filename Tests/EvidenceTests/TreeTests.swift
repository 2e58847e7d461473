import Evidence
import Platform
import TestSupport
import Testing

@Suite struct `Merkle trees` {
  // Certificate Transparency's well-known test leaves and the roots over their first 1 … 8.
  static let inputs = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
  ]
  static let roots = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ]

  @Test func `the roots of Certificate Transparency's test leaves`() throws {
    var hasher = try TreeHasher()
    var range = CompactRange()
    #expect(range.root(using: &hasher) == TreeHasher.emptyRoot)
    for (input, root) in zip(Self.inputs, Self.roots) {
      range.append(hasher.leaf(try #require(Hex.decode(input))), using: &hasher)
      #expect(range.root(using: &hasher).hex == root)
    }
  }

  @Test func `the root of no leaves is the hash of nothing`() throws {
    #expect(TreeHasher.emptyRoot == (try SHA256.hash([])))
  }

  @Test func `a salted leaf is the hash of salt and line after a zero byte`() throws {
    var hasher = try TreeHasher()
    let salt: [UInt8] = Array(0..<16)
    let line = Array(#"{"t":0,"type":"x"}"#.utf8)
    #expect(hasher.leaf(salt: salt, line: line.span) == (try SHA256.hash([0] + salt + line)))
    #expect(hasher.leaf(salt: salt.span, line: line.span) == hasher.leaf(salt + line))
  }

  @Test func `growing agrees with the definition at every size up to 300`() throws {
    var hasher = try TreeHasher()
    let leaves = try Reference.leaves(300)
    var range = CompactRange()
    for count in 0...300 {
      #expect(range.size == UInt64(count))
      #expect(range.hashes.count == count.nonzeroBitCount)
      #expect(range.root(using: &hasher) == (try Reference.root(leaves[..<count])))
      if count < 300 { range.append(leaves[count], using: &hasher) }
    }
  }

  @Test func `a range goes on from its stored hashes`() throws {
    var hasher = try TreeHasher()
    let leaves = try Reference.leaves(80)
    for cut in 0...80 {
      let head = CompactRange(leaves[..<cut], using: &hasher)
      var rest = try #require(CompactRange(size: head.size, hashes: head.hashes))
      #expect(rest == head)
      for leaf in leaves[cut...] { rest.append(leaf, using: &hasher) }
      #expect(rest.root(using: &hasher) == (try Reference.root(leaves[...])))
    }
  }

  @Test(arguments: [
    (UInt64(0), 1), (1, 0), (1, 2), (2, 2), (3, 1), (7, 2), (7, 4), (UInt64.max, 64), (1 << 63, 1),
  ])
  func `a range whose hashes do not fit its size is refused`(size: UInt64, hashes: Int) {
    #expect(CompactRange(size: size, hashes: .init(repeating: .zero, count: hashes)) == nil)
  }

  @Test func `the largest range can be added to`() throws {
    var hasher = try TreeHasher()
    let size = UInt64(1) << 63 - 1
    var range = try #require(CompactRange(size: size, hashes: .init(repeating: .zero, count: 63)))
    range.append(.zero, using: &hasher)
    #expect(range.size == 1 << 63)
    #expect(range.hashes.count == 1)
  }
}

@Suite struct `Inclusion proofs` {
  @Test func `every leaf of every tree up to 130, and no changed proof`() throws {
    var hasher = try TreeHasher()
    let leaves = try Reference.leaves(130)
    var trials = 0
    for size in 1...130 {
      let tree = Array(leaves[..<size])
      let root = CompactRange(tree[...], using: &hasher).root(using: &hasher)
      for index in 0..<size {
        let path = try #require(InclusionProof.make(index: index, of: tree, using: &hasher))
        let good = InclusionProof.verify(
          leaf: leaves[index], index: UInt64(index), size: UInt64(size), path: path, root: root,
          using: &hasher)
        #expect(good)
        guard size <= 40 || index % 17 == 0 || index == size - 1 else { continue }
        if size <= 40 { #expect(path == (try Reference.path(index, tree[...]))) }
        for changed in mutations(of: path) {
          let accepted = InclusionProof.verify(
            leaf: leaves[index], index: UInt64(index), size: UInt64(size), path: changed,
            root: root, using: &hasher)
          #expect(!accepted, "size \(size) index \(index)")
          trials += 1
        }
      }
    }
    #expect(trials > 20_000)
  }

  @Test func `a wrong index, size, leaf or root`() throws {
    var hasher = try TreeHasher()
    let leaves = try Reference.leaves(70)
    for size in 1...40 {
      let tree = Array(leaves[..<size])
      let root = CompactRange(tree[...], using: &hasher).root(using: &hasher)
      for index in 0..<size {
        let path = try #require(InclusionProof.make(index: index, of: tree, using: &hasher))
        for other in 0...size + 1 where other != index {
          let accepted = InclusionProof.verify(
            leaf: leaves[index], index: UInt64(other), size: UInt64(size), path: path,
            root: root, using: &hasher)
          #expect(!accepted, "size \(size) index \(index) as \(other)")
        }
        let swapped = InclusionProof.verify(
          leaf: leaves[index + 1], index: UInt64(index), size: UInt64(size), path: path,
          root: root, using: &hasher)
        #expect(!swapped)
        let empty = InclusionProof.verify(
          leaf: leaves[index], index: UInt64(index), size: 0, path: path, root: root,
          using: &hasher)
        #expect(!empty)
        let other = InclusionProof.verify(
          leaf: leaves[index], index: UInt64(index), size: UInt64(size), path: path,
          root: .zero, using: &hasher)
        #expect(!other)
      }
    }
  }

  @Test func `there is no proof for a leaf that is not there`() throws {
    var hasher = try TreeHasher()
    let leaves = try Reference.leaves(3)
    #expect(InclusionProof.make(index: 3, of: leaves, using: &hasher) == nil)
    #expect(InclusionProof.make(index: -1, of: leaves, using: &hasher) == nil)
    #expect(InclusionProof.make(index: 0, of: [], using: &hasher) == nil)
  }

  @Test func `the largest numbers and too many hashes are refused without a trap`() throws {
    var hasher = try TreeHasher()
    for count in [0, 1, 63, 64, 65, 1000] {
      let path = [Digest](repeating: .zero, count: count)
      for (index, size) in [
        (UInt64.max, UInt64.max), (.max - 1, .max), (0, .max), (0, 0), (1 << 63, .max),
      ] {
        let accepted = InclusionProof.verify(
          leaf: .zero, index: index, size: size, path: path, root: .zero, using: &hasher)
        #expect(!accepted)
      }
    }
  }
}

@Suite struct `Consistency proofs` {
  @Test func `every pair of sizes up to 64, and no changed proof`() throws {
    var hasher = try TreeHasher()
    let leaves = try Reference.leaves(64)
    let roots = try (0...64).map { try Reference.root(leaves[..<$0]) }
    var trials = 0
    for new in 0...64 {
      for old in 0...new {
        let path = try #require(
          ConsistencyProof.make(from: old, to: new, of: leaves, using: &hasher))
        if old > 0 { #expect(path == (try Reference.proof(old, leaves[..<new]))) }
        func verify(_ path: [Digest], _ a: Digest, _ b: Digest) -> Bool {
          ConsistencyProof.verify(
            oldSize: UInt64(old), oldRoot: a, newSize: UInt64(new), newRoot: b, path: path,
            using: &hasher)
        }
        #expect(verify(path, roots[old], roots[new]), "\(old) to \(new)")
        for changed in mutations(of: path) {
          #expect(!verify(changed, roots[old], roots[new]), "\(old) to \(new)")
          trials += 1
        }
        #expect(!verify(path, .zero, roots[new]))
        // From nothing everything grows, so only the old root can be wrong.
        if old > 0 { #expect(!verify(path, roots[old], .zero)) }
      }
    }
    #expect(trials > 20_000)
  }

  @Test(arguments: [
    (1, 2), (6, 8), (127, 128), (128, 300), (200, 256), (255, 512), (257, 300), (300, 512),
  ])
  func `larger trees`(old: Int, new: Int) throws {
    var hasher = try TreeHasher()
    let leaves = try Reference.leaves(512)
    let roots = try [old, new].map { try Reference.root(leaves[..<$0]) }
    let path = try #require(ConsistencyProof.make(from: old, to: new, of: leaves, using: &hasher))
    for (candidate, wanted) in [(path, true)] + mutations(of: path).map({ ($0, false) }) {
      let accepted = ConsistencyProof.verify(
        oldSize: UInt64(old), oldRoot: roots[0], newSize: UInt64(new), newRoot: roots[1],
        path: candidate, using: &hasher)
      #expect(accepted == wanted)
    }
  }

  @Test func `sizes that go back, and the largest numbers`() throws {
    var hasher = try TreeHasher()
    for (old, new) in [
      (UInt64(2), UInt64(1)), (.max, 0), (.max, .max - 1), (1, .max), (.max - 1, .max),
      (1 << 63, .max), ((1 << 63) - 1, 1 << 63),
    ] {
      for count in [0, 1, 64, 65] {
        let accepted = ConsistencyProof.verify(
          oldSize: old, oldRoot: .zero, newSize: new, newRoot: .zero,
          path: .init(repeating: .zero, count: count), using: &hasher)
        #expect(!accepted)
      }
    }
    let leaves = try Reference.leaves(4)
    #expect(ConsistencyProof.make(from: 3, to: 2, of: leaves, using: &hasher) == nil)
    #expect(ConsistencyProof.make(from: -1, to: 2, of: leaves, using: &hasher) == nil)
    #expect(ConsistencyProof.make(from: 1, to: 5, of: leaves, using: &hasher) == nil)
  }
}

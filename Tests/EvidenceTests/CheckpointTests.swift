import Evidence
import Platform
import Testing

@Suite struct `Checkpoints` {
  static let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
  static let empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

  @Test(arguments: [
    "example.com/log\n20852163\n\(root)\n", "a\n0\n\(empty)\n", "a\n1\n\(empty)\n",
    "a\n18446744073709551615\n\(root)\n",
  ])
  func `what is read is written back`(text: String) throws {
    #expect(try Checkpoint(parsing: text).format() == text)
  }

  static let badCheckpoints: [(String, String)] = [
    ("size 0 with another root", "a\n0\n\(root)\n"), ("leading zeros", "a\n007\n\(root)\n"),
    ("two zeros", "a\n00\n\(empty)\n"), ("2^64", "a\n18446744073709551616\n\(root)\n"),
    ("far more", "a\n99999999999999999999\n\(root)\n"),
    ("so long", "a\n\(String(repeating: "9", count: 5000))\n\(root)\n"),
    ("negative", "a\n-1\n\(root)\n"), ("signed", "a\n+1\n\(root)\n"), ("hex", "a\n0x1\n\(root)\n"),
    ("no size", "a\n\n\(root)\n"), ("a space", "a\n 1\n\(root)\n"),
    ("decimals", "a\n1.0\n\(root)\n"),
    ("other digits", "a\n١\n\(root)\n"),
    ("missing LF", "a\n1\n\(root)"), ("CR", "a\r\n1\r\n\(root)\r\n"),
    ("CR at the end", "a\n1\n\(root)\r\n"),
    ("extra empty line", "a\n1\n\(root)\n\n"), ("empty line before", "\na\n1\n\(root)\n"),
    ("extension line", "a\n1\n\(root)\nextension\n"), ("two lines", "a\n1\n"), ("nothing", ""),
    ("empty origin", "\n1\n\(root)\n"), ("space in the origin", "a b\n1\n\(root)\n"),
    ("plus in the origin", "a+b\n1\n\(root)\n"), ("control in the origin", "a\u{1B}\n1\n\(root)\n"),
    ("short root", "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n"),
    ("long root", "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2IA\n"),
    ("stray bits in the root", "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n"),
    ("unpadded root", "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n"),
    ("space after the root", "a\n1\n\(root) \n"), ("empty root", "a\n1\n\n"),
  ]

  @Test(arguments: badCheckpoints)
  func `what is not a checkpoint`(what: String, text: String) {
    #expect(throws: EvidenceFailure.self, "\(what)") { try Checkpoint(parsing: text) }
  }

  @Test func `the log's key must have signed, under the origin's name`() throws {
    let text = "log\n1\n\(Self.root)\n"
    let log = try signer("log")
    let key = try log.verifierKey
    let note = try Note.signed(text: text, by: log)
    #expect(try Checkpoint(note, signedBy: key).format() == text)
    let stranger = try signer("log", 2).verifierKey
    #expect(throws: EvidenceFailure.self) { try Checkpoint(note, signedBy: stranger) }
    let elsewhere = try Note.signed(text: "other\n1\n\(Self.root)\n", by: log)
    #expect(throws: EvidenceFailure.self) { try Checkpoint(elsewhere, signedBy: key) }
    let notOne = try Note.signed(text: "log\n01\n\(Self.root)\n", by: log)
    #expect(throws: EvidenceFailure.self) { try Checkpoint(notOne, signedBy: key) }
  }
}

@Suite struct `Proof files` {
  static func make(_ count: Int, _ index: Int, extra: [UInt8]?) throws
    -> (ProofFile, Digest, VerifierKey)
  {
    var hasher = try TreeHasher()
    let leaves = try Reference.leaves(count)
    let log = try signer("log.example/1")
    let root = CompactRange(leaves[...], using: &hasher).root(using: &hasher)
    let checkpoint = Checkpoint(origin: "log.example/1", size: UInt64(count), root: root)
    let path = try #require(InclusionProof.make(index: index, of: leaves, using: &hasher))
    let note = try Note.signed(text: checkpoint.format(), by: log)
    return (
      ProofFile(extra: extra, index: UInt64(index), path: path, note: note), leaves[index],
      try log.verifierKey
    )
  }

  @Test(arguments: [(1, 0), (2, 1), (7, 3), (64, 63), (65, 64)])
  func `what is written is read back and verifies`(count: Int, index: Int) throws {
    var hasher = try TreeHasher()
    for extra in [nil, [], Array("leaf\n".utf8), [UInt8](repeating: 255, count: 65_535)] {
      let (proof, leaf, key) = try Self.make(count, index, extra: extra)
      let back = try ProofFile(parsing: Array(proof.format().utf8))
      #expect(back == proof)
      let checkpoint = try back.verify(leaf: leaf, signedBy: key, using: &hasher)
      #expect(checkpoint.size == UInt64(count))
      var wrong = back
      wrong.index += 1
      var refused = false
      do { _ = try wrong.verify(leaf: leaf, signedBy: key, using: &hasher) } catch {
        refused = true
      }
      #expect(refused)
    }
  }

  @Test func `no changed byte passes, except in what nothing signs`() throws {
    var hasher = try TreeHasher()
    let (proof, leaf, key) = try Self.make(5, 2, extra: nil)
    let bytes = Array(proof.format().utf8)
    for index in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[index] ^= 1 << UInt8(bit)
        guard let proof = try? ProofFile(parsing: changed) else { continue }
        let accepted = try? proof.verify(leaf: leaf, signedBy: key, using: &hasher)
        #expect(accepted == nil, "byte \(index) bit \(bit)")
      }
    }
  }

  @Test func `proofs that are not one`() throws {
    let good = try Self.make(5, 2, extra: [1]).0.format()
    let hash = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    let changes: [(String, String)] = [
      ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"), ("extra AQ==", "extra AR=="),
      ("extra AQ==", "extra  AQ=="), ("extra AQ==", "other AQ=="),
      ("extra AQ==\n", "extra AQ==\nextra AQ==\n"),
      ("index 2", "index 02"), ("index 2", "index -2"), ("index 2", "index"), ("index 2\n", ""),
      ("index 2", "index 18446744073709551616"), ("index 2\n", "index 2\n\n"),
      ("index 2\n", "index 2\r\n"), ("index 2\n", "index 2\n" + String(repeating: hash, count: 62)),
      ("index 2\n", "index 2\nAAAA\n"),
      ("index 2\n", "index 2\n" + hash.replacing("2I=", with: "2J=")),
    ]
    _ = try ProofFile(parsing: Array(good.utf8))
    for (old, new) in changes {
      let text = good.replacing(old, with: new)
      #expect(text != good)
      #expect(throws: EvidenceFailure.self, "\(old) -> \(new)") {
        try ProofFile(parsing: Array(text.utf8))
      }
    }
    #expect(throws: EvidenceFailure.self) { try ProofFile(parsing: Array(("\n" + good).utf8)) }
    let bytes = Array(good.utf8)
    for cut in bytes.indices {
      #expect(throws: EvidenceFailure.self) { try ProofFile(parsing: Array(bytes[..<cut])) }
    }
    #expect(throws: EvidenceFailure.self) {
      try ProofFile(parsing: .init(repeating: 0x0A, count: 10_000_000))
    }
  }

  @Test func `64 hashes are the most`() throws {
    var (proof, _, _) = try Self.make(1, 0, extra: nil)
    proof.path = .init(repeating: .zero, count: 64)
    #expect(try ProofFile(parsing: Array(proof.format().utf8)) == proof)
    proof.path.append(.zero)
    let bytes = Array(proof.format().utf8)
    #expect(throws: EvidenceFailure.self) { try ProofFile(parsing: bytes) }
  }
}

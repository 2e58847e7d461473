import Custody
import Evidence
import Platform
import SessionLog
import TestSupport
import Testing

@Suite struct `The proof of one session` {
  /// A store with one closed session among others, on a disk in memory.
  private func scene() throws -> (files: FaultyFiles, box: TestStore, trust: Trust) {
    let files = FaultyFiles()
    let box = try TestStore(on: files, clock: TestClock())
    for number in 1...3 {
      var writer = try box.begin(TestStore.id(number))
      try writer.append(TestLine.output(writer.now(), "session \(number)\r\n"))
      _ = try writer.close(lines: [TestLine.end(writer.now())])
    }
    return (files, box, Trust(key: box.store.verifierKey, source: .ownState))
  }

  @Test(arguments: 1...3)
  func `is written, read back, and holds for its own leaf alone`(number: Int) throws {
    let (_, box, trust) = try scene()
    let (made, verdict) = try SessionProof.make(
      TestStore.id(number), in: box.store, trust: trust, state: box.state)
    #expect(verdict.word == "OK")
    let proof = try ProofFile(parsing: Array(made.format().utf8))
    #expect(proof == made)
    let extra = try #require(proof.extra)
    let leaf = try Leaf(parsing: extra.span)
    #expect(leaf.kind == .close)
    #expect(leaf.session == TestStore.id(number))
    #expect(leaf.sha256 == verdict.sha256)
    var hasher = try TreeHasher()
    let head = try proof.verify(
      leaf: hasher.leaf(leaf.format()), signedBy: trust.key, using: &hasher)
    #expect(head.size == 6)
    var other = leaf
    other.bytes += 1
    let forged = hasher.leaf(other.format())
    #expect(throws: EvidenceFailure.self) {
      var hasher = try TreeHasher()
      _ = try proof.verify(leaf: forged, signedBy: trust.key, using: &hasher)
    }
  }

  @Test func `is refused for a damaged session and for one that the log does not name`() throws {
    let (files, box, trust) = try scene()
    files.tamper(box.store.sessionPath(of: TestStore.id(2))) { $0[$0.count / 2] ^= 1 }
    #expect(throws: SessionProof.Failure.self) {
      _ = try SessionProof.make(TestStore.id(2), in: box.store, trust: trust, state: box.state)
    }
    #expect(throws: SessionProof.Failure.self) {
      _ = try SessionProof.make(TestStore.id(9), in: box.store, trust: trust, state: box.state)
    }
    // The sessions beside it are provable as before.
    _ = try SessionProof.make(TestStore.id(1), in: box.store, trust: trust, state: box.state)
  }
}

import Evidence
import Platform
import SessionLog
import TestSupport
import Testing

@Suite struct `The log of a store` {
  @Test func `an entry removed, exchanged, cut, or with its length off by one is found`() throws {
    let scene = try Scene()
    let entries = scene.files.contents(scene.box.store.entriesPath) ?? []
    func rules(_ change: (inout LogForge) -> Void) throws -> [Finding.Rule] {
      var forge = LogForge(readingFrom: scene.files, scene.box.store)
      change(&forge)
      scene.files.plant(scene.box.store.entriesPath, forge.entries)
      defer { scene.files.plant(scene.box.store.entriesPath, entries) }
      return try scene.box.log().findings.map(\.rule)
    }
    #expect(try rules { _ in } == [])
    #expect(try rules { $0.leaves.remove(at: 1) }.contains(.logEntries))
    #expect(try rules { $0.leaves.swapAt(1, 2) }.contains(.logRoot))
    #expect(try rules { $0.leaves[0][30] ^= 1 }.contains(.logRoot))
    for delta in [1, 255] as [UInt8] {
      var bytes = entries
      bytes[1] &+= delta
      scene.files.plant(scene.box.store.entriesPath, bytes)
      #expect(try !scene.box.log().findings.isEmpty)
    }
    for length in entries.indices {
      scene.files.plant(scene.box.store.entriesPath, Array(entries[..<length]))
      #expect(try scene.box.log().findings.contains { $0.rule == .logEntries }, "\(length)")
    }
    try scene.files.remove(scene.box.store.entriesPath)
    #expect(try scene.box.log().findings.map(\.rule) == [.logEntries])
  }

  @Test func `each flipped bit of entries or checkpoint is found`() throws {
    let scene = try Scene()
    for path in [scene.box.store.entriesPath, scene.box.store.checkpointPath] {
      let whole = scene.files.contents(path) ?? []
      for offset in whole.indices {
        var bytes = whole
        bytes[offset] ^= 1 << UInt8(offset % 8)
        scene.files.plant(path, bytes)
        #expect(try !scene.box.log().findings.isEmpty, "\(path) \(offset)")
      }
      scene.files.plant(path, whole)
    }
    #expect(try scene.box.findings() == [])
  }

  @Test func `leaves beyond the checkpoint are told, not believed, and put aside by recovery`()
    throws
  {
    let scene = try Scene()
    var forge = LogForge(readingFrom: scene.files, scene.box.store)
    let last = try #require(forge.leaves.last)
    var leaf = try Leaf(parsing: last.span)
    leaf.kind = .close
    forge.leaves.append(leaf.format())
    scene.files.plant(scene.box.store.entriesPath, forge.entries)
    let log = try scene.box.log()
    #expect(log.findings == [] && log.unsignedEntries == 1)
    #expect(try scene.verdict(Scene.open).word == "OPEN")
    _ = try Recovery(scene.box.store, scene.box.state, clock: scene.box.clock).run()
    let after = try scene.box.log()
    #expect(after.findings == [] && after.unsignedEntries == 0)
    #expect(after.leaves[Scene.open]?.last?.leaf.kind == .abandoned)
    let kept = scene.files.paths.filter { $0.contains("quarantine/log.") }
    #expect(kept.count == 1)
    #expect(scene.files.contents(kept[0])?.dropFirst(2).elementsEqual(leaf.format()) == true)
  }

  @Test func `a torn last entry of any length is put aside and nothing is signed for it`() throws {
    let scene = try Scene()
    let entries = scene.files.contents(scene.box.store.entriesPath) ?? []
    let log = TransparencyLog(scene.box.store, scene.box.state)
    for length in 1..<232 {
      scene.files.plant(scene.box.store.entriesPath, entries + entries[..<length])
      let before = try scene.box.log()
      #expect(before.findings == [])
      let head = try log.append([])
      #expect(head == before.checkpoint)
      #expect(scene.files.contents(scene.box.store.entriesPath) == entries)
    }
  }

  @Test func `what contradicts itself is DIVERGED even under a valid signature`() throws {
    let scene = try Scene()
    let start = LogForge(readingFrom: scene.files, scene.box.store)
    let own = try start.leaves.map { try Leaf(parsing: $0.span) }
    let close = try #require(own.first { $0.kind == .close && $0.session == Scene.closed })
    let open = try #require(own.first { $0.session == Scene.closed })
    var smaller = close
    smaller.kind = .anchor
    var anchor = try #require(own.last { $0.session == Scene.open })
    anchor.kind = .anchor
    anchor.lines -= 1
    var shorter = anchor
    shorter.lines += 1
    shorter.bytes -= 1
    for (id, leaves) in [
      (Scene.closed, own + [close]), (Scene.closed, own + [open]), (Scene.closed, own + [smaller]),
      (Scene.open, own + [anchor]), (Scene.open, own + [shorter]),
      (Scene.closed, own.filter { $0 != open }), (Scene.closed, [close, open]),
    ] {
      var forge = start
      forge.leaves = leaves.map { $0.format() }
      try forge.plant(in: scene.files, scene.box.store, guard: scene.box.state)
      let verdict = try scene.verdict(id)
      #expect(verdict.findings.contains { $0.rule == .leafOrder }, "\(leaves.map(\.kind))")
      #expect(verdict.word == "DIVERGED")
    }
  }

  @Test func `signed leaves that say other roots, bytes or digests are held against the file`()
    throws
  {
    let scene = try Scene()
    let start = LogForge(readingFrom: scene.files, scene.box.store)
    func rules(_ change: (inout Leaf) -> Void) throws -> [Finding.Rule] {
      var forge = start
      for (index, bytes) in forge.leaves.enumerated() {
        var leaf = try Leaf(parsing: bytes.span)
        guard leaf.session == Scene.open, leaf.kind == .anchor else { continue }
        change(&leaf)
        forge.leaves[index] = leaf.format()
      }
      try forge.plant(in: scene.files, scene.box.store, guard: scene.box.state)
      return try scene.rules(Scene.open)
    }
    #expect(try rules { _ in } == [])
    #expect(try rules { $0.root = .zero } == [.leafRoot])
    #expect(try rules { $0.bytes += 1 } == [.leafBytes])
    #expect(try rules { $0.sha256 = .zero } == [.leafDigest])
    #expect(try rules { $0.lines += 1 } == [.leafLines])
    var forge = start
    forge.leaves.append(Array("blackbox/leaf/v1\nnonsense\n".utf8))
    try forge.plant(in: scene.files, scene.box.store, guard: scene.box.state)
    #expect(try scene.box.log().findings.map(\.rule) == [.leafForm])
  }

  @Test func `an older store under a newer guard is DIVERGED, and nothing more is signed`() throws {
    let scene = try Scene()
    let entries = scene.files.contents(scene.box.store.entriesPath) ?? []
    let checkpoint = scene.files.contents(scene.box.store.checkpointPath) ?? []
    let guardBytes = scene.files.contents(scene.box.state.guardPath) ?? []
    let old = try #require(try scene.box.log().checkpoint)
    var writer = try scene.box.begin(TestStore.id(9))
    _ = try writer.close(lines: [TestLine.end(1)])
    let new = try #require(try scene.box.log().checkpoint)
    scene.files.plant(scene.box.store.entriesPath, entries)
    scene.files.plant(scene.box.store.checkpointPath, checkpoint)
    let log = try scene.box.log()
    #expect(log.findings.map(\.rule) == [.logGuard])
    #expect(log.findings.map(\.verdict) == [.diverged])
    #expect { _ = try scene.box.begin(TestStore.id(10)) } throws: {
      ($0 as? SessionLogFailure)?.kind == .diverged
    }
    // The guard restored too: only a checkpoint kept outside tells.
    scene.files.plant(scene.box.state.guardPath, guardBytes)
    #expect(try scene.box.log().findings == [])
    #expect(try scene.box.log(known: [old]).findings == [])
    #expect(try scene.box.log(known: [new]).findings.map(\.rule) == [.logKnown])
    #expect(try scene.box.log(known: [new]).findings.map(\.verdict) == [.diverged])
  }

  @Test func `an older guard, one of another root, none, or one that cannot be read: refused`()
    throws
  {
    let scene = try Scene()
    let guardPath = scene.box.state.guardPath
    let good = scene.files.contents(guardPath) ?? []
    var forge = LogForge(readingFrom: scene.files, scene.box.store)
    let signer = try scene.box.state.signer(for: scene.box.store)
    func kind() -> SessionLogFailure.Kind? {
      do {
        _ = try TransparencyLog(scene.box.store, scene.box.state).append([])
        return nil
      } catch { return error.kind }
    }
    #expect(kind() == nil)
    forge.signedLeaves = forge.leaves.count - 1
    scene.files.plant(guardPath, try forge.checkpoint(by: signer))
    #expect(try scene.box.log().findings.map(\.rule) == [.logGuard])
    let entries = scene.files.contents(scene.box.store.entriesPath) ?? []
    #expect(kind() == .diverged)
    scene.files.plant(scene.box.store.entriesPath, entries)
    forge.signedLeaves = nil
    forge.leaves[0][20] ^= 1
    scene.files.plant(guardPath, try forge.checkpoint(by: signer))
    #expect(try scene.box.log().findings.map(\.rule) == [.logGuard])
    #expect(kind() == .diverged)
    scene.files.plant(guardPath, Array("nonsense".utf8))
    #expect(kind() == .storeUnusable)
    try scene.files.remove(guardPath)
    #expect(kind() == .storeUnusable)
    #expect(try scene.box.log().hasGuard == false)
    scene.files.plant(guardPath, good)
    scene.files.plant(scene.box.state.keyPath, Array("nonsense".utf8))
    #expect(kind() == .storeUnusable)
    #expect(scene.files.contents(guardPath) == good)
  }

  @Test func `a guard ahead of the checkpoint is published as it is`() throws {
    let scene = try Scene()
    let good = scene.files.contents(scene.box.store.checkpointPath) ?? []
    var forge = LogForge(readingFrom: scene.files, scene.box.store)
    forge.signedLeaves = forge.leaves.count - 1
    let signer = try scene.box.state.signer(for: scene.box.store)
    for older in [try forge.checkpoint(by: signer), Array("nonsense".utf8), []] {
      scene.files.plant(scene.box.store.checkpointPath, older)
      _ = try TransparencyLog(scene.box.store, scene.box.state).append([])
      #expect(scene.files.contents(scene.box.store.checkpointPath) == good)
    }
    try scene.files.remove(scene.box.store.checkpointPath)
    #expect(try scene.box.log().findings.map(\.rule) == [.logCheckpoint])
    _ = try TransparencyLog(scene.box.store, scene.box.state).append([])
    #expect(try scene.box.findings() == [])
  }

  @Test func `recovery believes no leaf of a damaged log`() throws {
    let scene = try Scene()
    var forge = LogForge(readingFrom: scene.files, scene.box.store)
    let index = try #require(
      forge.leaves.firstIndex { String(decoding: $0, as: UTF8.self).contains("\(Scene.open)") })
    forge.leaves[index] = Array(
      String(decoding: forge.leaves[index], as: UTF8.self)
        .replacing("\(Scene.open)", with: "\(TestStore.id(5))").utf8)
    scene.files.plant(scene.box.store.entriesPath, forge.entries)
    #expect(throws: SessionLogFailure.self) {
      _ = try Recovery(scene.box.store, scene.box.state, clock: scene.box.clock).run()
    }
    #expect(!scene.bytes(Scene.open).isEmpty)
  }

  @Test func `a leaf proven from the log's hashes verifies on its own`() throws {
    let scene = try Scene()
    let log = try scene.box.log(keepsHashes: true)
    var hasher = try TreeHasher()
    let note = try Note(parsing: scene.files.contents(scene.box.store.checkpointPath) ?? [])
    for logged in log.leaves.values.joined() {
      let path = try #require(
        InclusionProof.make(index: Int(logged.index), of: log.hashes, using: &hasher))
      let proof = ProofFile(
        extra: logged.leaf.format(), index: logged.index, path: path, note: note)
      let head = try proof.verify(
        leaf: hasher.leaf(logged.leaf.format()), signedBy: scene.box.store.verifierKey,
        using: &hasher)
      #expect(head == log.checkpoint)
    }
  }
}

@Suite struct `Torn tails` {
  /// The open session's file at its last anchor, and what stands behind it.
  private static func parts(_ scene: Scene) throws -> (anchored: Int, whole: [UInt8]) {
    let leaf = try #require(try scene.box.log().leaves[Scene.open]?.last?.leaf)
    return (Int(leaf.bytes), scene.bytes(Scene.open))
  }

  @Test
  func
    `cut at every byte behind the last commit: whole flushed lines stay, the rest is kept aside`()
    throws
  {
    let base = try Scene()
    let (anchored, whole) = try Self.parts(base)
    let lines = try base.box.lines(of: Scene.open)
    for length in anchored...whole.count {
      let files = base.files.crash(seed: 0)
      let box = try TestStore(reopening: "/box", on: files, clock: base.box.clock)
      let path = box.store.sessionPath(of: Scene.open)
      files.tamper(path) { $0 = Array(whole[..<length]) }
      _ = try Recovery(box.store, box.state, clock: box.clock).run()
      let verdict = try StoreVerifier.verify(Scene.open, in: box.store, log: box.log())
      #expect(verdict.word == "OK" && verdict.endReason == "crash", "cut at \(length)")
      let after = try box.lines(of: Scene.open)
      let kept = after.dropLast(2)
      #expect(lines.starts(with: kept))
      #expect(kept.count >= 3 && (length < whole.count || kept.count == lines.count))
      // No byte is lost: what is not kept in the file is in the quarantine.
      let file = files.contents(path) ?? []
      var end = anchored
      while end < length, end < file.count, file[end] == whole[end] { end += 1 }
      let aside = files.paths.filter { $0.contains("quarantine/\(Scene.open)") }
      let bytes = aside.first.flatMap { files.contents($0) } ?? []
      #expect(Array(whole[..<length]).suffix(bytes.count).elementsEqual(bytes))
      #expect(length - bytes.count <= end, "cut at \(length)")
      // A second recovery finds nothing to do and changes nothing.
      #expect(try Recovery(box.store, box.state, clock: box.clock).run().isEmpty)
      #expect(files.contents(path) == file)
    }
  }

  @Test(arguments: [true, false])
  func `zeros or noise from each place of the last write on: every earlier line stays`(zeros: Bool)
    throws
  {
    let base = try Scene()
    let (anchored, whole) = try Self.parts(base)
    var generator = SeededGenerator(seed: 5)
    for place in anchored..<whole.count {
      let files = base.files.crash(seed: 0)
      let box = try TestStore(reopening: "/box", on: files, clock: base.box.clock)
      let path = box.store.sessionPath(of: Scene.open)
      let torn =
        zeros
        ? [UInt8](repeating: 0, count: whole.count - place) : generator.bytes(whole.count - place)
      files.tamper(path) { $0 = Array(whole[..<place]) + torn }
      _ = try Recovery(box.store, box.state, clock: box.clock).run()
      let verdict = try StoreVerifier.verify(Scene.open, in: box.store, log: box.log())
      #expect(verdict.word == "OK", "from \(place): \(verdict.findings)")
      #expect(verdict.lines >= 5)
    }
  }

  @Test func `a hole before a later commit is damage and is left as it is`() throws {
    let files = FaultyFiles()
    let box = try TestStore(on: files)
    let id = TestStore.id(1)
    do {
      var writer = try box.begin(id)
      for number in 0..<3 {
        try writer.append(TestLine.output(UInt64(number), "line \(number)"))
        try writer.makeDurable(commit: true)
      }
    }
    let path = box.store.sessionPath(of: id)
    let leaves = try box.log().leaves[id] ?? []
    let from = Int(leaves[1].leaf.bytes)
    files.tamper(path) { for offset in from..<from + 20 { $0[offset] = 0 } }
    let before = files.contents(path)
    let outcomes = try Recovery(box.store, box.state, clock: box.clock).run()
    guard case .leftAlone(let findings) = outcomes.first?.action else {
      Issue.record("\(outcomes)")
      return
    }
    #expect(findings.contains { $0.rule == .frameData })
    #expect(files.contents(path) == before)
    #expect(try box.store.liveSessions() == [id])
    #expect(try box.verify().sessions.map(\.word) == ["MALFORMED"])
  }

  @Test func `more torn bytes than a crash can leave are evidence`() throws {
    let scene = try Scene()
    let noise = [UInt8](repeating: 0xAA, count: 73 << 20)
    scene.files.tamper(scene.path(Scene.open)) { $0 += noise }
    let outcomes = try Recovery(scene.box.store, scene.box.state, clock: scene.box.clock).run()
    guard case .leftAlone(let findings) = outcomes.first?.action else {
      Issue.record("\(outcomes)")
      return
    }
    #expect(findings.map(\.rule) == [.damagedTail])
  }
}

import Evidence
import Platform
import SessionLog
import TestSupport
import Testing

@Suite struct `Tampering with session files` {
  @Test func `the scene is sound before anyone touches it`() throws {
    let scene = try Scene()
    let (log, sessions) = try scene.box.verify()
    #expect(log.findings == [])
    #expect(sessions.map(\.word) == ["OK", "OK", "OPEN"])
    #expect(sessions[2].facts == [.open, .tail(2)])
    #expect(sessions[2].lines == 3 && sessions[2].tailLines == 2)
  }

  @Test(arguments: 0..<8)
  func `each flipped bit of a closed session is found`(bit: Int) throws {
    let scene = try Scene()
    let whole = scene.bytes(Scene.closed)
    let leaves = try scene.box.log().leaves[Scene.closed] ?? []
    // Flags of the last commit that say nothing of the content: only the log's digest covers them.
    let table = try #require(Self.lastCommit(of: whole))
    var free: [Int] = []
    for offset in whole.indices {
      var bytes = whole
      bytes[offset] ^= 1 << UInt8(bit)
      scene.files.tamper(scene.path(Scene.closed)) { $0 = bytes }
      let verdict = try SessionVerifier.verify(
        Scene.closed, in: scene.box.store, leaves: leaves)
      #expect(!verdict.isIntact && verdict.word != "OK", "bit \(bit) at \(offset)")
      do {
        let alone = try SessionVerifier.verify(
          file: scene.path(Scene.closed), in: scene.box.store.system)
        if alone.word == "OK" { free.append(offset) }
      } catch {
        #expect(error.kind == .notARecording && offset < 4)
      }
    }
    // On its own a file shows every flip but those two: recovery's flag and erasure's.
    #expect(free == (bit == 1 || bit == 3 ? [table + 52] : []), "bit \(bit)")
  }

  static func lastCommit(of bytes: [UInt8]) -> Int? {
    let tag = Array("bbox-c1\0".utf8)
    return (0..<bytes.count - 128).last { Array(bytes[($0 + 8)..<($0 + 16)]) == tag }
  }

  @Test func `a closed session cut at any length is found`() throws {
    let scene = try Scene()
    let whole = scene.bytes(Scene.closed)
    for length in whole.indices {
      let verdict = try scene.verdict(Scene.closed, as: Array(whole[..<length]))
      #expect(!verdict.isIntact, "cut at \(length)")
      #expect(length < 4 || ["TRUNCATED", "MALFORMED"].contains(verdict.word), "\(length)")
    }
  }

  @Test func `an open session cut below its last anchor is found, above it shows a shorter tail`()
    throws
  {
    let scene = try Scene()
    let whole = scene.bytes(Scene.open)
    let anchored = try scene.box.log().leaves[Scene.open]?.last?.leaf.bytes ?? 0
    var tails: Set<UInt64> = []
    for length in whole.indices {
      let verdict = try scene.verdict(Scene.open, as: Array(whole[..<length]))
      if UInt64(length) < anchored {
        #expect(!verdict.isIntact, "cut at \(length)")
      } else {
        #expect(verdict.word == "OPEN", "cut at \(length)")
        tails.insert(verdict.tailLines)
      }
    }
    #expect(tails == [0, 1])
  }

  @Test(arguments: [1, 511, 4096])
  func `zeros behind the end are found, behind an open session they are a torn tail`(count: Int)
    throws
  {
    let scene = try Scene()
    let zeros = [UInt8](repeating: 0, count: count)
    let closed = try scene.verdict(Scene.closed, as: scene.bytes(Scene.closed) + zeros)
    #expect(closed.word == "ALTERED" && closed.findings.map(\.rule) == [.seekTable])
    let open = try scene.verdict(Scene.open, as: scene.bytes(Scene.open) + zeros)
    #expect(open.word == "OPEN" && open.tornBytes == UInt64(count))
  }

  enum Change: String, CaseIterable {
    case frameRemoved, framesSwapped, frameDuplicated, lineEdited, linesSwapped, lineDeleted
    case lineDuplicated, recompressed, otherFrameInserted, otherFrameAtTheEnd, emptyFrameAtTheEnd
    case noCommits, lastCommitRemoved
  }

  @Test(arguments: Change.allCases)
  func `a change with every frame and commit made to fit is found by the log`(change: Change) throws
  {
    let scene = try Scene()
    let lines = try scene.box.lines(of: Scene.closed)
    func forged(_ lines: [[UInt8]], _ edit: (inout SessionForge) -> Void = { _ in }) throws
      -> SessionForge.Made
    {
      var forge = SessionForge.lines([
        Array(lines[..<2]), Array(lines[2..<4]), Array(lines[4...]),
      ])
      edit(&forge)
      return try forge.make()
    }
    // Made by hand from the same lines, the file itself is beyond reproach.
    let honest = try forged(lines)
    scene.files.plant("/alone", honest.bytes)
    #expect(try SessionVerifier.verify(file: "/alone", in: scene.files).word == "OK")
    let whole = scene.bytes(Scene.closed)
    let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
    let frames = honest.frames.map { Array(honest.bytes[$0]) }
    var bytes: [UInt8]
    var edited = lines
    switch change {
    case .frameRemoved: bytes = frames[2...].flatMap { $0 }
    case .framesSwapped:
      bytes = (frames[..<2] + frames[4..<6] + frames[2..<4] + frames[6...]).flatMap { $0 }
    case .frameDuplicated: bytes = (frames[..<4] + frames[2...]).flatMap { $0 }
    case .lineEdited:
      edited[3] = TestLine.output(1, "line X")
      bytes = try forged(edited).bytes
    case .linesSwapped:
      edited[2] = TestLine.output(0, "line 1")
      edited[3] = TestLine.output(1, "line 0")
      bytes = try forged(edited).bytes
    case .lineDeleted:
      edited.remove(at: 2)
      bytes = try forged(edited).bytes
    case .lineDuplicated:
      edited.insert(edited[2], at: 2)
      bytes = try forged(edited).bytes
    case .recompressed: bytes = try forged(lines) { $0.level = 19 }.bytes + []
    case .otherFrameInserted:
      let end = honest.frames[1].upperBound
      bytes = Array(honest.bytes[..<end]) + skippable + honest.bytes[end...]
    case .otherFrameAtTheEnd: bytes = whole + skippable
    case .emptyFrameAtTheEnd:
      bytes = whole
      try Compressor(level: 3, windowLog: 20).compress([UInt8]().span, ending: .frame, into: &bytes)
    case .noCommits: bytes = frames[0] + frames[2] + frames[4]
    case .lastCommitRemoved: bytes = frames[..<5].flatMap { $0 }
    }
    if bytes == whole { bytes = try forged(lines) { $0.level = -5 }.bytes }
    let verdict = try scene.verdict(Scene.closed, as: bytes)
    #expect(!verdict.isIntact, "\(verdict)")
    #expect(["ALTERED", "MALFORMED", "TRUNCATED"].contains(verdict.word))
  }

  @Test func `an edit is found even where the log's leaf is made to fit`() throws {
    let scene = try Scene()
    var lines = try scene.box.lines(of: Scene.closed)
    lines[3] = TestLine.output(1, "line X")
    let made = try SessionForge.lines([
      Array(lines[..<2]), Array(lines[2..<4]), Array(lines[4...]),
    ]).make()
    scene.files.tamper(scene.path(Scene.closed)) { $0 = made.bytes }
    var forge = LogForge(readingFrom: scene.files, scene.box.store)
    #expect(forge.entries == scene.files.contents(scene.box.store.entriesPath))
    for (index, bytes) in forge.leaves.enumerated() {
      var leaf = try Leaf(parsing: bytes.span)
      guard leaf.session == Scene.closed, leaf.kind != .open else { continue }
      let commit = made.commits[leaf.kind == .close ? 2 : 1]
      leaf.lines = commit.lines
      leaf.root = commit.root
      leaf.bytes = UInt64(leaf.kind == .close ? made.bytes.count : commit.bytes)
      leaf.sha256 = try SHA256.hash(Array(made.bytes[..<Int(leaf.bytes)]))
      forge.leaves[index] = leaf.format()
    }
    scene.files.plant(scene.box.store.entriesPath, forge.entries)
    let log = try scene.box.log()
    #expect(log.findings.contains { $0.rule == .logRoot && $0.verdict == .altered })
    // Edited too, the checkpoint is no longer signed.
    let text = scene.files.contents(scene.box.store.checkpointPath) ?? []
    let head = try forge.checkpoint(by: scene.box.state.signer(for: scene.box.store))
    let body = head.split(separator: 0x0A, omittingEmptySubsequences: false)[..<3]
    let signature = text.split(separator: 0x0A, omittingEmptySubsequences: false)[3...]
    scene.files.plant(
      scene.box.store.checkpointPath,
      Array((body + signature).joined(separator: [0x0A])))
    #expect(try scene.box.log().findings.contains { $0.verdict == .badSignature })
    // Re-signed by another key of the same name, and the store's own word changed to fit.
    let thief = try NoteSigner(
      name: scene.box.store.origin, seed: [UInt8](repeating: 9, count: 32))
    scene.files.plant(scene.box.store.checkpointPath, try forge.checkpoint(by: thief))
    #expect(try scene.box.log().findings.contains { $0.rule == .logSignature })
    // By the real key, with no memory outside: the limit that the documentation states.
    try forge.plant(in: scene.files, scene.box.store, guard: scene.box.state)
    #expect(try scene.box.log().findings == [])
    #expect(try scene.verdict(Scene.closed).word == "OK")
    // With a checkpoint kept outside it is not.
    let kept = try Checkpoint(Note(parsing: text), signedBy: scene.box.store.verifierKey)
    let known = try scene.box.log(known: [kept])
    #expect(known.findings.map(\.rule) == [.logKnown])
    #expect(known.findings.first?.verdict == .diverged)
  }
}

@Suite struct `Tampering with the store's folders` {
  @Test func `a file under another id, two exchanged, one from elsewhere, one removed, one added`()
    throws
  {
    let scene = try Scene()
    let a = scene.bytes(Scene.closed)
    let b = scene.bytes(Scene.other)
    #expect(try scene.verdict(Scene.other, as: a).findings.contains { $0.rule == .sessionID })
    #expect(try scene.verdict(Scene.closed, as: b).word != "OK")
    #expect(try scene.verdict(Scene.other).word != "OK")
    _ = try scene.verdict(Scene.closed, as: a)
    #expect(try scene.verdict(Scene.other, as: b).word == "OK")

    let elsewhere = FaultyFiles()
    let foreign = try TestStore(on: elsewhere, origin: "audit.example.com/other")
    let id = TestStore.id(77)
    var writer = try foreign.begin(id)
    _ = try writer.close(lines: [TestLine.end(1)])
    let path = scene.box.store.sessionPath(of: id)
    scene.files.plant(path, elsewhere.contents(foreign.store.sessionPath(of: id)) ?? [])
    #expect(try scene.verdict(id).word == "UNLOGGED")

    let made = try SessionForge.lines([
      [scene.box.start(TestStore.id(78)).line(), try scene.box.lines(of: Scene.closed)[1]],
      [TestLine.end(4)],
    ]).make()
    scene.files.plant(scene.box.store.sessionPath(of: TestStore.id(78)), made.bytes)
    #expect(try scene.verdict(TestStore.id(78)).findings.map(\.rule) == [.storeUnlogged])

    try scene.files.remove(scene.path(Scene.closed))
    #expect(try scene.verdict(Scene.closed).findings.map(\.rule) == [.storeMissing])
    #expect(try scene.verdict(Scene.closed).word == "MISSING")
  }

  @Test func `strays of every kind are reported`() throws {
    let scene = try Scene()
    let folder = Path.parent(of: scene.path(Scene.closed))
    let strays = [
      folder + "/note.txt", folder + "/../03/\(Scene.closed).ndjson.zst",
      folder + "/\(Scene.closed).zst", scene.box.store.sessionsPath + "/x",
      scene.box.store.sessionsPath + "/2026/x", scene.box.store.sessionsPath + "/2025",
    ]
    for path in strays { scene.files.plant(path, [1]) }
    scene.files.plantSymbolicLink(scene.box.store.sessionsPath + "/2027", to: "2026")
    let unlogged = try scene.box.verify().sessions.filter { $0.word == "UNLOGGED" }
    #expect(unlogged.count == strays.count + 1)
    #expect(unlogged.allSatisfy { $0.findings.map(\.rule) == [.storeUnlogged] })
  }

  @Test func `a link, folder, device or second name in place of a session is never followed`()
    throws
  {
    let scene = try Scene()
    let path = scene.path(Scene.closed)
    let bytes = scene.bytes(Scene.closed)
    scene.files.plant("/elsewhere", bytes)
    for kind in 0..<4 {
      switch kind {
      case 0: scene.files.plantSymbolicLink(path, to: "/elsewhere")
      case 1: scene.files.plantOther(path)
      case 2: scene.files.plantHardLink(path, to: "/elsewhere")
      default:
        try scene.files.remove(path)
        scene.files.plantDirectory(path)
      }
      let verdict = try scene.verdict(Scene.closed)
      #expect(verdict.findings.map(\.rule) == [.fileKind] && verdict.word == "MALFORMED", "\(kind)")
    }
  }

  @Test func `on a real disk a FIFO, link, folder and device are refused without waiting`() throws {
    let directory = TemporaryDirectory()
    let box = try TestStore(on: SystemFiles.shared, at: directory.path)
    var writer = try box.begin(TestStore.id(1))
    _ = try writer.close(lines: [TestLine.end(1)])
    let path = box.store.sessionPath(of: TestStore.id(1))
    for command in [
      "mv $P $Q; mkfifo $P", "rm $P; ln -s $Q $P", "rm $P; mkdir $P", "rmdir $P; ln $Q $P",
      "rm $P; ln -s /dev/zero $P",
    ] {
      #expect(directory.shell("P='\(path)'; Q=$PWD/kept; \(command)").status == 0)
      #expect(try box.findings().map(\.rule) == [.fileKind], "\(command)")
    }
    #expect(directory.shell("rm '\(path)'; mv kept '\(path)'").status == 0)
    #expect(try box.findings() == [])
  }

  @Test func `derived files and the live folder change no verdict`() throws {
    let scene = try Scene()
    for part in ["index.sqlite", "log/edge", "log/tile/0/000", "reserve", "quarantine/x"] {
      scene.files.plant(scene.box.store.path(of: part), Array("nonsense".utf8))
    }
    scene.files.plantSymbolicLink(scene.box.store.livePath(of: Scene.closed), to: "/dev/zero")
    scene.files.plantDirectory(scene.box.store.livePath(of: Scene.other))
    let (log, sessions) = try scene.box.verify()
    #expect(log.findings == [])
    #expect(sessions.map(\.word) == ["OK", "OK", "OPEN"])
    // Nor do they keep recovery, or the log, from their work.
    _ = try Recovery(scene.box.store, scene.box.state, clock: scene.box.clock).run()
    #expect(try scene.verdict(Scene.open).word == "OK")
  }
}

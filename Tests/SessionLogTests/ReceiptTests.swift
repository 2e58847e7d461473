import Evidence
import Platform
import SessionLog
import TestSupport
import Testing

/// What a gateway was told, held against the recording later.
@Suite struct `Receipts` {
  /// The receipts that a gateway would have got of a session, one for each line count from 2 on.
  private static func all(_ id: SessionID, in scene: Scene) throws -> [Receipt] {
    let lines = try scene.box.lines(of: id)
    return try (2...lines.count).map { count in
      Receipt(
        session: id, lines: UInt64(count), root: try SessionForge.root(Array(lines[..<count])))
    }
  }

  private static func verdict(_ id: SessionID, _ receipts: [Receipt], _ scene: Scene) throws
    -> SessionVerdict
  {
    try StoreVerifier.verify(id, in: scene.box.store, log: scene.box.log(), receipts: receipts)
  }

  @Test(arguments: [Scene.closed, Scene.other, Scene.open])
  func `of every length hold, under a commit and behind the last one`(id: SessionID) throws {
    let scene = try Scene()
    let receipts = try Self.all(id, in: scene)
    #expect(receipts.count >= 3)
    let verdict = try Self.verdict(id, receipts, scene)
    #expect(verdict.isIntact && verdict.receipts == receipts)
    // A file alone can be held to them too.
    let alone = try SessionVerifier.verify(
      file: scene.path(id), in: scene.box.store.system, receipts: receipts)
    #expect(alone.isIntact && alone.receipts == receipts)
  }

  @Test func `a recording that lost acknowledged lines is found where nothing else could tell`()
    throws
  {
    let scene = try Scene()
    let receipts = try Self.all(Scene.open, in: scene)
    let anchored = try scene.box.log().leaves[Scene.open]?.last?.leaf.bytes ?? 0
    scene.files.tamper(scene.path(Scene.open)) { $0 = Array($0[..<Int(anchored)]) }
    let blind = try scene.verdict(Scene.open)
    #expect(blind.isIntact, "without a receipt it is a shorter tail")
    let verdict = try Self.verdict(Scene.open, receipts, scene)
    #expect(verdict.findings.map(\.rule) == [.receiptLines, .receiptLines])
    #expect(verdict.word == "TRUNCATED" && verdict.receipts.count == receipts.count - 2)
  }

  @Test func `a recording that was rewritten is found, whoever signed it since`() throws {
    let scene = try Scene()
    let receipts = try Self.all(Scene.other, in: scene)
    // A thief of the key writes another history of the same length, and a log to match.
    var lines = try scene.box.lines(of: Scene.other)
    lines[2] = TestLine.output(2, "OTHER")
    let made = try SessionForge.lines([Array(lines[..<2]), Array(lines[2...])]).make()
    scene.files.tamper(scene.path(Scene.other)) { $0 = made.bytes }
    var log = LogForge(readingFrom: scene.files, scene.box.store)
    log.leaves = try log.leaves.map { bytes in
      var leaf = try Leaf(parsing: bytes.span)
      guard leaf.session == Scene.other,
        let commit = made.commits.first(where: { $0.lines == leaf.lines })
      else { return bytes }
      leaf.root = commit.root
      let length = leaf.kind == .close ? made.bytes.count : commit.bytes
      leaf.bytes = UInt64(length)
      leaf.sha256 = try SHA256.hash(Array(made.bytes[..<length]))
      return leaf.format()
    }
    try log.plant(in: scene.files, scene.box.store, guard: scene.box.state)
    #expect(try scene.verdict(Scene.other).word == "OK", "the forgery is sound in itself")
    let verdict = try Self.verdict(Scene.other, receipts, scene)
    #expect(Set(verdict.findings.map(\.rule)) == [.receiptRoot])
    #expect(verdict.word == "ALTERED" && verdict.receipts.map(\.lines) == [2])
  }

  @Test func `a session that vanished from files and log is MISSING by its receipt`() throws {
    let scene = try Scene()
    let gone = TestStore.id(99)
    let receipt = Receipt(session: gone, lines: 7, root: .zero)
    let verdict = try Self.verdict(gone, [receipt], scene)
    #expect(verdict.findings.map(\.rule) == [.receiptLines] && verdict.word == "MISSING")
  }

  @Test func `are read as the server sends them, and nothing else is taken for one`() throws {
    let root = "PSLhlHQVEXfhTvS5fYNwZlq+C3C7GLvMRjISWaB6gEk="
    let id = TestStore.id(1).text
    let text = """
      {"opened":"r","session":"\(id)","lines":2,"root":"\(root)","log":{"size":3,"root":"\(root)"}}

      {"ack":"r","n":4,"session":"\(id)","lines":6,"root":"\(root)"}
      """
    let receipts = try Receipt.read(Array(text.utf8), from: "kept")
    #expect(receipts.map(\.lines) == [2, 6] && receipts.map { $0.log?.size } == [3, nil])
    #expect(receipts[0].session == TestStore.id(1))
    for bad in [
      "", "\n", "{", "[]", #"{"session":"\#(id)","lines":6}"#,
      #"{"session":"\#(id)","lines":0,"root":"\#(root)"}"#,
      #"{"session":"\#(id)","lines":-1,"root":"\#(root)"}"#,
      #"{"session":"x","lines":6,"root":"\#(root)"}"#,
      #"{"session":"\#(id)","lines":6,"root":"AAAA"}"#,
      #"{"session":"\#(id)","lines":6,"root":"\#(root)","log":{"size":0,"root":"\#(root)"}}"#,
    ] {
      #expect(throws: SessionLogFailure.self) { try Receipt.read(Array(bad.utf8), from: "kept") }
    }
  }
}

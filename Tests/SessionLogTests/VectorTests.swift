import Evidence
import Platform
import SessionLog
import TestSupport
import Testing

@Suite struct `Vectors` {
  /// A store built around one session file, its log and its public key.
  static func store(_ folder: String, _ id: SessionID) throws -> (FaultyFiles, Store) {
    let files = FaultyFiles()
    let vkey = String(decoding: try TestData.read(folder + "/vkey"), as: UTF8.self).trimming("\n")
    let origin = vkey.prefix { $0 != "+" }
    files.plant(
      "/s/blackbox.json",
      Array(
        "{\"format\":1,\"origin\":\"\(origin)\",\"created\":\"2026-01-01T00:00:00.000Z\",\"vkey\":\"\(vkey)\"}"
          .utf8))
    files.plantDirectory("/s/live")
    for name in ["entries", "checkpoint"] {
      files.plant("/s/log/\(name)", try TestData.read(folder + "/" + name))
    }
    let store = try Store.open("/s", in: files)
    files.plant(store.sessionPath(of: id), try TestData.read("\(folder)/\(id).ndjson.zst"))
    return (files, store)
  }

  static func verify(_ store: Store) throws -> (LogView, [SessionVerdict]) {
    let log = try LogView(
      store, trust: Trust(key: store.verifierKey, source: .unpinned), state: nil)
    var verdicts: [SessionVerdict] = []
    try StoreVerifier.verify(store, log: log) { verdicts.append($0) }
    return (log, verdicts)
  }

  @Test func `another implementation's session and log verify`() throws {
    guard let design = TestData.folder("BLACKBOX_TEST_DESIGN", or: "../shared/design") else {
      print("skipped: another implementation's vector is not there")
      return
    }
    let id = try #require(SessionID("01JGFJJZ00M3ZQ8Q2V5T4W6X7Y"))
    let (_, store) = try Self.store(design + "/vector", id)
    let (log, verdicts) = try Self.verify(store)
    #expect(log.findings == [])
    #expect(verdicts.map(\.word) == ["OK"], "\(verdicts.flatMap(\.findings))")
    #expect(verdicts.first?.lines == 5 && verdicts.first?.bytes == 977)
  }

  @Test func `another implementation accepts a session of ours`() throws {
    let directory = TemporaryDirectory()
    guard let design = TestData.folder("BLACKBOX_TEST_DESIGN", or: "../shared/design"),
      directory.has("python3"), directory.has("zstd"), directory.has("openssl")
    else {
      print("skipped: another implementation, or what it needs, is not there")
      return
    }
    // It cannot read a key whose base64 holds a plus sign.
    var box = try TestStore(on: SystemFiles.shared, at: directory.path + "/0")
    var attempt = 0
    while box.store.verifierKey.description.filter({ $0 == "+" }).count > 2 {
      attempt += 1
      box = try TestStore(on: SystemFiles.shared, at: "\(directory.path)/\(attempt)")
    }
    let id = TestStore.id(1)
    var writer = try box.begin(id)
    try writer.append(TestLine.output(1, [0xFF, 0xFE]))
    try writer.makeDurable(commit: true)
    let leaf = try writer.close(lines: [TestLine.end(2)])
    let log = try box.log(keepsHashes: true)
    let logged = try #require(log.leaves[id]?.last)
    #expect(logged.leaf == leaf)
    var hasher = try TreeHasher()
    let path = try #require(
      InclusionProof.make(index: Int(logged.index), of: log.hashes, using: &hasher))
    let note = try Note(parsing: TestData.read(box.store.checkpointPath))
    let proof = ProofFile(extra: leaf.format(), index: logged.index, path: path, note: note)
    let file = try File(directory.path + "/proof", .createNew(0o600), in: SystemFiles.shared)
    try file.write(Array(proof.format().utf8).span, at: 0)
    let run = directory.shell(
      "python3 -B '\(design)/verify-one-session.py' '\(box.store.sessionPath(of: id))' proof '\(box.store.verifierKey)'"
    )
    #expect(run.status == 0, "\(String(decoding: run.output, as: UTF8.self))")
  }

  // MARK: Our own

  static let folder = "schema/vectors"
  static let id = TestStore.id(4711)
  static let salt: [UInt8] = (0..<32).map { UInt8($0) }

  /// Writes the vector's session anew: fixed key, salt, clock and lines.
  static func write() throws -> (FaultyFiles, TestStore) {
    let files = FaultyFiles()
    let clock = TestClock()
    let origin = "audit.example.com/vector"
    let seed = try SHA256.hash(Array("blackbox test key, do not use".utf8)).bytes
    let signer = try NoteSigner(name: origin, seed: seed)
    let empty = try LogForge([]).checkpoint(by: signer)
    files.plant("/box/state/log.key", Array(try NoteSigner.keyFile(name: origin, seed: seed).utf8))
    files.plant("/box/state/guard", empty)
    files.plant("/box/store/log/checkpoint", empty)
    files.plant("/box/store/log/entries", [])
    for name in ["live", "sessions"] { files.plantDirectory("/box/store/\(name)") }
    files.plant(
      "/box/store/blackbox.json",
      Array(
        "{\"format\":1,\"origin\":\"\(origin)\",\"created\":\"2026-01-02T03:04:05.678Z\",\"vkey\":\"\(try signer.verifierKey)\"}\n"
          .utf8))
    let box = try TestStore(reopening: "/box", on: files, clock: clock)
    var writer = try SessionWriter.begin(
      in: box.store, state: box.state, start: box.start(id), clock: clock, pace: Pace(), salt: salt)
    let chunks: [[UInt8]] = [
      Array("$ whoami\r\n".utf8), [], Array("é€😀 \u{1B}[31mred\u{1B}[0m\u{7F}\"\\\u{1}".utf8),
      [0xFF, 0x00, 0xC3], Array(repeating: 0x2E, count: 300), Array("last".utf8),
    ]
    for (number, chunk) in chunks.enumerated() {
      clock.advance(250_000)
      try writer.append(TestLine.output(writer.now(), chunk))
      try writer.makeDurable(commit: number == 3)
    }
    clock.advance(250_000)
    _ = try writer.close(lines: [TestLine.end(writer.now())])
    return (files, box)
  }

  struct Commit: Equatable {
    var k: UInt64, firstLine: UInt64, lines: UInt64, flags: UInt32, time: UInt64, root: String
    var row: String { "\(k)\t\(firstLine)\t\(lines)\t\(flags)\t\(time)\t\(root)\n" }
  }

  static func read(_ path: String, in system: any FileSystem) throws -> ([[UInt8]], [Commit]) {
    var reader = try SessionReader(path: path, in: system)
    var batch = Batch()
    var lines: [[UInt8]] = []
    var commits: [Commit] = []
    while try reader.next(into: &batch) == .committed {
      let commit = try #require(batch.commit)
      commits.append(
        Commit(
          k: commit.k, firstLine: commit.firstLine, lines: commit.lines,
          flags: commit.flags.rawValue, time: commit.time, root: commit.root.hex))
      for index in 0..<batch.lineCount { lines.append(batch.line(index)?.bytes ?? []) }
    }
    #expect(reader.findings == [])
    return (lines, commits)
  }

  static func joined(_ lines: [[UInt8]]) -> [UInt8] {
    lines.reduce(into: []) { $0 += $1 + [0x0A] }
  }

  static let header = "k\tfirst\tlines\tflags\tt\troot\n"

  @Test func `the writer writes our vector's lines and commits again`() throws {
    let (files, box) = try Self.write()
    #expect(try box.findings() == [])
    let path = box.store.sessionPath(of: Self.id)
    let (lines, commits) = try Self.read(path, in: files)
    let text = Self.joined(lines)
    let rows = Array((Self.header + commits.map(\.row).joined()).utf8)
    let made: [(String, [UInt8])] = [
      ("lines.ndjson", text), ("commits.tsv", rows),
      ("\(Self.id).ndjson.zst", files.contents(path) ?? []),
      ("entries", files.contents(box.store.entriesPath) ?? []),
      ("checkpoint", files.contents(box.store.checkpointPath) ?? []),
      ("vkey", Array("\(box.store.verifierKey)\n".utf8)),
      ("zstd-version", Array("\(zstdVersion)\n".utf8)),
    ]
    if TestData.folder("BLACKBOX_WRITE_VECTORS", or: "nowhere") != nil {
      try SystemFiles.shared.makeDirectories(
        Path.join(TestData.root, Self.folder), permissions: 0o755)
      for (name, bytes) in made {
        try SystemFiles.shared.replaceDurably(
          Path.join(TestData.root, Self.folder, name), with: bytes, permissions: 0o644)
      }
    }
    // What libzstd makes of the lines may change with its version; the rest never.
    let version = try TestData.read(Self.folder + "/zstd-version")
    let isSame = version == Array("\(zstdVersion)\n".utf8)
    for (name, bytes) in made
    where isSame || ["lines.ndjson", "commits.tsv", "vkey"].contains(name) {
      #expect(try TestData.read(Self.folder + "/" + name) == bytes, "\(name)")
    }
  }

  @Test func `the reader reads our vector, and its store verifies`() throws {
    let (files, store) = try Self.store(Self.folder, Self.id)
    let (log, verdicts) = try Self.verify(store)
    #expect(log.findings == [])
    #expect(verdicts.map(\.word) == ["OK"], "\(verdicts.flatMap(\.findings))")
    let (lines, commits) = try Self.read(store.sessionPath(of: Self.id), in: files)
    #expect(Self.joined(lines) == (try TestData.read(Self.folder + "/lines.ndjson")))
    #expect(
      Array((Self.header + commits.map(\.row).joined()).utf8)
        == (try TestData.read(Self.folder + "/commits.tsv")))
    // The roots once more, by a tree that shares no code with the program's.
    for commit in commits {
      #expect(try SessionForge.root(Array(lines[..<Int(commit.lines)])).hex == commit.root)
    }
  }
}

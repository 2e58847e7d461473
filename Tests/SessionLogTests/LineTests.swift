import Evidence
import Platform
import SessionLog
import TestSupport
import Testing

@Suite struct `Ids, lines and leaves` {
  // Macros cannot carry spans.
  private func parsed(_ line: [UInt8]) -> LineHeader? { LineHeader(line.span) }
  private func commit(_ bytes: [UInt8], at offset: Int = 0) -> CommitFrame? {
    CommitFrame(bytes.span, at: offset)
  }
  private func append(_ line: [UInt8], _ output: inout [UInt8]) -> Bool {
    guard let header = LineHeader(line.span) else { return false }
    return Payload.append(from: line.span, header: header, to: &output)
  }

  @Test func `an id keeps its time and reads back as itself`() throws {
    var generator = SeededGenerator(seed: 1)
    for milliseconds: UInt64 in [0, 1, 1_767_323_045_678, 253_402_300_799_999, (1 << 48) - 1] {
      let id = SessionID(milliseconds: milliseconds, random: generator.bytes(10))
      #expect(id.milliseconds == milliseconds)
      #expect(SessionID(id.text) == id && id.text.utf8.count == 26)
    }
    let known = try #require(SessionID("01ARZ3NDEKTSV4RRFFQ69G5FAV"))
    #expect(known.milliseconds == 1_469_922_850_259)
    #expect(known.datePath == "2016/07/30")
    let zero = SessionID(milliseconds: 0, random: [UInt8](repeating: 0, count: 10))
    #expect(zero.text == "00000000000000000000000000" && zero.datePath == "1970/01/01")
    let full = SessionID(milliseconds: 0, random: [UInt8](repeating: 0xFF, count: 10))
    #expect(full.text == "0000000000ZZZZZZZZZZZZZZZZ")
    #expect(zero < full && full < known)
  }

  private func kinds(_ text: [UInt8]) -> ByteKinds { ByteKinds(text.span) }

  /// One byte of each kind at each place of texts that end before, at and behind what is looked at in one step.
  @Test func `a control byte and one beyond ASCII are found wherever they stand`() {
    for count in [0, 1, 7, 8, 9, 63, 64, 65, 71, 72, 127, 128, 200] {
      let plain = (0..<count).map { UInt8(0x20 + $0 % 0x60) }
      #expect(!kinds(plain).hasControls && kinds(plain).isASCII)
      for place in 0..<count {
        for byte: UInt8 in [0x00, 0x0A, 0x1F, 0x20, 0x7F, 0x80, 0xA0, 0xFF] {
          var text = plain
          text[place] = byte
          let found = kinds(text)
          guard found.hasControls == (byte < 0x20), found.isASCII == (byte < 0x80) else {
            Issue.record("byte \(byte) at \(place) of \(count): \(found)")
            return
          }
        }
      }
    }
  }

  @Test(arguments: [
    "", "01ARZ3NDEKTSV4RRFFQ69G5FA", "01ARZ3NDEKTSV4RRFFQ69G5FAVV", "81ARZ3NDEKTSV4RRFFQ69G5FAV",
    "01ARZ3NDEKTSV4RRFFQ69G5FAU", "01arz3ndektsv4rrffq69g5fav", "../ARZ3NDEKTSV4RRFFQ69G5FA",
    "01ARZ3NDEKTSV4RRFFQ69G5FÀ", "01ARZ3NDEKTSV4RRFFQ69G5FA\n",
  ])
  func `what is no id is refused`(text: String) { #expect(SessionID(text) == nil) }

  @Test func `a payload is unescaped the same wherever its escapes stand`() throws {
    var random = SeededGenerator(seed: 77)
    let pieces: [(json: String, text: [UInt8]?)] = [
      ("\\\"", [0x22]), ("\\\\", [0x5C]), ("\\/", [0x2F]), ("\\n", [0x0A]), ("\\u001b", [0x1B]),
      ("\\u0041", [0x41]), ("\\u00e9", [0xC3, 0xA9]), ("\\ud83d\\ude00", Array("😀".utf8)),
      ("\\ud83d", Array("\u{FFFD}".utf8)), ("é", Array("é".utf8)), ("\u{7F}", [0x7F]),
      ("\u{1F}", nil), ("\u{1}", nil), ("\t", nil), ("\\x", nil), ("\\u00g0", nil),
    ]
    for _ in 0..<2000 {
      var json = ""
      var text: [UInt8]? = []
      for _ in 0..<Int(random.next() % 6) {
        let plain = String(repeating: "a", count: Int(random.next() % 19))
        json += plain
        text? += Array(plain.utf8)
        // One in four texts holds what no string may.
        let piece = pieces[Int(random.next() % (random.next() % 16 == 0 ? 16 : 11))]
        json += piece.json
        if let bytes = piece.text { text? += bytes } else { text = nil }
      }
      var output: [UInt8] = [1]
      let line = Array("{\"t\":1,\"type\":\"terminal.output\",\"data\":\"\(json)\"}".utf8)
      let isRead = append(line, &output)
      #expect(isRead == (text != nil), "\(json)")
      #expect(output == [1] + (text ?? []), "\(json)")
    }
  }

  @Test func `the first fields of a line are read, and nothing that only looks like them`() throws {
    func header(_ text: String) -> LineHeader? { LineHeader(Array(text.utf8).span) }
    let good = try #require(header("{\"t\":120,\"type\":\"a.b_1\",\"x\":1}"))
    #expect(good.time == 120)
    let line = Array("{\"t\":120,\"type\":\"a.b_1\",\"x\":1}".utf8)
    let name = good.typeName(in: line.span)
    #expect(name == "a.b_1")
    #expect(header("{\"t\":0,\"type\":\"x\"}") != nil)
    #expect(header("{\"t\":9007199254740991,\"type\":\"x\"}")?.time == (1 << 53) - 1)
    #expect(header("{\"t\":1,\"type\":\"\(String(repeating: "a", count: 64))\"}") != nil)
    for bad in [
      "{\"t\":9007199254740992,\"type\":\"x\"}", "{\"t\":00,\"type\":\"xxx\"}",
      "{\"t\":-1,\"type\":\"xxx\"}", "{\"t\":1.0,\"type\":\"xx\"}", "{\"t\":,\"type\":\"xxxx\"}",
      "{\"t\":1,\"type\":\"\"}  ", "{\"t\":1,\"type\":\"1a\"}", "{\"t\":1,\"type\":\"_a\"}",
      "{\"t\":1,\"type\":\".a\"}", "{\"t\":1,\"type\":\"a.\"}", "{\"t\":1,\"type\":\"a..b\"}",
      "{\"t\":1,\"type\":\"aB\"}", "{\"t\":1,\"type\":\"a-b\"}", "{\"t\":1,\"type\":\"a\" }",
      "{\"t\":1,\"type\":\"aaaaaaaa", "{\"t\":1,\"type\":\"aaaaaaaa\"",
      "{\"t\":1,\"type\":\"\(String(repeating: "a", count: 65))\"}",
      "{\"type\":\"x\",\"t\":1}", "{\"t\":99999999999999999999,\"type\":\"x\"}",
    ] { #expect(header(bad) == nil, "\(bad)") }
  }

  @Test func `any bytes go through a line and come back as they were`() throws {
    var generator = SeededGenerator(seed: 2)
    var texts = 0
    for round in 0..<400 {
      let count = Int.random(in: 0...40, using: &generator)
      // Half of them few kinds of byte, so that valid text comes up too.
      let pool: [UInt8] = [0, 9, 10, 13, 27, 34, 92, 127, 65, 0xC3, 0xA9, 0xED, 0xF0]
      let data = (0..<count).map { _ in
        round % 2 == 0
          ? UInt8.random(in: 0...255, using: &generator)
          : pool.randomElement(using: &generator) ?? 0
      }
      let line = TestLine.output(UInt64(round), data)
      var output: [UInt8] = [1]
      #expect(append(line, &output))
      #expect(output == [1] + data)
      let isText = String(validating: data, as: UTF8.self) != nil
      texts += isText ? 1 : 0
      let json = try JSONValue(parsing: line)
      #expect((json["data"] != nil) == isText && (json["data64"] != nil) == !isText)
      #expect(!line.contains(0x0A) && !line.contains(0x0D) && !line.contains(0))
    }
    #expect(texts > 20)
    var none: [UInt8] = [7]
    let end = TestLine.end(1)
    #expect(!append(end, &none))
    let broken = Array("{\"t\":1,\"type\":\"x\",\"data\":\"\\x\"}".utf8)
    #expect(
      !append(broken, &none))
    #expect(none == [7])
  }

  @Test func `JSON values are read as RFC 8259 says`() throws {
    func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }
    #expect(
      try parse(" [1,-0,1.5e3,true,null] ")
        == .array([.integer(1), .integer(0), .number("1.5e3"), .bool(true), .null]))
    #expect(try parse("9223372036854775807") == .integer(.max))
    #expect(try parse("9223372036854775808") == .number("9223372036854775808"))
    #expect(
      try parse(#""\u00e9\ud83d\ude00\n\/\b\f\t\r\\\"""#) == .string("é😀\n/\u{8}\u{C}\t\r\\\""))
    #expect(try parse(#""\ud83d""#) == .string("\u{FFFD}"))
    #expect(try parse(#""\ude00\ud83dx""#) == .string("\u{FFFD}\u{FFFD}x"))
    #expect(try parse(#"{"a":1,"a":2}"#)["a"] == .integer(1))
    #expect(try parse(#"{"a":1,"a":2}"#).members?.count == 2)
    for bad in [
      "", " ", "[", "]", "[1,]", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "01", "1.",
      ".5",
      "-", "+1", "1e", "1e+", "tru", "nul", "\"", "\"\\", "\"\\u12\"", "\"\\u12g4\"", "\"\\x\"",
      "\"\u{1}\"", "1 2", "[1 2]", "'a'", "NaN", "\u{FEFF}1", "{\"a\":1}}",
    ] { #expect(throws: JSONFault.self, "\(bad)") { try parse(bad) } }
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try parse(nested(32))
    #expect(throws: JSONFault.self) { try parse(nested(40)) }
    #expect(throws: JSONFault.self) { try parse(String(repeating: "[", count: 200_000)) }
  }

  @Test func `random bytes never trap the JSON parser or the line reader`() {
    var generator = SeededGenerator(seed: 3)
    let alphabet = Array("{}[]\",:\\u0019eE+-.truefalsn \u{1}\u{FF}t".utf8)
    for _ in 0..<3000 {
      let count = Int.random(in: 0...30, using: &generator)
      let bytes = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
      do { _ = try JSONValue(parsing: bytes) } catch { #expect(error.offset <= count) }
      _ = LineHeader((Array("{\"t\":".utf8) + bytes).span)
      do { _ = try Leaf(parsing: bytes.span) } catch {}
      _ = CommitFrame(bytes.span, at: 0)
    }
  }

  @Test func `line 0 is read back as it was written`() throws {
    let box = try TestStore(on: FaultyFiles())
    var start = box.start(TestStore.id(1))
    start.purpose = "fix \"prod\"\n\u{1}é"
    start.principal = Identity(issuer: "https://id.example.com", uid: "ana")
    start.columns = 80
    start.rows = 24
    start.terminalType = "xterm-256color"
    let line = start.line()
    let read = try SessionStart(parsing: line.span)
    #expect(read.line() == line)
    #expect(read.session == start.session && read.agent == start.agent)
    #expect(read.purpose == start.purpose && read.command == start.command)
    for field in ["format", "store", "session", "kind", "start", "agent"] {
      let text = String(decoding: line, as: UTF8.self).replacing("\"\(field)\":", with: "\"x\":")
      #expect(throws: JSONFault.self, "\(field)") {
        try SessionStart(parsing: Array(text.utf8).span)
      }
    }
  }

  @Test func `a commit frame is read back as it was written, and nothing shorter or changed`()
    throws
  {
    let made = try `Hostile session files`.forge().make()
    let bytes = Array(made.bytes[made.frames[3]])
    let frame = try #require(commit(bytes))
    #expect(frame.bytes == bytes)
    #expect(frame.k == 1 && frame.firstLine == 2 && frame.lines == 3)
    #expect(commit(bytes, at: 1) == nil && commit(bytes, at: -1) == nil)
    #expect(commit(bytes.dropLast()) == nil)
    for offset in 0..<16 {
      var other = bytes
      other[offset] ^= 1
      #expect(commit(other) == nil)
    }
  }

  @Test func `a leaf is read back as it was written, and has one spelling`() throws {
    let digest = try SHA256.hash([1])
    var leaf = Leaf(
      .close, session: TestStore.id(1), lines: 300, root: digest, bytes: 4096, sha256: digest,
      time: 1_767_323_045_678_000)
    func roundTrip(_ leaf: Leaf) throws {
      let bytes = leaf.format()
      let read = try Leaf(parsing: bytes.span)
      #expect(read == leaf)
    }
    try roundTrip(leaf)
    leaf.kind = .erase
    leaf.withheld = "17-17,20-22"
    leaf.by = "privacy officer"
    try roundTrip(leaf)
    leaf = try Leaf(
      parsing: Array("blackbox/leaf/v1\nkey\nvkey x+1+y\ntime 2026-01-02T03:04:05.678Z\n".utf8).span
    )
    #expect(leaf.session == nil && leaf.verifierKey == "x+1+y")
    try roundTrip(leaf)

    let good =
      "blackbox/leaf/v1\nopen\nsession \(TestStore.id(1))\nlines 2\nroot "
      + "\(Base64.encode(digest.bytes))\nbytes 562\nsha256 \(digest.hex)\ntime 2026-01-02T03:04:05.678Z\n"
    _ = try Leaf(parsing: Array(good.utf8).span)
    for (part, other) in [
      ("leaf/v1", "leaf/v2"), ("open", "opened"), ("open", "Open"), ("lines 2", "lines 02"),
      ("lines 2", "lines +2"), ("lines 2", "lines 18446744073709551616"), ("lines 2", "lines  2"),
      ("lines 2\n", ""), ("\nlines", "\r\nlines"), ("bytes 562", "bytes -1"),
      ("sha256 ", "sha256 A"),
      ("root ", "root !"), ("678Z\n", "678Z"), ("678Z\n", "678Z\n\n"), ("678Z", "678"),
      ("2026-01-02", "2026-02-30"), ("session 0", "session 8"), ("time ", "more x\ntime "),
      ("678Z", "67800Z"), ("T03", "t03"),
    ] {
      let text = good.replacing(part, with: other)
      #expect(text != good)
      #expect(throws: EvidenceFailure.self, "\(part) → \(other)") {
        let leaf = try Leaf(parsing: Array(text.utf8).span)
        // What is accepted must at least be the one spelling.
        guard leaf.format() == Array(text.utf8) else { return }
        Issue.record("accepted \(other)")
      }
    }
  }
}

@Suite struct `Making, opening and searching a store` {
  private func kind(_ body: () throws -> Void) -> SessionLogFailure.Kind? {
    do { try body() } catch let failure as SessionLogFailure { return failure.kind } catch {}
    return nil
  }

  @Test func `a store is made once, and never over anything`() throws {
    for existing in [
      "/box/store/blackbox.json", "/box/store/log/x", "/box/store/sessions/x", "/box/store/live/x",
      "/box/state/x",
    ] {
      let files = FaultyFiles()
      files.plant(existing, [1])
      let before = files.paths
      #expect(kind { _ = try TestStore(on: files) } == .refused, "\(existing)")
      #expect(files.paths.filter { $0 != "/box/store/" } == before.filter { $0 != "/box/store/" })
    }
    let files = FaultyFiles()
    _ = try TestStore(on: files)
    #expect(kind { _ = try TestStore(on: files) } == .refused)
    for origin in ["", "a b", "a+b", "a\nb"] {
      #expect(
        kind { _ = try TestStore(on: FaultyFiles(), origin: origin) } == .refused, "\(origin)")
    }
    for path in ["/box/state/log.key", "/box/state/guard", "/box/store/log/entries"] {
      #expect(try files.status(of: path).permissions == 0o600)
    }
    for path in ["/box/state", "/box/store/log", "/box/store/live", "/box/store/sessions"] {
      #expect(try files.status(of: path).permissions == 0o700)
    }
  }

  @Test func `after a power cut anywhere in init there is a whole store or none`() throws {
    let probe = FaultyFiles()
    _ = try TestStore(on: probe)
    for call in 1...probe.calls {
      let files = FaultyFiles()
      files.die(atCall: call, landing: call % 2 == 0 ? .max : 0)
      var made = false
      do {
        _ = try TestStore(on: files)
        made = true
      } catch {}
      let disk = files.crash(seed: UInt64(call))
      let clock = TestClock()
      var box: TestStore?
      do { box = try TestStore(reopening: "/box", on: disk, clock: clock) } catch {
        #expect(!made, "call \(call): \(error)")
      }
      guard let box else { continue }
      var writer = try box.begin(TestStore.id(1))
      _ = try writer.close(lines: [TestLine.end(1)])
      #expect(try box.findings() == [], "call \(call)")
    }
  }

  @Test func `a store that is missing, newer or unreadable is told apart`() throws {
    let files = FaultyFiles()
    _ = try TestStore(on: files)
    let place = "/box/store/blackbox.json"
    let good = String(decoding: try #require(files.contents(place)), as: UTF8.self)
    func open(_ text: String) -> SessionLogFailure.Kind? {
      files.plant(place, Array(text.utf8))
      return kind { _ = try Store.open("/box/store", in: files) }
    }
    #expect(open(good) == nil)
    #expect(open(good.replacing("\"format\":1", with: "\"format\":2")) == .newerFormat)
    #expect(open(good.replacing("\"format\":1", with: "\"format\":0")) == .storeUnusable)
    #expect(open(good.replacing("\"format\":1", with: "\"format\":\"1\"")) == .storeUnusable)
    #expect(open(good.replacing("vkey", with: "key")) == .storeUnusable)
    #expect(open(good.replacing("+", with: "-")) == .storeUnusable)
    #expect(open("nonsense") == .storeUnusable)
    #expect(open("") == .storeUnusable)
    try files.remove(place)
    #expect(kind { _ = try Store.open("/box/store", in: files) } == .storeMissing)
    files.plantSymbolicLink(place, to: "/box/state/guard")
    #expect(kind { _ = try Store.open("/box/store", in: files) } == .notARecording)
  }

  @Test func `a session is named by any unique part of its id`() throws {
    let scene = try Scene()
    let store = scene.box.store
    #expect(try store.resolve(Scene.open.text) == Scene.open)
    #expect(try store.resolve(Scene.open.text.lowercased()) == Scene.open)
    #expect(try store.resolve(String(Scene.open.text.suffix(6))) == Scene.open)
    #expect(try store.resolve(String(Scene.other.text.prefix(12))) == Scene.other)
    #expect(try store.resolve("@last") == Scene.open)
    #expect(kind { _ = try store.resolve(String(Scene.open.text.prefix(4))) } == .ambiguousSession)
    for text in ["zzzz", "", "0", "../..", "é"] {
      #expect(kind { _ = try store.resolve(text) } == .unknownSession, "\(text)")
    }
    #expect(kind { _ = try scene.verdict(TestStore.id(99)) } == .unknownSession)
  }

  @Test func `a live session is starting or open, never unlogged`() throws {
    let files = FaultyFiles()
    let box = try TestStore(on: files)
    let id = TestStore.id(1)
    var writer = try box.begin(id)
    #expect(try box.store.isLive(id) && box.store.liveSessions() == [id])
    var verdict = try StoreVerifier.verify(id, in: box.store, log: box.log())
    #expect(verdict.word == "OPEN" && verdict.isLive)
    // Before its open leaf was signed.
    let empty = try LogForge([]).checkpoint(by: box.state.signer(for: box.store))
    let (entries, head) = (
      files.contents(box.store.entriesPath), files.contents(box.store.checkpointPath)
    )
    files.plant(box.store.entriesPath, [])
    files.plant(box.store.checkpointPath, empty)
    verdict = try StoreVerifier.verify(
      id, in: box.store,
      log: LogView(
        box.store, trust: Trust(key: box.store.verifierKey, source: .unpinned), state: nil))
    #expect(verdict.word == "STARTING" && verdict.facts == [.starting])
    files.plant(box.store.entriesPath, entries ?? [])
    files.plant(box.store.checkpointPath, head ?? [])
    // Nobody recovers what lives, and no one begins it twice.
    #expect(try Recovery(box.store, box.state, clock: box.clock).run().isEmpty)
    #expect(throws: SessionLogFailure.self) { _ = try box.begin(id) }
    _ = try writer.close(lines: [TestLine.end(1)])
    #expect(throws: SessionLogFailure.self) { try writer.append(TestLine.output(2, "x")) }
    #expect(throws: SessionLogFailure.self) { _ = try writer.close(lines: [TestLine.end(2)]) }
    #expect(throws: SessionLogFailure.self) { _ = try box.begin(id) }
    #expect(try box.findings() == [])
  }

  @Test(arguments: [false, true])
  func `what a recorder left that died before its open leaf is starting, more than that unlogged`(
    goesOn: Bool
  ) throws {
    let files = FaultyFiles()
    let box = try TestStore(on: files)
    let id = TestStore.id(1)
    let empty = try LogForge([]).checkpoint(by: box.state.signer(for: box.store))
    var writer = try box.begin(id)
    if goesOn {
      try writer.append(TestLine.output(1, "more than batch 0"))
      try writer.makeDurable(commit: true)
    }
    let disk = files.kill()
    for path in [box.store.checkpointPath, box.state.guardPath] { disk.plant(path, empty) }
    disk.plant(box.store.entriesPath, [])
    let after = try TestStore(reopening: "/box", on: disk, clock: box.clock)
    let verdict = try StoreVerifier.verify(id, in: after.store, log: after.log())
    #expect(verdict.word == (goesOn ? "UNLOGGED" : "STARTING"))
    let outcomes = try Recovery(after.store, after.state, clock: box.clock).run()
    #expect(outcomes.count == 1)
    guard case .setAside = outcomes.first?.action else {
      Issue.record("\(outcomes)")
      return
    }
    #expect(try after.findings() == [])
  }

  @Test func `lines, flushes and commits fall due as the pace says`() throws {
    let box = try TestStore(on: FaultyFiles())
    var pace = Pace()
    pace.commitBytes = 4000
    var writer = try box.begin(TestStore.id(1), pace: pace)
    #expect(writer.deadline == nil && writer.durableLines == 2)
    try writer.append(TestLine.output(1, "a"))
    #expect(writer.deadline == box.clock.monotonic() + 200_000)
    try writer.makeDurable()
    #expect(writer.durableLines == 3)
    #expect(writer.deadline == box.clock.monotonic() + 60_000_000)
    box.clock.advance(60_000_000)
    try writer.makeDurable()
    #expect(writer.deadline == nil)
    #expect(try box.log().leaves[TestStore.id(1)]?.map(\.leaf.lines) == [2, 3])
    for number in 0..<9 {
      try writer.append(TestLine.output(UInt64(number + 2), String(repeating: "x", count: 1000)))
    }
    _ = try writer.close(lines: [TestLine.end(99)])
    var reader = try SessionReader(path: writer.path, in: box.store.system)
    var batch = Batch()
    var sizes: [Int] = []
    while try reader.next(into: &batch) == .committed { sizes.append(batch.lineCount) }
    #expect(sizes == [2, 1, 4, 4, 2])
  }

  @Test
  func `lines that gather touch no file, and the commit of a full batch waits for the next sync`()
    throws
  {
    let files = FaultyFiles()
    let box = try TestStore(on: files)
    var pace = Pace()
    pace.commitBytes = 4000
    var writer = try box.begin(TestStore.id(1), pace: pace)
    let calls = files.calls
    writer.isGathering = true
    var number: UInt64 = 0
    while writer.takesLines {
      number += 1
      try writer.append(TestLine.output(number, String(repeating: "x", count: 1000)))
    }
    #expect(number == 4 && writer.lines == 6)
    let commits = try writer.compressGathered()
    let again = try writer.compressGathered()
    #expect(commits && !again && !writer.takesLines)
    #expect(files.calls == calls && writer.durableLines == 2)
    // A line of whoever may wait belongs to the batch after it.
    writer.isGathering = false
    number += 1
    try writer.append(TestLine.output(number, "behind"))
    #expect(files.calls == calls && !writer.takesLines)
    try writer.makeDurable()
    #expect(writer.durableLines == 7 && writer.takesLines)
    writer.isGathering = true
    while writer.takesLines {
      number += 1
      try writer.append(TestLine.output(number, String(repeating: "x", count: 1000)))
    }
    _ = try writer.compressGathered()
    try writer.makeDurable()
    #expect(writer.durableLines == writer.lines && writer.takesLines)
    while writer.takesLines {
      number += 1
      try writer.append(TestLine.output(number, String(repeating: "x", count: 1000)))
    }
    _ = try writer.compressGathered()
    _ = try writer.close(lines: [TestLine.end(number + 1)])
    #expect(try box.findings() == [])
    var reader = try SessionReader(path: writer.path, in: box.store.system)
    var batch = Batch()
    var sizes: [Int] = []
    while try reader.next(into: &batch) == .committed { sizes.append(batch.lineCount) }
    #expect(sizes == [2, 4, 5, 4, 1])
  }

  @Test func `a session without a leaf whose lock is held is not said to be missing`()
    throws
  {
    let box = try TestStore(on: FaultyFiles())
    let id = TestStore.id(1)
    let lock = try File(
      box.store.livePath(of: id), .createNew(box.store.filePermissions), in: box.store.system)
    #expect(try lock.lock(wait: false))
    let isLive = try box.store.isLive(id)
    #expect(isLive)
    #expect {
      _ = try StoreVerifier.verify(id, in: box.store, log: try box.log())
    } throws: { error in
      (error as? SessionLogFailure)?.kind == .unknownSession
    }
    #expect(try box.findings() == [])
  }
}

import Evidence
import Platform
import SessionLog
import TestSupport
import Testing

/// Files that no writer makes, forged so that one rule alone is broken.
@Suite struct `Hostile session files` {
  static let salt = Array(
    "{\"t\":0,\"type\":\"session.salt\",\"key\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"
      .utf8)

  static func start() throws -> [UInt8] {
    let files = FaultyFiles()
    return try TestStore(on: files).start(TestStore.id(1)).line()
  }

  static func forge(_ lines: [[UInt8]] = [TestLine.output(1, "a")]) throws -> SessionForge {
    .lines([[try start(), salt], lines, [TestLine.end(1 << 40)]])
  }

  static func verdict(_ forge: SessionForge) throws -> SessionVerdict {
    let files = FaultyFiles()
    files.plant("/file", try forge.make().bytes)
    return try SessionVerifier.verify(file: "/file", in: files)
  }

  static let badLines: [(String, [UInt8])] = [
    ("CR", Array("{\"t\":1,\"type\":\"x\",\"a\":\"\r\"}".utf8)),
    ("NUL", Array("{\"t\":1,\"type\":\"x\",\"a\":\"\0\"}".utf8)),
    ("BOM", Array("\u{FEFF}{\"t\":1,\"type\":\"x\",\"a\":\"\"}".utf8)),
    (
      "bad UTF-8",
      Array("{\"t\":1,\"type\":\"x\",\"a\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8)
    ),
    (
      "a surrogate",
      Array("{\"t\":1,\"type\":\"x\",\"a\":\"".utf8) + [0xED, 0xA0, 0x80] + Array("\"}".utf8)
    ),
    (
      "9 MiB",
      Array("{\"t\":1,\"type\":\"x\",\"a\":\"".utf8) + [UInt8](repeating: 0x61, count: 9 << 20)
        + Array("\"}".utf8)
    ),
    ("short", Array("{\"t\":1,\"type\":\"\"}".utf8)),
    ("no type", Array("{\"t\":1,\"kind\":\"xxxxxxx\"}".utf8)),
    ("time in text", Array("{\"t\":\"1\",\"type\":\"xxxxx\"}".utf8)),
    ("leading zero", Array("{\"t\":01,\"type\":\"xxxxx\"}".utf8)),
    ("2^53", Array("{\"t\":9007199254740992,\"type\":\"x\"}".utf8)),
    ("capital", Array("{\"t\":1,\"type\":\"Xxxxxx\"}".utf8)),
    ("no end", Array("{\"t\":1,\"type\":\"xxxxx\",\"a\":1".utf8)),
    ("array", Array("[\"t\",1,\"type\",\"xxxxx\"]".utf8)),
    ("space", Array("{ \"t\":1,\"type\":\"xxxxx\"}".utf8)),
    ("empty", []),
  ]

  @Test(arguments: badLines.map(\.0))
  func `a line that breaks the form is refused at write and found at read`(name: String) throws {
    let line = try #require(Self.badLines.first { $0.0 == name }).1
    let files = FaultyFiles()
    let box = try TestStore(on: files)
    var writer = try box.begin(TestStore.id(1))
    #expect(throws: SessionLogFailure.self) { try writer.append(line) }
    // The refusal left no trace.
    _ = try writer.close(lines: [TestLine.end(3)])
    #expect(try box.findings() == [])
    var forge = try Self.forge([line])
    forge.level = 1
    let verdict = try Self.verdict(forge)
    #expect(verdict.word == "MALFORMED")
    #expect(verdict.findings.map(\.rule) == [.lineForm])
    #expect(verdict.findings.first?.line == 2)
  }

  @Test func `LF inside a line is refused at write`() throws {
    let box = try TestStore(on: FaultyFiles())
    var writer = try box.begin(TestStore.id(1))
    let line = Array("{\"t\":1,\"type\":\"x\",\n\"a\":\"xxxx\"}".utf8)
    #expect(throws: SessionLogFailure.self) { try writer.append(line) }
    #expect(throws: SessionLogFailure.self) { try writer.close(lines: [line]) }
    _ = try writer.close(lines: [TestLine.end(3)])
    #expect(try box.findings() == [])
  }

  @Test func `duplicate keys and imitations of withheld lines are ordinary content`() throws {
    let lines = [
      Array("{\"t\":1,\"type\":\"x\",\"a\":1,\"a\":2}".utf8),
      Array("{\"t\":1,\"type\":\"withheld\",\"leaf\":\"AAAA\"}".utf8),
      Array(
        "{\"t\":1,\"type\":\"recorder.recovered\",\"first\":-9223372036854775808,\"last\":9223372036854775807}"
          .utf8),
    ]
    let verdict = try Self.verdict(try Self.forge(lines))
    #expect(verdict.word == "OK" && verdict.facts == [] && verdict.lines == 6)
  }

  @Test func `time that runs backwards is found`() throws {
    let lines = [TestLine.output(9, "a"), TestLine.output(8, "b")]
    #expect(try Self.verdict(try Self.forge(lines)).findings.map(\.rule) == [.lineForm])
  }

  enum CommitLie: String, CaseIterable {
    case magic, flags, encrypted, k, firstLine, lines, offset, length, time, root, chain, close

    /// Which rule names it, and at which of the 128 bytes.
    var expected: (Finding.Rule, Int) {
      switch self {
      case .magic: (.commitForm, 9)
      case .flags: (.commitForm, 53)
      case .encrypted: (.commitForm, 52)
      case .k: (.commitPlace, 16)
      case .firstLine: (.commitPlace, 24)
      case .lines: (.commitLines, 32)
      case .offset: (.commitPlace, 40)
      case .length: (.commitPlace, 48)
      case .time: (.commitRoot, 56)
      case .root: (.commitRoot, 64)
      case .chain: (.commitChain, 96)
      case .close: (.sessionEnd, 52)
      }
    }
  }

  @Test(arguments: CommitLie.allCases)
  func `each field of a commit is recomputed, and its own rule named`(lie: CommitLie) throws {
    var forge = try Self.forge()
    let (rule, offset) = lie.expected
    forge.batches[1].edit = { $0[offset] ^= lie == .encrypted ? 4 : lie == .close ? 1 : 0x10 }
    let verdict = try Self.verdict(forge)
    #expect(verdict.findings.first?.rule == rule)
    #expect(verdict.findings.first?.offset != nil)
    #expect(verdict.lines == 2)
  }

  @Test func `a first batch that is not lines 0 and 1 is found, and which line is wrong`() throws {
    let start = try Self.start()
    let end = TestLine.end(9)
    func rules(_ batches: [[[UInt8]]]) throws -> [Finding.Rule] {
      try Self.verdict(.lines(batches)).findings.map(\.rule)
    }
    #expect(try rules([[start, Self.salt, TestLine.output(1, "x")], [end]]) == [.commitLines])
    #expect(try rules([[start], [end]]) == [.commitLines])
    #expect(try rules([[TestLine.output(0, "x"), Self.salt], [end]]) == [.sessionStart])
    #expect(try rules([[start, TestLine.output(0, "x")], [end]]) == [.sessionSalt])
    let short = Array("{\"t\":0,\"type\":\"session.salt\",\"key\":\"AAAA\"}".utf8)
    #expect(try rules([[start, short], [end]]) == [.sessionSalt])
    #expect(try rules([[start, Self.salt], [TestLine.output(3, "x")]]) == [.sessionEnd])
    #expect(try rules([[start, Self.salt], [], [end]]) == [.commitLines])
  }

  /// A frame of one raw block with chosen header bytes.
  static func frame(_ header: [UInt8], _ content: [UInt8], checksum: [UInt8] = []) -> [UInt8] {
    let block = UInt32(content.count) << 3 | 1
    return [0x28, 0xB5, 0x2F, 0xFD] + header
      + [UInt8(block & 255), UInt8(block >> 8 & 255), UInt8(block >> 16)] + content + checksum
  }

  @Test func `windows of 128 MiB, dictionary ids and checksums are refused`() throws {
    let line = TestLine.output(1, "a") + [0x0A]
    for header: [UInt8] in [[0x00, 0x88], [0x01, 0x50, 7], [0x04, 0x50], [0x08, 0x50]] {
      var forge = try Self.forge()
      let raw = Self.frame(header, line, checksum: header[0] == 4 ? [0, 0, 0, 0] : [])
      forge.batches[1].parts = [.init(raw: raw)]
      let verdict = try Self.verdict(forge)
      #expect(verdict.findings.map(\.rule) == [.frameData], "\(header)")
      #expect(verdict.word == "MALFORMED")
    }
  }

  @Test func `a decompression bomb costs no more than one batch`() throws {
    // 4,000 repeat blocks of 128 KiB: half a gigabyte out of 16 KiB.
    var bomb: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x50]
    for index in 0..<4000 {
      let block = UInt32(128 << 10) << 3 | 2 | (index == 3999 ? 1 : 0)
      bomb += [UInt8(block & 255), UInt8(block >> 8 & 255), UInt8(block >> 16), 0x61]
    }
    var forge = try Self.forge()
    forge.batches[1].parts = [.init(raw: bomb)]
    #expect(try Self.verdict(forge).word == "MALFORMED")
    forge.batches.removeLast()
    forge.hasSeekTable = false
    #expect(try Self.verdict(forge).word == "MALFORMED")
  }

  @Test func `a tail of many small blocks without an end takes time by its length alone`() throws {
    var tail: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x50]
    for _ in 0..<20_000 { tail += [8 << 3 | 2, 0, 0, 0x61] }
    var forge = try Self.forge()
    forge.batches.removeLast()
    forge.hasSeekTable = false
    let files = FaultyFiles()
    files.plant("/file", try forge.make().bytes + tail)
    let verdict = try SessionVerifier.verify(file: "/file", in: files)
    #expect(verdict.word == "TRUNCATED" && verdict.findings.map(\.rule) == [.damagedTail])
    #expect(verdict.tornBytes == UInt64(tail.count))
    #expect(verdict.lines == 3 && verdict.tailLines == 0)
  }

  @Test func `a frame of the encrypted chapter is named`() throws {
    var forge = try Self.forge()
    let raw: [UInt8] = [0x5B, 0x2A, 0x4D, 0x18, 8, 0, 0, 0] + Array("bbox-e1\0".utf8)
    forge.batches[1].parts = [.init(raw: raw)]
    #expect(try Self.verdict(forge).findings.map(\.rule) == [.frameKind])
  }

  @Test func `a frame that ends inside a line is found`() throws {
    var forge = try Self.forge()
    forge.batches[1].parts = [.init(raw: Self.frame([0x00, 0x50], TestLine.output(1, "a")))]
    #expect(try Self.verdict(forge).findings.map(\.rule) == [.commitLines])
  }

  @Test func `withheld lines keep the root, and are counted; a wrong leaf or place is found`()
    throws
  {
    let start = try Self.start()
    let lines = [
      start, Self.salt, TestLine.output(1, "a"), TestLine.output(2, "secret"), TestLine.end(3),
    ]
    let whole = try SessionForge.lines([Array(lines[..<2]), Array(lines[2...])]).make()
    // The hidden line's leaf: the only hash that makes the same root.
    let key = [UInt8](repeating: 0, count: 32)
    let salt = try SHA256.hash(Array("bbox/salt/v1\n".utf8) + key + [0, 0, 0, 0, 0, 0, 0, 3]).bytes
    let leaf = try SHA256.hash([0] + salt[..<16] + lines[3]).bytes
    func file(_ leaf: [UInt8], first: UInt8) throws -> SessionVerdict {
      var forge = SessionForge.lines([Array(lines[..<2]), Array(lines[2...])])
      let raw: [UInt8] =
        [0x5C, 0x2A, 0x4D, 0x18, 56, 0, 0, 0] + Array("bbox-w1\0".utf8) + [first]
        + [UInt8](repeating: 0, count: 7) + [1, 0, 0, 0, 0, 0, 0, 0] + leaf
      forge.batches[1].parts = [
        .init(lines: [lines[2]]), .init(raw: raw), .init(lines: [lines[4]]),
      ]
      forge.batches[1].edit = { commit in
        commit[32] = 5
        commit.replaceSubrange(64..<96, with: whole.commits[1].root.bytes)
      }
      return try Self.verdict(forge)
    }
    let good = try file(leaf, first: 3)
    #expect(good.facts == [.withheld(1)] && good.findings == [] && good.lines == 5)
    #expect(good.root == whole.commits[1].root)
    #expect(
      try file([UInt8](repeating: 1, count: 32), first: 3).findings.map(\.rule) == [.commitRoot])
    #expect(try !file(leaf, first: 2).isIntact)
  }

  @Test func `random bytes never trap a reader`() throws {
    var generator = SeededGenerator(seed: 11)
    let whole = try Self.forge().make().bytes
    for round in 0..<300 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.replaceSubrange(place..<min(bytes.count, place + 8), with: generator.bytes(8))
        default: bytes.removeSubrange(place..<min(bytes.count, place + 5))
        }
      }
      let files = FaultyFiles()
      files.plant("/file", bytes)
      do {
        let verdict = try SessionVerifier.verify(file: "/file", in: files)
        #expect(verdict.word != "OK" || bytes == whole, "round \(round)")
      } catch { #expect(error.kind == .notARecording) }
    }
  }

  @Test func `other files are called what they are`() throws {
    let files = FaultyFiles()
    for bytes: [UInt8] in [[], [1], Array("{\"t\":0}\n".utf8), [UInt8](repeating: 0, count: 5000)] {
      files.plant("/file", bytes)
      #expect { _ = try SessionVerifier.verify(file: "/file", in: files) } throws: {
        ($0 as? SessionLogFailure)?.kind == .notARecording
      }
    }
  }
}

import Platform
import SessionLog
import TestSupport
import Testing

@testable import Recorder

@Suite struct `Damaged and hostile sources` {
  private func refusal(_ body: () throws -> ImportedSession) -> ImportFailure.Refusal? {
    do {
      _ = try body()
      return nil
    } catch ImportFailure.unreadable(let refusal) {
      return refusal
    } catch {
      Issue.record("another failure: \(error)")
      return nil
    }
  }

  @Test(arguments: [
    "", "\u{0}", "hello\n", "{}", "[]", "{\"version\": 9}\n", "[1,2]", "{\"a\":", "PK\u{3}\u{4}",
    "\u{1F}\u{1}", "null", "{\"version\": 2, \"stdout\": 1}",
  ])
  func `what is no recording is refused, and nothing is written`(text: String) throws {
    let box = try ImportBox()
    let refusal = try #require(refusal { try box.run(Array(text.utf8)) })
    #expect(!refusal.what.isEmpty && refusal.found != nil)
    #expect(try box.box.verify().sessions.isEmpty)
  }

  @Test func `compression, timing files and directories are refused by name`() throws {
    let box = try ImportBox()
    #expect(
      refusal { try box.run([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]) }?.found?.contains("xz") == true)
    #expect(refusal { try box.run([0x28, 0xB5, 0x2F, 0xFD, 0]) }?.found?.contains("zstd") == true)
    #expect(
      refusal { try box.run(Array(ImportFixture.classicTiming.utf8)) }?.advice?.contains("--timing")
        == true)
    box.disk.plantDirectory("/in/empty")
    #expect(refusal { try box.run(.path("/in/empty")) }?.found?.contains("timing") == true)
    #expect(throws: ImportFailure.self) { try box.run(.path("/in/nowhere")) }
  }

  @Test func `what gzip packed is unpacked, with both digests`() throws {
    let directory = TemporaryDirectory()
    guard directory.has("gzip") else { return print("skipped: no gzip here") }
    let text =
      ImportFixture.cast2 + "\n" + String(repeating: "[9, \"o\", \"żółć more\"]\n", count: 9000)
    let plain = Array(text.utf8)
    try SystemFiles.shared.replaceDurably(directory.path + "/a", with: plain, permissions: 0o600)
    let box = try ImportBox()
    for level in ["-1", "-9"] {
      let (status, packed) = directory.shell("gzip -nc \(level) a")
      #expect(status == 0)
      let session = try box.run(packed)
      #expect(session.format == .asciicast2 && !session.imported.salvaged)
      #expect(session.imported.sha256 == (try SHA256.hash(packed)))
      #expect(session.imported.parts.map(\.sha256) == [try SHA256.hash(plain)])
      #expect(session.facts.events == 9006)
      // Cut or changed anywhere, it is salvaged or refused, never taken for whole.
      var generator = SeededGenerator(seed: 11)
      for _ in 0..<40 {
        var bytes = packed
        if Bool.random(using: &generator) {
          bytes.removeLast(Int.random(in: 1..<bytes.count - 20, using: &generator))
        } else {
          let place = Int.random(in: 10..<bytes.count, using: &generator)
          bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
        }
        do {
          let damaged = try box.run(bytes)
          #expect(damaged.imported.salvaged)
        } catch ImportFailure.unreadable {}
      }
    }
    #expect(try box.box.findings().isEmpty)
  }

  @Test func `a bad line is a gap that keeps it, and the lines after it are read`() throws {
    let text =
      #"{"version": 2, "width": 9, "height": 2}"#
      + "\n[1, \"o\", \"a\"]\nlol!\n[2, 5, \"x\"]\n[3, \"r\", \"-1x0\"]\n[\"4\", \"o\", \"x\"]\n"
      + "[5, \"\", \"x\"]\n[6, \"o\", \"\\q\"]\n[7, \"o\", \"b\"]\n[8, \"o\", \"c"
    let box = try ImportBox()
    let session = try box.run(Array(text.utf8))
    let events = try box.events(of: session)
    #expect(events.filter { $0.type == "terminal.output" }.compactMap(\.payload) == [[97], [98]])
    let gaps = events.filter { $0.type == "recorder.gap" }
    #expect(gaps.compactMap { $0["place"]?.string } == [3, 4, 5, 6, 7, 8, 10].map { "line \($0)" })
    #expect(gaps.first?["source"] == .string("lol!"))
    #expect(session.facts.isCut)
    #expect(events.last?["reason"] == .string("lost"))
    #expect(try box.start(of: session)["imported"]?["salvaged"] == .bool(true))
    let verdict = try box.box.verify().sessions[0]
    #expect(verdict.gaps == 7)
  }

  @Test func `raw control bytes and bytes that are no text come through exactly, and are noted`()
    throws
  {
    var bytes = Array("{\"version\": 2, \"width\": 9, \"height\": 2}\n[1, \"o\", \"a".utf8)
    bytes += [0x1B, 0x5B, 0x6D, 0x07, 0xFF, 0xC3] + Array("\\u001b\\n\"]\n".utf8)
    let box = try ImportBox()
    let session = try box.run(bytes)
    let output = try box.events(of: session).first { $0.type == "terminal.output" }
    #expect(output?.payload == [0x61, 0x1B, 0x5B, 0x6D, 0x07, 0xFF, 0xC3, 0x1B, 0x0A])
    #expect(session.facts.oddities.map(\.count) == [1, 1])
    #expect(session.facts.gaps == 0)
  }

  @Test func `time that goes back is held, and the source's own is kept`() throws {
    let text =
      #"{"version": 2, "width": 9, "height": 2}"#
      + "\n[5, \"o\", \"a\"]\n[-1.5, \"o\", \"b\"]\n[1e300, \"o\", \"c\"]\n[6, \"o\", \"d\"]\n"
    let box = try ImportBox()
    let session = try box.run(Array(text.utf8))
    let outputs = try box.events(of: session).filter { $0.type == "terminal.output" }
    #expect(outputs.map(\.time)[..<2] == [5_000_000, 5_000_000])
    #expect(outputs[1]["source_t"] == .integer(-1_500_000))
    #expect(outputs.count == 4)
    #expect(try box.box.findings().isEmpty)
    #expect(session.facts.oddities.first?.count == 2)
  }

  @Test func `strict refuses what would be salvaged, before anything is written`() throws {
    let box = try ImportBox()
    let text = #"{"version": 2, "width": 9, "height": 2}"# + "\n[1, \"o\", \"a\"]\nlol!\n"
    #expect(refusal { try box.run(Array(text.utf8)) { $0.isStrict = true } } != nil)
    #expect(try box.box.verify().sessions.isEmpty)
    _ = try box.run(Array(ImportFixture.cast2.utf8)) { $0.isStrict = true }
  }

  @Test func `a named format that the file is not gives nothing, and is refused`() throws {
    let box = try ImportBox()
    for format in [ImportFormat.asciicast2, .ttyrec, .tlog, .claudeCode, .asciicast1] {
      let found = refusal { try box.run(Array("not this\nat all\n".utf8)) { $0.format = format } }
      #expect(found?.what == "nothing could be read", "\(format)")
    }
  }

  @Test func `lines beyond 8 MiB and values beyond it are gaps`() throws {
    var bytes = Array((#"{"version": 2, "width": 9, "height": 2}"# + "\n[1, \"o\", \"").utf8)
    bytes +=
      [UInt8](repeating: 0x61, count: Limits.lineBytes + 10)
      + Array("\"]\n[2, \"o\", \"b\"]\n".utf8)
    let session = try ImportBox().run(bytes)
    #expect(session.facts.gaps == 1)
    #expect(session.facts.outputBytes == 1)
    var document = Array("{\"version\": 1, \"width\": 9, \"height\": 2, \"stdout\": [[1, \"".utf8)
    document += [UInt8](repeating: 0x61, count: Limits.lineBytes) + Array("\"], [1, \"b\"]]}".utf8)
    let second = try ImportBox().run(document)
    #expect(second.facts.gaps == 1)
    #expect(second.facts.outputBytes == 1)
  }

  @Test func `forged counts allocate nothing`() throws {
    let box = try ImportBox()
    let path = box.plant(Array("abc".utf8), at: "/in/t")
    let times = box.plant(Array("0.1 9223372036854775807\n0.1 3\n".utf8), at: "/in/tm")
    let session = try box.run(.typescript(path, timing: times, input: nil))
    #expect(session.facts.isCut)
    let frames =
      ImportFixture.frame(1_500_000_000, 0, [97])
      + ImportFixture.frame(1_500_000_000, 1, []).dropLast(4) + [0xFF, 0xFF, 0xFF, 0xFF]
    let second = try box.run(frames) { $0.format = .ttyrec }
    #expect(second.facts.isCut && second.facts.outputBytes == 1)
    let deep = "{\"type\":\"user\",\"message\":" + String(repeating: "[", count: 100_000) + "\n"
    let third = try box.run(Array((ImportFixture.claude + deep).utf8))
    #expect(third.facts.gaps == 1)
  }

  @Test func `numbers at their ends and fields of megabytes trap nothing`() throws {
    let box = try ImportBox()
    let huge = String(repeating: "\\u0001", count: 300_000)
    let sources = [
      "{\"version\": 2, \"width\": 1e99, \"height\": -5, \"timestamp\": 1e300, \"duration\": 1e300, \"title\": \"\(huge)\", \"command\": \"\(huge)\", \"env\": {\"TERM\": \"\(huge)\"}}\n[99999999999999999999999999, \"o\", \"a\"]\n[1, \"x\", \"99999999999999999999\"]\n",
      "{\"version\": 3, \"term\": {\"cols\": 70000, \"rows\": 0}}\n[9e18, \"o\", \"a\"]\n[9e18, \"o\", \"b\"]\n[-9e18, \"o\", \"c\"]\n",
      "{\"ver\":\"2\",\"rec\":\"\(huge)\",\"host\":\"\(huge)\",\"id\":-9223372036854775808,\"pos\":9223372036854775807,\"time\":99999999999,\"timing\":\"+9999999999999999999999>1[99999999999999999999/9999999999999999\",\"out_txt\":\"a\"}\n",
      "{\"type\":\"user\",\"timestamp\":\"1700-01-01T00:00:00Z\",\"message\":{\"content\":\"a\"}}\n{\"type\":\"user\",\"timestamp\":\"2250-01-01T00:00:00Z\",\"message\":{\"content\":\"b\"}}\n{\"type\":\"user\",\"timestamp\":\"9999-12-31T23:59:59.999999999+14:00\",\"message\":{\"content\":\"\(huge)\"}}\n",
      "[{\"role\":\"user\",\"content\":\"a\",\"timestamp\":99999999999},{\"role\":\"user\",\"content\":\"b\",\"timestamp\":-99999999999}]",
      "{\"trajectory\":[{\"action\":\"a\",\"execution_time\":999999,\"observation\":\"b\"},{\"action\":\"a\",\"execution_time\":1e400}]}",
      "{\"t\":9007199254740991,\"type\":\"session.start\"}\n{\"t\":9007199254740991,\"type\":\"a\"}\n{\"t\":9007199254740990,\"type\":\"a\"}\n{\"t\":1,\"type\":\"session.start\"}\n",
    ]
    for source in sources { _ = try box.run(Array(source.utf8)) }
    #expect(try box.box.findings().isEmpty)
    #expect(try box.box.verify().sessions.count == sources.count)
  }

  @Test func `hostile names and titles stay data`() throws {
    let box = try ImportBox()
    let evil = "\u{1B}]52;c;eA==\u{7}\n\u{202E}"
    let text =
      "{\"version\": 2, \"width\": 9, \"height\": 2, \"title\": \"\\u001b]0;x\\u0007\", \"command\": \"\\u001b[2J\"}\n[1, \"m\", \"\\u001bc\"]\n"
    let path = box.plant(Array(text.utf8), at: "/in/" + evil)
    let session = try box.run(.path(path))
    #expect(session.imported.name == evil)
    for line in try box.box.lines(of: session.id) {
      #expect(!line.contains { $0 < 0x20 || $0 == 0x7F })
    }
  }

  /// Every fixture, cut or changed at places that a seed decides.
  @Test(arguments: ImportFixture.files.map(\.format))
  func `no cut and no flipped bit ever traps, and what is written verifies`(format: ImportFormat)
    throws
  {
    let whole = try #require(ImportFixture.files.first { $0.format == format }).bytes
    var generator = SeededGenerator(seed: UInt64(format.rawValue.utf8.count) &+ UInt64(whole.count))
    let box = try ImportBox()
    for round in 0..<120 {
      var bytes = whole
      switch round % 3 {
      case 0: bytes.removeLast(Int.random(in: 1...whole.count, using: &generator))
      case 1:
        for _ in 0...Int.random(in: 0...3, using: &generator) {
          let place = Int.random(in: 0..<bytes.count, using: &generator)
          bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
        }
      default:
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        let count = Int.random(in: 0...min(20, bytes.count - place), using: &generator)
        bytes.replaceSubrange(place..<place + count, with: generator.bytes(count * 2 % 23))
      }
      do {
        _ = try box.run(bytes) { $0.format = round % 2 == 0 ? format : nil }
      } catch ImportFailure.unreadable {
        // Refused with a reason.
      }
    }
    #expect(try box.box.findings().isEmpty)
  }

  @Test func `no damage to a timing file or a sudo log ever traps`() throws {
    var generator = SeededGenerator(seed: 7)
    let box = try ImportBox()
    let output = box.plant(Array(ImportFixture.typescript.utf8), at: "/in/ts")
    for round in 0..<60 {
      var times = Array(ImportFixture.advancedTiming.utf8)
      times[Int.random(in: 0..<times.count, using: &generator)] = UInt8.random(
        in: 0...255, using: &generator)
      times.removeLast(Int.random(in: 0..<times.count / 2, using: &generator))
      let path = box.plant(times, at: "/in/tm\(round)")
      do { _ = try box.run(.typescript(output, timing: path, input: nil)) } catch ImportFailure
        .unreadable
      {}
      for file in ImportFixture.sudo {
        var bytes = Array(file.bytes.utf8)
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
        bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator) / 4)
        _ = box.plant(bytes, at: "/in/s\(round)/" + file.name)
      }
      do { _ = try box.run(.path("/in/s\(round)")) } catch ImportFailure.unreadable {}
    }
    #expect(try box.box.findings().isEmpty)
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6])
  func `a source that cannot be read on leaves no open session`(call: Int) throws {
    let box = try ImportBox()
    let text =
      ImportFixture.cast2 + "\n" + String(repeating: "[9, \"o\", \"more\"]\n", count: 40_000)
    let path = box.plant(Array(text.utf8))
    box.disk.inject(FaultyFiles.Fault(.read, on: "/in/", at: call, .fail(5, landing: false)))
    do { _ = try box.run(.path(path)) } catch ImportFailure.source {}
    box.disk.heal()
    let (log, sessions) = try box.box.verify()
    #expect(log.findings.isEmpty)
    #expect(sessions.allSatisfy { $0.isIntact && $0.isClosed })
  }

  @Test(arguments: [4_000, 20_000, 60_000])
  func `a full disk is said, and what was begun is closed or left for recovery`(space: Int) throws {
    let box = try ImportBox()
    var generator = SeededGenerator(seed: 3)
    var bytes: [UInt8] = []
    for second in 0..<200 {
      bytes += ImportFixture.frame(1_500_000_000 + UInt32(second), 0, generator.bytes(8_000))
    }
    let path = box.plant(bytes)
    box.disk.space = space
    #expect(throws: ImportFailure.self) { try box.run(.path(path)) }
    box.disk.space = nil
    _ = try Recovery(box.box.store, box.box.state, clock: box.box.clock).run()
    #expect(try box.box.findings().isEmpty)
  }
}

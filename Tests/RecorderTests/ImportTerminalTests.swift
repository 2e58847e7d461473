import Platform
import SessionLog
import TestSupport
import Testing

@testable import Recorder

@Suite struct `Terminal recordings` {
  /// Times, types and payloads as one text each, headers and the end left out.
  private func told(_ events: [JSONValue]) -> [String] {
    events.filter { $0.type != "import.header" && $0.type != "session.end" }.map { event in
      var text = "\(event.time) \(event.type)"
      if let payload = event.payload { text += " \(payload)" }
      for field in ["cols", "rows", "label", "code", "name", "stream"] {
        if let value = event[field] {
          text += " " + (value.string ?? value.integer.map(String.init) ?? "?")
        }
      }
      return text
    }
  }

  @Test func `asciicast v1 counts delays`() throws {
    let box = try ImportBox()
    let session = try box.run(Array(ImportFixture.cast1.utf8))
    let events = try box.events(of: session)
    #expect(session.format == .asciicast1)
    #expect(!session.imported.salvaged)
    #expect(
      told(events) == [
        "1250000 terminal.output \(Array("foo\u{1B}[1m".utf8))",
        "1250001 terminal.output \(Array("żółć".utf8))",
        "4250001 terminal.output \(Array("\u{1FB00}\r\n".utf8))",
      ])
    #expect(events.last?.time == 10_500_000)
    let start = try box.start(of: session)
    #expect(start["terminal"]?["cols"] == .integer(96))
    #expect(start["argv"] == .array([.string("/bin/bash")]))
    #expect(start["imported"]?["title"] == .string("bash"))
  }

  @Test func `asciicast v2 keeps output, input, sizes, markers, what it does not know, and times`()
    throws
  {
    let box = try ImportBox()
    let session = try box.run(Array(ImportFixture.cast2.utf8))
    #expect(session.format == .asciicast2)
    #expect(
      told(try box.events(of: session)) == [
        "1234567 terminal.output \(Array("foo \u{1B}[31mbar".utf8))",
        "2000000 terminal.resize 80 24",
        "2345670 terminal.input [13]",
        "3000000 marker.note mark",
        "5678987 asciicast.event [117, 110, 107, 110, 111, 119, 110] z",
        "8456789 terminal.output \(Array("żółć jaźń".utf8))",
      ])
    let start = try box.start(of: session)
    #expect(start["at"] == .string("2017-09-26T07:20:22.000Z"))
    #expect(start["kind"] == .string("terminal"))
  }

  @Test func `asciicast v3 adds intervals without drift and keeps the exit status`() throws {
    let box = try ImportBox()
    let session = try box.run(Array(ImportFixture.cast3.utf8))
    let events = try box.events(of: session)
    #expect(
      told(events) == [
        "1000001 terminal.output [102, 111, 111]", "1500001 terminal.input [13]",
        "1750001 terminal.resize 80 24", "1750003 terminal.output [98, 97, 114, 0, 10]",
      ])
    #expect(events.last?["exit_code"] == .integer(3))
    #expect(events.last?.time == 2_750_003)
  }

  @Test func `intervals below a microsecond add up`() throws {
    let header = #"{"version": 3, "term": {"cols": 8, "rows": 2}}"# + "\n"
    let lines = String(repeating: "[0.0000004, \"o\", \"x\"]\n", count: 10)
    let events = try ImportBox().events(Array((header + lines).utf8))
    #expect(events.last?.time == 4)
  }

  @Test func `ttyrec keeps every byte, valid or not, and its wall time`() throws {
    let box = try ImportBox()
    let session = try box.run(ImportFixture.ttyrec)
    #expect(session.format == .ttyrec)
    #expect(
      told(try box.events(of: session)) == [
        "0 terminal.output \(Array("Hello, ".utf8))", "750000 terminal.output [226, 128]",
        "750005 terminal.output [156, 255]",
      ])
    #expect(try box.start(of: session)["at"] == .string("2017-07-14T02:40:00.250Z"))
  }

  @Test func `a ttyrec that is cut keeps what is there, and a gap stands where it ends`() throws {
    let box = try ImportBox()
    let session = try box.run(Array(ImportFixture.ttyrec.dropLast()))
    let events = try box.events(of: session)
    #expect(told(events).last == "750005 recorder.gap")
    #expect(told(events).dropLast().last == "750005 terminal.output [156]")
    #expect(events.last?["reason"] == .string("lost"))
  }

  @Test func `tlog gives text and raw bytes in their order`() throws {
    let box = try ImportBox()
    let session = try box.run(Array(ImportFixture.tlog.utf8))
    #expect(session.format == .tlog)
    #expect(!session.imported.salvaged)
    #expect(
      told(try box.events(of: session)) == [
        "10000 terminal.output \(Array("żół".utf8))", "15000 terminal.input [108, 115]",
        "20000 terminal.output \(Array("ć".utf8))", "20000 terminal.output [255, 254]",
        "27000 terminal.resize 80 24",
      ])
    let start = try box.start(of: session)
    #expect(start["terminal"]?["cols"] == .integer(100))
    #expect(start["imported"]?["host"] == .string("web1"))
  }

  @Test func `tlog messages that are missing are a gap`() throws {
    let lines = ImportFixture.tlog.replacing("\"id\":2", with: "\"id\":9")
    let box = try ImportBox()
    let session = try box.run(Array(lines.utf8))
    #expect(session.facts.gaps == 1)
    #expect(try box.events(of: session).contains { $0.type == "recorder.gap" })
  }

  private func typescript(_ box: ImportBox, _ bytes: String, _ timing: String) throws
    -> ImportedSession
  {
    let path = box.plant(Array(bytes.utf8), at: "/in/typescript")
    let times = box.plant(Array(timing.utf8), at: "/in/timing")
    return try box.run(.typescript(path, timing: times, input: nil))
  }

  @Test func `a typescript with classic times`() throws {
    let box = try ImportBox()
    let session = try typescript(box, ImportFixture.typescript, ImportFixture.classicTiming)
    let events = try box.events(of: session)
    #expect(
      told(events) == [
        "10166 terminal.output [104, 105, 13, 10]",
        "260166 terminal.output [98, 121, 101, 13, 10]",
      ])
    #expect(events.last?["exit_code"] == .integer(4))
    let start = try box.start(of: session)
    #expect(start["at"] == .string("2026-01-02T02:04:05.000Z"))
    #expect(start["terminal"]?["cols"] == .integer(81))
    #expect(start["imported"]?["parts"]?.array?.count == 1)
    #expect(!session.imported.salvaged)
  }

  @Test func `a typescript with advanced times`() throws {
    let box = try ImportBox()
    let session = try typescript(box, ImportFixture.typescript, ImportFixture.advancedTiming)
    let events = try box.events(of: session)
    #expect(
      told(events) == [
        "14531 terminal.output [104, 105, 13, 10]", "114531 terminal.resize 120 30",
        "314531 terminal.input [98, 121]", "637025 terminal.output [101, 13, 10]",
      ])
    #expect(events.last?["exit_code"] == .integer(2))
    #expect(events.last?.time == 737_025)
    #expect(try box.start(of: session)["terminal"]?["cols"] == .integer(90))
  }

  @Test func `a typescript shorter than its times is cut, and says where`() throws {
    let box = try ImportBox()
    let session = try typescript(box, "abc", "0.5 2\n0.5 70000\n")
    #expect(session.facts.isCut)
    let events = try box.events(of: session)
    #expect(
      told(events).prefix(2) == ["500000 terminal.output [97, 98]", "1000000 terminal.output [99]"])
    #expect(events.last?["reason"] == .string("lost"))
  }

  @Test func `a typescript alone has its output, and the oddity is noted`() throws {
    let box = try ImportBox()
    let session = try box.run(Array(ImportFixture.typescript.utf8))
    #expect(
      told(try box.events(of: session)) == ["0 terminal.output \(Array("hi\r\nbye\r\n".utf8))"])
    #expect(session.imported.salvaged)
  }

  @Test func `a sudo log directory`() throws {
    let box = try ImportBox()
    for file in ImportFixture.sudo {
      _ = box.plant(Array(file.bytes.utf8), at: "/in/01/" + file.name)
    }
    let session = try box.run(.path("/in/01"))
    #expect(session.format == .sudo)
    #expect(
      told(try box.events(of: session)) == [
        "100000 terminal.output [97, 98, 99]", "100001 terminal.input [120, 121]",
        "200001 terminal.output [111, 117, 116, 10] stdout", "700001 terminal.resize 100 30",
        "800001 terminal.signal STOP", "1000001 terminal.output [100, 101]",
      ])
    let start = try box.start(of: session)
    #expect(start["argv"] == .array([.string("/usr/bin/id -u")]))
    #expect(start["terminal"]?["cols"] == .integer(80))
    #expect(start["imported"]?["name"] == .string("01"))
    #expect(!session.imported.salvaged)
  }

  @Test func `an imported session verifies, and says which bytes it came from`() throws {
    let box = try ImportBox()
    let bytes = Array(ImportFixture.cast2.utf8)
    let session = try box.run(bytes)
    #expect(try box.box.findings().isEmpty)
    let first = try box.box.lines(of: session.id)[0]
    let start = try SessionStart(parsing: first.span)
    #expect(start.imported == session.imported)
    #expect(start.imported?.sha256 == (try SHA256.hash(bytes)))
    #expect(start.imported?.bytes == UInt64(bytes.count))
    #expect(start.imported?.name == "recording")
    #expect(start.start == box.box.clock.wall())
    #expect(session.leaf.kind == .close)
  }

  @Test func `a payload above 64 KiB is split into parts, and no byte is lost`() throws {
    let text = String(repeating: "aé漢\u{1B}[0m", count: 40_000)
    let header = #"{"version": 2, "width": 80, "height": 24}"# + "\n"
    var line = "[1.5, \"o\", \""
    for scalar in text.unicodeScalars {
      line += scalar == "\u{1B}" ? "\\u001b" : String(scalar)
    }
    let events = try ImportBox().events(Array((header + line + "\"]\n").utf8))
    let outputs = events.filter { $0.type == "terminal.output" }
    #expect(outputs.count > 1)
    #expect(outputs.compactMap(\.payload).allSatisfy { $0.count <= Limits.payloadBytes })
    #expect(outputs.compactMap(\.payload).joined().elementsEqual(text.utf8))
    #expect(outputs.enumerated().allSatisfy { $1["part"]?.integer == Int64($0) })
    #expect(outputs.last?["last"] == .bool(true))
  }
}

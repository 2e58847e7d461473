import Platform
import SessionLog
import Terminal
import TestSupport
import Testing

@testable import Replay

/// Sessions made by chance: every way to an event shows what playing to it shows.
@Suite struct RandomSessionTests {
  private let fixture = SessionFixture()

  /// Output of all kinds, other screens and sizes, characters of all widths, bytes that are no text, and events that
  /// are no output.
  private func events(_ seed: UInt64, _ count: Int, every step: UInt64 = 1000, from: UInt64 = 1)
    -> [SessionFixture.Event]
  {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { number in
      let time = from + UInt64(number) * step
      func line(_ rest: String) -> SessionFixture.Event {
        .line(Array("{\"t\":\(time),\"type\":\(rest)}".utf8))
      }
      switch random.next() % 24 {
      case 0, 1:
        return .resize(time, Int(random.next() % 120) + 1, Int(random.next() % 40) + 1)
      case 2: return .text(time, random.next() % 2 == 0 ? "\u{1B}[?1049h" : "\u{1B}[?1049l")
      case 3: return .output(time, random.bytes(Int(random.next() % 200) + 1))
      case 4: return line("\"recorder.gap\",\"reason\":\"lost\",\"n\":3")
      case 5: return line("\"recorder.pause\"")
      case 6: return line("\"terminal.input\",\"data\":\"l\"")
      // The middle of a character, and its other bytes with the next output.
      case 7: return .output(time, Array("漢字🙂e\u{301}".utf8.dropLast(Int(random.next() % 6))))
      // Enough for keyframes.
      case 8:
        return .text(
          time, String(repeating: "line \(number) of many, 漢字 and words\r\n", count: 400))
      default: return .output(time, Noise.output(&random, pieces: 30))
      }
    }
  }

  private func held(_ path: String) -> RecordingSource {
    .file(path: path, named: false, system: fixture.files)
  }

  @Test(arguments: [1, 3, 4] as [UInt64])
  func `sessions of everything`(_ seed: UInt64) throws {
    let path = try fixture.write(
      events(seed, 100), columns: 40, rows: 12, commitEvery: Int(seed) * 7 + 3)
    let played = try PlayedRecording("seed \(seed)", held(path))
    var ways = RecordingWays(played, seed: seed)
    // The second has no keyframes, the third keeps one batch of lines at a time.
    var stage = try fixture.stage(path)
    try ways.go(&stage, to: Array(0...played.last), "with keyframes")
    var bare = try fixture.stage(path, keyframeBudget: 0)
    try ways.go(&bare, to: Array(0...played.last), "without", [.backward, .thereAndBack])
    var small = Stage(try fixture.open(path, cacheBytes: 1), keyframeBudget: 40 << 10)
    while try small.readOn() {}
    try ways.go(&small, to: Array(0...played.last), "with little memory", [.jump])
    #expect(ways.compared > 100 * 8)
  }

  @Test(arguments: [10, 11] as [UInt64])
  func `damaged in the middle, up to where it stands`(_ seed: UInt64) throws {
    let path = try fixture.write(events(seed, 200), columns: 40, rows: 12, commitEvery: 9)
    fixture.files.tamper(path) { $0[$0.count / 5 * 3] ^= 0x40 }
    let played = try PlayedRecording("damaged \(seed)", held(path))
    var stage = try fixture.stage(path)
    #expect(!stage.recording.findings.isEmpty)
    #expect(stage.timeline.count == played.last + 1 && played.last > 20)
    var ways = RecordingWays(played, seed: seed)
    try ways.go(&stage, to: Array(0...played.last), "damaged")
    // What lies behind is not there to be gone to.
    try stage.seek(to: .max)
    let event = stage.event
    #expect(event == played.last)
  }

  @Test func `a trace of several`() throws {
    let names = ["01ARZ3NDEKTSV4RRFFQ69G5FB0", "01ARZ3NDEKTSV4RRFFQ69G5FB1"]
    let sessions = try names.enumerated().map { index, name in
      let path = try fixture.write(
        events(30 + UInt64(index), 120, every: 777 + UInt64(index) * 100), columns: 30 + index,
        rows: 8, agent: name)
      let own = "/" + name
      fixture.files.plant(own, try #require(fixture.files.contents(path)))
      return (id: name, path: own)
    }
    let files = fixture.files
    let source = RecordingSource.events(name: "trace") { () throws(SessionLogFailure) in
      try MergedSource("trace", sessions, in: files)
    }
    let played = try PlayedRecording("trace", source)
    var stage = Stage(try Recording.open(source))
    while try stage.readOn() {}
    #expect(stage.timeline.count == played.last + 1 && played.last > 240)
    var ways = RecordingWays(played, seed: 40)
    try ways.go(&stage, to: Array(0...played.last), "merged")
  }
}

import Platform
import Replay
import SessionLog
import Terminal
import TestSupport
import Testing

@Suite struct StageTests {
  private static func events(
    _ seed: UInt64, count: Int, bytes: Int = 12
  ) -> [SessionFixture.Event] {
    var random = SeededGenerator(seed: seed)
    var time: UInt64 = 0
    return (0..<count).map { _ in
      time += random.next() % 3 == 0 ? 0 : random.next() % 400_000
      switch random.next() % 20 {
      case 0:
        return .resize(time, Int(random.next() % 90) + 1, Int(random.next() % 40) + 1)
      case 1:
        return .line(
          Array("{\"t\":\(time),\"type\":\"policy.decision\",\"decision\":\"allow\"}".utf8))
      default: return .output(time, Noise.output(&random, pieces: bytes))
      }
    }
  }

  /// The terminal after each event, played without any shortcut.
  private func played(_ fixture: SessionFixture, _ path: String) throws -> [VirtualTerminal] {
    var reader = try SessionReader(path: path, in: fixture.files)
    var batch = Batch()
    var terminals: [VirtualTerminal] = []
    var terminal = VirtualTerminal(columns: 40, rows: 10, scrollbackLimit: 256)
    while try reader.next(into: &batch) != .end {
      for index in 0..<batch.lineCount {
        if let line = batch.line(index) {
          let json = try line.json()
          if line.type == "terminal.output" {
            var payload: [UInt8] = []
            _ = Payload.append(from: line.bytes.span, header: line.header, to: &payload)
            terminal.feed(payload)
          } else if line.type == "terminal.resize" {
            terminal.resize(
              columns: Int(json["cols"]?.integer ?? 0), rows: Int(json["rows"]?.integer ?? 0))
          }
        }
        terminals.append(terminal)
      }
    }
    return terminals
  }

  @Test(arguments: [1, 2, 3])
  func `a seek to any event equals playing to it`(_ seed: UInt64) throws {
    let fixture = SessionFixture()
    let path = try fixture.write(Self.events(seed, count: 300), columns: 40, rows: 10)
    let wanted = try played(fixture, path)
    // A budget this small thins keyframes all the time.
    var stage = try fixture.stage(path, keyframeBudget: seed == 3 ? 20_000 : 48 << 20)
    #expect(stage.timeline.count == wanted.count)
    for event in wanted.indices {
      try stage.seek(to: event)
      #expect(stage.terminal == wanted[event])
    }
    for event in wanted.indices.reversed() {
      try stage.seek(to: event)
      #expect(stage.terminal == wanted[event])
    }
    var random = SeededGenerator(seed: seed)
    for _ in 0..<300 {
      let event = Int(random.next() % UInt64(wanted.count))
      try stage.seek(to: event)
      #expect(stage.event == event)
      #expect(stage.terminal == wanted[event])
    }
  }

  @Test func `steps back and then forward are identity`() throws {
    let fixture = SessionFixture()
    let path = try fixture.write(Self.events(9, count: 200), columns: 40, rows: 10)
    var stage = try fixture.stage(path)
    let last = stage.timeline.last
    try stage.seek(to: last)
    let end = stage.terminal
    for count in [1, 2, 3, 10, 64, 65, 150, last] {
      for back in 1...count { try stage.seek(to: last - back) }
      for back in (0..<count).reversed() { try stage.seek(to: last - back) }
      #expect(stage.terminal == end)
    }
  }

  @Test func `a session is shown while it is still being read`() throws {
    let fixture = SessionFixture()
    let path = try fixture.write(
      Self.events(4, count: 300), columns: 40, rows: 10, commitEvery: 20)
    let wanted = try played(fixture, path)
    var stage = Stage(try fixture.open(path))
    repeat {
      try stage.seek(to: stage.timeline.last)
      #expect(stage.terminal == wanted[stage.timeline.last])
      try stage.seek(to: stage.timeline.last / 2)
      #expect(stage.terminal == wanted[stage.timeline.last / 2])
    } while try stage.readOn()
    #expect(stage.timeline.count == wanted.count)
  }

  @Test func `lines behind the last commit are shown too`() throws {
    let fixture = SessionFixture()
    let path = try fixture.write(
      [.text(1, "one\r\n"), .text(2, "two\r\n")], columns: 40, rows: 10, closes: false)
    // A writer that lives on, after its last commit.
    let more = try Compressor(level: 1, windowLog: 20)
    var frame: [UInt8] = []
    let line = Array("{\"t\":3,\"type\":\"terminal.output\",\"data\":\"three\"}\n".utf8)
    try more.compress(line.span, ending: .flush, into: &frame)
    fixture.files.tamper(path) { $0 += frame }
    var stage = try fixture.stage(path)
    #expect(stage.timeline.firstTailEvent == 4)
    try stage.seek(to: 4)
    #expect(stage.terminal.screenText()[2] == "three")
    try stage.seek(to: 2)
    #expect(stage.terminal.screenText()[1] == "")
  }

  @Test func `a damaged session plays up to its damage`() throws {
    let fixture = SessionFixture()
    let path = try fixture.write(
      Self.events(5, count: 100), columns: 40, rows: 10, commitEvery: 10)
    let wanted = try played(fixture, path)
    fixture.files.tamper(path) { $0[$0.count / 2] ^= 1 }
    var stage = try fixture.stage(path)
    #expect(stage.recording.findings.count == 1)
    #expect(stage.timeline.count > 2 && stage.timeline.count < wanted.count)
    try stage.seek(to: .max)
    #expect(stage.terminal == wanted[stage.timeline.last])
  }

  @Test func `a file that changes under the viewer is an error and not a picture`() throws {
    let fixture = SessionFixture()
    var random = SeededGenerator(seed: 6)
    let events = (0..<40).map { SessionFixture.Event.output($0, random.bytes(500)) }
    let path = try fixture.write(events, columns: 40, rows: 10, commitEvery: 4)
    var stage = Stage(try fixture.open(path, cacheBytes: 0), keyframeBudget: 0)
    while try stage.readOn() {}
    try stage.seek(to: 10)
    // More than a commit frame, which is not read again.
    fixture.files.tamper(path) { bytes in
      for index in bytes.count / 2..<bytes.count / 2 + 300 { bytes[index] ^= 1 }
    }
    #expect(throws: SessionLogFailure.self) { try stage.seek(to: 39) }
  }

  @Test func `keyframes stay within their budget`() throws {
    let fixture = SessionFixture()
    var events: [SessionFixture.Event] = []
    for time in 0..<6000 {
      events.append(.text(UInt64(time), "line \(time) of a flood, sixty characters or so long\r\n"))
    }
    let path = try fixture.write(events, columns: 80, rows: 24, commitEvery: 1000)
    var stage = try fixture.stage(path, keyframeBudget: 1 << 20)
    #expect(stage.keyframeCount > 0)
    #expect(stage.keyframeCost <= 1 << 20)
    try stage.seek(to: 5000)
    #expect(stage.terminal.screenText()[0].hasPrefix("line 49"))
  }
}

import Platform
import SessionLog
import Terminal
import TestSupport
import Testing

@testable import Replay

@Suite struct SnapshotTests {
  private let fixture = SessionFixture()
  private let places: SnapshotPlaces

  init() {
    fixture.files.plantDirectory("/cache")
    fixture.files.plant("/file", [])
    places = SnapshotPlaces(
      ["/file/snapshots/x", "/cache/snapshots/x"], in: fixture.files, leastKeyframes: 2)
  }

  /// A session long enough that snapshots of it are worth a file, with something of every kind in it.
  private func session(_ seed: UInt64 = 3) throws -> String {
    var random = SeededGenerator(seed: seed)
    var events: [SessionFixture.Event] = []
    for number in 0..<500 {
      let time = UInt64(number) * 1000
      switch random.next() % 12 {
      case 0: events.append(.output(time, Noise.output(&random, pieces: 20)))
      case 1:
        events.append(
          .line(
            Array(
              "{\"t\":\(time),\"type\":\"policy.decision\",\"outcome\":\"block\",\"rule\":\"r\"}"
                .utf8)))
      case 2: events.append(.text(time, "\u{1B}]52;c;aGVsbG8=\u{7}\u{1B}]2;title \(number)\u{7}"))
      default:
        let word = String(repeating: "word\(number) ", count: 120)
        events.append(.text(time, word + "\r\n"))
      }
    }
    return try fixture.write(events, columns: 60, rows: 12, commitEvery: 37)
  }

  private func loaded(_ path: String, _ places: SnapshotPlaces?) throws -> Stage {
    var stage = Stage(try fixture.open(path))
    stage.loadInBackground(places)
    while stage.isLoading { _ = try stage.readOn() }
    return stage
  }

  /// The file, once the thread that writes it is done.
  private func kept() throws -> [UInt8] {
    for _ in 0..<500 {
      if let bytes = fixture.files.contents("/cache/snapshots/x") { return bytes }
      pause(milliseconds: 10)
    }
    throw SessionLogFailure(.missing, "no snapshots were written", advice: "")
  }

  /// The whole state of the terminal at some events, as bytes that are equal where all that shows is.
  private func screens(_ stage: inout Stage) throws -> [[UInt8]] {
    var random = SeededGenerator(seed: 1)
    return try (0..<25).map { _ in
      try stage.seek(to: Int(random.next() % UInt64(stage.timeline.count)))
      return stage.terminal.snapshot()
    }
  }

  @Test func `a packed keyframe gives the same terminal`() throws {
    var random = SeededGenerator(seed: 8)
    var terminal = VirtualTerminal(columns: 50, rows: 9, scrollbackLimit: 256)
    for number in 0..<60 {
      terminal.feed(Noise.output(&random, pieces: 30))
      let frame = try #require(Keyframes.Keyframe(event: number, output: 0, terminal))
      let restored = try #require(frame.restored())
      #expect(restored.snapshot() == terminal.snapshot())
      #expect(restored.screenText() == terminal.screenText())
    }
  }

  @Test func `snapshots of one viewer serve the next, and change nothing`() throws {
    let path = try session()
    var first = try loaded(path, places)
    let wanted = try screens(&first)
    #expect(first.keyframeCount >= 2)
    _ = try kept()

    var second = Stage(try fixture.open(path))
    second.loadInBackground(places)
    // All is known before anything was read again, and said not to be checked.
    #expect(second.timeline.count == first.timeline.count)
    let isConfirmed6 = second.isConfirmed(second.timeline.last)
    #expect(!isConfirmed6)
    let shown1 = try screens(&second)
    #expect(shown1 == wanted)
    #expect(second.marks == first.marks)
    #expect(second.hidden == first.hidden)
    while second.isLoading { _ = try second.readOn() }
    let isConfirmed7 = second.isConfirmed(second.timeline.last)
    #expect(isConfirmed7)
    #expect(second.keyframeCount == first.keyframeCount)
    let shown2 = try screens(&second)
    #expect(shown2 == wanted)

    fixture.files.tamper("/cache/snapshots/x") { $0 = [] }
    var third = try loaded(path, nil)
    let shown3 = try screens(&third)
    #expect(shown3 == wanted)
    #expect(third.marks == first.marks)
  }

  @Test func `damaged snapshots are as none`() throws {
    let path = try session()
    var first = try loaded(path, places)
    let wanted = try screens(&first)
    let good = try kept()
    let binding = try #require(try fixture.open(path).binding())
    #expect(SnapshotFile.decode(good, binding) != nil)
    var random = SeededGenerator(seed: 4)
    for _ in 0..<200 {
      var bad = good
      switch random.next() % 3 {
      case 0: bad[Int(random.next() % UInt64(bad.count))] ^= UInt8(random.next() % 255 + 1)
      case 1: bad.removeLast(Int(random.next() % UInt64(bad.count)))
      default: bad += random.bytes(Int(random.next() % 9) + 1)
      }
      #expect(bad == good || SnapshotFile.decode(bad, binding) == nil)
    }
    // Also where whoever changed it made the digest fit.
    for _ in 0..<300 {
      var body = Array(good.dropLast(32))
      for _ in 0..<(random.next() % 4 + 1) {
        body[Int(random.next() % UInt64(body.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      let digest = try SHA256.hash(body)
      _ = SnapshotFile.decode(body + digest.bytes, binding)
    }
    var other = binding
    other.size += 1
    #expect(SnapshotFile.decode(good, other) == nil)
    fixture.files.tamper("/cache/snapshots/x") { $0 = Array($0.prefix(1000)) }
    var again = try loaded(path, places)
    let shown4 = try screens(&again)
    #expect(shown4 == wanted)
  }

  @Test func `a forged snapshot does not outlive the check`() throws {
    let path = try session()
    var honest = try loaded(path, places)
    let wanted = try screens(&honest)
    let binding = try #require(try fixture.open(path).binding())
    let good = try #require(SnapshotFile.decode(try kept(), binding))
    var lie = VirtualTerminal(columns: 60, rows: 12, scrollbackLimit: 256)
    lie.feed(Array("nothing happened here".utf8))

    var forged = good
    let middle = forged.keyframes.count / 2
    forged.keyframes[middle] = try #require(
      Keyframes.Keyframe(
        event: good.keyframes[middle].event, output: good.keyframes[middle].output, lie))
    var marks = good
    marks.marks = Marks()
    var extra = good
    extra.keyframes.insert(
      try #require(Keyframes.Keyframe(event: 5, output: 1, lie)), at: 0)
    var text = good
    text.text[0].words[7] ^= 1
    var hidden = good
    hidden.hidden.removeLast()
    for index in [forged, marks, extra, text, hidden] {
      let bytes = try SnapshotFile.encode(index, binding)
      fixture.files.tamper("/cache/snapshots/x") { $0 = bytes }
      var stage = Stage(try fixture.open(path))
      stage.loadInBackground(places)
      let isConfirmed8 = stage.isConfirmed(stage.timeline.last)
      #expect(!isConfirmed8)
      try stage.seek(to: stage.timeline.last)
      while stage.isLoading { _ = try stage.readOn() }
      let shown5 = try screens(&stage)
      #expect(shown5 == wanted)
      #expect(stage.marks == honest.marks)
      #expect(stage.hidden == honest.hidden)
      #expect(stage.timeline.count == honest.timeline.count)
      #expect(stage.keyframes.frames == honest.keyframes.frames)
    }
  }

  @Test func `a session that is damaged or still written leaves none`() throws {
    let path = try session()
    fixture.files.tamper(path) { $0[$0.count / 2] ^= 1 }
    let stage = try loaded(path, places)
    #expect(stage.recording.findings.count == 1)
    pause(milliseconds: 50)
    #expect(fixture.files.contents("/cache/snapshots/x") == nil)
  }
}

import Replay
import TestSupport
import Testing

@Suite struct PlayerTests {
  private func timeline(_ seconds: [Double], isComplete: Bool = true) -> Timeline {
    var timeline = Timeline()
    for second in seconds { timeline.append(.output, at: UInt64(second * 1_000_000)) }
    timeline.isComplete = isComplete
    return timeline
  }

  private func second(_ value: Double) -> UInt64 { UInt64(value * 1_000_000) }

  @Test func `events show when they are due`() {
    let timeline = timeline([0, 1, 1, 2.5, 10])
    var player = Player()
    player.play(at: second(100))
    #expect(player.deadline(on: timeline) == second(101))
    player.advance(to: second(100.9), on: timeline)
    #expect(player.event == 0)
    #expect(player.position == second(0.9))
    player.advance(to: second(101), on: timeline)
    #expect(player.event == 2)
    player.advance(to: second(105), on: timeline)
    #expect(player.event == 3)
    #expect(player.isPlaying)
    player.advance(to: second(111), on: timeline)
    #expect(player.event == 4)
    #expect(player.position == second(10))
    #expect(!player.isPlaying)
    #expect(player.deadline(on: timeline) == nil)
  }

  @Test func `time in pause does not count`() {
    let timeline = timeline([0, 10])
    var player = Player()
    player.play(at: 0)
    player.advance(to: second(3), on: timeline)
    player.pause()
    player.advance(to: second(60), on: timeline)
    player.play(at: second(60))
    player.advance(to: second(66.9), on: timeline)
    #expect(player.event == 0)
    player.advance(to: second(67), on: timeline)
    #expect(player.event == 1)
  }

  @Test(arguments: [(0.1, 10.0), (0.5, 2.0), (1.0, 1.0), (2.0, 0.5), (64.0, 1.0 / 64)])
  func `speed divides the wait`(_ speed: Double, _ wait: Double) {
    let timeline = timeline([0, 1, 2])
    var player = Player(speed: speed)
    player.play(at: 0)
    let due = second(wait)
    let deadline = player.deadline(on: timeline) ?? 0
    #expect(deadline >= due && deadline <= due + 2)
    player.advance(to: deadline - 2, on: timeline)
    #expect(player.event == 0)
    player.advance(to: deadline + 2, on: timeline)
    #expect(player.event == 1)
  }

  @Test func `speed stays between its ends`() {
    let timeline = timeline([0, 1])
    var player = Player(speed: 1000)
    #expect(player.speed == 64)
    player.setSpeed(0.0001, at: 0, on: timeline)
    #expect(player.speed == 0.1)
  }

  @Test func `a change of speed keeps the position`() {
    let timeline = timeline([0, 10])
    var player = Player()
    player.play(at: 0)
    player.setSpeed(4, at: second(2), on: timeline)
    #expect(player.position == second(2))
    #expect(player.deadline(on: timeline) == second(4))
  }

  @Test func `a long wait is cut to the idle limit, counted from the last event`() {
    let timeline = timeline([0, 100, 100.5])
    var player = Player(idleLimit: second(2))
    player.play(at: 0)
    #expect(player.deadline(on: timeline) == second(2))
    player.advance(to: second(1), on: timeline)
    #expect(player.deadline(on: timeline) == second(2))
    player.advance(to: second(2), on: timeline)
    #expect(player.event == 1)
    #expect(player.position == second(100))
    player.advance(to: second(2.5), on: timeline)
    #expect(player.event == 2)
  }

  @Test func `it waits at the end of what is read`() {
    let timeline = timeline([0, 1], isComplete: false)
    var player = Player()
    player.play(at: 0)
    player.advance(to: second(50), on: timeline)
    #expect(player.event == 1)
    #expect(player.isPlaying)
  }

  @Test func `steps back and forward are each other's undoing`() {
    var random = SeededGenerator(seed: 3)
    var times: [Double] = [0]
    for _ in 0..<200 { times.append((times.last ?? 0) + Double(random.next() % 3) / 2) }
    let timeline = timeline(times)
    var player = Player()
    player.show(150, on: timeline)
    let before = player
    for count in 1...150 {
      for _ in 0..<count { player.step(-1, on: timeline) }
      #expect(player.event == 150 - count)
      for _ in 0..<count { player.step(1, on: timeline) }
      #expect(player == before)
    }
    player.step(-1000, on: timeline)
    #expect(player.event == 0)
    player.step(.max, on: timeline)
    #expect(player.event == timeline.last)
  }

  @Test(arguments: [
    (ReplayPoint.event(2), 2), (.event(99), 4), (.time(1_500_000), 2), (.time(0), 0),
    (.time(.max), 4), (.percent(0), 0), (.percent(50), 3), (.percent(100), 4),
  ])
  func `a place is found`(_ point: ReplayPoint, _ event: Int) {
    var player = Player()
    let isThere1 = player.go(to: point, on: timeline([0, 1, 1, 4, 10]))
    #expect(isThere1)
    #expect(player.event == event)
  }

  @Test func `a place that is not read yet is not gone to`() {
    let timeline = timeline([0, 1, 2], isComplete: false)
    var player = Player()
    let isThere2 = player.go(to: .event(3), on: timeline)
    #expect(!isThere2)
    let isThere3 = player.go(to: .time(3_000_000), on: timeline)
    #expect(!isThere3)
    let isThere4 = player.go(to: .percent(10), on: timeline)
    #expect(!isThere4)
    let isThere5 = player.go(to: .event(2), on: timeline)
    #expect(isThere5)
  }

  @Test func `jumps stop at both ends`() {
    let timeline = timeline([0, 3, 6, 9])
    var player = Player()
    player.jump(5_000_000, forward: true, on: timeline)
    #expect(player.event == 1)
    #expect(player.position == second(5))
    player.jump(.max, forward: true, on: timeline)
    #expect(player.event == 3)
    player.jump(5_000_000, forward: false, on: timeline)
    #expect(player.event == 1)
    player.jump(5_000_000, forward: false, on: timeline)
    #expect(player.event == 0)
  }

  @Test func `an empty timeline moves nothing`() {
    var timeline = Timeline()
    timeline.isComplete = true
    var player = Player()
    player.play(at: 0)
    player.advance(to: second(5), on: timeline)
    player.step(1, on: timeline)
    player.step(-1, on: timeline)
    player.jump(5, forward: true, on: timeline)
    #expect(player.event == 0)
    let isThere6 = player.go(to: .percent(50), on: timeline)
    #expect(isThere6)
  }

  @Test func `any play in any portions shows the same events`() {
    var random = SeededGenerator(seed: 8)
    var times: [Double] = [0]
    for _ in 0..<60 { times.append((times.last ?? 0) + Double(random.next() % 900) / 100) }
    let timeline = timeline(times)
    for _ in 0..<40 {
      let limit: UInt64? = random.next() % 2 == 0 ? nil : random.next() % 5_000_000
      var (whole, parts) = (Player(idleLimit: limit), Player(idleLimit: limit))
      whole.play(at: 0)
      parts.play(at: 0)
      let end = random.next() % 300_000_000
      whole.advance(to: end, on: timeline)
      var now: UInt64 = 0
      while now < end {
        now = min(end, now + random.next() % 4_000_000)
        parts.advance(to: now, on: timeline)
      }
      #expect(whole.event == parts.event && whole.isPlaying == parts.isPlaying)
      #expect(whole.position == parts.position)
    }
  }

  @Test(arguments: [
    ("1:23", ReplayPoint.time(83_000_000)), ("12.5s", .time(12_500_000)), ("90", .time(90_000_000)),
    ("1:02:03.5", .time(3_723_500_000)), ("50%", .percent(50)), ("#57", .event(57)),
    ("@57", .event(57)), ("@+12.5s", .time(12_500_000)), ("+1:00", .time(60_000_000)),
    ("250ms", .time(250_000)), ("2m", .time(120_000_000)), (" 5s ", .time(5_000_000)),
  ])
  func `places are read`(_ text: String, _ point: ReplayPoint) {
    #expect(ReplayPoint(text) == point)
  }

  @Test(arguments: [
    "", "x", "-5", "1:2:3:4", "101%", "#", "#-1", "1e9", "99999999999999999999", "nan", "#1.5",
    "::", "%", "5 s", "1:", "\u{661}",
  ])
  func `what is no place is refused`(_ text: String) {
    #expect(ReplayPoint(text) == nil)
  }

  @Test(arguments: [
    ("01ABC@57", "01ABC", ReplayPoint.event(57)), ("@last@+2s", "@last", .time(2_000_000)),
    ("@last", "@last", nil), ("01ABC", "01ABC", nil), ("f@le.ndjson.zst", "f@le.ndjson.zst", nil),
  ])
  func `a name may carry a place`(_ text: String, _ name: String, _ point: ReplayPoint?) {
    let split = ReplayPoint.split(text)
    #expect(split.name == name)
    #expect(split.point == point)
  }
}

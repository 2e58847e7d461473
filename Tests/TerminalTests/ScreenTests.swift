import Testing

@testable import Terminal

@Suite struct ScreenTests {
  @Test(
    arguments: [
      ScreenCase.cursor, ScreenCase.wrapping, ScreenCase.editing, ScreenCase.margins,
      ScreenCase.characters, ScreenCase.strings, ScreenCase.oldTerminals, ScreenCase.lineSizes,
    ].flatMap { $0 })
  func `the screen shows what the case says`(_ value: ScreenCase) {
    var terminal = VirtualTerminal(columns: 10, rows: 4)
    terminal.feed(Array(value.input.utf8))
    let expected = value.rows + [String](repeating: "", count: 4 - value.rows.count)
    #expect(terminal.screenText() == expected)
    #expect(terminal.cursor.row == value.row)
    #expect(terminal.cursor.column == value.column)
  }

  @Test(arguments: [
    ("1;31;44", "bold", Color.indexed(1), Color.indexed(4)),
    ("38;5;200", "", .indexed(200), .default),
    ("38;2;1;2;3", "", .rgb(1, 2, 3), .default),
    ("38:2::1:2:3;48:5:9", "", .rgb(1, 2, 3), .indexed(9)),
    ("38:2:1:2:3", "", .rgb(1, 2, 3), .default),
    ("97;100", "", .indexed(15), .indexed(8)),
    ("31;39;1;22", "", .default, .default),
    ("38;5;300", "", .default, .default),
    ("38;2;256;0;0", "", .default, .default),
    ("38;9;1", "bold", .default, .default),
    ("1;38", "bold", .default, .default),
  ])
  func `SGR sets colours`(_ sgr: String, attribute: String, foreground: Color, background: Color) {
    let style = Self.style(after: "\u{1B}[\(sgr)mx")
    #expect(style.foreground == foreground)
    #expect(style.background == background)
    #expect(style.attributes == (attribute == "bold" ? [.bold] : []))
  }

  @Test func `SGR sets and takes away each attribute`() {
    let codes: [(Int, Int, Attributes)] = [
      (1, 22, .bold), (2, 22, .dim), (3, 23, .italic), (5, 25, .blink), (7, 27, .inverse),
      (8, 28, .hidden), (9, 29, .strike), (53, 55, .overline),
    ]
    for (on, off, attribute) in codes {
      #expect(Self.style(after: "\u{1B}[\(on)mx").attributes == attribute)
      #expect(Self.style(after: "\u{1B}[\(on);\(off)mx").attributes == [])
    }
    let kinds: [(String, UnderlineKind)] = [
      ("4", .single), ("4:0", .none), ("4:1", .single), ("4:2", .double), ("4:3", .curly),
      ("4:4", .dotted), ("4:5", .dashed), ("21", .double), ("4;24", .none),
    ]
    for (code, kind) in kinds { #expect(Self.style(after: "\u{1B}[\(code)mx").underline == kind) }
    #expect(Self.style(after: "\u{1B}[58;5;3mx").underlineColor == .indexed(3))
    #expect(Self.style(after: "\u{1B}[58:2::1:2:3mx").underlineColor == .rgb(1, 2, 3))
    #expect(Self.style(after: "\u{1B}[58;5;3;59mx").underlineColor == .default)
  }

  private static func style(after text: String) -> Style {
    var terminal = VirtualTerminal(columns: 10, rows: 4)
    terminal.feed(Array(text.utf8))
    return terminal.row(0).cell(0).style
  }

  @Test func `erasing leaves the background of the pen`() {
    var terminal = VirtualTerminal(columns: 4, rows: 2)
    terminal.feed(Array("\u{1B}[1;31;44mab\u{1B}[K\n".utf8))
    let cell = terminal.row(0).cell(3)
    #expect(cell.style.background == .indexed(4))
    #expect(cell.style.foreground == .default)
    #expect(cell.style.attributes == [])
  }

  @Test func `a link covers its text and ends`() {
    var terminal = VirtualTerminal(columns: 10, rows: 2)
    terminal.feed(Array("\u{1B}]8;id=a;https://example.org/\u{7}ab\u{1B}]8;;\u{7}c".utf8))
    let link = terminal.row(0).cell(0).style.link
    #expect(link != 0)
    #expect(terminal.row(0).cell(1).style.link == link)
    #expect(terminal.row(0).cell(2).style.link == 0)
    #expect(terminal.linkTarget(link) == "https://example.org/")
    #expect(terminal.linkTarget(0) == nil)
    #expect(terminal.linkTarget(-1) == nil)
    #expect(terminal.linkTarget(99) == nil)
  }

  @Test func `titles are set, kept and taken back`() {
    var terminal = VirtualTerminal(columns: 10, rows: 2)
    terminal.feed(Array("\u{1B}]2;one\u{1B}\\\u{1B}[22;0t\u{1B}]0;two é\u{7}".utf8))
    #expect(terminal.title == "two é")
    terminal.feed(Array("\u{1B}[23;0t".utf8))
    #expect(terminal.title == "one")
    terminal.feed(Array("\u{1B}]2;lost\u{18}".utf8))
    #expect(terminal.title == "one")
  }

  @Test(arguments: ["47", "1047", "1049"])
  func `the alternate screen leaves the primary one alone`(_ mode: String) {
    var terminal = VirtualTerminal(columns: 10, rows: 2)
    terminal.feed(Array("ab\u{1B}[?\(mode)h\u{1B}[2J\u{1B}[Hxy\r\n1\r\n2\r\n3".utf8))
    #expect(terminal.isAlternateScreen)
    #expect(terminal.screenText() == ["2", "3"])
    #expect(terminal.scrollbackCount == 0)
    terminal.feed(Array("\u{1B}[?\(mode)l".utf8))
    #expect(!terminal.isAlternateScreen)
    #expect(terminal.screenText() == ["ab", ""])
    #expect(terminal.cursor.column == (mode == "1049" ? 2 : 1))
  }

  @Test func `modes are told`() {
    var terminal = VirtualTerminal(columns: 10, rows: 2)
    terminal.feed(Array("\u{1B}[?25l\u{1B}[?5h\u{1B}[?2026h".utf8))
    #expect(!terminal.cursor.isVisible)
    #expect(terminal.isReverseVideo)
    #expect(terminal.isSynchronizing)
    terminal.feed(Array("\u{1B}c".utf8))
    #expect(terminal.cursor.isVisible)
    #expect(!terminal.isReverseVideo)
    #expect(!terminal.isSynchronizing)
  }

  @Test(
    arguments: [
      ([0xC3], "\u{FFFD}"), ([0xE4, 0xB8, 0x41], "\u{FFFD}A"), ([0xC0, 0xAF], "\u{FFFD}\u{FFFD}"),
      ([0xE0, 0x80, 0xAF], "\u{FFFD}\u{FFFD}\u{FFFD}"), ([0xF0, 0x9F, 0x98, 0x80], "😀"),
      ([0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"), ([0xF4, 0x90], "\u{FFFD}\u{FFFD}"),
      ([0x80, 0x9B, 0x41], "\u{FFFD}\u{FFFD}A"),
      ([0xF1, 0x80, 0x80, 0xE1, 0x80, 0xC2, 0x41], "\u{FFFD}\u{FFFD}\u{FFFD}A"),
    ] as [([UInt8], String)])
  func `what is not UTF-8 is replaced part by part`(_ bytes: [UInt8], expected: String) {
    var terminal = VirtualTerminal(columns: 10, rows: 2)
    terminal.feed(bytes)
    terminal.feed([0x0D])
    #expect(terminal.screenText()[0] == expected)
  }

  @Test func `scrolled lines are kept up to the limit, and ED 3 forgets them`() {
    var terminal = VirtualTerminal(columns: 10, rows: 2, scrollbackLimit: 300)
    for number in 0..<1000 { terminal.feed(Array("line \(number)\r\n".utf8)) }
    #expect(terminal.scrollbackCount == 300)
    #expect(terminal.scrollbackRow(0).text() == "line 699")
    #expect(terminal.scrollbackRow(299).text() == "line 998")
    #expect(terminal.scrollbackRow(300).text() == "")
    #expect(terminal.scrollbackRow(-1).text() == "")
    #expect(terminal.fullText().count == 301)
    terminal.feed(Array("\u{1B}[3J".utf8))
    #expect(terminal.scrollbackCount == 0)
  }

  @Test func `a cleared screen goes to the scrollback`() {
    var terminal = VirtualTerminal(columns: 10, rows: 4)
    terminal.feed(Array("one\r\n\r\nthree\u{1B}[H\u{1B}[2J\u{1B}[2J".utf8))
    #expect(terminal.fullText() == ["one", "", "three"])
  }

  @Test func `a wrapped row says so`() {
    var terminal = VirtualTerminal(columns: 4, rows: 4)
    terminal.feed(Array("abcdef\r\ngh".utf8))
    #expect((0..<4).map { terminal.row($0).isWrapped } == [true, false, false, false])
    terminal.feed(Array("\u{1B}[1;4H\u{1B}[K".utf8))
    #expect(!terminal.row(0).isWrapped)
  }

  @Test func `a row outside the screen is blank`() {
    let terminal = VirtualTerminal(columns: 4, rows: 4)
    for index in [-1, 4, .max, .min] { #expect(terminal.row(index).text() == "") }
    #expect(terminal.row(0).cell(-1).text == " ")
    #expect(terminal.row(0).cell(.max).text == " ")
  }
}

/// Widths that Unicode 16 and later versions agree on, and those where a choice was made.
@Suite struct WidthTests {
  @Test(arguments: [
    ("a", 1), ("é", 1), ("e\u{301}", 1), ("中", 2), ("ｱ", 1), ("Ａ", 2), ("한", 2),
    ("\u{1112}\u{1161}\u{11AB}", 2),
    ("☀", 1), ("☀\u{FE0F}", 2), ("☀\u{FE0E}", 1), ("😀", 2), ("😀\u{FE0E}", 2),
    ("1\u{FE0F}\u{20E3}", 2),
    ("👍🏽", 2), ("🏽", 2), ("🇩🇪", 2), ("🇩", 2), ("🇩🇪🇫🇷", 4), ("👩‍👩‍👧‍👦", 2), ("❤️‍🔥", 2),
    ("🏴\u{E0067}\u{E0062}\u{E007F}", 2),
    ("\u{1F6DC}", 2), ("\u{1FAE9}", 2), ("\u{1FADF}", 2), ("\u{105C0}", 1), ("\u{10D69}", 0),
    ("\u{1E5EE}", 0),
    ("\u{AD}", 1), ("\u{200B}", 0), ("\u{600}", 1), ("\u{3164}", 0), ("नी", 1), ("ก็", 1),
  ])
  func `a character takes its cells`(_ text: String, _ width: Int) {
    var terminal = VirtualTerminal(columns: 20, rows: 2)
    terminal.feed(Array("x\(text)".utf8))
    #expect(terminal.cursor.column == 1 + width)
    terminal.feed(Array("y".utf8))
    #expect(terminal.row(0).cell(1 + width).text == "y")
  }
}

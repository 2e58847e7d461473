import Testing

@testable import Terminal

@Suite struct ReflowTests {
  private static let text = "short\r\n0123456789abcdefghij\r\n$ "

  /// What tmux shows in its history and on its screen, but for the blank rows it keeps below.
  @Test(arguments: [
    ([8], ["short", "01234567", "89abcdef", "ghij", "$"], 4, 2),
    ([8, 12], ["short", "0123456789ab", "cdefghij", "$"], 3, 2),
    ([30], ["short", "0123456789abcdefghij", "$"], 2, 2),
    ([30, 12], ["short", "0123456789ab", "cdefghij", "$"], 3, 2),
    ([3, 100, 5, 12], ["short", "0123456789ab", "cdefghij", "$"], 3, 2),
    ([2, 1, 12], ["short", "0123456789ab", "cdefghij", "$"], 3, 2),
  ])
  func `lines wrap anew`(_ widths: [Int], _ expected: [String], _ row: Int, _ column: Int) {
    var terminal = VirtualTerminal(columns: 12, rows: 6)
    terminal.feed(Array(Self.text.utf8))
    for width in widths { terminal.resize(columns: width, rows: 6) }
    #expect(terminal.fullText() == expected)
    #expect(terminal.cursor.row + terminal.scrollbackCount == row)
    #expect(terminal.cursor.column == column)
  }

  @Test func `rows that other text pushed out come back`() {
    var terminal = VirtualTerminal(columns: 10, rows: 3)
    terminal.feed(Array("0123456789\r\nabcdefghij\r\n$ ".utf8))
    terminal.resize(columns: 5, rows: 3)
    #expect(terminal.screenText() == ["abcde", "fghij", "$"])
    #expect(terminal.scrollbackCount == 2)
    terminal.resize(columns: 10, rows: 3)
    #expect(terminal.screenText() == ["0123456789", "abcdefghij", "$"])
    #expect(terminal.scrollbackCount == 0)
    #expect(terminal.cursor.row == 2)
  }

  @Test func `text beside the prompt stays below it`() {
    var terminal = VirtualTerminal(columns: 12, rows: 6)
    terminal.feed(
      Array("1\r\n2\r\n3\r\n4\r\n0123456789abcdefghij\r\n$ \r\n\r\nbelow the prompt\u{1B}[3A".utf8))
    terminal.resize(columns: 5, rows: 6)
    // tmux moves the cursor to the top left here; it stays behind its prompt.
    #expect(terminal.screenText() == ["$", "", "below", " the", "promp", "t"])
    #expect(terminal.cursor.row == 0)
    #expect(terminal.fullText().prefix(4) == ["1", "2", "3", "4"])
  }

  @Test func `a full line waits for its wrap in every width that it fills`() {
    var terminal = VirtualTerminal(columns: 10, rows: 4)
    terminal.feed(Array("0123456789".utf8))
    terminal.resize(columns: 5, rows: 4)
    #expect(terminal.cursor.isWrapPending)
    #expect(terminal.cursor.row == 1)
    #expect(terminal.cursor.column == 4)
    terminal.resize(columns: 8, rows: 4)
    #expect(!terminal.cursor.isWrapPending)
    #expect(terminal.cursor.column == 2)
    terminal.resize(columns: 10, rows: 4)
    #expect(terminal.cursor.isWrapPending)
    terminal.feed(Array("x".utf8))
    #expect(terminal.screenText() == ["0123456789", "x", "", ""])
  }

  @Test func `wide characters leave no gap behind`() {
    var terminal = VirtualTerminal(columns: 5, rows: 4)
    terminal.feed(Array("a中文字b".utf8))
    #expect(terminal.screenText() == ["a中文", "字b", "", ""])
    terminal.resize(columns: 4, rows: 4)
    #expect(terminal.screenText() == ["a中", "文字", "b", ""])
    terminal.resize(columns: 8, rows: 4)
    #expect(terminal.screenText() == ["a中文字b", "", "", ""])
    #expect(terminal.cursor.column == 7)
    #expect(terminal.cursor.isWrapPending)
  }

  @Test func `the alternate screen is cut, and the primary one behind it wraps`() {
    var terminal = VirtualTerminal(columns: 10, rows: 3)
    terminal.feed(Array("0123456789abc\u{1B}[?1049h\u{1B}[Hfull screen".utf8))
    terminal.resize(columns: 5, rows: 3)
    #expect(terminal.screenText() == ["full", "n", ""])
    terminal.feed(Array("\u{1B}[?1049l!".utf8))
    #expect(terminal.screenText() == ["01234", "56789", "abc!"])
  }

  @Test func `colour stays with its text`() {
    var terminal = VirtualTerminal(columns: 4, rows: 4)
    terminal.feed(Array("ab\u{1B}[31mcdef\u{1B}[m\r\n\u{1B}[44m\u{1B}[K".utf8))
    terminal.resize(columns: 6, rows: 4)
    #expect(terminal.screenText()[0] == "abcdef")
    #expect(terminal.row(0).cell(5).style.foreground == .indexed(1))
    #expect(terminal.row(0).cell(1).style.foreground == .default)
    #expect(terminal.row(1).cell(3).style.background == .indexed(4))
    #expect(terminal.row(1).cell(4).style.background == .default)
  }

  @Test func `a screen of one column loses wide characters and nothing else`() {
    var terminal = VirtualTerminal(columns: 6, rows: 4)
    terminal.feed(Array("a中b".utf8))
    terminal.resize(columns: 1, rows: 4)
    #expect(terminal.screenText() == ["a", "", "b", ""])
  }

  @Test func `the narrowest screen keeps within the scrollback`() {
    var terminal = VirtualTerminal(columns: 1000, rows: 4, scrollbackLimit: 100)
    for _ in 0..<100 { terminal.feed([UInt8](repeating: 0x78, count: 900) + [13, 10]) }
    terminal.resize(columns: 1, rows: 4)
    #expect(terminal.scrollbackCount == 100)
    terminal.resize(columns: 1000, rows: 4)
    #expect(terminal.fullText() == [String(repeating: "x", count: 103)])
  }

  // MARK: - Properties

  /// Lines of text as a program prints them, and what it printed.
  private static func printed(seed: Int, lines: Int) -> (bytes: [UInt8], text: [String]) {
    var random = SeededGenerator(state: UInt64(seed))
    let pieces = ["a", "b ", "中", "e\u{301}", "🇩🇪", "x", "wordy", "👩‍👩‍👧‍👦", " ", "-"]
    var text: [String] = []
    for number in 0..<lines {
      var line = "\(number)"
      for _ in 0..<Int.random(in: 0...40, using: &random) {
        line += pieces.randomElement(using: &random) ?? ""
      }
      text.append(line + ".")
    }
    return (Array(text.joined(separator: "\r\n").utf8), text)
  }

  /// The lines as they were before they wrapped.
  private static func unwrapped(_ terminal: VirtualTerminal) -> [String] {
    var lines: [String] = []
    var isOpen = false
    let rows =
      (0..<terminal.scrollbackCount).map { terminal.scrollbackRow($0) }
      + (0..<terminal.rows).map { terminal.row($0) }
    for row in rows {
      var text = row.text()
      if row.isWrapped {
        // Blanks at the end of a wrapped row are text; the gap before a wide character is not.
        text = row.cells.filter { $0.width > 0 }.map(\.text).joined()
      }
      if isOpen { lines[lines.count - 1] += text } else { lines.append(text) }
      isOpen = row.isWrapped
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  @Test(arguments: 0..<200)
  func `no width loses or moves text`(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed) &+ 77)
    let (bytes, text) = Self.printed(seed: seed, lines: 1 + seed % 30)
    let rows = Int.random(in: 1...12, using: &random)
    var terminal = VirtualTerminal(columns: Int.random(in: 2...60, using: &random), rows: rows)
    terminal.feed(bytes)
    // Gaps before wide characters make spaces in the middle: compare without spaces.
    let expected = text.map { $0.filter { $0 != " " } }
    for _ in 0..<8 {
      #expect(Self.unwrapped(terminal).map { $0.filter { $0 != " " } } == expected)
      let cursor = terminal.cursor
      let column = cursor.isWrapPending ? cursor.column : cursor.column - 1
      #expect(terminal.row(cursor.row).cell(column).text == ".", "the cursor left its character")
      terminal.resize(columns: Int.random(in: 2...60, using: &random), rows: rows)
    }
    terminal.resize(columns: 1000, rows: rows)
    #expect(Self.unwrapped(terminal) == text)
  }

  @Test(arguments: 0..<200)
  func `there and back is where it was`(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed) &+ 99)
    let rows = Int.random(in: 2...12, using: &random)
    var terminal = VirtualTerminal(columns: Int.random(in: 2...50, using: &random), rows: rows)
    // A full screen: where blank rows are used up, rows come back in other places.
    terminal.feed(Self.printed(seed: seed, lines: 30).bytes)
    let before = terminal
    for _ in 0..<3 {
      terminal.resize(columns: Int.random(in: 2...70, using: &random), rows: rows)
    }
    terminal.resize(columns: before.columns, rows: rows)
    #expect(terminal.fullText() == before.fullText())
    #expect(terminal.screenText() == before.screenText())
    #expect(terminal.cursor == before.cursor)
    #expect(
      (0..<rows).allSatisfy { terminal.row($0) == before.row($0) }, "colours, widths or wraps")
  }

  @Test(arguments: 0..<100)
  func `the cursor stays on the character it was put on`(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed) &+ 5)
    var terminal = VirtualTerminal(columns: 20, rows: 8)
    // Each character once, so that no other can be taken for it.
    let text = (0..<120).map { String(Unicode.Scalar(0x100 + $0) ?? "?") }.joined()
    terminal.feed(Array(text.utf8))
    let place = (Int.random(in: 0..<6, using: &random), Int.random(in: 0..<20, using: &random))
    terminal.feed(Array("\u{1B}[\(place.0 + 1);\(place.1 + 1)H".utf8))
    let character = terminal.row(place.0).cell(place.1).text
    for _ in 0..<6 {
      terminal.resize(
        columns: Int.random(in: 1...60, using: &random), rows: 8)
      #expect(terminal.row(terminal.cursor.row).cell(terminal.cursor.column).text == character)
    }
  }
}

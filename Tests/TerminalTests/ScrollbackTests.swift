import Testing

@testable import Terminal

@Suite struct ScrollbackTests {
  @Test(arguments: 0..<200)
  func `a row that scrolls off keeps its cells`(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed))
    let columns = Int.random(in: 1...30, using: &random)
    let rows = Int.random(in: 1...8, using: &random)
    var terminal = VirtualTerminal(columns: columns, rows: rows)
    terminal.feed(HostileBytes.sequences(seed: UInt64(seed), count: 80))
    // Back to a primary screen without margins, wherever the bytes left it; a VT52 first takes two
    // bytes for an address.
    terminal.feed(
      Array(
        "\u{18}\u{18}\u{18}\u{1B}<\u{1B}[?1049l\u{1B}[?47l\u{1B}[!p\u{1B}[m\u{1B}[999H\u{1B}[3J"
          .utf8))
    let before = (0..<rows).map { terminal.row($0) }
    terminal.feed([UInt8](repeating: 0x0A, count: rows))
    #expect(terminal.scrollbackCount == rows)
    for (index, row) in before.enumerated() {
      #expect(terminal.scrollbackRow(index) == row, "row \(index)")
    }
  }

  /// Copies share pages and lines until one of them is written: a test for optimised builds above all (`make recordings`).
  @Test(arguments: 0..<20)
  func `a copy keeps what it held, whatever becomes of the terminal it was made of`(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed))
    var terminal = VirtualTerminal(columns: 30, rows: 5, scrollbackLimit: 300)
    var copies: [(terminal: VirtualTerminal, held: [UInt8])] = []
    for step in 0..<400 {
      switch Int.random(in: 0..<12, using: &random) {
      case 0: terminal.resize(columns: 30, rows: Int.random(in: 2...9, using: &random))
      case 1: terminal.resize(columns: Int.random(in: 4...40, using: &random), rows: 5)
      case 2...4: copies.append((terminal, terminal.snapshot()))
      case 5 where !copies.isEmpty:
        // Goes on from a copy that others share.
        terminal = copies[Int.random(in: 0..<copies.count, using: &random)].terminal
      default:
        let mark = Bool.random(using: &random) ? "é" : ""
        let words = String(repeating: "x\(step) ", count: Int.random(in: 0...9, using: &random))
        terminal.feed(Array((words + mark + "\r\n").utf8))
      }
      if copies.count > 30 { copies.removeFirst(10) }
      guard step % 40 == 39 else { continue }
      for copy in copies { #expect(copy.terminal.snapshot() == copy.held, "at step \(step)") }
    }
  }

  @Test func `rows that leave a shrinking screen come back when it grows`() {
    var terminal = VirtualTerminal(columns: 10, rows: 6)
    terminal.feed(Array("1\r\n2\r\n3\r\n4\r\n5\r\n6".utf8))
    terminal.resize(columns: 10, rows: 2)
    #expect(terminal.screenText() == ["5", "6"])
    #expect(terminal.cursor.row == 1)
    #expect(terminal.fullText() == ["1", "2", "3", "4", "5", "6"])
    terminal.resize(columns: 10, rows: 4)
    #expect(terminal.screenText() == ["3", "4", "5", "6"])
    #expect(terminal.cursor.row == 3)
    #expect(terminal.scrollbackCount == 2)
  }

  @Test func `rows below the cursor go first`() {
    var terminal = VirtualTerminal(columns: 10, rows: 6)
    terminal.feed(Array("1\r\n2\u{1B}[5;1H5\u{1B}[2;1H".utf8))
    terminal.resize(columns: 10, rows: 3)
    #expect(terminal.screenText() == ["1", "2", ""])
    #expect(terminal.scrollbackCount == 0)
  }

  @Test func `behind the alternate screen the primary one is resized too`() {
    var terminal = VirtualTerminal(columns: 10, rows: 4)
    terminal.feed(Array("1\r\n2\r\n3\r\n4\u{1B}[?1049h\u{1B}[Hfull screen".utf8))
    terminal.resize(columns: 12, rows: 2)
    #expect(terminal.isAlternateScreen)
    terminal.feed(Array("\u{1B}[?1049l!".utf8))
    #expect(terminal.screenText() == ["3", "4!"])
    #expect(terminal.fullText() == ["1", "2", "3", "4!"])
  }

  @Test func `a narrower alternate screen cuts and a wider one shows no remains`() {
    var terminal = VirtualTerminal(columns: 10, rows: 2)
    terminal.feed(Array("\u{1B}[?1049h0123456789".utf8))
    terminal.resize(columns: 4, rows: 2)
    #expect(terminal.screenText() == ["0123", ""])
    #expect(terminal.cursor.column == 3)
    terminal.resize(columns: 10, rows: 2)
    #expect(terminal.screenText() == ["0123", ""])
  }

  @Test func `new columns have tab stops`() {
    var terminal = VirtualTerminal(columns: 10, rows: 2)
    terminal.resize(columns: 40, rows: 2)
    terminal.feed(Array("\t\t\tx".utf8))
    #expect(terminal.screenText()[0] == String(repeating: " ", count: 24) + "x")
  }
}

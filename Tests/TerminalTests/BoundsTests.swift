import Testing

@testable import Terminal

/// Input made to grow the emulator.
@Suite struct BoundsTests {
  @Test func `sizes stay within the limits`() {
    var terminal = VirtualTerminal(columns: .max, rows: .max, scrollbackLimit: .max)
    #expect(terminal.columns == Limits.columns)
    #expect(terminal.rows == Limits.rows)
    terminal.resize(columns: .min, rows: 0)
    #expect(terminal.columns == 1)
    #expect(terminal.rows == 1)
    terminal.feed(Array("中a\u{1F469}\u{200D}\u{1F467}\u{1B}[99999999999999999999;4Hb\t\u{8}".utf8))
    #expect(terminal.cursor.column == 0)
  }

  @Test func `one cell takes a bounded number of marks`() {
    var terminal = VirtualTerminal(columns: 10, rows: 2)
    terminal.feed(Array("e".utf8))
    for _ in 0..<10_000 { terminal.feed(Array("\u{301}".utf8)) }
    #expect(terminal.row(0).cell(0).text.unicodeScalars.count == Limits.scalarsPerCell)
    #expect(terminal.cursor.column == 1)
  }

  @Test func `clusters that left the screen make room for new ones`() {
    var terminal = VirtualTerminal(columns: 40, rows: 10, scrollbackLimit: 20)
    for base in 0..<400 {
      var bytes: [UInt8] = []
      for mark in 0..<400 {
        bytes += Array(String(Unicode.Scalar(UInt32(0x4E00 + base)) ?? "?").utf8)
        bytes += Array(String(Unicode.Scalar(UInt32(0xE0100 + mark % 240)) ?? "?").utf8)
      }
      terminal.feed(bytes)
    }
    let last = terminal.screenText().joined().unicodeScalars
    // The newest text is whole: each character still carries its mark.
    #expect(last.filter { $0.value == 0x4E00 + 399 }.count >= 100)
    #expect(
      last.filter { $0.value >= 0xE0100 }.count == last.filter { $0.value < 0xE0100 }.count)
  }

  @Test func `links without end cost a bounded number`() {
    var terminal = VirtualTerminal(columns: 20, rows: 4, scrollbackLimit: 10)
    for number in 0..<20_001 {
      terminal.feed(Array("\u{1B}]8;;https://example.org/\(number)\u{7}x\u{1B}]8;;\u{7}".utf8))
    }
    let row = terminal.row(terminal.cursor.row)
    let link = row.cell(max(0, terminal.cursor.column - 1)).style.link
    #expect(link < Limits.links)
    #expect(terminal.linkTarget(link) == "https://example.org/20000")
  }

  @Test func `a link target beyond the limit is no link`() {
    var terminal = VirtualTerminal(columns: 20, rows: 4)
    let long = String(repeating: "a", count: Limits.linkBytes + 1)
    terminal.feed(Array("\u{1B}]8;;\(long)\u{7}x".utf8))
    #expect(terminal.row(0).cell(0).style.link == 0)
  }

  @Test func `titles and their stack are bounded`() {
    var terminal = VirtualTerminal(columns: 20, rows: 4)
    terminal.feed(Array("\u{1B}]0;\(String(repeating: "é", count: 100_000))\u{7}".utf8))
    #expect(terminal.title == String(repeating: "é", count: Limits.titleScalars))
    for number in 0..<1000 { terminal.feed(Array("\u{1B}]0;\(number)\u{7}\u{1B}[22t".utf8)) }
    for _ in 0..<1000 { terminal.feed(Array("\u{1B}[23t".utf8)) }
    #expect(terminal.title == "\(1000 - Limits.titleStack)")
  }

  @Test func `a string without end does not swallow what follows CAN`() {
    var terminal = VirtualTerminal(columns: 20, rows: 4)
    terminal.feed(Array("\u{1B}]0;".utf8) + [UInt8](repeating: 0x61, count: 1_000_000))
    terminal.feed(Array("\u{18}shown".utf8))
    #expect(terminal.screenText()[0] == "shown")
    #expect(terminal.title == "")
  }

  @Test(arguments: ["b", "@", "P", "X", "L", "M", "S", "T", "I", "Z", "A", "B", "C", "D", "E", "F"])
  func `a huge count is only as much as the screen`(_ final: String) {
    var terminal = VirtualTerminal(columns: 20, rows: 4, scrollbackLimit: 10)
    for _ in 0..<200 { terminal.feed(Array("ab\u{1B}[4294967296\(final)cd\r\n".utf8)) }
    #expect(terminal.scrollbackCount <= 10)
    #expect(terminal.screenText().count == 4)
  }

  @Test func `parameters beyond the last one kept are dropped`() {
    var terminal = VirtualTerminal(columns: 20, rows: 4)
    let many = Array(repeating: "0", count: Limits.parameters).joined(separator: ";")
    terminal.feed(Array("\u{1B}[1m\u{1B}[31m\u{1B}[\(many);1;32mx".utf8))
    #expect(terminal.row(0).cell(0).style == .plain)
  }

  @Test func `rows taken back from the scrollback fit the new width`() {
    var terminal = VirtualTerminal(columns: 10, rows: 4)
    for number in 0..<8 { terminal.feed(Array("中中中中中\(number)\r\n".utf8)) }
    terminal.resize(columns: 5, rows: 2)
    terminal.resize(columns: 7, rows: 8)
    for index in 0..<8 { #expect(terminal.row(index).count == 7) }
    for index in 0..<8 where terminal.row(index).cell(6).width != 1 {
      Issue.record("row \(index) ends in half a character")
    }
    #expect(terminal.cursor.row == 7)
  }
}

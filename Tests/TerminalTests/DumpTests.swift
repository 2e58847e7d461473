import Testing

@testable import Terminal

@Suite struct DumpTests {
  @Test(arguments: 0..<300)
  func `a dump draws the same screen in a new terminal`(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed))
    let columns = Int.random(in: 2...30, using: &random)
    let rows = Int.random(in: 2...8, using: &random)
    var terminal = VirtualTerminal(columns: columns, rows: rows)
    // CAN and a character first: what is half read is not on the screen.
    terminal.feed(HostileBytes.sequences(seed: UInt64(seed), count: 1 + seed % 120) + [0x18])
    var copy = VirtualTerminal(columns: columns, rows: rows)
    copy.feed(terminal.dump())
    #expect(Self.difference(copy, terminal) == nil)

    // And it goes on the same way: margins, modes and pens are there too.
    let more = HostileBytes.sequences(seed: UInt64(seed) &+ 9999, count: 20)
    terminal.feed(more)
    copy.feed(more)
    #expect(Self.difference(copy, terminal) == nil, "later")
  }

  static func difference(_ copy: VirtualTerminal, _ terminal: VirtualTerminal) -> String? {
    guard copy.screenText() == terminal.screenText() else {
      return "\(copy.screenText()) for \(terminal.screenText())"
    }
    guard copy.cursor == terminal.cursor else { return "\(copy.cursor) for \(terminal.cursor)" }
    guard copy.isAlternateScreen == terminal.isAlternateScreen, copy.title == terminal.title,
      copy.isReverseVideo == terminal.isReverseVideo
    else { return "screen, title or video" }
    for row in 0..<terminal.rows {
      for column in 0..<terminal.columns {
        var had = copy.row(row).cell(column)
        var wanted = terminal.row(row).cell(column)
        // Link numbers may differ; where they lead may not.
        let had8 = copy.linkTarget(had.style.link)
        let wanted8 = terminal.linkTarget(wanted.style.link)
        guard had8 == wanted8 else { return "link at \(row),\(column)" }
        had.style.link = 0
        wanted.style.link = 0
        guard had == wanted else { return "\(row),\(column): \(had) for \(wanted)" }
      }
    }
    return nil
  }
}

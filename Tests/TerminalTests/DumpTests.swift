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

  @Test(arguments: 0..<200)
  func `a dump with the scrollback brings back each line`(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed) &+ 31)
    let columns = Int.random(in: 2...30, using: &random)
    let rows = Int.random(in: 2...8, using: &random)
    var terminal = VirtualTerminal(columns: columns, rows: rows, scrollbackLimit: 50)
    for round in 0..<6 {
      terminal.feed(HostileBytes.sequences(seed: random.next(), count: 60) + [0x18])
      if round % 2 == 1 {
        terminal.resize(columns: Int.random(in: 2...30, using: &random), rows: rows)
      }
    }
    // Lines from a wider screen are cut; a last resize wraps them instead.
    terminal.resize(columns: columns + 1, rows: rows)
    terminal.resize(columns: columns, rows: rows)
    var copy = VirtualTerminal(columns: columns, rows: rows, scrollbackLimit: 50)
    copy.feed(terminal.dump(withScrollback: true))
    #expect(Self.difference(copy, terminal) == nil)
    #expect(copy.scrollbackCount == terminal.scrollbackCount)
    for index in 0..<terminal.scrollbackCount {
      let texts = [copy, terminal].map { terminal in
        terminal.scrollbackRow(index).text().unicodeScalars.map(\.value).filter { $0 != 0xFE0F }
      }
      #expect(texts[0] == texts[1])
      #expect(copy.scrollbackRow(index).isWrapped == terminal.scrollbackRow(index).isWrapped)
    }
  }

  @Test(arguments: ["vt/alacritty.jsonl.gz", "vt/xtermjs.jsonl.gz"])
  func `a dump in the middle of a recorded program changes nothing`(_ name: String) throws {
    guard let cases = try JudgeData.objects(name) else { return }
    for value in cases {
      let columns = value["cols"] as? Int ?? 80
      let rows = value["rows"] as? Int ?? 25
      let bytes = JudgeData.bytes(value["feed"])
      for part in 1...4 {
        let cut = bytes.count * part / 5
        var terminal = VirtualTerminal(columns: columns, rows: rows)
        terminal.feed(Array(bytes[..<cut]) + [0x18])
        var copy = VirtualTerminal(columns: columns, rows: rows)
        copy.feed(terminal.dump(withScrollback: true))
        terminal.feed(Array(bytes[cut...]))
        copy.feed(Array(bytes[cut...]))
        #expect(Self.difference(copy, terminal) == nil, "\(value["case"] ?? "") \(part)")
        #expect(copy.fullText() == terminal.fullText(), "\(value["case"] ?? "") \(part)")
      }
    }
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

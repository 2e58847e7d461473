import TestSupport
import Testing

@testable import Replay
@testable import Terminal

@Suite struct ScreenRendererTests {
  private static let profiles: [TerminalProfile] = [
    TerminalProfile(colours: .none), TerminalProfile(colours: .sixteen),
    TerminalProfile(colours: .palette), TerminalProfile(colours: .direct),
  ]

  private func frame(_ terminal: VirtualTerminal, columns: Int = 30, rows: Int = 6) -> Frame {
    var frame = Frame(columns: columns, rows: rows)
    frame.draw(
      terminal, from: .init(row: 0, column: 0),
      in: Rect(row: 0, column: 0, rows: rows, columns: frame.columns))
    return frame
  }

  /// What a terminal shows that got these bytes.
  private func shown(_ frames: [Frame], _ profile: TerminalProfile) -> VirtualTerminal {
    var viewer = VirtualTerminal(columns: frames[0].columns, rows: frames[0].rows)
    viewer.feed(ScreenRenderer.enter)
    var renderer = ScreenRenderer(profile)
    for frame in frames { viewer.feed(renderer.bytes(for: frame)) }
    return viewer
  }

  private func text(_ frame: Frame) -> [String] {
    (0..<frame.rows).map { row in
      var line = (0..<frame.columns).map { frame.cell(row, $0).text }.joined()
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  @Test func `a first frame is written whole, plainly`() {
    var terminal = VirtualTerminal(columns: 10, rows: 2)
    terminal.feed(Array("a\u{1B}[1;31mbc\u{1B}[0m d".utf8))
    var renderer = ScreenRenderer(TerminalProfile(colours: .sixteen))
    let bytes = renderer.bytes(for: frame(terminal, columns: 10, rows: 2))
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == "\u{1B}[?25l\u{1B}[0m\u{1B}[2J\u{1B}[1;1Ha\u{1B}[0;1;31mbc\u{1B}[1;5H\u{1B}[0md"
        + "\u{1B}[?25h")
  }

  @Test func `only changed cells are written again`() {
    var terminal = VirtualTerminal(columns: 20, rows: 3)
    terminal.feed(Array("hello world\r\nsecond".utf8))
    var renderer = ScreenRenderer(TerminalProfile(colours: .none))
    _ = renderer.bytes(for: frame(terminal, columns: 20, rows: 3))
    terminal.feed(Array("\u{1B}[1;7HW".utf8))
    let bytes = renderer.bytes(for: frame(terminal, columns: 20, rows: 3))
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == "\u{1B}[?25l\u{1B}[1;7H\u{1B}[0mW\u{1B}[?25h")
    #expect(renderer.bytes(for: frame(terminal, columns: 20, rows: 3)).isEmpty)
  }

  @Test func `what was at the end of a row is erased`() {
    var terminal = VirtualTerminal(columns: 20, rows: 2)
    terminal.feed(Array("\u{1B}[42mgreen and long\u{1B}[0m".utf8))
    let before = frame(terminal, columns: 20, rows: 2)
    terminal.feed(Array("\u{1B}[2J\u{1B}[1;1Hab".utf8))
    let after = frame(terminal, columns: 20, rows: 2)
    #expect(shown([before, after], Self.profiles[1]).screenText() == ["ab", ""])
    #expect(shown([before, after], Self.profiles[1]).row(0).cell(7).style == .plain)
  }

  @Test(arguments: profiles)
  func `any frame after any other shows as if it were the first`(_ profile: TerminalProfile) {
    var random = SeededGenerator(seed: 11)
    var terminal = VirtualTerminal(columns: 30, rows: 6)
    var frames: [Frame] = []
    for _ in 0..<120 {
      terminal.feed(Noise.output(&random))
      frames.append(frame(terminal))
      let direct = shown([frames[frames.count - 1]], profile)
      let viewer = shown(frames.suffix(6), profile)
      #expect(viewer.screenText() == direct.screenText())
      #expect(text(frames[frames.count - 1]) == viewer.screenText())
      for row in 0..<6 { #expect(viewer.row(row) == direct.row(row)) }
    }
  }

  @Test func `a style reaches the viewer as it was drawn`() {
    var terminal = VirtualTerminal(columns: 30, rows: 6)
    terminal.feed(
      Array(
        "\u{1B}[1;3;4;7;9;38;5;200;48;2;1;2;3mx\u{1B}[0;2;94;101my\u{1B}[0;38;5;3mz".utf8))
    let viewer = shown([frame(terminal)], TerminalProfile(colours: .direct))
    for column in 0..<3 {
      #expect(viewer.row(0).cell(column).style == terminal.row(0).cell(column).style)
    }
  }

  @Test func `without colours none is written`() {
    var terminal = VirtualTerminal(columns: 30, rows: 6)
    terminal.feed(Array("\u{1B}[1;31;42mx\u{1B}[38;2;9;9;9my".utf8))
    let viewer = shown([frame(terminal)], TerminalProfile(colours: .none))
    #expect(viewer.row(0).cell(0).style.foreground == .default)
    #expect(viewer.row(0).cell(0).style.attributes == .bold)
    #expect(viewer.row(0).cell(1).style.foreground == .default)
  }

  @Test(arguments: [
    ("\u{1B}[38;2;250;10;10m", Color.indexed(9)), ("\u{1B}[38;5;16m", .indexed(0)),
    ("\u{1B}[38;5;231m", .indexed(15)), ("\u{1B}[38;2;0;200;0m", .indexed(2)),
    ("\u{1B}[35m", .indexed(5)), ("\u{1B}[92m", .indexed(10)),
  ])
  func `sixteen colours stand in for others`(_ sequence: String, _ wanted: Color) {
    var terminal = VirtualTerminal(columns: 30, rows: 6)
    terminal.feed(Array((sequence + "x").utf8))
    let viewer = shown([frame(terminal)], TerminalProfile(colours: .sixteen))
    #expect(viewer.row(0).cell(0).style.foreground == wanted)
  }

  @Test func `concealed text is shown`() {
    var terminal = VirtualTerminal(columns: 30, rows: 6)
    terminal.feed(Array("\u{1B}[8mhidden".utf8))
    let viewer = shown([frame(terminal)], TerminalProfile(colours: .direct))
    #expect(viewer.screenText()[0] == "hidden")
    #expect(!viewer.row(0).cell(0).style.attributes.contains(.hidden))
  }

  @Test(arguments: [
    ("\u{202E}", "\u{FFFD}"), ("\u{E000}", "\u{FFFD}"), ("a\u{200B}", "\u{FFFD}"), ("漢", "漢"),
    ("e\u{301}", "e\u{301}"), ("👨\u{200D}", "👨"), ("❤\u{FE0F}", "❤"), ("\u{378}", "\u{FFFD}"),
    ("\u{85}", "\u{FFFD}"), ("é", "é"), ("a\u{E0041}", "\u{FFFD}"),
  ])
  func `a cell shows its text or stands for it`(_ text: String, _ wanted: String) {
    let width = text == "漢" || text.unicodeScalars.first == "👨" ? 2 : 1
    let cell = SafeCell(Cell(style: .plain, width: width, text: text))
    #expect(cell.text == wanted)
    #expect(cell.width == width)
  }

  @Test func `random scalars in a cell never leave the alphabet`() {
    var random = SeededGenerator(seed: 5)
    var renderer = ScreenRenderer(TerminalProfile(colours: .direct))
    for _ in 0..<400 {
      var terminal = VirtualTerminal(columns: 20, rows: 4)
      var text = String.UnicodeScalarView()
      for _ in 0..<120 {
        let range: ClosedRange<UInt32> =
          switch UInt32.random(in: 0..<4, using: &random) {
          case 0: 0x80...0x7FF
          case 1: 0x2000...0x20FF
          case 2: 0xE0000...0xE01FF
          default: 0xA0...0x10FFFF
          }
        text.append(Unicode.Scalar(UInt32.random(in: range, using: &random)) ?? "a")
      }
      terminal.feed(Array(String(text).utf8))
      let bytes = renderer.bytes(for: frame(terminal, columns: 20, rows: 4))
      #expect(OutputAlphabet.violation(bytes) == nil)
      for scalar in text {
        for width in 0...2 {
          let cell = SafeCell(Cell(style: .plain, width: width, text: String(Character(scalar))))
          #expect(OutputAlphabet.violation(Array(cell.text.utf8)) == nil)
        }
      }
    }
  }

  @Test func `a frame shows of each character what a cell may show`() {
    // Every block at least in part; whole where most text comes from.
    let scalars =
      Array(UInt32(0x20)...0x17FF) + Array(0x2000...0x33FF)
      + stride(from: UInt32(0x3400), to: 0x1F000, by: 23) + Array(0x1F000...0x1FAFF)
      + stride(from: UInt32(0x20000), to: 0x10FFFF, by: 991)
    var judge = CellJudge()
    for part in stride(from: 0, to: scalars.count, by: 240) {
      var terminal = VirtualTerminal(columns: 60, rows: 12)
      var text = String.UnicodeScalarView()
      for (index, value) in scalars[part..<min(part + 240, scalars.count)].enumerated() {
        text.append(Unicode.Scalar(value) ?? "x")
        // Some in company, some concealed or coloured.
        if index % 7 == 0 { text.append("\u{301}") }
        if index % 11 == 0 { text += "\u{1B}[\(index % 9);3\(index % 8)m".unicodeScalars }
      }
      terminal.feed(Array(String(text).utf8))
      var frame = Frame(columns: 60, rows: 12)
      frame.draw(
        terminal, from: .init(row: 0, column: 0),
        in: Rect(row: 0, column: 0, rows: 12, columns: 60),
        judgedBy: &judge)
      for row in 0..<12 {
        for column in 0..<60 {
          let wanted = SafeCell(terminal.row(row).cell(column))
          #expect(frame.cell(row, column) == wanted, "\(row), \(column): \(wanted)")
        }
      }
    }
  }

  @Test func `texts of several characters are told apart from frame to frame`() {
    var renderer = ScreenRenderer(TerminalProfile(colours: .none))
    var terminal = VirtualTerminal(columns: 8, rows: 1)
    terminal.feed(Array("e\u{301}o\u{308}".utf8))
    _ = renderer.bytes(for: frame(terminal, columns: 8, rows: 1))
    #expect(renderer.bytes(for: frame(terminal, columns: 8, rows: 1)).isEmpty)
    // The first text is another one now, by the number that the old one had.
    terminal.feed(Array("\ro\u{308}e\u{301}".utf8))
    let bytes = renderer.bytes(for: frame(terminal, columns: 8, rows: 1))
    #expect(String(decoding: bytes, as: UTF8.self).contains("o\u{308}"))
    #expect(String(decoding: bytes, as: UTF8.self).contains("e\u{301}"))
  }

  @Test func `a wide character cut by the window's edge is a blank`() {
    var terminal = VirtualTerminal(columns: 12, rows: 1)
    terminal.feed(Array("漢字漢字ab".utf8))
    var right = Frame(columns: 3, rows: 1)
    right.draw(
      terminal, from: .init(row: 0, column: 0),
      in: Rect(row: 0, column: 0, rows: 1, columns: right.columns))
    #expect(text(right) == ["漢"])
    var left = Frame(columns: 4, rows: 1)
    left.draw(
      terminal, from: .init(row: 0, column: 1),
      in: Rect(row: 0, column: 0, rows: 1, columns: left.columns))
    #expect(text(left) == [" 字"])
    #expect(
      shown([right, Frame(columns: 3, rows: 1), right], Self.profiles[0]).screenText() == ["漢"])
  }

  @Test func `text over half of a wide character leaves no other half`() {
    var frame = Frame(columns: 6, rows: 1)
    frame.put("漢字漢", row: 0, column: 0)
    frame.put("x", row: 0, column: 3)
    #expect(text(frame) == ["漢 x漢"])
    #expect(shown([frame], Self.profiles[0]).screenText() == ["漢 x漢"])
  }

  @Test func `a window of any size is drawn without a trap`() {
    var terminal = VirtualTerminal(columns: 7, rows: 3)
    terminal.feed(Array("漢字abc\r\nx".utf8))
    for (columns, rows) in [(0, 0), (1, 1), (2, 9), (5000, 2), (-3, 7)] {
      var frame = Frame(columns: columns, rows: rows)
      frame.draw(
        terminal, from: .init(row: 1, column: 2),
        in: Rect(row: 0, column: 0, rows: rows, columns: frame.columns))
      frame.put("status", row: frame.rows - 1, column: 0)
      var renderer = ScreenRenderer(TerminalProfile(colours: .none))
      #expect(OutputAlphabet.violation(renderer.bytes(for: frame)) == nil)
    }
  }
}

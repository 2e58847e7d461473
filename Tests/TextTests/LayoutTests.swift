import Testing

@testable import Text

struct LayoutTests {
  @Test(arguments: [
    ("abc", 3), ("日本", 4), ("🎉", 2), ("e\u{301}", 1), ("한글", 4), ("ｱ", 1), ("Ａ", 2), ("", 0),
    ("❤\u{FE0F}", 1), ("…", 1), ("\u{20000}", 2), ("─", 1), ("⌚", 2), ("\u{1F1E9}\u{1F1EA}", 2),
  ])
  func `text has its width`(text: String, width: Int) {
    #expect(DisplayWidth.of(text) == width)
  }

  @Test(arguments: [
    ("abcdef", 4, "abc…"), ("abcd", 4, "abcd"), ("日本語", 4, "日…"), ("日本", 4, "日本"),
    ("abc", 0, ""), ("abc", 1, "…"), ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
  ])
  func `truncation fits and says so`(text: String, width: Int, shown: String) {
    #expect(DisplayWidth.truncate(text, to: width) == shown)
    #expect(DisplayWidth.of(DisplayWidth.truncate(text, to: width)) <= width)
  }

  private var table: Table {
    var table = Table([
      .init("NAME"), .init("EVENTS", .right), .init("TITLE", minimum: 5),
    ])
    table.add(["one", "7", "a title that is long"])
    table.add(["日本", "1200", "evil\u{1B}[2J"])
    table.add(["last"])
    return table
  }

  @Test func `columns are aligned by what they show`() {
    #expect(
      table.lines() == [
        "NAME  EVENTS  TITLE", "one        7  a title that is long", "日本    1200  evil^[[2J",
        "last",
      ])
  }

  @Test func `only columns that may shrink do`() {
    #expect(
      table.lines(width: 24) == [
        "NAME  EVENTS  TITLE", "one        7  a title t…", "日本    1200  evil^[[2J", "last",
      ])
    #expect(table.lines(width: 1).map { DisplayWidth.of($0) }.max() == 19)
  }

  @Test func `a decoration is no part of the width`() {
    let lines = table.lines(header: false) { row, column, cell in
      row == 0 && column == 0 ? "<b>" + cell + "</b>" : cell
    }
    #expect(lines[0] == "<b>one </b>     7  a title that is long")
  }

  @Test func `a line feed in a cell makes no row`() {
    var table = Table([.init("A")])
    table.add(["x\nforged"])
    #expect(table.lines() == ["A", "x^Jforged"])
  }

  @Test(
    arguments: [
      (Int64(0), "0µs"), (850, "850µs"), (850_000, "850ms"), (12_000_000, "12s"),
      (12_590_000, "12.5s"), (63_000_000, "1m03s"), (7_500_000_000, "2h05m"),
      (273_600_000_000, "3d04h"), (-1_500_000, "-1.5s"), (.min, "-106751991d04h"),
    ] as [(Int64, String)])
  func `a duration reads well`(microseconds: Int64, text: String) {
    #expect(DurationText.text(microseconds: microseconds) == text)
  }

  @Test(
    arguments: [
      (Int64(0), "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"),
      (20 << 30, "20.0 GiB"), (-2048, "-2.0 KiB"), (.max, "7.9 EiB"), (.min, "-8.0 EiB"),
    ] as [(Int64, String)])
  func `an amount of bytes reads well`(bytes: Int64, text: String) {
    #expect(ByteCountText.text(bytes) == text)
  }
}

import Testing

/// Bytes and what a screen of 10 x 4 shows after them.
struct ScreenCase: Sendable, CustomTestStringConvertible {
  var name: String
  var input: String
  var rows: [String]
  var row: Int
  var column: Int

  init(_ name: String, _ input: String, _ rows: [String], at row: Int, _ column: Int) {
    self.name = name
    self.input = input
    self.rows = rows
    self.row = row
    self.column = column
  }

  var testDescription: String { name }
}

extension ScreenCase {
  private static let abcd = "aaa\r\nbbb\r\nccc\r\nddd"

  static let cursor: [ScreenCase] = [
    ScreenCase("CUP counts from one", "\u{1B}[2;3Hx", ["", "  x"], at: 1, 3),
    ScreenCase("CUP stops at the edge", "\u{1B}[99;99Hx", ["", "", "", "         x"], at: 3, 9),
    ScreenCase("CUU stops at the top", "\u{1B}[3;3H\u{1B}[9A", [], at: 0, 2),
    ScreenCase("CUD stops at the bottom", "\u{1B}[99B", [], at: 3, 0),
    ScreenCase("CUB stops at the left", "abc\u{1B}[9D", ["abc"], at: 0, 0),
    ScreenCase("CNL goes to the first column", "abc\u{1B}[2E", ["abc"], at: 2, 0),
    ScreenCase(
      "CPL goes to the first column", "\n\n\nabc\u{1B}[2F", ["", "", "", "abc"], at: 1, 0),
    ScreenCase("CHA, VPA and HPR", "\u{1B}[5G\u{1B}[3d\u{1B}[2a", [], at: 2, 6),
    ScreenCase("a control inside a sequence is carried out", "\u{1B}[2\rCx", ["  x"], at: 0, 3),
    ScreenCase("CAN ends a sequence", "\u{1B}[2\u{18}Cx", ["Cx"], at: 0, 2),
    ScreenCase("DECSC and DECRC", "\u{1B}[2;2H\u{1B}7\u{1B}[4;4H\u{1B}8x", ["", " x"], at: 1, 2),
    ScreenCase("SCOSC and SCORC", "\u{1B}[2;2H\u{1B}[s\u{1B}[4;4H\u{1B}[ux", ["", " x"], at: 1, 2),
    ScreenCase("tabs stop every eight", "\tx", ["        x"], at: 0, 9),
    ScreenCase("HTS and TBC", "\u{1B}[4G\u{1B}H\r\tx\r\u{1B}[3g\ty", ["   x     y"], at: 0, 9),
    ScreenCase("CBT goes back", "\u{1B}[10G\u{1B}[Zx", ["        x"], at: 0, 9),
    ScreenCase("BS stops at the left", "a\u{8}\u{8}b", ["b"], at: 0, 1),
    ScreenCase(
      "reverse wrap goes up", "\u{1B}[?45h\u{1B}[2;1H\u{8}x", ["         x"], at: 0, 9),
    ScreenCase("LNM makes LF a new line", "\u{1B}[20hab\ncd", ["ab", "cd"], at: 1, 2),
    ScreenCase("C1 controls in UTF-8", "ab\u{85}cd\u{9B}1;1Hx", ["xb", "cd"], at: 0, 1),
  ]

  static let wrapping: [ScreenCase] = [
    ScreenCase("the last column waits", "0123456789", ["0123456789"], at: 0, 9),
    ScreenCase("then the next character wraps", "0123456789a", ["0123456789", "a"], at: 1, 1),
    ScreenCase("CR before the wrap stays in the line", "0123456789\rx", ["x123456789"], at: 0, 1),
    ScreenCase(
      "EL before the wrap keeps the text", "0123456789\u{1B}[Ka", ["0123456789", "a"], at: 1, 1),
    ScreenCase(
      "without DECAWM the last column is overwritten", "\u{1B}[?7l0123456789ab", ["012345678b"],
      at: 0, 9),
    ScreenCase("wrapping scrolls", "a\r\n\n\n0123456789x", ["", "", "0123456789", "x"], at: 3, 1),
    ScreenCase(
      "a wide character does not fit in one column", "012345678中x", ["012345678", "中x"], at: 1, 3),
    ScreenCase(
      "DECRC brings the pending wrap back", "0123456789\u{1B}7\u{1B}[H\u{1B}8x",
      ["0123456789", "x"], at: 1, 1),
    ScreenCase(
      "but not when its line scrolled away", "0123456789\u{1B}7\u{1B}[S\u{1B}8x", ["         x"],
      at: 0, 9),
  ]

  static let editing: [ScreenCase] = [
    ScreenCase("ICH moves the rest", "abcdef\u{1B}[3G\u{1B}[2@", ["ab  cdef"], at: 0, 2),
    ScreenCase("ICH tears no wide character", "中x\u{1B}[2G\u{1B}[@", ["中 x"], at: 0, 1),
    ScreenCase("DCH closes the gap", "abcdef\u{1B}[3G\u{1B}[2P", ["abef"], at: 0, 2),
    ScreenCase("ECH leaves the rest", "abcdef\u{1B}[3G\u{1B}[2X", ["ab  ef"], at: 0, 2),
    ScreenCase("IRM inserts", "abc\r\u{1B}[4hx", ["xabc"], at: 0, 1),
    ScreenCase("REP repeats", "a\u{1B}[3b", ["aaaa"], at: 0, 4),
    ScreenCase("REP needs a character before it", "a\r\u{1B}[3b", ["a"], at: 0, 0),
    ScreenCase("EL 1 erases up to the cursor", "abcdef\u{1B}[3G\u{1B}[1K", ["   def"], at: 0, 2),
    ScreenCase(
      "ED 1 erases above", abcd + "\u{1B}[2;2H\u{1B}[1J", ["", "  b", "ccc", "ddd"], at: 1, 1),
    ScreenCase("ED 0 erases below", abcd + "\u{1B}[2;2H\u{1B}[J", ["aaa", "b"], at: 1, 1),
    ScreenCase("IL", abcd + "\u{1B}[2;2H\u{1B}[L", ["aaa", "", "bbb", "ccc"], at: 1, 0),
    ScreenCase("DL", abcd + "\u{1B}[2;2H\u{1B}[M", ["aaa", "ccc", "ddd"], at: 1, 0),
    ScreenCase("SU", abcd + "\u{1B}[2S", ["ccc", "ddd"], at: 3, 3),
    ScreenCase("SD", abcd + "\u{1B}[2T", ["", "", "aaa", "bbb"], at: 3, 3),
    ScreenCase(
      "DECALN", "\u{1B}#8", ["EEEEEEEEEE", "EEEEEEEEEE", "EEEEEEEEEE", "EEEEEEEEEE"], at: 0, 0),
    ScreenCase("half a wide character overwritten", "中文\u{1B}[2Gx", [" x文"], at: 0, 2),
    ScreenCase("the head of a wide character overwritten", "中文\u{1B}[3Gx", ["中x"], at: 0, 3),
    ScreenCase(
      "DECSEL leaves protected text", "a\u{1B}[1\"qb\u{1B}[0\"qc\u{1B}[?2K", [" b"], at: 0, 3),
    ScreenCase("DECIC", abcd + "\u{1B}[2G\u{1B}['}", ["a aa", "b bb", "c cc", "d dd"], at: 3, 1),
    ScreenCase("DECDC", abcd + "\u{1B}[2G\u{1B}['~", ["aa", "bb", "cc", "dd"], at: 3, 1),
    ScreenCase("DECFRA fills", "\u{1B}[42;2;2;3;3$x", ["", " **", " **"], at: 0, 0),
    ScreenCase("DECCRA copies", "ab\u{1B}[1;1;1;2;1;2;4$v", ["ab", "   ab"], at: 0, 2),
  ]

  static let margins: [ScreenCase] = [
    ScreenCase(
      "LF scrolls within DECSTBM", abcd + "\u{1B}[2;3r\u{1B}[3;1H\n", ["aaa", "ccc", "", "ddd"],
      at: 2, 0),
    ScreenCase(
      "RI scrolls within DECSTBM", abcd + "\u{1B}[2;3r\u{1B}[2;1H\u{1B}M",
      ["aaa", "", "bbb", "ddd"], at: 1, 0),
    ScreenCase(
      "LF below the margin does not scroll", abcd + "\u{1B}[1;2r\u{1B}[4;1H\nx",
      ["aaa", "bbb", "ccc", "xdd"], at: 3, 1),
    ScreenCase(
      "DECOM counts from the margin", "\u{1B}[2;3r\u{1B}[?6h\u{1B}[9;1Hx", ["", "", "x"], at: 2, 1),
    ScreenCase(
      "DECSLRM wraps at the right margin", "\u{1B}[?69h\u{1B}[3;5s\u{1B}[1;3Habcd",
      ["  abc", "  d"], at: 1, 3),
    ScreenCase(
      "SU moves only what is between the margins",
      abcd + "\u{1B}[?69h\u{1B}[2;2s\u{1B}[2;3s\u{1B}[S", ["abb", "bcc", "cdd", "d"], at: 0, 0),
    ScreenCase(
      "a margin of one line is refused", abcd + "\u{1B}[2;2r", ["aaa", "bbb", "ccc", "ddd"], at: 3,
      3),
    ScreenCase(
      "DECSTR takes margins away", "\u{1B}[2;3r\u{1B}[!p\u{1B}[4;1H\nx", ["", "", "", "x"], at: 3, 1
    ),
  ]

  static let characters: [ScreenCase] = [
    ScreenCase("line drawing", "\u{1B}(0lqk\u{1B}(Bq", ["┌─┐q"], at: 0, 4),
    ScreenCase("SO and SI", "\u{1B})0\u{E}x\u{F}x", ["│x"], at: 0, 2),
    ScreenCase("SS2 holds for one character", "\u{1B}*0\u{1B}Nqq", ["─q"], at: 0, 2),
    ScreenCase("the pound sign", "\u{1B}(A#", ["£"], at: 0, 1),
    ScreenCase("a mark joins", "e\u{301}x", ["e\u{301}x"], at: 0, 2),
    ScreenCase("a mark with nothing before it is dropped", "\u{301}x", ["x"], at: 0, 1),
    ScreenCase("East Asian characters take two", "中文x", ["中文x"], at: 0, 5),
    ScreenCase("a flag takes two", "🇩🇪x", ["🇩🇪x"], at: 0, 3),
    ScreenCase("two flags take four", "🇩🇪🇫🇷x", ["🇩🇪🇫🇷x"], at: 0, 5),
    ScreenCase("a family takes two", "👩‍👩‍👧‍👦x", ["👩‍👩‍👧‍👦x"], at: 0, 3),
    ScreenCase("a skin tone joins", "👍🏽x", ["👍🏽x"], at: 0, 3),
    ScreenCase("a heart becomes an emoji", "❤️x", ["❤️x"], at: 0, 3),
    ScreenCase("text presentation keeps the width", "⌚\u{FE0E}x", ["⌚\u{FE0E}x"], at: 0, 3),
    ScreenCase("a joiner alone joins nothing", "a\u{200D}b", ["a\u{200D}b"], at: 0, 2),
    ScreenCase("half a flag", "🇩x", ["🇩x"], at: 0, 3),
    ScreenCase("a keycap", "1️⃣x", ["1️⃣x"], at: 0, 3),
    ScreenCase(
      "jamo make a syllable", "\u{1112}\u{1161}\u{11AB}x", ["\u{1112}\u{1161}\u{11AB}x"], at: 0, 3),
    ScreenCase(
      "the Scottish flag", "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}x",
      ["🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}x"], at: 0, 3),
  ]

  static let strings: [ScreenCase] = [
    ScreenCase("OSC is not drawn", "a\u{1B}]0;title\u{7}b", ["ab"], at: 0, 2),
    ScreenCase("OSC ends with ST", "a\u{1B}]52;c;aGk=\u{1B}\\b", ["ab"], at: 0, 2),
    ScreenCase("OSC by C1", "a\u{9D}0;title\u{9C}b", ["ab"], at: 0, 2),
    ScreenCase("DCS is not drawn", "a\u{1B}P$qm\u{1B}\\b", ["ab"], at: 0, 2),
    ScreenCase("APC is not drawn", "a\u{1B}_Gf=24;AAAA\u{1B}\\b", ["ab"], at: 0, 2),
    ScreenCase("PM and SOS are not drawn", "a\u{1B}^x\u{1B}\\\u{1B}Xy\u{1B}\\b", ["ab"], at: 0, 2),
    ScreenCase(
      "the title string of screen is not drawn", "a\u{1B}ktitle\u{1B}\\b", ["ab"], at: 0, 2),
    ScreenCase(
      "queries draw nothing", "a\u{1B}[c\u{1B}[6n\u{1B}[?1$p\u{1B}[21t\u{5}b", ["ab"], at: 0, 2),
  ]
}

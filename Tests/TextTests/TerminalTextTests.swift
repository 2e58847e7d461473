import Testing

@testable import Text

struct TerminalTextTests {
  @Test(arguments: [
    ("plain text", "plain text"), ("\u{1B}[31mred", "^[[31mred"), ("a\u{7}b", "a^Gb"),
    ("\u{7F}", "^?"), ("\u{9B}31m", "\\u{9B}31m"), ("a\nb\tc\rd", "a^Jb^Ic^Md"),
    ("user\u{202E}gpj", "user\\u{202E}gpj"), ("a\u{200B}b", "a\\u{200B}b"),
    ("\u{E0041}", "\\u{E0041}"), ("a\u{2028}b", "a\\u{2028}b"), ("\u{E000}", "\\u{E000}"),
    ("日本語 🎉 ❤️ é Ω", "日本語 🎉 ❤️ é Ω"), ("x\u{FE0F}", "x\\u{FE0F}"),
    ("\u{301}x", "\\u{301}x"), ("e\u{301}", "e\u{301}"), ("\u{FEFF}", "\\u{FEFF}"),
    ("\u{3164}", "\\u{3164}"), ("\u{AD}", "\\u{AD}"), ("C:\\dir", "C:\\dir"),
  ])
  func `a line shows what it must and leaves the rest`(text: String, shown: String) {
    #expect(TerminalText.line(text) == shown)
    #expect(TerminalText.line(Array(text.utf8)) == shown)
  }

  @Test func `malformed bytes show one by one`() {
    #expect(TerminalText.line([0x61, 0x9B, 0x33, 0xC3]) == "a\\x9b3\\xc3")
    #expect(TerminalText.line([0xED, 0xA0, 0x80]) == "\\xed\\xa0\\x80")
    #expect(TerminalText.line([0xC0, 0xAF, 0xF5]) == "\\xc0\\xaf\\xf5")
  }

  @Test func `a mark does not combine across a malformed byte`() {
    #expect(TerminalText.line([0x61, 0xFF, 0xCC, 0x81]) == "a\\xff\\u{301}")
  }

  @Test func `lines keep line feeds and widen tabs`() {
    #expect(TerminalText.lines("a\tb\n\tc\r\n") == "a       b\n        c^M\n")
  }

  @Test func `the escaped view is unambiguous`() {
    #expect(TerminalText.escaped("\u{1B}[31m\\x1b\n") == "\\x1b[31m\\\\x1b\\n")
  }

  @Test func `a cut line says so and never cuts an escape`() {
    #expect(TerminalText.line("abcdef", limit: 3) == "abc…")
    #expect(TerminalText.line("abc", limit: 3) == "abc")
    #expect(TerminalText.line("ab\u{202E}cd", limit: 5) == "ab…")
  }

  @Test func `a flood of marks is shown, not stacked`() {
    let flood = "a" + String(repeating: "\u{301}", count: 20)
    let shown = TerminalText.line(flood)
    #expect(shown.unicodeScalars.count { $0 == "\u{301}" } == 8)
    #expect(shown.hasSuffix("\\u{301}"))
  }
}

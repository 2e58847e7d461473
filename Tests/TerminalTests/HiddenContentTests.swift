import Testing

@testable import Terminal

/// Bytes and what they hide.
struct HiddenCase: Sendable, CustomTestStringConvertible {
  var name: String
  var input: String
  var found: [String]

  init(_ name: String, _ input: String, _ found: [String] = []) {
    self.name = name
    self.input = input
    self.found = found
  }

  var testDescription: String { name }
}

@Suite struct HiddenContentTests {
  private static func found(_ bytes: [UInt8]) -> [HiddenContent] {
    var terminal = VirtualTerminal(columns: 40, rows: 6)
    terminal.feed(bytes)
    return terminal.takeHidden()
  }

  private static func told(_ input: String) -> [String] {
    found(Array(input.utf8)).map { "\($0.kind.rawValue) \($0.row),\($0.column): \($0.detail)" }
  }

  static let text: [HiddenCase] = [
    HiddenCase("plain text", "ls -la\r\n\u{1B}[31mred\u{1B}[m Привет, über, Ελλάδα 中文\r\n"),
    HiddenCase("concealed", "a\u{1B}[8m exfil\u{1B}[28m ok", ["concealed 0,2: exfil"]),
    HiddenCase("concealed and wide", "\u{1B}[8m中é\u{1B}[m", ["concealed 0,0: 中é"]),
    HiddenCase("concealed blanks", "\u{1B}[8m     \u{1B}[m"),
    HiddenCase("one palette colour", "\u{1B}[31;41mrm\u{1B}[m", ["same-color 0,0: rm"]),
    HiddenCase("one true colour", "\u{1B}[38;2;1;1;1;48;2;1;1;1mx\u{1B}[m", ["same-color 0,0: x"]),
    HiddenCase(
      "colours nobody can tell apart", "\u{1B}[38;2;1;1;1;48;2;4;4;4mx\u{1B}[m",
      ["same-color 0,0: x"]),
    HiddenCase(
      "the cube and its true colour", "\u{1B}[38;5;16;48;2;0;0;0mx\u{1B}[m", ["same-color 0,0: x"]),
    HiddenCase(
      "black and white by name and by number",
      "\u{1B}[30;48;5;16mab\u{1B}[30;48;2;0;0;0mcd\u{1B}[97;48;5;231mef\u{1B}[7mgh\u{1B}[m",
      ["same-color 0,0: abcdefgh"]),
    HiddenCase("a basic colour beside one like it", "\u{1B}[31;48;2;205;0;0mx\u{1B}[m"),
    HiddenCase("separators between two parts of one colour", "\u{1B}[31;41m\u{E0B0}\u{1B}[m"),
    HiddenCase("dark on black", "\u{1B}[38;2;60;60;60;48;2;0;0;0mx\u{1B}[m"),
    HiddenCase("blocks of a picture", "\u{1B}[38;5;9;48;5;9m▀▄█ \u{1B}[m"),
    HiddenCase("unseen text in pieces", "\u{1B}[8mab\u{1B}[1mcd\u{1B}[m", ["concealed 0,0: abcd"]),
    HiddenCase("bidi", "user\u{202E} \u{2066}// admin", ["bidi 0,4: U+202E", "bidi 0,5: U+2066"]),
    HiddenCase("left-to-right mark alone", "a\u{200E}b"),
    HiddenCase(
      "tags", "ok\u{E0069}\u{E0067}\u{E006E}\u{E006F}\u{E0072}\u{E0065}", ["tags 0,2: ignore"]),
    HiddenCase("the flag of Scotland", "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}x"),
    HiddenCase("families, hearts and keycaps", "👩‍👩‍👧‍👦❤️‍🔥1️⃣🇩🇪👍🏽 e\u{301}"),
    HiddenCase("zero width", "a\u{200B}\u{200C}\u{200B}b", ["zero-width 0,1: "]),
    HiddenCase("one zero width space", "a\u{200B}b\u{200B}c\u{200B}d\u{200B}e"),
    HiddenCase(
      "a heap of marks", "e" + String(repeating: "\u{301}", count: 40), ["zero-width 0,1: "]),
    HiddenCase("lookalikes first", "\u{440}\u{430}ypal", ["mixed-script 0,0: раypal"]),
    HiddenCase("lookalikes last", "login p\u{430} x", ["mixed-script 0,6: pа"]),
    HiddenCase("lookalikes within", "g\u{43E}ogle.com", ["mixed-script 0,0: gоogle"]),
    HiddenCase("an Armenian lookalike", "g\u{585}ogle\r\n", ["mixed-script 0,0: gօogle"]),
    HiddenCase("a Cherokee lookalike", "\u{13A2}OG\r\n", ["mixed-script 0,0: ᎢOG"]),
    HiddenCase("mathematical letters", "pay\u{1D429}al\r\n", ["mixed-script 0,0: pay𝐩al"]),
    HiddenCase("a word in mathematical letters alone", "\u{1D429}\u{1D41A}\u{1D432} now"),
    HiddenCase(
      "Armenian and Cherokee", "\u{531}\u{580}\u{574}\u{565}\u{576} \u{13E3}\u{13B3}\u{13A9}"),
    HiddenCase("a Greek lookalike", "c\u{3BF}m\r\n", ["mixed-script 0,0: cοm"]),
    HiddenCase("a Russian ending", "Python\u{43E}\u{43C} "),
    HiddenCase("words side by side", "SSH-сервер а b"),
    HiddenCase("units", "5 \u{3BC}m, \u{394}x"),
    HiddenCase(
      "overwritten by CR", "rm -rf /srv\rls -la     \r\n", ["overwritten 0,0: rm -rf /srv"]),
    HiddenCase(
      "overwritten by BS", "rm -rf /\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}ls -la  \r\n",
      ["overwritten 0,0: rm -rf /"]),
    HiddenCase(
      "rubbed out", "secret" + String(repeating: "\u{8} \u{8}", count: 6),
      ["overwritten 0,0: secret"]),
    HiddenCase("erased", "secret\u{1B}[2K", ["overwritten 0,0: secret"]),
    HiddenCase(
      "rewritten from below", "secret\r\nx\u{1B}[A\rpublic", ["overwritten 0,0: secret"]),
    HiddenCase("cleared away", "one secret\u{1B}[H\u{1B}[2J", ["overwritten 0,0: one secret"]),
    HiddenCase("reset away", "one secret\u{1B}c", ["overwritten 0,0: one secret"]),
    HiddenCase(
      "on the other screen", "\u{1B}[?1049hrm -rf\u{1B}[?1049l", ["overwritten 0,0: rm -rf"]),
    HiddenCase("a counter", "  5%\r  6%\r 10%\r"),
    HiddenCase("the same again", "status: ok\rstatus: ok\r"),
  ]

  static let sequences: [HiddenCase] = [
    HiddenCase("clipboard", "\u{1B}]52;c;cm0gLXJm\u{7}", ["clipboard-write 0,0: rm -rf"]),
    HiddenCase("clipboard by C1", "\u{9D}52;c;cm0gLXJm\u{9C}", ["clipboard-write 0,0: rm -rf"]),
    HiddenCase("clipboard query", "\u{1B}]52;c;?\u{7}", ["clipboard-query 0,0: OSC 52"]),
    HiddenCase(
      "clipboard of iTerm2", "\u{1B}]1337;Copy=:cm0=\u{7}", ["clipboard-write 0,0: rm"]),
    HiddenCase("title", "ab\u{1B}]0;t\u{7}\u{1B}]2;t\u{7}", ["title 0,2: t"]),
    HiddenCase("icon", "\u{1B}]1;i\u{7}", ["title 0,0: i"]),
    HiddenCase("title of screen", "\u{1B}kt\u{1B}\\", ["title 0,0: t"]),
    HiddenCase("title report", "\u{1B}[21t", ["title-query 0,0: XTWINOPS 21"]),
    HiddenCase(
      "a link to elsewhere",
      "\u{1B}]8;;http://evil.example/\u{1B}\\https://bank.example/login\u{1B}]8;;\u{1B}\\",
      ["link-mismatch 0,0: https://bank.example/login -> http://evil.example/"]),
    HiddenCase(
      "a bare name", "see \u{1B}]8;;https://evil.test/\u{7}www.bank.com\u{1B}]8;;\u{7}",
      ["link-mismatch 0,4: www.bank.com -> https://evil.test/"]),
    HiddenCase(
      "a user that looks like a host",
      "\u{1B}]8;;https://bank.com@evil.test/\u{7}bank.com\u{1B}]8;;\u{7}",
      ["link-mismatch 0,0: bank.com -> https://bank.com@evil.test/"]),
    HiddenCase("a true link", "\u{1B}]8;;https://www.bank.com/x\u{7}bank.com/x\u{1B}]8;;\u{7}"),
    HiddenCase("a subdomain", "\u{1B}]8;;https://docs.bank.com/\u{7}bank.com\u{1B}]8;;\u{7}"),
    HiddenCase("a file", "\u{1B}]8;;file://host/tmp/README.md\u{7}README.md\u{1B}]8;;\u{7}"),
    HiddenCase("words", "\u{1B}]8;;https://example.org\u{7}read more\u{1B}]8;;\u{7}"),
    HiddenCase(
      "code", "\u{1B}]8;;javascript:alert(1)\u{7}x\u{1B}]8;;\u{7}",
      ["link-scheme 0,0: javascript:alert(1)"]),
    HiddenCase(
      "queries",
      "\u{5}\u{1B}[c\u{1B}[>c\u{1B}[6n\u{1B}[?6n\u{1B}[?2026$p\u{1B}[>0q\u{1B}Z\u{1B}[18t",
      [
        "query 0,0: ENQ", "query 0,0: DA1", "query 0,0: DA2", "query 0,0: DSR 6",
        "query 0,0: DSR ?6", "query 0,0: DECRQM 2026", "query 0,0: XTVERSION", "query 0,0: DECID",
        "query 0,0: XTWINOPS 18",
      ]),
    HiddenCase(
      "queries by strings",
      "\u{1B}P$qm\u{1B}\\\u{1B}P+q544e\u{1B}\\\u{1B}]11;?\u{7}\u{1B}[1;1;1;1;2;2*y\u{1B}[?u",
      [
        "query 0,0: DECRQSS m", "query 0,0: XTGETTCAP 544e", "query 0,0: OSC 11",
        "query 0,0: DECRQCRA", "query 0,0: kitty keyboard",
      ]),
    HiddenCase(
      "definitions", "\u{1B}P0;1|17/6c73\u{1B}\\\u{1B}P1;0;0!zrm\u{1B}\\\u{1B}[1*z",
      ["definition 0,0: DECUDK", "definition 0,0: DECDMAC", "definition 0,0: DECINVM"]),
    HiddenCase(
      "strings", "\u{1B}_hidden\u{1B}\\\u{1B}^pm\u{1B}\\\u{1B}Xsos\u{1B}\\",
      ["string 0,0: hidden", "string 0,0: pm", "string 0,0: sos"]),
    HiddenCase("a string taken back", "\u{1B}_hidden\u{18}x"),
    HiddenCase("media copy", "\u{1B}[5irm\u{1B}[4i", ["media-copy 0,0: MC 5"]),
    HiddenCase(
      "notification", "\u{1B}]9;done\u{7}\u{1B}]9;4;1;50\u{7}", ["notification 0,0: done"]),
    HiddenCase("what every program sends", "\u{1B}[?2004h\u{1B}[?1h\u{1B}=\u{1B}[22;0;0t\u{1B}(B"),
  ]

  @Test(arguments: text + sequences)
  func `what is hidden is told, and nothing else`(_ value: HiddenCase) {
    #expect(Self.told(value.input) == value.found)
  }

  @Test(arguments: sequences + text.filter { !$0.found.contains { $0.hasPrefix("overwritten") } })
  func `findings are the same however the bytes are split`(_ value: HiddenCase) {
    var terminal = VirtualTerminal(columns: 40, rows: 6)
    for byte in value.input.utf8 { terminal.feed([byte]) }
    #expect(terminal.takeHidden() == Self.found(Array(value.input.utf8)))
  }

  @Test func `what was on the screen between two feeds was seen`() {
    var terminal = VirtualTerminal(columns: 40, rows: 6)
    terminal.feed(Array("secret".utf8))
    terminal.feed(Array("\rpublic".utf8))
    #expect(terminal.takeHidden() == [])
  }

  @Test func `offsets count from the first byte fed`() {
    var terminal = VirtualTerminal(columns: 40, rows: 6)
    terminal.feed(Array("0123".utf8))
    terminal.feed(Array("45\u{1B}[8mx\u{1B}[m\u{1B}[c".utf8))
    #expect(terminal.takeHidden().map(\.offset) == [10, 16])
    terminal.feed(Array("\u{5}".utf8))
    #expect(terminal.takeHidden().map(\.offset) == [17])
  }

  @Test func `findings are bounded and what is lost is counted`() {
    var terminal = VirtualTerminal(columns: 40, rows: 6)
    for _ in 0..<1000 { terminal.feed(Array("\u{1B}[c".utf8)) }
    #expect(terminal.takeHidden().count == Limits.hiddenContent)
    #expect(terminal.hiddenDropped == 1000 - UInt64(Limits.hiddenContent))
    #expect(terminal.takeHidden() == [])
    terminal.feed(Array("\u{1B}[8m".utf8))
    for _ in 0..<10_000 { terminal.feed(Array("secret é".utf8)) }
    let found = terminal.takeHidden()
    #expect(found.count <= Limits.hiddenContent)
    #expect(found.allSatisfy { $0.detail.unicodeScalars.count <= Limits.hiddenScalars })
  }

  @Test func `overwritten text is looked at a bounded number of times in a feed`() {
    var terminal = VirtualTerminal(columns: 40, rows: 6)
    let bytes = (0..<1000).flatMap { Array("secret \($0)\r\u{1B}[K".utf8) }
    terminal.feed(bytes)
    #expect(terminal.takeHidden().count == Limits.overwritesReported)
    #expect(terminal.hiddenUnexamined > 0)
  }

  @Test func `findings are no part of what terminals are compared by`() {
    var one = VirtualTerminal(columns: 40, rows: 6)
    var other = one
    one.feed(Array("\u{1B}[c".utf8))
    other.feed(Array("\u{1B}[6n".utf8))
    #expect(one == other)
  }
}

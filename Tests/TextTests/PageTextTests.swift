import Testing

@testable import Text

struct PageTextTests {
  @Test(arguments: [
    ("<script>alert('x')&\"`", "&lt;script&gt;alert(&#39;x&#39;)&amp;&quot;&#96;"),
    ("\u{1B}[31m\n\tx", "\\x1b[31m\n\tx"), ("a\u{202E}b", "a\\u{202E}b"), ("\u{0}", "\\x00"),
    ("日本 🎉", "日本 🎉"), ("\u{9B}", "\\u{9B}"), ("a\r\n", "a\\r\n"),
  ])
  func `HTML text is text`(text: String, encoded: String) {
    #expect(HTMLText.text(text) == encoded)
    #expect(HTMLText.text(Array(text.utf8)) == encoded)
  }

  @Test func `an HTML attribute holds no line break`() {
    #expect(HTMLText.attribute("a\nb\t\" onload=x") == "a\\nb\\t&quot; onload=x")
  }

  @Test(arguments: [
    ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""),
    ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"),
    ("\t=1", "'\\t=1"), ("\r=1", "'\\r=1"), (" =1", "\"' =1\""), ("＝1", "'＝1"),
    ("a\nb", "a\\nb"), ("\u{1B}]8;;x", "\"\\x1b]8;;x\""), ("", ""), ("a=b", "a=b"),
    ("\u{A0}=1", "'\u{A0}=1"),
  ])
  func `a CSV cell is a cell and no formula`(text: String, encoded: String) {
    #expect(CSVText.cell(text) == encoded)
  }

  @Test(arguments: UInt64(1)...60)
  func `a CSV record is one line with its cells`(seed: UInt64) {
    let cells = (0..<4).map { Samples.random(seed &* 7 &+ $0, count: 40) }
    let record = CSVText.record(cells)
    #expect(record.hasSuffix("\r\n"))
    #expect(record.unicodeScalars.count { $0 == "\n" || $0 == "\r" } == 2)
    var isQuoted = false
    var commas = 0
    for scalar in record.unicodeScalars {
      if scalar == "\"" { isQuoted.toggle() }
      if scalar == ",", !isQuoted { commas += 1 }
    }
    #expect(commas == 3 && !isQuoted)
  }

  @Test(arguments: [
    ("*bold* _x_ `c`", "\\*bold\\* \\_x\\_ \\`c\\`"), ("[a](b)", "\\[a\\](b)"),
    ("<b>&amp;", "\\<b\\>\\&amp;"), ("a|b", "a\\|b"), ("# head", "\\# head"), ("a # b", "a # b"),
    ("1. item", "1\\. item"), ("- item", "\\- item"),
    ("http://evil.example", "http\\://evil.example"),
    ("www.evil.example", "www\\.evil.example"), ("@somebody", "\\@somebody"),
    ("two\nlines", "two lines"), ("    code", "code"), ("\u{1B}[0m", "\\\\x1b\\[0m"),
    ("![i](u)", "\\!\\[i\\](u)"), ("```", "\\`\\`\\`"), ("===", "\\==="), ("+ x", "\\+ x"),
    ("12) x", "12\\) x"),
  ])
  func `Markdown text has no markup`(text: String, encoded: String) {
    #expect(MarkdownText.text(text) == encoded)
  }

  @Test(arguments: [
    ("ls -la", "` ls -la `"), ("a `b` c", "`` a `b` c ``"), ("```", "```` ``` ````"),
    ("a|b", "` a\\u{7C}b `"), ("\u{1B}[0m\n", "` \\x1b[0m\\n `"),
  ])
  func `a code span cannot be left`(text: String, encoded: String) {
    #expect(MarkdownText.code(text) == encoded)
  }
}

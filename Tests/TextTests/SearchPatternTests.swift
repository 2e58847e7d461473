import Testing
import Text

@Suite struct SearchPatternTests {
  private func found(_ expression: String, _ text: String, i: Bool = false) throws -> [String] {
    var matcher = PatternMatcher(try SearchPattern(expression: expression, ignoresCase: i))
    let bytes = Array(text.utf8)
    let ranges = matcher.allMatches(in: bytes.span)
    #expect(matcher.matches(bytes.span) == !ranges.isEmpty, "\(expression) in \(text)")
    return ranges.map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  @Test(arguments: [
    ("a|ab", "xabab", ["a", "a"]), ("ab|a", "xabab", ["ab", "ab"]),
    ("a+?", "aaa", ["a", "a", "a"]),
    ("a*", "baac", ["aa"]), ("(foo|bar)+", "foobarfoo bar", ["foobarfoo", "bar"]),
    ("^ab$", "ab", ["ab"]), ("^ab$", "cab", []), ("^b", "a\nb", ["b"]), ("\\Ab", "a\nb", []),
    ("a\\z", "a\na", ["a"]), ("\\bfoo\\b", "a foo, foobar foo", ["foo", "foo"]),
    ("oo\\B", "foo foobar", ["oo"]), ("[^a-z ]+", "héllo wÖrld", ["é", "Ö"]),
    (".", "a😀é\n", ["a", "😀", "é"]), ("\\x{1F600}", "a😀", ["😀"]), ("\\u00e9", "é", ["é"]),
    ("(?i)straße", "STRASSE Straße STRAßE", ["Straße", "STRAßE"]),
    ("a(?i)b(?-i)c", "aBc aBC", ["aBc"]),
    ("a(?i:b)c", "aBc ABc", ["aBc"]), ("x{2,3}", "xxxxx", ["xxx", "xx"]),
    ("x{2,}?", "xxxxx", ["xx", "xx"]), ("x{2}", "xxxxx", ["xx", "xx"]),
    ("[[:digit:]]+", "abc 123", ["123"]), ("[]a]+", "]a]b", ["]a]"]),
    ("[a\\]-]+", "]-a]b", ["]-a]"]),
    ("\\d+\\.\\d+", "v1.22 3.4", ["1.22", "3.4"]), ("(|a)b", "ab b", ["ab", "b"]),
    ("a.c", "abc a\nc axc", ["abc", "axc"]), ("[\\s,]+", "a, b", [", "]), ("\\W", "a_b-c", ["-"]),
  ])
  func `expressions match as the page says`(
    _ expression: String, _ text: String, _ wanted: [String]
  ) throws {
    #expect(try found(expression, text) == wanted)
  }

  @Test func `case is ignored where it is asked for`() throws {
    #expect(try found("é[a-c]", "ÉB", i: true) == ["ÉB"])
    var plain = PatternMatcher(try SearchPattern(plain: "error"))
    #expect(plain.allMatches(in: "An Error, an ERROR").count == 2)
    var exact = PatternMatcher(try SearchPattern(plain: "Error"))
    #expect(exact.allMatches(in: "An Error, an ERROR").count == 1)
    var dots = PatternMatcher(try SearchPattern(plain: "a.b"))
    #expect(dots.allMatches(in: "axb a.b") == [4..<7])
  }

  @Test(arguments: [
    "", "(", "(a", "a)", "*", "a**", "a{3,2}", "a{1001}", "(a{1000}){1000}", "[a", "[z-a]", "\\",
    "\\q", "\\x{}",
    "\\x{110000}", "\\x{D800}", "(?=a)", "(?P<n>a)", "[[:nope:]]", "a{", "^*",
  ])
  func `what is not known is refused with its place`(_ expression: String) {
    #expect(throws: SearchPattern.Fault.self) { try SearchPattern(expression: expression) }
  }

  @Test func `patterns as they are typed`() throws {
    #expect(try SearchPattern(typed: "/a+b/").isExpression)
    #expect(try SearchPattern(typed: "/a+b/i").ignoresCase)
    #expect(try !SearchPattern(typed: "/usr/bin").isExpression)
    #expect(try SearchPattern(typed: "/usr/bin").source == "/usr/bin")
    #expect(throws: SearchPattern.Fault.self) { try SearchPattern(typed: "") }
    #expect(throws: SearchPattern.Fault.self) {
      try SearchPattern(typed: String(repeating: "x", count: 5000))
    }
  }

  @Test func `needed pieces are told`() throws {
    func pieces(_ expression: String) throws -> [String] {
      try SearchPattern(expression: expression).anyOf.map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(try pieces("x?longest.*end") == ["longest"])
    #expect(try pieces("(abc|Def)x?") == ["abc", "def"])
    #expect(try pieces("(abc|.)") == [])
    #expect(try pieces("(?i)Grant\\b role") == ["grant role"])
  }

  @Test func `time is linear where others never end`() throws {
    let text = String(repeating: "a", count: 20_000)
    #expect(try found("(a*)*b", text).isEmpty)
    #expect(try found("(a|aa)+c", text).isEmpty)
    #expect(try found("(x+x+)+y", String(repeating: "x", count: 20_000)).isEmpty)
  }

  /// A second matcher, by definition and slow: the ends that a node can reach from a place.
  private indirect enum Tree {
    case letter(Character), any, pair(Tree, Tree), either(Tree, Tree), star(Tree)

    var text: String {
      switch self {
      case .letter(let letter): String(letter)
      case .any: "."
      case .pair(let one, let two): one.text + two.text
      case .either(let one, let two): "(?:\(one.text)|\(two.text))"
      case .star(let inner): "(?:\(inner.text))*"
      }
    }

    func ends(_ text: [Character], _ at: Int) -> Set<Int> {
      switch self {
      case .letter(let letter): return at < text.count && text[at] == letter ? [at + 1] : []
      case .any: return at < text.count ? [at + 1] : []
      case .pair(let one, let two):
        return one.ends(text, at).reduce(into: []) { $0.formUnion(two.ends(text, $1)) }
      case .either(let one, let two): return one.ends(text, at).union(two.ends(text, at))
      case .star(let inner):
        var all: Set<Int> = [at]
        var open: Set<Int> = [at]
        while !open.isEmpty {
          let more = open.reduce(into: Set<Int>()) { $0.formUnion(inner.ends(text, $1)) }
          open = more.subtracting(all)
          all.formUnion(more)
        }
        return all
      }
    }
  }

  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }

  private func tree(_ random: inout Generator, _ depth: Int) -> Tree {
    switch Int.random(in: 0..<(depth > 3 ? 4 : 8), using: &random) {
    case 0: .any
    case 1, 2, 3: .letter(["a", "b", "é"].randomElement(using: &random) ?? "a")
    case 4, 5: .pair(tree(&random, depth + 1), tree(&random, depth + 1))
    case 6: .either(tree(&random, depth + 1), tree(&random, depth + 1))
    default: .star(tree(&random, depth + 1))
    }
  }

  @Test func `both machines agree with the definition`() throws {
    var random = Generator(state: 11)
    for _ in 0..<400 {
      let tree = tree(&random, 0)
      var matcher = PatternMatcher(try SearchPattern(expression: tree.text))
      for _ in 0..<8 {
        let text = (0..<Int.random(in: 0...8, using: &random)).map { _ in
          ["a", "b", "é", "c"].randomElement(using: &random) ?? Character("a")
        }
        let wanted = text.indices.contains { at in tree.ends(text, at).contains { $0 > at } }
        let bytes = Array(String(text).utf8)
        // Where the empty match is liked best, none is reported there: only expressions that need a character say all.
        guard tree.ends([], 0).isEmpty else { continue }
        #expect(matcher.matches(bytes.span) == wanted, "\(tree.text) in \(String(text))")
        #expect(matcher.allMatches(in: bytes.span).isEmpty == !wanted)
      }
    }
  }
}

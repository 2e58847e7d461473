import Testing

@testable import Recorder

/// Detectors, patterns, and that nothing depends on how a stream is cut.
struct RedactionTests {
  private static let samples: [(text: String, name: String, secret: String)] = [
    ("key AKIAIOSFODNN7EXAMPLE.", "aws_access_key", "AKIAIOSFODNN7EXAMPLE"),
    (
      "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\r\n", "aws_secret_key",
      "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    ),
    (
      "\u{1B}[31mghp_0123456789abcdefghijklmnopqrstuvwxyz\u{1B}[0m", "github_token",
      "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
    ),
    (
      "Authorization: Bearer abcdefghijklmnop.qrstuv", "bearer", "abcdefghijklmnop.qrstuv"
    ),
    ("authorization: basic dXNlcjpwYXNzd29yZA==", "basic", "dXNlcjpwYXNzd29yZA=="),
    ("postgres://bob:hunter2@db/x", "url_password", "hunter2"),
    ("paid with 4111 1111 1111 1111, thanks", "card", "4111 1111 1111 1111"),
    ("378282246310005\r\n", "card", "378282246310005"),
    (
      "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4", "jwt",
      "eyJzdWIiOiIxMjM0NTY3ODkwIn0"
    ),
    ("AIzaSyA-1234567890abcdefghijklmnopqrstu", "gcp_key", "AIzaSyA-1234567890"),
    (
      "DefaultEndpointsProtocol=https;AccountKey=abcdefghijklmnopqrstuvwxyz0123456789ABCD==;x",
      "azure_key", "abcdefghijklmnopqrstuvwxyz0123456789ABCD=="
    ),
    ("xoxb-" + "123456789012-abcdefghijkl", "slack_token", "123456789012-abcdefghijkl"),
    ("sk-ant-" + "api03-abcdefghijklmnopqrstuvwxyz", "api_key", "api03-abcdefghijklmnopqrstuvwxyz"),
    (
      "AGE-SECRET-KEY-1" + String(repeating: "QX", count: 29), "age_key",
      String(repeating: "QX", count: 29)
    ),
    (
      "-----BEGIN OPENSSH PRIVATE KEY-----\r\nb3BlbnNzaC1rZXktdjEA\r\nabc+/=\r\n"
        + "-----END OPENSSH PRIVATE KEY-----\r\n$ ", "private_key", "b3BlbnNzaC1rZXktdjEA"
    ),
    (
      #"{"private_key": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----\n", "a": 1}"#,
      "private_key", "MIIEvQIBADANBg"
    ),
  ]

  @Test(arguments: samples)
  func `each kind of secret is found, named and gone`(text: String, name: String, secret: String) {
    var redactor = Redactor(.builtIn)
    let result = String(decoding: redactor.redact(Array(text.utf8)), as: UTF8.self)
    #expect(!result.contains(secret), "\(result)")
    #expect(result.contains("[redacted:\(name)]"), "\(result)")
    #expect(redactor.takeFindings() == [Redactor.Finding(name: name, count: 1, shown: 0)])
  }

  @Test(arguments: [
    "4111 1111 1111 1112", "1234567890123456", "0.4111111111111111", "41111111111111111111",
    "0000 0000 0000 0000", "2026-11-22T10:11:12.123456Z", "the bearer of news", "basic information",
    "AKIAIOSFODNN7EXAMPLEX", "xAKIAIOSFODNN7EXAMPLE", "https://example.com:8080/a@b",
    "eyJ.eyJ.x", "-----BEGIN CERTIFICATE-----", "sk-short",
  ])
  func `what only looks alike is left alone`(text: String) {
    var redactor = Redactor(.builtIn)
    #expect(redactor.redact(Array(text.utf8)) == Array(text.utf8))
    #expect(redactor.takeFindings().isEmpty)
  }

  @Test func `what is around a secret stays`() {
    var redactor = Redactor(.builtIn)
    let text =
      "curl -H 'Authorization: Bearer abcdefghijklmnopqrst' https://u:p4ss@h/ -- 4111111111111111 x"
    #expect(
      String(decoding: redactor.redact(Array(text.utf8)), as: UTF8.self)
        == "curl -H 'Authorization: Bearer [redacted:bearer]' https://u:[redacted:url_password]@h/ -- [redacted:card] x"
    )
  }

  /// Pieces of secrets, of what looks alike, of escape sequences and of anything, in random order.
  private static func stream(_ generator: inout some RandomNumberGenerator) -> [UInt8] {
    let parts =
      samples.map(\.text) + [
        "\r\n", " ", "eyJ", "-----BEGIN ", "4111 ", "ghp_", "\u{1B}[0m", "é€", "Bearer ", "://a:",
      ]
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 1...30, using: &generator) {
      let part = Array((parts.randomElement(using: &generator) ?? "").utf8)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: bytes += part.prefix(Int.random(in: 0...part.count, using: &generator))
      case 1: bytes.append(UInt8.random(in: 0...255, using: &generator))
      default: bytes += part
      }
    }
    return bytes
  }

  @Test func `however a stream is cut, the same comes out`() {
    var generator = Noise(seed: 20_261_125)
    for _ in 0..<150 {
      let bytes = Self.stream(&generator)
      var whole = Redactor(.builtIn)
      let wanted = whole.redact(bytes)
      let findings = whole.takeFindings()
      for most in [1, 3, 17, 200] {
        var redactor = Redactor(.builtIn)
        var got: [UInt8] = []
        var start = 0
        while start < bytes.count {
          let end = min(bytes.count, start + Int.random(in: 1...most, using: &generator))
          got += redactor.add(Array(bytes[start..<end]))
          start = end
        }
        got += redactor.finish()
        guard got == wanted else {
          Issue.record("cut by \(most): \(String(decoding: bytes, as: UTF8.self))")
          return
        }
        #expect(redactor.takeFindings() == findings)
      }
    }
  }

  @Test func `a wait that is cut short shows what it had to, and no more`() {
    var redactor = Redactor(.builtIn)
    let token = Array("ghp_0123456789abcdefghijklmnopqrstuvwxyz".utf8)
    #expect(redactor.add(Array(token[..<10])).isEmpty)
    // Too telling to be let go at once.
    #expect(redactor.release(shorterThan: 4).isEmpty)
    #expect(redactor.release() == Array(token[..<10]))
    #expect(redactor.add(Array(token[10...]) + [0x20]) == Array("[redacted:github_token] ".utf8))
    #expect(
      redactor.takeFindings() == [Redactor.Finding(name: "github_token", count: 1, shown: 10)])
    // A whole match that may go on is replaced, and the rest of it never shows.
    #expect(redactor.add(token).isEmpty)
    #expect(redactor.release() == Array("[redacted:github_token]".utf8))
    #expect(redactor.add(Array("ABC".utf8)).isEmpty)
    #expect(redactor.add(Array(" |".utf8)) == Array(" |".utf8))
  }

  /// What comes out, taken in pieces of `size` bytes.
  private func redacted(_ text: String, size: Int, _ rules: RedactionRules = .builtIn) -> String {
    var redactor = Redactor(rules)
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      result += redactor.add(Array(bytes[start..<min(bytes.count, start + size)]))
    }
    return String(decoding: result + redactor.finish(), as: UTF8.self)
  }

  @Test func `a match longer than what is held is dropped to its end`() throws {
    let rules = try RedactionRules(parsing: "big = BEGIN[a-z\\r\\n]*")
    let body = String(repeating: "abcdefghijklmnopqrst\r\n", count: 10_000)
    #expect(redacted("a BEGIN\(body)$ done", size: 4096, rules) == "a [redacted:big]$ done")
  }

  // MARK: Keys

  private static let line = String(
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj".prefix(64))

  /// A key of so many full lines, with its line ends.
  private static func key(_ kind: String = "RSA ", lines: Int = 25, end: String = "\n") -> String {
    "-----BEGIN \(kind)PRIVATE KEY-----\(end)"
      + String(repeating: line + end, count: lines) + "abcD+/==\(end)"
      + "-----END \(kind)PRIVATE KEY-----"
  }

  @Test(arguments: [
    key(), key(end: "\r\n"), key(end: "\r\r\n"), key(end: "\\n"), key(end: "\\r\\n"),
    key(end: "\\\\n"),
    key(end: "\n    "), key(end: "\r\n\t"), key(end: " \n"), key(end: "\n| "),
    key(end: "\u{1B}[m\r\n\u{1B}[32m+"),
    key(end: "\n\u{1B}[31m-"), key(end: "\n     7\t"), key(end: " "), key("", lines: 0),
    key("", lines: 1), key(lines: 200),
    key("ENCRYPTED "), key("OPENSSH ").replacing(line, with: line + "abcdEF"),
    key().replacing("/", with: "\\/"),
    "-----BEGIN PRIVATE KEY-----\(line)\(line)abc=-----END PRIVATE KEY-----",
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00FF00FF\n\n"
      + "\(line)\n\(line)\nabc=\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PGP PRIVATE KEY BLOCK-----\r\nVersion: GnuPG v2.4 (Linux)\r\nComment: a note\r\n\r\n"
      + "\(line)\r\n\(line)\r\nabc\r\n=njUN\r\n-----END PGP PRIVATE KEY BLOCK-----",
  ])
  func `a key is replaced whole, however its lines end`(key: String) {
    for size in [1, 7, 4096, 1 << 20] {
      #expect(redacted("a \(key)\r\n$ ", size: size) == "a [redacted:private_key]\r\n$ ")
    }
  }

  @Test func `a key that stops is replaced as far as it goes`() {
    let text = "-----BEGIN PRIVATE KEY-----\r\n\(Self.line)\r\n\(Self.line)\r\n$ ls\r\n"
    #expect(redacted(text, size: 3) == "[redacted:private_key]\r\n$ ls\r\n")
    // Cut off in a line, and by a head that had nothing behind it.
    #expect(
      redacted("-----BEGIN PRIVATE KEY-----\n\(Self.line)\nabcD", size: 9)
        == "[redacted:private_key]")
    #expect(
      redacted("-----BEGIN PRIVATE KEY----- is a head", size: 9)
        == "[redacted:private_key] is a head")
  }

  @Test(arguments: [
    ("Bearer zqzqzqGHIJKL0123456789xyz\n", "Bearer [redacted:bearer]\n"),
    ("ghp_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5 x\n", "[redacted:github_token] x\n"),
    (
      "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0\n",
      "[redacted:jwt]\n"
    ),
    ("done now\n", "done now\n"), (key() + "\n", "[redacted:private_key]\n"),
  ])
  func `a key that stops takes nothing of what follows with it`(next: String, shown: String) {
    let begun = "-----BEGIN RSA PRIVATE KEY-----\n\(Self.line)\n\(Self.line)\n"
    for size in [1, 7, 4096] {
      let whole = redacted(begun + next, size: size)
      #expect(
        whole.replacing("[redacted:private_key]\n", with: "")
          == shown.replacing("[redacted:private_key]\n", with: ""))
      #expect(whole.hasPrefix("[redacted:private_key]"))
      // Also after a wait, and with one in the middle of what follows.
      var redactor = Redactor(.builtIn)
      var output = redactor.add(Array(begun.utf8)) + redactor.release()
      let bytes = Array(next.utf8)
      for start in stride(from: 0, to: bytes.count, by: size) {
        output += redactor.add(Array(bytes[start..<min(bytes.count, start + size)]))
      }
      output += redactor.finish()
      let text = String(decoding: output, as: UTF8.self)
      #expect(text.hasPrefix("[redacted:private_key]") && text.hasSuffix(shown), "\(size): \(text)")
      #expect(!text.contains(Self.line.prefix(20)), "\(text)")
    }
  }

  @Test func `what stands behind a head and is no key stays in the record`() {
    let head = "-----BEGIN RSA PRIVATE KEY-----\r\n"
    let numbers = (1...300_000).map { "\($0)\r\n" }.joined()
    #expect(
      redacted(head + numbers + "<<end>>", size: 4096)
        == "[redacted:private_key]\r\n\(numbers)<<end>>")
    let words = String(repeating: "rm -rf all that is here. Then, more\r\n", count: 2000)
    #expect(redacted(head + words, size: 4096) == "[redacted:private_key]\r\n\(words)")
    let short = String(repeating: "abcdef\r\n", count: 2000)
    let closed = head + short + "-----END RSA PRIVATE KEY-----"
    #expect(redacted(closed, size: 4096).hasPrefix("[redacted:private_key]\r\n\(short)"))
  }

  @Test(arguments: [line + "\r\n", line + "abcdef", "name: " + line + "\n", " ", "\r\n"])
  func `a head hides no more than a key has room for`(unit: String) {
    let text = String(repeating: unit, count: (2 << 20) / unit.utf8.count)
    let head = "-----BEGIN RSA PRIVATE KEY-----\r\n"
    var last: String?
    for size in [4096, 1 << 22] {
      let shown = redacted(head + text, size: size)
      #expect(shown.hasPrefix("[redacted:private_key]"))
      #expect(shown.utf8.count > text.utf8.count - (32 << 10))
      #expect(last == nil || last == shown, "it depends on the pieces")
      last = shown
    }
  }

  @Test
  func `a key that comes slowly is dropped as it comes, and only as far as it has a key's form`() {
    var redactor = Redactor(.builtIn)
    var shown: [UInt8] = []
    for line in Self.key(lines: 5, end: "\r\n").split(separator: "\r\n") {
      for piece in [line.prefix(20) + "", line.dropFirst(20) + "\r\n"] {
        shown += redactor.add(Array(piece.utf8))
        shown += redactor.release()
      }
    }
    shown += redactor.add(Array("$ ls\r\n".utf8))
    // What is only the beginning of a head may be let go.
    #expect(
      String(decoding: shown, as: UTF8.self).replacing("-----BEGIN RSA PRIVA", with: "")
        == "[redacted:private_key]\r\n\r\n$ ls\r\n")
    // 2 MB behind a released head.
    _ = redactor.add(Array("-----BEGIN RSA PRIVATE KEY-----\r\n".utf8))
    #expect(redactor.release() == Array("[redacted:private_key]\r\n".utf8))
    var count = 0
    for _ in 0..<1000 { count += redactor.add(Array((Self.line + "\r\n").utf8)).count }
    #expect(count > 66_000 - Redactor.limit && count < 66_000)
  }

  @Test(arguments: ["eyJ-", "-----BEGIN ", "4 ", "bearer ", "eyJaaaaaaaaaa.eyJ", "://a:", "((("])
  func `text made to be slow is not`(unit: String) {
    var redactor = Redactor(.builtIn)
    let piece = Array(String(repeating: unit, count: 4096 / unit.utf8.count).utf8)
    let clock = ContinuousClock()
    let took = clock.measure { for _ in 0..<64 { _ = redactor.add(piece) } }
    // A quarter of a megabyte; squared it would be minutes.
    #expect(took < .seconds(20))
  }

  // MARK: Patterns

  @Test(
    arguments: [
      ("ab+c{2,3}", "xabbccc", "x[redacted:p]"),
      ("(?i)SeCrEt=\\K\\S+", "secret=abc d", "secret=[redacted:p] d"),
      ("\\bid-\\d{4}\\b", "id-1234 xid-1234 id-12345", "[redacted:p] xid-1234 id-12345"),
      ("(?:foo|barr)baz", "foobaz barrbaz bazz", "[redacted:p] [redacted:p] bazz"),
      ("[^ -]{5}", "ab-cdefg", "ab-[redacted:p]"), ("gr\\xC3\\xBC[nß]?n", "x", nil),
      ("grün{2}", "grünn", "[redacted:p]"), ("a.c.e", "abcde a\ncde", "[redacted:p] a\ncde"),
      ("TCK-\\d+", "TCK-123 TCK-", "[redacted:p] TCK-"),
    ] as [(String, String, String?)])
  func `patterns mean what the page says`(pattern: String, text: String, wanted: String?) throws {
    guard let wanted else {
      #expect(throws: RedactionRules.Fault.self) { try RedactionRules(parsing: "p = \(pattern)") }
      return
    }
    var redactor = Redactor(try RedactionRules(parsing: "# own\np = \(pattern)\n"))
    #expect(String(decoding: redactor.redact(Array(text.utf8)), as: UTF8.self) == wanted)
  }

  @Test(arguments: [
    "a(b", "ab)c", "[abc", "abcd\\", "*abc", "a{5,2}bcd", "abc{2000}", "(?=abcd)", "^abcd",
    "a\\bbcd",
    "abcd\\K", "\\q\\q\\q\\q", "abc[z-a]",
    String(repeating: "(", count: 40) + "abcd" + String(repeating: ")", count: 40),
    "(((a{999}){999}){999}){999}",
  ])
  func `patterns that cannot be used are refused`(pattern: String) {
    #expect(throws: RedactionRules.Fault.self) { try RedactionRules(parsing: "p = \(pattern)") }
  }
}

/// Random numbers that are the same each time.
private struct Noise: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

import Platform
import SessionLog
import TestSupport
import Testing

@testable import Recorder

/// A pipe with redaction, and the events that came of it.
private struct RedactedPipe {
  var pipe: MCPPipe
  var sink = ListSink()
  var moment: UInt64 = 1_000_000

  init(limit: Int = 1 << 20, _ rules: RedactionRules? = .builtIn) throws {
    pipe = try MCPPipe.open(
      server: "demo", key: Script.key, limit: limit, redaction: rules, startFindings: [],
      at: moment, into: &sink)
  }

  mutating func feed(_ bytes: [UInt8], _ stream: MCPStream) throws {
    moment += 10
    try pipe.record(.bytes(stream, bytes, moment), into: &sink)
    try pipe.settle(at: moment, into: &sink)
  }

  mutating func client(_ text: String) throws { try feed(Array(text.utf8), .toServer) }
  mutating func server(_ text: String) throws { try feed(Array(text.utf8), .toClient) }

  /// So many microseconds in which nothing comes.
  mutating func wait(_ time: UInt64) throws {
    moment += time
    if pipe.isHolding { try pipe.release(at: moment, into: &sink) }
    try pipe.settle(at: moment, into: &sink)
  }

  mutating func end() throws -> [JSONValue] {
    moment += 10
    let end = MCPEnd(end: EndOfSession(reason: "client", status: .exited(0)))
    try pipe.record(.end(end, moment), into: &sink)
    return try sink.json()
  }

  /// All that was written, as text.
  var written: String { sink.lines.map { String(decoding: $0, as: UTF8.self) }.joined() }
}

extension [JSONValue] {
  fileprivate func of(_ type: String) -> [JSONValue] { filter { $0["type"]?.string == type } }

  fileprivate var found: [String: Int64] {
    of("masking.applied").reduce(into: [:]) { counts, event in
      counts[event["info_type"]?.string ?? "", default: 0] += event["found"]?.integer ?? 0
    }
  }
}

/// Secrets in an MCP pipe: none in what is written, whatever they stand in, and nothing passes that is not.
@Suite struct `Redaction of an MCP pipe` {
  private static let token = "ghp_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5"
  private static let gone = "[redacted:github_token]"
  private static let key = Array("MIIEpAIBAAKCAQEA" + String(repeating: "Qk1Z", count: 12))
  private static let pem =
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + String(repeating: String(key) + "\n", count: 5) + "-----END RSA PRIVATE KEY-----\n"

  private static let lines: [(line: String, secret: String, wanted: String)] = [
    ("INFO using token \(token) here\n", token, "INFO using token \(gone) here\n"),
    ("say \"hi\" \(token) \"bye\"\r\n", token, "say \"hi\" \(gone) \"bye\"\r\n"),
    (
      "Authorization: Bearer zq_aB3dE5gH7jK9mN1p\n", "zq_aB3dE5",
      "Authorization: Bearer [redacted:bearer]\n"
    ),
    (
      "connect postgres://bob:hunter2secretpw@db.local/x\n", "hunter2",
      "connect postgres://bob:[redacted:url_password]@db.local/x\n"
    ),
    ("{'token':'\(token)'}\n", token, "{'token':'\(gone)'}\n"),
    ("{\"a\":\"x\",token=\(token)}\n", token, "{\"a\":\"x\",token=\(gone)}\n"),
    ("\u{0}\(token)\n", token, "\u{0}\(gone)\n"),
    ("cut off \(token)", token, "cut off \(gone)"),
    ("paid with 4111 1111 1111 1111\n", "1111 1111", "paid with [redacted:card]\n"),
    // JSON that is no message: a text, a list of texts, an object.
    ("\"\(token)\"\n", token, "\"\(gone)\"\n"),
    ("[]\n\"x\\n\(token)\"\n", token, "[]\n\"x\\n\(gone)\"\n"),
    ("{\"key\":\"\(token)\",\"é\":-1}\n", token, "{\"key\":\"\(gone)\",\"é\":-1}\n"),
    // Behind an escape begins a word; slashes may be escaped. What is around stays as it was.
    ("{\"a\":\"\\u00e9\\n\(token)\\n\\/\"\n", token, "{\"a\":\"\\u00e9\\n\(gone)\\n\\/\"\n"),
    (
      "'https:\\/\\/bob:hunter2secretpw@db\\/x'\n", "hunter2",
      "'https:\\/\\/bob:[redacted:url_password]@db\\/x'\n"
    ),
    ("{\"a\":\"\(token)\",\"b\":\"cut\n", token, "{\"a\":\"\(gone)\",\"b\":\"cut\n"),
  ]

  @Test(arguments: lines, [MCPStream.toServer, .toClient])
  func `a line that is no message keeps no secret, and all else of it`(
    line: (line: String, secret: String, wanted: String), stream: MCPStream
  ) throws {
    var redacted = try RedactedPipe()
    try redacted.feed(Array(line.line.utf8), stream)
    let events = try redacted.end()
    #expect(!redacted.written.contains(line.secret), "\(redacted.written)")
    let said = try Reproduction(redacted.sink.lines)
    let got = stream == .toServer ? said.toServer : said.toClient
    #expect(String(decoding: got, as: UTF8.self) == line.wanted)
    let masked = events.of("masking.applied")
    #expect(events.found.values.reduce(0, +) == 1)
    #expect(masked.first?["dir"]?.string == (stream == .toServer ? "in" : "out"))
    #expect(redacted.pipe.released == (stream == .toServer ? UInt64(line.line.utf8.count) : 0))
  }

  @Test func `bytes that are not UTF-8 do not hide a secret`() throws {
    var redacted = try RedactedPipe()
    try redacted.feed([0xFF, 0x20] + Array(Self.token.utf8) + [0x0A], .toClient)
    _ = try redacted.end()
    let said = try Reproduction(redacted.sink.lines).toClient
    #expect(said == [0xFF, 0x20] + Array("\(Self.gone)\n".utf8))
  }

  @Test func `lines are gathered as without redaction`() throws {
    var redacted = try RedactedPipe()
    try redacted.server("one\ntwo \(Self.token)\nthree\n")
    let event = try #require(try redacted.end().of("mcp.malformed").first)
    #expect(event["data"]?.string == "one\ntwo \(Self.gone)\nthree\n")
    #expect(event["lines"]?.integer == 3)
    #expect(event["reason"]?.string == "not a JSON value")
  }

  @Test func `a key that is printed line by line is gone, also with messages in between`() throws {
    let call = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"# + "\n"
    for stream in [MCPStream.toServer, .toClient] {
      for breaks in [[], [0], [1, 2], [0, 3, 6]] {
        var redacted = try RedactedPipe()
        try redacted.feed(Array("before\n".utf8), stream)
        let pem = Self.pem.split(separator: "\n")
        for (number, line) in pem.enumerated() {
          try redacted.feed(Array((line + "\n").utf8), stream)
          if breaks.contains(number) { try redacted.feed(Array(call.utf8), stream) }
        }
        try redacted.feed(Array("after\n".utf8), stream)
        let events = try redacted.end()
        #expect(!redacted.written.contains("MIIE"), "\(redacted.written)")
        #expect(redacted.written.contains("before") && redacted.written.contains("after"))
        #expect(events.of("mcp.call").count == breaks.count)
        #expect(events.found == ["private_key": 1])
      }
    }
  }

  @Test func `a key's header and version do not end it`() throws {
    let body = "\n" + String(repeating: String(Self.key) + "\n", count: 3)
    for head in [
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0A1B\n",
      "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v1.4.11 (GNU/Linux)\n",
    ] {
      var redacted = try RedactedPipe()
      for line in (head + body).split(separator: "\n", omittingEmptySubsequences: false) {
        try redacted.server(line + "\n")
        // Each line is let go, which replaces what there is of the key; the rest is dropped as it comes.
        try redacted.wait(3_000_000)
      }
      try redacted.server("{}\n")
      _ = try redacted.end()
      #expect(!redacted.written.contains("MIIE"), "\(redacted.written)")
    }
  }

  @Test func `what the client says is not released while it is held back`() throws {
    var redacted = try RedactedPipe()
    try redacted.client("hello\n")
    #expect(redacted.pipe.released == 6 && !redacted.pipe.isHolding)
    let first = Array(Self.pem.utf8.prefix(60))
    try redacted.feed(first + [0x0A], .toServer)
    let told = redacted.sink.lines.count
    #expect(redacted.pipe.released < 6 + 61 && redacted.pipe.isHolding)
    try redacted.wait(1_900_000)
    #expect(redacted.pipe.released < 6 + 61 && redacted.sink.lines.count == told)
    // What is a key as far as it goes is replaced then, and passes.
    try redacted.wait(200_000)
    #expect(redacted.pipe.released == 6 + 61 && !redacted.pipe.isHolding)
    #expect(redacted.written.contains("[redacted:private_key]"))
    _ = try redacted.end()
    #expect(!redacted.written.contains("MIIE"))
  }

  @Test func `a message too long to be held is released as far as it is stored`() throws {
    var redacted = try RedactedPipe(limit: 1000)
    let head = #"{"id":1,"method":"x","params":""# + String(repeating: "z", count: 2000) + " "
    let key = #"-----BEGIN RSA PRIVATE KEY-----\n"# + String(Self.key)
    try redacted.client(head)
    try redacted.client(key)
    #expect(redacted.pipe.released == UInt64(head.utf8.count) && redacted.pipe.isHolding)
    try redacted.wait(2_000_000)
    #expect(redacted.pipe.released == UInt64(head.utf8.count + key.utf8.count))
    // The rest of the key, and another secret behind an escape.
    try redacted.client(#"MIIE\n-----END RSA PRIVATE KEY-----\n\#(Self.token)\n"}"# + "\n")
    #expect(!redacted.pipe.isHolding)
    try redacted.client(#"{"id":2,"method":"y"}"# + "\n")
    let events = try redacted.end()
    #expect(!redacted.written.contains("MIIE") && !redacted.written.contains(Self.token))
    let parts = events.of("mcp.malformed")
    #expect(parts.last?["last"] != nil && parts.dropLast().allSatisfy { $0["last"] == nil })
    #expect(parts.compactMap { $0["part"]?.integer } == Array(0..<Int64(parts.count)))
    let text = parts.compactMap { $0["data"]?.string }.joined()
    #expect(text == head + #"[redacted:private_key]\n\#(Self.gone)\n"}"# + "\n")
    #expect(events.of("mcp.call").count == 1)
    #expect(events.found == ["private_key": 1, "github_token": 1])
  }

  @Test func `time lets go of standard error while messages come`() throws {
    var redacted = try RedactedPipe()
    try redacted.feed(Array("Bearer ".utf8), .errors)
    for _ in 0..<25 {
      try redacted.wait(100_000)
      try redacted.server("x\n")
    }
    #expect(!redacted.pipe.isHolding)
    #expect(try Reproduction(redacted.sink.lines).errors == Array("Bearer ".utf8))
  }

  @Test func `calls are told apart by the ids that were sent`() throws {
    var redacted = try RedactedPipe()
    let (visa, master) = ("4111111111111111", "5555555555554444")
    try redacted.client(#"{"id":\#(visa),"method":"first"}"# + "\n")
    try redacted.client(#"[{"id":\#(master),"method":"second"}]"# + "\n")
    try redacted.client(
      #"{"method":"notifications/cancelled","params":{"requestId":\#(visa)}}"# + "\n")
    try redacted.server(#"{"id":\#(master),"result":{}}"# + "\n")
    try redacted.server(#"[{"id":\#(visa),"result":{}}]"# + "\n")
    let events = try redacted.end()
    #expect(!redacted.written.contains(visa) && !redacted.written.contains(master))
    let calls = events.of("mcp.call")
    #expect(calls.count == 2 && calls.allSatisfy { $0["duplicate_id"] == nil })
    #expect(events.of("mcp.result").map { $0["method"]?.string } == ["second", "first"])
    let first = events.firstIndex { $0["method"]?.string == "first" }.map { Int64($0 + 2) }
    #expect(events.of("mcp.notification").first?["caused_by"]?.integer == first)
  }

  @Test func `a call for a lenient reader keeps no secret either`() throws {
    var redacted = try RedactedPipe()
    let call =
      #"{"id":1,"method":"tools/call","params":{"name":"t","arguments":{"a":NaN,"#
      + #""k":"\n\#(Self.token)","n":-4111111111111111}}}"# + "\n"
    try redacted.client(call)
    let events = try redacted.end()
    #expect(!redacted.written.contains(Self.token) && !redacted.written.contains("41111"))
    #expect(events.of("mcp.call").map { $0["name"]?.string } == ["t"])
    #expect(events.found == ["github_token": 1, "card": 1])
    #expect(redacted.pipe.released == UInt64(call.utf8.count))
  }

  @Test func `however a pipe is cut, the same is recorded`() throws {
    let parts =
      Self.lines.map(\.line) + [
        Self.pem, #"{"id":1,"method":"x","params":{"a":"\#(Self.token)"}}"# + "\n", "Bearer \n",
        #"{"id":"4111111111111111","result":-4111111111111111}"# + "\n", "\n", "é€\\u00", "4", "\\",
      ]
    var random = SeededGenerator(seed: 5)
    let secrets = Self.lines.map(\.secret) + ["MIIE"]
    for _ in 0..<20 {
      var text: [UInt8] = []
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        text += Array((parts.randomElement(using: &random) ?? "").utf8)
      }
      var said: [[UInt8]] = []
      for most in [100_000, 60, 3] {
        var redacted = try RedactedPipe()
        var start = 0
        while start < text.count {
          let end = min(text.count, start + Int.random(in: 1...most, using: &random))
          try redacted.feed(Array(text[start..<end]), .toServer)
          #expect(redacted.pipe.released <= UInt64(end))
          start = end
        }
        _ = try redacted.end()
        #expect(redacted.pipe.released == UInt64(text.count))
        let found = secrets.filter { redacted.written.contains($0) }
        #expect(found.isEmpty, "\(String(decoding: text, as: UTF8.self))")
        said.append(try Reproduction(redacted.sink.lines).toServer)
      }
      #expect(Set(said).count == 1, "\(said.map { String(decoding: $0, as: UTF8.self) })")
    }
  }

  @Test func `without secrets every byte is recorded as it came`() throws {
    var redacted = try RedactedPipe(limit: 300)
    let text =
      "plain\r\n{\"id\":1,\"method\":\"x\"}\r\n\\ \\u12 \\ud800\\n\\\n[1,2]\n\"\\/\"\n{\"a\":NaN}\n"
      + String(repeating: "\\é ", count: 400) + "\nend"
    try redacted.client(text)
    try redacted.server(text)
    _ = try redacted.end()
    let said = try Reproduction(redacted.sink.lines)
    #expect(said.toServer == Array(text.utf8) && said.toClient == Array(text.utf8))
  }
}

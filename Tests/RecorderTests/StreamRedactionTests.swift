import Evidence
import Platform
import SessionLog
import TestSupport
import Testing

@testable import Recorder

@Suite struct `Redaction of streamed sessions` {
  private let key = "AKIAIOSFODNN7EXAMPLE"
  private let replaced = "[redacted:aws_access_key]"

  private func event(_ line: StreamRedaction.Ready) throws -> JSONValue {
    try JSONValue(parsing: [0x7B] + line.bytes.dropFirst())
  }

  private func said(_ event: JSONValue) -> [UInt8] {
    event["data"]?.string.map { Array($0.utf8) }
      ?? event["data64"]?.string.flatMap { Base64.decode($0) } ?? []
  }

  /// `,"type":…}` of a chunk of terminal output.
  private func chunk(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var line = LineBuilder(time: 0, type: "terminal.output")
    line.addData(Array(bytes).span)
    return Array(line.finish().dropFirst(6))
  }

  @Test func `parts go on in the member in which they began, however long the others are`() throws {
    let redaction = StreamRedaction(.builtIn)
    var held = HeldEvents()
    let token = "ghp_0123456789abcdefghij0123456789abcdef"
    let id = #""id":"550e8400-e29b-41d4-a716-446655440000""#
    var ready: [StreamRedaction.Ready] = []
    let parts = [
      #""part":0,\#(id),"text":"select aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa \#(token.prefix(14))""#,
      #""part":1,\#(id),"text":"\#(token.dropFirst(14))'""#,
      #""part":2,"last":true,\#(id),"text":"x""#,
      // Another statement, in which another member is the long one.
      #""part":0,"sql":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa \#(token.prefix(14))","text":"a""#,
      #""part":1,"last":true,"sql":"\#(token.dropFirst(14))","text":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb""#,
    ]
    for (index, members) in parts.enumerated() {
      let line = Array(#","type":"database.query",\#(members)}"#.utf8)
      ready += redaction.take(
        line.span, n: UInt64(index + 1), moment: 1, isBarrier: true, of: &held)
    }
    ready += redaction.release(&held, isEnd: true)
    #expect(ready.count == 5)
    let all = ready.map { String(decoding: $0.bytes, as: UTF8.self) }.joined(separator: "\n")
    #expect(!all.contains(token.prefix(14)) && !all.contains(token.suffix(14)), "\(all)")
    #expect(all.contains("550e8400-e29b-41d4-a716-446655440000"))
  }

  @Test func `a stream that is cut anywhere says the same as one that is not, event by event`()
    throws
  {
    var random = SeededGenerator(seed: 11)
    let parts = [
      "plain text ", key, " ghp_0123456789abcdefghij0123456789abcdef ", "4111 1111 1111 1111",
      "\u{1B}[31mé ", "AKI", "41", "https://u:secret@host/ ", "\r\n", "\u{0}\u{7F}",
      "-----BEGIN PRIVATE KEY-----\nabc\ndef\n-----END PRIVATE KEY-----\n",
      "Bearer abcdefghijklmnop ",
    ]
    // Made once: tables of patterns take their time.
    let fresh = Redactor(.builtIn)
    let redaction = StreamRedaction(.builtIn)
    for _ in 0..<60 {
      var text: [UInt8] = []
      for _ in 0..<Int.random(in: 1...30, using: &random) {
        text += Array((parts.randomElement(using: &random) ?? "").utf8)
        if Int.random(in: 0..<9, using: &random) == 0 { text.append(0xFF) }
      }
      var whole = fresh
      let wanted = whole.redact(text)
      var held = HeldEvents()
      var other = HeldEvents()
      var ready: [StreamRedaction.Ready] = []
      var n: UInt64 = 0
      var start = 0
      while start < text.count {
        let end = min(text.count, start + Int.random(in: 1...40, using: &random))
        n += 1
        ready += redaction.take(
          chunk(text[start..<end]).span, n: n, moment: n, isBarrier: false, of: &held)
        // Another session on the same machine, in the middle of a candidate of its own.
        _ = redaction.take(
          chunk(Array("AKIAIOS".utf8)[...]).span, n: n, moment: n, isBarrier: false, of: &other)
        if Int.random(in: 0..<6, using: &random) == 0 {
          n += 1
          ready += redaction.take(
            Array(#","type":"terminal.resize","cols":80,"rows":\#(n)}"#.utf8).span, n: n, moment: n,
            isBarrier: false, of: &held)
        }
        start = end
      }
      ready += redaction.release(&held, isEnd: true)
      #expect(ready.map(\.n) == Array(1...n))
      let events = try ready.map { try event($0) }
      #expect(events.flatMap { said($0) } == wanted)
      let counted = events.compactMap { $0["redacted"]?.members }.joined()
        .reduce(0) { $0 + ($1.value.integer ?? 0) }
      let found = whole.takeFindings().reduce(0) { $0 + $1.count }
      #expect(counted == found && held.totals.reduce(0) { $0 + $1.count } == found)
      #expect(held.isEmpty && held.deadline == nil)
    }
  }

  @Test func `every string and number of an event is a text of its own, and the type is not`()
    throws
  {
    let rules = try RedactionRules(parsing: "word = [a-z]+\\.query\ninclude all")
    let redaction = StreamRedaction(rules)
    var held = HeldEvents()
    func take(_ members: String) throws -> String {
      let ready = redaction.take(
        Array(#","type":"database.query"\#(members)}"#.utf8).span, n: 1, moment: 0,
        isBarrier: true, of: &held)
      return String(decoding: try #require(ready.first).bytes, as: UTF8.self)
    }
    #expect(try take("") == #","type":"database.query"}"#)
    #expect(
      try take(#","text": "é \u00e9" , "x": 1.50"#)
        == #","type":"database.query","text": "é \u00e9" , "x": 1.50}"#)
    #expect(
      try take(#","a":{"b":["my.query",4111111111111111]},"\#(key)":1"#)
        == #","type":"database.query","a":{"b":["[redacted:word]","[redacted:card]"]},"\#(replaced)":1,"redacted":{"aws_access_key":1,"card":1,"word":1}}"#
    )
    // It stays JSON with a sign in front, and half of a surrogate pair hides nothing.
    #expect(
      try take(#","a":-4111111111111111,"b":"\ud800 \/\/\n\#(key)\n""#)
        == #","type":"database.query","a":"-[redacted:card]","b":"\ud800 \/\/\n\#(replaced)\n","redacted":{"aws_access_key":1,"card":1}}"#
    )
    // A member of that name stays the client's own.
    #expect(
      try take(#","text":"\#(key)","redacted":true"#)
        == #","type":"database.query","text":"\#(replaced)","redacted":true}"#)
    #expect(held.totals.map(\.count).reduce(0, +) == 6)
  }

  @Test func `parts of one text are one stream, whatever its member is called`() throws {
    let redaction = StreamRedaction(.builtIn)
    var held = HeldEvents()
    func take(_ n: UInt64, _ rest: String) throws -> [String] {
      try redaction.take(
        Array(#","type":"database.query",\#(rest)}"#.utf8).span, n: n, moment: 0,
        isBarrier: true, of: &held
      ).map { try event($0)["text"]?.string ?? "" }
    }
    #expect(try take(1, #""text":"SELECT 'AKIAIOS","part":0"#).isEmpty)
    #expect(try take(2, #""text":"FODNN7","part":1"#).isEmpty)
    #expect(
      try take(3, #""text":"EXAMPLE'","part":2,"last":true"#) == ["SELECT '\(replaced)", "", "'"])
    // The stream has ended: what follows is another text.
    #expect(try take(4, #""text":"AKIAIOSFODNN7","part":0,"last":true"#) == ["AKIAIOSFODNN7"])
    #expect(held.isEmpty)
  }

  @Test func `what waits is acked when it is decided, within two seconds, or for a barrier`() throws
  {
    let bench = try ServeBench(redaction: .builtIn)
    let id = try bench.open()
    func output(_ n: Int, _ text: String) -> String {
      #"{"event":"r","n":\#(n),"type":"terminal.output","data":"\#(text)"}"#
    }
    #expect(try bench.say(output(1, "see AKIAIOS")).isEmpty)
    #expect(try bench.wait(250_000).isEmpty, "not stored, so not acked")
    #expect(try bench.say(output(2, "FODNN7EXAMPLE done")).map { $0["n"]?.integer } == [2])
    // One that never comes to anything, and a digit, which may begin a card's number.
    _ = try bench.say(output(3, " AKIAIOS"))
    #expect(try bench.wait(1_900_000).isEmpty)
    #expect(try bench.wait(200_000).map { $0["n"]?.integer } == [3])
    #expect(try bench.say(output(4, " total 4")).isEmpty)
    #expect(try bench.wait(200_000).map { $0["n"]?.integer } == [4])
    // A barrier does not wait; what turns out to have been a secret then is told as partly shown.
    #expect(
      try bench.say(output(5, " AKIAIOSFO"), #"{"barrier":"r"}"#).map { $0["n"]?.integer } == [5])
    _ = try bench.say(
      output(6, "DNN7EXAMPLE "), #"{"event":"r","n":7,"type":"database.query","text":"x"}"#)
    let closed = try bench.say(#"{"close":"r","note":"\#(key)"}"#)
    #expect(closed.last?["n"]?.integer == 7)
    let lines = try bench.lines(id)
    // The client's event n is line n + 1, and what was replaced is said behind all of them.
    let shown = try lines.map { try JSONValue(parsing: Array($0.utf8)) }
    #expect(shown[0]["redact"]?.array?.count == RedactionRules.builtIn.names.count)
    #expect(shown[2]["data"]?.string == "see \(replaced)" && shown[3]["data"]?.string == " done")
    #expect(shown[2]["redacted"]?["aws_access_key"]?.integer == 1 && shown[3]["redacted"] == nil)
    #expect(shown[6]["data"]?.string == " AKIAIOSFO" && shown[7]["data"]?.string == "\(replaced) ")
    #expect(shown[8]["type"]?.string == "database.query")
    let masks = shown.filter { $0["type"]?.string == "masking.applied" }
    #expect(masks.map { $0["found"]?.integer } == [2, 1])
    #expect(masks[0]["method"]?.string == "partial" && masks[0]["shown_bytes"]?.integer == 9)
    #expect(masks[0]["dir"]?.string == "out" && masks[1]["field"]?.string == "session.end")
    #expect(shown.last?["n_events"]?.integer == 12 && shown.last?["note"]?.string == replaced)
    #expect(shown.count == 12)
    #expect(closed.last?["lines"]?.integer == 12)
    #expect(try bench.box.findings() == [])
    #expect(bench.exchange.counters.now.replaced == 2)
    // Whoever comes back to it hears of their own events alone.
    let over = try bench.say(#"{"resume":"q","session":"\#(id)"}"#)
    #expect(over.map { $0["n"]?.integer } == [7] && over[0]["closed"]?.string == "q")
  }

  @Test func `a client that goes or skips a number leaves nothing behind that was not stored`()
    throws
  {
    let bench = try ServeBench(redaction: .builtIn)
    let id = try bench.open()
    _ = try bench.say(#"{"event":"r","n":1,"type":"terminal.output","data":"AKIAIOS"}"#)
    let gap = try bench.say(#"{"event":"r","n":3,"type":"terminal.output","data":"x"}"#)
    #expect(gap.first?["error"]?.string == "out_of_order" && gap.first?["n"]?.integer == 1)
    let resumed = try bench.say(#"{"resume":"r","session":"\#(id)"}"#)
    #expect(resumed.first?["n"]?.integer == 1)
    _ = try bench.say(#"{"event":"r","n":2,"type":"terminal.output","data":"FODNN7EXAMPL"}"#)
    try bench.keeper.take([[.gone(connection: 1)]])
    let again = try bench.say(#"{"resume":"q","session":"\#(id)"}"#, on: 2)
    #expect(again.first?["n"]?.integer == 2)
    // Repeats of what waits, or was stored, are recognised.
    _ = try bench.say(#"{"event":"q","n":3,"type":"terminal.output","data":"E 41"}"#, on: 2)
    let repeated = try bench.say(
      #"{"event":"q","n":3,"type":"terminal.output","data":"E 41"}"#, #"{"close":"q"}"#, on: 2)
    #expect(repeated.last?["n"]?.integer == 3)
    let shown = try bench.lines(id).map { try JSONValue(parsing: Array($0.utf8)) }
    #expect(shown[4]["data"]?.string == "\(replaced) 41")
    #expect(shown.count { $0["type"]?.string == "terminal.output" } == 3)
    #expect(try bench.box.findings() == [])
  }

  @Test func `in line 0 secrets are replaced as well, and what is refused is so as before`() throws
  {
    let bench = try ServeBench(redaction: .builtIn)
    let opened = try bench.say(
      #"{"open":"r","kind":"database","agent":{"uid":"a"},"resource":{"kind":"db","uid":"postgres://u:hunter22@h/x"}}"#
    )
    let id = try #require(opened.first?["session"]?.string)
    let own = try bench.say(#"{"open":"s","kind":"database","agent":{"uid":"a"},"redact":[]}"#)
    #expect(own.first?["error"]?.string == "bad_open")
    try bench.keeper.closeAll()
    let lines = try bench.lines(id)
    #expect(lines[0].contains("[redacted:url_password]") && !lines[0].contains("hunter22"))
    #expect(lines.count == 4 && lines[2].contains(#""field":"session.start""#))
    #expect(try bench.box.findings() == [])
  }
}

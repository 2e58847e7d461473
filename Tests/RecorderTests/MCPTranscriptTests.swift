import SessionLog
import TestSupport
import Testing

@testable import Recorder

/// What each message's event says.
struct MCPTranscriptTests {
  @Test func `a call and its result`() throws {
    var script = Script()
    let call =
      #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"b": 2}}}"#
    try script.client(call)
    #expect(script.transcript.hasNewCall)
    let result = #"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"3"}]}}"#
    try script.server(result)
    let events = try script.end()
    #expect(events.map { $0["type"]?.string } == ["mcp.call", "mcp.result"])
    #expect(events[0]["server"]?.string == "demo")
    #expect(events[0]["direction"]?.string == "to_server")
    #expect(events[0]["method"]?.string == "tools/call")
    #expect(events[0]["name"]?.string == "add")
    #expect(events[0]["jsonrpc_id"]?.integer == 1)
    #expect(events[0]["args"]?["b"]?.integer == 2)
    #expect(events[0]["args_digest"]?.string == (try Script.digest(#"{"b": 2}"#)))
    #expect(events[1]["caused_by"]?.integer == 2)
    #expect(events[1]["method"]?.string == "tools/call")
    #expect(events[1]["is_error"]?.bool == false)
    #expect(events[1]["result_type"]?.string == "complete")
    #expect(events[1]["content_types"] == .array([.string("text")]))
    #expect(events[1]["bytes"]?.integer == Int64(result.utf8.count))
    #expect(events[1]["dur_us"]?.integer == 10)
    #expect(
      events[1]["result_digest"]?.string
        == (try Script.digest(#"{"content":[{"type":"text","text":"3"}]}"#)))
    #expect(script.transcript.unanswered == 0)
  }

  @Test(arguments: [
    ("1", "1", true), ("1", "1.0", true), ("10", "1e1", true), ("1", "\"1\"", true),
    ("\"7\"", "7", true), ("1", "\"01\"", false), ("\"1.0\"", "1", false),
    ("\"a\"", "\"\\u0061\"", true), ("null", "null", true), ("0", "-0", true),
    ("18446744073709551616", "18446744073709551616", true), ("2.5", "2.50", true),
    ("true", "true", true), ("[1]", "[1]", true), ("{\"a\":1}", "{\"a\":2}", false),
    ("\"\"", "null", false), ("12345678901234567890", "12345678901234567891", false),
    ("1e400", "1e500", false), ("\"\\ud800\"", "\"\\ud801\"", false),
    ("\"\\ud83d\\ude00\"", "\"😀\"", true), ("\"\u{E9}\"", "\"e\u{301}\"", false),
  ])
  func `a result finds its call by an id of any type`(sent: String, back: String, fits: Bool)
    throws
  {
    var script = Script()
    try script.client(#"{"jsonrpc":"2.0","id":\#(sent),"method":"ping"}"#)
    try script.server(#"{"jsonrpc":"2.0","id":\#(back),"result":{}}"#)
    let events = try script.end()
    #expect(events[1]["type"]?.string == "mcp.result")
    #expect(events[1]["caused_by"]?.integer == (fits ? 2 : nil))
    #expect(events[1]["unmatched"]?.bool == (fits ? nil : true))
  }

  @Test func `both sides may ask, with the same id, and each gets its own answer`() throws {
    var script = Script()
    try script.client(#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask"}}"#)
    try script.server(#"{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{}}"#)
    try script.client(#"{"jsonrpc":"2.0","id":1,"result":{"action":"accept"}}"#)
    try script.server(#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no"}}"#)
    let events = try script.end()
    #expect(events.map { $0["caused_by"]?.integer } == [nil, nil, 3, 2])
    #expect(events[1]["direction"]?.string == "to_client")
    #expect(events[2]["direction"]?.string == "to_server")
    #expect(events[3]["is_error"]?.bool == true)
    #expect(events[3]["result_type"]?.string == "error")
    #expect(events[3]["code"]?.integer == -32602)
  }

  @Test func `an id used again before its answer is marked, and the later call is answered`()
    throws
  {
    var script = Script()
    try script.client(#"{"jsonrpc":"2.0","id":5,"method":"ping"}"#)
    try script.client(#"{"jsonrpc":"2.0","id":5,"method":"ping"}"#)
    try script.server(#"{"jsonrpc":"2.0","id":5,"result":{}}"#)
    try script.server(#"{"jsonrpc":"2.0","id":5,"result":{}}"#)
    let events = try script.end()
    #expect(events[1]["duplicate_id"]?.bool == true)
    #expect(events[2]["caused_by"]?.integer == 3)
    #expect(events[3]["unmatched"]?.bool == true)
  }

  @Test func `an id as number and as string are told apart where both wait`() throws {
    var script = Script()
    try script.client(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#)
    try script.client(#"{"jsonrpc":"2.0","id":"1","method":"ping"}"#)
    try script.server(#"{"jsonrpc":"2.0","id":"1","result":{}}"#)
    try script.server(#"{"jsonrpc":"2.0","id":1,"result":{}}"#)
    let events = try script.end()
    #expect(events.map { $0["caused_by"]?.integer } == [nil, nil, 3, 2])
    #expect(events.allSatisfy { $0["duplicate_id"] == nil })
  }

  @Test func `calls that nobody answers are forgotten, newer ones and the other side's are not`()
    throws
  {
    var script = Script()
    for id in 1...(2 * MCPPendingCalls.limit + 10) {
      try script.server(#"{"jsonrpc":"2.0","id":\#(id),"method":"sampling/createMessage"}"#)
    }
    try script.client(#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#)
    try script.server(#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a"}]}}"#)
    try script.client(
      #"{"jsonrpc":"2.0","id":\#(2 * MCPPendingCalls.limit + 1),"result":{}}"#)
    try script.client(#"{"jsonrpc":"2.0","id":2,"result":{}}"#)
    let events = try script.end().suffix(4)
    #expect(
      events.map { $0["type"]?.string }
        == ["mcp.result", "mcp.catalog", "mcp.result", "mcp.result"])
    #expect(
      events.map { $0["unmatched"]?.bool } == [nil, nil, nil, true], "\(events)")
    #expect(script.transcript.unanswered == 2 * MCPPendingCalls.limit + 9)
  }

  @Test func `a cancellation names the call that it ends`() throws {
    var script = Script()
    try script.client(#"{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"a"}}"#)
    try script.client(
      #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"x"}}"#)
    let events = try script.end()
    #expect(events[1]["type"]?.string == "mcp.notification")
    #expect(events[1]["caused_by"]?.integer == 2)
    #expect(script.transcript.unanswered == 1)
  }

  @Test func `a request that describes itself is described`() throws {
    var script = Script()
    let version = #""io.modelcontextprotocol/protocolVersion":"2026-07-28""#
    let client = #""io.modelcontextprotocol/clientInfo":{"name":"c"}"#
    let meta = #""_meta":{\#(version),\#(client),"traceparent":"00-1-2-01"}"#
    try script.client(
      #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","requestState":"s",\#(meta)}}"#
    )
    try script.server(
      #"{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","requestState":"s"}}"#)
    let events = try script.end()
    #expect(events[0]["protocol_version"]?.string == "2026-07-28")
    #expect(events[0]["client_info"]?["name"]?.string == "c")
    #expect(events[0]["traceparent"]?.string == "00-1-2-01")
    #expect(events[1]["result_type"]?.string == "input_required")
    #expect(events[0]["state_digest"]?.string == (try Script.digest("\"s\"")))
    #expect(events[0]["state_digest"] == events[1]["state_digest"])
  }

  @Test func `a tool that changed within the session is shown with its former digest`() throws {
    var script = Script()
    func list(_ id: Int, _ tools: String) throws {
      try script.client(#"{"jsonrpc":"2.0","id":\#(id),"method":"tools/list"}"#)
      try script.server(#"{"jsonrpc":"2.0","id":\#(id),"result":{"tools":[\#(tools)]}}"#)
    }
    try list(1, #"{"name":"a","description":"x","inputSchema":{"p":1}},{"name":"b"}"#)
    // The same definition, written another way.
    try list(2, #"{ "inputSchema":{"p": 1},"description":"\u0078","name":"a"},{"name":"b"}"#)
    try script.client(#"{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"a"}}"#)
    try list(3, #"{"name":"a","description":"y","inputSchema":{"p":1}},{"name":"b"}"#)
    try script.client(#"{"jsonrpc":"2.0","id":10,"method":"tools/call","params":{"name":"a"}}"#)
    let events = try script.end()
    let catalogs = events.filter { $0["type"]?.string == "mcp.catalog" }
    #expect(catalogs.count == 3)
    let tools = catalogs.map { $0["tools"]?.array ?? [] }
    #expect(tools[0].map { $0["name"]?.string } == ["a", "b"])
    #expect(tools[0][0]["definition_digest"] == tools[1][0]["definition_digest"])
    #expect(catalogs[0]["changed"] == nil && catalogs[1]["changed"] == nil)
    #expect(catalogs[2]["changed"]?.bool == true)
    #expect(tools[2][0]["changed"]?.bool == true)
    #expect(tools[2][0]["former_digest"] == tools[0][0]["definition_digest"])
    #expect(tools[2][0]["definition_digest"] != tools[0][0]["definition_digest"])
    #expect(tools[2][1]["changed"] == nil)
    let calls = events.filter { $0["method"]?.string == "tools/call" }
    #expect(
      calls.map { $0["definition_digest"] }
        == [tools[0][0]["definition_digest"], tools[2][0]["definition_digest"]])
    // A catalog stands behind the result that it was read from.
    let place = try #require(catalogs[0]["caused_by"]?.integer)
    #expect(events[Int(place) - 2]["type"]?.string == "mcp.result")
  }

  /// A script whose client was shown one tool, and what a call of it says then, with a change in between.
  private func definitionAfter(_ change: (inout Script) throws -> Void) throws -> (
    first: JSONValue?, call: JSONValue?, events: [JSONValue]
  ) {
    var script = Script()
    try script.client(#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#)
    try script.server(
      #"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a","description":"good"}]}}"#)
    try change(&script)
    try script.client(#"{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"a"}}"#)
    let events = try script.end()
    let first = events.first { $0["type"]?.string == "mcp.catalog" }
    return (first?["tools"]?.array?[0]["definition_digest"], events.last, events)
  }

  @Test(arguments: [
    // The client takes "2" for 2.
    (#"{"jsonrpc":"2.0","id":"2","result":{"tools":[{"name":"a","description":"evil"}]}}"#, true),
    // No JSON, and Python reads it.
    (
      #"{"jsonrpc":"2.0","id":2,"result":{"x":NaN,"tools":[{"name":"a","description":"evil"}]}}"#,
      true
    ),
    // What is shown is half a character, and another half.
    (#"{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"a","description":"\ud800"}]}}"#, true),
    // Nobody can say what a client makes of it.
    (#"{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"a","description":'evil'}]}}"#, false),
  ])
  func `a changed tool shows however its list is written`(list: String, isShown: Bool) throws {
    let (first, call, events) = try definitionAfter { script in
      try script.client(#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#)
      try script.server(list)
    }
    let changed = events.filter { $0["changed"]?.bool == true }
    #expect(changed.count == (isShown ? 1 : 0))
    #expect(first != nil && call?["definition_digest"] != first)
    let now = changed.first?["tools"]?.array?[0]["definition_digest"]
    #expect(call?["definition_digest"] == now)
  }

  @Test func `an answer that comes before its call shows, and makes no definition certain`() throws
  {
    let evil = #"{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"a","description":"evil"}]}}"#
    let (_, call, events) = try definitionAfter { script in
      try script.server(evil)
      try script.client(#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#)
    }
    let catalogs = events.filter { $0["type"]?.string == "mcp.catalog" }
    #expect(catalogs.map { $0["unmatched"]?.bool } == [nil, true])
    #expect(catalogs[1]["changed"]?.bool == true)
    #expect(call?["definition_digest"] == nil)
    // The same definition once more changes nothing, asked for or not.
    let (first, again, _) = try definitionAfter { script in
      try script.server(evil.replacing("evil", with: "good"))
    }
    #expect(first != nil && again?["definition_digest"] == first)
  }

  @Test func `a server's log line casts no doubt on its tools, one like a message does`() throws {
    let (first, call, _) = try definitionAfter {
      try $0.server("[info] started")
      try $0.server(#"{"level":"info","msg":"started"}"#)
    }
    #expect(first != nil && call?["definition_digest"] == first)
    let doubted = try definitionAfter { try $0.server(#" {"tools": ..."#) }
    #expect(doubted.first != nil && doubted.call?["definition_digest"] == nil)
    let many = try definitionAfter {
      try $0.server("[" + [String](repeating: "1", count: 1001).joined(separator: ",") + "]")
    }
    #expect(many.first != nil && many.call?["definition_digest"] == nil)
  }

  @Test func `tools whose names only look alike are two`() throws {
    var script = Script()
    try script.client(#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#)
    let names = ["caf\u{E9}", "cafe\u{301}"]
    let tools = names.enumerated().map { #"{"name":"\#($1)","description":"\#($0)"}"# }
    try script.server(
      #"{"jsonrpc":"2.0","id":1,"result":{"tools":[\#(tools.joined(separator: ","))]}}"#)
    for name in names {
      try script.client(
        #"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"\#(name)"}}"#)
    }
    let events = try script.end()
    let listed = events[2]["tools"]?.array ?? []
    #expect(events[2]["changed"] == nil && listed.count == 2)
    #expect(
      events.suffix(2).map { $0["definition_digest"] }
        == listed.map { $0["definition_digest"] })
  }

  @Test(arguments: [
    #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"c":NaN}}}"#,
    #"{"id":1,"method":"tools/call","params":{"name":"add","x":-Infinity}}"#,
    "{\"id\":1,\"x\":\"\u{1}\",\"method\":\"tools/call\",\"params\":{\"name\":\"add\"}}",
    "\u{FEFF}{\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"add\"}}",
    #"{"ID":1,"Method":"tools/call","PARAMS":{"Name":"add"}}"#,
    #"{"id":1,"method":"tools/call","params":{"name":"add"}} and more"#,
    "junk\r" + #"{"id":1,"method":"tools/call","params":{"name":"add"}}"#,
    #"{"id":1,"method":"tools/call","params":{"name":"add","x":"#
      + String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000) + "}}",
    #"[{"id":1,"method":"tools/call","params":{"name":"add"}},NaN]"#,
  ])
  func `a call is one for whoever is less strict, and its bytes are kept`(text: String) throws {
    var script = Script()
    try script.client(text)
    #expect(script.transcript.hasNewCall)
    try script.server(#"{"jsonrpc":"2.0","id":1,"result":{}}"#)
    let events = try script.end()
    let isJSON = events[0]["type"]?.string == "mcp.call"
    #expect(isJSON || events[0]["type"]?.string == "mcp.malformed")
    let call = try #require(events.first { $0["type"]?.string == "mcp.call" })
    #expect(call["method"]?.string == "tools/call" && call["name"]?.string == "add")
    #expect(call["lenient"]?.bool == true && call["jsonrpc_id"]?.integer == 1)
    if !isJSON { #expect(call["batch"]?.integer == 2 && call["index"]?.integer == 0) }
    #expect(events.last?["type"]?.string == "mcp.result" && events.last?["unmatched"] == nil)
    #expect(try Reproduction(script.sink.lines).toServer == Array((text + "\n").utf8))
  }

  @Test func `two calls behind one another, and one with broken characters, are calls`() throws {
    var script = Script()
    let one = #"{"id":1,"method":"tools/call","params":{"name":"a"}}"#
    let two = #"{"id":2,"method":"tools/call","params":{"name":"b?"}}"#
    let bytes = Array((one + "\r" + two + "\n").utf8).map { $0 == 0x3F ? 0xFF : $0 }
    try script.feed(bytes, .toServer)
    let events = try script.end()
    #expect(events.map { $0["type"]?.string } == ["mcp.malformed", "mcp.call", "mcp.call"])
    #expect(events.map { $0["name"]?.string } == [nil, "a", "b\u{FFFD}"])
    #expect(events.map { $0["index"]?.integer } == [nil, 0, 1])
    #expect(try Reproduction(script.sink.lines).toServer == bytes)
  }

  @Test func `a catalog of many tools is split, and every tool is in it once`() throws {
    var script = Script()
    let names = (0..<2000).map { "tool-\($0)" }
    try script.client(#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#)
    let tools = names.map { "{\"name\":\"\($0)\"}" }.joined(separator: ",")
    try script.server(#"{"jsonrpc":"2.0","id":1,"result":{"tools":[\#(tools)]}}"#)
    let events = try script.end()
    let catalogs = events.filter { $0["type"]?.string == "mcp.catalog" }
    #expect(catalogs.count > 1)
    let listed = catalogs.flatMap { $0["tools"]?.array ?? [] }
    #expect(listed.map { $0["name"]?.string } == names)
  }

  @Test func `the messages of a batch are events of their own`() throws {
    var script = Script()
    try script.client(
      #"[{"jsonrpc":"2.0","id":1,"method":"ping"}, {"jsonrpc":"2.0","method":"n"},7]"#)
    try script.server(#"[{"jsonrpc":"2.0","id":1,"result":{}}]"#)
    let events = try script.end()
    #expect(
      events.map { $0["type"]?.string } == [
        "mcp.batch", "mcp.call", "mcp.notification", "mcp.malformed", "mcp.batch", "mcp.result",
      ])
    #expect(events[1]["batch"]?.integer == 2 && events[1]["index"]?.integer == 0)
    #expect(events[2]["batch"]?.integer == 2 && events[2]["index"]?.integer == 1)
    #expect(events[5]["caused_by"]?.integer == 3)
    #expect(events[0]["messages"]?.integer == 3)
  }

  @Test func `a batch of very many is kept whole and listed as far as is told`() throws {
    var script = Script()
    let one = #"{"jsonrpc":"2.0","method":"n"}"#
    let batch = "[" + [String](repeating: one, count: 1500).joined(separator: ",") + "]"
    try script.client(batch)
    let events = try script.end()
    #expect(events.last { $0["type"]?.string == "mcp.batch" } != nil)
    #expect(events[0]["not_listed"]?.integer == 500)
    #expect(events.filter { $0["type"]?.string == "mcp.notification" }.count == 1000)
    #expect(try Reproduction(script.sink.lines).toServer == Array((batch + "\n").utf8))
  }

  @Test func `two members of one name are told, because two readers may differ`() throws {
    var script = Script()
    try script.client(#"{"jsonrpc":"2.0","id":null,"method":"safe","method":"other","id":4}"#)
    let events = try script.end()
    #expect(events[0]["type"]?.string == "mcp.call")
    #expect(events[0]["method"]?.string == "other")
    #expect(events[0]["jsonrpc_id"]?.integer == 4)
    #expect(events[0]["duplicate_members"]?.bool == true)
  }

  @Test(arguments: [
    #"{"jsonrpc":"2.0","id":1,"method":"ping","METHOD":"tools/call"}"#,
    #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}"#,
    #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Name":"b"}}"#,
  ])
  func `members that some reader takes for the same are told`(text: String) throws {
    var script = Script()
    try script.client(text)
    let events = try script.end()
    #expect(events.map { $0["duplicate_members"]?.bool } == [true])
  }

  @Test(arguments: [
    "junk", "{}", "42", "[]", "", "{\"id\":1}", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\"",
    "{'id':1,'method':'x'}",
  ])
  func `what is not JSON-RPC is kept as it is`(text: String) throws {
    var script = Script()
    try script.client(text)
    let events = try script.end()
    #expect(events.map { $0["type"]?.string } == ["mcp.malformed"])
    #expect(events[0]["data"]?.string == text + "\n")
    #expect(events[0]["reason"] != nil)
  }

  @Test func `neighbouring malformed lines share an event until another message comes`() throws {
    var script = Script()
    try script.feed(Array("a\nb\r\n\nc\n".utf8), .toServer)
    try script.server("d")
    try script.feed([0xFF, 0x0A], .toServer)
    try script.client(#"{"jsonrpc":"2.0","method":"n"}"#)
    let events = try script.end()
    #expect(
      events.map { $0["type"]?.string } == [
        "mcp.malformed", "mcp.malformed", "mcp.malformed", "mcp.notification",
      ])
    #expect(events[0]["data"]?.string == "a\nb\r\n\nc\n" && events[0]["lines"]?.integer == 4)
    #expect(events[1]["direction"]?.string == "to_client")
    #expect(events[2]["data64"]?.string == "/wo=")
  }
}

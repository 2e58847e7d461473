import SessionLog
import TestSupport
import Testing

@testable import Recorder

/// Forms of the same formats that programs of other versions, or other ways to print them, give.
@Suite struct `Variants of formats` {
  private func told(_ text: String) throws -> (ImportedSession, [String]) {
    let box = try ImportBox()
    let session = try box.run(Array(text.utf8))
    let told = try box.told(
      of: session,
      ["role", "kind", "name", "tool", "caused_by", "exit_code", "is_error", "text", "data"],
      timed: false)
    return (session, told)
  }

  private func refusal(_ text: String) throws -> ImportFailure.Refusal {
    let box = try ImportBox()
    do {
      _ = try box.run(Array(text.utf8))
    } catch ImportFailure.unreadable(let refusal) { return refusal }
    throw NoRefusal()
  }

  private struct NoRefusal: Error {}

  @Test func `what claude -p streams`() throws {
    let (session, told) = try told(
      #"""
      {"type":"system","subtype":"init","session_id":"s","tools":["Bash"],"model":"m"}
      {"type":"assistant","message":{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"Bash","input":{"command":"ls"}}]},"session_id":"s"}
      {"type":"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"a b"}]},"session_id":"s"}
      {"type":"result","subtype":"success","is_error":false,"result":"done","session_id":"s"}

      """#)
    #expect(session.format == .claudeCode)
    #expect(
      told == [
        "agent.note system", "terminal.command Bash ls", "tool.result 3 false a b",
        "agent.note result done",
      ])
  }

  @Test func `the first rollouts of Codex, whose first lines name no type`() throws {
    let (session, told) = try told(
      #"""
      {"id":"i","timestamp":"2025-05-01T00:00:00.000Z","instructions":"x","git":{"branch":"m"}}
      {"record_type":"state"}
      {"type":"message","id":null,"role":"user","content":[{"type":"input_text","text":"hi"}]}
      {"type":"function_call","id":"f","name":"shell","arguments":"{\"command\":[\"ls\",\"-l\"]}","call_id":"c"}
      {"type":"function_call_output","call_id":"c","output":"{\"output\":\"a\",\"metadata\":{\"exit_code\":0}}"}

      """#)
    #expect(session.format == .codex)
    #expect(
      told == [
        "agent.note line", "agent.note line", "agent.message user hi",
        "terminal.command shell ls -l", "tool.result 5 0 false a",
      ])
  }

  @Test func `what codex exec prints: items that begin and end, or only end`() throws {
    let (session, told) = try told(
      #"""
      {"type":"thread.started","thread_id":"t"}
      {"type":"item.started","item":{"id":"i0","type":"command_execution","command":"make","status":"in_progress"}}
      {"type":"item.completed","item":{"id":"i0","type":"command_execution","command":"make","aggregated_output":"no rule","exit_code":2,"status":"failed"}}
      {"type":"item.completed","item":{"id":"i1","type":"mcp_tool_call","server":"db","tool":"query","arguments":{"sql":"x"},"result":{"content":[{"type":"text","text":"1"}]},"status":"completed"}}
      {"type":"item.completed","item":{"id":"i2","type":"reasoning","text":"hm"}}
      {"type":"item.completed","item":{"id":"i3","type":"agent_message","text":"hello"}}

      """#)
    #expect(session.format == .codex)
    #expect(
      told == [
        "agent.note thread.started", "terminal.command shell make", "tool.result 3 2 true no rule",
        "mcp.call query", "mcp.result 5 false 1", "agent.thought hm",
        "agent.message assistant hello",
      ])
  }

  @Test(arguments: [true, false])
  func `OpenHands events as the trajectory of an object`(isOneLine: Bool) throws {
    let events = #"""
      {"id":1,"timestamp":"2026-01-01T00:00:01.1","source":"agent","action":"run","args":{"command":"id"}},
      {"id":2,"source":"agent","cause":1,"observation":"run","content":"uid=0","extras":{"metadata":{"exit_code":0}}},
      {"id":3,"source":"environment","observation":"error","content":"boom","extras":{}}
      """#
    var document = "{\"trajectory\": [\(events)]}"
    if isOneLine { document.removeAll { $0 == "\n" } }
    let (session, told) = try told(document + "\n")
    #expect(session.format == .openHands)
    #expect(
      told.filter { $0 != "agent.note line" } == [
        "terminal.command run id",
        isOneLine ? "tool.result 3 0 false uid=0" : "tool.result 2 0 false uid=0",
        isOneLine ? "tool.result 3 true boom" : "tool.result 2 true boom",
      ])
  }

  @Test func `a batch of JSON-RPC a line`() throws {
    let (session, told) = try told(
      #"""
      [{"jsonrpc":"2.0","id":1,"method":"tools/list"},{"jsonrpc":"2.0","id":2,"method":"ping"}]
      [{"jsonrpc":"2.0","id":2,"result":{}}]

      """#)
    #expect(session.format == .mcp)
    #expect(!session.facts.isSalvaged)
    #expect(
      told == ["import.source", "mcp.call", "mcp.call", "import.source", "mcp.result 4 false "])
  }

  @Test func `tlog as the journal prints it`() throws {
    let (session, told) = try told(
      #"""
      {"__REALTIME_TIMESTAMP":"1700000000000000","_COMM":"tlog-rec-session","MESSAGE":"{\"ver\":\"2.3\",\"host\":\"h\",\"rec\":\"r\",\"user\":\"u\",\"term\":\"xterm\",\"session\":1,\"id\":1,\"pos\":0,\"time\":1700000000.0,\"timing\":\"=80x24>2\",\"in_txt\":\"\",\"in_bin\":[],\"out_txt\":\"hi\",\"out_bin\":[]}"}

      """#)
    #expect(session.format == .tlog)
    #expect(told == ["import.header", "terminal.output hi"])
    #expect(session.facts.columns == 80)
  }

  @Test func `one frame of ttyrec tells the format, whatever follows it`() throws {
    let box = try ImportBox()
    let session = try box.run(
      ImportFixture.frame(1_700_000_000, 0, Array("ab".utf8)) + [UInt8](repeating: 0xF0, count: 14))
    #expect(session.format == .ttyrec)
    #expect(session.facts.isCut)
    #expect(session.facts.outputBytes == 2)
  }

  @Test func `a decimal comma in a timing`() {
    #expect(TimingEntry("0,250000 5")?.delay == 250_000_000)
    #expect(TimingEntry("O 1,5 3")?.delay == 1_500_000_000)
    #expect(TimingEntry("1,2,3 5") == nil)
    #expect(TimingEntry("O 0.5 3\r")?.kind == .output(3))
    #expect(TimingEntry("H 0.0 COMMAND ls -l\r")?.kind == .header("COMMAND", "ls -l"))
  }

  @Test func `what it cannot read is called by its name`() throws {
    #expect(try refusal("interactions:\n- request:\n    id: 1\n").found == "YAML")
    #expect(try refusal("---\n- a\n").found == "YAML")
    #expect(try refusal("Hello there,\nhow are you?\n").found == "text of another kind")
    let version = try refusal("{\"version\":4,\"width\":80,\"height\":24}\n[0,\"o\",\"x\"]\n")
    #expect(version.found == "an asciicast of version 4")
    #expect(version.wanted == "version 1, 2 or 3")
  }
}

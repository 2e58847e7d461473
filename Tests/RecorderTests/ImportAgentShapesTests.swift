import Platform
import SessionLog
import TestSupport
import Testing

@testable import Recorder

/// Shapes of agents' own files beside those of `ImportFixture`.
@Suite struct `Shapes of agents' files` {
  private func told(_ text: String) throws -> (ImportedSession, [String]) {
    let box = try ImportBox()
    let session = try box.run(Array(text.utf8))
    let told = try box.told(
      of: session,
      [
        "role", "model", "kind", "server", "name", "tool", "caused_by", "exit_code", "is_error",
        "text",
      ])
    return (session, told)
  }

  @Test func `a chat that Gemini CLI kept`() throws {
    let (session, told) = try told(
      #"""
      {
        "sessionId": "s1", "projectHash": "p", "startTime": "2026-01-01T00:00:00.000Z",
        "lastUpdated": "2026-01-01T00:00:09.000Z",
        "messages": [
          {"id": "1", "timestamp": "2026-01-01T00:00:00.000Z", "type": "user", "content": "List it"},
          {"id": "2", "timestamp": "2026-01-01T00:00:02.000Z", "type": "gemini", "content": "I look.",
           "thoughts": [{"subject": "Plan", "description": "use ls", "timestamp": "2026-01-01T00:00:01.000Z"}],
           "tokens": {"input": 10, "output": 2}, "model": "gemini-2.5-pro",
           "toolCalls": [{"id": "run_shell_command-1", "name": "run_shell_command",
             "args": {"command": "ls", "description": "lists"}, "status": "success",
             "result": [{"functionResponse": {"id": "run_shell_command-1", "name": "run_shell_command",
               "response": {"output": "Command: ls\nOutput: a\nExit Code: 0"}}}]},
            {"id": "r-2", "name": "read_file", "args": {"path": "x"}, "status": "error",
             "result": [{"functionResponse": {"id": "r-2", "name": "read_file",
               "response": {"error": "no such file"}}}]}]}
        ]
      }
      """#)
    #expect(session.format == .gemini)
    #expect(
      told.filter { !$0.contains("agent.note") } == [
        "0 agent.message user List it", "2000000 agent.thought Plan: use ls",
        "2000000 agent.message model gemini-2.5-pro I look.",
        "2000000 terminal.command run_shell_command ls",
        "2000000 tool.result 9 0 false Command: ls\nOutput: a\nExit Code: 0",
        "2000000 tool.call read_file", "2000000 tool.result 11 true no such file",
      ])
  }

  @Test func `contents of Google's interface`() throws {
    let (session, told) = try told(
      #"""
      [{"role":"user","parts":[{"text":"hi"}]},
       {"role":"model","parts":[{"text":"think","thought":true},{"functionCall":{"name":"shell","args":{"command":"id"}}}]},
       {"role":"user","parts":[{"functionResponse":{"name":"shell","response":{"output":"root"}}}]}]
      """#)
    #expect(session.format == .gemini)
    #expect(
      told == [
        "0 agent.message user hi", "0 agent.thought think", "0 terminal.command shell id",
        "0 tool.result 4 root",
      ])
  }

  @Test func `a session that OpenCode exported`() throws {
    let (session, told) = try told(
      #"""
      {"info": {"id": "ses_1", "projectID": "p", "title": "Work", "time": {"created": 1767225600000}},
       "messages": [
        {"info": {"id": "m1", "role": "user", "time": {"created": 1767225601000}},
         "parts": [{"type": "text", "text": "Run it"}]},
        {"info": {"id": "m2", "role": "assistant", "modelID": "claude-x", "time": {"created": 1767225602000}},
         "parts": [{"type": "step-start"}, {"type": "reasoning", "text": "hm"},
          {"type": "tool", "callID": "c1", "tool": "bash",
           "state": {"status": "completed", "input": {"command": "false", "description": "d"},
            "output": "", "metadata": {"exit": 1}, "time": {"start": 1767225603000, "end": 1767225604000}}},
          {"type": "text", "text": "Done"}]}]}
      """#)
    #expect(session.format == .openCode)
    #expect(session.facts.title == "Work")
    #expect(
      told.filter { !$0.contains("agent.note") } == [
        "1000000 agent.message user Run it", "2000000 agent.thought hm",
        "3000000 terminal.command bash false", "4000000 tool.result 5 1 false ",
        "4000000 agent.message assistant claude-x Done",
      ])
  }

  @Test func `Codex: the model of a turn, exit codes written into the output`() throws {
    let (_, told) = try told(
      #"""
      {"timestamp":"2026-01-01T00:00:00Z","type":"turn_context","payload":{"cwd":"/w","model":"gpt-5-codex"}}
      {"timestamp":"2026-01-01T00:00:01Z","type":"response_item","payload":{"type":"message","role":"assistant","content":[{"type":"output_text","text":"ok"}]}}
      {"timestamp":"2026-01-01T00:00:02Z","type":"response_item","payload":{"type":"function_call","name":"exec_command","arguments":"{\"cmd\":\"make\"}","call_id":"c"}}
      {"timestamp":"2026-01-01T00:00:03Z","type":"response_item","payload":{"type":"function_call_output","call_id":"c","output":"Exit code: 2\nWall time: 1 seconds\nOutput:\nno rule"}}

      """#)
    #expect(
      told == [
        "0 agent.note turn_context", "1000000 agent.message assistant gpt-5-codex ok",
        "2000000 terminal.command exec_command make",
        "3000000 tool.result 4 2 true Exit code: 2\nWall time: 1 seconds\nOutput:\nno rule",
      ])
  }

  @Test func `Claude Code: the exit code of a command that failed, blocks of servers`() throws {
    let (_, told) = try told(
      #"""
      {"type":"assistant","uuid":"1","message":{"role":"assistant","model":"claude-y","content":[{"type":"tool_use","id":"t","name":"Bash","input":{"command":"make"}},{"type":"mcp_tool_use","id":"m","name":"query","server_name":"db","input":{"sql":"x"}}]}}
      {"type":"user","uuid":"2","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","is_error":true,"content":"Exit code 2\nno rule"},{"type":"mcp_tool_result","tool_use_id":"m","is_error":false,"content":[{"type":"text","text":"1"}]}]}}

      """#)
    #expect(
      told == [
        "0 terminal.command Bash make", "0 mcp.call db query",
        "0 tool.result 2 2 true Exit code 2\nno rule", "0 mcp.result 3 false 1",
      ])
  }

  @Test func `mini-swe-agent: return codes and models stand beside the message`() throws {
    let (session, told) = try told(
      #"""
      {"info": {"exit_status": "Submitted"}, "messages": [
        {"role": "assistant", "content": "go", "extra": {"response": {"model": "m1"}, "timestamp": 1767225600.0},
         "tool_calls": [{"id": "c", "function": {"name": "bash", "arguments": "{\"command\": \"ls\"}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": "out", "extra": {"returncode": 3, "timestamp": 1767225601.5}}],
       "trajectory_format": "mini-swe-agent-1.1"}
      """#)
    #expect(session.format == .miniSWEAgent)
    #expect(
      told.filter { !$0.contains("agent.note") } == [
        "0 agent.message assistant m1 go", "0 terminal.command bash ls",
        "1500000 tool.result 4 3 out",
      ])
  }

  // MARK: The file around it

  private static let cast = ImportFixture.cast2

  @Test func `a byte order mark and blank lines before the header are no damage`() throws {
    for prefix in ["\u{FEFF}", "\n\r\n"] {
      let session = try ImportBox().run(Array((prefix + Self.cast).utf8))
      #expect(session.format == .asciicast2)
      #expect(session.facts.columns == 96)
      #expect(!session.imported.salvaged)
    }
    for text in [ImportFixture.cast1, ImportFixture.cast3, ImportFixture.claude, ImportFixture.swe]
    {
      let session = try ImportBox().run(Array(("\u{FEFF}" + text).utf8))
      let plain = try ImportBox().run(Array(text.utf8))
      #expect(session.format == plain.format)
      #expect(session.facts.events == plain.facts.events && !session.imported.salvaged)
    }
  }

  @Test func `UTF-16 is refused by its name`() throws {
    let box = try ImportBox()
    let bytes: [UInt8] =
      [0xFF, 0xFE] + Self.cast.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    #expect {
      try box.run(bytes)
    } throws: { error in
      guard case ImportFailure.unreadable(let refusal) = error else { return false }
      return refusal.found == "text in UTF-16" && refusal.advice?.contains("iconv") == true
    }
  }

  @Test func `a recording that follows another goes on where it ended`() throws {
    let text = """
      {"version": 2, "width": 80, "height": 24}
      [1.5, "o", "a"]
      {"version": 3, "term": {"cols": 100, "rows": 30}}
      [0.25, "o", "b"]
      [0.25, "o", "c"]
      {"version": 2, "width": 80, "height": 24}
      [1, "o", "d"]

      """
    let box = try ImportBox()
    let session = try box.run(Array(text.utf8))
    let events = try box.events(of: session)
    #expect(
      events.filter { $0.type == "terminal.output" }.map(\.time)
        == [1_500_000, 1_750_000, 2_000_000, 3_000_000])
    #expect(
      events.filter { $0.type == "terminal.resize" }.map { $0["cols"]?.integer } == [100, 80])
    #expect(events.filter { $0.type == "import.header" }.count == 3)
    #expect(session.facts.oddities.map(\.reason) == ["another recording follows in the same file"])
    #expect(session.facts.gaps == 0)
  }

  @Test func `what zstd packed is unpacked, with both digests; cut, it is salvaged`() throws {
    let text = Self.cast + String(repeating: "\n[9, \"o\", \"more and more\"]", count: 20_000)
    var packed: [UInt8] = []
    let compressor = try Compressor(level: 3, windowLog: 17)
    try compressor.compress(Array(text.utf8).span, ending: .frame, into: &packed)
    let plain = try ImportBox().run(Array(text.utf8))
    let session = try ImportBox().run(packed)
    #expect(session.format == .asciicast2 && session.facts.events == plain.facts.events)
    #expect(session.imported.bytes == UInt64(packed.count))
    #expect(session.imported.parts.map(\.name) == ["unpacked"])
    #expect(session.imported.parts.first?.sha256 == plain.imported.sha256)
    #expect(!session.imported.salvaged)
    let cut = try ImportBox().run(Array(packed.dropLast(20)))
    #expect(cut.imported.salvaged && cut.facts.isCut)
    #expect(cut.facts.events > 0)
    var broken = packed
    broken[packed.count / 2] ^= 0x55
    do {
      let session = try ImportBox().run(broken)
      #expect(session.imported.salvaged)
    } catch ImportFailure.unreadable(let refusal) {
      // Where the damage leaves nothing.
      #expect(refusal.found?.contains("zstd") == true)
    }
  }

  @Test func `frames of ttyrec may go back in time`() throws {
    let bytes =
      ImportFixture.frame(1_600_000_000, 999_999, Array("abc".utf8))
      + ImportFixture.frame(1_599_999_999, 0, Array("de".utf8))
    let session = try ImportBox().run(bytes)
    #expect(session.format == .ttyrec)
    #expect(session.facts.outputBytes == 5)
    #expect(session.imported.salvaged)
  }
}

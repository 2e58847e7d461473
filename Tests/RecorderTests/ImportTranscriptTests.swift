import SessionLog
import TestSupport
import Testing

@testable import Recorder

@Suite struct `Agents' transcripts` {
  private func told(_ text: String) throws -> (ImportedSession, [String], [JSONValue]) {
    let box = try ImportBox()
    let session = try box.run(Array(text.utf8))
    let told = try box.told(
      of: session,
      [
        "role", "kind", "server", "method", "name", "tool", "caused_by", "exit_code", "is_error",
        "text",
      ])
    return (session, told, Array(try box.events(of: session).dropLast()))
  }

  @Test func `Claude Code: messages, thoughts, commands, tools of MCP servers, results`() throws {
    let (session, told, events) = try told(ImportFixture.claude)
    #expect(session.format == .claudeCode)
    #expect(
      told == [
        "0 agent.note summary S", "0 agent.message user Do it", "5500000 agent.thought hm",
        "5500000 agent.message assistant Yes", "5500000 terminal.command Bash rm -rf x",
        "5500000 mcp.call db tools/call query", "5500000 tool.call Write",
        "10000000 tool.result 6 true no",
      ])
    // The line stands whole in the first event it became, and in no other.
    let lines = ImportFixture.claude.split(separator: "\n").map(String.init)
    #expect(events.compactMap { $0["source"]?.string } == lines)
    #expect(events[4]["at"] == .string("2025-12-24T10:00:05.500Z"))
    #expect(events[5]["args"]?["sql"] == .string("SELECT 1"))
  }

  @Test func `Codex: a shell's words, exit codes, and calls to MCP servers`() throws {
    let (session, told, _) = try told(ImportFixture.codex)
    #expect(session.format == .codex)
    #expect(
      told == [
        "0 agent.note session_meta", "1000000 agent.message user hi",
        "2000000 terminal.command shell ls /", "3000000 tool.result 4 1 true bin",
        "4000000 mcp.call db tools/call query", "5000000 mcp.result 6 false 1",
      ])
  }

  @Test func `SWE-agent: thought, action, observation`() throws {
    let (session, told, _) = try told(ImportFixture.swe)
    #expect(session.format == .sweAgent)
    #expect(
      told == [
        "0 agent.note environment", "0 agent.thought look", "0 terminal.command ls -F\n",
        "0 tool.result 4 a b", "0 agent.note history", "0 agent.note info",
      ])
  }

  @Test func `OpenHands: actions and observations`() throws {
    let (session, told, _) = try told(ImportFixture.openHands)
    #expect(session.format == .openHands)
    #expect(
      told == [
        "0 agent.message assistant T", "0 terminal.command terminal id",
        "1000000 tool.result 3 0 false root",
      ])
  }

  @Test func `lists of chat messages: the fenced command and its return code`() throws {
    let (session, told, _) = try told(ImportFixture.mini)
    #expect(session.format == .chat)
    #expect(
      told == [
        "0 agent.message system s", "0 agent.message assistant I do\n\n```bash\nls -l\n```\nok",
        "0 terminal.command ls -l",
        "0 tool.result 4 2 <returncode>2</returncode>\n<output>x</output>",
      ])
  }

  @Test func `Gemini CLI: chunks become one message`() throws {
    let (session, told, _) = try told(ImportFixture.gemini)
    #expect(session.format == .gemini)
    #expect(
      told == ["0 agent.message model Hello", "0 terminal.command run_shell_command pwd"])
  }

  @Test func `MCP traffic is a session of kind mcp`() throws {
    let (session, told, _) = try told(ImportFixture.mcp)
    #expect(session.format == .mcp)
    #expect(session.format.sessionKind == "mcp")
    #expect(
      told == ["0 mcp.call  tools/call query", "1000000 mcp.result 2 false 1"])
  }

  @Test func `our own event lines keep their bytes, their numbers and their kind`() throws {
    let box = try ImportBox()
    let session = try box.run(Array(ImportFixture.ndjson.utf8))
    #expect(session.format == .ndjson && !session.imported.salvaged)
    let lines = try box.box.lines(of: session.id).map { String(decoding: $0, as: UTF8.self) }
    let own = ImportFixture.ndjson.split(separator: "\n").map(String.init)
    #expect(lines[2...3].elementsEqual(own[2...3]))
    let start = try box.start(of: session)
    #expect(start["kind"] == .string("database"))
    #expect(start["at"] == .string("2026-01-02T03:04:05.678Z"))
    #expect(start["agent"]?["uid"] == .string("a"))
    #expect(!lines.contains { $0.contains("\"abc\"") })
    let forged = ImportFixture.ndjson.replacing(#""rows":1"#, with: #""t":1"#)
    #expect(try ImportBox().run(Array(forged.utf8)).facts.gaps == 1)
  }

  @Test func `other agents: a tool and its observation on one line`() throws {
    let (session, told, _) = try told(ImportFixture.openCode)
    #expect(session.format == .openCode)
    #expect(
      told == [
        "0 agent.message user Search", "0 terminal.command bash grep x", "0 tool.result 3 none",
      ])
  }

  @Test func `a line longer than an event is kept whole, in parts`() throws {
    let text = String(repeating: "long é ", count: 30_000)
    let line = #"{"type":"user","message":{"role":"user","content":"\#(text)"},"uuid":"1"}"#
    let (_, _, events) = try told(line + "\n")
    let parts = events.filter { $0.type == "import.source" }.compactMap { $0["source"]?.string }
    #expect(parts.count > 1)
    #expect(parts.joined() == line)
    #expect(parts.allSatisfy { $0.utf8.count <= Limits.payloadBytes })
    let message = try #require(events.first { $0.type == "agent.message" })
    #expect(message["truncated"]?["bytes"] == .integer(Int64(text.utf8.count)))
  }

  @Test func `lines out of order do not turn time back; their own time is kept`() throws {
    let lines = """
      {"type":"user","timestamp":"2025-01-01T00:00:10Z","message":{"role":"user","content":"a"}}
      {"type":"user","timestamp":"2025-01-01T00:00:05Z","message":{"role":"user","content":"b"}}
      {"type":"user","timestamp":"2025-01-01T00:00:12Z","message":{"role":"user","content":"c"}}

      """
    let (session, _, events) = try told(lines)
    #expect(events.map(\.time) == [0, 0, 2_000_000])
    #expect(events[1]["at"] == .string("2025-01-01T00:00:05Z"))
    #expect(!session.imported.salvaged)
  }
}

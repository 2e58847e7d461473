import Evidence
import Platform
import SessionLog
import TestSupport

@testable import Recorder

/// Small recordings of every format, written here.
enum ImportFixture {
  static let cast1 = #"""
    {"version": 1, "width": 96, "height": 26, "duration": 10.5, "command": "/bin/bash",
     "title": "bash", "env": {"TERM": "screen"},
     "stdout": [[1.25, "foo\u001b[1m"], [0.000001, "żółć"], [3e0, "\ud83e\udf00\r\n"]]}
    """#
  static let cast2 = #"""
    {"version": 2, "width": 96, "height": 26, "timestamp": 1506410422, "title": "t", "env": {"TERM": "xterm"}}
    [1.234567, "o", "foo \u001b[31mbar"]

    [2.0,      "r", "80x24"]
    [2.345670, "i", "\r"]
    [3, "m", "mark"]
    [5.678987, "z", "unknown"]
    [8.4567891, "o", "żółć jaźń"]
    """#
  static let cast3 = #"""
    {"version": 3, "term": {"cols": 96, "rows": 26, "type": "xterm"}, "timestamp": 1744302022, "command": "sh -c 'a b'"}
    # a comment
    [1.000001, "o", "foo"]
    [0.5, "i", "\r"]
    [0.25, "r", "80x24"]
    [0.000002, "o", "bar\u0000\n"]
    [1, "x", "3"]
    """#

  static let ttyrec =
    frame(1_500_000_000, 250_000, Array("Hello, ".utf8))
    + frame(1_500_000_001, 0, [0xE2, 0x80]) + frame(1_500_000_001, 5, [0x9C, 0xFF])

  static func frame(_ seconds: UInt32, _ micros: UInt32, _ data: [UInt8]) -> [UInt8] {
    word(seconds) + word(micros) + word(UInt32(data.count)) + data
  }

  private static func word(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
  }

  static let tlog = #"""
    {"ver":"2.3","host":"web1","rec":"r-1","user":"bob","term":"xterm","session":7,"id":1,"pos":0,"time":1500000000.500,"timing":"=100x50+10>3+5<2","in_txt":"ls","in_bin":[],"out_txt":"żół","out_bin":[]}
    {"ver":"2.3","host":"web1","rec":"r-1","user":"bob","term":"xterm","session":7,"id":2,"pos":20,"time":1500000000.520,"timing":">1]1/2+7=80x24","in_txt":"","in_bin":[],"out_txt":"ć\ufffd","out_bin":[255,254]}
    """#

  static let typescript =
    "Script started on 2026-01-02 03:04:05+01:00 [TERM=\"xterm\" TTY=\"/dev/pts/1\" COLUMNS=\"81\" LINES=\"25\"]\n"
    + "hi\r\nbye\r\n"
    + "\nScript done on 2026-01-02 03:04:06+01:00 [COMMAND_EXIT_CODE=\"4\"]\n"
  static let classicTiming = "0.010166 4\n0.250000 5\n"
  static let advancedTiming = """
    H 0.000000 START_TIME 2026-01-02 03:04:05+01:00
    H 0.000000 COLUMNS 90
    O 0.014531 4
    S 0.100000 SIGWINCH ROWS=30 COLS=120
    I 0.200000 2
    O 0.322494 3
    H 0.000000 DURATION 0.737025
    H 0.000000 EXIT_CODE 2

    """

  static let sudo: [(name: String, bytes: String)] = [
    ("log", "1500000000.25:bob:root::/dev/pts/0:24:80\n/root\n/usr/bin/id -u\n"),
    ("timing", "4 0.100000000 3\n3 0.000001500 2\n1 0.1 4\n5 0.5 30 100\n7 0.1 STOP\n4 0.2 2\n"),
    ("ttyout", "abcde"), ("ttyin", "xy"), ("stdout", "out\n"),
  ]

  static let claude = #"""
    {"type":"summary","summary":"S","leafUuid":"l"}
    {"type":"user","timestamp":"2025-12-24T10:00:00.000Z","sessionId":"s","message":{"role":"user","content":"Do it"},"uuid":"1"}
    {"type":"assistant","timestamp":"2025-12-24T10:00:05.500Z","sessionId":"s","message":{"role":"assistant","model":"m-1","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"Yes"},{"type":"tool_use","id":"a","name":"Bash","input":{"command":"rm -rf x","description":"d"}},{"type":"tool_use","id":"b","name":"mcp__db__query","input":{"sql":"SELECT 1"}},{"type":"tool_use","id":"c","name":"Write","input":{"file_path":"/f"}}]},"uuid":"2"}
    {"type":"user","timestamp":"2025-12-24T10:00:10Z","sessionId":"s","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","is_error":true,"content":[{"type":"text","text":"no"}]}]},"uuid":"3"}
    """#
  static let codex = #"""
    {"timestamp":"2026-06-30T00:00:00.000Z","type":"session_meta","payload":{"id":"s","cwd":"/"}}
    {"timestamp":"2026-06-30T00:00:01.000Z","type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}}
    {"timestamp":"2026-06-30T00:00:02.000Z","type":"response_item","payload":{"type":"function_call","name":"shell","arguments":"{\"command\":[\"bash\",\"-lc\",\"ls /\"]}","call_id":"c1"}}
    {"timestamp":"2026-06-30T00:00:03.000Z","type":"response_item","payload":{"type":"function_call_output","call_id":"c1","output":"{\"output\":\"bin\",\"metadata\":{\"exit_code\":1}}"}}
    {"timestamp":"2026-06-30T00:00:04.000Z","type":"event_msg","payload":{"type":"mcp_tool_call_begin","call_id":"c2","invocation":{"server":"db","tool":"query","arguments":{"sql":"x"}}}}
    {"timestamp":"2026-06-30T00:00:05.000Z","type":"event_msg","payload":{"type":"mcp_tool_call_end","call_id":"c2","result":{"Ok":{"content":[{"type":"text","text":"1"}],"isError":false}}}}
    """#
  static let swe = #"""
    {"environment": "swe_main", "trajectory": [{"action": "ls -F\n", "observation": "a b", "response": "r", "state": "{}", "thought": "look"}],
     "history": [{"role": "system", "content": "x"}], "info": {"exit_status": "submitted"}}
    """#
  static let openHands = #"""
    {"id":"1","timestamp":"2026-06-16T05:39:48.701247","source":"agent","thought":[{"type":"text","text":"T"}],"action":{"command":"id","kind":"TerminalAction"},"tool_name":"terminal","tool_call_id":"k","kind":"ActionEvent"}
    {"id":"2","timestamp":"2026-06-16T05:39:49.701247","source":"environment","tool_name":"terminal","tool_call_id":"k","observation":{"content":[{"type":"text","text":"root"}],"is_error":false,"exit_code":0},"kind":"ObservationEvent"}
    """#
  static let mini = #"""
    [{"role":"system","content":"s"},{"role":"assistant","content":"I do\n\n```bash\nls -l\n```\nok"},{"role":"user","content":"<returncode>2</returncode>\n<output>x</output>"}]
    """#
  static let gemini = #"""
    {"method":"generateContentStream","response":[{"candidates":[{"content":{"parts":[{"text":"Hel"}],"role":"model"}}]},{"candidates":[{"content":{"parts":[{"text":"lo"},{"functionCall":{"name":"run_shell_command","args":{"command":"pwd"}}}],"role":"model"}}]}]}
    """#
  static let mcp = #"""
    {"timestamp":"2026-01-01T00:00:00Z","direction":"client","message":{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"query","arguments":{"sql":"SELECT 1"}}}}
    {"timestamp":"2026-01-01T00:00:01Z","direction":"server","message":{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"1"}],"isError":false}}}
    """#
  static let ndjson = #"""
    {"t":0,"type":"session.start","format":1,"store":"s","session":"01ARZ3NDEKTSV4RRFFQ69G5FAV","kind":"database","start":"2026-01-02T03:04:05.678Z","agent":{"issuer":"i","uid":"them"},"argv":["x"]}
    {"t":0,"type":"session.salt","key":"abc"}
    {"t":5,"type":"database.query","text":"SELECT 1"}
    {"t":9,"type":"database.result","caused_by":2,"rows":1}
    {"t":12,"type":"session.end","reason":"client","exit_code":0}
    """#
  static let openCode = #"""
    {"id":"s","created_at":"2026-06-30T00:20:00+00:00","role":"user","content":"Search"}
    {"id":"s","tool":"bash","arguments":{"command":"grep x"},"observation":"none"}
    """#

  /// One file of each format that is a single file.
  static let files: [(format: ImportFormat, bytes: [UInt8])] = [
    (.asciicast1, Array(cast1.utf8)), (.asciicast2, Array(cast2.utf8)),
    (.asciicast3, Array(cast3.utf8)), (.ttyrec, ttyrec), (.tlog, Array(tlog.utf8)),
    (.typescript, Array(typescript.utf8)), (.claudeCode, Array(claude.utf8)),
    (.codex, Array(codex.utf8)), (.sweAgent, Array(swe.utf8)),
    (.openHands, Array(openHands.utf8)), (.chat, Array(mini.utf8)),
    (.gemini, Array(gemini.utf8)), (.mcp, Array(mcp.utf8)), (.openCode, Array(openCode.utf8)),
    (.ndjson, Array(ndjson.utf8)),
  ]
}

/// A store in memory and sources beside it.
struct ImportBox {
  let disk = FaultyFiles()
  let box: TestStore

  init() throws { box = try TestStore(on: disk) }

  var importer: Importer {
    Importer(box.store, box.state, clock: box.clock, sources: disk, spool: "/in")
  }

  func plant(_ bytes: [UInt8], at path: String = "/in/recording") -> String {
    disk.plant(path, bytes)
    return path
  }

  func run(
    _ input: ImportRequest.Input, _ change: (inout ImportRequest) -> Void = { _ in }
  ) throws -> ImportedSession {
    var request = ImportRequest(input, agent: Identity(issuer: "i", uid: "a"))
    change(&request)
    return try importer.run(request)
  }

  func run(_ bytes: [UInt8], _ change: (inout ImportRequest) -> Void = { _ in }) throws
    -> ImportedSession
  {
    try run(.path(plant(bytes)), change)
  }

  /// Imports and returns the session's events from the third on, as JSON.
  func events(_ bytes: [UInt8], _ change: (inout ImportRequest) -> Void = { _ in }) throws
    -> [JSONValue]
  {
    try events(of: run(bytes, change))
  }

  func events(of session: ImportedSession) throws -> [JSONValue] {
    try box.lines(of: session.id).dropFirst(2).map { try JSONValue(parsing: $0) }
  }

  /// The session's events but the last, each as its time, if that is wanted, its type, and what some fields say.
  func told(of session: ImportedSession, _ fields: [String], timed: Bool = true) throws -> [String]
  {
    try events(of: session).dropLast().map { event in
      var text = timed ? "\(event.time) \(event.type)" : event.type
      for field in fields {
        switch event[field] {
        case .string(let value)?: text += " \(value)"
        case .integer(let value)?: text += " \(value)"
        case .bool(let value)?: text += " \(value)"
        default: break
        }
      }
      return text
    }
  }

  func start(of session: ImportedSession) throws -> JSONValue {
    try JSONValue(parsing: box.lines(of: session.id)[0])
  }
}

extension JSONValue {
  /// The bytes of `data` or `data64`.
  var payload: [UInt8]? {
    if let text = self["data"]?.string { return Array(text.utf8) }
    return self["data64"]?.string.flatMap { Base64.decode($0) }
  }
  var type: String { self["type"]?.string ?? "" }
  var time: Int64 { self["t"]?.integer ?? -1 }
}

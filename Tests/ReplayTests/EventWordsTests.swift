import Platform
import SessionLog
import Testing

@testable import Replay

/// What the list of events and the details say: what was asked, what the policy said, who approved, for whom.
@Suite struct EventWordsTests {
  private func words(_ json: String) -> EventWords {
    EventWords(EventLine(sequence: 1, bytes: Array("{\"t\":1,\(json)}".utf8)), start: nil)
  }

  @Test(arguments: [
    (
      #""type":"policy.decision","rule":"r","outcome":"block","enforced":true,"reason":"no","policy":{"name":"p","version":"3"}"#,
      "BLOCKED: rule r · no · p 3"
    ),
    // What was only watched went through.
    (
      #""type":"policy.decision","rule":"r","outcome":"block","enforced":false"#,
      "WOULD BLOCK: not enforced · rule r"
    ),
    (
      #""type":"policy.decision","rule":"r","outcome":"mask","enforced":false"#,
      "WOULD MASK: not enforced · rule r"
    ),
    (
      #""type":"policy.decision","rule":"r","outcome":"allow","enforced":false"#, "allowed: rule r"
    ),
    (
      #""type":"approval.request","need":2,"groups":["dba","sec"],"risk":"high","reason":"why""#,
      "asks: needs 2 of dba, sec · risk high · why"
    ),
    (
      #""type":"approval.vote","approver":{"uid":"b","kind":"agent"},"verdict":"approve","mfa":true"#,
      "vote: by b (agent) · approve · MFA"
    ),
    (#""type":"approval.consumed","uses":1,"max_uses":2"#, "used: use 1 of 2"),
    (#""type":"approval.cancelled","reason":"late""#, "CANCELLED: late"),
    (
      #""type":"approval.break_glass","who":{"uid":"d"},"justification":"fire""#,
      "BREAK GLASS: by d · fire"
    ),
    (
      #""type":"masking.missed","info_type":"iban","found":3,"masked":1,"object":"t","field":"c""#,
      "MISSED: 2 of 3 × iban let through in t.c"
    ),
    (
      #""type":"masking.error","info_type":"card","reason":"crashed""#,
      "NOT MASKED: card · crashed"
    ),
    (#""type":"database.result","rows":1,"sqlstate":"00000""#, "result: 1 row"),
    (#""type":"database.result","rows":0,"sqlstate":"42501""#, "result: SQLSTATE 42501 · 0 rows"),
    (#""type":"auth.attempt","status":2,"method":"oidc""#, "login: FAILED · oidc"),
    (
      #""type":"auth.attempt","status":1,"method":"oidc","src":{"ip":"10.0.0.1"}"#,
      "login: oidc · from 10.0.0.1"
    ),
    (
      #""type":"kubernetes.request","stage":"RequestReceived","verb":"get","api_resource":"pods""#,
      "request: get pods"
    ),
    (
      #""type":"kubernetes.request","stage":"ResponseComplete","verb":"get","api_resource":"pods","code":403"#,
      "response: get pods  → 403"
    ),
    (
      #""type":"mcp.catalog","tools":[{"name":"a"},{"name":"b","changed":true}]"#,
      "CHANGED: b · 2 tools: a, b"
    ),
    (
      #""type":"mcp.result","method":"tools/list","message":{"result":{"tools":[{"name":"a"}]}}"#,
      "result: tools/list · 1 tool"
    ),
    (
      #""type":"policy.activate","policy":{"name":"p","version":"4"},"author":{"uid":"e"},"approver":{"uid":"m"}"#,
      "policy: activate · p 4 · by e · accepted by m"
    ),
    (
      #""type":"identity.change","identity":{"uid":"b"},"change":"role","role":"admin""#,
      "identity: role · b · admin"
    ),
    (#""type":"clock.step","delta_us":-5000000"#, "CLOCK: set 5s back"),
    (
      #""type":"process.stderr","data":"Traceback\n  line 3\n""#, "stderr: Traceback line 3"
    ),
    (
      #""type":"audit.query","who":{"uid":"0","name":"root"},"verb":"search","purpose":"inc-7""#,
      "query: search · by root · inc-7"
    ),
    (
      #""type":"tool.result","exit_code":2,"text":"no such file""#,
      "error: exit code 2 · no such file"
    ),
    (
      #""type":"recorder.recovered","first":5,"last":9,"cut_bytes":70"#,
      "RECOVERED: the recorder had stopped · 5 lines without a commit · 70 B put aside"
    ),
    (#""type":"acme.thing","a":1"#, "acme.thing: a=1"),
  ])
  func `each event is told in the words of who reads it`(_ json: String, _ wanted: String) {
    let words = words(json)
    #expect("\(words.label): \(words.text)" == wanted)
  }

  /// Whatever numbers an event holds, it is told.
  @Test(arguments: [Int64.min, -1, .max])
  func `no number is too large or too small to be told`(_ number: Int64) {
    let names = [
      "found", "masked", "count", "bytes", "rows", "dur_us", "delta_us", "offset_us", "first",
      "last", "cut_bytes", "exit_code", "signal", "code", "status", "uses", "max_uses", "need",
      "lost", "cols", "subject", "caused_by", "executed", "latency_us",
    ]
    let fields = names.map { "\"\($0)\":\(number)" }.joined(separator: ",")
    for type in [
      "session.end", "terminal.resize", "terminal.command", "database.result", "http.response",
      "kubernetes.request", "mcp.result", "mcp.catalog", "policy.decision", "approval.request",
      "approval.consumed", "masking.applied", "masking.missed", "auth.attempt", "clock.step",
      "clock.sync", "recorder.gap", "recorder.recovered", "tool.result", "audit.query", "x.y",
    ] {
      let json = "\"type\":\"\(type)\",\(fields)"
      #expect(!words(json).label.isEmpty)
      #expect(details(json).count > names.count / 2)
    }
  }

  @Test func `a decision that was only watched does not look like one that was enforced`() {
    let watched = words(#""type":"policy.decision","rule":"r","outcome":"block","enforced":false"#)
    let enforced = words(#""type":"policy.decision","rule":"r","outcome":"block","enforced":true"#)
    #expect(watched.tone == .warn && enforced.tone == .bad)
  }

  @Test(arguments: [
    (#""outcome":"block","enforced":true"#, [MarkKind.decision, .denial]),
    (#""outcome":"block""#, [.decision, .denial]),
    (#""outcome":"block","enforced":false"#, [.decision]),
    (#""outcome":"mask","enforced":false"#, [.decision]),
    (#""outcome":"mask""#, [.decision, .mask]),
  ])
  func `a step to a denial leads to nothing that was let through`(
    _ fields: String, _ kinds: [MarkKind]
  ) {
    let line = Array("{\"t\":1,\"type\":\"policy.decision\",\(fields)}".utf8)
    guard let header = LineHeader(line.span) else {
      Issue.record("no line: \(fields)")
      return
    }
    let found = Marks.kinds(line.span, header)
    #expect(found == kinds)
  }

  // MARK: who

  private func start(_ change: (inout SessionStart) -> Void = { _ in }) -> SessionStart {
    var start = SessionStart(
      store: "s", session: SessionID(milliseconds: 1, random: []), kind: "database", start: 0,
      bootID: "b", agent: Identity(issuer: "i", uid: "agent-7"), after: (0, .zero))
    start.agent.name = "biller"
    start.agent.model = "model-1"
    start.principal = Identity(issuer: "i", uid: "alice@example.com")
    start.principal?.name = "Alice"
    start.resource = Resource(kind: "database", uid: "pg:orders", environment: "production")
    change(&start)
    return start
  }

  @Test(arguments: [
    (80, "biller (model-1) for Alice → pg:orders (production)"),
    (45, "biller for Alice → pg:orders (production)"),
    (35, "biller for Alice → pg:orders"), (10, "biller for Alice → pg:orders"),
  ])
  func `who acts for whom on what stays when there is little room`(
    _ columns: Int, _ wanted: String
  ) {
    #expect(IdentityWords(start()).text(fitting: columns) == wanted)
  }

  @Test func `that nobody stands behind an agent is said`() {
    let words = IdentityWords(start { $0.principal = nil })
    #expect(words.who == "biller (no principal)")
    #expect(words.text.hasPrefix("biller (model-1) (no principal) → "))
  }

  @Test func `an imported session happened when its source says`() {
    let own = ClockStyle(start { $0.start = 1_763_800_000_000_000 })
    #expect(own.date(1_000_000) == "2025-11-22T08:26:41.000Z")
    var imported = Imported(
      name: "a", format: "claude-code", sha256: .zero, bytes: 1, salvaged: false)
    imported.at = 1_700_000_000_000_000
    let told = ClockStyle(start { $0.imported = imported })
    #expect(told.date(1_000_000) == "2023-11-14T22:13:21.000Z (as imported)")
    imported.at = nil
    #expect(ClockStyle(start { $0.imported = imported }).date(0) == nil)
  }

  // MARK: details

  private func details(_ json: String, width: Int = 60) -> [String] {
    let event = EventLine(sequence: 1, bytes: Array("{\"t\":1,\(json)}".utf8))
    return DetailText.lines(
      of: DetailText.Subject(
        number: 1, event: event, words: EventWords(event, start: nil), clock: ClockStyle()),
      width: width, toggled: []
    ).map { $0.spans.map(\.text).joined() }
  }

  @Test func `names of people and policies stand in one line, sentences beside their name`() {
    let lines = details(
      #""type":"approval.vote","approver":{"issuer":"i","uid":"b@x","kind":"human","name":"Bob"},"verdict":"approve","protocol_version":"1","comment":"a comment that is too long for what is left of this line""#
    )
    #expect(lines.contains("▸ approver          Bob · b@x · human"))
    #expect(lines.contains("  protocol_version  1"))
    #expect(lines.contains("  comment           a comment that is too long for what is"))
    #expect(lines.contains("                    left of this line"))
  }

  @Test func `line 0 begins with why, who and for whom`() {
    let lines = details(
      #""type":"session.start","format":1,"host":"h","agent":{"uid":"a"},"principal":{"uid":"p"},"delegation":[{"uid":"d2","sub":{"uid":"p","name":"Alice"},"act":[{"uid":"a"},{"uid":"o","name":"planner"}],"proof":"missing"}],"purpose":"month end""#
    )
    #expect(
      Array(lines.dropFirst(2).prefix(4)) == [
        "  acts for    Alice → planner → a  UNPROVEN", "  purpose     month end",
        "▸ agent       a", "▸ principal   p",
      ])
  }

  @Test func `a table fits its pane where it can, its widest columns giving way`() {
    let row =
      #"{"id":1,"customer":"a name of some thirty columns","note":"漢字漢字漢字漢字漢字漢字","total":12.5}"#
    let narrow = details(#""type":"database.result","sample":[\#(row),\#(row)]"#, width: 48)
    #expect(narrow.contains("    id  customer         note              total"))
    #expect(narrow.contains("     1  a name of some…  漢字漢字漢字漢…    12.5"))
    let wide = details(#""type":"database.result","sample":[\#(row),\#(row)]"#, width: 90)
    #expect(wide.contains { $0.contains("a name of some thirty columns  漢字漢字漢字漢字漢字漢字") })
  }

  @Test func `what a tool was asked and answered is open, the message around it folded`() {
    let rows = (0..<30).map { #"{"id":\#($0),"x":"y"}"# }.joined(separator: ",")
    let lines = details(
      #""type":"mcp.result","method":"tools/call","message":{"jsonrpc":"2.0","result":{"rows":[\#(rows)]}}"#
    )
    #expect(lines.contains("▾ result  {1}"))
    #expect(lines.contains { $0.hasSuffix("29  y") })
    #expect(lines.last?.hasPrefix("▸ message") == true)
  }
}

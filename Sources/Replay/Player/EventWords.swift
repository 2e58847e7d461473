internal import SessionLog
internal import Text

/// An event in one line, in the words of who reads it: what was asked, decided, answered.
///
/// Its texts come from the recording as they are; `Frame.put` encodes them.
struct EventWords: Sendable, Equatable {
  /// At most 11 columns where it is one of ours.
  var label: String
  var text: String
  var tone: Tone = .plain

  private static let parsed = 256 << 10
  private static let snippet = 300

  init(_ label: String, _ text: String, _ tone: Tone = .plain) {
    (self.label, self.text, self.tone) = (label, text, tone)
  }

  static let withheld = EventWords("withheld", "erased: only the hash of it is left", .dim)

  init(_ event: EventLine?, start: SessionStart?) {
    guard let event else {
      self = .withheld
      return
    }
    guard event.bytes.count <= Self.parsed else {
      self.init(event.type, ByteCountText.text(Int64(event.bytes.count)))
      return
    }
    let json: JSONValue
    do { json = try event.json() } catch {
      self.init(event.type, "(not well-formed JSON)", .warn)
      return
    }
    let facts = EventFacts(json: json)
    self =
      Self.session(event, facts, start) ?? Self.terminal(event, facts)
      ?? Self.gateway(event, facts) ?? Self.governance(event, facts) ?? Self.agent(event, facts)
      ?? Self.recorder(event, facts)
      ?? EventWords(event.type, EventSummary.details(event, limit: Self.snippet))
  }

  // MARK: families

  private static func session(
    _ event: EventLine, _ facts: EventFacts, _ start: SessionStart?
  ) -> EventWords? {
    switch event.type {
    case "session.start":
      let what = start.map { $0.command.joined(separator: " ") } ?? ""
      let resource = start?.resource.map { $0.kind + " " + $0.uid } ?? ""
      let parts = [start?.kind ?? "", resource, what].filter { !$0.isEmpty }
      return EventWords("start", parts.joined(separator: " · "), .info)
    case "session.salt": return EventWords("salt", "key that hides erased lines", .dim)
    case "session.end":
      let code = facts.integer("exit_code").map { "exit code \($0)" }
      let signal = facts.integer("signal").map { "signal \($0)" }
      let parts = [facts.text("reason"), code, signal].compactMap { $0 }
      let isFine = facts.text("reason") == "client" && (facts.integer("exit_code") ?? 0) == 0
      return EventWords("end", parts.joined(separator: ", "), isFine ? .info : .warn)
    default: return nil
    }
  }

  private static func terminal(_ event: EventLine, _ facts: EventFacts) -> EventWords? {
    switch event.type {
    case "terminal.output", "process.stderr":
      return EventWords(event.type == "terminal.output" ? "output" : "stderr", data(facts), .dim)
    case "terminal.input": return EventWords("input", data(facts), .info)
    case "terminal.resize":
      let size = "\(facts.integer("cols") ?? 0)×\(facts.integer("rows") ?? 0)"
      return EventWords("resize", size, .dim)
    case "terminal.command":
      let code = facts.integer("exit_code")
      let failed = code.map { $0 != 0 } ?? false
      let tail = failed ? "  → exit code \(code ?? 0)" : ""
      return EventWords(
        "command", line(facts.text("text", "command")) + tail, failed ? .warn : .strong)
    default: return nil
    }
  }

  private static func gateway(_ event: EventLine, _ facts: EventFacts) -> EventWords? {
    switch event.type {
    case "http.request":
      let target = [facts.text("host"), facts.text("path", "url")].compactMap { $0 }.joined()
      return EventWords("request", line((facts.text("method") ?? "") + " " + target), .strong)
    case "kubernetes.request":
      let object = [
        facts.text("namespace"), facts.text("api_resource", "resource"), facts.text("name"),
        facts.text("subresource"),
      ].joined(nonEmpty: "/")
      let code = facts.integer("code").map { "  → \($0)" } ?? ""
      let user = facts.text("impersonated").map { "  as " + $0 } ?? ""
      return EventWords(
        "request", line((facts.text("verb") ?? "") + " " + object) + user + code,
        (facts.integer("code") ?? 0) >= 400 ? .warn : .strong)
    case "mcp.call":
      return EventWords("call", call(facts), .strong)
    case "mcp.result":
      let failed = facts.value("is_error")?.bool == true || facts.integer("code") != nil
      let text = facts.text("name", "method") ?? ""
      let body = content(facts.value("message.result") ?? facts.value("message.error"))
      return EventWords(
        failed ? "error" : "result", line([text, took(facts), body].joined(nonEmpty: "  ")),
        failed ? .warn : .plain)
    case "mcp.catalog":
      let tools = facts.value("tools")?.array ?? []
      let changed = tools.filter { $0["changed"]?.bool == true }
      let names = tools.prefix(8).compactMap { $0["name"]?.string }.joined(separator: ", ")
      let note = changed.isEmpty ? "" : "\(changed.count) changed: "
      return EventWords("tools", line(note + names), changed.isEmpty ? .plain : .warn)
    case "mcp.notification": return EventWords("notice", line(facts.text("method")), .dim)
    default: break
    }
    if let words = other(event, facts) { return words }
    if event.type.hasSuffix(".query") {
      return EventWords("query", line(facts.text("text", "statement", "query", "sql")), .strong)
    }
    if event.type.hasSuffix(".result") || event.type.hasSuffix(".response"),
      !event.type.hasPrefix("tool.")
    {
      return EventWords(
        "result", result(facts), facts.text("sqlstate", "error") != nil ? .warn : .plain)
    }
    return nil
  }

  /// Logins, files, channels and tunnels.
  private static func other(_ event: EventLine, _ facts: EventFacts) -> EventWords? {
    let direction = facts.text("direction") == "to_client" ? "to the client" : nil
    switch event.type {
    case "database.connect":
      return EventWords(
        "connect",
        line(
          [facts.text("dbms"), facts.text("database"), facts.text("role").map { "as " + $0 }]
            .joined(nonEmpty: " ")), .strong)
    case "ssh.channel":
      return EventWords(
        "channel",
        line(
          [facts.text("request") ?? "open", facts.text("kind"), facts.text("text"), direction]
            .joined(nonEmpty: " ")), .strong)
    case "file.transfer":
      let how = direction == nil ? "upload" : "download"
      return EventWords(how, line(facts.text("path")), .strong)
    case "tunnel.open":
      let port = facts.integer("dest.port").map { ":\($0)" } ?? ""
      return EventWords("tunnel", line((facts.text("dest.host", "dest.ip") ?? "") + port), .strong)
    case "tunnel.close": return EventWords("tunnel", line(facts.text("reason") ?? "closed"))
    default: return nil
    }
  }

  private static func governance(_ event: EventLine, _ facts: EventFacts) -> EventWords? {
    let reason = facts.text("reason", "detail", "comment", "justification")
    switch event.type {
    case "policy.decision":
      let outcome = Outcome(facts.text("outcome", "decision", "disposition"))
      let watched = facts.value("enforced")?.bool == false ? "(not enforced)" : nil
      let rule = facts.text("rule", "rule_id", "policy.rule").map { "rule " + $0 }
      let policy = facts.person("policy", "policy_name")
      return EventWords(
        outcome?.label ?? facts.text("outcome", "decision") ?? "decision",
        line([watched, rule, policy, reason].joined(nonEmpty: " · ")), outcome?.tone ?? .plain)
    case "approval.request":
      let need = facts.value("need").flatMap { $0.integer.map { "needs \($0)" } ?? $0.string }
      return EventWords(
        "asks",
        line([need, facts.text("risk").map { "risk " + $0 }, reason].joined(nonEmpty: " · ")),
        .warn)
    case "approval.vote":
      let verdict = facts.text("verdict", "vote", "decision")
      let outcome = Outcome(verdict)
      return EventWords(
        "vote",
        line([person(facts), verdict, facts.text("channel"), reason].joined(nonEmpty: " · ")),
        outcome == .blocked ? .bad : .good)
    case "approval.granted", "approval.consumed":
      let label = event.type == "approval.granted" ? "APPROVED" : "used"
      return EventWords(label, line([person(facts), reason].joined(nonEmpty: " · ")), .good)
    case "approval.rejected", "approval.expired", "approval.revoked", "approval.break_glass":
      let word = String(event.type.dropFirst(9)).uppercased()
      return EventWords(
        word == "BREAK_GLASS" ? "BREAK GLASS" : word,
        line([person(facts), reason].joined(nonEmpty: " · ")), .bad)
    case "auth.attempt":
      return EventWords("login", line([facts.text("method"), reason].joined(nonEmpty: " · ")))
    default: break
    }
    if event.type.hasPrefix("masking.") { return masking(event, facts) }
    if event.type.hasPrefix("delegation.") {
      let word = String(event.type.dropFirst(11))
      return EventWords(
        "delegation", line([word, facts.text("uid"), reason].joined(nonEmpty: " · ")),
        word == "rejected" || word == "revoked" ? .bad : .plain)
    }
    return nil
  }

  private static func masking(_ event: EventLine, _ facts: EventFacts) -> EventWords {
    let count = facts.integer("masked", "count")
    let kind = facts.text("info_type", "kind", "detector")
    let place = [facts.text("object"), facts.text("field")].joined(nonEmpty: ".")
    let how = facts.text("method")
    var text = [count.map { "\($0) ×" }, kind].joined(nonEmpty: " ")
    if !place.isEmpty { text += " in " + place }
    if let how { text += " (" + how + ")" }
    if let found = facts.integer("found"), let count, found > count {
      return EventWords("MISSED", line("\(found - count) of \(found) left: " + text), .bad)
    }
    let isApplied = event.type == "masking.applied"
    return EventWords(isApplied ? "masked" : "NOT MASKED", line(text), isApplied ? .warn : .bad)
  }

  private static func agent(_ event: EventLine, _ facts: EventFacts) -> EventWords? {
    switch event.type {
    case "agent.message":
      let role = facts.text("role").map { $0 == "assistant" ? "agent" : $0 } ?? "says"
      return EventWords(
        role, line(content(facts.value("text") ?? facts.value("content"))),
        role == "user" ? .info : .plain)
    case "agent.thought":
      return EventWords(
        "thinks", line(content(facts.value("text") ?? facts.value("content"))), .dim)
    case "agent.note": return EventWords("note", line(facts.text("text", "note", "kind")), .dim)
    case "tool.call": return EventWords("call", call(facts), .strong)
    case "tool.result":
      let failed = facts.value("is_error")?.bool == true
      let body = content(
        facts.value("text") ?? facts.value("content") ?? facts.value("output")
          ?? facts.value("result"))
      return EventWords(failed ? "error" : "result", line(body), failed ? .warn : .plain)
    default: return nil
    }
  }

  private static func recorder(_ event: EventLine, _ facts: EventFacts) -> EventWords? {
    switch event.type {
    case "recorder.gap":
      let lost = facts.value("lost").map { $0.integer.map { ByteCountText.text($0) } ?? flat($0) }
      return EventWords("GAP", line([facts.text("reason"), lost].joined(nonEmpty: " · ")), .bad)
    case "recorder.recovered": return EventWords("RECOVERED", "the recorder had stopped", .warn)
    default: break
    }
    if event.type.hasPrefix("marker.") {
      return EventWords("marker", line(facts.text("label", "text", "note") ?? "(no label)"), .info)
    }
    return nil
  }

  // MARK: parts

  private static func person(_ facts: EventFacts) -> String? {
    facts.person("approver", "approvers", "by", "who", "actor").map { "by " + $0 }
  }

  private static func call(_ facts: EventFacts) -> String {
    let name = facts.text("name", "tool", "method") ?? ""
    let method = facts.text("method")
    let head =
      method == "tools/call" || method == nil || method == name ? name : (method ?? "") + " " + name
    let args =
      facts.value("args") ?? facts.value("input") ?? facts.value("arguments")
      ?? facts.value("message.params.arguments") ?? facts.value("json")
    return line([head, args.map(flat)].joined(nonEmpty: "  "))
  }

  private static func result(_ facts: EventFacts) -> String {
    let rows =
      facts.integer("rows", "row_count") ?? facts.value("rows")?.array.map { Int64($0.count) }
    let status = facts.integer("status", "code").map { "status \($0)" }
    return line(
      [
        facts.text("sqlstate").map { "SQLSTATE " + $0 }, facts.text("error", "detail"), status,
        rows.map { $0 == 1 ? "1 row" : "\($0) rows" },
        facts.integer("bytes").map { ByteCountText.text($0) }, took(facts),
      ].joined(nonEmpty: "  "))
  }

  private static func took(_ facts: EventFacts) -> String? {
    facts.integer("dur_us", "duration_us").map { DurationText.text(microseconds: $0) }
  }

  private static func data(_ facts: EventFacts) -> String {
    if let text = facts.text("data") {
      return TerminalText.line(String(text.unicodeScalars.prefix(snippet)), limit: snippet)
    }
    return facts.text("data64").map {
      "(\(ByteCountText.text(Int64($0.utf8.count / 4 * 3))), not text)"
    } ?? ""
  }

  /// The text in a message's content, whatever its form.
  static func content(_ value: JSONValue?) -> String {
    guard let value else { return "" }
    switch value {
    case .string(let text): return text
    case .array(let parts):
      return parts.prefix(6).map { content($0) }.filter { !$0.isEmpty }.joined(separator: " ")
    case .object:
      for name in ["text", "content", "message", "output"] {
        if let inner = value[name] { return content(inner) }
      }
      return flat(value)
    default: return flat(value)
    }
  }

  /// Any value in one line, cut where it is deep or long.
  static func flat(_ value: JSONValue) -> String { flat(value, depth: 0) }

  private static func flat(_ value: JSONValue, depth: Int) -> String {
    switch value {
    case .null: "null"
    case .bool(let flag): flag ? "true" : "false"
    case .integer(let number): String(number)
    case .number(let text): text
    case .string(let text): String(text.unicodeScalars.prefix(snippet))
    case .array(let values):
      depth > 1
        ? "[\(values.count)]"
        : "[" + values.prefix(6).map { flat($0, depth: depth + 1) }.joined(separator: ", ")
          + (values.count > 6 ? ", …]" : "]")
    case .object(let members):
      depth > 1
        ? "{\(members.count)}"
        : members.prefix(8).map { $0.name + "=" + flat($0.value, depth: depth + 1) }.joined(
          separator: " ") + (members.count > 8 ? " …" : "")
    }
  }

  /// One line of at most `snippet` scalars, white space collapsed.
  private static func line(_ text: String?) -> String {
    guard let text else { return "" }
    var result = String.UnicodeScalarView()
    var (count, wasSpace) = (0, true)
    for scalar in text.unicodeScalars {
      let isSpace = scalar == " " || scalar == "\n" || scalar == "\r" || scalar == "\t"
      if isSpace, wasSpace { continue }
      result.append(isSpace ? " " : scalar)
      wasSpace = isSpace
      count += 1
      if count >= snippet { break }
    }
    while result.last == " " { result.removeLast() }
    return String(result)
  }
}

extension [String?] {
  fileprivate func joined(nonEmpty separator: String) -> String {
    compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: separator)
  }
}

extension [String] {
  fileprivate func joined(nonEmpty separator: String) -> String {
    filter { !$0.isEmpty }.joined(separator: separator)
  }
}

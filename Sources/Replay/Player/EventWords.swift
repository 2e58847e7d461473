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
      ?? Self.reading(event, facts) ?? Self.gateway(event, facts) ?? Self.governance(event, facts)
      ?? Self.agent(event, facts)
      ?? Self.recorder(event, facts)
      ?? EventWords(event.type, EventSummary.details(event, limit: Self.snippet))
  }

  /// With who did it, where the event itself does not say so.
  func by(_ people: [String]) -> EventWords {
    guard !people.isEmpty else { return self }
    var words = self
    let names = "by " + people.joined(separator: ", ")
    words.text = text.isEmpty ? names : names + " · " + text
    return words
  }

  // MARK: session and terminal

  private static func session(
    _ event: EventLine, _ facts: EventFacts, _ start: SessionStart?
  ) -> EventWords? {
    switch event.type {
    case "session.start": return begins(start ?? parsed(event))
    case "session.salt": return EventWords("salt", "key that hides erased lines", .dim)
    case "session.end":
      let code = facts.integer("exit_code").map { "exit code \($0)" }
      let signal = facts.integer("signal").map { "signal \($0)" }
      let parts = [facts.text("reason"), code, signal].compactMap { $0 }
      let isFine = facts.text("reason") == "client" && (facts.integer("exit_code") ?? 0) == 0
      return EventWords("end", parts.joined(separator: ", "), isFine ? .info : .warn)
    case "session.join", "session.leave":
      let who = facts.person("viewer")
      return EventWords(
        event.type == "session.join" ? "joined" : "left",
        line([who, facts.text("mode"), facts.text("client")].joined(nonEmpty: " · ")), .info)
    default: return nil
    }
  }

  /// Line 0 of a session of a merged timeline.
  private static func parsed(_ event: EventLine) -> SessionStart? {
    do throws(JSONFault) { return try SessionStart(parsing: event.bytes.span) } catch { return nil }
  }

  /// Who begins, for whom, on what, and why.
  private static func begins(_ start: SessionStart?) -> EventWords {
    guard let start else { return EventWords("start", "", .info) }
    if start.isMerged { return EventWords("start", "sessions of " + start.merged, .info) }
    let resource = start.resource.map { ($0.kind == start.kind ? "" : $0.kind + " ") + $0.uid }
    let parts: [String?] = [
      IdentityWords(start).who, start.kind + (resource.map { " " + $0 } ?? ""),
      start.command.joined(separator: " "), start.name, start.purpose,
    ]
    return EventWords("start", line(parts.joined(nonEmpty: " · ")), .info)
  }

  private static func terminal(_ event: EventLine, _ facts: EventFacts) -> EventWords? {
    switch event.type {
    case "terminal.output": return EventWords("output", data(facts), .dim)
    case "process.stderr": return EventWords("stderr", line(data(facts, isText: true)), .dim)
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

  // MARK: parts

  static func person(_ facts: EventFacts, _ prefix: String = "by ") -> String? {
    facts.person("approver", "approvers", "requester", "by", "who", "actor").map { prefix + $0 }
  }

  static func call(_ facts: EventFacts) -> String {
    let name = facts.text("name", "tool", "method") ?? ""
    let method = facts.text("method")
    let head =
      method == "tools/call" || method == nil || method == name ? name : (method ?? "") + " " + name
    let args =
      facts.value("args") ?? facts.value("input") ?? facts.value("arguments")
      ?? facts.value("message.params.arguments") ?? facts.value("json")
    return line([head, args.map(flat)].joined(nonEmpty: "  "))
  }

  static func took(_ facts: EventFacts) -> String? {
    facts.integer("dur_us", "duration_us").map { DurationText.text(microseconds: $0) }
  }

  private static func data(_ facts: EventFacts, isText: Bool = false) -> String {
    if let text = facts.text("data") {
      let shown = String(text.unicodeScalars.prefix(snippet))
      // White space of a message tells nothing; that of a screen's output moves things.
      return isText ? shown : TerminalText.line(shown, limit: snippet)
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
      for name in ["text", "content", "contents", "message", "output"] {
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
  static func line(_ text: String?) -> String {
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
  func joined(nonEmpty separator: String) -> String {
    compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: separator)
  }
}

extension [String] {
  func joined(nonEmpty separator: String) -> String {
    filter { !$0.isEmpty }.joined(separator: separator)
  }
}

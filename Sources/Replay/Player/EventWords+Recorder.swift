internal import SessionLog
internal import Text

/// What agents' transcripts, recorders, clocks and readers say.
extension EventWords {
  static func agent(_ event: EventLine, _ facts: EventFacts) -> EventWords? {
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
      let code = facts.integer("exit_code").flatMap { $0 == 0 ? nil : "exit code \($0)" }
      let failed = facts.value("is_error")?.bool == true || code != nil
      let body = content(
        facts.value("text") ?? facts.value("content") ?? facts.value("output")
          ?? facts.value("result"))
      return EventWords(
        failed ? "error" : "result", line([code, body].joined(nonEmpty: " · ")),
        failed ? .warn : .plain)
    default: return nil
    }
  }

  static func recorder(_ event: EventLine, _ facts: EventFacts) -> EventWords? {
    let reason = facts.text("reason", "detail")
    switch event.type {
    case "recorder.gap":
      let lost = facts.value("lost").map { $0.integer.map { ByteCountText.text($0) } ?? flat($0) }
      return EventWords("GAP", line([reason, lost].joined(nonEmpty: " · ")), .bad)
    case "recorder.recovered": return EventWords("RECOVERED", recovered(facts), .warn)
    case "recorder.pause":
      return EventWords("PAUSED", line([person(facts), reason].joined(nonEmpty: " · ")), .bad)
    case "recorder.resume":
      return EventWords("resumed", line([person(facts), reason].joined(nonEmpty: " · ")), .warn)
    case "recorder.fail":
      return EventWords("FAILED", line(["the recorder", reason].joined(nonEmpty: " · ")), .bad)
    case "recorder.config":
      let setting = facts.text("setting").map { $0 + "=" + flat(facts.value("value") ?? .null) }
      let parts: [String?] = [
        facts.text("source"), facts.text("server"), setting, person(facts), reason,
      ]
      return EventWords("config", line(parts.joined(nonEmpty: " · ")), .dim)
    case "recorder.start", "recorder.stop", "recorder.rotate", "recorder.seal":
      return EventWords(
        "recorder",
        line([String(event.type.dropFirst(9)), reason].joined(nonEmpty: " · ")), .dim)
    case "clock.step":
      let delta = facts.integer("delta_us") ?? 0
      let size = DurationText.text(microseconds: Int64(clamping: delta.magnitude))
      return EventWords("CLOCK", "set " + size + (delta < 0 ? " back" : " forward"), .warn)
    case "clock.sync":
      let offset = facts.integer("offset_us").map { DurationText.text(microseconds: $0) + " ahead" }
      return EventWords(
        "clock", line([offset, facts.text("source")].joined(nonEmpty: " · ")), .dim)
    default: break
    }
    if event.type.hasPrefix("marker.") {
      let risk = facts.text("risk").map { "risk " + $0 }
      let label = facts.text("label", "text", "note", "disposition") ?? "(no label)"
      let author = facts.person("author").map { "by " + $0 }
      return EventWords("marker", line([label, risk, author].joined(nonEmpty: " · ")), .info)
    }
    return nil
  }

  private static func recovered(_ facts: EventFacts) -> String {
    var parts = ["the recorder had stopped"]
    if let first = facts.integer("first"), let last = facts.integer("last"), first >= 0,
      last >= first, last < .max
    {
      let count = last - first + 1
      parts.append("\(count) line\(count == 1 ? "" : "s") without a commit")
    }
    if let cut = facts.integer("cut_bytes"), cut > 0 {
      parts.append(ByteCountText.text(cut) + " put aside")
    }
    return parts.joined(separator: " · ")
  }

  /// Who read evidence.
  static func reading(_ event: EventLine, _ facts: EventFacts) -> EventWords? {
    guard event.type.hasPrefix("audit.") else { return nil }
    let verb = String(event.type.dropFirst(6))
    let parts: [String?] = [
      facts.text("query") ?? facts.text("verb"), facts.person("who").map { "by " + $0 },
      facts.person("on_behalf_of").map { "for " + $0 }, facts.text("purpose"),
    ]
    return EventWords(verb, line(parts.joined(nonEmpty: " · ")), verb == "erase" ? .warn : .plain)
  }
}

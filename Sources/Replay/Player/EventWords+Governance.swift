internal import SessionLog
internal import Text

/// What the policy and people said, and what was masked.
extension EventWords {
  static func governance(_ event: EventLine, _ facts: EventFacts) -> EventWords? {
    if event.type == "policy.decision" { return decision(facts) }
    if event.type.hasPrefix("approval.") { return approval(event, facts) }
    if event.type.hasPrefix("masking.") { return masking(event, facts) }
    let reason = facts.text("reason", "detail")
    switch event.type {
    case "auth.attempt": return login(facts)
    case "identity.change":
      let parts: [String?] = [
        facts.text("change", "action"), facts.person("identity", "subject"), facts.text("role"),
        person(facts), reason,
      ]
      return EventWords("identity", line(parts.joined(nonEmpty: " · ")), .warn)
    case "policy.load", "policy.activate", "policy.rollback", "policy.deactivate":
      let parts: [String?] = [
        String(event.type.dropFirst(7)), policy(facts),
        facts.person("author").map { "by " + $0 },
        facts.person("approver").map { "accepted by " + $0 }, facts.text("change_ref"),
      ]
      return EventWords("policy", line(parts.joined(nonEmpty: " · ")), .info)
    case "resource.classify", "resource.canary":
      let place = [facts.text("object"), facts.text("field")].joined(nonEmpty: ".")
      let parts: [String?] = [
        facts.text("info_type"), place, facts.text("required"), person(facts),
      ]
      return EventWords(
        event.type == "resource.canary" ? "canary" : "classified",
        line(parts.joined(nonEmpty: " · ")), .info)
    default: break
    }
    guard event.type.hasPrefix("delegation.") else { return nil }
    let word = String(event.type.dropFirst(11))
    let parts: [String?] = [
      word, facts.text("uid"), facts.person("sub").map { "for " + $0 },
      facts.text("proof").flatMap { $0 == "missing" ? "UNPROVEN" : $0 }, reason,
    ]
    return EventWords(
      "delegation", line(parts.joined(nonEmpty: " · ")),
      word == "rejected" || word == "revoked" ? .bad : .plain)
  }

  private static func decision(_ facts: EventFacts) -> EventWords {
    let outcome = Outcome(facts.text("outcome", "decision", "disposition"))
    let rule = facts.text("rule", "rule_id", "policy.rule").map { "rule " + $0 }
    let reason = facts.text("reason", "detail", "comment", "justification")
    // What was only watched was let through, and must not look as if it had been stopped.
    let isWatched = facts.value("enforced")?.bool == false
    let parts: [String?] = [
      isWatched && outcome?.watched != nil ? "not enforced" : nil, rule, reason, policy(facts),
    ]
    let label = isWatched ? outcome?.watched ?? outcome?.label : outcome?.label
    return EventWords(
      label ?? facts.text("outcome", "decision") ?? "decision",
      line(parts.joined(nonEmpty: " · ")),
      isWatched && outcome?.watched != nil ? .warn : outcome?.tone ?? .plain)
  }

  private static func policy(_ facts: EventFacts) -> String? {
    [facts.person("policy", "policy_name"), facts.text("policy.version")].joined(nonEmpty: " ")
  }

  private static func approval(_ event: EventLine, _ facts: EventFacts) -> EventWords? {
    let reason = facts.text("reason", "detail", "comment", "justification")
    let word = String(event.type.dropFirst(9))
    switch word {
    case "request":
      let groups = (facts.value("groups")?.array ?? []).compactMap(\.string)
      let of = groups.isEmpty ? "" : " of " + groups.prefix(4).joined(separator: ", ")
      let need = facts.value("need").flatMap { $0.integer.map { "needs \($0)" } ?? $0.string }
      let parts: [String?] = [
        need.map { $0 + of }, facts.text("risk").map { "risk " + $0 }, reason,
        facts.text("ticket"),
      ]
      return EventWords("asks", line(parts.joined(nonEmpty: " · ")), .warn)
    case "vote":
      let verdict = facts.text("verdict", "vote", "decision")
      // A machine's word is no human's.
      let kind = facts.text("approver.kind").flatMap { $0 == "human" ? nil : " (\($0))" } ?? ""
      let parts: [String?] = [
        person(facts).map { $0 + kind }, verdict, facts.text("channel"),
        facts.value("mfa")?.bool == true ? "MFA" : nil, reason,
      ]
      let isAgainst = Outcome(verdict) == .blocked
      return EventWords(
        "vote", line(parts.joined(nonEmpty: " · ")),
        isAgainst ? .bad : verdict == "abstain" ? .plain : .good)
    case "granted":
      return EventWords(
        "APPROVED", line([person(facts), reason].joined(nonEmpty: " · ")), .good)
    case "consumed":
      let most = facts.integer("max_uses").map { " of \($0)" } ?? ""
      let uses = facts.integer("uses").map { "use \($0)" + most }
      return EventWords(
        "used", line([person(facts), uses, reason].joined(nonEmpty: " · ")), .good)
    case "break_glass":
      return EventWords(
        "BREAK GLASS", line([person(facts), reason].joined(nonEmpty: " · ")), .bad)
    case "rejected", "expired", "revoked", "cancelled":
      return EventWords(
        word.uppercased(), line([person(facts), reason].joined(nonEmpty: " · ")),
        word == "cancelled" ? .warn : .bad)
    default: return nil
    }
  }

  private static func login(_ facts: EventFacts) -> EventWords {
    let failed = facts.integer("status") == 2
    let parts: [String?] = [
      failed ? "FAILED" : nil, facts.text("method"), facts.text("user"),
      facts.text("src.ip", "source.ip").map { "from " + $0 }, facts.text("reason", "detail"),
    ]
    return EventWords("login", line(parts.joined(nonEmpty: " · ")), failed ? .bad : .plain)
  }

  private static func masking(_ event: EventLine, _ facts: EventFacts) -> EventWords {
    let count = facts.integer("masked", "count")
    let kind = facts.text("info_type", "kind", "detector")
    // `*` is any field.
    let field = facts.text("field").flatMap { $0 == "*" ? nil : $0 }
    let place = [facts.text("object"), field].joined(nonEmpty: ".")
    let tail =
      (place.isEmpty ? "" : " in " + place) + (facts.text("method").map { " (" + $0 + ")" } ?? "")
    if let found = facts.integer("found"), let count, count >= 0, found > count {
      let what = [kind, "let through" + tail].joined(nonEmpty: " ")
      return EventWords("MISSED", line("\(found - count) of \(found) × " + what), .bad)
    }
    let isApplied = event.type == "masking.applied"
    let text = [count.map { "\($0) ×" }, kind].joined(nonEmpty: " ") + tail
    let reason = isApplied ? nil : facts.text("reason", "detail")
    return EventWords(
      isApplied ? "masked" : "NOT MASKED", line([text, reason].joined(nonEmpty: " · ")),
      isApplied ? .warn : .bad)
  }
}

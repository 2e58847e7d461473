internal import SessionLog
internal import Text

/// In which order the fields of an event stand.
extension DetailText {
  /// The fields that tell most first, then the others as they were recorded.
  mutating func body(_ event: EventLine, _ json: JSONValue, hasLinks: Bool) {
    if json["agent"]?["issuer"]?.string == MergedSource.kind,
      json["kind"]?.string == MergedSource.kind
    {
      return note("Several sessions on one timeline; enter on one of them goes to its start.")
    }
    let members = (json.members ?? []).filter { $0.name != "t" && $0.name != "type" }
    let first = event.type == "session.start" ? Self.identity : Self.loud
    let loud = first.compactMap { name in members.first { $0.name == name } }
    let rest = members.filter { !first.contains($0.name) }
    let quiet = rest.filter { Self.isQuiet($0.name) }
    if event.type == "session.start" { chain(json) }
    if event.type == "mcp.result", let message = json["message"] {
      for name in ["result", "error"] {
        if let value = message[name] { field(name, value, path: name, depth: 0) }
      }
    }
    for member in loud + rest.filter({ !Self.isQuiet($0.name) }) + quiet {
      if event.type == "session.salt", member.name == "key" { continue }
      // What a link shows needs no number.
      if hasLinks, Self.references.contains(member.name), member.value.integer != nil { continue }
      if member.name == "data64", let text = member.value.string,
        let bytes = DetailWrap.base64(text)
      {
        wrapped("data", TerminalText.escaped(bytes), .plain)
        continue
      }
      field(member.name, member.value, path: member.name, depth: 0)
    }
  }

  /// What somebody asked, was answered or was told comes first.
  private static let loud = [
    "text", "statement", "sql", "sample", "outcome", "rule", "reason", "verdict", "approver",
    "comment",
    "verb",
    "method", "host", "path", "name", "args", "status", "rows", "label", "data",
  ]

  /// Of line 0: who acts, for whom, on what, and why.
  private static let identity = [
    "purpose", "agent", "principal", "principal_reason", "delegation", "resource", "policy",
    "kind", "argv", "title", "ticket", "source", "auth", "trace", "gateway",
  ]

  private static let references = ["subject", "caused_by", "executed"]

  /// From the person to whoever acts, in one line.
  private mutating func chain(_ json: JSONValue) {
    guard let link = json["delegation"]?.array?.first else { return }
    let actors = (link["act"]?.array ?? []).reversed().compactMap(EventFacts.name)
    let names = [link["sub"].flatMap(EventFacts.name)].compactMap { $0 } + actors
    let isMissing = (json["delegation"]?.array ?? []).contains { $0["proof"]?.string == "missing" }
    guard names.count > 1 else { return }
    wrapped(
      "acts for", safe(names.joined(separator: " → ") + (isMissing ? "  UNPROVEN" : "")),
      isMissing ? .bad : .strong)
  }

  /// Numbers that lead from one event to another are shown as links already.
  static func isQuiet(_ name: String) -> Bool {
    name.hasSuffix("_digest")
      || [
        "subject", "caused_by", "executed", "jsonrpc_id", "id", "direction", "source", "at", "eol",
        "action_digest", "digest_key", "message",
      ].contains(name)
  }
}

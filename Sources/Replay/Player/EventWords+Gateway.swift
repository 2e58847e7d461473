internal import SessionLog
internal import Text

/// What an agent asked of a resource, and what came back.
extension EventWords {
  static func gateway(_ event: EventLine, _ facts: EventFacts) -> EventWords? {
    switch event.type {
    case "http.request":
      let target = [facts.text("host"), facts.text("path", "url")].compactMap { $0 }.joined()
      return EventWords("request", line((facts.text("method") ?? "") + " " + target), .strong)
    case "kubernetes.request": return kubernetes(facts)
    case "mcp.call":
      let isLenient = facts.value("lenient")?.bool == true
      return EventWords(
        "call", call(facts) + (isLenient ? "  (malformed)" : ""), isLenient ? .warn : .strong)
    case "mcp.result": return answer(facts)
    case "mcp.catalog": return catalog(facts)
    case "mcp.notification": return EventWords("notice", line(facts.text("method")), .dim)
    case "mcp.malformed":
      return EventWords("malformed", line(facts.text("reason", "detail", "direction")), .warn)
    case "mcp.tool.approved":
      return EventWords(
        "accepted", line([facts.text("name"), person(facts)].joined(nonEmpty: " · ")), .good)
    default: break
    }
    if let words = channel(event, facts) { return words }
    if event.type.hasSuffix(".query") {
      return EventWords("query", line(facts.text("text", "statement", "query", "sql")), .strong)
    }
    if event.type.hasSuffix(".result") || event.type.hasSuffix(".response"),
      !event.type.hasPrefix("tool.")
    {
      return result(event, facts)
    }
    return nil
  }

  /// Each stage of a request is an event: what was asked, and what came of it.
  private static func kubernetes(_ facts: EventFacts) -> EventWords {
    let object = [
      facts.text("namespace"), facts.text("api_resource", "resource"), facts.text("name"),
      facts.text("subresource"),
    ].joined(nonEmpty: "/")
    let code = facts.integer("code")
    let user = facts.text("impersonated").map { "  as " + $0 } ?? ""
    let text = line((facts.text("verb") ?? "") + " " + object) + user
    let isAsked = facts.text("stage").map { $0 == "RequestReceived" } ?? (code == nil)
    let failed = (code ?? 0) >= 400 || facts.text("stage") == "Panic"
    return EventWords(
      isAsked ? "request" : "response", text + (code.map { "  → \($0)" } ?? ""),
      failed ? .warn : isAsked ? .strong : .plain)
  }

  private static func answer(_ facts: EventFacts) -> EventWords {
    let failed = facts.value("is_error")?.bool == true || facts.integer("code") != nil
    let result = facts.value("message.result")
    let body: String
    switch facts.text("method") {
    case "initialize":
      let server = result?["serverInfo"]
      body = [server?["name"]?.string, server?["version"]?.string].joined(nonEmpty: " ")
    case "tools/list", "resources/list", "prompts/list":
      let members = (result?.members ?? []).filter { $0.value.array != nil }
      body = members.map { member in
        let count = member.value.array?.count ?? 0
        let name =
          count == 1 && member.name.hasSuffix("s") ? member.name.dropLast() : member.name[...]
        return "\(count) \(name)"
      }.joined(separator: ", ")
    default: body = content(result ?? facts.value("message.error"))
    }
    return EventWords(
      failed ? "error" : "result",
      line([facts.text("name", "method"), took(facts), body].joined(nonEmpty: " · ")),
      failed ? .warn : .plain)
  }

  /// A tool that is not what it was may be made to do another thing: that comes first.
  private static func catalog(_ facts: EventFacts) -> EventWords {
    let tools = facts.value("tools")?.array ?? []
    func names(_ tools: [JSONValue]) -> String {
      tools.prefix(8).compactMap { $0["name"]?.string }.joined(separator: ", ")
    }
    let changed = tools.filter { $0["changed"]?.bool == true }
    let isChanged = !changed.isEmpty || facts.value("changed")?.bool == true
    let count = tools.count == 1 ? "1 tool" : "\(tools.count) tools"
    return EventWords(
      isChanged ? "CHANGED" : "tools",
      line([names(changed), count + ": " + names(tools)].joined(nonEmpty: " · ")),
      isChanged ? .warn : .plain)
  }

  /// Logins, files, channels and tunnels.
  private static func channel(_ event: EventLine, _ facts: EventFacts) -> EventWords? {
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

  private static func result(_ event: EventLine, _ facts: EventFacts) -> EventWords {
    let rows =
      facts.integer("rows", "row_count") ?? facts.value("rows")?.array.map { Int64($0.count) }
    let status = facts.integer("status", "code")
    // 00000 says that all went well, which needs no words.
    let state = facts.text("sqlstate").flatMap { $0 == "00000" ? nil : "SQLSTATE " + $0 }
    let text = line(
      [
        state, facts.text("error", "detail"), status.map { "status \($0)" },
        rows.map { $0 == 1 ? "1 row" : "\($0) rows" },
        facts.integer("bytes").map { ByteCountText.text($0) }, took(facts),
      ].joined(nonEmpty: " · "))
    let failed =
      state != nil || facts.text("error") != nil
      || event.type == "http.response" && (status ?? 0) >= 400
    return EventWords("result", text, failed ? .warn : .plain)
  }
}

internal import Evidence
internal import Platform
internal import SessionLog
internal import Text

/// Verdicts and findings in words and in JSON, the same in every verb that shows them.
enum VerdictText {
  static func show(
    _ verdict: SessionVerdict, _ log: LogView?, _ unmet: [String], _ io: inout Output
  ) throws {
    try io.line("Session  \(verdict.id?.text ?? "unknown")  \(verdict.path)")
    if let start = verdict.start {
      let whom = start.principal.map { " for \($0.uid)" } ?? ""
      try io.line("         \(start.kind), agent \(start.agent.uid)\(whom)")
    }
    let facts = factWords(verdict, log)
    let word = self.word(verdict, log)
    let style: Style = verdict.isIntact && unmet.isEmpty ? .green : .red
    try io.line("Verdict  \(word, style)  \(facts.joined(separator: " "))")
    for answer in verdict.answers(log) {
      let name = answer.area.rawValue
      let mark = answer.state == .ok ? "ok" : answer.state == .bad ? "BAD" : "?"
      try io.line(
        "  \(DisplayWidth.pad(name, to: 13, .left))\(DisplayWidth.pad(mark, to: 4, .left))\(answer.text)"
      )
    }
    for receipt in verdict.receipts {
      try io.line(
        "  receipt      ok  begins with the \(receipt.lines) lines of root \(receipt.root.hex)")
    }
    for finding in verdict.findings { try line(finding, &io) }
    for requirement in unmet { try io.line("  required, and not so: \(requirement)") }
    for (who, what) in verdict.lossWindow { try io.line("  unseen by this check: \(who): \(what)") }
  }

  /// One line for a session in a list, and its findings below.
  static func brief(_ verdict: SessionVerdict, _ unmet: [String], _ io: inout Output) throws {
    let facts = verdict.facts.map(\.description).joined(separator: " ")
    let style: Style = verdict.isIntact && unmet.isEmpty ? .green : .red
    try io.line("\(verdict.id?.text ?? verdict.path)  \(verdict.word, style)  \(facts)")
    for finding in verdict.findings { try line(finding, &io) }
    for requirement in unmet { try io.line("  required, and not so: \(requirement)") }
  }

  static func line(_ finding: Finding, _ io: inout Output) throws {
    var place = finding.path
    if let offset = finding.offset { place += " at byte \(offset)" }
    if let line = finding.line { place += ", line \(line)" }
    try io.line("  \(finding.verdict.rawValue, .red) \(finding.rule.rawValue): \(place)")
    try io.line("    found  \(finding.found)")
    try io.line("    wanted \(finding.wanted)")
    try io.line("    \(finding.advice)")
  }

  /// A file without a log is consistent at best.
  static func word(_ verdict: SessionVerdict, _ log: LogView?) -> String {
    if log == nil, verdict.isIntact { return verdict.isClosed ? "CONSISTENT" : "OPEN" }
    return verdict.word
  }

  static func factWords(_ verdict: SessionVerdict, _ log: LogView?) -> [String] {
    verdict.facts.map(\.description).filter { $0 != word(verdict, log) }
      + [Fact.unwitnessed.description]
  }

  static func unmet(_ requirements: [String], _ verdict: SessionVerdict, _ log: LogView?)
    -> [String]
  {
    requirements.filter { requirement in
      switch requirement {
      case "closed": !verdict.isClosed
      case "complete":
        !verdict.isClosed || verdict.gaps > 0 || verdict.recoveredLines > 0
          || verdict.withheldLines > 0
      case "logged": log == nil || verdict.openLeaf == nil
      default: true
      }
    }
  }

  static func trust(_ trust: Trust) -> String {
    switch trust.source {
    case .pinned(let file): "\(trust.key), pinned by \(file)"
    case .ownState: "\(trust.key), this machine's own"
    case .unpinned: "\(trust.key), on the store's own word: pin it with --trust"
    }
  }

  // MARK: JSON

  static func write(
    _ verdict: SessionVerdict, _ log: LogView?, _ unmet: [String], to json: inout JSONText
  ) {
    json.field("session", verdict.id?.text ?? "")
    json.field("path", verdict.path)
    json.field("verdict", word(verdict, log))
    json.field("intact", verdict.isIntact)
    json.field("facts", verdict.facts.map(\.description) + [Fact.unwitnessed.description])
    json.field("lines", Int64(clamping: verdict.lines))
    json.field("tail_lines", Int64(clamping: verdict.tailLines))
    json.field("anchored_lines", Int64(clamping: verdict.anchoredLines))
    json.field("bytes", Int64(clamping: verdict.bytes))
    json.field("sha256", verdict.sha256?.hex ?? "")
    json.field("root", verdict.root?.hex ?? "")
    json.object("answers") { json in
      for answer in verdict.answers(log) {
        json.object(answer.area.rawValue) { json in
          json.field("state", answer.state.rawValue)
          json.field("text", answer.text)
        }
      }
    }
    if !verdict.receipts.isEmpty {
      json.array("receipts") { json in
        for receipt in verdict.receipts {
          json.object { json in
            json.field("lines", Int64(clamping: receipt.lines))
            json.field("root", receipt.root.hex)
          }
        }
      }
    }
    json.array("findings") { json in
      for finding in verdict.findings {
        json.object { json in write(finding, to: &json) }
      }
    }
    json.field("unmet", unmet)
  }

  static func write(_ finding: Finding, to json: inout JSONText) {
    json.field("rule", finding.rule.rawValue)
    json.field("verdict", finding.verdict.rawValue)
    json.field("area", finding.area.rawValue)
    json.field("path", finding.path)
    if let offset = finding.offset { json.field("offset", Int64(clamping: offset)) }
    if let line = finding.line { json.field("line", Int64(clamping: line)) }
    json.field("found", finding.found)
    json.field("wanted", finding.wanted)
    json.field("advice", finding.advice)
  }
}

internal import AuditStore
internal import SessionLog
internal import Text

struct ShowVerb: Verb {
  static let description = VerbDescription(
    name: "show", group: .find, summary: "show one session: who, what, when, and whether it holds",
    details: [
      "What the session is and whether it holds is read from its verified bytes and the log. Its "
        + "chain, actions, decisions, approvals, masking and findings come from the index, --parts of "
        + "each; --brief leaves them out, and asks no index."
    ],
    operands: [
      OperandDescription(
        "ID", .session, help: "the id, any unique start or end of it, or @last for the newest")
    ],
    options: [
      .value("trust", nil, "FILE", .file, help: "believe only the key in this file"),
      .flag("brief", help: "only what the verified bytes say"),
      .value("parts", nil, "N", .integer(1...100_000), help: "at most so many of each part; 20"),
      ListOptions.noIndex,
    ],
    isReading: true, outputs: OutputFormat.object,
    examples: [
      .init("show @last", "the newest session"),
      .init("show 01JGF --json", "for a program"),
    ])

  private let arguments: ParsedArguments
  private let location: StoreLocation
  private let name: String
  private let trustFile: String?

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    location = try arguments.store()
    name = arguments.operand(0) ?? "@last"
    trustFile = arguments.value("trust")
  }

  func run(_ io: inout Output) throws -> ExitCode {
    let opened = try OpenStore(location)
    let id = try opened.store.resolve(name)
    let log = try LogView(
      opened.store, trust: try opened.trust(file: trustFile), state: opened.state, only: id)
    let detail = try SessionDetail(id, in: opened.store, log: log)
    try arguments.record(
      .query, in: opened.store, rows: Int(clamping: detail.events), sessions: [id], &io)
    var parts = SessionParts()
    if !arguments.flag("brief") {
      let limit = arguments.integer("parts") ?? 20
      do {
        parts = try io.asking(opened.store, arguments) { (index) throws(AuditFailure) in
          try index.parts(of: id, limit: limit)
        }
      } catch let failure as AuditFailure {
        // The bytes speak for themselves.
        io.warn("the index cannot be asked: \(failure.what)")
      }
    }
    if io.format.isForPrograms {
      try io.json { json in
        detail.write(to: &json)
        for part in parts.parts {
          json.field(part.title + "_cut", part.page.isCut)
          json.array(part.title) { json in
            Listing(part.list, part.page.rows).writeRows(to: &json)
          }
        }
      }
    } else {
      try Self.tell(detail, &io)
      if !parts.chain.isEmpty {
        try io.line("\("chain", .bold)")
        for node in parts.chain { try ChainVerb.draw(node, &io) }
      }
      for part in parts.parts {
        try io.line("\(part.title, .bold)")
        try io.list(Listing(part.list, part.page.rows))
        if part.page.isCut { try io.line("  … --parts gives more") }
      }
    }
    return detail.isIntact ? .done : .damaged
  }

  private static func tell(_ detail: SessionDetail, _ io: inout Output) throws {
    let verdict = detail.verdict
    let style: Style = !detail.isIntact ? .red : detail.word == "OK" ? .green : .yellow
    try io.line("session \(detail.id.text, .bold)  \(detail.word, style)")
    if let start = verdict.start {
      if let title = start.name { try row("title", title, &io) }
      try row("agent", name(start.agent), &io)
      try row("on behalf of", start.principal.map(name) ?? "nobody stated", &io)
      if let resource = start.resource {
        let place = resource.environment.map { " (\($0))" } ?? ""
        try row("resource", "\(resource.kind) \(resource.uid)\(place)", &io)
      }
      try row("kind", start.kind, &io)
      if let host = start.host { try row("recorded on", host, &io) }
      if let purpose = start.purpose { try row("purpose", purpose, &io) }
      if !start.command.isEmpty {
        try row("command", start.command.joined(separator: " "), &io)
      }
      if let columns = start.columns, let rows = start.rows {
        try row("terminal", "\(columns)×\(rows) \(start.terminalType ?? "")", &io)
      }
      try row("start", Timestamp(microseconds: start.start).text(), &io)
      if verdict.isClosed {
        let end = Timestamp(microseconds: start.start).advanced(
          by: Int64(clamping: detail.duration))
        let reason = verdict.endReason.map { ", \($0)" } ?? ""
        let exit = verdict.exitCode.map { ", exit \($0)" } ?? ""
        try row("end", end.text() + reason + exit, &io)
      } else {
        try row("end", verdict.isLive ? "still recording" : "none: not closed", &io)
      }
      try row(
        "duration", DurationText.text(microseconds: Int64(clamping: detail.duration)), &io)
    }
    try row(
      "events",
      "\(detail.events), \(ByteCountText.text(Int64(clamping: detail.bytes))) of lines", &io)
    for type in detail.types { try io.line("    \(type.count)  \(type.name)") }
    try row("facts", detail.facts.joined(separator: ", "), &io)
    for (who, what) in detail.isIntact ? detail.verdict.lossWindow : [] {
      try io.line("  \("unseen".padded(to: 13), .dim) \(who): \(what)")
    }
    for finding in detail.findings { try VerdictText.line(finding, &io) }
  }

  private static func row(_ label: String, _ value: String, _ io: inout Output) throws {
    try io.line("  \(label.padded(to: 13), .dim) \(value)")
  }

  private static func name(_ identity: Identity) -> String {
    var text = identity.uid
    if let name = identity.name, name != identity.uid { text += " (\(name))" }
    if let model = identity.model { text += ", model \(model)" }
    if let version = identity.version { text += ", version \(version)" }
    return identity.issuer.isEmpty ? text : text + ", by \(identity.issuer)"
  }
}

extension String {
  /// Of our own labels only.
  fileprivate func padded(to width: Int) -> String {
    DisplayWidth.pad(self, to: width, .left)
  }
}

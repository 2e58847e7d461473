internal import AuditStore
internal import SessionLog
internal import Text

struct FindingsVerb: Verb {
  static let description = VerbDescription(
    name: "findings", group: .find,
    summary: "list what detections found; acknowledge, dismiss or reopen it",
    details: [
      "Findings are made by `blackbox detect` and shown with the state that people gave them: new, "
        + "acknowledged, dismissed. A change of state is recorded in the store's audit session as "
        + "marker.review, with who and why, so that it outlives the index.",
      "A finding is named by its id, by the end of it, or by `RULE ID@SEQ`.",
    ] + ListOptions.filterDetails + [
      "--status takes a state here, --severity and --rule the finding's own."
    ],
    operands: [
      OperandDescription(
        "ACTION", .choice(["list", "ack", "dismiss", "reopen", "show"]), isOptional: true,
        help: "list (the usual one), ack, dismiss, reopen or show"),
      OperandDescription("FINDING", isOptional: true, isRepeated: true, help: "which"),
    ],
    options: [
      .value("reason", nil, "TEXT", help: "why; dismiss and reopen need it")
    ] + ListRunner.options(.findings),
    isReading: true, outputs: OutputFormat.list,
    examples: [
      .init("findings --status new --severity '>=4'", "what somebody should look at"),
      .init("findings dismiss D5-01c7a3e2f0 --reason 'agreed in CHG-17'", "and say why"),
    ])

  private let arguments: ParsedArguments
  private let location: StoreLocation
  private let runner: ListRunner

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    location = try arguments.store()
    runner = try ListRunner(.findings, arguments)
  }

  func run(_ io: inout Output) throws -> ExitCode {
    let action = arguments.operand(0) ?? "list"
    let names = Array(arguments.operands.dropFirst())
    if action == "list" {
      guard names.isEmpty else {
        throw UserFailure(.usage, "list takes no findings", place: names[0])
      }
      return try runner.run(&io)
    }
    guard !names.isEmpty else {
      throw UserFailure(
        .usage, "no finding is named", place: action, advice: "`blackbox findings` lists them.")
    }
    let store = try Store.open(location.directory)
    let found = try names.map { name in try find(name, store, &io) }
    try arguments.record(.query, in: store, rows: found.count, &io)
    if action == "show" {
      for finding in found { try Self.show(finding, &io) }
      return .done
    }
    let reason = arguments.value("reason")
    if action != "ack", (reason ?? "").isEmpty {
      throw UserFailure(
        .usage, "a reason is needed", place: action, wanted: "--reason TEXT",
        advice: "It is recorded beside who said it.")
    }
    for finding in found { try review(finding, action, reason, store, &io) }
    return .done
  }

  private func find(_ name: String, _ store: Store, _ io: inout Output) throws -> DetectedFinding {
    let found = try io.asking(store, arguments) { (index) throws(AuditFailure) in
      try index.findings(named: name)
    }
    guard let first = found.first else {
      throw UserFailure(
        .unreadable, "no such finding", place: name, advice: "`blackbox findings` lists them.")
    }
    guard found.count == 1 else {
      throw UserFailure(
        .usage, "more than one finding", place: name,
        found: found.map(\.id).joined(separator: ", "), advice: "Give more of the id.")
    }
    return first
  }

  private func review(
    _ finding: DetectedFinding, _ action: String, _ reason: String?, _ store: Store,
    _ io: inout Output
  ) throws {
    let disposition =
      action == "ack" ? "acknowledged" : action == "dismiss" ? "dismissed" : "reopened"
    try FindingRecord(arguments, store).review(finding, disposition: disposition, reason: reason)
    try io.asking(store, arguments) { (index) throws(AuditFailure) in
      try index.take(finding, disposition: disposition, reason: reason)
    }
    io.note("\(finding.id, .bold) is \(disposition)")
  }

  /// One finding for people, or for a program that was started with it.
  static func show(_ finding: DetectedFinding, _ io: inout Output) throws {
    if io.format.isForPrograms {
      try io.json { finding.write(to: &$0) }
      return
    }
    let style: Style = finding.severity >= 4 ? .red : .yellow
    try io.line("\(finding.id, .bold)  \(finding.title, style)")
    try io.line(
      "  \(encoded: "state     ", .dim) \(finding.state.rawValue)\(finding.reason.map { ": \($0)" } ?? "")"
    )
    try io.line("  \(encoded: "severity  ", .dim) \(finding.severity)")
    try io.line("  \(encoded: "agent     ", .dim) \(finding.agent ?? "-")")
    try io.line("  \(encoded: "time      ", .dim) \(Timestamp(microseconds: finding.time))")
    try io.line("  \(encoded: "what      ", .dim) \(finding.detail)")
    for place in finding.evidence {
      try io.line("  \(encoded: "evidence  ", .dim) blackbox replay \(place)")
    }
    guard let rule = Detection.named(finding.rule) else { return }
    try io.line("  \(encoded: "why       ", .dim) \(rule.explanation)")
    try io.line("  \(encoded: "next      ", .dim) \(rule.advice)")
  }
}

extension DetectedFinding {
  func write(to json: inout JSONText) {
    json.field("finding", id)
    json.field("rule", rule)
    json.field("title", title)
    json.field("severity", severity)
    json.field("state", state.rawValue)
    json.field(ifPresent: "reason", reason)
    json.field("time", Timestamp(microseconds: time).text(.microseconds))
    json.field("place", place)
    json.field("session", session)
    json.field("agent", agent)
    json.field("detail", detail)
    json.field("evidence", evidence)
    if let rule = Detection.named(rule) {
      json.field(ifPresent: "owasp", rule.owasp)
      json.field("explanation", rule.explanation)
      json.field("advice", rule.advice)
    }
  }
}

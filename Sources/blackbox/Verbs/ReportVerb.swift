internal import AuditStore
internal import Platform
internal import SessionLog
internal import Text

struct ReportVerb: Verb {
  static let description = VerbDescription(
    name: "report", group: .handOut,
    summary: "report on a period: who did what, and how far it is proven",
    details: [
      "Every session that started in the period is read and verified again for the report. Ends "
        + "with 4 if evidence is contradicted or missing, with 5 if nothing is contradicted but "
        + "some evidence is not there, an empty period included.",
      "Without --since the report begins with the store; without --until it ends with the newest "
        + "entry of the signed log. The same evidence and the same period give the same bytes.",
    ],
    options: CommonOptions.time + [
      .value("output", "o", "FORMAT", .choice(["html", "json"]), help: "html or json"),
      .flag("json", help: "short for -o json"),
      .value("trust", nil, "FILE", .file, help: "believe only the key in this file"),
      .value("out", nil, "FILE", .file, help: "write it there, and say here what came of it"),
    ],
    isReading: true,
    examples: [
      .init("report --since 2026-10-01 --until 2026-11-01 --out october.html", "a month"),
      .init("report --last 24h -o json", "for a program"),
    ])

  private let arguments: ParsedArguments
  private let location: StoreLocation

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    location = try arguments.store()
    if arguments.flag("json"), arguments.value("output") != nil {
      throw ArgumentFailure.excludesEachOther("--json", "--output")
    }
  }

  func run(_ io: inout Output) throws -> ExitCode {
    let opened = try OpenStore(location)
    let period = try arguments.period()
    // The last 24 hours end now, whatever the log holds.
    let until = period.until ?? (arguments.value("last") == nil ? nil : arguments.now)
    let format = arguments.flag("json") ? "json" : arguments.value("output") ?? "html"
    let request = Report.Request(
      since: period.since?.microseconds, until: until?.microseconds,
      trust: try opened.trust(file: arguments.value("trust")),
      trustFile: arguments.value("trust"), toolVersion: Version.program,
      storeName: location.directory, format: format)
    let (report, notes) = try Report.make(
      opened.store, state: opened.state, request: request, now: arguments.now.microseconds
    ) { io.progress("verifying sessions", done: $0.sessions, of: $0.due) }
    for note in notes { io.warn(note.line) }
    try arguments.record(.report, in: opened.store, rows: report.sessions.count, &io)
    let bytes = format == "json" ? report.json() : report.html()
    if let file = arguments.value("out") {
      try SystemFiles.shared.replaceDurably(file, with: bytes, permissions: 0o600)
      try io.line(
        "\(file): \(report.outcome.word, report.outcome.style), \(report.sessions.count) sessions")
    } else {
      try io.raw(bytes)
      io.note("\(report.outcome.word, report.outcome.style): \(report.outcome.sentence)")
    }
    return report.outcome.code
  }
}

extension ReportCheck.Outcome {
  fileprivate var code: ExitCode {
    switch self {
    case .pass: .done
    case .insufficient: .lacksEvidence
    case .fail: .checkFailed
    }
  }

  fileprivate var style: Style {
    switch self {
    case .pass: .green
    case .insufficient: .yellow
    case .fail: .red
    }
  }
}

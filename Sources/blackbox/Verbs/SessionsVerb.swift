internal import AuditStore
internal import SessionLog
internal import Text

struct SessionsVerb: Verb {
  static let description = VerbDescription(
    name: "sessions", group: .find, summary: "list sessions, newest first",
    details: [
      "Filters that may be repeated match if one of their values does; different filters must all "
        + "match. A value may hold * and ?, and ! in front turns it round.",
      "The verdict is that of the last time the index read the session; `blackbox verify` and "
        + "`blackbox show` look at the bytes themselves.",
    ],
    options: [
      .value("agent", nil, "NAME", isRepeated: true, help: "of this agent, by uid or name"),
      .value("principal", nil, "NAME", isRepeated: true, help: "on behalf of this principal"),
      .value("resource", nil, "NAME", isRepeated: true, help: "that reached this resource"),
      .value(
        "kind", nil, "KIND", isRepeated: true, help: "terminal, database, http, mcp, kubernetes, …"
      ),
      .value(
        "has", nil, "TRAIT", .choices(SessionFilter.Trait.allCases.map(\.rawValue)),
        isRepeated: true,
        help: "with a gap, with lines kept by recovery, or with damaged evidence"),
    ] + CommonOptions.time + [
      .value("limit", nil, "N", .integer(1...10_000_000), help: "at most so many; 50"),
      .flag("all", help: "without a limit"),
      .flag("count", help: "only how many there are"),
      .flag("fail-empty", help: "end with 1 where there are none"),
      .flag("no-index", help: "do not bring the index up to date first"),
    ],
    isReading: true, outputs: OutputFormat.list,
    examples: [
      .init("sessions --agent 'deploy-*' --last 36h", "what these agents did since yesterday"),
      .init("sessions --has damage,gap --all", "where evidence is damaged or incomplete"),
      .init("sessions --kind terminal -o id --limit 1", "an id for the next command"),
    ])

  private let arguments: ParsedArguments
  private let location: StoreLocation
  private let filter: SessionFilter
  private let limit: Int?

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    location = try arguments.store()
    var filter = SessionFilter()
    filter.agent = arguments.values("agent").map { .init($0) }
    filter.principal = arguments.values("principal").map { .init($0) }
    filter.resource = arguments.values("resource").map { .init($0) }
    filter.kind = arguments.values("kind").map { .init($0) }
    filter.has = arguments.list("has").compactMap { .init(rawValue: $0) }
    let period = try arguments.period()
    filter.since = period.since?.microseconds
    filter.until = period.until?.microseconds
    self.filter = filter
    if arguments.flag("all") {
      guard arguments.integer("limit") == nil else {
        throw ArgumentFailure.excludesEachOther("--all", "--limit")
      }
      limit = nil
    } else {
      limit = arguments.integer("limit") ?? 50
    }
  }

  func run(_ io: inout Output) throws -> ExitCode {
    let store = try Store.open(location.directory)
    let (filter, limit, wantsCount) = (filter, limit, arguments.flag("count"))
    let answer = try AuditIndex.using(
      store, now: arguments.now.microseconds, updates: !arguments.flag("no-index"),
      progress: { io.progress("reading sessions", done: $0.sessions, of: $0.due) }
    ) { (index, notes) throws(AuditFailure) in
      if wantsCount {
        return (count: try index.count(filter), page: AuditIndex.Page.empty, notes: notes)
      }
      let page = try index.sessions(filter, limit: limit)
      return (count: Int64(page.sessions.count), page: page, notes: notes)
    }
    for note in answer.notes { io.warn(note.line) }
    try arguments.record(
      .query, in: store, rows: Int(answer.count),
      sessions: answer.page.sessions.compactMap { SessionID($0.id) }, &io)
    if wantsCount {
      if io.format.isForPrograms {
        try io.json { $0.field("count", answer.count) }
      } else {
        try io.line("\(answer.count)")
      }
    } else {
      try io.list(Self.listing(answer.page.sessions))
      if answer.page.isCut {
        io.warn("cut after \(answer.page.sessions.count) sessions; --all shows the rest")
      }
    }
    return answer.count == 0 && arguments.flag("fail-empty") ? .nothingMatched : .done
  }

  static func listing(_ sessions: [SessionSummary]) -> Listing {
    var listing = Listing([
      .init("id"), .init("start"), .init("duration_us", .right), .init("agent", minimum: 8),
      .init("principal", minimum: 8), .init("resource", minimum: 8), .init("kind"),
      .init("events", .right), .init("verdict"), .init("exit", .right),
      .init("end_reason", isWide: true), .init("agent_name", isWide: true),
      .init("agent_issuer", isWide: true), .init("agent_model", isWide: true),
      .init("principal_issuer", isWide: true), .init("resource_kind", isWide: true),
      .init("environment", isWide: true), .init("host", isWide: true),
      .init("purpose", isWide: true), .init("denied", .right, isWide: true),
      .init("masked", .right, isWide: true), .init("gaps", .right, isWide: true),
      .init("recovered", .right, isWide: true), .init("bytes", .right, isWide: true),
      .init("broken_rules", isWide: true),
    ])
    for session in sessions {
      let style: Style =
        session.isDamaged ? .red : session.verdict == "OK" ? .green : .yellow
      listing.add([
        .text(session.id), .time(Timestamp(microseconds: session.start)),
        .duration(session.duration), .optional(session.agent), .optional(session.principal),
        .optional(session.resource), .optional(session.kind), .integer(session.events),
        .styled(session.verdict, style), session.exitCode.map { .integer($0) } ?? .null,
        .optional(session.endReason), .optional(session.agentName),
        .optional(session.agentIssuer), .optional(session.agentModel),
        .optional(session.principalIssuer), .optional(session.resourceKind),
        .optional(session.environment), .optional(session.host), .optional(session.purpose),
        .integer(session.denied), .integer(session.masked), .integer(session.gaps),
        .integer(session.recovered), .bytes(session.bytes), .list(session.rules),
      ])
    }
    return listing
  }
}

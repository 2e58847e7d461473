internal import AuditStore
internal import Platform
internal import SessionLog
internal import Text

struct AccessVerb: Verb {
  static let description = VerbDescription(
    name: "access", group: .find, summary: "list who read the evidence: what, how much, why",
    details: [
      "Every query, replay, export, report and verification is recorded in the store's own audit "
        + "sessions before its result is shown. This list is read from their verified bytes.",
      "A user is the number that the kernel told; where serve recorded the reading, it is that of "
        + "the process at the other end of its socket.",
    ],
    options: [
      .value("who", nil, "USER", isRepeated: true, help: "by this user: name or number"),
      .value(
        "action", nil, "KIND",
        .choices(["query", "replay", "export", "report", "verify", "erase"]), isRepeated: true,
        help: "only these"),
      .value("session", nil, "ID", .session, help: "that looked at this session"),
    ] + CommonOptions.time + [
      .value("limit", nil, "N", .integer(1...10_000_000), help: "at most so many; 50"),
      .flag("all", help: "without a limit"),
      .flag("count", help: "only how many there are"),
      .flag("fail-empty", help: "end with 1 where there are none"),
    ],
    isReading: true, outputs: OutputFormat.list,
    examples: [
      .init("access --last 7d", "who read anything this week"),
      .init("access --session 01JGF --action replay,export", "who saw one session"),
      .init("access --who ana --all -o csv", "for a spreadsheet"),
    ])

  private let arguments: ParsedArguments

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    if arguments.flag("all"), arguments.integer("limit") != nil {
      throw ArgumentFailure.excludesEachOther("--all", "--limit")
    }
  }

  func run(_ io: inout Output) throws -> ExitCode {
    let store = try Store.open(try arguments.store().directory)
    let trail = try arguments.trail(of: store, &io)
    let wanted = try arguments.value("session").map { try store.resolve($0).text }
    let period = try arguments.period()
    let (since, until) = (period.since?.microseconds, period.until?.microseconds)
    let who = Set(arguments.values("who"))
    let kinds = Set(arguments.list("action"))

    var readings: [RecordedReading] = []
    var damage: [Finding] = []
    for id in try sessions(of: store, since: since, until: until, &io) {
      damage += try AccessReader.readings(of: id, in: store) { reading in
        guard since.map({ reading.time >= $0 }) ?? true, until.map({ reading.time < $0 }) ?? true,
          kinds.isEmpty || kinds.contains(reading.kind),
          who.isEmpty || who.contains(reading.user)
            || UInt32(reading.user).flatMap({ userName(of: $0) }).map(who.contains) ?? false,
          wanted.map({ reading.reading.sessions?.contains($0) ?? false }) ?? true
        else { return }
        readings.append(reading)
      }
    }
    readings.sort { ($0.time, $0.session, $0.sequence) > ($1.time, $1.session, $1.sequence) }
    let limit = arguments.flag("all") ? nil : arguments.integer("limit") ?? 50
    let shown = limit.map { Array(readings.prefix($0)) } ?? readings
    let wantsCount = arguments.flag("count")
    try trail.record(.query, rows: wantsCount ? readings.count : shown.count, &io)
    if wantsCount {
      if io.format.isForPrograms {
        try io.json { $0.field("count", Int64(readings.count)) }
      } else {
        try io.line("\(readings.count)")
      }
    } else {
      try io.list(Self.listing(shown))
      if shown.count < readings.count { io.tellMore(after: shown.count, "reading", arguments) }
    }
    for finding in damage.prefix(20) {
      io.warn("\(finding.path): \(finding.found), wanted \(finding.wanted)")
    }
    if !damage.isEmpty { return .damaged }
    return readings.isEmpty && arguments.flag("fail-empty") ? .nothingMatched : .done
  }

  /// Audit sessions that may hold readings of the period: one lasts a day.
  private func sessions(
    of store: Store, since: Int64?, until: Int64?, _ io: inout Output
  ) throws -> [SessionID] {
    var filter = SessionFilter()
    filter.kind = [.init("audit")]
    filter.since = since.map { $0 &- 2 * 86_400_000_000 }
    filter.until = until
    let wanted = filter
    let answer = try AuditIndex.using(
      store, now: arguments.now.microseconds,
      progress: { io.progress("reading sessions", done: $0.sessions, of: $0.due) }
    ) { (index, notes) throws(AuditFailure) in
      (try index.sessions(wanted, limit: nil).sessions.map(\.id), notes)
    }
    for note in answer.1 { io.warn(note.line) }
    return answer.0.compactMap { SessionID($0) }
  }

  private static func listing(_ readings: [RecordedReading]) -> Listing {
    var listing = Listing([
      .init("event", isWide: true), .init("time"), .init("user"), .init("name", minimum: 6),
      .init("action"), .init("rows", .right), .init("sessions", .right),
      .init("purpose", minimum: 8), .init("query", minimum: 20),
      .init("session_ids", isWide: true), .init("on_behalf_of", isWide: true),
      .init("query_digest", isWide: true), .init("committed", isWide: true),
    ])
    for recorded in readings {
      let reading = recorded.reading
      let count = reading.sessionsTotal ?? Int64(reading.sessions?.count ?? 0)
      listing.add([
        .text("\(recorded.session)@\(recorded.sequence)"),
        .time(Timestamp(microseconds: recorded.time)), .text(recorded.user),
        .optional(
          recorded.peer == nil
            ? reading.reader.name : UInt32(recorded.user).flatMap { userName(of: $0) }),
        .text(recorded.kind),
        reading.rows.map { .integer($0) } ?? .null, .integer(count),
        .optional(reading.purpose), .text(reading.query ?? reading.verb),
        .list(reading.sessions ?? []), .optional(reading.onBehalfOf?.uid),
        .optional(reading.queryDigest?.hex), .bool(recorded.isCommitted),
      ])
    }
    return listing
  }
}

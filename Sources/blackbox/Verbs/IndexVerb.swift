internal import AuditStore
internal import Platform
internal import SessionLog
internal import Text

struct IndexVerb: Verb {
  static let description = VerbDescription(
    name: "index", group: .find, summary: "bring the index up to date, or build it anew",
    details: [
      "The index makes sessions quick to find. It is derived from the recordings: it can be deleted "
        + "at any time, and every question brings it up to date by itself.",
      "This verb does that for the search too: it draws what terminals showed, finds the commands "
        + "typed in them, and makes every text findable. It can be stopped anywhere and goes on "
        + "where it stood. Two may run at once: one waits for the other.",
      "Before every question a quick look at the log and at the folders of sessions tells whether "
        + "the index is up to date. --check reads the whole index file for damage, and looks at each "
        + "session's file whether it was changed since; the first is done by itself where the last "
        + "writer was interrupted. A damaged index is put aside and built anew.",
    ],
    options: [
      .flag("rebuild", help: "empty it first and read every session again"),
      .flag("check", help: "look for damage of the index and for session files that were changed"),
      .value(
        "text", nil, "MODE", .choice(["trigram", "words", "off"]),
        help: "find any part of a text, or whole words, or make no search; kept from then on"),
      .flag("no-text", help: "leave texts for later"),
      .flag("follow", "f", help: "stay and keep up with a store that grows, until interrupted"),
      .value(
        "jobs", "j", "N", .integer(1...64), help: "threads that read and verify; 1 by default"),
    ],
    outputs: OutputFormat.object,
    examples: [
      .init("index", "after a large import, so that the next question need not wait"),
      .init("index --rebuild -j 4", "when in doubt"),
      .init("index --follow", "beside `blackbox serve`"),
    ])

  private let arguments: ParsedArguments
  private let location: StoreLocation

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    location = try arguments.store()
  }

  func run(_ io: inout Output) throws -> ExitCode {
    let store = try Store.open(location.directory)
    if io.isProcess { leaveSQLiteMemoryUncounted() }
    var wish = IndexWish()
    wish.rebuilds = arguments.flag("rebuild")
    wish.checks = arguments.flag("check")
    wish.threads = arguments.integer("jobs") ?? 1
    wish.hasText = !arguments.flag("no-text")
    wish.text = arguments.value("text").flatMap { TextMode(rawValue: $0) }
    var code = try refresh(store, wish, &io, isFirst: true)
    guard arguments.flag("follow") else { return code }
    (wish.rebuilds, wish.checks) = (false, false)
    while true {
      pause(milliseconds: 500)
      code = try refresh(store, wish, &io, isFirst: false)
    }
  }

  /// Brings it up to date once; later times say only what changed.
  private func refresh(_ store: Store, _ wish: IndexWish, _ io: inout Output, isFirst: Bool) throws
    -> ExitCode
  {
    let result = try AuditIndex.refresh(store, now: arguments.now.microseconds, wish) {
      io.progress(
        $0 == .text ? "drawing terminals" : "reading sessions", done: $1.sessions, of: $1.due)
    }
    if !isFirst, result.changedNothing { return .done }
    for note in result.notes { io.warn(note.line) }
    if io.format.isForPrograms {
      try io.json { json in
        json.field("leaves_read", result.update.leaves)
        json.field("sessions_read", result.update.sessions)
        json.field("rows_added", result.update.rows)
        json.field("terminals_drawn", result.text.sessions)
        json.field("texts_added", result.text.texts)
        json.field("leaves", result.contents.leaves)
        json.field("sessions", result.contents.sessions)
        json.field("events", result.contents.events)
        json.field("damaged", result.contents.damaged)
      }
    } else {
      let update = result.update
      try io.line(
        "read \(update.leaves, of: "leaf", "leaves") and \(update.sessions, of: "session")")
      if !result.text.isEmpty {
        try io.line(
          "drew \(result.text.sessions, of: "terminal session"), made \(result.text.texts, of: "text") findable"
        )
      }
      let all = result.contents
      try io.line("the index holds \(all.sessions, of: "session"), \(all.events, of: "event")")
      if all.damaged > 0 {
        try io.line(
          "\(all.damaged, .red) with damaged evidence: `blackbox sessions --has damage`")
      }
    }
    return result.notes.contains { $0.leavesOut } ? .unusable : .done
  }
}

extension IndexNote {
  var line: Line {
    switch self {
    case .putAside(let reason, let name):
      "the index was \(reason); it is kept as \(name) and was built anew"
    case .startedOver(let reason): "the index was built anew: \(reason)"
    case .inMemory(let reason):
      "the index cannot be written here (\(reason)); it was built in memory for this once"
    case .notUpdated(let reason):
      "the index was not brought up to date (\(reason)); newer sessions may be missing here"
    case .pending(let count): "not, or not wholly, in the index yet: \(count, of: "session")"
    case .unsigned(let reason):
      "the log's checkpoint cannot be used (\(reason)); run `blackbox verify --all`"
    }
  }

  /// True if the answer may lack sessions for it.
  var leavesOut: Bool {
    switch self {
    case .notUpdated, .pending: true
    case .putAside, .startedOver, .inMemory, .unsigned: false
    }
  }
}

extension AuditFailure: ReportableFailure {
  var report: FailureReport {
    if case .sessionLog(let kind) = kind {
      // As if the session log had been asked directly.
      return SessionLogFailure(
        kind, what, at: place, found: found, wanted: wanted, advice: advice
      ).report
    }
    let code: ExitCode =
      switch kind {
      case .refusedQuery: .refused
      case .badQuery, .refusedCursor: .usage
      default: .unusable
      }
    return FailureReport(
      code, what, place: place.isEmpty ? nil : place, found: found, wanted: wanted, advice: advice)
  }
}

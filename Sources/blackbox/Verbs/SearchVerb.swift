internal import AuditStore
internal import Glibc
internal import SessionLog
internal import Text

struct SearchVerb: Verb {
  static let description = VerbDescription(
    name: "search", group: .find,
    summary: "find events, and text in commands, statements, arguments and on screens",
    details: [
      "--grep and --regex look into commands, statements, tool arguments and messages, and into what "
        + "terminals showed, as rendered: a word that colour codes or cursor moves split is found. "
        + "Each hit names a place that `blackbox replay` opens. The newest session comes first, in it "
        + "the last line. Without either, events that pass the filters are listed by time.",
      "--grep ignores case unless its text holds a capital letter; --regex does not unless -i is "
        + "given. The syntax stands in schema/search-patterns.md: no pattern takes longer than its "
        + "length times the text's. Pieces of three characters or more are found by index.",
      "--verified reads every hit again from the session's verified bytes and leaves out what does "
        + "not stand there.",
    ] + ListOptions.filterDetails,
    options: [
      .value("grep", "g", "TEXT", help: "this text"),
      .value("regex", "E", "RE", help: "a regular expression"),
      .flag("ignore-case", "i", help: "capital letters are as small ones"),
      .flag("verified", help: "read hits again from verified bytes"),
      .value("timeout", nil, "SPAN", .span, help: "stop after so long; 10s"),
    ] + ListOptions.filters(FilterField.allCases) + CommonOptions.time + ListOptions.paging(),
    isReading: true, outputs: OutputFormat.list,
    examples: [
      .init("search --grep 'DROP TABLE'", "who typed, sent or saw it"),
      .init("search -E 'curl .*\\| *(ba)?sh' --agent 'build-*' --last 7d", "pipes into a shell"),
      .init("search --type 'policy.*' --last 1h -f", "what policies do, as it happens"),
    ])

  private let arguments: ParsedArguments
  private let location: StoreLocation
  private let runner: ListRunner
  private var request: SearchRequest?
  private let place: CursorPlace

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    location = try arguments.store()
    runner = try ListRunner(.events, arguments)
    place = try CursorPlace(arguments)
    guard let pattern = try Self.pattern(arguments) else {
      if arguments.flag("verified") {
        throw UserFailure(
          .usage, "nothing to read again", place: "--verified", wanted: "--grep or --regex")
      }
      return
    }
    var request = SearchRequest(pattern)
    request.filter = try ListOptions.filter(arguments, FilterField.allCases)
    request.limit = try ListOptions.limit(arguments, usual: 100) ?? 10_000_000
    request.isReversed = arguments.flag("reverse")
    request.after = place.cursor
    request.timeout = try arguments.span("timeout") ?? request.timeout
    self.request = request
  }

  private static func pattern(_ arguments: ParsedArguments) throws -> SearchPattern? {
    let (text, expression) = (arguments.value("grep"), arguments.value("regex"))
    let ignoresCase = arguments.flag("ignore-case")
    do {
      switch (text, expression) {
      case (nil, nil): return nil
      case (let text?, nil):
        return try SearchPattern(plain: text, ignoresCase: ignoresCase ? true : nil)
      case (nil, let expression?):
        return try SearchPattern(expression: expression, ignoresCase: ignoresCase)
      default: throw ArgumentFailure.excludesEachOther("--grep", "--regex")
      }
    } catch let fault as SearchPattern.Fault {
      throw UserFailure(
        .usage, "not a pattern", place: "character \(fault.offset + 1)", found: fault.reason,
        advice: "schema/search-patterns.md has the syntax.")
    }
  }

  func run(_ io: inout Output) throws -> ExitCode {
    guard let request else { return try runner.run(&io) }
    if io.fields == [] {
      try io.list(Self.listing([], verified: arguments.flag("verified")))
      return .done
    }
    let store = try Store.open(location.directory)
    if arguments.flag("follow") { return try follow(store, request, &io) }
    var asked = request
    if arguments.flag("count") { asked.limit = 10_000_000 }
    var page = try find(store, asked, &io)
    if arguments.flag("verified") { try verify(&page, store, &io) }
    let sessions = Set(page.hits.map(\.session)).sorted().compactMap { SessionID($0) }
    try arguments.record(.query, in: store, rows: page.hits.count, sessions: sessions, &io)
    if arguments.flag("count") {
      if io.format.isForPrograms {
        try io.json { $0.field("count", page.hits.count) }
      } else {
        try io.line("\(page.hits.count)")
      }
    } else {
      try io.show(
        Self.listing(page.hits, verified: arguments.flag("verified")), arguments)
    }
    if page.isCut { io.tellMore(after: page.hits.count, "hit", arguments) }
    if page.pendingSessions > 0 {
      io.warn(
        "not wholly searched yet: \(page.pendingSessions, of: "session"); run `blackbox index`")
    }
    try place.keep(page.cursor)
    if arguments.flag("show-cursor") {
      io.warn("cursor: \(page.cursor?.text ?? place.cursor?.text ?? "-")")
    }
    if page.isLate {
      io.warn("the time was over before all was searched; --timeout gives more, --cursor goes on")
      return .cut
    }
    return page.hits.isEmpty && arguments.flag("fail-empty") ? .nothingMatched : .done
  }

  private func find(
    _ store: Store, _ request: SearchRequest, _ io: inout Output
  ) throws -> SearchPage {
    try io.asking(store, arguments) { (index) throws(AuditFailure) in try index.search(request) }
  }

  private func follow(
    _ store: Store, _ request: SearchRequest, _ io: inout Output
  ) throws -> ExitCode {
    var request = request
    request.isReversed = true
    request.limit = 10_000_000
    try arguments.record(.query, in: store, &io)
    var seen = Set<String>()
    var isFirst = true
    // Rows come in the order of sessions, and several are written at once: each is looked at anew,
    // within a window that moves on.
    if request.filter.since == nil {
      request.filter.since = arguments.now.advanced(by: -600_000_000).microseconds
    }
    while true {
      let hits = try find(store, request, &io).hits.filter {
        seen.insert($0.place + $0.excerpt).inserted
      }
      if !hits.isEmpty {
        try io.list(Self.listing(hits, verified: false), header: isFirst)
        try io.flush()
        isFirst = false
      }
      usleep(500_000)
    }
  }

  /// Leaves what stands in verified bytes.
  private func verify(_ page: inout SearchPage, _ store: Store, _ io: inout Output) throws {
    let opened = try OpenStore(location)
    let log = try LogView(opened.store, trust: try opened.trust(file: nil), state: opened.state)
    guard let pattern = request?.pattern else { return }
    let kept = try HitVerifier(store: store, log: log, pattern: pattern).holding(page.hits)
    let lost = page.hits.count - kept.count
    page.hits = kept
    if lost > 0 {
      io.warn(
        "\(lost) hits do not stand in verified bytes and are left out; `blackbox verify` tells why")
    }
  }

  static func listing(_ hits: [SearchHit], verified: Bool) -> Listing {
    var listing = Listing([
      .init("place"), .init("time"), .init("agent", minimum: 8), .init("type"),
      .init("text", minimum: 20), .init("match", isWide: true), .init("op", isWide: true),
      .init("target", isWide: true), .init("principal", isWide: true),
      .init("resource", isWide: true), .init("shown", isWide: true),
      .init("confidence", .right, isWide: true), .init("session", isWide: true),
      .init("seq", .right, isWide: true), .init("verified", isWide: true),
    ])
    for hit in hits {
      listing.add([
        .text(hit.place), .time(Timestamp(microseconds: hit.time)), .optional(hit.agent),
        .text(hit.type), .marked(hit.excerpt, hit.match), .text(hit.match),
        .optional(hit.operation), .optional(hit.target), .optional(hit.principal),
        .optional(hit.resource), .bool(hit.isShown),
        hit.confidence.map { .integer($0) } ?? .null, .text(hit.session),
        .integer(hit.sequence), .bool(verified),
      ])
    }
    return listing
  }
}

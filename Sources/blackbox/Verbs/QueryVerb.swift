internal import AuditStore
internal import Platform
internal import SessionLog
internal import Text

struct QueryVerb: Verb {
  static let description = VerbDescription(
    name: "query", group: .find, summary: "ask a named question, or your own SQL, of the index",
    details: [
      "NAME is one of the questions that --list shows. Your own SQL is one SELECT over the views of "
        + "schema/views.md and the tables of schema/index.sql: it can read the index and nothing else, "
        + "for as long as --timeout and as much as --max-rows say; what is cut says so and ends with 9.",
      "Parameters are written :name. Values that are whole numbers are bound as such, all others as "
        + "text. :since and :until take --since, --until and --last: µs since 1970.",
    ],
    operands: [OperandDescription("NAME", isOptional: true, help: "a question's name")],
    options: [
      .value("sql", nil, "SQL", help: "one SELECT instead of a name"),
      .value(
        "file", nil, "FILE", .file, help: "the SELECT stands in this file; - is standard input"),
      .value("param", "p", "K=V", isRepeated: true, help: "the value of the parameter :K"),
      .flag("list", help: "the questions, with their parameters"),
      .flag("show-sql", help: "print the question's SQL instead of asking it"),
      .value("timeout", nil, "SPAN", .span, help: "stop after so long; 5s"),
      .value("max-rows", nil, "N", .integer(1...1_000_000), help: "stop after so many rows; 10000"),
      .flag("fail-empty", help: "end with 1 where there are no rows"), ListOptions.noIndex,
      ListOptions.noPager,
    ] + CommonOptions.time,
    isReading: true, outputs: [.table, .wide, .json, .ndjson, .csv],
    examples: [
      .init("query --list", "what can be asked"),
      .init("query blocked --last 24h", "everything that was refused since yesterday"),
      .init("query object-access -p object=customers", "who touched this table, and how"),
      .init(
        "query --sql 'SELECT agent, count(*) AS n FROM v_session GROUP BY 1 ORDER BY n DESC'",
        "your own question"),
    ])

  private let arguments: ParsedArguments
  private let location: StoreLocation

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    location = try arguments.store()
  }

  func run(_ io: inout Output) throws -> ExitCode {
    if arguments.flag("list") { return try list(&io) }
    let (text, parameters) = try question()
    if arguments.flag("show-sql") {
      try io.text(text + (text.hasSuffix("\n") ? "" : "\n"))
      return .done
    }
    var limits = SQLGuard()
    limits.timeout = try arguments.span("timeout") ?? limits.timeout
    limits.maxRows = arguments.integer("max-rows") ?? limits.maxRows
    let store = try Store.open(location.directory)
    // A single step that takes long, such as comparing huge texts, no deadline can end: this does.
    let fixed = limits
    let answer = try io.asking(store, arguments) { (index) throws(AuditFailure) in
      Watchdog.begin(fixed.timeout.addingReportingOverflow(2_000_000).partialValue)
      limitSQLiteMemory(512 << 20)
      defer {
        Watchdog.end()
        limitSQLiteMemory(0)
      }
      return try index.ask(text, parameters, fixed)
    }
    try arguments.record(.query, in: store, rows: answer.rows.count, &io)
    try show(answer, &io)
    if let cut = answer.cut {
      io.warn("the answer is cut after \(answer.rows.count, of: "row"): \(Self.words(cut, limits))")
      return .cut
    }
    return answer.rows.isEmpty && arguments.flag("fail-empty") ? .nothingMatched : .done
  }

  private func show(_ answer: SQLGuard.Answer, _ io: inout Output) throws {
    // Names may be given twice, and JSON fields may not.
    var names: [String] = []
    for name in answer.columns {
      var unique = name.isEmpty ? "column" : name
      var count = 1
      while names.contains(unique) {
        count += 1
        unique = "\(name)_\(count)"
      }
      names.append(unique)
    }
    var listing = Listing(names.map { .init($0, minimum: 8) })
    for row in answer.rows {
      listing.add(
        zip(names, row).map { name, value in
          // Our own convention: a moment in µs, shown as people read it.
          if name.hasSuffix("_us"), !Self.lengths.contains(name), !io.format.isForPrograms,
            case .integer(let number) = value
          {
            return .time(Timestamp(microseconds: number))
          }
          return Cell(value)
        })
    }
    try io.show(listing, arguments)
  }

  /// Columns in µs that are lengths and no moments.
  private static let lengths: Set<String> = ["dur_us", "latency_us", "wait_us", "off_us"]

  private static func words(_ cut: SQLGuard.Cut, _ limits: SQLGuard) -> String {
    switch cut {
    case .time:
      "the time was over (\(DurationText.text(microseconds: limits.timeout))); --timeout gives more"
    case .rows: "--max-rows \(limits.maxRows)"
    case .bytes: "it holds more than \(ByteCountText.text(Int64(limits.maxBytes)))"
    case .memory: "it needs more memory than a question may take"
    }
  }

  // MARK: the question

  private func question() throws -> (String, [String: SQLValue]) {
    let sources = [arguments.operand(0), arguments.value("sql"), arguments.value("file")]
    guard sources.compactMap({ $0 }).count == 1 else {
      throw UserFailure(
        .usage, "nothing to ask, or too much", wanted: "NAME, --sql or --file",
        advice: "`blackbox query --list` shows the questions.")
    }
    var parameters = try given()
    let period = try arguments.period()
    if let name = arguments.operand(0) {
      guard let query = NamedQuery.named(name) else {
        let names = NamedQuery.all.map(\.name)
        throw UserFailure(
          .usage, "no such question", place: name,
          advice: Spelling.nearest(to: name, in: names).map { "Did you mean “\($0)”?" }
            ?? "`blackbox query --list` shows the questions.")
      }
      for parameter in query.parameters where parameters[parameter.name] == nil {
        switch parameter.name {
        case "since": parameters["since"] = .integer(period.since?.microseconds ?? 0)
        case "until": parameters["until"] = .integer(period.until?.microseconds ?? .max)
        default: if let usual = parameter.usual { parameters[parameter.name] = usual }
        }
      }
      if !query.hasPeriod, period.since != nil || period.until != nil {
        throw UserFailure(
          .usage, "the question has no period", place: name,
          advice: "Leave --since and --until out.")
      }
      return (query.sql, parameters)
    }
    if let since = period.since { parameters["since"] = .integer(since.microseconds) }
    if let until = period.until { parameters["until"] = .integer(until.microseconds) }
    if let text = arguments.value("sql") { return (text, parameters) }
    let file = arguments.value("file") ?? "-"
    let bytes = try SystemFiles.shared.readSmallFile(
      file == "-" ? "/dev/stdin" : file, limit: 128 << 10, named: true)
    return (String(decoding: bytes, as: UTF8.self), parameters)
  }

  private func given() throws -> [String: SQLValue] {
    var parameters: [String: SQLValue] = [:]
    for pair in arguments.values("param") {
      guard let equals = pair.firstIndex(of: "="), equals > pair.startIndex else {
        throw UserFailure(
          .usage, "not a parameter", place: "--param", found: "“\(pair)”", wanted: "NAME=VALUE")
      }
      let value = String(pair[pair.index(after: equals)...])
      parameters[String(pair[..<equals])] = Int64(value).map { .integer($0) } ?? .text(value)
    }
    return parameters
  }

  private func list(_ io: inout Output) throws -> ExitCode {
    var listing = Listing([
      .init("name"), .init("question", minimum: 30), .init("parameters", minimum: 12),
    ])
    for query in NamedQuery.all {
      let words = query.parameters.filter { !["since", "until"].contains($0.name) }.map {
        parameter in
        parameter.usual == nil ? "\(parameter.name) (needed): \(parameter.help)" : parameter.name
      }
      listing.add([.text(query.name), .text(query.title), .list(words)])
    }
    try io.list(listing)
    return .done
  }
}

internal import AuditStore
internal import Glibc
internal import Platform
internal import SessionLog
internal import Text

struct DetectVerb: Verb {
  static let description = VerbDescription(
    name: "detect", group: .find,
    summary: "run the detections: policy drift, misused authority, missing masking, leaks",
    details: [
      "Every finding names the event that shows it as ID@SEQ, and is told once: a second run is silent "
        + "about what is known. `blackbox findings` lists all, with their states.",
      "R1 looks for card numbers, social security numbers, tokens and keys in stored text: type, count "
        + "and place are told, never the value. C1 looks for canaries: those that gateways recorded, and "
        + "those in --canary-file, one a line as UID=VALUE; of a value only the keyed digest is held.",
      "--baseline adds what an agent did for the first time although it is known for so long (B1), and "
        + "scopes that were handed out and not used (B2).",
      "--exec runs a program for each new finding, with the finding as JSON on its standard input; it is "
        + "started directly, without a shell, so nothing recorded can become a command.",
      "With --fail-found the exit code is 4 where there are new findings.",
    ],
    options: [
      .value(
        "rule", nil, "IDS", .choices(Detection.all.map(\.id)), isRepeated: true,
        help: "only these: D1, D9, …"),
      .flag("list", help: "the detections, without running them"),
      .value("baseline", nil, "SPAN", .span, help: "also B1 and B2, over this span: 30d"),
      .value("canary-file", nil, "FILE", .file, help: "canaries of your own, UID=VALUE a line"),
      .flag("follow", "f", help: "go on, until interrupted"),
      .value("every", nil, "SPAN", .span, help: "with --follow: how often; 5s"),
      .value("exec", nil, "PROGRAM", .file, help: "run this for each new finding"),
      .flag("fail-found", help: "end with 4 where something new was found"),
      ListOptions.noIndex,
    ],
    isReading: true, outputs: OutputFormat.list,
    examples: [
      .init("detect", "what is new since the last run"),
      .init("detect --rule D9,D10 -o ndjson", "two rules, for a program"),
      .init("detect --follow --exec /usr/local/bin/page-somebody", "as it happens"),
    ])

  private let arguments: ParsedArguments
  private let location: StoreLocation
  private let rules: [Detection]
  private let window: Int64

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    location = try arguments.store()
    let baseline = try arguments.span("baseline")
    window = baseline ?? 30 * 86_400_000_000
    let wanted = arguments.list("rule")
    if wanted.isEmpty {
      rules = Detection.standard + (baseline == nil ? [] : Detection.baselines)
    } else {
      rules = Detection.all.filter { wanted.contains($0.id) }
    }
    guard arguments.value("exec") == nil || arguments.value("exec")?.contains("/") == true else {
      throw UserFailure(
        .usage, "not a path", place: "--exec", found: arguments.value("exec"),
        wanted: "the program's path", advice: "Write ./name for one that is here.")
    }
  }

  func run(_ io: inout Output) throws -> ExitCode {
    if arguments.flag("list") { return try list(&io) }
    let store = try Store.open(location.directory)
    // What is found is told bit by bit: that it is looked for is recorded first.
    try arguments.record(.query, in: store, &io)
    guard arguments.flag("follow") else {
      let fresh = try once(store, &io, header: true)
      return fresh > 0 && arguments.flag("fail-found") ? .checkFailed : .done
    }
    let pause = max(try arguments.span("every") ?? 5_000_000, 100_000)
    var isFirst = true
    while true {
      let fresh = try once(store, &io, header: isFirst)
      if fresh > 0 { isFirst = false }
      try io.flush()
      usleep(UInt32(clamping: min(pause, 900_000_000)))
    }
  }

  private func once(_ store: Store, _ io: inout Output, header: Bool) throws -> Int {
    let (rules, window) = (rules, window)
    let now = Environment.now.microseconds
    var book = try canaries(store, &io)
    let run = try io.asking(store, arguments) { (index) throws(AuditFailure) in
      try book?.add(recordedIn: index)
      return try index.detect(rules, now: now, window: window, canaries: book)
    }
    for note in run.notes { io.warn("\(note)") }
    let record = try FindingRecord(arguments, store)
    let fresh = run.fresh
    for finding in fresh { try record.announce(finding) }
    try io.list(Self.listing(fresh), header: header && !fresh.isEmpty)
    try io.flush()
    if let program = arguments.value("exec") {
      for finding in fresh {
        var json = JSONText(.compact)
        json.object { finding.write(to: &$0) }
        let status = try Alert.run(program, input: json.bytes + [0x0A])
        if status != 0 { io.warn("\(program) ended with \(status) for \(finding.id)") }
      }
    }
    let standing = run.standing.reduce(0) { $0 + $1.count }
    if !arguments.flag("follow"), fresh.isEmpty {
      io.note("nothing new; \(standing) findings stand")
    }
    return fresh.count
  }

  private func canaries(_ store: Store, _ io: inout Output) throws -> CanaryBook? {
    guard rules.contains(where: { $0.id == "C1" }) else { return nil }
    var book: CanaryBook
    do {
      let state = try StateDirectory(for: store, override: location.state)
      book = try CanaryBook(state, store)
    } catch {
      // Whoever cannot read the secret cannot look for canaries; the run says so.
      guard arguments.value("canary-file") == nil else { throw error }
      return nil
    }
    guard let file = arguments.value("canary-file") else { return book }
    let bytes = try SystemFiles.shared.readSmallFile(file, limit: 1 << 20, named: true)
    for (number, line) in bytes.split(separator: 0x0A).enumerated() where line.first != 0x23 {
      let text = String(decoding: line, as: UTF8.self)
      guard let equals = text.firstIndex(of: "="), equals > text.startIndex,
        text.index(after: equals) < text.endIndex
      else {
        throw UserFailure(
          .unreadable, "not a canary", place: "\(file), line \(number + 1)", wanted: "UID=VALUE")
      }
      try book.add(
        value: String(text[text.index(after: equals)...]), uid: String(text[..<equals]))
    }
    return book
  }

  private func list(_ io: inout Output) throws -> ExitCode {
    var listing = Listing([
      .init("rule"), .init("severity", .right), .init("owasp"), .init("title", minimum: 30),
      .init("explanation", isWide: true), .init("advice", isWide: true),
    ])
    for rule in Detection.all {
      listing.add([
        .text(rule.id), .integer(rule.severity), .optional(rule.owasp), .text(rule.title),
        .text(rule.explanation), .text(rule.advice),
      ])
    }
    try io.list(listing)
    return .done
  }

  private static func listing(_ findings: [DetectedFinding]) -> Listing {
    var listing = Listing([
      .init("finding"), .init("time"), .init("severity", .right), .init("place"),
      .init("agent", minimum: 8), .init("title", minimum: 20), .init("detail", minimum: 20),
      .init("rule", isWide: true), .init("session", isWide: true),
      .init("evidence", isWide: true), .init("owasp", isWide: true),
      .init("advice", isWide: true),
    ])
    for finding in findings {
      let rule = Detection.named(finding.rule)
      listing.add([
        .text(finding.id), .time(Timestamp(microseconds: finding.time)),
        .integer(finding.severity), .text(finding.place), .optional(finding.agent),
        .styled(finding.title, finding.severity >= 4 ? .red : .yellow), .text(finding.detail),
        .text(finding.rule), .text(finding.session), .list(finding.evidence),
        .optional(rule?.owasp), .optional(rule?.advice),
      ])
    }
    return listing
  }
}

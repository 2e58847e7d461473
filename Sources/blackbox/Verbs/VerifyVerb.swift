internal import Evidence
internal import Platform
internal import SessionLog
internal import Text

struct VerifyVerb: Verb {
  static let description = VerbDescription(
    name: "verify", group: .prove,
    summary: "check sessions against their bytes, their lines and the signed log",
    details: [
      "Needs no index and changes nothing. Five answers are given apart: bytes, lines, log, "
        + "identity and completeness. Damage ends with 3; facts such as OPEN or UNWITNESSED are "
        + "always said and fail only what --require asks for. A lone file without a store is "
        + "CONSISTENT at best: nobody's signature covers it.",
      "Without --trust the key is this machine's own, or the store's word, and that is said.",
    ],
    operands: [
      OperandDescription(
        "ID|FILE", .session, isOptional: true, isRepeated: true,
        help: "sessions or session files; the newest session if none")
    ],
    options: [
      .flag("all", "a", help: "the whole store: log, every session, every file"),
      .value("trust", nil, "FILE", .file, help: "believe the verifier key in this file alone"),
      .value(
        "known-checkpoint", nil, "FILE", .file, isRepeated: true,
        help: "a checkpoint kept outside: the log must still contain it"),
      .value(
        "receipt", nil, "FILE", .file, isRepeated: true,
        help: "acknowledgements as a gateway kept them: the recording must still begin so"),
      .value(
        "require", nil, "FACT", .choices(["closed", "complete", "logged", "witnessed"]),
        isRepeated: true, help: "end with 3 unless closed, complete, logged, witnessed"),
    ],
    isReading: true, outputs: OutputFormat.object,
    examples: [
      .init("verify @last", "the newest session"),
      .init("verify --all --trust auditor.vkey", "everything, against a key you kept"),
      .init("verify --json @last", "for a program"),
      .init("verify --receipt acks.ndjson", "sessions against what a gateway was told of them"),
      .init("verify copy.ndjson.zst", "a file on its own"),
    ])

  private let arguments: ParsedArguments
  private let requirements: [String]

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    requirements = arguments.values("require").flatMap { $0.split(separator: ",").map(String.init) }
    if arguments.flag("all"), !arguments.values("receipt").isEmpty {
      throw UserFailure(
        .usage, "--all and --receipt exclude each other",
        advice: "A receipt names its session: leave --all out.")
    }
    if arguments.flag("all"), arguments.operand(0) != nil {
      throw UserFailure(
        .usage, "--all and a session exclude each other",
        advice: "Give sessions, or --all for every one.")
    }
  }

  func run(_ io: inout Output) throws -> ExitCode {
    let receipts = try readReceipts()
    let targets =
      arguments.operands.isEmpty && receipts.isEmpty ? ["@last"] : arguments.operands
    if !arguments.flag("all"), !targets.isEmpty, let files = Self.loneFiles(targets) {
      var verdicts: [SessionVerdict] = []
      for path in files {
        // A file says itself which session it is: only then are its receipts known.
        let first = try SessionVerifier.verify(file: path)
        let own = receipts.filter { $0.session == first.id }
        verdicts.append(
          own.isEmpty ? first : try SessionVerifier.verify(file: path, receipts: own))
      }
      let given = Set(verdicts.compactMap(\.id))
      for receipt in receipts where !given.contains(receipt.session) {
        throw UserFailure(
          .unreadable, "a receipt of another session", found: receipt.session.text,
          wanted: "receipts of the files that were given",
          advice: "Give that session's file too, or verify in its store.")
      }
      return try show(verdicts, nil, &io)
    }
    let opened = try OpenStore(try arguments.store())
    let trust = try opened.trust(file: arguments.value("trust"))
    var known: [Checkpoint] = []
    for path in arguments.values("known-checkpoint") {
      let bytes = try SystemFiles.shared.readSmallFile(path, limit: 64 << 10, named: true)
      known.append(try Checkpoint(Note(parsing: bytes), signedBy: trust.key))
    }
    // A receipt's log head is no checkpoint that was signed for its keeper, but the log must contain it all the same.
    for receipt in receipts {
      guard let log = receipt.log else { continue }
      known.append(Checkpoint(origin: opened.store.origin, size: log.size, root: log.root))
    }
    var ids: [SessionID] = []
    for target in targets where !arguments.flag("all") {
      ids.append(try opened.store.resolve(target))
    }
    for receipt in receipts where !ids.contains(receipt.session) { ids.append(receipt.session) }
    let log = try LogView(
      opened.store, trust: trust, state: opened.state, known: known,
      only: ids.count == 1 ? ids.first : nil)
    let trail = try arguments.trail(of: opened.store, &io)
    if arguments.flag("all") { return try verifyAll(opened.store, log, trail, &io) }
    var verdicts: [SessionVerdict] = []
    for id in ids {
      verdicts.append(
        try StoreVerifier.verify(
          id, in: opened.store, log: log, receipts: receipts.filter { $0.session == id }))
    }
    try trail.record(.verify, rows: verdicts.count, sessions: ids, &io)
    return try show(verdicts, log, &io)
  }

  private func readReceipts() throws -> [Receipt] {
    var receipts: [Receipt] = []
    for path in arguments.values("receipt") {
      let bytes = try SystemFiles.shared.readSmallFile(path, limit: 64 << 20, named: true)
      receipts += try Receipt.read(bytes, from: path)
    }
    return receipts
  }

  /// Paths to files, where every target is one; nil where they are sessions of a store.
  private static func loneFiles(_ targets: [String]) -> [String]? {
    targets.allSatisfy { $0.contains("/") || $0.hasSuffix(".zst") } ? targets : nil
  }

  // MARK: Sessions

  private func show(_ verdicts: [SessionVerdict], _ log: LogView?, _ io: inout Output) throws
    -> ExitCode
  {
    var code = ExitCode.done
    let logFindings = log?.findings ?? []
    if !logFindings.isEmpty { code = .damaged }
    var missed: [[String]] = []
    for verdict in verdicts {
      missed.append(VerdictText.unmet(requirements, verdict, log))
      if !verdict.isIntact || !missed.last.isEmptyOrNil { code = .damaged }
    }
    if io.format.isForPrograms {
      for (verdict, unmet) in zip(verdicts, missed) {
        try io.json { json in
          VerdictText.write(verdict, log, unmet, to: &json)
        }
      }
      return code
    }
    for finding in logFindings { try VerdictText.line(finding, &io) }
    for (verdict, unmet) in zip(verdicts, missed) {
      try VerdictText.show(verdict, log, unmet, &io)
    }
    return code
  }

  // MARK: The store

  private func verifyAll(
    _ store: Store, _ log: LogView, _ trail: ReadingTrail, _ io: inout Output
  ) throws -> ExitCode {
    var counts: [String: Int] = [:]
    var total = 0
    var damaged = log.findings.isEmpty ? 0 : 1
    var verdicts: [(SessionVerdict, [String])] = []
    let programs = io.format.isForPrograms
    try StoreVerifier.verify(store, log: log) { verdict in
      total += 1
      counts[verdict.word, default: 0] += 1
      // Today's audit session goes on as long as somebody reads: it is asked to be whole, not to be closed.
      let unmet =
        verdict.start?.kind == "audit" && !verdict.isClosed
        ? [] : VerdictText.unmet(requirements, verdict, log)
      if !verdict.isIntact || !unmet.isEmpty { damaged += 1 }
      if programs || !verdict.isIntact || !unmet.isEmpty || !verdict.facts.isEmpty {
        verdicts.append((verdict, unmet))
      }
    }
    try trail.record(.verify, rows: total, &io)
    if programs {
      try io.json { json in
        json.field("origin", store.origin)
        json.field("log_size", Int64(clamping: log.checkpoint?.size ?? 0))
        json.field("root", log.checkpoint?.root.hex ?? "")
        json.field("sessions_checked", Int64(total))
        json.field("witnessed", false)
        json.array("findings") { json in
          for finding in log.findings {
            json.object { json in VerdictText.write(finding, to: &json) }
          }
        }
        json.array("sessions") { json in
          for (verdict, unmet) in verdicts {
            json.object { json in VerdictText.write(verdict, log, unmet, to: &json) }
          }
        }
      }
      return damaged > 0 ? .damaged : .done
    }
    for finding in log.findings { try VerdictText.line(finding, &io) }
    for (verdict, unmet) in verdicts { try VerdictText.brief(verdict, unmet, &io) }
    let words = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    try io.line("\(total) sessions: \(words.isEmpty ? "none" : words.joined(separator: ", "))")
    let root = log.checkpoint?.root.hex ?? "none"
    try io.line("Log: \(log.checkpoint?.size ?? 0) leaves, root \(root), UNWITNESSED")
    if log.unsignedEntries > 0 {
      try io.line("\(log.unsignedEntries) log entries are not signed yet and were not believed")
    }
    try io.line("Key: \(VerdictText.trust(log.trust))")
    return damaged > 0 ? .damaged : .done
  }
}

extension [String]? {
  fileprivate var isEmptyOrNil: Bool { self?.isEmpty ?? true }
}

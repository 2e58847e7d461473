internal import Platform
internal import Recorder
internal import SessionLog
internal import Text

struct ImportVerb: Verb {
  static let description = VerbDescription(
    name: "import", group: .make,
    summary: "make sessions of recordings that other programs made",
    details: [
      "Each file becomes a session of its own, marked as imported, with the file's digest, format "
        + "and own times. The format is told by content: asciicast v1 to v3, script, ttyrec, tlog, "
        + "a sudo I/O log (its directory), transcripts of Claude Code, Codex, SWE-agent, OpenHands, "
        + "Gemini CLI and others, recorded MCP traffic; packed with gzip, too.",
      "What is damaged is imported as far as it can be read: gaps are marked, a warning says so. "
        + "With --strict it is refused instead. Where nothing can be read, the code is 8.",
      "An import shows what a file said on the day it was imported. Who made the file, and whether "
        + "it was changed before, no import can know.",
    ],
    operands: [
      OperandDescription(
        "FILE", .file, isRepeated: true,
        help: "a recording; - for standard input; for sudo, a log's directory")
    ],
    options: [
      .value("agent", nil, "UID", help: "who acted; ISSUER#UID names the issuer too"),
      .value("on-behalf-of", nil, "UID", help: "for whom: a person or service, ISSUER#UID or UID"),
      .value("resource", nil, "KIND:UID", help: "what it reached, such as ssh:prod-1"),
      .value("purpose", nil, "TEXT", help: "why, for the auditor"),
      .value(
        "format", nil, "FORMAT", .choice(ImportFormat.allCases.map(\.rawValue)),
        help: "do not tell the format by content"),
      .value("timing", nil, "FILE", .file, help: "the times of a typescript"),
      .value("typed", nil, "FILE", .file, help: "what was typed, where script logged it apart"),
      .flag("strict", help: "refuse what would have to be salvaged"),
    ],
    outputs: [.table, .json, .ndjson, .id],
    examples: [
      .init("import demo.cast --agent deploy-bot", "a terminal recording"),
      .init("import typescript --timing timing --agent ops", "what script wrote"),
      .init(
        "import ~/.claude/projects/*/*.jsonl --agent claude-code --on-behalf-of alice",
        "an agent's transcripts"),
      .init("import /var/log/sudo-io/00/00/01 --agent root-bot", "a sudo I/O log"),
    ])

  private let arguments: ParsedArguments
  private let requests: [(name: String, request: ImportRequest)]

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    guard let agent = arguments.value("agent"), !agent.isEmpty else {
      throw UserFailure(
        .usage, "no agent named", wanted: "--agent UID",
        advice: "A recording without an identity proves little: say who acted.")
    }
    let timing = arguments.value("timing")
    let names = arguments.operands
    guard timing == nil || names.count == 1 else {
      throw UserFailure(
        .usage, "one timing file belongs to one typescript", place: "--timing",
        found: "\(names.count) files", wanted: "one", advice: "Import them one by one.")
    }
    guard names.filter({ $0 == "-" }).count < 2 else {
      throw UserFailure(.usage, "standard input can be read once", found: "- twice")
    }
    var requests: [(name: String, request: ImportRequest)] = []
    for name in names {
      let input: ImportRequest.Input
      if let timing {
        input = .typescript(name, timing: timing, input: arguments.value("typed"))
      } else if name == "-" {
        input = .standardInput
      } else {
        input = .path(name)
      }
      var request = ImportRequest(input, agent: Self.identity(agent))
      request.principal = arguments.value("on-behalf-of").map(Self.identity)
      request.purpose = arguments.value("purpose")
      request.resource = try Self.resource(arguments.value("resource"))
      request.format = arguments.value("format").flatMap { ImportFormat(rawValue: $0) }
      request.isStrict = arguments.flag("strict")
      requests.append((name, request))
    }
    self.requests = requests
  }

  private static func resource(_ text: String?) throws -> Resource? {
    guard let text else { return nil }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
      throw UserFailure(
        .usage, "not a resource", place: "--resource", found: text, wanted: "KIND:UID",
        advice: "For example: --resource ssh:prod-1")
    }
    return Resource(kind: String(parts[0]), uid: String(parts[1]))
  }

  /// `ISSUER#UID`, or a bare uid that only this machine vouches for.
  private static func identity(_ text: String) -> Identity {
    guard let mark = text.lastIndex(of: "#") else { return Identity(issuer: "local", uid: text) }
    return Identity(
      issuer: String(text[..<mark]), uid: String(text[text.index(after: mark)...]))
  }

  func run(_ io: inout Output) throws -> ExitCode {
    let opened = try OpenStore(try arguments.store())
    for outcome in try Recovery(opened.store, opened.state, clock: SystemClock()).run() {
      io.warn(RecoverVerb.line(outcome))
    }
    let importer = Importer(
      opened.store, opened.state, spool: arguments.environment["TMPDIR"] ?? "/tmp")
    var refused = 0
    for (place, (name, request)) in requests.enumerated() {
      if requests.count > 1 {
        io.progress("importing", done: Int64(place), of: Int64(requests.count))
      }
      do {
        try tell(try importer.run(request), name, &io)
      } catch ImportFailure.unreadable(let refusal) {
        // One bad file does not keep the others out; a store that fails ends it all.
        refused += 1
        io.report(Self.report(refusal))
      } catch ImportFailure.source(let failure) {
        refused += 1
        io.report(FailureReport(failure))
      } catch ImportFailure.log(let failure) {
        throw failure
      }
    }
    return refused > 0 ? .unreadable : .done
  }

  private static func report(_ refusal: ImportFailure.Refusal) -> FailureReport {
    FailureReport(
      .unreadable, refusal.what, place: refusal.place.isEmpty ? nil : refusal.place,
      found: refusal.found, wanted: refusal.wanted, advice: refusal.advice)
  }

  private func tell(_ session: ImportedSession, _ name: String, _ io: inout Output) throws {
    let facts = session.facts
    switch io.format {
    case .id: try io.raw(session.id.text + "\n")
    case .json, .ndjson:
      try io.json { json in
        json.field("id", session.id.text)
        json.field("name", session.imported.name)
        json.field("format", session.format.rawValue)
        json.field("kind", session.facts.kind ?? session.format.sessionKind)
        json.field("sha256", session.imported.sha256.hex)
        json.field("bytes", session.imported.bytes)
        json.field("events", facts.events)
        json.field("salvaged", facts.isSalvaged)
        json.field("gaps", facts.gaps)
        json.field("cut", facts.isCut)
        json.array("oddities") { json in
          for oddity in facts.oddities {
            json.object { json in
              json.field("reason", oddity.reason)
              json.field("count", oddity.count)
              json.field("place", oddity.place)
            }
          }
        }
      }
    default:
      try io.line(
        "\(session.id.text, .bold)  \(session.format.rawValue)  \(facts.events) events  \(name)")
    }
    for oddity in facts.oddities {
      let times = oddity.count > 1 ? ", \(oddity.count) times" : ""
      let place = oddity.place.isEmpty ? "" : " (\(oddity.place)\(times))"
      io.warn("\(name): \(oddity.reason)\(place); imported and marked")
    }
    if facts.gaps > 0 {
      let what = facts.gaps == 1 ? "stretch" : "stretches"
      io.warn("\(name): \(facts.gaps) unreadable \(what), marked as recorder.gap")
    }
    if facts.isCut {
      io.warn("\(name): it ends in the middle of something; its end is marked lost")
    }
  }
}

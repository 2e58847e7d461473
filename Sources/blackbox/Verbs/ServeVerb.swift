internal import Platform
internal import Recorder
internal import SessionLog

struct ServeVerb: Verb {
  static let description = VerbDescription(
    name: "serve", group: .make,
    summary: "record the sessions that gateways stream to a Unix socket",
    details: [
      "The protocol stands in schema/ingest-protocol.md, clients in Examples. What is acknowledged "
        + "is on the disk. A full disk stops the intake, never the recording: nothing is dropped.",
      "SIGTERM makes everything received durable, closes all sessions and ends with 0. A session "
        + "whose client is gone is kept for a while, so that the client can come back to it.",
    ],
    options: [
      .value("socket", nil, "PATH", .file, help: "where clients connect; made here, mode 0600"),
      .value(
        "allow-uid", nil, "N", .integer(0...4_294_967_294), isRepeated: true,
        help: "let this user connect too; the socket is then open to all, and the uid is checked"),
      .value(
        "idle-timeout", nil, "SPAN", .span,
        help: "how long a session without a client is kept (default 10min)"),
      .value(
        "max-sessions", nil, "N", .integer(1...1_000_000),
        help: "open sessions at most (default 10000)"),
      .value(
        "metrics", nil, "FILE", .file,
        help: "write counters there every ten seconds, as Prometheus text"),
      .value(
        "http", nil, "ADDRESS",
        help:
          "answer GET /metrics, /healthz and /readyz there: a Unix socket's path, 127.0.0.1:PORT"),
      .value(
        "redact", nil, "RULES", isRepeated: true,
        help: "replace secrets before they are written: default, NAME,… or a file of patterns"),
      .value(
        "on-failure", nil, "POLICY", .choice(FailurePolicy.allCases.map(\.rawValue)),
        help:
          "what gateways are told to do while nothing can be recorded: block (default), continue"
      ),
      .value(
        "status", nil, "SOCKET", .file,
        help: "ask the server there how it is, and end: 0 if well, 6 if not"),
    ],
    examples: [
      .init("serve --socket /run/blackbox/ingest.sock", "for gateways of the same user"),
      .init(
        "serve --socket /run/blackbox/ingest.sock --allow-uid 990 --idle-timeout 1h "
          + "--metrics /var/lib/node_exporter/blackbox.prom", "as a service"),
      .init(
        "serve --socket /run/blackbox/ingest.sock --http /run/blackbox/http.sock --redact default",
        "with probes over HTTP (curl --unix-socket), and without secrets"),
      .init("serve --status /run/blackbox/ingest.sock", "how it is: for a probe or a person"),
    ])

  private enum Work {
    case ask(socket: String)
    case serve(StoreLocation, ServeSettings)
  }
  private let work: Work

  init(_ arguments: ParsedArguments) throws {
    if let socket = arguments.value("status") {
      work = .ask(socket: socket)
      return
    }
    let location = try arguments.store()
    guard let socket = arguments.value("socket"), !socket.isEmpty else {
      throw UserFailure(
        .usage, "no socket named", wanted: "--socket PATH",
        advice: "For example: blackbox serve --socket /run/blackbox/ingest.sock")
    }
    let isQuiet = arguments.isQuiet
    var settings = ServeSettings(socket: socket, version: Version.program) { text in
      guard !isQuiet else { return }
      // A log that nobody reads any more must not end the recording.
      do { try Descriptor.write(Array("blackbox: \(text)\n".utf8), to: 2) } catch {}
    }
    settings.allowedUsers = Set(arguments.values("allow-uid").compactMap { UInt32($0) })
    if let patience = try arguments.span("idle-timeout") {
      settings.patience = UInt64(clamping: patience)
    }
    if let most = arguments.integer("max-sessions") { settings.mostSessions = most }
    settings.metrics = arguments.value("metrics")
    if let address = arguments.value("http") {
      guard let known = HTTPAddress(address) else {
        throw UserFailure(
          .usage, "not an address that only this machine reaches", place: "--http", found: address,
          wanted: "a path with a slash, 127.0.0.1:PORT or [::1]:PORT",
          advice: "Nothing there asks who comes; for other machines put a proxy in front.")
      }
      settings.http = known
    }
    settings.redaction = try RedactionOption.rules(arguments.values("redact"))
    settings.onFailure = arguments.value("on-failure").flatMap { .init(rawValue: $0) } ?? .block
    settings.notifySocket = arguments.environment["NOTIFY_SOCKET"]
    settings.watchdog = arguments.environment["WATCHDOG_USEC"].flatMap { UInt64($0) }
    work = .serve(location, settings)
  }

  func run(_ io: inout Output) throws -> ExitCode {
    let (location, settings): (StoreLocation, ServeSettings)
    switch work {
    case .ask(let socket): return try ask(socket, &io)
    case .serve(let where_, let how): (location, settings) = (where_, how)
    }
    let opened = try OpenStore(location)
    do {
      try Server(opened.store, opened.state, settings).run { outcomes in
        // Thousands may have been alive: what each came to stands in its recording. Damage is always told.
        var mended = 0
        for outcome in outcomes {
          if !outcome.isDamage { mended += 1 }
          if mended <= 10 || outcome.isDamage { io.warn(RecoverVerb.line(outcome)) }
        }
        if mended > 10 { io.warn("and \(mended - 10) sessions more were recovered") }
      }
      return .done
    } catch ServeFailure.log(let failure) {
      throw failure
    } catch ServeFailure.socket(let failure) {
      throw failure
    } catch ServeFailure.system(let what) {
      throw UserFailure(
        .unusable, "cannot serve", found: what, advice: "Check the system's limits.")
    }
  }

  /// Prints what the server answers, one value a line, and says by the exit code whether it is well.
  private func ask(_ socket: String, _ io: inout Output) throws -> ExitCode {
    let answer: JSONValue
    do { answer = try ServerStatus.ask(socket) } catch {
      throw UserFailure(
        .unusable, "no server answers", found: error.reason, wanted: "a server on \(socket)",
        advice: "Start it, or look into its log: journalctl -u blackbox.")
    }
    for member in answer.members ?? [] {
      try io.line(
        "\(member.name) \(member.value.string ?? member.value.integer.map { String($0) } ?? "")")
    }
    return ["ok", "full"].contains(answer["health"]?.string ?? "") ? .done : .unusable
  }
}

extension Recovery.Outcome {
  fileprivate var isDamage: Bool {
    if case .leftAlone = action { return true }
    return false
  }
}

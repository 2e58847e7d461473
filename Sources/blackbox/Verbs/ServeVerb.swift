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
        "metrics-file", nil, "PATH", .file,
        help: "write counters there every ten seconds, as Prometheus text"),
    ],
    examples: [
      .init("serve --socket /run/blackbox/ingest.sock", "for gateways of the same user"),
      .init(
        "serve --socket /run/blackbox/ingest.sock --allow-uid 990 --idle-timeout 1h "
          + "--metrics-file /var/lib/node_exporter/blackbox.prom", "as a service"),
    ])

  private let location: StoreLocation
  private var settings: ServeSettings

  init(_ arguments: ParsedArguments) throws {
    location = try arguments.store()
    guard let socket = arguments.value("socket"), !socket.isEmpty else {
      throw UserFailure(
        .usage, "no socket named", wanted: "--socket PATH",
        advice: "For example: blackbox serve --socket /run/blackbox/ingest.sock")
    }
    let isQuiet = arguments.isQuiet
    settings = ServeSettings(socket: socket, version: Version.program) { text in
      guard !isQuiet else { return }
      // A log that nobody reads any more must not end the recording.
      do { try Descriptor.write(Array("blackbox: \(text)\n".utf8), to: 2) } catch {}
    }
    settings.allowedUsers = Set(arguments.values("allow-uid").compactMap { UInt32($0) })
    if let patience = try arguments.span("idle-timeout") {
      settings.patience = UInt64(clamping: patience)
    }
    if let most = arguments.integer("max-sessions") { settings.mostSessions = most }
    settings.metrics = arguments.value("metrics-file")
    settings.notifySocket = arguments.environment["NOTIFY_SOCKET"]
  }

  func run(_ io: inout Output) throws -> ExitCode {
    let opened = try OpenStore(location)
    do {
      try Server(opened.store, opened.state, settings).run { outcomes in
        for outcome in outcomes { io.warn(RecoverVerb.line(outcome)) }
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
}

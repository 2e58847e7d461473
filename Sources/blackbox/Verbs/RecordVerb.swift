internal import Platform
internal import Recorder
internal import SessionLog

struct RecordVerb: Verb {
  static let description = VerbDescription(
    name: "record", group: .make,
    summary: "run a command on a terminal of its own and record what it shows",
    details: [
      "The session is open in the signed log before the command starts. The exit status is the "
        + "command's own, or 128 plus the signal that ended it; where the command had to be ended "
        + "because recording failed, or its output could not be written, it is one of ours. "
        + "Without a terminal the command keeps this process's standard input.",
      "What is typed is recorded by policy: not at all, as it is, or with passwords as a count: "
        + "what is typed while the terminal does not show it, or after a prompt for a secret.",
      "Arguments must be UTF-8; what is not UTF-8 in a variable named with --env is recorded as "
        + "U+FFFD.",
      "If the disk is full the command waits; if space does not return in time it is ended, and "
        + "the session is closed from a reserve. If recording fails in any other way the command "
        + "is ended: nothing runs unrecorded. With --on-failure continue it goes on instead, in a "
        + "new session as soon as there can be one, and what is missing is told there. A recorder "
        + "that is killed takes the command with it; a program that the command started and that "
        + "ignores the hangup, as under nohup, lives on without its terminal.",
      "With --redact secrets are replaced before anything is written; the screen shows them as "
        + "ever. RULES is the word default, names of detectors (help: blackbox doctor), or a file of "
        + "own patterns: schema/redaction.md.",
      "With --to the session is streamed to a `blackbox serve` of another user, so that the "
        + "recorded command reaches neither store nor key. A service that is away, or that "
        + "acknowledges nothing because it is stopped or its disk is full, is waited for as a full "
        + "disk is; one that is slow but gets on is not given up.",
      "Inside the session `blackbox mark TEXT` leaves a note.",
      "With --mcp the command is an MCP server that speaks on its standard input and output, and "
        + "blackbox stands in its place: every byte passes unchanged, each JSON-RPC message becomes "
        + "an event, and what the client says is on disk before the server sees it, with --to on "
        + "the disk of the service. --input, --allow-pause and --on-failure continue are a "
        + "terminal's: --mcp refuses them.",
    ],
    options: [
      .value("agent", nil, "UID", help: "who acts; ISSUER#UID names the issuer too"),
      .value("on-behalf-of", nil, "UID", help: "for whom: a person or service, ISSUER#UID or UID"),
      .value("resource", nil, "KIND:UID", help: "what it reaches, such as ssh:prod-1"),
      .value("purpose", nil, "TEXT", help: "why, for the auditor"),
      .flag(
        "mcp",
        help: "stand between an MCP client, on standard input and output, and a stdio server"),
      .value("title", nil, "TEXT", help: "a name for people to read"),
      .value(
        "env", nil, "NAME,…", isRepeated: true,
        help: "environment variables to record, by name"),
      .value(
        "input", nil, "POLICY", .choice(InputPolicy.allCases.map(\.rawValue)),
        help: "what becomes of what is typed (default off)"),
      .value(
        "redact", nil, "RULES", isRepeated: true,
        help: "replace secrets: default, NAME,… or a file of patterns"),
      .value(
        "on-failure", nil, "POLICY", .choice(FailurePolicy.allCases.map(\.rawValue)),
        help: "what the command does when recording fails (default block)"),
      .flag("allow-pause", help: "let `mark --pause` and SIGUSR1 stop recording for a while"),
      .value("to", nil, "SOCKET", .file, help: "stream to this blackbox serve; no store is used"),
      .value(
        "disk-full-wait", nil, "SECONDS", .integer(0...86_400),
        help: "how long to wait for space on a full disk, or for the service (default 10)"),
    ],
    command: OperandDescription("CMD", isRepeated: true, help: "the command and its arguments"),
    examples: [
      .init("record --agent deploy-bot -- bash", "a shell session"),
      .init(
        "record --agent deploy-bot --on-behalf-of alice@example.com --resource ssh:prod-1 "
          + "--purpose 'ticket 4711' -- ssh prod-1", "with everything an auditor asks for"),
      .init("record --agent ci --redact default -- make test", "in CI, without a terminal"),
      .init(
        "record --agent deploy-bot --to /run/blackbox/ingest.sock -- bash",
        "by a service that the agent cannot touch"),
      .init(
        "record --mcp --agent coder --resource mcp:files -- npx server-filesystem /srv",
        "as the command of an MCP server in a client's configuration"),
    ])

  private let location: StoreLocation?
  private let isMCP: Bool
  private var request: RecordingRequest

  init(_ arguments: ParsedArguments) throws {
    let target = arguments.value("to")
    location = target == nil ? try arguments.store() : nil
    isMCP = arguments.flag("mcp")
    guard let command = arguments.command, !command.isEmpty else {
      throw UserFailure(
        .usage, "no command to record", wanted: "a command after --",
        advice: "For example: blackbox record --agent deploy-bot -- bash")
    }
    guard let agent = arguments.value("agent"), !agent.isEmpty else {
      throw UserFailure(
        .usage, "no agent named", wanted: "--agent UID",
        advice: "A recording without an identity proves little: say who acts.")
    }
    if isMCP { try Self.refuseTerminalOptions(arguments) }
    request = RecordingRequest(command: command, agent: Self.identity(agent))
    request.terminalType = arguments.environment["TERM"]
    request.principal = arguments.value("on-behalf-of").map(Self.identity)
    request.purpose = arguments.value("purpose")
    request.title = arguments.value("title")
    request.parent = arguments.environment[MarkRequest.sessionVariable].flatMap { SessionID($0) }
    request.target = target
    request.allowsPause = arguments.flag("allow-pause")
    request.input = arguments.value("input").flatMap { InputPolicy(rawValue: $0) } ?? .off
    request.onFailure =
      arguments.value("on-failure").flatMap { FailurePolicy(rawValue: $0) } ?? .block
    request.environment = try Self.environment(arguments)
    request.redaction = try RedactionOption.rules(arguments.values("redact"))
    request.spacePatience = UInt32(clamping: arguments.integer("disk-full-wait") ?? 10)
    if let resource = arguments.value("resource") {
      let parts = resource.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
        throw UserFailure(
          .usage, "not a resource", place: "--resource", found: resource, wanted: "KIND:UID",
          advice: "For example: --resource ssh:prod-1")
      }
      request.resource = Resource(kind: String(parts[0]), uid: String(parts[1]))
    }
  }

  func run(_ io: inout Output) throws -> ExitCode {
    let opened = try location.map { try OpenStore($0) }
    var session: SessionID?
    let showsNotes = io.errorIsTerminal
    var hasOutput = true
    // A terminal that stands still must not keep the recorder from its work, or from its end.
    io.boundMessages()
    do {
      // The frame's buffer is for results; what a recorded command shows is written by the recorder alone.
      let (status, receipt) = try record(in: opened) { notice in
        switch notice {
        case .began(let id):
          if showsNotes { io.note("blackbox: recording session \(id.text)") }
          session = id
        case .recovered(let outcomes):
          for outcome in outcomes { io.warn(RecoverVerb.line(outcome)) }
        case .waitingForSpace:
          io.warn("the disk is full: the command waits until there is space")
        case .spaceReturned:
          io.note("blackbox: there is space again")
        case .failing(let reason):
          io.warn("recording failed, and the command goes on unrecorded: \(reason)")
        case .waitingForService:
          io.warn("the recording service does not answer: the command waits until it does")
        case .serviceReturned:
          io.note("blackbox: the recording service answers again")
        case .outputLost(let failure):
          hasOutput = false
          io.report(
            FailureReport(
              .unreadable, "cannot write the command's output", place: failure.path,
              found: failure.reason,
              advice: "The command was hung up; what it wrote until its end is recorded."))
        }
      }
      if showsNotes, session != nil {
        io.note("blackbox: session \(receipt.session.text) closed, \(receipt.lines) events")
      }
      return hasOutput ? .command(UInt8(truncatingIfNeeded: status.shellCode)) : .unreadable
    } catch RecordingFailure.log(let failure) {
      throw Self.told(failure)
    } catch RecordingFailure.afterEnd(let status, let cause) {
      io.report(Self.report(of: cause))
      return .command(UInt8(truncatingIfNeeded: status.shellCode))
    } catch RecordingFailure.service(let failure) {
      throw failure
    } catch RecordingFailure.spawn(let failure, let command) {
      io.report(
        FailureReport(
          .command(failure.isMissing ? 127 : 126), "cannot \(failure.step)", place: command,
          found: failure.reason,
          advice: "Give the command as you would type it, after --; the attempt is recorded."))
      return .command(failure.isMissing ? 127 : 126)
    } catch RecordingFailure.interrupted(let number) {
      io.warn("ended by signal \(number) before the command was started")
      return .command(UInt8(truncatingIfNeeded: 128 + number))
    } catch RecordingFailure.system(let what) {
      throw UserFailure(
        .unusable, "cannot record", found: what, advice: "Check the system's limits.")
    }
  }

  private func record(
    in opened: OpenStore?, _ notify: (RecordingNotice) -> Void
  ) throws(RecordingFailure) -> (ExitStatus, RecordingReceipt) {
    guard let opened else {
      let target = request.target ?? ""
      return isMCP
        ? try MCPRecording(streamingTo: target).run(request, notify: notify)
        : try TerminalRecording(streamingTo: target).run(request, notify: notify)
    }
    return isMCP
      ? try MCPRecording(opened.store, opened.state).run(request, notify: notify)
      : try TerminalRecording(opened.store, opened.state).run(request, notify: notify)
  }

  /// Refuses what an MCP server's recording has not, rather than to promise it.
  private static func refuseTerminalOptions(_ arguments: ParsedArguments) throws {
    if arguments.flag("allow-pause") {
      throw UserFailure(
        .usage, "--mcp and --allow-pause exclude each other",
        advice: "The recording of an MCP server cannot be paused: leave --allow-pause out.")
    }
    if arguments.value("input") != nil {
      throw UserFailure(
        .usage, "--mcp and --input exclude each other",
        advice: "All that client and server say is recorded; --redact replaces secrets in it.")
    }
    if arguments.value("on-failure").flatMap({ FailurePolicy(rawValue: $0) }) == .goOn {
      throw UserFailure(
        .usage, "--mcp and --on-failure continue exclude each other",
        advice: "No MCP server goes on unrecorded: leave --on-failure out.")
    }
  }

  /// A part of the store that is gone is no input that cannot be read.
  private static func told(_ failure: SessionLogFailure) -> SessionLogFailure {
    guard failure.kind == .missing else { return failure }
    var failure = failure
    failure.kind = .storeUnusable
    failure.advice = "The store, or a part of it, is gone. `blackbox doctor` says what is there."
    return failure
  }

  /// What is said where the command came to its own end and its recording did not.
  private static func report(of cause: RecordingFailure) -> FailureReport {
    let error: any Error =
      switch cause {
      case .log(let failure): told(failure)
      case .service(let failure): failure
      default: cause
      }
    var report = FailureReport(error)
    if case .service(.lost(let seconds)) = cause {
      report.what = "the recording service is gone for \(seconds) s"
    }
    report.what = "the session is not closed: \(report.what)"
    report.advice = "The command had ended by itself, and the exit status is its own."
    if case .log = cause {
      report.advice? +=
        " What was recorded is kept: `blackbox recover` closes it, once the store is there."
    }
    return report
  }

  /// The variables on the list that are set, in the list's order.
  private static func environment(_ arguments: ParsedArguments) throws
    -> [(name: String, value: String)]
  {
    let names = arguments.values("env").flatMap { $0.split(separator: ",") }.map(String.init)
    if let name = names.first(where: { $0.contains("=") }) {
      let parts = name.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      throw UserFailure(
        .usage, "not a variable's name", place: "--env", found: name, wanted: "NAME,…",
        advice: "--env records variables that are set: \(name) blackbox record --env \(parts[0]) …")
    }
    return names.compactMap { name in arguments.environment[name].map { (name, $0) } }
  }

  /// `ISSUER#UID`, or a bare uid that only this machine vouches for.
  private static func identity(_ text: String) -> Identity {
    guard let mark = text.lastIndex(of: "#") else { return Identity(issuer: "local", uid: text) }
    return Identity(
      issuer: String(text[..<mark]), uid: String(text[text.index(after: mark)...]))
  }
}

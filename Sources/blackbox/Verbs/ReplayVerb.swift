internal import Glibc
internal import Platform
internal import Replay
internal import SessionLog
internal import Text

struct ReplayVerb: Verb {
  static let description = VerbDescription(
    name: "replay", group: .see, summary: "play a session, step by step, forward and back",
    details: [
      "Plays a session on the terminal, safely: what was recorded is drawn by an emulator, and no "
        + "recorded byte reaches your terminal. Press ? for the keys: they are those of asciinema and "
        + "less where these have one, but ? is help, \\ searches back, and d, u and f are its own. "
        + "A terminal that cannot place its cursor (TERM=dumb) is asked line by line. "
        + "Without a terminal, or with --plain, it prints the session's text instead.",
      "ID@57 begins at event 57, ID@+12.5s at that moment; both begin paused.",
    ] + KeyRow.Group.allCases.map(KeyTable.paragraph) + [KeyTable.mouse],
    operands: [
      OperandDescription(
        "ID", .session, isOptional: true, help: "a session, a file, or ID@EVENT, ID@+TIME")
    ],
    options: [
      .value("speed", nil, "X", .decimal(0.1...64), help: "play X times as fast, 0.1 to 64"),
      .value(
        "idle-limit", "i", "SECONDS", .decimal(0...86_400),
        help: "shorten each wait between two events to so long"),
      .value("start", nil, "POINT", .text, help: "begin at 1:23, 12.5s, 50% or #57"),
      .flag("paused", help: "begin paused"),
      .value("timing", nil, "FILE", .file, help: "the times of a typescript, which is its operand"),
      .value("trace", nil, "T", help: "all sessions of a trace, on one timeline"),
      .flag(
        "follow", "f",
        help:
          "begin at the end, and go on as the session does; with --events, --frames or --hidden "
          + "print what is there, and go on"),
      .flag("plain", help: "print the text at the end: scrollback and screen, or a line per event"),
      .value("at", nil, "POINT", .text, help: "print the screen at 1:23, 12.5s, 50% or #57"),
      .value("step", nil, "N", .integer(0...Int.max), help: "print the screen after event N"),
      .flag("frames", help: "print a screen for each change"),
      .flag("hidden", help: "list what the output hid: place, kind, step"),
      .flag("events", help: "list the events"),
      .value(
        "until", nil, "POINT", .text, help: "with these: only what came up to @57, +12.5s or 50%"),
      .value(
        "output", "o", "FORMAT", .choice(ReplayPrinting.Format.allCases.map(\.rawValue)),
        help: "text, json, ndjson, or svg for one screen"),
      .flag("json", help: "short for -o json"),
      .value(
        "scrollback", nil, "LINES", .integer(0...1_000_000),
        help: "with --plain: lines kept above the screen, else 100000"),
      .flag("no-input", help: "play on the terminal without reading keys"),
      .flag("timed", help: "play in real time without keys, even into a file or pipe"),
    ],
    isReading: true,
    examples: [
      .init("replay @last", "the newest session"),
      .init("replay 01KAB2 --idle-limit 2", "no wait longer than two seconds"),
      .init("replay 01KAB2@57", "what the screen showed after event 57"),
      .init("replay 01KAB2 --plain --until @57", "the same as text"),
      .init("replay 01KAB2 --step 57 -o svg", "the same as a picture"),
      .init("replay demo.cast", "what another program recorded"),
      .init("replay typescript --timing timing", "what script wrote"),
    ])

  private let arguments: ParsedArguments
  private let name: String
  private let start: ReplayPoint?
  private let until: ReplayPoint?
  private let at: ReplayPoint?
  /// What is to be printed; nil plays it where somebody can watch.
  private let mode: ReplayPrinting.Mode?
  private let format: ReplayPrinting.Format

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    let (name, point) = ReplayPoint.split(arguments.operand(0) ?? "")
    self.name = name
    start = try Self.point("start", arguments) ?? point
    until = try Self.point("until", arguments)
    at = try Self.point("at", arguments) ?? arguments.integer("step").map { .event($0) }
    let chosen: [(String, ReplayPrinting.Mode)] = [
      ("plain", .plain), ("at", .still), ("step", .still), ("frames", .frames),
      ("hidden", .hidden), ("events", .events),
    ].filter { arguments.flag($0.0) }
    if chosen.count > 1 {
      throw ArgumentFailure.excludesEachOther("--" + chosen[0].0, "--" + chosen[1].0)
    }
    if arguments.flag("json"), arguments.value("output") != nil {
      throw ArgumentFailure.excludesEachOther("--json", "--output")
    }
    format =
      arguments.flag("json")
      ? .json : arguments.value("output").flatMap { .init(rawValue: $0) } ?? .text
    mode = chosen.first?.1 ?? (format == .text ? nil : .still)
    if format == .svg, mode != .still {
      throw UserFailure(
        .usage, "one picture shows one screen", place: "--output", found: "svg",
        wanted: "--at POINT or --step N with it")
    }
    if format != .text, mode == .plain {
      throw UserFailure(
        .usage, "plain text is text", place: "--output", found: format.rawValue,
        wanted: "--at 100% for the last screen, --frames or --events")
    }
    if arguments.flag("follow") { try allowFollowing(chosen.first?.0) }
  }

  /// Some things can only be said once there is an end.
  private func allowFollowing(_ option: String?) throws {
    if let until = ["until", "at", "step"].first(where: { arguments.value($0) != nil }) {
      throw ArgumentFailure.excludesEachOther("--follow", "--" + until)
    }
    if mode == .plain, let option {
      throw ArgumentFailure.excludesEachOther("--follow", "--" + option)
    }
    if mode != nil, format == .json {
      throw UserFailure(
        .usage, "an array that has no end yet", place: "--output", found: "json",
        wanted: "ndjson with --follow")
    }
  }

  private static func point(
    _ option: String, _ arguments: ParsedArguments
  ) throws -> ReplayPoint? {
    guard let text = arguments.value(option) else { return nil }
    guard let point = ReplayPoint(text) else {
      throw UserFailure(
        .usage, "not a place in a session", place: "--" + option, found: text,
        wanted: "a time, a share or an event",
        advice: "For example: 1:23, 12.5s, 50%, #57.")
    }
    return point
  }

  func run(_ io: inout Output) throws -> ExitCode {
    let subject = try self.subject(&io)
    try subject.record(arguments, &io)
    let environment = arguments.environment
    let profile = TerminalProfile(
      term: environment["TERM"], colorTerm: environment["COLORTERM"],
      noColor: Self.noColor(arguments.value("color"), environment["NO_COLOR"]))
    if mode != nil { return try print(subject, &io) }
    // A terminal that cannot place its cursor is never sent to place it.
    let isLines = profile.isDumb && TerminalDevice.isTerminal(STDOUT_FILENO)
    if arguments.flag("timed"), !isLines {
      return try show(subject, profile, readsKeys: false, &io)
    }
    let isWatched = TerminalDevice.isTerminal(STDOUT_FILENO) && !profile.isDumb
    if isWatched, arguments.flag("no-input") {
      return try show(subject, profile, readsKeys: false, &io)
    }
    let hasPerson =
      TerminalDevice.isTerminal(STDIN_FILENO) && TerminalDevice.isTerminal(STDOUT_FILENO)
    // Asked line by line nobody follows: `print` says with what it can be done.
    if hasPerson, profile.isDumb, !arguments.flag("follow") { return try ask(subject, &io) }
    guard isWatched, hasPerson else { return try print(subject, &io) }
    return try show(subject, profile, readsKeys: true, &io)
  }

  /// What was asked for on the command line goes before what the environment says.
  private static func noColor(_ asked: String?, _ environment: String?) -> String? {
    switch asked {
    case "never": "1"
    case "always": nil
    default: environment
    }
  }

  private func subject(_ io: inout Output) throws -> ReplaySubject {
    guard let trace = arguments.value("trace") else {
      guard arguments.operand(0) != nil else {
        throw UserFailure(
          .usage, "nothing to replay", wanted: "a session, a file, or --trace T",
          advice: "For example: blackbox replay @last")
      }
      return try ReplaySubject(name, timing: arguments.value("timing"), arguments)
    }
    guard arguments.operand(0) == nil else {
      throw UserFailure(
        .usage, "a trace names its sessions itself", place: "--trace",
        found: arguments.operand(0), wanted: "no ID beside it")
    }
    return try ReplaySubject(trace: trace, arguments, &io)
  }

  // MARK: the player

  private func show(
    _ subject: ReplaySubject, _ profile: TerminalProfile, readsKeys: Bool, _ io: inout Output
  ) throws -> ExitCode {
    let clock = SystemClock()
    let recording = try subject.open()
    let natural = PlayerScreen.naturalSize(recording.start)
    let idle = arguments.decimal("idle-limit").map { UInt64($0 * 1_000_000) }
    let player = Player(speed: arguments.decimal("speed") ?? 1, idleLimit: idle)
    var stage = Stage(recording)
    stage.loadInBackground(
      subject.snapshots(arguments.environment), follows: readsKeys || arguments.flag("follow"))
    var navigator = Navigator(stage, player: player, clock: clock)
    navigator.follows = arguments.flag("follow")
    var screen = PlayerScreen(
      navigator,
      size: TerminalDevice.windowSize(of: STDOUT_FILENO) ?? natural)
    // The log and every byte are checked beside the player, which begins at once.
    let check = BackgroundCheck(subject)
    screen.begin(
      at: start ?? (arguments.flag("follow") ? .percent(100) : nil),
      plays: !readsKeys || start == nil && !arguments.flag("paused"),
      now: clock.monotonic())
    var viewer = Viewer(
      input: readsKeys ? STDIN_FILENO : nil, output: STDOUT_FILENO, profile: profile,
      clock: clock)
    let ending: Viewer.Ending
    do throws(Viewer.Failure) {
      ending = try viewer.run(&screen) { check.verification }
    } catch {
      switch error {
      case .session(let failure): throw failure
      case .terminal(let failure): throw failure
      }
    }
    switch ending {
    case .signal(.interrupt): return .interrupted
    case .signal(let signal): SignalPipe.end(by: signal)
    case .quit, .played: break
    }
    return try ReplayPrinting.conclude(try check.finish(), subject, &io)
  }

  /// Line by line, on a terminal that cannot place its cursor.
  private func ask(_ subject: ReplaySubject, _ io: inout Output) throws -> ExitCode {
    var stage = Stage(try subject.open())
    stage.loadInBackground()
    var mode = LineMode(
      Navigator(stage, player: Player(), clock: SystemClock()),
      columns: TerminalDevice.windowSize(of: STDOUT_FILENO)?.columns ?? 80)
    let check = BackgroundCheck(subject)
    for line in try mode.greeting(at: start) { try io.raw(line + "\n") }
    while !mode.isOver {
      if let known = check.verification { mode.verification = known }
      try io.raw(mode.prompt)
      try io.flush()
      guard let line = readLine() else { break }
      for line in try mode.answer(line) { try io.raw(line + "\n") }
    }
    try io.flush()
    return try ReplayPrinting.conclude(try check.finish(), subject, &io)
  }

  // MARK: text

  private func print(_ subject: ReplaySubject, _ io: inout Output) throws -> ExitCode {
    if mode == nil, arguments.flag("follow") {
      throw UserFailure(
        .usage, "no terminal to follow on", place: "--follow",
        wanted: "--events, --frames or --hidden with it, or --timed")
    }
    // A place to begin at is, in text, the place to end at.
    return try ReplayPrinting(
      subject: subject, mode: mode ?? .plain, format: format, until: at ?? until ?? start,
      scrollback: arguments.integer("scrollback") ?? PlainText.scrollback,
      follows: arguments.flag("follow")
    ).run(&io)
  }
}

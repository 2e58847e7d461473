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
        + "recorded byte reaches your terminal. Press ? for the keys. "
        + "Without a terminal, or with --plain, it prints the session's text instead.",
      "ID@57 begins at event 57, ID@+12.5s at that moment; both begin paused.",
    ],
    operands: [
      OperandDescription("ID", .session, help: "a session, a file, or ID@EVENT, ID@+TIME")
    ],
    options: [
      .value("speed", nil, "X", .decimal(0.1...64), help: "play X times as fast, 0.1 to 64"),
      .value(
        "idle-limit", "i", "SECONDS", .decimal(0...86_400),
        help: "shorten each wait between two events to so long"),
      .value("start", nil, "POINT", .text, help: "begin at 1:23, 12.5s, 50% or #57"),
      .flag("paused", help: "begin paused"),
      .flag("plain", help: "print the text at the end: scrollback and screen, or a line per event"),
      .value("until", nil, "POINT", .text, help: "with --plain: the text at @57 or +12.5s"),
      .value(
        "scrollback", nil, "LINES", .integer(0...1_000_000),
        help: "with --plain: lines kept above the screen, else 100000"),
      .flag("no-input", help: "play on the terminal without reading keys"),
      .flag("timed", help: "play in real time without keys, even into a file or pipe"),
    ],
    examples: [
      .init("replay @last", "the newest session"),
      .init("replay 01KAB2 --idle-limit 2", "no wait longer than two seconds"),
      .init("replay 01KAB2@57", "what the screen showed after event 57"),
      .init("replay 01KAB2 --plain --until @57", "the same as text"),
    ])

  private let arguments: ParsedArguments
  private let name: String
  private let start: ReplayPoint?
  private let until: ReplayPoint?

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    let (name, point) = ReplayPoint.split(arguments.operand(0) ?? "")
    self.name = name
    start = try Self.point("start", arguments) ?? point
    until = try Self.point("until", arguments)
    if case .percent = until {
      throw UserFailure(
        .usage, "a share of the session is not known while it is read", place: "--until",
        wanted: "an event or a time", advice: "For example: --until @57, or --until +12.5s.")
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
    let subject = try ReplaySubject(name, arguments)
    let environment = arguments.environment
    let profile = TerminalProfile(
      term: environment["TERM"], colorTerm: environment["COLORTERM"],
      noColor: environment["NO_COLOR"])
    if arguments.flag("plain") { return try plain(subject, &io) }
    if arguments.flag("timed") { return try show(subject, profile, readsKeys: false, &io) }
    let isWatched = TerminalDevice.isTerminal(STDOUT_FILENO) && !profile.isDumb
    if isWatched, arguments.flag("no-input") {
      return try show(subject, profile, readsKeys: false, &io)
    }
    guard isWatched, TerminalDevice.isTerminal(STDIN_FILENO) else {
      return try plain(subject, &io)
    }
    return try show(subject, profile, readsKeys: true, &io)
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
    stage.loadInBackground()
    var screen = PlayerScreen(
      stage, player: player,
      size: TerminalDevice.windowSize(of: STDOUT_FILENO) ?? natural)
    // The log and every byte are checked beside the player, which begins at once.
    let check = BackgroundCheck(subject)
    screen.begin(
      at: start, plays: !readsKeys || start == nil && !arguments.flag("paused"),
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
    return try conclude(try check.finish(), subject, &io)
  }

  // MARK: text

  private func plain(_ subject: ReplaySubject, _ io: inout Output) throws -> ExitCode {
    let limit = arguments.integer("scrollback") ?? PlainText.scrollback
    // A place to begin at is, in text, the place to end at.
    var text = PlainText(until: until ?? start, scrollback: limit)
    var failure: (any Error)?
    let verdict = try subject.verify { batch in
      guard failure == nil else { return }
      do { try text.take(batch) { line in try io.raw(line) } } catch { failure = error }
    }
    if let failure { throw failure }
    if try text.finish(write: { line in try io.raw(line) }) {
      io.warn("only the last \(limit) lines of scrollback are kept; --scrollback keeps more")
    }
    return try conclude(verdict, subject, &io)
  }

  /// Says where evidence stops, and which exit code that is.
  private func conclude(
    _ verdict: SessionVerdict?, _ subject: ReplaySubject, _ io: inout Output
  ) throws -> ExitCode {
    guard let verdict, let finding = verdict.findings.first else { return .done }
    let state = Verification(verdict, hasLog: subject.hasLog)
    try io.flush()
    io.report(
      FailureReport(
        .damaged, state.text, place: finding.path, found: finding.found, wanted: finding.wanted,
        advice: finding.advice))
    return .damaged
  }
}

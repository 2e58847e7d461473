internal import Platform
package import SessionLog
internal import Terminal
internal import Text

/// The player for terminals that cannot place their cursor: a line is asked, some lines are answered.
///
/// Everything it gives is safe to print anywhere.
package struct LineMode: ~Copyable {
  /// What can be typed, for the help, the manual page and the tests.
  package static let words: [(word: String, says: String)] = [
    ("n", "next event; so does an empty line"), ("p", "previous event"),
    ("l", "list the next 20 events"), ("d", "details of the event"),
    ("D", "all of them, nothing folded"), ("s", "the screen"),
    ("r", "the event's bytes, escaped"), ("g POINT", "go to 1:23, 12.5s, 50%, #57"),
    ("/ TEXT", "search on: a regular expression"), ("\\ TEXT", "search back"),
    ("N", "next hit"), ("next-denial", "and all other words of the player: w lists them"),
    ("h", "help"), ("q", "quit"),
  ]
  private static let listed = 20
  /// Events after the one shown that are looked at for what came of it.
  private static let ahead = 2000

  private var navigator: Navigator
  private var events: EventPane
  private let hasScreen: Bool
  private let identity: IdentityWords
  private let clock: ClockStyle
  package var verification = Verification.checking
  package private(set) var isOver = false
  private let columns: Int

  package init(_ navigator: consuming Navigator, columns: Int = 80) {
    let start = navigator.stage.recording.start
    hasScreen = start?.hasScreen ?? true
    identity = IdentityWords(start)
    clock = ClockStyle(start)
    events = EventPane(isWhole: !hasScreen, isMerged: start?.isMerged ?? false)
    self.columns = max(20, columns)
    self.navigator = navigator
  }

  /// What stands before the prompt at the beginning.
  package mutating func greeting(
    at point: ReplayPoint?
  ) throws(SessionLogFailure) -> [String] {
    navigator.begin(at: point, plays: false, now: 0)
    try settle()
    return [TerminalText.line(identity.text), "h for help, q to quit"] + (try here())
  }

  package var prompt: String {
    "#\(navigator.player.event)/\(navigator.timeline.last)\(navigator.isReading ? "+" : "") "
      + verification.text + "> "
  }

  /// Does what a line says and returns what is to be printed.
  package mutating func answer(_ line: String) throws(SessionLogFailure) -> [String] {
    navigator.notice = nil
    let (word, rest) = Self.split(line)
    switch word {
    case "", "n": return try step(1)
    case "p": return try step(-1)
    case "l": return try list()
    case "d": return try details(isRaw: false)
    case "D": return try details(isRaw: false, isFolded: false)
    case "r": return try details(isRaw: true)
    case "s": return try screen()
    case "h", "?", "help": return Self.help()
    case "w": return DetailWrap.words(PlayerCommand.words.joined(separator: " "), width: columns)
    case "q", "quit":
      isOver = true
      return []
    case "g": return try command(rest)
    case "N": navigator.find(.hit, forward: true)
    case "/": search(rest, forward: true)
    case "\\": search(rest, forward: false)
    default: return try command(line.hasPrefix(":") ? String(line.dropFirst()) : line)
    }
    try settle()
    return try here()
  }

  /// `/text` and `/ text` alike.
  private static func split(_ line: String) -> (word: String, rest: String) {
    var line = line[...]
    while line.first == " " { line = line.dropFirst() }
    while line.last == " " { line = line.dropLast() }
    if let first = line.first, first == "/" || first == "\\" {
      var rest = line.dropFirst()
      while rest.first == " " { rest = rest.dropFirst() }
      return (String(first), String(rest))
    }
    let parts = line.split(separator: " ", maxSplits: 1)
    return (parts.first.map(String.init) ?? "", parts.count > 1 ? String(parts[1]) : "")
  }

  private static func help() -> [String] {
    words.map { DisplayWidth.pad($0.word, to: 12, .left) + $0.says }
  }

  private mutating func search(_ text: String, forward: Bool) {
    if text.isEmpty {
      navigator.find(.hit, forward: forward)
    } else {
      navigator.search(text, forward: forward)
    }
  }

  private mutating func command(_ text: String) throws(SessionLogFailure) -> [String] {
    let command: PlayerCommand
    do throws(PlayerCommand.Fault) { command = try PlayerCommand(text) } catch {
      return [TerminalText.line(error.says, limit: 400)]
    }
    switch command {
    case .go(let point): navigator.go(point)
    case .search(let text): navigator.search(text, forward: true)
    case .action(.next(let target)): navigator.find(target, forward: true)
    case .action(.previous(let target)): navigator.find(target, forward: false)
    case .action(.first): navigator.go(.percent(0))
    case .action(.last): navigator.go(.percent(100))
    case .action(.secondsOn): navigator.jump(Player.jump, forward: true)
    case .action(.secondsBack): navigator.jump(Player.jump, forward: false)
    case .action(.quit):
      isOver = true
      return []
    default: return ["that needs a terminal that can place its cursor"]
    }
    try settle()
    return try here()
  }

  /// Until what was asked for is found, or cannot be.
  private mutating func settle() throws(SessionLogFailure) {
    while navigator.pending != nil || navigator.timeline.count == 0 && navigator.isReading {
      try navigator.work(now: 0)
      // Others read and search.
      if navigator.pending != nil { pause(milliseconds: 2) }
    }
    try events.update(&navigator)
  }

  private mutating func step(_ count: Int) throws(SessionLogFailure) -> [String] {
    let before = navigator.player.event
    while navigator.isReading, before >= navigator.timeline.last - 1 { try navigator.work(now: 0) }
    try events.update(&navigator)
    navigator.show(events.event(count, from: before))
    if navigator.player.event == before {
      return [count > 0 ? "this is the last event" : "this is the first event"]
    }
    return try here()
  }

  /// The event shown, and what was to be said.
  private mutating func here() throws(SessionLogFailure) -> [String] {
    guard navigator.timeline.count > 0 else { return ["nothing is recorded"] }
    let line = try self.line(navigator.player.event)
    return (navigator.notice.map { [TerminalText.line($0, limit: 400)] } ?? []) + [line]
  }

  private mutating func line(_ event: Int) throws(SessionLogFailure) -> String {
    let words = try events.shown(event, &navigator)
    let time = DisplayWidth.pad(
      clock.text(navigator.timeline.time(of: event), millis: false), to: 8, .right)
    let label = DisplayWidth.pad(TerminalText.line(words.label, limit: 60), to: 11, .left)
    let text = TerminalText.line(words.text, limit: 1000)
    return DisplayWidth.truncate("#\(event) \(time)  \(label)  \(text)", to: columns)
  }

  private mutating func list() throws(SessionLogFailure) -> [String] {
    var lines: [String] = []
    for _ in 0..<Self.listed {
      let before = navigator.player.event
      let said = try step(1)
      lines += said
      if navigator.player.event == before { break }
    }
    return lines
  }

  private mutating func details(
    isRaw: Bool, isFolded: Bool? = nil
  ) throws(SessionLogFailure) -> [String] {
    let event = navigator.player.event
    // What came of an event mostly stands soon after it.
    while navigator.isWorking, navigator.links.scanned < event + Self.ahead {
      try navigator.work(now: 0)
    }
    let subject = try events.subject(
      event, links: try events.links(of: event, &navigator), clock, verification, &navigator)
    let lines =
      isRaw
      ? DetailText.rawLines(of: subject, width: columns)
      : DetailText.lines(of: subject, width: columns, toggled: [], isFolded: isFolded)
    return lines.map { TerminalText.line($0.spans.map(\.text).joined(), limit: .max) }
  }

  private mutating func screen() throws(SessionLogFailure) -> [String] {
    guard hasScreen else { return ["this session has no screen; d shows the event"] }
    try navigator.stage.seek(to: navigator.player.event)
    guard navigator.stage.terminals.hasScreen else {
      return ["this event's session has no screen; d shows the event"]
    }
    let terminal = navigator.stage.terminal
    var rows = terminal.screenText().map { TerminalText.line($0, limit: .max) }
    while rows.last?.isEmpty == true { rows.removeLast() }
    return rows
  }
}

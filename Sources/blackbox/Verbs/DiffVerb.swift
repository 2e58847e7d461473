internal import Platform
internal import Replay
internal import SessionLog
internal import Terminal
internal import Text

struct DiffVerb: Verb {
  static let description = VerbDescription(
    name: "diff", group: .see, summary: "compare what two sessions did, or what they showed",
    details: [
      "Compares the commands, statements, requests, calls and decisions of two sessions in their "
        + "order; where neither has any, or with --screens, the text that their terminals showed, "
        + "scrollback and screen. The result is grouped as by diff -u. Each may be a session, a "
        + "file, or ID@EVENT for its part up to there."
    ],
    operands: [
      OperandDescription("A", .session, help: "a session or a file"),
      OperandDescription("B", .session, help: "another one"),
    ],
    options: [
      .flag("screens", help: "compare what the terminals showed"),
      .flag("commands", help: "compare what was done, even if it is nothing"),
      .value(
        "context", "U", "N", .integer(0...10_000), help: "lines around each difference, else 3"),
      .flag("fail-different", help: "end with code 1 where they differ"),
      .value("output", "o", "FORMAT", .choice(["text", "json"]), help: "text or json"),
      .flag("json", help: "short for -o json"),
    ],
    isReading: true,
    examples: [
      .init("diff 01KAB2 @last", "did the agent do the same again?"),
      .init("diff --screens before.cast after.cast", "what two recordings showed in the end"),
    ])

  private let arguments: ParsedArguments

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    if arguments.flag("screens"), arguments.flag("commands") {
      throw ArgumentFailure.excludesEachOther("--screens", "--commands")
    }
    if arguments.flag("json"), arguments.value("output") != nil {
      throw ArgumentFailure.excludesEachOther("--json", "--output")
    }
  }

  /// One side, read whole.
  private struct Reading {
    var subject: ReplaySubject
    var verdict: SessionVerdict?
    var start: SessionStart?
    /// What was done, and in which event.
    var commands: [(text: String, event: Int)] = []
    var screen: [String] = []
  }

  func run(_ io: inout Output) throws -> ExitCode {
    let first = try read(arguments.operand(0) ?? "", &io)
    let second = try read(arguments.operand(1) ?? "", &io)
    let isScreens =
      arguments.flag("screens")
      || !arguments.flag("commands") && first.commands.isEmpty && second.commands.isEmpty
    let (one, two) =
      isScreens
      ? (first.screen, second.screen)
      : (first.commands.map(\.text), second.commands.map(\.text))
    let diff = TextDiff(one, two, context: arguments.integer("context") ?? 3)
    if arguments.flag("json") || arguments.value("output") == "json" {
      try json(diff, first, second, isScreens, one, two, &io)
    } else {
      try text(diff, first, second, one, two, &io)
    }
    if diff.isCoarse { io.warn("a long stretch was too unlike to compare line by line") }
    for side in [first, second] {
      let code = try ReplayPrinting.conclude(side.verdict, side.subject, &io)
      if code != .done { return code }
    }
    return !diff.isEqual && arguments.flag("fail-different") ? .nothingMatched : .done
  }

  private func read(_ name: String, _ io: inout Output) throws -> Reading {
    let (name, point) = ReplayPoint.split(name)
    let subject = try ReplaySubject(name, arguments)
    try subject.record(arguments, &io)
    var reading = Reading(subject: subject)
    var playback = Playback(until: point, scrollback: PlainText.scrollback)
    reading.verdict = try subject.walk { line in
      guard playback.take(line) else { return }
      guard let header = LineHeader(line), !header.isType("terminal.output", in: line) else {
        return
      }
      let bytes = unsafe line.withUnsafeBufferPointer { unsafe Array($0) }
      guard let event = EventLine(sequence: UInt64(max(0, playback.event)), bytes: bytes),
        let text = CommandText.text(event)
      else { return }
      for part in text.split(separator: "\n", omittingEmptySubsequences: false) {
        reading.commands.append((String(part), playback.event))
      }
    }
    reading.start = playback.start
    if playback.isTerminal { reading.screen = playback.terminal.fullText() }
    return reading
  }

  private func text(
    _ diff: TextDiff, _ first: Reading, _ second: Reading, _ one: [String], _ two: [String],
    _ io: inout Output
  ) throws {
    guard !diff.isEqual else { return io.note("no difference in \(one.count) lines") }
    try io.line(Line(encoded: "--- " + Self.title(first), .bold))
    try io.line(Line(encoded: "+++ " + Self.title(second), .bold))
    for hunk in diff.hunks {
      try io.line(Line(encoded: Self.head(hunk), .cyan))
      for line in hunk.lines {
        switch line.side {
        case .both: try io.raw(" " + TerminalText.line(one[line.first], limit: .max) + "\n")
        case .first:
          try io.line(
            Line(encoded: "-" + TerminalText.line(one[line.first], limit: .max), .red))
        case .second:
          try io.line(
            Line(encoded: "+" + TerminalText.line(two[line.second], limit: .max), .green))
        }
      }
    }
  }

  private static func title(_ side: Reading) -> String {
    var words = [side.subject.name]
    if let start = side.start, side.subject.hasLog {
      words += [start.agent.name ?? start.agent.uid, WallTime.format(start.start)]
    }
    return words.map { TerminalText.line($0) }.joined(separator: "  ")
  }

  /// `@@ -3,7 +3,6 @@`, lines counted from 1.
  private static func head(_ hunk: TextDiff.Hunk) -> String {
    func range(_ wanted: TextDiff.Side, _ first: Int) -> String {
      let count = hunk.lines.count { $0.side == .both || $0.side == wanted }
      return "\(count == 0 ? first : first + 1)" + (count == 1 ? "" : ",\(count)")
    }
    let first = hunk.lines.first
    return
      "@@ -\(range(.first, first?.first ?? 0)) +\(range(.second, first?.second ?? 0)) @@"
  }

  private func json(
    _ diff: TextDiff, _ first: Reading, _ second: Reading, _ isScreens: Bool, _ one: [String],
    _ two: [String], _ io: inout Output
  ) throws {
    func event(_ side: Reading, _ line: Int) -> Int? {
      isScreens || !side.commands.indices.contains(line) ? nil : side.commands[line].event
    }
    var json = JSONText(.pretty)
    json.object { json in
      json.field("a", first.subject.name)
      json.field("b", second.subject.name)
      json.field("compared", isScreens ? "screens" : "commands")
      json.field("equal", diff.isEqual)
      json.field("removed", diff.removed)
      json.field("added", diff.added)
      json.array("hunks") { json in
        for hunk in diff.hunks {
          json.object { json in
            json.field("a_line", (hunk.lines.first?.first ?? 0) + 1)
            json.field("b_line", (hunk.lines.first?.second ?? 0) + 1)
            json.array("lines") { json in
              for line in hunk.lines {
                json.object { json in
                  let isFirst = line.side != .second
                  json.field("op", line.side == .both ? "=" : isFirst ? "-" : "+")
                  json.field("text", isFirst ? one[line.first] : two[line.second])
                  if isFirst { json.field(ifPresent: "a_event", event(first, line.first)) }
                  if line.side != .first {
                    json.field(ifPresent: "b_event", event(second, line.second))
                  }
                }
              }
            }
          }
        }
      }
    }
    try io.raw(json.bytes)
    try io.raw("\n")
  }
}

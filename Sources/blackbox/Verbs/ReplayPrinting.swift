internal import Recorder
internal import Replay
internal import SessionLog
internal import Terminal
internal import Text

/// What `replay` writes where nobody watches: text, stills, screens, lists.
///
/// One pass over the recording plays and verifies it; nothing recorded leaves but through an encoder of `Text`.
struct ReplayPrinting {
  enum Mode: Equatable {
    /// Scrollback and screen at the end, or at a place.
    case plain
    /// The screen at a place.
    case still
    case frames
    case hidden
    case events
  }

  enum Format: String, CaseIterable { case text, json, svg, ndjson }

  let subject: ReplaySubject
  let mode: Mode
  let format: Format
  /// The last event or moment that counts.
  let until: ReplayPoint?
  let scrollback: Int
  /// Goes on with a session that is still written, until it is closed.
  var follows = false

  func run(_ io: inout Output) throws -> ExitCode {
    let until = try settled(self.until)
    let verdict: SessionVerdict?
    switch mode {
    case .plain: verdict = try plain(until, &io)
    case .still: verdict = try still(until, &io)
    case .frames: verdict = try frames(until, &io)
    case .hidden: verdict = try hidden(until, &io)
    case .events: verdict = try events(until, &io)
    }
    return try Self.conclude(verdict, subject, &io)
  }

  /// Turns a share of the session into a moment, which takes a pass of its own.
  private func settled(_ point: ReplayPoint?) throws -> ReplayPoint? {
    guard case .percent(let share) = point else { return point }
    var time: UInt64 = 0
    _ = try subject.walk { line in time = max(time, LineHeader(line)?.time ?? 0) }
    return share >= 100 ? nil : .time(UInt64(Double(time) * share / 100))
  }

  /// Walks the recording with a body that may fail; the first failure ends the results, not the check.
  private func walk(
    _ io: inout Output, _ body: (Span<UInt8>, inout Output) throws -> Void
  ) throws -> SessionVerdict? {
    if follows {
      try subject.source.follow { line in
        try body(line, &io)
      } caughtUp: {
        try io.flush()
      }
      return try subject.verify()
    }
    var failure: (any Error)?
    let verdict = try subject.walk { line in
      guard failure == nil else { return }
      do { try body(line, &io) } catch { failure = error }
    }
    if let failure { throw failure }
    return verdict
  }

  private func plain(_ until: ReplayPoint?, _ io: inout Output) throws -> SessionVerdict? {
    var text = PlainText(until: until, scrollback: scrollback)
    let verdict = try walk(&io) { line, io in
      if let words = text.take(line) { try io.raw(words) }
    }
    if try text.finish(write: { line in try io.raw(line) }) {
      io.warn("only the last \(scrollback) lines of scrollback are kept; --scrollback keeps more")
    }
    return verdict
  }

  private func still(_ until: ReplayPoint?, _ io: inout Output) throws -> SessionVerdict? {
    var playback = Playback(until: until, scrollback: 256)
    var last: [UInt8] = []
    let verdict = try walk(&io) { line, io in
      guard playback.take(line), !playback.isTerminal else { return }
      last = unsafe line.withUnsafeBufferPointer { unsafe Array($0) }
    }
    if case .event(let wanted) = until, wanted > playback.event {
      io.note("the last event is #\(playback.event): that is what is shown")
    }
    guard playback.isTerminal else {
      try self.event(playback.event, last, &io)
      return verdict
    }
    let still = Still(playback.terminal)
    switch format {
    case .json, .ndjson:
      try still.json { bytes in try io.raw(bytes) }
    case .svg: try still.svg { text in try io.raw(text) }
    case .text: try io.raw(ScreenText.text(playback.terminal))
    }
    return verdict
  }

  /// One event of a recording that has no screen.
  private func event(_ number: Int, _ line: [UInt8], _ io: inout Output) throws {
    switch format {
    case .json, .ndjson: try io.raw(Self.json(number, line.span) + [0x0A])
    case .svg:
      throw UserFailure(
        .usage, "no screen to draw", place: "--output", found: "svg",
        wanted: "text or json: this session has no terminal")
    case .text:
      let event = EventLine(sequence: UInt64(max(0, number)), bytes: line)
      try io.raw(EventSummary.line(event, number: number, limit: .max) + "\n")
    }
  }

  private func frames(_ until: ReplayPoint?, _ io: inout Output) throws -> SessionVerdict? {
    var playback = Playback(until: until, scrollback: 0)
    playback.watchesScreen = true
    // A picture that the program holds back (mode 2026) is shown once it is whole.
    var isDue = false
    var list = JSONList(format)
    let verdict = try walk(&io) { line, io in
      guard playback.take(line) else { return }
      if playback.hasChanged { isDue = true }
      guard isDue, !playback.terminal.isSynchronizing else { return }
      isDue = false
      try frame(playback, &list, &io)
    }
    try list.end(&io)
    return verdict
  }

  private func frame(_ playback: Playback, _ list: inout JSONList, _ io: inout Output) throws {
    let terminal = playback.terminal
    if format == .text {
      try io.raw(
        "── #\(playback.event)  \(ClockText.text(playback.time, millis: true)) ──\n"
          + ScreenText.text(terminal))
      return
    }
    var json = JSONText()
    json.object { json in
      json.field("event", playback.event)
      json.field("t", playback.time)
      json.field("cols", terminal.columns)
      json.field("rows", terminal.rows)
      json.object("cursor") { json in
        json.field("row", terminal.cursor.row)
        json.field("col", terminal.cursor.column)
        json.field("visible", terminal.cursor.isVisible)
      }
      json.field("text", terminal.screenText())
    }
    try list.add(json.bytes, &io)
  }

  private func hidden(_ until: ReplayPoint?, _ io: inout Output) throws -> SessionVerdict? {
    var playback = Playback(until: until, scrollback: 0)
    var count = 0
    let isText = format == .text
    var list = JSONList(format)
    let verdict = try walk(&io) { line, io in
      guard playback.take(line) else { return }
      let (found, dropped) = playback.takeHidden()
      for content in found {
        count += 1
        if isText {
          let place = "row \(content.row + 1), column \(content.column + 1)"
          try io.raw(
            "#\(playback.event)  \(ClockText.text(playback.time, millis: true))  \(place)  "
              + content.kind.rawValue + "  " + TerminalText.line(content.detail) + "\n")
          continue
        }
        var json = JSONText()
        json.object { json in
          json.field("event", playback.event)
          json.field("t", playback.time)
          json.field("row", content.row)
          json.field("col", content.column)
          json.field("offset", content.offset)
          json.field("kind", content.kind.rawValue)
          json.field("detail", content.detail)
        }
        try list.add(json.bytes, &io)
      }
      guard dropped > 0 else { return }
      if isText {
        try io.raw("#\(playback.event)  \(ClockText.text(playback.time, millis: true))  ")
        return try io.raw("and \(dropped) more in this output, too thick to be listed\n")
      }
      var json = JSONText()
      json.object { json in
        json.field("event", playback.event)
        json.field("t", playback.time)
        json.field("more", dropped)
      }
      try list.add(json.bytes, &io)
    }
    try list.end(&io)
    if playback.terminal.hiddenDropped > 0 {
      io.warn(
        "\(playback.terminal.hiddenDropped) more findings came too thick to be listed; outputs are told"
      )
    }
    if playback.terminal.hiddenUnexamined > 0 {
      io.warn(
        "\(playback.terminal.hiddenUnexamined) texts written over at once were not looked at: too many"
      )
    }
    if isText, count == 0 { io.note("no hidden content") }
    return verdict
  }

  private func events(_ until: ReplayPoint?, _ io: inout Output) throws -> SessionVerdict? {
    var number = -1
    var list = JSONList(format)
    let verdict = try walk(&io) { line, io in
      number += 1
      if until?.isPassed(by: number, at: LineHeader(line)?.time) == true { return }
      guard format == .text else { return try list.add(Self.json(number, line), &io) }
      guard number != 1 else { return }
      let bytes = unsafe line.withUnsafeBufferPointer { unsafe Array($0) }
      let event = EventLine(sequence: UInt64(number), bytes: bytes)
      try io.raw("#\(number)  " + EventSummary.line(event, number: number) + "\n")
    }
    try list.end(&io)
    return verdict
  }

  private static func json(_ number: Int, _ line: Span<UInt8>) -> [UInt8] {
    var json = JSONText()
    json.object { json in
      json.field("seq", number)
      var isWhole = false
      do throws(JSONFault) {
        _ = try JSONValue(parsing: line)
        isWhole = true
      } catch {}
      if isWhole {
        json.field("event", json: line)
      } else {
        json.null("event")
      }
    }
    return json.bytes
  }

  /// Says where evidence stops, and which exit code that is.
  static func conclude(
    _ verdict: SessionVerdict?, _ subject: ReplaySubject, _ io: inout Output
  ) throws -> ExitCode {
    if let format = subject.foreignFormat {
      try io.flush()
      io.note("not verified: imported file (\(format.rawValue))")
    }
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

/// A screen as lines of text.
enum ScreenText {
  /// Rows without the blanks at their ends; blank ones at the end are left out.
  static func text(_ terminal: VirtualTerminal) -> String {
    var lines = terminal.screenText().map { TerminalText.line($0, limit: .max) }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines.map { $0 + "\n" }.joined()
  }
}

/// JSON objects one after the other: an array for `-o json`, one a line for `-o ndjson`, nothing for text.
struct JSONList {
  private let format: ReplayPrinting.Format
  private var isEmpty = true

  init(_ format: ReplayPrinting.Format) { self.format = format }

  mutating func add(_ object: [UInt8], _ io: inout Output) throws {
    if format == .json { try io.raw(isEmpty ? "[" : ",\n ") }
    isEmpty = false
    try io.raw(object)
    if format != .json { try io.raw("\n") }
  }

  func end(_ io: inout Output) throws {
    if format == .json { try io.raw(isEmpty ? "[]\n" : "]\n") }
  }
}

internal import Platform
internal import SessionLog

/// What the terminal's loop hands to whoever writes; the last value is the moment on the clock.
enum Captured: Sendable {
  /// Bytes the child wrote.
  case output([UInt8], UInt64)
  /// Bytes that were typed, by policy.
  case input([UInt8], UInt64)
  /// So many bytes were typed that policy keeps out, and why.
  case masked(Int, StaticString, UInt64)
  case resize(columns: Int, rows: Int, UInt64)
  case mark(String, author: Identity, UInt64)
  /// Output and input are not recorded from here on.
  case pause(String, actor: Identity?, UInt64)
  case resume(String, actor: Identity?, lost: UInt64, UInt64)
  /// A pause was asked for, and is not allowed.
  case pauseRefused(actor: Identity?, UInt64)
  /// The machine's clock was set.
  case clockStep(ClockWatch.Step, UInt64)
  case end(EndOfSession, UInt64)

  /// It is made durable at once.
  var isBarrier: Bool {
    switch self {
    case .mark, .pause, .resume, .pauseRefused: true
    case .output, .input, .masked, .resize, .clockStep, .end: false
    }
  }

  var moment: UInt64 {
    switch self {
    case .output(_, let moment), .input(_, let moment), .masked(_, _, let moment),
      .resize(_, _, let moment), .mark(_, _, let moment), .pause(_, _, let moment),
      .resume(_, _, _, let moment), .pauseRefused(_, let moment), .clockStep(_, let moment),
      .end(_, let moment):
      moment
    }
  }
}

/// How a recorded child ended.
struct EndOfSession: Sendable {
  var reason: StaticString
  var status: ExitStatus
  /// Other programs still had the terminal.
  var leftRunning = false
}

/// Turns what a terminal's loop captured into events.
///
/// Types and fields: schema/events.md.
struct TerminalTranscript {
  /// How long a candidate for redaction waits for what follows, once its first bytes are more than chance.
  ///
  /// Source: schema/redaction.md.
  static let patience: UInt64 = 2_000_000
  /// As many bytes of a candidate are more than chance.
  static let tellingBytes = 4

  private var outputChunks = OutputChunks()
  private var inputChunks = OutputChunks()
  private var outputRedactor: Redactor?
  private var inputRedactor: Redactor?
  /// For texts that stand alone: marks and reasons.
  private var textRedactor: Redactor?
  private(set) var bytesOut: UInt64 = 0
  private(set) var bytesIn: UInt64 = 0
  private(set) var columns = 0
  private(set) var rows = 0
  /// When the last bytes came that are held back.
  private var held: UInt64 = 0

  init(redaction: RedactionRules?) {
    if let redaction {
      let redactor = Redactor(redaction)
      outputRedactor = redactor
      inputRedactor = redactor
      textRedactor = redactor
    }
  }

  /// Counts anew: what follows stands in another session.
  mutating func beginSession() {
    bytesOut = 0
    bytesIn = 0
  }

  /// True if bytes wait for what follows.
  var isHolding: Bool {
    outputChunks.isHolding || inputChunks.isHolding || outputRedactor?.isHolding == true
      || inputRedactor?.isHolding == true
  }

  mutating func record<Sink: EventSink & ~Copyable>(_ item: Captured, into sink: inout Sink)
    throws(SessionLogFailure)
  {
    switch item {
    case .output(let bytes, let moment):
      bytesOut += UInt64(bytes.count)
      held = moment
      let passed = outputRedactor?.add(bytes) ?? bytes
      try put(outputChunks.add(passed), "terminal.output", moment, into: &sink)
      try putFindings(moment, into: &sink)
    case .input(let bytes, let moment):
      bytesIn += UInt64(bytes.count)
      held = moment
      try flushCharacters(moment, into: &sink)
      let passed = inputRedactor?.add(bytes) ?? bytes
      try put(inputChunks.add(passed), "terminal.input", moment, into: &sink)
      try putFindings(moment, into: &sink)
    case .masked(let count, let reason, let moment):
      bytesIn += UInt64(count)
      try flushCharacters(moment, into: &sink)
      var line = LineBuilder(time: sink.time(of: moment), type: "terminal.input")
      line.add("masked_bytes", Int64(clamping: count))
      line.add("reason", reason.description)
      try sink.append(line.finish())
    case .resize(let columns, let rows, let moment):
      (self.columns, self.rows) = (columns, rows)
      try flushCharacters(moment, into: &sink)
      var line = LineBuilder(time: sink.time(of: moment), type: "terminal.resize")
      line.add("cols", Int64(columns))
      line.add("rows", Int64(rows))
      try sink.append(line.finish())
    case .mark(let text, let author, let moment):
      try flushCharacters(moment, into: &sink)
      var line = LineBuilder(time: sink.time(of: moment), type: "marker.note")
      line.add("label", redact(text))
      line.add("author", author.json)
      try sink.append(line.finish())
      try putFindings(moment, into: &sink)
    case .pause(let reason, let actor, let moment):
      try flush(moment, into: &sink)
      var line = LineBuilder(time: sink.time(of: moment), type: "recorder.pause")
      line.add("reason", redact(reason))
      if let actor { line.add("actor", actor.json) }
      try sink.append(line.finish())
    case .resume(let reason, let actor, let lost, let moment):
      var line = LineBuilder(time: sink.time(of: moment), type: "recorder.resume")
      line.add("reason", redact(reason))
      if let actor { line.add("actor", actor.json) }
      line.add("lost_bytes", Int64(clamping: lost))
      try sink.append(line.finish())
    case .pauseRefused(let actor, let moment):
      try flushCharacters(moment, into: &sink)
      var line = LineBuilder(time: sink.time(of: moment), type: "recorder.config")
      line.add("source", "terminal")
      line.add("setting", "pause")
      line.add("value", "refused")
      line.add("reason", "a pause was asked for; the recorder was started without --allow-pause")
      if let actor { line.add("actor", actor.json) }
      try sink.append(line.finish())
    case .clockStep(let step, let moment):
      try flushCharacters(moment, into: &sink)
      try sink.append(step.line(at: sink.time(of: moment)))
    case .end(_, let moment):
      try flush(moment, into: &sink)
    }
  }

  /// Writes what waited long enough: characters that stay incomplete, candidates that stay undecided.
  mutating func settle<Sink: EventSink & ~Copyable>(at moment: UInt64, into sink: inout Sink)
    throws(SessionLogFailure)
  {
    let isOver = moment &- held >= Self.patience
    let most = isOver ? Int.max : Self.tellingBytes
    // A candidate may stand between a character's parts.
    if let rest = outputRedactor?.release(shorterThan: most), !rest.isEmpty {
      try put(outputChunks.add(rest), "terminal.output", moment, into: &sink)
    }
    if let rest = inputRedactor?.release(shorterThan: most), !rest.isEmpty {
      try put(inputChunks.add(rest), "terminal.input", moment, into: &sink)
    }
    try flushCharacters(moment, into: &sink)
    try putFindings(moment, into: &sink)
  }

  /// Writes all that waits: the stream ends or is interrupted here.
  private mutating func flush<Sink: EventSink & ~Copyable>(
    _ moment: UInt64, into sink: inout Sink
  ) throws(SessionLogFailure) {
    if let rest = outputRedactor?.finish() {
      try put(outputChunks.add(rest), "terminal.output", moment, into: &sink)
    }
    if let rest = inputRedactor?.finish() {
      try put(inputChunks.add(rest), "terminal.input", moment, into: &sink)
    }
    try flushCharacters(moment, into: &sink)
    try putFindings(moment, into: &sink)
  }

  /// Parts of characters go out before an event of another kind.
  private mutating func flushCharacters<Sink: EventSink & ~Copyable>(
    _ moment: UInt64, into sink: inout Sink
  ) throws(SessionLogFailure) {
    try put(outputChunks.flush(), "terminal.output", moment, into: &sink)
    try put(inputChunks.flush(), "terminal.input", moment, into: &sink)
  }

  private func put<Sink: EventSink & ~Copyable>(
    _ chunk: [UInt8], _ type: StaticString, _ moment: UInt64, into sink: inout Sink
  ) throws(SessionLogFailure) {
    guard !chunk.isEmpty else { return }
    guard chunk.count > Limits.payloadBytes else {
      var line = LineBuilder(time: sink.time(of: moment), type: type)
      line.addData(chunk.span)
      return try sink.append(line.finish())
    }
    // What was held back and what came with it may be more than one event takes.
    var start = 0
    while start < chunk.count {
      var end = min(chunk.count, start + Limits.payloadBytes)
      if end < chunk.count {
        end -= OutputChunks.incompleteTail(Array(chunk[end - 4..<end]))
      }
      var line = LineBuilder(time: sink.time(of: moment), type: type)
      line.addData(chunk.span.extracting(start..<end))
      try sink.append(line.finish())
      start = end
    }
  }

  private mutating func redact(_ text: String) -> String {
    textRedactor.map { _ in
      String(decoding: textRedactor?.redact(Array(text.utf8)) ?? [], as: UTF8.self)
    } ?? text
  }

  /// Says what was replaced, never what it was.
  private mutating func putFindings<Sink: EventSink & ~Copyable>(
    _ moment: UInt64, into sink: inout Sink
  ) throws(SessionLogFailure) {
    guard outputRedactor != nil else { return }
    for finding in outputRedactor?.takeFindings() ?? [] {
      try sink.append(MaskingLine.make(finding, "out", "terminal.output", sink.time(of: moment)))
    }
    for finding in inputRedactor?.takeFindings() ?? [] {
      try sink.append(MaskingLine.make(finding, "in", "terminal.input", sink.time(of: moment)))
    }
    for finding in textRedactor?.takeFindings() ?? [] {
      try sink.append(MaskingLine.make(finding, "in", "label", sink.time(of: moment)))
    }
  }

  /// `session.end` of a session that comes to its proper end.
  func endLine(_ end: EndOfSession, time: UInt64, lines: UInt64) -> [UInt8] {
    var line = LineBuilder(time: time, type: "session.end")
    line.add("reason", end.reason.description)
    line.add("exit_code", Int64(end.status.shellCode))
    if case .signalled(let number) = end.status { line.add("signal", Int64(number)) }
    if bytesIn > 0 { line.add("bytes_in", Int64(clamping: bytesIn)) }
    line.add("bytes_out", Int64(clamping: bytesOut))
    if end.leftRunning { line.add("left_running", .bool(true)) }
    line.add("n_events", Int64(clamping: lines))
    return line.finish()
  }
}

/// The `masking.applied` line of the recorder's own redaction.
enum MaskingLine {
  static func make(
    _ finding: Redactor.Finding, _ direction: StaticString, _ field: StaticString, _ time: UInt64
  ) -> [UInt8] {
    var line = LineBuilder(time: time, type: "masking.applied")
    line.add("dir", direction.description)
    line.add("info_type", finding.name)
    line.add("method", finding.shown > 0 ? "partial" : "replace")
    line.add("found", Int64(clamping: finding.count))
    line.add("masked", Int64(clamping: finding.count))
    line.add("field", field.description)
    line.add("detector", "blackbox/\(finding.name)")
    if finding.shown > 0 { line.add("shown_bytes", Int64(clamping: finding.shown)) }
    return line.finish()
  }
}

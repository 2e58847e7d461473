internal import Glibc
internal import Platform
internal import Text

/// Where a verb's results and messages go.
///
/// Results are collected and written in large pieces; messages go to standard error at once. Text
/// passes an encoder on its way: `line` encodes what is interpolated, `raw` is for what another
/// encoder of `Text` returned.
struct Output: ~Copyable {
  enum Target { case process, memory }

  private(set) var format = OutputFormat.table
  private(set) var isQuiet = false
  /// The columns a listing should have; nil for its own choice.
  private(set) var fields: [String]?
  /// Whose clocks tables show; programs always read UTC.
  private(set) var zone: ZoneRules?
  /// Whether tables show microseconds.
  private(set) var isPrecise = false
  /// Whether results may be coloured.
  private(set) var colour = false
  /// Columns of the terminal results go to; nil where it is none.
  let width: Int?
  /// Whether results go to standard output, not into a test's memory.
  var isProcess: Bool { target == .process }
  /// Whether standard output is a terminal.
  let isTerminal: Bool
  /// Whether standard error is a terminal.
  let errorIsTerminal: Bool

  private let target: Target
  private let environment: Environment
  private var messageColour = false
  private var results: [UInt8] = []
  private var messages: [UInt8] = []
  /// Milliseconds that standard error is waited for at each message; nil: without end.
  private var patience: Int32?
  /// What it has not taken yet.
  private var unsaid: [UInt8] = []
  private var progressLine = ProgressLine()

  init(environment: Environment, target: Target = .process) {
    self.environment = environment
    self.target = target
    isTerminal = target == .process && isatty(STDOUT_FILENO) == 1
    errorIsTerminal = target == .process && isatty(STDERR_FILENO) == 1
    width = isTerminal ? TerminalFacts.width(environment, descriptor: STDOUT_FILENO) : nil
    choose(color: nil)
  }

  /// Takes over what the arguments say of output.
  mutating func adopt(_ arguments: ParsedArguments) throws(ArgumentFailure) {
    format = arguments.format
    isQuiet = arguments.isQuiet
    if arguments.description.outputs.contains(.csv), arguments.value("fields") != nil {
      fields = arguments.list("fields")
    }
    zone = try arguments.zone()
    isPrecise = arguments.description.outputs.contains(.csv) && arguments.flag("precise")
    choose(color: arguments.value("color"))
  }

  private mutating func choose(color: String?) {
    colour = TerminalFacts.colour(environment, flag: color, isTerminal: isTerminal)
    messageColour = TerminalFacts.colour(environment, flag: color, isTerminal: errorIsTerminal)
  }

  // MARK: results

  /// Writes one line to standard output.
  mutating func line(_ line: Line = "") throws { try raw(line.text(colour: colour) + "\n") }

  /// Writes recorded text of any number of lines, made safe.
  mutating func text(_ text: String) throws { try raw(TerminalText.lines(text)) }

  /// Writes what an encoder of `Text` returned, or what is constant.
  mutating func raw(_ text: String) throws {
    results.append(contentsOf: text.utf8)
    try flushIfLarge()
  }

  /// Writes bytes that are the result itself: an export, a still, encoded JSON.
  mutating func raw(_ bytes: [UInt8]) throws {
    results.append(contentsOf: bytes)
    try flushIfLarge()
  }

  /// Writes one JSON document: indented for `-o json`, on one line otherwise.
  mutating func json<E: Error>(_ body: (inout JSONText) throws(E) -> Void) throws {
    var json = JSONText(format == .json ? .pretty : .compact)
    try json.object(body)
    try raw(json.bytes)
    try raw("\n")
  }

  /// Writes a table, cut to the terminal unless `-o wide` asks for all of it.
  mutating func table(_ table: Table, header: Bool = true) throws {
    let styled = colour
    let lines = table.lines(width: format == .wide ? nil : width, header: header) {
      row, _, cell in
      row < 0 && styled ? Line(encoded: cell, .bold).text(colour: true) : cell
    }
    for line in lines { try raw(line + "\n") }
  }

  // MARK: messages

  /// Says something on standard error, unless `--quiet`.
  mutating func note(_ line: Line) {
    if !isQuiet { message(line) }
  }

  /// Says something on standard error that nobody may miss: a cut result, a doubt.
  mutating func warn(_ line: Line) { message("blackbox: \(line)") }

  mutating func report(_ failure: FailureReport) {
    for line in failure.lines { message(line) }
  }

  /// From now on no message waits long for a standard error that takes nothing, as that of a terminal that stands still.
  ///
  /// What it does not take is tried again with the next message.
  mutating func boundMessages() { patience = 300 }

  private mutating func message(_ line: Line) {
    eraseProgress()
    put(message: line.text(colour: messageColour) + "\n")
  }

  // MARK: progress

  /// Shows how far a long task is, where somebody watches; costs next to nothing where nobody does.
  mutating func progress(_ label: String, done: Int64, of total: Int64? = nil) {
    guard errorIsTerminal, !isQuiet else { return }
    let width = TerminalFacts.width(environment, descriptor: STDERR_FILENO)
    if let text = progressLine.update(label, done, total, width: width, now: Self.monotonic) {
      put(message: text)
    }
  }

  /// Takes the progress line away; results and messages do so by themselves.
  mutating func eraseProgress() {
    if let text = progressLine.erase() { put(message: text) }
  }

  private static var monotonic: Int64 {
    var time = timespec()
    unsafe _ = clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1000
  }

  // MARK: bytes

  /// Writes out what was collected.
  ///
  /// - Throws: `OutputFailure`: the reader is gone, or the bytes could not be written.
  mutating func flush() throws(OutputFailure) {
    guard target == .process, !results.isEmpty else { return }
    eraseProgress()
    let bytes = results
    results.removeAll(keepingCapacity: true)
    try Descriptor.write(bytes, to: STDOUT_FILENO)
  }

  /// What went to standard output and standard error; for `Target.memory`.
  var captured: (results: String, messages: String) {
    (String(decoding: results, as: UTF8.self), String(decoding: messages, as: UTF8.self))
  }

  private mutating func flushIfLarge() throws(OutputFailure) {
    if results.count >= 1 << 16 { try flush() }
  }

  private mutating func put(message: String) {
    guard target == .process else { return messages.append(contentsOf: message.utf8) }
    if let patience {
      unsaid += Array(message.utf8)
      unsaid.removeFirst(ScreenOutput(STDERR_FILENO).write(unsaid, within: patience))
      return
    }
    // Standard error that cannot be written leaves nobody to tell.
    do { try Descriptor.write(Array(message.utf8), to: STDERR_FILENO) } catch { return }
  }
}

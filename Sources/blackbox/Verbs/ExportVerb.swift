internal import Custody
internal import Platform
internal import SessionLog
internal import Text

struct ExportVerb: Verb {
  static let description = VerbDescription(
    name: "export", group: .handOut,
    summary: "write a terminal session in a format that other programs read",
    details: [
      "cast is asciicast v3, cast2 asciicast v2, typescript what script writes (bytes and, in a "
        + "second file, times), ttyrec what ttyrec writes. Output bytes and times are those of the "
        + "recording; standard error says what the format cannot hold.",
      "Only bytes that verify are written. Where the session is damaged the export ends before the "
        + "damage, and the code is 3. A copy in another format proves nothing by itself: the "
        + "session file and its proof do.",
      "typescript and ttyrec hold recorded bytes as they are, so they are never written to a "
        + "terminal. The program that plays them may obey them: replay is the safe way to look.",
    ],
    operands: [OperandDescription("ID", .session, help: "the session; @last is the newest")],
    options: [
      .value(
        "format", nil, "FORMAT", .choice(ExportFormat.allCases.map(\.rawValue)),
        help: "cast (default), cast2, typescript or ttyrec"),
      .value(
        "out", nil, "FILE", .file,
        help: "where to write it, a new file; - or nothing is standard output"),
      .value(
        "timing", nil, "FILE", .file,
        help: "typescript: where to write its times (default: the other file's name + .timing)"),
      .value("trust", nil, "FILE", .file, help: "believe only the key in this file"),
    ],
    isReading: true,
    examples: [
      .init("export @last --out demo.cast", "for asciinema"),
      .init("export 01JGF --format typescript --out t", "for scriptreplay -B t -T t.timing"),
    ])

  private let arguments: ParsedArguments
  private let format: ExportFormat
  private let out: String?
  private let timing: String?

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    format = arguments.value("format").flatMap { ExportFormat(rawValue: $0) } ?? .cast
    let name = arguments.value("out")
    out = name == "-" ? nil : name
    guard format == .typescript else {
      guard arguments.value("timing") == nil else {
        throw UserFailure(
          .usage, "only a typescript has its times in a second file", place: "--timing",
          found: "format \(format.rawValue)", advice: "Leave --timing out.")
      }
      timing = nil
      return
    }
    guard let times = arguments.value("timing") ?? out.map({ $0 + ".timing" }) else {
      throw UserFailure(
        .usage, "a typescript is two files", place: "--timing", found: "standard output alone",
        wanted: "a file for the times", advice: "Give --out FILE, or --timing FILE.")
    }
    timing = times
  }

  func run(_ io: inout Output) throws -> ExitCode {
    guard !format.isRaw || out != nil || !io.isTerminal else {
      throw UserFailure(
        .refused, "recorded bytes are not written to a terminal", found: format.rawValue,
        advice: "Give --out FILE, or look at the session with `blackbox replay`.")
    }
    let opened = try OpenStore(try arguments.store())
    let id = try opened.store.resolve(arguments.operand(0) ?? "@last")
    let log = try LogView(
      opened.store, trust: try opened.trust(file: arguments.value("trust")), state: opened.state,
      only: id)
    let trail = try arguments.trail(of: opened.store, &io)
    let main = try out.map { try NewFile($0) }
    let times = try timing.map { try NewFile($0) }
    let outcome = try TerminalExport.run(id, in: opened.store, log: log, format: format) {
      part, bytes in
      switch part {
      case .main: if let main { try main.append(bytes) } else { try io.raw(bytes) }
      case .timing: try times?.append(bytes)
      }
    }
    try trail.record(.export, rows: Int(clamping: outcome.events), sessions: [id], &io)
    try io.flush()
    return try conclude(outcome, id, &io)
  }

  private func conclude(
    _ outcome: TerminalExport.Outcome, _ id: SessionID, _ io: inout Output
  ) throws -> ExitCode {
    if let out { io.note("\(outcome.events) events to \(out)") }
    for loss in outcome.losses.all {
      io.warn("\(format.rawValue) cannot hold: \(loss.what): \(loss.count)")
    }
    if outcome.losses.count(of: Loss.invalidText) > 0 {
      io.warn("typescript and ttyrec keep every byte of the output")
    }
    if outcome.uncommitted > 0 {
      io.warn("\(outcome.uncommitted) lines behind the last commit are not verified and left out")
    }
    if let finding = outcome.findings.first {
      throw UserFailure(
        .damaged, "the export ends where the evidence does: \(outcome.events) events",
        place: finding.path, found: finding.found, wanted: finding.wanted,
        advice: finding.advice)
    }
    if let start = outcome.start, start.kind != "terminal", !outcome.hasOutput {
      throw UserFailure(
        .unreadable, "nothing in this session is a terminal's", place: id.text,
        found: "kind \(start.kind)", wanted: "a terminal session",
        advice: "Look at it with `blackbox replay \(id.text)`.")
    }
    return .done
  }
}

/// A file that is made for an export and never replaces another.
private final class NewFile {
  private let file: File
  private var size: UInt64 = 0

  init(_ path: String) throws {
    do { file = try File(path, .createNew(0o600), in: SystemFiles.shared) } catch {
      guard error.alreadyExists else { throw error }
      throw UserFailure(
        .unreadable, "a file of that name is there", place: path,
        advice: "Nothing is overwritten: give another name, or remove it.")
    }
  }

  func append(_ bytes: [UInt8]) throws {
    try file.write(bytes.span, at: size)
    size += UInt64(bytes.count)
  }
}

internal import Evidence
package import Platform
package import SessionLog

/// Recordings in foreign formats, read for a viewer without a store: events in memory, and no evidence.
package enum ForeignRecording {
  /// True if a path is for a parser: a directory, or a file that does not begin as a session does.
  package static func isForeign(_ path: String, in system: any FileSystem = SystemFiles.shared)
    throws(SessionLogFailure) -> Bool
  {
    if SourceFile.isDirectory(path, in: system) { return true }
    var reader = try SessionReader(path: path, named: true, in: system)
    return try !reader.looksLikeSession()
  }

  /// Finds out what a file or directory is; the opener reads it from its beginning, as often as it is called.
  ///
  /// `timing` is the file of times that belongs to a typescript.
  package static func open(
    _ path: String, timing: String? = nil, format: ImportFormat? = nil, spool: String = "/tmp",
    in system: any FileSystem = SystemFiles.shared
  ) throws(ImportFailure) -> (format: ImportFormat, open: EventSourceOpener) {
    if let timing {
      let source = try SourceFile.open(path, in: system, spool: spool)
      let times = try SourceFile.open(timing, in: system, spool: spool)
      _ = try typescript(source, times)
      return (
        .typescript, opener { () throws(ImportFailure) in try typescript(source, times) }
      )
    }
    if SourceFile.isDirectory(path, in: system) {
      _ = try sudo(path, spool, system)
      return (.sudo, opener { () throws(ImportFailure) in try sudo(path, spool, system) })
    }
    let source = try SourceFile.open(path, in: system, spool: spool)
    let told: ImportFormat
    if let format { told = format } else { told = try FormatSniffer.format(of: source) }
    _ = try make(told, source)
    return (told, opener { () throws(ImportFailure) in try make(told, source) })
  }

  private static func opener(
    _ make: @escaping @Sendable () throws(ImportFailure) -> any EventSource
  ) -> EventSourceOpener {
    { () throws(SessionLogFailure) in
      do throws(ImportFailure) { return try make() } catch { throw failure(error) }
    }
  }

  private static func make(_ format: ImportFormat, _ source: SourceFile)
    throws(ImportFailure) -> any EventSource
  {
    switch format {
    case .asciicast1: return try ParsedSource(try AsciicastDocumentParser(source), format, source)
    case .asciicast2, .asciicast3:
      return try ParsedSource(
        try AsciicastParser(source, isRelative: format == .asciicast3), format, source)
    case .typescript: return try typescript(source, nil)
    case .ttyrec: return try ParsedSource(try TTYRecordParser(source), format, source)
    case .tlog: return try ParsedSource(try TlogParser(source), format, source)
    case .ndjson: return try ParsedSource(try EventLinesParser(source), format, source)
    case .sudo: throw SudoLogFiles.refusal(of: source)
    default: return try ParsedSource(try TranscriptParser(source, format), format, source)
    }
  }

  private static func typescript(
    _ source: SourceFile, _ times: SourceFile?
  ) throws(ImportFailure) -> any EventSource {
    try ParsedSource(
      try TypescriptParser(source, timing: times, input: nil), .typescript, source)
  }

  private static func sudo(_ directory: String, _ spool: String, _ system: any FileSystem)
    throws(ImportFailure) -> any EventSource
  {
    let files = try SudoLogFiles(directory, toBe: "replay", in: system, spool: spool)
    return try ParsedSource(try SudoLogParser(files), .sudo, files.timing)
  }

  fileprivate static func failure(_ failure: ImportFailure) -> SessionLogFailure {
    switch failure {
    case .log(let failure): failure
    case .source(let failure): SessionLogFailure(failure)
    case .unreadable(let refusal):
      SessionLogFailure(
        .notARecording, refusal.what, at: refusal.place, found: refusal.found,
        wanted: refusal.wanted, advice: refusal.advice ?? "Check what the file is.")
    }
  }
}

/// What a parser reads, with a beginning and an end like a session's.
private final class ParsedSource<Parser: SourceParser & ~Copyable>: EventSource {
  /// Steps taken in search of a size before line 0 is given without one.
  private static var mostHeaderSteps: Int { 64 }

  private var parser: Parser
  private var stream = EventStream()
  private let format: ImportFormat
  private let size: UInt64
  private(set) var start: SessionStart
  private var hasBegun = false
  private var hasMore = true
  private var isOver = false

  init(
    _ parser: consuming Parser, _ format: ImportFormat, _ source: SourceFile
  ) throws(ImportFailure) {
    self.parser = parser
    self.format = format
    size = source.size
    start = SessionStart(
      store: "", session: SessionID(milliseconds: 0, random: []), kind: format.sessionKind,
      start: 0, bootID: "", agent: Identity(issuer: "imported", uid: source.name),
      after: (0, .zero))
    var steps = 0
    while hasMore, steps < Self.mostHeaderSteps, stream.facts.events == 0 {
      hasMore = try self.parser.step(into: &stream)
      steps += 1
    }
    let facts = stream.facts
    guard facts.events > 0 || !facts.isSalvaged else {
      throw .refuse(
        "nothing could be read", source.path,
        found: facts.oddities.first.map { "\($0.reason) (\($0.place))" },
        wanted: "whole \(format.rawValue)",
        advice: "Check what the file is, or import it with --format.")
    }
    start.kind = facts.kind ?? format.sessionKind
    start.start = facts.at ?? 0
    start.host = facts.host
    if start.kind == "terminal" {
      start.command = facts.command
      start.columns = facts.columns
      start.rows = facts.rows
      start.terminalType = facts.terminalType
    }
  }

  var isSalvaged: Bool { stream.facts.isSalvaged }

  var progress: Double {
    size == 0 ? 1 : min(0.99, Double(stream.facts.outputBytes) / Double(size))
  }

  func next(_ take: (Span<UInt8>) -> Void) throws(SessionLogFailure) -> Bool {
    guard !isOver else { return false }
    if !hasBegun {
      hasBegun = true
      take(start.line().span)
      take(LineBuilder(time: 0, type: "session.salt").finish().span)
    } else if hasMore {
      do throws(ImportFailure) { hasMore = try parser.step(into: &stream) } catch {
        throw ForeignRecording.failure(error)
      }
    }
    for line in stream.lines { take(line.span) }
    stream.clear()
    if !hasMore {
      isOver = true
      take(end().span)
    }
    return !isOver
  }

  private func end() -> [UInt8] {
    let facts = stream.facts
    var line = LineBuilder(
      time: max(stream.time, min(facts.end ?? 0, Limits.time - 1)), type: "session.end")
    line.add("reason", facts.isCut ? "lost" : "client")
    if let code = facts.exitCode { line.add("exit_code", code) }
    for oddity in facts.oddities.prefix(1) { line.add("oddity", oddity.reason) }
    return line.finish()
  }
}

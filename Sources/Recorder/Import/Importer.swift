internal import Evidence
package import Platform
package import SessionLog

/// What to import, and who acted in it.
package struct ImportRequest: Sendable {
  /// One recording, in as many files as its format has.
  package enum Input: Sendable {
    /// A file, or the directory of a sudo I/O log.
    case path(String)
    case standardInput
    /// What `script` wrote: the bytes, their times, and what was typed where that is a file of its own.
    case typescript(String, timing: String, input: String?)
  }

  package var input: Input
  /// nil: told by content.
  package var format: ImportFormat?
  package var agent: Identity
  package var principal: Identity?
  package var resource: Resource?
  package var purpose: String?
  /// Refuses what would have to be salvaged.
  package var isStrict = false

  package init(_ input: Input, agent: Identity) {
    self.input = input
    self.agent = agent
  }
}

/// A session that was made from a file.
package struct ImportedSession: Sendable {
  package var id: SessionID
  package var leaf: Leaf
  package var format: ImportFormat
  package var imported: Imported
  package var facts: SourceFacts
}

/// Makes sessions of recordings that other programs made.
///
/// A source is read twice: once to learn what stands in line 0 (its digest, and whether it is whole), once to write. The
/// session is like any other: lock, open leaf, commits, close leaf. What each format becomes: schema/import.md.
package struct Importer {
  private let store: Store
  private let state: StateDirectory
  private let clock: any Clock
  private let system: any FileSystem
  private let spool: String

  /// `spool` is a directory for nameless files: standard input, and what is unpacked.
  package init(
    _ store: Store, _ state: StateDirectory, clock: any Clock = SystemClock(),
    sources: any FileSystem = SystemFiles.shared, spool: String = "/tmp"
  ) {
    self.spool = spool
    self.store = store
    self.state = state
    self.clock = clock
    system = sources
  }

  /// Imports one recording.
  ///
  /// - Throws: `.unreadable` and `.source` before anything is written; after `.log` the session is closed as lost, or left
  /// for `recover`.
  package func run(_ request: ImportRequest) throws(ImportFailure) -> ImportedSession {
    switch request.input {
    case .standardInput:
      return try run(request, SourceFile.standardInput(spool: spool, in: system))
    case .typescript(let path, let timing, let input):
      let output = try open(path)
      let times = try open(timing)
      let typed: SourceFile?
      if let input { typed = try open(input) } else { typed = nil }
      return try transcribe(request, .typescript, output) { () throws(ImportFailure) in
        try TypescriptParser(output, timing: times, input: typed)
      }
    case .path(let path):
      if SourceFile.isDirectory(path, in: system) { return try runSudoLog(request, path) }
      return try run(request, open(path))
    }
  }

  private func open(_ path: String) throws(ImportFailure) -> SourceFile {
    try SourceFile.open(path, in: system, spool: spool)
  }

  private func run(_ request: ImportRequest, _ source: SourceFile) throws(ImportFailure)
    -> ImportedSession
  {
    let format: ImportFormat
    if let named = request.format {
      format = named
    } else {
      format = try FormatSniffer.format(of: source)
    }
    switch format {
    case .asciicast1:
      return try transcribe(request, format, source) { () throws(ImportFailure) in
        try AsciicastDocumentParser(source)
      }
    case .asciicast2, .asciicast3:
      return try transcribe(request, format, source) { () throws(ImportFailure) in
        try AsciicastParser(source, isRelative: format == .asciicast3)
      }
    case .typescript:
      return try transcribe(request, format, source) { () throws(ImportFailure) in
        try TypescriptParser(source, timing: nil, input: nil)
      }
    case .ttyrec:
      return try transcribe(request, format, source) { () throws(ImportFailure) in
        try TTYRecordParser(source)
      }
    case .tlog:
      return try transcribe(request, format, source) { () throws(ImportFailure) in
        try TlogParser(source)
      }
    case .sudo: throw SudoLogFiles.refusal(of: source)
    case .ndjson:
      return try transcribe(request, format, source) { () throws(ImportFailure) in
        try EventLinesParser(source)
      }
    default:
      return try transcribe(request, format, source) { () throws(ImportFailure) in
        try TranscriptParser(source, format)
      }
    }
  }

  private func runSudoLog(_ request: ImportRequest, _ directory: String) throws(ImportFailure)
    -> ImportedSession
  {
    let files = try SudoLogFiles(directory, toBe: "import", in: system, spool: spool)
    return try transcribe(request, .sudo, files.timing, name: Path.name(of: directory)) {
      () throws(ImportFailure) in
      try SudoLogParser(files)
    }
  }

  // MARK: Both readings

  private func transcribe<Parser: SourceParser & ~Copyable>(
    _ request: ImportRequest, _ format: ImportFormat, _ source: SourceFile, name: String? = nil,
    _ parser: () throws(ImportFailure) -> Parser
  ) throws(ImportFailure) -> ImportedSession {
    var (facts, digests) = try survey(parser)
    guard let main = digests.first else { throw .refuse("nothing was read", source.path) }
    if let wrapping = source.wrapping, let fault = wrapping.fault {
      facts.isCut = true
      facts.oddities.append(
        SourceFacts.Oddity(
          reason: "packed with \(wrapping.kind), and damaged", count: 1, place: fault))
    }
    guard !facts.isSalvaged || facts.events > 0 else {
      throw Self.refusal(facts, format, source)
    }
    if request.isStrict, facts.isSalvaged { throw Self.refusal(facts, format, source) }
    var imported = Imported(
      name: name ?? source.name, format: format.rawValue,
      sha256: source.wrapping?.digest.sha256 ?? main.sha256,
      bytes: source.wrapping?.digest.bytes ?? main.bytes, salvaged: facts.isSalvaged)
    imported.at = facts.at
    imported.title = facts.title.map(Self.short)
    imported.host = facts.host.map(Self.short)
    // Of a packed file both digests are told: what stands on the disk, and what was read.
    imported.parts = digests.dropFirst(source.wrapping == nil ? 1 : 0).enumerated().map {
      Imported.Part(
        name: $0 == 0 && source.wrapping != nil ? "unpacked" : $1.name, sha256: $1.sha256,
        bytes: $1.bytes)
    }
    let start = try start(request, format, imported, facts)
    var writer = try recording { () throws(SessionLogFailure) in
      try SessionWriter.begin(in: store, state: state, start: start, clock: clock)
    }
    let leaf = try write(parser, facts, digests, source, to: &writer)
    return ImportedSession(
      id: start.session, leaf: leaf, format: format, imported: imported, facts: facts)
  }

  /// Reads all of it and keeps only what it shows.
  private func survey<Parser: SourceParser & ~Copyable>(
    _ parser: () throws(ImportFailure) -> Parser
  ) throws(ImportFailure) -> (SourceFacts, [SourceDigest]) {
    var parser = try parser()
    var stream = EventStream(keepsLines: false)
    while try parser.step(into: &stream) {}
    return (stream.facts, try parser.finish())
  }

  private static func refusal(_ facts: SourceFacts, _ format: ImportFormat, _ source: SourceFile)
    -> ImportFailure
  {
    var found = facts.oddities.map { "\($0.reason) (\($0.place))" }
    if facts.gaps > 0 { found.append("\(facts.gaps) unreadable stretches") }
    if facts.isCut { found.append("an end in the middle of something") }
    return .refuse(
      facts.events == 0 ? "nothing could be read" : "the recording is damaged", source.path,
      found: found.joined(separator: ", "), wanted: "whole \(format.rawValue)",
      advice: facts.events == 0
        ? "Check what the file is, or name its format with --format."
        : "Without --strict, what can be read is imported and the rest marked.")
  }

  private func start(
    _ request: ImportRequest, _ format: ImportFormat, _ imported: Imported, _ facts: SourceFacts
  ) throws(ImportFailure) -> SessionStart {
    let wall = clock.wall()
    let random: [UInt8]
    do { random = try randomBytes(10) } catch { throw .log(SessionLogFailure(error)) }
    let head = try recording { () throws(SessionLogFailure) in
      try store.checkpoint(signedBy: store.verifierKey).0
    }
    var start = SessionStart(
      store: store.origin,
      session: SessionID(milliseconds: UInt64(clamping: wall / 1000), random: random),
      kind: facts.kind ?? format.sessionKind, start: wall, bootID: clock.bootID,
      agent: request.agent,
      after: (head.size, head.root))
    start.principal = request.principal
    start.resource = request.resource
    start.purpose = request.purpose
    start.host = hostName
    start.imported = imported
    if start.kind == "terminal" {
      start.command = facts.command.prefix(256).map(Self.short)
      start.columns = facts.columns
      start.rows = facts.rows
      start.terminalType = facts.terminalType.map(Self.short)
    }
    return start
  }

  /// What a source says of itself, short enough for line 0; all of it stands in `import.header`.
  private static func short(_ text: String) -> String {
    guard text.utf8.count > 1024 else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.prefix(256))) + "…"
  }

  private func write<Parser: SourceParser & ~Copyable>(
    _ parser: () throws(ImportFailure) -> Parser, _ facts: SourceFacts, _ digests: [SourceDigest],
    _ source: SourceFile, to writer: inout SessionWriter
  ) throws(ImportFailure) -> Leaf {
    var stream = EventStream()
    do throws(ImportFailure) {
      var parser = try parser()
      var hasMore = true
      while hasMore {
        // The last step, too, may have told something.
        hasMore = try parser.step(into: &stream)
        for line in stream.lines {
          try recording { () throws(SessionLogFailure) in try writer.append(line) }
        }
        stream.clear()
      }
      guard try parser.finish() == digests else {
        throw .refuse(
          "the file changed while it was read", source.path,
          advice: "Import it again when nobody writes to it; the session that was begun is closed.")
      }
    } catch {
      giveUp(&writer, stream)
      throw error
    }
    let end = Self.end(of: stream, facts, lines: writer.lines)
    return try recording { () throws(SessionLogFailure) in try writer.close(lines: [end]) }
  }

  private static func end(of stream: borrowing EventStream, _ facts: SourceFacts, lines: UInt64)
    -> [UInt8]
  {
    let time = max(stream.time, min(facts.end ?? 0, Limits.time - 1))
    var end = SessionEndEvent(reason: facts.isCut ? "lost" : "client")
    end.exitCode = facts.exitCode
    end.bytesOut = Int64(clamping: facts.outputBytes)
    end.events = Int64(clamping: lines + 1)
    if !facts.oddities.isEmpty {
      end.oddities = facts.oddities.map { oddity in
        var told = SourceOddity(reason: oddity.reason, count: Int64(clamping: oddity.count))
        told.place = oddity.place
        return told
      }
    }
    return end.line(at: time)
  }

  /// Closes a session that cannot be completed; where not even that is possible, `recover` will.
  private func giveUp(
    _ writer: inout SessionWriter, _ stream: borrowing EventStream
  ) {
    var gap = RecorderGapEvent(reason: "the import was broken off")
    gap.lost = "everything after this line"
    let lines = [
      gap.line(at: stream.time), SessionEndEvent(reason: "lost").line(at: stream.time),
    ]
    do { _ = try writer.close(lines: lines) } catch {
      // The failure that led here is the one to report.
      return
    }
  }
}

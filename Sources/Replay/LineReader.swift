package import Platform
package import SessionLog

/// Where the lines of a recording come from.
package enum RecordingSource: Sendable {
  /// A session file; `named` if a person typed its path, which may then be a link.
  case file(path: String, named: Bool, system: any FileSystem)
  /// What a parser makes of a foreign recording; `name` is shown.
  case events(name: String, EventSourceOpener)

  package var path: String {
    switch self {
    case .file(let path, _, _): path
    case .events(let name, _): name
    }
  }
}

/// Reads a recording forward, batch by batch; for one thread.
protocol LineReader: AnyObject {
  var facts: ReadingFacts { get }
  /// Reads on and shows each line to `visit`, which tells whether the screen changed; nil at the end.
  ///
  /// `kept` gets the lines themselves.
  func next(
    keeping kept: inout DecodedBatch,
    _ visit: (_ event: Int, _ kind: StepKind, _ line: Span<UInt8>, _ header: LineHeader?) -> Bool
  ) throws(SessionLogFailure) -> Growth
  /// Looks for more of a recording that is still written; false where there is none, or never will be.
  func goOn() throws(SessionLogFailure) -> Bool
}

extension LineReader {
  func goOn() throws(SessionLogFailure) -> Bool { false }

  /// Waits until there is more of a recording that is still written; false once `isWanted` says that nobody wants it.
  func awaitMore(while isWanted: () -> Bool = { true }) throws(SessionLogFailure) -> Bool {
    while try !goOn() {
      pause(milliseconds: 150)
      guard isWanted() else { return false }
    }
    return true
  }
}

extension RecordingSource {
  func reader() throws(SessionLogFailure) -> any LineReader {
    switch self {
    case .file(let path, let named, let system):
      try SessionFileReader(try SessionReader(path: path, named: named, in: system))
    case .events(_, let open): try EventSourceReader(try open())
    }
  }
}

/// Counts lines and keeps their times from falling.
struct StepCounter {
  private(set) var count = 0
  private var time: UInt64 = 0

  mutating func step(
    _ line: Span<UInt8>, into growth: inout Growth,
    _ visit: (Int, StepKind, Span<UInt8>, LineHeader?) -> Bool
  ) {
    let header = LineHeader(line)
    let kind = header.map { Recording.kind($0, line) } ?? .withheld
    time = max(time, header?.time ?? 0)
    let changes = visit(count, kind, line, header)
    growth.steps.append(Timeline.step(kind, at: time, changesScreen: changes))
    count += 1
  }
}

/// Reads a session file: every line it gives was verified, but for the tail, which nothing covers yet.
final class SessionFileReader: LineReader {
  private var reader: SessionReader
  private let sha: SHA256
  private var batch = Batch()
  private var counter = StepCounter()
  private var batches = 0
  /// Lines that were shown before a commit covered them.
  private var seen: DecodedBatch?
  private var firstSeen = 0

  init(_ reader: consuming SessionReader) throws(SessionLogFailure) {
    self.reader = reader
    do throws(CryptoFailure) { sha = try SHA256() } catch { throw SessionLogFailure(error) }
  }

  var facts: ReadingFacts {
    let size = reader.fileSize
    return ReadingFacts(
      start: reader.start, findings: reader.findings, isClosed: reader.isClosed,
      isRecovered: reader.isRecovered,
      progress: size == 0 ? 1 : Double(reader.verifiedBytes) / Double(size))
  }

  func goOn() throws(SessionLogFailure) -> Bool { try reader.goOn() }

  func next(
    keeping kept: inout DecodedBatch,
    _ visit: (Int, StepKind, Span<UInt8>, LineHeader?) -> Bool
  ) throws(SessionLogFailure) -> Growth {
    var growth = Growth()
    let offset = reader.verifiedBytes
    let step = try reader.next(into: &batch)
    let first = Int(clamping: batch.firstLine)
    kept = DecodedBatch(index: batches)
    switch step {
    case .end: growth.isLast = true
    case .tail:
      kept = DecodedBatch(index: -1)
      kept.take(batch)
      growth.tail = kept
      growth.firstTailEvent = first
      growth.isLast = true
      try hold(kept, first)
      (seen, firstSeen) = (kept, first)
    case .committed:
      kept.take(batch)
      growth.place = Timeline.BatchPlace(
        firstEvent: first, offset: offset, length: UInt64(batch.commit?.length ?? 0),
        digest: kept.digest(sha))
      growth.end = first + batch.lineCount
      batches += 1
      try hold(kept, first)
    }
    if step != .end {
      // Lines of a tail were shown before they were committed.
      for index in min(counter.count - first, batch.lineCount)..<batch.lineCount {
        batch.withLine(index) { counter.step($0, into: &growth, visit) }
      }
    }
    growth.facts = facts
    if growth.isLast { growth.facts.progress = 1 }
    return growth
  }

  /// Lines that come again must be those that were shown before.
  private func hold(_ lines: DecodedBatch, _ first: Int) throws(SessionLogFailure) {
    guard let seen else { return }
    for event in max(
      first, firstSeen)..<max(
        max(first, firstSeen), min(first + lines.lineCount, firstSeen + seen.lineCount))
    {
      let isSame = lines.withLine(event - first) { line in
        seen.withLine(event - firstSeen) { other in
          guard line.count == other.count else { return false }
          for index in 0..<line.count where line[index] != other[index] { return false }
          return true
        }
      }
      guard isSame else {
        throw SessionLogFailure(
          .notARecording, "lines changed after they were shown", at: reader.path,
          found: "another line \(event)", advice: "Check the session with `blackbox verify`.")
      }
    }
  }
}

/// Reads what a parser gives and keeps it packed, so that it can be read again.
final class EventSourceReader: LineReader {
  private static let batchBytes = 1 << 20

  private let source: any EventSource
  private let sha: SHA256
  private var counter = StepCounter()
  private var batches = 0
  private var isOver = false

  init(_ source: any EventSource) throws(SessionLogFailure) {
    self.source = source
    do throws(CryptoFailure) { sha = try SHA256() } catch { throw SessionLogFailure(error) }
  }

  var facts: ReadingFacts {
    ReadingFacts(start: source.start, isClosed: isOver, progress: isOver ? 1 : source.progress)
  }

  func next(
    keeping kept: inout DecodedBatch,
    _ visit: (Int, StepKind, Span<UInt8>, LineHeader?) -> Bool
  ) throws(SessionLogFailure) -> Growth {
    var growth = Growth()
    kept = DecodedBatch(index: batches)
    let first = counter.count
    // The first lines alone, so that there is something to show at once.
    let wanted = batches == 0 ? 1 : Self.batchBytes
    while kept.content.count < wanted, !isOver {
      let hasMore = try source.next { line in
        kept.append(line)
        counter.step(line, into: &growth, visit)
      }
      if !hasMore { isOver = true }
    }
    if counter.count > first {
      let packed = try pack(kept)
      growth.place = Timeline.BatchPlace(
        firstEvent: first, offset: 0, length: UInt64(packed.count), digest: kept.digest(sha))
      growth.packed = packed
      growth.end = counter.count
      batches += 1
    }
    growth.isLast = isOver
    growth.facts = facts
    return growth
  }

  private func pack(_ batch: DecodedBatch) throws(SessionLogFailure) -> [UInt8] {
    do throws(ZstdFailure) {
      let compressor = try Compressor(level: 1, windowLog: 20)
      var packed: [UInt8] = []
      let lines = batch.joined()
      try compressor.compress(lines.span, ending: .frame, into: &packed)
      return packed
    } catch { throw SessionLogFailure(error) }
  }
}

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

  func next(
    keeping kept: inout DecodedBatch,
    _ visit: (Int, StepKind, Span<UInt8>, LineHeader?) -> Bool
  ) throws(SessionLogFailure) -> Growth {
    var growth = Growth()
    let offset = reader.verifiedBytes
    let step = try reader.next(into: &batch)
    kept = DecodedBatch(index: batches)
    switch step {
    case .end: growth.isLast = true
    case .tail:
      kept = DecodedBatch(index: -1)
      kept.take(batch)
      growth.tail = kept
      growth.isLast = true
    case .committed:
      kept.take(batch)
      growth.place = Timeline.BatchPlace(
        firstEvent: counter.count, offset: offset, length: UInt64(batch.commit?.length ?? 0),
        digest: kept.digest(sha))
      batches += 1
    }
    if step != .end {
      for index in 0..<batch.lineCount {
        batch.withLine(index) { counter.step($0, into: &growth, visit) }
      }
    }
    growth.facts = facts
    if growth.isLast { growth.facts.progress = 1 }
    return growth
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

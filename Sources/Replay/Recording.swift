package import Platform
package import SessionLog

/// A session file while it is replayed: read forward once, and again in any order.
///
/// Every line that leaves it was verified by `SessionReader`; lines read again are held against the hash
/// of what was verified, so a file that changes under the viewer is an error and not a picture.
package struct Recording: ~Copyable {
  /// Decoded batches kept for stepping, in bytes of lines.
  private let cacheBytes: Int

  private var reader: SessionReader
  private let file: File
  private let sha: SHA256
  private var batch = Batch()
  private var cache: [DecodedBatch] = []
  private var tail = DecodedBatch(index: -1)
  /// What has been read so far.
  package private(set) var timeline = Timeline()

  /// Opens a session file and reads its first batch, line 0 in it.
  ///
  /// `named` is for a path that a person typed, which may be a link.
  package static func open(
    _ path: String, named: Bool, in system: any FileSystem, cacheBytes: Int = 24 << 20
  ) throws(SessionLogFailure) -> Recording {
    var recording = Recording(
      try SessionReader(path: path, named: named, in: system),
      try open(path, named ? .readNamed : .read, system), try hash(), cacheBytes)
    _ = try recording.readOn { _, _, _ in }
    return recording
  }

  private init(
    _ reader: consuming SessionReader, _ file: consuming File, _ sha: consuming SHA256,
    _ cacheBytes: Int
  ) {
    self.cacheBytes = cacheBytes
    self.reader = reader
    self.file = file
    self.sha = sha
  }

  private static func open(
    _ path: String, _ mode: OpenMode, _ system: any FileSystem
  ) throws(SessionLogFailure) -> File {
    do throws(FileFailure) { return try File(path, mode, in: system) } catch {
      throw SessionLogFailure(error)
    }
  }

  private static func hash() throws(SessionLogFailure) -> SHA256 {
    do throws(CryptoFailure) { return try SHA256() } catch { throw SessionLogFailure(error) }
  }

  /// Line 0; nil where it is erased or could not be read.
  package var start: SessionStart? { reader.start }
  package var path: String { reader.path }
  package var findings: [Finding] { reader.findings }
  package var isClosed: Bool { reader.isClosed }
  package var isRecovered: Bool { reader.isRecovered }

  /// Share of the file that is read, 0 to 1.
  package var progress: Double {
    timeline.isComplete || reader.fileSize == 0
      ? 1 : Double(reader.verifiedBytes) / Double(reader.fileSize)
  }

  /// Reads and verifies the next batch and shows each of its lines to `visit`; false at the end.
  package mutating func readOn(
    _ visit: (_ event: Int, _ kind: StepKind, _ line: Span<UInt8>) -> Void
  ) throws(SessionLogFailure) -> Bool {
    guard !timeline.isComplete else { return false }
    let offset = reader.verifiedBytes
    let step = try reader.next(into: &batch)
    guard step != .end else {
      timeline.isComplete = true
      return false
    }
    if step == .tail {
      timeline.beginTail()
      tail.take(batch)
      timeline.isComplete = true
    } else {
      var decoded = DecodedBatch(index: timeline.batches.count)
      decoded.take(batch)
      timeline.append(
        Timeline.BatchPlace(
          firstEvent: timeline.count, offset: offset,
          length: UInt64(batch.commit?.length ?? 0), digest: decoded.digest(sha)))
      keep(decoded)
    }
    for index in 0..<batch.lineCount {
      let event = timeline.count
      batch.withLine(index) { line in
        guard let header = LineHeader(line) else {
          timeline.append(.withheld, at: 0)
          return visit(event, .withheld, line)
        }
        let kind = Self.kind(header, line)
        timeline.append(kind, at: header.time)
        visit(event, kind, line)
      }
    }
    return true
  }

  /// Calls `body` with an event's line, without LF; an empty one where it is withheld or not there.
  package mutating func withLine<R>(
    _ event: Int, _ body: (Span<UInt8>) -> R
  ) throws(SessionLogFailure) -> R {
    if let first = timeline.firstTailEvent, event >= first {
      return tail.withLine(event - first, body)
    }
    guard let index = timeline.batch(of: event) else {
      return DecodedBatch(index: -1).withLine(0, body)
    }
    try load(index)
    let line = event - timeline.batches[index].firstEvent
    return cache[cache.count - 1].withLine(line, body)
  }

  /// An event's line as a value; nil where it is withheld.
  package mutating func line(_ event: Int) throws(SessionLogFailure) -> EventLine? {
    let bytes = try withLine(event) { span in
      unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
    }
    return EventLine(sequence: UInt64(max(0, event)), bytes: bytes)
  }

  /// Makes a batch the last of the cache.
  private mutating func load(_ index: Int) throws(SessionLogFailure) {
    if cache.last?.index == index { return }
    if let place = cache.firstIndex(where: { $0.index == index }) {
      cache.append(cache.remove(at: place))
      return
    }
    var decoded = DecodedBatch(index: index)
    guard try decoded.read(file, timeline.batches[index], sha) else {
      throw SessionLogFailure(
        .notARecording, "the session file changed while it was replayed", at: reader.path,
        advice: "Check it with `blackbox verify`; what was shown before was verified.")
    }
    keep(decoded)
  }

  private mutating func keep(_ decoded: DecodedBatch) {
    cache.append(decoded)
    var bytes = cache.reduce(0) { $0 + $1.content.count }
    while bytes > cacheBytes, cache.count > 1 { bytes -= cache.removeFirst().content.count }
  }

  static func kind(_ header: LineHeader, _ line: Span<UInt8>) -> StepKind {
    if header.isType("terminal.output", in: line) { return .output }
    if header.isType("terminal.input", in: line) { return .input }
    if header.isType("terminal.resize", in: line) { return .resize }
    if header.isType("session.end", in: line) { return .end }
    return .other
  }
}

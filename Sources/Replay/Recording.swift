package import Platform
package import SessionLog

/// A recording while it is replayed: read forward once, and again in any order.
///
/// Every line of a session file that leaves it was verified by `SessionReader`; lines read again are held against the
/// hash of what was verified, so a file that changes under the viewer is an error and not a picture.
package struct Recording: ~Copyable {
  /// Decoded batches kept for stepping, in bytes of lines.
  private let cacheBytes: Int

  let source: RecordingSource
  private let file: File?
  private let sha: SHA256
  private var cache: [DecodedBatch] = []
  private var tail = DecodedBatch(index: -1)
  /// The event of the tail's first line.
  private var tailStart = 0
  /// Batches of a recording that has no file to read them from again.
  private var packed: [[UInt8]] = []
  private var facts = ReadingFacts()
  /// What has been read so far.
  package private(set) var timeline = Timeline()

  /// Opens a session file.
  ///
  /// `named` is for a path that a person typed, which may be a link. Nothing is read yet but what the first batch says.
  package static func open(
    _ path: String, named: Bool, in system: any FileSystem, cacheBytes: Int = 24 << 20
  ) throws(SessionLogFailure) -> Recording {
    try open(.file(path: path, named: named, system: system), cacheBytes: cacheBytes)
  }

  /// Opens a recording and learns what its line 0 says.
  package static func open(
    _ source: RecordingSource, cacheBytes: Int = 24 << 20
  ) throws(SessionLogFailure) -> Recording {
    let reader = try source.reader()
    var kept = DecodedBatch(index: -1)
    var facts = try reader.next(keeping: &kept) { _, _, _, _ in false }.facts
    facts.progress = 0
    return try Recording(source, facts, cacheBytes)
  }

  private init(
    _ source: RecordingSource, _ facts: ReadingFacts, _ cacheBytes: Int
  ) throws(SessionLogFailure) {
    let sha: SHA256
    do throws(CryptoFailure) { sha = try SHA256() } catch { throw SessionLogFailure(error) }
    self.init(source, facts, cacheBytes, try Self.file(source), sha)
  }

  private init(
    _ source: RecordingSource, _ facts: ReadingFacts, _ cacheBytes: Int,
    _ file: consuming File?, _ sha: consuming SHA256
  ) {
    self.source = source
    self.facts = facts
    self.cacheBytes = cacheBytes
    self.file = file
    self.sha = sha
  }

  private static func file(_ source: RecordingSource) throws(SessionLogFailure) -> File? {
    guard case .file(let path, let named, let system) = source else { return nil }
    do throws(FileFailure) { return try File(path, named ? .readNamed : .read, in: system) } catch {
      throw SessionLogFailure(error)
    }
  }

  /// Takes what snapshots say of the lines; each batch is held against its digest there when it is read.
  mutating func adopt(_ timeline: Timeline) {
    self.timeline = timeline
    cache = []
  }

  mutating func note(_ facts: ReadingFacts) { self.facts = facts }

  /// What snapshots of these bytes are bound to; nil for a recording without a file.
  func binding() -> SnapshotBinding? {
    do throws(FileFailure) {
      guard let size = try file?.status().size, size >= UInt64(SnapshotBinding.tailBytes),
        let bytes = try file?.read(
          SnapshotBinding.tailBytes, at: size - UInt64(SnapshotBinding.tailBytes))
      else { return nil }
      sha.update(bytes.span)
      return SnapshotBinding(size: size, tail: sha.finish())
    } catch {
      return nil
    }
  }

  /// What another thread needs to look things up in the part that is read.
  var snapshot: RecordingSnapshot {
    RecordingSnapshot(
      source: source, facts: facts, timeline: timeline, packed: packed, tail: tail,
      tailStart: tailStart)
  }

  static func open(_ snapshot: RecordingSnapshot) throws(SessionLogFailure) -> Recording {
    var recording = try Recording(snapshot.source, snapshot.facts, 4 << 20)
    recording.timeline = snapshot.timeline
    recording.packed = snapshot.packed
    recording.tail = snapshot.tail
    recording.tailStart = snapshot.tailStart
    return recording
  }

  /// Line 0; nil where it is erased or could not be read.
  package var start: SessionStart? { facts.start }
  package var path: String { source.path }
  package var findings: [Finding] { facts.findings }
  package var isClosed: Bool { facts.isClosed }
  package var isRecovered: Bool { facts.isRecovered }
  /// Made from a file in a foreign format: nothing vouches for it.
  package var isForeign: Bool { if case .events = source { true } else { false } }

  /// Share of the recording that is read, 0 to 1.
  package var progress: Double { timeline.isComplete ? 1 : facts.progress }

  /// Takes what a reader has read; `kept` are the lines, where they are at hand.
  mutating func absorb(_ growth: Growth, keeping kept: DecodedBatch? = nil) {
    timeline.absorb(growth)
    if let lines = growth.packed { packed.append(lines) }
    if let lines = growth.tail { (tail, tailStart) = (lines, growth.firstTailEvent) }
    if let kept, growth.place != nil { keep(kept) }
    facts = growth.facts
  }

  /// Calls `body` with an event's line, without LF; an empty one where it is withheld or not there.
  package mutating func withLine<R>(
    _ event: Int, _ body: (Span<UInt8>) -> R
  ) throws(SessionLogFailure) -> R {
    if let first = timeline.firstTailEvent, event >= first {
      return tail.withLine(event - tailStart, body)
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
    let isSame: Bool
    let place = timeline.batches[index]
    if let stored = try stored(place) {
      isSame = decoded.read(stored, place, sha)
    } else {
      isSame = packed.indices.contains(index) && decoded.unpack(packed[index])
    }
    guard isSame else {
      throw SessionLogFailure(
        .notARecording, "the session file changed while it was replayed", at: path,
        advice: "Check it with `blackbox verify`; what was shown before was verified.")
    }
    keep(decoded)
  }

  /// A batch's parts as they stand in the file; nil where there is no file.
  private func stored(_ place: Timeline.BatchPlace) throws(SessionLogFailure) -> [UInt8]? {
    let count = Int(clamping: min(place.length, UInt64(Limits.batchStoredBytes)))
    do throws(FileFailure) { return try file?.read(count, at: place.offset) } catch {
      throw SessionLogFailure(error)
    }
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

/// A recording as far as it was read at one moment.
struct RecordingSnapshot: Sendable {
  var source: RecordingSource
  var facts: ReadingFacts
  var timeline: Timeline
  var packed: [[UInt8]]
  var tail: DecodedBatch
  var tailStart: Int

  var progress: Double { timeline.isComplete ? 1 : facts.progress }
}

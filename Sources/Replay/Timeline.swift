internal import Platform
internal import SessionLog

/// What one event does to the replayed screen.
package enum StepKind: UInt8, Sendable, CaseIterable {
  /// Nothing: it tells of something else.
  case other
  case output
  case input
  case resize
  case end
  /// An erased line: only its hash is left.
  case withheld
}

/// When each event of a session happened, what it does, and where its batch stands in the file.
///
/// Holds eight bytes an event and a record a batch, no payloads. It grows while the session is read;
/// events count from 0 as their `seq` does, times are microseconds since line 0 and never fall.
package struct Timeline: Sendable {
  /// The batch an event is read from again.
  struct BatchPlace: Sendable, Equatable {
    var firstEvent: Int
    /// Where the batch's first part starts in the file, and how long its parts are.
    var offset: UInt64
    var length: UInt64
    /// Hash of the lines as they were when they were verified.
    var digest: Digest
  }

  /// Time in the upper 56 bits, kind in the lowest 4, above it whether the screen changed.
  ///
  /// `t` is below 2^53.
  private var steps: [UInt64] = []
  static let changesScreen: UInt64 = 1 << 4
  private(set) var batches: [BatchPlace] = []
  /// The first line behind the last commit, which nothing covers yet; nil if there is none.
  package private(set) var firstTailEvent: Int?
  /// True when the session was read to its end, or to where it is damaged.
  package var isComplete = false

  package init() {}

  package var count: Int { steps.count }
  package var last: Int { max(0, steps.count - 1) }
  /// Time of the last event.
  package var duration: UInt64 { time(of: last) }

  /// The event's time; that of the nearest event where there is none.
  package func time(of event: Int) -> UInt64 {
    steps.isEmpty ? 0 : steps[min(max(0, event), steps.count - 1)] >> 8
  }

  package func kind(of event: Int) -> StepKind {
    guard steps.indices.contains(event) else { return .other }
    return StepKind(rawValue: UInt8(truncatingIfNeeded: steps[event] & 0x0F)) ?? .other
  }

  /// True if the screen shows something else after the event than before it.
  package func changesScreen(_ event: Int) -> Bool {
    steps.indices.contains(event) && steps[event] & Self.changesScreen != 0
  }

  /// The next event that changes the screen; nil where there is none as far as is read.
  package func nextChange(after event: Int) -> Int? {
    var place = max(0, event + 1)
    while place < steps.count {
      if steps[place] & Self.changesScreen != 0 { return place }
      place += 1
    }
    return nil
  }

  /// The last event before another that changes the screen.
  package func lastChange(before event: Int) -> Int? {
    var place = min(event, steps.count) - 1
    while place >= 0 {
      if steps[place] & Self.changesScreen != 0 { return place }
      place -= 1
    }
    return nil
  }

  /// The last event at or before a time; 0 where there is none.
  package func event(at time: UInt64) -> Int {
    var (low, high) = (0, steps.count)
    while low < high {
      let middle = (low + high) / 2
      if steps[middle] >> 8 <= time { low = middle + 1 } else { high = middle }
    }
    return max(0, low - 1)
  }

  /// Adds an event; a time before the last one counts as the last one.
  package mutating func append(_ kind: StepKind, at time: UInt64, changesScreen: Bool = false) {
    let time = max(time, steps.last.map { $0 >> 8 } ?? 0)
    steps.append(Self.step(kind, at: time, changesScreen: changesScreen))
  }

  static func step(_ kind: StepKind, at time: UInt64, changesScreen: Bool) -> UInt64 {
    min(time, 1 << 55) << 8 | UInt64(kind.rawValue) | (changesScreen ? Self.changesScreen : 0)
  }

  /// Takes what was read; batches come in order, the tail last.
  mutating func absorb(_ growth: Growth) {
    steps.append(contentsOf: growth.steps)
    if let place = growth.place {
      batches.append(place)
      // Lines that were a tail before.
      if let first = firstTailEvent {
        firstTailEvent = growth.end < count ? max(first, growth.end) : nil
      }
    }
    if growth.tail != nil {
      firstTailEvent = growth.firstTailEvent < count ? growth.firstTailEvent : nil
    }
    if growth.isLast { isComplete = true }
  }

  /// The batch that holds an event; nil for the tail and beyond.
  func batch(of event: Int) -> Int? {
    if let firstTailEvent, event >= firstTailEvent { return nil }
    guard event >= 0, event < count else { return nil }
    var (low, high) = (0, batches.count)
    while low < high {
      let middle = (low + high) / 2
      if batches[middle].firstEvent <= event { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? low - 1 : nil
  }

  // MARK: snapshots

  /// True if the steps from one event on are these.
  func matches(_ others: [UInt64], from start: Int) -> Bool {
    guard start >= 0, others.count <= steps.count - start else { return false }
    return steps[start..<start + others.count].elementsEqual(others)
  }

  mutating func truncate(events: Int, batches kept: Int) {
    steps.removeLast(max(0, steps.count - events))
    batches.removeLast(max(0, batches.count - kept))
    firstTailEvent = nil
    isComplete = false
  }

  func write(to writer: inout SnapshotFileWriter) {
    writer.number(steps.count)
    var before: UInt64 = 0
    for step in steps {
      writer.number((step >> 8 &- before) << 5 | step & 0x1F)
      before = step >> 8
    }
    writer.number(batches.count)
    for place in batches {
      writer.number(place.firstEvent)
      writer.number(place.offset)
      writer.number(place.length)
      writer.plain(place.digest.bytes)
    }
  }

  init(
    from reader: inout SnapshotFileReader, fileSize: UInt64
  ) throws(SnapshotFileReader.Damage) {
    var time: UInt64 = 0
    let count = try reader.count(1)
    steps.reserveCapacity(count)
    for _ in 0..<count {
      let step = try reader.number()
      let (sum, isOver) = time.addingReportingOverflow(step >> 5)
      guard !isOver, sum <= 1 << 55, StepKind(rawValue: UInt8(step & 0x0F)) != nil else {
        throw SnapshotFileReader.Damage()
      }
      time = sum
      steps.append(time << 8 | step & 0x1F)
    }
    var (event, offset) = (0, UInt64(0))
    for _ in 0..<(try reader.count(34)) {
      let first = try reader.number(event...max(event, count))
      let place = BatchPlace(
        firstEvent: first, offset: try reader.number(), length: try reader.number(),
        digest: try Self.digest(&reader))
      guard place.offset >= offset, place.length <= UInt64(Limits.batchStoredBytes),
        place.offset <= fileSize, first < count
      else { throw SnapshotFileReader.Damage() }
      (event, offset) = (first, place.offset)
      batches.append(place)
    }
    isComplete = true
  }

  private static func digest(
    _ reader: inout SnapshotFileReader
  ) throws(SnapshotFileReader.Damage) -> Digest {
    let bytes = try reader.plain(32)
    guard let digest = Digest(bytes.span, at: 0) else { throw SnapshotFileReader.Damage() }
    return digest
  }
}

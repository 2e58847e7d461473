internal import Platform
internal import SessionLog
internal import Synchronization

/// A session's writer, and what it takes to make its next lines of what was captured.
///
/// The writing thread and the relay work on it in turns. The thread waits, writes and syncs, and makes lines while
/// little is captured. While output floods the relay makes them, whenever nothing is there to pass on: on a machine of
/// few processors another thread would only keep the programs around the relay from theirs.
struct RecordingWork: ~Copyable {
  enum Outcome {
    case goesOn
    case closed(RecordingReceipt)
    /// Nothing more comes, and no end came.
    case ended
  }

  private var writer: PatientWriter
  private(set) var transcript: TerminalTranscript
  private(set) var kept: Unconfirmed
  /// False until what the session before this one may not have kept stands here again.
  private var isCaughtUp = false
  /// Items that the relay made lines of.
  private(set) var helped: UInt64 = 0
  /// What the relay ran into, for the writing thread to throw.
  private var failure: SessionLogFailure?

  init(
    _ writer: consuming PatientWriter, _ transcript: TerminalTranscript, _ kept: Unconfirmed
  ) {
    self.writer = writer
    self.transcript = transcript
    self.kept = kept
  }

  /// Microseconds for which the writing thread may wait for more; nil for ever.
  func wait(_ flush: UInt64) -> UInt64? {
    transcript.isHolding ? min(writer.wait ?? flush, flush) : writer.wait
  }

  // MARK: The writing thread's turns

  /// Writes again what the session before this one may not have kept.
  mutating func catchUp(_ state: RecordingState) throws(SessionLogFailure) -> Outcome {
    let again = kept.items
    if let receipt = try record(again) { return .closed(receipt) }
    try confirm(again, state)
    isCaughtUp = true
    return .goesOn
  }

  /// Records what was captured, after a wait that came to `news`, and makes durable what has to be now.
  ///
  /// What the relay has been at since it had recorded `before` items is left to it, unless it falls behind.
  mutating func record(
    _ state: RecordingState, _ news: Mailbox<Captured>.News, helped before: UInt64,
    _ clock: any Clock
  ) throws(SessionLogFailure) -> Outcome {
    let isHelped = helped != before
    var batch: [Captured] = []
    if !isHelped || news == .pressing {
      guard let taken = state.captured.receive(waiting: 0) else { return .ended }
      batch = taken
      kept.add(batch)
    }
    if let failure {
      self.failure = nil
      throw failure
    }
    if let receipt = try record(batch) { return .closed(receipt) }
    if news == .nothing, !isHelped, transcript.isHolding {
      try transcript.settle(at: clock.monotonic(), into: &writer)
    }
    try confirm(batch, state)
    return .goesOn
  }

  /// Makes lines of what was captured; returns the receipt if the end is in it.
  private mutating func record(_ items: [Captured]) throws(SessionLogFailure) -> RecordingReceipt? {
    for item in items {
      if case .end(let end, let moment) = item { return try close(end, moment) }
      try transcript.record(item, into: &writer)
    }
    return nil
  }

  /// Makes durable what has to be now, and says which barriers are.
  private mutating func confirm(_ items: [Captured], _ state: RecordingState)
    throws(SessionLogFailure)
  {
    let barriers = UInt64(items.count(where: \.isBarrier))
    guard barriers > 0 || writer.wait == 0 || !writer.takesLines else { return }
    try writer.makeDurable()
    kept.confirm(transcript)
    if barriers > 0 { state.barriers.add(barriers, ordering: .releasing) }
  }

  private mutating func close(_ end: EndOfSession, _ moment: UInt64)
    throws(SessionLogFailure) -> RecordingReceipt
  {
    try transcript.record(.end(end, moment), into: &writer)
    let leaf = try writer.close([
      transcript.endLine(end, time: writer.time(of: moment), lines: writer.nextLine + 1)
    ])
    return RecordingReceipt(
      session: leaf.session ?? writer.id, lines: leaf.lines, root: leaf.root)
  }

  // MARK: The relay's turns

  /// Makes lines of the oldest of what was captured, or compresses some; false if there is nothing that it may do.
  ///
  /// It neither writes nor waits. Barriers, the end and a batch that is full are the writing thread's, and so is the
  /// newest output, which may still grow.
  mutating func help(_ captured: Mailbox<Captured>) -> Bool {
    guard isCaughtUp, failure == nil else { return false }
    do throws(SessionLogFailure) {
      if try writer.compressGathered() { return true }
      guard writer.takesLines else {
        captured.wake()
        return false
      }
      guard let item = captured.takeOldest(weighing: { $0.bytes }) else { return false }
      helped &+= 1
      kept.add([item])
      writer.isGathering = true
      defer { writer.isGathering = false }
      try transcript.record(item, into: &writer)
    } catch {
      failure = error
      captured.wake()
    }
    return true
  }
}

/// What was captured since the last durable point, for a session that goes on from one whose file failed.
struct Unconfirmed {
  let keeps: Bool
  var items: [Captured] = []
  private(set) var bytes: UInt64 = 0
  /// As it was before `items`.
  private(set) var transcript: TerminalTranscript

  init(keeps: Bool, _ transcript: TerminalTranscript) {
    self.keeps = keeps
    self.transcript = transcript
  }

  mutating func add(_ batch: [Captured]) {
    guard keeps else { return }
    items.append(contentsOf: batch)
    bytes += batch.reduce(0) { $0 + UInt64($1.bytes) }
  }

  /// All so far is durable.
  mutating func confirm(_ transcript: TerminalTranscript) {
    guard keeps else { return }
    items.removeAll(keepingCapacity: true)
    bytes = 0
    self.transcript = transcript
  }
}

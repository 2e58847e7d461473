internal import Evidence
package import Platform
package import SessionLog
internal import Synchronization

/// How the thread that writes stands, for the loop that relays.
final class RecordingState: Sendable {
  /// How a recording stands.
  struct Change: Sendable {
    var session: SessionID?
    /// The recording is over.
    var failure: RecordingFailure?
    /// The disk is full, or the service is away: nothing is lost, and nothing more is taken.
    var waitsForSpace = false
    var waitsForService = false
    /// Recording failed and the command goes on unrecorded, as policy says; why.
    var failing: String?
    var closed: RecordingReceipt?
  }

  /// What is shown before it is stored is at most this: enough for the child to go on while a sync takes its time, and
  /// less than what a flush interval lets through.
  let captured = Mailbox<Captured>(capacity: 8 << 20)
  /// Says each change once, as it was then.
  let changes = Mailbox<Change>(capacity: 1024)
  /// Barriers (marks, pauses) that are durable.
  let barriers = Atomic<UInt64>(0)
  /// Rings when something was captured, for a thread that polls.
  let captures: WakeUp?

  init(captures: WakeUp? = nil) { self.captures = captures }

  /// Hands something over, waiting for room if it weighs anything; false once the recording is over.
  func capture(_ item: Captured, weight: Int) -> Bool {
    defer { captures?.ring() }
    return captured.send(item, weight: weight)
  }

  /// Hands over bytes that the child wrote; false once the recording is over.
  ///
  /// They join those of the same moment that still wait: a kernel gives a terminal's output in small pieces, and an
  /// event for each would cost more than it tells.
  func capture(output bytes: Span<UInt8>, at moment: UInt64) -> Bool {
    let delivery = captured.send(weight: bytes.count) { newest in
      newest.join(output: bytes, at: moment)
    } else: {
      var piece: [UInt8] = []
      piece.append(bytes, 0..<bytes.count)
      return .output(piece, moment)
    }
    if delivery == .added { captures?.ring() }
    return delivery != .refused
  }
}

/// What is left to prove that a session was recorded.
package struct RecordingReceipt: Sendable {
  package var session: SessionID
  package var lines: UInt64
  package var root: Digest

  init(session: SessionID, lines: UInt64, root: Digest) {
    self.session = session
    self.lines = lines
    self.root = root
  }

  /// A closing leaf as a receipt; nil for a leaf of the log that is no session's.
  package init?(_ leaf: Leaf) {
    guard let session = leaf.session else { return nil }
    self.init(session: session, lines: leaf.lines, root: leaf.root)
  }
}

/// The thread that compresses, hashes, writes and syncs, so that the relay never waits for the disk.
///
/// It owns the session's writer from the first line to the close.
struct RecordingThread {
  /// Microseconds between two tries to begin a session after a failure.
  static let retry: UInt64 = 1_000_000

  let state: RecordingState
  let store: Store
  let stateDirectory: StateDirectory
  let start: SessionStart
  let clock: any Clock
  let pace: Pace
  /// Microseconds to wait for a full disk before the session is ended.
  let patience: UInt64
  var onFailure = FailurePolicy.block
  var redaction: RedactionRules?
  /// Value of the `recorder.config` line; nil for none.
  var settings: JSONValue?
  /// What was replaced in line 0.
  var startFindings: [Redactor.Finding] = []

  /// Runs to the session's end; every outcome is told through `state.changes`.
  func run() {
    var progress = RecordingState.Change()
    var transcript = TerminalTranscript(redaction: redaction)
    var kept = Unconfirmed(keeps: onFailure == .goOn, transcript)
    do throws(SessionLogFailure) {
      var writer = try begin(start, &progress)
      while true {
        do throws(SessionLogFailure) {
          progress.closed = try record(&writer, &transcript, &kept)
          break
        } catch {
          guard onFailure == .goOn, progress.session != nil else { throw error }
          progress.failing = error.what
          _ = state.changes.send(progress, weight: 1)
          guard
            let next = try goOn(after: error, &progress, &transcript, &kept)
          else { throw error }
          writer = next
        }
      }
    } catch {
      progress.failure = .log(error)
    }
    state.captured.close()
    _ = state.changes.send(progress, weight: 1)
    state.changes.close()
  }

  /// Begins a session and says so.
  private func begin(_ start: SessionStart, _ progress: inout RecordingState.Change)
    throws(SessionLogFailure) -> PatientWriter
  {
    let writer = try SessionWriter.begin(
      in: store, state: stateDirectory, start: start, clock: clock, pace: pace)
    progress.session = writer.id
    progress.failing = nil
    let told = progress
    // While the disk is full the mailbox fills, and so the child waits.
    var patient = PatientWriter(writer, clock: clock, patience: patience) { isWaiting in
      var change = told
      change.waitsForSpace = isWaiting
      _ = state.changes.send(change, weight: 1)
    }
    if let settings {
      var line = LineBuilder(time: patient.time(of: clock.monotonic()), type: "recorder.config")
      line.add("source", "terminal")
      line.add("setting", "recording")
      line.add("value", settings)
      try patient.append(line.finish())
    }
    for finding in startFindings {
      let time = patient.time(of: clock.monotonic())
      try patient.append(MaskingLine.make(finding, "in", "session.start", time))
    }
    _ = state.changes.send(progress, weight: 1)
    return patient
  }

  private func record(
    _ writer: inout PatientWriter, _ transcript: inout TerminalTranscript,
    _ kept: inout Unconfirmed
  ) throws(SessionLogFailure) -> RecordingReceipt? {
    // What the session before this one may not have kept stands here again.
    let again = kept.items
    if let receipt = try record(again, &writer, &transcript) { return receipt }
    try confirm(again, &writer, transcript, &kept)
    while true {
      let wait = writer.wait
      guard
        let batch = state.captured.receive(
          waiting: transcript.isHolding ? min(wait ?? pace.flush, pace.flush) : wait,
          lingering: 4_000)
      else { return nil }
      kept.add(batch)
      if let receipt = try record(batch, &writer, &transcript) { return receipt }
      if batch.isEmpty, transcript.isHolding {
        try transcript.settle(at: clock.monotonic(), into: &writer)
      }
      try confirm(batch, &writer, transcript, &kept)
    }
  }

  /// Writes what was captured; returns the receipt if the end is in it.
  private func record(
    _ items: [Captured], _ writer: inout PatientWriter, _ transcript: inout TerminalTranscript
  ) throws(SessionLogFailure) -> RecordingReceipt? {
    for item in items {
      if case .end(let end, let moment) = item {
        return try close(&writer, &transcript, end, moment)
      }
      try transcript.record(item, into: &writer)
    }
    return nil
  }

  /// Makes durable what has to be now, and says which barriers are.
  private func confirm(
    _ items: [Captured], _ writer: inout PatientWriter, _ transcript: TerminalTranscript,
    _ kept: inout Unconfirmed
  ) throws(SessionLogFailure) {
    let barriers = UInt64(items.count(where: \.isBarrier))
    guard barriers > 0 || writer.wait == 0 else { return }
    try writer.makeDurable()
    kept.confirm(transcript)
    if barriers > 0 { state.barriers.add(barriers, ordering: .releasing) }
  }

  private func close(
    _ writer: inout PatientWriter, _ transcript: inout TerminalTranscript, _ end: EndOfSession,
    _ moment: UInt64
  ) throws(SessionLogFailure) -> RecordingReceipt {
    try transcript.record(.end(end, moment), into: &writer)
    let leaf = try writer.close([
      transcript.endLine(end, time: writer.time(of: moment), lines: writer.nextLine + 1)
    ])
    return RecordingReceipt(
      session: leaf.session ?? start.session, lines: leaf.lines, root: leaf.root)
  }

  // MARK: After a failure

  /// Begins a session that goes on from the failed one, as soon as one can be begun; nil if the child ended before.
  ///
  /// What passes meanwhile is dropped, counted, and told in a `recorder.gap`.
  private func goOn(
    after failure: SessionLogFailure, _ progress: inout RecordingState.Change,
    _ transcript: inout TerminalTranscript, _ kept: inout Unconfirmed
  ) throws(SessionLogFailure) -> PatientWriter? {
    let former = progress.session
    let from = clock.monotonic()
    var lost: UInt64 = 0
    var end: Captured?
    while true {
      do throws(SessionLogFailure) {
        var writer = try begin(try successor(of: former, transcript), &progress)
        var line = LineBuilder(time: writer.time(of: clock.monotonic()), type: "recorder.gap")
        line.add("reason", failure.what)
        line.add(
          "lost",
          lost == 0
            ? "nothing: what the former session may lack stands here again"
            : "\(lost) bytes of output and input")
        line.add("bytes", Int64(clamping: lost))
        line.add("dur_us", Int64(clamping: clock.monotonic() &- from))
        try writer.append(line.finish())
        transcript = lost > 0 ? TerminalTranscript(redaction: redaction) : kept.transcript
        transcript.beginSession()
        if lost > 0 { kept.confirm(transcript) }
        if let end { kept.items.append(end) }
        return writer
      } catch {
        if end != nil { return nil }
      }
      guard let batch = state.captured.receive(waiting: Self.retry) else { return nil }
      // What has to be dropped is dropped whole: a hole with a piece in it misleads.
      if !batch.isEmpty, lost == 0 { lost = kept.bytes }
      for item in batch {
        if case .end = item { end = item }
        lost += UInt64(item.bytes)
      }
    }
  }

  /// Line 0 of the session after `former`.
  private func successor(of former: SessionID?, _ transcript: TerminalTranscript)
    throws(SessionLogFailure) -> SessionStart
  {
    let random: [UInt8]
    do { random = try randomBytes(10) } catch { throw SessionLogFailure(error) }
    let wall = clock.wall()
    let head = try store.checkpoint(signedBy: store.verifierKey).0
    var next = start
    next.session = SessionID(milliseconds: UInt64(clamping: wall / 1000), random: random)
    next.start = wall
    next.continues = former
    next.after = (head.size, head.root)
    if transcript.columns > 0 { (next.columns, next.rows) = (transcript.columns, transcript.rows) }
    return next
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

extension Captured {
  /// Microseconds within which pieces of output are one event.
  static let together: UInt64 = 2_000

  /// Adds output that came right after this; false if it is an event of its own.
  mutating func join(output bytes: Span<UInt8>, at moment: UInt64) -> Bool {
    guard case .output(var held, let first) = self, moment &- first <= Self.together,
      held.count + bytes.count <= Limits.payloadBytes
    else { return false }
    // Nobody else may hold the bytes, or they would be copied.
    self = .end(EndOfSession(reason: "", status: .exited(0)), 0)
    // The second piece of a flood: room for all of them.
    if held.capacity < held.count + bytes.count { held.reserveCapacity(Limits.payloadBytes) }
    held.append(bytes, 0..<bytes.count)
    self = .output(held, first)
    return true
  }

  /// Bytes of the terminal that it stands for.
  var bytes: Int {
    switch self {
    case .output(let bytes, _), .input(let bytes, _): bytes.count
    case .masked(let count, _, _): count
    case .resize, .mark, .pause, .resume, .pauseRefused, .clockStep, .end: 0
    }
  }
}

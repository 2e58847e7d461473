internal import Evidence
internal import Platform
internal import SessionLog
internal import Synchronization

/// The thread that writes and syncs, so that the relay never waits for the disk.
///
/// It begins the session and closes it, and has the relay's help in between; see `RecordingWork`.
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

  /// Microseconds for which output gathers before this thread takes it, or looks whether the relay still does.
  ///
  /// That may be twice, and half a flush interval is left for the rest: all is durable within one.
  private var lingering: UInt64 { pace.flush / 4 }

  /// Runs to the session's end; every outcome is told through `state.changes`.
  func run() {
    var progress = RecordingState.Change()
    let transcript = TerminalTranscript(redaction: redaction)
    let kept = Unconfirmed(keeps: onFailure == .goOn, transcript)
    do throws(SessionLogFailure) {
      state.work.replace(RecordingWork(try begin(start, &progress), transcript, kept))
      while true {
        do throws(SessionLogFailure) {
          progress.closed = try record()
          break
        } catch {
          guard onFailure == .goOn, progress.session != nil else { throw error }
          progress.failing = error.what
          _ = state.changes.send(progress, weight: 1)
          guard try goOn(after: error, &progress) else { throw error }
        }
      }
    } catch {
      progress.failure = .log(error)
    }
    state.work.replace(nil)
    state.captured.close()
    _ = state.changes.send(progress, weight: 1)
    state.changes.close()
  }

  /// Begins a session and says so.
  private func begin(_ start: SessionStart, _ progress: inout RecordingState.Change)
    throws(SessionLogFailure) -> PatientWriter
  {
    var pace = pace
    pace.flush /= 2
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

  /// Records to the end; nil if the mailbox was closed before one came.
  private func record() throws(SessionLogFailure) -> RecordingReceipt? {
    var outcome = try state.work.take { work throws(SessionLogFailure) in
      try work?.catchUp(state)
    }
    while case .goesOn? = outcome {
      let (wait, helped) = state.work.take { work in
        (work?.wait(pace.flush), work?.helped ?? 0)
      }
      let news = state.captured.wait(wait, lingering: lingering)
      outcome = try state.work.take { work throws(SessionLogFailure) in
        try work?.record(state, news, helped: helped, clock)
      }
    }
    guard case .closed(let receipt)? = outcome else { return nil }
    return receipt
  }

  // MARK: After a failure

  /// Begins a session that goes on from the failed one, as soon as one can be begun; false if the child ended before.
  ///
  /// What passes meanwhile is dropped, counted, and told in a `recorder.gap`.
  private func goOn(after failure: SessionLogFailure, _ progress: inout RecordingState.Change)
    throws(SessionLogFailure) -> Bool
  {
    let left = state.work.take { work in
      let left = (work?.transcript, work?.kept)
      work = nil
      return left
    }
    guard var transcript = left.0, var kept = left.1 else { return false }
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
        state.work.replace(RecordingWork(writer, transcript, kept))
        return true
      } catch {
        if end != nil { return false }
      }
      // By the clock: a command that keeps writing must not make a try of each piece.
      let next = clock.monotonic() &+ Self.retry
      while end == nil {
        let now = clock.monotonic()
        guard now < next else { break }
        guard let batch = state.captured.receive(waiting: next - now) else { return false }
        guard !batch.isEmpty else { break }
        // What has to be dropped is dropped whole: a hole with a piece in it misleads.
        if lost == 0 { lost = kept.bytes }
        for item in batch {
          if case .end = item { end = item }
          lost += UInt64(item.bytes)
        }
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

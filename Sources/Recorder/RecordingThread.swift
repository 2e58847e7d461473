internal import Platform
internal import SessionLog

/// What the terminal's loop hands to the thread that writes.
enum Captured: Sendable {
  /// Bytes the child wrote, and when they were read.
  case output([UInt8], UInt64)
  case resize(columns: Int, rows: Int, UInt64)
  case end(EndOfSession, UInt64)
}

/// How a recorded child ended.
struct EndOfSession: Sendable {
  var reason: StaticString
  var status: ExitStatus
}

/// How the thread stands, for the loop that relays.
final class RecordingState: Sendable {
  struct Progress: Sendable {
    var session: SessionID?
    var failure: SessionLogFailure?
    /// The disk is full: nothing is lost, and nothing more is taken.
    var waitsForSpace = false
    var closed: Leaf?
  }

  /// What is shown before it is stored is at most this: small, for a disk that fills or fails.
  let captured = Mailbox<Captured>(capacity: 1 << 20)
  /// Says each change once; `Progress` as it was then.
  let changes = Mailbox<Progress>(capacity: 1024)
}

/// The thread that compresses, hashes, writes and syncs, so that the relay never waits for the disk.
///
/// It owns the session's writer from the first line to the close.
struct RecordingThread {
  let state: RecordingState
  let store: Store
  let stateDirectory: StateDirectory
  let start: SessionStart
  let clock: any Clock
  let pace: Pace
  /// Microseconds to wait for a full disk before the session is ended.
  let patience: UInt64

  /// Runs to the session's end; every outcome is told through `state.changes`.
  func run() {
    var progress = RecordingState.Progress()
    do throws(SessionLogFailure) {
      let writer = try SessionWriter.begin(
        in: store, state: stateDirectory, start: start, clock: clock, pace: pace)
      progress.session = writer.id
      let told = progress
      // While the disk is full the mailbox fills, and so the child waits.
      var patient = PatientWriter(writer, clock: clock, patience: patience) { isWaiting in
        var change = told
        change.waitsForSpace = isWaiting
        _ = state.changes.send(change, weight: 1)
      }
      _ = state.changes.send(progress, weight: 1)
      progress.closed = try record(&patient)
    } catch {
      progress.failure = error
    }
    state.captured.close()
    _ = state.changes.send(progress, weight: 1)
    state.changes.close()
  }

  private func record(_ writer: inout PatientWriter) throws(SessionLogFailure) -> Leaf? {
    var chunks = OutputChunks()
    var bytes: UInt64 = 0
    while true {
      let wait = writer.wait
      guard
        let batch = state.captured.receive(
          waiting: chunks.isHolding ? min(wait ?? pace.flush, pace.flush) : wait,
          lingering: 4_000)
      else { return nil }
      for item in batch {
        switch item {
        case .output(let read, let moment):
          bytes += UInt64(read.count)
          try append(chunks.add(read), moment, to: &writer)
        case .resize(let columns, let rows, let moment):
          try append(chunks.flush(), moment, to: &writer)
          var line = LineBuilder(time: writer.time(of: moment), type: "terminal.resize")
          line.add("cols", Int64(columns))
          line.add("rows", Int64(rows))
          try writer.append(line.finish())
        case .end(let end, let moment):
          try append(chunks.flush(), moment, to: &writer)
          return try close(&writer, end, moment, bytes)
        }
      }
      if batch.isEmpty, chunks.isHolding {
        try append(chunks.flush(), clock.monotonic(), to: &writer)
      }
      if writer.wait == 0 { try writer.makeDurable() }
    }
  }

  private func append(_ chunk: [UInt8], _ moment: UInt64, to writer: inout PatientWriter)
    throws(SessionLogFailure)
  {
    guard !chunk.isEmpty else { return }
    var line = LineBuilder(time: writer.time(of: moment), type: "terminal.output")
    line.addData(chunk.span)
    try writer.append(line.finish())
  }

  private func close(
    _ writer: inout PatientWriter, _ end: EndOfSession, _ moment: UInt64, _ bytes: UInt64
  ) throws(SessionLogFailure) -> Leaf {
    var line = LineBuilder(time: writer.time(of: moment), type: "session.end")
    line.add("reason", end.reason.description)
    line.add("exit_code", Int64(end.status.shellCode))
    if case .signalled(let number) = end.status { line.add("signal", Int64(number)) }
    line.add("bytes_out", Int64(clamping: bytes))
    line.add("n_events", Int64(clamping: writer.nextLine + 1))
    return try writer.close([line.finish()])
  }
}

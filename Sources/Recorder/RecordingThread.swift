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
      var writer = try SessionWriter.begin(
        in: store, state: stateDirectory, start: start, clock: clock, pace: pace)
      progress.session = writer.id
      _ = state.changes.send(progress, weight: 1)
      progress.closed = try record(&writer, &progress)
    } catch {
      progress.failure = error
    }
    state.captured.close()
    _ = state.changes.send(progress, weight: 1)
    state.changes.close()
  }

  private func record(
    _ writer: inout SessionWriter, _ progress: inout RecordingState.Progress
  ) throws(SessionLogFailure) -> Leaf? {
    var chunks = OutputChunks()
    var bytes: UInt64 = 0
    while true {
      let wait = writer.deadline.map { deadline -> UInt64 in
        let now = clock.monotonic()
        return deadline > now ? deadline - now : 0
      }
      guard
        let batch = state.captured.receive(
          waiting: chunks.isHolding ? min(wait ?? pace.flush, pace.flush) : wait,
          lingering: 4_000)
      else { return nil }
      for item in batch {
        switch item {
        case .output(let read, let moment):
          bytes += UInt64(read.count)
          try append(chunks.add(read), moment, to: &writer, &progress)
        case .resize(let columns, let rows, let moment):
          try append(chunks.flush(), moment, to: &writer, &progress)
          var line = LineBuilder(time: writer.time(of: moment), type: "terminal.resize")
          line.add("cols", Int64(columns))
          line.add("rows", Int64(rows))
          try append(line.finish(), to: &writer, &progress)
        case .end(let end, let moment):
          try append(chunks.flush(), moment, to: &writer, &progress)
          return try close(&writer, end, moment, bytes)
        }
      }
      if batch.isEmpty, chunks.isHolding {
        try append(chunks.flush(), clock.monotonic(), to: &writer, &progress)
      }
      if let deadline = writer.deadline, deadline <= clock.monotonic() {
        try durably(&writer, &progress) { writer throws(SessionLogFailure) in
          try writer.makeDurable()
        }
      }
    }
  }

  private func append(
    _ chunk: [UInt8], _ moment: UInt64, to writer: inout SessionWriter,
    _ progress: inout RecordingState.Progress
  ) throws(SessionLogFailure) {
    guard !chunk.isEmpty else { return }
    var line = LineBuilder(time: writer.time(of: moment), type: "terminal.output")
    line.addData(chunk.span)
    try append(line.finish(), to: &writer, &progress)
  }

  private func append(
    _ line: [UInt8], to writer: inout SessionWriter,
    _ progress: inout RecordingState.Progress
  ) throws(SessionLogFailure) {
    try durably(&writer, &progress) { writer throws(SessionLogFailure) in
      try writer.append(line)
    }
  }

  /// Takes a step that may write, waiting for space while the disk is full: the mailbox fills, the child waits.
  private func durably(
    _ writer: inout SessionWriter, _ progress: inout RecordingState.Progress,
    _ step: (inout SessionWriter) throws(SessionLogFailure) -> Void
  ) throws(SessionLogFailure) {
    let began = clock.monotonic()
    while true {
      do throws(SessionLogFailure) {
        try step(&writer)
        if progress.waitsForSpace {
          progress.waitsForSpace = false
          _ = state.changes.send(progress, weight: 1)
        }
        return
      } catch {
        guard error.kind == .outOfSpace, clock.monotonic() - began < patience else {
          guard error.kind == .outOfSpace else { throw error }
          // Patience is over. The reserve is there so that what was taken is kept, and the session closed.
          progress.failure = error
          throw try giveUp(&writer, error)
        }
        if !progress.waitsForSpace {
          progress.waitsForSpace = true
          _ = state.changes.send(progress, weight: 1)
        }
        pause(milliseconds: 200)
      }
    }
  }

  /// Closes the session for want of space, with everything that was taken, and returns the failure to report.
  private func giveUp(_ writer: inout SessionWriter, _ failure: SessionLogFailure)
    throws(SessionLogFailure) -> SessionLogFailure
  {
    var gap = LineBuilder(time: writer.now(), type: "recorder.gap")
    gap.add("reason", "disk full")
    gap.add("lost", "everything after this line")
    var end = LineBuilder(time: writer.now(), type: "session.end")
    end.add("reason", "lost")
    _ = try writer.close(lines: [gap.finish(), end.finish()])
    var report = failure
    report.what = "the disk is full: the session was ended"
    report.advice = "What was recorded is closed and whole; free space before the next session."
    return report
  }

  private func close(
    _ writer: inout SessionWriter, _ end: EndOfSession, _ moment: UInt64, _ bytes: UInt64
  ) throws(SessionLogFailure) -> Leaf {
    var line = LineBuilder(time: writer.time(of: moment), type: "session.end")
    line.add("reason", end.reason.description)
    line.add("exit_code", Int64(end.status.shellCode))
    if case .signalled(let number) = end.status { line.add("signal", Int64(number)) }
    line.add("bytes_out", Int64(clamping: bytes))
    line.add("n_events", Int64(clamping: writer.lines + 1))
    return try writer.close(lines: [line.finish()])
  }
}

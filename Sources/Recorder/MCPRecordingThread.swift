internal import Platform
internal import SessionLog
internal import Synchronization

/// What the pipe's loop hands to the thread that writes.
enum MCPCaptured: Sendable {
  /// Bytes read from one side, and when.
  case bytes(MCPStream, [UInt8], UInt64)
  /// A side has said all it will say.
  case ended(MCPStream, UInt64)
  case end(MCPEnd, UInt64)
}

/// The three streams of a stdio server.
enum MCPStream: Sendable { case toServer, toClient, errors }

/// How a recorded server ended, and what had passed.
struct MCPEnd: Sendable {
  var end: EndOfSession
  var bytesIn: UInt64 = 0
  var bytesOut: UInt64 = 0
  /// Bytes of both directions that were recorded and found nobody to take them.
  var undelivered: UInt64 = 0
}

/// What loop and thread share.
final class MCPState: Sendable {
  let captured = Mailbox<MCPCaptured>(capacity: 1 << 20)
  /// Says each change once, as it was then.
  let changes = Mailbox<RecordingState.Change>(capacity: 1024)
  /// Bytes from the client whose events are durable: so many may pass to the server.
  let released = Atomic<UInt64>(0)
  /// Whoever hands over waits for room.
  private let wantsRoom = Atomic<Bool>(false)
  /// Rings after each change of the above.
  let wake: WakeUp
  /// Rings when something was captured, for a thread that polls.
  let captures: WakeUp?

  init(wake: WakeUp, captures: WakeUp? = nil) { (self.wake, self.captures) = (wake, captures) }

  /// True if something handed over now would not have to wait; if not, `wake` rings once that has changed.
  var hasRoom: Bool {
    if captured.hasRoom { return true }
    wantsRoom.store(true, ordering: .sequentiallyConsistent)
    return captured.hasRoom
  }

  /// Takes what was handed over; see `Mailbox.receive`.
  func receive(waiting microseconds: UInt64?) -> [MCPCaptured]? {
    let items = captured.receive(waiting: microseconds)
    if wantsRoom.exchange(false, ordering: .sequentiallyConsistent) { wake.ring() }
    return items
  }

  /// Hands something over, waiting for room; false once the recording is over.
  func capture(_ item: MCPCaptured, weight: Int) -> Bool {
    defer { captures?.ring() }
    return captured.send(item, weight: weight)
  }

  func tell(_ change: RecordingState.Change) {
    _ = changes.send(change, weight: 1)
    wake.ring()
  }
}

/// The thread that makes events of what passes, and makes them durable.
///
/// What the client says is durable on disk before the loop may pass it on. What the server says is in this thread's
/// hands before it is passed on, and durable within the flush interval.
struct MCPRecordingThread {
  /// Bytes of one message that are held while it has no end.
  static let messageLimit = 64 << 20

  let state: MCPState
  let store: Store
  let stateDirectory: StateDirectory
  let start: SessionStart
  let server: String
  let clock: any Clock
  let pace: Pace
  /// Microseconds to wait for a full disk before the session is ended.
  let patience: UInt64
  var messageLimit = Self.messageLimit
  /// What is replaced before anything is written; nil for nothing.
  var redaction: RedactionRules?
  /// Value of a `recorder.config` line; nil for none.
  var settings: JSONValue?
  /// What was replaced in line 0.
  var startFindings: [Redactor.Finding] = []

  /// Runs to the session's end; every outcome is told through `state.changes`.
  func run() {
    var progress = RecordingState.Change()
    do throws(SessionLogFailure) {
      let key = try stateDirectory.contentKey(for: store)
      let writer = try SessionWriter.begin(
        in: store, state: stateDirectory, start: start, clock: clock, pace: pace)
      progress.session = writer.id
      let told = progress
      var patient = PatientWriter(writer, clock: clock, patience: patience) { isWaiting in
        var change = told
        change.waitsForSpace = isWaiting
        state.tell(change)
      }
      let pipe = try MCPPipe.open(
        server: server, key: key, limit: messageLimit, redaction: redaction,
        settings: settings, startFindings: startFindings, at: clock.monotonic(), into: &patient)
      state.tell(progress)
      progress.closed = try record(&patient, pipe).flatMap { RecordingReceipt($0) }
    } catch {
      progress.failure = .log(error)
    }
    state.captured.close()
    state.tell(progress)
    state.changes.close()
  }

  private func record(_ writer: inout PatientWriter, _ pipe: consuming MCPPipe)
    throws(SessionLogFailure) -> Leaf?
  {
    var pipe = pipe
    var released: UInt64 = 0
    while true {
      let wait = writer.wait
      guard
        let batch = state.receive(
          waiting: pipe.isHolding ? min(wait ?? pace.flush, pace.flush) : wait)
      else { return nil }
      try writer.noteClock()
      for item in batch {
        try pipe.record(item, into: &writer)
        if case .end(let end, let moment) = item {
          return try close(&writer, pipe.endLine(end, time: writer.time(of: moment)))
        }
      }
      if pipe.isHolding { try pipe.release(at: clock.monotonic(), into: &writer) }
      try pipe.settle(at: clock.monotonic(), into: &writer)
      // One sync for all that came together, and the call goes on: the log's own syncs are for a moment without one.
      if pipe.takeNewCall() || pipe.released > released {
        try writer.makeDurable(anchors: false)
        released = pipe.released
        state.released.store(released, ordering: .releasing)
        state.wake.ring()
        if writer.isAnchorLate { try writer.makeDurable() }
      } else if writer.wait == 0 {
        try writer.makeDurable(anchors: batch.isEmpty || writer.isAnchorLate)
      }
    }
  }

  private func close(_ writer: inout PatientWriter, _ line: consuming LineBuilder)
    throws(SessionLogFailure) -> Leaf
  {
    var line = line
    line.add("n_events", Int64(clamping: writer.nextLine + 1))
    return try writer.close([line.finish()])
  }
}

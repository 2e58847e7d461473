internal import Platform
internal import SessionLog
internal import Synchronization

/// One attachment of a session to a connection: the number stands for a ref until it is detached.
typealias Attachment = Int

/// What the loop hands to the thread that writes, in the order in which a connection sent it.
enum Command: Sendable {
  /// `members` is the client's part of line 0, each with a comma in front.
  case open(Opening)
  case events(Events)
  case barrier(Attachment, bytes: Int, connection: Int)
  /// `members` go into `session.end`.
  case close(Attachment, reason: String, members: [UInt8], bytes: Int, connection: Int)
  case resume(Attachment, Place, session: String, bytes: Int)
  /// The ref is used for something else, or its message was refused.
  case detach(Attachment, Place, Refusal, bytes: Int)
  case gone(connection: Int)
  /// Everything before is to be made durable, and all sessions closed.
  case stop

  /// Where answers go.
  struct Place: Sendable {
    var connection: Int
    var ref: String
    var user: UInt32
    var process: Int32
  }

  struct Opening: Sendable {
    var attachment: Attachment
    var place: Place
    var kind: String
    var members: [UInt8]
    var hasPrincipal: Bool
    /// It says itself why there is none.
    var hasPrincipalReason: Bool
    var bytes: Int
  }

  /// Events of one read, as they came; their bytes stand one behind the other.
  struct Events: Sendable {
    struct Item: Sendable {
      var attachment: Attachment
      var n: UInt64
      /// End of `,"type":"X",…}`, which begins where the item before ends.
      var end: Int
      var isBarrier: Bool
      /// Bytes of the line as sent, with its LF.
      var bytes: Int
    }

    var connection: Int
    /// When they were read, on `clock.monotonic()`.
    var moment: UInt64
    var bytes: [UInt8] = []
    var items: [Item] = []
  }
}

/// What the writing thread hands back.
enum Answer: Sendable {
  case line([UInt8], connection: Int)
  /// So many bytes of lines were stored, or turned away.
  case credit(Int, connection: Int)
  /// All that came on a connection that is gone was done with.
  case left(connection: Int)
  /// The ref may be used again; `isRefused`: it is passed over until then.
  case detached(Attachment, ref: String, connection: Int, isRefused: Bool)
  /// The writing thread has ended; nil: in order.
  case ended(SessionLogFailure?)
}

/// Both directions between the loop and the writing thread.
final class ServeExchange: Sendable {
  /// Bounded by the connections' credit, not by itself: the loop must never wait.
  let commands = Mailbox<[Command]>(capacity: .max)
  private let answers = Mutex<[Answer]>([])
  let wake: WakeSource
  let counters = ServeCounters()
  /// When the writing thread last came round, on `clock.monotonic()`; it does so every second, and at each step.
  let heartbeat = Atomic<UInt64>(0)
  /// Set once: what was left is recovered, and clients can connect.
  let isServing = Atomic(false)
  /// Set once; ends the wait for a full disk.
  let isStopping = Atomic(false)

  init() throws(FileFailure) { wake = try WakeSource() }

  /// How the server is, at a moment on `clock.monotonic()`.
  func health(at now: UInt64) -> ServeHealth {
    if isStopping.load(ordering: .relaxed) { return .stopping }
    guard isServing.load(ordering: .relaxed) else { return .starting }
    let beat = heartbeat.load(ordering: .relaxed)
    if beat > 0, now > beat, now - beat > ServeHealth.patience { return .stuck }
    return counters.now.isWaitingForSpace ? .full : .ok
  }

  func answer(_ new: [Answer]) {
    guard !new.isEmpty else { return }
    let first = answers.withLock { answers in
      let wasEmpty = answers.isEmpty
      answers.append(contentsOf: new)
      return wasEmpty
    }
    if first { wake.wake() }
  }

  func takeAnswers() -> [Answer] {
    wake.rest()
    return answers.withLock { answers in
      var taken: [Answer] = []
      swap(&taken, &answers)
      return taken
    }
  }
}

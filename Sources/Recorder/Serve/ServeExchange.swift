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
  case close(Attachment, reason: String, members: [UInt8], moment: UInt64, bytes: Int)
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
  /// Set once; ends the wait for a full disk.
  let isStopping = Atomic(false)

  init() throws(FileFailure) { wake = try WakeSource() }

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

/// Counters of a server, as Prometheus text.
final class ServeCounters: Sendable {
  struct Values: Sendable {
    var connections = 0
    var sessions = 0
    var detached = 0
    var opened: UInt64 = 0
    var closed: UInt64 = 0
    var events: UInt64 = 0
    var repeats: UInt64 = 0
    var bytes: UInt64 = 0
    var rounds: UInt64 = 0
    var acks: UInt64 = 0
    var refusals: UInt64 = 0
    var failedSessions: UInt64 = 0
    var isWaitingForSpace = false
    /// Of the last round, in microseconds.
    var roundTime: UInt64 = 0
  }

  private let values = Mutex(Values())

  func update(_ change: (inout Values) -> Void) { values.withLock { change(&$0) } }

  /// Source: Prometheus text exposition format 0.0.4.
  func text() -> String {
    let now = values.withLock { $0 }
    var text = ""
    func add(_ name: String, _ kind: String, _ help: String, _ value: some BinaryInteger) {
      text += "# HELP blackbox_\(name) \(help)\n# TYPE blackbox_\(name) \(kind)\n"
      text += "blackbox_\(name) \(value)\n"
    }
    add("connections", "gauge", "Open connections.", now.connections)
    add("sessions", "gauge", "Open sessions.", now.sessions)
    add(
      "sessions_detached", "gauge", "Open sessions that no connection is attached to.", now.detached
    )
    add("sessions_opened_total", "counter", "Sessions opened.", now.opened)
    add("sessions_closed_total", "counter", "Sessions closed.", now.closed)
    add(
      "sessions_failed_total", "counter", "Sessions whose file could not be written.",
      now.failedSessions)
    add("events_total", "counter", "Events stored.", now.events)
    add("events_repeated_total", "counter", "Events that were stored before.", now.repeats)
    add("event_bytes_total", "counter", "Bytes of event lines stored.", now.bytes)
    add("acks_total", "counter", "Acknowledgements sent.", now.acks)
    add("refusals_total", "counter", "Messages refused.", now.refusals)
    add("rounds_total", "counter", "Durable points.", now.rounds)
    add("round_microseconds", "gauge", "How long the last durable point took.", now.roundTime)
    add("waiting_for_space", "gauge", "1 while the disk is full.", now.isWaitingForSpace ? 1 : 0)
    return text
  }
}

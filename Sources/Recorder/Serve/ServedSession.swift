internal import Evidence
internal import Platform
internal import SessionLog

/// One open session of a server, as the writing thread sees it.
final class ServedSession {
  enum State {
    /// Its `open` leaf is not in the log yet.
    case opening
    case live
    /// Its last line, taken as soon as the disk lets it.
    case closing(reason: String, members: [UInt8])
    case over
  }

  /// The connection that writes it.
  struct Owner {
    var connection: Int
    var ref: String
    var attachment: Attachment
  }

  let session: GroupCommit.Session
  let id: SessionID
  /// Only this uid may come back to it.
  let user: UInt32
  var state = State.opening
  var owner: Owner?
  /// The client's counter of the last event stored.
  var n: UInt64 = 0
  /// Events that were taken and wait for what follows, where secrets are replaced.
  var held = HeldEvents()
  /// The client's counter of the last event taken.
  var taken: UInt64 { n + UInt64(held.queue.count) }
  var acked: UInt64 = 0
  /// An ack is due even if nothing new became durable.
  var owesAck = false
  /// The answer to `resume` is due in place of an ack.
  var owesResumed = false
  /// It is in the list of those that wait for a round.
  var isDirty = false
  /// Somebody waits for it: the round is at once.
  var isUrgent = false
  /// It waits for the next anchors.
  var isAnchorDue = false
  /// Moment of the last event.
  var touched: UInt64
  var detached: UInt64?
  /// Steps of the wall clock since the session began, for its end.
  private(set) var steps: [ClockWatch.Step] = []
  /// Its client notices them itself.
  var tellsSteps = false

  private static let mostSteps = 100

  init(_ session: GroupCommit.Session, user: UInt32, owner: Owner, now: UInt64) {
    self.session = session
    id = session.writer.id
    self.user = user
    self.owner = owner
    touched = now
  }

  /// Keeps a step of the wall clock for the session's end; after very many of them the last ones are one.
  func note(_ step: ClockWatch.Step) {
    guard !tellsSteps else { return }
    if steps.count < Self.mostSteps {
      steps.append(step)
    } else {
      steps[Self.mostSteps - 1].delta &+= step.delta
      steps[Self.mostSteps - 1].after = step.after
    }
  }

  /// Events under a durable point.
  ///
  /// The server puts no line of its own between the salt and the client's last event.
  var durable: UInt64 {
    let lines = session.writer.durableLines
    return lines > 2 ? min(n, lines - 2) : 0
  }
}

/// Line 0 and the last line of a served session.
enum ServedLines {
  /// `session.start` with the client's members as they came.
  static func first(
    of opening: Command.Opening, members: [UInt8], redact: [String], id: SessionID, store: Store,
    clock: any Clock, boot: String, host: String, after head: Checkpoint
  ) -> [UInt8] {
    var line = LineBuilder(time: 0, type: "session.start")
    line.add("format", 1)
    line.add("store", store.origin)
    line.add("session", id.text)
    line.add("kind", opening.kind)
    line.add("start", WallTime.format(clock.wall()))
    line.add("boot_id", boot)
    var bytes = line.finish()
    bytes.removeLast()
    bytes += members
    if !opening.hasPrincipal {
      bytes.append(literal: ",\"principal\":null")
      if !opening.hasPrincipalReason {
        bytes.append(literal: ",\"principal_reason\":\"not stated by the gateway\"")
      }
    }
    let (user, process) = (opening.place.user, opening.place.process)
    if !redact.isEmpty {
      bytes.append(literal: ",\"redact\":")
      JSONLine.value(.array(redact.map { .string($0) }), into: &bytes)
    }
    bytes += Array(
      (",\"peer\":{\"uid\":\(user),\"pid\":\(process)},\"host\":\(AnswerLine.quoted(host)),"
        + "\"after\":{\"size\":\(head.size),\"root\":\"\(Base64.encode(head.root.bytes))\"}}").utf8)
    return bytes
  }

  /// `lines` is how many the session has with this one, `own` how many of those right before it no client sent.
  static func last(time: UInt64, reason: String, members: [UInt8], lines: UInt64, own: Int)
    -> [UInt8]
  {
    var line = LineBuilder(time: time, type: "session.end")
    line.add("reason", reason)
    var bytes = line.finish()
    bytes.removeLast()
    let count = own > 0 ? ",\"n_own\":\(own)" : ""
    return bytes + members + Array("\(count),\"n_events\":\(lines)}".utf8)
  }

  /// A step of the wall clock that this server noticed.
  static func clockStep(_ step: ClockWatch.Step, time: UInt64, host: String) -> [UInt8] {
    var observer = GatewayIdentity(uid: "blackbox")
    observer.issuer = "local"
    observer.host = host
    return step.line(at: time, gateway: observer)
  }

  /// What was replaced in the session, of one name, direction and member.
  static func masking(_ total: HeldEvents.Total, time: UInt64) -> [UInt8] {
    var line = LineBuilder(time: time, type: "masking.applied")
    line.add("dir", total.isInput ? "in" : "out")
    line.add("info_type", total.name)
    line.add("method", total.shown > 0 ? "partial" : "replace")
    line.add("found", Int64(clamping: total.count))
    line.add("masked", Int64(clamping: total.count))
    line.add("field", total.field)
    line.add("detector", "blackbox/" + total.name)
    if total.shown > 0 { line.add("shown_bytes", Int64(clamping: total.shown)) }
    return line.finish()
  }
}

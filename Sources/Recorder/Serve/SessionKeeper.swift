internal import Evidence
internal import Platform
internal import SessionLog

/// The thread that owns every session of a server: takes commands, stores events, makes rounds, answers.
///
/// Not Sendable: made and used on that one thread.
final class SessionKeeper {
  let store: Store
  let settings: ServeSettings
  let clock: any Clock
  let exchange: ServeExchange
  let group: GroupCommit
  private let boot: String
  let host = hostName
  var watch: ClockWatch
  /// The newest checkpoint, for "not before" in line 0.
  var head: Checkpoint

  var sessions: [SessionID: ServedSession] = [:]
  var attached: [Attachment: ServedSession] = [:]
  /// Sessions that wait for a round.
  var dirty: [ServedSession] = []
  var urgent = 0
  var dirtySince: UInt64?
  /// Sessions with a commit that the log does not know.
  var anchors: [ServedSession] = []
  /// Bytes of events stored since the last round over all sessions.
  var unsettled = 0
  /// Credit to give back after the next round over all, by connection.
  var owed: [Int: Int] = [:]
  /// Credit for what needs no durable point, by connection; given back with the next answers.
  private var free: [Int: Int] = [:]
  /// Sessions that are over, for clients that come back to them.
  var past = PastSessions()
  var answers: [Answer] = []
  private var begun: [Attachment: (Result<GroupCommit.Session, Refusal>, HeldEvents)] = [:]
  /// What is replaced before it is stored; nil for nothing.
  let redaction: StreamRedaction?
  /// Sessions with events that wait until it is known what is a secret.
  var holding: [SessionID: ServedSession] = [:]
  private var isStopping = false
  var nextChores: UInt64

  /// Bytes of events that bring a round before its time.
  private static let enough = 6 << 20

  init(
    _ store: Store, _ state: StateDirectory, _ settings: ServeSettings, clock: any Clock,
    exchange: ServeExchange
  ) throws(SessionLogFailure) {
    self.store = store
    self.settings = settings
    self.clock = clock
    self.exchange = exchange
    group = try GroupCommit(
      store, state, clock: clock, pace: settings.pace, files: settings.files)
    redaction = settings.redaction.map { StreamRedaction($0) }
    head = try store.checkpoint(signedBy: store.verifierKey).0
    boot = clock.bootID
    watch = ClockWatch(clock)
    nextChores = clock.monotonic() &+ 1_000_000
  }

  /// Runs until a `stop` was obeyed.
  ///
  /// - Throws: the log failed; no answer after that says that anything was stored.
  func run() throws(SessionLogFailure) {
    while !isStopping {
      guard let batches = exchange.commands.receive(waiting: wait()) else { break }
      try take(batches)
    }
    try closeAll()
  }

  /// One step of `run`: what was received is done, and what is due.
  func take(_ batches: [[Command]]) throws(SessionLogFailure) {
    beat()
    begin(batches)
    for commands in batches {
      for command in commands { try obey(command) }
      // So that one busy connection does not keep the others' acks back.
      if unsettled >= Self.enough {
        try round(all: true)
        tell()
        beat()
      }
    }
    let now = clock.monotonic()
    if past.isAsked { lookUp() }
    if !holding.isEmpty { try letGoOfDue(now) }
    if now >= nextChores { chores(now) }
    let isLate = dirtySince.map { now &- $0 >= settings.pace.flush } ?? false
    if isLate {
      try round(all: true)
    } else if urgent > 0 {
      try round(all: false)
    }
    // With nothing that waits for the disk all is durable, and no round would come to say so.
    if dirty.isEmpty, holding.isEmpty, !owed.isEmpty { payOwed() }
    tell()
  }

  private func wait() -> UInt64 {
    guard !past.isAsked else { return 0 }
    let now = clock.monotonic()
    var due = nextChores
    if let dirtySince { due = min(due, dirtySince &+ settings.pace.flush) }
    for session in holding.values { due = min(due, session.held.deadline ?? due) }
    return due > now ? due - now : 0
  }

  func tell() {
    if !free.isEmpty {
      for (connection, bytes) in free { answers.append(.credit(bytes, connection: connection)) }
      free.removeAll(keepingCapacity: true)
    }
    exchange.answer(answers)
    answers.removeAll(keepingCapacity: true)
  }

  // MARK: Commands

  private func obey(_ command: Command) throws(SessionLogFailure) {
    switch command {
    case .open(let opening): open(opening)
    case .events(let events): try store(events)
    case .barrier(let attachment, let bytes, let connection):
      giveBack(bytes, connection)
      guard let session = attached[attachment] else { return }
      try letGo(of: session, isEnd: false)
      session.owesAck = true
      mark(session, isUrgent: true)
    case .close(let attachment, let reason, let members, let bytes, let connection):
      guard let session = attached[attachment] else { return giveBack(bytes, connection) }
      credit(bytes, connection)
      watchClock(clock.monotonic(), always: true)
      try letGo(of: session, isEnd: true)
      guard session.owner != nil else { return }
      let members =
        redaction?.redact(members: members, field: "session.end", of: &session.held) ?? members
      if !close(session, reason: reason, members: members) {
        refuse(session, Refusal(.badClose, "session.end is too long"))
      }
    case .resume(let attachment, let place, let id, let bytes):
      resume(attachment, place, id, bytes)
    case .detach(let attachment, let place, let refusal, let bytes):
      giveBack(bytes, place.connection)
      past.forget(attachment: attachment)
      if let session = attached[attachment] {
        try letGo(of: session, isEnd: false)
        refuse(session, refusal)
      } else {
        turnAway(refusal, attachment, place)
      }
    case .gone(let connection):
      past.forget(connection: connection)
      let now = clock.monotonic()
      for session in attached.values where session.owner?.connection == connection {
        try letGo(of: session, isEnd: false)
        detach(session, now)
      }
      owed[connection] = nil
      free[connection] = nil
      // What it sent was in memory until now.
      answers.append(.left(connection: connection))
    case .stop: isStopping = true
    }
  }

  /// Gives bytes back once they are durable.
  private func credit(_ bytes: Int, _ connection: Int) { owed[connection, default: 0] += bytes }

  /// Gives bytes back that nothing was stored of.
  func giveBack(_ bytes: Int, _ connection: Int) { free[connection, default: 0] += bytes }

  /// Everything taken in so far is durable.
  func payOwed() {
    unsettled = 0
    for (connection, bytes) in owed { answers.append(.credit(bytes, connection: connection)) }
    owed.removeAll(keepingCapacity: true)
  }

  /// Begins all sessions that a batch asks for at once, since each costs the disk a sync of its own otherwise.
  private func begin(_ batches: [[Command]]) {
    var asked: [Command.Opening] = []
    for commands in batches {
      for case .open(let opening) in commands { asked.append(opening) }
    }
    let room = max(0, settings.mostSessions - sessions.count)
    asked = Array(asked.prefix(room))
    guard !asked.isEmpty else { return }
    // What was set before a session began is none of its steps.
    watchClock(clock.monotonic(), always: true)
    var openings: [GroupCommit.Opening] = []
    var helds: [HeldEvents] = []
    do {
      for opening in asked {
        let id = SessionID(
          milliseconds: UInt64(clamping: clock.wall() / 1000), random: try randomBytes(10))
        var held = HeldEvents()
        let members = redaction?.redact(
          members: opening.members, field: "session.start", of: &held)
        let first = ServedLines.first(
          of: opening, members: members ?? opening.members, redact: redaction?.names ?? [], id: id,
          store: store, clock: clock, boot: boot, host: host, after: head)
        helds.append(held)
        openings.append(.init(id: id, first: first))
      }
    } catch {
      for opening in asked {
        let refusal = Refusal(.recorderFailed, Self.words(SessionLogFailure(error)))
        begun[opening.attachment] = (.failure(refusal), HeldEvents())
      }
      return
    }
    for (index, result) in group.begin(openings).enumerated() {
      let made = result.mapError { failure in
        guard failure.kind == .refused else {
          return Refusal(.recorderFailed, Self.words(failure))
        }
        let length = openings[index].first.count
        return length > Limits.lineBytes
          ? Refusal(.tooLong, "line 0 is \(length) bytes long as it is stored")
          : Refusal(.badOpen, Self.words(failure))
      }
      begun[asked[index].attachment] = (made, helds[index])
    }
  }

  private func open(_ opening: Command.Opening) {
    let place = opening.place
    switch begun.removeValue(forKey: opening.attachment) {
    case .some((.success(let made), let held)):
      credit(opening.bytes, place.connection)
      let session = ServedSession(
        made, user: place.user,
        owner: .init(
          connection: place.connection, ref: place.ref, attachment: opening.attachment),
        now: clock.monotonic())
      session.held = held
      sessions[session.id] = session
      attached[opening.attachment] = session
      mark(session, isUrgent: true)
    case .some((.failure(let refusal), _)):
      giveBack(opening.bytes, place.connection)
      turnAway(refusal, opening.attachment, place)
    case nil:
      giveBack(opening.bytes, place.connection)
      turnAway(
        Refusal(.tooManySessions, "\(sessions.count) sessions are open"), opening.attachment, place)
    }
  }

  private func store(_ events: Command.Events) throws(SessionLogFailure) {
    var start = 0
    var bytes = 0
    // Of events that nothing is stored of.
    var passed = 0
    var taken: UInt64 = 0
    // Neighbours are of one session as a rule.
    var last: (Attachment, ServedSession)?
    for item in events.items {
      defer { start = item.end }
      bytes += item.bytes
      if last?.0 != item.attachment {
        last = attached[item.attachment].map { (item.attachment, $0) }
      }
      // A refusal detaches in between.
      guard let session = last?.1, session.owner?.attachment == item.attachment else {
        passed += item.bytes
        continue
      }
      switch session.state {
      case .opening, .live: break
      // Behind a close of its own, which passes the ref on.
      case .closing, .over:
        passed += item.bytes
        continue
      }
      guard item.n > session.taken else {
        passed += item.bytes
        exchange.counters.update { $0.repeats += 1 }
        if item.isBarrier { try letGo(of: session, isEnd: false) }
        session.owesAck = true
        mark(session, isUrgent: item.isBarrier)
        continue
      }
      guard item.n == session.taken + 1 else {
        passed += item.bytes
        let missing = session.taken + 1
        try letGo(of: session, isEnd: false)
        refuse(session, Refusal(.outOfOrder, "n is \(item.n), and \(missing) is missing"))
        continue
      }
      let event = events.bytes.span.extracting(start..<item.end)
      if let redaction {
        let ready = redaction.take(
          event, n: item.n, moment: events.moment, isBarrier: item.isBarrier, of: &session.held)
        try put(ready, to: session)
        taken += 1
      } else if try put(
        event, n: item.n, moment: events.moment, isBarrier: item.isBarrier, to: session)
      {
        taken += 1
      } else {
        passed += item.bytes
      }
    }
    let stored = bytes - passed
    if passed > 0 { giveBack(passed, events.connection) }
    guard stored > 0 else { return }
    unsettled += stored
    credit(stored, events.connection)
    exchange.counters.update {
      $0.events += taken
      $0.bytes += UInt64(stored)
    }
  }

  /// `{"t":` and its longest number.
  private static let mostStart = 24

  /// Stores one event, `,"type":"X",…}`; false if it was refused, or the session given up.
  func put(
    _ event: Span<UInt8>, n: UInt64, moment: UInt64, isBarrier: Bool, to session: ServedSession
  ) throws(SessionLogFailure) -> Bool {
    let length = event.count + Self.mostStart
    guard length <= Limits.lineBytes else {
      refuse(session, Refusal(.tooLong, "the event is \(length) bytes long as it is stored"))
      return false
    }
    // A session that is just being opened gets its commit with the round after that.
    for _ in 0..<2 where !session.session.writer.hasRoom(for: length) {
      session.session.writer.isBatchFull = true
      mark(session, isUrgent: true)
      try round(all: true)
    }
    do throws(SessionLogFailure) {
      let writer = session.session
      try writer.writer.append(time: writer.writer.time(of: moment), checked: event)
    } catch {
      if error.kind == .refused, session.session.writer.fault == nil {
        refuse(session, Refusal(.badEvent, error.found ?? error.what))
      } else {
        fail(session, error)
      }
      return false
    }
    session.n = n
    session.touched = moment
    if Self.isClockStep(event) { session.tellsSteps = true }
    mark(session, isUrgent: isBarrier, since: moment)
    return true
  }

  /// True for `,"type":"clock.step"…`.
  private static func isClockStep(_ event: Span<UInt8>) -> Bool {
    event.count > 20 && event[9] == 0x63 && matches(event, at: 9, "clock.step\"")
  }

  // MARK: Attachments

  private func resume(
    _ attachment: Attachment, _ place: Command.Place, _ text: String, _ bytes: Int
  ) {
    func refuse(_ code: Refusal.Code, _ message: String) {
      turnAway(Refusal(code, message), attachment, place)
    }
    let id = SessionID(text)
    if let id, sessions[id] == nil {
      return past.ask(.init(attachment: attachment, place: place, session: id, bytes: bytes))
    }
    giveBack(bytes, place.connection)
    guard let id, let session = sessions[id] else {
      return refuse(.sessionUnknown, "not a session's id")
    }
    guard session.user == place.user else {
      return refuse(.forbidden, "it is another user's session")
    }
    guard session.owner == nil else { return refuse(.sessionBusy, "another writer is attached") }
    session.owner = .init(connection: place.connection, ref: place.ref, attachment: attachment)
    session.detached = nil
    attached[attachment] = session
    // One that is being closed is answered by `closed`, as soon as it is.
    if case .closing = session.state { return }
    session.owesResumed = true
    mark(session, isUrgent: true)
  }

  private func detach(_ session: ServedSession, _ now: UInt64) {
    if let owner = session.owner { attached[owner.attachment] = nil }
    session.owner = nil
    session.detached = now
    session.owesAck = false
    session.owesResumed = false
  }

  /// Refuses a message of an attached session, which loses its ref by that.
  private func refuse(_ session: ServedSession, _ refusal: Refusal) {
    guard let owner = session.owner else { return }
    // What waits behind the event that is refused has no place any more; the client sends it again.
    session.held.dropAll()
    holding[session.id] = nil
    detach(session, clock.monotonic())
    say(refusal, owner, n: session.n, session: session.id)
  }

  func turnAway(
    _ refusal: Refusal, _ attachment: Attachment, _ place: Command.Place, n: UInt64? = nil,
    session: SessionID? = nil
  ) {
    say(
      refusal, .init(connection: place.connection, ref: place.ref, attachment: attachment), n: n,
      session: session)
  }

  private func say(
    _ refusal: Refusal, _ owner: ServedSession.Owner, n: UInt64?, session: SessionID?
  ) {
    exchange.counters.update { $0.refusals += 1 }
    answers.append(
      .detached(
        owner.attachment, ref: owner.ref, connection: owner.connection, isRefused: true))
    answers.append(
      .line(
        AnswerLine.error(refusal, ref: owner.ref, n: n, session: session),
        connection: owner.connection))
  }

  /// Gives a session up whose file cannot be written: recovery will close it.
  func fail(_ session: ServedSession, _ failure: SessionLogFailure) {
    guard sessions.removeValue(forKey: session.id) != nil else { return }
    session.state = .over
    session.held.dropAll()
    holding[session.id] = nil
    exchange.counters.update { $0.failedSessions += 1 }
    past.noteFailed(session.id, user: session.user, n: session.durable)
    settings.say("session \(session.id): \(Self.words(failure)); it is given up")
    guard let owner = session.owner else { return }
    let durable = session.durable
    detach(session, clock.monotonic())
    say(Refusal(.recorderFailed, Self.words(failure)), owner, n: durable, session: session.id)
  }

  /// Ends a session with the next round; false if its last line would break the format.
  func close(_ session: ServedSession, reason: String, members: [UInt8] = []) -> Bool {
    guard members.count < Limits.lineBytes - 4096 else { return false }
    session.state = .closing(reason: reason, members: members)
    mark(session, isUrgent: true)
    return true
  }

  /// Puts a session into the next round; `since` is when what it waits with came, which may be long ago on a busy thread.
  func mark(_ session: ServedSession, isUrgent: Bool, since moment: UInt64? = nil) {
    if !session.isDirty {
      session.isDirty = true
      dirty.append(session)
      if dirtySince == nil { dirtySince = moment ?? clock.monotonic() }
    }
    if isUrgent, !session.isUrgent {
      session.isUrgent = true
      urgent += 1
    }
  }

  static func words(_ failure: SessionLogFailure) -> String {
    failure.what + (failure.found.map { ": " + $0 } ?? "")
  }
}

internal import Evidence
package import Platform

/// The session in which one user's readings of one UTC day stand.
///
/// Format: schema/session-format.md §4, the audit session.
///
/// Any process appends one batch under the session's `live` lock, and the lock's name stays while the day lasts. Its id
/// follows from store, user and day, so that no process needs to be told.
struct AuditSession {
  /// Beyond this a session goes on in the next one of its day, so that what an append reads again stays small.
  static let mostBytes: UInt64 = 512 << 10
  /// Sessions of one user and day at the most; others are only begun where one is full or damaged.
  private static let mostADay = 10_000

  private let store: Store
  private let state: StateDirectory
  private let user: UInt32
  private let clock: any Clock

  init(_ store: Store, _ state: StateDirectory, user: UInt32, clock: any Clock) {
    self.store = store
    self.state = state
    self.user = user
    self.clock = clock
  }

  private static let day: Int64 = 86_400_000_000

  /// Midnight of a moment's UTC day, in milliseconds since 1970.
  private static func midnight(_ wall: Int64) -> UInt64 {
    UInt64(clamping: max(0, wall) / day * (day / 1000))
  }

  /// The id of the n-th session of a user's day: midnight, then a digest.
  static func id(_ store: Store, user: UInt32, wall: Int64, number: Int)
    throws(SessionLogFailure) -> SessionID
  {
    let midnight = midnight(wall)
    let name = "blackbox/audit/v1\n\(store.origin)\n\(user)\n\(midnight)\n\(number)"
    let digest = try crypto { () throws(CryptoFailure) in try SHA256.hash(Array(name.utf8)) }
    return SessionID(milliseconds: midnight, random: Array(digest.bytes.prefix(10)))
  }

  /// False for ids that no audit session has; true for nearly no other.
  static func mayBeAudit(_ id: SessionID) -> Bool {
    id.milliseconds % UInt64(day / 1000) == 0
  }

  /// Appends one event; it is durable on return, and anchored with the next append to the log.
  func append(_ event: some SessionEvent) throws(SessionLogFailure) {
    do throws(SessionLogFailure) { try appendOnce(event) } catch {
      // A full disk must not keep its owner from finding out why: the reserve is for what must be written.
      guard error.kind == .outOfSpace, Reserve.release(store.reservePath, in: store.system) else {
        throw error
      }
      try appendOnce(event)
    }
  }

  private func appendOnce(_ event: some SessionEvent) throws(SessionLogFailure) {
    let wall = clock.wall()
    for number in 0..<Self.mostADay {
      let id = try Self.id(store, user: user, wall: wall, number: number)
      switch try put(event, into: id, wall) {
      case .done: return
      case .over: continue
      }
    }
    throw SessionLogFailure(
      .system, "no room for a reading today", at: store.sessionsPath,
      found: "\(Self.mostADay) audit sessions", wanted: "fewer",
      advice: "Run `blackbox verify --all`: something damages them one after the other.")
  }

  private enum Step { case done, over }

  private func put(_ event: some SessionEvent, into id: SessionID, _ wall: Int64)
    throws(SessionLogFailure) -> Step
  {
    // Twice: another process may make or end the session between two looks.
    for _ in 0..<100 {
      if let lock = try Self.lock(id, in: store, wait: true) {
        return try put(event, into: id, lock: lock, wall)
      }
      guard try !exists(store.sessionPath(of: id)) else { return .over }
      do throws(SessionLogFailure) {
        try begin(id, with: event, wall)
        return .done
      } catch {
        // Somebody else was first: the next look finds what they made.
        let isTaken = try exists(store.livePath(of: id))
        let isMade = try exists(store.sessionPath(of: id))
        guard isTaken || isMade, error.kind == .system || error.kind == .busy
        else { throw error }
      }
    }
    throw SessionLogFailure(
      .busy, "the audit session is taken again and again", at: store.livePath(of: id),
      advice: "Try again.")
  }

  /// Takes the session's lock; nil where its name is missing, or was removed meanwhile.
  static func lock(_ id: SessionID, in store: Store, wait: Bool) throws(SessionLogFailure)
    -> File?
  {
    let path = store.livePath(of: id)
    do throws(FileFailure) {
      let lock = try File(path, .readWrite, in: store.system)
      guard try lock.lock(wait: wait) else { return nil }
      guard try lock.isNamed(path) else { return nil }
      return lock
    } catch {
      guard error.isMissing else { throw SessionLogFailure(error) }
      return nil
    }
  }

  private func exists(_ path: String) throws(SessionLogFailure) -> Bool {
    do throws(FileFailure) {
      _ = try store.system.status(of: path)
      return true
    } catch {
      guard error.isMissing else { throw SessionLogFailure(error) }
      return false
    }
  }

  // MARK: The first reading of a day

  private func begin(_ id: SessionID, with event: some SessionEvent, _ wall: Int64)
    throws(SessionLogFailure)
  {
    let head = try store.checkpoint(signedBy: store.verifierKey).0
    var agent = Identity(issuer: "local", uid: String(user))
    agent.name = userName(of: user)
    var start = SessionStart(
      store: store.origin, session: id, kind: "audit", start: wall, bootID: clock.bootID,
      agent: agent, after: (head.size, head.root))
    start.principalReason = "readers stand in the events"
    start.host = hostName
    var writer = try SessionWriter.begin(in: store, state: state, start: start, clock: clock)
    try writer.append(line(event, at: 0, wall))
    try writer.commitUnanchored()
    try noteWaiting(id)
    // Days that are over; a failure there is theirs and not this reading's.
    do throws(SessionLogFailure) { try Self.closeOver(in: store, state, clock: clock) } catch {
      return
    }
  }

  // MARK: The others

  private func put(
    _ event: some SessionEvent, into id: SessionID, lock: consuming File, _ wall: Int64
  ) throws(SessionLogFailure) -> Step {
    guard let reader = try Self.walk(id, in: store) else { return .over }
    let start = reader.start?.start ?? wall
    let commits = reader.lastCommit?.k ?? 0
    // Batch 0 alone: whoever began it may have died before the log knew of it, and then recovery puts it aside.
    if commits == 0, try !isLogged(id) { return .over }
    var writer = try SessionWriter.resume(
      reader, id, in: store, state: state, lock: lock, clock: clock)
    guard writer.durableBytes < Self.mostBytes else {
      try Self.close(&writer, start: start, clock: clock)
      return .over
    }
    let time = UInt64(clamping: max(0, wall - start))
    try writer.append(line(event, at: writer.notBefore(time), wall))
    do throws(SessionLogFailure) { try writer.commitUnanchored() } catch {
      // Cut back to what was there, so that the next reading does not build on what may be lost.
      do throws(SessionLogFailure) { try writer.cutBack() } catch { return try rethrow(error) }
      throw error
    }
    try noteWaiting(id)
    return .done
  }

  private func rethrow(_ failure: SessionLogFailure) throws(SessionLogFailure) -> Step {
    throw failure
  }

  private func line(_ event: some SessionEvent, at time: UInt64, _ wall: Int64) -> [UInt8] {
    var event = event
    event.common.at = WallTime.formatMicroseconds(wall)
    return event.line(at: time)
  }

  /// Reads the session to its end; nil where it is damaged, torn, closed or not there: then another one goes on.
  static func walk(_ id: SessionID, in store: Store) throws(SessionLogFailure) -> SessionReader? {
    var reader: SessionReader
    do throws(SessionLogFailure) {
      reader = try SessionReader(path: store.sessionPath(of: id), in: store.system)
    } catch {
      guard error.kind == .missing || error.kind == .notARecording else { throw error }
      return nil
    }
    var batch = Batch()
    while try reader.next(into: &batch) == .committed {}
    guard reader.findings.isEmpty, !reader.isClosed, reader.start?.kind == "audit",
      reader.lastCommit != nil, reader.verifiedBytes == reader.fileSize
    else { return nil }
    return reader
  }

  private func isLogged(_ id: SessionID) throws(SessionLogFailure) -> Bool {
    var log = try LogReader(store)
    while let leaf = try log.nextLeaf() {
      if leaf.session == id { return true }
    }
    return false
  }

  /// Names the session for `TransparencyLog.append` to anchor; a name that is lost only delays that.
  private func noteWaiting(_ id: SessionID) throws(SessionLogFailure) {
    do throws(FileFailure) {
      do throws(FileFailure) {
        try store.system.makeDirectory(
          store.waitingPath, permissions: store.directoryPermissions)
      } catch {
        guard error.alreadyExists else { throw error }
      }
      _ = try File(
        Path.join(store.waitingPath, id.text), .createOrOpen(store.filePermissions),
        in: store.system)
    } catch {
      // Derived: the reading itself is durable.
      return
    }
  }

  // MARK: The end of a day

  /// Closes audit sessions of days that are over and that nobody holds.
  static func closeOver(in store: Store, _ state: StateDirectory, clock: any Clock)
    throws(SessionLogFailure)
  {
    let today = midnight(clock.wall())
    for id in try store.liveSessions() where mayBeAudit(id) && id.milliseconds < today {
      guard let lock = try lock(id, in: store, wait: false) else { continue }
      _ = try close(id, lock: lock, in: store, state, clock: clock)
    }
  }

  /// True if recovery has nothing to do here: an audit session that is whole, of a day that is not over.
  static func isGoingOn(_ id: SessionID, in store: Store, clock: any Clock)
    throws(SessionLogFailure) -> Bool
  {
    guard mayBeAudit(id), id.milliseconds >= midnight(clock.wall()),
      let reader = try walk(id, in: store)
    else { return false }
    return reader.lastCommit?.k ?? 0 > 0
  }

  /// Closes a whole audit session; false where it is not one, or is not whole.
  static func close(
    _ id: SessionID, lock: consuming File, in store: Store, _ state: StateDirectory,
    clock: any Clock
  ) throws(SessionLogFailure) -> Bool {
    guard mayBeAudit(id), let reader = try walk(id, in: store),
      reader.lastCommit?.k ?? 0 > 0
    else { return false }
    let start = reader.start?.start ?? 0
    var writer = try SessionWriter.resume(
      reader, id, in: store, state: state, lock: lock, clock: clock)
    try close(&writer, start: start, clock: clock)
    return true
  }

  private static func close(_ writer: inout SessionWriter, start: Int64, clock: any Clock)
    throws(SessionLogFailure)
  {
    let wall = clock.wall()
    var end = SessionEndEvent(reason: "server")
    end.events = Int64(clamping: writer.lines + 1)
    end.common.at = WallTime.formatMicroseconds(wall)
    let time = writer.notBefore(UInt64(clamping: max(0, wall - start)))
    _ = try writer.close(lines: [end.line(at: time)])
  }
}

extension Store {
  /// True for a session that today's readings are appended to: it stands open without anybody holding it.
  package func isOpenToReadings(_ id: SessionID, clock: any Clock) throws(SessionLogFailure) -> Bool
  {
    try AuditSession.isGoingOn(id, in: self, clock: clock)
  }
}

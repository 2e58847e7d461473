internal import Evidence
internal import Platform
internal import SessionLog
internal import Synchronization

/// Durable points over many sessions, and what is said after them.
extension SessionKeeper {
  /// Makes sessions durable and answers for them; while the disk is full nothing else happens.
  func round(all: Bool) throws(SessionLogFailure) {
    var waits = false
    while true {
      let isFull = try roundOnce(all: all || waits)
      guard isFull != nil else { break }
      if !waits {
        waits = true
        exchange.counters.update { $0.isWaitingForSpace = true }
        settings.say("the disk is full: nothing more is taken in until there is space")
      }
      tell()
      beat()
      guard !exchange.isStopping.load(ordering: .relaxed) else { break }
      pause(milliseconds: 200)
    }
    guard waits else { return }
    exchange.counters.update { $0.isWaitingForSpace = false }
    if !exchange.isStopping.load(ordering: .relaxed) {
      settings.say("there is space again")
      group.fillReserve()
    }
  }

  /// A sign of life for whoever asks how the server is.
  func beat() { exchange.heartbeat.store(clock.monotonic(), ordering: .relaxed) }

  private func roundOnce(all: Bool) throws(SessionLogFailure) -> SessionLogFailure? {
    let began = clock.monotonic()
    // Where half of them wait anyway, the others may come along.
    let all = all || urgent * 2 >= dirty.count
    let chosen = all ? dirty : dirty.filter(\.isUrgent)
    for session in chosen {
      if case .closing(let reason, let members) = session.state {
        end(session, reason: reason, members: members)
      }
    }
    let outcome = try group.round(chosen.map(\.session))
    if let head = outcome.head { self.head = head }
    for (made, failure) in outcome.failed {
      if let session = sessions[made.writer.id] { fail(session, failure) }
    }
    for (made, leaf) in outcome.logged {
      if let session = sessions[made.writer.id] { logged(session, leaf) }
    }
    var left: [ServedSession] = all ? [] : dirty.filter { !$0.isUrgent }
    for session in chosen { settle(session, &left) }
    dirty = left
    urgent = left.count(where: \.isUrgent)
    dirtySince = left.isEmpty ? nil : dirtySince
    if all, outcome.fullDisk == nil { payOwed() }
    let time = clock.monotonic() &- began
    exchange.counters.update {
      $0.rounds += 1
      $0.roundTime = time
      $0.roundTimes &+= time
      $0.sessions = sessions.count
    }
    return outcome.fullDisk
  }

  private func end(_ session: ServedSession, reason: String, members: [UInt8]) {
    do throws(SessionLogFailure) {
      let time = session.session.writer.now()
      // Not where they happened: the client's event n is line n + 1, and others may refer to that.
      var lines =
        session.tellsSteps
        ? [] : session.steps.map { ServedLines.clockStep($0, time: time, host: host) }
      lines += session.held.totals.map { ServedLines.masking($0, time: time) }
      lines.append(
        ServedLines.last(
          time: time, reason: reason, members: members,
          lines: session.session.writer.lines + UInt64(lines.count) + 1, own: lines.count))
      try group.end(session.session, lines: lines)
    } catch {
      // What waits for its `open` leaf or for space is tried again with the next round.
      if error.kind != .busy { fail(session, error) }
    }
  }

  /// An `open` or `close` leaf is in the signed log.
  private func logged(_ session: ServedSession, _ leaf: Leaf) {
    guard leaf.kind != .open else {
      if case .opening = session.state { session.state = .live }
      exchange.counters.update { $0.opened += 1 }
      guard let owner = session.owner else { return }
      answers.append(
        .line(
          AnswerLine.receipt(
            "opened", ref: owner.ref, n: nil, session: session.id, lines: leaf.lines,
            root: leaf.root, head: head), connection: owner.connection))
      return
    }
    guard case .closing(let reason, _) = session.state else { return }
    session.state = .over
    sessions[session.id] = nil
    exchange.counters.update { $0.closed += 1 }
    past.note(
      session.id,
      PastSession(
        user: session.user, events: session.n,
        ending: .init(reason: reason, lines: leaf.lines, root: leaf.root)))
    guard let owner = session.owner else { return }
    sayClosed(
      session.id, reason: reason, n: session.n, lines: leaf.lines, root: leaf.root, owner)
    attached[owner.attachment] = nil
    session.owner = nil
  }

  /// A session is over, and its `close` leaf in the signed log: the ref is free again.
  func sayClosed(
    _ id: SessionID, reason: String, n: UInt64, lines: UInt64, root: Digest,
    _ owner: ServedSession.Owner
  ) {
    answers.append(
      .line(
        AnswerLine.receipt(
          "closed", ref: owner.ref, n: n, session: id, lines: lines, root: root, reason: reason,
          head: head), connection: owner.connection))
    answers.append(
      .detached(
        owner.attachment, ref: owner.ref, connection: owner.connection, isRefused: false))
  }

  /// Says what a session's client may know now, and keeps it in the list if it must come again.
  private func settle(_ session: ServedSession, _ left: inout [ServedSession]) {
    session.isUrgent = false
    session.isDirty = false
    if case .over = session.state { return }
    var isOpen = true
    var isClosing = false
    switch session.state {
    case .opening: isOpen = false
    // A close may have had to wait for the session's own `open` leaf.
    case .closing: isClosing = true
    default: break
    }
    if session.session.writer.needsRound(anchors: false) || !isOpen || isClosing {
      session.isDirty = true
      session.isUrgent = true
      left.append(session)
    } else if session.session.writer.needsRound(anchors: true), !session.isAnchorDue {
      session.isAnchorDue = true
      anchors.append(session)
    }
    let durable = session.durable
    guard isOpen, let owner = session.owner, durable == session.n,
      session.owesResumed || session.owesAck || durable > session.acked
    else { return }
    let writer = session.session.writer.durableLines
    let word: StaticString = session.owesResumed ? "resumed" : "ack"
    session.owesResumed = false
    session.owesAck = false
    session.acked = durable
    exchange.counters.update { $0.acks += 1 }
    answers.append(
      .line(
        AnswerLine.receipt(
          word, ref: owner.ref, n: durable, session: session.id, lines: writer,
          root: session.session.writer.root(), head: nil), connection: owner.connection))
  }

  /// Once a second: commits and anchors that are due, idle compressors, sessions that nobody came back to.
  func chores(_ now: UInt64) {
    nextChores = now &+ 1_000_000
    watchClock(now)
    for session in anchors {
      session.isAnchorDue = false
      mark(session, isUrgent: false)
    }
    anchors.removeAll(keepingCapacity: true)
    var detached = 0
    for session in sessions.values {
      if let since = session.detached {
        detached += 1
        if case .live = session.state, now &- since >= settings.patience {
          settings.say("session \(session.id): nobody came back, closed")
          _ = close(session, reason: "lost")
          continue
        }
      }
      if session.session.writer.commitDeadline.map({ $0 <= now }) ?? false {
        mark(session, isUrgent: false)
      } else if session.session.writer.holdsCompressor, now &- session.touched >= 2_000_000 {
        do throws(SessionLogFailure) {
          try session.session.writer.rest()
          mark(session, isUrgent: false)
        } catch { fail(session, error) }
      }
    }
    group.trim()
    exchange.counters.update {
      $0.sessions = sessions.count
      $0.detached = detached
    }
  }

  /// Tells every session of a step of the wall clock; its file tells it at the end.
  func watchClock(_ now: UInt64, always: Bool = false) {
    guard let step = watch.look(at: now, always: always) else { return }
    settings.say("the clock was set, \(step.delta) µs from what it was")
    for session in sessions.values { session.note(step) }
  }

  /// The server stops: all that came is made durable, then every session is closed.
  func closeAll() throws(SessionLogFailure) {
    for session in holding.values { try letGo(of: session, isEnd: true) }
    watchClock(clock.monotonic(), always: true)
    try round(all: true)
    for session in sessions.values {
      if case .live = session.state { _ = close(session, reason: "server") }
    }
    // A second round takes what had to wait for the first, such as an `open` leaf.
    for _ in 0..<3 where !sessions.isEmpty {
      for session in sessions.values { mark(session, isUrgent: true) }
      try round(all: true)
      for session in sessions.values {
        if case .live = session.state { _ = close(session, reason: "server") }
      }
    }
    let detached = sessions.values.count { $0.detached != nil }
    exchange.counters.update {
      $0.sessions = sessions.count
      $0.detached = detached
    }
    tell()
    guard !sessions.isEmpty else { return }
    throw SessionLogFailure(
      .outOfSpace, "\(sessions.count) sessions could not be closed", at: store.path,
      found: "no room for their last lines, or for the log's",
      wanted: "all sessions closed before the server ends",
      advice: "What was acknowledged is kept. Make room; the next start, or `blackbox recover`, "
        + "closes them.")
  }
}

internal import SessionLog

/// Events that wait until it is known what of them is a secret.
extension SessionKeeper {
  /// Stores events that are decided; what is refused takes those behind it along.
  func put(_ ready: [StreamRedaction.Ready], to session: ServedSession) throws(SessionLogFailure) {
    // They have left the queue: a refusal in between must find the numbers as they are stored.
    for event in ready {
      guard
        try put(
          event.bytes.span, n: event.n, moment: event.moment, isBarrier: event.isBarrier,
          to: session)
      else { return }
      if event.replaced > 0 {
        exchange.counters.update { $0.replaced += UInt64(event.replaced) }
      }
    }
    holding[session.id] = session.held.isEmpty ? nil : session
  }

  /// Stores what waits, decided as far as it goes.
  func letGo(of session: ServedSession, isEnd: Bool) throws(SessionLogFailure) {
    guard let redaction, isEnd || !session.held.isEmpty else { return }
    try put(redaction.release(&session.held, isEnd: isEnd), to: session)
  }

  /// Stores what has waited for long enough.
  func letGoOfDue(_ now: UInt64) throws(SessionLogFailure) {
    for session in holding.values where session.held.deadline.map({ $0 <= now }) ?? true {
      try letGo(of: session, isEnd: false)
    }
  }
}

internal import Platform
internal import SessionLog

/// Keeps a session's connection to a service up: connects, connects again, and says when that has taken too long.
struct ServiceUpkeep {
  /// Microseconds between two tries to connect.
  static let retry: UInt64 = 200_000

  /// Milliseconds that an exchange may take; `isPressed`: something held or full is to be looked at again soon.
  static func wait(_ service: borrowing ServiceSession, isPressed: Bool) -> Int32 {
    if !service.isConnected { return Int32(retry / 1000) }
    return isPressed || !service.isAttached ? 50 : 1000
  }

  private let clock: any Clock
  /// Microseconds without the service before it counts as lost.
  private let patience: UInt64
  private var triedAt: UInt64 = 0
  private var awaySince: UInt64?
  /// The service has been away for so long that whoever waits should know.
  private(set) var isMissed = false

  init(clock: any Clock, patience: UInt64) {
    self.clock = clock
    self.patience = patience
  }

  /// Does what is due; true if `isMissed` has changed.
  ///
  /// - Throws: it cannot be reached before the session is open, or is away for longer than patience allows; with
  ///   `goesOn` a session that is open waits for ever.
  mutating func keep(_ service: inout ServiceSession, goesOn: Bool) throws(ServiceFailure) -> Bool {
    if !service.isConnected, clock.monotonic() &- triedAt >= Self.retry || triedAt == 0 {
      triedAt = clock.monotonic()
      do throws(ServiceFailure) { try service.connect() } catch {
        guard service.session != nil else { throw error }
      }
    }
    let wasMissed = isMissed
    let now = clock.monotonic()
    guard !service.isAttached else {
      awaySince = nil
      isMissed = false
      return wasMissed
    }
    let since = awaySince ?? now
    awaySince = since
    // Not before the session is open: whoever waits for that takes the first word for the answer.
    if service.session != nil, now &- since > 1_000_000 { isMissed = true }
    if now &- since > patience, !goesOn || service.isEnding || service.session == nil {
      throw .lost(seconds: (now &- since) / 1_000_000)
    }
    return isMissed != wasMissed
  }
}

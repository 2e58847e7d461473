internal import Platform
internal import SessionLog

/// Keeps a session's connection to a service up: connects, connects again, and says when that has taken too long.
///
/// A service that is connected and acknowledges nothing of what waits counts as one that is away, only not as soon:
/// its disk may be full or slow, or it was stopped. One that is slow is waited for as long as it gets on.
struct ServiceUpkeep {
  /// Microseconds between two tries to connect.
  static let retry: UInt64 = 200_000
  /// Microseconds without a connection after which whoever waits should know.
  private static let absence: UInt64 = 1_000_000
  /// Microseconds without an acknowledgement that a service may need for a sync, whatever the patience.
  private static let silence: UInt64 = 2_500_000
  /// Microseconds that count at most between two looks: while this process or its machine slept, so did the waiting.
  private static let stride: UInt64 = 1_000_000

  /// Milliseconds that an exchange may take; `isPressed`: something held or full is to be looked at again soon.
  static func wait(_ service: borrowing ServiceSession, isPressed: Bool) -> Int32 {
    if !service.isConnected { return Int32(retry / 1000) }
    return isPressed || !service.isAttached ? 50 : service.isWaiting ? 250 : 1000
  }

  private let clock: any Clock
  /// Microseconds without the service before it counts as lost.
  private let patience: UInt64
  private var triedAt: UInt64 = 0
  /// Microseconds for which the service has been away, or has owed an acknowledgement; nil while it has not.
  private var missed: UInt64?
  private var lookedAt: UInt64 = 0
  /// The last event that it acknowledged.
  private var settled: UInt64 = 0
  private var wasAttached = false
  /// It was there again since it acknowledged something; that is a sign of life once.
  private var hasComeBack = false
  /// The service has been away or silent for so long that whoever waits should know.
  private(set) var isMissed = false
  /// The service is away, or has been silent for so long that it is as good as away.
  private(set) var isGone = true

  init(clock: any Clock, patience: UInt64) {
    self.clock = clock
    self.patience = patience
  }

  /// Does what is due; true if `isMissed` has changed.
  ///
  /// - Throws: it cannot be reached before the session is open, or is away or silent for longer than patience allows;
  ///   with `goesOn` a session that is open waits for ever.
  mutating func keep(_ service: inout ServiceSession, goesOn: Bool) throws(ServiceFailure) -> Bool {
    if !service.isConnected, clock.monotonic() &- triedAt >= Self.retry || triedAt == 0 {
      triedAt = clock.monotonic()
      do throws(ServiceFailure) { try service.connect() } catch {
        guard service.session != nil else { throw error }
      }
    }
    return try look(
      isAttached: service.isAttached, isWaiting: service.isWaiting,
      settled: service.queue.settled, isOpen: service.session != nil,
      goesOn: goesOn && !service.isEnding)
  }

  /// Takes note of how a service stands; true if `isMissed` has changed.
  ///
  /// `isWaiting`: it owes an acknowledgement of more than `settled`; `isOpen`: there was a session.
  mutating func look(
    isAttached: Bool, isWaiting: Bool, settled: UInt64, isOpen: Bool, goesOn: Bool
  ) throws(ServiceFailure) -> Bool {
    let wasMissed = isMissed
    let now = clock.monotonic()
    let passed = min(now &- lookedAt, Self.stride)
    lookedAt = now
    if noteProgress(isAttached, settled) || isAttached && !isWaiting {
      missed = nil
      isMissed = false
    }
    guard !isAttached || isWaiting else {
      isGone = false
      return wasMissed
    }
    let missed = self.missed.map { $0 + passed } ?? 0
    self.missed = missed
    let limit = isAttached ? max(patience, Self.silence) : patience
    isGone = !isAttached || missed > limit
    // Not before the session is open: whoever waits for that takes the first word for the answer.
    if isOpen, missed > (isAttached ? Self.silence : Self.absence) { isMissed = true }
    if missed > limit, !goesOn || !isOpen { throw .lost(seconds: missed / 1_000_000) }
    return isMissed != wasMissed
  }

  /// True if the service got on since the last time: it acknowledged something, or is there again.
  ///
  /// One that comes back again and again and takes nothing does not get on.
  private mutating func noteProgress(_ isAttached: Bool, _ settled: UInt64) -> Bool {
    defer { wasAttached = isAttached }
    if settled > self.settled {
      self.settled = settled
      hasComeBack = false
      return true
    }
    guard isAttached, !wasAttached, !hasComeBack else { return false }
    hasComeBack = true
    return true
  }
}

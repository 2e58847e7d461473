internal import Platform
internal import SessionLog

/// Notices when the wall clock is set.
///
/// CLOCK_BOOTTIME cannot be set, and slewing moves both clocks alike: what lies between them changes by a step alone.
struct ClockWatch {
  /// A jump of the wall clock.
  struct Step: Sendable, Equatable {
    /// Microseconds that it jumped, forward positive.
    var delta: Int64
    /// Microseconds since 1970.
    var after: Int64
  }

  /// Microseconds that the clock may be off what it was before that is told.
  ///
  /// Source: schema/events.md.
  static let threshold: Int64 = 100_000
  /// Microseconds between two looks.
  static let interval: UInt64 = 1_000_000

  private let clock: any Clock
  /// Wall clock less CLOCK_BOOTTIME, at the start or after the last step that was told.
  private var expected: Int64
  private var lastLook: UInt64

  init(_ clock: any Clock) {
    self.clock = clock
    expected = Self.distance(clock).value
    lastLook = clock.monotonic()
  }

  /// The step since the last one, if there was any; looks once in an interval, or `always`.
  ///
  /// Several small steps are told as one as soon as they add up.
  mutating func look(at moment: UInt64, always: Bool = false) -> Step? {
    guard always || moment &- lastLook >= Self.interval else { return nil }
    lastLook = moment
    let (found, error) = Self.distance(clock)
    let delta = found &- expected
    guard delta.magnitude > UInt64(Self.threshold) &+ error else { return nil }
    expected = found
    return Step(delta: delta, after: clock.wall())
  }

  /// How far the clocks are apart, and the microseconds that this may be wrong by: the thread may have had to wait
  /// between the readings.
  private static func distance(_ clock: any Clock) -> (value: Int64, error: UInt64) {
    var best: (value: Int64, error: UInt64) = (0, .max)
    for _ in 0..<3 {
      let before = clock.monotonic()
      let wall = clock.wall()
      let error = clock.monotonic() &- before
      if error < best.error { best = (wall &- Int64(clamping: before), error) }
      if error < 1000 { break }
    }
    return (best.value, min(best.error, UInt64(Int64.max)))
  }
}

extension ClockWatch.Step {
  /// Its event line; `gateway` is who noticed, where that is not line 0's.
  func line(at time: UInt64, gateway: GatewayIdentity? = nil) -> [UInt8] {
    var event = ClockStepEvent(delta: delta)
    event.common.gateway = gateway
    event.before = EventTime(microseconds: after &- delta)
    event.after = EventTime(microseconds: after)
    return event.line(at: time)
  }
}

import Platform
import TestSupport
import Testing

@testable import Recorder

/// A wall clock that is set while a session goes on.
struct ClockWatchTests {
  @Test func `a step beyond the threshold is told once, with its size`() throws {
    let clock = TestClock()
    var watch = ClockWatch(clock)
    clock.advance(5_000_000)
    let look1 = watch.look(at: clock.monotonic())
    #expect(look1 == nil)
    clock.step(wall: -3_600_000_000)
    // Not before the next look is due.
    let look2 = watch.look(at: clock.monotonic())
    #expect(look2 == nil)
    clock.advance(1_000_000)
    let found = watch.look(at: clock.monotonic())
    let step = try #require(found)
    #expect(step.delta == -3_600_000_000 && step.after == clock.wall())
    clock.advance(1_000_000)
    let look3 = watch.look(at: clock.monotonic())
    #expect(look3 == nil)
  }

  @Test func `small steps are told when they add up`() {
    let clock = TestClock()
    var watch = ClockWatch(clock)
    var told: [Int64] = []
    for _ in 0..<5 {
      clock.step(wall: 40_000)
      clock.advance(1_000_000)
      if let step = watch.look(at: clock.monotonic()) { told.append(step.delta) }
    }
    #expect(told == [120_000])
  }

  @Test func `a thread that had to wait between two readings sees no step`() {
    let clock = SlowClock()
    var watch = ClockWatch(clock)
    for _ in 0..<20 {
      clock.inner.advance(1_000_000)
      let look4 = watch.look(at: clock.inner.monotonic())
      #expect(look4 == nil)
    }
    clock.inner.step(wall: 10_000_000)
    clock.inner.advance(1_000_000)
    let look5 = watch.look(at: clock.inner.monotonic())
    #expect(look5 != nil)
  }

  /// Each reading of the wall clock comes 300 ms late.
  private final class SlowClock: Platform.Clock {
    let inner = TestClock()
    var bootID: String { inner.bootID }
    func monotonic() -> UInt64 { inner.monotonic() }
    func wall() -> Int64 {
      inner.advance(300_000)
      return inner.wall()
    }
  }

  @Test func `the event names both times`() {
    let wall: Int64 = 1_767_323_045_678_000
    let line = ClockWatch.Step(delta: 7_200_000_000, after: wall).line(at: 42)
    #expect(
      String(decoding: line, as: UTF8.self)
        == "{\"t\":42,\"type\":\"clock.step\",\"delta_us\":7200000000,"
        + "\"before\":\"2026-01-02T01:04:05.678Z\",\"after\":\"2026-01-02T03:04:05.678Z\"}")
  }
}

internal import Platform
internal import Synchronization

/// A clock that only the test turns.
package final class TestClock: Platform.Clock {
  private struct Times: Sendable {
    var monotonic: UInt64
    var wall: Int64
  }

  private let times: Mutex<Times>
  package let bootID: String

  /// Starts at a wall time in microseconds since 1970: 2026-01-02T03:04:05.678Z unless told.
  package init(
    monotonic: UInt64 = 1_000_000, wall: Int64 = 1_767_323_045_678_000,
    bootID: String = "00000000-0000-4000-8000-000000000001"
  ) {
    times = Mutex(Times(monotonic: monotonic, wall: wall))
    self.bootID = bootID
  }

  package func monotonic() -> UInt64 { times.withLock { $0.monotonic } }
  package func wall() -> Int64 { times.withLock { $0.wall } }

  /// Lets time pass on both clocks.
  package func advance(_ microseconds: UInt64) {
    times.withLock {
      $0.monotonic &+= microseconds
      $0.wall &+= Int64(clamping: microseconds)
    }
  }

  /// Steps the wall clock alone.
  package func step(wall microseconds: Int64) { times.withLock { $0.wall &+= microseconds } }
}

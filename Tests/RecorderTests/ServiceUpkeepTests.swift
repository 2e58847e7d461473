import TestSupport
import Testing

@testable import Recorder

/// How long a service is waited for, by a clock that the test turns.
struct ServiceUpkeepTests {
  private static let second: UInt64 = 1_000_000

  /// A service as its recorder sees it, looked at four times a second.
  private struct Watched {
    let clock = TestClock()
    var upkeep: ServiceUpkeep
    var isAttached = true
    var isWaiting = true
    var settled: UInt64 = 0
    var goesOn = false
    /// Changes of `isMissed`.
    var words: [Bool] = []

    init(patience seconds: UInt64) {
      upkeep = ServiceUpkeep(clock: clock, patience: seconds * second)
    }

    /// Seconds until it counts as lost; nil if it does not within so many.
    mutating func lost(within seconds: UInt64, _ turn: (inout Self) -> Void = { _ in }) -> UInt64? {
      for _ in 0..<seconds * 4 {
        turn(&self)
        do {
          let isChanged = try upkeep.look(
            isAttached: isAttached, isWaiting: isWaiting, settled: settled, isOpen: true,
            goesOn: goesOn)
          if isChanged { words.append(upkeep.isMissed) }
        } catch {
          guard case .lost(let seconds) = error else { return nil }
          return seconds
        }
        clock.advance(second / 4)
      }
      return nil
    }
  }

  @Test func `one that is connected and acknowledges nothing is told once, and lost like one away`()
  {
    for isAttached in [true, false] {
      var watched = Watched(patience: 10)
      #expect(watched.lost(within: 1) == nil)
      watched.isAttached = isAttached
      #expect(watched.lost(within: 30) == 10)
      #expect(watched.words == [true])
    }
  }

  @Test func `one that gets on is not given up, however slow`() {
    var watched = Watched(patience: 10)
    var turns = 0
    let lost = watched.lost(within: 300) { watched in
      turns += 1
      if turns.isMultiple(of: 36) { watched.settled += 1 }
    }
    #expect(lost == nil && !watched.upkeep.isGone)
    watched.isWaiting = false
    #expect(watched.lost(within: 300) == nil)
    #expect(watched.words.last == false)
  }

  @Test func `a sync may take a moment even without patience`() {
    var watched = Watched(patience: 0)
    #expect(watched.lost(within: 2) == nil)
    watched.settled = 1
    #expect(watched.lost(within: 2) == nil)
    #expect(watched.lost(within: 2) == 2)
  }

  @Test func `one that comes back again and again and takes nothing is given up`() {
    var watched = Watched(patience: 10)
    var turns = 0
    let lost = watched.lost(within: 60) { watched in
      turns += 1
      watched.isAttached = turns % 8 < 4
    }
    #expect(lost == 10)
  }

  @Test func `time in which the recorder itself stood still is none of the service's`() {
    var watched = Watched(patience: 10)
    #expect(watched.lost(within: 2) == nil)
    watched.clock.advance(3600 * Self.second)
    #expect(watched.lost(within: 2) == nil)
    watched.settled = 1
    #expect(watched.lost(within: 9) == nil)
  }

  @Test func `a command that may go on without it does so as soon as it would be lost`() {
    var watched = Watched(patience: 10)
    watched.goesOn = true
    #expect(watched.lost(within: 10) == nil && !watched.upkeep.isGone)
    #expect(watched.lost(within: 600) == nil && watched.upkeep.isGone)
    watched.settled = 1
    #expect(watched.lost(within: 1) == nil && !watched.upkeep.isGone)
  }
}

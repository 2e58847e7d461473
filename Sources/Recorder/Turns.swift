internal import Synchronization

/// A value that threads work on in turns.
struct Turns<Value: ~Copyable>: ~Copyable, Sendable {
  /// Sendable, because the value is touched by whoever's turn it is alone.
  ///
  /// Not private, which Swift 6.3 takes for grounds to make a broken module.
  struct Held: ~Copyable, @unchecked Sendable {
    var value: Value
  }

  private let held: Mutex<Held>

  init(_ value: consuming Value) { held = Mutex(Held(value: value)) }

  /// Waits for a turn.
  borrowing func take<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try held.withLock { held throws(Failure) in try body(&held.value) }
  }

  /// Takes a turn if nobody else has one now; nil if somebody has.
  borrowing func takeIfFree<Result>(_ body: (inout Value) -> Result) -> Result? {
    held.withLockIfAvailable { held in body(&held.value) }
  }

  /// Waits for a turn, and puts another value in the place of the one that is there.
  borrowing func replace(_ value: consuming Value) {
    var next = Held(value: value)
    held.withLock { held in swap(&held, &next) }
  }
}

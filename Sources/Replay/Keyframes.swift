internal import Terminal

/// Copies of the terminal at some events, so that a seek need not begin at the beginning.
///
/// What they may cost is bounded: when the bound is reached, every second one is dropped and the
/// distance between new ones doubles. What is seen never depends on which ones there are.
struct Keyframes: Sendable {
  struct Keyframe: Sendable {
    /// The terminal as it is after this event.
    var event: Int
    var terminal: VirtualTerminal
    /// Bytes of output before it.
    var output: UInt64
    /// Bytes it may hold that no other copy shares.
    var cost: Int
  }

  private(set) var frames: [Keyframe] = []
  private(set) var total = 0
  private let budget: Int
  /// Output between two keyframes, in bytes, once some had to be dropped.
  private var distance = 0

  init(budget: Int = 48 << 20) { self.budget = budget }

  var count: Int { frames.count }

  /// Takes a keyframe; they come in order.
  ///
  /// One that comes too soon after the last is not kept.
  mutating func add(_ frame: Keyframe) {
    guard frame.event > frames.last?.event ?? -1 else { return }
    if distance > 0, let last = frames.last, frame.output &- last.output < UInt64(distance) {
      return
    }
    frames.append(frame)
    total += frame.cost
    while total > budget, frames.count > 1 { thin() }
    if total > budget { (frames, total) = ([], 0) }
  }

  /// The nearest one at or before an event.
  func nearest(_ event: Int) -> Keyframe? { Self.nearest(event, in: frames) }

  static func nearest(_ event: Int, in frames: [Keyframe]) -> Keyframe? {
    var (low, high) = (0, frames.count)
    while low < high {
      let middle = (low + high) / 2
      if frames[middle].event <= event { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? frames[low - 1] : nil
  }

  private mutating func thin() {
    let span = frames.last.map { $0.output &- frames[0].output } ?? 0
    distance = max(distance * 2, Int(clamping: span) / max(1, frames.count) * 2)
    frames = frames.indices.filter { $0 % 2 == 1 }.map { frames[$0] }
    // What the dropped one shared with its neighbour is now the neighbour's alone.
    total = 0
    for index in frames.indices {
      frames[index].cost = min(frames[index].cost * 2, Self.most(frames[index].terminal))
      total += frames[index].cost
    }
  }

  /// What a copy costs at most, sharing nothing.
  static func most(_ terminal: VirtualTerminal) -> Int {
    // A cell takes 16 bytes.
    4096 + (2 * terminal.rows + terminal.scrollbackCount) * (terminal.columns * 16 + 56)
  }
}

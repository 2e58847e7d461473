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
    /// Bytes it may hold that no other copy shares.
    var cost: Int
  }

  private var frames: [Keyframe] = []
  private(set) var total = 0
  private let budget: Int
  /// Output between two keyframes, in bytes.
  private(set) var distance: Int
  private var sinceLast = 0

  init(budget: Int = 48 << 20, distance: Int = 128 << 10) {
    self.budget = budget
    self.distance = distance
  }

  var count: Int { frames.count }

  /// Tells of output that was fed; keeps a copy when it is time for one.
  ///
  /// Events come in order.
  mutating func passed(_ event: Int, bytes: Int, _ terminal: VirtualTerminal) {
    sinceLast &+= bytes
    guard sinceLast >= distance, event > frames.last?.event ?? -1 else { return }
    let rows = 2 * terminal.rows + terminal.scrollbackCount
    // A cell takes 16 bytes, and each byte of output writes one cell at most but for erasures.
    let cost = 4096 + min(rows * (terminal.columns * 16 + 56), sinceLast * 24 + terminal.rows * 64)
    frames.append(Keyframe(event: event, terminal: terminal, cost: cost))
    total += cost
    sinceLast = 0
    if total > budget { thin() }
  }

  /// The nearest one at or before an event.
  func nearest(_ event: Int) -> Keyframe? {
    var (low, high) = (0, frames.count)
    while low < high {
      let middle = (low + high) / 2
      if frames[middle].event <= event { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? frames[low - 1] : nil
  }

  private mutating func thin() {
    distance = distance > Int.max / 2 ? distance : distance * 2
    frames = frames.indices.filter { $0 % 2 == 1 }.map { frames[$0] }
    // What the dropped one shared with its neighbour is now the neighbour's alone.
    total = 0
    for index in frames.indices {
      let terminal = frames[index].terminal
      let rows = 2 * terminal.rows + terminal.scrollbackCount
      frames[index].cost = min(
        frames[index].cost * 2, 4096 + rows * (terminal.columns * 16 + 56))
      total += frames[index].cost
    }
  }
}

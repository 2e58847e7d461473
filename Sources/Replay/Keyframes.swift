internal import Platform
internal import Terminal

/// The terminal at some events, packed, so that a seek need not begin at the beginning.
///
/// What they may cost is bounded: when the bound is reached, every second one is dropped and the
/// distance between new ones doubles. What is seen never depends on which ones there are.
struct Keyframes: Sendable {
  struct Keyframe: Sendable, Equatable {
    /// The terminal as it is after this event.
    var event: Int
    /// Bytes of output up to there.
    var output: UInt64
    var packed: [UInt8]

    init(event: Int, output: UInt64, packed: [UInt8]) {
      self.event = event
      self.output = output
      self.packed = packed
    }

    /// Nil where there is no memory to pack it.
    init?(event: Int, output: UInt64, _ terminal: VirtualTerminal) {
      self.init(event: event, output: output, packed: [])
      let plain = terminal.snapshot()
      do throws(ZstdFailure) {
        let compressor = try Compressor(level: 1, windowLog: 17)
        try compressor.compress(plain.span, ending: .frame, into: &packed)
      } catch {
        return nil
      }
    }

    var cost: Int { packed.count + 64 }

    /// The terminal; nil where the bytes are no snapshot, which only those from a file can be.
    func restored() -> VirtualTerminal? {
      var plain: [UInt8] = []
      do throws(ZstdFailure) {
        let decompressor = try Decompressor(windowLog: 17)
        var position = 0
        guard
          try decompressor.decompress(
            packed.span, from: &position, into: &plain, limit: Self.mostBytes)
        else { return nil }
      } catch {
        return nil
      }
      return VirtualTerminal(snapshot: plain)
    }

    private static let mostBytes = 64 << 20
  }

  private(set) var frames: [Keyframe] = []
  private(set) var total = 0
  let budget: Int
  /// Output between two keyframes, in bytes, once some had to be dropped.
  private var distance: UInt64 = 0

  init(budget: Int = 48 << 20) { self.budget = budget }

  var count: Int { frames.count }

  /// Output after the last keyframe at which a scout makes the next one: closer together at first, where most are short.
  static func distance(at output: UInt64) -> UInt64 {
    output < 16 << 20 ? 128 << 10 : 512 << 10
  }

  /// Takes a keyframe; they come in order.
  ///
  /// One that comes too soon after the last is not kept.
  mutating func add(_ frame: Keyframe) {
    guard frame.event > frames.last?.event ?? -1 else { return }
    if let last = frames.last, frame.output &- last.output < distance { return }
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

  mutating func remove(_ event: Int) {
    frames.removeAll { $0.event == event }
    total = frames.reduce(0) { $0 + $1.cost }
  }

  private mutating func thin() {
    let span = frames.last.map { $0.output &- frames[0].output } ?? 0
    distance = max(distance * 2, span / UInt64(max(1, frames.count)) * 2)
    frames = frames.indices.filter { $0 % 2 == 1 }.map { frames[$0] }
    total = frames.reduce(0) { $0 + $1.cost }
  }
}

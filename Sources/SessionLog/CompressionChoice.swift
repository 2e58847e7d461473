internal import Platform

/// Chooses how each data frame of a session that has its process to itself is compressed.
///
/// Most sessions print little: they get the settings that make the fewest bytes, at less than a twentieth of a core.
/// What prints without pause must not wait for them: it gets one of two that are fast, whichever made fewer bytes of its
/// latest full frames. Figures: Benchmarks/README.md. A reader takes any.
struct CompressionChoice {
  enum Kind: Sendable, Equatable {
    /// The fewest bytes.
    case thorough
    /// Fast, for text that repeats itself over a long way: sources, listings, logs of builds.
    case text
    /// Fast, for text of much chance, such as times and numbers: remembers little, since a repetition of a few bytes
    /// costs more to point at from afar than to spell.
    case numbers

    var settings: CompressorSettings {
      switch self {
      case .thorough: CompressorSettings(level: 6, windowLog: 20, hashLog: 17, chainLog: 16)
      case .text: CompressorSettings(level: 3, windowLog: 20, hashLog: 15, chainLog: 10)
      case .numbers:
        CompressorSettings(level: 3, windowLog: 20, hashLog: 10, chainLog: 9, minMatch: 7)
      }
    }

    fileprivate var other: Kind { self == .text ? .numbers : .text }
  }

  /// Bytes of lines a second from which on speed counts.
  static let flood = 4 << 20
  /// A frame with fewer bytes of lines tells nothing.
  static let telling = 256 << 10
  /// Frames between two tries of the kind that is not in use: first, and at most.
  static let trials = (first: 4, most: 256)
  /// A frame that differs from the one before by such a part of it is of other content: then the other kind is tried.
  static let change = 0.125

  /// For the next frame.
  private(set) var kind = Kind.thorough
  /// The fast kind in use, while or after the output floods.
  private var fast = Kind.text
  /// Share of a latest full frame that was stored.
  private var text: Double?
  private var numbers: Double?
  private var untilTrial = 0
  private var gap = trials.first

  /// Takes note of a frame of `content` bytes that became `stored` bytes, `microseconds` after it was begun.
  mutating func noteFrame(content: Int, stored: Int, microseconds: UInt64) {
    guard content >= Self.telling else {
      // Ended by the clock: whoever prints so little may be served thoroughly.
      if isSlow(content, microseconds) { kind = .thorough }
      return
    }
    let share = Double(stored) / Double(content)
    if kind == fast, let latest = kind == .text ? text : numbers,
      abs(share - latest) > Self.change * latest
    {
      untilTrial = 0
    }
    switch kind {
    case .thorough: break
    case .text: text = share
    case .numbers: numbers = share
    }
    kind = isSlow(content, microseconds) ? .thorough : nextFast()
  }

  private func isSlow(_ content: Int, _ microseconds: UInt64) -> Bool {
    Double(content) * 1_000_000 < Double(Self.flood) * Double(microseconds)
  }

  private mutating func nextFast() -> Kind {
    guard let text, let numbers else { return text == nil ? .text : .numbers }
    let better = numbers < text ? Kind.numbers : .text
    if kind == .thorough {
      // What was learnt before is of another time.
      untilTrial = 0
    } else if better != fast {
      fast = better
      gap = Self.trials.first
      untilTrial = gap
    } else if kind == fast.other {
      // Tried, and found worse: less often from now on.
      gap = min(gap * 4, Self.trials.most)
      untilTrial = gap
    }
    guard untilTrial > 0 else { return fast.other }
    untilTrial -= 1
    return fast
  }
}

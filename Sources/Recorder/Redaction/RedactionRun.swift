/// One candidate on its way through the automaton, resumable where bytes run out.
struct RedactionRun {
  struct Match: Sendable, Equatable {
    var detector: Int
    /// One past its last byte.
    var end: Int
  }

  enum Outcome: Equatable {
    /// What follows decides.
    case pending
    case match(Match)
    case none
  }

  /// A point stands before the candidate.
  private var isFraction = false
  /// Where the candidate begins in the bytes held.
  private(set) var start = 0
  private(set) var position = 0
  private(set) var state: Int32 = 0
  /// Whether the state at `position` was asked what it accepts.
  private var isAsked = true
  /// Matches so far, each longer than the one before; only the last one's check can be left out.
  private var accepted: [Match] = []

  /// States that led to nothing, by place: a later candidate that comes to the same state at the same place ends too,
  /// which keeps the whole search linear.
  private var failed: [Int32] = []
  private var failedGeneration = 0

  mutating func begin(at start: Int, _ state: Int32, before: UInt8) {
    self.start = start
    isFraction = before == 0x2E
    self.state = state
    position = start
    isAsked = true
    accepted.removeAll(keepingCapacity: true)
  }

  /// The first `count` bytes are gone.
  mutating func drop(_ count: Int) {
    start -= count
    position -= count
    for index in accepted.indices { accepted[index].end -= count }
    failed.removeFirst(min(count, failed.count))
  }

  mutating func forget() { failed.removeAll(keepingCapacity: true) }

  /// Goes on as far as the bytes allow.
  mutating func advance(
    _ bytes: [UInt8], isEnd: Bool, _ automaton: inout PatternAutomaton,
    _ detectors: [Detector]
  ) -> Outcome {
    while true {
      if !isAsked {
        for number in automaton.accepts[Int(state)] {
          let detector = Int(number)
          if detectors[detector].pattern.endsAtBoundary {
            if position == bytes.count {
              if !isEnd { return .pending }
            } else if ByteSet.word.contains(bytes[position]) {
              continue
            }
          }
          if detectors[detector].check == .none { accepted.removeAll(keepingCapacity: true) }
          accepted.append(Match(detector: detector, end: position))
          break
        }
        isAsked = true
      }
      guard automaton.goesOn[Int(state)] else { return decide(bytes, detectors) }
      if position - start >= Redactor.limit, isBounded(detectors) {
        return decide(bytes, detectors)
      }
      guard position < bytes.count else { return isEnd ? decide(bytes, detectors) : .pending }
      let next = automaton.step(state, bytes[position])
      position += 1
      if next == PatternAutomaton.dead || hasFailed(next, automaton.generation) {
        return decide(bytes, detectors)
      }
      state = next
      isAsked = false
    }
  }

  /// True if what was matched so far is a detector's whose matches do not go on for ever.
  func isBounded(_ detectors: [Detector]) -> Bool {
    accepted.last.map { detectors[$0.detector].isBounded } ?? false
  }

  /// Ends the candidate with what it has: the longest match that passes its check.
  mutating func decide(_ bytes: [UInt8], _ detectors: [Detector]) -> Outcome {
    if accepted.isEmpty { return .none }
    while let match = accepted.popLast() {
      switch detectors[match.detector].check {
      case .none: return .match(match)
      case .card:
        // A digit after a point is of a number with decimals.
        if !isFraction, CardNumber.isPlausible(bytes, start..<match.end) { return .match(match) }
      }
    }
    // A check that failed says nothing about the same state reached from elsewhere.
    forget()
    return .none
  }

  /// True if this state at this place led to nothing before; notes it for the next one.
  private mutating func hasFailed(_ state: Int32, _ generation: Int) -> Bool {
    if generation != failedGeneration {
      forget()
      failedGeneration = generation
    }
    guard position < failed.count else {
      while failed.count < position { failed.append(-1) }
      failed.append(state)
      return false
    }
    if failed[position] == state, accepted.isEmpty { return true }
    failed[position] = state
    return false
  }
}

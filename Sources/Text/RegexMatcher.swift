/// Finds a pattern in texts, one after the other; it keeps what it learns of the pattern.
///
/// One for each thread. Time is linear in the text, memory bounded.
package struct PatternMatcher: Sendable {
  package let pattern: SearchPattern
  private var states: PatternStates
  private var threads: PatternThreads
  /// What every match holds; of no length where nothing is known.
  private let literal: LiteralFinder
  /// Nothing but the literal is wanted.
  private let isLiteral: Bool
  /// The automaton cannot tell a match from one of no length.
  private let isSlow: Bool

  package init(_ pattern: SearchPattern) {
    self.pattern = pattern
    states = PatternStates(pattern.program)
    threads = PatternThreads(pattern.program)
    isSlow = states.matchesEmpty
    isLiteral = pattern.literal != nil
    if let whole = pattern.literal {
      literal = LiteralFinder(whole.bytes, folds: whole.folds)
    } else if pattern.anyOf.count == 1, pattern.anyOf[0].count > 1 {
      literal = LiteralFinder(pattern.anyOf[0], folds: true)
    } else {
      literal = LiteralFinder([], folds: false)
    }
  }

  /// True if the pattern matches somewhere in the text, with at least one character.
  package mutating func matches(_ text: Span<UInt8>) -> Bool {
    if literal.count > 0 {
      guard literal.find(in: text, from: 0) != nil else { return false }
      if isLiteral { return true }
    }
    // What may match nothing is no match where it does: the slow way knows which.
    return isSlow ? firstMatch(in: text, from: 0) != nil : states.run(text)
  }

  /// The leftmost match at or after a place, in bytes, at least one long.
  package mutating func firstMatch(in text: Span<UInt8>, from start: Int) -> Range<Int>? {
    if isLiteral {
      return literal.find(in: text, from: start).map { $0..<$0 + literal.count }
    }
    var place = start
    while place <= text.count {
      guard let found = threads.run(text, from: place) else { return nil }
      if !found.isEmpty { return found }
      place = found.upperBound + 1
    }
    return nil
  }

  /// All matches, which do not overlap.
  package mutating func allMatches(in text: Span<UInt8>) -> [Range<Int>] {
    if literal.count > 0, literal.find(in: text, from: 0) == nil { return [] }
    var found: [Range<Int>] = []
    var place = 0
    while let range = firstMatch(in: text, from: place) {
      found.append(range)
      place = range.upperBound
    }
    return found
  }

  package mutating func allMatches(in text: String) -> [Range<Int>] {
    let bytes = Array(text.utf8)
    return allMatches(in: bytes.span)
  }
}

/// All ways through the pattern at once, in the order of their preference: where a text matches (Pike's machine).
struct PatternThreads: Sendable {
  private let program: PatternProgram
  private var current: ThreadList
  private var following: ThreadList

  init(_ program: PatternProgram) {
    self.program = program
    current = ThreadList(program)
    following = current
  }

  mutating func run(_ text: Span<UInt8>, from start: Int) -> Range<Int>? {
    current.removeAll()
    var found: Range<Int>?
    var at = start
    while true {
      if found == nil {
        if current.places.isEmpty, let first = program.firstBytes {
          while at < text.count, !first[Int(text[at])] { at += 1 }
          if at >= text.count { return nil }
        }
        current.add(program.start, from: at, text, at)
      }
      if current.places.isEmpty, found != nil || at >= text.count { return found }
      following.removeAll()
      threads: for index in current.places.indices {
        let begin = current.starts[index]
        switch program.code[Int(current.places[index])] {
        case .bytes(let low, let high, let next):
          if at < text.count, text[at] >= low, text[at] <= high {
            following.add(next, from: begin, text, at + 1)
          }
        case .match:
          found = begin..<at
          // Those behind it are liked less.
          break threads
        default: continue
        }
      }
      swap(&current, &following)
      if at >= text.count { return found }
      at += 1
    }
  }
}

/// The ways that are open at one place of the text, and where each began.
private struct ThreadList: Sendable {
  private let program: PatternProgram
  private(set) var places: [Int32] = []
  private(set) var starts: [Int] = []
  private var marks: [UInt64]
  private var mark: UInt64 = 1

  init(_ program: PatternProgram) {
    self.program = program
    marks = [UInt64](repeating: 0, count: program.code.count)
  }

  mutating func removeAll() {
    places.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    mark += 1
  }

  /// Follows what takes no byte, the preferred way first.
  mutating func add(_ place: Int, from begin: Int, _ text: Span<UInt8>, _ at: Int) {
    var stack = [place]
    while let place = stack.popLast() {
      guard marks[place] != mark else { continue }
      marks[place] = mark
      switch program.code[place] {
      case .bytes, .match:
        places.append(Int32(place))
        starts.append(begin)
      case .split(let one, let two): stack += [two, one]
      case .jump(let next): stack.append(next)
      case .assert(let assertion, let next):
        if Self.holds(assertion, text, at) { stack.append(next) }
      }
    }
  }

  private static func holds(
    _ assertion: PatternNode.Assertion, _ text: Span<UInt8>, _ at: Int
  ) -> Bool {
    assertion.holds(
      between: at > 0 ? Neighbour(text[at - 1]) : .edge,
      and: at < text.count ? Neighbour(text[at]) : .edge)
  }
}

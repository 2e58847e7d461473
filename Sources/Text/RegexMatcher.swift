/// Finds a pattern in texts, one after the other; it keeps what it learns of the pattern.
///
/// One for each thread. Time is linear in the text, memory bounded.
package struct PatternMatcher: Sendable {
  package let pattern: SearchPattern
  private var states: PatternStates
  private var threads: PatternThreads
  private let literal: LiteralFinder?
  /// Nothing but the literal is wanted, in any case of its ASCII letters or in the very same bytes.
  private let isLiteral: Bool

  package init(_ pattern: SearchPattern) {
    self.pattern = pattern
    states = PatternStates(pattern.program)
    threads = PatternThreads(pattern.program)
    let utf8 = Array(pattern.source.utf8)
    let isPlain = !pattern.isExpression && (!pattern.ignoresCase || utf8.allSatisfy { $0 < 0x80 })
    isLiteral = isPlain
    if isPlain {
      literal = LiteralFinder(
        pattern.ignoresCase ? utf8.map(LiteralFinder.lower) : utf8, folds: pattern.ignoresCase)
    } else if pattern.anyOf.count == 1, pattern.anyOf[0].count > 1 {
      literal = LiteralFinder(pattern.anyOf[0], folds: true)
    } else {
      literal = nil
    }
  }

  /// True if the pattern matches somewhere in the text, with at least one character.
  package mutating func matches(_ text: Span<UInt8>) -> Bool {
    if let literal {
      guard literal.find(in: text, from: 0) != nil else { return false }
      if isLiteral { return true }
    }
    // What may match nothing is no match where it does: the slow way knows which.
    if pattern.program.hasAssertions || states.matchesEmpty {
      return firstMatch(in: text, from: 0) != nil
    }
    return states.run(text)
  }

  /// The leftmost match at or after a place, in bytes, at least one long.
  package mutating func firstMatch(in text: Span<UInt8>, from start: Int) -> Range<Int>? {
    if isLiteral, let literal {
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
    if let literal, literal.find(in: text, from: 0) == nil { return [] }
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

/// Horspool's search for one piece of text.
struct LiteralFinder: Sendable {
  private let piece: [UInt8]
  private let skip: [Int]
  /// The text's bytes as they are compared.
  private let fold: [UInt8]

  /// With `folds`, the piece is in ASCII lower case.
  init(_ piece: [UInt8], folds: Bool) {
    self.piece = piece
    fold = (0...255).map { folds ? Self.lower(UInt8($0)) : UInt8($0) }
    var skip = [Int](repeating: max(1, piece.count), count: 256)
    for (index, byte) in piece.dropLast().enumerated() {
      skip[Int(byte)] = piece.count - 1 - index
    }
    self.skip = skip
  }

  var count: Int { piece.count }

  static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

  func find(in text: Span<UInt8>, from start: Int) -> Int? {
    let length = piece.count
    guard length > 0 else { return nil }
    var place = start
    while place <= text.count - length {
      let last = fold[Int(text[place + length - 1])]
      if last == piece[length - 1] {
        var index = 0
        while index < length - 1, fold[Int(text[place + index])] == piece[index] { index += 1 }
        if index == length - 1 { return place }
      }
      place += skip[Int(last)]
    }
    return nil
  }
}

/// A deterministic automaton made as far as texts need it: whether a text matches, not where.
struct PatternStates: Sendable {
  private static let mostCells = 512 << 10

  private let program: PatternProgram
  /// Instructions that a state stands for; those that take a byte, and `match`.
  private var members: [[Int32]] = []
  private var numbers: [[Int32]: Int32] = [:]
  /// For each state and class of bytes the next state; -1 unknown, -2 a match.
  private var next: [Int32] = []
  private var marks: [UInt32]
  private var mark: UInt32 = 0
  let matchesEmpty: Bool

  init(_ program: PatternProgram) {
    self.program = program
    marks = [UInt32](repeating: 0, count: program.code.count)
    matchesEmpty = Self.canBeEmpty(program)
  }

  private static func canBeEmpty(_ program: PatternProgram) -> Bool {
    var seen = Set<Int>()
    var stack = [program.start]
    while let place = stack.popLast() {
      guard seen.insert(place).inserted else { continue }
      switch program.code[place] {
      case .bytes: continue
      case .split(let one, let two): stack += [one, two]
      case .jump(let next), .assert(_, let next): stack.append(next)
      case .match: return true
      }
    }
    return false
  }

  mutating func run(_ text: Span<UInt8>) -> Bool {
    var state = begin()
    var index = 0
    while true {
      switch walk(text, &index, &state) {
      case .end: return false
      case .match: return true
      case .unknown:
        let byte = text[index]
        let following = step(state, byte, Int(program.classes[Int(byte)]))
        if following == -2 { return true }
        state = following
        index += 1
      }
    }
  }

  private enum Stop { case end, match, unknown }

  /// Goes on as far as the states are known.
  private func walk(_ text: Span<UInt8>, _ index: inout Int, _ state: inout Int32) -> Stop {
    let table = next.span
    let classes = program.classes.span
    let width = program.classCount
    var row = Int(state) * width
    while index < text.count {
      let following = table[row + Int(classes[Int(text[index])])]
      if following < 0 {
        state = Int32(row / width)
        return following == -2 ? .match : .unknown
      }
      row = Int(following) * width
      index += 1
    }
    return .end
  }

  private mutating func begin() -> Int32 {
    guard members.isEmpty else { return 0 }
    mark &+= 1
    var places: [Int32] = []
    close(program.start, &places)
    return number(of: places) ?? 0
  }

  private mutating func step(_ state: Int32, _ byte: UInt8, _ kind: Int) -> Int32 {
    mark &+= 1
    var places: [Int32] = []
    var isMatch = false
    for place in members[Int(state)] {
      if case .bytes(let low, let high, let next) = program.code[Int(place)], byte >= low,
        byte <= high
      {
        if close(next, &places) { isMatch = true }
      }
    }
    if isMatch {
      next[Int(state) * program.classCount + kind] = -2
      return -2
    }
    // A match may begin anywhere.
    close(program.start, &places)
    places.sort()
    if let known = number(of: places) {
      next[Int(state) * program.classCount + kind] = known
      return known
    }
    // No room: all that was learnt is forgotten but for the state in hand and the first one.
    members = []
    numbers = [:]
    next = []
    _ = begin()
    return number(of: places) ?? 0
  }

  /// Adds what is reached without a byte; true if that is a match.
  @discardableResult
  private mutating func close(_ place: Int, _ places: inout [Int32]) -> Bool {
    var stack = [place]
    var isMatch = false
    while let place = stack.popLast() {
      guard marks[place] != mark else { continue }
      marks[place] = mark
      switch program.code[place] {
      case .bytes: places.append(Int32(place))
      case .split(let one, let two): stack += [two, one]
      case .jump(let next), .assert(_, let next): stack.append(next)
      case .match: isMatch = true
      }
    }
    return isMatch
  }

  /// The state's number; nil where there is no room for another one.
  private mutating func number(of places: [Int32]) -> Int32? {
    if let known = numbers[places] { return known }
    let isFull = next.count + program.classCount > Self.mostCells || members.count > 20_000
    guard !isFull || members.count < 2 else { return nil }
    let number = Int32(members.count)
    members.append(places)
    numbers[places] = number
    next.append(contentsOf: repeatElement(-1, count: program.classCount))
    return number
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
    func isWord(_ index: Int) -> Bool {
      guard index >= 0, index < text.count else { return false }
      return switch text[index] {
      case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: true
      default: false
      }
    }
    return switch assertion {
    case .textStart: at == 0
    case .textEnd: at == text.count
    case .lineStart: at == 0 || text[at - 1] == 0x0A
    case .lineEnd: at == text.count || text[at] == 0x0A
    case .wordBoundary: isWord(at - 1) != isWord(at)
    case .noWordBoundary: isWord(at - 1) == isWord(at)
    }
  }
}

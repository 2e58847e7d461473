/// What stands on one side of a place in a text, as far as assertions tell it apart.
enum Neighbour: UInt8, Sendable {
  /// Nothing: the text begins or ends there.
  case edge
  case lineFeed
  case word
  case other

  init(_ byte: UInt8) {
    self =
      switch byte {
      case 0x0A: .lineFeed
      case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: .word
      default: .other
      }
  }
}

extension PatternNode.Assertion {
  func holds(between before: Neighbour, and after: Neighbour) -> Bool {
    switch self {
    case .textStart: before == .edge
    case .textEnd: after == .edge
    case .lineStart: before == .edge || before == .lineFeed
    case .lineEnd: after == .edge || after == .lineFeed
    case .wordBoundary: (before == .word) != (after == .word)
    case .noWordBoundary: (before == .word) == (after == .word)
    }
  }
}

/// A deterministic automaton made as far as texts need it: whether a text matches, not where.
///
/// An assertion is answered when the byte behind its place is read: until then it waits in the state, which knows what
/// stands before it.
struct PatternStates: Sendable {
  private static let mostCells = 512 << 10

  private struct Key: Hashable, Sendable {
    /// Instructions: those that take a byte, and assertions that wait.
    var places: [Int32]
    var before: Neighbour
  }

  private let program: PatternProgram
  private var members: [Key] = []
  private var numbers: [Key: Int] = [:]
  /// A row for each state: for each class of bytes where the next state's row begins here, and last what the text's end
  /// makes of it, 0 for nothing; -1 unknown, -2 a match.
  private var next: [Int32] = []
  private var width: Int { program.classCount + 1 }
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
    if members.isEmpty { begin() }
    var row = 0
    var index = 0
    while true {
      switch walk(text, &index, &row) {
      case .end: return program.hasAssertions && isMatchAtEnd(row)
      case .match: return true
      case .unknown:
        let byte = text[index]
        guard let following = step(row, byte, Int(program.classes[Int(byte)])) else { return true }
        row = following
        index += 1
      }
    }
  }

  private enum Stop { case end, match, unknown }

  /// Goes on as far as the states are known.
  private func walk(_ text: Span<UInt8>, _ index: inout Int, _ first: inout Int) -> Stop {
    var row = first
    var at = index
    var following: Int32 = 0
    // Unchecked, because this goes over every byte of a gigabyte: a row is one of the table's, or `step` had not made it;
    // a class is below the width; a place is below the text's length.
    unsafe text.withUnsafeBufferPointer { text in
      unsafe next.withUnsafeBufferPointer { table in
        unsafe program.classes.withUnsafeBufferPointer { classes in
          let count = text.count
          guard let text = text.baseAddress, let table = table.baseAddress,
            let classes = classes.baseAddress
          else { return }
          while at < count {
            following = unsafe table[row &+ Int(classes[Int(text[at])])]
            guard following >= 0 else { return }
            row = Int(following)
            at &+= 1
          }
        }
      }
    }
    (first, index) = (row, at)
    return following >= 0 ? .end : following == -2 ? .match : .unknown
  }

  private mutating func begin() {
    mark &+= 1
    var places: [Int32] = []
    close(program.start, .edge, nil, &places)
    _ = number(of: Key(places: places.sorted(), before: .edge))
  }

  /// The row that follows; nil where that is a match.
  private mutating func step(_ row: Int, _ byte: UInt8, _ kind: Int) -> Int? {
    let (key, cell) = (members[row / width], row + kind)
    let current = Neighbour(byte)
    guard let open = settled(key, current) else {
      next[cell] = -2
      return nil
    }
    mark &+= 1
    var places: [Int32] = []
    // What stands before matters only to assertions.
    let before = program.hasAssertions ? current : .other
    var isMatch = false
    for place in open {
      if case .bytes(let low, let high, let next) = program.code[Int(place)], byte >= low,
        byte <= high
      {
        if close(next, before, nil, &places) { isMatch = true }
      }
    }
    if isMatch {
      next[cell] = -2
      return nil
    }
    // A match may begin anywhere.
    close(program.start, before, nil, &places)
    let following = Key(places: places.sorted(), before: before)
    if let known = number(of: following) {
      next[cell] = Int32(known * width)
      return known * width
    }
    // No room: all that was learnt is forgotten but for the state in hand and the first one.
    (members, numbers, next) = ([], [:], [])
    begin()
    return (number(of: following) ?? 0) * width
  }

  /// The places of a state once what stands behind it is known; nil where that is a match.
  private mutating func settled(_ key: Key, _ after: Neighbour) -> [Int32]? {
    guard program.hasAssertions else { return key.places }
    mark &+= 1
    var places: [Int32] = []
    for place in key.places {
      if close(Int(place), key.before, after, &places) { return nil }
    }
    return places
  }

  private mutating func isMatchAtEnd(_ row: Int) -> Bool {
    let cell = row + width - 1
    if next[cell] == -1 { next[cell] = settled(members[row / width], .edge) == nil ? -2 : 0 }
    return next[cell] == -2
  }

  /// Adds what is reached without a byte; true if that is a match.
  ///
  /// With `after` nil, assertions that ask for what stands behind are added themselves.
  @discardableResult
  private mutating func close(
    _ place: Int, _ before: Neighbour, _ after: Neighbour?, _ places: inout [Int32]
  ) -> Bool {
    var stack = [place]
    var isMatch = false
    while let place = stack.popLast() {
      guard marks[place] != mark else { continue }
      marks[place] = mark
      switch program.code[place] {
      case .bytes: places.append(Int32(place))
      case .split(let one, let two): stack += [two, one]
      case .jump(let next): stack.append(next)
      case .assert(let assertion, let next):
        if let after {
          if assertion.holds(between: before, and: after) { stack.append(next) }
        } else {
          switch assertion {
          case .textStart, .lineStart:
            if assertion.holds(between: before, and: .other) { stack.append(next) }
          case .textEnd, .lineEnd, .wordBoundary, .noWordBoundary: places.append(Int32(place))
          }
        }
      case .match: isMatch = true
      }
    }
    return isMatch
  }

  /// The state's number; nil where there is no room for another one.
  private mutating func number(of key: Key) -> Int? {
    if let known = numbers[key] { return known }
    let isFull = next.count + width > Self.mostCells || members.count > 20_000
    guard !isFull || members.count < 2 else { return nil }
    let number = members.count
    members.append(key)
    numbers[key] = number
    next.append(contentsOf: repeatElement(-1, count: width))
    return number
  }
}

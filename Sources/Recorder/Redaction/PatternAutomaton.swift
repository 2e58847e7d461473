/// Several patterns as one automaton whose states are made when they are first reached.
///
/// One table look-up a byte, whatever the patterns. The table is bounded: when it is full it is begun anew.
struct PatternAutomaton {
  /// No match can come of it any more.
  static let dead: Int32 = 0
  static let unknown: Int32 = -1
  private static let mostStates = 8192

  private enum Node {
    case bytes(ByteSet, next: Int32)
    case split(Int32, Int32)
    case accept(Int32)
  }

  private var nodes: [Node] = []
  private var entries: [(start: Int32, atBoundaryOnly: Bool)] = []
  /// Which column of the table a byte has.
  private(set) var column = [UInt8](repeating: 0, count: 256)
  private(set) var columns = 1

  /// The state after each column's bytes, row after row.
  ///
  /// `unknown` where nobody came by yet.
  private(set) var table: [Int32] = []
  private var sets: [[Int32]] = []
  private var numbers: [[Int32]: Int32] = [:]
  /// Patterns that accept in a state, lowest number first.
  private(set) var accepts: [[Int32]] = []
  private(set) var isAccepting: [Bool] = []
  /// Whether a longer match may follow.
  private(set) var goesOn: [Bool] = []
  /// Goes up when the table is begun anew: state numbers from before mean nothing then.
  private(set) var generation = 0
  private(set) var startAtBoundary: Int32 = 0
  private(set) var startAnywhere: Int32 = 0

  init(_ patterns: [ParsedPattern]) {
    for (number, parsed) in patterns.enumerated() {
      let end = add(.accept(Int32(number)))
      entries.append((build(parsed.pattern, to: end), parsed.startsAtBoundary))
    }
    sortBytes()
    begin()
  }

  private mutating func add(_ node: Node) -> Int32 {
    nodes.append(node)
    return Int32(nodes.count - 1)
  }

  /// Adds the nodes of a pattern that goes on at `next`; returns where it begins.
  private mutating func build(_ pattern: Pattern, to next: Int32) -> Int32 {
    switch pattern {
    case .bytes(let set): return add(.bytes(set, next: next))
    case .sequence(let parts):
      return parts.reversed().reduce(next) { build($1, to: $0) }
    case .choice(let parts):
      guard var start = parts.last.map({ build($0, to: next) }) else { return next }
      for part in parts.dropLast().reversed() { start = add(.split(build(part, to: next), start)) }
      return start
    case .repeated(let part, let least, let most):
      var start = next
      if let most {
        // Nested, so that each optional repetition has one way out.
        for _ in least..<max(least, most) { start = add(.split(build(part, to: start), next)) }
      } else {
        let loop = add(.split(next, next))
        nodes[Int(loop)] = .split(build(part, to: loop), next)
        start = loop
      }
      for _ in 0..<least { start = build(part, to: start) }
      return start
    }
  }

  /// Bytes that no pattern tells apart share a column.
  private mutating func sortBytes() {
    var sets: [ByteSet] = []
    for case .bytes(let set, _) in nodes where !sets.contains(set) { sets.append(set) }
    var known: [[Bool]: UInt8] = [:]
    for byte in UInt8.min...UInt8.max {
      let signature = sets.map { $0.contains(byte) }
      let number = known[signature] ?? UInt8(truncatingIfNeeded: known.count)
      known[signature] = number
      column[Int(byte)] = number
    }
    columns = max(1, known.count)
  }

  private mutating func begin() {
    table.removeAll(keepingCapacity: true)
    sets.removeAll(keepingCapacity: true)
    numbers.removeAll(keepingCapacity: true)
    accepts.removeAll(keepingCapacity: true)
    isAccepting.removeAll(keepingCapacity: true)
    goesOn.removeAll(keepingCapacity: true)
    generation &+= 1
    _ = number(of: [])
    for index in 0..<columns { table[index] = Self.dead }
    startAtBoundary = number(of: closure(entries.map(\.start)))
    startAnywhere = number(of: closure(entries.filter { !$0.atBoundaryOnly }.map(\.start)))
  }

  private mutating func number(of set: [Int32]) -> Int32 {
    if let known = numbers[set] { return known }
    let number = Int32(sets.count)
    numbers[set] = number
    sets.append(set)
    accepts.append(
      set.compactMap { node in
        if case .accept(let pattern) = nodes[Int(node)] { pattern } else { nil }
      }.sorted())
    isAccepting.append(!accepts[Int(number)].isEmpty)
    goesOn.append(set.count > accepts[Int(number)].count)
    table.append(contentsOf: repeatElement(Self.unknown, count: columns))
    return number
  }

  /// The nodes that wait for a byte or accept, reached from `starts` without one; sorted.
  private func closure(_ starts: [Int32]) -> [Int32] {
    var seen: Set<Int32> = []
    var stack = starts
    var result: [Int32] = []
    while let node = stack.popLast() {
      guard seen.insert(node).inserted else { continue }
      switch nodes[Int(node)] {
      case .split(let a, let b):
        stack.append(a)
        stack.append(b)
      case .bytes, .accept: result.append(node)
      }
    }
    return result.sorted()
  }

  /// The state after `byte`; `dead` once no match is possible.
  mutating func step(_ state: Int32, _ byte: UInt8) -> Int32 {
    let place = Int(state) * columns + Int(column[Int(byte)])
    let known = table[place]
    return known == Self.unknown ? make(state, byte, place) : known
  }

  /// What a state stands for, whatever its number.
  func nodes(of state: Int32) -> [Int32] { sets[Int(state)] }

  /// The state that stands for these nodes.
  mutating func state(of nodes: [Int32]) -> Int32 {
    if sets.count >= Self.mostStates, numbers[nodes] == nil { begin() }
    return number(of: nodes)
  }

  private mutating func make(_ state: Int32, _ byte: UInt8, _ place: Int) -> Int32 {
    var next: [Int32] = []
    for node in sets[Int(state)] {
      if case .bytes(let set, let following) = nodes[Int(node)], set.contains(byte) {
        next.append(following)
      }
    }
    let target = closure(next)
    if sets.count >= Self.mostStates, numbers[target] == nil {
      begin()
      return number(of: target)
    }
    let made = number(of: target)
    table[place] = made
    return made
  }
}

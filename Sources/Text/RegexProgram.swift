/// A pattern as instructions over UTF-8 bytes (Thompson's construction).
struct PatternProgram: Sendable {
  enum Instruction: Sendable {
    case bytes(UInt8, UInt8, next: Int)
    /// The first way is tried first.
    case split(Int, Int)
    case jump(Int)
    case assert(PatternNode.Assertion, next: Int)
    case match
  }

  private static let most = 20_000

  private(set) var code: [Instruction] = []
  private(set) var start = 0
  private(set) var hasAssertions = false
  /// Bytes that no instruction tells apart have one number.
  private(set) var classes = [UInt8](repeating: 0, count: 256)
  private(set) var classCount = 1
  /// The bytes a match can begin with; nil where an assertion comes first or it may be empty.
  private(set) var firstBytes: [Bool]?

  init(_ node: PatternNode) throws(SearchPattern.Fault) {
    let end = try add(.match)
    start = try compile(node, to: end)
    makeClasses()
    firstBytes = first()
  }

  private mutating func add(_ instruction: Instruction) throws(SearchPattern.Fault) -> Int {
    guard code.count < Self.most else {
      throw SearchPattern.Fault(offset: 0, reason: "repeats too much to be matched")
    }
    code.append(instruction)
    return code.count - 1
  }

  /// Appends the instructions of a node that go on at `next`; returns where they begin.
  private mutating func compile(
    _ node: PatternNode, to next: Int
  ) throws(SearchPattern.Fault) -> Int {
    switch node {
    case .set(let set): return try compile(set, to: next)
    case .sequence(let nodes):
      var place = next
      for node in nodes.reversed() { place = try compile(node, to: place) }
      return place
    case .choice(let nodes):
      guard let last = nodes.last else { return next }
      var place = try compile(last, to: next)
      for node in nodes.dropLast().reversed() {
        let way = try compile(node, to: next)
        place = try add(.split(way, place))
      }
      return place
    case .assertion(let assertion):
      hasAssertions = true
      return try add(.assert(assertion, next: next))
    case .repetition(let inner, let least, let most, let isGreedy):
      var place = next
      if let most {
        for _ in 0..<max(0, most - least) {
          let way = try compile(inner, to: place)
          // Each optional round can be left at once: to what follows all of them.
          place = try add(isGreedy ? .split(way, next) : .split(next, way))
        }
      } else {
        let loop = try add(.jump(next))
        let way = try compile(inner, to: loop)
        code[loop] = isGreedy ? .split(way, next) : .split(next, way)
        place = loop
      }
      for _ in 0..<least { place = try compile(inner, to: place) }
      return place
    }
  }

  private mutating func compile(
    _ set: ScalarSet, to next: Int
  ) throws(SearchPattern.Fault) -> Int {
    var ways: [Int] = []
    for range in set.ranges {
      for sequence in UTF8Ranges.sequences(range) {
        var place = next
        for (low, high) in sequence.reversed() {
          place = try add(.bytes(low, high, next: place))
        }
        ways.append(place)
      }
    }
    // A set of nothing: a byte that UTF-8 does not have.
    guard var place = ways.last else { return try add(.bytes(0xFF, 0xFF, next: next)) }
    for way in ways.dropLast().reversed() { place = try add(.split(way, place)) }
    return place
  }

  private mutating func makeClasses() {
    var isBoundary = [Bool](repeating: false, count: 257)
    for case .bytes(let low, let high, _) in code {
      isBoundary[Int(low)] = true
      isBoundary[Int(high) + 1] = true
    }
    // Assertions tell these from the others.
    for byte in 1..<256 where hasAssertions {
      if Neighbour(UInt8(byte)) != Neighbour(UInt8(byte - 1)) { isBoundary[byte] = true }
    }
    var number = 0
    for byte in 0..<256 {
      if byte > 0, isBoundary[byte] { number += 1 }
      classes[byte] = UInt8(number)
    }
    classCount = number + 1
  }

  private func first() -> [Bool]? {
    var bytes = [Bool](repeating: false, count: 256)
    var seen = Set<Int>()
    var stack = [start]
    while let place = stack.popLast() {
      guard seen.insert(place).inserted else { continue }
      switch code[place] {
      case .bytes(let low, let high, _): for byte in low...high { bytes[Int(byte)] = true }
      case .split(let one, let two): stack += [one, two]
      case .jump(let next): stack.append(next)
      case .assert, .match: return nil
      }
    }
    return bytes
  }
}

/// Ranges of scalars as sequences of ranges of bytes.
///
/// Source: the encoding of RFC 3629; surrogates are left out.
enum UTF8Ranges {
  typealias Sequence = [(UInt8, UInt8)]

  static func sequences(_ range: ClosedRange<UInt32>) -> [Sequence] {
    var result: [Sequence] = []
    for part in [
      0...0x7F as ClosedRange<UInt32>, 0x80...0x7FF, 0x800...0xD7FF, 0xE000...0xFFFF,
      0x10000...0x10FFFF,
    ] where part.overlaps(range) {
      split(range.clamped(to: part), into: &result)
    }
    return result
  }

  /// Splits a range of scalars of one length until each part is a product of byte ranges.
  private static func split(_ range: ClosedRange<UInt32>, into result: inout [Sequence]) {
    let (low, high) = (range.lowerBound, range.upperBound)
    let length = low < 0x80 ? 1 : low < 0x800 ? 2 : low < 0x10000 ? 3 : 4
    for index in 1..<max(2, length) where length > 1 {
      let mask = (UInt32(1) << UInt32(6 * index)) - 1
      guard low & ~mask != high & ~mask else { continue }
      if low & mask != 0 {
        split(low...(low | mask), into: &result)
        split((low | mask) + 1...high, into: &result)
        return
      }
      if high & mask != mask {
        split(low...(high & ~mask) - 1, into: &result)
        split((high & ~mask)...high, into: &result)
        return
      }
    }
    result.append(Array(zip(bytes(low, length), bytes(high, length))))
  }

  private static func bytes(_ value: UInt32, _ length: Int) -> [UInt8] {
    func tail(_ shift: UInt32) -> UInt8 { UInt8(0x80 | value >> shift & 0x3F) }
    return switch length {
    case 1: [UInt8(value)]
    case 2: [UInt8(0xC0 | value >> 6), tail(0)]
    case 3: [UInt8(0xE0 | value >> 12), tail(6), tail(0)]
    default: [UInt8(0xF0 | value >> 18), tail(12), tail(6), tail(0)]
    }
  }
}

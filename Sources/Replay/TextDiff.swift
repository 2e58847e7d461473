/// The difference between two lists of lines, as `diff -u` would group it.
package struct TextDiff: Sendable, Equatable {
  package enum Side: Sendable, Equatable { case both, first, second }

  package struct Line: Sendable, Equatable {
    package var side: Side
    /// Place in the first and in the second list, from 0; of the next line there where it is in one list only.
    package var first: Int
    package var second: Int
  }

  /// Lines that belong together, with some of those around them.
  package struct Hunk: Sendable, Equatable {
    package var lines: [Line]
  }

  package let hunks: [Hunk]
  package let removed: Int
  package let added: Int
  /// Some stretch was too unlike to be compared line by line, and is shown as replaced whole.
  package let isCoarse: Bool

  package var isEqual: Bool { hunks.isEmpty }

  package init(_ first: [String], _ second: [String], context: Int = 3) {
    var numbers: [String: Int] = [:]
    func number(_ line: String) -> Int {
      if let known = numbers[line] { return known }
      numbers[line] = numbers.count
      return numbers.count - 1
    }
    var comparison = Comparison(first.map(number), second.map(number))
    comparison.compare(0..<first.count, 0..<second.count)
    let lines = comparison.lines
    hunks = Self.group(lines, context)
    removed = lines.count { $0.side == .first }
    added = lines.count { $0.side == .second }
    isCoarse = comparison.isCoarse
  }

  private static func group(_ lines: [Line], _ context: Int) -> [Hunk] {
    var hunks: [Hunk] = []
    var range: Range<Int>?
    for (index, line) in lines.enumerated() where line.side != .both {
      let near = max(0, index - context)..<min(lines.count, index + context + 1)
      if let open = range, near.lowerBound <= open.upperBound {
        range = open.lowerBound..<near.upperBound
      } else {
        if let open = range { hunks.append(Hunk(lines: Array(lines[open]))) }
        range = near
      }
    }
    if let open = range { hunks.append(Hunk(lines: Array(lines[open]))) }
    return hunks
  }
}

/// Splits at lines that are in both lists once (patience), and compares what is between by Myers' algorithm.
private struct Comparison {
  /// Differences looked for in one stretch; a square of it is remembered.
  private static let most = 1500

  private let first: [Int]
  private let second: [Int]
  private(set) var lines: [TextDiff.Line] = []
  private(set) var isCoarse = false

  init(_ first: [Int], _ second: [Int]) {
    self.first = first
    self.second = second
  }

  mutating func compare(_ one: Range<Int>, _ two: Range<Int>) {
    var (one, two) = (one, two)
    while let a = one.first, let b = two.first, first[a] == second[b] {
      both(a, b)
      one = a + 1..<one.upperBound
      two = b + 1..<two.upperBound
    }
    var ends = 0
    while ends < one.count, ends < two.count,
      first[one.upperBound - 1 - ends] == second[two.upperBound - 1 - ends]
    {
      ends += 1
    }
    let (oneEnd, twoEnd) = (one.upperBound, two.upperBound)
    between(one.lowerBound..<oneEnd - ends, two.lowerBound..<twoEnd - ends)
    for back in (0..<ends).reversed() { both(oneEnd - 1 - back, twoEnd - 1 - back) }
  }

  private mutating func both(_ a: Int, _ b: Int) {
    lines.append(TextDiff.Line(side: .both, first: a, second: b))
  }

  private mutating func between(_ one: Range<Int>, _ two: Range<Int>) {
    if one.isEmpty || two.isEmpty { return replace(one, two) }
    let anchors = anchors(one, two)
    guard !anchors.isEmpty else { return walk(one, two) }
    var (a, b) = (one.lowerBound, two.lowerBound)
    for anchor in anchors {
      compare(a..<anchor.0, b..<anchor.1)
      both(anchor.0, anchor.1)
      (a, b) = (anchor.0 + 1, anchor.1 + 1)
    }
    compare(a..<one.upperBound, b..<two.upperBound)
  }

  private mutating func replace(_ one: Range<Int>, _ two: Range<Int>) {
    for a in one { lines.append(TextDiff.Line(side: .first, first: a, second: two.lowerBound)) }
    for b in two { lines.append(TextDiff.Line(side: .second, first: one.upperBound, second: b)) }
  }

  /// Lines that stand once in each stretch, as many as keep their order in both.
  private func anchors(_ one: Range<Int>, _ two: Range<Int>) -> [(Int, Int)] {
    func once(_ range: Range<Int>, _ list: [Int]) -> [Int: Int] {
      var places: [Int: Int] = [:]
      var repeated: Set<Int> = []
      for place in range where places.updateValue(place, forKey: list[place]) != nil {
        repeated.insert(list[place])
      }
      return places.filter { !repeated.contains($0.key) }
    }
    let (inOne, inTwo) = (once(one, first), once(two, second))
    let pairs = inOne.compactMap { line, a in inTwo[line].map { (a, $0) } }.sorted { $0.0 < $1.0 }
    // The longest rising sequence, by piles.
    var piles: [Int] = []
    var before: [Int?] = []
    for (index, pair) in pairs.enumerated() {
      var (low, high) = (0, piles.count)
      while low < high {
        let middle = (low + high) / 2
        if pairs[piles[middle]].1 < pair.1 { low = middle + 1 } else { high = middle }
      }
      before.append(low > 0 ? piles[low - 1] : nil)
      if low == piles.count { piles.append(index) } else { piles[low] = index }
    }
    var result: [(Int, Int)] = []
    var place = piles.last
    while let index = place {
      result.append(pairs[index])
      place = before[index]
    }
    return result.reversed()
  }

  /// Myers, "An O(ND) difference algorithm" (1986), greedy with its trace.
  private mutating func walk(_ one: Range<Int>, _ two: Range<Int>) {
    let (n, m) = (one.count, two.count)
    let most = min(n + m, Self.most)
    var reach = [Int](repeating: 0, count: 2 * most + 2)
    var trace: [[Int]] = []
    for d in 0...most {
      trace.append(reach)
      for k in stride(from: -d, through: d, by: 2) {
        let isDown = k == -d || k != d && reach[k - 1 + most] < reach[k + 1 + most]
        var x = isDown ? reach[k + 1 + most] : reach[k - 1 + most] + 1
        while x < n, x - k < m, x - k >= 0,
          first[one.lowerBound + x] == second[two.lowerBound + x - k]
        {
          x += 1
        }
        reach[k + most] = x
        if x >= n, x - k >= m { return back(trace, d, one, two, most) }
      }
    }
    isCoarse = true
    replace(one, two)
  }

  private mutating func back(
    _ trace: [[Int]], _ steps: Int, _ one: Range<Int>, _ two: Range<Int>, _ most: Int
  ) {
    var found: [TextDiff.Line] = []
    var (x, y) = (one.count, two.count)
    for d in (0...steps).reversed() {
      let reach = trace[d]
      let k = x - y
      let isDown = d > 0 && (k == -d || k != d && reach[k - 1 + most] < reach[k + 1 + most])
      let fromK = d == 0 ? k : isDown ? k + 1 : k - 1
      let fromX = d == 0 ? 0 : reach[fromK + most]
      // Where the diagonal begins: behind the one step that led onto it.
      let startX = d == 0 ? 0 : isDown ? fromX : fromX + 1
      while x > startX {
        (x, y) = (x - 1, y - 1)
        found.append(
          TextDiff.Line(side: .both, first: one.lowerBound + x, second: two.lowerBound + y))
      }
      guard d > 0 else { break }
      if isDown { y -= 1 } else { x -= 1 }
      found.append(
        TextDiff.Line(
          side: isDown ? .second : .first, first: one.lowerBound + x, second: two.lowerBound + y))
    }
    lines += found.reversed()
  }
}

/// The lines of one screen, in a ring: scrolling the whole screen moves no line.
struct Grid: Sendable {
  private(set) var lines: [Line]
  /// Where row 0 stands in `lines`.
  private var first = 0

  init(rows: Int) {
    lines = [Line](repeating: Line(), count: max(1, rows))
  }

  var rows: Int { lines.count }

  @inline(__always)
  private func place(_ row: Int) -> Int {
    let index = first &+ row
    return index >= lines.count ? index &- lines.count : index
  }

  /// Row 0 is the top; the caller keeps `row` within `rows`.
  @inline(__always)
  subscript(_ row: Int) -> Line {
    get { lines[place(row)] }
    _modify { yield &lines[place(row)] }
  }

  /// Scrolls `top..<bottom` up by one line, which the caller has saved if it is to be kept.
  mutating func scrollUp(_ top: Int, _ bottom: Int) {
    if top == 0, bottom == lines.count {
      first = place(1)
    } else {
      var row = top
      while row + 1 < bottom {
        lines.swapAt(place(row), place(row + 1))
        row += 1
      }
    }
    lines[place(bottom - 1)].clear()
  }

  /// Scrolls `top..<bottom` down by one line; the lowest is lost.
  mutating func scrollDown(_ top: Int, _ bottom: Int) {
    if top == 0, bottom == lines.count {
      first = place(lines.count - 1)
    } else {
      var row = bottom - 1
      while row > top {
        lines.swapAt(place(row), place(row - 1))
        row -= 1
      }
    }
    lines[place(top)].clear()
  }

  /// Scrolls `top..<bottom` up by `count` lines with one turn of the range.
  mutating func scrollUp(_ top: Int, _ bottom: Int, by count: Int) {
    let height = bottom - top
    guard height > 0 else { return }
    if count >= height {
      for row in top..<bottom { lines[place(row)].clear() }
    } else if top == 0, bottom == lines.count {
      for _ in 0..<count { scrollUp(top, bottom) }
    } else {
      for row in top..<(bottom - count) { lines.swapAt(place(row), place(row + count)) }
      for row in (bottom - count)..<bottom { lines[place(row)].clear() }
    }
  }

  /// Scrolls `top..<bottom` down by `count` lines.
  mutating func scrollDown(_ top: Int, _ bottom: Int, by count: Int) {
    let height = bottom - top
    guard height > 0 else { return }
    if count >= height {
      for row in top..<bottom { lines[place(row)].clear() }
    } else if top == 0, bottom == lines.count {
      for _ in 0..<count { scrollDown(top, bottom) }
    } else {
      var row = bottom - 1
      while row >= top + count {
        lines.swapAt(place(row), place(row - count))
        row -= 1
      }
      for row in top..<(top + count) { lines[place(row)].clear() }
    }
  }

  mutating func clear() {
    for index in lines.indices { lines[index].clear() }
  }

  /// The lines from the top down, for the rare operations that rebuild the grid.
  var ordered: [Line] {
    (0..<lines.count).map { self[$0] }
  }

  mutating func replace(with ordered: [Line]) {
    guard !ordered.isEmpty else { return }
    lines = ordered
    first = 0
  }
}

extension Grid: Equatable {
  /// Compares the rows, not where they stand in the ring.
  static func == (left: Grid, right: Grid) -> Bool {
    left.rows == right.rows && (0..<left.rows).allSatisfy { left[$0] == right[$0] }
  }
}

/// A place in the text that stays on its character while lines are wrapped anew.
struct ReflowPosition: Sendable, Equatable {
  /// In the lines given before, in the lines made after.
  var line: Int
  var column: Int
  var isWrapPending: Bool
}

/// Joins lines that wrapped into each other and wraps them again at another width.
///
/// Lines go in from the top; `finish` closes the last one. A line nobody wrote to stays one line,
/// and colour beyond the text stays as far as it fits.
struct Reflow {
  /// A line that was never taken apart stays in its compact form.
  enum Piece {
    case settled(SettledLine)
    case line(Line)

    var line: Line {
      switch self {
      case .settled(let settled): settled.line
      case .line(let line): line
      }
    }

    var isBlank: Bool {
      switch self {
      case .settled: false
      case .line(let line): line == Line()
      }
    }
  }

  private let oldColumns: Int
  private let columns: Int
  private(set) var pieces: [Piece] = []
  private(set) var positions: [ReflowPosition]
  /// Where the lines made of each position's line begin, once it is made.
  private var unmapped: [Int]
  private var taken = 0
  private var cells: [PackedCell] = []
  private var isOpen = false
  /// Offsets in `cells` of the positions that stand in the line being joined.
  private var offsets: [(position: Int, offset: Int)] = []

  init(from oldColumns: Int, to columns: Int, positions: [ReflowPosition]) {
    self.oldColumns = oldColumns
    self.columns = columns
    self.positions = positions
    unmapped = Array(positions.indices)
  }

  /// Takes a line of the scrollback.
  mutating func take(_ settled: SettledLine) {
    let isHere = unmapped.contains { positions[$0].line == taken }
    if !isOpen, !settled.isWrapped, settled.count <= columns, !isHere {
      taken += 1
      pieces.append(.settled(settled))
    } else {
      take(settled.line)
    }
  }

  mutating func take(_ line: Line) {
    for position in unmapped where positions[position].line == taken {
      let place = positions[position]
      offsets.append((position, cells.count + place.column + (place.isWrapPending ? 1 : 0)))
    }
    unmapped.removeAll { positions[$0].line == taken }
    taken += 1
    isOpen = line.isWrapped
    let used = line.used
    if line.isWrapped {
      // A wide character that did not fit left its cell in this line empty.
      let hasGap = used.count == oldColumns && used.last.map { $0.text == 0 && !$0.isTail } == true
      cells += hasGap ? used.dropLast() : used
    } else {
      let end = (used.lastIndex { $0.text != 0 || $0.isTail } ?? -1) + 1
      cells += used[..<end]
      close(colour: used[end...])
    }
  }

  mutating func finish() {
    if isOpen { close(colour: [], isWrapped: true) }
    isOpen = false
  }

  private mutating func close(colour: ArraySlice<PackedCell>, isWrapped: Bool = false) {
    let first = pieces.count
    var starts: [Int] = []
    var start = 0
    repeat {
      starts.append(start)
      var end = min(start + columns, cells.count)
      if end < cells.count, cells[end].isTail { end -= 1 }
      var line = Array(cells[start..<max(start, end)])
      if end == start, end < cells.count {
        // A wide character where lines have one column loses its second half, and its text.
        line = [.erased(Pen(style: cells[start].style))]
        end += 2
      }
      let isLast = end >= cells.count
      if isLast { line += colour.prefix(columns - line.count) }
      pieces.append(.line(Line(cells: line, isWrapped: !isLast || isWrapped)))
      start = end
    } while start < cells.count
    for (position, offset) in offsets {
      positions[position] = place(offset, positions[position], starts, first)
    }
    offsets.removeAll()
    cells.removeAll(keepingCapacity: true)
  }

  private func place(
    _ offset: Int, _ before: ReflowPosition, _ starts: [Int], _ first: Int
  ) -> ReflowPosition {
    // A pending wrap belongs to the line it is the end of.
    let sought = before.isWrapPending ? offset - 1 : offset
    let index = (starts.lastIndex { $0 <= sought }) ?? 0
    let column = offset - starts[index]
    // After the last character of a full line the next one wraps.
    let isAtEnd = column == columns && (before.isWrapPending || offset == cells.count)
    return ReflowPosition(
      line: first + index, column: min(column, columns - 1), isWrapPending: isAtEnd)
  }
}

package import Terminal
internal import Text

/// All cells of the viewer's terminal, and where its cursor is to stand.
package struct Frame: Sendable {
  /// No window is larger than this, whatever it says.
  package static let maximum = 1000

  package let columns: Int
  package let rows: Int
  private(set) var cells: [FrameCell]
  /// Texts of more than one scalar; cells tell their numbers.
  private(set) var texts: [String] = []
  /// Nil for a hidden cursor.
  package var cursor: Place?

  package struct Place: Sendable, Equatable {
    package var row: Int
    package var column: Int

    package init(row: Int, column: Int) {
      (self.row, self.column) = (row, column)
    }
  }

  /// A blank frame; sizes are brought into 1...`maximum`.
  package init(columns: Int, rows: Int) {
    self.columns = min(max(1, columns), Self.maximum)
    self.rows = min(max(1, rows), Self.maximum)
    cells = [FrameCell](repeating: .blank, count: self.columns * self.rows)
  }

  func cell(_ row: Int, _ column: Int) -> SafeCell {
    let cell = cells[row * columns + column]
    return SafeCell(drawn: text(cell), width: cell.width, cell.style.style, cell.isCertain)
  }

  /// "" in the second cell of a wide character.
  private func text(_ cell: FrameCell) -> String {
    if let number = cell.text { return texts[number] }
    guard cell.width > 0, let scalar = Unicode.Scalar(cell.scalar) else { return "" }
    return String(scalar) + (cell.isPadded ? " " : "")
  }

  /// True if a cell shows the same as that of another frame.
  @inline(__always)
  func shows(_ index: Int, as other: borrowing Frame) -> Bool {
    let (here, there) = (cells[index], other.cells[index])
    guard let text = here.text, let otherText = there.text else { return here == there }
    // The number of a text is one frame's own.
    return here.style == there.style && here.width == there.width
      && texts[text] == other.texts[otherText]
  }

  /// Cells of one row, for comparing.
  func range(ofRow row: Int) -> Range<Int> { row * columns..<(row + 1) * columns }

  /// Draws `terminal` as seen through a window whose corner shows `origin`.
  package mutating func draw(_ terminal: VirtualTerminal, from origin: Place, in rect: Rect) {
    var judge = CellJudge()
    draw(terminal, from: origin, in: rect, judgedBy: &judge)
  }

  /// Draws `terminal`; the judge remembers what it found from frame to frame.
  package mutating func draw(
    _ terminal: VirtualTerminal, from origin: Place, in rect: Rect, judgedBy judge: inout CellJudge
  ) {
    let rect = rect.cut(columns: columns, rows: rows)
    let isInverse = terminal.isReverseVideo
    let width = min(rect.columns, terminal.columns - origin.column)
    if width > 0 {
      var bare: [BareCell] = []
      for row in 0..<rect.rows {
        let source = row + origin.row
        guard source < terminal.rows else { break }
        let line = terminal.row(source)
        line.copyBare(origin.column..<origin.column + width, into: &bare)
        let first = (rect.row + row) * columns + rect.column
        for column in 0..<width {
          var cell = judge.cell(bare[column], line, column + origin.column, &texts)
          if isInverse { cell.style.attributes.formSymmetricDifference(.inverse) }
          // Half of a wide character at the edge of the window shows as a blank.
          if cell.width == 2, column + 1 >= width { cell = .space(cell.style) }
          if column > 0, cells[first + column - 1].width == 2 {
            // A head whose tail is not there would make the row one column too long.
            if cell.width != 0 {
              cells[first + column - 1] = .space(cells[first + column - 1].style)
            }
          } else if cell.width == 0 {
            cell = .space(cell.style)
          }
          cells[first + column] = cell
        }
      }
    }
    let cursor = terminal.cursor
    let place = Place(
      row: cursor.row - origin.row + rect.row, column: cursor.column - origin.column + rect.column)
    self.cursor = cursor.isVisible && rect.contains(place) ? place : nil
  }

  /// Draws cells over one row as they are, for what stands out on a screen drawn before.
  mutating func restyle(row: Int, columns range: Range<Int>, _ change: (inout Style) -> Void) {
    guard (0..<rows).contains(row) else { return }
    for column in range.clamped(to: 0..<columns) {
      var style = cells[row * columns + column].style.style
      change(&style)
      cells[row * columns + column].style = PackedStyle(style)
    }
  }

  /// Writes a line of any text, made safe and cut to `width` columns; returns the columns it took.
  @discardableResult
  package mutating func put(
    _ text: String, row: Int, column: Int, width: Int? = nil, style: Style = .plain
  ) -> Int {
    guard (0..<rows).contains(row), column >= 0, column < columns else { return 0 }
    let room = min(width ?? columns, columns - column)
    let shown = DisplayWidth.truncate(TerminalText.line(text), to: room)
    let style = PackedStyle(style)
    var at = column
    for scalar in shown.unicodeScalars {
      guard let cell = CellJudge.cell(encoded: scalar, style) else { continue }
      guard at + cell.width <= column + room else { break }
      cells[row * columns + at] = cell
      if cell.width == 2 { cells[row * columns + at + 1] = .tail(style) }
      at += cell.width
    }
    mend(row, column, at)
    return at - column
  }

  /// Fills columns of a row with blanks of a style.
  package mutating func fill(row: Int, from column: Int, to end: Int, style: Style) {
    guard (0..<rows).contains(row) else { return }
    let space = FrameCell.space(PackedStyle(style))
    let range = max(0, column)..<max(0, column, min(end, columns))
    for at in range { cells[row * columns + at] = space }
    mend(row, range.lowerBound, range.upperBound)
  }

  /// Turns halves of wide characters that lost their other half to `start..<end` into blanks.
  private mutating func mend(_ row: Int, _ start: Int, _ end: Int) {
    guard start < end else { return }
    let first = row * columns
    if start > 0, cells[first + start - 1].width == 2 {
      cells[first + start - 1] = .space(cells[first + start - 1].style)
    }
    if end < columns, cells[first + end].width == 0 {
      cells[first + end] = .space(cells[first + end].style)
    }
  }
}

extension Frame: Equatable {
  /// Compares what is to be seen.
  package static func == (left: Frame, right: Frame) -> Bool {
    left.columns == right.columns && left.rows == right.rows && left.cursor == right.cursor
      && left.cells.indices.allSatisfy { left.shows($0, as: right) }
  }
}

/// A part of a frame.
package struct Rect: Sendable, Equatable {
  package var row: Int
  package var column: Int
  package var rows: Int
  package var columns: Int

  package init(row: Int, column: Int, rows: Int, columns: Int) {
    (self.row, self.column, self.rows, self.columns) = (row, column, max(0, rows), max(0, columns))
  }

  package func contains(_ place: Frame.Place) -> Bool {
    place.row >= row && place.row < row + rows && place.column >= column
      && place.column < column + columns
  }

  /// The part of it that lies in a frame of that size.
  func cut(columns total: Int, rows height: Int) -> Rect {
    let (top, left) = (min(max(0, row), height), min(max(0, column), total))
    return Rect(
      row: top, column: left, rows: min(rows, height - top), columns: min(columns, total - left))
  }
}

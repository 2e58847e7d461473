package import Terminal
internal import Text

/// All cells of the viewer's terminal, and where its cursor is to stand.
package struct Frame: Sendable, Equatable {
  /// No window is larger than this, whatever it says.
  package static let maximum = 1000

  package let columns: Int
  package let rows: Int
  private(set) var cells: [SafeCell]
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
    cells = [SafeCell](repeating: .blank, count: self.columns * self.rows)
  }

  func cell(_ row: Int, _ column: Int) -> SafeCell { cells[row * columns + column] }

  /// Cells of one row, for comparing.
  func range(ofRow row: Int) -> Range<Int> { row * columns..<(row + 1) * columns }

  /// Draws `terminal` as seen through a window whose corner shows `origin`.
  package mutating func draw(_ terminal: VirtualTerminal, from origin: Place, in rect: Rect) {
    let rect = rect.cut(columns: columns, rows: rows)
    let isInverse = terminal.isReverseVideo
    let width = min(rect.columns, terminal.columns - origin.column)
    if width > 0 {
      for row in 0..<rect.rows {
        let source = row + origin.row
        guard source < terminal.rows else { break }
        let line = terminal.row(source)
        let first = (rect.row + row) * columns + rect.column
        for column in 0..<width {
          var cell = SafeCell(line.cell(column + origin.column))
          if isInverse { cell.style.attributes.formSymmetricDifference(.inverse) }
          // Half of a wide character at the edge of the window shows as a blank.
          if cell.width == 2, column + 1 >= width { cell = .space(cell.style) }
          if cell.width == 0, column == 0 || cells[first + column - 1].width != 2 {
            cell = .space(cell.style)
          }
          // A head whose tail is not there would make the row one column too long.
          if column > 0, cells[first + column - 1].width == 2, cell.width != 0 {
            cells[first + column - 1] = .space(cells[first + column - 1].style)
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
    for column in range.clamped(to: 0..<columns) { change(&cells[row * columns + column].style) }
  }

  /// Writes a line of any text, made safe and cut to `width` columns; returns the columns it took.
  @discardableResult
  package mutating func put(
    _ text: String, row: Int, column: Int, width: Int? = nil, style: Style = .plain
  ) -> Int {
    guard (0..<rows).contains(row), column >= 0, column < columns else { return 0 }
    let room = min(width ?? columns, columns - column)
    let shown = DisplayWidth.truncate(TerminalText.line(text), to: room)
    var at = column
    for scalar in shown.unicodeScalars {
      guard let cell = SafeCell(encoded: scalar, style: style) else { continue }
      guard at + cell.width <= column + room else { break }
      cells[row * columns + at] = cell
      if cell.width == 2 { cells[row * columns + at + 1] = .tail(style) }
      at += cell.width
    }
    mend(row)
    return at - column
  }

  /// Fills columns of a row with blanks of a style.
  package mutating func fill(row: Int, from column: Int, to end: Int, style: Style) {
    guard (0..<rows).contains(row) else { return }
    for at in max(0, column)..<max(0, column, min(end, columns)) {
      cells[row * columns + at] = .space(style)
    }
    mend(row)
  }

  /// Turns halves of wide characters that lost their other half into blanks.
  private mutating func mend(_ row: Int) {
    let range = range(ofRow: row)
    for index in range {
      if cells[index].width == 0, index == range.lowerBound || cells[index - 1].width != 2 {
        cells[index] = .space(cells[index].style)
      }
      if cells[index].width == 2, index + 1 >= range.upperBound || cells[index + 1].width != 0 {
        cells[index] = .space(cells[index].style)
      }
    }
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

/// What the screen shows at one moment, kept to tell later whether it shows something else.
///
/// Taking it copies nothing; the rows changed afterwards are copied when they change.
package struct ScreenMark: Sendable {
  fileprivate let grid: Grid
  fileprivate let cursor: CursorState
  fileprivate let isReverseVideo: Bool
}

extension VirtualTerminal {
  package var mark: ScreenMark {
    ScreenMark(grid: screen.grid, cursor: cursor, isReverseVideo: isReverseVideo)
  }

  /// True if a viewer sees the very picture of `mark`, cursor and size included.
  package func shows(_ mark: ScreenMark) -> Bool {
    guard mark.grid.rows == screen.grid.rows, mark.isReverseVideo == isReverseVideo,
      mark.cursor.row == cursor.row, mark.cursor.column == cursor.column,
      mark.cursor.isVisible == cursor.isVisible
    else { return false }
    for row in 0..<screen.grid.rows where mark.grid[row] != screen.grid[row] { return false }
    return true
  }

  /// Appends a visible row as UTF-8, without the blanks at its end.
  ///
  /// The same as `row(_:).text()`, at the price of a copy.
  package func appendText(ofRow index: Int, to bytes: inout [UInt8]) {
    guard index >= 0, index < screen.rows else { return }
    let start = bytes.count
    let line = screen.grid[index]
    let cells = line.cells.span
    var end = min(line.occupied, cells.count)
    while end > 0, cells[end - 1].text == 0 || cells[end - 1].text == 0x20 { end -= 1 }
    bytes.append(contentsOf: repeatElement(0x20, count: end))
    var mixed: UInt32 = 0
    var target = bytes.mutableSpan
    for column in 0..<end {
      let content = cells[column].content
      mixed |= content ^ PackedCell.narrow
      if content != PackedCell.narrow {
        target[start + column] = UInt8(truncatingIfNeeded: content)
      }
    }
    guard mixed >= 0x80 else { return }
    bytes.removeLast(end)
    let context = RowContext(clusters: screen.clusters, decorations: screen.decorations)
    for column in 0..<end where !cells[column].isTail {
      let text = cells[column].text
      if text < 0x80 {
        bytes.append(text == 0 ? 0x20 : UInt8(truncatingIfNeeded: text))
      } else {
        bytes.append(contentsOf: context.text(of: cells[column]).utf8)
      }
    }
    while bytes.count > start, bytes[bytes.count - 1] == 0x20 { bytes.removeLast() }
  }

  /// Appends a row of the scrollback as UTF-8, without the blanks at its end.
  package func appendText(ofScrollback index: Int, to bytes: inout [UInt8]) {
    if !screen.scrollback.appendText(of: index, to: &bytes) {
      bytes.append(contentsOf: scrollbackRow(index).text().utf8)
    }
  }
}

extension HiddenContent {
  /// What was found before and written down.
  package init(
    _ kind: Kind, row: Int, column: Int, offset: UInt64, detail: String
  ) {
    self.init(kind: kind, row: row, column: column, offset: offset, detail: detail)
  }
}

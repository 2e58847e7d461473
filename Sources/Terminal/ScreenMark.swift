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
    let context = RowContext(clusters: screen.clusters, decorations: screen.decorations)
    for cell in screen.grid[index].used where !cell.isTail {
      let text = cell.text
      if text < 0x80 {
        bytes.append(text == 0 ? 0x20 : UInt8(truncatingIfNeeded: text))
      } else {
        bytes.append(contentsOf: context.text(of: cell).utf8)
      }
    }
    while bytes.count > start, bytes[bytes.count - 1] == 0x20 { bytes.removeLast() }
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

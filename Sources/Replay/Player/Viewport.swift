internal import Terminal

/// Which part of a recording's screen shows in a window that is smaller.
struct Viewport: Sendable, Equatable {
  private(set) var origin = Frame.Place(row: 0, column: 0)
  /// The viewer moved it: it stays until told to follow the cursor again.
  private(set) var isPinned = false

  mutating func follow() { isPinned = false }

  mutating func move(rows: Int, columns: Int) {
    isPinned = true
    origin.row = min(max(0, origin.row + rows), Frame.maximum)
    origin.column = min(max(0, origin.column + columns), Frame.maximum)
  }

  /// Brings it to where it shows most: around the cursor, never beyond the recording's screen.
  mutating func fit(_ terminal: VirtualTerminal, paneRows: Int, paneColumns: Int) {
    if !isPinned {
      origin.row = Self.nearest(
        origin.row, terminal.cursor.row, paneRows, of: terminal.rows)
      origin.column = Self.nearest(
        origin.column, terminal.cursor.column, paneColumns, of: terminal.columns)
    }
    origin.row = min(max(0, origin.row), max(0, terminal.rows - paneRows))
    origin.column = min(max(0, origin.column), max(0, terminal.columns - paneColumns))
  }

  /// The smallest move that shows `cursor`.
  private static func nearest(_ start: Int, _ cursor: Int, _ size: Int, of total: Int) -> Int {
    // Short lines are read best from their beginning.
    if cursor < size, total > size, start > 0, cursor < start { return 0 }
    if cursor < start { return cursor }
    if cursor >= start + size { return cursor - size + 1 }
    return start
  }
}

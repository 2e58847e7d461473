extension Screen {
  /// Gives both screens another size.
  ///
  /// Rows first: shrinking drops rows below the cursor, then moves rows at the top of the primary
  /// screen to the scrollback; growing takes them back. Then columns: the primary screen and its
  /// scrollback are wrapped anew, as in tmux and alacritty; the alternate screen is cut or grows
  /// blank columns, as its program will draw it again.
  mutating func resize(columns newColumns: Int, rows newRows: Int) {
    guard newColumns != columns || newRows != rows else { return }
    for row in 0..<rows {
      grid[row].settle(columns: columns)
      hiddenGrid[row].settle(columns: columns)
    }
    if newRows != rows { resize(rows: newRows) }
    if newColumns != columns { resize(columns: newColumns) }
    resizeTabStops(to: newColumns)
    columns = newColumns
    resetMargins()
    hiddenTop = 0
    hiddenBottom = rows
    clampCursor()
  }

  private mutating func resize(rows newRows: Int) {
    var nowhere = Scrollback(limit: 0)
    if isAlternate {
      let moved = grid.resize(to: newRows, anchor: cursor.row, history: &nowhere)
      cursor.row += moved
      saved.row += moved
      hiddenSaved.row += hiddenGrid.resize(
        to: newRows, anchor: hiddenSaved.row, history: &scrollback)
    } else {
      let moved = grid.resize(to: newRows, anchor: cursor.row, history: &scrollback)
      cursor.row += moved
      saved.row += moved
      hiddenSaved.row += hiddenGrid.resize(
        to: newRows, anchor: hiddenSaved.row, history: &nowhere)
    }
    rows = newRows
    for row in 0..<rows { truncate(row, to: columns) }
    clampCursors(columns: columns)
  }

  private mutating func resize(columns newColumns: Int) {
    if isAlternate {
      var cursors = [hiddenSaved]
      hiddenGrid = reflowed(hiddenGrid, &cursors, to: newColumns)
      hiddenSaved = cursors[0]
      cursor.isWrapPending = false
      saved.isWrapPending = false
    } else {
      var cursors = [cursor, saved]
      grid = reflowed(grid, &cursors, to: newColumns)
      cursor = cursors[0]
      saved = cursors[1]
      hiddenSaved.isWrapPending = false
    }
    for row in 0..<rows { truncate(row, to: newColumns) }
    clampCursors(columns: newColumns)
  }

  /// Lines that came from a wider scrollback are cut too.
  private mutating func truncate(_ row: Int, to columns: Int) {
    grid[row].truncate(to: columns)
    hiddenGrid[row].truncate(to: columns)
  }

  private mutating func clampCursors(columns: Int) {
    cursor.clamp(columns: columns, rows: rows)
    saved.clamp(columns: columns, rows: rows)
    hiddenSaved.clamp(columns: columns, rows: rows)
  }

  /// Wraps the primary screen and its scrollback anew.
  ///
  /// The first of `cursors` stays on the screen whatever happens. Text that becomes longer uses up
  /// blank rows below the cursor first, then pushes rows to the scrollback; text that becomes
  /// shorter takes them back unless there are blank rows below (xterm.js does so; tmux always keeps
  /// the last row where it is).
  private mutating func reflowed(
    _ grid: Grid, _ cursors: inout [Cursor], to newColumns: Int
  ) -> Grid {
    let start = reflowStart(newColumns)
    let history = scrollback.count - start
    // Beside the cursors, where the screen begins.
    var positions = cursors.map {
      ReflowPosition(line: history + $0.row, column: $0.column, isWrapPending: $0.isWrapPending)
    }
    positions.append(ReflowPosition(line: history, column: 0, isWrapPending: false))
    var reflow = Reflow(from: columns, to: newColumns, positions: positions)
    for index in start..<scrollback.count {
      if let line = scrollback.settled(index) { reflow.take(line) }
    }
    for row in 0..<grid.rows { reflow.take(grid[row]) }
    reflow.finish()

    let pieces = reflow.pieces
    positions = reflow.positions
    var end = pieces.count
    while end > positions[0].line + 1, pieces[end - 1].isBlank { end -= 1 }
    var top = max(positions[cursors.count].line, end - rows)
    if end == pieces.count { top = max(0, end - rows) }
    top = min(top, positions[0].line)

    scrollback.removeLast(history)
    for piece in pieces[..<top] {
      switch piece {
      case .settled(let settled): scrollback.append(settled)
      case .line(let line): scrollback.append(line)
      }
    }
    var lines = pieces[top..<min(end, top + rows)].map(\.line)
    lines.append(contentsOf: repeatElement(Line(), count: rows - lines.count))
    for index in cursors.indices {
      cursors[index].row = positions[index].line - top
      cursors[index].column = positions[index].column
      cursors[index].isWrapPending = positions[index].isWrapPending
    }
    var grid = grid
    grid.replace(with: lines)
    return grid
  }

  /// The oldest line of the scrollback that another width changes.
  ///
  /// Lines before it stay as they are; so do those that are beyond what is worth its price.
  private func reflowStart(_ newColumns: Int) -> Int {
    var start = scrollback.count
    var cells = Limits.reflowCells
    var lines = scrollback.limit + rows
    for index in (0..<scrollback.count).reversed() {
      guard let line = scrollback.settled(index) else { break }
      cells -= line.count + 1
      lines -= max(1, line.count / newColumns)
      guard cells >= 0, lines >= 0 else { break }
      if line.isWrapped || line.count > newColumns { start = index }
    }
    return start
  }

  private mutating func resizeTabStops(to count: Int) {
    if count < tabStops.count { tabStops.removeLast(tabStops.count - count) }
    while tabStops.count < count { tabStops.append(tabStops.count % 8 == 0) }
  }
}

extension Grid {
  /// Changes the number of rows around the row `anchor`; the answer is how far rows moved down.
  fileprivate mutating func resize(
    to newRows: Int, anchor: Int, history: inout Scrollback
  ) -> Int {
    var lines = ordered
    if newRows < lines.count {
      let row = min(max(0, anchor), lines.count - 1)
      lines.removeLast(min(lines.count - 1 - row, lines.count - newRows))
      let above = lines.count - newRows
      for line in lines.prefix(above) { history.append(line) }
      lines.removeFirst(above)
      replace(with: lines)
      return -above
    }
    var restored: [Line] = []
    while lines.count + restored.count < newRows, let line = history.popLast() {
      restored.append(line)
    }
    let missing = newRows - lines.count - restored.count
    lines.insert(contentsOf: restored.reversed(), at: 0)
    lines.append(contentsOf: repeatElement(Line(), count: missing))
    replace(with: lines)
    return restored.count
  }
}

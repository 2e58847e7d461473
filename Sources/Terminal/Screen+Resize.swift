extension Screen {
  /// Gives both screens another size, as tmux and alacritty do, without reflow.
  ///
  /// Shrinking drops rows below the cursor first, then moves rows at the top of the primary screen
  /// to the scrollback; growing takes them back. Lines are cut at the new width; those in the
  /// scrollback keep theirs.
  mutating func resize(columns newColumns: Int, rows newRows: Int) {
    guard newColumns != columns || newRows != rows else { return }
    for row in 0..<rows {
      grid[row].settle(columns: columns)
      hiddenGrid[row].settle(columns: columns)
    }
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
    // Even a wider screen may cut: lines taken back from the scrollback kept their old width.
    for row in 0..<rows {
      grid[row].truncate(to: newColumns)
      hiddenGrid[row].truncate(to: newColumns)
    }
    if newColumns != columns { cursor.isWrapPending = false }
    resizeTabStops(to: newColumns)
    columns = newColumns
    resetMargins()
    clampCursor()
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

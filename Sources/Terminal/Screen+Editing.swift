extension Screen {
  // MARK: - Scrolling

  /// Scrolls the text between the margins up; what leaves the top of the primary screen is kept.
  mutating func scrollUp(_ count: Int) {
    scrollUp(from: top, count, savesLines: top == 0)
  }

  private mutating func scrollUp(from first: Int, _ count: Int, savesLines: Bool) {
    let count = min(count, bottom - first)
    saved.isWrapPending = false
    guard hasFullWidth else { return shiftUp(from: first, count) }
    if savesLines, !isAlternate {
      for row in 0..<count { save(row) }
    }
    if count == 1 {
      grid.scrollUp(first, bottom)
    } else {
      grid.scrollUp(first, bottom, by: count)
    }
    fill(bottom - count, bottom)
  }

  /// Puts a copy of a row at the end of the scrollback.
  private mutating func save(_ row: Int) {
    grid[row].settle(columns: columns)
    scrollback.append(grid[row])
  }

  mutating func scrollDown(_ count: Int) {
    scrollDown(from: top, count)
  }

  private mutating func scrollDown(from first: Int, _ count: Int) {
    let count = min(count, bottom - first)
    saved.isWrapPending = false
    guard hasFullWidth else { return shiftDown(from: first, count) }
    grid.scrollDown(first, bottom, by: count)
    fill(first, first + count)
  }

  /// Gives lines just cleared the background of the pen.
  private mutating func fill(_ first: Int, _ end: Int) {
    let filler = filler
    guard filler != .blank else { return }
    for row in first..<end {
      grid[row].erase(0, columns, filler: filler, columns: columns)
    }
  }

  /// Scrolling between left and right margins moves parts of lines.
  private mutating func shiftUp(from first: Int, _ count: Int) {
    var row = first
    while row + count < bottom {
      grid[row].copy(left, right, from: grid[row + count], columns: columns)
      row += 1
    }
    for row in (bottom - count)..<bottom {
      grid[row].erase(left, right, filler: filler, columns: columns)
    }
  }

  private mutating func shiftDown(from first: Int, _ count: Int) {
    var row = bottom - 1
    while row - count >= first {
      grid[row].copy(left, right, from: grid[row - count], columns: columns)
      row -= 1
    }
    for row in first..<(first + count) {
      grid[row].erase(left, right, filler: filler, columns: columns)
    }
  }

  private var isInsideMargins: Bool {
    cursor.row >= top && cursor.row < bottom && cursor.column >= left && cursor.column < right
  }

  /// IL; the cursor goes to the left margin, as in xterm.
  mutating func insertLines(_ count: Int) {
    guard isInsideMargins else { return }
    scrollDown(from: cursor.row, count)
    carriageReturn()
  }

  /// DL; the cursor goes to the left margin, as in xterm.
  mutating func deleteLines(_ count: Int) {
    guard isInsideMargins else { return }
    scrollUp(from: cursor.row, count, savesLines: false)
    carriageReturn()
  }

  // MARK: - Characters

  /// Where editing begins: with a wrap pending the cursor stands beyond the last column, and what
  /// was just written there is safe.
  ///
  /// alacritty and tmux see it so; xterm erases the last column and forgets the wrap.
  private var editingColumn: Int {
    cursor.isWrapPending && modes.contains(.autowrap) ? cursor.column + 1 : cursor.column
  }

  /// ICH; within a wide character the cells go in behind it, as in tmux: none is torn apart.
  ///
  /// A pending wrap is forgotten, and the last column moves, as in xterm and alacritty.
  mutating func insertCharacters(_ count: Int) {
    cursor.isWrapPending = false
    guard cursor.column >= left, cursor.column < right else { return }
    let column = grid[cursor.row][cursor.column].isTail ? cursor.column + 1 : cursor.column
    grid[cursor.row].insert(
      count, at: column, before: right, filler: filler, columns: columns)
  }

  /// DCH; as for ICH a pending wrap is forgotten.
  mutating func deleteCharacters(_ count: Int) {
    cursor.isWrapPending = false
    guard cursor.column >= left, cursor.column < right else { return }
    grid[cursor.row].delete(
      count, at: cursor.column, before: right, filler: filler, columns: columns)
  }

  /// ECH.
  mutating func eraseCharacters(_ count: Int) {
    let end = min(columns, editingColumn + count)
    erase(row: cursor.row, editingColumn, end, selective: false)
  }

  /// DECIC, SR and DECBI at the margin; a pending wrap stays pending, as in xterm: every line between the margins moves right at `column`.
  mutating func insertColumns(_ count: Int, at column: Int) {
    guard column >= left, column < right, cursor.row >= top, cursor.row < bottom else { return }
    for row in top..<bottom {
      grid[row].insert(count, at: column, before: right, filler: filler, columns: columns)
    }
  }

  /// DECDC, SL and DECFI at the margin.
  mutating func deleteColumns(_ count: Int, at column: Int) {
    guard column >= left, column < right, cursor.row >= top, cursor.row < bottom else { return }
    for row in top..<bottom {
      grid[row].delete(count, at: column, before: right, filler: filler, columns: columns)
    }
  }

  // MARK: - Erasing

  private mutating func erase(row: Int, _ start: Int, _ end: Int, selective: Bool) {
    if grid[row].isFresh(hidden.feed) { examine(erasing: row, start, end) }
    if modes.contains(.protectsForAll) || selective && modes.contains(.protectsForSelective) {
      grid[row].eraseSelectively(start, end, filler: filler, columns: columns)
    } else {
      grid[row].erase(start, end, filler: filler, columns: columns)
    }
  }

  /// EL and DECSEL: 0 to the end, 1 from the start, 2 all of the line.
  mutating func eraseInLine(_ which: Int, selective: Bool = false) {
    switch which {
    case 0: erase(row: cursor.row, editingColumn, columns, selective: selective)
    case 1: erase(row: cursor.row, 0, cursor.column + 1, selective: selective)
    case 2: erase(row: cursor.row, 0, columns, selective: selective)
    default: break
    }
  }

  /// ED and DECSED: 0 to the end, 1 from the start, 2 all of the screen, 3 the scrollback.
  mutating func eraseInDisplay(_ which: Int, selective: Bool = false) {
    switch which {
    case 0:
      if !selective, cursor.row == 0, cursor.column == 0 { keepCleared() }
      erase(row: cursor.row, editingColumn, columns, selective: selective)
      for row in (cursor.row + 1)..<max(rows, cursor.row + 1) {
        erase(row: row, 0, columns, selective: selective)
      }
      resetLineSizes(cursor.row + 1, rows)
    case 1:
      for row in 0..<cursor.row { erase(row: row, 0, columns, selective: selective) }
      erase(row: cursor.row, 0, cursor.column + 1, selective: selective)
      resetLineSizes(0, cursor.row)
    case 2:
      if !selective { keepCleared() }
      for row in 0..<rows { erase(row: row, 0, columns, selective: selective) }
      resetLineSizes(0, rows)
    case 3:
      if !selective { scrollback.removeAll() }
    default: break
    }
  }

  /// Moves a primary screen about to be cleared into the scrollback, down to the last line that
  /// was written to.
  ///
  /// tmux and alacritty do so; what was once on the screen stays to be found.
  private mutating func keepCleared() {
    guard !isAlternate, scrollback.limit > 0 else { return }
    var end = rows
    while end > 0, !grid[end - 1].isWritten { end -= 1 }
    // What is written next is another text: it must not be joined to this one.
    if end > 0 { grid[end - 1].isWrapped = false }
    for row in 0..<end { save(row) }
  }

  /// DECALN: the screen full of E, margins and cursor at home.
  mutating func alignmentPattern() {
    resetMargins()
    resetLineSizes(0, rows)
    cursor.isOrigin = false
    moveTo(row: 0, column: 0)
    let letter = PackedCell(
      content: PackedCell.narrow | 0x45, decoration: 0, style: PackedStyle())
    for row in 0..<rows { grid[row].erase(0, columns, filler: letter, columns: columns) }
  }
}

/// Finds text that was drawn and replaced before it could be seen; see `HiddenContent.Kind`.
extension Screen {
  /// Characters of the last run in the row that, changed, make it another text.
  private static let noticeable = 4

  /// `count` bytes are about to be written at the cursor, over characters of the same feed.
  @inline(never)
  mutating func examine(writing bytes: Span<UInt8>, from start: Int, count: Int) {
    guard remember(cursor.row, from: cursor.column) else { return }
    hidden.index = start
    for offset in 0..<count {
      compare(cursor.row, cursor.column + offset, with: UInt32(bytes[start + offset]))
    }
  }

  @inline(never)
  mutating func examine(writing text: UInt32, width: Int) {
    guard remember(cursor.row, from: cursor.column) else { return }
    for offset in 0..<width { compare(cursor.row, cursor.column + offset, with: text) }
  }

  @inline(never)
  mutating func examine(erasing row: Int, _ start: Int, _ end: Int) {
    guard grid[row].isFresh(hidden.feed) else { return }
    let fresh = grid[row].fresh
    guard start < fresh.upperBound, end > fresh.lowerBound else { return }
    // Once erased the text cannot be written over again.
    if start <= fresh.lowerBound, end >= fresh.upperBound { grid[row].forgetFresh() }
    guard remember(row, fresh, from: start) else { return }
    for column in max(start, fresh.lowerBound)..<min(end, fresh.upperBound) {
      compare(row, column, with: 0x20)
    }
  }

  private mutating func remember(_ row: Int, from column: Int) -> Bool {
    remember(row, grid[row].fresh, from: column)
  }

  /// Keeps the run of the row as it is now, unless it is kept already and this is the same pass.
  private mutating func remember(_ row: Int, _ fresh: Range<Int>, from column: Int) -> Bool {
    let isKept =
      hidden.overwrite.feed == hidden.feed && hidden.overwrite.row == row
      && !hidden.overwrite.isReported && column > hidden.overwrite.column
    if isKept { return true }
    guard hidden.mayExamine() else { return false }
    let fresh = fresh.clamped(to: 0..<columns)
    hidden.overwrite.feed = hidden.feed
    hidden.overwrite.row = row
    hidden.overwrite.column = fresh.lowerBound
    hidden.overwrite.cells.removeAll(keepingCapacity: true)
    for column in fresh { hidden.overwrite.cells.append(grid[row][column].text) }
    hidden.overwrite.changed = 0
    hidden.overwrite.isReported = false
    return true
  }

  private mutating func compare(_ row: Int, _ column: Int, with text: UInt32) {
    let index = column - hidden.overwrite.column
    guard index >= 0, index < hidden.overwrite.cells.count, !hidden.overwrite.isReported else {
      return
    }
    let before = hidden.overwrite.cells[index]
    guard before != text, Lookalikes.isText(before), grid[row][column].text == before else {
      return
    }
    hidden.overwrite.changed += 1
    guard hidden.overwrite.changed >= Self.noticeable else { return }
    hidden.overwrite.isReported = true
    let context = RowContext(clusters: clusters, decorations: decorations)
    var shown = ""
    for cell in hidden.overwrite.cells {
      context.append(PackedCell(content: cell, decoration: 0, style: PackedStyle()), to: &shown)
    }
    while shown.unicodeScalars.last == " " { shown.unicodeScalars.removeLast() }
    hidden.add(overwritten: shown, row: row, column: hidden.overwrite.column)
  }
}

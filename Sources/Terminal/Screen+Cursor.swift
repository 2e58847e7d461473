extension Screen {
  /// Moves within the whole screen, or within the margins under DECOM (CUP, HVP, VPA, CHA).
  mutating func moveTo(row: Int, column: Int) {
    moveTo(row: row)
    moveTo(column: column)
  }

  mutating func moveTo(row: Int) {
    cursor.row =
      cursor.isOrigin ? min(top + row, bottom - 1) : min(row, rows - 1)
    cursor.isWrapPending = false
  }

  mutating func moveTo(column: Int) {
    cursor.column =
      cursor.isOrigin ? min(left + column, right - 1) : min(column, columns - 1)
    cursor.isWrapPending = false
  }

  mutating func up(_ count: Int) {
    let limit = cursor.row >= top ? top : 0
    cursor.row = max(limit, cursor.row - count)
    cursor.isWrapPending = false
  }

  mutating func down(_ count: Int) {
    let limit = cursor.row < bottom ? bottom - 1 : rows - 1
    cursor.row = min(limit, cursor.row + count)
    cursor.isWrapPending = false
  }

  mutating func forward(_ count: Int) {
    let limit = max(cursor.column, printingLimit - 1)
    cursor.column = min(limit, cursor.column + count)
    cursor.isWrapPending = false
  }

  /// CUB and BS; under reverse wrap the way goes on at the end of the line above (xterm).
  mutating func backward(_ count: Int) {
    var count = count
    let wraps =
      modes.contains(.autowrap) && !modes.isDisjoint(with: [.reverseWrap, .reverseWrapAnywhere])
    if wraps, cursor.isWrapPending { count -= 1 }
    cursor.isWrapPending = false
    while count > 0 {
      let limit = cursor.column >= left ? left : 0
      let step = min(count, cursor.column - limit)
      cursor.column -= step
      count -= step
      guard count > 0, wraps else { return }
      count -= 1
      cursor.column = right - 1
      cursor.row = cursor.row == top ? bottom - 1 : max(0, cursor.row - 1)
    }
  }

  mutating func carriageReturn() {
    cursor.column = cursor.column >= left ? left : 0
    cursor.isWrapPending = false
  }

  /// One line down, scrolling at the bottom margin (IND, and LF with its kin).
  ///
  /// A pending wrap stays pending, as in alacritty and tmux.
  @inline(__always)
  mutating func index() {
    if cursor.row + 1 == bottom {
      guard hasFullWidth || (cursor.column >= left && cursor.column < right) else { return }
      scrollUp(1)
    } else if cursor.row + 1 < rows {
      cursor.row += 1
    }
  }

  /// One line up, scrolling at the top margin (RI).
  mutating func reverseIndex() {
    cursor.isWrapPending = false
    if cursor.row == top {
      guard cursor.column >= left, cursor.column < right else { return }
      scrollDown(1)
    } else if cursor.row > 0 {
      cursor.row -= 1
    }
  }

  mutating func lineFeed() {
    index()
    if modes.contains(.newLine) { carriageReturn() }
  }

  /// To the next tab stop, or to the last column there is (HT, CHT).
  mutating func tab(_ count: Int) {
    let limit = printingLimit - 1
    if cursor.column > limit { cursor.column = limit }
    var count = count
    while count > 0, cursor.column < limit {
      repeat { cursor.column += 1 } while cursor.column < limit && !tabStops[cursor.column]
      count -= 1
    }
  }

  /// CBT; as in xterm a pending wrap stays pending.
  mutating func backwardTab(_ count: Int) {
    let limit = cursor.isOrigin && cursor.column >= left ? left : 0
    var count = count
    while count > 0, cursor.column > limit {
      repeat { cursor.column -= 1 } while cursor.column > limit && !tabStops[cursor.column]
      count -= 1
    }
  }

  mutating func setTab() {
    tabStops[cursor.column] = true
  }

  /// TBC: 0 the stop at the cursor, 3 all of them.
  mutating func clearTab(_ which: Int) {
    switch which {
    case 0: tabStops[cursor.column] = false
    case 3: tabStops = [Bool](repeating: false, count: columns)
    default: break
    }
  }

  mutating func saveCursor() {
    saved = cursor
  }

  /// DECRC; a wrap that was pending is pending again, as in alacritty, unless a scroll took its
  /// line away.
  mutating func restoreCursor() {
    cursor = saved
    clampCursor()
  }

  /// Brings the cursor back on a screen that may have shrunk since.
  mutating func clampCursor() {
    cursor.clamp(columns: columns, rows: rows)
  }

  /// DECSTBM; the parameters count from 1, 0 means the edge.
  mutating func setVerticalMargins(_ first: Int, _ last: Int) {
    let newTop = max(1, first) - 1
    let newBottom = last == 0 ? rows : min(last, rows)
    guard newTop + 1 < newBottom else { return }
    top = newTop
    bottom = newBottom
    moveTo(row: 0, column: 0)
  }

  /// DECSLRM, when DECLRMM allows it.
  mutating func setHorizontalMargins(_ first: Int, _ last: Int) {
    let newLeft = max(1, first) - 1
    let newRight = last == 0 ? columns : min(last, columns)
    guard newLeft + 1 < newRight else { return }
    left = newLeft
    right = newRight
    moveTo(row: 0, column: 0)
  }

  mutating func resetMargins() {
    top = 0
    bottom = rows
    left = 0
    right = columns
  }
}

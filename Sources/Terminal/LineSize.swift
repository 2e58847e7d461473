/// How wide and high the characters of a line are (DECSWL, DECDWL, DECDHL); the value is the final
/// byte of the sequence.
enum LineSize: UInt8, Sendable, Equatable {
  case upperHalf = 0x33
  case lowerHalf = 0x34
  case single = 0x35
  case doubleWidth = 0x36
}

extension Screen {
  /// The first column the next character cannot take: the right margin or the end of the line.
  ///
  /// A line of double width ends at the middle of the screen. What was written beyond it before
  /// stays, as in xterm, and is part of the row's text.
  @inline(__always)
  var printingLimit: Int {
    let limit = cursor.column < right ? right : columns
    guard modes.contains(.doubleLines) else { return limit }
    return grid[cursor.row].size == .single ? limit : min(limit, max(1, columns / 2))
  }

  /// DECDHL, DECSWL and DECDWL; none of them while there are left and right margins (VT420).
  mutating func setLineSize(_ size: LineSize) {
    guard !modes.contains(.leftRightMargins) else { return }
    grid[cursor.row].size = size
    guard size != .single else { return }
    modes.insert(.doubleLines)
    grid[cursor.row].isWrapped = false
    if cursor.column > columns / 2 {
      cursor.column = min(columns / 2, columns - 1)
      cursor.isWrapPending = false
    }
  }

  /// Lines erased as a whole are single again; EL changes no size.
  mutating func resetLineSizes(_ start: Int, _ end: Int) {
    guard modes.contains(.doubleLines) else { return }
    for row in start..<max(start, end) { grid[row].size = .single }
  }
}

internal import Terminal

/// Writes frames to the viewer's terminal: the whole alphabet of what a replay may send to one.
///
/// No recorded byte passes. Beside printable text it is SGR, CUP, ED 2, EL 0, the alternate screen
/// (1049), the cursor's visibility (25), automatic wrapping (7), bracketed paste (2004) and mouse
/// reports (1002, 1006), all made here.
/// Source: ECMA-48 for the functions, xterm's control sequences for the private modes.
package struct ScreenRenderer: Sendable {
  /// Sent before the first frame: alternate screen, no wrapping, cleared.
  package static let enter = Array(
    "\u{1B}[?1049h\u{1B}[?7l\u{1B}[?25l\u{1B}[?2004h\u{1B}[0m\u{1B}[2J".utf8)
  /// Sent at the end, and by the crash handler: everything as it was.
  package static let leave = Array(
    "\u{1B}[?1006l\u{1B}[?1002l\u{1B}[?2004l\u{1B}[0m\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l".utf8)
  /// Clicks, drags and the wheel are reported, in the form without limits.
  package static let mouseOn = Array("\u{1B}[?1002h\u{1B}[?1006h".utf8)
  package static let mouseOff = Array("\u{1B}[?1006l\u{1B}[?1002l".utf8)

  private static let hideCursor = Array("\u{1B}[?25l".utf8)
  private static let showCursor = Array("\u{1B}[?25h".utf8)
  private static let clearScreen = Array("\u{1B}[0m\u{1B}[2J".utf8)
  private static let wrap = Array("\u{1B}[?7h".utf8)
  private static let noWrap = Array("\u{1B}[?7l".utf8)
  private static let clearToEnd = Array("\u{1B}[K".utf8)

  private let rendition: Rendition
  private var last: Frame?
  /// Where the terminal's cursor is and what it writes with; nil where that is not sure.
  private var place: Frame.Place?
  private var style: PackedStyle?
  private var bytes: [UInt8] = []

  package init(_ profile: TerminalProfile) {
    rendition = Rendition(colours: profile.colours)
  }

  /// Forgets what the terminal shows: the next frame is written whole.
  package mutating func forget() { last = nil }

  /// What must be written so that the terminal shows `frame`; empty where it does so already.
  package mutating func bytes(for frame: Frame) -> [UInt8] {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(contentsOf: Self.hideCursor)
    (place, style) = (nil, nil)
    var isSame = false
    let base: Frame
    if let last, last.columns == frame.columns, last.rows == frame.rows {
      base = last
      isSame = last.cursor == frame.cursor
    } else {
      bytes.append(contentsOf: Self.clearScreen)
      style = .plain
      base = Frame(columns: frame.columns, rows: frame.rows)
    }
    let begun = bytes.count
    for row in 0..<frame.rows { write(row, of: frame, over: base) }
    last = frame
    if isSame, bytes.count == begun { return [] }
    if style != .plain { write(.plain) }
    if let cursor = frame.cursor {
      move(to: cursor)
      bytes.append(contentsOf: Self.showCursor)
    }
    return bytes
  }

  private mutating func write(_ row: Int, of frame: borrowing Frame, over base: borrowing Frame) {
    let range = frame.range(ofRow: row)
    let (cells, old) = (frame.cells.span, base.cells.span)
    // Most rows are as they were; texts of more than one scalar are numbered anew in each frame.
    var isKnown = true
    for index in range where cells[index] != old[index] || cells[index].text != nil {
      isKnown = false
      break
    }
    if isKnown { return }
    var end = range.upperBound
    while end > range.lowerBound, cells[end - 1] == .blank { end -= 1 }
    var index = range.lowerBound
    while index < end {
      let cell = cells[index]
      let width = max(1, cell.width)
      let isSame =
        frame.shows(index, as: base)
        && (cell.width < 2 || index + 1 < range.upperBound && old[index + 1].width == 0)
      if !isSame, cell.width > 0 {
        write(
          cell, cell.text.map { frame.texts[$0] }, at: row, index - range.lowerBound,
          columns: frame.columns)
      }
      index += width
    }
    var isTailOld = false
    for index in end..<range.upperBound where old[index] != .blank {
      isTailOld = true
      break
    }
    if isTailOld {
      move(to: Frame.Place(row: row, column: end - range.lowerBound))
      write(.plain)
      bytes.append(contentsOf: Self.clearToEnd)
    }
  }

  private mutating func write(
    _ cell: FrameCell, _ text: String?, at row: Int, _ column: Int, columns: Int
  ) {
    move(to: Frame.Place(row: row, column: column))
    write(cell.style)
    // Without wrapping the cursor stays on the last column, and terminals put marks on the cell before it.
    let isMarked = column + cell.width >= columns && (text != nil || cell.isPadded)
    if isMarked { bytes.append(contentsOf: Self.wrap) }
    if let text {
      bytes.append(contentsOf: text.utf8)
    } else if cell.scalar < 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: cell.scalar))
    } else if let scalar = Unicode.Scalar(cell.scalar) {
      bytes.append(utf8: scalar.value)
    }
    if cell.isPadded { bytes.append(0x20) }
    if isMarked { bytes.append(contentsOf: Self.noWrap) }
    // Where terminals differ in a width, the next cell is placed anew.
    place = cell.isCertain ? Frame.Place(row: row, column: column + cell.width) : nil
  }

  private mutating func write(_ wanted: PackedStyle) {
    guard style != wanted else { return }
    rendition.append(wanted.style, to: &bytes)
    style = wanted
  }

  private mutating func move(to wanted: Frame.Place) {
    guard place != wanted else { return }
    bytes.append(0x1B)
    bytes.append(0x5B)
    bytes.append(decimal: wanted.row + 1)
    bytes.append(0x3B)
    bytes.append(decimal: wanted.column + 1)
    bytes.append(0x48)
    place = wanted
  }
}

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
  private var style: Style?
  private var bytes: [UInt8] = []

  package init(_ profile: TerminalProfile) {
    rendition = Rendition(colours: profile.colours)
  }

  /// Forgets what the terminal shows: the next frame is written whole.
  package mutating func forget() { last = nil }

  /// What must be written so that the terminal shows `frame`; empty where it does so already.
  package mutating func bytes(for frame: Frame) -> [UInt8] {
    guard frame != last else { return [] }
    bytes.removeAll(keepingCapacity: true)
    bytes.append(contentsOf: Self.hideCursor)
    (place, style) = (nil, nil)
    let base: Frame
    if let last, last.columns == frame.columns, last.rows == frame.rows {
      base = last
    } else {
      bytes.append(contentsOf: Self.clearScreen)
      style = .plain
      base = Frame(columns: frame.columns, rows: frame.rows)
    }
    for row in 0..<frame.rows { write(row, of: frame, over: base) }
    if style != .plain { write(.plain) }
    if let cursor = frame.cursor {
      move(to: cursor)
      bytes.append(contentsOf: Self.showCursor)
    }
    last = frame
    return bytes
  }

  private mutating func write(_ row: Int, of frame: Frame, over base: Frame) {
    let range = frame.range(ofRow: row)
    let cells = frame.cells
    var end = range.upperBound
    while end > range.lowerBound, cells[end - 1] == .blank { end -= 1 }
    var index = range.lowerBound
    while index < end {
      let cell = cells[index]
      let width = max(1, cell.width)
      let isSame =
        cell == base.cells[index]
        && (cell.width < 2 || index + 1 < range.upperBound && base.cells[index + 1].width == 0)
      if !isSame, cell.width > 0 {
        write(cell, at: row, index - range.lowerBound, columns: frame.columns)
      }
      index += width
    }
    var isTailOld = false
    for index in end..<range.upperBound where base.cells[index] != .blank {
      isTailOld = true
      break
    }
    if isTailOld {
      move(to: Frame.Place(row: row, column: end - range.lowerBound))
      write(.plain)
      bytes.append(contentsOf: Self.clearToEnd)
    }
  }

  private mutating func write(_ cell: SafeCell, at row: Int, _ column: Int, columns: Int) {
    move(to: Frame.Place(row: row, column: column))
    write(cell.style)
    // Without wrapping the cursor stays on the last column, and terminals put marks on the cell before it.
    let isMarked = column + cell.width >= columns && cell.text.unicodeScalars.count > 1
    if isMarked { bytes.append(contentsOf: Self.wrap) }
    bytes.append(contentsOf: cell.text.utf8)
    if isMarked { bytes.append(contentsOf: Self.noWrap) }
    // Where terminals differ in a width, the next cell is placed anew.
    place = cell.isCertain ? Frame.Place(row: row, column: column + cell.width) : nil
  }

  private mutating func write(_ wanted: Style) {
    guard style != wanted else { return }
    rendition.append(wanted, to: &bytes)
    style = wanted
  }

  private mutating func move(to wanted: Frame.Place) {
    guard place != wanted else { return }
    bytes.append(contentsOf: [0x1B, 0x5B])
    bytes.append(decimal: wanted.row + 1)
    bytes.append(0x3B)
    bytes.append(decimal: wanted.column + 1)
    bytes.append(0x48)
    place = wanted
  }
}

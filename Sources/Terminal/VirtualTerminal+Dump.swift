extension VirtualTerminal {
  /// Escape sequences that make a new terminal of the same size look like this one.
  ///
  /// Rows, colours, links, title, cursor, saved cursors, margins, modes and tab stops come back;
  /// while the alternate screen shows, so does the primary one behind it; and the scrollback, if it
  /// is asked for, each line as far as the screen is wide. What a half-read sequence left in the
  /// parser does not, nor modes kept by XTSAVE, nor what was counted and found. Three rare states
  /// are only come near to: a cursor that DECRC put outside the margins under DECOM, `isWrapped` of
  /// the lowest row, and text that would join if it were written at once: a variation selector in a
  /// cell without room for it, or halves of two flags before a pending wrap.
  ///
  /// Not for a real terminal: it holds titles and links as the recorded program chose them.
  package func dump(withScrollback: Bool = false) -> [UInt8] {
    ScreenDump(screen, withScrollback: withScrollback).bytes
  }
}

/// Writes a screen down as the bytes that draw it.
private struct ScreenDump {
  private let screen: Screen
  private let context: RowContext
  private(set) var bytes: [UInt8] = []
  /// The style the reader's pen has now, as far as cells tell.
  private var style = PackedStyle()
  private var decoration: UInt32 = 0

  init(_ screen: Screen, withScrollback: Bool) {
    self.screen = screen
    context = RowContext(clusters: screen.clusters, decorations: screen.decorations)
    emit("\u{1B}c")
    if screen.modes.contains(.nationalCharsets) { emit("\u{1B}[?42h") }
    if withScrollback { writeScrollback() }
    writeTitles()
    if !screen.isAlternate { emit("\u{1B}[?47h") }
    write(screen.hiddenGrid)
    writeMargins(screen.hiddenTop, screen.hiddenBottom)
    writeCursor(screen.hiddenSaved, on: screen.hiddenGrid, screen.hiddenTop..<screen.hiddenBottom)
    emit("\u{1B}7")
    setPen(PackedStyle(), 0)
    emit("\u{1B}[?6\(screen.hiddenIsOrigin ? "h" : "l")")
    emit("\u{1B}(B\u{F}\u{1B}[?47\(screen.isAlternate ? "h" : "l")")
    write(screen.grid)
    writeTabStops()
    writeMargins(screen.top, screen.bottom)
    writeSideMargins()
    writeCursor(screen.saved, on: screen.grid, screen.top..<screen.bottom)
    emit("\u{1B}7")
    var cursor = screen.cursor
    if screen.modes.contains(.vt52) {
      cursor.charsets = screen.beforeVT52.charsets
      cursor.isOrigin = screen.beforeVT52.isOrigin
    }
    writeCursor(cursor, on: screen.grid, screen.top..<screen.bottom)
    writeModes()
    // The pieces of a kitty image that are still to come are no images of their own.
    if screen.isImageOpen { emit("\u{1B}_Gm=1\u{1B}\\") }
    if screen.modes.contains(.vt52) { writeVT52() }
  }

  private mutating func emit(_ text: String) {
    bytes += Array(text.utf8)
  }

  // MARK: - Cells

  /// Draws each line at the top of the screen and scrolls it off.
  private mutating func writeScrollback() {
    for index in 0..<screen.scrollback.count {
      guard var line = screen.scrollback[index] else { break }
      line.truncate(to: screen.columns)
      write(line, at: 0, wraps: line.isWrapped && screen.rows >= 2)
      // The row that comes in must be blank.
      setPen(PackedStyle(), 0)
      emit("\u{1B}[S")
    }
  }

  private mutating func write(_ line: Line, at row: Int, wraps: Bool) {
    // The last character first: written again after its neighbour it might join it.
    let end = wraps && screen.columns >= 2 ? wrap(line, row) : line.used.count
    if needsReverse(line) {
      for column in (0..<end).reversed() { write(line, row, column..<(column + 1)) }
    } else {
      write(line, row, 0..<end)
    }
  }

  private mutating func write(_ grid: Grid) {
    for row in 0..<grid.rows {
      var line = grid[row]
      line.settle(columns: screen.columns)
      write(line, at: row, wraps: line.isWrapped && row + 1 < grid.rows)
    }
    for row in 0..<grid.rows where grid[row].size != .single {
      emit("\u{1B}[\(row + 1);1H\u{1B}#\(Character(Unicode.Scalar(grid[row].size.rawValue)))")
    }
    setPen(PackedStyle(), 0)
  }

  /// Neighbours that would join if they were written one after the other.
  private func needsReverse(_ line: Line) -> Bool {
    line.used.contains { cell in
      !cell.isTail && CharacterTable.shared[screen.clusters.first(of: cell.text)].mayJoin
    }
  }

  private mutating func write(_ line: Line, _ row: Int, _ range: Range<Int>) {
    var position: Int?
    for column in range {
      let cell = line[column]
      guard !cell.isTail, cell != .blank else { continue }
      if position != column { emit("\u{1B}[\(row + 1);\(column + 1)H") }
      write(cell, hasRoom: column + 1 < screen.columns)
      position = cell.text == 0 ? nil : column + cell.width
    }
  }

  private mutating func write(_ cell: PackedCell, hasRoom: Bool) {
    setPen(cell.style, cell.decoration)
    if cell.text == 0 {
      emit("\u{1B}[X")
    } else if hasRoom, !cell.isWide {
      // Where it once had no room to make its character wide, it would find it now.
      var text = context.text(of: cell)
      text.unicodeScalars.removeAll { $0 == "\u{FE0F}" && isEmojiOnRequest(cell) }
      emit(text)
    } else {
      emit(context.text(of: cell))
    }
  }

  private func isEmojiOnRequest(_ cell: PackedCell) -> Bool {
    CharacterTable.shared[screen.clusters.first(of: cell.text)].isEmojiOnRequest
  }

  /// Makes the line wrap into the next one, which is still blank; the answer is how many cells
  /// before its last character are still to be written.
  private mutating func wrap(_ line: Line, _ row: Int) -> Int {
    let last = line[screen.columns - 1]
    var end = screen.columns - 1
    if last.text == 0, !last.isTail {
      // A wide character did not fit here: another one leaves the same gap.
      emit("\u{1B}[\(row + 1);\(screen.columns)H")
      setPen(last.style, 0)
      emit("\u{4E2D}")
    } else {
      if last.isTail { end -= 1 }
      emit("\u{1B}[\(row + 1);\(end + 1)H")
      write(line[end], hasRoom: false)
      emit(" ")
    }
    setPen(PackedStyle(), 0)
    emit("\r\u{1B}[2X")
    return min(end, line.used.count)
  }

  // MARK: - Pen

  private mutating func setPen(_ style: PackedStyle, _ decoration: UInt32) {
    guard style != self.style || decoration != self.decoration else { return }
    if style.isProtected != self.style.isProtected {
      emit("\u{1B}[\(style.isProtected ? 1 : 0)\"q")
    }
    let old = context.decorations.values(self.decoration)
    let new = context.decorations.values(decoration)
    if style != self.style || old.underlineColor != new.underlineColor {
      emit("\u{1B}[\(Self.rendition(style, new.underlineColor))m")
    }
    if old.link != new.link {
      let target = context.decorations.target(ofLink: Int(new.link)) ?? ""
      let id = context.decorations.id(ofLink: Int(new.link)) ?? ""
      emit("\u{1B}]8;\(id.isEmpty ? "" : "id=" + id);\(target)\u{7}")
    }
    self.style = style
    self.decoration = decoration
  }

  private static func rendition(_ style: PackedStyle, _ underlineColor: PackedColor) -> String {
    let codes: [(Attributes, Int)] = [
      (.bold, 1), (.dim, 2), (.italic, 3), (.blink, 5), (.inverse, 7), (.hidden, 8), (.strike, 9),
      (.overline, 53),
    ]
    var fields = ["0"]
    for (attribute, code) in codes where style.attributes.contains(attribute) {
      fields.append("\(code)")
    }
    if style.underline != .none { fields.append("4:\(style.underline.rawValue)") }
    fields += color(style.foreground, 38) + color(style.background, 48) + color(underlineColor, 58)
    return fields.joined(separator: ";")
  }

  private static func color(_ color: PackedColor, _ code: Int) -> [String] {
    switch color.color {
    case .default: []
    case .indexed(let index) where index < 8 && !color.isNumbered: ["\(code - 8 + Int(index))"]
    case .indexed(let index) where index < 16 && !color.isNumbered: ["\(code + 44 + Int(index))"]
    case .indexed(let index): ["\(code):5:\(index)"]
    case .rgb(let red, let green, let blue): ["\(code):2::\(red):\(green):\(blue)"]
    }
  }

  // MARK: - State

  private mutating func writeTitles() {
    for title in screen.titleStack { emit("\u{1B}]2;\(title)\u{7}\u{1B}[22;0t") }
    emit("\u{1B}]2;\(screen.title)\u{7}")
  }

  private mutating func writeTabStops() {
    guard screen.tabStops != Screen.defaultTabStops(screen.columns) else { return }
    emit("\u{1B}[3g")
    for column in 0..<screen.columns where screen.tabStops[column] {
      emit("\u{1B}[1;\(column + 1)H\u{1B}H")
    }
  }

  private mutating func writeMargins(_ top: Int, _ bottom: Int) {
    if top > 0 || bottom < screen.rows { emit("\u{1B}[\(top + 1);\(bottom)r") }
  }

  private mutating func writeSideMargins() {
    if screen.modes.contains(.leftRightMargins) {
      emit("\u{1B}[?69h\u{1B}[\(screen.left + 1);\(screen.right)s")
    }
  }

  private mutating func writeModes() {
    if screen.modes.contains(.insert) { emit("\u{1B}[4h") }
    if screen.modes.contains(.newLine) { emit("\u{1B}[20h") }
    if screen.modes.contains(.rectangleExtent) { emit("\u{1B}[2*x") }
    let isProtected = screen.cursor.pen.style.isProtected
    if screen.modes.contains(.protectsForAll) {
      emit("\u{1B}V" + (isProtected ? "" : "\u{1B}W"))
    } else if screen.modes.contains(.protectsForSelective) {
      emit("\u{1B}[\(isProtected ? 1 : 0)\"q")
    }
    for number in Modes.switches {
      guard let mode = Modes(privateNumber: number) else { continue }
      var isOn = screen.modes.contains(mode)
      if mode == .autowrap, screen.modes.contains(.vt52) { isOn = screen.beforeVT52.isAutowrap }
      if isOn != Modes.initial.contains(mode) {
        emit("\u{1B}[?\(number)\(isOn ? "h" : "l")")
      }
    }
  }

  /// Puts the cursor where it is, with its pen, sets and origin mode.
  private mutating func writeCursor(_ saved: Cursor, on grid: Grid, _ margins: Range<Int>) {
    emit("\u{1B}[?6l")
    var cursor = saved
    let row = min(cursor.row, screen.rows - 1)
    let column = min(cursor.column, screen.columns - 1)
    // Under DECOM nothing but DECRC leads outside the margins.
    if !margins.contains(row) || column < screen.left || column >= screen.right {
      cursor.isOrigin = false
    }
    if cursor.isOrigin {
      emit("\u{1B}[?6h\u{1B}[\(row - margins.lowerBound + 1);\(column - screen.left + 1)H")
    } else {
      emit("\u{1B}[\(row + 1);\(column + 1)H")
    }
    if cursor.isWrapPending { writePendingWrap(grid[row], row, column, cursor) }
    setPen(cursor.pen)
    writeCharsets(cursor.charsets)
  }

  /// Writes the last character of the line once more, so that a wrap is pending again.
  private mutating func writePendingWrap(
    _ line: Line, _ row: Int, _ column: Int, _ cursor: Cursor
  ) {
    var last = (column < screen.right ? screen.right : screen.columns) - 1
    if line.size != .single { last = min(last, max(1, screen.columns / 2) - 1) }
    let head = line[last].isTail ? last - 1 : last
    let origin = cursor.isOrigin ? screen.left : 0
    emit("\u{1B}[\(head - origin + 1)G")
    let cell = line[head]
    setPen(cell.style, cell.decoration)
    emit(cell.text == 0 ? " " : context.text(of: cell))
    // CBT is the one movement that leaves a wrap pending.
    let stops = (column..<max(column, last)).filter { $0 == column || screen.tabStops[$0] }
    if !stops.isEmpty { emit("\u{1B}[\(stops.count)Z") }
  }

  /// The mode that changes what all other sequences mean comes last.
  private mutating func writeVT52() {
    emit("\u{1B}[?2l")
    if screen.cursor.charsets[0] == .graphicsVT52 { emit("\u{1B}F") }
    if screen.cursor.charsets.active == 1 { emit("\u{E}") }
  }

  private mutating func setPen(_ pen: Pen) {
    setPen(pen.style, pen.decoration)
  }

  private mutating func writeCharsets(_ charsets: Charsets) {
    for (number, designator) in ["(", ")", "*", "+"].enumerated() {
      emit("\u{1B}\(designator)\(charsets[UInt8(number)].designator)")
    }
    switch charsets.active {
    case 0: emit("\u{F}")
    case 1: emit("\u{E}")
    case 2: emit("\u{1B}n")
    default: emit("\u{1B}o")
    }
    if let single = charsets.single { emit(single == 2 ? "\u{1B}N" : "\u{1B}O") }
  }
}

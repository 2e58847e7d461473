internal import Terminal
internal import Text

extension Still {
  /// Writes the screen as an SVG picture that needs nothing else and can run nothing.
  ///
  /// Each piece of text stands at its own column, whatever font draws it. What the recording
  /// concealed shows, dimmed; what must not be shown as itself is U+FFFD. Source: SVG 1.1.
  package func svg<E: Error>(write: (String) throws(E) -> Void) throws(E) {
    let (width, height) = (terminal.columns * Cells.width, terminal.rows * Cells.height)
    try write(
      """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" \
      width="\(width)" height="\(height)" role="img" xml:space="preserve" font-size="\(Cells.font)" \
      font-family="ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace">
      <title>Terminal screen, \(terminal.columns) columns, \(terminal.rows) rows</title>
      <rect width="100%" height="100%" fill="\(Ink.paper(terminal.isReverseVideo))"/>

      """)
    for index in 0..<terminal.rows {
      var row = SVGRow(terminal.row(index), at: index, isReversed: terminal.isReverseVideo)
      row.draw()
      if !row.output.isEmpty { try write(row.output) }
    }
    let cursor = terminal.cursor
    if cursor.isVisible {
      try write(
        """
        <rect x="\(cursor.column * Cells.width)" y="\(cursor.row * Cells.height)" \
        width="\(Cells.width)" height="\(Cells.height)" fill="#e5e5e5" fill-opacity="0.5"/>

        """)
    }
    try write("</svg>\n")
  }
}

/// The picture's units: one pixel each.
private enum Cells {
  static let width = 8
  static let height = 17
  static let font = 13
  /// From a cell's top to the line its letters stand on.
  static let baseline = 13
}

/// What a cell's colours come to.
private struct Ink: Equatable {
  var front: String
  var back: String?

  static func paper(_ isReversed: Bool) -> String { isReversed ? usualFront : usualBack }

  private static let usualFront = "#e5e5e5"
  private static let usualBack = "#000000"

  init(_ style: Style, isReversed: Bool) {
    front = Self.hex(style.foreground) ?? Self.usualFront
    back = Self.hex(style.background)
    // SGR 7 on a reversed screen shows as neither would alone.
    if style.attributes.contains(.inverse) != isReversed {
      (front, back) = (back ?? Self.usualBack, front)
    }
    if back == Self.paper(isReversed) { back = nil }
  }

  static func hex(_ color: Color) -> String? {
    switch color {
    case .default: return nil
    case .indexed(let index):
      let values = Rendition.values(index)
      return Still.hex(UInt8(values.red), UInt8(values.green), UInt8(values.blue))
    case .rgb(let red, let green, let blue): return Still.hex(red, green, blue)
    }
  }
}

/// One row of the picture.
private struct SVGRow {
  private struct Piece {
    var cell: SafeCell
    /// `SafeCell` has none; a picture can show it.
    var underlineColor: Color
    var column: Int
  }

  private let pieces: [Piece]
  private let top: Int
  private let isReversed: Bool
  private(set) var output = ""

  init(_ row: Row, at index: Int, isReversed: Bool) {
    var pieces: [Piece] = []
    for (column, cell) in row.cells.enumerated() {
      pieces.append(
        Piece(
          cell: SafeCell(cell), underlineColor: cell.style.underlineColor, column: column))
    }
    self.pieces = pieces
    self.isReversed = isReversed
    top = index * Cells.height
  }

  mutating func draw() {
    // All backgrounds first: a letter may lean over the edge of its cell.
    for (back, run) in runs({ Ink($0.cell.style, isReversed: isReversed).back }) {
      if let back { rectangle(run, fill: back) }
    }
    for (style, run) in runs({ $0.cell.style }) { text(run, style) }
    for (lines, run) in runs({ Lines($0.cell.style, $0.underlineColor) }) { draw(lines, run) }
  }

  /// The stretches of columns for which `key` is the same.
  private func runs<Key: Equatable>(_ key: (Piece) -> Key) -> [(Key, Range<Int>)] {
    var runs: [(Key, Range<Int>)] = []
    var start = 0
    while start < pieces.count {
      let value = key(pieces[start])
      var end = start + 1
      while end < pieces.count, key(pieces[end]) == value { end += 1 }
      runs.append((value, start..<end))
      start = end
    }
    return runs
  }

  private mutating func rectangle(_ run: Range<Int>, fill: String) {
    output += """
      <rect x="\(run.lowerBound * Cells.width)" y="\(top)" width="\(run.count * Cells.width)" \
      height="\(Cells.height)" fill="\(fill)"/>

      """
  }

  /// ASCII goes as one element stretched over its cells, everything else cell by cell.
  private mutating func text(_ run: Range<Int>, _ style: Style) {
    var start = run.lowerBound
    while start < run.upperBound {
      guard Self.isASCII(pieces[start].cell) else {
        let cell = pieces[start].cell
        if cell.width > 0 { element(cell.text, at: start, cells: cell.width, style) }
        start += 1
        continue
      }
      var end = start
      var text = ""
      while end < run.upperBound, Self.isASCII(pieces[end].cell) {
        text += pieces[end].cell.text
        end += 1
      }
      // Blanks at either end need no ink.
      let leading = text.prefix { $0 == " " }.count
      let body = text.dropFirst(leading)
      let shown = body.dropLast(body.reversed().prefix { $0 == " " }.count)
      element(String(shown), at: start + leading, cells: shown.count, style)
      start = end
    }
  }

  private static func isASCII(_ cell: SafeCell) -> Bool {
    cell.width == 1 && cell.text.utf8.count == 1
  }

  private mutating func element(_ text: String, at column: Int, cells: Int, _ style: Style) {
    guard cells > 0, !text.isEmpty else { return }
    let ink = Ink(style, isReversed: isReversed)
    output += """
      <text x="\(column * Cells.width)" y="\(top + Cells.baseline)" fill="\(ink.front)" \
      textLength="\(cells * Cells.width)" lengthAdjust="spacingAndGlyphs"
      """
    let attributes = style.attributes
    if attributes.contains(.bold) { output += " font-weight=\"bold\"" }
    if attributes.contains(.italic) { output += " font-style=\"italic\"" }
    if attributes.contains(.dim) { output += " fill-opacity=\"0.6\"" }
    // Right-to-left letters stay in the cells the terminal put them in.
    if text.utf8.count != cells { output += " direction=\"ltr\" unicode-bidi=\"bidi-override\"" }
    output += ">" + HTMLText.text(text) + "</text>\n"
  }

  // MARK: lines under, over and through

  private struct Lines: Equatable {
    var underline: UnderlineKind
    var underlineColor: Color
    var isStruck: Bool
    var isOverlined: Bool
    var style: Style

    init(_ style: Style, _ underlineColor: Color) {
      underline = style.underline
      self.underlineColor = underlineColor
      isStruck = style.attributes.contains(.strike)
      isOverlined = style.attributes.contains(.overline)
      self.style = style
    }
  }

  private mutating func draw(_ lines: Lines, _ run: Range<Int>) {
    let ink = Ink(lines.style, isReversed: isReversed).front
    let under = Ink.hex(lines.underlineColor) ?? ink
    let low = top + Cells.baseline + 2
    switch lines.underline {
    case .none: break
    case .single: line(run, at: low, under)
    case .double:
      line(run, at: low - 1, under)
      line(run, at: low + 1, under)
    case .curly: wave(run, at: low, under)
    case .dotted: line(run, at: low, under, dashes: "1 2")
    case .dashed: line(run, at: low, under, dashes: "4 2")
    }
    if lines.isStruck { line(run, at: top + Cells.height / 2, ink) }
    if lines.isOverlined { line(run, at: top + 1, ink) }
  }

  private mutating func line(
    _ run: Range<Int>, at height: Int, _ ink: String, dashes: String? = nil
  ) {
    output += """
      <path d="M\(run.lowerBound * Cells.width) \(height)h\(run.count * Cells.width)" \
      stroke="\(ink)"
      """
    if let dashes { output += " stroke-dasharray=\"\(dashes)\"" }
    output += "/>\n"
  }

  private mutating func wave(_ run: Range<Int>, at height: Int, _ ink: String) {
    let bows = String(repeating: "q2 -3 4 0q2 3 4 0", count: run.count)
    output += """
      <path d="M\(run.lowerBound * Cells.width) \(height)\(bows)" fill="none" stroke="\(ink)"/>

      """
  }
}

internal import Terminal
internal import Text

extension Still {
  /// Writes one JSON object, on one line with the line feed that ends it.
  ///
  /// `cols`, `rows`; `cursor` with `row`, `col` from 0 and `visible`; `text`, the rows without the
  /// blanks at their ends; `screen`, a row each with `wrap` and its `runs` of cells that look alike;
  /// `scrollback`, the text of the rows above the screen, oldest first. What is default is left out
  /// of a run: `t` text, `n` cells, `fg` and `bg` the name of a colour chosen by name (SGR 31), the
  /// number of one chosen by number (SGR 38;5;1) or `#rrggbb`, `f` the flags, `ul` the underline's own colour, `link` where it leads.
  package func json<E: Error>(write: ([UInt8]) throws(E) -> Void) throws(E) {
    var json = JSONText()
    try json.object { (json: inout JSONText) throws(E) in
      json.field("cols", terminal.columns)
      json.field("rows", terminal.rows)
      json.object("cursor") { cursor in
        cursor.field("row", terminal.cursor.row)
        cursor.field("col", terminal.cursor.column)
        cursor.field("visible", terminal.cursor.isVisible)
      }
      json.field("text", terminal.screenText())
      try json.array("screen") { (list: inout JSONText) throws(E) in
        for index in 0..<terminal.rows {
          let row = terminal.row(index)
          list.object { line in
            line.array("runs") { runs in
              for run in Self.runs(row) { runs.object { append(run, to: &$0) } }
            }
            line.field("wrap", row.isWrapped)
          }
          try write(list.drain())
        }
      }
      try json.array("scrollback") { (list: inout JSONText) throws(E) in
        for index in 0..<terminal.scrollbackCount {
          list.value(terminal.scrollbackRow(index).text())
          if index % 64 == 63 { try write(list.drain()) }
        }
      }
    }
    try write(json.drain() + [0x0A])
  }

  /// Cells side by side that look alike.
  private struct Run {
    var text: String
    var cells: Int
    var style: Style
  }

  private static func runs(_ row: Row) -> [Run] {
    var runs: [Run] = []
    for cell in row.cells {
      if let last = runs.indices.last, runs[last].style == cell.style {
        runs[last].text += cell.text
        runs[last].cells += 1
      } else {
        runs.append(Run(text: cell.text, cells: 1, style: cell.style))
      }
    }
    return runs
  }

  private func append(_ run: Run, to json: inout JSONText) {
    json.field("t", run.text)
    json.field("n", run.cells)
    let style = run.style
    let numbered = style.numbered
    if style.foreground != .default {
      Self.append(style.foreground, numbered.contains(.foreground), as: "fg", to: &json)
    }
    if style.background != .default {
      Self.append(style.background, numbered.contains(.background), as: "bg", to: &json)
    }
    let flags = Self.flags(style)
    if !flags.isEmpty { json.field("f", flags) }
    if style.underlineColor != .default {
      Self.append(style.underlineColor, numbered.contains(.underline), as: "ul", to: &json)
    }
    if let target = terminal.linkTarget(style.link) { json.field("link", target) }
  }

  private static let names = [
    "Black", "Red", "Green", "Yellow", "Blue", "Magenta", "Cyan", "White",
  ]

  private static func append(
    _ color: Color, _ isNumbered: Bool, as key: String, to json: inout JSONText
  ) {
    switch color {
    case .default: json.null(key)
    case .indexed(let index) where index < 8 && !isNumbered: json.field(key, names[Int(index)])
    case .indexed(let index) where index < 16 && !isNumbered:
      json.field(key, "Bright" + names[Int(index) - 8])
    case .indexed(let index): json.field(key, Int(index))
    case .rgb(let red, let green, let blue): json.field(key, hex(red, green, blue))
    }
  }

  static func hex(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> String {
    "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func flags(_ style: Style) -> [String] {
    var flags: [String] = []
    let attributes = style.attributes
    if attributes.contains(.inverse) { flags.append("INVERSE") }
    if attributes.contains(.bold) { flags.append("BOLD") }
    if attributes.contains(.italic) { flags.append("ITALIC") }
    if style.underline == .single { flags.append("UNDERLINE") }
    if attributes.contains(.dim) { flags.append("DIM") }
    if attributes.contains(.hidden) { flags.append("HIDDEN") }
    if attributes.contains(.strike) { flags.append("STRIKEOUT") }
    switch style.underline {
    case .none, .single: break
    case .double: flags.append("DOUBLE_UNDERLINE")
    case .curly: flags.append("UNDERCURL")
    case .dotted: flags.append("DOTTED_UNDERLINE")
    case .dashed: flags.append("DASHED_UNDERLINE")
    }
    if attributes.contains(.blink) { flags.append("BLINK") }
    if attributes.contains(.overline) { flags.append("OVERLINE") }
    return flags
  }
}

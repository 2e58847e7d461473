internal import Terminal
internal import Text

/// The row over a pane: what it shows, and whether keys go there.
enum PaneTitle {
  static func draw(
    _ title: String, right: String = "", in rect: Rect, hasFocus: Bool, on frame: inout Frame
  ) -> Rect {
    guard rect.rows > 1 else { return rect }
    var style = Style.plain
    let line = String(repeating: "─", count: rect.columns)
    frame.put(line, row: rect.row, column: rect.column, width: rect.columns, style: Tone.dim.style)
    let head = (hasFocus ? "▌" : " ") + title + " "
    style.attributes = hasFocus ? .bold : []
    let used = frame.put(
      head, row: rect.row, column: rect.column, width: rect.columns, style: style)
    let width = DisplayWidth.of(TerminalText.line(right)) + 1
    if !right.isEmpty, used + width < rect.columns {
      frame.put(
        " " + right, row: rect.row, column: rect.column + rect.columns - width, width: width,
        style: Tone.dim.style)
    }
    return Rect(
      row: rect.row + 1, column: rect.column, rows: rect.rows - 1, columns: rect.columns)
  }
}

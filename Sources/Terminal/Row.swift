/// One cell as a viewer needs it.
package struct Cell: Sendable, Equatable {
  package var style: Style
  /// 1, 2 for the first cell of a wide character, 0 for its second.
  package var width: Int
  /// A grapheme cluster; " " where nothing is, "" in a second cell.
  ///
  /// Never a control character, but what has no width of its own can be in it: bidirectional
  /// controls, tags, joiners. Encode it before it goes anywhere.
  package var text: String
}

/// A row of the screen or of the scrollback, as it was when it was asked for.
///
/// Cells are made when they are read; asking for a row copies nothing.
package struct Row: Sendable {
  let line: Line
  private let screen: RowContext
  /// Cells in the row: the columns of the screen; a row of the scrollback may be wider.
  package let count: Int

  init(_ line: Line, _ screen: Screen) {
    self.line = line
    self.screen = RowContext(clusters: screen.clusters, decorations: screen.decorations)
    count = max(screen.columns, line.used.count)
  }

  /// The text goes on in the next row; the program did not end the line here.
  package var isWrapped: Bool { line.isWrapped }

  package var cells: [Cell] { (0..<count).map { cell($0) } }

  /// One cell; blank beyond the row.
  package func cell(_ column: Int) -> Cell {
    let packed = column >= 0 && column < count ? line[column] : .blank
    return Cell(style: screen.style(of: packed), width: packed.width, text: screen.text(of: packed))
  }

  /// The row as text, without the blanks at its end.
  package func text() -> String {
    var text = ""
    for cell in line.used where !cell.isTail { screen.append(cell, to: &text) }
    while text.unicodeScalars.last == " " { text.unicodeScalars.removeLast() }
    return text
  }
}

extension Row: Equatable {
  /// Compares what is to be seen.
  package static func == (left: Row, right: Row) -> Bool {
    left.count == right.count && left.isWrapped == right.isWrapped && left.cells == right.cells
  }
}

/// The tables that tell what the numbers in a line mean.
struct RowContext: Sendable {
  let clusters: ClusterTable
  let decorations: DecorationTable

  func style(of cell: PackedCell) -> Style {
    var style = Style()
    style.foreground = cell.style.foreground.color
    style.background = cell.style.background.color
    style.underline = cell.style.underline
    style.attributes = cell.style.attributes
    if cell.style.foreground.isNumbered { style.numbered.insert(.foreground) }
    if cell.style.background.isNumbered { style.numbered.insert(.background) }
    if cell.decoration != 0 {
      let decoration = decorations.values(cell.decoration)
      style.underlineColor = decoration.underlineColor.color
      if decoration.underlineColor.isNumbered { style.numbered.insert(.underline) }
      style.link = Int(decoration.link)
    }
    return style
  }

  func text(of cell: PackedCell) -> String {
    guard !cell.isTail else { return "" }
    var text = ""
    append(cell, to: &text)
    return text
  }

  func append(_ cell: PackedCell, to text: inout String) {
    let value = cell.text
    if value == 0 {
      text.unicodeScalars.append(" ")
    } else if value & PackedCell.clusterBit == 0 {
      text.unicodeScalars.append(Unicode.Scalar(value) ?? "\u{FFFD}")
    } else {
      for scalar in clusters.scalars(of: value) {
        text.unicodeScalars.append(Unicode.Scalar(scalar) ?? "\u{FFFD}")
      }
    }
  }
}

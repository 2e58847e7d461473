/// Rows in aligned columns, for people; each cell passes `TerminalText` on its way in.
///
/// Nothing is truncated unless a width is asked for, and then only columns that may shrink. No
/// colour by itself.
package struct Table: Sendable {
  package struct Column: Sendable {
    package var title: String
    package var alignment: Alignment
    /// The columns it keeps however narrow the terminal; nil where it never shrinks.
    package var minimum: Int?

    package init(_ title: String, _ alignment: Alignment = .left, minimum: Int? = nil) {
      self.title = title
      self.alignment = alignment
      self.minimum = minimum
    }
  }

  package let columns: [Column]
  private var rows: [[String]] = []

  package init(_ columns: [Column]) { self.columns = columns }

  package var count: Int { rows.count }

  /// Adds a row; missing cells are empty, those beyond the columns are left out.
  package mutating func add(_ cells: [String]) {
    var row = cells.prefix(columns.count).map { TerminalText.line($0) }
    while row.count < columns.count { row.append("") }
    rows.append(row)
  }

  /// Returns the lines, header first.
  ///
  /// - Parameters:
  ///   - width: columns a line should fit into; nil leaves every cell whole.
  ///   - decorate: given row (-1 is the header), column and the padded cell, returns what to print
  ///     in its place; for colour.
  package func lines(
    width: Int? = nil, header: Bool = true,
    decorate: (_ row: Int, _ column: Int, _ cell: String) -> String = { $2 }
  ) -> [String] {
    let widths = widths(within: width, header: header)
    var lines: [String] = []
    if header { lines.append(line(columns.map(\.title), -1, widths, decorate)) }
    for (number, row) in rows.enumerated() {
      lines.append(line(row, number, widths, decorate))
    }
    return lines
  }

  private func line(
    _ cells: [String], _ row: Int, _ widths: [Int],
    _ decorate: (Int, Int, String) -> String
  ) -> String {
    // Trailing blanks help nobody: the last filled cell is not padded.
    let last = cells.lastIndex { !$0.isEmpty } ?? 0
    var line = ""
    for (column, cell) in cells.enumerated().prefix(last + 1) {
      if column > 0 { line += "  " }
      let cut = DisplayWidth.truncate(cell, to: widths[column])
      let isPadded = column < last || columns[column].alignment == .right
      let cell =
        isPadded ? DisplayWidth.pad(cut, to: widths[column], columns[column].alignment) : cut
      line += decorate(row, column, cell)
    }
    return line
  }

  private func widths(within limit: Int?, header: Bool) -> [Int] {
    var widths = columns.map { header ? DisplayWidth.of($0.title) : 0 }
    for row in rows {
      for (column, cell) in row.enumerated() {
        widths[column] = max(widths[column], DisplayWidth.of(cell))
      }
    }
    guard let limit else { return widths }
    var excess = widths.reduce(2 * max(0, widths.count - 1), +) - limit
    while excess > 0, let widest = widestShrinkable(widths) {
      // Down to the next widest in one step would be faster; tables are narrow enough.
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }

  private func widestShrinkable(_ widths: [Int]) -> Int? {
    columns.indices.filter { index in
      columns[index].minimum.map { widths[index] > max($0, 1) } ?? false
    }.max { widths[$0] < widths[$1] }
  }
}

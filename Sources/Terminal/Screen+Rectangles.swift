/// The cells a DEC rectangle sequence names, within the screen.
private struct Rectangle {
  var rows: Range<Int>
  var columns: Range<Int>
}

extension Screen {
  /// DECERA, DECSERA, DECFRA and DECCRA (VT420).
  mutating func rectangle(_ final: Unicode.Scalar, _ parameters: Parameters) {
    switch final {
    case "z": erase(area(parameters, at: 0), filler: filler)
    case "{": eraseSelectively(area(parameters, at: 0))
    case "x":
      let letter = UInt32(parameters[0])
      guard (0x20...0x7E).contains(letter) || (0xA0...0xFF).contains(letter) else { return }
      var cell = PackedCell.erased(cursor.pen)
      cell.content = PackedCell.narrow | letter
      cell.style = cursor.pen.style
      cell.decoration = cursor.pen.decoration
      erase(area(parameters, at: 1), filler: cell)
    case "v":
      copy(
        area(parameters, at: 0), toRow: parameters.amount(5) - 1, column: parameters.amount(6) - 1)
    default: break
    }
  }

  /// Top, left, bottom and right from four parameters; nil when they name nothing.
  private func area(_ parameters: Parameters, at start: Int) -> Rectangle? {
    let rowOffset = cursor.isOrigin ? top : 0
    let columnOffset = cursor.isOrigin ? left : 0
    let rowLimit = cursor.isOrigin ? bottom : rows
    let columnLimit = cursor.isOrigin ? right : columns
    let firstRow = parameters.amount(start) - 1 + rowOffset
    let firstColumn = parameters.amount(start + 1) - 1 + columnOffset
    let lastRow = parameters[start + 2]
    let lastColumn = parameters[start + 3]
    let endRow = lastRow == 0 ? rowLimit : min(lastRow + rowOffset, rowLimit)
    let endColumn = lastColumn == 0 ? columnLimit : min(lastColumn + columnOffset, columnLimit)
    guard firstRow < endRow, firstColumn < endColumn else { return nil }
    return Rectangle(rows: firstRow..<endRow, columns: firstColumn..<endColumn)
  }

  private mutating func erase(_ area: Rectangle?, filler: PackedCell) {
    guard let area else { return }
    for row in area.rows {
      grid[row].erase(
        area.columns.lowerBound, area.columns.upperBound, filler: filler, columns: columns)
    }
  }

  private mutating func eraseSelectively(_ area: Rectangle?) {
    guard let area else { return }
    for row in area.rows {
      grid[row].eraseSelectively(
        area.columns.lowerBound, area.columns.upperBound, filler: filler, columns: columns)
    }
  }

  private mutating func copy(_ area: Rectangle?, toRow: Int, column: Int) {
    guard let area else { return }
    let row = toRow + (cursor.isOrigin ? top : 0)
    let column = column + (cursor.isOrigin ? left : 0)
    let height = min(area.rows.count, rows - row)
    let width = min(area.columns.count, columns - column)
    guard height > 0, width > 0 else { return }
    let source = area.rows.prefix(height).map { grid[$0] }
    for (offset, line) in source.enumerated() {
      grid[row + offset].place(
        line, from: area.columns.lowerBound, count: width, at: column, columns: columns)
    }
  }
}

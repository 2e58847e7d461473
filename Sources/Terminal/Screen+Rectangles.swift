/// The cells a DEC rectangle sequence names, within the screen.
private struct Rectangle {
  var rows: Range<Int>
  var columns: Range<Int>
}

/// What the parameters behind the area of DECCARA or DECRARA do to a cell.
private struct AttributeChange {
  private var values: [Int]
  private let reverses: Bool

  init(_ parameters: Parameters, reverses: Bool) {
    values = parameters.count > 4 ? (4..<parameters.count).map { parameters[$0] } : [0]
    self.reverses = reverses
  }

  func apply(to style: inout PackedStyle) {
    for value in values {
      switch value {
      case 0:
        if reverses {
          for attribute in [Attributes.bold, .blink, .inverse] { toggle(attribute, &style) }
          toggleUnderline(&style)
        } else {
          style.attributes.subtract([.bold, .blink, .inverse, .hidden])
          style.underline = .none
        }
      case 1: change(.bold, &style)
      case 4: if reverses { toggleUnderline(&style) } else { style.underline = .single }
      case 5: change(.blink, &style)
      case 7: change(.inverse, &style)
      case 8: change(.hidden, &style)
      case 22 where !reverses: style.attributes.remove(.bold)
      case 24 where !reverses: style.underline = .none
      case 25 where !reverses: style.attributes.remove(.blink)
      case 27 where !reverses: style.attributes.remove(.inverse)
      case 28 where !reverses: style.attributes.remove(.hidden)
      default: break
      }
    }
  }

  private func change(_ attribute: Attributes, _ style: inout PackedStyle) {
    if reverses { toggle(attribute, &style) } else { style.attributes.insert(attribute) }
  }

  private func toggle(_ attribute: Attributes, _ style: inout PackedStyle) {
    style.attributes.formSymmetricDifference(attribute)
  }

  private func toggleUnderline(_ style: inout PackedStyle) {
    style.underline = style.underline == .none ? .single : .none
  }
}

extension Screen {
  /// DECERA, DECSERA, DECFRA, DECCRA, DECCARA and DECRARA (VT420).
  mutating func rectangle(_ final: Unicode.Scalar, _ parameters: Parameters) {
    switch final {
    case "z": erase(area(parameters, at: 0), filler: filler)
    case "{":
      if modes.contains(.protectsForSelective) {
        eraseSelectively(area(parameters, at: 0))
      } else {
        erase(area(parameters, at: 0), filler: filler)
      }
    case "r": restyle(area(parameters, at: 0), AttributeChange(parameters, reverses: false))
    case "t": restyle(area(parameters, at: 0), AttributeChange(parameters, reverses: true))
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

  /// Changes attributes in the area, or from its first cell to its last as text runs (DECSACE).
  private mutating func restyle(_ area: Rectangle?, _ change: AttributeChange) {
    guard let area else { return }
    let limit = cursor.isOrigin ? left..<right : 0..<columns
    for row in area.rows {
      var cells = area.columns
      if !modes.contains(.rectangleExtent) {
        let first = row == area.rows.lowerBound ? cells.lowerBound : limit.lowerBound
        let end = row == area.rows.upperBound - 1 ? cells.upperBound : limit.upperBound
        guard first < end else { continue }
        cells = first..<end
      }
      for column in cells {
        var cell = grid[row][column]
        change.apply(to: &cell.style)
        guard cell.style != grid[row][column].style else { continue }
        // An erased cell has no attributes but its background.
        if cell.text == 0, !cell.isTail { cell.content = PackedCell.narrow | 0x20 }
        grid[row].write(cell, at: column, columns: columns)
      }
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

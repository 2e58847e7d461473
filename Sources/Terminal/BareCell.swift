/// A cell as numbers, for who draws thousands of them sixty times a second.
package struct BareCell: Sendable, Equatable {
  /// `scalar` of a cell whose text is more than one scalar; `Row.cell` tells it.
  package static let cluster = UInt32.max

  /// " " where nothing is; 0 in a second cell.
  package var scalar: UInt32
  /// 1, 2 for the first cell of a wide character, 0 for its second.
  package var width: Int
  package var style: PackedStyle
}

extension Row {
  /// Replaces `cells` with those of some columns; what lies beyond the row is blank.
  package func copyBare(_ columns: Range<Int>, into cells: inout [BareCell]) {
    cells.removeAll(keepingCapacity: true)
    for column in columns {
      let packed = column >= 0 && column < count ? line[column] : .blank
      let text = packed.text
      let scalar: UInt32 =
        if packed.isTail { 0 } else if text == 0 { 0x20 } else if text & PackedCell.clusterBit != 0
        {
          BareCell.cluster
        } else { text }
      cells.append(BareCell(scalar: scalar, width: packed.width, style: packed.style))
    }
  }
}

extension PackedStyle {
  package static let plain = PackedStyle()

  /// Without the underline's own colour and the link.
  package init(_ style: Style) {
    self.init()
    foreground = Self.pack(style.foreground, style.numbered.contains(.foreground))
    background = Self.pack(style.background, style.numbered.contains(.background))
    attributes = style.attributes
    underline = style.underline
  }

  package var style: Style {
    var style = Style()
    style.foreground = foreground.color
    style.background = background.color
    style.underline = underline
    style.attributes = attributes
    if foreground.isNumbered { style.numbered.insert(.foreground) }
    if background.isNumbered { style.numbered.insert(.background) }
    return style
  }

  private static func pack(_ color: Color, _ isNumbered: Bool) -> PackedColor {
    switch color {
    case .default: .default
    case .indexed(let index): isNumbered ? .numbered(index) : .indexed(index)
    case .rgb(let red, let green, let blue): .rgb(red, green, blue)
    }
  }
}

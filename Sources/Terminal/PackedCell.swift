/// One cell in 16 bytes; its text is a scalar or the number of a cluster, never a `String`.
struct PackedCell: Sendable, Equatable {
  /// Bits 0...20 scalar or cluster number, 21 it is a cluster, 22...23 width.
  var content: UInt32
  /// The number of an underline colour and link in `DecorationTable`, 0 for neither.
  var decoration: UInt32
  var style: PackedStyle

  static let clusterBit: UInt32 = 1 << 21
  static let widthShift: UInt32 = 22
  static let textMask: UInt32 = (1 << 22) - 1
  static let narrow: UInt32 = 1 << widthShift
  static let wide: UInt32 = 2 << widthShift

  /// A cell nothing was ever written to; a written space has its scalar, U+0020.
  static let blank = PackedCell(content: narrow, decoration: 0, style: PackedStyle())

  @inline(__always)
  static func erased(_ pen: Pen) -> PackedCell {
    PackedCell(content: narrow, decoration: 0, style: pen.style.erased)
  }

  @inline(__always)
  init(content: UInt32, decoration: UInt32, style: PackedStyle) {
    self.content = content
    self.decoration = decoration
    self.style = style
  }

  /// The second half of a wide character.
  @inline(__always)
  static func tail(of head: PackedCell) -> PackedCell {
    PackedCell(content: 0, decoration: head.decoration, style: head.style)
  }

  @inline(__always)
  func isStyled(as other: PackedCell) -> Bool {
    style == other.style && decoration == other.decoration
  }

  /// Makes the half that is left of a wide character a blank with its background.
  mutating func blankHalf() {
    self = PackedCell(content: Self.narrow, decoration: 0, style: style.erased)
  }

  /// The scalar or cluster, without the width.
  @inline(__always)
  var text: UInt32 { content & Self.textMask }

  @inline(__always)
  var width: Int { Int(content >> Self.widthShift & 3) }

  @inline(__always)
  var isTail: Bool { content >> Self.widthShift & 3 == 0 }

  @inline(__always)
  var isWide: Bool { content >> Self.widthShift & 3 == 2 }
}

/// What the next written cell takes on.
struct Pen: Sendable, Equatable {
  var style = PackedStyle()
  /// See `PackedCell.decoration`.
  var decoration: UInt32 = 0
  var underlineColor = PackedColor.default
  var link: UInt32 = 0
  /// What is special about text in this style and link; follows from both.
  var watch: HiddenFinder.Watch = []

  mutating func updateWatch() {
    watch = link == 0 ? [] : .link
    if style.isInvisible { watch.insert(.invisible) }
  }
}

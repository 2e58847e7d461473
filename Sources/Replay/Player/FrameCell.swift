internal import Terminal
internal import Text

/// A `SafeCell` in sixteen bytes, which are compared as numbers.
struct FrameCell: Sendable, Equatable {
  /// Bits 0...20 the scalar, or the number of a text; 21 it is such a number; 22...23 the width; 24 terminals agree on it;
  /// 25 a blank follows the scalar, which alone is too narrow.
  fileprivate(set) var content: UInt32
  var style: PackedStyle

  private static let textBit: UInt32 = 1 << 21
  private static let widthShift: UInt32 = 22
  private static let certainBit: UInt32 = 1 << 24
  private static let paddedBit: UInt32 = 1 << 25

  static let blank = space(.plain)

  static func space(_ style: PackedStyle) -> FrameCell {
    FrameCell(content: 0x20 | 1 << widthShift | certainBit, style: style)
  }

  static func tail(_ style: PackedStyle) -> FrameCell {
    FrameCell(content: certainBit, style: style)
  }

  /// 1, 2, or 0 for the second cell of a wide character.
  var width: Int { Int(content >> Self.widthShift & 3) }
  var isCertain: Bool { content & Self.certainBit != 0 }
  var isPadded: Bool { content & Self.paddedBit != 0 }
  /// The number of a text of more than one scalar in `Frame.texts`; nil where the cell has but one.
  var text: Int? { content & Self.textBit != 0 ? Int(content & (Self.textBit - 1)) : nil }
  /// The scalar, where there is no `text`.
  var scalar: UInt32 { content & (Self.textBit - 1) }

  fileprivate static func content(
    _ value: UInt32, isText: Bool, width: Int, isCertain: Bool, isPadded: Bool
  ) -> UInt32 {
    value | (isText ? textBit : 0) | UInt32(width) << widthShift | (isCertain ? certainBit : 0)
      | (isPadded ? paddedBit : 0)
  }

  /// What an emulator's cell of one scalar shows, where that needs no judgement: nothing in these blocks hides, reorders or
  /// has a width that terminals dispute.
  @inline(__always)
  fileprivate static func plain(_ scalar: UInt32, width: Int) -> UInt32? {
    switch (scalar, width) {
    case (0x20...0x7E, 1), (0xA1...0xAC, 1), (0xAE...0x17F, 1), (0x2500...0x259F, 1),
      (0x4E00...0x9FFF, 2), (0xAC00...0xD7A3, 2):
      scalar | UInt32(width) << widthShift | certainBit
    default: nil
    }
  }

  /// Links are never passed on, and what the recording concealed is shown, dimmed.
  @inline(__always)
  fileprivate static func shown(_ style: PackedStyle) -> PackedStyle {
    guard style.attributes.contains(.hidden) else { return style }
    var style = style
    style.attributes.remove(.hidden)
    style.attributes.insert([.dim, .italic])
    return style
  }
}

/// Judges cells for a frame, and remembers what it found of scalars that many of them hold.
package struct CellJudge: Sendable {
  private static let most = 4096

  private var known: [UInt64: UInt32] = [:]

  package init() {}

  /// A cell of an emulator as it may be shown; `row` tells the text of a cluster.
  @inline(__always)
  mutating func cell(
    _ bare: BareCell, _ row: Row, _ column: Int, _ texts: inout [String]
  ) -> FrameCell {
    // Protection from erasing shows nowhere.
    var style = bare.style
    style.bits &= ~(1 << 63)
    style = FrameCell.shown(style)
    guard bare.width > 0 else { return .tail(style) }
    if let plain = FrameCell.plain(bare.scalar, width: bare.width) {
      return FrameCell(content: plain, style: style)
    }
    return FrameCell(content: judged(bare, row, column, &texts), style: style)
  }

  @inline(never)
  private mutating func judged(
    _ bare: BareCell, _ row: Row, _ column: Int, _ texts: inout [String]
  ) -> UInt32 {
    guard bare.scalar != BareCell.cluster else {
      return Self.content(SafeCell(row.cell(column)), &texts)
    }
    let key = UInt64(bare.scalar) << 2 | UInt64(bare.width)
    if let content = known[key] { return content }
    // One scalar in, one scalar out: no text is ever noted here.
    let content = Self.content(SafeCell(row.cell(column)), &texts)
    if known.count >= Self.most { known = [:] }
    known[key] = content
    return content
  }

  static func content(_ cell: SafeCell, _ texts: inout [String]) -> UInt32 {
    let scalars = cell.text.unicodeScalars
    let isPadded = cell.width == 2 && scalars.count == 2 && scalars.last == " "
    guard let first = scalars.first else { return FrameCell.tail(.plain).content }
    if scalars.count == 1 || isPadded {
      return FrameCell.content(
        first.value, isText: false, width: cell.width, isCertain: cell.isCertain,
        isPadded: isPadded)
    }
    texts.append(cell.text)
    return FrameCell.content(
      UInt32(texts.count - 1), isText: true, width: cell.width, isCertain: cell.isCertain,
      isPadded: false)
  }

  /// One character of text that `TerminalText` returned; nil for marks, which go to the cell before.
  static func cell(encoded scalar: Unicode.Scalar, _ style: PackedStyle) -> FrameCell? {
    if let plain = FrameCell.plain(scalar.value, width: 1) {
      return FrameCell(content: plain, style: style)
    }
    guard let safe = SafeCell(encoded: scalar, style: .plain) else { return nil }
    var texts: [String] = []
    return FrameCell(content: content(safe, &texts), style: style)
  }
}

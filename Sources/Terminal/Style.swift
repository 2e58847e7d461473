/// A colour as the recorded program named it; what it looks like is the viewer's business.
package enum Color: Sendable, Hashable {
  case `default`
  /// 0...7 the basic colours, 8...15 their bright forms, 16...255 the cube and the greys.
  case indexed(UInt8)
  case rgb(UInt8, UInt8, UInt8)
}

/// The form of the line under a cell's text (SGR 4:n).
package enum UnderlineKind: UInt8, Sendable, Hashable {
  case none = 0
  case single, double, curly, dotted, dashed
}

/// The renditions that are on or off.
package struct Attributes: OptionSet, Sendable, Hashable {
  package let rawValue: UInt16

  package init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  package static let bold = Attributes(rawValue: 1 << 0)
  package static let dim = Attributes(rawValue: 1 << 1)
  package static let italic = Attributes(rawValue: 1 << 2)
  package static let blink = Attributes(rawValue: 1 << 3)
  package static let inverse = Attributes(rawValue: 1 << 4)
  package static let hidden = Attributes(rawValue: 1 << 5)
  package static let strike = Attributes(rawValue: 1 << 6)
  package static let overline = Attributes(rawValue: 1 << 7)
}

/// Which of a cell's colours below 16 were chosen by number (SGR 38;5;n), not by name (SGR 31).
///
/// Both look alike; terminals that brighten bold text brighten named colours alone.
package struct NumberedColors: OptionSet, Sendable, Hashable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  package static let foreground = NumberedColors(rawValue: 1 << 0)
  package static let background = NumberedColors(rawValue: 1 << 1)
  package static let underline = NumberedColors(rawValue: 1 << 2)
}

/// How one cell is drawn (ECMA-48 §8.3.117, with the extensions of xterm and kitty).
package struct Style: Sendable, Hashable {
  package var foreground: Color = .default
  package var background: Color = .default
  package var underlineColor: Color = .default
  package var underline: UnderlineKind = .none
  package var attributes: Attributes = []
  /// The link the cell belongs to, 0 for none; `VirtualTerminal.linkTarget(_:)` names its target.
  package var link: Int = 0
  package var numbered: NumberedColors = []

  /// No colour, no attribute, no link.
  package static let plain = Style()

  package init() {}
}

/// A colour in 26 bits: two of kind, 24 of value.
struct PackedColor: Sendable, Hashable {
  var bits: UInt32

  static let `default` = PackedColor(bits: 0)

  static func indexed(_ index: UInt8) -> PackedColor {
    PackedColor(bits: 1 << 24 | UInt32(index))
  }

  /// A colour chosen by number; from 16 on there is no other way.
  static func numbered(_ index: UInt8) -> PackedColor {
    PackedColor(bits: (index < 16 ? 3 : 1) << 24 | UInt32(index))
  }

  /// Below 16, and chosen by number.
  var isNumbered: Bool { bits >> 24 == 3 }

  static func rgb(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> PackedColor {
    PackedColor(bits: 2 << 24 | UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue))
  }

  var color: Color {
    switch bits >> 24 {
    case 1, 3: .indexed(UInt8(truncatingIfNeeded: bits))
    case 2:
      .rgb(
        UInt8(truncatingIfNeeded: bits >> 16), UInt8(truncatingIfNeeded: bits >> 8),
        UInt8(truncatingIfNeeded: bits))
    default: .default
    }
  }
}

/// A style in 64 bits, without its underline colour and link, which few cells have.
///
/// Bits from 0: foreground 26, background 26, attributes 8, underline kind 3, protected 1.
package struct PackedStyle: Sendable, Hashable {
  package var bits: UInt64 = 0

  private static let colorMask: UInt64 = (1 << 26) - 1
  private static let backgroundShift: UInt64 = 26
  private static let attributeShift: UInt64 = 52
  private static let underlineShift: UInt64 = 60
  private static let protectedBit: UInt64 = 1 << 63

  var foreground: PackedColor {
    get { PackedColor(bits: UInt32(truncatingIfNeeded: bits & Self.colorMask)) }
    set { bits = bits & ~Self.colorMask | UInt64(newValue.bits) & Self.colorMask }
  }

  var background: PackedColor {
    get {
      PackedColor(bits: UInt32(truncatingIfNeeded: bits >> Self.backgroundShift & Self.colorMask))
    }
    set {
      bits =
        bits & ~(Self.colorMask << Self.backgroundShift)
        | (UInt64(newValue.bits) & Self.colorMask) << Self.backgroundShift
    }
  }

  package var attributes: Attributes {
    get { Attributes(rawValue: UInt16(truncatingIfNeeded: bits >> Self.attributeShift & 0xFF)) }
    set {
      bits =
        bits & ~(0xFF << Self.attributeShift)
        | UInt64(newValue.rawValue & 0xFF) << Self.attributeShift
    }
  }

  var underline: UnderlineKind {
    get { UnderlineKind(rawValue: UInt8(bits >> Self.underlineShift & 7)) ?? .single }
    set {
      bits = bits & ~(7 << Self.underlineShift) | UInt64(newValue.rawValue) << Self.underlineShift
    }
  }

  /// Selective erase leaves the cell alone (DECSCA).
  var isProtected: Bool {
    get { bits & Self.protectedBit != 0 }
    set { bits = newValue ? bits | Self.protectedBit : bits & ~Self.protectedBit }
  }

  /// What an erased cell keeps of the pen: the background colour alone, as in xterm.
  var erased: PackedStyle {
    PackedStyle(bits: bits & (Self.colorMask << Self.backgroundShift))
  }
}

extension PackedStyle {
  /// What is written in it cannot be read: it is concealed, or has its background's colour.
  ///
  /// The default colours are the viewer's; nothing is said of them.
  var isInvisible: Bool {
    if attributes.contains(.hidden) { return true }
    let foreground = foreground
    let background = background
    guard foreground != .default, background != .default else { return false }
    return foreground.color == background.color || foreground.isClose(to: background)
  }
}

extension PackedColor {
  /// Nobody can tell the two apart; of the sixteen basic colours, which themes change, black and
  /// bright white alone are taken for what they are called.
  fileprivate func isClose(to other: PackedColor) -> Bool {
    guard let here = components, let there = other.components else { return false }
    return zip(here, there).allSatisfy { abs($0 - $1) <= 8 }
  }

  /// Red, green and blue; the cube and the greys of the 256 colours as xterm has them.
  private var components: [Int]? {
    switch color {
    case .default: return nil
    case .rgb(let red, let green, let blue): return [Int(red), Int(green), Int(blue)]
    case .indexed(let index):
      if index == 0 { return [0, 0, 0] }
      if index == 15 { return [255, 255, 255] }
      guard index >= 16 else { return nil }
      if index >= 232 { return [Int](repeating: 8 + 10 * (Int(index) - 232), count: 3) }
      let place = Int(index) - 16
      return [place / 36, place / 6 % 6, place % 6].map { $0 == 0 ? 0 : 55 + 40 * $0 }
    }
  }
}

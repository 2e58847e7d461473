/// A character set that can stand in G0...G3.
enum Charset: UInt8, Sendable, Equatable {
  case ascii
  /// DEC Special Graphics: line drawing.
  case special
  /// As ASCII, with the pound sign for `#`.
  case british

  /// The set a designating final byte names; sets that are not kept apart count as ASCII.
  init(final: UInt8) {
    switch Unicode.Scalar(final) {
    case "0", "2": self = .special
    case "A": self = .british
    default: self = .ascii
    }
  }

  @inline(__always)
  func translate(_ scalar: UInt32) -> UInt32 {
    switch self {
    case .ascii: scalar
    case .british: scalar == 0x23 ? 0xA3 : scalar
    case .special: Self.drawing(scalar)
    }
  }

  private static func drawing(_ scalar: UInt32) -> UInt32 {
    guard scalar >= 0x5F, scalar <= 0x7E else { return scalar }
    return graphics[Int(scalar - 0x5F)]
  }

  /// 0x5F...0x7E as the VT100 draws them (DEC VT220 reference, table 2-4).
  private static let graphics: [UInt32] = [
    0x0020, 0x25C6, 0x2592, 0x2409, 0x240C, 0x240D, 0x240A, 0x00B0, 0x00B1, 0x2424, 0x240B,
    0x2518, 0x2510, 0x250C, 0x2514, 0x253C, 0x23BA, 0x23BB, 0x2500, 0x23BC, 0x23BD, 0x251C,
    0x2524, 0x2534, 0x252C, 0x2502, 0x2264, 0x2265, 0x03C0, 0x2260, 0x00A3, 0x00B7,
  ]
}

/// The four sets and which of them 0x20...0x7E stand for now.
struct Charsets: Sendable, Equatable {
  private var sets = (Charset.ascii, Charset.ascii, Charset.ascii, Charset.ascii)
  /// The set locking shifts chose.
  var active: UInt8 = 0
  /// SS2 or SS3: the set for the next character alone.
  var single: UInt8?

  @inline(__always)
  var isPlain: Bool { single == nil && self[active] == .ascii }

  subscript(_ number: UInt8) -> Charset {
    get {
      switch number {
      case 1: sets.1
      case 2: sets.2
      case 3: sets.3
      default: sets.0
      }
    }
    set {
      switch number {
      case 1: sets.1 = newValue
      case 2: sets.2 = newValue
      case 3: sets.3 = newValue
      default: sets.0 = newValue
      }
    }
  }

  mutating func translate(_ scalar: UInt32) -> UInt32 {
    guard scalar < 0x80 else {
      single = nil
      return scalar
    }
    defer { single = nil }
    return self[single ?? active].translate(scalar)
  }

  static func == (left: Charsets, right: Charsets) -> Bool {
    left.sets == right.sets && left.active == right.active && left.single == right.single
  }
}

/// A character set that can stand in G0...G3.
enum Charset: UInt8, Sendable, Equatable {
  case ascii
  /// DEC Special Graphics: line drawing.
  case special
  /// As ASCII, with the pound sign for `#`.
  case british
  case graphicsVT52
  // National replacement sets (DECNRCM).
  case dutch, finnish, french, frenchCanadian, german, italian, norwegianDanish, portuguese
  case spanish, swedish, swiss

  /// The set a designating final byte names; sets that are not kept apart count as ASCII.
  ///
  /// `second`: an intermediate behind the one that says which of G0...G3. National sets other than the
  /// British are taken under DECNRCM alone.
  init(final: UInt8, second: UInt8, isNational: Bool) {
    switch (Unicode.Scalar(second), Unicode.Scalar(final)) {
    case ("\0", "0"): self = .special
    case ("\0", "A"): self = .british
    case let (second, final) where isNational:
      self = Self.national.first { $0.second == second && $0.finals.contains(final) }?.set ?? .ascii
    default: self = .ascii
    }
  }

  /// What designates it as G0...G3, after the byte that says which; under DECNRCM if `isNational`.
  var designator: String {
    switch self {
    case .ascii, .graphicsVT52: "B"
    case .special: "0"
    case .british: "A"
    default:
      Self.national.first { $0.set == self }?.designator ?? "B"
    }
  }

  var isNational: Bool { Self.national.contains { $0.set == self } }

  @inline(__always)
  func translate(_ scalar: UInt32) -> UInt32 {
    switch self {
    case .ascii: scalar
    case .british: scalar == 0x23 ? 0xA3 : scalar
    case .special: Self.drawn(scalar, Self.graphics)
    case .graphicsVT52: Self.drawn(scalar, Self.oldGraphics)
    default: replaced(scalar)
    }
  }

  private static func drawn(_ scalar: UInt32, _ glyphs: [UInt32]) -> UInt32 {
    guard scalar >= 0x5F, scalar <= 0x7E else { return scalar }
    return glyphs[Int(scalar - 0x5F)]
  }

  private func replaced(_ scalar: UInt32) -> UInt32 {
    guard let place = Self.places.firstIndex(of: scalar),
      let entry = Self.national.first(where: { $0.set == self })
    else { return scalar }
    return entry.scalars[place]
  }

  /// 0x5F...0x7E as the VT100 draws them (DEC VT220 reference, table 2-4).
  private static let graphics: [UInt32] = [
    0x0020, 0x25C6, 0x2592, 0x2409, 0x240C, 0x240D, 0x240A, 0x00B0, 0x00B1, 0x2424, 0x240B,
    0x2518, 0x2510, 0x250C, 0x2514, 0x253C, 0x23BA, 0x23BB, 0x2500, 0x23BC, 0x23BD, 0x251C,
    0x2524, 0x2534, 0x252C, 0x2502, 0x2264, 0x2265, 0x03C0, 0x2260, 0x00A3, 0x00B7,
  ]

  /// 0x5F...0x7E as the VT52 draws them; the scan lines of its bars are four, as in xterm.
  private static let oldGraphics: [UInt32] = [
    0x0020, 0x0020, 0x25AE, 0x215F, 0x0020, 0x0020, 0x0020, 0x00B0, 0x00B1, 0x2192, 0x2026,
    0x00F7, 0x2193, 0x23BA, 0x23BA, 0x23BB, 0x23BB, 0x23BC, 0x23BC, 0x23BD, 0x23BD, 0x2080,
    0x2081, 0x2082, 0x2083, 0x2084, 0x2085, 0x2086, 0x2087, 0x2088, 0x2089, 0x00B6,
  ]

  private struct National: Sendable {
    var set: Charset
    var second: Unicode.Scalar = "\0"
    var finals: [Unicode.Scalar]
    /// What stands in `places`.
    var scalars: [UInt32]

    var designator: String {
      var text = String.UnicodeScalarView()
      if second != "\0" { text.append(second) }
      text.append(finals.first ?? "B")
      return String(text)
    }

    init(
      _ set: Charset, _ finals: [Unicode.Scalar], second: Unicode.Scalar = "\0", _ letters: String
    ) {
      self.set = set
      self.second = second
      self.finals = finals
      scalars = letters.unicodeScalars.map(\.value)
    }
  }

  /// The twelve codes of ASCII that national sets may replace (ISO 646; DEC VT510, table 5-x).
  private static let places: [UInt32] = "#@[\\]^_`{|}~".unicodeScalars.map(\.value)

  private static let national: [National] = [
    National(.dutch, ["4"], "\u{A3}\u{BE}\u{133}\u{BD}|^_`\u{A8}\u{192}\u{BC}\u{B4}"),
    National(.finnish, ["5", "C"], "#@ÄÖÅÜ_éäöåü"),
    National(.french, ["R", "f"], "£à°ç§^_`éùè¨"),
    National(.frenchCanadian, ["Q", "9"], "#àâçêî_ôéùèû"),
    National(.german, ["K"], "#§ÄÖÜ^_`äöüß"),
    National(.italian, ["Y"], "£§°çé^_ùàòèì"),
    National(.norwegianDanish, ["`", "E", "6"], "#ÄÆØÅÜ_äæøåü"),
    National(.portuguese, ["6"], second: "%", "#@ÃÇÕ^_`ãçõ~"),
    National(.spanish, ["Z"], "£§¡Ñ¿^_`°ñç~"),
    National(.swedish, ["7", "H"], "#ÉÄÖÅÜ_éäöåü"),
    National(.swiss, ["="], "ùàéçêîèôäöüû"),
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

  /// National sets end with DECNRCM.
  mutating func dropNational() {
    for number in UInt8(0)..<4 where self[number].isNational { self[number] = .ascii }
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

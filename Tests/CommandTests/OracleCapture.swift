import Terminal

/// A scalar on a screen and how it is drawn, as far as tmux tells both.
struct OracleGlyph: Equatable, CustomStringConvertible {
  var scalar: Unicode.Scalar
  var style: Style

  var description: String {
    "\(String(scalar).debugDescription) \(style.foreground) \(style.background) "
      + "\(style.attributes.rawValue) \(style.underline)"
  }
}

/// Reads what `tmux capture-pane -e` prints: text with SGR, and SO and SI around line drawing.
struct OracleCapture {
  /// Each row without the blanks at its end.
  private(set) var rows: [[OracleGlyph]] = []

  private var style = Style()
  private var drawsLines = false

  init(_ text: String) {
    var scalars = Array(text.unicodeScalars)[...]
    var row: [OracleGlyph] = []
    while let scalar = scalars.popFirst() {
      switch scalar {
      case "\n":
        rows.append(Self.trimmed(row))
        row = []
      case "\u{0E}": drawsLines = true
      case "\u{0F}": drawsLines = false
      case "\u{1B}": escape(&scalars)
      default:
        row.append(OracleGlyph(scalar: drawsLines ? Self.drawn(scalar) : scalar, style: style))
      }
    }
  }

  /// A row of the emulator in the same form.
  static func row(_ row: Row) -> [OracleGlyph] {
    trimmed(
      row.cells.flatMap { cell in
        cell.text.unicodeScalars.map { scalar in
          var style = cell.style
          // tmux of this age has neither.
          (style.underlineColor, style.link) = (.default, 0)
          return OracleGlyph(scalar: scalar, style: style)
        }
      })
  }

  static func trimmed(_ row: [OracleGlyph]) -> [OracleGlyph] {
    Array(row[..<((row.lastIndex { $0.scalar != " " } ?? -1) + 1)])
  }

  static func text(_ row: [OracleGlyph]) -> String {
    var text = String.UnicodeScalarView()
    for glyph in row { text.append(glyph.scalar) }
    return String(text)
  }

  // MARK: sequences

  private mutating func escape(_ scalars: inout ArraySlice<Unicode.Scalar>) {
    guard scalars.popFirst() == "[" else { return }
    var parameters = ""
    while let next = scalars.popFirst() {
      guard next != "m" else { break }
      parameters.unicodeScalars.append(next)
    }
    var numbers = parameters.split(separator: ";", omittingEmptySubsequences: false)[...]
    while let number = numbers.popFirst() { rendition(number, &numbers) }
  }

  private mutating func rendition(_ number: Substring, _ rest: inout ArraySlice<Substring>) {
    let parts = number.split(separator: ":").map { Int($0) ?? 0 }
    let code = parts.first ?? 0
    switch code {
    case 0: style = Style()
    case 1: style.attributes.insert(.bold)
    case 2: style.attributes.insert(.dim)
    case 3: style.attributes.insert(.italic)
    case 4: style.underline = UnderlineKind(rawValue: UInt8(parts.dropFirst().first ?? 1)) ?? .none
    case 5: style.attributes.insert(.blink)
    case 7: style.attributes.insert(.inverse)
    case 8: style.attributes.insert(.hidden)
    case 9: style.attributes.insert(.strike)
    case 53: style.attributes.insert(.overline)
    case 30...37: style.foreground = .indexed(UInt8(code - 30))
    case 40...47: style.background = .indexed(UInt8(code - 40))
    case 90...97: style.foreground = .indexed(UInt8(code - 82))
    case 100...107: style.background = .indexed(UInt8(code - 92))
    case 39: style.foreground = .default
    case 49: style.background = .default
    case 38: style.foreground = Self.color(&rest)
    case 48: style.background = Self.color(&rest)
    default: break
    }
  }

  private static func color(_ rest: inout ArraySlice<Substring>) -> Color {
    func next() -> UInt8 { rest.popFirst().flatMap { UInt8($0) } ?? 0 }
    switch next() {
    case 5: return .indexed(next())
    case 2:
      let (red, green, blue) = (next(), next(), next())
      return .rgb(red, green, blue)
    default: return .default
    }
  }

  /// The DEC special graphics of `_` to `~`.
  private static let graphics = Array(
    " ◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·".unicodeScalars)

  private static func drawn(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    let index = Int(scalar.value) - 0x5F
    return graphics.indices.contains(index) ? graphics[index] : scalar
  }
}

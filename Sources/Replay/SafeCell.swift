internal import Terminal
internal import Text

/// One cell as it may be written to the viewer's terminal.
///
/// There is no way to make one that holds anything but printable scalars of a known width.
struct SafeCell: Sendable, Equatable {
  /// "" in the second cell of a wide character.
  private(set) var text: String
  /// 1, 2, or 0 for the second cell of a wide character.
  private(set) var width: Int
  var style: Style
  /// Terminals agree on how wide the text is.
  private(set) var isCertain: Bool

  static let blank = SafeCell(text: " ", width: 1, style: .plain, isCertain: true)
  /// What stands for text that must not be shown as itself.
  static let replacement = "\u{FFFD}"

  private init(text: String, width: Int, style: Style, isCertain: Bool) {
    (self.text, self.width, self.style, self.isCertain) = (text, width, style, isCertain)
  }

  /// A cell of a frame, which took it from one of these.
  init(drawn text: String, width: Int, _ style: Style, _ isCertain: Bool) {
    self.init(text: text, width: width, style: style, isCertain: isCertain)
  }

  static func space(_ style: Style) -> SafeCell {
    SafeCell(text: " ", width: 1, style: style, isCertain: true)
  }

  static func tail(_ style: Style) -> SafeCell {
    SafeCell(text: "", width: 0, style: style, isCertain: true)
  }

  /// A cell of the emulator; control, hidden, reordering and private scalars become `replacement`.
  init(_ cell: Cell) {
    var style = cell.style
    // Links are never passed on, and what the recording concealed is shown, dimmed.
    style.link = 0
    style.underlineColor = .default
    if style.attributes.contains(.hidden) {
      style.attributes.remove(.hidden)
      style.attributes.insert([.dim, .italic])
    }
    guard cell.width > 0 else {
      self = .tail(style)
      return
    }
    let utf8 = cell.text.utf8
    if utf8.count == 1, let byte = utf8.first, byte >= 0x20, byte < 0x7F, cell.width == 1 {
      self.init(text: cell.text, width: 1, style: style, isCertain: true)
      return
    }
    self.init(fitting: cell.text, width: cell.width, style: style)
  }

  /// Text of one cell that nobody has judged yet.
  private init(fitting text: String, width: Int, style: Style) {
    guard let judged = Self.judged(text) else {
      let shown = width == 2 ? Self.replacement + " " : Self.replacement
      self.init(text: shown, width: width, style: style, isCertain: false)
      return
    }
    let own = DisplayWidth.of(judged)
    if own == width {
      self.init(
        text: judged, width: width, style: style, isCertain: Self.isCertain(judged))
    } else if own == 1, width == 2 {
      self.init(text: judged + " ", width: 2, style: style, isCertain: false)
    } else {
      let shown = width == 2 ? Self.replacement + " " : Self.replacement
      self.init(text: shown, width: width, style: style, isCertain: false)
    }
  }

  /// The text as far as it may be shown; nil where it hides something.
  private static func judged(_ text: String) -> String? {
    var scalars = text.unicodeScalars
    // A terminal may draw a joined or presented emoji in one width or another: its base is shown.
    if let base = scalars.first, base.value > 0xFF, base.properties.isEmoji, scalars.count > 1 {
      scalars = String.UnicodeScalarView(scalars.prefix(1))
    }
    let shown = String(scalars)
    return TerminalText.line(shown) == shown && !shown.isEmpty ? shown : nil
  }

  /// One character of text that `TerminalText` returned; marks go to the cell before.
  init?(encoded scalar: Unicode.Scalar, style: Style) {
    let width = DisplayWidth.of(scalar)
    guard width > 0 else { return nil }
    let text = String(Character(scalar))
    self.init(text: text, width: width, style: style, isCertain: Self.isCertain(text))
  }

  private static func isCertain(_ text: String) -> Bool {
    guard let scalar = text.unicodeScalars.first,
      text.unicodeScalars.index(after: text.unicodeScalars.startIndex)
        == text.unicodeScalars.endIndex
    else { return false }
    return switch scalar.value {
    case 0x20...0x7E, 0xA0...0xAC, 0xAE...0x2FF, 0x2500...0x259F, 0x3041...0x3096,
      0x30A1...0x30FA, 0x4E00...0x9FFF, 0xAC00...0xD7A3:
      true
    default: false
    }
  }
}

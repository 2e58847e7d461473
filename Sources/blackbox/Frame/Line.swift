internal import Text

/// How a piece of a line stands out where the terminal has colour.
enum Style: Sendable {
  case bold
  case dim
  case red
  case green
  case yellow
  case blue
  case magenta
  case cyan

  var code: Int {
    switch self {
    case .bold: 1
    case .dim: 2
    case .red: 31
    case .green: 32
    case .yellow: 33
    case .blue: 34
    case .magenta: 35
    case .cyan: 36
    }
  }
}

/// One line for the terminal: what is interpolated is made safe, only literals are trusted.
///
///     try io.line("session \(id, .bold) by \(agent): \(count) events")
struct Line: ExpressibleByStringInterpolation, Sendable {
  private var parts: [(text: String, style: Style?)] = []

  init() {}

  init(stringLiteral value: String) { parts = [(value, nil)] }

  init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.line.parts }

  /// Makes any text a line, encoding it.
  init(_ text: String, _ style: Style? = nil) { parts = [(TerminalText.line(text), style)] }

  /// Takes what is already safe: what a `Table` or another `TerminalText` call returned.
  init(encoded text: String, _ style: Style? = nil) { parts = [(text, style)] }

  mutating func append(_ other: Line) { parts += other.parts }

  func text(colour: Bool) -> String {
    var text = ""
    for part in parts {
      if colour, let style = part.style {
        text += "\u{1B}[\(style.code)m" + part.text + "\u{1B}[0m"
      } else {
        text += part.text
      }
    }
    return text
  }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var line = Line()

    init(literalCapacity: Int, interpolationCount: Int) {}

    mutating func appendLiteral(_ literal: String) {
      if !literal.isEmpty { line.parts.append((literal, nil)) }
    }

    mutating func appendInterpolation(_ text: String, _ style: Style? = nil) {
      line.append(Line(text, style))
    }

    mutating func appendInterpolation(_ text: Substring, _ style: Style? = nil) {
      line.append(Line(String(text), style))
    }

    mutating func appendInterpolation(_ number: some BinaryInteger, _ style: Style? = nil) {
      line.parts.append((String(number), style))
    }

    /// A number and what it counts: "1 row", "2 rows".
    mutating func appendInterpolation(
      _ number: some BinaryInteger, of noun: StaticString, _ nouns: StaticString? = nil
    ) {
      let word = number == 1 ? "\(noun)" : nouns.map { "\($0)" } ?? "\(noun)s"
      line.parts.append(("\(number) \(word)", nil))
    }

    mutating func appendInterpolation(_ bytes: [UInt8], _ style: Style? = nil) {
      line.parts.append((TerminalText.line(bytes), style))
    }

    mutating func appendInterpolation(_ time: Timestamp, _ style: Style? = nil) {
      line.parts.append((time.text(), style))
    }

    mutating func appendInterpolation(_ other: Line) { line.append(other) }

    mutating func appendInterpolation(encoded text: String, _ style: Style? = nil) {
      line.append(Line(encoded: text, style))
    }
  }
}

internal import Text

/// A piece of a page: literals are markup, and whatever is interpolated is encoded.
///
///     "<td class=\"agent\">\(recorded: session.agent)</td>"
struct HTML: ExpressibleByStringInterpolation, Sendable {
  private(set) var source = ""

  init() {}
  init(stringLiteral value: StaticString) { source = value.description }
  init(stringInterpolation: StringInterpolation) { source = stringInterpolation.source }

  mutating func append(_ other: HTML) { source += other.source }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var source = ""

    init(literalCapacity: Int, interpolationCount: Int) {}

    // A StaticString: no text of run time can become markup.
    mutating func appendLiteral(_ literal: StaticString) { source += literal.description }
    mutating func appendInterpolation(_ text: String) { source += HTMLText.text(text) }
    /// Text from a recording: isolated, so that its direction stays its own.
    mutating func appendInterpolation(recorded text: String) {
      source += "<bdi>" + HTMLText.attribute(text) + "</bdi>"
    }
    /// A value between an attribute's quotes.
    mutating func appendInterpolation(attribute text: String) {
      source += HTMLText.attribute(text)
    }
    mutating func appendInterpolation(_ number: UInt64) { source += CountText.text(number) }
    mutating func appendInterpolation(_ number: Int) {
      source += CountText.text(UInt64(clamping: number))
    }
    mutating func appendInterpolation(_ piece: HTML) { source += piece.source }
    mutating func appendInterpolation(_ pieces: [HTML]) {
      for piece in pieces { source += piece.source }
    }
  }
}

/// Counts for people: `1,234,567`.
enum CountText {
  static func text(_ count: UInt64) -> String {
    let digits = Array(String(count))
    var text = ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }
}

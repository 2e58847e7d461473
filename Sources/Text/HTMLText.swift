/// Makes any text or bytes safe inside an HTML page.
///
/// Controls show as `\x1b`, hidden scalars as `\u{202E}`. Strong right-to-left letters stay what
/// they are: isolate recorded text with `<bdi>` or `unicode-bidi: isolate`. Not for script, style,
/// comments, unquoted attributes or URLs.
package enum HTMLText {
  /// Returns element content; line feeds and tabs stay.
  package static func text(_ text: String) -> String {
    var sink = HTMLSink(keepsLayout: true)
    sink.walk(text)
    return sink.result
  }

  /// Returns element content; line feeds and tabs stay.
  package static func text(_ bytes: Span<UInt8>) -> String {
    var sink = HTMLSink(keepsLayout: true)
    sink.walk(bytes)
    return sink.result
  }

  /// Returns element content; line feeds and tabs stay.
  package static func text(_ bytes: [UInt8]) -> String { text(bytes.span) }

  /// Returns what stands between the quotes of an attribute; every control shows as an escape.
  package static func attribute(_ text: String) -> String {
    var sink = HTMLSink(keepsLayout: false)
    sink.walk(text)
    return sink.result
  }
}

private struct HTMLSink: ScalarSink {
  let keepsLayout: Bool
  private var output = TextBuffer()

  init(keepsLayout: Bool) { self.keepsLayout = keepsLayout }

  var result: String { output.text }

  mutating func put(_ scalar: Unicode.Scalar, _ verdict: ScalarVerdict) {
    switch verdict {
    case .plain:
      if let entity = Self.entity(scalar) { put(entity) } else { output.append(scalar) }
    case .control where keepsLayout && (scalar == "\n" || scalar == "\t"): output.append(scalar)
    case .control: put(Escapes.named(scalar))
    case .hidden: put(Escapes.scalar(scalar))
    }
  }

  mutating func put(malformed byte: UInt8) { put(Escapes.byte(byte)) }

  private mutating func put(_ text: String) { output.append(text) }

  private static func entity(_ scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case "&": "&amp;"
    case "<": "&lt;"
    case ">": "&gt;"
    case "\"": "&quot;"
    case "'": "&#39;"
    case "`": "&#96;"
    default: nil
    }
  }
}

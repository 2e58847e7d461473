/// Makes any text safe inside Markdown (CommonMark with the usual tables and autolinks).
package enum MarkdownText {
  /// Returns one line of plain text: no markup, link, HTML or mention arises from it, in running
  /// text, at the start of a line, or in a table cell.
  package static func text(_ text: String) -> String {
    var sink = MarkdownSink()
    sink.walk(text)
    return sink.result
  }

  /// Returns a code span that shows the text as it is; safe in a table cell too.
  package static func code(_ text: String) -> String {
    var sink = CodeSink()
    sink.walk(text)
    return sink.result
  }
}

private struct MarkdownSink: ScalarSink {
  private var output = TextBuffer()

  var result: String {
    // Four blanks at the start would make a code block, two at the end a break.
    var bytes = output.bytes[...]
    while bytes.first == 0x20 { bytes.removeFirst() }
    while bytes.last == 0x20 { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  mutating func put(_ scalar: Unicode.Scalar, _ verdict: ScalarVerdict) {
    switch verdict {
    case .plain:
      if isMarkup(scalar) { output.append("\\") }
      output.append(scalar)
    case .control where scalar == "\n" || scalar == "\t": output.append(" ")
    case .control: put(Escapes.named(scalar))
    case .hidden: put(Escapes.scalar(scalar))
    }
  }

  mutating func put(malformed byte: UInt8) { put(Escapes.byte(byte)) }

  /// An escape's own backslash and braces are text here.
  private mutating func put(_ escape: String) {
    for scalar in escape.unicodeScalars {
      if isMarkup(scalar) { output.append("\\") }
      output.append(scalar)
    }
  }

  private func isMarkup(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\\", "`", "*", "_", "[", "]", "<", ">", "&", "|", "~", "$", "@", "{", "}": true
    // Heading, list, quote and rule marks only where a line starts; `://` and `www.` would link.
    case "#", "+", "-", "=": output.bytes.allSatisfy { $0 == 0x20 }
    case ".", ")": output.bytes.allSatisfy(Self.isBlankOrDigit) || endsInWWW
    case ":", "!": true
    default: false
    }
  }

  private static func isBlankOrDigit(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x30...0x39).contains(byte)
  }

  private var endsInWWW: Bool {
    let last = output.bytes.suffix(3)
    return last.count == 3 && last.allSatisfy { $0 | 0x20 == UInt8(ascii: "w") }
  }
}

private struct CodeSink: ScalarSink {
  private var output = TextBuffer()
  private var run = 0
  private var longestRun = 0

  var result: String {
    let fence = String(repeating: "`", count: longestRun + 1)
    return fence + " " + output.text + " " + fence
  }

  mutating func put(_ scalar: Unicode.Scalar, _ verdict: ScalarVerdict) {
    switch verdict {
    case .plain:
      run = scalar == "`" ? run + 1 : 0
      longestRun = max(longestRun, run)
      // A bare bar would end the table cell, and a backslash before it would show outside tables.
      if scalar == "|" { put(Escapes.scalar(scalar)) } else { output.append(scalar) }
    case .control: put(Escapes.named(scalar))
    case .hidden: put(Escapes.scalar(scalar))
    }
  }

  mutating func put(malformed byte: UInt8) { put(Escapes.byte(byte)) }

  private mutating func put(_ text: String) {
    run = 0
    output.append(text)
  }
}

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
  private var output = String.UnicodeScalarView()

  var result: String {
    var text = output
    // Four blanks or a tab at the start would make a code block, two at the end a break.
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
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
    case "#", "+", "-", "=": output.allSatisfy { $0 == " " }
    case ".", ")": output.allSatisfy { $0 == " " || ("0"..."9").contains($0) } || endsInWWW
    case ":", "!": true
    default: false
    }
  }

  private var endsInWWW: Bool {
    let last = output.suffix(3)
    return last.count == 3 && last.allSatisfy { $0 == "w" || $0 == "W" }
  }
}

private struct CodeSink: ScalarSink {
  private var output = String.UnicodeScalarView()
  private var run = 0
  private var longestRun = 0

  var result: String {
    let fence = String(repeating: "`", count: longestRun + 1)
    return fence + " " + String(output) + " " + fence
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
    output.append(contentsOf: text.unicodeScalars)
  }
}

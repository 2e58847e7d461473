/// Makes any text safe as a CSV cell, for a parser and for the spreadsheet behind it.
///
/// A cell that a spreadsheet could take for a formula starts with an apostrophe. Controls show as
/// escapes, line feeds as `\n`, so that one record is always one line; who needs the exact bytes
/// takes JSON. Source: RFC 4180.
package enum CSVText {
  /// Returns one cell, quoted where it has to be.
  package static func cell(_ text: String) -> String {
    var sink = CSVSink()
    if startsFormula(text) { sink.put("'", .plain) }
    sink.walk(text)
    return sink.result
  }

  /// Returns one record of text cells with its CR LF.
  package static func record(_ cells: [String]) -> String {
    line(cells.map(cell))
  }

  /// Joins cells that are already encoded, or are numbers of our own, into a record with its CR LF.
  package static func line(_ encoded: [String]) -> String {
    encoded.joined(separator: ",") + "\r\n"
  }

  /// Spreadsheets skip blanks before a formula, and some take the full-width signs too.
  private static func startsFormula(_ text: String) -> Bool {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠": return true
      default: if !scalar.properties.isWhitespace { return false }
      }
    }
    return false
  }
}

private struct CSVSink: ScalarSink {
  private var output = TextBuffer()
  private var needsQuotes = false

  var result: String { needsQuotes ? "\"" + output.text + "\"" : output.text }

  mutating func put(_ scalar: Unicode.Scalar, _ verdict: ScalarVerdict) {
    switch verdict {
    case .plain:
      if scalar == "\"" { output.append(scalar) }
      if scalar == "\"" || scalar == "," || scalar == ";" || scalar == " " { needsQuotes = true }
      output.append(scalar)
    case .control: put(Escapes.named(scalar))
    case .hidden: put(Escapes.scalar(scalar))
    }
  }

  mutating func put(malformed byte: UInt8) { put(Escapes.byte(byte)) }

  private mutating func put(_ text: String) { output.append(text) }
}

package import Terminal
internal import Text

/// A terminal at one moment, to be written as text, JSON or a picture.
///
/// Nothing a recording held leaves here but through an encoder of `Text`. Everything is handed over
/// row by row, so that a long scrollback need not be held twice.
package struct Still: Sendable {
  let terminal: VirtualTerminal

  package init(_ terminal: VirtualTerminal) {
    self.terminal = terminal
  }

  /// Writes the rows as lines, scrollback first; blank ones at the very end are left out.
  package func text<E: Error>(write: (String) throws(E) -> Void) throws(E) {
    var blank = 0
    for index in 0..<terminal.scrollbackCount + terminal.rows {
      let row =
        index < terminal.scrollbackCount
        ? terminal.scrollbackRow(index) : terminal.row(index - terminal.scrollbackCount)
      let text = TerminalText.line(row.text(), limit: .max)
      guard !text.isEmpty else {
        blank += 1
        continue
      }
      try write(String(repeating: "\n", count: blank) + text + "\n")
      blank = 0
    }
  }
}

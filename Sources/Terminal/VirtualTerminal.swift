/// Where the cursor is; rows and columns count from 0.
package struct CursorState: Sendable, Equatable {
  package var row: Int
  /// Stays on the last column after a character was written there.
  package var column: Int
  package var isVisible: Bool
  /// The next character goes to the next line first.
  package var isWrapPending: Bool
}

/// A terminal without a keyboard, a bell or a way to answer: bytes in, rows of cells out.
///
/// Any bytes in any portions are legal input; equal bytes give an equal terminal however they are
/// split. It never traps and never grows beyond `Limits`. A copy is a snapshot: it shares all rows
/// that do not change later.
///
/// What it draws is what xterm draws in UTF-8 mode, except where a comment at the place says so.
package struct VirtualTerminal: Sendable, Equatable {
  var parser = Parser()
  var screen: Screen

  /// Sizes are brought into 1...`Limits`; no line is kept beyond `scrollbackLimit`.
  package init(columns: Int, rows: Int, scrollbackLimit: Int = 10_000) {
    screen = Screen(
      columns: min(max(1, columns), Limits.columns), rows: min(max(1, rows), Limits.rows),
      scrollbackLimit: min(max(0, scrollbackLimit), Limits.scrollbackLines))
  }

  package mutating func feed(_ bytes: Span<UInt8>) {
    parser.parse(bytes, into: &screen)
  }

  package mutating func feed(_ bytes: [UInt8]) {
    feed(bytes.span)
  }

  /// Feeds more of what the last `feed` began; hidden content is found as if it had come with it.
  package mutating func feed(continuing bytes: Span<UInt8>) {
    parser.parse(bytes, into: &screen, goesOn: true)
  }

  /// Changes the size as a real terminal does when its window changes.
  package mutating func resize(columns: Int, rows: Int) {
    screen.resize(
      columns: min(max(1, columns), Limits.columns), rows: min(max(1, rows), Limits.rows))
  }

  package var columns: Int { screen.columns }
  package var rows: Int { screen.rows }

  package var cursor: CursorState {
    CursorState(
      row: screen.cursor.row, column: screen.cursor.column,
      isVisible: screen.modes.contains(.cursorVisible),
      isWrapPending: screen.cursor.isWrapPending)
  }

  /// A visible row, 0 at the top; a blank one where there is none.
  package func row(_ index: Int) -> Row {
    let line = index >= 0 && index < screen.rows ? screen.grid[index] : Line()
    return Row(line, screen)
  }

  /// Characters were written to a visible row in the last `feed`, as far as is known: what only moved
  /// text or took it away does not count.
  package func isFresh(_ row: Int) -> Bool {
    row >= 0 && row < screen.rows && screen.grid[row].isFresh(screen.hidden.feed)
  }

  package var scrollbackCount: Int { screen.scrollback.count }

  /// A row that scrolled off the primary screen, 0 the oldest; a blank one where there is none.
  package func scrollbackRow(_ index: Int) -> Row {
    Row(screen.scrollback[index] ?? Line(), screen)
  }

  package var isAlternateScreen: Bool { screen.isAlternate }

  /// The whole screen shows with colours swapped (DECSCNM).
  package var isReverseVideo: Bool { screen.modes.contains(.reverseVideo) }

  /// The program asked to hold the picture until it has drawn all of it (mode 2026).
  package var isSynchronizing: Bool { screen.modes.contains(.synchronizedOutput) }

  /// The last window title, at most `Limits.titleScalars` scalars.
  ///
  /// The recorded program chose it: encode it before it goes anywhere.
  package var title: String { screen.title }

  /// Where a link of `Style.link` leads, as the recorded program says; nil for no link.
  package func linkTarget(_ link: Int) -> String? {
    screen.decorations.target(ofLink: link)
  }

  /// The visible rows as text, each without the blanks at its end.
  package func screenText() -> [String] {
    (0..<screen.rows).map { row($0).text() }
  }

  /// Scrollback and screen as text; blank rows at the very end are dropped.
  package func fullText() -> [String] {
    var text = (0..<scrollbackCount).map { scrollbackRow($0).text() } + screenText()
    while text.last?.isEmpty == true { text.removeLast() }
    return text
  }
}

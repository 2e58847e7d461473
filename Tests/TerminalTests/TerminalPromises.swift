import Terminal

/// What holds of the emulator whatever it is fed.
///
/// The fuzzer looks for bytes that break it, and the tests play those it once found worth keeping.
/// Shared with `Fuzz/`.
enum TerminalPromises {
  /// The promise that an input breaks, nil for none.
  ///
  /// Two bytes of size, then a stream in which 0xFF changes the size. What a bound breaks traps by
  /// itself.
  static func broken(by bytes: [UInt8]) -> String? {
    guard bytes.count > 2 else { return nil }
    let columns = 1 + Int(bytes[0]) % 50
    let rows = 1 + Int(bytes[1]) % 12
    var whole = VirtualTerminal(columns: columns, rows: rows, scrollbackLimit: 40)
    var split = whole
    for piece in bytes[2...].split(separator: 0xFF, omittingEmptySubsequences: false) {
      guard let first = piece.first else { continue }
      if piece.count < 3 {
        let columns = 1 + Int(first) % 60
        let rows = 1 + Int(piece.last ?? first) / 16
        whole.resize(columns: columns, rows: rows)
        split.resize(columns: columns, rows: rows)
      } else {
        whole.feed(Array(piece))
        for byte in piece { split.feed([byte]) }
      }
      if let broken = screen(whole) { return broken }
    }
    guard whole == split else { return "the screen depends on how the bytes were split" }
    if let broken = snapshot(whole, bytes) { return broken }
    // See `dump` for what a pending wrap may be drawn as.
    guard whole.columns >= 2, whole.rows >= 2, !whole.cursor.isWrapPending else { return nil }
    return dump(whole)
  }

  private static func screen(_ terminal: VirtualTerminal) -> String? {
    let cursor = terminal.cursor
    guard (0..<terminal.rows).contains(cursor.row), (0..<terminal.columns).contains(cursor.column)
    else { return "the cursor left the screen" }
    guard terminal.scrollbackCount <= 40 else { return "the scrollback grew past its limit" }
    for index in 0..<terminal.rows {
      let cells = terminal.row(index).cells
      guard cells.count == terminal.columns else { return "a row of \(cells.count) cells" }
      for (column, cell) in cells.enumerated() {
        guard (cell.width == 0) == (column > 0 && cells[column - 1].width == 2) else {
          return "half a wide character at \(index), \(column)"
        }
        guard cell.text.unicodeScalars.count <= 16 else { return "a heap of marks in one cell" }
        guard cell.text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
          return "a control character in a cell"
        }
      }
    }
    return nil
  }

  /// A snapshot is the terminal, and bytes that were changed anywhere are none.
  private static func snapshot(_ terminal: VirtualTerminal, _ bytes: [UInt8]) -> String? {
    let snapshot = terminal.snapshot()
    guard let restored = VirtualTerminal(snapshot: snapshot) else { return "a snapshot is refused" }
    guard restored.snapshot() == snapshot, restored.fullText() == terminal.fullText() else {
      return "a snapshot makes another terminal"
    }
    var changed = snapshot
    let place = (Int(bytes[0]) << 8 | Int(bytes[1])) % changed.count
    changed[place] ^= bytes[2] | 1
    guard VirtualTerminal(snapshot: changed) == nil else { return "a changed snapshot is taken" }
    _ = VirtualTerminal(snapshot: bytes)
    return nil
  }

  private static func dump(_ whole: VirtualTerminal) -> String? {
    var terminal = whole
    // What is half read is no part of a dump; a VT52 takes two bytes for an address.
    terminal.feed([0x18, 0x18])
    var copy = VirtualTerminal(
      columns: terminal.columns, rows: terminal.rows, scrollbackLimit: 40)
    copy.feed(terminal.dump())
    let texts = [copy, terminal].map { terminal in
      // A variation selector without room stays away; see `dump`.
      terminal.screenText().map { $0.unicodeScalars.map(\.value).filter { $0 != 0xFE0F } }
    }
    guard texts[0] == texts[1] else {
      return "a dump draws \(copy.screenText()) for \(terminal.screenText())"
    }
    guard copy.isAlternateScreen == terminal.isAlternateScreen else {
      return "a dump ends on the other screen"
    }
    let found = terminal.takeHidden()
    guard found.count <= 256, found.allSatisfy({ $0.detail.unicodeScalars.count <= 256 }) else {
      return "more was found than there may be"
    }
    return nil
  }
}

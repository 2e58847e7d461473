import Terminal

/// One input of libFuzzer: two bytes of size, then a stream in which 0xFF changes the size.
///
/// What must hold is checked here; a broken promise traps, as a broken bound does by itself.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTerminal(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start, count > 2 else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
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
    check(whole)
  }
  precondition(whole == split, "the screen depends on how the bytes were split")
  checkSnapshot(whole, bytes)
  // See `dump` for what a pending wrap may be drawn as.
  if whole.columns >= 2, whole.rows >= 2, !whole.cursor.isWrapPending { checkDump(whole) }
  return 0
}

private func check(_ terminal: VirtualTerminal) {
  let cursor = terminal.cursor
  precondition((0..<terminal.rows).contains(cursor.row))
  precondition((0..<terminal.columns).contains(cursor.column))
  precondition(terminal.scrollbackCount <= 40)
  for index in 0..<terminal.rows {
    let cells = terminal.row(index).cells
    precondition(cells.count == terminal.columns)
    for (column, cell) in cells.enumerated() {
      precondition((cell.width == 0) == (column > 0 && cells[column - 1].width == 2))
      precondition(cell.text.unicodeScalars.count <= 16)
      precondition(cell.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
    }
  }
}

/// A snapshot is the terminal, and bytes that were changed anywhere are none.
private func checkSnapshot(_ terminal: VirtualTerminal, _ bytes: [UInt8]) {
  let snapshot = terminal.snapshot()
  guard let restored = VirtualTerminal(snapshot: snapshot) else {
    fatalError("a snapshot is refused")
  }
  precondition(restored.snapshot() == snapshot, "a snapshot makes another terminal")
  precondition(restored.fullText() == terminal.fullText())
  var changed = snapshot
  let place = (Int(bytes[0]) << 8 | Int(bytes[1])) % changed.count
  changed[place] ^= bytes[2] | 1
  precondition(VirtualTerminal(snapshot: changed) == nil, "a changed snapshot is taken")
  _ = VirtualTerminal(snapshot: bytes)
}

private func checkDump(_ terminal: VirtualTerminal) {
  var terminal = terminal
  // What is half read is no part of a dump.
  terminal.feed([0x18])
  var copy = VirtualTerminal(
    columns: terminal.columns, rows: terminal.rows, scrollbackLimit: 40)
  copy.feed(terminal.dump())
  let texts = [copy, terminal].map { terminal in
    // A variation selector without room stays away; see `dump`.
    terminal.screenText().map { $0.unicodeScalars.map(\.value).filter { $0 != 0xFE0F } }
  }
  guard texts[0] == texts[1] else {
    print("was", terminal.screenText(), "is", copy.screenText())
    fatalError("a dump draws another screen")
  }
  precondition(copy.isAlternateScreen == terminal.isAlternateScreen)
  let found = terminal.takeHidden()
  precondition(found.count <= 256)
  precondition(found.allSatisfy { $0.detail.unicodeScalars.count <= 256 })
}

/// What comes back when VT52 mode is left: it has neither sets of its own, nor margins, nor wrapping.
struct VT52Return: Sendable, Equatable {
  var charsets = Charsets()
  var isOrigin = false
  var isAutowrap = false
}

extension Screen {
  /// Makes the terminal a VT52 until `ESC <` (DECANM reset).
  ///
  /// Margins at top and bottom stay, as in xterm.
  mutating func enterVT52() {
    guard !modes.contains(.vt52) else { return }
    modes.insert(.vt52)
    beforeVT52 = VT52Return(
      charsets: cursor.charsets, isOrigin: cursor.isOrigin,
      isAutowrap: modes.contains(.autowrap))
    cursor.charsets = Charsets()
    cursor.isOrigin = false
    modes.remove([.leftRightMargins, .autowrap])
    left = 0
    right = columns
  }

  private mutating func leaveVT52() {
    modes.remove(.vt52)
    cursor.charsets = beforeVT52.charsets
    cursor.isOrigin = beforeVT52.isOrigin
    if beforeVT52.isAutowrap { modes.insert(.autowrap) }
    beforeVT52 = VT52Return()
  }

  /// Carries out an escape sequence of VT52 mode (VT52 DECscope maintenance manual; xterm).
  mutating func dispatch(vt52 final: UInt8) {
    lastPrinted = nil
    if hidden.watch != [] { endWord() }
    switch Unicode.Scalar(final) {
    case "A": up(1)
    case "B": down(1)
    case "C": forward(1)
    case "D": backward(1)
    case "F": cursor.charsets[0] = .graphicsVT52
    case "G": cursor.charsets[0] = .ascii
    case "H": moveTo(row: 0, column: 0)
    case "I": reverseIndex()
    case "J": eraseInDisplay(0)
    case "K": eraseInLine(0)
    case "Z": note(query: "DECID")
    case "=": modes.insert(.applicationKeypad)
    case ">": modes.remove(.applicationKeypad)
    case "<": leaveVT52()
    default: break
    }
  }

  /// ESC Y: row and column counted from a space; what is too large means the last one.
  mutating func moveTo(vt52Row row: Int, column: Int) {
    lastPrinted = nil
    if hidden.watch != [] { endWord() }
    moveTo(row: max(0, row & 0x7F - 0x20), column: max(0, column & 0x7F - 0x20))
  }
}

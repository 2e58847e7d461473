extension Screen {
  /// Carries out a C0 or C1 control; those that ring, ask or synchronise do nothing here.
  mutating func execute(_ control: UInt8) {
    lastPrinted = nil
    if hidden.watch != [] { endWord() }
    switch control {
    case 0x05: note(query: "ENQ")
    case 0x08: backward(1)  // BS
    case 0x09: tab(1)  // HT
    case 0x0A: lineFeed()  // LF
    case 0x0B, 0x0C:  // VT FF
      // Where they scroll they forget a pending wrap, as in xterm, and keep it elsewhere, as LF does.
      if cursor.row + 1 == bottom { cursor.isWrapPending = false }
      lineFeed()
    case 0x0D: carriageReturn()  // CR
    case 0x0E: cursor.charsets.active = 1  // SO
    case 0x0F: cursor.charsets.active = 0  // SI
    case 0x84: escape("D")
    case 0x85: escape("E")
    case 0x88: escape("H")
    case 0x8D: escape("M")
    case 0x8E: escape("N")
    case 0x8F: escape("O")
    case 0x96: escape("V")
    case 0x97: escape("W")
    default: break
    }
  }

  /// Carries out an escape sequence (ECMA-35, ECMA-48, DEC).
  mutating func dispatch(escape sequence: ControlSequence, final: UInt8) {
    lastPrinted = nil
    if hidden.watch != [] { endWord() }
    guard !sequence.isOverlong, sequence.marker == 0 else { return }
    let set = Charset(
      final: final, second: sequence.second, isNational: modes.contains(.nationalCharsets))
    switch Unicode.Scalar(sequence.intermediate) {
    case "\0": escape(Unicode.Scalar(final))
    case "(": cursor.charsets[0] = set
    case ")": cursor.charsets[1] = set
    case "*": cursor.charsets[2] = set
    case "+": cursor.charsets[3] = set
    // 96-character sets have the letters of ASCII where a byte below 0x80 can reach them.
    case "-": cursor.charsets[1] = .ascii
    case ".": cursor.charsets[2] = .ascii
    case "/": cursor.charsets[3] = .ascii
    case "#" where final == 0x38 && sequence.second == 0: alignmentPattern()  // DECALN
    case "#" where (0x33...0x36).contains(final) && sequence.second == 0:
      setLineSize(LineSize(rawValue: final) ?? .single)
    default: break
    }
  }

  private mutating func escape(_ final: Unicode.Scalar) {
    switch final {
    case "6": backIndex()  // DECBI
    case "7": saveCursor()  // DECSC
    case "8": restoreCursor()  // DECRC
    case "9": forwardIndex()  // DECFI
    case "=": modes.insert(.applicationKeypad)  // DECKPAM
    case ">": modes.remove(.applicationKeypad)  // DECKPNM
    case "D":  // IND: unlike LF it forgets a pending wrap, as in xterm
      cursor.isWrapPending = false
      index()
    case "E":  // NEL
      index()
      carriageReturn()
    case "H": setTab()  // HTS
    case "M": reverseIndex()  // RI
    case "V":  // SPA
      cursor.pen.style.isProtected = true
      modes.insert(.protectsForAll)
      modes.remove(.protectsForSelective)
    case "W": cursor.pen.style.isProtected = false  // EPA
    case "N": cursor.charsets.single = 2  // SS2
    case "O": cursor.charsets.single = 3  // SS3
    case "Z": note(query: "DECID")
    case "c": reset()  // RIS
    case "n": cursor.charsets.active = 2  // LS2
    case "o": cursor.charsets.active = 3  // LS3
    default: break
    }
  }

  private mutating func backIndex() {
    if cursor.column == left {
      insertColumns(1, at: left)
    } else if cursor.column > 0 {
      cursor.column -= 1
      cursor.isWrapPending = false
    }
  }

  private mutating func forwardIndex() {
    if cursor.column == right - 1 {
      deleteColumns(1, at: left)
    } else if cursor.column < columns - 1 {
      cursor.column += 1
      cursor.isWrapPending = false
    }
  }

  // MARK: - Operating system commands

  /// Carries out an OSC string: titles, links and images; of the rest is noted what nobody sees.
  mutating func dispatch(osc bytes: [UInt8]) {
    if hidden.watch != [] { endWord() }
    var index = 0
    var number = 0
    while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39, number < 100_000 {
      number = number * 10 + Int(bytes[index] - 0x30)
      index += 1
    }
    guard index > 0, index < bytes.count, bytes[index] == 0x3B else { return }
    let text = bytes[(index + 1)...]
    switch number {
    case 0, 2: setTitle(text)
    case 1: note(.title, String(decoding: text, as: UTF8.self))
    case 8: openLink(text)
    case 1337: executeITerm(text)
    default: look(atOSC: number, text)
    }
  }

  private mutating func setTitle(_ text: ArraySlice<UInt8>) {
    let new = Self.bounded(String(decoding: text, as: UTF8.self))
    if new != title { note(.title, new) }
    title = new
  }

  private static func bounded(_ text: String) -> String {
    guard text.unicodeScalars.count > Limits.titleScalars else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.prefix(Limits.titleScalars)))
  }

  /// OSC 8 ; parameters ; target, where an empty target ends the link.
  private mutating func openLink(_ text: ArraySlice<UInt8>) {
    guard let separator = text.firstIndex(of: 0x3B) else { return }
    closeLink()
    let target = text[(separator + 1)...]
    if target.isEmpty || target.count > Limits.linkBytes {
      cursor.pen.link = 0
    } else {
      if decorations.wantsSweep { sweep() }
      cursor.pen.link = decorations.link(
        id: Self.linkIdentifier(text[..<separator]), target: String(decoding: target, as: UTF8.self)
      )
    }
    cursor.pen.updateWatch()
    updateDecoration()
  }

  /// The value of `id` in `key=value:key=value`.
  private static func linkIdentifier(_ parameters: ArraySlice<UInt8>) -> String {
    for pair in parameters.split(separator: 0x3A) where pair.starts(with: [0x69, 0x64, 0x3D]) {
      return String(decoding: pair.dropFirst(3).prefix(256), as: UTF8.self)
    }
    return ""
  }

  /// Looks up the number for the pen's underline colour and link.
  mutating func updateDecoration() {
    if decorations.wantsSweep { sweep() }
    cursor.pen.decoration = decorations.number(
      underlineColor: cursor.pen.underlineColor, link: cursor.pen.link)
  }
}

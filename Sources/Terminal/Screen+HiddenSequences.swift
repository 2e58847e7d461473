/// Looks at sequences that draw nothing: what they ask, set or carry.
extension Screen {
  mutating func note(_ kind: HiddenContent.Kind, _ detail: String) {
    hidden.add(kind, row: cursor.row, column: cursor.column, detail)
  }

  mutating func note(query name: String) {
    note(.query, name)
  }

  // MARK: - Control sequences

  /// A control sequence without marker and intermediate that does nothing here.
  mutating func look(atUnmarked final: Unicode.Scalar, _ parameters: Parameters) {
    switch final {
    case "c": note(query: "DA1")
    case "n": if parameters[0] == 5 || parameters[0] == 6 { note(query: "DSR \(parameters[0])") }
    case "x": if parameters[0] <= 1 { note(query: "DECREQTPARM") }
    case "i": noteMediaCopy(parameters, "")
    default: break
    }
  }

  mutating func look(atPrivate final: Unicode.Scalar, _ parameters: Parameters) {
    switch final {
    case "n": note(query: "DSR ?\(parameters[0])")
    case "u": note(query: "kitty keyboard")
    case "i": noteMediaCopy(parameters, "?")
    case "S": if parameters[1] == 1 || parameters[1] == 4 { note(query: "XTSMGRAPHICS") }
    default: break
    }
  }

  /// A control sequence with another marker or intermediate.
  mutating func look(at sequence: ControlSequence, _ final: Unicode.Scalar) {
    switch (Unicode.Scalar(sequence.marker), Unicode.Scalar(sequence.intermediate), final) {
    case (">", "\0", "c"): note(query: "DA2")
    case ("=", "\0", "c"): note(query: "DA3")
    case (">", "\0", "q"): note(query: "XTVERSION")
    case (_, "$", "p"): note(query: "DECRQM \(sequence.parameters[0])")
    case ("\0", "$", "w"): note(query: "DECRQPSR")
    case ("\0", "$", "u"): note(query: "DECRQTSR")
    case ("\0", "&", "u"): note(query: "DECRQUPSS")
    case ("\0", "'", "|"): note(query: "DECRQLP")
    case ("\0", "*", "y"): note(query: "DECRQCRA")
    case ("\0", "*", "z"): note(.definition, "DECINVM")
    case ("\0", "#", "|"): note(query: "XTREPORTSGR")
    default: break
    }
  }

  private mutating func noteMediaCopy(_ parameters: Parameters, _ marker: String) {
    // 4 ends what 5 began; 6 to 9 choose fields.
    if parameters[0] != 4, parameters[0] < 6 || parameters[0] > 9 {
      note(.mediaCopy, "MC \(marker)\(parameters[0])")
    }
  }

  mutating func look(atWindowOperation parameters: Parameters) {
    switch parameters[0] {
    case 11, 13, 14, 15, 16, 18, 19: note(query: "XTWINOPS \(parameters[0])")
    case 20, 21: note(.titleQuery, "XTWINOPS \(parameters[0])")
    default: break
    }
  }

  // MARK: - Operating system commands

  mutating func look(atOSC number: Int, _ text: ArraySlice<UInt8>) {
    switch number {
    case 4, 5, 10...19, 21, 50, 60, 61:
      if text.contains(0x3F) { note(query: "OSC \(number)") }
    case 52, 5522: noteClipboard(number, text)
    case 9:
      // 9;4 is the progress bar of ConEmu.
      if !text.starts(with: Array("4;".utf8)) { noteText(.notification, text) }
    case 99, 777: noteText(.notification, text)
    default: break
    }
  }

  private mutating func noteText(_ kind: HiddenContent.Kind, _ text: ArraySlice<UInt8>) {
    note(kind, String(decoding: text.prefix(4 * Limits.hiddenScalars), as: UTF8.self))
  }

  private mutating func noteClipboard(_ number: Int, _ text: ArraySlice<UInt8>) {
    let separator = text.firstIndex(of: 0x3B)
    let data = separator.map { text[($0 + 1)...] } ?? text
    let asks =
      number == 52 ? data.elementsEqual([0x3F]) : text.starts(with: Array("type=read".utf8))
    if asks {
      note(.clipboardQuery, "OSC \(number)")
    } else {
      noteText(.clipboardWrite, ArraySlice(Base64.decoded(data) ?? Array(data)))
    }
  }

  /// What iTerm2 does with OSC 1337, as far as it draws, asks or sets the clipboard.
  mutating func executeITerm(_ text: ArraySlice<UInt8>) {
    let end = text.firstIndex { $0 == 0x3D || $0 == 0x3B } ?? text.endIndex
    let value = text[end...].dropFirst()
    switch String(decoding: text[..<end], as: UTF8.self) {
    case "File": showITermImage(value)
    case "MultipartFile": showITermImage(value)
    case "Copy":
      let data = value.firstIndex(of: 0x3A).map { value[($0 + 1)...] } ?? value
      noteText(.clipboardWrite, ArraySlice(Base64.decoded(data) ?? Array(data)))
    case "CopyToClipboard": note(.clipboardWrite, "CopyToClipboard")
    case "ReportCellSize", "ReportVariable", "RequestUpload", "Capabilities":
      note(query: String(decoding: text[..<end], as: UTF8.self))
    default: break
    }
  }

  // MARK: - Other strings

  /// Carries out a DCS, APC, PM or SOS string, or the title string of screen; `bytes` are its
  /// first `Limits.stringBytes`.
  mutating func dispatch(string introducer: StringIntroducer, _ bytes: [UInt8]) {
    if hidden.watch != [] { endWord() }
    guard !bytes.isEmpty else { return }
    switch introducer {
    case .deviceControl: deviceControl(bytes)
    case .title: noteText(.title, bytes[...])
    case .applicationCommand where bytes[0] == 0x47: kittyGraphics(bytes.dropFirst())
    default: noteText(.string, bytes[...])
    }
  }

  private mutating func deviceControl(_ bytes: [UInt8]) {
    let intermediates = bytes.firstIndex { $0 < 0x30 || $0 > 0x3F } ?? bytes.endIndex
    let final = bytes[intermediates...].firstIndex { $0 >= 0x30 } ?? bytes.endIndex
    guard final < bytes.endIndex else { return noteText(.string, bytes[...]) }
    let data = bytes[(final + 1)...]
    switch String(decoding: bytes[intermediates...final], as: UTF8.self) {
    case "q": showSixel(data)
    case "$q": note(query: "DECRQSS " + String(decoding: data.prefix(16), as: UTF8.self))
    case "+q": note(query: "XTGETTCAP " + String(decoding: data.prefix(64), as: UTF8.self))
    case "|": note(.definition, "DECUDK")
    case "!z": note(.definition, "DECDMAC")
    case "{": note(.definition, "DECDLD")
    // The older form of mode 2026.
    case "s" where bytes.first == 0x3D: break
    default: noteText(.string, bytes[...])
    }
  }
}

/// What began a string other than OSC.
enum StringIntroducer: UInt8, Sendable, Equatable {
  case deviceControl, startOfString, privacyMessage, applicationCommand
  /// `ESC k`, as in screen and tmux.
  case title

  /// The final byte of the escape sequence, or its C1 control.
  init(_ unit: UInt8) {
    switch unit {
    case 0x50, 0x90: self = .deviceControl
    case 0x58, 0x98: self = .startOfString
    case 0x5E, 0x9E: self = .privacyMessage
    case 0x6B: self = .title
    default: self = .applicationCommand
    }
  }
}

enum Base64 {
  /// The bytes, nil where a character is none of base64; what is missing at the end is left out.
  static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for character in text where character != 0x3D {
      guard let value = value(of: character) else { return nil }
      bits = bits << 6 | value
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return bytes
  }

  private static func value(of character: UInt8) -> UInt32? {
    switch character {
    case 0x41...0x5A: UInt32(character) - 0x41
    case 0x61...0x7A: UInt32(character) - 0x61 + 26
    case 0x30...0x39: UInt32(character) - 0x30 + 52
    case 0x2B, 0x2D: 62
    case 0x2F, 0x5F: 63
    default: nil
    }
  }
}

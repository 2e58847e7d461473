extension Screen {
  /// Carries out a control sequence (ECMA-48 §8.3, DEC, xterm).
  ///
  /// What asks for an answer (DA, DSR, DECRQM, window reports) is dropped: there is nobody to
  /// answer to, and an answer to recorded bytes would be typed into a live terminal.
  mutating func dispatch(control sequence: ControlSequence, final: UInt8) {
    let final = Unicode.Scalar(final)
    if final != "b" { lastPrinted = nil }
    if hidden.watch != [] { endWord() }
    guard !sequence.isOverlong, sequence.second == 0 else { return }
    switch (Unicode.Scalar(sequence.marker), Unicode.Scalar(sequence.intermediate)) {
    case ("\0", "\0"): control(final, sequence.parameters)
    case ("?", "\0"): privateControl(final, sequence.parameters)
    case ("\0", " "): shift(final, sequence.parameters)
    case ("\0", "!"): if final == "p" { softReset() }  // DECSTR
    case ("\0", "\""): if final == "q" { setProtection(sequence.parameters[0]) }  // DECSCA
    case ("\0", "'"): editColumns(final, sequence.parameters)
    case ("\0", "$") where "zxvrt{".unicodeScalars.contains(final):
      rectangle(final, sequence.parameters)
    case ("\0", "*") where final == "x":  // DECSACE
      if sequence.parameters[0] == 2 {
        modes.insert(.rectangleExtent)
      } else {
        modes.remove(.rectangleExtent)
      }
    default: look(at: sequence, final)
    }
  }

  private mutating func control(_ final: Unicode.Scalar, _ parameters: Parameters) {
    if final == "m" { return selectRendition(parameters) }
    // No other sequence has sub-parameters; xterm takes none that comes with some.
    guard !parameters.hasSubparameters else { return }
    switch final {
    case "H", "f": moveTo(row: parameters.amount(0) - 1, column: parameters.amount(1) - 1)
    case "A": up(parameters.amount())
    case "B": down(parameters.amount())
    case "C": forward(parameters.amount())
    case "D": backward(parameters.amount())
    case "E":
      down(parameters.amount())
      carriageReturn()
    case "F":
      up(parameters.amount())
      carriageReturn()
    case "G", "`": moveTo(column: parameters.amount() - 1)
    case "d": moveTo(row: parameters.amount() - 1)
    case "a": moveBy(columns: parameters.amount())
    case "e": moveBy(rows: parameters.amount())
    case "I": tab(parameters.amount())
    case "Z": backwardTab(parameters.amount())
    case "g": clearTab(parameters[0])
    default: edit(final, parameters)
    }
  }

  private mutating func edit(_ final: Unicode.Scalar, _ parameters: Parameters) {
    switch final {
    case "J": eraseInDisplay(parameters[0])
    case "K": eraseInLine(parameters[0])
    case "@": insertCharacters(parameters.amount())
    case "P": deleteCharacters(parameters.amount())
    case "X": eraseCharacters(parameters.amount())
    case "L": insertLines(parameters.amount())
    case "M": deleteLines(parameters.amount())
    case "S": scrollUp(parameters.amount())
    // With more parameters CSI T is the mouse highlighting of xterm.
    case "T": if parameters.count <= 1 { scrollDown(parameters.amount()) }
    case "^": scrollDown(parameters.amount())
    case "b": repeatLast(parameters.amount())
    case "h": setModes(parameters, to: true)
    case "l": setModes(parameters, to: false)
    case "r": setVerticalMargins(parameters[0], parameters[1])
    case "s":
      if modes.contains(.leftRightMargins) {
        setHorizontalMargins(parameters[0], parameters[1])
      } else {
        saveCursor()
      }
    case "u": restoreCursor()
    case "t": windowOperation(parameters)
    default: look(atUnmarked: final, parameters)
    }
  }

  private mutating func privateControl(_ final: Unicode.Scalar, _ parameters: Parameters) {
    switch final {
    case "h": setPrivateModes(parameters, to: true)
    case "l": setPrivateModes(parameters, to: false)
    case "J": eraseInDisplay(parameters[0], selective: true)
    case "K": eraseInLine(parameters[0], selective: true)
    case "s": savePrivateModes(parameters)
    case "r": restorePrivateModes(parameters)
    case "W":  // DECST8C
      if parameters[0] == 5 { tabStops = Self.defaultTabStops(columns) }
    default: look(atPrivate: final, parameters)
    }
  }

  /// HPR and VPR know the margins only through DECOM, unlike CUF and CUD.
  private mutating func moveBy(columns count: Int) {
    cursor.column = min(cursor.column + count, cursor.isOrigin ? right - 1 : columns - 1)
    cursor.isWrapPending = false
  }

  private mutating func moveBy(rows count: Int) {
    cursor.row = min(cursor.row + count, cursor.isOrigin ? bottom - 1 : rows - 1)
    cursor.isWrapPending = false
  }

  /// SL and SR.
  private mutating func shift(_ final: Unicode.Scalar, _ parameters: Parameters) {
    guard cursor.column >= left, cursor.column < right else { return }
    switch final {
    case "@": deleteColumns(parameters.amount(), at: left)
    case "A": insertColumns(parameters.amount(), at: left)
    default: break
    }
  }

  /// DECIC and DECDC.
  private mutating func editColumns(_ final: Unicode.Scalar, _ parameters: Parameters) {
    switch final {
    case "}": insertColumns(parameters.amount(), at: cursor.column)
    case "~": deleteColumns(parameters.amount(), at: cursor.column)
    default: break
    }
  }

  private mutating func setProtection(_ value: Int) {
    if value <= 2 {
      modes.insert(.protectsForSelective)
      modes.remove(.protectsForAll)
    }
    switch value {
    case 0, 2: cursor.pen.style.isProtected = false
    case 1: cursor.pen.style.isProtected = true
    default: break
    }
  }

  /// Of xterm's window operations the title stack alone; sizes come from the recording.
  private mutating func windowOperation(_ parameters: Parameters) {
    look(atWindowOperation: parameters)
    guard parameters[1] == 0 || parameters[1] == 2 else { return }
    switch parameters[0] {
    case 22:
      titleStack.append(title)
      if titleStack.count > Limits.titleStack { titleStack.removeFirst() }
    case 23: if let last = titleStack.popLast() { title = last }
    default: break
    }
  }
}

extension Screen {
  /// SM and RM.
  mutating func setModes(_ parameters: Parameters, to isOn: Bool) {
    for index in 0..<parameters.count {
      switch parameters[index] {
      case 4: set(.insert, to: isOn)
      case 20: set(.newLine, to: isOn)
      default: break
      }
    }
  }

  private mutating func set(_ mode: Modes, to isOn: Bool) {
    if isOn { modes.insert(mode) } else { modes.remove(mode) }
  }

  /// DECSET and DECRST.
  mutating func setPrivateModes(_ parameters: Parameters, to isOn: Bool) {
    for index in 0..<parameters.count { setPrivateMode(parameters[index], to: isOn) }
  }

  private mutating func setPrivateMode(_ number: Int, to isOn: Bool) {
    switch number {
    case 2: if !isOn { enterVT52() }  // DECANM
    case 3: switchColumns(to: isOn)  // DECCOLM
    case 6:  // DECOM
      cursor.isOrigin = isOn
      moveTo(row: 0, column: 0)
    case 42:  // DECNRCM
      set(.nationalCharsets, to: isOn)
      if !isOn { cursor.charsets.dropNational() }
    case 47: showAlternate(isOn)
    case 69:  // DECLRMM
      set(.leftRightMargins, to: isOn)
      if isOn {
        resetLineSizes(0, rows)
      } else {
        left = 0
        right = columns
      }
    case 1047:
      if !isOn, isAlternate { grid.clear() }
      showAlternate(isOn)
    case 1048: if isOn { saveCursor() } else { restoreCursor() }
    case 1049:
      if isOn {
        saveCursor()
        showAlternate(true)
        clearAlternate()
      } else {
        let wasAlternate = isAlternate
        showAlternate(false)
        // Without an alternate screen too, as in xterm, libvterm and tmux, once there is one saved.
        if wasAlternate || saved != Cursor() { restoreCursor() }
      }
    default: if let mode = Modes(privateNumber: number) { set(mode, to: isOn) }
    }
  }

  /// Shows the other screen; the cursor stays where it is, the saved one belongs to the screen, and
  /// so do DECOM and the margins at top and bottom, as in the vt100 scripts and xterm.js: a program that
  /// was stopped leaves none to the next.
  private mutating func showAlternate(_ isOn: Bool) {
    guard isOn != isAlternate else { return }
    if !isOn { for row in 0..<rows { examine(erasing: row, 0, columns) } }
    isAlternate = isOn
    swap(&grid, &hiddenGrid)
    swap(&saved, &hiddenSaved)
    swap(&cursor.isOrigin, &hiddenIsOrigin)
    swap(&top, &hiddenTop)
    swap(&bottom, &hiddenBottom)
  }

  private mutating func clearAlternate() {
    for row in 0..<rows {
      grid[row].erase(0, columns, filler: filler, columns: columns)
    }
    resetLineSizes(0, rows)
  }

  /// DECCOLM clears the screen and its margins; the width is the recording's to say.
  private mutating func switchColumns(to isOn: Bool) {
    guard modes.contains(.columnSwitchAllowed) else { return }
    set(.wideColumns, to: isOn)
    resetMargins()
    if !modes.contains(.keepOnColumnSwitch) { eraseInDisplay(2) }
    moveTo(row: 0, column: 0)
  }

  /// XTSAVE and XTRESTORE; DECCOLM, which would change the size, is left out.
  mutating func savePrivateModes(_ parameters: Parameters) {
    for index in 0..<parameters.count {
      let number = parameters[index]
      switch number {
      case 6: keep(.origin, isOn: cursor.isOrigin)
      case 47, 1047, 1049: keep(.alternateScreen, isOn: isAlternate)
      case 69: keep(.leftRightMargins, isOn: modes.contains(.leftRightMargins))
      case 1048: saveCursor()
      default:
        if let mode = Modes(privateNumber: number) { keep(mode, isOn: modes.contains(mode)) }
      }
    }
  }

  private mutating func keep(_ mode: Modes, isOn: Bool) {
    if isOn { savedModes.insert(mode) } else { savedModes.remove(mode) }
  }

  mutating func restorePrivateModes(_ parameters: Parameters) {
    for index in 0..<parameters.count {
      let number = parameters[index]
      switch number {
      case 6: setPrivateMode(6, to: savedModes.contains(.origin))
      case 47, 1047, 1049: setPrivateMode(number, to: savedModes.contains(.alternateScreen))
      case 69: setPrivateMode(69, to: savedModes.contains(.leftRightMargins))
      case 1048: restoreCursor()
      default:
        if let mode = Modes(privateNumber: number) {
          setPrivateMode(number, to: savedModes.contains(mode))
        }
      }
    }
  }

  /// DECSTR: modes, margins and pen as at the start; the text, LNM and a pending wrap stay.
  mutating func softReset() {
    modes.remove([
      .insert, .applicationCursorKeys, .applicationKeypad, .reverseWrap, .reverseWrapAnywhere,
      .leftRightMargins, .protectsForAll, .protectsForSelective, .nationalCharsets,
    ])
    modes.insert([.cursorVisible, .autowrap])
    resetMargins()
    cursor.isOrigin = false
    hiddenIsOrigin = false
    cursor.pen = Pen()
    cursor.charsets = Charsets()
    saved = Cursor()
  }

  /// RIS: as new, but for the size, the title and what was counted and found.
  mutating func reset() {
    for row in 0..<rows { examine(erasing: row, 0, columns) }
    var fresh = Screen(columns: columns, rows: rows, scrollbackLimit: scrollback.limit)
    fresh.title = title
    fresh.imageCount = imageCount
    fresh.hidden = hidden
    self = fresh
  }
}

internal import Platform

/// As much of a screen as it takes to know what stands before the cursor: its rows, without styles.
///
/// It is no emulator: what it does not know it passes over. Where that could hide a prompt it is lenient.
struct PromptScreen {
  /// A row of cells; what stands behind its last cell is blank.
  struct Row {
    /// Lower-case letters without accents, digits, and other characters; `filler` behind a wide one.
    var cells: [UInt32] = []
    /// The row before ran into this one.
    var isContinued = false
    /// What was asked for here was answered.
    var isAnswered = false
    /// The cursor left this row by a jump, behind a prompt that ends here.
    var asksUpTo: Int?
  }

  private static let mostRows = 512
  private static let mostColumns = 4096
  /// Cells of rows that ran into each other.
  private static let mostOfPrompt = 512
  private static let blank: UInt32 = 0x20
  private static let filler: UInt32 = 0
  /// Stands for a character that says nothing: a line of a box, a spinner.
  private static let symbol: UInt32 = 1

  private var rows: [Row] = []
  /// The rows of the main screen, while the alternate one is shown; and the other way round.
  private var others: [Row] = []
  private var columns = 80
  private var row = 0
  private var column = 0
  private var saved = (row: 0, column: 0)
  private var region = 0..<24
  private var isAlternate = false
  private var asking = 0

  private var state = State.text
  private var parameters: [Int] = []
  private var marker: UInt8 = 0
  private var intermediate: UInt8 = 0
  /// Bytes of a string that passed, and its first one.
  private var string = (length: 0, kind: UInt8(0), first: UInt8(0))
  private var character = (value: UInt32(0), missing: 0)
  private var last: UInt32 = 0
  /// Which of the sets G0 and G1 is the one for drawing lines, and which is used.
  private var draws = (false, false)
  private var usesSecond = false

  /// Where in a sequence the next byte stands (ECMA-48 §5.3 to §5.6).
  private enum State { case text, escape, control, string }

  init(columns: Int = 80, rows: Int = 24) { resize(columns: columns, rows: rows) }

  mutating func resize(columns: Int, rows count: Int) {
    self.columns = min(max(columns, 1), Self.mostColumns)
    let count = min(max(count, 1), Self.mostRows)
    // A terminal that gets lower keeps its last rows.
    let surplus = max(0, min(rows.count - count, row + 1 - count))
    rows.removeFirst(surplus)
    row = max(0, row - surplus)
    fit(&rows, count)
    fit(&others, count)
    region = 0..<count
    row = min(row, count - 1)
    column = min(column, self.columns)
    asking = rows.count { $0.asksUpTo != nil }
  }

  private func fit(_ rows: inout [Row], _ count: Int) {
    if rows.count > count { rows.removeLast(rows.count - count) }
    while rows.count < count { rows.append(Row()) }
  }

  // MARK: Bytes

  mutating func take(_ bytes: [UInt8]) {
    var index = 0
    while index < bytes.count {
      index += takePlain(bytes, from: index)
      guard index < bytes.count else { return }
      take(bytes[index])
      index += 1
    }
  }

  /// Takes plain characters at a row's end, as most are; returns how many.
  private mutating func takePlain(_ bytes: [UInt8], from start: Int) -> Int {
    guard state == .text, character.missing == 0, !usesSecond, !draws.0,
      rows[row].asksUpTo == nil, !rows[row].isAnswered, rows[row].cells.count == column
    else { return 0 }
    var index = start
    let end = min(bytes.count, start + columns - column)
    while index < end, (0x20...0x7E).contains(bytes[index]) {
      last = UInt32(bytes[index])
      rows[row].cells.append(Self.folded(ascii: last))
      index += 1
    }
    column += index - start
    return index - start
  }

  private mutating func take(_ byte: UInt8) {
    switch state {
    case .text:
      if character.missing > 0 {
        if byte & 0xC0 == 0x80 { return takeContinuation(byte) }
        character.missing = 0
        print(Self.symbol)
      }
      switch byte {
      case 0x20...0x7E: print(UInt32(byte))
      case 0xC2...0xDF: character = (UInt32(byte & 0x1F), 1)
      case 0xE0...0xEF: character = (UInt32(byte & 0x0F), 2)
      case 0xF0...0xF4: character = (UInt32(byte & 0x07), 3)
      case 0x80...: print(Self.symbol)
      default: obey(byte)
      }
    case .escape:
      switch byte {
      case 0x20...0x2F: intermediate = byte
      case 0x30...0x7E:
        state = .text
        escape(byte)
      default: obeyInside(byte)
      }
    case .control:
      switch byte {
      case 0x30...0x39:
        let value = parameters[parameters.count - 1]
        parameters[parameters.count - 1] = min(value * 10 + Int(byte - 0x30), 1 << 16)
      case 0x3A, 0x3B: if parameters.count < 32 { parameters.append(0) }
      case 0x3C...0x3F: marker = byte
      case 0x20...0x2F: intermediate = byte
      case 0x40...0x7E:
        state = .text
        control(byte)
      default: obeyInside(byte)
      }
    case .string: takeString(byte)
    }
  }

  private mutating func takeContinuation(_ byte: UInt8) {
    character.value = character.value << 6 | UInt32(byte & 0x3F)
    character.missing -= 1
    guard character.missing == 0 else { return }
    if (0x80...0x9F).contains(character.value) {
      // A C1 control is ESC and the byte 0x40 below it.
      intermediate = 0
      escape(UInt8(character.value - 0x40))
    } else {
      print(character.value)
    }
  }

  /// A control character inside a sequence: CAN and SUB end it, ESC begins another, others work as ever.
  private mutating func obeyInside(_ byte: UInt8) {
    switch byte {
    case 0x18, 0x1A: state = .text
    case 0x80...:
      state = .text
      take(byte)
    default: obey(byte)
    }
  }

  /// A string says nothing that is shown; it ends with BEL or ST, or where anything else shows that it was none.
  private mutating func takeString(_ byte: UInt8) {
    string.length += 1
    if string.length == 1 { string.first = byte }
    switch byte {
    case 0x1B: obey(byte)
    case 0x07, 0x18, 0x1A: state = .text
    case 0x0A, 0x0D:
      state = .text
      obey(byte)
    case 0x9C where character.missing == 1: state = .text
    default: break
    }
    // The first byte of a C1 control, of which ST is one.
    character.missing = byte == 0xC2 ? 1 : 0
    // The console's own: a palette has seven digits, its reset none, and nothing ends them.
    if string.kind == 0x5D {
      if string.first == 0x52, string.length == 1 { state = .text }
      if string.first == 0x50, string.length == 8 { state = .text }
    }
  }

  /// Does what a C0 control says.
  private mutating func obey(_ byte: UInt8) {
    switch byte {
    case 0x08: column = max(0, min(column, columns - 1) - 1)
    case 0x09: column = min(columns - 1, (column | 7) + 1)
    case 0x0A, 0x0B, 0x0C: feed()
    case 0x0D: column = 0
    case 0x0E: usesSecond = true
    case 0x0F: usesSecond = false
    case 0x1B:
      state = .escape
      intermediate = 0
    default: break
    }
  }

  private mutating func escape(_ byte: UInt8) {
    guard intermediate == 0 else {
      if intermediate == 0x28 { draws.0 = byte == 0x30 }
      if intermediate == 0x29 { draws.1 = byte == 0x30 }
      return
    }
    switch byte {
    case 0x5B:
      state = .control
      parameters = [0]
      marker = 0
    case 0x5D, 0x50, 0x58, 0x5E, 0x5F, 0x6B:
      // OSC, DCS, SOS, PM, APC, and a title of screen's.
      state = .string
      string = (0, byte, 0)
    case 0x37: saved = (row, column)
    case 0x38: jump(saved.row, saved.column)
    case 0x44: feed()
    case 0x45:
      column = 0
      feed()
    case 0x4D:
      if row == region.lowerBound { scroll(down: 1) } else { jump(row - 1, column) }
    case 0x63:
      show(alternate: false, saving: false)
      erase(0..<rows.count)
      draws = (false, false)
      usesSecond = false
      region = 0..<rows.count
      (row, column) = (0, 0)
    default: break
    }
  }

  private mutating func control(_ byte: UInt8) {
    guard intermediate == 0 else { return }
    guard marker == 0 else {
      if marker == 0x3F, byte == 0x68 || byte == 0x6C,
        parameters.contains(where: { $0 == 47 || $0 == 1047 || $0 == 1049 })
      {
        show(alternate: byte == 0x68, saving: parameters.contains(1049))
      }
      return
    }
    let first = parameters[0]
    let count = max(1, first)
    switch byte {
    case 0x41: jump(row - count, column)
    case 0x42, 0x65: jump(row + count, column)
    case 0x43, 0x61: jump(row, min(column, columns - 1) + count)
    case 0x44: jump(row, min(column, columns - 1) - count)
    case 0x45: jump(row + count, 0)
    case 0x46: jump(row - count, 0)
    case 0x47, 0x60: jump(row, count - 1)
    case 0x64: jump(count - 1, column)
    case 0x48, 0x66:
      jump(count - 1, max(1, parameters.count > 1 ? parameters[1] : 1) - 1)
    case 0x4A: eraseScreen(first)
    case 0x4B: eraseLine(first)
    case 0x40: replace(column..<column, with: min(count, columns))
    case 0x50: replace(column..<column + count, with: 0)
    case 0x58: write(column..<column + min(count, columns), blanks: true)
    case 0x4C where region.contains(row): scroll(down: count, from: row)
    case 0x4D where region.contains(row): scroll(up: count, from: row)
    case 0x53: scroll(up: count)
    case 0x54: scroll(down: count)
    case 0x62: for _ in 0..<min(count, columns) { put(last) }
    case 0x72:
      let end = parameters.count > 1 && parameters[1] > 0 ? parameters[1] : rows.count
      region = count - 1 < min(end, rows.count) ? count - 1..<min(end, rows.count) : 0..<rows.count
      jump(0, 0)
    case 0x73: saved = (row, column)
    case 0x75: jump(saved.row, saved.column)
    default: break
    }
  }

  private mutating func show(alternate: Bool, saving: Bool) {
    guard alternate != isAlternate else { return }
    isAlternate = alternate
    if saving, alternate { saved = (row, column) }
    swap(&rows, &others)
    asking = rows.count { $0.asksUpTo != nil }
    if alternate { erase(0..<rows.count) }
    if saving, !alternate { (row, column) = saved }
    // The window may have been smaller since.
    row = min(row, rows.count - 1)
    column = min(column, columns)
  }

  // MARK: Cells

  /// Puts a character where the cursor stands.
  private mutating func print(_ scalar: UInt32) {
    let isLine = (usesSecond ? draws.1 : draws.0) && (0x5F...0x7E).contains(scalar)
    put(isLine ? Self.symbol : scalar)
  }

  private mutating func put(_ scalar: UInt32) {
    last = scalar
    if scalar >= 0x300 {
      if (0x300...0x36F).contains(scalar) || (0x200B...0x200F).contains(scalar)
        || (0xFE00...0xFE0F).contains(scalar)
      {
        return
      }
    }
    let isWide = scalar >= 0x1100 && Self.isWide(scalar)
    if column + (isWide ? 1 : 0) >= columns, column > 0 {
      column = 0
      feed()
      rows[row].isContinued = true
    }
    let cell = scalar < 0x80 ? Self.folded(ascii: scalar) : Self.folded(scalar)
    if rows[row].asksUpTo != nil { judge(cell) }
    // Who asks again in the same row asks anew.
    if rows[row].isAnswered, SecretInput.isMark(cell) { rows[row].isAnswered = false }
    set(cell)
    if isWide, column < columns { set(Self.filler) }
  }

  private mutating func set(_ cell: UInt32) {
    if column < rows[row].cells.count {
      rows[row].cells[column] = cell
    } else {
      while rows[row].cells.count < column { rows[row].cells.append(Self.blank) }
      rows[row].cells.append(cell)
    }
    column += 1
  }

  /// What is written over a prompt, or right behind it, says that there is none any more.
  private mutating func judge(_ cell: UInt32) {
    guard let end = rows[row].asksUpTo else { return }
    let isChanged =
      column < end && column < rows[row].cells.count && rows[row].cells[column] != cell
    if isChanged || (end..<end + 3).contains(column) && Self.isWord(cell) { settle(row) }
  }

  private mutating func settle(_ index: Int) {
    guard rows[index].asksUpTo != nil else { return }
    rows[index].asksUpTo = nil
    asking -= 1
  }

  /// Blanks cells of the cursor's row.
  private mutating func write(_ range: Range<Int>, blanks: Bool) {
    if let end = rows[row].asksUpTo, range.lowerBound < end { settle(row) }
    // What is cleared may be asked for again.
    rows[row].isAnswered = false
    let end = min(range.upperBound, rows[row].cells.count)
    guard range.lowerBound < end else { return }
    if end == rows[row].cells.count {
      rows[row].cells.removeLast(end - range.lowerBound)
    } else {
      for index in range.lowerBound..<end { rows[row].cells[index] = Self.blank }
    }
  }

  /// Takes cells out of the cursor's row, or puts blanks in.
  private mutating func replace(_ range: Range<Int>, with blanks: Int) {
    if let end = rows[row].asksUpTo, range.lowerBound < end { settle(row) }
    let count = rows[row].cells.count
    guard range.lowerBound < count else { return }
    rows[row].cells.replaceSubrange(
      range.lowerBound..<min(range.upperBound, count),
      with: repeatElement(Self.blank, count: blanks))
    if rows[row].cells.count > columns {
      rows[row].cells.removeLast(rows[row].cells.count - columns)
    }
  }

  private mutating func eraseLine(_ which: Int) {
    switch which {
    case 0: write(min(column, columns)..<columns, blanks: true)
    case 1: write(0..<min(column + 1, columns), blanks: true)
    case 2: erase(row..<row + 1)
    default: break
    }
  }

  private mutating func eraseScreen(_ which: Int) {
    switch which {
    case 0:
      eraseLine(0)
      erase(row + 1..<rows.count)
    case 1:
      erase(0..<row)
      eraseLine(1)
    case 2: erase(0..<rows.count)
    default: break
    }
  }

  private mutating func erase(_ range: Range<Int>) {
    for index in range {
      settle(index)
      rows[index] = Row()
    }
  }

  // MARK: The cursor

  private mutating func feed() {
    if row == region.upperBound - 1 {
      scroll(up: 1)
    } else if row < rows.count - 1 {
      row += 1
      rows[row].isContinued = false
    }
  }

  private mutating func scroll(up count: Int, from top: Int? = nil) {
    let top = top ?? region.lowerBound
    for _ in 0..<min(count, region.upperBound - top) {
      settle(top)
      var cells = rows.remove(at: top).cells
      cells.removeAll(keepingCapacity: true)
      rows.insert(Row(cells: cells), at: region.upperBound - 1)
    }
  }

  private mutating func scroll(down count: Int, from top: Int? = nil) {
    let top = top ?? region.lowerBound
    for _ in 0..<min(count, region.upperBound - top) {
      settle(region.upperBound - 1)
      rows.remove(at: region.upperBound - 1)
      rows.insert(Row(), at: top)
    }
  }

  /// Moves the cursor otherwise than text does: what it leaves behind may still be asked for.
  private mutating func jump(_ row: Int, _ column: Int) {
    if isAsking { ask() }
    self.row = min(max(row, 0), rows.count - 1)
    self.column = min(max(column, 0), columns - 1)
    // Whoever comes back to a field may ask again, without drawing its label anew.
    rows[self.row].isAnswered = false
  }

  private mutating func ask() {
    if rows[row].asksUpTo == nil { asking += 1 }
    rows[row].asksUpTo = column
  }

  // MARK: What is asked for

  /// True while a prompt for a secret is open: where the cursor stands, or where it jumped away from one.
  var asks: Bool { asking > 0 || isAsking }

  /// The last prompt was answered: what stands on the screen now asks for nothing more.
  mutating func answer() {
    for index in rows.indices where rows[index].asksUpTo != nil { settle(index) }
    for index in max(0, row - Self.near)...row { rows[index].isAnswered = true }
  }

  /// Rows above the cursor's in which a prompt may stand, where the cursor's own says nothing.
  private static let near = 3

  /// True if a prompt ends where the cursor stands.
  private var isAsking: Bool {
    var index = row
    var line = rows[row].cells.prefix(column)
    // A field below its question: in a box, or on a line of its own.
    while index > 0, index > row - Self.near, Self.isFrame(line) {
      index -= 1
      line = rows[index].cells[...]
    }
    guard !rows[index].isAnswered, SecretInput.mayAsk(line) else { return false }
    var whole = Array(line)
    while index > 0, rows[index].isContinued, whole.count < Self.mostOfPrompt {
      index -= 1
      whole = rows[index].cells + whole
    }
    return SecretInput.isPrompt(whole)
  }

  /// True for cells without a word, and without what prompts of shells end with.
  private static func isFrame(_ cells: ArraySlice<UInt32>) -> Bool {
    !cells.contains { isWord($0) || SecretInput.isMark($0) || (0x23...0x25).contains($0) }
  }

  /// True for a letter or digit.
  static func isWord(_ cell: UInt32) -> Bool {
    (0x61...0x7A).contains(cell) || (0x30...0x39).contains(cell) || cell >= 0x80
  }

  private static func isWide(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      true
    default: false
    }
  }

  private static func folded(ascii scalar: UInt32) -> UInt32 {
    (0x41...0x5A).contains(scalar) ? scalar + 0x20 : scalar
  }

  /// Letters from U+00C0 to U+017F without case and accents.
  private static let letters = Array(
    ("aaaaaaaceeeeiiiidnooooo ouuuuypsaaaaaaaceeeeiiiidnooooo ouuuuypy"
      + "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnn"
      + "oooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs").utf8)

  /// A character as it is compared: letters without case and accents, marks as their ASCII kin, symbols as one.
  private static func folded(_ scalar: UInt32) -> UInt32 {
    switch scalar {
    case 0xA0, 0x3000: return blank
    case 0xC0...0x17F:
      let letter = UInt32(letters[Int(scalar - 0xC0)])
      return letter == blank ? symbol : letter
    case 0x410...0x42F: return scalar + 0x20
    case 0xFF1A, 0xFE55: return 0x3A
    case 0xFF1F: return 0x3F
    case 0xFF1E, 0xBB, 0x203A, 0x276F, 0x2192, 0x25B6, 0x25B8, 0x279C: return 0x3E
    case 0x80...0xBF, 0x2000...0x2BFF, 0xE000...0xF8FF, 0xFE00...0xFE6F, 0x1F000...0x1FAFF:
      return symbol
    default: return scalar
    }
  }
}

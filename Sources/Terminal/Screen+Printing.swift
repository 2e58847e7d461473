extension Screen {
  /// Writes a run of 0x20...0x7E at the cursor.
  @inline(__always)
  mutating func print(ascii bytes: Span<UInt8>, from start: Int, to end: Int) {
    guard cursor.charsets.isPlain,
      modes.intersection([.autowrap, .insert, .doubleLines]) == .autowrap
    else {
      for index in start..<end { print(UInt32(bytes[index])) }
      return
    }
    if hidden.watch.union(cursor.pen.watch) != [] { look(at: bytes, from: start, to: end) }
    var index = start
    while index < end {
      if cursor.isWrapPending { wrap() }
      let limit = cursor.column < right ? right : columns
      let count = min(end - index, limit - cursor.column)
      if grid[cursor.row].touch(hidden.feed, cursor.column, cursor.column + count) {
        examine(writing: bytes, from: index, count: count)
      }
      grid[cursor.row].write(
        ascii: bytes, from: index, count: count, at: cursor.column, columns: columns,
        decoration: cursor.pen.decoration, style: cursor.pen.style)
      index += count
      cursor.column += count
      if cursor.column >= limit {
        cursor.column = limit - 1
        cursor.isWrapPending = true
        if limit == columns { grid[cursor.row].isWrapped = false }
      }
    }
    lastPrinted = PackedCell.narrow | UInt32(bytes[end - 1])
  }

  /// Writes one scalar at the cursor, or joins it to the character before.
  mutating func print(_ scalar: UInt32) {
    let scalar = cursor.charsets.isPlain ? scalar : cursor.charsets.translate(scalar)
    guard scalar >= 0xA0 else {
      if hidden.watch.union(cursor.pen.watch) != [] { look(at: scalar, width: 1) }
      return place(scalar, width: 1)
    }
    let traits = CharacterTable.shared[scalar]
    if traits.width == 0 {
      look(atInvisible: scalar)
    } else if hidden.watch.union(cursor.pen.watch) != [] || traits.isLookalike {
      look(at: scalar, width: traits.width)
    }
    if traits.mayJoin, join(scalar, traits) { return }
    // A mark with nothing to stand on is dropped, as real terminals do.
    guard traits.width > 0 else { return }
    place(scalar, width: traits.width)
  }

  /// Puts a character into a cell of its own and moves the cursor on.
  private mutating func place(_ scalar: UInt32, width: Int) {
    var scalar = scalar
    var width = width
    // Without DECAWM it stays pending until somebody asks for wrapping again, as in xterm.
    if cursor.isWrapPending, modes.contains(.autowrap) { wrap() }
    var limit = printingLimit
    // Beyond the middle of a line of double width, where xterm loses what is written.
    if cursor.column >= limit { cursor.column = limit - 1 }
    if width == 2, cursor.column + 2 > limit {
      // There is no room left, as xterm sees it.
      guard modes.contains(.autowrap) || !cursor.isWrapPending else { return }
      if modes.contains(.autowrap), limit - left >= 2 {
        // The last cell stays empty: a wide character is never cut in two.
        grid[cursor.row].erase(cursor.column, limit, filler: filler, columns: columns)
        wrap()
        limit = printingLimit
      } else if limit - left >= 2 {
        // It takes the last two cells, as in xterm and kitty.
        cursor.column = limit - 2
      } else {
        scalar = 0xFFFD
        width = 1
      }
    }
    if modes.contains(.insert), cursor.column >= left, cursor.column + width < limit {
      grid[cursor.row].insert(
        width, at: cursor.column, before: limit, filler: filler, columns: columns)
    }
    write(scalar, width: width)
    lastPrinted = UInt32(width) << PackedCell.widthShift | scalar
    cursor.column += width
    cursor.isWrapPending = false
    if cursor.column >= limit {
      cursor.column = limit - 1
      cursor.isWrapPending = true
      if limit == columns { grid[cursor.row].isWrapped = false }
    }
  }

  private mutating func write(_ text: UInt32, width: Int) {
    let column = cursor.column
    if grid[cursor.row].touch(hidden.feed, column, column + width) {
      examine(writing: text, width: width)
    }
    let cell = PackedCell(
      content: UInt32(width) << PackedCell.widthShift | text, decoration: cursor.pen.decoration,
      style: cursor.pen.style)
    grid[cursor.row].put(cell, width: width, at: column, columns: columns)
  }

  /// Goes to the next line because this one is full.
  mutating func wrap() {
    // A line of double width is taken for a whole one: what follows has another number of columns.
    if hasFullWidth, grid[cursor.row].size == .single { grid[cursor.row].isWrapped = true }
    cursor.isWrapPending = false
    cursor.column = cursor.column < left ? 0 : left
    index()
  }

  /// Where the character before the cursor stands, if there is one in this row.
  private var previousColumn: Int? {
    let column = cursor.isWrapPending ? cursor.column : cursor.column - 1
    guard column >= 0 else { return nil }
    return grid[cursor.row][column].isTail ? column - 1 : column
  }

  /// Adds a scalar to the character before the cursor if the two make one (UAX #29).
  ///
  /// True also when the scalar is swallowed because the cell holds all it may.
  private mutating func join(_ scalar: UInt32, _ traits: CharacterTraits) -> Bool {
    guard let column = previousColumn else {
      return traits.width == 0 && joinAcrossWrap(scalar)
    }
    let cell = grid[cursor.row][column]
    guard cell.text != 0 || traits.width == 0 else { return false }
    guard traits.width == 0 || continues(cell, scalar, traits) else { return false }
    attach(scalar, row: cursor.row, column: column)
    if scalar == 0xFE0F, cell.width == 1 { widen(column, cell) }
    lastPrinted = grid[cursor.row][column].content
    return true
  }

  /// Whether a scalar with cells of its own belongs to the character before it.
  private func continues(_ cell: PackedCell, _ scalar: UInt32, _ traits: CharacterTraits) -> Bool {
    let last = clusters.last(of: cell.text)
    if traits.isRegionalIndicator {
      return clusters.length(of: cell.text) == 1
        && CharacterTable.shared[last].isRegionalIndicator
    }
    if traits.isEmojiModifier {
      let isVariant = last == 0xFE0F
      let base = isVariant ? clusters.first(of: cell.text) : last
      return CharacterTable.shared[base].isPictographic
    }
    return traits.isPictographic && last == 0x200D
      && CharacterTable.shared[clusters.first(of: cell.text)].isPictographic
  }

  private mutating func attach(_ scalar: UInt32, row: Int, column: Int) {
    if clusters.wantsSweep { sweep() }
    var cell = grid[row][column]
    let prefix = cell.text == 0 ? 0x20 : cell.text
    guard let text = clusters.appending(scalar, to: prefix) else { return }
    cell.content = cell.content & ~PackedCell.textMask | text
    grid[row].write(cell, at: column, columns: columns)
  }

  /// A mark at the start of a line that the text before wrapped into belongs to that text.
  private mutating func joinAcrossWrap(_ scalar: UInt32) -> Bool {
    guard cursor.row > 0, grid[cursor.row - 1].isWrapped else { return false }
    var column = columns - 1
    if grid[cursor.row - 1][column].isTail { column -= 1 }
    guard column >= 0, grid[cursor.row - 1][column].text != 0 else { return false }
    attach(scalar, row: cursor.row - 1, column: column)
    return true
  }

  /// Gives a character that became an emoji its second cell, if the line has one.
  private mutating func widen(_ column: Int, _ before: PackedCell) {
    let base = clusters.first(of: before.text)
    let limit = printingLimit
    guard CharacterTable.shared[base].isEmojiOnRequest, column + 2 <= limit,
      !cursor.isWrapPending, cursor.column == column + 1
    else { return }
    var cell = grid[cursor.row][column]
    guard cell.width == 1 else { return }
    cell.content = cell.content & PackedCell.textMask | PackedCell.wide
    grid[cursor.row].split(column + 1, column + 2)
    grid[cursor.row].write(cell, at: column, columns: columns)
    grid[cursor.row].write(.tail(of: cell), at: column + 1, columns: columns)
    cursor.column += 1
    if cursor.column >= limit {
      cursor.column = limit - 1
      cursor.isWrapPending = true
    }
  }

  /// Writes the last character again (REP); a screenful is all that can be seen of it.
  mutating func repeatLast(_ count: Int) {
    guard let content = lastPrinted else { return }
    let width = max(1, Int(content >> PackedCell.widthShift))
    for _ in 0..<min(count, columns * rows) { place(content & PackedCell.textMask, width: width) }
  }
}

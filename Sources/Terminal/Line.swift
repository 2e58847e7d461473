/// One line of cells as it is stored.
///
/// Cells at `occupied` and beyond are all `beyond`, an erased cell, whatever the array holds there:
/// emptying a line costs nothing in any colour, and a line nobody wrote to owns no memory.
struct Line: Sendable {
  private(set) var cells: [PackedCell] = []
  private(set) var occupied = 0
  private var beyond = PackedCell.blank
  /// The text goes on in the next line: the cursor left this one by automatic wrapping.
  var isWrapped = false
  var size = LineSize.single
  /// The last run of characters written here, and in which feed; not part of what the line shows.
  private var freshFeed: UInt32 = 0
  private var freshStart: UInt16 = 0
  private var freshEnd: UInt16 = 0

  init() {}

  init(cells: [PackedCell], isWrapped: Bool) {
    self.cells = cells
    occupied = cells.count
    self.isWrapped = isWrapped
  }

  @inline(__always)
  subscript(_ column: Int) -> PackedCell {
    column >= 0 && column < occupied ? cells[column] : beyond
  }

  /// Makes the line blank and keeps its memory for what is written next.
  mutating func clear() {
    occupied = 0
    beyond = .blank
    isWrapped = false
    size = .single
    freshEnd = 0
  }

  /// Characters are written to `start..<end`; true if they fall on some written in the same feed.
  @inline(__always)
  mutating func touch(_ feed: UInt32, _ start: Int, _ end: Int) -> Bool {
    let start = UInt16(truncatingIfNeeded: start)
    let end = UInt16(truncatingIfNeeded: end)
    guard freshFeed == feed, start <= freshEnd, end >= freshStart else {
      freshFeed = feed
      freshStart = start
      freshEnd = end
      return false
    }
    let isOver = start < freshEnd && end > freshStart
    freshStart = min(start, freshStart)
    freshEnd = max(end, freshEnd)
    return isOver
  }

  @inline(__always)
  func isFresh(_ feed: UInt32) -> Bool { freshFeed == feed && freshEnd > freshStart }

  mutating func forgetFresh() {
    freshEnd = freshStart
  }

  /// The run written last; empty where `isFresh` is not asked first.
  var fresh: Range<Int> { Int(freshStart)..<Int(max(freshStart, freshEnd)) }

  /// Writes the cells beyond `occupied` out, for those who take the line to another width.
  mutating func settle(columns: Int) {
    guard beyond != .blank else { return }
    fill(to: columns, columns: columns)
    beyond = .blank
  }

  /// Makes `gap..<end` addressable for a caller that writes each of these cells.
  @inline(__always)
  mutating func open(_ gap: Int, to end: Int, columns: Int) {
    if cells.count < end { grow(to: max(columns, end)) }
    if gap > occupied { blank(occupied, gap) }
    if end > occupied { occupied = end }
  }

  /// Makes cells up to `end` addressable, blank where nothing was written.
  private mutating func fill(to end: Int, columns: Int) {
    if cells.count < end { grow(to: max(columns, end)) }
    guard end > occupied else { return }
    blank(occupied, end)
    occupied = end
  }

  @inline(never)
  private mutating func grow(to count: Int) {
    cells.append(contentsOf: repeatElement(.blank, count: count - cells.count))
  }

  @inline(never)
  private mutating func blank(_ start: Int, _ end: Int) {
    for column in start..<end { cells[column] = beyond }
  }

  /// Writes one cell; the caller calls `split` first where it may hit half a wide character.
  mutating func write(_ cell: PackedCell, at column: Int, columns: Int) {
    open(column, to: column + 1, columns: columns)
    cells[column] = cell
  }

  /// Writes one character and its second cell; halves it leaves behind become blank.
  @inline(__always)
  mutating func put(_ cell: PackedCell, width: Int, at column: Int, columns: Int) {
    let end = column + width
    split(column, end)
    open(column, to: end, columns: columns)
    cells[column] = cell
    if width == 2 { cells[column + 1] = .tail(of: cell) }
  }

  /// Replaces a cell already occupied.
  mutating func replace(_ cell: PackedCell, at column: Int) {
    guard column >= 0, column < occupied else { return }
    cells[column] = cell
  }

  /// Blanks the halves of wide characters that a write to `start..<end` would leave behind.
  @inline(__always)
  mutating func split(_ start: Int, _ end: Int) {
    if start > 0, start < occupied, cells[start].isTail { splitHead(before: start) }
    if end < occupied, cells[end].isTail { splitTail(at: end) }
  }

  @inline(never)
  private mutating func splitHead(before column: Int) {
    cells[column - 1].blankHalf()
    // The tail itself is about to be overwritten, or is made a blank of its own here.
    cells[column].blankHalf()
  }

  @inline(never)
  private mutating func splitTail(at column: Int) {
    cells[column].blankHalf()
  }

  /// Writes printable ASCII in one style; the caller keeps `column + count` within `columns`.
  @inline(__always)
  mutating func write(
    ascii bytes: Span<UInt8>, from start: Int, count: Int, at column: Int, columns: Int,
    decoration: UInt32, style: PackedStyle
  ) {
    let end = column + count
    split(column, end)
    open(column, to: end, columns: columns)
    precondition(column >= 0 && end <= cells.count)
    // Not through `mutableSpan`: see `LinePage.append`.
    unsafe cells.withUnsafeMutableBufferPointer { target in
      for index in 0..<count {
        unsafe target[column + index] = PackedCell(
          content: PackedCell.narrow | UInt32(bytes[start + index]), decoration: decoration,
          style: style)
      }
    }
  }

  /// Erases `start..<end` to `filler`.
  mutating func erase(_ start: Int, _ end: Int, filler: PackedCell, columns: Int) {
    guard start < end else { return }
    split(start, end)
    if end >= columns { isWrapped = false }
    if end >= columns, filler.text == 0 {
      if start > occupied, filler != beyond { fill(to: start, columns: columns) }
      occupied = min(occupied, start)
      beyond = filler
      return
    }
    open(start, to: end, columns: columns)
    for column in start..<end { cells[column] = filler }
  }

  /// Erases what is not protected in `start..<end` (DECSEL, DECSED).
  mutating func eraseSelectively(_ start: Int, _ end: Int, filler: PackedCell, columns: Int) {
    for column in start..<end where !self[column].style.isProtected {
      erase(column, column + 1, filler: filler, columns: columns)
    }
  }

  /// Moves `start..<end` right by `count` cells; those that leave the range are lost.
  mutating func insert(
    _ count: Int, at start: Int, before end: Int, filler: PackedCell, columns: Int
  ) {
    guard start < end, count > 0 else { return }
    let count = min(count, end - start)
    split(start, end)
    if end >= columns { isWrapped = false }
    fill(to: end, columns: columns)
    split(end - count, end)
    var column = end - 1
    while column >= start + count {
      cells[column] = cells[column - count]
      column -= 1
    }
    for column in start..<(start + count) { cells[column] = filler }
    trim()
  }

  /// Takes `count` cells out at `start` and fills up before `end`.
  mutating func delete(
    _ count: Int, at start: Int, before end: Int, filler: PackedCell, columns: Int
  ) {
    guard start < end, count > 0 else { return }
    let count = min(count, end - start)
    split(start, end)
    if end >= columns { isWrapped = false }
    fill(to: end, columns: columns)
    split(start, start + count)
    // The first half of a character whose second half stands beyond the range moves alone.
    if cells[end - 1].isWide { cells[end - 1].blankHalf() }
    for column in start..<(end - count) { cells[column] = cells[column + count] }
    for column in (end - count)..<end { cells[column] = filler }
    trim()
  }

  /// Copies `start..<end` of another line over this one's.
  mutating func copy(_ start: Int, _ end: Int, from other: Line, columns: Int) {
    place(other, from: start, count: end - start, at: start, columns: columns)
  }

  /// Copies `count` cells of another line to `column`; halves of wide characters become blank.
  mutating func place(_ other: Line, from start: Int, count: Int, at column: Int, columns: Int) {
    guard count > 0 else { return }
    let end = column + count
    split(column, end)
    open(column, to: end, columns: columns)
    for offset in 0..<count { cells[column + offset] = other[start + offset] }
    if self[column].isTail { cells[column].blankHalf() }
    if self[end - 1].isWide { cells[end - 1].blankHalf() }
    trim()
  }

  /// Cuts the line to a narrower screen.
  mutating func truncate(to columns: Int) {
    if occupied > columns {
      occupied = columns
      if columns > 0, cells[columns - 1].isWide { cells[columns - 1].blankHalf() }
    }
    if cells.count > columns { cells.removeLast(cells.count - columns) }
  }

  private mutating func trim() {
    while occupied > 0, cells[occupied - 1] == beyond { occupied -= 1 }
  }

  /// Every cell that is not `beyond`; after `settle`, every cell that may show something.
  var used: ArraySlice<PackedCell> { cells[0..<min(occupied, cells.count)] }

  /// Something was written here, were it only a space; colour alone does not count.
  var isWritten: Bool { used.contains { $0.text != 0 } }
}

extension Line: Equatable {
  /// Compares what the lines hold, not the memory they keep.
  static func == (left: Line, right: Line) -> Bool {
    left.isWrapped == right.isWrapped && left.size == right.size && left.beyond == right.beyond
      && left.used == right.used
  }
}

extension Line {
  func write(to writer: inout SnapshotWriter) {
    SettledLine(self).write(to: &writer)
    writer.number(min(occupied, cells.count))
    writer.style(beyond.style)
    writer.number(Int(size.rawValue))
  }

  init(from reader: inout SnapshotReader, columns: Int) throws(SnapshotDamage) {
    let settled = try SettledLine(from: &reader, limit: columns)
    self = settled.line
    let count = try reader.number(settled.count...columns)
    cells += repeatElement(.blank, count: count - cells.count)
    occupied = count
    beyond.style = try reader.style().erased
    guard let size = LineSize(rawValue: UInt8(try reader.number(0...255))) else {
      throw SnapshotDamage()
    }
    self.size = size
  }
}

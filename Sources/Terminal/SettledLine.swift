/// A line that will not change any more, in a sixteenth of the memory where it is plain ASCII.
///
/// A full scrollback then fits the processor's cache, and an old line is freed at little cost.
struct SettledLine: Sendable, Equatable {
  /// The style from one column on.
  struct Run: Sendable, Equatable {
    var start: Int
    var style: PackedStyle
    var decoration: UInt32
  }

  /// One per cell, 0 where nothing was written; empty when `contents` is used instead.
  private(set) var ascii: [UInt8] = []
  /// `PackedCell.content` of each cell, for lines with other text.
  private(set) var contents: [UInt32] = []
  /// In order of `start`; cells before the first run are plain.
  private(set) var runs: [Run] = []
  let isWrapped: Bool

  init(ascii: [UInt8], contents: [UInt32], runs: [Run], isWrapped: Bool) {
    (self.ascii, self.contents, self.runs, self.isWrapped) = (ascii, contents, runs, isWrapped)
  }

  /// Cells, without the blank ones at the end.
  var count: Int { max(ascii.count, contents.count) }

  init(_ line: Line) {
    isWrapped = line.isWrapped
    let cells = line.cells.span
    var end = min(line.occupied, cells.count)
    while end > 0, cells[end - 1] == .blank { end -= 1 }
    // Counted first: arrays of the right size are one allocation each, and no more.
    var mixed: UInt32 = 0
    var changes = 0
    var last = PackedCell.blank
    for column in 0..<end {
      let cell = cells[column]
      mixed |= cell.content ^ PackedCell.narrow
      if !cell.isStyled(as: last) { changes += 1 }
      last = cell
    }
    if changes > 0 {
      runs.reserveCapacity(changes)
      last = .blank
      for column in 0..<end {
        let cell = cells[column]
        guard !cell.isStyled(as: last) else { continue }
        runs.append(Run(start: column, style: cell.style, decoration: cell.decoration))
        last = cell
      }
    }
    if mixed < 0x80 {
      ascii = [UInt8](capacity: end) { target in
        for column in 0..<end { target.append(UInt8(truncatingIfNeeded: cells[column].text)) }
      }
    } else {
      contents = [UInt32](capacity: end) { target in
        for column in 0..<end { target.append(cells[column].content) }
      }
    }
  }

  /// The line as it was.
  var line: Line {
    let count = count
    var cells: [PackedCell] = []
    cells.reserveCapacity(count)
    var style = PackedStyle()
    var decoration: UInt32 = 0
    var next = 0
    for column in 0..<count {
      if next < runs.count, runs[next].start == column {
        style = runs[next].style
        decoration = runs[next].decoration
        next += 1
      }
      let content =
        contents.isEmpty ? PackedCell.narrow | UInt32(ascii[column]) : contents[column]
      cells.append(PackedCell(content: content, decoration: decoration, style: style))
    }
    return Line(cells: cells, isWrapped: isWrapped)
  }
}

extension SettledLine {
  /// The number of cells, what kind of text and whether it wraps; the text; the runs.
  func write(to writer: inout SnapshotWriter) {
    let isPlain = contents.isEmpty
    writer.number(count << 2 | (isPlain ? 0 : 2) | (isWrapped ? 1 : 0))
    if isPlain {
      writer.plain(ascii)
    } else {
      for content in contents { writer.content(content) }
    }
    writer.number(runs.count)
    var last = 0
    for run in runs {
      writer.number(run.start - last)
      writer.style(run.style)
      writer.decoration(run.decoration)
      last = run.start
    }
  }

  /// At most `limit` cells; each wide character has both its cells.
  init(from reader: inout SnapshotReader, limit: Int) throws(SnapshotDamage) {
    let head = try reader.number(0...limit << 2 | 3)
    let count = head >> 2
    isWrapped = head & 1 == 1
    if head & 2 == 0 {
      ascii = Array(try reader.plain(count))
      guard ascii.allSatisfy({ $0 == 0 || $0 &- 0x20 < 0x5F }) else { throw SnapshotDamage() }
    } else {
      guard count > 0 else { throw SnapshotDamage() }
      contents.reserveCapacity(count)
      var isTailDue = false
      for _ in 0..<count {
        let content = try reader.content()
        let width = content >> PackedCell.widthShift
        guard (width == 0) == isTailDue else { throw SnapshotDamage() }
        isTailDue = width == 2
        contents.append(content)
      }
      guard !isTailDue else { throw SnapshotDamage() }
    }
    let changes = try reader.number(0...count)
    runs.reserveCapacity(changes)
    var start = 0
    for index in 0..<changes {
      start += try reader.number((index == 0 ? 0 : 1)...max(1, limit))
      guard start < count else { throw SnapshotDamage() }
      runs.append(
        Run(start: start, style: try reader.style(), decoration: try reader.decoration()))
    }
  }
}

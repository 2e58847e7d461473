/// The cursor with all that DECSC saves.
struct Cursor: Sendable, Equatable {
  var row = 0
  var column = 0
  /// The last column was written; the next character wraps first.
  var isWrapPending = false
  var pen = Pen()
  var charsets = Charsets()
  var isOrigin = false

  mutating func clamp(columns: Int, rows: Int) {
    if column >= columns { isWrapPending = false }
    row = min(max(0, row), rows - 1)
    column = min(max(0, column), columns - 1)
  }
}

/// What the recorded program drew, and the state that decides what its next byte will draw.
///
/// It has no way to answer: queries are recognised and dropped. Rows and columns count from 0;
/// `bottom` and `right` are the first beyond the margins.
struct Screen: Sendable, Equatable {
  var columns: Int
  var rows: Int
  var grid: Grid
  /// The screen that is not shown: the alternate one, or the primary while that is shown.
  var hiddenGrid: Grid
  var isAlternate = false
  var scrollback: Scrollback

  var cursor = Cursor()
  var saved = Cursor()
  var hiddenSaved = Cursor()
  /// DECOM of the screen that is not shown.
  var hiddenIsOrigin = false
  /// The margins at top and bottom of the screen that is not shown.
  var hiddenTop = 0
  var hiddenBottom: Int
  /// What VT52 mode put aside: the sets and DECOM.
  var beforeVT52 = VT52Return()
  var modes = Modes.initial
  var savedModes = Modes.initial

  var top = 0
  var bottom: Int
  var left = 0
  var right: Int
  var tabStops: [Bool]

  var clusters = ClusterTable()
  var decorations = DecorationTable()
  /// For REP, which repeats a character only directly after it, as in xterm.js and tmux; the
  /// `PackedCell.content` of it, so that marks are repeated with what they stand on.
  var lastPrinted: UInt32?

  /// Sixel, kitty and iTerm2 images so far.
  var imageCount = 0
  /// A kitty image is sent in pieces, and the last one is still to come.
  var isImageOpen = false
  var hidden = HiddenFinder()

  var title = ""
  var titleStack: [String] = []

  init(columns: Int, rows: Int, scrollbackLimit: Int) {
    self.columns = columns
    self.rows = rows
    grid = Grid(rows: rows)
    hiddenGrid = Grid(rows: rows)
    scrollback = Scrollback(limit: scrollbackLimit)
    bottom = rows
    hiddenBottom = rows
    right = columns
    tabStops = Self.defaultTabStops(columns)
  }

  static func defaultTabStops(_ columns: Int) -> [Bool] {
    (0..<columns).map { $0 % 8 == 0 }
  }

  /// What erasing leaves.
  var filler: PackedCell { .erased(cursor.pen) }

  var hasFullWidth: Bool { left == 0 && right == columns }

  /// Frees clusters and decorations no cell, pen or saved cursor uses any more.
  ///
  /// Walks every cell there is; `wantsSweep` of the tables sees to it that this is rare.
  mutating func sweep() {
    var texts = Set<UInt32>()
    var used = Set<UInt32>()
    var last: UInt32 = 0
    func visit(_ line: Line) {
      for cell in line.used {
        if cell.text & PackedCell.clusterBit != 0 { texts.insert(cell.text) }
        if cell.decoration != last {
          last = cell.decoration
          used.insert(last)
        }
      }
    }
    for row in 0..<grid.rows { visit(grid[row]) }
    for row in 0..<hiddenGrid.rows { visit(hiddenGrid[row]) }
    scrollback.forEach(visit)
    var links = Set<UInt32>()
    for pen in [cursor.pen, saved.pen, hiddenSaved.pen] {
      used.insert(pen.decoration)
      links.insert(pen.link)
    }
    clusters.sweep(keeping: texts)
    decorations.sweep(keeping: used, pens: links)
  }
}

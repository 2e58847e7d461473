internal import Terminal
internal import Text

/// The session from its start to its end in one row, with what happened on it.
struct TimelineBar: Sendable {
  var position: UInt64 = 0
  var duration: UInt64 = 0
  /// The end is not known yet.
  var isGrowing = false
  var clock = ClockStyle()
  /// What is looked for, and how often it was found.
  var search: String?
  var hitCount = 0

  private struct Cell: Sendable {
    var sign: String
    var tone: Tone
  }

  /// What the marks were laid out for: there may be many more of them than columns.
  private struct Key: Sendable, Equatable {
    var duration: UInt64
    var span: Range<Int>
    var marks: Int
    var search: String?
    var hits: Int
  }

  private var marked: (key: Key, cells: [Int: Cell]) = (
    Key(duration: 0, span: 0..<0, marks: -1, search: nil, hits: -1), [:]
  )

  /// Letters, since colours alone tell nothing to some eyes and terminals.
  private static let signs: [(MarkKind, String, Tone)] = [
    (.denial, "D", .bad), (.hidden, "X", .bad), (.gap, "U", .bad), (.approval, "A", .good),
    (.mask, "M", .warn), (.marker, "*", .info),
  ]

  /// The columns of the bar itself in a row of so many.
  private func span(_ columns: Int) -> Range<Int> {
    let left = columns >= 60 ? startText.utf8.count + 2 : 1
    let right = columns >= 60 ? endText.utf8.count + 2 : 1
    return columns > left + right + 4 ? left..<columns - right : 0..<columns
  }

  private var startText: String { clock.text(0, millis: false).droppingTenths }
  private var endText: String {
    clock.text(duration, millis: false).droppingTenths + (isGrowing ? "+" : "")
  }

  /// The moment under a column.
  func time(at column: Int, columns: Int) -> UInt64 {
    let span = span(columns)
    guard span.count > 1 else { return 0 }
    let place = min(max(0, column - span.lowerBound), span.count - 1)
    return UInt64((Double(duration) * Double(place) / Double(span.count - 1)).rounded())
  }

  private func column(of time: UInt64, _ span: Range<Int>) -> Int {
    guard duration > 0 else { return span.lowerBound }
    let share = min(1, Double(time) / Double(duration))
    return span.lowerBound + Int((share * Double(span.count - 1)).rounded())
  }

  mutating func draw(
    _ marks: Marks, hits: () -> [SearchHit], _ timeline: Timeline, on frame: inout Frame, row: Int
  ) {
    let span = span(frame.columns)
    if span.lowerBound > 2 {
      frame.put(" " + startText, row: row, column: 0, style: Tone.dim.style)
      frame.put(" " + endText, row: row, column: span.upperBound, style: Tone.dim.style)
    }
    lay(marks, hits, timeline, span)
    let here = column(of: position, span)
    let played = String(repeating: "━", count: max(0, here - span.lowerBound))
    let rest = String(repeating: "─", count: max(0, span.upperBound - here))
    frame.put(played, row: row, column: span.lowerBound)
    frame.put(rest, row: row, column: here, style: Tone.dim.style)
    for (column, cell) in marked.cells {
      frame.put(cell.sign, row: row, column: column, width: 1, style: cell.tone.style)
    }
    frame.restyle(row: row, columns: here..<here + 1) { style in
      style.attributes.remove(.dim)
      style.attributes.formUnion([.inverse, .bold])
    }
  }

  /// Finds the sign of each column that has one, the most serious where there are several.
  private mutating func lay(
    _ marks: Marks, _ hits: () -> [SearchHit], _ timeline: Timeline, _ span: Range<Int>
  ) {
    let key = Key(
      duration: duration, span: span, marks: marks.total, search: search, hits: hitCount)
    guard key != marked.key else { return }
    var cells: [Int: Cell] = [:]
    for (kind, sign, tone) in Self.signs {
      for event in marks.events(kind) {
        let column = column(of: timeline.time(of: Int(event)), span)
        if cells[column] == nil { cells[column] = Cell(sign: sign, tone: tone) }
      }
    }
    for hit in hits() {
      let column = column(of: timeline.time(of: hit.event), span)
      if cells[column] == nil { cells[column] = Cell(sign: "/", tone: .info) }
    }
    marked = (key, cells)
  }
}

extension String {
  /// `1:23.4` without what a bar cannot show.
  fileprivate var droppingTenths: String {
    guard let dot = lastIndex(of: ".") else { return self }
    return String(self[..<dot])
  }
}

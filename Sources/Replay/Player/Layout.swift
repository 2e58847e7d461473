internal import Platform

/// The parts of the player that show something of the session.
package enum Pane: Int, Sendable, CaseIterable {
  case screen, events, details
}

/// Where each pane stands in the viewer's window.
struct Layout: Sendable, Equatable {
  /// What the viewer chose, and what the session has.
  struct Wishes: Sendable, Equatable {
    var hasScreen = true
    /// Size of the recording's screen.
    var screen = WindowSize(columns: 80, rows: 24)
    var shows: Set<Pane> = [.screen]
    var focus = Pane.screen
    var isZoomed = false
    /// Percent of the window for what stands beside or under the main pane.
    var share = 40
  }

  /// Below this many columns panes stand under each other.
  private static let narrowest = 100
  /// Columns that a list of events needs to say something.
  private static let side = 32

  private(set) var rects: [Pane: Rect] = [:]
  /// Column of the line between panes side by side.
  private(set) var divider: Int?
  private(set) var timeline: Int?
  private(set) var statusRows: Int
  private(set) var body: Int

  subscript(_ pane: Pane) -> Rect? { rects[pane] }

  /// The pane of a place; nil for the timeline and the status.
  func pane(at place: Frame.Place) -> Pane? {
    rects.first { $0.value.contains(place) }?.key
  }

  init(_ size: WindowSize, _ wishes: Wishes) {
    let (columns, rows) = (max(1, size.columns), max(1, size.rows))
    // A window of one row shows the session; there is no room for words.
    statusRows = rows >= 18 ? 2 : rows > 1 ? 1 : 0
    let hasTimeline = rows >= 8
    body = max(1, rows - statusRows - (hasTimeline ? 1 : 0))
    timeline = hasTimeline ? body : nil
    let whole = Rect(row: 0, column: 0, rows: body, columns: columns)
    let main: Pane = wishes.hasScreen ? .screen : .events
    var side = [Pane.events, .details].filter { wishes.shows.contains($0) && $0 != main }
    if wishes.isZoomed || side.isEmpty || body < 6 {
      rects[wishes.shows.contains(wishes.focus) || wishes.focus == main ? wishes.focus : main] =
        whole
      return
    }
    guard let width = Self.sideWidth(columns, wishes) else {
      // Under each other; where that is too little for both, the one that is looked at.
      if side.count > 1, body < 24 { side = [wishes.focus == .details ? .details : .events] }
      let height = min(max(3, body * Self.share(wishes, isBeside: false) / 100), body - 3)
      rects[main] = Rect(row: 0, column: 0, rows: body - height, columns: columns)
      stack(side, in: Rect(row: body - height, column: 0, rows: height, columns: columns))
      return
    }
    divider = columns - width - 1
    rects[main] = Rect(row: 0, column: 0, rows: body, columns: columns - width - 1)
    stack(side, in: Rect(row: 0, column: columns - width, rows: body, columns: width))
  }

  private static func share(_ wishes: Wishes, isBeside: Bool) -> Int {
    min(max(wishes.share, 15), 85)
  }

  /// Columns beside the main pane; nil where nothing fits beside it.
  private static func sideWidth(_ columns: Int, _ wishes: Wishes) -> Int? {
    guard columns >= narrowest else { return nil }
    let wanted = columns * share(wishes, isBeside: true) / 100
    guard wishes.hasScreen else { return min(max(side, wanted + columns / 10), columns - side) }
    // What the recorded screen leaves free goes to the other panes.
    let free = columns - wishes.screen.columns - 1
    if wishes.share == 40, free >= side { return min(free, columns * 3 / 5) }
    return min(max(side, wanted), columns - side)
  }

  private mutating func stack(_ panes: [Pane], in rect: Rect) {
    guard panes.count > 1 else {
      if let pane = panes.first { rects[pane] = rect }
      return
    }
    let upper = rect.rows / 2
    rects[panes[0]] = Rect(row: rect.row, column: rect.column, rows: upper, columns: rect.columns)
    rects[panes[1]] = Rect(
      row: rect.row + upper, column: rect.column, rows: rect.rows - upper, columns: rect.columns)
  }
}

internal import Platform
internal import SessionLog

extension PlayerScreen {
  /// Rows that one notch of the wheel moves.
  private static let notch = 3

  /// Does what a click or the wheel says.
  mutating func press(_ mouse: Key.Mouse) throws(SessionLogFailure) {
    guard wantsMouse else { return }
    if helpPage != nil {
      if mouse.kind == .press { helpPage = nil }
      return
    }
    let place = Frame.Place(row: mouse.row, column: mouse.column)
    if place.row == layout.timeline {
      guard mouse.kind == .press || mouse.kind == .drag else { return }
      let time = bar.time(at: place.column, columns: size.columns)
      // The first column is the first event, not the last one of that moment.
      navigator.go(time == 0 ? .percent(0) : .time(time))
      return
    }
    guard let pane = layout.pane(at: place) else { return }
    switch mouse.kind {
    case .wheelUp: try wheel(-Self.notch, in: pane)
    case .wheelDown: try wheel(Self.notch, in: pane)
    case .press:
      wishes.focus = pane
      relayout()
      try click(place, in: pane)
    case .drag, .release, .other: break
    }
  }

  private mutating func wheel(_ rows: Int, in pane: Pane) throws(SessionLogFailure) {
    switch pane {
    case .screen: viewport.move(rows: rows, columns: 0)
    case .events: navigator.show(events.event(rows, from: player.event))
    case .details: details.scroll(rows)
    }
  }

  private mutating func click(_ place: Frame.Place, in pane: Pane) throws(SessionLogFailure) {
    guard let rect = layout[pane] else { return }
    let row = place.row - rect.row - titleRows(pane)
    guard row >= 0 else { return }
    switch pane {
    case .screen: break
    case .events: if let event = events.event(inRow: row) { navigator.show(event) }
    case .details:
      details.point(row: row)
      if let event = details.open() { navigator.show(event) }
    }
  }

  /// Rows over a pane's content that tell what it is.
  func titleRows(_ pane: Pane) -> Int {
    guard let rect = layout[pane], rect.rows > 1, layout.rects.count > 1 else { return 0 }
    return pane == .screen ? 0 : 1
  }
}

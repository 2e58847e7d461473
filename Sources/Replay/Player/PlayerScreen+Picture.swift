internal import Platform
package import SessionLog
internal import Terminal
internal import Text

extension PlayerScreen {
  /// Everything the viewer sees now.
  package mutating func frame() throws(SessionLogFailure) -> Frame {
    var frame = Frame(columns: size.columns, rows: size.rows)
    try events.update(&navigator)
    if navigator.timeline.count == 0 {
      sayEmpty(on: &frame)
    } else {
      if let rect = layout[.screen] { try drawScreen(on: &frame, in: rect) }
      if let rect = layout[.events] { try drawEvents(on: &frame, in: rect) }
      if let rect = layout[.details] { try drawDetails(on: &frame, in: rect) }
    }
    if let divider = layout.divider {
      for row in 0..<layout.body {
        frame.put("│", row: row, column: divider, width: 1, style: Tone.dim.style)
      }
    }
    if let row = layout.timeline { drawTimeline(on: &frame, row: row) }
    if let page = helpPage { HelpScreen.draw(page: page, on: &frame, rows: layout.body) }
    guard layout.statusRows > 0 else { return frame }
    try status().draw(on: &frame, row: frame.rows - layout.statusRows, rows: layout.statusRows)
    if let prompt {
      let cursor = prompt.shown(columns: promptWidth).cursor
      frame.cursor = Frame.Place(
        row: frame.rows - 1, column: min(frame.columns - 1, 1 + cursor))
    }
    return frame
  }

  /// There may be nothing to show yet, or ever.
  private func sayEmpty(on frame: inout Frame) {
    let says = isReading ? "reading…" : "nothing of this session can be read"
    let column = max(0, frame.columns - DisplayWidth.of(says)) / 2
    frame.put(says, row: layout.body / 2, column: column, style: Tone.dim.style)
  }

  private mutating func drawScreen(
    on frame: inout Frame, in rect: Rect
  ) throws(SessionLogFailure) {
    try navigator.stage.seek(to: player.event)
    guard navigator.stage.terminals.hasScreen else {
      let says = "this session has no screen"
      frame.put(
        says, row: rect.row + rect.rows / 2,
        column: rect.column + max(0, rect.columns - says.count) / 2,
        width: rect.columns, style: Tone.dim.style)
      return
    }
    viewport.fit(navigator.stage.terminal, paneRows: rect.rows, paneColumns: rect.columns)
    frame.draw(
      navigator.stage.terminal, from: viewport.origin, in: rect, judgedBy: &judge)
    highlight(on: &frame, in: rect)
    wishes.screen.columns = navigator.stage.terminal.columns
    wishes.screen.rows = navigator.stage.terminal.rows
    // What lies beyond the recording's own edge is not black: nothing was there.
    drawEdge(on: &frame, in: rect)
  }

  private func drawEdge(on frame: inout Frame, in rect: Rect) {
    let terminal = navigator.stage.terminal
    let right = terminal.columns - viewport.origin.column
    let below = terminal.rows - viewport.origin.row
    if right < rect.columns {
      for row in 0..<min(below, rect.rows) {
        frame.put(
          "▏", row: rect.row + row, column: rect.column + right, width: 1, style: Tone.dim.style)
      }
    }
    if below < rect.rows {
      let line = String(repeating: "▔", count: min(right, rect.columns))
      frame.put(
        line, row: rect.row + below, column: rect.column, width: rect.columns, style: Tone.dim.style
      )
    }
  }

  /// Shows where the screen holds what is looked for.
  private mutating func highlight(on frame: inout Frame, in rect: Rect) {
    guard let found = navigator.textSearch?.matcher.places(on: navigator.stage.terminal) else {
      return
    }
    let (top, left) = (viewport.origin.row, viewport.origin.column)
    for match in found where match.row >= top && match.row < top + rect.rows {
      let start = max(0, match.columns.lowerBound - left) + rect.column
      let end = min(rect.columns, match.columns.upperBound - left) + rect.column
      guard start < end else { continue }
      frame.restyle(row: rect.row + match.row - top, columns: start..<end) { style in
        // Without colours the inverse alone is left.
        (style.foreground, style.background) = (.indexed(3), .default)
        style.attributes.formUnion([.inverse, .bold])
      }
    }
  }

  private mutating func drawEvents(
    on frame: inout Frame, in rect: Rect
  ) throws(SessionLogFailure) {
    var inner = rect
    if titleRows(.events) > 0 {
      let title = events.isWhole ? "Events" : "Events, without output"
      let place = events.count > 0 ? "\(events.index(of: player.event) + 1) of \(events.count)" : ""
      inner = PaneTitle.draw(
        title, right: place, in: rect, hasFocus: wishes.focus == .events, on: &frame)
    }
    let view = EventPane.View(
      event: player.event, column: eventColumn, clock: clock,
      hasFocus: wishes.focus == .events, verification: verification)
    try events.draw(on: &frame, in: inner, view, of: &navigator)
    if layout[.screen] == nil { frame.cursor = nil }
  }

  private mutating func drawDetails(
    on frame: inout Frame, in rect: Rect
  ) throws(SessionLogFailure) {
    var inner = rect
    if titleRows(.details) > 0 {
      inner = PaneTitle.draw(
        details.isRaw ? "Raw bytes" : "Details", right: "event \(player.event)", in: rect,
        hasFocus: wishes.focus == .details, on: &frame)
    }
    let event = player.event
    let links = try events.links(of: event, &navigator)
    let count = links.count
    var lines: DetailText.Subject?
    if details.isStale(
      event: event, width: inner.columns - 1, links: count,
      isUnproven: verification.isUnproven(event))
    {
      lines = try events.subject(event, links: links, clock, verification, &navigator)
    }
    if let lines { details.take(lines, width: inner.columns - 1, links: count) }
    details.draw(
      on: &frame, in: inner, column: detailColumn, hasFocus: wishes.focus == .details)
    if layout[.screen] == nil { frame.cursor = nil }
  }

  private mutating func drawTimeline(on frame: inout Frame, row: Int) {
    bar.position = player.position
    bar.duration = navigator.timeline.duration
    bar.isGrowing = !navigator.timeline.isComplete
    bar.clock = clock
    (bar.search, bar.hitCount) = (navigator.textSearch?.typed, navigator.hitCount)
    bar.draw(
      navigator.stage.marks, hits: { navigator.hits }, navigator.timeline, on: &frame, row: row)
  }

  /// Columns beside the verification.
  private var promptWidth: Int { max(4, size.columns - DisplayWidth.of(verification.text) - 3) }

  /// Who acted in the session of an event, and what it is; nil where all is one session.
  private mutating func member(
    _ event: Int
  ) throws(SessionLogFailure) -> (identity: IdentityWords, kind: String)? {
    guard isMerged, navigator.timeline.count > 0 else { return nil }
    guard let name = try navigator.stage.recording.member(of: event) else { return nil }
    if let known = members[name] { return known }
    guard let first = navigator.links.starts[name] else { return nil }
    let start = try navigator.stage.recording.start(ofMember: first)
    let found = (IdentityWords(start), Self.kind(start))
    members[name] = found
    return found
  }

  private mutating func status() throws(SessionLogFailure) -> StatusLine {
    var status = StatusLine()
    let timeline = navigator.timeline
    status.isPlaying = player.isPlaying || navigator.pending != nil && navigator.playsAfter
    status.clock = clock
    (status.position, status.duration) = (player.position, timeline.duration)
    (status.event, status.lastEvent) = (player.event, timeline.last)
    status.isGrowing = !timeline.isComplete
    status.speed = player.speed
    status.idleLimit = player.idleLimit
    (status.loops, status.follows) = (navigator.loops, navigator.follows)
    (status.identity, status.kind) = try member(player.event) ?? (identity, kind)
    if timeline.count > 0 {
      status.label = try events.label(of: player.event, &navigator.stage.recording)
    }
    // What snapshots say counts for nothing until it was read from the recording.
    status.verification =
      verification.isDamaged || navigator.stage.isConfirmed(player.event) ? verification : .checking
    status.progress = navigator.stage.progress
    if let prompt, navigator.notice == nil {
      status.notice = prompt.shown(columns: promptWidth).text
    } else {
      status.notice = navigator.notice ?? navigator.waiting
    }
    return status
  }
}

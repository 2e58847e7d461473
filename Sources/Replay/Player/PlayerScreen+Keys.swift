internal import Platform
package import SessionLog

extension PlayerScreen {
  package enum Wish: Sendable, Equatable { case none, quit, redraw, stop }

  /// What the viewer may shorten each wait to, microseconds.
  private static let idleLimits: [UInt64?] = [nil, 5_000_000, 2_000_000, 1_000_000, 500_000]

  /// Does what a key says; unknown ones do nothing.
  package mutating func press(_ key: Key, at now: UInt64) throws(SessionLogFailure) -> Wish {
    advance(to: now)
    try events.update(&navigator)
    navigator.notice = nil
    if key == .control(UInt8(ascii: "c")) { return .quit }
    if prompt != nil { return try type(key, at: now) }
    if case .mouse(let mouse) = key {
      try press(mouse)
      return .none
    }
    let action = KeyTable.actions[key]
    if let page = helpPage {
      let isMore = action == .help || action == .play || action == .pageDown
      let pages = HelpScreen.pages(columns: size.columns, rows: layout.body)
      helpPage = isMore && page + 1 < pages ? page + 1 : nil
      if action == .pageUp { helpPage = max(0, page - 1) }
      if isMore || action == .back || action == .open || action == .pageUp { return .none }
    }
    guard let action else { return .none }
    return try perform(action, at: now)
  }

  mutating func perform(_ action: Action, at now: UInt64) throws(SessionLogFailure) -> Wish {
    switch action {
    case .play, .slower, .faster, .normalSpeed, .idle, .loop, .follow: playing(action, at: now)
    case .next(let target): try find(target, forward: true)
    case .previous(let target): try find(target, forward: false)
    case .secondsOn: navigator.jump(Player.jump, forward: true)
    case .secondsBack: navigator.jump(Player.jump, forward: false)
    case .tenthOn: navigator.jump(max(1, navigator.timeline.duration / 10), forward: true)
    case .tenthBack: navigator.jump(max(1, navigator.timeline.duration / 10), forward: false)
    case .share(let tenths): navigator.go(.percent(Double(tenths) * 10))
    case .first: navigator.go(.percent(0))
    case .last: navigator.go(.percent(100))
    case .commandLine: ask(.command)
    case .search: ask(.search)
    case .searchBack: ask(.searchBack)
    case .move(let direction): try move(direction)
    case .pageUp: try page(forward: false)
    case .pageDown: try page(forward: true)
    case .open: try open()
    case .cursor, .focusNext, .focusPrevious, .events, .allEvents, .zoom, .larger, .smaller, .raw,
      .fold, .back:
      arrange(action)
    case .clock:
      clock.isUTC.toggle()
      if clock.isUTC, clock.start == nil { navigator.notice = "the session says no time of day" }
      details.forget()
    case .mouse:
      wantsMouse.toggle()
      navigator.notice =
        wantsMouse ? "mouse on" : "mouse off: your terminal selects text by itself"
    case .help: helpPage = 0
    case .redraw: return .redraw
    case .suspend: return .stop
    case .quit: return .quit
    }
    return .none
  }

  private mutating func playing(_ action: Action, at now: UInt64) {
    switch action {
    case .play: navigator.toggle(at: now)
    case .slower: navigator.setSpeed(player.speed / 2, at: now)
    case .faster: navigator.setSpeed(player.speed * 2, at: now)
    case .normalSpeed: navigator.setSpeed(1, at: now)
    case .idle:
      let place = Self.idleLimits.firstIndex { $0 == player.idleLimit } ?? 0
      let limit = Self.idleLimits[(place + 1) % Self.idleLimits.count]
      navigator.setIdleLimit(limit)
      navigator.notice =
        limit.map { "waits take \(Double($0) / 1_000_000) s at most" }
        ?? "waits take as long as they did"
    case .loop:
      navigator.loops.toggle()
      navigator.notice = navigator.loops ? "begins again at the end" : "stops at the end"
    case .follow: follow(!navigator.follows)
    default: break
    }
  }

  mutating func follow(_ isOn: Bool) {
    navigator.follows = isOn
    if isOn { navigator.go(.percent(100)) }
    navigator.notice = isOn ? "follows what is added" : "stays where it is"
  }

  /// Steps by event go through what the list shows where there is nothing but the list, or keys go to it.
  private mutating func find(
    _ target: Action.Target, forward: Bool
  ) throws(SessionLogFailure) {
    if target == .change, !hasScreen {
      navigator.notice = "this session has no screen: . and , step by event"
      return
    }
    if target == .event, !hasScreen || wishes.focus == .events && layout[.events] != nil {
      return navigator.show(events.event(forward ? 1 : -1, from: player.event))
    }
    navigator.find(target, forward: forward)
  }

  // MARK: panes

  private mutating func arrange(_ action: Action) {
    switch action {
    case .cursor: viewport.follow()
    case .focusNext: focus(1)
    case .focusPrevious: focus(-1)
    case .events:
      if hasScreen { toggle(.events) } else { toggle(.details) }
    case .allEvents:
      events.isWhole.toggle()
      navigator.notice = events.isWhole ? "all events" : "events without what the terminal showed"
      if hasScreen, !wishes.shows.contains(.events) { toggle(.events) }
    case .zoom:
      wishes.isZoomed.toggle()
      relayout()
    case .larger: resizeFocus(by: 5)
    case .smaller: resizeFocus(by: -5)
    case .raw:
      details.toggleRaw()
      wishes.shows.insert(.details)
      if layout[.details] == nil || wishes.isZoomed { wishes.focus = .details }
      relayout()
    case .fold: details.foldAll()
    case .back: back()
    default: break
    }
  }

  private mutating func toggle(_ pane: Pane) {
    if wishes.shows.contains(pane), layout[pane] != nil {
      wishes.shows.remove(pane)
      if wishes.focus == pane { wishes.focus = hasScreen ? .screen : .events }
    } else {
      wishes.shows.insert(pane)
      // Where there is room for one alone, it is the one just asked for.
      if Layout(size, wishes)[pane] == nil { wishes.focus = pane }
    }
    wishes.isZoomed = false
    relayout()
  }

  /// Keys go to the next pane that is shown, or would be if it were chosen.
  private mutating func focus(_ step: Int) {
    let panes = Pane.allCases.filter {
      $0 == (hasScreen ? .screen : .events) || wishes.shows.contains($0)
    }
    guard let place = panes.firstIndex(of: wishes.focus) else { return }
    wishes.focus = panes[(place + step + panes.count) % panes.count]
    relayout()
  }

  /// The share is that of the panes beside the main one.
  private mutating func resizeFocus(by amount: Int) {
    let isMain = wishes.focus == (hasScreen ? .screen : .events)
    wishes.share = min(max(15, wishes.share + (isMain ? -amount : amount)), 85)
    relayout()
  }

  /// Closes what was opened last, and stops what goes on.
  private mutating func back() {
    if navigator.pending != nil { return navigator.cancel() }
    if navigator.hasSearch { return navigator.endSearch() }
    if wishes.isZoomed {
      wishes.isZoomed = false
    } else if wishes.shows.contains(.details), hasScreen || wishes.focus == .details {
      wishes.shows.remove(.details)
      if wishes.focus == .details { wishes.focus = hasScreen ? .screen : .events }
    }
    relayout()
  }

  /// Details of the event; in the details, what is under the cursor.
  private mutating func open() throws(SessionLogFailure) {
    if wishes.focus == .details, layout[.details] != nil {
      if let event = details.open() { navigator.show(event) }
      return
    }
    navigator.pause()
    wishes.shows.insert(.details)
    wishes.focus = .details
    relayout()
  }

  mutating func move(_ direction: Action.Direction) throws(SessionLogFailure) {
    switch direction {
    case .up: try scroll(-1)
    case .down: try scroll(1)
    case .left, .right:
      let amount = direction == .left ? -8 : 8
      switch wishes.focus {
      case .screen: viewport.move(rows: 0, columns: amount)
      case .events: eventColumn = min(max(0, eventColumn + amount), 1000)
      case .details: detailColumn = min(max(0, detailColumn + amount), 4000)
      }
    }
  }

  /// Moves what the focused pane shows: its window, its event, its cursor.
  private mutating func scroll(_ rows: Int) throws(SessionLogFailure) {
    switch wishes.focus {
    case .screen: viewport.move(rows: rows, columns: 0)
    case .events: navigator.show(events.event(rows, from: player.event))
    case .details: details.move(rows)
    }
  }

  private mutating func page(forward: Bool) throws(SessionLogFailure) {
    let rows = max(1, focusRect.rows - 2)
    switch wishes.focus {
    case .details: details.page(forward ? 1 : -1)
    default: try scroll(forward ? rows : -rows)
    }
  }
}

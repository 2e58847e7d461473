package import Platform
package import SessionLog
internal import Terminal

/// The player as a viewer sees it: keys and time go in, frames come out.
///
/// It touches no terminal.
package struct PlayerScreen: ~Copyable {
  package private(set) var player: Player
  private var stage: Stage
  private var size: WindowSize
  private var viewport = Viewport()
  private var list = EventList()
  private let agent: String
  private let isList: Bool

  private var helpPage: Int?
  private var prompt: String?
  private var notice: String?
  /// Where to go as soon as that part of the session is read.
  private var pending: ReplayPoint?
  private var isPlayingPending = false
  /// What is known of the recording's integrity; the caller tells when it knows more.
  package var verification = Verification.checking
  private var eventType: (event: Int, text: String) = (-1, "")

  package init(_ stage: consuming Stage, player: Player, size: WindowSize) {
    let start = stage.recording.start
    agent = start.map { $0.agent.name ?? $0.agent.uid } ?? "?"
    isList = start.map { !$0.isTerminal } ?? false
    self.player = player
    self.stage = stage
    self.size = size
  }

  /// The size at which all of the recording's first screen and the status line show.
  package static func naturalSize(_ start: SessionStart?) -> WindowSize {
    WindowSize(columns: start?.columns ?? 80, rows: (start?.rows ?? 24) + 1)
  }

  private var paneRows: Int { max(1, size.rows - 1) }

  package mutating func resize(_ size: WindowSize) { self.size = size }

  // MARK: time

  package var isReading: Bool { !stage.timeline.isComplete }
  /// Nothing will change by itself any more.
  package var isOver: Bool { !player.isPlaying && !isReading && pending == nil }
  package var deadline: UInt64? { player.deadline(on: stage.timeline) }

  /// Starts playing, at a place where one is given.
  package mutating func begin(at point: ReplayPoint?, plays: Bool, now: UInt64) {
    if let point, !player.go(to: point, on: stage.timeline) {
      (pending, isPlayingPending) = (point, plays)
    } else if plays {
      player.play(at: now)
    }
  }

  /// Reads one more batch of the file, if there is one.
  package mutating func readOn(now: UInt64) throws(SessionLogFailure) {
    _ = try stage.readOn()
    if let point = pending, player.go(to: point, on: stage.timeline) {
      pending = nil
      if isPlayingPending { player.play(at: now) }
    }
    if stage.timeline.isComplete, !verification.isDamaged,
      let damage = Verification(stage.recording.findings, events: stage.timeline.count)
    {
      verification = damage
    }
  }

  package mutating func advance(to now: UInt64) { player.advance(to: now, on: stage.timeline) }

  /// Forgets time that nobody watched.
  package mutating func resume(at now: UInt64) { player.resume(at: now) }

  // MARK: keys

  package enum Wish: Sendable, Equatable { case none, quit, redraw, stop }

  /// Does what a key says; unknown ones do nothing.
  package mutating func press(_ key: Key, at now: UInt64) -> Wish {
    advance(to: now)
    notice = nil
    if prompt != nil {
      if key == .control(UInt8(ascii: "c")) { return .quit }
      type(key)
      return .none
    }
    if let page = helpPage {
      let more = key == .character(UInt8(ascii: "?")) || key == .character(UInt8(ascii: " "))
      helpPage = more && page + 1 < HelpScreen.pages(paneRows: paneRows) ? page + 1 : nil
      if more || key == .escape || key == .enter { return .none }
    }
    switch key {
    case .character(let letter): return press(letter, at: now)
    case .left: jump(forward: false)
    case .right: jump(forward: true)
    case .up: moveUp(1)
    case .down: moveUp(-1)
    case .pageUp: moveUp(paneRows)
    case .pageDown: moveUp(-paneRows)
    case .home: start()
    case .end: go(.percent(100))
    case .control(UInt8(ascii: "c")): return .quit
    case .control(UInt8(ascii: "l")): return .redraw
    case .control(UInt8(ascii: "z")): return .stop
    default: break
    }
    return .none
  }

  private mutating func press(_ letter: UInt8, at now: UInt64) -> Wish {
    switch UnicodeScalar(letter) {
    case "q": return .quit
    case " ": toggle(at: now)
    case ".": step(1)
    case ",": step(-1)
    case "[": tenth(forward: false)
    case "]": tenth(forward: true)
    case "<": player.setSpeed(player.speed / 2, at: now, on: stage.timeline)
    case ">": player.setSpeed(player.speed * 2, at: now, on: stage.timeline)
    case "=": player.setSpeed(1, at: now, on: stage.timeline)
    case "g": start()
    case "G": go(.percent(100))
    case ":": prompt = ""
    case "?": helpPage = 0
    case "0"..."9": go(.percent(Double(letter - 0x30) * 10))
    case "k": moveUp(1)
    case "j": moveUp(-1)
    case "h": viewport.move(rows: 0, columns: -8)
    case "l": viewport.move(rows: 0, columns: 8)
    case "c": viewport.follow()
    default: break
    }
    return .none
  }

  private mutating func toggle(at now: UInt64) {
    if pending != nil { return isPlayingPending.toggle() }
    if player.isPlaying { return player.pause() }
    if player.event == stage.timeline.last, stage.timeline.isComplete {
      player.show(0, on: stage.timeline)
    }
    player.play(at: now)
  }

  private mutating func step(_ count: Int) {
    pending = nil
    player.step(count, on: stage.timeline)
  }

  private mutating func jump(forward: Bool) {
    pending = nil
    player.jump(Player.jump, forward: forward, on: stage.timeline)
  }

  private mutating func tenth(forward: Bool) {
    pending = nil
    player.jump(max(1, stage.timeline.duration / 10), forward: forward, on: stage.timeline)
  }

  private mutating func start() {
    pending = nil
    player.show(0, on: stage.timeline)
  }

  private mutating func go(_ point: ReplayPoint) {
    pending = nil
    guard !player.go(to: point, on: stage.timeline) else { return }
    (pending, isPlayingPending) = (point, player.isPlaying)
    player.pause()
  }

  /// Moves the window over the recording's screen; in a list of events, the event.
  private mutating func moveUp(_ rows: Int) {
    if isList { return step(-rows) }
    viewport.move(rows: min(max(-rows, -Frame.maximum), Frame.maximum), columns: 0)
  }

  private mutating func type(_ key: Key) {
    var text = prompt ?? ""
    switch key {
    case .character(let letter):
      if text.utf8.count < 30 { text.unicodeScalars.append(UnicodeScalar(letter)) }
      prompt = text
    case .backspace:
      prompt = text.isEmpty ? nil : String(text.dropLast())
    case .enter:
      prompt = nil
      guard !text.isEmpty else { return }
      if let point = ReplayPoint(text) {
        go(point)
      } else {
        notice = "not a place: \(text); try 1:23, 12.5s, 50%, #57"
      }
    case .escape: prompt = nil
    default: break
    }
  }

  // MARK: the picture

  /// Everything the viewer sees now.
  package mutating func frame() throws(SessionLogFailure) -> Frame {
    var frame = Frame(columns: size.columns, rows: size.rows)
    let timeline = stage.timeline
    if isList {
      try list.draw(
        on: &frame, rows: paneRows, column: viewport.origin.column, event: player.event,
        of: &stage.recording)
    } else if timeline.count > 0 {
      try stage.seek(to: player.event)
      viewport.fit(stage.terminal, paneRows: paneRows, paneColumns: frame.columns)
      frame.draw(stage.terminal, from: viewport.origin, paneRows: paneRows)
    }
    if let page = helpPage { HelpScreen.draw(page: page, on: &frame, paneRows: paneRows) }
    // A window of one row shows the picture; there is no room for words.
    guard frame.rows > 1 else { return frame }
    try status(timeline).draw(on: &frame, row: frame.rows - 1)
    if let prompt {
      frame.cursor = Frame.Place(
        row: frame.rows - 1, column: min(frame.columns - 1, 7 + prompt.utf8.count))
    }
    return frame
  }

  private mutating func status(_ timeline: Timeline) throws(SessionLogFailure) -> StatusLine {
    var status = StatusLine()
    status.isPlaying = player.isPlaying || pending != nil && isPlayingPending
    (status.position, status.duration) = (player.position, timeline.duration)
    (status.event, status.lastEvent) = (player.event, timeline.last)
    status.isGrowing = !timeline.isComplete
    status.speed = player.speed
    status.agent = agent
    if timeline.count > 0, eventType.event != player.event {
      eventType = (player.event, try stage.recording.line(player.event)?.type ?? "withheld")
    }
    status.eventType = eventType.text
    status.verification = verification
    status.progress = stage.recording.progress
    if let prompt {
      status.notice = "go to: " + prompt
    } else if let notice {
      status.notice = notice
    } else if pending != nil {
      status.notice = "reading up to there: \(Int(stage.recording.progress * 100))%"
    }
    return status
  }
}

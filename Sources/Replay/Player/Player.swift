/// What is shown at which moment: a session's time held against a clock that the caller reads.
///
/// It knows no file, no terminal and no clock of its own. `now` is microseconds of a clock that does
/// not step; positions are microseconds since line 0.
package struct Player: Sendable, Equatable {
  package static let speeds = 0.1...64.0
  /// What the arrow keys jump.
  package static let jump: UInt64 = 5_000_000

  package private(set) var isPlaying = false
  package private(set) var speed = 1.0
  /// Longer waits between two events take only this long; nil keeps them.
  package var idleLimit: UInt64?
  /// The event shown.
  package private(set) var event = 0
  /// The moment shown: at or after `event`, before the next one.
  package private(set) var position: UInt64 = 0
  /// `now` up to which time has been used.
  private var anchor: UInt64 = 0
  /// Session time of less than a microsecond, kept so that slow speeds lose none.
  private var fraction = 0.0

  package init(speed: Double = 1, idleLimit: UInt64? = nil) {
    self.speed = min(max(speed, Self.speeds.lowerBound), Self.speeds.upperBound)
    self.idleLimit = idleLimit
  }

  // MARK: playing

  package mutating func play(at now: UInt64) {
    guard !isPlaying else { return }
    isPlaying = true
    (anchor, fraction) = (now, 0)
  }

  package mutating func pause() { isPlaying = false }

  /// Moves on to `now`: `event` is then the last one due.
  ///
  /// Stops at the end of a session that is read whole.
  package mutating func advance(to now: UInt64, on timeline: Timeline) {
    guard isPlaying else { return }
    var budget = Double(now > anchor ? now - anchor : 0) * speed + fraction
    fraction = 0
    anchor = max(anchor, now)
    while event < timeline.last {
      let wait = wait(on: timeline)
      guard budget >= Double(wait) else {
        position = position &+ UInt64(budget)
        fraction = budget - budget.rounded(.down)
        return
      }
      budget -= Double(wait)
      event += 1
      position = max(position, timeline.time(of: event))
    }
    if timeline.isComplete { isPlaying = false }
  }

  /// When `advance` will next show another event; nil while nothing will come by itself.
  package func deadline(on timeline: Timeline) -> UInt64? {
    guard isPlaying, event < timeline.last else { return nil }
    let wait = Double(wait(on: timeline)) / speed
    return anchor &+ UInt64(min(wait.rounded(.up), 1e15))
  }

  /// Session time until the next event, cut by the idle limit.
  private func wait(on timeline: Timeline) -> UInt64 {
    let due = timeline.time(of: event + 1)
    let wait = due > position ? due - position : 0
    guard let idleLimit else { return wait }
    let since = timeline.time(of: event)
    let waited = position > since ? position - since : 0
    return min(wait, idleLimit > waited ? idleLimit - waited : 0)
  }

  // MARK: speed

  package mutating func setSpeed(_ wanted: Double, at now: UInt64, on timeline: Timeline) {
    advance(to: now, on: timeline)
    speed = min(max(wanted, Self.speeds.lowerBound), Self.speeds.upperBound)
  }

  // MARK: moving

  /// Shows `count` events later, or earlier where it is negative, and pauses.
  package mutating func step(_ count: Int, on timeline: Timeline) {
    pause()
    show(event &+ count, on: timeline)
  }

  /// Shows an event, or the nearest there is.
  package mutating func show(_ wanted: Int, on timeline: Timeline) {
    event = min(max(0, wanted), timeline.last)
    position = timeline.time(of: event)
  }

  /// Shows a moment of the session.
  package mutating func show(time: UInt64, on timeline: Timeline) {
    position = min(time, timeline.duration)
    event = timeline.event(at: position)
  }

  /// Jumps by session time; playing goes on from there.
  package mutating func jump(_ amount: UInt64, forward: Bool, on timeline: Timeline) {
    let (sum, isOver) = position.addingReportingOverflow(amount)
    show(
      time: forward ? (isOver ? .max : sum) : (position > amount ? position - amount : 0),
      on: timeline)
  }

  /// Goes to a place.
  ///
  /// True if the part of the session that holds it has been read.
  package mutating func go(to point: ReplayPoint, on timeline: Timeline) -> Bool {
    switch point {
    case .event(let number):
      guard number <= timeline.last || timeline.isComplete else { return false }
      show(number, on: timeline)
    case .time(let time):
      guard time <= timeline.duration || timeline.isComplete else { return false }
      show(time: time, on: timeline)
    case .percent(let share):
      guard timeline.isComplete || share == 0 else { return false }
      show(time: UInt64(Double(timeline.duration) * share / 100), on: timeline)
      if share == 100 { show(timeline.last, on: timeline) }
      if share == 0 { show(0, on: timeline) }
    }
    return true
  }

  /// Moves the clock's reading past time that nobody watched: a stopped process, a slow seek.
  package mutating func resume(at now: UInt64) { anchor = now }
}

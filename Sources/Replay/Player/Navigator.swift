package import Platform
package import SessionLog
internal import Terminal

/// A player and its stage, and all ways to another place in the session.
///
/// What takes long is done a little at a time by `work`, so that keys stay alive.
package struct Navigator: ~Copyable {
  /// A place looked for, until it is found or cannot be.
  enum Pending: Sendable, Equatable {
    case point(ReplayPoint)
    case mark(Action.Target, after: Int)
    /// The next event that changes the screen.
    case change(after: Int)
    case hit(isForward: Bool, from: Int)
  }

  /// Events looked at in one turn while links are gathered.
  private static let turn = 4000
  /// Time one turn of a search may take, microseconds.
  static let patience: UInt64 = 12_000

  package private(set) var player: Player
  var stage: Stage
  var links = LinkIndex()
  private(set) var pending: Pending?
  private(set) var playsAfter = false
  package var loops = false
  package var follows = false
  /// What to tell the viewer once.
  var notice: String?
  let clock: any Clock
  var textSearch: TextSearch?

  package init(_ stage: consuming Stage, player: Player, clock: any Clock) {
    (self.player, self.clock) = (player, clock)
    self.stage = stage
  }

  package var timeline: Timeline { stage.timeline }
  package var isReading: Bool { stage.isLoading }
  private var isLinking: Bool { links.scanned < stage.timeline.count }
  /// `work` has something to do at once.
  package var isWorking: Bool { isLinking }
  /// `work` has something to do, or will have.
  package var isBusy: Bool { isReading || isWorking || isSearching || pending != nil }

  // MARK: time

  package mutating func advance(to now: UInt64) {
    let wasPlaying = player.isPlaying
    player.advance(to: now, on: stage.timeline)
    guard wasPlaying, !player.isPlaying, loops, stage.timeline.count > 1 else { return }
    player.show(0, on: stage.timeline)
    player.play(at: now)
  }

  package mutating func resume(at now: UInt64) { player.resume(at: now) }
  package var deadline: UInt64? { player.deadline(on: stage.timeline) }

  package mutating func play(at now: UInt64) { player.play(at: now) }

  mutating func toggle(at now: UInt64) {
    if pending != nil {
      playsAfter.toggle()
      return
    }
    if player.isPlaying { return player.pause() }
    if player.event == stage.timeline.last, stage.timeline.isComplete {
      player.show(0, on: stage.timeline)
    }
    player.play(at: now)
  }

  mutating func setSpeed(_ speed: Double, at now: UInt64) {
    player.setSpeed(speed, at: now, on: stage.timeline)
  }

  mutating func pause() { player.pause() }

  mutating func setIdleLimit(_ limit: UInt64?) { player.idleLimit = limit }

  // MARK: places

  package mutating func begin(at point: ReplayPoint?, plays: Bool, now: UInt64) {
    if let point, !player.go(to: point, on: stage.timeline) {
      (pending, playsAfter) = (.point(point), plays)
    } else if plays {
      player.play(at: now)
    }
  }

  mutating func go(_ point: ReplayPoint) {
    pending = nil
    guard !player.go(to: point, on: stage.timeline) else { return }
    wait(for: .point(point))
  }

  mutating func show(_ event: Int) {
    pending = nil
    player.pause()
    player.show(event, on: stage.timeline)
  }

  mutating func jump(_ amount: UInt64, forward: Bool) {
    pending = nil
    player.jump(amount, forward: forward, on: stage.timeline)
  }

  mutating func step(_ count: Int) {
    pending = nil
    player.step(count, on: stage.timeline)
  }

  /// Looks for the next thing of a kind.
  mutating func find(_ target: Action.Target, forward: Bool) {
    pending = nil
    player.pause()
    let event = player.event
    switch target {
    case .event: step(forward ? 1 : -1)
    case .change: findChange(forward: forward, from: event)
    case .hit:
      if !seekHit(isForward: forward, from: event) {
        wait(for: .hit(isForward: forward, from: event))
      }
    default:
      guard let kind = MarkKind(target) else { return }
      if !forward {
        if let found = stage.marks.last(kind, before: event) { return arrive(target, at: found) }
        notice = "no \(target.words) before this"
      } else if let found = stage.marks.next(kind, after: event) {
        arrive(target, at: found)
      } else if isReading {
        wait(for: .mark(target, after: event))
      } else {
        notice = "no \(target.words) after this"
      }
    }
  }

  /// Forward to the next other picture; back to where the picture before this one came.
  private mutating func findChange(forward: Bool, from event: Int) {
    let timeline = stage.timeline
    guard !forward else {
      if let found = timeline.nextChange(after: event) { return show(found) }
      guard !isReading else { return wait(for: .change(after: event)) }
      notice = "the screen stays as it is until the end"
      return
    }
    let came = timeline.changesScreen(event) ? event : timeline.lastChange(before: event)
    guard let came else {
      notice = "the screen was as it is from the start"
      return
    }
    show(timeline.lastChange(before: came) ?? 0)
  }

  private mutating func arrive(_ target: Action.Target, at event: Int) {
    player.show(event, on: stage.timeline)
    guard let kind = MarkKind(target) else { return }
    let (rank, count) = (stage.marks.rank(of: event, kind), stage.marks.count(kind))
    notice = "\(target.words) \(rank) of \(count)" + (isReading ? "+" : "")
  }

  private mutating func wait(for place: Pending) {
    (pending, playsAfter) = (place, player.isPlaying)
    player.pause()
  }

  /// What an event hides from who looked at the screen, a line each.
  func hidden(at event: Int) -> [String] {
    let found = stage.hidden(at: event)
    var words = found.prefix(20).map { step in
      let detail = step.content.detail
      return HiddenWords.text(step.content.kind) + (detail.isEmpty ? "" : ": " + detail)
    }
    if found.count > words.count { words.append("and \(found.count - words.count) more here") }
    if !stage.isHiddenListed(at: event) {
      words.append(
        "\(stage.hiddenDropped) findings of this recording are only counted, some of them here; "
          + "replay --hidden lists what it can")
    }
    return words
  }

  mutating func cancel() {
    pending = nil
    playsAfter = false
  }

  // MARK: work

  /// Reads, gathers marks and looks for what is pending, for a short while.
  package mutating func work(now: UInt64) throws(SessionLogFailure) {
    if isReading {
      let last = stage.timeline.last
      _ = try stage.readOn(waiting: 0)
      // Who went back to look at something is left there.
      let isAtEnd = player.event >= last
      if follows, isAtEnd, stage.timeline.last > last, !player.isPlaying { player.play(at: now) }
    }
    stage.goOnSearching()
    try links.scan(&stage.recording, count: Self.turn)
    guard let place = pending else { return }
    switch place {
    case .point(let point):
      guard player.go(to: point, on: stage.timeline) else { return }
      arrived(now)
    case .mark(let target, let event):
      guard let kind = MarkKind(target) else { return cancel() }
      if let found = stage.marks.next(kind, after: event) {
        pending = nil
        arrive(target, at: found)
      } else if !isReading {
        cancel()
        notice = "no \(target.words) after this"
      }
    case .change(let event):
      guard stage.timeline.nextChange(after: event) != nil || !isReading else { return }
      cancel()
      findChange(forward: true, from: event)
    case .hit(let isForward, let from):
      if seekHit(isForward: isForward, from: from) { cancel() }
    }
  }

  private mutating func arrived(_ now: UInt64) {
    pending = nil
    if playsAfter { player.play(at: now) }
    playsAfter = false
  }
}

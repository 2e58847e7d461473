package import Platform
package import SessionLog
internal import Terminal
internal import Text

/// The player as a viewer sees it: keys and time go in, frames come out.
///
/// It touches no terminal.
package struct PlayerScreen: ~Copyable {
  var navigator: Navigator
  var size: WindowSize
  var viewport = Viewport()
  var judge = CellJudge()
  var events: EventPane
  var details = DetailPane()
  var bar = TimelineBar()
  var wishes: Layout.Wishes
  var layout: Layout
  var clock: ClockStyle
  let identity: IdentityWords
  let kind: String
  /// Who acted in each session of a merged timeline, and what it is, as far as that was asked for.
  var members: [String: (identity: IdentityWords, kind: String)] = [:]
  /// Several sessions on one timeline.
  let isMerged: Bool
  let hasScreen: Bool

  var helpPage: Int?
  var prompt: Prompt?
  var history: [Prompt.Kind: [String]] = [:]
  /// Columns that lists and details are moved to the left by.
  var eventColumn = 0
  var detailColumn = 0
  /// Whether mouse reports are wanted; the viewer's loop turns them on and off.
  package var wantsMouse = true
  /// What is known of the recording's integrity; the caller tells when it knows more.
  package var verification = Verification.checking
  /// How often a session that has ended is verified again, and when next.
  private var checksAgain = 40
  private var nextCheck: UInt64 = 0
  private static let checkInterval: UInt64 = 500_000

  package init(_ navigator: consuming Navigator, size: WindowSize) {
    let start = navigator.stage.recording.start
    identity = IdentityWords(start)
    isMerged = start?.isMerged ?? false
    hasScreen = start?.hasScreen ?? true
    kind = Self.kind(start)
    clock = ClockStyle(start)
    events = EventPane(isWhole: !hasScreen, isMerged: isMerged)
    wishes = Layout.Wishes()
    wishes.hasScreen = hasScreen
    wishes.focus = hasScreen ? .screen : .events
    wishes.screen = WindowSize(columns: start?.columns ?? 80, rows: start?.rows ?? 24)
    wishes.shows = Self.panes(hasScreen, wishes.screen, size, isMerged: isMerged)
    layout = Layout(size, wishes)
    self.navigator = navigator
    self.size = size
  }

  /// What shows at first: as much as the window holds beside the session itself.
  private static func panes(
    _ hasScreen: Bool, _ screen: WindowSize, _ size: WindowSize, isMerged: Bool
  ) -> Set<Pane> {
    guard hasScreen else { return size.rows >= 16 ? [.events, .details] : [.events] }
    // Which session did what is the point of a merged timeline.
    if isMerged { return [.screen, .events] }
    if size.columns >= screen.columns + 45 { return [.screen, .events] }
    return [.screen]
  }

  static func kind(_ start: SessionStart?) -> String {
    guard let start else { return "" }
    return start.isMerged ? start.kind : start.kind + " " + String(start.session.text.prefix(10))
  }

  /// The size at which all of the recording's first screen, the timeline and the status show.
  package static func naturalSize(_ start: SessionStart?) -> WindowSize {
    WindowSize(columns: start?.columns ?? 80, rows: (start?.rows ?? 24) + 3)
  }

  package var player: Player { navigator.player }

  package mutating func resize(_ size: WindowSize) {
    self.size = size
    relayout()
  }

  mutating func relayout() {
    layout = Layout(size, wishes)
    if layout[wishes.focus] == nil { wishes.focus = hasScreen ? .screen : .events }
  }

  /// Rows and columns of the pane that keys go to.
  var focusRect: Rect {
    layout[wishes.focus] ?? Rect(row: 0, column: 0, rows: layout.body, columns: size.columns)
  }

  // MARK: time

  package var isReading: Bool { navigator.isReading }
  package var isBusy: Bool { navigator.isBusy }
  package var isWorking: Bool { navigator.isWorking }
  /// Nothing will change by itself any more.
  package var isOver: Bool { !player.isPlaying && !isReading && navigator.pending == nil }
  package var deadline: UInt64? { navigator.deadline }

  /// Starts playing, at a place where one is given.
  package mutating func begin(at point: ReplayPoint?, plays: Bool, now: UInt64) {
    navigator.begin(at: point, plays: plays, now: now)
  }

  /// Does a little of what takes long.
  package mutating func work(now: UInt64) throws(SessionLogFailure) {
    try navigator.work(now: now)
    try events.update(&navigator)
    if navigator.timeline.isComplete, !verification.isDamaged,
      let damage = Verification(
        navigator.stage.recording.findings, events: navigator.timeline.count)
    {
      verification = damage
    }
  }

  package mutating func advance(to now: UInt64) {
    navigator.advance(to: now)
    guard awaitsEnd, now >= nextCheck else { return }
    checksAgain -= 1
    nextCheck = now &+ Self.checkInterval
    verification = .checking
  }

  /// A session that was live has ended, and is not verified as a whole yet: its end is in the log a little later.
  package var awaitsEnd: Bool {
    let timeline = navigator.timeline
    return verification == .live && checksAgain > 0 && timeline.isComplete
      && timeline.kind(of: timeline.last) == .end
  }

  /// Forgets time that nobody watched.
  package mutating func resume(at now: UInt64) { navigator.resume(at: now) }
}

internal import Platform
package import SessionLog
package import Terminal
package import Text

/// A recording and its terminal at one event, moved to any other event.
///
/// The terminal is always what playing from the start to `event` gives, whatever way was taken.
package struct Stage: ~Copyable {
  /// Copies kept of the events just before the one sought, so that stepping back is a look-up.
  private static let trail = 64
  /// A window that grows takes rows back from the scrollback; more of it is never seen in a player.
  private static let scrollback = 256
  private static let waypointDistance = 128 << 10
  private static let mostWaypoints = 64

  package var recording: Recording
  /// The terminals after `event`.
  package private(set) var terminals: TerminalSet
  /// The terminal after `event`: of several sessions that of the event's own.
  package var terminal: VirtualTerminal { terminals.terminal }
  /// -1 before the first event.
  package private(set) var event = -1
  /// Events worth jumping to, as far as is read.
  package private(set) var marks = Marks()
  /// Hidden content in order of events, the first `hiddenLimit` findings; `hiddenDropped` counts the rest.
  package private(set) var hidden: [HiddenStep] = []
  package private(set) var hiddenDropped: UInt64 = 0
  package static let hiddenLimit = 20_000

  private let blank: TerminalSet
  private(set) var keyframes: Keyframes
  /// What text can be where, for searches.
  private(set) var text: [TextChunk] = []
  /// Where the text itself is kept.
  private var textStore: TextStore?
  private var recent: [(event: Int, terminals: TerminalSet)] = []
  /// Of several sessions, whose terminals no keyframe holds: copies made on the way.
  private var waypoints: [(event: Int, terminals: TerminalSet)] = []
  private var sinceWaypoint = 0
  private var payload: [UInt8] = []
  /// Reads on this thread, batch by batch as it is asked to.
  private var own: (reader: any LineReader, scout: Scout)?
  /// Reads on a thread of its own.
  private var loader: Loader?
  /// What snapshots of an earlier viewer say, while it is held against the recording.
  private var confirmation: Confirmation?
  /// Where the next viewer finds what this one knows; nil where it is not to be kept.
  private var snapshots: (places: SnapshotPlaces, binding: SnapshotBinding)?
  /// The search that was begun last; its own progress tells how far it is.
  package private(set) var search: ScreenSearch?
  /// Chunks of text that it was given.
  private var given = 0
  /// Searches that found all there is in so many events, the latest last: nobody waits for them twice.
  private var finished: [(search: ScreenSearch, events: Int)] = []
  private static let mostFinished = 4

  package init(_ recording: consuming Recording, keyframeBudget: Int = 48 << 20) {
    blank = TerminalSet(recording.start)
    terminals = blank
    keyframes = Keyframes(budget: keyframeBudget)
    self.recording = recording
  }

  static func blank(_ start: SessionStart?) -> VirtualTerminal {
    VirtualTerminal(
      columns: start?.columns ?? 80, rows: start?.rows ?? 24, scrollbackLimit: scrollback)
  }

  package var timeline: Timeline { recording.timeline }
  /// How many keyframes there are, and the bytes they may take.
  package var keyframeCount: Int { keyframes.count }
  package var keyframeCost: Int { keyframes.total }

  /// From now on a thread of its own reads, verifies and finds; `readOn` takes what it has.
  ///
  /// Snapshots that an earlier viewer left make all of the recording known at once; `isConfirmed` tells how far it is
  /// known to be true. Where there are none, or others, they are left for the next viewer.
  /// `follows` goes on reading a session that is still written.
  package mutating func loadInBackground(_ places: SnapshotPlaces? = nil, follows: Bool = false) {
    guard loader == nil, own == nil, !timeline.isComplete else { return }
    if let places, let binding = recording.binding() {
      if let index = places.read(binding) {
        adopt(index)
        confirmation = Confirmation()
        textStore = TextStore(leftAt: places)
      } else {
        snapshots = (places, binding)
        textStore = TextStore(for: places)
      }
    }
    loader = Loader(
      recording.source, follows: follows, confirmation == nil ? textStore : nil)
    guard loader != nil, confirmation == nil else { return }
    // The first batch is a moment's work, and there is something to show.
    do throws(SessionLogFailure) { _ = try readOn(waiting: 200_000) } catch {}
  }

  /// True while a background reads, or holds snapshots against the recording.
  package var isLoading: Bool { loader != nil || !timeline.isComplete }

  /// True if the screen after an event rests on bytes that were read and verified by this viewer.
  ///
  /// False only where snapshots of an earlier viewer are not yet held against the recording up to there.
  package func isConfirmed(_ event: Int) -> Bool {
    confirmation.map { event < $0.events } ?? true
  }

  /// Share of the recording that is read and verified, 0 to 1.
  package var progress: Double {
    guard let confirmation else { return recording.progress }
    return Double(confirmation.events) / Double(max(1, timeline.count))
  }

  /// Reads one more batch, or takes what the background has read; false when all of it is read.
  ///
  /// With a background it waits for news, at most `wait` microseconds.
  package mutating func readOn(waiting wait: UInt64 = 15_000) throws(SessionLogFailure) -> Bool {
    if let loader {
      for growth in try loader.take(waiting: wait) { take(growth) }
      return true
    }
    guard !timeline.isComplete else { return false }
    if own == nil {
      own = (try recording.source.reader(), Scout(recording.start))
    }
    guard let (reader, _) = own, var scout = own?.scout else { return false }
    own = nil
    var kept = DecodedBatch(index: -1)
    var growth = try reader.next(keeping: &kept) { event, kind, line, header in
      scout.take(event, kind, line, header)
    }
    scout.yield(into: &growth)
    let hasLines = !growth.steps.isEmpty
    absorb(growth, kept)
    if !timeline.isComplete { own = (reader, scout) }
    return hasLines || !timeline.isComplete
  }

  /// Takes what the background has read: news, or what is to be held against snapshots.
  private mutating func take(_ growth: Growth) {
    if growth.isLast, !growth.isFollowed { loader = nil }
    if var confirmation {
      let index = index
      if confirmation.check(growth, index) {
        recording.note(growth.facts)
        self.confirmation = growth.isLast ? nil : confirmation
        return
      }
      // Another recording's, or somebody's who would have us see something else.
      self.confirmation = nil
      snapshots = nil
      textStore = nil
      finished = []
      adopt(confirmation.confirmed(index))
      (event, terminals, recent) = (-1, blank, [])
    }
    absorb(growth, nil)
    if growth.isLast, !growth.isFollowed { leaveSnapshots() }
  }

  /// All that is known of the recording.
  private var index: ReplayIndex {
    ReplayIndex(
      timeline: timeline, marks: marks, hidden: hidden, hiddenDropped: hiddenDropped,
      keyframes: keyframes.frames, text: text)
  }

  private mutating func adopt(_ index: ReplayIndex) {
    recording.adopt(index.timeline)
    marks = index.marks
    hidden = index.hidden
    hiddenDropped = index.hiddenDropped
    keyframes = Keyframes(budget: keyframes.budget)
    for frame in index.keyframes { keyframes.add(frame) }
    text = index.text
  }

  /// Writes what is known for the next viewer, on a thread of its own, where that is worth a file.
  private mutating func leaveSnapshots() {
    guard let (places, binding) = snapshots.take() else { return }
    guard recording.findings.isEmpty, timeline.firstTailEvent == nil,
      keyframes.count >= places.leastKeyframes || timeline.count >= 20_000
    else { return }
    let known = index
    let store = textStore
    _ = Worker {
      var index = known
      if store?.leave() != true {
        for chunk in index.text.indices { index.text[chunk].place = nil }
      }
      places.write(index, binding)
    }
  }

  private mutating func absorb(_ growth: Growth, _ kept: DecodedBatch?) {
    recording.absorb(growth, keeping: kept)
    for mark in growth.marks { marks.add(mark.kind, mark.event) }
    let room = max(0, Self.hiddenLimit - hidden.count)
    hidden.append(contentsOf: growth.hidden.prefix(room))
    hiddenDropped &+= growth.hiddenDropped &+ UInt64(max(0, growth.hidden.count - room))
    for frame in growth.keyframes { keyframes.add(frame) }
    text.append(contentsOf: growth.text)
    if let search, search.wantsMore, timeline.isComplete || !growth.text.isEmpty { give(search) }
  }

  // MARK: search

  /// Begins to search all that the screen shows, from the present event on; ends the search before it.
  ///
  /// Nil where the system has no thread to give.
  @discardableResult
  package mutating func beginSearch(_ pattern: SearchPattern) -> ScreenSearch? {
    endSearch()
    if let known = finished.first(where: { $0.search.pattern == pattern }),
      known.events == timeline.count
    {
      search = known.search
      return search
    }
    let begun = ScreenSearch(pattern)
    guard begun.begin() else { return nil }
    search = begun
    give(begun)
    return begun
  }

  package mutating func endSearch() {
    guard let search = search.take() else { return }
    if search.isWhole, timeline.isComplete {
      finished.removeAll { $0.search.pattern == search.pattern }
      finished.append((search, timeline.count))
      if finished.count > Self.mostFinished { finished.removeFirst() }
    } else {
      search.cancel()
    }
  }

  /// Gives a search what was read while it was busy, since nothing more may come that would remind of it.
  mutating func goOnSearching() {
    guard let search, search.wantsMore, timeline.isComplete || text.count > given else { return }
    give(search)
  }

  private mutating func give(_ search: ScreenSearch) {
    given = text.count
    search.give(
      SearchPart(
        recording: recording.snapshot, keyframes: keyframes.frames, chunks: text,
        store: textStore, event: max(0, event)))
  }

  /// What was hidden in the output of one event.
  package func hidden(at event: Int) -> ArraySlice<HiddenStep> {
    var (low, high) = (0, hidden.count)
    while low < high {
      let middle = (low + high) / 2
      if hidden[middle].event < event { low = middle + 1 } else { high = middle }
    }
    let first = low
    while low < hidden.count, hidden[low].event == event { low += 1 }
    return hidden[first..<low]
  }

  /// False where more was found hidden in an event's output than `hidden(at:)` lists: it came too thick for the emulator,
  /// or behind the first `hiddenLimit` findings of the recording.
  package func isHiddenListed(at event: Int) -> Bool {
    guard hiddenDropped > 0, marks.isMarked(event, .hidden) else { return true }
    let listed = hidden(at: event).count
    let isBehind = hidden.count >= Self.hiddenLimit && event >= hidden.last?.event ?? 0
    return listed > 0 && listed < HiddenStep.mostOfEvent && !isBehind
  }

  /// Bytes of one event's line, without LF; empty where it is withheld.
  package mutating func line(_ event: Int) throws(SessionLogFailure) -> EventLine? {
    try recording.line(event)
  }

  /// Goes to an event, at most to the last one that is read.
  package mutating func seek(to wanted: Int) throws(SessionLogFailure) {
    let target = min(max(-1, wanted), recording.timeline.count - 1)
    guard target != event else { return }
    let isBackward = target < event
    restore(before: target)
    // The copies are worth their price only where somebody may step back next.
    let trailStart = isBackward || target - event > Self.trail ? target - Self.trail : Int.max
    while event < target {
      try step()
      if event >= trailStart, event < target { remember() }
    }
  }

  /// Puts the nearest known terminal at or before `target` in place, if it is nearer than the present one.
  private mutating func restore(before target: Int) {
    if target < event {
      event = -1
      terminals = blank
    }
    for list in [recent, waypoints] {
      if let near = list.last(where: { $0.event <= target }), near.event > event {
        (event, terminals) = (near.event, near.terminals)
      }
    }
    while let frame = keyframes.nearest(target), frame.event > event {
      if let restored = frame.restored() {
        (event, terminals) = (frame.event, TerminalSet(restored))
      } else {
        keyframes.remove(frame.event)
      }
    }
    recent.removeAll { $0.event > target || $0.event < target - Self.trail }
  }

  private mutating func remember() {
    if let last = recent.last, last.event >= event {
      guard !recent.contains(where: { $0.event == event }) else { return }
      recent.append((event, terminals))
      recent.sort { $0.event < $1.event }
    } else {
      recent.append((event, terminals))
    }
  }

  private mutating func step() throws(SessionLogFailure) {
    let next = event + 1
    let kind = recording.timeline.kind(of: next)
    if kind == .output || kind == .resize || terminals.isMerged {
      var (terminals, payload) = (self.terminals, self.payload)
      // Only one owner, or feeding would copy every row it touches.
      self.terminals = blank
      defer { (self.terminals, self.payload) = (terminals, payload) }
      sinceWaypoint &+= try recording.withLine(next) { line in
        terminals.apply(line, kind, &payload)
      }
      // As the scout does: what a keyframe holds is then what stepping gives, to the last counter.
      _ = terminals.feed { $0.takeHidden() }
    }
    event = next
    if terminals.isMerged, sinceWaypoint >= Self.waypointDistance { keepWaypoint() }
  }

  private mutating func keepWaypoint() {
    sinceWaypoint = 0
    guard event > waypoints.last?.event ?? -1 else { return }
    waypoints.append((event, terminals))
    // Every second one goes where there are many, as with keyframes.
    guard waypoints.count > Self.mostWaypoints else { return }
    waypoints = waypoints.indices.filter { $0 % 2 == 1 }.map { waypoints[$0] }
  }

  /// Does to a terminal what an event did; returns how many bytes of output it was.
  static func apply(
    _ line: Span<UInt8>, _ kind: StepKind, to terminal: inout VirtualTerminal,
    _ payload: inout [UInt8]
  ) -> Int {
    guard kind == .output || kind == .resize, let header = LineHeader(line) else { return 0 }
    if kind == .resize {
      if let size = EventFields.size(line) {
        terminal.resize(columns: size.columns, rows: size.rows)
      }
      return 1
    }
    payload.removeAll(keepingCapacity: true)
    guard Payload.append(from: line, header: header, to: &payload) else { return 0 }
    terminal.feed(payload.span)
    return payload.count
  }
}

package import SessionLog
package import Terminal

/// A recording and its terminal at one event, moved to any other event.
///
/// The terminal is always what playing from the start to `event` gives, whatever way was taken.
package struct Stage: ~Copyable {
  /// Copies kept of the events just before the one sought, so that stepping back is a look-up.
  private static let trail = 64
  /// A window that grows takes rows back from the scrollback; more of it is never seen in a player.
  private static let scrollback = 256

  package var recording: Recording
  /// The terminal after `event`.
  package private(set) var terminal: VirtualTerminal
  /// -1 before the first event.
  package private(set) var event = -1
  private let blank: VirtualTerminal
  /// Reads ahead of what is shown and leaves keyframes.
  private var scout: VirtualTerminal
  private var keyframes = Keyframes()
  private var recent: [(event: Int, terminal: VirtualTerminal)] = []
  private var payload: [UInt8] = []

  package init(_ recording: consuming Recording, keyframeBudget: Int = 48 << 20) {
    let start = recording.start
    blank = VirtualTerminal(
      columns: start?.columns ?? 80, rows: start?.rows ?? 24, scrollbackLimit: Self.scrollback)
    terminal = blank
    scout = blank
    keyframes = Keyframes(budget: keyframeBudget)
    self.recording = recording
  }

  package var timeline: Timeline { recording.timeline }
  /// How many keyframes there are, and the bytes they may take.
  package var keyframeCount: Int { keyframes.count }
  package var keyframeCost: Int { keyframes.total }

  /// Reads one more batch of the file; false when all of it is read.
  package mutating func readOn() throws(SessionLogFailure) -> Bool {
    var (scout, keyframes, payload) = (self.scout, self.keyframes, self.payload)
    defer { (self.scout, self.keyframes, self.payload) = (scout, keyframes, payload) }
    return try recording.readOn { event, kind, line in
      let bytes = Self.apply(line, kind, to: &scout, &payload)
      if bytes > 0 { keyframes.passed(event, bytes: bytes, scout) }
    }
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
      terminal = blank
    }
    if let near = recent.last(where: { $0.event <= target }), near.event > event {
      (event, terminal) = (near.event, near.terminal)
    }
    if let frame = keyframes.nearest(target), frame.event > event {
      (event, terminal) = (frame.event, frame.terminal)
    }
    recent.removeAll { $0.event > target || $0.event < target - Self.trail }
  }

  private mutating func remember() {
    if let last = recent.last, last.event >= event {
      guard !recent.contains(where: { $0.event == event }) else { return }
      recent.append((event, terminal))
      recent.sort { $0.event < $1.event }
    } else {
      recent.append((event, terminal))
    }
  }

  private mutating func step() throws(SessionLogFailure) {
    let next = event + 1
    let kind = recording.timeline.kind(of: next)
    if kind == .output || kind == .resize {
      var (terminal, payload) = (self.terminal, self.payload)
      // Only one owner, or feeding would copy every row it touches.
      self.terminal = blank
      defer { (self.terminal, self.payload) = (terminal, payload) }
      _ = try recording.withLine(next) { line in
        Self.apply(line, kind, to: &terminal, &payload)
      }
    }
    event = next
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

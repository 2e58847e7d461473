internal import SessionLog
internal import Terminal

/// Goes through a recording once, before any viewer: plays it, and notes what is where.
///
/// What it notes leaves with `yield`, batch by batch.
struct Scout: Sendable {
  private var terminal: VirtualTerminal
  private var payload: [UInt8] = []
  private var output: UInt64 = 0
  private var lastKeyframe: UInt64 = 0
  private var gatherer: TextGatherer
  private var dropped: UInt64 = 0
  private var growth = Growth()

  /// `store` keeps the text that was shown; nil where nobody would look there.
  init(_ start: SessionStart?, _ store: TextStore? = nil) {
    terminal = Stage.blank(start)
    gatherer = TextGatherer(store)
  }

  /// Takes the next event; true if it changes the screen.
  mutating func take(
    _ event: Int, _ kind: StepKind, _ line: Span<UInt8>, _ header: LineHeader?
  ) -> Bool {
    guard let header else { return false }
    for kind in Marks.kinds(line, header) { growth.marks.append((kind, event)) }
    guard kind == .output || kind == .resize else {
      if kind != .end, EventFields.isSearched(line) { gatherer.take(event, line: line) }
      return false
    }
    let mark = terminal.mark
    if kind == .resize {
      if let size = EventFields.size(line) {
        terminal.resize(columns: size.columns, rows: size.rows)
        gatherer.look(at: terminal, event)
      }
    } else {
      var payload: [UInt8] = []
      swap(&payload, &self.payload)
      defer { swap(&payload, &self.payload) }
      payload.removeAll(keepingCapacity: true)
      guard Payload.append(from: line, header: header, to: &payload) else { return false }
      gatherer.feed(payload.span, to: &terminal, event)
      output &+= UInt64(payload.count)
    }
    let changes = !terminal.shows(mark)
    noteHidden(event)
    if output &- lastKeyframe >= Keyframes.distance(at: output) { keep(event) }
    return changes
  }

  private mutating func noteHidden(_ event: Int) {
    let found = terminal.takeHidden()
    guard !found.isEmpty || terminal.hiddenDropped != dropped else { return }
    growth.hiddenDropped &+= terminal.hiddenDropped &- dropped
    dropped = terminal.hiddenDropped
    growth.marks.append((.hidden, event))
    for content in found { growth.hidden.append(HiddenStep(event: event, content: content)) }
  }

  private mutating func keep(_ event: Int) {
    guard let frame = Keyframes.Keyframe(event: event, output: output, terminal) else { return }
    growth.keyframes.append(frame)
    lastKeyframe = output
  }

  /// Gives what was noted since the last time.
  mutating func yield(into other: inout Growth) {
    if other.isLast { gatherer.finish() }
    other.marks = growth.marks
    other.hidden = growth.hidden
    other.hiddenDropped = growth.hiddenDropped
    other.keyframes = growth.keyframes
    other.text = gatherer.yield()
    growth = Growth()
  }
}

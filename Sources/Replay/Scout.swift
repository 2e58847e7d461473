internal import SessionLog
internal import Terminal

/// Goes through a recording once, before any viewer: plays it, and notes what is where.
///
/// What it notes leaves with `yield`, batch by batch.
struct Scout: Sendable {
  private let blank: TerminalSet
  private var terminals: TerminalSet
  private var payload: [UInt8] = []
  private var output: UInt64 = 0
  private var lastKeyframe: UInt64 = 0
  private var gatherer: TextGatherer
  private var commands = CommandWatch()
  private var dropped: UInt64 = 0
  private var growth = Growth()

  /// `store` keeps the text that was shown; nil where nobody would look there.
  init(_ start: SessionStart?, _ store: TextStore? = nil) {
    blank = TerminalSet(start)
    terminals = blank
    gatherer = TextGatherer(store)
  }

  /// Takes the next event; true if it changes the screen.
  mutating func take(
    _ event: Int, _ kind: StepKind, _ line: Span<UInt8>, _ header: LineHeader?
  ) -> Bool {
    guard let header else { return false }
    let marks = Marks.kinds(line, header)
    for mark in marks { growth.marks.append((mark, event)) }
    let isOther = terminals.turn(to: line, header)
    if isOther {
      gatherer.turn(to: terminals.terminal)
      commands = CommandWatch()
      dropped = terminals.terminal.hiddenDropped
    }
    if kind == .input, marks.contains(.command) { commands.typedEnter() }
    guard kind == .output || kind == .resize else {
      if kind != .end, EventFields.isSearched(line) { gatherer.take(event, line: line) }
      return isOther
    }
    let mark = terminals.terminal.mark
    if kind == .resize {
      if let size = EventFields.size(line) {
        terminals.feed { $0.resize(columns: size.columns, rows: size.rows) }
        gatherer.look(at: terminals.terminal, event)
      }
    } else {
      var payload: [UInt8] = []
      swap(&payload, &self.payload)
      defer { swap(&payload, &self.payload) }
      payload.removeAll(keepingCapacity: true)
      guard Payload.append(from: line, header: header, to: &payload) else { return false }
      if commands.isEntered(payload.span, on: terminals.terminal) {
        growth.marks.append((.command, event))
      }
      var terminals = blank
      swap(&terminals, &self.terminals)
      terminals.feed { gatherer.feed(payload.span, to: &$0, event) }
      swap(&terminals, &self.terminals)
      commands.look(at: self.terminals.terminal)
      output &+= UInt64(payload.count)
    }
    let changes = isOther || !terminals.terminal.shows(mark)
    noteHidden(event)
    // A keyframe is of one terminal.
    if !terminals.isMerged, output &- lastKeyframe >= Keyframes.distance(at: output) { keep(event) }
    return changes
  }

  private mutating func noteHidden(_ event: Int) {
    let found = terminals.feed { $0.takeHidden() }
    let lost = terminals.terminal.hiddenDropped
    guard !found.isEmpty || lost != dropped else { return }
    growth.hiddenDropped &+= lost &- dropped
    dropped = lost
    growth.marks.append((.hidden, event))
    for content in found { growth.hidden.append(HiddenStep(event: event, content: content)) }
  }

  private mutating func keep(_ event: Int) {
    guard let frame = Keyframes.Keyframe(event: event, output: output, terminals.terminal) else {
      return
    }
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

internal import SessionLog
internal import Terminal
internal import Text

/// The events of a session, one line each.
struct EventPane: Sendable {
  /// Lists what the screen shows already, too.
  var isWhole: Bool
  /// The first line shown, in the list.
  private var top = 0
  /// Events listed where the list is not whole; ascending.
  private var listed: [Int] = []
  /// Those of them that are no output, and how many outputs that hide something are among the others.
  private var plain: [Int] = []
  private var hiddenCount = 0
  private var sifted = 0
  private var hasSalt = false
  /// Lines already worded; reading and parsing them again costs more than keeping a few.
  private var words: [Int: EventWords] = [:]

  /// Several sessions on one timeline: each line says whose it is.
  private let isMerged: Bool
  /// Who acts in each session of a merged timeline, and on what.
  private var members: [String: (agent: String, resource: String)] = [:]

  init(isWhole: Bool, isMerged: Bool = false) {
    (self.isWhole, self.isMerged) = (isWhole, isMerged)
  }

  // MARK: the list

  /// Takes note of events read since, and of what was found hidden.
  mutating func update(_ navigator: inout Navigator) throws(SessionLogFailure) {
    let timeline = navigator.timeline
    if sifted <= 1, timeline.count > 1 {
      hasSalt = try navigator.stage.recording.line(1)?.type == "session.salt"
    }
    let before = plain.count
    while sifted < timeline.count {
      switch timeline.kind(of: sifted) {
      case .output, .input, .resize: break
      case .other where hasSalt && sifted == 1: break
      case .other, .end, .withheld: plain.append(sifted)
      }
      sifted += 1
    }
    let hidden = navigator.stage.marks.count(.hidden)
    guard plain.count > before || hidden != hiddenCount else { return }
    hiddenCount = hidden
    listed = hidden == 0 ? plain : merged(navigator.stage.marks.events(.hidden))
  }

  /// The list with output that hides something: that is what one looks for in a terminal's session.
  private func merged(_ hidden: [Int32]) -> [Int] {
    var result: [Int] = []
    result.reserveCapacity(plain.count + hidden.count)
    var next = 0
    for event in hidden {
      while next < plain.count, plain[next] < Int(event) {
        result.append(plain[next])
        next += 1
      }
      if next >= plain.count || plain[next] != Int(event) { result.append(Int(event)) }
    }
    return result + plain[next...]
  }

  private var salt: Int { hasSalt ? 1 : 0 }

  var count: Int { isWhole ? max(0, sifted - salt) : listed.count }

  /// The event of a line in the list.
  func event(_ index: Int) -> Int {
    isWhole
      ? (index > 0 ? index + salt : index) : listed.indices.contains(index) ? listed[index] : 0
  }

  /// The line of the last listed event at or before `event`.
  func index(of event: Int) -> Int {
    guard !isWhole else { return max(0, event == 0 ? 0 : event - salt) }
    var (low, high) = (0, listed.count)
    while low < high {
      let middle = (low + high) / 2
      if listed[middle] <= event { low = middle + 1 } else { high = middle }
    }
    return max(0, low - 1)
  }

  /// The event `count` lines further on from `event`, or back; the nearest there is.
  func event(_ count: Int, from event: Int) -> Int {
    guard self.count > 0 else { return event }
    let index = index(of: event)
    // Between two lines, one back is the line above.
    let isBetween = self.event(index) != event
    let wanted = index + count + (isBetween && count < 0 ? 1 : 0)
    return self.event(min(max(0, wanted), self.count - 1))
  }

  /// The event shown in a row of the pane; nil below the last.
  func event(inRow row: Int) -> Int? {
    let index = top + row
    return row >= 0 && index < count ? event(index) : nil
  }

  // MARK: the picture

  mutating func words(
    of event: Int, _ recording: inout Recording
  ) throws(SessionLogFailure) -> EventWords {
    if let known = words[event] { return known }
    if words.count > 4000 { words = [:] }
    let made = EventWords(try recording.line(event), start: event == 0 ? recording.start : nil)
    words[event] = made
    return made
  }

  /// What the list says of an event: what it hides before what it shows, and who stands behind it.
  mutating func shown(
    _ event: Int, _ navigator: inout Navigator
  ) throws(SessionLogFailure) -> EventWords {
    if !isWhole, navigator.stage.marks.isMarked(event, .hidden) {
      return EventWords("HIDDEN", navigator.hidden(at: event).joined(separator: " · "), .bad)
    }
    return try words(of: event, &navigator.stage.recording).by(navigator.links.people(of: event))
  }

  /// What an event is called; what a terminal printed need not be read for that.
  mutating func label(
    of event: Int, _ recording: inout Recording
  ) throws(SessionLogFailure) -> String {
    switch recording.timeline.kind(of: event) {
    case .output: "output"
    case .input: "input"
    case .resize: "resize"
    case .other, .end, .withheld: try words(of: event, &recording).label
    }
  }

  /// Who acts in the session of an event of a merged timeline, or on what where one agent has several of
  /// them; "" for that of the timeline itself.
  private mutating func member(
    of event: Int, _ links: LinkIndex, _ recording: inout Recording
  ) throws(SessionLogFailure) -> String {
    guard event > 0, let name = try recording.member(of: event) else { return "" }
    // All of them, so that a name does not change as more of the list is looked at.
    if members.count < links.starts.count {
      for (name, first) in links.starts where members[name] == nil {
        members[name] =
          try recording.start(ofMember: first).map { start in
            (start.agent.name ?? start.agent.uid, start.resource?.uid ?? start.kind)
          } ?? ("", "")
      }
    }
    guard let member = members[name] else { return "" }
    let isAlone = !members.contains { $0.key != name && $0.value.agent == member.agent }
    return isAlone ? member.agent : member.resource
  }

  /// What an event came of, and what came of it; of a merged timeline's first, where its sessions begin.
  mutating func links(
    of event: Int, _ navigator: inout Navigator
  ) throws(SessionLogFailure) -> [DetailText.Link] {
    var found: [(says: String, event: Int)] = []
    if isMerged, event == 0 {
      found = navigator.links.starts.values.sorted().prefix(40).map { ("session", $0) }
    }
    if let cause = navigator.links.cause(of: event) { found.append(("caused by", cause)) }
    found += navigator.links.followers(of: event).prefix(8).map { ("led to", $0) }
    var links: [DetailText.Link] = []
    for (says, event) in found {
      let words = try words(of: event, &navigator.stage.recording)
        .by(navigator.links.people(of: event))
      links.append(DetailText.Link(says: says, event: event, words: words))
    }
    return links
  }

  /// What the details of an event are made of.
  mutating func subject(
    _ event: Int, links: [DetailText.Link], _ clock: ClockStyle, _ verification: Verification,
    _ navigator: inout Navigator
  ) throws(SessionLogFailure) -> DetailText.Subject {
    DetailText.Subject(
      number: event, event: try navigator.stage.recording.line(event),
      words: try words(of: event, &navigator.stage.recording), clock: clock, links: links,
      people: navigator.links.people(of: event), isUnproven: verification.isUnproven(event),
      hidden: navigator.hidden(at: event))
  }

  struct View {
    var event: Int
    var column: Int
    var clock: ClockStyle
    var hasFocus: Bool
    var verification: Verification
  }

  mutating func draw(
    on frame: inout Frame, in rect: Rect, _ view: View, of navigator: inout Navigator
  ) throws(SessionLogFailure) {
    let chosen = index(of: view.event)
    let rows = rect.rows
    let margin = min(2, (rows - 1) / 2)
    if chosen < top + margin { top = chosen - margin }
    if chosen > top + rows - 1 - margin { top = chosen - rows + 1 + margin }
    top = min(max(0, top), max(0, count - rows))
    let isExact = count > 0 && event(chosen) == view.event
    let clockWidth = view.clock.width(navigator.timeline.duration)
    for row in 0..<rows {
      guard top + row < count else { break }
      let event = event(top + row)
      let isHidden = navigator.stage.marks.isMarked(event, .hidden)
      let words = try shown(event, &navigator)
      let time = navigator.timeline.time(of: event)
      let agent =
        isMerged ? try member(of: event, navigator.links, &navigator.stage.recording) : nil
      draw(
        words, by: agent, at: time, isChosen: top + row == chosen, isExact: isExact,
        clockWidth: clockWidth,
        sign: isHidden ? "!" : view.verification.isUnproven(event) ? "?" : " ", view,
        Rect(row: rect.row + row, column: rect.column, rows: 1, columns: rect.columns), &frame)
    }
  }

  private func draw(
    _ words: EventWords, by agent: String?, at time: UInt64, isChosen: Bool, isExact: Bool,
    clockWidth: Int,
    sign: String, _ view: View, _ rect: Rect, _ frame: inout Frame
  ) {
    let isInverse = isChosen && isExact && view.hasFocus
    func style(_ tone: Tone) -> Style {
      if isInverse { return tone.chosen }
      var style = tone.style
      if isChosen {
        style.attributes.remove(.dim)
        style.attributes.insert(.bold)
      }
      return style
    }
    let end = rect.column + rect.columns
    if isInverse { frame.fill(row: rect.row, from: rect.column, to: end, style: style(.plain)) }
    var column = rect.column
    func put(_ text: String, _ width: Int, _ tone: Tone) {
      guard column < end else { return }
      frame.put(
        text, row: rect.row, column: column, width: min(width, end - column), style: style(tone))
      column += width
    }
    put(isChosen ? (isExact ? "▸" : "·") : " ", 1, .plain)
    let clock = view.clock.text(time, millis: false)
    put(DisplayWidth.pad(clock, to: clockWidth, .right) + " ", clockWidth + 1, .dim)
    put(sign, 1, sign == " " ? .plain : .bad)
    // In a narrow list the words count more; the status says whose event is shown.
    if let agent, rect.columns >= 50 {
      let width = rect.columns >= 100 ? 18 : 10
      let name = DisplayWidth.truncate(TerminalText.line(agent, limit: 60), to: width - 1)
      put(DisplayWidth.pad(name, to: width, .left), width, .info)
    }
    let labelWidth = rect.columns < 48 ? 8 : 11
    let label = TerminalText.line(words.label, limit: 60)
    let shown = max(labelWidth, rect.columns < 60 ? labelWidth : DisplayWidth.of(label))
    put(label, shown, words.tone)
    column += 1
    guard column < end else { return }
    let text = TerminalText.line(words.text, limit: 1000)
    put(
      view.column > 0 ? String(text.dropFirst(view.column)) : text, end - column, rest(words.tone))
  }

  /// The words after a label are loud only where they are what counts.
  private func rest(_ tone: Tone) -> Tone {
    switch tone {
    case .strong, .good, .info: .plain
    case .plain, .dim, .warn, .bad: tone == .bad || tone == .warn ? .plain : tone
    }
  }
}

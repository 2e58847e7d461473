internal import SessionLog
internal import Text

/// A line of the details: pieces of text, and what a click or enter on it does.
struct DetailLine: Sendable, Equatable {
  struct Span: Sendable, Equatable {
    var text: String
    var tone: Tone
  }

  var spans: [Span]
  /// What folds or unfolds there.
  var fold: String?
  /// The event it speaks of.
  var event: Int?

  init(_ text: String, _ tone: Tone = .plain) { spans = [Span(text: text, tone: tone)] }
  init(_ spans: [Span]) { self.spans = spans }
}

/// All that is known of one event, as lines of a given width.
///
/// Texts are made safe here already, since what is wrapped must have its final width.
struct DetailText {
  /// An event that this one came of, or that came of it.
  struct Link: Sendable {
    var says: String
    var event: Int
    var words: EventWords
  }

  struct Subject {
    var number: Int
    var event: EventLine?
    var words: EventWords
    var clock: ClockStyle
    var links: [Link] = []
    /// Whose votes made it what it is.
    var people: [String] = []
    /// Nothing proves that it stands as it was recorded.
    var isUnproven = false
    /// What this event hides, a line each.
    var hidden: [String] = []
  }

  /// Longer lines are not taken apart.
  private static let parsed = 1 << 20
  /// Bytes of one event that the raw view shows at most.
  private static let raw = 256 << 10
  /// Lines of one text shown before the rest is folded.
  static let block = 40
  /// Columns of names: as the longest needs, between these.
  static let keyWidths = 12...20

  var lines: [DetailLine] = []
  let width: Int
  /// What the viewer folded or unfolded by hand.
  let toggled: Set<String>
  /// Everything is folded, or open, at first; nil for what is usual.
  let isFolded: Bool?
  private(set) var keyWidth = DetailText.keyWidths.lowerBound

  private init(_ width: Int, _ toggled: Set<String> = [], isFolded: Bool? = nil) {
    (self.width, self.toggled, self.isFolded) = (max(8, width), toggled, isFolded)
  }

  /// - Parameter toggled: folds that are not as they are at first.
  static func lines(
    of subject: Subject, width: Int, toggled: Set<String>, isFolded: Bool? = nil
  ) -> [DetailLine] {
    var text = DetailText(width, toggled, isFolded: isFolded)
    var json: JSONValue?
    if let event = subject.event, event.bytes.count <= parsed {
      do { json = try event.json() } catch { json = nil }
    }
    if let json { text.measure(json) }
    text.head(subject)
    guard let event = subject.event else {
      text.note("Erased: only the hash of this event is left, which proves that there was one.")
      return text.lines
    }
    guard event.bytes.count <= parsed else {
      text.note(
        "\(ByteCountText.text(Int64(event.bytes.count))): too long to take apart; r shows its bytes."
      )
      return text.lines
    }
    if let json {
      text.body(event, json, hasLinks: !subject.links.isEmpty)
    } else {
      text.note("Not well-formed JSON; r shows its bytes.")
    }
    return text.lines
  }

  /// Names stand in a column as wide as the longest of them needs.
  private mutating func measure(_ json: JSONValue) {
    let names = (json.members ?? []).map(\.name).filter { !Self.isQuiet($0) }
    let widest = names.map { DisplayWidth.of(safe($0)) + 2 }.max() ?? 0
    keyWidth = min(max(Self.keyWidths.lowerBound, widest), Self.keyWidths.upperBound)
  }

  /// The event's bytes, escaped: nothing is interpreted.
  static func rawLines(of subject: Subject, width: Int) -> [DetailLine] {
    var text = DetailText(width)
    text.head(subject)
    guard let event = subject.event else {
      text.note("Erased: there are no bytes.")
      return text.lines
    }
    var payload: [UInt8] = []
    if Payload.append(from: event.bytes.span, header: event.header, to: &payload) {
      text.section("bytes of the payload: \(payload.count)")
      text.escaped(payload)
    }
    text.section("the line as it is stored: \(event.bytes.count) bytes")
    text.escaped(event.bytes)
    return text.lines
  }

  // MARK: parts

  mutating func head(_ subject: Subject) {
    let type = subject.event?.type ?? "withheld"
    var head = [
      DetailLine.Span(text: "#\(subject.number)  ", tone: .dim),
      DetailLine.Span(text: safe(type), tone: .strong),
    ]
    if [.bad, .warn, .good].contains(subject.words.tone) {
      head.append(.init(text: "  " + safe(subject.words.label), tone: subject.words.tone))
    }
    lines.append(DetailLine(head))
    guard let event = subject.event else { return }
    let date = subject.clock.date(event.time)
    pair("when", ClockText.text(event.time, millis: true) + (date.map { "  " + $0 } ?? ""), .dim)
    if subject.isUnproven {
      wrapped("unproven", "nothing proves that this stands as it was recorded", .bad)
    }
    for text in subject.hidden { wrapped("hidden", safe(text), .bad) }
    if !subject.people.isEmpty {
      wrapped("by", safe(subject.people.joined(separator: ", ")), subject.words.tone)
    }
    for link in subject.links {
      let words = safe(link.words.label + "  " + link.words.text)
      var line = DetailLine([
        .init(
          text: DisplayWidth.pad("  " + link.says, to: keyWidth + 1, .left) + " ", tone: .dim),
        .init(
          text: DisplayWidth.truncate(
            "#\(link.event) " + words, to: max(4, width - keyWidth - 2)),
          tone: link.words.tone == .dim ? .plain : link.words.tone),
      ])
      line.event = link.event
      lines.append(line)
    }
  }

  mutating func section(_ title: String) {
    lines.append(DetailLine(""))
    lines.append(DetailLine(title, .info))
  }

  mutating func note(_ text: String) {
    lines.append(DetailLine(""))
    for line in DetailWrap.words(text, width: width) { lines.append(DetailLine(line, .dim)) }
  }

  private mutating func escaped(_ bytes: [UInt8]) {
    let shown = bytes.count > Self.raw ? Array(bytes.prefix(Self.raw)) : bytes
    for line in DetailWrap.hard(TerminalText.escaped(shown), width: width) {
      lines.append(DetailLine(line))
    }
    if shown.count < bytes.count {
      note("\(ByteCountText.text(Int64(bytes.count - shown.count))) more are not shown.")
    }
  }

  mutating func pair(_ key: Key, _ text: String, _ tone: Tone) {
    pair(key.indent + key.name, text, tone)
  }

  mutating func pair(_ key: String, _ text: String, _ tone: Tone) {
    let head = DisplayWidth.pad("  " + key, to: keyWidth + 1, .left) + " "
    lines.append(DetailLine([.init(text: head, tone: .dim), .init(text: text, tone: tone)]))
  }

  mutating func wrapped(_ key: String, _ text: String, _ tone: Tone) {
    let parts = DetailWrap.words(text, width: max(8, width - keyWidth - 2))
    for (index, part) in parts.enumerated() { pair(index == 0 ? key : "", part, tone) }
  }

  func safe(_ text: String) -> String { TerminalText.line(text, limit: 4096) }
}

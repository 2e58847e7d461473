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
    /// What this event hides, a line each.
    var hidden: [String] = []
  }

  /// Bytes of one event that the raw view shows at most.
  private static let raw = 256 << 10
  /// Lines of one text shown before the rest is folded.
  private static let block = 40
  static let keyWidth = 12

  private(set) var lines: [DetailLine] = []
  private let width: Int
  /// What the viewer folded or unfolded by hand.
  private let toggled: Set<String>
  /// Everything is folded, or open, at first; nil for what is usual.
  private let isFolded: Bool?

  private init(_ width: Int, _ toggled: Set<String> = [], isFolded: Bool? = nil) {
    (self.width, self.toggled, self.isFolded) = (max(8, width), toggled, isFolded)
  }

  /// - Parameter toggled: folds that are not as they are at first.
  static func lines(
    of subject: Subject, width: Int, toggled: Set<String>, isFolded: Bool? = nil
  ) -> [DetailLine] {
    var text = DetailText(width, toggled, isFolded: isFolded)
    text.head(subject)
    guard let event = subject.event else {
      text.note("Erased: only the hash of this event is left, which proves that there was one.")
      return text.lines
    }
    guard event.bytes.count <= 1 << 20 else {
      text.note(
        "\(ByteCountText.text(Int64(event.bytes.count))): too long to take apart; r shows its bytes."
      )
      return text.lines
    }
    do {
      text.body(event, try event.json())
    } catch {
      text.note("Not well-formed JSON; r shows its bytes.")
    }
    return text.lines
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

  private mutating func head(_ subject: Subject) {
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
    for text in subject.hidden { wrapped("hidden", safe(text), .bad) }
    for link in subject.links {
      let words = safe(link.words.label + "  " + link.words.text)
      var line = DetailLine([
        .init(
          text: DisplayWidth.pad("  " + link.says, to: Self.keyWidth + 1, .left) + " ", tone: .dim),
        .init(
          text: DisplayWidth.truncate(
            "#\(link.event) " + words, to: max(4, width - Self.keyWidth - 2)),
          tone: link.words.tone == .dim ? .plain : link.words.tone),
      ])
      line.event = link.event
      lines.append(line)
    }
  }

  private mutating func section(_ title: String) {
    lines.append(DetailLine(""))
    lines.append(DetailLine(title, .info))
  }

  private mutating func note(_ text: String) {
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

  /// The fields that tell most first, then the others as they were recorded.
  private mutating func body(_ event: EventLine, _ json: JSONValue) {
    let members = (json.members ?? []).filter { $0.name != "t" && $0.name != "type" }
    let loud = Self.loud.compactMap { name in members.first { $0.name == name } }
    let rest = members.filter { !Self.loud.contains($0.name) }
    let quiet = rest.filter { Self.isQuiet($0.name) }
    for member in loud + rest.filter({ !Self.isQuiet($0.name) }) + quiet {
      if event.type == "session.salt", member.name == "key" { continue }
      if member.name == "data64", let text = member.value.string,
        let bytes = DetailWrap.base64(text)
      {
        wrapped("data", TerminalText.escaped(bytes), .plain)
        continue
      }
      field(member.name, member.value, path: member.name, depth: 0)
    }
  }

  /// What somebody asked, was answered or was told comes first.
  private static let loud = [
    "text", "statement", "sql", "outcome", "rule", "reason", "verdict", "approver", "comment",
    "verb",
    "method", "host", "path", "name", "args", "status", "rows", "label", "data",
  ]

  /// Numbers that lead from one event to another are shown as links already.
  private static func isQuiet(_ name: String) -> Bool {
    name.hasSuffix("_digest")
      || [
        "subject", "caused_by", "executed", "jsonrpc_id", "id", "direction", "source", "at", "eol",
        "action_digest", "digest_key",
      ].contains(name)
  }

  // MARK: the tree

  private mutating func field(_ name: String, _ value: JSONValue, path: String, depth: Int) {
    let key = Key(indent: String(repeating: "  ", count: depth), name: safe(name))
    switch value {
    case .string(let text):
      if depth < 8, let inner = Self.json(in: text) {
        return tree(key, inner, path: path, depth: depth, note: "JSON in a text")
      }
      string(key, text, path: path)
    case .array, .object: tree(key, value, path: path, depth: depth, note: nil)
    case .null: pair(key, "null", .dim)
    case .bool, .integer, .number: pair(key, EventWords.flat(value), .plain)
    }
  }

  /// A member's name, and how deep it stands.
  private struct Key {
    var indent: String
    var name: String
    /// With the sign of a fold before it.
    func head(_ sign: String) -> String { indent + sign + name }
  }

  private mutating func string(_ key: Key, _ text: String, path: String) {
    let isBlock = text.unicodeScalars.contains("\n")
    let safeText =
      isBlock ? TerminalText.lines(text, limit: 1 << 20) : TerminalText.line(text, limit: 1 << 20)
    let before = max(Self.keyWidth + 2, DisplayWidth.of(key.head("  ")) + 1)
    guard isBlock || DisplayWidth.of(safeText) > width - before else {
      return pair(key, safeText, .plain)
    }
    var wrapped: [String] = []
    let margin = min(4 + key.indent.utf8.count, width / 4)
    for line in safeText.split(separator: "\n", omittingEmptySubsequences: false) {
      wrapped += DetailWrap.words(String(line), width: width - margin)
    }
    while wrapped.last?.isEmpty == true { wrapped.removeLast() }
    let isLong = wrapped.count > Self.block
    let isFolded = (self.isFolded ?? isLong) != toggled.contains(path)
    var head = DetailLine([
      .init(text: key.head(fold(isFolded && isLong, has: isLong)), tone: .dim)
    ])
    if isLong {
      head.fold = path
      head.spans.append(.init(text: "  \(wrapped.count) lines", tone: .dim))
    }
    lines.append(head)
    let shown = isLong && isFolded ? Array(wrapped.prefix(8)) : wrapped
    let space = String(repeating: " ", count: margin)
    for line in shown { lines.append(DetailLine(space + line)) }
    if shown.count < wrapped.count {
      var more = DetailLine(space + "… \(wrapped.count - shown.count) more lines", .dim)
      more.fold = path
      lines.append(more)
    }
  }

  private mutating func tree(
    _ key: Key, _ value: JSONValue, path: String, depth: Int, note: String?
  ) {
    if let table = DetailTable(value) {
      lines.append(
        DetailLine([
          .init(text: key.head("  "), tone: .dim),
          .init(text: "  \(table.rowCount) row\(table.rowCount == 1 ? "" : "s")", tone: .dim),
        ]))
      for (index, line) in table.lines.enumerated() {
        lines.append(DetailLine(key.indent + "    " + line, index == 0 ? .strong : .plain))
      }
      return
    }
    let count = value.array?.count ?? value.members?.count ?? 0
    guard count > 0 else { return pair(key, value.array == nil ? "{}" : "[]", .dim) }
    let isBig = Self.size(value, limit: 24) >= 24 || depth >= 6 || path == "source"
    let isFolded = (self.isFolded ?? isBig) != toggled.contains(path)
    var head = DetailLine([.init(text: key.head(fold(isFolded, has: true)) + "  ", tone: .dim)])
    head.fold = path
    let what = value.array == nil ? "{\(count)}" : "[\(count)]"
    head.spans.append(.init(text: note.map { what + " " + $0 } ?? what, tone: .dim))
    if isFolded {
      let room = width - DisplayWidth.of(head.spans.map(\.text).joined()) - 2
      if room > 8 {
        let text = DisplayWidth.truncate(safe(EventWords.flat(value)), to: room)
        head.spans.append(.init(text: "  " + text, tone: .plain))
      }
    }
    lines.append(head)
    guard !isFolded, depth < 24 else { return }
    if let members = value.members {
      for member in members.prefix(500) {
        field(member.name, member.value, path: path + "." + member.name, depth: depth + 1)
      }
    } else {
      for (index, item) in (value.array ?? []).prefix(500).enumerated() {
        field("\(index)", item, path: path + "[\(index)]", depth: depth + 1)
      }
    }
    if count > 500 { lines.append(DetailLine("  … \(count - 500) more", .dim)) }
  }

  private func fold(_ isFolded: Bool, has: Bool) -> String { has ? (isFolded ? "▸ " : "▾ ") : "  " }

  private mutating func pair(_ key: Key, _ text: String, _ tone: Tone) {
    pair(key.indent + key.name, text, tone)
  }

  private mutating func pair(_ key: String, _ text: String, _ tone: Tone) {
    let head = DisplayWidth.pad("  " + key, to: Self.keyWidth + 1, .left) + " "
    lines.append(DetailLine([.init(text: head, tone: .dim), .init(text: text, tone: tone)]))
  }

  private mutating func wrapped(_ key: String, _ text: String, _ tone: Tone) {
    let parts = DetailWrap.words(text, width: max(8, width - Self.keyWidth - 2))
    for (index, part) in parts.enumerated() { pair(index == 0 ? key : "", part, tone) }
  }

  private func safe(_ text: String) -> String { TerminalText.line(text, limit: 4096) }

  /// JSON written into a text, as many tools hand it on.
  private static func json(in text: String) -> JSONValue? {
    guard let first = text.utf8.first, first == 0x7B || first == 0x5B, text.utf8.count < 256 << 10
    else { return nil }
    do {
      let value = try JSONValue(parsing: Array(text.utf8))
      return (value.members?.isEmpty ?? value.array?.isEmpty ?? true) ? nil : value
    } catch { return nil }
  }

  /// Lines a value takes when all of it is open, counted up to a limit.
  private static func size(_ value: JSONValue, limit: Int) -> Int {
    var count = 0
    for inner in value.array ?? value.members?.map(\.value) ?? [] {
      count += 1 + size(inner, limit: limit - count)
      if count >= limit { break }
    }
    if let text = value.string { count += text.utf8.count / 60 }
    return count
  }
}

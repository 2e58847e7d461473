internal import Text

/// What a viewer types below the session: a place, a command, a text to look for.
struct Prompt: Sendable {
  enum Kind: Sendable, Equatable { case command, search, searchBack }

  private static let limit = 200

  let kind: Kind
  private(set) var text: [Unicode.Scalar] = []
  private(set) var cursor = 0
  private var history: [String]
  private var recalled: Int

  init(_ kind: Kind, history: [String]) {
    self.kind = kind
    self.history = history
    recalled = history.count
  }

  var string: String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: text)
    return String(view)
  }

  var lead: String {
    switch kind {
    case .command: ":"
    case .search: "/"
    case .searchBack: "\\"
    }
  }

  /// What is typed, safe and without its beginning where it is longer than so many columns; and where
  /// the cursor stands in it.
  func shown(columns: Int) -> (text: String, cursor: Int) {
    let room = max(1, columns - 2)
    var start = 0
    func width(_ range: Range<Int>) -> Int {
      text[range].reduce(0) { $0 + DisplayWidth.of(TerminalText.line(String(Character($1)))) }
    }
    while start < cursor, width(start..<cursor) > room { start += 1 }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: text[start...])
    return (lead + TerminalText.line(String(view)), 1 + width(start..<cursor))
  }

  enum Outcome: Sendable, Equatable { case open, cancelled, entered(String) }

  mutating func press(_ key: Key) -> Outcome {
    switch key {
    case .character(let letter): insert([Unicode.Scalar(letter)])
    case .scalar(let scalar): insert([scalar])
    case .paste(let text):
      insert(Array(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
    case .backspace:
      guard !text.isEmpty else { return .cancelled }
      if cursor > 0 {
        cursor -= 1
        text.remove(at: cursor)
      }
    case .delete: if cursor < text.count { text.remove(at: cursor) }
    case .left: cursor = max(0, cursor - 1)
    case .right: cursor = min(text.count, cursor + 1)
    case .home, .control(UInt8(ascii: "a")): cursor = 0
    case .end, .control(UInt8(ascii: "e")): cursor = text.count
    case .control(UInt8(ascii: "u")):
      text.removeFirst(cursor)
      cursor = 0
    case .control(UInt8(ascii: "w")): eraseWord()
    case .up: recall(-1)
    case .down: recall(1)
    case .enter: return .entered(string)
    case .escape, .control(UInt8(ascii: "g")): return .cancelled
    default: break
    }
    return .open
  }

  mutating func replace(with string: String) {
    text = Array(string.unicodeScalars.prefix(Self.limit))
    cursor = text.count
  }

  private mutating func insert(_ scalars: [Unicode.Scalar]) {
    let room = max(0, Self.limit - text.count)
    let taken = scalars.prefix(room)
    text.insert(contentsOf: taken, at: cursor)
    cursor += taken.count
  }

  private mutating func eraseWord() {
    var start = cursor
    while start > 0, text[start - 1] == " " { start -= 1 }
    while start > 0, text[start - 1] != " " { start -= 1 }
    text.removeSubrange(start..<cursor)
    cursor = start
  }

  private mutating func recall(_ step: Int) {
    recalled = min(max(0, recalled + step), history.count)
    replace(with: recalled < history.count ? history[recalled] : "")
  }
}

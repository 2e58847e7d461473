internal import Platform
internal import Terminal

/// What one terminal session showed and what was typed in it, found by drawing it.
///
/// A line counts once it stood complete: when the cursor left it, when the screen was about to be cleared, when
/// another second passed before it changed, or when the session ended. Every rule looks at what came before
/// alone, so that a session read in pieces gives the same lines as one read whole. Full-screen programs repaint all
/// the time: of them whole screens are taken, ever more seldom the more they gave already.
struct ShownLines {
  /// One text, and the line of the session after which it stood on the screen.
  struct Shown: Sendable, Equatable {
    var sequence: UInt64
    /// Microseconds since line 0.
    var time: UInt64
    var text: String
  }

  private(set) var shown: [Shown] = []
  private(set) var commands: [TypedCommand] = []
  /// Lines that a limit left out.
  private(set) var cut: UInt64 = 0
  /// Places where something was sent that a person did not see, or saw as something else.
  private(set) var hidden: UInt64 = 0

  private var terminal: VirtualTerminal
  private var finder = CommandFinder()
  private var known: Set<UInt64> = []
  private var bytes = 0
  private var sequence: UInt64 = 0
  private var time: UInt64 = 0
  private var place: Place { Place(sequence: sequence, time: time) }
  /// What is fed next belongs to what was fed before it: nobody saw the screen in between.
  private var goesOn = false
  /// The row under the cursor holds text that was not taken yet, last changed by this line.
  private var pending: Place?
  private var nextFullScreen: UInt64 = 0
  private var fullScreenLines = 0

  private struct Place {
    var sequence: UInt64
    var time: UInt64
  }

  /// Different lines of one session, and their bytes.
  static let lineLimit = 50_000
  static let byteLimit = 8 << 20
  /// A pause that lets a person read, µs.
  private static let pause: UInt64 = 1_000_000

  init(columns: Int, rows: Int) {
    terminal = VirtualTerminal(columns: columns, rows: rows, scrollbackLimit: 0)
  }

  mutating func resize(columns: Int, rows: Int) {
    takeAll()
    terminal.resize(columns: columns, rows: rows)
  }

  /// What was typed, where the recording holds it.
  mutating func typed(_ bytes: Span<UInt8>, sequence: UInt64) {
    finder.typed(bytes, sequence: sequence)
  }

  /// The session ended: what stands is what was last seen.
  mutating func end() { takeAll() }

  /// Feeds one output event, in pieces none of which can push a line off the screen unseen.
  mutating func feed(_ data: Span<UInt8>, sequence: UInt64, time: UInt64) {
    if time >= self.time &+ Self.pause { pauseBefore(time) }
    self.sequence = sequence
    self.time = time
    goesOn = false
    let rows = max(2, terminal.rows)
    var start = 0
    var index = 0
    var feeds = 0
    while index < data.count {
      let byte = data[index]
      if byte == 0x0A || byte == 0x0D, finder.isWaiting {
        // The line as it stood when Enter was pressed.
        feed(data, &start, index)
        enter()
        continue
      }
      if byte == 0x0A {
        if pending != nil {
          feed(data, &start, index)
          takePending()
          goesOn = false
        }
        feeds += 1
        if feeds >= rows - 1 {
          feed(data, &start, index + 1)
          feeds = 0
          goesOn = false
        }
      } else if byte == 0x1B {
        switch Mark(data, at: index) {
        case .clears:
          feed(data, &start, index)
          terminal.isAlternateScreen ? takeFullScreen(force: false) : takeAll()
        case .leaves:
          feed(data, &start, index)
          terminal.isAlternateScreen ? takeFullScreen(force: true) : takeAll()
        case .shell(let mark, let code):
          feed(data, &start, index)
          heed(mark, code)
        case nil: break
        }
      }
      index += 1
    }
    feed(data, &start, data.count)
    countHidden()
    if terminal.isAlternateScreen {
      takeFullScreen(force: false)
    } else {
      finder.look(at: terminal, sequence: sequence)
    }
  }

  private mutating func feed(_ data: Span<UInt8>, _ start: inout Int, _ end: Int) {
    guard end > start else { return }
    let piece = data.extracting(start..<end)
    goesOn ? terminal.feed(continuing: piece) : terminal.feed(piece)
    goesOn = true
    start = end
    guard !terminal.isAlternateScreen else { return }
    let cursor = terminal.cursor.row
    for row in 0..<terminal.rows where terminal.isFresh(row) {
      if row == cursor { pending = place } else { take(row, at: place) }
    }
  }

  /// Enter was pressed, or output began, where a prompt waits.
  private mutating func enter() {
    if let command = finder.entered(terminal, sequence: sequence) { commands.append(command) }
  }

  private mutating func heed(_ mark: UInt8, _ code: Int64?) {
    switch mark {
    case 0x42: finder.begin(terminal)
    case 0x43:
      if let command = finder.executed(terminal, sequence: sequence) { commands.append(command) }
    case 0x44:
      if let code, let last = commands.indices.last, commands[last].exitCode == nil {
        commands[last].exitCode = code
      }
    default: break
    }
  }

  private mutating func pauseBefore(_ moment: UInt64) {
    if terminal.isAlternateScreen {
      if moment >= nextFullScreen { takeFullScreen(force: false) }
    } else {
      takeAll()
    }
  }

  private mutating func takePending() {
    if let pending { take(terminal.cursor.row, at: pending) }
    pending = nil
  }

  private mutating func takeAll() {
    for row in 0..<terminal.rows { take(row, at: place) }
    pending = nil
  }

  private mutating func takeFullScreen(force: Bool) {
    guard force || time >= nextFullScreen else { return }
    let before = known.count
    for row in 0..<terminal.rows { take(row, at: place) }
    fullScreenLines += known.count - before
    nextFullScreen = time &+ Self.pause << UInt64(min(6, fullScreenLines / 1000))
  }

  private mutating func countHidden() {
    for content in terminal.takeHidden() where content.kind.deceives { hidden &+= 1 }
  }

  /// Takes the whole line that a row belongs to, with what it wraps from and to.
  private mutating func take(_ row: Int, at place: Place) {
    var first = row
    while first > 0, terminal.row(first - 1).isWrapped { first -= 1 }
    var text = ""
    var current = first
    while true {
      let part = terminal.row(current)
      text += part.text()
      guard part.isWrapped, current + 1 < terminal.rows else { break }
      current += 1
    }
    let trimmed = text.drop { $0 == " " }
    guard trimmed.utf8.count >= 3 else { return }
    var hasher = StableHash()
    for byte in text.utf8 { hasher.add(byte) }
    guard known.insert(hasher.value).inserted else { return }
    guard known.count <= Self.lineLimit, bytes + text.utf8.count <= Self.byteLimit else {
      cut &+= 1
      return
    }
    bytes += text.utf8.count
    shown.append(Shown(sequence: place.sequence, time: place.time, text: text))
  }

  /// What an escape sequence means for what is on the screen.
  private enum Mark {
    /// ED: part of the screen goes away.
    case clears
    /// The program changes between the two screens, or resets the terminal.
    case leaves
    /// OSC 133: the shell says where prompt, command and output begin (A, B, C, D).
    case shell(UInt8, Int64?)

    init?(_ data: Span<UInt8>, at index: Int) {
      guard index + 1 < data.count else { return nil }
      if data[index + 1] == 0x63 {
        self = .leaves
        return
      }
      if data[index + 1] == 0x5D, index + 6 < data.count,
        FieldScanner.equals(data, index + 2..<index + 6, "133;")
      {
        var code: Int64?
        var place = index + 7
        if place < data.count, data[place] == 0x3B {
          place += 1
          while place < data.count, (0x30...0x39).contains(data[place]), place < index + 20 {
            code = (code ?? 0) * 10 + Int64(data[place] - 0x30)
            place += 1
          }
        }
        self = .shell(data[index + 6], code)
        return
      }
      guard data[index + 1] == 0x5B else { return nil }
      var place = index + 2
      while place < data.count, (0x30...0x3F).contains(data[place]), place < index + 12 {
        place += 1
      }
      guard place < data.count else { return nil }
      if data[place] == 0x4A {
        self = .clears
      } else if data[place] == 0x68 || data[place] == 0x6C, data[index + 2] == 0x3F,
        FieldScanner.equals(data, index + 3..<place, "1049")
          || FieldScanner.equals(data, index + 3..<place, "1047")
          || FieldScanner.equals(data, index + 3..<place, "47")
      {
        self = .leaves
      } else {
        return nil
      }
    }
  }
}

extension HiddenContent.Kind {
  /// True for what is there to be overlooked; ordinary programs set titles, ask the terminal what it is, define keys
  /// and notify.
  var deceives: Bool {
    switch self {
    case .concealed, .sameColor, .overwritten, .clipboardWrite, .clipboardQuery, .titleQuery,
      .linkMismatch, .linkScheme, .bidi, .tags, .zeroWidth, .mixedScript, .mediaCopy:
      true
    case .title, .query, .definition, .string, .notification: false
    }
  }
}

/// FNV-1a, 64 bits: the same in every process.
///
/// Whoever makes two lines meet hides one of them from the search alone; the recording shows both.
struct StableHash {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325
  mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
}

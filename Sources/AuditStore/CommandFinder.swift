internal import Terminal

/// A command line that was found in what a terminal showed and what was typed.
struct TypedCommand: Sendable, Equatable {
  /// The line of the session at which it was entered.
  var sequence: UInt64
  var text: String
  /// Percent: 95 where the shell itself marks it (OSC 133), 90 where what was typed is what stands behind the
  /// prompt, 75 where something was typed, 60 where only the prompt's look tells.
  var confidence: Int64
  var exitCode: Int64?
}

/// Tells commands from other lines: by the shell's own marks, by what was typed, or by how a prompt looks.
struct CommandFinder {
  /// The text up to the cursor when the terminal came to rest: a prompt, if it looks like one.
  private var prompt: String?
  /// Row of the prompt's line, and column behind it.
  private var place = (row: 0, column: 0)
  private var isMarked = false
  /// Printable text typed since the prompt, and the line of the Enter.
  private var typed = ""
  private var typedAny = false
  private var entered: UInt64?

  /// A command may be being typed.
  var isWaiting: Bool { prompt != nil && !isMarked }

  /// The longest command that is kept.
  private static let limit = 8192

  mutating func typed(_ bytes: Span<UInt8>, sequence: UInt64) {
    for index in 0..<bytes.count {
      switch bytes[index] {
      case 0x0D, 0x0A: entered = sequence
      case 0x7F, 0x08:
        if !typed.isEmpty { typed.removeLast() }
      case 0x20...0x7E:
        typedAny = true
        if typed.utf8.count < Self.limit { typed.unicodeScalars.append(.init(bytes[index])) }
      default: typedAny = true
      }
    }
  }

  /// Looks for a prompt before the cursor, where the terminal rests after an event.
  mutating func look(at terminal: borrowing VirtualTerminal, sequence: UInt64) {
    guard prompt == nil, !isMarked, let text = terminal.prompt else { return }
    prompt = text
    place = (terminal.cursor.row, terminal.cursor.column)
    typed = ""
    typedAny = false
    entered = nil
  }

  /// A line ends while a prompt waits: what stands behind it is the command.
  mutating func entered(_ terminal: borrowing VirtualTerminal, sequence: UInt64) -> TypedCommand? {
    defer { prompt = nil }
    guard let prompt else { return nil }
    let cursor = terminal.cursor
    // The line may have wrapped: it begins at the prompt's row, or above where the screen scrolled.
    var row = cursor.row
    while row > 0, terminal.row(row - 1).isWrapped { row -= 1 }
    var text = Self.line(terminal, from: row)
    guard text.hasPrefix(prompt) else { return nil }
    text.removeFirst(prompt.count)
    return finish(text, sequence: sequence, marked: false)
  }

  /// OSC 133 ; B: behind here stands what is typed.
  mutating func begin(_ terminal: borrowing VirtualTerminal) {
    isMarked = true
    let cursor = terminal.cursor
    place = (cursor.row, cursor.column)
    prompt = terminal.text(ofRow: cursor.row, upTo: cursor.column)
    typed = ""
    typedAny = false
    entered = nil
  }

  /// OSC 133 ; C: it runs.
  mutating func executed(_ terminal: borrowing VirtualTerminal, sequence: UInt64) -> TypedCommand? {
    defer {
      isMarked = false
      prompt = nil
    }
    guard isMarked, let prompt else { return nil }
    // The mark comes after the line's end, perhaps after scrolling: the nearest line above that begins with the prompt.
    var row = terminal.cursor.row
    while row >= 0 {
      if row == 0 || !terminal.row(row - 1).isWrapped {
        var text = Self.line(terminal, from: row)
        if text.hasPrefix(prompt), text.count > prompt.count {
          text.removeFirst(prompt.count)
          return finish(text, sequence: sequence, marked: true)
        }
      }
      row -= 1
    }
    return nil
  }

  private func finish(_ text: String, sequence: UInt64, marked: Bool) -> TypedCommand? {
    var text = Substring(text)
    while text.last == " " { text.removeLast() }
    text = text.drop { $0 == " " }
    guard !text.isEmpty else { return nil }
    let wasTyped = typed.split(separator: " ") == text.split(separator: " ")
    let confidence: Int64 = marked ? 95 : wasTyped ? 90 : typedAny ? 75 : 60
    return TypedCommand(
      sequence: entered ?? sequence, text: String(text.prefix(Self.limit)), confidence: confidence)
  }

  /// A whole line from its first row on, with what it wraps to.
  private static func line(_ terminal: borrowing VirtualTerminal, from first: Int) -> String {
    var text = ""
    var row = first
    while row < terminal.rows {
      let part = terminal.row(row)
      guard part.isWrapped else {
        text += part.text()
        break
      }
      text += (0..<part.count).map { part.cell($0).text }.joined()
      row += 1
    }
    return text
  }
}

internal import Terminal
internal import Text

/// Tells at which output a command was entered: where the shell says so, or where a line ends behind a prompt.
///
/// Looks at the terminal between events, where a prompt stands and waits for somebody. A guess where only the looks tell,
/// like the index's own (schema/views.md).
///
/// Source: OSC 133 (semantic prompts).
struct CommandWatch: Sendable {
  /// Bytes of one output that are looked at: what follows an Enter begins with the end of its line.
  private static let head = 4096
  /// ESC ] 1 3 3 ; C: the command runs.
  private static let runs = LiteralFinder(
    [0x1B, 0x5D, 0x31, 0x33, 0x33, 0x3B, 0x43], folds: false)

  /// The prompt that waits.
  private var prompt: String?
  /// The Enter was recorded as input, which is where the command is told.
  private var isTold = false
  /// The shell says itself when a command runs.
  private var isMarked = false

  /// Enter stands among what was typed.
  mutating func typedEnter() { isTold = true }

  /// True if a command was entered with this output; asked before the terminal is fed.
  mutating func isEntered(_ output: Span<UInt8>, on terminal: borrowing VirtualTerminal) -> Bool {
    let head = output.extracting(0..<min(output.count, Self.head))
    if Self.runs.find(in: head, from: 0) != nil {
      isMarked = true
      return end()
    }
    guard let prompt, !isMarked, let feed = Self.lineFeed(head) else { return false }
    let cursor = terminal.cursor.row
    let row = terminal.row(cursor)
    let isContinued = cursor > 0 && terminal.row(cursor - 1).isWrapped
    // What was typed stands behind the prompt already, or comes with the end of its line.
    let behind = row.text().dropFirst(prompt.count)
    let comes = feed > 0 && (head[0] > 0x20 && head[0] != 0x7F)
    let isTyped = isContinued || comes || behind.contains { $0 != " " }
    return end() && isTyped
  }

  /// Looks where the terminal rests after an output.
  mutating func look(at terminal: borrowing VirtualTerminal) {
    guard !isMarked, !terminal.isAlternateScreen, let found = terminal.prompt else { return }
    prompt = found
    isTold = false
  }

  /// The prompt no longer waits; false if the command is told elsewhere.
  private mutating func end() -> Bool {
    defer { (prompt, isTold) = (nil, false) }
    return !isTold
  }

  private static func lineFeed(_ bytes: Span<UInt8>) -> Int? {
    for index in 0..<bytes.count where bytes[index] == 0x0A { return index }
    return nil
  }
}

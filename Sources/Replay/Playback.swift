package import SessionLog
package import Terminal

/// Plays a recording forward, line by line, up to a place: for results without a person.
package struct Playback: Sendable {
  private let until: ReplayPoint?
  private let scrollbackLimit: Int
  private var payload: [UInt8] = []
  private var dropped: UInt64 = 0

  /// What line 0 said; nil until it came, and where it is withheld.
  package private(set) var start: SessionStart?
  package private(set) var terminal: VirtualTerminal
  /// The last event played; -1 before the first.
  package private(set) var event = -1
  package private(set) var time: UInt64 = 0
  /// All up to `until` was played.
  package private(set) var isOver = false
  /// Keep a note of whether each event changes the screen: costs a little.
  package var watchesScreen = false
  /// The last event changed the screen.
  package private(set) var hasChanged = false

  /// `until` is the last event or moment that counts; a share of the session must be turned into one of them before.
  package init(until: ReplayPoint? = nil, scrollback: Int = 10_000) {
    self.until = until
    scrollbackLimit = scrollback
    terminal = VirtualTerminal(columns: 80, rows: 24, scrollbackLimit: scrollback)
  }

  /// True for a recording that has a screen; known once line 0 came.
  package var isTerminal: Bool { start.map(\.isTerminal) ?? true }

  /// Plays the next line; false once the place is reached and the line lies behind it.
  package mutating func take(_ line: Span<UInt8>) -> Bool {
    guard !isOver else { return false }
    let header = LineHeader(line)
    if until?.isPassed(by: event + 1, at: header?.time) == true {
      isOver = true
      return false
    }
    event += 1
    hasChanged = false
    guard let header else { return true }
    time = header.time
    if event == 0 { begin(line) }
    let kind = Recording.kind(header, line)
    guard kind == .output || kind == .resize else { return true }
    let mark = watchesScreen ? terminal.mark : nil
    _ = Stage.apply(line, kind, to: &terminal, &payload)
    if let mark { hasChanged = !terminal.shows(mark) }
    return true
  }

  /// Findings of hidden content since the last call, and how many more had no room.
  package mutating func takeHidden() -> (found: [HiddenContent], dropped: UInt64) {
    let found = terminal.takeHidden()
    defer { dropped = terminal.hiddenDropped }
    return (found, terminal.hiddenDropped &- dropped)
  }

  private mutating func begin(_ line: Span<UInt8>) {
    do throws(JSONFault) { start = try SessionStart(parsing: line) } catch { return }
    terminal = VirtualTerminal(
      columns: start?.columns ?? 80, rows: start?.rows ?? 24, scrollbackLimit: scrollbackLimit)
  }
}

internal import SessionLog
internal import Terminal

/// The events of a session that has no screen, one line each, the last one shown at the bottom.
struct EventList: Sendable {
  /// Lines already worded; reading and parsing them again costs more than keeping a few.
  private var lines: [Int: String] = [:]

  mutating func draw(
    on frame: inout Frame, rows: Int, column: Int, event: Int, of recording: inout Recording
  ) throws(SessionLogFailure) {
    if lines.count > 2000 { lines = [:] }
    let first = max(0, event - rows + 1)
    guard event < recording.timeline.count else { return }
    for number in first...max(first, event) {
      let line: String
      if let known = lines[number] {
        line = known
      } else {
        line = EventSummary.line(try recording.line(number), number: number)
        lines[number] = line
      }
      var style = Style.plain
      if number == event { style.attributes = [.bold] }
      let shown = column > 0 ? String(line.dropFirst(column)) : line
      frame.put(number == event ? "▸ " : "  ", row: number - first, column: 0, style: style)
      frame.put(shown, row: number - first, column: 2, style: style)
    }
    frame.cursor = nil
  }
}

internal import Text

/// One line that is redrawn in place, at most ten times a second.
struct ProgressLine: Sendable {
  private static let interval: Int64 = 100_000
  /// Tasks shorter than this show nothing.
  private static let patience: Int64 = 300_000

  private var started: Int64?
  private var shown: Int64?

  /// Returns what to print, or nil where it is not yet time.
  ///
  /// - Parameter now: microseconds of a clock that does not step.
  mutating func update(
    _ label: String, _ done: Int64, _ total: Int64?, width: Int, now: Int64
  ) -> String? {
    let started = self.started ?? now
    self.started = started
    guard now &- started >= Self.patience, now &- (shown ?? .min / 2) >= Self.interval else {
      return nil
    }
    shown = now
    let line = Self.line(label, done, total, elapsed: now &- started, width: width)
    return "\r" + line + "\u{1B}[K"
  }

  /// Returns what takes the line away, or nil where none is shown.
  mutating func erase() -> String? {
    guard shown != nil else { return nil }
    (shown, started) = (nil, nil)
    return "\r\u{1B}[K"
  }

  static func line(
    _ label: String, _ done: Int64, _ total: Int64?, elapsed: Int64, width: Int
  ) -> String {
    var line = TerminalText.line(label, limit: 60)
    if let total, total > 0 {
      let share = min(max(Double(done) / Double(total), 0), 1)
      let cells = 20
      let full = Int(share * Double(cells))
      line += "  " + String(repeating: "█", count: full)
      line += String(repeating: "░", count: cells - full)
      line += "  \(Int(share * 100)) %  \(done)/\(total)"
    } else {
      line += "  \(done)"
    }
    line += "  " + DurationText.text(microseconds: elapsed / 1_000_000 * 1_000_000)
    return DisplayWidth.truncate(line, to: max(width - 1, 1))
  }
}

internal import SessionLog
internal import Terminal
internal import Text

/// What the last row says, whatever happens above it.
struct StatusLine: Sendable, Equatable {
  var isPlaying = false
  var position: UInt64 = 0
  var duration: UInt64 = 0
  /// The session's end is not known yet.
  var isGrowing = false
  var event = 0
  var lastEvent = 0
  var eventType = ""
  var speed = 1.0
  var agent = ""
  var verification = Verification.checking
  /// Share read so far, while it is read.
  var progress = 1.0
  /// Takes the place of everything but the verification: a prompt or a message.
  var notice: String?

  private struct Part {
    var text: String
    /// The lowest goes first when there is no room.
    var rank: Int
  }

  /// Draws the line over row `row`; the recorded agent and type pass the encoder in `Frame.put`.
  func draw(on frame: inout Frame, row: Int) {
    var style = Style.plain
    style.attributes = .inverse
    frame.fill(row: row, from: 0, to: frame.columns, style: style)
    var verdict = style
    verdict.attributes.insert(.bold)
    switch verification {
    case .damaged: verdict.foreground = .indexed(1)
    case .noLog, .open, .recovered, .unknown, .foreign: verdict.foreground = .indexed(3)
    case .verified, .live: verdict.foreground = .indexed(2)
    case .checking: break
    }
    let word = " " + verificationText + " "
    let wordWidth = min(DisplayWidth.of(word), frame.columns)
    frame.put(word, row: row, column: frame.columns - wordWidth, style: verdict)
    let room = frame.columns - wordWidth
    guard room > 2 else { return }
    frame.put(
      notice.map { " " + $0 } ?? text(fitting: room), row: row, column: 0, width: room,
      style: style)
  }

  private var verificationText: String {
    guard verification == .checking, progress < 1 else { return verification.text }
    return "CHECKING \(Int(progress * 100))%"
  }

  private func text(fitting room: Int) -> String {
    var parts = [
      Part(
        text: " " + (isPlaying ? "▶" : "⏸") + " " + ClockText.text(position) + " / "
          + ClockText.text(duration) + (isGrowing ? "+" : ""), rank: 9),
      Part(text: "#\(event)/\(lastEvent)" + (isGrowing ? "+" : ""), rank: 8),
      Part(text: Self.speedText(speed), rank: speed == 1 ? 3 : 7),
      Part(text: TerminalText.line(agent, limit: 40), rank: 5),
      Part(text: TerminalText.line(eventType, limit: 40), rank: 4),
      Part(text: "?: help", rank: 2),
    ].filter { !$0.text.isEmpty }
    func joined() -> String { parts.map(\.text).joined(separator: "  ") }
    while parts.count > 1, DisplayWidth.of(joined()) > room {
      guard let least = parts.indices.min(by: { parts[$0].rank < parts[$1].rank }) else { break }
      parts.remove(at: least)
    }
    return joined()
  }

  static func speedText(_ speed: Double) -> String {
    let tenths = Int((speed * 100).rounded())
    if tenths % 100 == 0 { return "\(tenths / 100)×" }
    var fraction = String(tenths % 100)
    if fraction.utf8.count == 1 { fraction = "0" + fraction }
    if fraction.hasSuffix("0") { fraction.removeLast() }
    return "\(tenths / 100).\(fraction)×"
  }
}

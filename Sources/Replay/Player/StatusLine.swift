internal import SessionLog
internal import Terminal
internal import Text

/// What the last rows say, whatever happens above them.
struct StatusLine: Sendable, Equatable {
  var isPlaying = false
  var clock = ClockStyle()
  var position: UInt64 = 0
  var duration: UInt64 = 0
  /// The session's end is not known yet.
  var isGrowing = false
  var event = 0
  var lastEvent = 0
  var label = ""
  var speed = 1.0
  var idleLimit: UInt64?
  var loops = false
  var follows = false
  var identity = IdentityWords(nil)
  var kind = ""
  var verification = Verification.checking
  /// Share read so far, while it is read.
  var progress = 1.0
  /// Something is said beside the verification's place: a prompt or a message.
  var notice: String?

  private struct Part {
    var text: String
    /// The lowest goes first when there is no room.
    var rank: Int
  }

  private static let bar: Style = {
    var style = Style.plain
    style.attributes = .inverse
    return style
  }()

  /// Draws over `rows` rows; recorded text passes the encoder in `Frame.put`.
  func draw(on frame: inout Frame, row first: Int, rows: Int) {
    guard rows > 0 else { return }
    for row in first..<first + rows {
      frame.fill(row: row, from: 0, to: frame.columns, style: Self.bar)
    }
    if rows > 1 {
      let who = DisplayWidth.of(TerminalText.line(identity.text)) + 2
      let whole = " " + TerminalText.line(kind, limit: 40) + " "
      // Who acted counts more than which session it is.
      let right = who + whole.utf8.count <= frame.columns ? whole : ""
      let width = DisplayWidth.of(right)
      let room = frame.columns - width
      if !right.isEmpty {
        frame.put(right, row: first, column: room, width: width, style: Self.bar)
      }
      var bold = Self.bar
      bold.attributes.insert(.bold)
      frame.put(
        " " + identity.text(fitting: room - 2), row: first, column: 0, width: room, style: bold)
    }
    draw(on: &frame, row: first + rows - 1)
  }

  /// The row that is always there.
  private func draw(on frame: inout Frame, row: Int) {
    var verdict = Self.bar
    verdict.attributes.insert(.bold)
    switch verification {
    case .damaged: verdict.foreground = .indexed(1)
    case .noLog, .open, .recovered, .unknown, .foreign: verdict.foreground = .indexed(3)
    case .verified, .live: verdict.foreground = .indexed(2)
    case .checking: break
    }
    let word = " " + verificationText + " "
    let wordWidth = min(DisplayWidth.of(word), frame.columns)
    frame.put(word, row: row, column: frame.columns - wordWidth, width: wordWidth, style: verdict)
    let room = frame.columns - wordWidth
    guard room > 2 else { return }
    frame.put(
      notice.map { " " + $0 } ?? text(fitting: room), row: row, column: 0, width: room,
      style: Self.bar)
  }

  private var verificationText: String {
    guard verification == .checking, progress < 1 else { return verification.text }
    return "CHECKING \(Int(progress * 100))%"
  }

  private func text(fitting room: Int) -> String {
    let time = " " + (isPlaying ? "▶" : "⏸") + " " + clock.text(position, millis: false)
    let whole = clock.text(duration, millis: false)
    var parts = [
      Part(text: time, rank: 11),
      Part(text: "/ " + whole + (isGrowing ? "+" : ""), rank: 9),
      Part(text: "#\(event)/\(lastEvent)" + (isGrowing ? "+" : ""), rank: 8),
      Part(text: Self.speedText(speed), rank: speed == 1 ? 3 : 7),
      Part(text: idleLimit.map { "waits ≤" + Self.seconds($0) } ?? "", rank: 6),
      Part(text: loops ? "loop" : "", rank: 5), Part(text: follows ? "follow" : "", rank: 5),
      Part(text: TerminalText.line(label, limit: 40), rank: 4),
      Part(text: "?: help", rank: 2),
    ].filter { !$0.text.isEmpty }
    func joined() -> String {
      parts.reduce("") {
        $0 + ($0.isEmpty || $1.text.hasPrefix("/") ? "" : " ") + ($0.isEmpty ? "" : " ") + $1.text
      }
    }
    while parts.count > 1, DisplayWidth.of(joined()) > room {
      guard let least = parts.indices.min(by: { parts[$0].rank < parts[$1].rank }) else { break }
      parts.remove(at: least)
    }
    return joined()
  }

  private static func seconds(_ microseconds: UInt64) -> String {
    let tenths = microseconds / 100_000
    return tenths % 10 == 0 ? "\(tenths / 10)s" : "\(tenths / 10).\(tenths % 10)s"
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

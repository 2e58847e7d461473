internal import Terminal

/// The keys, over the picture; in pages where the window is too low for all of them.
struct HelpScreen: Sendable {
  private static let keys: [(String, String)] = [
    ("space", "pause, play"),
    (". ,", "one event on, back"),
    ("← →", "5 seconds back, on"),
    ("[ ]", "10 % back, on"),
    ("0-9", "to that tenth"),
    ("g G", "start, end"),
    (":", "go to 1:23, 12.5s, 50%, #57"),
    ("< >", "half, double speed"),
    ("=", "speed 1"),
    ("↑ ↓ h j k l", "move the window"),
    ("c", "window follows the cursor"),
    ("ctrl-l", "draw anew"),
    ("?", "help, next page"),
    ("q ctrl-c", "quit"),
  ]
  private static let keyWidth = 13
  private static let width = 44

  static func pages(paneRows: Int) -> Int {
    let room = max(1, paneRows - 2)
    return (keys.count + room - 1) / room
  }

  static func draw(page: Int, on frame: inout Frame, paneRows: Int) {
    let room = max(1, paneRows - 2)
    let shown = keys.dropFirst(page * room).prefix(room)
    let width = min(Self.width, frame.columns)
    let left = max(0, (frame.columns - width) / 2)
    let top = max(0, (paneRows - shown.count - 2) / 2)
    var style = Style.plain
    style.attributes = .inverse
    var bold = style
    bold.attributes.insert(.bold)
    for row in top..<min(paneRows, top + shown.count + 2) {
      frame.fill(row: row, from: left, to: left + width, style: style)
    }
    let count = pages(paneRows: paneRows)
    frame.put(
      count > 1 ? "Keys, page \(page + 1) of \(count)" : "Keys", row: top, column: left + 1,
      width: width - 2, style: bold)
    for (line, (key, says)) in shown.enumerated() {
      let row = top + 1 + line
      guard row < paneRows else { break }
      frame.put(key, row: row, column: left + 2, width: keyWidth - 1, style: bold)
      frame.put(
        says, row: row, column: left + 2 + keyWidth, width: width - keyWidth - 3, style: style)
    }
    frame.cursor = nil
  }
}

/// What a viewer can ask of the player, by a key, a word of the command line, or the mouse.
package enum Action: Sendable, Hashable {
  /// What `next` and `previous` look for.
  package enum Target: String, Sendable, Hashable, CaseIterable {
    case event, change, command, decision, denial, approval, mask, gap, hidden, marker, hit

    /// The thing in the viewer's words, for "no further …".
    var words: String {
      switch self {
      case .event: "event"
      case .change: "change of the screen"
      case .command: "command"
      case .decision: "policy decision"
      case .denial: "denial"
      case .approval: "approval"
      case .mask: "masking"
      case .gap: "gap"
      case .hidden: "hidden content"
      case .marker: "marker"
      case .hit: "hit"
      }
    }
  }

  package enum Direction: Sendable, Hashable { case up, down, left, right }

  case play, slower, faster, normalSpeed, idle, loop, follow
  case next(Target), previous(Target)
  case secondsOn, secondsBack, tenthOn, tenthBack
  /// To so many tenths of the session.
  case share(Int)
  case first, last
  case commandLine, search, searchBack
  case move(Direction), pageUp, pageDown
  case cursor, focusNext, focusPrevious, events, allEvents, open, zoom, larger, smaller
  case raw, fold, clock, mouse, redraw, help, back, suspend, quit
}

/// One line of the key table: what the help, the manual page, the command line and the tests share.
package struct KeyRow: Sendable {
  package enum Group: String, Sendable, CaseIterable {
    case play = "Play"
    case steps = "Steps, forward and back"
    case jumps = "Jumps"
    case search = "Search"
    case panes = "Panes"
    case other = "Other"
  }

  package struct Binding: Sendable {
    package var key: Key
    package var action: Action
  }

  package var group: Group
  /// The keys as the help writes them.
  package var keys: String
  package var says: String
  package var bindings: [Binding]
  /// Words of the command line that do the same.
  package var words: [(word: String, action: Action)]
}

/// Every key there is.
package enum KeyTable {
  package static let rows: [KeyRow] =
    [
      row(.play, "space", "play, pause", [(c(" "), .play, "play")]),
      row(
        .play, "< >", "half, double speed: 0.1 to 64",
        [(c("<"), .slower, "slower"), (c(">"), .faster, "faster")]),
      row(.play, "=", "speed 1", [(c("="), .normalSpeed, "normal")]),
      row(.play, "i", "longest wait: all of it, 5, 2, 1, 0.5 s", [(c("i"), .idle, "shorten")]),
      row(.play, "L", "loop: begin again at the end", [(c("L"), .loop, "loop")]),
      row(.play, "F", "follow the end of a live session", [(c("F"), .follow, "follow")]),
    ]
    + [
      pair(".", ",", .event, "event"), pair("s", "S", .change, "change of the screen"),
      pair("c", "C", .command, "command or request"),
      pair("p", "P", .decision, "decision of the policy"),
      pair("d", "D", .denial, "denial"), pair("a", "A", .approval, "approval"),
      pair("m", "M", .mask, "masking"), pair("u", "U", .gap, "gap: unrecorded"),
      pair("x", "X", .hidden, "hidden content"), pair("]", "[", .marker, "marker"),
    ]
    + [
      row(
        .jumps, "→ ←", "5 seconds on, back",
        [(.right, .secondsOn, "on"), (.left, .secondsBack, "back")]),
      row(
        .jumps, "shift-→ ←", "10 % on, back",
        [(.shiftRight, .tenthOn, "tenth-on"), (.shiftLeft, .tenthBack, "tenth-back")]),
      KeyRow(
        group: .jumps, keys: "0-9", says: "to that tenth of the session",
        bindings: (0...9).map {
          KeyRow.Binding(key: .character(UInt8($0) + 0x30), action: .share($0))
        }, words: []),
      row(
        .jumps, "g G", "to the start, the end; also home, end",
        [(c("g"), .first, "start"), (c("G"), .last, "end"), (.home, .first, ""), (.end, .last, "")]),
      row(
        .jumps, ":", "to 1:23, 12.5s, 50%, #57; or a command, tab completes",
        [(c(":"), .commandLine, "")]),
      row(
        .search, "/ \\", "search text on, back: a regular expression",
        [(c("/"), .search, ""), (c("\\"), .searchBack, "")]),
      row(
        .search, "n N", "next, previous hit",
        [(c("n"), .next(.hit), "next-hit"), (c("N"), .previous(.hit), "previous-hit")]),
      row(
        .panes, "tab", "next pane; shift-tab the one before",
        [(.tab, .focusNext, "pane"), (.backTab, .focusPrevious, "")]),
      row(
        .panes, "↑ ↓ k j", "move in the pane, page up and down a page",
        [
          (.up, .move(.up), ""), (.down, .move(.down), ""), (c("k"), .move(.up), ""),
          (c("j"), .move(.down), ""), (.pageUp, .pageUp, ""), (.pageDown, .pageDown, ""),
          (.control(UInt8(ascii: "b")), .pageUp, ""), (.control(UInt8(ascii: "f")), .pageDown, ""),
        ]),
      row(
        .panes, "h l", "move to the left, right",
        [(c("h"), .move(.left), ""), (c("l"), .move(.right), "")]),
      row(.panes, "e", "events, or not", [(c("e"), .events, "events")]),
      row(
        .panes, "E", "list all events, or without output", [(c("E"), .allEvents, "all-events")]),
      row(
        .panes, "enter", "details of the event; fold a line", [(.enter, .open, "details")]),
      row(.panes, "r", "raw: the event's bytes, escaped", [(c("r"), .raw, "raw")]),
      row(.panes, "f", "fold, unfold all of the details", [(c("f"), .fold, "fold")]),
      row(.panes, "z", "this pane alone, or all", [(c("z"), .zoom, "zoom")]),
      row(
        .panes, "+ -", "this pane larger, smaller",
        [(c("+"), .larger, "larger"), (c("-"), .smaller, "smaller")]),
      row(.panes, "v", "view follows the cursor", [(c("v"), .cursor, "cursor")]),
      row(.other, "t", "time since the start, UTC", [(c("t"), .clock, "time")]),
      row(.other, "o", "mouse on, off", [(c("o"), .mouse, "mouse")]),
      row(
        .other, "? F1", "help, next page",
        [(c("?"), .help, "help"), (.function(1), .help, "")]),
      row(.other, "esc", "back: close, stop searching", [(.escape, .back, "close")]),
      row(.other, "ctrl-l", "draw anew", [(.control(UInt8(ascii: "l")), .redraw, "redraw")]),
      row(.other, "ctrl-z", "stop, as a shell does", [(.control(UInt8(ascii: "z")), .suspend, "")]),
      row(
        .other, "q ctrl-c", "quit",
        [(c("q"), .quit, "quit"), (.control(UInt8(ascii: "c")), .quit, "")]),
    ]

  /// What the mouse does, for help and manual page.
  package static let mouse =
    "Mouse: a click on the timeline goes there, on an event selects it; the wheel scrolls."

  /// All keys of a group in one paragraph, for help and manual page.
  package static func paragraph(_ group: KeyRow.Group) -> String {
    group.rawValue + ": "
      + rows.filter { $0.group == group }.map { "[" + $0.keys + "] " + $0.says }
      .joined(separator: "; ") + "."
  }

  /// What a key does.
  package static let actions: [Key: Action] = {
    var actions: [Key: Action] = [:]
    for row in rows { for binding in row.bindings { actions[binding.key] = binding.action } }
    return actions
  }()

  private static func c(_ letter: Unicode.Scalar) -> Key { .character(UInt8(ascii: letter)) }

  private static func row(
    _ group: KeyRow.Group, _ keys: String, _ says: String, _ entries: [(Key, Action, String)]
  ) -> KeyRow {
    KeyRow(
      group: group, keys: keys, says: says,
      bindings: entries.map { KeyRow.Binding(key: $0.0, action: $0.1) },
      words: entries.filter { !$0.2.isEmpty }.map { ($0.2, $0.1) })
  }

  private static func pair(
    _ on: Unicode.Scalar, _ back: Unicode.Scalar, _ target: Action.Target, _ says: String
  ) -> KeyRow {
    row(
      .steps, "\(on) \(back)", says,
      [
        (c(on), .next(target), "next-\(target.rawValue)"),
        (c(back), .previous(target), "previous-\(target.rawValue)"),
      ])
  }
}

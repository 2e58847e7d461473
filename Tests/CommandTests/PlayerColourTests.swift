import Foundation
import Replay
import Terminal
import Testing

/// The player on terminals that show all colours, some, or none: what it sends, and what is then to be seen.
///
/// Each screen is a golden with its colours (`BLACKBOX_GOLDENS=full`: at every size); `RECORD_GOLDEN=1` writes
/// what is shown now, and fails all the same.
@Suite(
  .enabled(if: OracleTmux.path != nil && Program.path != nil, "tmux or the program is missing"))
struct PlayerColourTests {
  struct Run: Sendable, CustomTestStringConvertible {
    var colours: ColourAlphabet
    var columns: Int
    var rows: Int
    var testDescription: String { "colours-\(colours)-\(columns)x\(rows)" }
  }

  static let runs: [Run] = {
    let isFull = ProcessInfo.processInfo.environment["BLACKBOX_GOLDENS"] == "full"
    let sizes = isFull || isRecording ? [(80, 24), (200, 60), (40, 12)] : [(80, 24)]
    return ColourAlphabet.allCases.flatMap { colours in
      sizes.map { Run(colours: colours, columns: $0.0, rows: $0.1) }
    }
  }()

  private static let isRecording = ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1"

  private static func golden(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Golden/player/\(name).txt")
  }

  /// Screens that have every colour the player uses itself, and those that were recorded.
  private static let steps: [PlayerScenario.Step] = [
    ("the end", "G"), ("events, a denial and what was only watched", "gedp"), ("details", "\r"),
    ("raw", "r"),
    ("a hit", "r\u{1B}g/two\r"), ("help", "?"), ("prompt", "\u{1B}:x"),
  ].map { name, keys in
    .init(
      name: name,
      presses: keys.unicodeScalars.map { key in
        switch key {
        case "\r": .key(.enter)
        case "\u{1B}": .key(.escape)
        default: .key(.character(UInt8(ascii: key)))
        }
      })
  }

  @Test(arguments: runs)
  func `each terminal shows the colours it has`(_ run: Run) async throws {
    let place = try Place()
    defer { place.remove() }
    try Data(try PlayerScenario.file(PlayerScenario.colours)).write(
      to: URL(fileURLWithPath: place.path("session.ndjson.zst")))
    let program = try #require(Program.path)
    let tmux = try OracleTmux(
      place, columns: run.columns, rows: run.rows,
      running: ["env"] + run.colours.environment + [
        program, "replay", "--paused", "./session.ndjson.zst",
      ])
    defer { tmux.stop() }
    try await tmux.wait(for: "UNVERIFIED")
    let file = Self.golden(run.testDescription)
    if Self.isRecording {
      var golden = PlayerGolden()
      for step in Self.steps {
        try press(step, tmux)
        try await Task.sleep(for: .milliseconds(150))
        try await tmux.settle()
        golden.add(step.name, try tmux.coloured(), rows: run.rows)
      }
      try golden.text().write(to: file, atomically: true, encoding: .utf8)
      Issue.record("recorded \(file.lastPathComponent); look at it and run again")
      return
    }
    let wanted = try PlayerGolden(
      reading: try String(contentsOf: file, encoding: .utf8), rows: run.rows)
    try #require(wanted.steps.map(\.name) == Self.steps.map(\.name))
    for (step, golden) in zip(Self.steps, wanted.steps) {
      try press(step, tmux)
      var shown = PlayerGolden.normal(try tmux.coloured(), rows: run.rows)
      let start = ContinuousClock.now
      while shown != golden.screen, ContinuousClock.now - start < .seconds(8) {
        try await Task.sleep(for: .milliseconds(15))
        shown = PlayerGolden.normal(try tmux.coloured(), rows: run.rows)
      }
      #expect(
        shown == golden.screen, "\(step.name): \(PlayerGolden.difference(golden.screen, shown))")
    }
  }

  /// Each escape is a key of its own.
  private func press(_ step: PlayerScenario.Step, _ tmux: OracleTmux) throws {
    for part in step.presses.split(whereSeparator: {
      if case .key(.escape) = $0 { true } else { false }
    })
    .enumerated() {
      if part.offset > 0 { try tmux.press(.init(name: "", presses: [.key(.escape)])) }
      try tmux.press(.init(name: step.name, presses: Array(part.element)))
    }
  }

  /// `replay` of the session with all colours, on a terminal that keeps each byte it is sent.
  private static func replay(
    in place: Place, _ environment: [String], _ options: [String]
  ) throws -> HostileTerminal {
    try Data(try PlayerScenario.file(PlayerScenario.colours)).write(
      to: URL(fileURLWithPath: place.path("session.ndjson.zst")))
    return try HostileTerminal(
      place, "/usr/bin/env",
      environment + [try #require(Program.path), "replay"] + options + ["./session.ndjson.zst"],
      columns: 80, rows: 24)
  }

  @Test(arguments: ColourAlphabet.allCases)
  func `what is sent has no other colours, and those it has`(_ colours: ColourAlphabet) throws {
    let place = try Place()
    defer { place.remove() }
    let terminal = try Self.replay(in: place, colours.environment, ["--paused"])
    #expect(terminal.read(until: "UNVERIFIED"))
    for keys in ["G", "g", "e", "d", "\r", "r", "r", "\u{1B}", "g/two\r", "?", " ", " ", "E", "G"] {
      terminal.press(keys)
      if keys == "\u{1B}" { terminal.read(quiet: 80) }
    }
    terminal.press("q")
    #expect(terminal.finish() == 0)
    #expect(SafeBytes.violation(terminal.written, .player) == nil)
    #expect(colours.violation(terminal.written) == nil)
    let text = String(decoding: terminal.written, as: UTF8.self)
    for wanted in colours.wanted { #expect(text.contains(wanted), "\(wanted) is not sent") }
  }

  /// The line mode, the timed mode that was asked for all the same, and every error: not one escape.
  @Test(arguments: [[], ["--timed"], ["--no-input"], ["--plain"], ["--color", "always"]])
  func `a terminal that cannot place its cursor gets no escape at all`(
    _ options: [String]
  ) throws {
    let place = try Place()
    defer { place.remove() }
    let terminal = try Self.replay(in: place, ["TERM=dumb", "COLORTERM=truecolor"], options)
    let isAsked = options != ["--plain"] && terminal.read(until: "> ")
    #expect(isAsked || options == ["--plain"])
    if isAsked {
      for word in [
        "", "p", "l", "d", "s", "r", "g #4", "/two", "\\one", "N", "next-denial", "d", "h", "w",
        "play", "nonsense", ":#3",
      ] {
        terminal.press(word + "\n")
        terminal.read(quiet: 40)
      }
      terminal.press("q\n")
    }
    #expect(terminal.finish() == 0)
    let written = terminal.written.filter { $0 != 0x0D }
    #expect(SafeBytes.violation(written, .plain) == nil)
    #expect(String(decoding: written, as: UTF8.self).contains("two"))
  }
}

/// Which colours a terminal is told to show.
enum ColourAlphabet: String, CaseIterable, Sendable, CustomStringConvertible {
  case none, sixteen, palette, direct

  var description: String { rawValue }

  var environment: [String] {
    switch self {
    case .none: ["TERM=xterm-256color", "COLORTERM=truecolor", "NO_COLOR=1"]
    case .sixteen: ["-u", "COLORTERM", "-u", "NO_COLOR", "TERM=xterm"]
    case .palette: ["-u", "COLORTERM", "-u", "NO_COLOR", "TERM=xterm-256color"]
    case .direct: ["-u", "NO_COLOR", "TERM=xterm-256color", "COLORTERM=truecolor"]
    }
  }

  /// What a session with all colours makes it send.
  var wanted: [String] {
    switch self {
    case .none: ["\u{1B}[0;7m", "\u{1B}[0;1m"]
    case .sixteen: ["\u{1B}[0;31m", "\u{1B}[0;92m", "\u{1B}[0;44m", "\u{1B}[0;103m"]
    case .palette: ["\u{1B}[0;31m", "38;5;202m", "48;5;57m"]
    case .direct: ["\u{1B}[0;31m", "38;5;202m", "38;2;255;100;0m", "48;2;1;2;3m"]
    }
  }

  /// The first rendition that such a terminal must not be sent.
  func violation(_ bytes: [UInt8]) -> String? {
    for part in String(decoding: bytes, as: UTF8.self).components(separatedBy: "\u{1B}[")
      .dropFirst()
    {
      let digits = part.prefix { $0.isASCII && ($0.isNumber || $0 == ";") }
      guard part.dropFirst(digits.count).first == "m" else { continue }
      var numbers = digits.split(separator: ";").map { Int($0) ?? -1 }[...]
      while let number = numbers.popFirst() {
        switch number {
        case 0, 1, 2, 3, 4, 5, 7, 9: continue
        case 30...37, 40...47, 90...97, 100...107: if self != .none { continue }
        case 38, 48:
          let kind = numbers.popFirst()
          let count = kind == 5 ? 1 : 3
          guard numbers.prefix(count).allSatisfy({ (0...255).contains($0) }) else { break }
          numbers = numbers.dropFirst(count)
          if kind == 5, self == .palette || self == .direct { continue }
          if kind == 2, self == .direct { continue }
        default: break
        }
        return "SGR \(digits)"
      }
    }
    return nil
  }
}

extension OracleTmux {
  /// The screen with marks where the drawing changes: `⟨1;31⟩`.
  func coloured() throws -> [String] {
    OracleCapture(try run(["capture-pane", "-p", "-e", "-N", "-t", "main"]).text).drawn
  }
}

extension OracleCapture {
  var drawn: [String] {
    rows.map { row in
      var (text, last) = ("", Style())
      for glyph in row {
        if glyph.style != last {
          text += "⟨" + Self.codes(glyph.style).map(String.init).joined(separator: ";") + "⟩"
          last = glyph.style
        }
        text.unicodeScalars.append(glyph.scalar)
      }
      return text
    }
  }

  private static func codes(_ style: Style) -> [Int] {
    let attributes: [(Attributes, Int)] = [
      (.bold, 1), (.dim, 2), (.italic, 3), (.blink, 5), (.inverse, 7), (.strike, 9),
    ]
    var codes = attributes.filter { style.attributes.contains($0.0) }.map(\.1)
    if style.underline != .none { codes.append(4) }
    for (color, base) in [(style.foreground, 30), (style.background, 40)] {
      switch color {
      case .default: break
      case .indexed(let index) where index < 8: codes.append(base + Int(index))
      case .indexed(let index) where index < 16: codes.append(base + 52 + Int(index))
      case .indexed(let index): codes += [base + 8, 5, Int(index)]
      case .rgb(let red, let green, let blue):
        codes += [base + 8, 2, Int(red), Int(green), Int(blue)]
      }
    }
    return codes
  }
}

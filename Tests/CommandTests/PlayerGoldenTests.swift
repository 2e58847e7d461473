import Foundation
import Replay
import Testing

/// The player on a real terminal, driven through every key of its help: each screen is a golden.
///
/// `BLACKBOX_GOLDENS=full` drives each session at every size, else each at one. `RECORD_GOLDEN=1` writes what
/// the screens show now, and fails all the same. A golden holds each step's rows that changed.
@Suite(
  .enabled(if: OracleTmux.path != nil && Program.path != nil, "tmux or the program is missing"))
struct PlayerGoldenTests {
  struct Run: Sendable, CustomTestStringConvertible {
    var session: PlayerScenario.Session
    var columns: Int
    var rows: Int

    var steps: [PlayerScenario.Step] {
      PlayerScenario.steps(session, columns: columns, rows: rows)
    }

    var name: String { "\(session.name)-\(columns)x\(rows)" }
    var testDescription: String { name }
  }

  static let runs: [Run] = {
    let all = PlayerScenario.sessions.flatMap { session in
      [(80, 24), (200, 60), (40, 12)].map { Run(session: session, columns: $0.0, rows: $0.1) }
    }
    if ProcessInfo.processInfo.environment["BLACKBOX_GOLDENS"] == "full" || isRecording {
      return all
    }
    return all.filter { ["terminal-80x24", "database-40x12"].contains($0.name) }
  }()

  private static let isRecording = ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1"

  private static func golden(_ run: Run) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Golden/player/\(run.name).txt")
  }

  @Test func `the steps press every key there is`() {
    var pressed: Set<Key> = [.character(UInt8(ascii: "q")), .control(UInt8(ascii: "c"))]
    for press in Self.runs.flatMap(\.steps).flatMap(\.presses) {
      if case .key(let key) = press { pressed.insert(key) }
      // The keys that begin a prompt.
      if case .text(let text) = press, let first = text.utf8.first {
        pressed.insert(.character(first))
      }
    }
    for row in KeyTable.rows {
      for binding in row.bindings { #expect(pressed.contains(binding.key), "\(binding.key)") }
    }
  }

  @Test(arguments: runs)
  func `every key shows what it should`(_ run: Run) async throws {
    let place = try Place()
    defer { place.remove() }
    let program = try #require(Program.path)
    let file = place.path("session.ndjson.zst")
    try Data(try PlayerScenario.file(run.session)).write(to: URL(fileURLWithPath: file))
    let tmux = try OracleTmux(
      place, columns: run.columns, rows: run.rows,
      running: [
        "bash", "--norc", "-c", "\(program) replay --paused ./session.ndjson.zst; echo $? >status",
      ])
    defer { tmux.stop() }
    try await tmux.wait(for: "UNVERIFIED")
    if Self.isRecording { return try await record(run, tmux) }

    let wanted = try PlayerGolden(
      reading: try String(contentsOf: Self.golden(run), encoding: .utf8), rows: run.rows)
    try #require(wanted.steps.map(\.name) == ["start"] + run.steps.map(\.name))
    var failures = 0
    for (index, step) in wanted.steps.enumerated() {
      if index > 0 { try tmux.press(run.steps[index - 1]) }
      if let shown = try await tmux.differs(from: step.screen) {
        failures += 1
        Issue.record(
          "step \(index), \(step.name): \(PlayerGolden.difference(step.screen, shown))")
        if failures >= 5 { break }
      }
    }
    try await quit(tmux, .key(.character(UInt8(ascii: "q"))))
    // Not asked of tmux, which on a machine at work was seen never to learn it.
    #expect(try String(contentsOfFile: place.path("status"), encoding: .utf8) == "0\n")
  }

  @Test func `ctrl-c quits too, and the terminal is as it was`() async throws {
    let place = try Place()
    defer { place.remove() }
    let program = try #require(Program.path)
    try Data(try PlayerScenario.file(PlayerScenario.sessions[0])).write(
      to: URL(fileURLWithPath: place.path("session.ndjson.zst")))
    let tmux = try OracleTmux(
      place, columns: 80, rows: 24,
      running: [
        "bash", "--norc", "-c",
        "echo one; echo before; before=$(stty -g); \(program) replay --paused ./session.ndjson.zst; "
          + "echo \"after $? $([ \"$before\" = \"$(stty -g)\" ] && echo same)\"",
      ])
    defer { tmux.stop() }
    try await tmux.wait(for: "UNVERIFIED")
    try await quit(tmux, .key(.control(UInt8(ascii: "c"))))
    let shown = try tmux.screen()
    // tmux scrolls by one row to say that the pane is dead, once it has learnt so.
    #expect(shown.first == "before" || shown.prefix(2) == ["one", "before"])
    #expect(shown.contains("after 0 same"))
  }

  private func quit(_ tmux: OracleTmux, _ press: PlayerScenario.Step.Press) async throws {
    try tmux.press(PlayerScenario.Step(name: "quit", presses: [press]))
    try await tmux.waitForEnd()
  }

  private func record(_ run: Run, _ tmux: OracleTmux) async throws {
    var golden = PlayerGolden()
    try await tmux.settle()
    golden.add("start", try tmux.screen(), rows: run.rows)
    for step in run.steps {
      try tmux.press(step)
      try await Task.sleep(for: .milliseconds(120))
      try await tmux.settle()
      golden.add(step.name, try tmux.screen(), rows: run.rows)
    }
    let file = Self.golden(run)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try golden.text().write(to: file, atomically: true, encoding: .utf8)
    Issue.record("recorded \(file.lastPathComponent); look at it and run again")
  }
}

/// Screens one after the other; written down, each is its rows that differ from the one before.
struct PlayerGolden {
  private(set) var steps: [(name: String, screen: [String])] = []

  init() {}

  /// Reads what `text` writes.
  init(reading text: String, rows: Int) throws {
    var screen = [String](repeating: "", count: rows)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      if line.hasPrefix("== ") {
        if !steps.isEmpty { steps[steps.count - 1].screen = screen }
        steps.append((String(line.dropFirst(3)), screen))
        continue
      }
      let row = try #require(Int(line.prefix(2)), "not a row: \(line)")
      screen[row] = String(line.dropFirst(3))
    }
    if !steps.isEmpty { steps[steps.count - 1].screen = screen }
  }

  mutating func add(_ name: String, _ screen: [String], rows: Int) {
    steps.append((name, Self.normal(screen, rows: rows)))
  }

  /// Without blanks at the end, which tmux keeps or not.
  static func normal(_ screen: [String], rows: Int) -> [String] {
    (0..<rows).map { row in
      guard screen.indices.contains(row) else { return "" }
      var line = screen[row]
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  func text() -> String {
    var text = ""
    var before = [String](repeating: "", count: steps.first?.screen.count ?? 0)
    for step in steps {
      text += "== \(step.name)\n"
      for (row, line) in step.screen.enumerated() where line != before[row] {
        text += (row < 10 ? "0\(row)|" : "\(row)|") + line + "\n"
      }
      before = step.screen
    }
    return text
  }

  static func difference(_ wanted: [String], _ shown: [String]) -> String {
    zip(wanted, shown).enumerated().filter { $0.element.0 != $0.element.1 }
      .map { "\nrow \($0.offset)\n  wanted \($0.element.0)\n  shown  \($0.element.1)" }.joined()
  }
}

extension OracleTmux {
  /// Presses keys without waiting for what comes of them.
  func press(_ step: PlayerScenario.Step) throws {
    var commands: [String] = []
    for press in step.presses {
      if !commands.isEmpty { commands.append(";") }
      switch press {
      case .key(.character(let letter)):
        let text = String(UnicodeScalar(letter))
        commands += ["send-keys", "-t", "main", "-l", "--", text == ";" ? "\\;" : text]
      case .key(let key): commands += ["send-keys", "-t", "main", Self.name(key)]
      case .text(let text): commands += ["send-keys", "-t", "main", "-l", "--", text]
      }
    }
    let (status, text) = try run(commands)
    try #require(status == 0, "tmux: \(text)")
    // An escape is a key once nothing has followed it for a while.
    if step.presses.contains(where: { if case .key(.escape) = $0 { true } else { false } }) {
      usleep(90_000)
    }
  }

  /// What tmux calls a key.
  static func name(_ key: Key) -> String {
    switch key {
    case .enter: "Enter"
    case .escape: "Escape"
    case .backspace: "BSpace"
    case .delete: "DC"
    case .tab: "Tab"
    case .backTab: "BTab"
    case .up: "Up"
    case .down: "Down"
    case .left: "Left"
    case .right: "Right"
    case .shiftLeft: "S-Left"
    case .shiftRight: "S-Right"
    case .pageUp: "PPage"
    case .pageDown: "NPage"
    case .home: "Home"
    case .end: "End"
    case .function(let number): "F\(number)"
    case .control(let letter): "C-" + String(UnicodeScalar(letter))
    case .character, .scalar, .mouse, .paste, .unknown: ""
    }
  }

  /// Nil as soon as the screen is as wanted; what it shows where it is not within some seconds.
  func differs(from wanted: [String]) async throws -> [String]? {
    let start = ContinuousClock.now
    while true {
      let shown = PlayerGolden.normal(try screen(), rows: wanted.count)
      if shown == wanted { return nil }
      guard ContinuousClock.now - start < .seconds(8) else { return shown }
      try await Task.sleep(for: .milliseconds(15))
    }
  }
}

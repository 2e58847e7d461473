import Foundation
import Platform
import SessionLog
import Terminal
import Testing
import Text

@testable import Replay

/// Real programs recorded by the real recorder; what replay shows is held against tmux fed the same bytes.
struct OracleTests {
  private static let (columns, rows) = (80, 24)

  /// All of them with `BLACKBOX_ORACLE=all`, the quick ones else.
  private static let chosen = OracleProgram.all.filter {
    $0.isQuick || ProcessInfo.processInfo.environment["BLACKBOX_ORACLE"] == "all"
  }

  @Test(
    .enabled(if: Program.path != nil, "the program is not beside its tests"),
    .enabled(if: OracleTmux.path != nil, "tmux is not installed"),
    arguments: chosen)
  func `replay shows what tmux shows`(program: OracleProgram) async throws {
    let needs = program.needs + [String(program.command.prefix { $0 != " " })]
    for need in needs where Self.isMissing(need) {
      print("skipped: \(program.name): \(need) is not installed")
      return
    }
    let place = try Place()
    defer { place.remove() }
    let blackbox = try #require(Program.path)
    try #require(
      try place.run(blackbox, ["init", "--origin", "test.example.com/oracle"]).status == 0)
    _ = try place.bash(OracleProgram.preparation)
    if program.needs.contains("git") { _ = try place.bash(OracleProgram.repository) }

    let tmux = try OracleTmux(
      place, columns: Self.columns, rows: Self.rows,
      running: [
        "bash", "--norc", "-c",
        "cd work || exit; exec \"$0\" record --agent oracle -- bash --norc -c \"$1\"", blackbox,
        program.command,
      ])
    defer { tmux.stop() }
    for act in program.acts {
      switch act {
      case .wait(let text): try await tmux.wait(for: text)
      case .type(let keys): try await tmux.type(keys)
      }
    }
    try await tmux.waitForEnd()
    try await Self.compare(program, in: place, tmux, blackbox)
  }

  private static func isMissing(_ need: String) -> Bool {
    // The shell's own words, and assignments.
    if ["for", "exec"].contains(need) || need.contains("=") { return false }
    if need.contains("/") { return !FileManager.default.isExecutableFile(atPath: need) }
    return Place.program(need) == nil
  }

  /// Holds emulator and replay against tmux at several events of the newest session.
  private static func compare(
    _ program: OracleProgram, in place: Place, _ tmux: OracleTmux, _ blackbox: String
  ) async throws {
    let output = try RecordedOutput(newestIn: place.path("store"))
    try #require(output.size == WindowSize(columns: columns, rows: rows))
    try #require(!output.pieces.isEmpty, "\(program.name) wrote nothing")
    let places = output.places(program.places)
    for (number, index) in places.enumerated() {
      let (event, bytes) = (output.pieces[index].event, output.bytes(through: index))
      var terminal = VirtualTerminal(columns: columns, rows: rows, scrollbackLimit: 200_000)
      terminal.feed(bytes)
      let shown = try await tmux.shows(bytes, name: "feed\(number)")
      let place = "\(program.name), \(bytes.count) bytes, event \(event)"
      let screen = (0..<rows).map { OracleCapture.row(terminal.row($0)) }
      differ(screen, shown.screen, "screen", place)
      #expect(cursor(terminal) == shown.cursor, "cursor: \(place)")
      if program.scrollbackDiffers == nil {
        let above = (0..<terminal.scrollbackCount).map {
          OracleCapture.row(terminal.scrollbackRow($0))
        }
        differ(above, shown.scrollback, "scrollback", place)
      }
      // Twice is enough: what replay feeds is the same emulator.
      guard index == places.last || number == places.count / 2 else { continue }
      let plain = try tmux.place.run(
        blackbox, ["replay", "@last", "--plain", "--until", "@\(event)"])
      #expect(plain.status == 0, "\(place): \(plain.errors)")
      let text = terminal.fullText().map { TerminalText.line($0, limit: .max) + "\n" }
      #expect(plain.text == text.joined(), "replay --plain: \(place)")
    }
  }

  /// Says where two screens differ: in text row by row, else in how a glyph is drawn.
  private static func differ(
    _ had: [[OracleGlyph]], _ wanted: [[OracleGlyph]], _ what: String, _ place: String
  ) {
    guard had != wanted else { return }
    var lines: [String] = []
    if had.count != wanted.count { lines.append("\(had.count) rows for \(wanted.count)") }
    for (row, (left, right)) in zip(had, wanted).enumerated() where left != right {
      let (text, other) = (OracleCapture.text(left), OracleCapture.text(right))
      if text != other {
        lines.append("\(row): had    \(text.debugDescription)")
        lines.append("\(row): wanted \(other.debugDescription)")
      } else if let place = zip(left, right).enumerated().first(where: { $1.0 != $1.1 }) {
        lines.append("\(row), \(place.offset): had \(place.element.0), wanted \(place.element.1)")
      }
      if lines.count > 12 { break }
    }
    Issue.record("\(what): \(place)\n\(lines.joined(separator: "\n"))")
  }

  /// The cursor as tmux tells it: row, column, visibility; a pending wrap stands beyond the last column.
  private static func cursor(_ terminal: VirtualTerminal) -> String {
    let cursor = terminal.cursor
    let column = cursor.column + (cursor.isWrapPending ? 1 : 0)
    return "\(cursor.row) \(column) \(cursor.isVisible ? 1 : 0)"
  }
}

/// What a recorded session's terminal was sent.
struct RecordedOutput {
  private(set) var pieces: [(event: Int, bytes: [UInt8])] = []
  let size: WindowSize

  init(newestIn directory: String) throws {
    let store = try Store.open(directory)
    let path = store.sessionPath(of: try store.resolve("@last"))
    var stage = Stage(try Recording.open(path, named: false, in: store.system))
    while try stage.readOn() {}
    size = WindowSize(
      columns: stage.recording.start?.columns ?? 0, rows: stage.recording.start?.rows ?? 0)
    for event in 0..<stage.timeline.count where stage.timeline.kind(of: event) == .output {
      let bytes = try stage.recording.withLine(event) { line -> [UInt8] in
        var bytes: [UInt8] = []
        if let header = LineHeader(line) {
          _ = Payload.append(from: line, header: header, to: &bytes)
        }
        return bytes
      }
      pieces.append((event, bytes))
    }
  }

  func bytes(through index: Int) -> [UInt8] { pieces[...index].flatMap(\.bytes) }

  /// The places to look at: the end of each of some parts, and where the alternate screen was last seen.
  func places(_ parts: Int) -> [Int] {
    var terminal = VirtualTerminal(columns: size.columns, rows: size.rows, scrollbackLimit: 0)
    var places = Set((1...parts).map { (pieces.count - 1) * $0 / parts })
    var lastAlternate: Int?
    // Of a flood it is known that it has none.
    for (index, piece) in pieces.enumerated() where parts > 2 {
      terminal.feed(piece.bytes)
      if terminal.isAlternateScreen { lastAlternate = index }
    }
    if let lastAlternate { places.insert(lastAlternate) }
    return places.sorted()
  }
}

import Foundation
import Replay
import Testing

/// Nothing a recording holds, and nothing anybody names, reaches a terminal or a file as itself.
struct HostileTests {
  /// Each key of the player's help, and what a viewer might type into its prompts or paste.
  private static let keys: [String] = {
    let all = KeyTable.rows.flatMap(\.bindings)
      .filter { ![.quit, .suspend, .redraw].contains($0.action) }.map { bytes($0.key) }
    return [" ", " "] + Array(repeating: ".", count: 40) + Array(repeating: ",", count: 10)
      + ["e"] + all + ["\u{1B}", "g", "E", "\t"] + Array(repeating: "\u{1B}[B", count: 12)
      + ["\r", "r", ",", ",", "r", "z", "z", "\u{1B}"] + [
        ":0.1s\r", ":50%\r", ":#7\r", ":\u{1B}[6n\u{1B}]0;x\u{07}nowhere\r", ":x\u{7F}\u{7F}",
        "/hostile\r", "n", "N", "/\u{9B}6n\u{202E}\r", "\\(\r", "x", "\r", "X", "\u{1B}",
        "\u{1B}[200~:q\r\u{1B}]0;x\u{07}\u{1B}[201~", ":\u{1B}[200~\u{1B}]0;x\u{07}\u{1B}[201~\r",
        "\u{1B}P1$r0m\u{1B}\\", "\u{1B}[<0;10;28M", "\u{1B}[<0;5;5M", "\u{1B}[<65;5;5M",
        "\u{1B}[M !!", "?", "?", "?", "?", "\u{0C}",
      ]
  }()

  private static let few =
    [" ", " ", "e"] + Array(repeating: ".", count: 20) + Array(repeating: ",", count: 5)
    + ["\r", "r", "r", "\u{1B}", "?", "\u{1B}", "x", "/hostile\r", "n", "G"]

  private static func bytes(_ key: Key) -> String {
    switch key {
    case .character(let letter): String(UnicodeScalar(letter))
    case .enter: "\r"
    case .escape: "\u{1B}"
    case .tab: "\t"
    case .backTab: "\u{1B}[Z"
    case .up: "\u{1B}[A"
    case .down: "\u{1B}[B"
    case .right: "\u{1B}[C"
    case .left: "\u{1B}[D"
    case .shiftRight: "\u{1B}[1;2C"
    case .shiftLeft: "\u{1B}[1;2D"
    case .home: "\u{1B}[H"
    case .end: "\u{1B}[F"
    case .pageUp: "\u{1B}[5~"
    case .pageDown: "\u{1B}[6~"
    case .function: "\u{1B}OP"
    case .control(let letter): String(UnicodeScalar(letter &- 0x60))
    case .delete, .backspace, .scalar, .mouse, .paste, .unknown: "\u{7F}"
    }
  }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `the player writes its own alphabet alone, whatever it shows`() throws {
    let fixture = try HostileFixture()
    defer { fixture.place.remove() }
    // Every key once; the other sessions are looked at on the way through, with other colours.
    let runs =
      [(fixture.sessions[0], ColourAlphabet.direct, Self.keys)]
      + fixture.sessions.dropFirst().flatMap { session in
        [.none, .sixteen, .palette].map { (session, $0, Self.few) }
      }
    for (session, colours, keys) in runs {
      let terminal = try HostileTerminal(
        fixture.place, "/usr/bin/env",
        colours.environment + [fixture.program, "replay", session, "--speed", "64"], columns: 100,
        rows: 30)
      #expect(terminal.read(until: "VERIFIED"), "the player does not start")
      for key in keys {
        terminal.press(key)
        // An escape is a key once nothing has followed it for a while.
        if key == "\u{1B}" { terminal.read(quiet: 80) }
      }
      terminal.press("G")
      terminal.press("q")
      #expect(terminal.finish() == 0)
      let violation = SafeBytes.violation(terminal.written, .player)
      #expect(violation == nil, "session \(session), \(colours)")
      #expect(colours.violation(terminal.written) == nil, "session \(session), \(colours)")
      let text = String(decoding: terminal.written, as: UTF8.self)
      #expect(text.contains(HostileFixture.mark), "nothing recorded was shown")
      #expect(text.hasSuffix("\u{1B}[?1049l"), "the terminal is not given back")
    }
  }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `a terminal that cannot place its cursor gets lines that are safe`() throws {
    let fixture = try HostileFixture()
    defer { fixture.place.remove() }
    for session in fixture.sessions {
      let terminal = try HostileTerminal(
        fixture.place, "/usr/bin/env", ["TERM=dumb", fixture.program, "replay", session],
        columns: 100, rows: 30)
      #expect(terminal.read(until: "> "), "the player does not ask")
      for line in [
        "n", "l", "l", "l", "d", "r", "s", "/hostile", "N", "next-hidden", "d", "g 50%", "h", "w",
        "\u{9B}6n\u{202E}",
      ] {
        terminal.press(line + "\n")
        terminal.read(quiet: 60)
      }
      terminal.press("q\n")
      #expect(terminal.finish() == 0)
      // What is typed is shown by the terminal itself.
      let written = terminal.written.filter { $0 != 0x0D }
      let violation = SafeBytes.violation(Self.withoutEcho(written), .plain)
      #expect(violation == nil, "session \(session)")
      #expect(String(decoding: written, as: UTF8.self).contains(HostileFixture.mark))
    }
  }

  /// The one line above that is not safe itself comes back as the terminal's echo.
  private static func withoutEcho(_ bytes: [UInt8]) -> [UInt8] {
    Array(
      String(decoding: bytes, as: UTF8.self)
        .replacingOccurrences(of: "\u{9B}6n\u{202E}\n", with: "\n").utf8)
  }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `no other verb hands on what acts`() throws {
    let fixture = try HostileFixture()
    defer { fixture.place.remove() }
    let any = fixture.sessions[0]
    var seen = 0
    for arguments in [
      ["sessions"], ["sessions", "-o", "wide"], ["sessions", "--json"],
      ["sessions", "-o", "ndjson"],
      ["sessions", "-o", "csv"], ["sessions", "-o", "id"], ["verify", "--all"],
      ["verify", "--all", "--json"], ["index"], ["report", "-o", "html"], ["report", "-o", "json"],
    ]
      + fixture.sessions.flatMap({ id in
        [
          ["replay", id, "--plain"], ["replay", id, "--plain", "--until", "@20"], ["show", id],
          ["show", id, "--json"], ["verify", id], ["verify", id, "--json"],
        ]
      })
    {
      var result = try fixture.run(arguments)
      seen += result.output.count
      // CSV ends its lines with CR LF (RFC 4180).
      if arguments.contains("csv") { result.output = Self.unixLines(result.output) }
      fixture.check(result, arguments, .plain)
      guard !arguments.contains("csv") else {
        Self.checkCells(result.output)
        continue
      }
      fixture.check(try fixture.run(arguments + ["--color", "always"]), arguments, .coloured)
      if arguments.contains("json") || arguments.contains("--json") {
        #expect(throws: Never.self, "\(arguments)") {
          try JSONSerialization.jsonObject(with: Data(result.output), options: .fragmentsAllowed)
        }
      }
      if arguments.contains("html") { Self.checkPage(result.output) }
    }
    #expect(seen > 10_000, "the verbs said next to nothing")
    let timed = try fixture.run(["replay", any, "--timed", "--speed", "64"])
    fixture.check(timed, ["--timed"], .player)
  }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `no error message hands on what acts`() throws {
    let fixture = try HostileFixture(sessions: false)
    defer { fixture.place.remove() }
    var said = 0
    for (index, text) in HostileSequences.names.enumerated() {
      // A file of this name, which is no recording.
      let name = "./" + text.replacingOccurrences(of: "/", with: "_")
      var choices = [
        ["show", text], ["replay", text], ["replay", name], ["verify", name], ["render", name],
        [text], ["replay", "--" + text], ["sessions", "--since", text],
        ["sessions", "--store", name],
        ["sessions", "-o", text], ["record", "--agent", "a", "--resource", text, "--", "true"],
        ["record", "--agent", "a", "--", name], ["render", "--size", text],
        ["init", name + "/a/b"],
        ["prove", text], ["help", text], ["report", "--trust", name],
      ]
      // Each kind with several sequences, each sequence with several kinds.
      choices = (0..<4).map { choices[(index * 4 + $0) % choices.count] }
      for arguments in choices {
        let result = try fixture.run(arguments)
        said += result.errors.count
        fixture.check(result, arguments, .plain)
      }
    }
    #expect(said > 5000, "the errors said next to nothing")
  }

  @Test(
    .enabled(if: Program.path != nil, "the program is not beside its tests"),
    arguments: ["text", "json", "svg"])
  func `a still holds nothing that acts`(format: String) throws {
    let fixture = try HostileFixture(sessions: false)
    defer { fixture.place.remove() }
    for file in [HostileFixture.apart, HostileFixture.together] {
      let arguments = ["render", "--size", "100x30", "-o", format, fixture.place.path(file)]
      let result = try fixture.run(arguments)
      #expect(result.status == 0)
      #expect(String(decoding: result.output, as: UTF8.self).contains(HostileFixture.mark))
      fixture.check(result, arguments, .plain)
      if format == "svg" { Self.checkPicture(result.output) }
    }
  }

  // MARK: forms

  private static func unixLines(_ bytes: [UInt8]) -> [UInt8] {
    bytes.indices.filter { index in
      bytes[index] != 0x0D || index + 1 >= bytes.count || bytes[index + 1] != 0x0A
    }.map { bytes[$0] }
  }

  /// A spreadsheet takes no cell for a formula.
  private static func checkCells(_ bytes: [UInt8]) {
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      for cell in line.split(separator: ",") {
        let first = cell.first == "\"" ? cell.dropFirst().first : cell.first
        #expect(!["=", "+", "@"].contains(first), "a formula: \(cell)")
      }
    }
  }

  private static func checkPage(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self).lowercased()
    for word in ["<script", "<img", "onerror=alert", "javascript:alert(1)\""] {
      #expect(!text.contains(word) || word == "onerror=alert" && text.contains("&gt;"), "\(word)")
    }
  }

  /// Known elements and entities alone, no attribute that acts.
  private static func checkPicture(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    var depth = 0
    for part in text.split(separator: "<") {
      guard let end = part.firstIndex(of: ">") else {
        Issue.record("an open tag: \(part)")
        continue
      }
      let tag = part[..<end]
      let name = tag.drop { $0 == "/" }.prefix { $0.isLetter }
      #expect(["svg", "title", "rect", "text", "path"].contains(String(name)), "\(tag)")
      for attribute in tag.split(separator: " ").dropFirst() {
        #expect(!attribute.hasPrefix("on") && !attribute.contains("href"), "\(tag)")
      }
      depth += tag.hasPrefix("/") ? -1 : tag.hasSuffix("/") ? 0 : 1
      for entity in part[end...].split(separator: "&").dropFirst() {
        let known = ["lt;", "gt;", "amp;", "quot;", "#39;", "#96;"]
        #expect(known.contains { entity.hasPrefix($0) }, "\(part)")
      }
    }
    #expect(depth == 0)
  }
}

/// A store whose sessions were made to attack their viewers.
struct HostileFixture {
  /// Shown beside each sequence, so that a test sees that something was shown.
  static let mark = "hostile"
  /// All sequences, each after a reset, and all in one stream.
  static let (apart, together) = ("apart.bytes", "together.bytes")

  let place: Place
  let program: String
  private(set) var sessions: [String] = []

  init(sessions wanted: Bool = true) throws {
    place = try Place()
    program = try #require(Program.path)
    var (apart, together): ([UInt8], [UInt8]) = ([], [])
    for (index, sequence) in HostileSequences.all.enumerated() {
      let label = "\r\n\(Self.mark) \(index): "
      apart += Array("\u{18}\u{1B}\\\u{1B}c\(label)".utf8) + sequence.bytes
      together += Array(label.utf8) + sequence.bytes
      try Data(Array("\u{18}\u{1B}\\\u{1B}c\(label)".utf8) + sequence.bytes).write(
        to: URL(fileURLWithPath: place.path("\(1000 + index).part")))
    }
    apart += Array("\u{18}\u{1B}\\\u{1B}c\(Self.mark) end".utf8)
    together = Array("\(Self.mark) ".utf8) + together + Array("\u{18}\u{1B}\\\r\n\(Self.mark)".utf8)
    try Data(apart).write(to: URL(fileURLWithPath: place.path(Self.apart)))
    try Data(together).write(to: URL(fileURLWithPath: place.path(Self.together)))
    try #require(try run(["init", "--origin", "test.example.com/hostile"]).status == 0)
    guard wanted else { return }
    // One event for each sequence; all at once; and names that attack, as far as they are taken.
    let slowly = "for f in *.part; do cat \"$f\"; sleep 0.012; done"
    try record(["--agent", "a", "--", "bash", "-c", slowly])
    try record(["--agent", "=cmd|' /C calc'!A0", "--", "cat", Self.together])
    for text in HostileSequences.names.prefix(12) + HostileSequences.names.suffix(14) {
      let result = try run([
        "record", "--agent", "agent \(text)", "--on-behalf-of", "who \(text)", "--purpose",
        "why \(text)", "--resource", "ssh:where \(text)", "--", "cat", Self.apart, "./what \(text)",
      ])
      // The command's own status, where the names are taken; 2 where they are refused.
      try #require([1, 2].contains(result.status))
      if result.status == 1 { try add() }
    }
    try #require(sessions.count == 3, "names that attack are refused, so no list shows them")
  }

  private mutating func record(_ arguments: [String]) throws {
    let result = try run(["record"] + arguments)
    try #require(result.status == 0, "\(String(decoding: result.errors, as: UTF8.self))")
    try add()
  }

  private mutating func add() throws {
    // Three of them are looked at one by one, the others in the lists.
    guard sessions.count < 3 else { return }
    let listed = try run(["sessions", "-o", "id"])
    let id = String(decoding: listed.output, as: UTF8.self).split(separator: "\n")
    if let new = id.map(String.init).first(where: { !sessions.contains($0) }) {
      sessions.append(new)
    }
  }

  // MARK: runs

  struct Result {
    var status: Int32
    var output: [UInt8]
    var errors: [UInt8]
  }

  func run(_ arguments: [String]) throws -> Result {
    let files = (
      place.path("output.\(UUID().uuidString)"), place.path("errors.\(UUID().uuidString)")
    )
    let process = place.process(program, arguments)
    for file in [files.0, files.1] {
      _ = FileManager.default.createFile(atPath: file, contents: nil)
    }
    process.standardOutput = FileHandle(forWritingAtPath: files.0)
    process.standardError = FileHandle(forWritingAtPath: files.1)
    try process.run()
    process.waitUntilExit()
    defer { for file in [files.0, files.1] { unlink(file) } }
    return Result(
      status: process.terminationStatus,
      output: Array(try Data(contentsOf: URL(fileURLWithPath: files.0))),
      errors: Array(try Data(contentsOf: URL(fileURLWithPath: files.1))))
  }

  func check(_ result: Result, _ arguments: [String], _ medium: SafeBytes.Medium) {
    let shown = arguments.debugDescription
    let (output, errors) = (
      SafeBytes.violation(result.output, medium), SafeBytes.violation(result.errors, medium)
    )
    #expect(output == nil, "standard output of \(shown)")
    #expect(errors == nil, "standard error of \(shown)")
    #expect(result.status < 128, "\(shown) ended by a signal")
  }
}

import Foundation
import Testing

/// Nothing a recording holds, and nothing anybody names, reaches a terminal or a file as itself.
struct HostileTests {
  /// Each key of the player's help, and what a viewer might type into its prompt.
  private static let keys =
    [" ", " "] + Array(repeating: ".", count: 60) + Array(repeating: ",", count: 30) + [
      "\u{1B}[C", "\u{1B}[D", "[", "]", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "g", "G",
      ":0.1s\r", ":50%\r", ":#7\r", ":\u{1B}[6n\u{1B}]0;x\u{07}nowhere\r", ":x\u{7F}\u{7F}", "<",
      ">",
      "=", "\u{1B}[A", "\u{1B}[B", "h", "j", "k", "l", "c", "\u{0C}", "?", "?", "?", "\u{1B}[5~",
      "\u{1B}[6~", "\u{1B}[H", "\u{1B}[F", "g", "\u{1B}[200~\u{1B}[201~", "\u{1B}P1$r0m\u{1B}\\",
    ]

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `the player writes its own alphabet alone, whatever it shows`() throws {
    let fixture = try HostileFixture()
    defer { fixture.place.remove() }
    for session in fixture.sessions {
      let terminal = try HostileTerminal(
        fixture.place, fixture.program, ["replay", session, "--speed", "64"], columns: 100, rows: 30
      )
      #expect(terminal.read(until: "VERIFIED"), "the player does not start")
      for key in Self.keys { terminal.press(key) }
      terminal.press("G")
      terminal.press("q")
      #expect(terminal.finish() == 0)
      let violation = SafeBytes.violation(terminal.written, .player)
      #expect(violation == nil, "session \(session)")
      let text = String(decoding: terminal.written, as: UTF8.self)
      #expect(text.contains(HostileFixture.mark), "nothing recorded was shown")
      #expect(text.hasSuffix("\u{1B}[?1049l"), "the terminal is not given back")
    }
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

import Foundation
import Terminal
import Testing

/// What other terminals drew, held against the program's own JSON.
struct OracleRenderTests {
  private static let suites = ["alacritty", "vt100", "xtermjs"]

  /// All cases with `BLACKBOX_ORACLE=all`, each fourth else.
  private static let stride =
    ProcessInfo.processInfo.environment["BLACKBOX_ORACLE"] == "all" ? 1 : 4

  @Test(
    .enabled(if: Program.path != nil, "the program is not beside its tests"), arguments: suites)
  func `the program's JSON is what the emulator shows`(suite: String) throws {
    let fixture = try HostileFixture(sessions: false)
    defer { fixture.place.remove() }
    let file = HostileSequences.folder.appendingPathComponent("vt/\(suite).jsonl.gz").path
    guard FileManager.default.fileExists(atPath: file) else {
      print("skipped: \(file) is not there")
      return
    }
    let unpacked = fixture.place.path("cases")
    #expect(try fixture.place.bash("gunzip -c '\(file)' > '\(unpacked)'") == 0)
    let lines = try Data(contentsOf: URL(fileURLWithPath: unpacked)).split(separator: 0x0A)
    var compared = 0
    for index in Swift.stride(from: 0, to: lines.count, by: Self.stride) {
      let value = try Self.object(lines[index])
      var bytes: [UInt8] = []
      for step in value["steps"] as? [[String: Any]] ?? [value] {
        bytes += (step["feed"] as? String).flatMap { Data(base64Encoded: $0) } ?? Data()
      }
      let (columns, rows) = (value["cols"] as? Int ?? 80, value["rows"] as? Int ?? 24)
      let history = value["history"] as? Int ?? 100
      let input = fixture.place.path("input")
      try Data(bytes).write(to: URL(fileURLWithPath: input))
      let name = "\(suite) \(value["case"] ?? "")"
      // The whole, and half of it by offset.
      for count in [bytes.count, bytes.count / 2] {
        let result = try fixture.run([
          "render", "--size", "\(columns)x\(rows)", "--scrollback", "\(history)", "--at",
          "\(count)", "--json", input,
        ])
        try #require(result.status == 0, "\(name)")
        var terminal = VirtualTerminal(columns: columns, rows: rows, scrollbackLimit: history)
        terminal.feed(Array(bytes.prefix(count)))
        Self.check(try Self.object(Data(result.output)), terminal, name)
        if count == bytes.count, suite == "alacritty", name != "alacritty underline" {
          Self.checkForm(try Self.object(Data(result.output)), value, name)
        }
      }
      compared += 1
    }
    #expect(compared > 0)
  }

  private static func object(_ data: Data) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(data)) as? [String: Any] ?? [:]
  }

  private static func check(_ json: [String: Any], _ terminal: VirtualTerminal, _ name: String) {
    #expect(
      Set(json.keys) == ["cols", "rows", "cursor", "text", "screen", "scrollback"], "\(name)")
    #expect(json["cols"] as? Int == terminal.columns && json["rows"] as? Int == terminal.rows)
    let cursor = json["cursor"] as? [String: Any] ?? [:]
    #expect(cursor["row"] as? Int == terminal.cursor.row, "\(name)")
    #expect(cursor["col"] as? Int == terminal.cursor.column, "\(name)")
    #expect(cursor["visible"] as? Bool == terminal.cursor.isVisible, "\(name)")
    #expect(json["text"] as? [String] == terminal.screenText(), "\(name)")
    let above = (0..<terminal.scrollbackCount).map { terminal.scrollbackRow($0).text() }
    #expect(json["scrollback"] as? [String] == above, "\(name)")
    let screen = json["screen"] as? [[String: Any]] ?? []
    #expect(screen.count == terminal.rows, "\(name)")
    for (index, row) in screen.enumerated() {
      let runs = row["runs"] as? [[String: Any]] ?? []
      let shown = terminal.row(index)
      #expect(row["wrap"] as? Bool == shown.isWrapped, "\(name)")
      #expect(
        runs.reduce(0) { $0 + ($1["n"] as? Int ?? 0) } == terminal.columns, "\(name)")
      #expect(
        runs.map { $0["t"] as? String ?? "" }.joined() == shown.cells.map(\.text).joined(),
        "\(name)")
    }
  }

  /// The runs are those of the judge's file, key by key.
  private static func checkForm(
    _ json: [String: Any], _ value: [String: Any], _ name: String
  ) {
    func rows(_ screen: Any?) -> [[String]] {
      (screen as? [[String: Any]] ?? []).map { row in
        (row["runs"] as? [[String: Any]] ?? []).flatMap { run -> [String] in
          let flags = (run["f"] as? [String] ?? []).sorted().joined(separator: "|")
          let cell = "\(color(run["fg"])) \(color(run["bg"])) \(flags)"
          return [String](repeating: cell, count: run["n"] as? Int ?? 0)
        }
      }
    }
    #expect(rows(json["screen"]) == rows(value["screen"]), "\(name)")
    #expect(json["text"] as? [String] == value["text"] as? [String], "\(name)")
  }

  private static func color(_ value: Any?) -> String { value.map { "\($0)" } ?? "-" }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `render says what it cannot do by its exit code`() throws {
    let fixture = try HostileFixture(sessions: false)
    defer { fixture.place.remove() }
    for (arguments, status) in [
      (["render", "--size", "80"], 2), (["render", "--size", "0x5"], 2),
      (["render", "--size", "1001x5"], 2), (["render", "-o", "png"], 2),
      (["render", "--json", "-o", "svg"], 2), (["render", "./none"], 8), (["render", "."], 8),
      (["render"], 0), (["render", "-"], 0), (["render", "--at", "0", "./apart.bytes"], 0),
    ] as [([String], Int32)] {
      #expect(try fixture.run(arguments).status == status, "\(arguments)")
    }
  }
}

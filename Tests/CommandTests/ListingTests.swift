import Foundation
import Testing

/// Lists as people use them: page by page, through a pager, going on with what is new, and by SQL of their own.
@Suite(.enabled(if: Program.path != nil, "the program is not beside its tests"))
struct ListingTests {
  /// A store with one session of each agent.
  private func store(_ agents: [String]) throws -> Place {
    let place = try Place()
    try #require(try run(place, ["init", "--origin", "test.example.com/lists"]).status == 0)
    for agent in agents { try record(place, agent) }
    return place
  }

  private func run(_ place: Place, _ arguments: [String]) throws -> (
    status: Int32, text: String, errors: String
  ) { try place.run(try #require(Program.path), arguments) }

  private func record(_ place: Place, _ agent: String) throws {
    let ended = try run(place, ["record", "-q", "--agent", agent, "--", "true"])
    try #require(ended.status == 0, "\(ended.errors)")
  }

  private func lines(_ text: String) -> [String] {
    text.split(whereSeparator: \.isNewline).map(String.init)
  }

  @Test func `a cursor file goes on where the last call ended, and with what came since`() throws {
    let place = try store(["one", "two", "three"])
    defer { place.remove() }
    let file = place.path("cursor")
    let ask = [
      "sessions", "--reverse", "--limit", "2", "--cursor-file", file, "-o", "csv", "--fields",
      "agent",
    ]
    func page() throws -> [String] {
      let ended = try run(place, ask)
      #expect(ended.status == 0 && ended.errors.isEmpty, "\(ended.errors)")
      return lines(ended.text).dropFirst().map { String($0) }
    }
    #expect(try page() == ["one", "two"])
    #expect(try page() == ["three"])
    #expect(try page() == [])
    try record(place, "four")
    #expect(try page() == ["four"])
    // A cursor of another question is refused, and the file stays as it is.
    let before = try String(contentsOfFile: file, encoding: .utf8)
    let other = try run(place, ask + ["--agent", "one"])
    #expect(other.status == 2)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == before)
    try Data("nonsense".utf8).write(to: URL(fileURLWithPath: file))
    #expect(try run(place, ask).status == 2)
  }

  @Test func `a cut is told where nobody asked for it, and only there`() throws {
    let place = try store((0..<3).map { "a\($0)" })
    defer { place.remove() }
    let asked = try run(place, ["sessions", "--limit", "1"])
    #expect(asked.status == 0 && asked.errors.isEmpty, "\(asked.errors)")
    let sql = "SELECT agent FROM v_session"
    let cut = try run(place, ["query", "--sql", sql, "--max-rows", "1"])
    #expect(cut.status == 9)
    #expect(cut.errors.contains("cut after 1 row:"), "\(cut.errors)")
    // To somebody who watches, one word.
    let screen = try OuterTerminal(place, ["sessions", "--limit", "1"], columns: 120)
    #expect(screen.status() == 0)
    #expect(screen.text.contains("more follow; --all shows them"), "\(screen.text)")
  }

  @Test func `a list that follows shows what comes, until it is interrupted`() throws {
    let place = try store(["one"])
    defer { place.remove() }
    for (verb, more) in [("sessions", []), ("search", ["--grep", "said-later"])] {
      let screen = try OuterTerminal(
        place, [verb, "--follow", "-o", "ndjson"] + more, columns: 200)
      if verb == "sessions" { #expect(screen.wait(for: "\"one\"")) }
      let ended = try run(
        place, ["record", "-q", "--agent", "new-\(verb)", "--", "sh", "-c", "echo said-later"])
      try #require(ended.status == 0)
      #expect(screen.wait(for: "new-\(verb)"), "\(screen.text)")
      // Ctrl-C.
      #expect(screen.type([0x03]))
      #expect(screen.status() == 130, "\(verb)")
      // Nothing is shown twice.
      let ids = lines(screen.text).filter { $0.contains("new-\(verb)") }
      #expect(ids.count == Set(ids).count, "\(screen.text)")
    }
  }

  @Test func `a replay that follows prints what comes, and ends when the session does`() throws {
    let place = try store([])
    defer { place.remove() }
    let gate = place.path("gate")
    let session = try OuterTerminal(recordingUntil: gate, place)
    let screen = try OuterTerminal(
      place, ["replay", "@last", "--follow", "--events", "-o", "ndjson"], columns: 400)
    #expect(screen.wait(for: "said-first"), "\(screen.text)")
    #expect(!screen.text.contains("said-later"))
    try Data("said-later\n".utf8).write(to: URL(fileURLWithPath: gate), options: .atomic)
    #expect(screen.wait(for: "said-later"), "\(screen.text)")
    #expect(screen.status() == 0, "\(screen.text)")
    #expect(session.status() == 0)
    // Each event once, the last one too.
    let events = lines(screen.text).filter { $0.contains("\"seq\":") }
    #expect(events.last?.contains("session.end") == true, "\(screen.text)")
    #expect(events.count == Set(events).count)
    for other in [
      ["--plain"], ["--at", "50%"], ["--events", "--until", "#3"], ["--frames", "--json"],
    ] {
      #expect(try run(place, ["replay", "@last", "--follow"] + other).status == 2, "\(other)")
    }
  }

  @Test func `a long table on a terminal goes through the pager, a short one does not`() throws {
    let place = try store((0..<8).map { "agent-\($0)" })
    defer { place.remove() }
    let pager = place.path("pager")
    try Data("#!/bin/sh\nsed 's/^/paged: /'\n".utf8).write(to: URL(fileURLWithPath: pager))
    chmod(pager, 0o755)
    func show(_ more: [String], rows: Int, _ command: String = "") throws -> String {
      let screen = try OuterTerminal(
        place, ["sessions"] + more, columns: 100, rows: rows,
        environment: ["BLACKBOX_PAGER": command.isEmpty ? pager : command])
      #expect(screen.status() == 0)
      #expect(screen.text.contains("agent-7"), "\(screen.text)")
      return screen.text
    }
    #expect(try show([], rows: 6).contains("paged: "))
    #expect(try !show([], rows: 40).contains("paged: "))
    #expect(try !show(["--no-pager"], rows: 6).contains("paged: "))
    #expect(try !show(["-o", "ndjson"], rows: 6).contains("paged: "))
    // A pager that leaves early or cannot be started takes nothing from the exit code.
    let early = try OuterTerminal(
      place, ["sessions"], columns: 100, rows: 6, environment: ["BLACKBOX_PAGER": "true"])
    #expect(early.status() == 0)
    _ = try show([], rows: 6, "no-such-pager-anywhere")
  }

  @Test func `one asks in SQL of one's own`() throws {
    let place = try store(["one", "two", "two"])
    defer { place.remove() }
    let ask =
      "SELECT agent, count(*) AS n FROM v_session WHERE agent LIKE :a GROUP BY 1 ORDER BY 2 DESC"
    let found = try run(place, ["query", "--sql", ask, "-p", "a=t%", "-o", "csv"])
    #expect(found.status == 0, "\(found.errors)")
    #expect(found.text == "agent,n\r\ntwo,2\r\n")
    let file = place.path("question.sql")
    try Data((ask + ";\n-- that is all\n").utf8).write(to: URL(fileURLWithPath: file))
    let again = try run(place, ["query", "--file", file, "-p", "a=%", "-o", "ndjson"])
    #expect(lines(again.text).filter { $0.contains("two") || $0.contains("one") }.count == 2)
    #expect(try run(place, ["query", "--sql", ask]).status == 2)
    #expect(try run(place, ["query", "--sql", "SELEKT 1"]).status == 2)
    #expect(try run(place, ["query", "--sql", "DELETE FROM event"]).status == 7)
    #expect(try run(place, ["query", "--sql", "ATTACH '/etc/passwd' AS x"]).status == 7)
    let none = try run(place, ["query", "--sql", ask, "-p", "a=nobody", "--fail-empty"])
    #expect(none.status == 1)
    // Each of them was recorded, with what was asked.
    let access = try run(place, ["access", "-o", "ndjson"])
    #expect(access.text.contains("GROUP BY 1"), "\(access.text)")
  }

  /// The whole program stays within bounds, whatever it is asked.
  @Test(arguments: [
    """
    WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 3000000)
    SELECT a.n || hex(a.n) || b.n AS t FROM c AS a, c AS b ORDER BY t DESC LIMIT 1
    """,
    """
    WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)
    SELECT json_group_array(json_object('n', n, 'h', hex(n))) FROM c
    """,
    """
    WITH RECURSIVE c(n, s) AS (SELECT 1, 'aaaaaaaa' UNION ALL SELECT n + 1, s || s FROM c LIMIT 21)
    SELECT a.s || b.n FROM c AS a, c AS b, c AS d, c AS e WHERE a.n = 21 ORDER BY 1
    """,
  ])
  func `memory is bounded, and time`(_ sql: String) throws {
    let place = try store(["one"])
    defer { place.remove() }
    let begin = Date()
    let program = try #require(Program.path)
    let ended = try place.run(
      "/bin/bash",
      [
        "-c", "ulimit -v 2500000; exec \"$0\" query --timeout 3s --sql \"$1\" > /dev/null", program,
        sql,
      ])
    #expect([2, 9].contains(ended.status), "\(ended.status) \(ended.errors)")
    #expect(Date().timeIntervalSince(begin) < 30)
  }
}

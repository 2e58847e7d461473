import Platform
import SessionLog
import Testing

@testable import AuditStore

@Suite struct ReportTests {
  private func report(
    _ fixture: Fixture, since: Int64? = nil, until: Int64? = nil
  ) throws -> Report {
    let request = Report.Request(
      since: since, until: until, trust: Trust(key: fixture.store.verifierKey, source: .ownState),
      toolVersion: "1.2.3", storeName: "/srv/store", format: "html")
    return try Report.make(
      fixture.store, state: fixture.state, request: request, now: fixture.clock.wall()
    ).0
  }

  private func outcome(_ id: String, _ report: Report) throws -> ReportCheck.Outcome {
    try #require(report.checks.first { $0.id == id }).outcome
  }

  @Test func `whole and closed sessions pass`() throws {
    let fixture = try Fixture()
    try fixture.record(lines: [Fixture.blocked(250_000)])
    try fixture.record()
    try fixture.record(.init(agent: "other"))
    let report = try report(fixture)
    #expect(report.outcome == .pass)
    #expect(report.sessions.count == 3)
    #expect(report.outside == 0)
    #expect(report.logSize == 6)
    #expect(report.hasGuard)
    let first = try #require(report.agents.first)
    #expect(first.uid == "deploy-bot")
    #expect(first.sessions == 2)
    #expect(first.events == 13)
    #expect(first.denied == 1)
    #expect(first.microseconds == 2_500_000)
    #expect(report.agents.count == 2)
  }

  @Test func `an empty period lacks evidence`() throws {
    let fixture = try Fixture()
    #expect(try report(fixture).outcome == .insufficient)
    try fixture.record()
    let empty = try report(fixture, since: TestClock.noon + 1, until: TestClock.noon + 2)
    #expect(empty.sessions.isEmpty)
    #expect(empty.outside == 1)
    #expect(empty.outcome == .insufficient)
  }

  @Test func `a period holds its first moment and not its last`() throws {
    let fixture = try Fixture()
    let first = try fixture.record()
    let second = try fixture.record()
    let next = try #require(try fixture.sessions().first?.start)
    let report = try report(fixture, since: TestClock.noon, until: next)
    #expect(report.sessions.map(\.id) == [first.text])
    #expect(try self.report(fixture, since: next).sessions.map(\.id) == [second.text])
  }

  @Test func `an open session lacks evidence`() throws {
    let fixture = try Fixture()
    try fixture.record()
    let writer = try fixture.begin()
    let report = try report(fixture)
    #expect(report.outcome == .insufficient)
    #expect(try outcome("closed", report) == .insufficient)
    #expect(try outcome("bytes", report) == .pass)
    _ = writer.lines
  }

  @Test func `a gap lacks evidence`() throws {
    let fixture = try Fixture()
    try fixture.record(lines: [Fixture.gap(250_000)])
    let report = try report(fixture)
    #expect(try outcome("complete", report) == .insufficient)
    #expect(report.outcome == .insufficient)
  }

  @Test func `a changed session fails although the index still says that it is whole`() throws {
    let fixture = try Fixture()
    let id = try fixture.record()
    #expect(try fixture.sessions().map(\.verdict) == ["OK"])
    let path = fixture.store.sessionPath(of: id)
    try fixture.flip(path, at: try SystemFiles.shared.status(of: path).size - 10)
    let report = try report(fixture)
    #expect(try outcome("bytes", report) == .fail)
    #expect(report.outcome == .fail)
    #expect(report.agents.first?.contradicted == 1)
  }

  @Test func `a row in the index that lies changes nothing`() throws {
    let fixture = try Fixture()
    try fixture.record()
    let honest = try report(fixture).json()
    do {
      let index = try Database(fixture.store.indexPath, .readWrite, wait: 0)
      try index.run("UPDATE session SET start_us = 0, n_events = 999, n_denied = 7")
      try index.run("UPDATE identity SET uid = 'someone else'")
      try index.run("UPDATE source SET verify = 'ALTERED'")
    }
    #expect(try report(fixture).json() == honest)
  }

  @Test func `a missing session fails, a file that nobody signed for lacks evidence`() throws {
    let fixture = try Fixture()
    let id = try fixture.record()
    let path = fixture.store.sessionPath(of: id)
    let entries = try SystemFiles.shared.readSmallFile(fixture.store.entriesPath, limit: 1 << 20)
    let head = try SystemFiles.shared.readSmallFile(fixture.store.checkpointPath, limit: 1 << 20)
    try fixture.record()
    try SystemFiles.shared.rename(path, to: fixture.root + "/kept")
    let missing = try report(fixture)
    #expect(missing.outcome == .fail)
    #expect(missing.sessions.map(\.word) == ["MISSING", "OK"])
    #expect(missing.agents.map(\.isUnknown) == [false, true])
    #expect(try outcome("complete", missing) == .insufficient)
    try SystemFiles.shared.rename(fixture.root + "/kept", to: path)
    // The log goes back to a time when the second session was not in it, and nobody kept a later
    // checkpoint.
    try SystemFiles.shared.replaceDurably(
      fixture.store.entriesPath, with: entries, permissions: 0o600)
    try SystemFiles.shared.replaceDurably(
      fixture.store.checkpointPath, with: head, permissions: 0o600)
    try SystemFiles.shared.replaceDurably(
      fixture.root + "/state/guard", with: head, permissions: 0o600)
    let unlogged = try report(fixture, until: .max)
    #expect(unlogged.sessions.map(\.word) == ["OK", "UNLOGGED"])
    #expect(try outcome("logged", unlogged) == .insufficient)
    #expect(unlogged.outcome == .insufficient)
  }

  @Test func `a log that was rolled back fails`() throws {
    let fixture = try Fixture()
    try fixture.record()
    let entries = try SystemFiles.shared.readSmallFile(fixture.store.entriesPath, limit: 1 << 20)
    let head = try SystemFiles.shared.readSmallFile(fixture.store.checkpointPath, limit: 1 << 20)
    try fixture.record()
    try SystemFiles.shared.replaceDurably(
      fixture.store.entriesPath, with: entries, permissions: 0o600)
    try SystemFiles.shared.replaceDurably(
      fixture.store.checkpointPath, with: head, permissions: 0o600)
    let report = try report(fixture)
    #expect(try outcome("log", report) == .fail)
  }

  @Test func `the same evidence gives the same bytes`() throws {
    let fixture = try Fixture()
    try fixture.record()
    try fixture.record(.init(agent: "b"))
    let (page, data) = (try report(fixture).html(), try report(fixture).json())
    fixture.clock.advance(3_600_000_000)
    fixture.removeIndex()
    #expect(try report(fixture).html() == page)
    #expect(try report(fixture).json() == data)
  }

  @Test func `the data is JSON and says what the page says`() throws {
    let fixture = try Fixture()
    for text in hostile {
      try fixture.record(.init(agent: text, principal: text, resource: text, kind: text))
    }
    let report = try report(fixture)
    let json = try JSONValue(parsing: report.json())
    #expect(json["outcome"]?.string == "pass")
    #expect(json["sessions"]?.array?.count == hostile.count)
    let agents = Set(
      (json["agents"]?.array ?? []).compactMap { $0["uid"]?.string }.map { Array($0.utf8) })
    #expect(agents == Set(hostile.map { Array($0.utf8) }))
    #expect(json["not_covered"]?["limits"]?.array?.isEmpty == false)
    #expect(
      json["reproduce"]?.string
        == "blackbox report --store /srv/store --since 2026-11-22T14:00:00.000Z --until "
        + "\(WallTime.format(report.until)) -o html")
  }

  @Test func `no hostile text acts in the page`() throws {
    let fixture = try Fixture()
    for text in hostile {
      try fixture.record(.init(agent: text, principal: text, resource: text, kind: text))
    }
    let page = String(decoding: try report(fixture).html(), as: UTF8.self)
    #expect(page.contains("default-src 'none'; style-src 'unsafe-inline'; img-src data:"))
    for tag in ["<script", "<img", "<a href=\"http", "javascript:", "onerror=alert(1)>"] {
      #expect(!page.contains(tag))
    }
    #expect(page.components(separatedBy: "</style>") == 2)
    // Nothing but line feeds below the blank, and nothing that reorders.
    #expect(page.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0.value != 0x7F })
    #expect(!page.unicodeScalars.contains("\u{202E}"))
    // Every tag that opens is closed.
    for tag in ["section", "table", "tbody", "tr", "td", "ul", "li", "p", "span", "bdi", "code"] {
      #expect(
        page.components(separatedBy: "</\(tag)>")
          == page.components(separatedBy: "<\(tag)>") + page.components(separatedBy: "<\(tag) ")
          - 1, "\(tag)")
    }
  }

  @Test(arguments: [
    ("plain/path-1.2", "plain/path-1.2"), ("", "''"), ("a b", "'a b'"), ("it's", "'it'\\''s'"),
    ("$(reboot)", "'$(reboot)'"), ("é", "'é'"),
  ])
  func `the command to make it again is safe to paste`(_ given: (String, String)) {
    #expect(ShellText.word(given.0) == given.1)
  }
}

extension String {
  /// In how many parts a separator cuts the text.
  fileprivate func components(separatedBy separator: String) -> Int {
    split(separator: separator, omittingEmptySubsequences: false).count
  }
}

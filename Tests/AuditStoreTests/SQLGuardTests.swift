import Glibc
import Platform
import SessionLog
import Testing

@testable import AuditStore

@Suite struct SQLGuardTests {
  private func ask(
    _ sql: String, _ fixture: Fixture, _ parameters: [String: SQLValue] = [:],
    timeout: Int64 = 300_000, rows: Int = 10_000
  ) throws -> SQLGuard.Answer {
    var limits = SQLGuard()
    (limits.timeout, limits.maxRows) = (timeout, rows)
    let fixed = limits
    return try AuditIndex.using(fixture.store, now: fixture.clock.wall(), patience: 50) {
      (index, _) throws(AuditFailure) in try index.ask(sql, parameters, fixed)
    }
  }

  private func store() throws -> Fixture {
    let fixture = try Fixture()
    try fixture.record(command: "echo hello")
    return fixture
  }

  @Test func `a question is answered, with parameters`() throws {
    let fixture = try store()
    let answer = try ask(
      "SELECT agent, n_events FROM v_session WHERE agent = :a;", fixture, ["a": .text("deploy-bot")]
    )
    #expect(answer.columns == ["agent", "n_events"])
    #expect(answer.rows == [[.text("deploy-bot"), .integer(6)]])
    #expect(answer.cut == nil)
    let text = try ask(
      "SELECT count(*) FROM txt_fts WHERE body LIKE '%hello%' -- by index", fixture)
    #expect(text.rows.count == 1)
    #expect(try ask("SELECT value FROM json_each('[1,2]')", fixture).rows.count == 2)
  }

  /// What must be refused outright, whatever it would have done.
  @Test(arguments: [
    "ATTACH '/etc/passwd' AS x", "ATTACH ':memory:' AS x", "DETACH main",
    "PRAGMA journal_mode", "PRAGMA query_only = OFF", "PRAGMA writable_schema = ON",
    "PRAGMA temp_store_directory = '/'", "SELECT * FROM pragma_database_list",
    "SELECT * FROM pragma_function_list()", "SELECT * FROM pragma_table_info('session')",
    "SELECT load_extension('/tmp/x.so')", "SELECT fts3_tokenizer('simple')",
    "SELECT printf('%.*c', 2000000000, 'x')",
    "SELECT length(format('%2000000000d', 1))", "SELECT count(*) FROM pragma_database_list",
    "SELECT count(*) FROM sqlite_dbpage", "SELECT readfile('/etc/passwd')",
    "SELECT writefile('/tmp/x', 'y')", "SELECT edit('x')",
    "SELECT zeroblob(1000000000)", "SELECT hex(randomblob(100000000))", "SELECT random()",
    "SELECT sqlite_version()", "SELECT sqlite_compileoption_get(1)", "SELECT changes()",
    "SELECT last_insert_rowid()", "SELECT total_changes()",
    "INSERT INTO meta(k, v) VALUES('a', 'b')", "UPDATE session SET uid = 'x'",
    "DELETE FROM event", "REPLACE INTO meta VALUES('a', 1)", "DROP TABLE session",
    "CREATE TABLE x(a)", "CREATE TEMP TABLE x(a)", "CREATE TEMP VIEW x AS SELECT 1",
    "CREATE TEMP TRIGGER t AFTER INSERT ON meta BEGIN SELECT 1; END",
    "CREATE VIRTUAL TABLE x USING fts5(a)", "CREATE VIRTUAL TABLE temp.x USING dbstat",
    "INSERT INTO txt_fts(txt_fts) VALUES('rebuild')",
    "INSERT INTO txt_fts(txt_fts) VALUES('optimize')",
    "INSERT INTO txt_fts(txt_fts, rank) VALUES('automerge', 8)",
    "INSERT INTO txt_fts(rowid, body) VALUES(1, 'x')", "DELETE FROM txt_fts",
    "UPDATE sqlite_schema SET sql = 'x'", "DELETE FROM sqlite_schema",
    "VACUUM", "VACUUM INTO '/tmp/blackbox-stolen.sqlite'", "ANALYZE", "REINDEX", "BEGIN", "COMMIT",
    "SAVEPOINT a", "ALTER TABLE session RENAME TO x",
    "SELECT * FROM dbstat", "SELECT * FROM sqlite_dbpage", "SELECT * FROM sqlite_stmt",
    "WITH x AS (SELECT 1) INSERT INTO meta SELECT 'a', * FROM x",
    "SELECT 1 RETURNING 1", "EXPLAIN DELETE FROM event",
    "ATTACH DATABASE 'file:/etc/passwd?mode=ro' AS x", "ATTACH x'2f' AS y",
    "SELECT * FROM main.pragma_database_list", "SELECT * FROM pragma_table_xinfo('session')",
    "SELECT * FROM pragma_compile_options", "SELECT * FROM pragma_wal_checkpoint",
    "SELECT s.* FROM session, pragma_foreign_key_list(uid) AS s",
    "SELECT * FROM bytecode('SELECT 1')",
    "SELECT * FROM temp.sqlite_master", "SELECT * FROM sqlite_temp_schema",
    "SELECT * FROM fts5vocab('main', 'txt_fts', 'row')", "SELECT fts5(NULL)",
    "SELECT fts5_source_id()",
    "SELECT optimize(txt_fts) FROM txt_fts", "SELECT matchinfo(txt_fts) FROM txt_fts",
    "INSERT INTO txt_fts(txt_fts) VALUES('delete-all')",
    "INSERT INTO txt_fts(txt_fts, rank) VALUES('pgsz', 32)",
    "INSERT INTO txt_fts(txt_fts, rank) VALUES('rank', 'bm25(load_extension(1))')",
    "SELECT sqlite_log(1, 'x')", "SELECT sqlite_offset(uid) FROM session",
    "SELECT sqlite_source_id()",
    "SELECT rtreecheck('session')", "SELECT rtreenode(2, x'00')", "SELECT quote(zeroblob(1 << 29))",
    "SELECT json_group_array(zeroblob(1 << 30))", "SELECT char(0x10ffff) || randomblob(9)",
    "SELECT * FROM (VALUES(1)) WHERE load_extension('x')",
    "SELECT 1 ORDER BY fts3_tokenizer('a', 'b')",
    "SELECT 1 GROUP BY 1 HAVING edit('x')",
    "SELECT count(*) OVER (ORDER BY readfile('/etc/shadow'))",
    "WITH x AS MATERIALIZED (SELECT writefile('/tmp/x', 'y') AS n) SELECT n FROM x",
    "WITH x AS (SELECT 1) DELETE FROM event", "WITH x AS (SELECT 1) UPDATE session SET uid = ''",
    "CREATE TEMP TABLE x AS SELECT * FROM session", "CREATE INDEX i ON event(sev)",
    "DROP INDEX e_time",
    "RELEASE x", "ROLLBACK", "END", "SELECT 1 INTO x", "COPY session TO '/tmp/x'", ".shell id",
  ])
  func `an attack is refused and changes nothing`(_ sql: String) throws {
    let fixture = try store()
    _ = try fixture.index()
    let before = try fixture.dump()
    let failure = #expect(throws: AuditFailure.self) { try ask(sql, fixture) }
    #expect(failure.map { [.refusedQuery, .badQuery].contains($0.kind) } == true)
    #expect(try fixture.dump() == before)
    #expect(access("/tmp/blackbox-stolen.sqlite", F_OK) != 0)
  }

  @Test(arguments: [
    "", "  ", "-- nothing", "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE session", "SELECT",
    "SELECT 1 FROM nothing_here", "SELECT ?", "SELECT :missing", "SELECT 'a\u{0}b'",
    "SELECT \(String(repeating: "(", count: 300))1\(String(repeating: ")", count: 300))",
    "SELECT \(String(repeating: "1,", count: 300))1",
  ])
  func `what is no single question is said to be none`(_ sql: String) throws {
    try expectNoQuestion(sql)
  }

  /// On its own: a test's arguments are printed.
  @Test func `a question that is too long is said to be none`() throws {
    try expectNoQuestion("SELECT 1 \(String(repeating: "+ 1", count: 60_000))")
  }

  private func expectNoQuestion(_ sql: String) throws {
    let failure = #expect(throws: AuditFailure.self) { try ask(sql, try store()) }
    #expect(failure.map { [.refusedQuery, .badQuery].contains($0.kind) } == true)
    #expect(failure?.found?.isEmpty == false)
  }

  @Test func `parameters that the question does not have are refused`() throws {
    let failure = #expect(throws: AuditFailure.self) {
      try ask("SELECT 1", try store(), ["a": .integer(1)])
    }
    #expect(failure?.kind == .badQuery)
  }

  /// What would never end, or grow without bounds: it is stopped, and soon.
  @Test(arguments: [
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c",
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c",
    """
    WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 3000)
    SELECT count(*) FROM c AS a, c AS b, c AS d, c AS e
    """,
    """
    WITH RECURSIVE c(n, s) AS (SELECT 1, 'aaaaaaaaaaaaaaaa' UNION ALL SELECT n + 1, s || s FROM c)
    SELECT max(length(s)) FROM c
    """,
    """
    WITH RECURSIVE c(s) AS (SELECT 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' UNION ALL
      SELECT replace(s, 'a', 'aaaaaaaa') FROM c) SELECT count(*) FROM c
    """,
    """
    WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)
    SELECT group_concat(hex(n), 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx') FROM c
    """,
    """
    WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)
    SELECT json_group_array(n) FROM c
    """,
    """
    WITH RECURSIVE c(n, s) AS (SELECT 1, 'a' UNION ALL SELECT n + 1, s || 'a' FROM c)
    SELECT count(*) FROM c WHERE s LIKE '%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%b'
    """,
    """
    WITH RECURSIVE c(n, s) AS (SELECT 1, 'a' UNION ALL SELECT n + 1, s || 'a' FROM c)
    SELECT count(*) FROM c WHERE s GLOB '*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b'
    """,
    """
    WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)
    SELECT n FROM c ORDER BY hex(n) || n DESC LIMIT 1
    """,
    """
    WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 100000)
    SELECT count(DISTINCT a.n || '-' || b.n) FROM c AS a, c AS b
    """,
    """
    WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 100000)
    SELECT a.n FROM c AS a, c AS b ORDER BY a.n * b.n % 977, b.n LIMIT 1
    """,
    """
    WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)
    SELECT sum(n) OVER (ORDER BY n DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM c
    """,
    """
    WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 60000)
    SELECT a.n FROM c AS a WHERE (SELECT count(*) FROM c AS b WHERE b.n > a.n AND EXISTS(
      SELECT 1 FROM c AS d WHERE d.n = b.n - a.n)) < 0
    """,
    """
    WITH RECURSIVE c(s) AS (SELECT json_array(1) UNION ALL SELECT json_array(json(s), json(s)) FROM c)
    SELECT max(json_array_length(s)) FROM c
    """,
    """
    WITH RECURSIVE c(s) AS (SELECT json_array(1, 2, 3) UNION ALL
      SELECT json_group_array(j.value || '-' || k.value) FROM json_each(s) AS j, json_each(s) AS k FROM c)
    SELECT count(*) FROM c
    """,
    """
    WITH RECURSIVE c(n, s) AS (SELECT 1, 'a' UNION SELECT n + 1, hex(s) FROM c)
    SELECT sum(length(s)) FROM c
    """,
    "WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x FROM c WHERE x) SELECT x FROM c WHERE x > 1",
    """
    WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a LIMIT 9000),
      b(m) AS (SELECT n FROM a UNION ALL SELECT m + 1 FROM b, v_chain) SELECT count(*) FROM a, a AS z, a AS y
    """,
  ])
  func `a bomb is stopped in time`(_ sql: String) throws {
    let fixture = try store()
    let start = SystemClock().monotonic()
    do {
      let answer = try ask(sql, fixture)
      #expect(answer.cut != nil, "it came to an end of its own")
    } catch let failure as AuditFailure {
      #expect(failure.kind == .badQuery, "\(failure)")
    }
    // The deadline is 0.3 s; the rest is the load of the machine.
    #expect(SystemClock().monotonic() - start < 10_000_000)
  }

  /// One call of a function is never interrupted: none may take long.
  @Test(arguments: [
    "instr(s, substr(s, 1, 4000000) || 'b')",
    "length(replace(s, substr(s, 1, 4000000) || 'b', 'x'))",
    "s LIKE '%\(String(repeating: "a", count: 98))b'", "trim(s, substr(s, 2) || 'b')",
    "s LIKE '%\(String(repeating: "a", count: 900))b'", "s LIKE '%a%a%a%a%a%a%a%a%a%b'",
    "s GLOB '*a*a*a*a*a*a*a*a*a*b'", "s GLOB '*[a-z]*[a-z]*[a-z]*[a-z]*[^a]'",
    "s LIKE '%_%_%_%_%_%b'",
    "length(quote(s)) * 0",
    "length(upper(s)) * 0",
    "json_valid('[' || replace(s, 'a', '[') )", "length(hex(hex(hex(s)))) * 0", "unhex(s) IS s",
    "strftime(replace(s, 'a', '%J'), 0) IS 1", "json_extract('[' || s, '$.a') IS 1",
    "(s || s || s || s) IS 1", "abs(s) IS 1",
  ])
  func `one call is bounded`(_ expression: String) throws {
    let fixture = try store()
    let start = SystemClock().monotonic()
    let sql =
      """
      WITH RECURSIVE c(n, s) AS (SELECT 1, 'aaaaaaaa' UNION ALL SELECT n + 1, s || s FROM c LIMIT 21)
      SELECT \(expression) FROM (SELECT s FROM c WHERE n = 21)
      """
    do {
      let answer = try ask(sql, fixture, timeout: 30_000_000)
      #expect(
        answer.rows == [[.integer(expression.hasPrefix("length(replace(s, substr") ? 8 << 20 : 0)]])
    } catch let failure as AuditFailure { #expect(failure.kind == .badQuery, "\(failure)") }
    #expect(SystemClock().monotonic() - start < 20_000_000)
  }

  @Test func `functions in the place of SQLite's answer as those do`() throws {
    let answer = try ask(
      """
      SELECT instr('aéb', 'b'), instr(x'c3a962', x'62'), instr('abc', 'd'), instr(NULL, 'a'),
        instr('abc', ''), instr(1234, 34), replace('aXbX', 'X', 'yz'), replace('abc', '', 'x'),
        replace(121, 1, 'é'), replace('aa', 'a', ''), typeof(replace('aa', 'a', '')),
        replace(NULL, 'a', 'b'), trim(' a '), instr('', 'a'), replace('', 'a', 'b'),
        strftime('%Y-%m', 86400, 'unixepoch', '+1 month'), strftime('%s', 'nonsense'), strftime(NULL, 1)
      """, try store())
    #expect(
      answer.rows == [
        [
          .integer(3), .integer(3), .integer(0), .null, .integer(1), .integer(3), .text("ayzbyz"),
          .text("abc"), .text("é2é"), .text(""), .text("text"), .null, .text("a"), .integer(0),
          .text(""), .text("1970-02"), .null, .null,
        ]
      ])
  }

  @Test func `rows beyond the limit are cut, and that is said`() throws {
    let fixture = try store()
    let sql =
      "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 100) SELECT n FROM c"
    let cut = try ask(sql, fixture, rows: 7)
    #expect(cut.rows.count == 7)
    #expect(cut.cut == .rows)
    let whole = try ask(sql, fixture, rows: 100)
    #expect(whole.rows.count == 100)
    #expect(whole.cut == nil)
  }

  @Test func `values that are too large together are cut`() throws {
    var limits = SQLGuard()
    limits.maxBytes = 10_000
    let fixed = limits
    let fixture = try store()
    let answer = try AuditIndex.using(fixture.store, now: fixture.clock.wall(), patience: 50) {
      (index, _) throws(AuditFailure) in
      try index.ask(
        """
        WITH RECURSIVE c(n, s) AS (SELECT 1, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
          UNION ALL SELECT n + 1, s FROM c LIMIT 1000) SELECT s FROM c
        """, [:], fixed)
    }
    #expect(answer.cut == .bytes)
    #expect(answer.rows.count < 1000 && answer.rows.count > 50)
  }
}

@Suite struct ViewsPageTests {
  /// The page's tables by view.
  private func page() throws -> [String: [String]] {
    let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let bytes = try SystemFiles.shared.readSmallFile("/\(path)/schema/views.md", limit: 1 << 20)
    var views: [String: [String]] = [:]
    var view = ""
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      if line.hasPrefix("## `") {
        view = String(line.dropFirst(4).prefix { $0 != "`" })
        views[view] = []
      } else if line.hasPrefix("| `"), !view.isEmpty {
        views[view]?.append(String(line.dropFirst(3).prefix { $0 != "`" }))
      }
    }
    return views
  }

  @Test func `every view is on the page with its columns in their order`() throws {
    let page = try page()
    let fixture = try Fixture()
    _ = try fixture.index()
    let names = try AuditIndex.using(fixture.store, now: 0, patience: 50) {
      (index, _) throws(AuditFailure) in
      try index.ask("SELECT name FROM sqlite_schema WHERE type = 'view'", [:], SQLGuard()).rows
    }
    #expect(
      page.keys.sorted()
        == names.compactMap { if case .text(let name) = $0[0] { name } else { nil } }.sorted())
    for (view, columns) in page {
      let answer = try AuditIndex.using(fixture.store, now: 0, patience: 50) {
        (index, _) throws(AuditFailure) in
        try index.ask("SELECT * FROM \(view) LIMIT 0", [:], SQLGuard())
      }
      #expect(answer.columns == columns, "\(view)")
    }
  }
}

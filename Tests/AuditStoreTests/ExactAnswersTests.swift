import Glibc
import Platform
import SessionLog
import StoreGenerator
import Testing

@testable import AuditStore

/// A generated store whose answers are all known, made once for all tests here.
private final class Known: Sendable {
  static let shared = Result { try Known() }

  let root: String
  let store: Store
  let state: StateDirectory
  let truth: Truth

  init() throws {
    let place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array("\(place)/blackbox-known-XXXXXX".utf8CString)
    root = try #require(mkdtemp(&template).map { String(cString: $0) })
    var size = Size()
    (size.sessions, size.events, size.days, size.positives) = (300, 6000, 4, 3)
    let generator = try Generator(at: root + "/store", state: root + "/state", size: size)
    try generator.run()
    truth = generator.truth
    store = try Store.open(root + "/store")
    state = StateDirectory(root + "/state", in: SystemFiles.shared)
  }

  func index<R>(_ body: (borrowing AuditIndex) throws(AuditFailure) -> R) throws -> R {
    try AuditIndex.using(store, now: truth.until, patience: 5000) {
      (index, _) throws(AuditFailure) in try body(index)
    }
  }

  func rebuild() throws {
    var wish = IndexWish()
    wish.rebuilds = true
    _ = try AuditIndex.refresh(store, now: truth.until, wish)
  }
}

/// What a row shows of itself: numbers decimal, a missing value `-`.
private func words(_ row: [SQLValue]) -> [String] {
  row.map { value in
    switch value {
    case .null: "-"
    case .integer(let number): String(number)
    case .real(let number): String(number)
    case .text(let text): text
    case .blob(let bytes): Hex.encode(bytes)
    }
  }
}

@Suite(.serialized) struct ExactAnswersTests {
  private func known() throws -> Known { try Known.shared.get() }

  /// Question, its number in the generator, and the columns that are told of; a place is two.
  static let questions: [(String, String, [String])] = [
    ("agent-sessions", "Q1", ["session"]),
    ("behind-agents", "Q2", ["principal", "agent", "sessions"]),
    ("object-access", "Q3", ["agent", "access", "times"]), ("text", "Q4", ["place"]),
    ("blocked", "Q5", ["place", "policy", "version", "rule"]),
    ("rule-hits", "Q6", ["policy", "version", "digest", "rule", "outcome", "times"]),
    ("masking-totals", "Q7", ["object", "field", "info_type", "found", "masked", "leaked"]),
    ("undecided", "Q8", ["place", "type"]), ("held-but-ran", "Q9", ["place"]),
    ("too-few-approvers", "Q10", ["approval", "need", "humans"]),
    ("self-approved", "Q11", ["approval"]), ("misused-approvals", "Q12", ["approval"]),
    ("approval-latency", "Q13", ["approver", "votes", "under_5s"]),
    ("chain", "Q14", ["hop", "uid", "sub", "act"]), ("unattributed", "Q15", ["session", "proof"]),
    ("gaps", "Q16", ["place", "reason"]), ("verdicts", "Q17", ["verdict", "sessions", "events"]),
    ("readers", "Q18", ["who", "what", "times", "rows_given"]),
    ("recorder-events", "Q19", ["place", "type"]), ("new-agents", "Q20", ["agent", "sessions"]),
    ("new-actions", "Q21", ["agent", "op", "target"]),
    ("failures", "Q22", ["agent", "denied", "failed"]),
    ("largest-readers", "Q23", ["session", "rows_out", "bytes_out"]),
    ("unclean-ends", "Q24", ["session", "end_reason"]),
    ("days", "Q25", ["day", "sessions", "events", "denied", "masked"]),
  ]

  /// Questions that are answered over everything: the others are asked for the last day.
  static let overEverything: Set<String> = [
    "Q3", "Q4", "Q6", "Q7", "Q8", "Q9", "Q10", "Q11", "Q12", "Q13", "Q15", "Q16", "Q24", "Q25",
  ]

  @Test func `there are 25 questions, all of them held against the truth`() {
    #expect(NamedQuery.all.map(\.name).sorted() == Self.questions.map(\.0).sorted())
    #expect(NamedQuery.all.count == 25)
  }

  @Test(arguments: Self.questions)
  func `a question is answered exactly`(_ name: String, _ number: String, _ columns: [String])
    throws
  {
    let known = try known()
    let query = try #require(NamedQuery.named(name))
    var parameters: [String: SQLValue] = [:]
    let isDay = !Self.overEverything.contains(number)
    for parameter in query.parameters {
      switch parameter.name {
      case "since": parameters["since"] = .integer(isDay ? known.truth.since : 0)
      case "until": parameters["until"] = .integer(isDay ? known.truth.until : .max)
      default:
        if let usual = parameter.usual {
          parameters[parameter.name] = usual
        } else {
          parameters[parameter.name] = .text(
            try #require(known.truth.parameters[parameter.name]))
        }
      }
    }
    let answer = try known.index { (index) throws(AuditFailure) in
      try index.ask(query.sql, parameters, SQLGuard())
    }
    #expect(answer.cut == nil)
    let places = try columns.map { column in
      try #require(answer.columns.firstIndex(of: column), "\(name) has no column \(column)")
    }
    var found = answer.rows.map { row in
      zip(columns, words(places.map { row[$0] })).flatMap { column, word in
        column == "place" ? word.split(separator: "@").map(String.init) : [word]
      }
    }
    var wanted = known.truth.sets[number] ?? []
    if number == "Q15" {
      // Gateways and readers of evidence act for nobody: that is no finding.
      let others = try known.index { (index) throws(AuditFailure) in
        try index.ask(
          "SELECT session FROM v_session WHERE kind IN ('gateway', 'audit')", [:], SQLGuard())
      }
      let names = Set(others.rows.map { words($0)[0] })
      wanted.removeAll { names.contains($0[0]) }
    }
    if name == "self-approved" || name == "misused-approvals" {
      found = Set(found).sorted { $0.lexicographicallyPrecedes($1) }
    }
    found.sort { $0.lexicographicallyPrecedes($1) }
    wanted.sort { $0.lexicographicallyPrecedes($1) }
    #expect(!wanted.isEmpty)
    let (missing, extra) = (
      wanted.filter { !found.contains($0) }, found.filter { !wanted.contains($0) }
    )
    #expect(
      missing.isEmpty && extra.isEmpty,
      "missing \(missing.prefix(5)), not wanted \(extra.prefix(5))")
    #expect(found.count == wanted.count)
  }

  /// For each detection, what its event stands for in the generator's words.
  static let detections: [(String, String)] = [
    (
      "D1",
      "SELECT p.name FROM policy_change AS c JOIN policy AS p ON p.pid = c.pid WHERE c.eid = :eid"
    ),
    ("D2", "SELECT :session, :seq"),
    (
      "D3",
      "SELECT p.name FROM policy_change AS c JOIN policy AS p ON p.pid = c.pid WHERE c.eid = :eid"
    ),
    (
      "D4",
      "SELECT x.action_digest FROM decision AS d JOIN event AS x ON x.eid = d.subject WHERE d.eid = :eid"
    ),
    ("D5", "SELECT :session, :seq"), ("D6", "SELECT :session"),
    (
      "D7",
      "SELECT d.uid FROM session_chain AS c JOIN delegation AS d ON d.did = c.did WHERE c.sid = :eid >> 32 AND c.hop = 0"
    ),
    (
      "D8",
      "SELECT d.uid FROM session_chain AS c JOIN delegation AS d ON d.did = c.did WHERE c.sid = :eid >> 32 AND c.hop = 0"
    ),
    ("D9", "SELECT :session"), ("D10", "SELECT :session"),
    ("D11", "SELECT v.uid FROM vote AS w JOIN approval AS v ON v.aid = w.aid WHERE w.eid = :eid"),
    ("D12", "SELECT jti FROM session WHERE sid = :eid >> 32"),
    ("D13", "SELECT tool FROM tool_seen WHERE eid = :eid"),
    ("D14", "SELECT :session, :seq, info_type, found - masked FROM masking WHERE by = :eid"),
    ("D15", "SELECT :session, :seq"),
    ("D16", "SELECT object FROM object_ref WHERE eid = :eid AND access = 'read'"),
    (
      "D17",
      "SELECT p.name, p.version FROM decision AS d JOIN policy AS p ON p.pid = d.pid WHERE d.eid = :eid"
    ),
    ("D18", "SELECT :session"),
  ]

  /// The generator's rows, as far as the statement above gives them.
  private func wanted(_ rule: String, _ truth: Truth) -> Set<[String]> {
    let rows = truth.sets[rule] ?? []
    return switch rule {
    case "D1", "D16": Set(rows.map { [$0[0]] })
    case "D3", "D13": Set(rows.map { [$0[1]] })
    case "D10", "D18": Set(rows.map { [$0[1]] })
    // Approvals by the session's own principal count too.
    case "D11": Set((rows + (truth.sets["Q11"] ?? [])).map { [$0[0]] })
    case "D15": Set(rows.map { [$0[0], $0[1]] })
    case "D17": [["thin", "v2"]]
    default: Set(rows)
    }
  }

  private func found(_ rule: String, _ sql: String, _ known: Known) throws -> [[String]] {
    try known.index { (index) throws(AuditFailure) in
      let rule = Detection.standard.filter { $0.id == rule }
      _ = try index.detect(rule, now: known.truth.until, window: 0)
      let all = try index.ask(
        "SELECT f.eid, f.key FROM finding AS f WHERE f.rule = :rule", ["rule": .text(rule[0].id)],
        SQLGuard())
      var found: [[String]] = []
      for row in all.rows {
        let key = words(row)[1].split(separator: "@").map(String.init)
        var parameters: [String: SQLValue] = [:]
        for (name, value): (String, SQLValue) in [
          ("eid", row[0]), ("session", .text(key[0])), ("seq", .text(key[1])),
        ] where sql.contains(":" + name) { parameters[name] = value }
        found += try index.ask(sql, parameters, SQLGuard()).rows.map(words)
      }
      return found
    }
  }

  @Test(arguments: Self.detections)
  func `a detection finds all of it and nothing else`(_ rule: String, _ sql: String) throws {
    let known = try known()
    let found = try found(rule, sql, known)
    let wanted = wanted(rule, known.truth)
    #expect(!wanted.isEmpty)
    let (missing, extra) = (wanted.subtracting(found), Set(found).subtracting(wanted))
    #expect(
      missing.isEmpty && extra.isEmpty,
      "missing \(missing.prefix(5)), not wanted \(extra.prefix(5))")
    #expect(found.count == wanted.count, "one finding for each thing")
  }

  @Test func `a rebuilt index has the same findings under the same names`() throws {
    let known = try known()
    func names() throws -> [String] {
      try known.index { (index) throws(AuditFailure) in
        _ = try index.detect(Detection.standard, now: known.truth.until, window: 0)
        var request = ListRequest()
        request.limit = nil
        return try index.page(.findings, request).rows.map { words($0).joined(separator: " ") }
      }
    }
    let before = try names()
    #expect(before.count >= 18)
    let again = try known.index { (index) throws(AuditFailure) in
      try index.detect(Detection.standard, now: known.truth.until, window: 0).fresh.count
    }
    #expect(again == 0, "what is known is not found again")
    try known.rebuild()
    #expect(try names() == before)
  }
}

internal import Platform
package import Text

/// One place where a text was found: in an event, or on a terminal's screen.
package struct SearchHit: Sendable, Equatable {
  /// `ID@SEQ`, which `replay` opens.
  package var place: String
  package var session: String
  package var sequence: Int64
  /// Microseconds since 1970: of the event, or of the output line after which a text stood on the screen.
  package var time: Int64
  package var agent: String?
  package var principal: String?
  package var resource: String?
  package var type: String
  /// True where the text stood on a terminal, as rendered.
  package var isShown: Bool
  package var operation: String?
  package var target: String?
  package var confidence: Int64?
  /// The line that holds the match, shortened around it, and the match in it.
  package var excerpt: String
  package var match: String
}

/// What to look for, and how much of it.
package struct SearchRequest: Sendable {
  package var pattern: SearchPattern
  package var filter = RecordFilter()
  package var limit = 100
  package var after: Cursor?
  /// Oldest first.
  package var isReversed = false
  /// Microseconds that the search may take.
  package var timeout: Int64 = 10_000_000

  package init(_ pattern: SearchPattern) { self.pattern = pattern }
}

package struct SearchPage: Sendable {
  package var hits: [SearchHit] = []
  package var cursor: Cursor?
  package var isCut = false
  /// The time was over before the end.
  package var isLate = false
  /// Sessions and texts that the text pass has not come to.
  package var pendingSessions: Int64 = 0
}

/// A hit before its row is read: the newest session first, in it the last line first.
private struct Candidate {
  var eid: Int64
  var tid: Int64
  var isShown: Bool
  var body: String
}

extension AuditIndex {
  /// Texts that a rare piece may stand in; where there are more it is common, and the newest rows
  /// are read instead.
  private static let rareTexts: Int64 = 5000
  private static let rareRows: Int64 = 20_000

  /// Finds a text in commands, statements, arguments and messages, and in what terminals showed.
  package func search(_ request: SearchRequest) throws(AuditFailure) -> SearchPage {
    var list = ListRequest()
    list.filter = request.filter
    list.isReversed = request.isReversed
    let kind = request.pattern.isExpression ? "regex" : "grep"
    var digest = try cursorDigest(.events, list)
    do {
      let text = "\(kind)\n\(request.pattern.ignoresCase)\n\(request.pattern.source)"
      digest = Array(try SHA256.hash(digest + Array(text.utf8)).bytes.prefix(8))
    } catch {
      throw AuditFailure(.unusableIndex, "no cursor can be made", found: error.reason, advice: "")
    }
    if let after = request.after, after.digest != digest { throw .foreignCursor }
    let deadline = Int64(clamping: SystemClock().monotonic()) &+ min(request.timeout, 1 << 60)
    return try indexed { () throws(SQLiteFailure) in
      var page = SearchPage()
      page.pendingSessions = try database.integer(
        "SELECT count(*) FROM source WHERE is_text_due OR is_due")
      let texts = try rareTexts(request.pattern)
      var walk = Walk(request, digest, deadline)
      let events = try database.prepare(eventRows(request, texts))
      let shown = try database.prepare(shownRows(request, texts))
      var event = try next(events, isShown: false)
      var screen = try next(shown, isShown: true)
      while event != nil || screen != nil {
        let takesEvent = walk.precedes(event, screen)
        guard let candidate = takesEvent ? event : screen else { break }
        if let found = walk.judge(candidate) {
          if page.hits.count >= request.limit {
            page.isCut = true
            break
          }
          page.hits.append(try hit(candidate, found))
          page.cursor = Cursor(first: candidate.eid, second: candidate.tid, digest: digest)
        }
        if walk.isLate() {
          page.isLate = true
          page.cursor = Cursor(first: candidate.eid, second: candidate.tid, digest: digest)
          break
        }
        if takesEvent {
          event = try next(events, isShown: false)
        } else {
          screen = try next(shown, isShown: true)
        }
      }
      events.reset()
      shown.reset()
      return page
    }
  }

  private struct Walk {
    let isReversed: Bool
    let deadline: Int64
    var matcher: PatternMatcher
    var count = 0

    init(_ request: SearchRequest, _ digest: [UInt8], _ deadline: Int64) {
      isReversed = request.isReversed
      self.deadline = deadline
      matcher = PatternMatcher(request.pattern)
    }

    func precedes(_ event: Candidate?, _ screen: Candidate?) -> Bool {
      guard let event else { return false }
      guard let screen else { return true }
      let (one, other) = ((event.eid, event.tid), (screen.eid, screen.tid))
      return isReversed ? one < other : one > other
    }

    mutating func judge(_ candidate: Candidate) -> Range<Int>? {
      let bytes = Array(candidate.body.utf8)
      guard matcher.matches(bytes.span) else { return nil }
      return matcher.firstMatch(in: bytes.span, from: 0)
    }

    mutating func isLate() -> Bool {
      count += 1
      return count % 256 == 0 && Int64(clamping: SystemClock().monotonic()) > deadline
    }
  }

  private func next(
    _ statement: borrowing Statement, isShown: Bool
  ) throws(SQLiteFailure) -> Candidate? {
    guard try statement.step() else { return nil }
    return Candidate(
      eid: statement.integer(0), tid: statement.integer(1), isShown: isShown,
      body: statement.text(2))
  }

  // MARK: candidates

  /// Texts that can hold the pattern as a JSON list of their numbers; nil where they are many, or
  /// where nothing of three characters must stand in them.
  private func rareTexts(_ pattern: SearchPattern) throws(SQLiteFailure) -> String? {
    let pieces = pattern.anyOf.map { String(decoding: $0, as: UTF8.self) }
    guard !pieces.isEmpty, pieces.allSatisfy({ $0.unicodeScalars.count >= 3 }) else { return nil }
    guard try mode() == .trigram else { return nil }
    var ids = Set<Int64>()
    for piece in pieces {
      // % and _ in it match more than themselves: what is too much is sorted out by the matcher.
      let rows = try database.prepare(
        "SELECT rowid FROM txt_fts WHERE body LIKE \("%" + piece + "%") LIMIT \(Self.rareTexts + 1)"
      )
      while try rows.step() { ids.insert(rows.integer(0)) }
    }
    let due = try database.prepare("SELECT tid FROM txt_due LIMIT \(Self.rareTexts + 1)")
    while try due.step() { ids.insert(due.integer(0)) }
    guard ids.count <= Int(Self.rareTexts) else { return nil }
    let list = "[" + ids.map(String.init).joined(separator: ",") + "]"
    let rows = try database.integer(
      """
      SELECT count(*) FROM (SELECT 1 FROM event WHERE tid IN (SELECT value FROM json_each(\(list)))
        LIMIT \(Self.rareRows + 1))
      """)
    return rows <= Self.rareRows ? list : nil
  }

  private func edge(_ request: SearchRequest, _ eid: SQL, _ tid: SQL) -> SQL {
    guard let after = request.after else { return "TRUE" }
    return request.isReversed
      ? "(\(eid), \(tid)) > (\(after.first), \(after.second))"
      : "(\(eid), \(tid)) < (\(after.first), \(after.second))"
  }

  private func eventRows(_ request: SearchRequest, _ texts: String?) -> SQL {
    let condition = FilterCondition(request.filter, .event).sql(time: "e.ts_us")
    let among: SQL =
      texts.map { "e.tid IN (SELECT value FROM json_each(\($0)))" } ?? "e.tid IS NOT NULL"
    let order: SQL = request.isReversed ? "e.eid" : "e.eid DESC"
    return """
      SELECT e.eid, e.tid, x.body FROM event AS e LEFT JOIN session AS s ON s.sid = e.eid >> 32
        CROSS JOIN txt AS x ON x.tid = e.tid
      WHERE \(among) AND \(condition) AND \(edge(request, "e.eid", "e.tid")) ORDER BY \(order)
      """
  }

  private func shownRows(_ request: SearchRequest, _ texts: String?) -> SQL {
    var filter = request.filter
    // What only events have, a screen has not.
    let types = filter[.type]
    filter[.type] = []
    var conditions = [FilterCondition(filter, .session).sql(time: "w.ts_us")]
    if FilterField.allCases.contains(where: { !$0.isOfSession && !filter[$0].isEmpty }) {
      conditions = ["FALSE"]
    }
    let wanted = types.filter { !$0.isNegated }
    if !wanted.isEmpty {
      conditions.append(
        wanted.map { FilterCondition.match(["'terminal.output'"], $0) }.joined(by: .or))
    }
    for type in types where type.isNegated {
      conditions.append("NOT \(FilterCondition.match(["'terminal.output'"], type))")
    }
    if let texts { conditions.append("w.tid IN (SELECT value FROM json_each(\(texts)))") }
    let order: SQL = request.isReversed ? "w.eid, w.tid" : "w.eid DESC, w.tid DESC"
    return """
      SELECT w.eid, w.tid, x.body FROM shown AS w LEFT JOIN session AS s ON s.sid = w.eid >> 32
        CROSS JOIN txt AS x ON x.tid = w.tid
      WHERE \(conditions.joined(by: .and)) AND \(edge(request, "w.eid", "w.tid")) ORDER BY \(order)
      """
  }

  // MARK: hits

  private func hit(
    _ candidate: Candidate, _ found: Range<Int>
  ) throws(SQLiteFailure) -> SearchHit {
    let row = try database.prepare(
      candidate.isShown
        ? """
        SELECT s.uid, w.ts_us, a.uid, p.uid, r.uid, 'terminal.output', NULL, NULL, NULL
        FROM shown AS w JOIN session AS s ON s.sid = w.eid >> 32
          LEFT JOIN identity AS a ON a.iid = s.agent LEFT JOIN identity AS p ON p.iid = s.principal
          LEFT JOIN resource AS r ON r.rid = s.rid
        WHERE w.tid = \(candidate.tid) AND w.eid = \(candidate.eid)
        """
        : """
        SELECT s.uid, e.ts_us, a.uid, p.uid, r.uid, n.name, e.op, e.target, e.confidence
        FROM event AS e JOIN etype AS n ON n.t = e.t JOIN session AS s ON s.sid = e.eid >> 32
          LEFT JOIN identity AS a ON a.iid = s.agent LEFT JOIN identity AS p ON p.iid = s.principal
          LEFT JOIN resource AS r ON r.rid = coalesce(e.rid, s.rid)
        WHERE e.eid = \(candidate.eid)
        """)
    _ = try row.step()
    let (excerpt, match) = Self.excerpt(Array(candidate.body.utf8), found)
    let sequence = candidate.eid & 0xFFFF_FFFF
    return SearchHit(
      place: "\(row.text(0))@\(sequence)", session: row.text(0), sequence: sequence,
      time: row.integer(1), agent: row.optionalText(2), principal: row.optionalText(3),
      resource: row.optionalText(4), type: row.text(5), isShown: candidate.isShown,
      operation: row.optionalText(6), target: row.optionalText(7),
      confidence: row.optionalInteger(8), excerpt: excerpt, match: match)
  }

  /// The line around a match, at most so many bytes before and behind it.
  static func excerpt(_ body: [UInt8], _ match: Range<Int>) -> (String, String) {
    var start = match.lowerBound
    var end = match.upperBound
    while start > 0, body[start - 1] != 0x0A, match.lowerBound - start < 80 { start -= 1 }
    while end < body.count, body[end] != 0x0A, end - match.upperBound < 160 { end += 1 }
    // Never within a scalar.
    while start < match.lowerBound, body[start] & 0xC0 == 0x80 { start += 1 }
    while end > match.upperBound, end < body.count, body[end] & 0xC0 == 0x80 { end -= 1 }
    var text = String(decoding: body[start..<end], as: UTF8.self)
    if start > 0, body[start - 1] != 0x0A { text = "…" + text }
    if end < body.count, body[end] != 0x0A { text += "…" }
    return (text, String(decoding: body[match].prefix(4096), as: UTF8.self))
  }
}

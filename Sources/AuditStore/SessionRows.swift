internal import Platform
internal import SessionLog

/// Writes the rows of sessions into the index.
@safe
struct SessionRows: ~Copyable {
  private var ids: DerivedIDs
  private let event: Statement
  private let stretch: Statement
  private let gap: Statement
  private let session: Statement
  private let source: Statement

  init(_ database: borrowing Database) throws(SQLiteFailure) {
    let ids = try DerivedIDs(database)
    let event = try database.prepare(
      """
      INSERT OR IGNORE INTO event(eid, ts_us, t, k, ln, op, target, status, disp, sev, code, tid,
        dur_us, n_out, b_out, caused_by) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
      """)
    let stretch = try database.prepare(
      "INSERT OR IGNORE INTO stretch VALUES(?,?,?,?,?,?,?,?,?)")
    let gap = try database.prepare(
      "INSERT OR IGNORE INTO gap(sid, seq, ts_us, reason, n, bytes) VALUES(?,?,?,?,?,?)")
    let session = try database.prepare(
      """
      INSERT OR REPLACE INTO session(sid, uid, kind, agent, principal, rid, host, purpose, start_us,
        end_us, t_last, end_reason, exit_code, n_events, n_denied, n_masked, n_gaps, n_recovered,
        n_withheld, bytes, n_held) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,0)
      """)
    let source = try database.prepare(
      """
      UPDATE source SET is_due = 0, bytes = ?, sha256 = ?, lines_done = ?, root_done = ?,
        offset_done = ?, leaf_done = ?, is_closed = ?, verify = ?, rules = ? WHERE src = ?
      """)
    // All or none: what owns statements is never half made.
    self.ids = ids
    self.event = event
    self.stretch = stretch
    self.gap = gap
    self.session = session
    self.source = source
  }

  mutating func add(_ row: EventRow, sid: Int64, start: Int64) throws(SQLiteFailure) {
    // A line beyond 2^32 has no number here; the session's counts still tell of it.
    guard row.sequence <= UInt64(UInt32.max) else { return }
    let moment = start &+ Int64(clamping: row.time)
    let text: SQLValue
    if let body = row.text { text = .integer(try ids.id(ofText: body)) } else { text = .null }
    let cause = row.causedBy.flatMap { $0 < row.sequence ? sid << 32 | Int64($0) : nil }
    try event.run([
      .integer(sid << 32 | Int64(row.sequence)), .integer(moment),
      .integer(try ids.id(ofType: row.type)), SQLValue(row.batch), .integer(Int64(row.line)),
      SQLValue(row.op), SQLValue(row.target), .integer(row.status), .integer(row.disposition),
      .integer(row.severity), SQLValue(row.code), text, SQLValue(row.duration),
      SQLValue(row.rows), SQLValue(row.bytes), SQLValue(cause),
    ])
    if let lost = row.gap {
      try gap.run([
        .integer(sid), SQLValue(row.sequence), .integer(moment), .text(lost.reason),
        SQLValue(lost.events), SQLValue(lost.bytes),
      ])
    }
  }

  func add(_ part: Stretch, sid: Int64) throws(SQLiteFailure) {
    try stretch.run([
      .integer(sid), SQLValue(part.batch), .text(part.stream.rawValue), SQLValue(part.firstLine),
      SQLValue(part.lastLine), SQLValue(part.firstTime), SQLValue(part.lastTime),
      SQLValue(part.lines), SQLValue(part.bytes),
    ])
  }

  /// Writes the session's own row and notes how far it is indexed.
  func finish(
    _ sid: Int64, _ id: SessionID, _ verdict: SessionVerdict, _ tally: SessionTally,
    leaves: [LoggedLeaf]
  ) throws(SQLiteFailure) {
    let start = verdict.start
    let startTime =
      start?.start ?? leaves.first?.leaf.time ?? Int64(clamping: id.milliseconds) &* 1000
    var agent: SQLValue = .null
    var principal: SQLValue = .null
    var resource: SQLValue = .null
    if let start {
      agent = .integer(try ids.id(of: start.agent, kind: "agent"))
      if let who = start.principal {
        principal = .integer(try ids.id(of: who, kind: "unknown"))
      }
      if let what = start.resource { resource = .integer(try ids.id(of: what)) }
    }
    let isClosed = verdict.isClosed
    try session.run([
      .integer(sid), .text(id.text), SQLValue(start?.kind), agent, principal, resource,
      SQLValue(start?.host), SQLValue(start?.purpose), .integer(startTime),
      isClosed ? .integer(startTime &+ Int64(clamping: verdict.time)) : .null,
      SQLValue(tally.lastTime), SQLValue(isClosed ? verdict.endReason : nil),
      SQLValue(isClosed ? verdict.exitCode : nil), SQLValue(tally.lines),
      SQLValue(tally.denied), SQLValue(tally.masked),
      SQLValue(tally.types["recorder.gap"] ?? 0),
      SQLValue(verdict.recoveredLines), SQLValue(verdict.withheldLines), SQLValue(tally.bytes),
    ])
    let rules = Set(verdict.findings.map(\.rule.rawValue)).sorted().joined(separator: " ")
    try source.run([
      SQLValue(verdict.bytes), SQLValue(verdict.sha256?.bytes), SQLValue(verdict.lines),
      SQLValue(verdict.root?.bytes), SQLValue(verdict.bytes),
      leaves.last.map { SQLValue($0.index) } ?? .null, .integer(isClosed ? 1 : 0),
      .text(verdict.indexWord(lastLeaf: leaves.last?.leaf)), .text(rules), .integer(sid),
    ])
  }
}

extension SessionVerdict {
  /// The verdict's word, or `PRUNED` where retention let the file go.
  func indexWord(lastLeaf: Leaf?) -> String {
    lastLeaf?.kind == Leaf.Kind.prune && isIntact ? "PRUNED" : word
  }
}

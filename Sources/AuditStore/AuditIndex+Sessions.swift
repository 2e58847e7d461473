internal import Evidence
internal import Platform
internal import SessionLog

extension AuditIndex {
  /// Bytes of session files that one transaction takes up.
  private static let bytesPerTransaction: UInt64 = 32 << 20

  /// Reads every session that is due, in order of their numbers.
  mutating func readSessions(
    into result: inout IndexUpdate, progress: (IndexProgress) -> Void
  ) throws(AuditFailure) {
    let path = store.indexPath
    let due = try indexed { () throws(SQLiteFailure) in
      try database.integer("SELECT count(*) FROM source WHERE is_due")
    }
    guard due > 0 else { return }
    var done: Int64 = 0
    var last = Int64.min
    var hasErased = false
    while true {
      var isDone = false
      try database.transaction({ AuditFailure($0, at: path) }) { () throws(AuditFailure) in
        var rows = try indexed { () throws(SQLiteFailure) in try SessionRows(database) }
        var bytes: UInt64 = 0
        while bytes < Self.bytesPerTransaction {
          guard let source = try nextSource(after: last) else {
            isDone = true
            return
          }
          last = source.sid
          let outcome = try read(source, &rows)
          bytes += outcome.bytes
          result.sessions += 1
          result.rows += outcome.rows
          if outcome.isDamaged { result.damaged += 1 }
          if outcome.hasErased { hasErased = true }
          done += 1
          progress(IndexProgress(sessions: done, due: due))
        }
      }
      if isDone { break }
    }
    if hasErased {
      // What was lawfully erased must not live on in the write-ahead log.
      try indexed { () throws(SQLiteFailure) in
        _ = try database.value("PRAGMA wal_checkpoint(TRUNCATE)")
      }
    }
  }

  /// A session's file and how far it was read.
  private struct Source {
    var sid: Int64
    var id: SessionID?
    var linesDone: UInt64
    var rootDone: [UInt8]?
    var leafDone: Int64?
  }

  private func nextSource(after last: Int64) throws(AuditFailure) -> Source? {
    try indexed { () throws(SQLiteFailure) in
      let next = try database.prepare(
        """
        SELECT src, uid, lines_done, root_done, leaf_done FROM source
        WHERE is_due AND src > \(last) ORDER BY src LIMIT 1
        """)
      guard try next.step() else { return nil }
      return Source(
        sid: next.integer(0), id: SessionID(next.text(1)),
        linesDone: UInt64(clamping: next.integer(2)), rootDone: next.blob(3),
        leafDone: next.optionalInteger(4))
    }
  }

  private func leaves(of sid: Int64) throws(SQLiteFailure) -> [LoggedLeaf] {
    let rows = try database.prepare(
      """
      SELECT idx, kind, lines, root, bytes, sha256, time_us, withheld, by FROM leaf
      WHERE sid = \(sid) ORDER BY idx
      """)
    let uid = try database.value("SELECT uid FROM source WHERE src = \(sid)")
    guard case .text(let text) = uid, let id = SessionID(text) else { return [] }
    var leaves: [LoggedLeaf] = []
    while try rows.step() {
      guard let kind = Leaf.Kind(rawValue: rows.text(1)), let root = rows.blob(3),
        let sha = rows.blob(5), let rootDigest = Digest(root), let digest = Digest(sha)
      else { continue }
      var leaf = Leaf(
        kind, session: id, lines: UInt64(clamping: rows.integer(2)), root: rootDigest,
        bytes: UInt64(clamping: rows.integer(4)), sha256: digest, time: rows.integer(6))
      leaf.withheld = rows.optionalText(7)
      leaf.by = rows.optionalText(8)
      leaves.append(LoggedLeaf(index: UInt64(clamping: rows.integer(0)), leaf: leaf))
    }
    return leaves
  }

  private struct Outcome {
    var bytes: UInt64 = 0
    var rows: Int64 = 0
    var isDamaged = false
    var hasErased = false
  }

  /// Verifies one session and writes its rows, going on where it stood if its beginning is
  /// unchanged.
  private func read(_ source: Source, _ rows: inout SessionRows) throws(AuditFailure) -> Outcome {
    guard let id = source.id else {
      // A row that made way for one with a leaf.
      try indexed { () throws(SQLiteFailure) in try remove(source.sid) }
      return Outcome()
    }
    let leaves: [LoggedLeaf] = try indexed { () throws(SQLiteFailure) in
      try self.leaves(of: source.sid)
    }
    var outcome = Outcome()
    let isErased = leaves.contains {
      ($0.leaf.kind == .erase || $0.leaf.kind == .prune)
        && Int64(clamping: $0.index) > source.leafDone ?? -1
    }
    outcome.hasErased = isErased && source.linesDone > 0
    var skip = isErased ? 0 : source.linesDone
    while true {
      if skip == 0 {
        try indexed { () throws(SQLiteFailure) in try clear(source.sid) }
      }
      var walk = SessionWalk(sid: source.sid, skip: skip, root: source.rootDone)
      var failure: SQLiteFailure?
      let verdict: SessionVerdict
      do throws(SessionLogFailure) {
        verdict = try SessionVerifier.verify(id, in: store, leaves: leaves) {
          (batch, isCommitted) throws(SessionLogFailure) in
          guard isCommitted, walk.isOnCourse else { return }
          do throws(SQLiteFailure) { try walk.take(batch, &rows) } catch {
            failure = error
            throw SessionLogFailure(.system, "the index refused a row", advice: "")
          }
        }
      } catch {
        if let failure { throw AuditFailure(failure, at: store.indexPath) }
        throw AuditFailure(error)
      }
      if skip > 0, !walk.isOnCourse || verdict.lines < skip {
        // Not the beginning that was indexed: all of it again.
        skip = 0
        continue
      }
      outcome.bytes = verdict.bytes
      outcome.rows = walk.rows
      outcome.isDamaged = !verdict.isIntact
      try indexed { () throws(SQLiteFailure) in
        try rows.finish(source.sid, id, verdict, walk.tally, leaves: leaves)
      }
      return outcome
    }
  }

  /// Removes a session's rows, and whatever only it spoke of.
  func clear(_ sid: Int64) throws(SQLiteFailure) {
    let isThere = try database.integer("SELECT count(*) FROM session WHERE sid = \(sid)") > 0
    let (first, last) = (sid << 32, sid << 32 + 0xFFFF_FFFF)
    // Rows may be there without a session row only inside this transaction; none are without
    // either.
    guard isThere else { return }
    try database.run("CREATE TEMP TABLE IF NOT EXISTS left_text(tid INTEGER PRIMARY KEY)")
    try database.run("DELETE FROM left_text")
    try database.run(
      """
      INSERT OR IGNORE INTO left_text SELECT tid FROM event
      WHERE eid BETWEEN \(first) AND \(last) AND tid IS NOT NULL
      """)
    try database.run("DELETE FROM event WHERE eid BETWEEN \(first) AND \(last)")
    try database.run(
      """
      DELETE FROM txt WHERE tid IN (SELECT tid FROM left_text)
      AND NOT EXISTS(SELECT 1 FROM event WHERE event.tid = txt.tid)
      """)
    try database.run("DELETE FROM stretch WHERE sid = \(sid)")
    try database.run("DELETE FROM gap WHERE sid = \(sid)")
    try database.run("DELETE FROM session WHERE sid = \(sid)")
    try database.run(
      """
      DELETE FROM identity WHERE NOT EXISTS(SELECT 1 FROM session WHERE agent = iid)
      AND NOT EXISTS(SELECT 1 FROM session WHERE principal = iid)
      """)
    try database.run(
      "DELETE FROM resource WHERE NOT EXISTS(SELECT 1 FROM session WHERE rid = resource.rid)")
    try database.run(
      "DELETE FROM etype WHERE NOT EXISTS(SELECT 1 FROM event WHERE event.t = etype.t)")
  }
}

/// One walk over a session's committed batches, on its way into the index.
private struct SessionWalk {
  let sid: Int64
  /// Lines whose rows are there already, if the root over them is still `root`.
  let skip: UInt64
  let root: [UInt8]?
  var tally = SessionTally()
  var rows: Int64 = 0
  private(set) var isOnCourse = true
  private var start: Int64 = 0

  init(sid: Int64, skip: UInt64, root: [UInt8]?) {
    (self.sid, self.skip, self.root) = (sid, skip, root)
  }

  mutating func take(_ batch: borrowing Batch, _ rows: inout SessionRows) throws(SQLiteFailure) {
    guard let commit = batch.commit else { return }
    if batch.firstLine == 0, let line = batch.line(0) {
      do { start = try SessionStart(parsing: line.bytes.span).start } catch {}
    }
    if batch.firstLine < skip {
      isOnCourse = commit.lines <= skip && (commit.lines < skip || commit.root.bytes == root)
      tally.add(batch)
      return
    }
    var added: Int64 = 0
    let (sid, start) = (sid, start)
    try tally.add(batch) { row throws(SQLiteFailure) in
      try rows.add(row, sid: sid, start: start)
      added += 1
    } stretch: { stretch throws(SQLiteFailure) in
      try rows.add(stretch, sid: sid)
      added += 1
    }
    self.rows += added
  }
}

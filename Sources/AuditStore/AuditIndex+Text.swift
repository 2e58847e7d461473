internal import Platform
internal import SessionLog
internal import Terminal

/// What a text pass did.
package struct TextUpdate: Sendable, Equatable {
  /// Terminal sessions that were drawn.
  package var sessions: Int64 = 0
  /// Texts that became findable.
  package var texts: Int64 = 0

  package var isEmpty: Bool { self == TextUpdate() }
}

extension AuditIndex {
  /// Makes everything findable that is not yet: draws terminal sessions, then indexes texts.
  ///
  /// A second pass, because it costs more than all the rest: it can be stopped anywhere and goes on
  /// where it stood, because rows and the position move in one transaction.
  @discardableResult
  package mutating func updateText(
    mode wanted: TextMode? = nil, progress: (IndexProgress) -> Void = { _ in }
  ) throws(AuditFailure) -> TextUpdate {
    var result = TextUpdate()
    guard isWritable else { return result }
    let path = store.indexPath
    if let wanted,
      try indexed({ () throws(SQLiteFailure) in try mode() != wanted })
    {
      try database.transaction({ AuditFailure($0, at: path) }) { () throws(AuditFailure) in
        try indexed { () throws(SQLiteFailure) in try make(search: wanted) }
      }
    }
    do throws(AuditFailure) {
      try draw(into: &result, progress: progress)
      try indexTexts(into: &result)
    } catch {
      guard error.kind == .locked else { throw error }
      note(.notUpdated(reason: "another process is updating it"))
    }
    return result
  }

  /// True where the search knows all that the index holds.
  func isTextDone() throws(SQLiteFailure) -> Bool {
    if try database.integer("SELECT EXISTS(SELECT 1 FROM source WHERE is_text_due)") > 0 {
      return false
    }
    if try mode() == .off { return true }
    return try database.integer("SELECT EXISTS(SELECT 1 FROM txt_due)") == 0
  }

  // MARK: Drawing

  private mutating func draw(into result: inout TextUpdate, progress: (IndexProgress) -> Void)
    throws(AuditFailure)
  {
    let path = store.indexPath
    let due = try indexed { () throws(SQLiteFailure) in
      try database.integer("SELECT count(*) FROM source WHERE is_text_due")
    }
    guard due > 0 else { return }
    var rows = try indexed { () throws(SQLiteFailure) in try SessionRows(database) }
    var last = Int64.min
    var isDone = false
    while !isDone {
      try database.transaction({ AuditFailure($0, at: path) }) { () throws(AuditFailure) in
        var bytes: Int64 = 0
        var count = 0
        while bytes < 8 << 20, count < pieces.sessions {
          count += 1
          guard let next = try nextDrawing(after: last) else {
            isDone = true
            return
          }
          last = next.sid
          let drawing = try logged { () throws(SessionLogFailure) in
            try Drawing(of: next.id, in: store, lines: next.lines)
          }
          try indexed { () throws(SQLiteFailure) in try write(drawing, next, &rows) }
          bytes += next.bytes
          result.sessions += 1
          progress(IndexProgress(sessions: result.sessions, due: due))
        }
        try pieces.count(at: path)
      }
    }
  }

  private struct NextDrawing {
    var sid: Int64
    var id: SessionID
    var lines: UInt64
    var done: UInt64
    var bytes: Int64
  }

  private func nextDrawing(after last: Int64) throws(AuditFailure) -> NextDrawing? {
    try indexed { () throws(SQLiteFailure) in
      let next = try database.prepare(
        """
        SELECT src, uid, lines_done, text_done, bytes FROM source
        WHERE is_text_due AND src > \(last) ORDER BY src LIMIT 1
        """)
      guard try next.step(), let id = SessionID(next.text(1)) else { return nil }
      return NextDrawing(
        sid: next.integer(0), id: id, lines: UInt64(clamping: next.integer(2)),
        done: UInt64(clamping: next.integer(3)), bytes: max(1 << 14, next.integer(4)))
    }
  }

  private func write(_ drawing: Drawing, _ next: NextDrawing, _ rows: inout SessionRows)
    throws(SQLiteFailure)
  {
    let first = next.sid << 32
    for line in drawing.shown where line.sequence <= UInt64(UInt32.max) {
      let text = try rows.ids.id(ofText: line.text)
      try rows.statements.run(
        """
        INSERT OR IGNORE INTO shown(tid, eid, ts_us)
        SELECT \(text), \(first | Int64(line.sequence)), start_us + \(Int64(clamping: line.time))
        FROM session WHERE sid = \(next.sid)
        """)
    }
    let type = try rows.ids.id(ofType: IndexedTypes.command)
    for command in drawing.commands where command.sequence <= UInt64(UInt32.max) {
      let text = try rows.ids.id(ofText: command.text)
      let status: Int64 = command.exitCode.map { $0 == 0 ? 1 : 2 } ?? 0
      try rows.statements.run(
        """
        INSERT OR REPLACE INTO event(eid, ts_us, t, k, ln, is_action, op, status, disp, sev, code,
          tid, confidence)
        SELECT \(first | Int64(command.sequence)), start_us + \(Int64(clamping: command.time)),
          \(type), \(Int64(clamping: command.batch)), \(command.line), 1, 'exec', \(status), 0, 1,
          \(SQLValue(command.exitCode.map { String($0) })), \(text), \(command.confidence)
        FROM session WHERE sid = \(next.sid)
        """)
    }
    try rows.statements.run(
      """
      UPDATE source SET is_text_due = 0, text_done = \(Int64(clamping: next.lines))
      WHERE src = \(next.sid)
      """)
    if drawing.cut > 0 || drawing.hidden > 0 {
      try rows.statements.run(
        """
        UPDATE session SET n_cut = n_cut + \(Int64(clamping: drawing.cut)),
          n_hidden = \(Int64(clamping: drawing.hidden)) WHERE sid = \(next.sid)
        """)
    }
  }

  // MARK: The search

  private mutating func indexTexts(into result: inout TextUpdate) throws(AuditFailure) {
    let path = store.indexPath
    let isDue = try indexed { () throws(SQLiteFailure) in
      if try mode() == .off { return false }
      return try database.integer("SELECT EXISTS(SELECT 1 FROM txt_due)") > 0
    }
    // Whoever finds nothing to do need not wait for whoever writes.
    guard isDue else { return }
    var count: Int64 = 1
    while count > 0 {
      count = try database.transaction({ AuditFailure($0, at: path) }) {
        () throws(AuditFailure) -> Int64 in
        try pieces.count(at: path)
        return try indexed { () throws(SQLiteFailure) in
          // In order of their numbers, which FTS5 wants within one transaction.
          let last = try database.value(
            """
            SELECT max(tid) FROM (SELECT tid FROM txt_due ORDER BY tid
              LIMIT \(pieces.texts))
            """)
          guard case .integer(let last) = last else { return 0 }
          try database.run(
            """
            INSERT INTO txt_fts(rowid, body) SELECT tid, body FROM txt
            WHERE tid IN(SELECT tid FROM txt_due WHERE tid <= \(last)) ORDER BY tid
            """)
          let added = database.changes
          try database.run("DELETE FROM txt_due WHERE tid <= \(last)")
          return max(1, added)
        }
      }
      result.texts += count
    }
  }
}

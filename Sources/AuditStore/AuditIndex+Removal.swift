internal import SessionLog

extension AuditIndex {
  /// Removes all rows of a session and its source.
  func remove(_ sid: Int64, _ rows: inout SessionRows) throws(SQLiteFailure) {
    try clear(sid, &rows)
    try database.run("DELETE FROM source WHERE src = \(sid)")
  }

  /// Removes a session's rows; what only it spoke of goes with `sweepOrphans`.
  func clear(_ sid: Int64, _ rows: inout SessionRows) throws(SQLiteFailure) {
    let isThere = try database.integer("SELECT count(*) FROM session WHERE sid = \(sid)") > 0
    // Rows without a session row are there only inside the transaction that makes them: a walk that left
    // its course begins with rows that are older, and those have one.
    guard isThere else { return }
    let (first, last) = (sid << 32, sid << 32 + 0xFFFF_FFFF)
    let approvals = try database.prepare(
      """
      SELECT aid FROM approval_event WHERE eid BETWEEN \(first) AND \(last)
      UNION SELECT aid FROM decision WHERE eid BETWEEN \(first) AND \(last) AND aid IS NOT NULL
      """)
    while try approvals.step() { rows.touchedApprovals.insert(approvals.integer(0)) }
    let gateways = try database.prepare(
      "SELECT DISTINCT gw FROM policy_change WHERE eid BETWEEN \(first) AND \(last) AND gw NOT NULL"
    )
    while try gateways.step() { rows.touchedGateways.insert(gateways.integer(0)) }
    try clearText(sid)
    let range: SQL = "eid BETWEEN \(first) AND \(last)"
    for table: SQL in [
      "event", "policy_change", "delegation_event", "classified", "canary", "object_ref",
      "decision", "approval_event", "vote", "tool_seen", "tool_approved", "access", "access_ref",
    ] { try database.run("DELETE FROM \(table) WHERE \(range)") }
    for table: SQL in ["approval_use", "masking"] {
      try database.run("DELETE FROM \(table) WHERE by BETWEEN \(first) AND \(last)")
    }
    for table: SQL in ["stretch", "gap", "session_chain", "session", "finding"] {
      try database.run("DELETE FROM \(table) WHERE sid = \(sid)")
    }
    try database.run("UPDATE source SET text_done = 0, is_text_due = 0 WHERE src = \(sid)")
    try database.run("INSERT OR REPLACE INTO meta(k, v) VALUES('orphans', 1)")
    rows.ids.forget()
  }

  /// Removes the texts that only this session holds, from the search too.
  private func clearText(_ sid: Int64) throws(SQLiteFailure) {
    let (first, last) = (sid << 32, sid << 32 + 0xFFFF_FFFF)
    try database.run("CREATE TEMP TABLE IF NOT EXISTS left_text(tid INTEGER PRIMARY KEY)")
    try database.run("DELETE FROM left_text")
    try database.run(
      """
      INSERT OR IGNORE INTO left_text SELECT tid FROM event
      WHERE eid BETWEEN \(first) AND \(last) AND tid IS NOT NULL
      UNION SELECT tid FROM shown WHERE eid BETWEEN \(first) AND \(last)
      """)
    try database.run("DELETE FROM shown WHERE eid BETWEEN \(first) AND \(last)")
    try database.run(
      """
      DELETE FROM left_text WHERE EXISTS(SELECT 1 FROM event AS e WHERE e.tid = left_text.tid
          AND e.eid NOT BETWEEN \(first) AND \(last))
        OR EXISTS(SELECT 1 FROM shown AS w WHERE w.tid = left_text.tid)
      """)
    try removeTexts()
  }

  /// Removes the texts in `left_text`.
  func removeTexts() throws(SQLiteFailure) {
    if try mode() != .off {
      try database.run(
        """
        INSERT INTO txt_fts(txt_fts, rowid, body)
        SELECT 'delete', tid, body FROM txt JOIN left_text USING(tid)
        WHERE tid NOT IN(SELECT tid FROM txt_due)
        """)
    }
    try database.run("DELETE FROM txt_due WHERE tid IN(SELECT tid FROM left_text)")
    try database.run("DELETE FROM txt WHERE tid IN(SELECT tid FROM left_text)")
    try database.run("DELETE FROM left_text")
  }

  /// Removes identities, resources, policies and the like that nothing speaks of any more.
  func sweepOrphans() throws(AuditFailure) {
    let isDue = try indexed { () throws(SQLiteFailure) in
      try database.integer("SELECT count(*) FROM meta WHERE k = 'orphans'") > 0
    }
    guard isDue else { return }
    let path = store.indexPath
    try database.transaction({ AuditFailure($0, at: path) }) { () throws(AuditFailure) in
      try indexed { () throws(SQLiteFailure) in
        try database.script(
          """
          DELETE FROM approval WHERE NOT EXISTS(SELECT 1 FROM approval_event AS k WHERE k.aid = approval.aid)
            AND NOT EXISTS(SELECT 1 FROM decision AS d WHERE d.aid = approval.aid)
            AND NOT EXISTS(SELECT 1 FROM vote AS w WHERE w.aid = approval.aid)
            AND NOT EXISTS(SELECT 1 FROM approval_use AS u WHERE u.aid = approval.aid);
          DELETE FROM delegation WHERE NOT EXISTS(SELECT 1 FROM session_chain AS n WHERE n.did = delegation.did)
            AND NOT EXISTS(SELECT 1 FROM delegation_event AS j WHERE j.did = delegation.did);
          DELETE FROM policy WHERE pid NOT IN(SELECT pid FROM decision WHERE pid IS NOT NULL
            UNION SELECT pid FROM policy_change UNION SELECT pid FROM session WHERE pid IS NOT NULL);
          DELETE FROM resource WHERE rid NOT IN(SELECT rid FROM session WHERE rid IS NOT NULL
            UNION SELECT rid FROM event WHERE rid IS NOT NULL UNION SELECT rid FROM classified
            UNION SELECT rid FROM canary);
          DELETE FROM identity WHERE iid NOT IN(SELECT agent FROM session WHERE agent IS NOT NULL
            UNION SELECT principal FROM session WHERE principal IS NOT NULL
            UNION SELECT gw FROM session WHERE gw IS NOT NULL
            UNION SELECT gw FROM policy_change WHERE gw IS NOT NULL
            UNION SELECT author FROM policy_change WHERE author IS NOT NULL
            UNION SELECT approver FROM policy_change WHERE approver IS NOT NULL
            UNION SELECT sub FROM delegation WHERE sub IS NOT NULL
            UNION SELECT act FROM delegation WHERE act IS NOT NULL
            UNION SELECT who FROM approval_event WHERE who IS NOT NULL
            UNION SELECT approver FROM vote WHERE approver IS NOT NULL
            UNION SELECT approver FROM tool_approved WHERE approver IS NOT NULL
            UNION SELECT who FROM access WHERE who IS NOT NULL
            UNION SELECT behalf FROM access WHERE behalf IS NOT NULL);
          DELETE FROM etype WHERE NOT EXISTS(SELECT 1 FROM event WHERE event.t = etype.t);
          DELETE FROM meta WHERE k = 'orphans';
          """)
      }
    }
  }
}

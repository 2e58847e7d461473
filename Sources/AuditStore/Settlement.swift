/// Rows that follow from several events, worked out anew from all of them before a transaction ends.
///
/// So they depend on what is in the index alone, not on the order in which it came.
extension SessionRows {
  mutating func settle(_ database: borrowing Database) throws(SQLiteFailure) {
    for aid in touchedApprovals.sorted() { try settle(approval: aid) }
    for gateway in touchedGateways.sorted() { try settle(gateway: gateway) }
    touchedApprovals.removeAll()
    touchedGateways.removeAll()
  }

  private func settle(approval aid: Int64) throws(SQLiteFailure) {
    try statements.run(
      """
      UPDATE approval SET (sid, eid, requester, subject, action_digest, need, req_us, exp_us,
        max_uses, ticket, reason) = (SELECT NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, 1, NULL, NULL),
        state = 'pending', dec_us = NULL, break_glass = 0
      WHERE aid = \(aid)
      """)
    try statements.run(
      """
      UPDATE approval SET (sid, eid, requester, subject, action_digest, need, req_us, exp_us,
        max_uses, ticket, reason) = (
          SELECT eid >> 32, eid, who, subject, action_digest, coalesce(need, 1), ts_us, exp_us,
            coalesce(max_uses, 1), ticket, reason
          FROM approval_event WHERE aid = \(aid) AND what = 'request' ORDER BY ts_us, eid LIMIT 1)
      WHERE aid = \(aid)
        AND EXISTS(SELECT 1 FROM approval_event WHERE aid = \(aid) AND what = 'request')
      """)
    try statements.run(
      """
      UPDATE approval SET (state, dec_us) = (
        SELECT CASE what WHEN 'granted' THEN 'approved' ELSE what END, coalesce(decided_us, ts_us)
        FROM approval_event WHERE aid = \(aid)
          AND what IN('granted', 'rejected', 'expired', 'revoked', 'cancelled')
        ORDER BY ts_us DESC, eid DESC LIMIT 1)
      WHERE aid = \(aid) AND EXISTS(SELECT 1 FROM approval_event WHERE aid = \(aid)
        AND what IN('granted', 'rejected', 'expired', 'revoked', 'cancelled'))
      """)
    // Once granted: its own limits, else the window that was asked for.
    try statements.run(
      """
      UPDATE approval SET (exp_us, max_uses) = (
        SELECT coalesce(g.exp_us, coalesce(g.decided_us, g.ts_us) + (
            SELECT r.window_us FROM approval_event AS r WHERE r.aid = \(aid) AND r.what = 'request'
            ORDER BY r.ts_us, r.eid LIMIT 1), approval.exp_us),
          coalesce(g.max_uses, approval.max_uses)
        FROM approval_event AS g WHERE g.aid = \(aid) AND g.what = 'granted'
        ORDER BY g.ts_us DESC, g.eid DESC LIMIT 1)
      WHERE aid = \(aid)
        AND EXISTS(SELECT 1 FROM approval_event WHERE aid = \(aid) AND what = 'granted')
      """)
    try statements.run(
      """
      UPDATE approval SET break_glass = 1,
        sid = coalesce(sid, (SELECT min(eid) >> 32 FROM approval_event
          WHERE aid = \(aid) AND what = 'break_glass')),
        reason = coalesce(reason, (SELECT reason FROM approval_event
          WHERE aid = \(aid) AND what = 'break_glass' ORDER BY eid LIMIT 1)),
        requester = coalesce(requester, (SELECT who FROM approval_event
          WHERE aid = \(aid) AND what = 'break_glass' ORDER BY eid LIMIT 1))
      WHERE aid = \(aid)
        AND EXISTS(SELECT 1 FROM approval_event WHERE aid = \(aid) AND what = 'break_glass')
      """)
  }

  private func settle(gateway: Int64) throws(SQLiteFailure) {
    try statements.run("DELETE FROM policy_active WHERE gw = \(gateway)")
    try statements.run(
      """
      INSERT INTO policy_active(gw, pid, from_us, eid, to_us, author, approver, change_ref)
      SELECT gw, pid, ts_us, eid, until, author, approver, change_ref FROM (
        SELECT c.*, lead(c.ts_us) OVER (PARTITION BY p.name ORDER BY c.ts_us, c.eid) AS until
        FROM policy_change AS c JOIN policy AS p ON p.pid = c.pid
        WHERE c.gw = \(gateway) AND c.what IN('activate', 'rollback', 'deactivate'))
      WHERE what <> 'deactivate'
      """)
  }
}

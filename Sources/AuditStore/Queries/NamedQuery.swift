/// A question with a name: SQL over the documented tables and views, with parameters.
///
/// It runs behind the same guard as a stranger's SQL.
package struct NamedQuery: Sendable {
  package struct Parameter: Sendable {
    package let name: String
    package let help: String
    /// Nil where the caller must give one.
    package let usual: SQLValue?

    init(_ name: String, _ help: String, _ usual: SQLValue? = nil) {
      (self.name, self.help, self.usual) = (name, help, usual)
    }
  }

  package let name: String
  /// The question, in one line.
  package let title: String
  package let parameters: [Parameter]
  package let sql: String

  init(_ name: String, _ title: String, _ parameters: [Parameter] = [], _ sql: StaticString) {
    (self.name, self.title, self.parameters) = (name, title, parameters)
    self.sql = sql.description
  }

  package static func named(_ name: String) -> NamedQuery? { all.first { $0.name == name } }

  /// Times are bound by the caller, from `--since`, `--until` and `--last`.
  static let period = [
    Parameter("since", "from this moment on, µs since 1970", .integer(0)),
    Parameter("until", "up to this moment, µs since 1970", .integer(.max)),
  ]

  /// True if the question has a period.
  package var hasPeriod: Bool { parameters.contains { $0.name == "since" } }

  package static let all: [NamedQuery] = sessionQueries + decisionQueries + healthQueries
}

extension NamedQuery {
  static let sessionQueries: [NamedQuery] = [
    NamedQuery(
      "agent-sessions", "all sessions of one agent",
      [Parameter("agent", "its uid")] + period,
      """
      SELECT s.uid AS session, s.start_us, s.kind, p.uid AS principal, r.uid AS resource, s.n_events,
        s.n_denied, s.n_masked, c.verify
      FROM session AS s JOIN identity AS a ON a.iid = s.agent JOIN source AS c ON c.src = s.sid
        LEFT JOIN identity AS p ON p.iid = s.principal LEFT JOIN resource AS r ON r.rid = s.rid
      WHERE a.uid = :agent AND s.start_us >= :since AND s.start_us < :until
      ORDER BY s.start_us, s.sid
      """),
    NamedQuery(
      "behind-agents", "which human or service stood behind which agent", period,
      """
      SELECT p.uid AS principal, p.kind AS principal_kind, a.uid AS agent, count(*) AS sessions,
        min(s.start_us) AS first_us, max(s.start_us) AS last_us
      FROM session AS s JOIN identity AS a ON a.iid = s.agent
        LEFT JOIN identity AS p ON p.iid = s.principal
      WHERE s.start_us >= :since AND s.start_us < :until
      GROUP BY p.who, a.who ORDER BY sessions DESC, agent, principal
      """),
    NamedQuery(
      "object-access", "who touched an object, and how",
      [Parameter("object", "a table, file or tool as recorded")] + period,
      """
      SELECT a.uid AS agent, o.access, count(*) AS times, min(e.ts_us) AS first_us,
        max(e.ts_us) AS last_us
      FROM object_ref AS o JOIN event AS e ON e.eid = o.eid JOIN session AS s ON s.sid = o.eid >> 32
        LEFT JOIN identity AS a ON a.iid = s.agent
      WHERE o.object = :object AND e.ts_us >= :since AND e.ts_us < :until
      GROUP BY a.who, o.access ORDER BY times DESC, agent, access
      """),
    NamedQuery(
      "text", "commands, statements and arguments that hold a text (blackbox search finds more)",
      [Parameter("text", "three characters or more; case ignored")] + period,
      """
      SELECT s.uid || '@' || e.seq AS place, e.ts_us, n.name AS type, a.uid AS agent, x.body AS text
      FROM (SELECT rowid AS tid FROM txt_fts WHERE body LIKE '%' || :text || '%'
          UNION SELECT tid FROM txt_due) AS f
        JOIN txt AS x ON x.tid = f.tid JOIN event AS e ON e.tid = f.tid
        JOIN etype AS n ON n.t = e.t JOIN session AS s ON s.sid = e.eid >> 32
        LEFT JOIN identity AS a ON a.iid = s.agent
      WHERE instr(lower(x.body), lower(:text))
        AND e.ts_us >= :since AND e.ts_us < :until
      ORDER BY e.ts_us DESC, e.eid DESC
      """),
    NamedQuery(
      "chain", "the delegation chain a session acted under, itself first",
      [Parameter("session", "its full id")],
      """
      SELECT DISTINCT c.hop, c.uid, c.parent_uid, b.uid AS sub, a.uid AS act, c.scopes, c.proof,
        c.expires_us
      FROM session AS s JOIN v_chain AS c ON c.leaf = s.did
        LEFT JOIN identity AS b ON b.iid = c.sub LEFT JOIN identity AS a ON a.iid = c.act
      WHERE s.uid = :session ORDER BY c.hop, c.did
      """),
    NamedQuery(
      "unattributed", "sessions without a principal or without a verified delegation", period,
      """
      SELECT s.uid AS session, s.start_us, a.uid AS agent, p.uid AS principal,
        coalesce(d.proof, 'none') AS proof
      FROM session AS s LEFT JOIN delegation AS d ON d.did = s.did
        LEFT JOIN identity AS a ON a.iid = s.agent LEFT JOIN identity AS p ON p.iid = s.principal
      WHERE s.kind NOT IN ('gateway', 'audit')
        AND (s.principal IS NULL OR d.did IS NULL OR d.proof <> 'verified')
        AND s.start_us >= :since AND s.start_us < :until
      ORDER BY s.start_us, s.sid
      """),
    NamedQuery(
      "new-agents", "agents seen for the first time in the period", period,
      """
      SELECT i.uid AS agent, i.issuer, f.first_us, f.sessions FROM (
        SELECT w.who, max(w.iid) AS iid, min(s.start_us) AS first_us, count(*) AS sessions
        FROM session AS s JOIN identity AS w ON w.iid = s.agent GROUP BY w.who) AS f
        JOIN identity AS i ON i.iid = f.iid
      WHERE f.first_us >= :since AND f.first_us < :until ORDER BY f.first_us, agent
      """),
    NamedQuery(
      "new-actions", "agent, operation and target seen together for the first time in the period",
      period,
      """
      SELECT a.uid AS agent, e.op, e.target, min(e.ts_us) AS first_us, count(*) AS times
      FROM event AS e JOIN session AS s ON s.sid = e.eid >> 32
        JOIN identity AS a ON a.iid = s.agent
      WHERE e.target IS NOT NULL AND e.is_action = 1 AND e.ts_us < :until
      GROUP BY a.who, e.op, e.target HAVING min(e.ts_us) >= :since
      ORDER BY first_us, agent, e.op, e.target
      """),
    NamedQuery(
      "largest-readers", "sessions that took the most rows out",
      period + [Parameter("limit", "how many", .integer(20))],
      """
      SELECT s.uid AS session, a.uid AS agent, r.uid AS resource, sum(e.n_out) AS rows_out,
        sum(e.b_out) AS bytes_out
      FROM event AS e JOIN session AS s ON s.sid = e.eid >> 32
        LEFT JOIN identity AS a ON a.iid = s.agent LEFT JOIN resource AS r ON r.rid = s.rid
      WHERE e.is_action = 1 AND e.n_out > 0 AND e.ts_us >= :since AND e.ts_us < :until
      GROUP BY s.sid ORDER BY rows_out DESC, s.sid LIMIT :limit
      """),
  ]

  static let decisionQueries: [NamedQuery] = [
    NamedQuery(
      "blocked", "everything that was blocked, by which policy, version and rule", period,
      """
      SELECT s.uid || '@' || (d.eid & 4294967295) AS place, e.ts_us, a.uid AS agent, p.name AS policy,
        p.version, p.digest, d.rule, d.enforced, x.op, x.target, d.reason
      FROM decision AS d JOIN event AS e ON e.eid = d.eid JOIN session AS s ON s.sid = d.eid >> 32
        LEFT JOIN identity AS a ON a.iid = s.agent LEFT JOIN policy AS p ON p.pid = d.pid
        LEFT JOIN event AS x ON x.eid = d.subject
      WHERE d.outcome = 'block' AND e.ts_us >= :since AND e.ts_us < :until
      ORDER BY e.ts_us, d.eid
      """),
    NamedQuery(
      "rule-hits", "how often each rule of each policy said what", period,
      """
      SELECT p.name AS policy, p.version, p.digest, d.rule, d.outcome, count(*) AS times
      FROM decision AS d JOIN event AS e ON e.eid = d.eid LEFT JOIN policy AS p ON p.pid = d.pid
      WHERE e.ts_us >= :since AND e.ts_us < :until
      GROUP BY d.pid, d.rule, d.outcome ORDER BY times DESC, policy, p.version, d.rule, d.outcome
      """),
    NamedQuery(
      "masking-totals", "what was found and what was masked, by object, field and type", period,
      """
      SELECT m.object, m.field, m.info_type, sum(m.found) AS found, sum(m.masked) AS masked,
        sum(m.found - m.masked) AS leaked
      FROM masking AS m JOIN event AS e ON e.eid = m.by
      WHERE e.ts_us >= :since AND e.ts_us < :until
      GROUP BY m.object, m.field, m.info_type
      ORDER BY leaked DESC, m.object, m.field, m.info_type
      """),
    NamedQuery(
      "undecided", "actions that no policy decided on", period,
      """
      SELECT s.uid || '@' || e.seq AS place, e.ts_us, a.uid AS agent, n.name AS type, e.op, e.target
      FROM event AS e JOIN etype AS n ON n.t = e.t JOIN session AS s ON s.sid = e.eid >> 32
        LEFT JOIN identity AS a ON a.iid = s.agent
      WHERE e.is_action = 1 AND e.ts_us >= :since AND e.ts_us < :until
        AND n.name NOT IN ('terminal.command', 'tool.call')
        AND NOT EXISTS(SELECT 1 FROM decision AS d WHERE d.subject = e.eid)
      ORDER BY e.ts_us, e.eid
      """),
    NamedQuery(
      "held-but-ran", "held actions that ran without an approval", period,
      """
      SELECT s.uid || '@' || x.seq AS place, x.ts_us, a.uid AS agent, d.rule, x.op, x.target
      FROM decision AS d JOIN event AS x ON x.eid = d.subject JOIN session AS s ON s.sid = x.eid >> 32
        LEFT JOIN identity AS a ON a.iid = s.agent
      WHERE d.outcome = 'hold' AND d.enforced = 1 AND x.status = 1
        AND NOT EXISTS(SELECT 1 FROM approval_use AS u WHERE u.eid = x.eid)
        AND x.ts_us >= :since AND x.ts_us < :until
      ORDER BY x.ts_us, x.eid
      """),
    NamedQuery(
      "too-few-approvers", "approvals that were used with too few distinct humans behind them",
      period,
      """
      SELECT v.uid AS approval, v.need, (
          SELECT count(DISTINCT i.who) FROM vote AS w JOIN identity AS i ON i.iid = w.approver
          WHERE w.aid = v.aid AND w.verdict = 'approve' AND i.kind = 'human'
            AND NOT EXISTS(SELECT 1 FROM vote AS l JOIN identity AS j ON j.iid = l.approver
              WHERE l.aid = w.aid AND j.who = i.who AND (l.ts_us, l.eid) > (w.ts_us, w.eid)
                AND l.verdict <> 'approve')) AS humans, v.req_us
      FROM approval AS v
      WHERE EXISTS(SELECT 1 FROM approval_use AS u JOIN event AS b ON b.eid = u.by
          WHERE u.aid = v.aid AND b.ts_us >= :since AND b.ts_us < :until)
        AND v.break_glass = 0 AND humans < v.need
      ORDER BY v.req_us, approval
      """),
    NamedQuery(
      "self-approved", "approvals by whoever asked, owns the agent, or stands behind the session",
      period,
      """
      SELECT v.uid AS approval, w.ts_us, i.uid AS approver, r.uid AS requester,
        s.uid || '@' || (w.eid & 4294967295) AS place
      FROM vote AS w JOIN approval AS v ON v.aid = w.aid JOIN identity AS i ON i.iid = w.approver
        LEFT JOIN identity AS r ON r.iid = v.requester LEFT JOIN session AS q ON q.sid = v.sid
        LEFT JOIN identity AS p ON p.iid = q.principal LEFT JOIN session AS s ON s.sid = w.eid >> 32
      WHERE w.verdict = 'approve' AND i.who IN (r.who, r.owner, p.who)
        AND w.ts_us >= :since AND w.ts_us < :until
      ORDER BY w.ts_us, w.eid
      """),
    NamedQuery(
      "misused-approvals", "approvals used for another action, too late, too often, or not granted",
      period,
      """
      SELECT v.uid AS approval, s.uid || '@' || (u.by & 4294967295) AS place, b.ts_us,
        u.reasons FROM (
        SELECT u.by, u.aid, trim(
          CASE WHEN x.action_digest IS NOT v.action_digest THEN 'another_action ' ELSE '' END
          || CASE WHEN b.ts_us > v.exp_us THEN 'late ' ELSE '' END
          || CASE WHEN v.state IN ('approved') OR v.state IN ('revoked', 'expired')
            AND b.ts_us < v.dec_us THEN '' ELSE 'not_granted ' END
          || CASE WHEN (SELECT count(*) FROM approval_use AS o JOIN event AS ob ON ob.eid = o.by
            WHERE o.aid = u.aid AND (ob.ts_us, o.by) <= (b.ts_us, u.by)) > v.max_uses
            THEN 'too_often ' ELSE '' END) AS reasons
        FROM approval_use AS u JOIN approval AS v ON v.aid = u.aid JOIN event AS b ON b.eid = u.by
          LEFT JOIN event AS x ON x.eid = u.eid) AS u
        JOIN approval AS v ON v.aid = u.aid JOIN event AS b ON b.eid = u.by
        LEFT JOIN session AS s ON s.sid = u.by >> 32
      WHERE u.reasons <> '' AND v.break_glass = 0 AND b.ts_us >= :since AND b.ts_us < :until
      ORDER BY b.ts_us, u.by
      """),
    NamedQuery(
      "approval-latency", "how long approvers took; under five seconds nobody has read it", period,
      """
      SELECT i.uid AS approver, count(*) AS votes, avg((w.ts_us - v.req_us) / 1e6) AS mean_s,
        sum(w.ts_us - v.req_us < 5000000) AS under_5s
      FROM vote AS w JOIN approval AS v ON v.aid = w.aid JOIN identity AS i ON i.iid = w.approver
      WHERE w.ts_us >= :since AND w.ts_us < :until AND v.req_us IS NOT NULL
      GROUP BY i.who ORDER BY votes DESC, approver
      """),
    NamedQuery(
      "failures", "failed and denied attempts of each agent", period,
      """
      SELECT a.uid AS agent, sum(e.disp IN (2, 25)) AS denied, count(*) AS failed
      FROM event AS e JOIN etype AS n ON n.t = e.t JOIN session AS s ON s.sid = e.eid >> 32
        LEFT JOIN identity AS a ON a.iid = s.agent
      WHERE e.status = 2 AND (e.is_action = 1 OR n.name = 'auth.attempt')
        AND e.ts_us >= :since AND e.ts_us < :until
      GROUP BY a.who ORDER BY failed DESC, agent
      """),
  ]

  static let healthQueries: [NamedQuery] = [
    NamedQuery(
      "gaps", "what recorders say they lost", period,
      """
      SELECT s.uid || '@' || g.seq AS place, g.ts_us, g.reason, g.n AS lost_events,
        g.bytes AS lost_bytes, g.from_us, g.to_us
      FROM gap AS g JOIN session AS s ON s.sid = g.sid
      WHERE g.ts_us >= :since AND g.ts_us < :until ORDER BY g.ts_us, g.sid, g.seq
      """),
    NamedQuery(
      "verdicts", "how many sessions verified how, when they were last read", period,
      """
      SELECT c.verify AS verdict, count(*) AS sessions, sum(s.n_events) AS events
      FROM session AS s JOIN source AS c ON c.src = s.sid
      WHERE s.start_us >= :since AND s.start_us < :until GROUP BY 1 ORDER BY 1
      """),
    NamedQuery(
      "readers", "who asked, replayed and handed out evidence", period,
      """
      SELECT i.uid AS who, x.what, count(*) AS times, sum(x.n) AS rows_given, max(x.ts_us) AS last_us
      FROM access AS x LEFT JOIN identity AS i ON i.iid = x.who
      WHERE x.ts_us >= :since AND x.ts_us < :until GROUP BY i.who, x.what
      ORDER BY times DESC, i.uid, x.what
      """),
    NamedQuery(
      "recorder-events", "recorders that stopped, paused, failed or were changed", period,
      """
      SELECT s.uid || '@' || e.seq AS place, e.ts_us, n.name AS type, a.uid AS agent, e.code, e.attrs
      FROM event AS e JOIN etype AS n ON n.t = e.t JOIN session AS s ON s.sid = e.eid >> 32
        LEFT JOIN identity AS a ON a.iid = s.agent
      WHERE n.name LIKE 'recorder.%' AND e.ts_us >= :since AND e.ts_us < :until
      ORDER BY e.ts_us, e.eid
      """),
    NamedQuery(
      "unclean-ends", "sessions that did not end cleanly", period,
      """
      SELECT s.uid AS session, s.start_us, a.uid AS agent, s.end_reason, c.verify
      FROM session AS s JOIN source AS c ON c.src = s.sid
        LEFT JOIN identity AS a ON a.iid = s.agent
      WHERE (s.end_us IS NULL OR s.end_reason IN ('crash', 'lost')) AND s.kind IS NOT 'audit'
        AND s.start_us >= :since AND s.start_us < :until ORDER BY s.start_us, s.sid
      """),
    NamedQuery(
      "days",
      "sessions, events, denials and masks of each day, and how many days before were silent",
      period,
      """
      SELECT date(day * 86400, 'unixepoch') AS day, sessions, events, denied, masked,
        day - lag(day) OVER (ORDER BY day) - 1 AS silent_days_before
      FROM (SELECT start_us / 86400000000 AS day, count(*) AS sessions, sum(n_events) AS events,
          sum(n_denied) AS denied, sum(n_masked) AS masked
        FROM session WHERE start_us >= :since AND start_us < :until GROUP BY 1) ORDER BY 1
      """),
  ]
}

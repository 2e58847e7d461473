extension RecordList {
  /// Where it stands: what `replay` and `prove` open.
  static func place(_ eid: SQL) -> SQL {
    "(SELECT o.uid FROM session AS o WHERE o.sid = \(eid) >> 32) || '@' || (\(eid) & 4294967295)"
  }

  private static let session: SQL = """
    LEFT JOIN session AS s ON s.sid = page.id >> 32 LEFT JOIN identity AS a ON a.iid = s.agent
    LEFT JOIN identity AS p ON p.iid = s.principal
    LEFT JOIN resource AS r ON r.rid = coalesce(e.rid, s.rid)
    """

  private static let eventFields = FilterField.allCases

  /// Events of all sessions.
  package static let events = RecordList(
    name: "events",
    columns: [
      Column("place", place("page.id")), Column("time", .time, "e.ts_us"),
      Column("agent", minimum: 8, "a.uid"), Column("type", "n.name"), Column("op", "e.op"),
      Column("target", minimum: 8, "e.target"),
      Column(
        "status", .word,
        "CASE e.status WHEN 1 THEN 'success' WHEN 2 THEN 'failure' ELSE 'unknown' END"),
      Column("text", minimum: 16, "x.body"), Column("severity", .integer, wide: true, "e.sev"),
      Column("disposition", .integer, wide: true, "e.disp"), Column("code", wide: true, "e.code"),
      Column("principal", wide: true, "p.uid"), Column("resource", wide: true, "r.uid"),
      Column("rows", .integer, wide: true, "e.n_out"),
      Column("bytes", .bytes, wide: true, "e.b_out"),
      Column("duration_us", .duration, wide: true, "e.dur_us"),
      Column("confidence", .integer, wide: true, "e.confidence"),
      Column("session", wide: true, "s.uid"), Column("seq", .integer, wide: true, "e.seq"),
      Column("attributes", wide: true, "e.attrs"),
    ],
    fields: eventFields, scope: .event, time: "e.ts_us",
    keys: {
      """
      SELECT e.ts_us AS k0, e.eid AS id FROM event AS e LEFT JOIN session AS s ON s.sid = e.eid >> 32
      WHERE \($0)
      """
    },
    joins: """
      JOIN event AS e ON e.eid = page.id JOIN etype AS n ON n.t = e.t
      LEFT JOIN txt AS x ON x.tid = e.tid \(session)
      """)

  /// What policies said to actions.
  package static let decisions = RecordList(
    name: "decisions",
    columns: [
      Column("place", place("page.id")), Column("time", .time, "e.ts_us"),
      Column("agent", minimum: 8, "a.uid"), Column("outcome", .word, "d.outcome"),
      Column("enforced", .bool, "d.enforced"), Column("policy", minimum: 8, "y.name"),
      Column("version", "y.version"), Column("rule", minimum: 8, "d.rule"),
      Column("op", "x.op"), Column("target", minimum: 8, "x.target"),
      Column("subject", wide: true, place("d.subject")), Column("reason", wide: true, "d.reason"),
      Column("digest", wide: true, "y.digest"),
      Column("latency_us", .duration, wide: true, "d.latency_us"),
      Column("approval", wide: true, "(SELECT v.uid FROM approval AS v WHERE v.aid = d.aid)"),
      Column(
        "subject_status", .word, wide: true,
        "CASE x.status WHEN 1 THEN 'success' WHEN 2 THEN 'failure' ELSE 'unknown' END"),
      Column("text", wide: true, "(SELECT body FROM txt WHERE tid = x.tid)"),
      Column("principal", wide: true, "p.uid"), Column("resource", wide: true, "r.uid"),
    ],
    fields: eventFields, scope: .decision, time: "e.ts_us",
    keys: {
      """
      SELECT e.ts_us AS k0, d.eid AS id FROM decision AS d JOIN event AS e ON e.eid = d.eid
        LEFT JOIN event AS x ON x.eid = d.subject LEFT JOIN session AS s ON s.sid = d.eid >> 32
      WHERE \($0)
      """
    },
    joins: """
      JOIN decision AS d ON d.eid = page.id JOIN event AS e ON e.eid = page.id
      LEFT JOIN event AS x ON x.eid = d.subject LEFT JOIN policy AS y ON y.pid = d.pid \(session)
      """)

  /// Asked for, voted on, used.
  package static let approvals = RecordList(
    name: "approvals",
    columns: [
      Column("approval", minimum: 8, "v.uid"), Column("requested", .time, "v.req_us"),
      Column("state", .word, "v.state"), Column("requester", minimum: 8, "i.uid"),
      Column(
        "approved_by", minimum: 8,
        """
        (SELECT group_concat(DISTINCT wi.uid) FROM vote AS w JOIN identity AS wi
          ON wi.iid = w.approver WHERE w.aid = v.aid AND w.verdict = 'approve')
        """),
      Column("need", .integer, "v.need"),
      Column(
        "humans", .integer,
        """
        (SELECT count(DISTINCT wi.who) FROM vote AS w JOIN identity AS wi ON wi.iid = w.approver
          WHERE w.aid = v.aid AND w.verdict = 'approve' AND wi.kind = 'human')
        """),
      Column("uses", .integer, "(SELECT count(*) FROM approval_use AS u WHERE u.aid = v.aid)"),
      Column("max_uses", .integer, wide: true, "v.max_uses"),
      Column("wait_us", .duration, "v.dec_us - v.req_us"),
      Column("break_glass", .bool, wide: true, "v.break_glass"),
      Column("decided", .time, wide: true, "v.dec_us"),
      Column("expires", .time, wide: true, "v.exp_us"),
      Column("ticket", wide: true, "v.ticket"), Column("reason", wide: true, "v.reason"),
      Column("place", wide: true, place("v.eid")),
      Column("action_digest", wide: true, "v.action_digest"),
      Column("agent", wide: true, "a.uid"), Column("principal", wide: true, "p.uid"),
    ],
    fields: RecordList.sessionFields + [.approval, .status, .policy, .rule, .op, .target],
    scope: .approval, time: "coalesce(v.req_us, v.dec_us, 0)",
    keys: {
      """
      SELECT coalesce(v.req_us, v.dec_us, 0) AS k0, v.aid AS id FROM approval AS v
        LEFT JOIN session AS s ON s.sid = v.sid WHERE \($0)
      """
    },
    joins: """
      JOIN approval AS v ON v.aid = page.id LEFT JOIN identity AS i ON i.iid = v.requester
      LEFT JOIN session AS s ON s.sid = v.sid LEFT JOIN identity AS a ON a.iid = s.agent
      LEFT JOIN identity AS p ON p.iid = s.principal
      """)

  /// What was found and masked, and what was missed.
  package static let masking = RecordList(
    name: "masking",
    columns: [
      Column("place", place("m.by")), Column("time", .time, "e.ts_us"),
      Column("agent", minimum: 8, "a.uid"), Column("what", .word, "m.what"),
      Column("dir", "m.dir"), Column("object", minimum: 8, "m.object"),
      Column("field", minimum: 6, "m.field"), Column("info_type", "m.info_type"),
      Column("method", "m.method"), Column("found", .integer, "m.found"),
      Column("masked", .integer, "m.masked"), Column("leaked", .integer, "m.found - m.masked"),
      Column("detector", wide: true, "m.detector"),
      Column("subject", wide: true, place("m.eid")), Column("principal", wide: true, "p.uid"),
      Column("resource", wide: true, "r.uid"),
    ],
    fields: eventFields, scope: .masking, time: "e.ts_us",
    keys: {
      """
      SELECT e.ts_us AS k0, m.by AS id, m.ord AS ord FROM masking AS m
        JOIN event AS e ON e.eid = m.by LEFT JOIN session AS s ON s.sid = m.by >> 32 WHERE \($0)
      """
    },
    joins: """
      JOIN masking AS m ON m.by = page.id AND m.ord = page.ord JOIN event AS e ON e.eid = page.id
      \(session)
      """)

  /// What detections found.
  package static let findings = RecordList(
    name: "findings",
    columns: [
      Column("finding", "f.rule || '-' || printf('%010x', f.fid & 1099511627775)"),
      Column("time", .time, "f.first_us"), Column("rule", wide: true, "f.rule"),
      Column("severity", .integer, "f.sev"), Column("state", .word, "f.state"),
      Column("place", place("f.eid")), Column("agent", minimum: 8, "a.uid"),
      Column("title", minimum: 20, "f.title"), Column("detail", minimum: 20, "f.detail"),
      Column("count", .integer, wide: true, "f.n"),
      Column("last", .time, wide: true, "f.last_us"),
      Column("evidence", .words, wide: true, "f.evidence"),
      Column("reason", wide: true, "f.reason"),
    ],
    fields: RecordList.sessionFields + [.rule, .severity, .status],
    scope: .finding, time: "f.first_us",
    keys: {
      """
      SELECT f.first_us AS k0, f.fid AS id FROM finding AS f
        LEFT JOIN session AS s ON s.sid = f.sid WHERE \($0)
      """
    },
    joins: """
      JOIN finding AS f ON f.fid = page.id LEFT JOIN session AS s ON s.sid = f.sid
      LEFT JOIN identity AS a ON a.iid = coalesce(f.agent, s.agent)
      """)
}

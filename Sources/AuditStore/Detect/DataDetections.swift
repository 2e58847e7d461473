extension Detection {
  static let dataRules: [Detection] = [
    Detection(
      "D13", "tool definition changed without approval", severity: 4, owasp: "ASI02",
      explanation: "An MCP server lists a tool under a name that is known, with another definition "
        + "than before, and nobody accepted the new one.",
      advice: "Read the new definition; accept it with mcp.tool.approved, or cut the server off.",
      .sql(
        """
        SELECT eid, server || ' ' || tool || ': definition ' || substr(digest, 1, 12)
          || ' in place of ' || substr(former, 1, 12) AS detail, CAST(former_eid AS TEXT) AS more
        FROM (SELECT server, tool, digest, eid, approved_by,
            lag(digest) OVER w AS former, lag(eid) OVER w AS former_eid
          FROM tooldef WINDOW w AS (PARTITION BY server, tool ORDER BY first_us, eid))
        WHERE former IS NOT NULL AND approved_by IS NULL
        """)),
    Detection(
      "D14", "found more than was masked", severity: 5, owasp: nil,
      explanation: "The detector found values that were not masked, or it failed and the content "
        + "was let through all the same.",
      advice: "Treat the data as disclosed to the agent; mend the masking rule.",
      .sql(
        """
        SELECT m.by AS eid, CASE WHEN m.what = 'error' THEN 'the detector failed and let it through'
            ELSE (m.found - m.masked) || ' of ' || m.found || ' ' || m.info_type || ' not masked' END
            || coalesce(' in ' || nullif(trim(m.object || '.' || m.field, '.'), ''), '') AS detail,
          CAST(nullif(m.eid, m.by) AS TEXT) AS more
        FROM masking AS m LEFT JOIN event AS e ON e.eid = m.by
        WHERE m.found > m.masked
          OR m.what = 'error' AND coalesce(json_extract(e.attrs, '$.fail_open'), 0)
        """)),
    Detection(
      "D15", "a classified field was read and nothing was masked", severity: 5, owasp: nil,
      explanation:
        "A field is classified, its object gave rows out, and no masking of that type is "
        + "recorded for the action.",
      advice: "Check the masking rule for this object; treat the data as disclosed until then.",
      .sql(
        """
        WITH last AS (
          SELECT r.kind, r.uid, q.object, q.field, q.info_type, q.required, row_number() OVER (
            PARTITION BY r.kind, r.uid, q.object, q.field, q.info_type
            ORDER BY q.ts_us DESC, q.eid DESC) AS place
          FROM classified AS q JOIN resource AS r ON r.rid = q.rid)
        SELECT e.eid, q.object || '.' || q.field || ' holds ' || q.info_type || ', '
            || e.n_out || ' rows' AS detail, NULL AS more
        FROM last AS q JOIN object_ref AS o ON o.object = q.object AND o.access = 'read'
          JOIN event AS e ON e.eid = o.eid AND e.n_out > 0 AND e.status = 1
          JOIN session AS s ON s.sid = e.eid >> 32
          JOIN resource AS r ON r.rid = coalesce(e.rid, s.rid) AND r.kind = q.kind AND r.uid = q.uid
        WHERE q.place = 1 AND q.required <> 'none' AND NOT EXISTS(
          SELECT 1 FROM masking AS m WHERE m.eid = e.eid AND m.info_type = q.info_type
            AND m.what <> 'error' AND m.field IN (q.field, '*', '') AND m.object IN (q.object, '', '*'))
        """)),
    Detection(
      "D16", "masked on one way, not on another", severity: 4, owasp: nil,
      explanation: "A type of value is masked when an object is read over one kind of session, and "
        + "never over another kind that reads the same object.",
      advice: "Put the same masking on every way to the data.",
      .sql(
        """
        WITH way AS (
          SELECT o.object, s.kind, min(o.eid) AS eid
          FROM object_ref AS o JOIN session AS s ON s.sid = o.eid >> 32
            JOIN event AS e ON e.eid = o.eid
          WHERE o.access = 'read' AND e.status = 1 AND coalesce(e.n_out, 1) > 0
          GROUP BY o.object, s.kind),
        masked AS (
          SELECT DISTINCT m.object, m.info_type, s.kind
          FROM masking AS m JOIN session AS s ON s.sid = m.by >> 32
          WHERE m.object <> '' AND m.masked > 0)
        SELECT w.eid, w.object || ': ' || m.info_type || ' is masked over ' || min(m.kind)
            || ' and not over ' || w.kind AS detail, NULL AS more
        FROM way AS w JOIN masked AS m ON m.object = w.object
        WHERE NOT EXISTS(SELECT 1 FROM masked AS y
          WHERE y.object = w.object AND y.info_type = m.info_type AND y.kind = w.kind)
        GROUP BY w.object, w.kind, m.info_type
        """)),
    Detection(
      "D17", "masking fell with a new policy", severity: 4, owasp: nil,
      explanation: "Under a policy's new digest less than half as many values are masked in each "
        + "read of an object as under the digest before, over three reads or more of both.",
      advice: "Compare the two policies; the masking rule may have been lost.",
      .sql(
        """
        WITH reads AS (
          SELECT p.name, p.digest, p.version, o.object, d.subject, min(d.eid) AS eid
          FROM decision AS d JOIN event AS x ON x.eid = d.subject AND x.n_out > 0
            JOIN object_ref AS o ON o.eid = d.subject AND o.access = 'read'
            JOIN policy AS p ON p.pid = d.pid
          WHERE d.outcome IN ('allow', 'mask') GROUP BY d.subject, p.name, p.digest, o.object),
        state AS (
          SELECT name, digest, version, object, min(eid) AS eid, count(*) AS n
          FROM reads GROUP BY name, digest, object),
        sums AS (
          SELECT r.name, r.digest, r.object, m.info_type, sum(m.masked) AS masked
          FROM reads AS r JOIN masking AS m ON m.eid = r.subject AND m.object IN (r.object, '')
          GROUP BY r.name, r.digest, r.object, m.info_type),
        kind AS (SELECT DISTINCT name, object, info_type FROM sums),
        rate AS (
          SELECT g.name, g.version, g.object, g.eid, g.n, k.info_type,
            coalesce(u.masked, 0) * 1.0 / g.n AS per_read
          FROM state AS g JOIN kind AS k ON k.name = g.name AND k.object = g.object
            LEFT JOIN sums AS u ON u.name = g.name AND u.digest = g.digest AND u.object = g.object
              AND u.info_type = k.info_type),
        step AS (
          SELECT r.*, lag(per_read) OVER w AS before, lag(n) OVER w AS n_before, lag(r.eid) OVER w AS old
          FROM rate AS r JOIN event AS e ON e.eid = r.eid
          WINDOW w AS (PARTITION BY name, object, info_type ORDER BY e.ts_us, r.eid))
        SELECT eid, name || ' ' || version || ': ' || info_type || ' in ' || object || ' masked '
            || round(per_read, 2) || ' times a read, before ' || round(before, 2) AS detail,
          CAST(old AS TEXT) AS more
        FROM step WHERE before > 0 AND per_read < before * 0.5 AND n >= 3 AND n_before >= 3
        """)),
    Detection(
      "D18", "one agent read classified data, another sent something out", severity: 3,
      owasp: "ASI07",
      explanation: "In one trace an agent read content in which classified values were found, and "
        + "within ten minutes another agent sent data out.",
      advice: "Look at both sessions: what was sent may hold what was read.",
      .sql(
        """
        WITH found AS (
          SELECT m.by AS eid, m.by >> 32 AS sid, e.ts_us, s.trace_id, a.who, a.uid
          FROM masking AS m JOIN event AS e ON e.eid = m.by JOIN session AS s ON s.sid = m.by >> 32
            JOIN identity AS a ON a.iid = s.agent
          WHERE m.found > 0 AND s.trace_id IS NOT NULL)
        SELECT min(e.eid) AS eid, f.uid || ' read, ' || b.uid || ' sent '
            || coalesce(e.target, e.op) AS detail, CAST(min(f.eid) AS TEXT) AS more
        FROM found AS f JOIN session AS o ON o.trace_id = f.trace_id
          JOIN identity AS b ON b.iid = o.agent AND b.who <> f.who
          JOIN event AS e ON e.eid BETWEEN o.sid << 32 AND (o.sid << 32) + 4294967295
            AND e.ts_us > f.ts_us AND e.ts_us <= f.ts_us + 600000000
            AND e.op IN ('POST', 'PUT', 'PATCH', 'tools/call', 'upload') AND e.disp NOT IN (2, 25)
        GROUP BY f.sid, o.sid
        """)),
    Detection(
      "R1", "secrets or card data in what was stored", severity: 5, owasp: nil,
      explanation: "Stored text, after masking, holds what looks like a card number, a social "
        + "security number, a signed token, a private key or a cloud key. Only type, count and "
        + "place are told.",
      advice: "Mend the masking, rotate the secret, and withhold the lines with `blackbox erase`.",
      .residual),
    Detection(
      "C1", "a canary was seen", severity: 6, owasp: nil,
      explanation:
        "A planted false value stands in recorded text: masking failed there for certain.",
      advice: "Everything read on that way must be taken as disclosed.",
      .canaries),
  ]

  static let baselineRules: [Detection] = [
    Detection(
      "B1", "an agent did what it had never done", severity: 2, owasp: "ASI10",
      explanation: "Agent, operation and target stand together for the first time, although the "
        + "agent has been known for the length of the baseline.",
      advice: "Check that the new task was meant.",
      .sql(
        """
        SELECT f.eid, f.uid || ': ' || coalesce(f.op, '') || ' ' || f.target AS detail, NULL AS more
        FROM (SELECT a.who, a.uid, e.op, e.target, min(e.ts_us) AS ts_us, min(e.eid) AS eid
          FROM event AS e JOIN session AS s ON s.sid = e.eid >> 32
            JOIN identity AS a ON a.iid = s.agent
          WHERE e.is_action = 1 AND e.target IS NOT NULL GROUP BY a.who, e.op, e.target) AS f
          JOIN (SELECT w.who, min(s.start_us) AS first_us FROM session AS s
            JOIN identity AS w ON w.iid = s.agent GROUP BY w.who) AS k ON k.who = f.who
        WHERE f.ts_us > k.first_us + :window AND f.ts_us > :now - :window
        """)),
    Detection(
      "B2", "scopes that nobody used", severity: 1, owasp: "ASI03",
      explanation: "An agent was handed a scope in the period and no action of its sessions fits "
        + "it. A scope fits an action if its last word is the action's operation or access, and its "
        + "first word the kind or name of the resource, or there is only one word. A heuristic.",
      advice: "Take the scope away: what is not used is not needed.",
      .sql(
        """
        WITH given AS (
          SELECT a.who, a.uid, j.value AS scope, min(s.sid) << 32 AS eid, count(*) AS n
          FROM session AS s JOIN identity AS a ON a.iid = s.agent
            JOIN delegation AS d ON d.did = s.did JOIN json_each(d.scopes) AS j
          WHERE s.start_us > :now - :window AND j.value NOT LIKE '%*%' GROUP BY a.who, j.value),
        part AS (
          SELECT *, lower(replace(replace(scope, '/', ':'), '.', ':')) AS w FROM given),
        cut AS (
          SELECT *, CASE WHEN instr(w, ':') THEN substr(w, 1, instr(w, ':') - 1) END AS head,
            CASE WHEN instr(w, ':') THEN substr(w, length(rtrim(w, replace(w, ':', ''))) + 1)
              ELSE w END AS tail
          FROM part),
        done AS (
          SELECT DISTINCT a.who, lower(r.kind) AS kind, lower(r.uid) AS uid, lower(e.op) AS op,
            o.access
          FROM session AS s JOIN identity AS a ON a.iid = s.agent
            JOIN event AS e ON e.eid BETWEEN s.sid << 32 AND (s.sid << 32) + 4294967295
              AND e.is_action = 1
            LEFT JOIN resource AS r ON r.rid = coalesce(e.rid, s.rid)
            LEFT JOIN object_ref AS o ON o.eid = e.eid
          WHERE s.start_us > :now - :window)
        SELECT c.eid, c.uid || ': ' || c.scope || ', handed out ' || c.n || ' times' AS detail,
          NULL AS more
        FROM cut AS c WHERE NOT EXISTS(SELECT 1 FROM done AS x WHERE x.who = c.who
          AND (c.tail IN (x.op, x.access) OR c.tail = x.kind OR c.tail = x.uid)
          AND (c.head IS NULL OR c.head IN (x.kind, x.uid) OR x.kind LIKE c.head || '%'))
        """)),
  ]
}

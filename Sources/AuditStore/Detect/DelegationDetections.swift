extension Detection {
  static let delegationRules: [Detection] = [
    Detection(
      "D6", "implicit trust between agents", severity: 4, owasp: "ASI07",
      explanation: "A session was opened in another agent's trace, and no verified delegation "
        + "says that it may act for it.",
      advice: "Have the calling agent hand on a delegation, and refuse calls without one.",
      .sql(
        """
        SELECT s.sid << 32 AS eid, a.uid || ' works in the trace of ' || min(b.uid)
            || coalesce(' with a delegation that is ' || d.proof, ' without a delegation') AS detail,
          CAST(min(o.sid) << 32 AS TEXT) AS more
        FROM session AS s JOIN identity AS a ON a.iid = s.agent
          JOIN session AS o ON o.trace_id = s.trace_id AND o.start_us < s.start_us
          JOIN identity AS b ON b.iid = o.agent AND b.who <> a.who
          LEFT JOIN delegation AS d ON d.did = s.did
        WHERE (d.did IS NULL OR d.proof <> 'verified') AND s.kind NOT IN ('gateway', 'audit')
          AND o.kind NOT IN ('gateway', 'audit')
        GROUP BY s.sid
        """)),
    Detection(
      "D7", "broken delegation chain", severity: 4, owasp: "ASI03",
      explanation: "A delegation names a parent that nothing recorded, claims to be a root while "
        + "naming another, is nested deeper than four, or leads back to itself.",
      advice: "Find out who issued it; until then treat its sessions as unattributed.",
      .sql(
        """
        WITH shown(did, eid) AS (
          SELECT did, min(eid) FROM (
            SELECT did, sid << 32 AS eid FROM session_chain UNION ALL
            SELECT did, eid FROM delegation_event WHERE did IS NOT NULL AND what IN ('issued', 'used'))
          GROUP BY did)
        SELECT w.eid, c.uid || ': ' || trim(
            CASE WHEN c.parent_uid IS NOT NULL AND NOT EXISTS(SELECT 1 FROM delegation AS p
              WHERE p.uid = c.parent_uid) THEN 'parent ' || c.parent_uid || ' is unknown, ' ELSE '' END
            || CASE WHEN c.parent_uid IS NULL AND c.root_uid <> c.uid
              THEN 'no parent but root ' || c.root_uid || ', ' ELSE '' END
            || CASE WHEN c.depth > 4 THEN 'depth ' || c.depth || ', ' ELSE '' END
            || CASE WHEN EXISTS(SELECT 1 FROM v_chain AS h WHERE h.leaf = c.did AND h.hop = 32)
              THEN 'a circle, ' ELSE '' END, ', ') AS detail, NULL AS more
        FROM delegation AS c JOIN shown AS w ON w.did = c.did
        WHERE (c.parent_uid IS NOT NULL
            AND NOT EXISTS(SELECT 1 FROM delegation AS p WHERE p.uid = c.parent_uid))
          OR (c.parent_uid IS NULL AND c.root_uid <> c.uid) OR c.depth > 4
          OR EXISTS(SELECT 1 FROM v_chain AS h WHERE h.leaf = c.did AND h.hop = 32)
        """)),
    Detection(
      "D8", "delegation wider than its parent", severity: 5, owasp: "ASI03",
      explanation: "A delegation grants a scope that its parent does not have, or lasts longer.",
      advice: "Revoke it, and have the issuer narrow what it hands on.",
      .sql(
        """
        WITH shown(did, eid) AS (
          SELECT did, min(eid) FROM (
            SELECT did, sid << 32 AS eid FROM session_chain UNION ALL
            SELECT did, eid FROM delegation_event WHERE did IS NOT NULL AND what IN ('issued', 'used'))
          GROUP BY did),
        pair AS (
          SELECT c.did, c.uid, c.parent_uid, coalesce(c.expires_us, 9e18) > coalesce(p.expires_us, 9e18)
              AS is_longer,
            (SELECT group_concat(value, ' ') FROM json_each(c.scopes) AS j WHERE NOT EXISTS(
              SELECT 1 FROM json_each(p.scopes) AS q
              WHERE j.value = q.value OR (q.value LIKE '%*' AND j.value GLOB q.value))) AS wider
          FROM delegation AS c JOIN delegation AS p ON p.uid = c.parent_uid)
        SELECT w.eid, r.uid || ' from ' || r.parent_uid || ': ' || trim(
            coalesce('scopes ' || r.wider || ', ', '')
            || CASE WHEN r.is_longer THEN 'lasts longer' ELSE '' END, ', ') AS detail, NULL AS more
        FROM pair AS r JOIN shown AS w ON w.did = r.did
        WHERE (r.wider IS NOT NULL OR r.is_longer) AND NOT EXISTS(
          SELECT 1 FROM pair AS o WHERE o.did = r.did AND o.wider IS NULL AND NOT o.is_longer)
        GROUP BY r.did
        """)),
    Detection(
      "D9", "authority used after its end, or by another actor", severity: 5, owasp: "ASI03",
      explanation: "The session went on after its delegation had expired or been revoked, or its "
        + "agent is not the actor that the delegation names.",
      advice: "End sessions with their authority; find out how the token came to this agent.",
      .sql(
        """
        SELECT (SELECT coalesce(min(e.eid), s.sid << 32) FROM event AS e JOIN etype AS n ON n.t = e.t
            WHERE e.eid BETWEEN s.sid << 32 AND (s.sid << 32) + 4294967295 AND e.ts_us > d.expires_us
              AND n.name <> 'session.end' AND n.name NOT LIKE 'recorder.%'
              AND n.name NOT LIKE 'delegation.%' AND n.name NOT LIKE 'marker.%') AS eid,
          d.uid || ' had expired' AS detail, CAST(s.sid << 32 AS TEXT) AS more
        FROM session AS s JOIN delegation AS d ON d.did = s.did
        WHERE d.expires_us IS NOT NULL AND (
          EXISTS(SELECT 1 FROM event AS e JOIN etype AS n ON n.t = e.t
            WHERE e.eid BETWEEN s.sid << 32 AND (s.sid << 32) + 4294967295 AND e.ts_us > d.expires_us
              AND n.name <> 'session.end' AND n.name NOT LIKE 'recorder.%'
              AND n.name NOT LIKE 'delegation.%' AND n.name NOT LIKE 'marker.%')
          OR EXISTS(SELECT 1 FROM stretch AS t
            WHERE t.sid = s.sid AND s.start_us + t.t_last > d.expires_us))
        UNION ALL
        SELECT min(e.eid), d.uid || ' had been revoked', CAST(max(j.eid) AS TEXT)
        FROM delegation_event AS j JOIN delegation AS d ON d.uid = j.uid
          JOIN session AS s ON s.did = d.did
          JOIN event AS e ON e.eid BETWEEN s.sid << 32 AND (s.sid << 32) + 4294967295
            AND e.ts_us > j.ts_us
        WHERE j.what = 'revoked' AND e.is_action = 1 AND e.status <> 2 GROUP BY s.sid, d.uid
        UNION ALL
        SELECT s.sid << 32, d.uid || ' names ' || b.uid || ' and ' || a.uid || ' used it', NULL
        FROM session AS s JOIN delegation AS d ON d.did = s.did JOIN identity AS a ON a.iid = s.agent
          JOIN identity AS b ON b.iid = d.act
        WHERE a.who <> b.who
        """)),
    Detection(
      "D10", "what one agent was refused, another did for it", severity: 5, owasp: "ASI03",
      explanation: "An action was blocked for one agent, and within an hour another agent under "
        + "the same root authority did the same to the same target, without an approval.",
      advice: "Make the rule hold for the principal and not for the agent alone.",
      .sql(
        """
        SELECT xb.eid, ib.uid || ' did ' || coalesce(xb.op, '') || ' ' || xb.target
            || ' that ' || ia.uid || ' was refused' AS detail, CAST(min(da.eid) AS TEXT) AS more
        FROM decision AS da JOIN event AS xa ON xa.eid = da.subject
          JOIN session AS sa ON sa.sid = xa.eid >> 32 JOIN identity AS ia ON ia.iid = sa.agent
          JOIN delegation AS ga ON ga.did = sa.did
          CROSS JOIN event AS xb ON xb.target = xa.target AND xb.ts_us > xa.ts_us
            AND xb.ts_us <= xa.ts_us + 3600000000 AND xb.op IS xa.op AND xb.disp NOT IN (2, 25)
          JOIN session AS sb ON sb.sid = xb.eid >> 32
          JOIN identity AS ib ON ib.iid = sb.agent AND ib.who <> ia.who
          JOIN delegation AS gb ON gb.did = sb.did AND gb.root_uid = ga.root_uid
          JOIN decision AS db ON db.subject = xb.eid AND db.outcome IN ('allow', 'mask')
            AND db.aid IS NULL
        WHERE da.outcome = 'block' AND da.enforced = 1
        GROUP BY xb.eid
        """)),
    Detection(
      "D12", "one token in several hands", severity: 5, owasp: "ASI03",
      explanation: "The same token id was used by several agents, or from more than two addresses.",
      advice: "Revoke the token; give each agent one of its own, bound to its key.",
      .sql(
        """
        WITH hand AS (
          SELECT s.jti, w.who, min(s.sid) AS sid, row_number() OVER
            (PARTITION BY s.jti ORDER BY min(s.sid)) AS place, count(*) OVER (PARTITION BY s.jti) AS n
          FROM session AS s JOIN identity AS w ON w.iid = s.agent WHERE s.jti IS NOT NULL
          GROUP BY s.jti, w.who),
        road AS (
          SELECT jti, src_ip, min(sid) AS sid, row_number() OVER
            (PARTITION BY jti ORDER BY min(sid)) AS place, count(*) OVER (PARTITION BY jti) AS n
          FROM session WHERE jti IS NOT NULL AND src_ip IS NOT NULL GROUP BY jti, src_ip)
        SELECT sid << 32 AS eid, 'token ' || substr(jti, 1, 12) || ' used by ' || n || ' agents' AS detail,
          (SELECT group_concat(o.sid << 32, ' ') FROM (SELECT sid FROM hand AS h
            WHERE h.jti = hand.jti AND h.place <> 2 ORDER BY sid LIMIT 20) AS o) AS more
        FROM hand WHERE place = 2
        UNION ALL
        SELECT sid << 32, 'token ' || substr(jti, 1, 12) || ' used from ' || n || ' addresses',
          (SELECT group_concat(o.sid << 32, ' ') FROM (SELECT sid FROM road AS r
            WHERE r.jti = road.jti AND r.place <> 3 ORDER BY sid LIMIT 20) AS o)
        FROM road WHERE place = 3
          AND NOT EXISTS(SELECT 1 FROM hand AS h WHERE h.jti = road.jti AND h.place = 2)
        """)),
  ]
}

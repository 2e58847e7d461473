-- The questions and detections as an analyst would write them, over the tables of schema/index.sql.
-- Rows come in the form of expected.json. Parameters: :since :until :agent :object :text :session.
-- Q1
SELECT session FROM v_session WHERE agent = :agent AND start_us >= :since AND start_us < :until;
-- Q2
SELECT principal, agent, count(*) FROM v_session WHERE start_us >= :since AND start_us < :until GROUP BY 1, 2;
-- Q3
SELECT a.uid, o.access, count(*) FROM object_ref AS o JOIN session AS s ON s.sid = o.eid >> 32
  JOIN identity AS a ON a.iid = s.agent WHERE o.object = :object GROUP BY 1, 2;
-- Q4
SELECT s.uid, e.seq FROM txt_fts AS f JOIN event AS e ON e.tid = f.rowid JOIN session AS s ON s.sid = e.sid
  WHERE f.body LIKE '%' || :text || '%';
-- shown
SELECT s.uid, w.eid & 0xffffffff FROM txt_fts AS f JOIN shown AS w ON w.tid = f.rowid
  JOIN session AS s ON s.sid = w.eid >> 32 WHERE f.body LIKE '%' || :shown || '%';
-- Q5
SELECT session, seq, policy, version, rule FROM v_decision
  WHERE outcome = 'block' AND ts_us >= :since AND ts_us < :until;
-- Q6
SELECT p.name, p.version, p.digest, d.rule, d.outcome, count(*) FROM decision AS d JOIN policy AS p USING(pid)
  GROUP BY d.pid, d.rule, d.outcome;
-- Q7
SELECT object, field, info_type, sum(found), sum(masked), sum(found - masked) FROM masking GROUP BY 1, 2, 3;
-- Q8
SELECT s.uid, e.seq, n.name FROM event AS e JOIN etype AS n USING(t) JOIN session AS s ON s.sid = e.sid
  WHERE e.is_action AND e.confidence IS NULL AND NOT EXISTS(SELECT 1 FROM decision AS d WHERE d.subject = e.eid);
-- Q9
SELECT s.uid, x.seq FROM decision AS d JOIN event AS x ON x.eid = d.subject JOIN session AS s ON s.sid = x.sid
  LEFT JOIN approval_use AS u ON u.eid = x.eid
  LEFT JOIN (SELECT aid, eid FROM approval_use) AS v ON v.aid = d.aid
  WHERE d.outcome = 'hold' AND d.enforced AND x.status = 1 AND u.aid IS NULL AND v.aid IS NULL;
-- Q10
SELECT v.uid, v.need, count(DISTINCT i.who) AS got FROM approval AS v JOIN approval_use USING(aid)
  LEFT JOIN vote AS w ON w.aid = v.aid AND w.verdict = 'approve'
  LEFT JOIN identity AS i ON i.iid = w.approver AND i.kind = 'human' GROUP BY v.aid HAVING got < v.need;
-- Q11
SELECT DISTINCT v.uid FROM approval AS v JOIN vote AS w USING(aid) JOIN identity AS i ON i.iid = w.approver
  JOIN identity AS r ON r.iid = v.requester LEFT JOIN session AS s ON s.sid = v.sid
  LEFT JOIN identity AS p ON p.iid = s.principal
  WHERE w.verdict = 'approve' AND i.who IN(r.who, r.owner, p.who);
-- Q12
SELECT v.uid FROM approval AS v JOIN approval_use AS u USING(aid) JOIN event AS e ON e.eid = u.eid
  WHERE e.action_digest IS NOT v.action_digest OR e.ts_us > v.exp_us OR v.state <> 'approved'
    OR (SELECT count(*) FROM approval_use WHERE aid = v.aid) > v.max_uses GROUP BY 1;
-- Q13
SELECT i.uid, count(*), sum(w.ts_us - v.req_us < 5000000) FROM vote AS w JOIN approval AS v USING(aid)
  JOIN identity AS i ON i.iid = w.approver GROUP BY 1;
-- Q14
SELECT c.hop, c.uid, s.uid, a.uid FROM v_chain AS c JOIN identity AS s ON s.iid = c.sub
  JOIN identity AS a ON a.iid = c.act
  WHERE c.leaf = (SELECT did FROM session WHERE uid = :session);
-- Q15
SELECT s.uid, coalesce(d.proof, 'none') FROM session AS s LEFT JOIN delegation AS d USING(did)
  WHERE s.principal IS NULL OR d.did IS NULL OR d.proof <> 'verified';
-- Q16
SELECT session, seq, reason FROM v_gap;
-- Q17
SELECT c.verify, count(*), sum(s.n_events) FROM session AS s JOIN source AS c ON c.src = s.sid
  WHERE s.start_us >= :since AND s.start_us < :until GROUP BY 1;
-- Q18
SELECT who, what, count(*), sum(n) FROM v_access WHERE ts_us >= :since AND ts_us < :until GROUP BY 1, 2;
-- Q19
SELECT s.uid, e.seq, n.name FROM etype AS n JOIN event AS e USING(t) JOIN session AS s ON s.sid = e.sid
  WHERE n.name GLOB 'recorder.*' AND e.ts_us >= :since AND e.ts_us < :until;
-- Q20
SELECT i.uid, count(*) FROM session AS s JOIN identity AS i ON i.iid = s.agent GROUP BY i.who
  HAVING min(s.start_us) >= :since;
-- Q21
SELECT a.uid, e.op, e.target FROM event AS e JOIN session AS s ON s.sid = e.sid
  JOIN identity AS a ON a.iid = s.agent WHERE e.is_action AND e.target IS NOT NULL GROUP BY a.uid, e.op, e.target
  HAVING min(e.ts_us) >= :since;
-- Q22
SELECT a.uid, sum(e.disp = 2), count(*) FROM event AS e JOIN session AS s ON s.sid = e.sid
  JOIN identity AS a ON a.iid = s.agent
  WHERE e.status = 2 AND e.is_action AND e.ts_us >= :since AND e.ts_us < :until GROUP BY 1;
-- Q23
SELECT s.uid, sum(e.n_out) AS n, sum(e.b_out) FROM event AS e JOIN session AS s ON s.sid = e.sid
  WHERE e.ts_us >= :since AND e.ts_us < :until AND e.n_out > 0 AND e.is_action GROUP BY s.sid ORDER BY n DESC, 1 LIMIT 20;
-- Q24
SELECT uid, coalesce(end_reason, '-') FROM session WHERE end_us IS NULL OR end_reason IN('crash', 'lost');
-- Q25
SELECT date(start_us / 1000000, 'unixepoch'), count(*), sum(n_events), sum(n_denied), sum(n_masked)
  FROM session GROUP BY 1;
-- D1
SELECT DISTINCT p1.name, min(g1.uid, g2.uid), max(g1.uid, g2.uid) FROM policy_active AS a JOIN policy AS p1 ON p1.pid = a.pid
  JOIN policy AS p2 ON p2.name = p1.name AND p2.digest <> p1.digest
  JOIN policy_active AS b ON b.pid = p2.pid AND b.gw > a.gw
  JOIN identity AS g1 ON g1.iid = a.gw JOIN identity AS g2 ON g2.iid = b.gw
  WHERE max(a.from_us, b.from_us) < min(coalesce(a.to_us, 9e18), coalesce(b.to_us, 9e18));
-- D2
SELECT s.uid, d.eid & 0xffffffff FROM decision AS d JOIN event AS e USING(eid) JOIN session AS s ON s.sid = e.sid
  WHERE NOT EXISTS(SELECT 1 FROM policy_active AS a WHERE a.gw = s.gw AND a.pid = d.pid AND e.ts_us >= a.from_us
    AND e.ts_us < coalesce(a.to_us, 9e18));
-- D3
SELECT g.uid, p.name, p.version FROM policy_active AS a JOIN policy AS p USING(pid) JOIN identity AS g ON g.iid = a.gw
  LEFT JOIN identity AS x ON x.iid = a.author LEFT JOIN identity AS y ON y.iid = a.approver
  WHERE a.change_ref IS NULL OR a.approver IS NULL OR x.who = y.who;
-- D4
SELECT x.action_digest FROM decision AS d JOIN event AS x ON x.eid = d.subject WHERE x.action_digest IS NOT NULL
  GROUP BY 1 HAVING count(DISTINCT d.outcome) > 1 AND count(DISTINCT d.pid) > 1;
-- D5
SELECT s.uid, d.eid & 0xffffffff FROM decision AS d JOIN event AS x ON x.eid = d.subject
  JOIN session AS s ON s.sid = x.sid WHERE NOT d.enforced AND d.outcome IN('block', 'hold') AND x.status = 1;
-- D6
SELECT DISTINCT s.uid FROM session AS s JOIN session AS o ON o.trace_id = s.trace_id AND o.start_us < s.start_us
  JOIN identity AS a ON a.iid = s.agent JOIN identity AS b ON b.iid = o.agent AND b.who <> a.who
  LEFT JOIN delegation AS d ON d.did = s.did WHERE d.did IS NULL OR d.proof <> 'verified';
-- D7
SELECT DISTINCT c.uid FROM delegation AS c LEFT JOIN delegation AS p ON p.uid = c.parent_uid
  WHERE c.parent_uid IS NOT NULL AND p.did IS NULL OR c.parent_uid IS NULL AND c.root_uid <> c.uid OR c.depth > 4;
-- D8
SELECT DISTINCT c.uid FROM delegation AS c JOIN delegation AS p ON p.uid = c.parent_uid
  WHERE EXISTS(SELECT value FROM json_each(c.scopes) EXCEPT SELECT value FROM json_each(p.scopes))
    OR coalesce(c.expires_us, 9e18) > coalesce(p.expires_us, 9e18);
-- D9
SELECT DISTINCT s.uid FROM session AS s JOIN delegation AS d USING(did) JOIN identity AS a ON a.iid = s.agent
  LEFT JOIN identity AS x ON x.iid = d.act
  WHERE x.who IS NOT a.who OR s.start_us + s.t_last > d.expires_us;
-- D10
SELECT DISTINCT sa.uid, sb.uid, xa.target FROM decision AS da JOIN event AS xa ON xa.eid = da.subject
  JOIN session AS sa ON sa.sid = xa.sid JOIN delegation AS ga ON ga.did = sa.did
  JOIN delegation AS gb ON gb.root_uid = ga.root_uid JOIN session AS sb ON sb.did = gb.did AND sb.agent <> sa.agent
  JOIN event AS xb ON xb.eid BETWEEN (sb.sid << 32) AND (sb.sid << 32) + 0xffffffff AND xb.target = xa.target
    AND xb.op = xa.op AND xb.ts_us BETWEEN xa.ts_us AND xa.ts_us + 3600000000
  JOIN decision AS db ON db.subject = xb.eid AND db.outcome = 'allow' WHERE da.outcome = 'block';
-- D11
SELECT DISTINCT v.uid FROM vote AS w JOIN approval AS v USING(aid) JOIN identity AS i ON i.iid = w.approver
  WHERE w.verdict = 'approve' AND i.kind <> 'human';
-- D12
SELECT jti FROM session WHERE jti IS NOT NULL GROUP BY 1 HAVING count(DISTINCT agent) > 1 OR count(DISTINCT src_ip) > 2;
-- D13
SELECT server, tool FROM tooldef GROUP BY 1, 2 HAVING count(*) > 1 AND sum(approved_by IS NULL) > 0;
-- D14
SELECT session, seq, info_type, found - masked FROM v_masking WHERE found > masked;
-- D15
SELECT DISTINCT s.uid, e.seq, q.field, q.info_type FROM sensitive AS q JOIN object_ref AS o ON o.object = q.object
  JOIN event AS e ON e.eid = o.eid AND e.n_out > 0 AND e.status = 1 JOIN session AS s ON s.sid = e.sid
  WHERE coalesce(e.rid, s.rid) = q.rid AND o.access = 'read'
    AND NOT EXISTS(SELECT 1 FROM masking AS m WHERE m.eid = o.eid AND m.info_type = q.info_type
      AND m.field IN(q.field, '*'));
-- D16
WITH k AS (SELECT DISTINCT o.object, s.kind FROM object_ref AS o JOIN session AS s ON s.sid = o.eid >> 32
    WHERE o.access = 'read' AND o.object IN(SELECT object FROM masking)),
  mk AS (SELECT DISTINCT m.object, m.info_type, s.kind FROM masking AS m JOIN session AS s ON s.sid = m.eid >> 32)
SELECT DISTINCT k.object, mk.info_type, k.kind FROM mk JOIN k ON k.object = mk.object
  WHERE NOT EXISTS(SELECT 1 FROM mk AS y WHERE y.object = k.object AND y.info_type = mk.info_type AND y.kind = k.kind);
-- D17
SELECT p.name, p.version, p.digest, m.info_type, sum(m.masked), count(DISTINCT m.eid) FROM masking AS m
  JOIN decision AS d ON d.subject = m.eid JOIN policy AS p USING(pid) WHERE p.name = 'thin' GROUP BY d.pid, 4;
-- D18
WITH r AS (SELECT m.eid >> 32 AS sid, min(e.ts_us) AS t0, max(e.ts_us) AS t1 FROM masking AS m
    JOIN event AS e USING(eid) WHERE m.found > 0 GROUP BY 1)
SELECT DISTINCT s1.uid, s2.uid FROM r JOIN session AS s1 USING(sid)
  JOIN session AS s2 ON s2.trace_id = s1.trace_id AND s2.agent <> s1.agent
  WHERE EXISTS(SELECT 1 FROM event AS e WHERE e.eid BETWEEN (s2.sid << 32) AND (s2.sid << 32) + 0xffffffff
    AND e.op IN('POST', 'PUT', 'tools/call') AND e.ts_us BETWEEN r.t0 AND r.t1 + 600000000);

extension Detection {
  static let policyRules: [Detection] = [
    Detection(
      "D1", "policy drift between gateways", severity: 4, owasp: "ASI03",
      explanation: "Two gateways enforced different states of one policy at the same time, for "
        + "longer than the five minutes a rollout may take.",
      advice:
        "Bring the policy to the same digest on all gateways; review what the stale one let pass.",
      .sql(
        """
        WITH act AS (
          SELECT a.eid, a.from_us, coalesce(a.to_us, 9e18) AS to_us, p.name, p.digest, p.version,
            g.who, g.uid
          FROM policy_active AS a JOIN policy AS p ON p.pid = a.pid JOIN identity AS g ON g.iid = a.gw)
        SELECT b.eid, b.name || ': ' || b.uid || ' has ' || b.version || ', ' || a.uid || ' has '
            || a.version AS detail, CAST(a.eid AS TEXT) AS more
        FROM act AS a JOIN act AS b ON b.name = a.name AND b.digest <> a.digest AND b.who <> a.who
          AND (b.from_us, b.eid) > (a.from_us, a.eid)
        WHERE min(a.to_us, b.to_us, :now) - b.from_us > 300000000
        """)),
    Detection(
      "D2", "decision under a policy that was not active", severity: 4, owasp: "ASI03",
      explanation: "The gateway decided by a policy digest although another one was active there "
        + "at that time. Gateways that never say what is active are not judged.",
      advice: "Restart or update the gateway's policy engine, and decide again what it allowed.",
      .sql(
        """
        SELECT d.eid, p.name || ' ' || p.version || ' was not active on ' || g.uid AS detail,
          CAST(d.subject AS TEXT) AS more
        FROM decision AS d JOIN event AS e ON e.eid = d.eid JOIN session AS s ON s.sid = d.eid >> 32
          JOIN identity AS g ON g.iid = s.gw JOIN policy AS p ON p.pid = d.pid
        WHERE NOT EXISTS(SELECT 1 FROM policy_active AS a JOIN policy AS q ON q.pid = a.pid
            JOIN identity AS h ON h.iid = a.gw
            WHERE h.who = g.who AND q.name = p.name AND q.digest = p.digest
              AND a.from_us <= e.ts_us AND e.ts_us < coalesce(a.to_us, 9e18))
          AND EXISTS(SELECT 1 FROM policy_active AS a JOIN policy AS q ON q.pid = a.pid
            JOIN identity AS h ON h.iid = a.gw
            WHERE h.who = g.who AND q.name = p.name AND a.from_us <= e.ts_us)
        """)),
    Detection(
      "D3", "policy change without review", severity: 4, owasp: "ASI03",
      explanation: "A policy began to rule without a change reference, without an approver, or "
        + "with its own author as approver.",
      advice: "Have somebody else review the change, and note the reference.",
      .sql(
        """
        SELECT a.eid, p.name || ' ' || p.version || ': ' || trim(
            CASE WHEN a.change_ref IS NULL THEN 'no change reference, ' ELSE '' END
            || CASE WHEN a.approver IS NULL THEN 'no approver, ' ELSE '' END
            || CASE WHEN v.who = w.who THEN 'approved by its author, ' ELSE '' END, ', ') AS detail,
          NULL AS more
        FROM policy_active AS a JOIN policy AS p ON p.pid = a.pid
          LEFT JOIN identity AS v ON v.iid = a.approver LEFT JOIN identity AS w ON w.iid = a.author
        WHERE a.change_ref IS NULL OR a.approver IS NULL OR v.who = w.who
        """)),
    Detection(
      "D4", "same action, another outcome under another policy", severity: 3, owasp: nil,
      explanation: "The very same action was decided differently once the policy's digest had "
        + "changed: what was refused may now be allowed.",
      advice: "Check that the change of outcome was meant.",
      .sql(
        """
        SELECT eid, name || ': ' || before || ' became ' || outcome AS detail,
          CAST(former AS TEXT) AS more
        FROM (SELECT d.eid, p.name, d.outcome, p.digest,
            lag(d.outcome) OVER w AS before, lag(p.digest) OVER w AS old, lag(d.eid) OVER w AS former
          FROM decision AS d JOIN event AS x ON x.eid = d.subject JOIN event AS e ON e.eid = d.eid
            JOIN policy AS p ON p.pid = d.pid
          WHERE x.action_digest IS NOT NULL
          WINDOW w AS (PARTITION BY x.action_digest, p.name ORDER BY e.ts_us, d.eid))
        WHERE before <> outcome AND old <> digest
        """)),
    Detection(
      "D5", "monitor mode let a refusable action pass", severity: 3, owasp: "ASI02",
      explanation: "The policy said block or hold but was only watching, and the action succeeded.",
      advice: "Enforce the policy, or record why it only watches.",
      .sql(
        """
        SELECT d.eid, d.rule || ' said ' || d.outcome || ' and was not enforced' AS detail,
          CAST(d.subject AS TEXT) AS more
        FROM decision AS d JOIN event AS x ON x.eid = d.subject
        WHERE d.enforced = 0 AND d.outcome IN ('block', 'hold') AND x.status = 1
        """)),
  ]

  static let approvalRules: [Detection] = [
    Detection(
      "D11", "an approval by somebody who may not give it", severity: 4, owasp: "ASI09",
      explanation: "An agent or a service approved, or the requester, its owner or the principal "
        + "behind the session did: nobody independent looked.",
      advice: "Take the approval back, and have another human decide.",
      .sql(
        """
        SELECT w.eid, v.uid || ': approved by ' || i.uid || CASE
            WHEN i.kind <> 'human' THEN ', not a human'
            WHEN i.who = r.who THEN ', who asked for it'
            WHEN i.who = r.owner THEN ', who owns the agent'
            ELSE ', the session''s own principal' END AS detail, CAST(v.eid AS TEXT) AS more
        FROM vote AS w JOIN approval AS v ON v.aid = w.aid JOIN identity AS i ON i.iid = w.approver
          LEFT JOIN identity AS r ON r.iid = v.requester LEFT JOIN session AS s ON s.sid = v.sid
          LEFT JOIN identity AS p ON p.iid = s.principal
        WHERE w.verdict = 'approve'
          AND (i.kind <> 'human' OR i.who IN (r.who, r.owner, p.who))
        """))
  ]
}

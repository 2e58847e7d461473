-- The index: derived from the log and the session files, rebuilt at will, never evidence.
-- Every row follows from them alone, so that a rebuilt index equals one that grew. All ids are derived:
--   sid     log index of the session's open leaf; below zero for a file that the log does not name
--   eid     sid << 32 | seq, which keeps a session's events together and makes indexing idempotent
--   others  from a hash of what they name, the next free number where two meet
-- Times are microseconds, UTC since 1970 where named _us, since line 0 where named t_. Digests are as recorded, text.
-- A row that tells of an event has that event's eid as key, or as `eid` in it; references to lines that are not there
-- stay as they are: a missing row is an answer too.
--
-- Before every question the index looks whether it is up to date, and trusts for it: a checkpoint that is byte for byte
-- the one it saw signed; the log if its last known leaf stands where it stood; and the folders of sessions as long as no
-- name came or went in them, by their times. New leaves are read, and the sessions that they name; other folders are
-- listed anew. So a session that is new, grew, ended, vanished or came back is seen at once. A file that was changed
-- under its name is not: `index --check` and `--rebuild` look at each file's size and time (changed_ns) too, and `verify`,
-- reports and --verified read the bytes. A file of another application id, of an older version, or that SQLite finds
-- damaged is put aside and built anew.

CREATE TABLE meta(k TEXT PRIMARY KEY, v ANY) STRICT, WITHOUT ROWID;

-- The log's leaves up to the newest signed checkpoint that was read.
CREATE TABLE leaf(
  idx INTEGER PRIMARY KEY, sid INTEGER, kind TEXT NOT NULL, lines INTEGER NOT NULL, root BLOB NOT NULL,
  bytes INTEGER NOT NULL, sha256 BLOB NOT NULL, time_us INTEGER NOT NULL, withheld TEXT, by TEXT) STRICT;
CREATE INDEX l_session ON leaf(sid, idx);

-- What stands behind a session: its file, how much of it is indexed, and what verifying it said then.
-- changed_ns: when the file's content had last changed, as the file system said when it was read; NULL without a file.
-- text_done: lines that the text pass has gone through (what terminals showed, commands typed).
CREATE TABLE source(
  src INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, is_due INTEGER NOT NULL, bytes INTEGER NOT NULL DEFAULT 0,
  sha256 BLOB, lines_done INTEGER NOT NULL DEFAULT 0, root_done BLOB, offset_done INTEGER NOT NULL DEFAULT 0,
  leaf_done INTEGER, is_closed INTEGER NOT NULL DEFAULT 0,
  verify TEXT NOT NULL CHECK(verify IN('UNREAD','OK','OPEN','STARTING','PRUNED','ALTERED','TRUNCATED','MISSING',
    'UNLOGGED','DIVERGED','BADSIG','MALFORMED')),
  rules TEXT NOT NULL DEFAULT '', is_text_due INTEGER NOT NULL DEFAULT 0, text_done INTEGER NOT NULL DEFAULT 0,
  changed_ns INTEGER) STRICT;
CREATE INDEX c_due ON source(src) WHERE is_due;
CREATE INDEX c_text ON source(src) WHERE is_text_due;
CREATE INDEX c_bad ON source(verify) WHERE verify <> 'OK';

-- One row for each way an identity was described: a new model or name is a new row. `who` is the same for all rows of
-- one issuer and uid: people and agents are compared by it. owner is the owner's `who`.
CREATE TABLE identity(
  iid INTEGER PRIMARY KEY, who INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK(kind IN('agent','human','service','gateway','unknown')), issuer TEXT NOT NULL,
  uid TEXT NOT NULL, name TEXT, version TEXT, model TEXT, owner INTEGER) STRICT;
CREATE INDEX i_uid ON identity(uid);
CREATE INDEX i_name ON identity(name) WHERE name IS NOT NULL;
CREATE INDEX i_who ON identity(who);

CREATE TABLE resource(
  rid INTEGER PRIMARY KEY, kind TEXT NOT NULL, uid TEXT NOT NULL, env TEXT, scope TEXT) STRICT;
CREATE INDEX r_uid ON resource(uid);

-- resource.classify as recorded; the last word on each field is in the view `sensitive`.
CREATE TABLE classified(
  eid INTEGER PRIMARY KEY, ts_us INTEGER NOT NULL, rid INTEGER NOT NULL REFERENCES resource, object TEXT NOT NULL,
  field TEXT NOT NULL, info_type TEXT NOT NULL, required TEXT NOT NULL) STRICT;
CREATE INDEX q_object ON classified(object);
-- resource.canary: values planted where nobody should read them, by their HMAC alone.
CREATE TABLE canary(
  eid INTEGER PRIMARY KEY, uid TEXT NOT NULL, rid INTEGER NOT NULL REFERENCES resource, info_type TEXT NOT NULL,
  form TEXT NOT NULL, length INTEGER NOT NULL, value_hmac TEXT NOT NULL, object TEXT, field TEXT) STRICT;

CREATE TABLE policy(pid INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL) STRICT;
CREATE INDEX p_name ON policy(name);

-- policy.load, .activate, .rollback and .deactivate as recorded; policy_active follows from it: a policy is active on a
-- gateway from its activation or rollback until the next one of the same name there, or its deactivation.
CREATE TABLE policy_change(
  eid INTEGER PRIMARY KEY, gw INTEGER, ts_us INTEGER NOT NULL, what TEXT NOT NULL, pid INTEGER NOT NULL REFERENCES policy,
  enforced INTEGER NOT NULL, signer TEXT, author INTEGER REFERENCES identity, approver INTEGER REFERENCES identity,
  change_ref TEXT) STRICT;
CREATE INDEX h_gw ON policy_change(gw, ts_us);
CREATE INDEX h_pid ON policy_change(pid, ts_us);
CREATE TABLE policy_active(
  gw INTEGER NOT NULL, pid INTEGER NOT NULL REFERENCES policy, from_us INTEGER NOT NULL, eid INTEGER NOT NULL,
  to_us INTEGER, author INTEGER, approver INTEGER, change_ref TEXT, PRIMARY KEY(gw, pid, from_us, eid)) STRICT, WITHOUT ROWID;
CREATE INDEX a_pid ON policy_active(pid, from_us);

-- One row for each way a delegation was described, so that two claims under one uid are two rows.
CREATE TABLE delegation(
  did INTEGER PRIMARY KEY, uid TEXT NOT NULL, parent_uid TEXT, root_uid TEXT NOT NULL, depth INTEGER NOT NULL,
  issuer TEXT NOT NULL, sub INTEGER REFERENCES identity, act INTEGER REFERENCES identity, audience TEXT,
  scopes TEXT NOT NULL DEFAULT '[]', issued_us INTEGER, expires_us INTEGER,
  proof TEXT NOT NULL CHECK(proof IN('verified','asserted','missing')), jti TEXT) STRICT;
CREATE INDEX g_uid ON delegation(uid);
CREATE INDEX g_parent ON delegation(parent_uid) WHERE parent_uid IS NOT NULL;
CREATE INDEX g_root ON delegation(root_uid);
-- The chain as a session's line 0 states it: hop 0 is the session's own delegation (session.did), the last is the root.
CREATE TABLE session_chain(
  sid INTEGER NOT NULL, hop INTEGER NOT NULL, did INTEGER NOT NULL REFERENCES delegation,
  PRIMARY KEY(sid, hop)) STRICT, WITHOUT ROWID;
CREATE INDEX n_did ON session_chain(did);
-- delegation.issued, .used, .revoked and .rejected. did is NULL where the event only names the uid.
CREATE TABLE delegation_event(
  eid INTEGER PRIMARY KEY, ts_us INTEGER NOT NULL, what TEXT NOT NULL, uid TEXT NOT NULL,
  did INTEGER REFERENCES delegation) STRICT;
CREATE INDEX j_uid ON delegation_event(uid);
CREATE INDEX j_did ON delegation_event(did) WHERE did IS NOT NULL;

-- Kind, agent and resource are NULL where line 0 cannot be read: a damaged session is listed, never dropped.
-- parent is a session's uid. jti is the token id's HMAC. n_odd counts values of a wrong kind that were passed over,
-- n_cut texts and shown lines that stand here shortened or not at all because of a limit. n_hidden: places where a
-- terminal was sent what a person before it did not see or saw as something else, which the text pass finds: unseen,
-- overwritten or invisible text, letters out of their order or of another script, links that lead elsewhere, the
-- clipboard and the title asked for or the clipboard set, and text for a printer.
CREATE TABLE session(
  sid INTEGER PRIMARY KEY REFERENCES source, uid TEXT NOT NULL UNIQUE, kind TEXT,
  agent INTEGER REFERENCES identity, principal INTEGER REFERENCES identity, rid INTEGER REFERENCES resource,
  did INTEGER REFERENCES delegation, pid INTEGER REFERENCES policy, gw INTEGER REFERENCES identity, instance TEXT,
  parent TEXT, trace_id TEXT,
  src_ip TEXT, auth TEXT, jti TEXT, mode TEXT, ticket TEXT, host TEXT, purpose TEXT, title TEXT,
  start_us INTEGER NOT NULL, end_us INTEGER, t_last INTEGER NOT NULL, end_reason TEXT, exit_code INTEGER,
  n_events INTEGER NOT NULL, n_denied INTEGER NOT NULL, n_held INTEGER NOT NULL, n_masked INTEGER NOT NULL,
  n_gaps INTEGER NOT NULL, n_recovered INTEGER NOT NULL, n_withheld INTEGER NOT NULL, bytes INTEGER NOT NULL,
  n_odd INTEGER NOT NULL DEFAULT 0, n_cut INTEGER NOT NULL DEFAULT 0, n_hidden INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX s_time ON session(start_us, uid);
CREATE INDEX s_agent ON session(agent, start_us);
CREATE INDEX s_resource ON session(rid, start_us);
CREATE INDEX s_principal ON session(principal, start_us) WHERE principal IS NOT NULL;
CREATE INDEX s_did ON session(did) WHERE did IS NOT NULL;
CREATE INDEX s_trace ON session(trace_id) WHERE trace_id IS NOT NULL;
CREATE INDEX s_ip ON session(src_ip, start_us) WHERE src_ip IS NOT NULL;
CREATE INDEX s_jti ON session(jti) WHERE jti IS NOT NULL;
CREATE INDEX s_parent ON session(parent) WHERE parent IS NOT NULL;
CREATE INDEX s_denied ON session(start_us) WHERE n_denied > 0;
CREATE INDEX s_held ON session(start_us) WHERE n_held > 0;
CREATE INDEX s_masked ON session(start_us) WHERE n_masked > 0;
CREATE INDEX s_gap ON session(start_us) WHERE n_gaps > 0;
CREATE INDEX s_recovered ON session(start_us) WHERE n_recovered > 0;
CREATE INDEX s_hidden ON session(start_us) WHERE n_hidden > 0;

-- class_uid is OCSF's, 0 where there is none. is_action: events of this type may be actions; which are, they say.
CREATE TABLE etype(
  t INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, class_uid INTEGER NOT NULL, is_action INTEGER NOT NULL) STRICT;

-- Texts: commands, statements, arguments, messages, and lines that terminals showed, each once.
-- txt_due: those that the search does not know yet; the text pass takes them in order.
CREATE TABLE txt(tid INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE txt_due(tid INTEGER PRIMARY KEY) STRICT;
CREATE VIRTUAL TABLE txt_fts USING fts5(body, content='txt', content_rowid='tid', tokenize='trigram', detail='none');

-- One row for each committed line but those of a stretch; its place is line ln of batch k. status: 0 unknown,
-- 1 success, 2 failure; disp and sev are OCSF's. An action's row also takes its outcome from the lines that name it
-- (caused_by): status, code, dur_us, n_out and b_out of its result, whose own row then has no n_out and b_out; disp of
-- the decision on it, and status 2 if it was blocked. rid is NULL where it is the session's. confidence is NULL for what
-- was recorded, and 1 to 100 for a terminal.command that was derived from what was typed and shown: it stands at the
-- line where it was entered. is_action: this very event asks for something that a policy can decide on (not so: later
-- parts of a split event, later stages of a Kubernetes request, MCP methods that do nothing). attrs: a JSON object of the fields without a column of their own, of types that are rare.
CREATE TABLE event(
  eid INTEGER PRIMARY KEY, ts_us INTEGER NOT NULL, t INTEGER NOT NULL REFERENCES etype, k INTEGER NOT NULL,
  ln INTEGER NOT NULL, is_action INTEGER NOT NULL, rid INTEGER REFERENCES resource, op TEXT, target TEXT, status INTEGER NOT NULL,
  disp INTEGER NOT NULL, sev INTEGER NOT NULL, code TEXT, tid INTEGER REFERENCES txt, dur_us INTEGER, n_out INTEGER,
  b_out INTEGER, caused_by INTEGER, action_digest TEXT, confidence INTEGER,
  attrs TEXT,
  sid INTEGER GENERATED ALWAYS AS (eid >> 32) VIRTUAL,
  seq INTEGER GENERATED ALWAYS AS (eid & 0xffffffff) VIRTUAL) STRICT;
CREATE INDEX e_time ON event(ts_us);
CREATE INDEX e_type ON event(t, ts_us);
CREATE INDEX e_fail ON event(ts_us) WHERE status = 2;
CREATE INDEX e_target ON event(target, ts_us) WHERE target IS NOT NULL;
CREATE INDEX e_cause ON event(caused_by) WHERE caused_by IS NOT NULL;
CREATE INDEX e_text ON event(tid) WHERE tid IS NOT NULL;
CREATE INDEX e_digest ON event(action_digest) WHERE action_digest IS NOT NULL;

-- Tables, files, tools and other objects that an action names; access is read, write, ddl, call … as recorded.
CREATE TABLE object_ref(
  object TEXT NOT NULL, eid INTEGER NOT NULL, access TEXT NOT NULL,
  PRIMARY KEY(object, eid, access)) STRICT, WITHOUT ROWID;
CREATE INDEX o_eid ON object_ref(eid);

-- eid is policy.decision itself, subject the event it decides on.
CREATE TABLE decision(
  eid INTEGER PRIMARY KEY, subject INTEGER, pid INTEGER REFERENCES policy, rule TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK(outcome IN('allow','mask','hold','block','error')), enforced INTEGER NOT NULL, reason TEXT,
  aid INTEGER, input_digest TEXT, latency_us INTEGER) STRICT;
CREATE INDEX d_subject ON decision(subject) WHERE subject IS NOT NULL;
CREATE INDEX d_rule ON decision(pid, rule, outcome);
CREATE INDEX d_outcome ON decision(outcome, eid) WHERE outcome <> 'allow';
CREATE INDEX d_approval ON decision(aid) WHERE aid IS NOT NULL;

-- approval follows from approval_event: what was asked from the first request, state and dec_us from the last of granted,
-- rejected, expired, revoked, cancelled; exp_us: no use counts after it. subject: the held action.
CREATE TABLE approval_event(
  eid INTEGER PRIMARY KEY, aid INTEGER NOT NULL, ts_us INTEGER NOT NULL, what TEXT NOT NULL, subject INTEGER,
  who INTEGER REFERENCES identity, action_digest TEXT, need INTEGER, decided_us INTEGER, exp_us INTEGER,
  window_us INTEGER, max_uses INTEGER, ticket TEXT, reason TEXT) STRICT;
CREATE INDEX k_aid ON approval_event(aid);
CREATE TABLE approval(
  aid INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, sid INTEGER, eid INTEGER, requester INTEGER REFERENCES identity,
  subject INTEGER, action_digest TEXT, need INTEGER NOT NULL,
  state TEXT NOT NULL CHECK(state IN('pending','approved','rejected','expired','revoked','cancelled')), req_us INTEGER,
  dec_us INTEGER, exp_us INTEGER, max_uses INTEGER NOT NULL, break_glass INTEGER NOT NULL, ticket TEXT, reason TEXT) STRICT;
CREATE INDEX v_time ON approval(req_us);
CREATE INDEX v_sid ON approval(sid);
-- eid is approval.vote itself.
CREATE TABLE vote(
  eid INTEGER PRIMARY KEY, aid INTEGER NOT NULL, approver INTEGER REFERENCES identity, ts_us INTEGER NOT NULL,
  verdict TEXT NOT NULL, channel TEXT, mfa INTEGER, shown_digest TEXT) STRICT;
CREATE INDEX w_aid ON vote(aid);
-- eid is the action that ran with the approval, by the approval.consumed or .break_glass that says so.
CREATE TABLE approval_use(by INTEGER PRIMARY KEY, aid INTEGER NOT NULL, eid INTEGER) STRICT;
CREATE INDEX u_aid ON approval_use(aid);
CREATE INDEX u_eid ON approval_use(eid) WHERE eid IS NOT NULL;

-- eid is the action whose data was masked, by the masking event; ord its place where one event tells of several.
-- what: applied, missed, error.
CREATE TABLE masking(
  by INTEGER NOT NULL, ord INTEGER NOT NULL, eid INTEGER NOT NULL, what TEXT NOT NULL, dir TEXT NOT NULL,
  object TEXT NOT NULL, field TEXT NOT NULL, info_type TEXT NOT NULL, method TEXT NOT NULL, found INTEGER NOT NULL,
  masked INTEGER NOT NULL, detector TEXT, PRIMARY KEY(by, ord)) STRICT, WITHOUT ROWID;
CREATE INDEX m_eid ON masking(eid);
CREATE INDEX m_object ON masking(object, info_type);
CREATE INDEX m_leak ON masking(by) WHERE found > masked;

-- Tool definitions as catalogs list them, one row for each catalog, and who approved which.
CREATE TABLE tool_seen(
  server TEXT NOT NULL, tool TEXT NOT NULL, digest TEXT NOT NULL, eid INTEGER NOT NULL, ts_us INTEGER NOT NULL,
  PRIMARY KEY(server, tool, digest, eid)) STRICT, WITHOUT ROWID;
CREATE INDEX b_eid ON tool_seen(eid);
CREATE TABLE tool_approved(
  eid INTEGER PRIMARY KEY, ts_us INTEGER NOT NULL, server TEXT NOT NULL, tool TEXT NOT NULL, digest TEXT NOT NULL,
  approver INTEGER REFERENCES identity, change_ref TEXT) STRICT;
CREATE INDEX y_tool ON tool_approved(server, tool, digest);

-- Terminal input and output: one row for each stream and batch, so that indexing it costs little.
CREATE TABLE stretch(
  sid INTEGER NOT NULL, k INTEGER NOT NULL, stream TEXT NOT NULL CHECK(stream IN('input','output')),
  first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, t_first INTEGER NOT NULL, t_last INTEGER NOT NULL,
  n INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY(sid, k, stream)) STRICT, WITHOUT ROWID;

-- Lines that a terminal showed, as rendered: eid is the output line after which the text stood on the screen for the
-- first time in its session, ts_us that line's time.
CREATE TABLE shown(
  tid INTEGER NOT NULL, eid INTEGER NOT NULL, ts_us INTEGER NOT NULL, PRIMARY KEY(tid, eid)) STRICT, WITHOUT ROWID;
CREATE INDEX x_eid ON shown(eid);

-- Where a recorder says that it lost something; from_seq and to_seq are the lost lines' numbers where it knows them.
CREATE TABLE gap(
  sid INTEGER NOT NULL, seq INTEGER NOT NULL, ts_us INTEGER NOT NULL, reason TEXT NOT NULL, n INTEGER,
  bytes INTEGER, from_us INTEGER, to_us INTEGER, PRIMARY KEY(sid, seq)) STRICT, WITHOUT ROWID;

-- Who read what: the events audit.*; what is query, replay, export, report, verify, erase, verb the command. The
-- sessions that were read are in access_ref, n_sessions counts them all.
CREATE TABLE access(
  eid INTEGER PRIMARY KEY, ts_us INTEGER NOT NULL, who INTEGER REFERENCES identity, behalf INTEGER REFERENCES identity,
  what TEXT NOT NULL, verb TEXT NOT NULL, query TEXT, query_digest TEXT, n INTEGER, n_sessions INTEGER NOT NULL,
  purpose TEXT) STRICT;
CREATE INDEX t_time ON access(ts_us);
CREATE TABLE access_ref(uid TEXT NOT NULL, eid INTEGER NOT NULL, PRIMARY KEY(uid, eid)) STRICT, WITHOUT ROWID;
CREATE INDEX z_eid ON access_ref(eid);

-- What detections found: written by them, kept as they say.
-- fid follows from rule and key; eid is the event that shows it, evidence all of them as ID@SEQ, parted by blanks;
-- first_us and last_us are the times of the evidence. Every state follows from marker.review events.
CREATE TABLE finding(
  fid INTEGER PRIMARY KEY, rule TEXT NOT NULL, key TEXT NOT NULL, sev INTEGER NOT NULL, title TEXT NOT NULL,
  detail TEXT NOT NULL, sid INTEGER NOT NULL, eid INTEGER NOT NULL, agent INTEGER, n INTEGER NOT NULL,
  first_us INTEGER NOT NULL, last_us INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'new' CHECK(state IN('new','acknowledged','dismissed')), reason TEXT,
  evidence TEXT NOT NULL, UNIQUE(rule, key)) STRICT;
CREATE INDEX z_sid ON finding(sid);
CREATE INDEX z_time ON finding(first_us);

CREATE VIEW v_session AS
  SELECT s.sid, s.uid AS session, s.start_us, s.end_us, s.t_last, a.uid AS agent, a.name AS agent_name,
    a.issuer AS agent_issuer, a.model AS agent_model, p.uid AS principal, p.name AS principal_name,
    p.issuer AS principal_issuer, r.uid AS resource, r.kind AS resource_kind, r.env, s.kind, s.host,
    s.purpose, s.n_events, s.n_denied, s.n_masked, s.n_gaps, s.n_recovered, s.n_withheld, s.bytes, c.verify,
    c.rules, s.end_reason, s.exit_code, r.scope, s.n_held, g.uid AS gateway, s.instance, s.parent, s.trace_id,
    s.src_ip, s.auth, s.jti, s.mode, s.ticket, d.uid AS delegation, d.root_uid AS delegation_root, d.proof,
    s.n_odd, s.n_cut, s.n_hidden, s.title
  FROM session AS s JOIN source AS c ON c.src = s.sid LEFT JOIN identity AS a ON a.iid = s.agent
    LEFT JOIN identity AS p ON p.iid = s.principal LEFT JOIN resource AS r ON r.rid = s.rid
    LEFT JOIN identity AS g ON g.iid = s.gw LEFT JOIN delegation AS d ON d.did = s.did;
CREATE VIEW v_event AS
  SELECT s.uid AS session, e.seq, e.ts_us, n.name AS type, a.uid AS agent, e.op, e.target, e.status, e.disp,
    e.sev, e.code, e.dur_us, e.n_out, e.b_out, e.confidence, e.action_digest, e.attrs, x.body AS text
  FROM event AS e JOIN etype AS n ON n.t = e.t JOIN session AS s ON s.sid = e.sid
    LEFT JOIN identity AS a ON a.iid = s.agent LEFT JOIN txt AS x ON x.tid = e.tid;
CREATE VIEW v_decision AS
  SELECT s.uid AS session, d.eid & 0xffffffff AS seq, e.ts_us, a.uid AS agent, p.name AS policy, p.version, p.digest,
    d.rule, d.outcome, d.enforced, d.reason, d.latency_us, v.uid AS approval, d.subject & 0xffffffff AS subject_seq,
    x.op, x.target, x.status
  FROM decision AS d JOIN event AS e ON e.eid = d.eid JOIN session AS s ON s.sid = d.eid >> 32
    LEFT JOIN identity AS a ON a.iid = s.agent LEFT JOIN policy AS p ON p.pid = d.pid
    LEFT JOIN event AS x ON x.eid = d.subject LEFT JOIN approval AS v ON v.aid = d.aid;
CREATE VIEW v_masking AS
  SELECT s.uid AS session, m.by & 0xffffffff AS seq, e.ts_us, a.uid AS agent, m.eid & 0xffffffff AS subject_seq, m.what,
    m.dir, m.object, m.field, m.info_type, m.method, m.found, m.masked, m.detector
  FROM masking AS m JOIN event AS e ON e.eid = m.by JOIN session AS s ON s.sid = m.by >> 32
    LEFT JOIN identity AS a ON a.iid = s.agent;
CREATE VIEW v_approval AS
  SELECT v.uid AS approval, s.uid AS session, v.eid & 0xffffffff AS seq, v.req_us, v.dec_us, v.exp_us, v.state, v.need,
    (SELECT count(DISTINCT i.who) FROM vote AS w JOIN identity AS i ON i.iid = w.approver
     WHERE w.aid = v.aid AND w.verdict = 'approve' AND i.kind = 'human') AS approved_by,
    v.max_uses, (SELECT count(*) FROM approval_use AS u WHERE u.aid = v.aid) AS uses, v.break_glass,
    i.uid AS requester, v.action_digest, v.ticket, v.reason
  FROM approval AS v LEFT JOIN session AS s ON s.sid = v.sid LEFT JOIN identity AS i ON i.iid = v.requester;
CREATE VIEW v_access AS
  SELECT s.uid AS session, x.eid & 0xffffffff AS seq, x.ts_us, i.uid AS who, b.uid AS behalf, x.what, x.verb, x.query,
    x.query_digest, x.n, x.n_sessions, x.purpose
  FROM access AS x JOIN session AS s ON s.sid = x.eid >> 32 LEFT JOIN identity AS i ON i.iid = x.who
    LEFT JOIN identity AS b ON b.iid = x.behalf;
CREATE VIEW v_gap AS
  SELECT s.uid AS session, g.seq, g.ts_us, g.reason, g.n, g.bytes, g.from_us, g.to_us
  FROM gap AS g JOIN session AS s ON s.sid = g.sid;
CREATE VIEW v_shown AS
  SELECT s.uid AS session, w.eid & 0xffffffff AS seq, x.body AS text, w.ts_us
  FROM shown AS w JOIN session AS s ON s.sid = w.eid >> 32 JOIN txt AS x ON x.tid = w.tid;
CREATE VIEW tooldef AS
  SELECT d.server, d.tool, d.digest, min(d.ts_us) AS first_us, min(d.eid) AS eid,
    (SELECT min(y.approver) FROM tool_approved AS y
     WHERE y.server = d.server AND y.tool = d.tool AND y.digest = d.digest) AS approved_by
  FROM tool_seen AS d GROUP BY d.server, d.tool, d.digest;
-- What must be masked where: the last word on each field.
CREATE VIEW sensitive AS
  SELECT rid, object, field, info_type, required, eid, max(ts_us) AS ts_us FROM classified
  GROUP BY rid, object, field, info_type HAVING required <> 'none';
-- Every delegation with its ancestors, hop 0 the delegation itself; 32 hops or a missing parent end it.
CREATE VIEW v_chain AS
  WITH RECURSIVE c(leaf, hop, did, uid, parent_uid, sub, act, scopes, proof, expires_us) AS (
    SELECT did, 0, did, uid, parent_uid, sub, act, scopes, proof, expires_us FROM delegation
    UNION SELECT c.leaf, c.hop + 1, d.did, d.uid, d.parent_uid, d.sub, d.act, d.scopes, d.proof, d.expires_us
    FROM c JOIN delegation AS d ON d.uid = c.parent_uid WHERE c.hop < 32)
  SELECT * FROM c;

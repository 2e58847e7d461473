/// The index's tables: the same bytes as schema/index.sql, where they are explained; a test holds them together.
enum IndexSchema {
  /// `AUDX` in the file's header tells whose file it is.
  static let applicationID: Int64 = 0x4155_4458
  static let version: Int64 = 1

  static let text: StaticString = """
    -- The index: derived from the log and the session files, rebuilt at will, never evidence.
    -- Every row follows from them alone, so that a rebuilt index equals one that grew. All ids are derived:
    --   sid     log index of the session's open leaf; below zero for a file that the log does not name
    --   eid     sid << 32 | seq, which keeps a session's events together and makes indexing idempotent
    --   others  from a hash of what they name, the next free number where two meet
    -- Times are microseconds, UTC since 1970 where named _us, since line 0 where named t_.
    -- Not here yet: decisions, approvals, masking, delegations, tool definitions, findings and the search over txt.

    CREATE TABLE meta(k TEXT PRIMARY KEY, v ANY) STRICT, WITHOUT ROWID;

    -- The log's leaves up to the newest signed checkpoint that was read.
    CREATE TABLE leaf(
      idx INTEGER PRIMARY KEY, sid INTEGER, kind TEXT NOT NULL, lines INTEGER NOT NULL, root BLOB NOT NULL,
      bytes INTEGER NOT NULL, sha256 BLOB NOT NULL, time_us INTEGER NOT NULL, withheld TEXT, by TEXT) STRICT;
    CREATE INDEX l_session ON leaf(sid, idx);

    -- What stands behind a session: its file, how much of it is indexed, and what verifying it said then.
    CREATE TABLE source(
      src INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, is_due INTEGER NOT NULL, bytes INTEGER NOT NULL DEFAULT 0,
      sha256 BLOB, lines_done INTEGER NOT NULL DEFAULT 0, root_done BLOB, offset_done INTEGER NOT NULL DEFAULT 0,
      leaf_done INTEGER, is_closed INTEGER NOT NULL DEFAULT 0,
      verify TEXT NOT NULL CHECK(verify IN('UNREAD','OK','OPEN','STARTING','PRUNED','ALTERED','TRUNCATED','MISSING',
        'UNLOGGED','DIVERGED','BADSIG','MALFORMED')),
      rules TEXT NOT NULL DEFAULT '') STRICT;
    CREATE INDEX c_due ON source(src) WHERE is_due;
    CREATE INDEX c_bad ON source(verify) WHERE verify <> 'OK';

    -- One row for each way an identity was described: a new model or name is a new row.
    CREATE TABLE identity(
      iid INTEGER PRIMARY KEY, kind TEXT NOT NULL CHECK(kind IN('agent','principal')), issuer TEXT NOT NULL,
      uid TEXT NOT NULL, name TEXT, version TEXT, model TEXT) STRICT;
    CREATE INDEX i_uid ON identity(uid);

    CREATE TABLE resource(rid INTEGER PRIMARY KEY, kind TEXT NOT NULL, uid TEXT NOT NULL, env TEXT) STRICT;
    CREATE INDEX r_uid ON resource(uid);

    -- Kind, agent and resource are NULL where line 0 cannot be read: a damaged session is listed, never dropped.
    CREATE TABLE session(
      sid INTEGER PRIMARY KEY REFERENCES source, uid TEXT NOT NULL UNIQUE, kind TEXT,
      agent INTEGER REFERENCES identity, principal INTEGER REFERENCES identity, rid INTEGER REFERENCES resource,
      host TEXT, purpose TEXT, start_us INTEGER NOT NULL, end_us INTEGER, t_last INTEGER NOT NULL, end_reason TEXT,
      exit_code INTEGER, n_events INTEGER NOT NULL, n_denied INTEGER NOT NULL, n_masked INTEGER NOT NULL,
      n_gaps INTEGER NOT NULL, n_recovered INTEGER NOT NULL, n_withheld INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
    CREATE INDEX s_time ON session(start_us, uid);
    CREATE INDEX s_agent ON session(agent, start_us);
    CREATE INDEX s_resource ON session(rid, start_us);
    CREATE INDEX s_principal ON session(principal, start_us) WHERE principal IS NOT NULL;
    CREATE INDEX s_gap ON session(start_us) WHERE n_gaps > 0;
    CREATE INDEX s_recovered ON session(start_us) WHERE n_recovered > 0;

    CREATE TABLE etype(t INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

    -- Text of commands, queries and calls, as recorded, each once.
    CREATE TABLE txt(tid INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, body TEXT NOT NULL) STRICT;

    -- One row for each committed line but those of a stretch; its place is line ln of batch k. status: 0 unknown,
    -- 1 success, 2 failure; disp and sev are OCSF's.
    CREATE TABLE event(
      eid INTEGER PRIMARY KEY, ts_us INTEGER NOT NULL, t INTEGER NOT NULL REFERENCES etype, k INTEGER NOT NULL,
      ln INTEGER NOT NULL, op TEXT, target TEXT, status INTEGER NOT NULL, disp INTEGER NOT NULL, sev INTEGER NOT NULL,
      code TEXT, tid INTEGER REFERENCES txt, dur_us INTEGER, n_out INTEGER, b_out INTEGER, caused_by INTEGER,
      sid INTEGER GENERATED ALWAYS AS (eid >> 32) VIRTUAL,
      seq INTEGER GENERATED ALWAYS AS (eid & 0xffffffff) VIRTUAL) STRICT;
    CREATE INDEX e_time ON event(ts_us);
    CREATE INDEX e_type ON event(t, ts_us);
    CREATE INDEX e_fail ON event(ts_us) WHERE status = 2;
    CREATE INDEX e_target ON event(target, ts_us) WHERE target IS NOT NULL;
    CREATE INDEX e_cause ON event(caused_by) WHERE caused_by IS NOT NULL;
    CREATE INDEX e_text ON event(tid) WHERE tid IS NOT NULL;

    -- Terminal input and output: one row for each stream and batch, so that indexing it costs little.
    CREATE TABLE stretch(
      sid INTEGER NOT NULL, k INTEGER NOT NULL, stream TEXT NOT NULL CHECK(stream IN('input','output')),
      first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, t_first INTEGER NOT NULL, t_last INTEGER NOT NULL,
      n INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY(sid, k, stream)) STRICT, WITHOUT ROWID;

    -- Where a recorder says that it lost something.
    CREATE TABLE gap(
      sid INTEGER NOT NULL, seq INTEGER NOT NULL, ts_us INTEGER NOT NULL, reason TEXT NOT NULL, n INTEGER,
      bytes INTEGER, PRIMARY KEY(sid, seq)) STRICT, WITHOUT ROWID;

    CREATE VIEW v_session AS
      SELECT s.sid, s.uid AS session, s.start_us, s.end_us, s.t_last, a.uid AS agent, a.name AS agent_name,
        a.issuer AS agent_issuer, a.model AS agent_model, p.uid AS principal, p.name AS principal_name,
        p.issuer AS principal_issuer, r.uid AS resource, r.kind AS resource_kind, r.env, s.kind, s.host,
        s.purpose, s.n_events, s.n_denied, s.n_masked, s.n_gaps, s.n_recovered, s.n_withheld, s.bytes, c.verify,
        c.rules, s.end_reason, s.exit_code
      FROM session AS s JOIN source AS c ON c.src = s.sid LEFT JOIN identity AS a ON a.iid = s.agent
        LEFT JOIN identity AS p ON p.iid = s.principal LEFT JOIN resource AS r ON r.rid = s.rid;
    CREATE VIEW v_event AS
      SELECT s.uid AS session, e.seq, e.ts_us, n.name AS type, a.uid AS agent, e.op, e.target, e.status, e.disp,
        e.sev, e.code, x.body AS text
      FROM event AS e JOIN etype AS n ON n.t = e.t JOIN session AS s ON s.sid = e.sid
        LEFT JOIN identity AS a ON a.iid = s.agent LEFT JOIN txt AS x ON x.tid = e.tid;

    """
}

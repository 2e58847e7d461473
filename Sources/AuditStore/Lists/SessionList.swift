extension RecordList {
  package static let sessions = RecordList(
    name: "sessions",
    columns: [
      Column("id", "s.uid"), Column("start", .time, "s.start_us"),
      Column("duration_us", .duration, "s.t_last"), Column("agent", minimum: 8, "a.uid"),
      Column("principal", minimum: 8, "p.uid"), Column("resource", minimum: 8, "r.uid"),
      Column("kind", "s.kind"), Column("events", .integer, "s.n_events"),
      Column("denied", .integer, "s.n_denied"), Column("verdict", .word, "c.verify"),
      Column("exit", .integer, "s.exit_code"), Column("end_reason", wide: true, "s.end_reason"),
      Column("agent_name", wide: true, "a.name"), Column("agent_issuer", wide: true, "a.issuer"),
      Column("agent_model", wide: true, "a.model"), Column("instance", wide: true, "s.instance"),
      Column("principal_issuer", wide: true, "p.issuer"),
      Column("resource_kind", wide: true, "r.kind"), Column("environment", wide: true, "r.env"),
      Column("scope", wide: true, "r.scope"), Column("gateway", wide: true, "g.uid"),
      Column("delegation", wide: true, "d.uid"), Column("root", wide: true, "d.root_uid"),
      Column("proof", wide: true, "d.proof"), Column("trace", wide: true, "s.trace_id"),
      Column("ip", wide: true, "s.src_ip"), Column("auth", wide: true, "s.auth"),
      Column("parent", wide: true, "s.parent"), Column("host", wide: true, "s.host"),
      Column("title", wide: true, "s.title"), Column("purpose", wide: true, "s.purpose"),
      Column("ticket", wide: true, "s.ticket"),
      Column("held", .integer, wide: true, "s.n_held"),
      Column("masked", .integer, wide: true, "s.n_masked"),
      Column("gaps", .integer, wide: true, "s.n_gaps"),
      Column("hidden", .integer, wide: true, "s.n_hidden"),
      Column("recovered", .integer, wide: true, "s.n_recovered"),
      Column("bytes", .bytes, wide: true, "s.bytes"),
      Column("broken_rules", .words, wide: true, "c.rules"),
    ],
    fields: FilterField.allCases, scope: .session, time: "s.start_us",
    keys: { "SELECT s.start_us AS k0, s.sid AS id FROM session AS s WHERE \($0)" },
    joins: """
      JOIN session AS s ON s.sid = page.id JOIN source AS c ON c.src = s.sid
      LEFT JOIN identity AS a ON a.iid = s.agent LEFT JOIN identity AS p ON p.iid = s.principal
      LEFT JOIN resource AS r ON r.rid = s.rid LEFT JOIN identity AS g ON g.iid = s.gw
      LEFT JOIN delegation AS d ON d.did = s.did
      """)

  /// Who acts; one row for all sessions of one issuer and uid.
  package static let agents = RecordList(
    name: "agents",
    columns: [
      Column("agent", minimum: 8, "i.uid"), Column("issuer", minimum: 6, "i.issuer"),
      Column("name", wide: true, "i.name"), Column("model", wide: true, "i.model"),
      Column("version", wide: true, "i.version"), Column("sessions", .integer, "page.n"),
      Column("events", .integer, "page.events"), Column("denied", .integer, "page.denied"),
      Column("held", .integer, "page.held"), Column("masked", .integer, "page.masked"),
      Column("principals", .integer, "page.others"),
      Column("resources", .integer, "page.resources"),
      Column("gaps", .integer, wide: true, "page.gaps"),
      Column("damaged", .integer, "page.damaged"), Column("first_seen", .time, "page.first"),
      Column("last_seen", .time, "page.k0"),
      Column(
        "owner", wide: true,
        "(SELECT o.uid FROM identity AS o WHERE o.who = i.owner LIMIT 1)"),
    ],
    fields: sessionFields, scope: .session, time: "s.start_us",
    keys: { condition in
      """
      SELECT max(s.start_us) AS k0, w.who AS id, count(*) AS n, sum(s.n_events) AS events,
        sum(s.n_denied) AS denied, sum(s.n_held) AS held, sum(s.n_masked) AS masked,
        sum(s.n_gaps) AS gaps, count(DISTINCT s.principal) AS others,
        count(DISTINCT s.rid) AS resources, min(s.start_us) AS first, max(w.iid) AS iid,
        sum(s.sid IN (SELECT src FROM source
          WHERE verify NOT IN('OK', 'OPEN', 'STARTING', 'PRUNED'))) AS damaged
      FROM session AS s JOIN identity AS w ON w.iid = s.agent WHERE \(condition) GROUP BY w.who
      """
    },
    joins: "JOIN identity AS i ON i.iid = page.iid")

  /// On whose behalf.
  package static let principals = RecordList(
    name: "principals",
    columns: [
      Column("principal", minimum: 8, "i.uid"), Column("issuer", minimum: 6, "i.issuer"),
      Column("kind", "i.kind"), Column("name", wide: true, "i.name"),
      Column("sessions", .integer, "page.n"), Column("agents", .integer, "page.others"),
      Column("events", .integer, "page.events"), Column("denied", .integer, "page.denied"),
      Column("held", .integer, "page.held"), Column("masked", .integer, "page.masked"),
      Column("resources", .integer, "page.resources"), Column("first_seen", .time, "page.first"),
      Column("last_seen", .time, "page.k0"),
    ],
    fields: sessionFields, scope: .session, time: "s.start_us",
    keys: { condition in
      """
      SELECT max(s.start_us) AS k0, w.who AS id, count(*) AS n, sum(s.n_events) AS events,
        sum(s.n_denied) AS denied, sum(s.n_held) AS held, sum(s.n_masked) AS masked,
        count(DISTINCT a.who) AS others, count(DISTINCT s.rid) AS resources,
        min(s.start_us) AS first, max(w.iid) AS iid
      FROM session AS s JOIN identity AS w ON w.iid = s.principal
        LEFT JOIN identity AS a ON a.iid = s.agent WHERE \(condition) GROUP BY w.who
      """
    },
    joins: "JOIN identity AS i ON i.iid = page.iid")

  /// What was reached.
  package static let resources = RecordList(
    name: "resources",
    columns: [
      Column("resource", minimum: 8, "r.uid"), Column("kind", "r.kind"),
      Column("environment", "r.env"), Column("scope", "r.scope"),
      Column("sessions", .integer, "page.n"), Column("agents", .integer, "page.others"),
      Column("principals", .integer, "page.principals"),
      Column("events", .integer, "page.events"), Column("denied", .integer, "page.denied"),
      Column("held", .integer, "page.held"), Column("masked", .integer, "page.masked"),
      Column(
        "classified_fields", .integer, wide: true,
        "(SELECT count(*) FROM sensitive AS q WHERE q.rid = r.rid)"),
      Column("first_seen", .time, "page.first"), Column("last_seen", .time, "page.k0"),
    ],
    fields: sessionFields, scope: .session, time: "s.start_us",
    keys: { condition in
      """
      SELECT max(s.start_us) AS k0, s.rid AS id, count(*) AS n, sum(s.n_events) AS events,
        sum(s.n_denied) AS denied, sum(s.n_held) AS held, sum(s.n_masked) AS masked,
        count(DISTINCT a.who) AS others, count(DISTINCT p.who) AS principals,
        min(s.start_us) AS first
      FROM session AS s LEFT JOIN identity AS a ON a.iid = s.agent
        LEFT JOIN identity AS p ON p.iid = s.principal
      WHERE s.rid IS NOT NULL AND \(condition) GROUP BY s.rid
      """
    },
    joins: "JOIN resource AS r ON r.rid = page.id")
}

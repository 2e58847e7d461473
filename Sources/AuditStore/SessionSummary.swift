/// One session as the index knows it.
///
/// For finding, not for proving: the verdict is that of the last update.
package struct SessionSummary: Sendable, Equatable {
  package var id: String
  /// Microseconds since 1970.
  package var start: Int64
  /// Microseconds from line 0 to the last committed line.
  package var duration: Int64
  /// What was recorded may be missing where line 0 could not be read.
  package var agent: String?
  package var agentName: String?
  package var agentIssuer: String?
  package var agentModel: String?
  package var principal: String?
  package var principalIssuer: String?
  package var resource: String?
  package var resourceKind: String?
  package var environment: String?
  package var kind: String?
  package var host: String?
  package var purpose: String?
  package var events: Int64
  package var denied: Int64
  package var masked: Int64
  package var gaps: Int64
  package var recovered: Int64
  package var bytes: Int64
  package var verdict: String
  /// Verification rules that were broken.
  package var rules: [String]
  package var endReason: String?
  package var exitCode: Int64?

  /// True if the evidence is contradicted or missing.
  package var isDamaged: Bool { !["OK", "OPEN", "STARTING", "PRUNED"].contains(verdict) }
}

extension AuditIndex {
  /// What a query gave, and whether there was more.
  package struct Page: Sendable {
    package var sessions: [SessionSummary]
    package var isCut: Bool
  }

  /// Sessions that pass the filter, newest first; at most `limit`, all for nil.
  package func sessions(_ filter: SessionFilter, limit: Int?) throws(AuditFailure) -> Page {
    try indexed { () throws(SQLiteFailure) in
      // One more than wanted tells whether there are more.
      let rows: Int64 = limit.map { Int64($0) &+ 1 } ?? -1
      let query = try database.prepare(
        """
        SELECT session, start_us, t_last, agent, agent_name, agent_issuer, agent_model, principal,
          principal_issuer, resource, resource_kind, env, kind, host, purpose, n_events, n_denied,
          n_masked, n_gaps, n_recovered, bytes, verify, rules, end_reason, exit_code
        FROM v_session WHERE \(filter.condition)
        ORDER BY start_us DESC, session DESC LIMIT \(rows)
        """)
      var sessions: [SessionSummary] = []
      while try query.step() {
        if let limit, sessions.count == limit {
          query.reset()
          return Page(sessions: sessions, isCut: true)
        }
        sessions.append(SessionSummary(query))
      }
      return Page(sessions: sessions, isCut: false)
    }
  }

  /// How many sessions pass the filter.
  package func count(_ filter: SessionFilter) throws(AuditFailure) -> Int64 {
    try indexed { () throws(SQLiteFailure) in
      try database.integer("SELECT count(*) FROM v_session WHERE \(filter.condition)")
    }
  }

  /// What the index holds.
  package struct Contents: Sendable, Equatable {
    package var leaves: Int64
    package var sessions: Int64
    package var events: Int64
    package var damaged: Int64
  }

  package func contents() throws(AuditFailure) -> Contents {
    try indexed { () throws(SQLiteFailure) in
      Contents(
        leaves: try database.integer("SELECT v FROM meta WHERE k = 'leaves'"),
        sessions: try database.integer("SELECT count(*) FROM session"),
        events: try database.integer("SELECT coalesce(sum(n_events), 0) FROM session"),
        damaged: try database.integer(
          """
          SELECT count(*) FROM source
          WHERE verify <> 'OK' AND verify NOT IN('OPEN', 'STARTING', 'PRUNED', 'UNREAD')
          """))
    }
  }
}

extension SessionSummary {
  fileprivate init(_ row: borrowing Statement) {
    id = row.text(0)
    start = row.integer(1)
    duration = row.integer(2)
    agent = row.optionalText(3)
    agentName = row.optionalText(4)
    agentIssuer = row.optionalText(5)
    agentModel = row.optionalText(6)
    principal = row.optionalText(7)
    principalIssuer = row.optionalText(8)
    resource = row.optionalText(9)
    resourceKind = row.optionalText(10)
    environment = row.optionalText(11)
    kind = row.optionalText(12)
    host = row.optionalText(13)
    purpose = row.optionalText(14)
    events = row.integer(15)
    denied = row.integer(16)
    masked = row.integer(17)
    gaps = row.integer(18)
    recovered = row.integer(19)
    bytes = row.integer(20)
    verdict = row.text(21)
    rules = row.text(22).split(separator: " ").map(String.init)
    endReason = row.optionalText(23)
    exitCode = row.optionalInteger(24)
  }
}

extension AuditIndex.Page {
  package static let empty = AuditIndex.Page(sessions: [], isCut: false)
}

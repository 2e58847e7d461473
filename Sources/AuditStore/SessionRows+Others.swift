internal import Platform
internal import SessionLog

extension SessionRows {
  /// Writes what a rare event says into the table of its kind.
  mutating func addOther(
    _ fact: OtherFact, _ block: borrowing EventBlock, _ sid: Int64, _ context: SessionContext
  ) throws(SQLiteFailure) {
    let row = block.rows[Int(fact.row)]
    let event = Event(
      eid: sid << 32 | Int64(row.sequence), sid: sid, sequence: row.sequence,
      time: context.start &+ Int64(clamping: row.time), json: fact.json)
    let name = IndexedTypes.all[Int(fact.type) - 1].name.description
    let what = String(name.split(separator: ".").last ?? "")
    switch fact.type {
    case IndexedTypes.policies: try addPolicy(event, what, context)
    case IndexedTypes.approvals: try addApproval(event, what, context)
    case IndexedTypes.delegations: try addDelegation(event, what)
    case IndexedTypes.audits: try addAccess(event, what)
    case IndexedTypes.mcpCatalog: try addTools(event)
    case IndexedTypes.toolApproved: try addApprovedTool(event)
    case IndexedTypes.classify, IndexedTypes.canary: try addClassified(event, fact.type, context)
    default: break
    }
  }

  /// A rare event on its way into its table.
  struct Event {
    var eid: Int64
    var sid: Int64
    var sequence: UInt64
    var time: Int64
    var json: JSONValue

    func time(_ name: String) -> Int64? { json[name]?.string.flatMap { WallTime.parse($0) } }
    func text(_ name: String) -> SQLValue { SQLValue(json[name]?.string) }
  }

  private func run(_ sql: SQL) throws(SQLiteFailure) { try statements.run(sql) }

  private func reference(_ event: Event, _ name: String) throws(SQLiteFailure) -> Int64? {
    if let line = event.json[name]?.integer, line >= 0 {
      return UInt64(line) < event.sequence ? event.sid << 32 | line : nil
    }
    guard let text = event.json[name]?.string else { return nil }
    return try number(of: text)
  }

  private mutating func addPolicy(_ event: Event, _ what: String, _ context: SessionContext)
    throws(SQLiteFailure)
  {
    guard let policy = try ids.id(of: PolicyReference(event.json["policy"])) else { return }
    let gateway = try ids.id(of: IdentityFact(gateway: event.json["gateway"]) ?? context.gateway)
    let author = try ids.id(of: IdentityFact(event.json["author"]))
    let approver = try ids.id(of: IdentityFact(event.json["approver"]))
    let isEnforced =
      event.json["enforced"]?.bool ?? event.json["policy"]?["enforced"]?.bool ?? true
    try run(
      """
      INSERT OR REPLACE INTO policy_change(eid, gw, ts_us, what, pid, enforced, signer, author,
        approver, change_ref) VALUES(\(event.eid), \(SQLValue(gateway)), \(event.time), \(what),
        \(policy), \(isEnforced ? 1 : 0), \(event.text("signer")), \(SQLValue(author)),
        \(SQLValue(approver)), \(event.text("change_ref")))
      """)
    if let gateway { touchedGateways.insert(gateway) }
  }

  private mutating func addApproval(_ event: Event, _ what: String, _ context: SessionContext)
    throws(SQLiteFailure)
  {
    let json = event.json
    guard let uid = json["approval"]?.string else { return }
    let aid = try ids.id(ofApproval: uid)
    touchedApprovals.insert(aid)
    if what == "vote" {
      let approver = try ids.id(of: IdentityFact(json["approver"]))
      try run(
        """
        INSERT OR REPLACE INTO vote(eid, aid, approver, ts_us, verdict, channel, mfa, shown_digest)
        VALUES(\(event.eid), \(aid), \(SQLValue(approver)), \(event.time),
          \(json["verdict"]?.string ?? ""), \(event.text("channel")),
          \(SQLValue(json["mfa"]?.bool.map { $0 ? 1 : 0 })), \(event.text("shown_digest")))
        """)
      return
    }
    let executed = try reference(event, "executed")
    if what == "consumed" || what == "break_glass" && executed != nil {
      try run(
        "INSERT OR REPLACE INTO approval_use VALUES(\(event.eid), \(aid), \(SQLValue(executed)))")
    }
    let named = IdentityFact(json["requester"] ?? json["by"] ?? json["who"])
    let who = try ids.id(of: named ?? (what == "request" ? context.agent : nil))
    let window = json["window_s"]?.integer.map { $0.multipliedReportingOverflow(by: 1_000_000) }
    try run(
      """
      INSERT OR REPLACE INTO approval_event(eid, aid, ts_us, what, subject, who, action_digest,
        need, decided_us, exp_us, window_us, max_uses, ticket, reason)
      VALUES(\(event.eid), \(aid), \(event.time), \(what),
        \(SQLValue(try reference(event, "subject"))), \(SQLValue(who)),
        \(event.text("action_digest")), \(SQLValue(json["need"]?.integer)),
        \(SQLValue(event.time("decided_at"))), \(SQLValue(event.time("expires"))),
        \(SQLValue(window.flatMap { $0.overflow ? nil : $0.partialValue })),
        \(SQLValue(json["max_uses"]?.integer)), \(event.text("ticket")),
        \(SQLValue(json["reason"]?.string ?? json["justification"]?.string)))
      """)
  }

  private mutating func addDelegation(_ event: Event, _ what: String) throws(SQLiteFailure) {
    guard let uid = event.json["uid"]?.string else { return }
    var did: Int64?
    if what != "revoked", let fact = DelegationFact(event.json) { did = try ids.id(of: fact) }
    try run(
      """
      INSERT OR REPLACE INTO delegation_event(eid, ts_us, what, uid, did)
      VALUES(\(event.eid), \(event.time), \(what), \(uid), \(SQLValue(did)))
      """)
  }

  private mutating func addAccess(_ event: Event, _ what: String) throws(SQLiteFailure) {
    let json = event.json
    let who = try ids.id(of: IdentityFact(json["who"]))
    let behalf = try ids.id(of: IdentityFact(json["on_behalf_of"]))
    let sessions = Set(json["sessions"]?.array?.compactMap(\.string) ?? [])
    let total = json["sessions_total"]?.integer ?? Int64(sessions.count)
    try run(
      """
      INSERT OR REPLACE INTO access(eid, ts_us, who, behalf, what, verb, query, query_digest, n,
        n_sessions, purpose)
      VALUES(\(event.eid), \(event.time), \(SQLValue(who)), \(SQLValue(behalf)), \(what),
        \(json["verb"]?.string ?? what), \(event.text("query")), \(event.text("query_digest")),
        \(SQLValue(json["rows"]?.integer)), \(total), \(event.text("purpose")))
      """)
    for uid in sessions.sorted().prefix(1000) {
      try run("INSERT OR IGNORE INTO access_ref VALUES(\(uid), \(event.eid))")
    }
  }

  private func addTools(_ event: Event) throws(SQLiteFailure) {
    guard let server = event.json["server"]?.string else { return }
    for tool in event.json["tools"]?.array ?? [] {
      guard let name = tool["name"]?.string, let digest = tool["definition_digest"]?.string
      else { continue }
      try run(
        """
        INSERT OR IGNORE INTO tool_seen
        VALUES(\(server), \(name), \(digest), \(event.eid), \(event.time))
        """)
    }
  }

  private mutating func addApprovedTool(_ event: Event) throws(SQLiteFailure) {
    guard let server = event.json["server"]?.string, let name = event.json["name"]?.string,
      let digest = event.json["definition_digest"]?.string
    else { return }
    let approver = try ids.id(of: IdentityFact(event.json["approver"]))
    try run(
      """
      INSERT OR REPLACE INTO tool_approved VALUES(\(event.eid), \(event.time), \(server), \(name),
        \(digest), \(SQLValue(approver)), \(event.text("change_ref")))
      """)
  }

  private mutating func addClassified(_ event: Event, _ type: Int32, _ context: SessionContext)
    throws(SQLiteFailure)
  {
    let json = event.json
    guard let resource = try ids.id(of: ResourceFact(json["resource"]) ?? context.resource) else {
      return
    }
    let infoType = json["info_type"]?.string ?? ""
    if type == IndexedTypes.classify {
      try run(
        """
        INSERT OR REPLACE INTO classified VALUES(\(event.eid), \(event.time), \(resource),
          \(json["object"]?.string ?? ""), \(json["field"]?.string ?? ""), \(infoType),
          \(json["required"]?.string ?? "any"))
        """)
    } else if let uid = json["uid"]?.string, let digest = json["value_hmac"]?.string {
      try run(
        """
        INSERT OR REPLACE INTO canary VALUES(\(event.eid), \(uid), \(resource), \(infoType),
          \(json["form"]?.string ?? "word"), \(json["length"]?.integer ?? 0), \(digest),
          \(event.text("object")), \(event.text("field")))
        """)
    }
  }
}

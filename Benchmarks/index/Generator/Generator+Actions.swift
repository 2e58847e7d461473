internal import Platform
internal import SessionLog

/// Actions, decisions, results and approvals: each written and counted in the same place.
extension Generator {
  /// A statement on one object.
  func query(
    _ s: inout Scribe, _ table: String, access: String = "read", text: String? = nil,
    digest: String? = nil
  ) -> Int64 {
    let command = access == "read" ? "SELECT" : "UPDATE"
    let words = text ?? "\(command) FROM \(table) WHERE id = $1 -- \(dice.below(1 << 20))"
    touched(s.agent, command, table, at: s.moment)
    if table == "invoices" { change { $0.count("Q3", [s.agent, access], 1) } }
    if words.contains(World.needle) { change { $0.add("Q4", s.text, String(s.sequence)) } }
    return s.add(
      "database.query", ("dbms", .init("postgresql")), ("text", .init(words)),
      ("class", .init(access == "read" ? "READ" : "WRITE")), ("command", .init(command)),
      ("objects", .array([object(("name", .init(table)), ("access", .init(access)))])),
      ("action_digest", digest.map { .init($0) }))
  }

  @discardableResult
  func decide(
    _ s: inout Scribe, _ subject: Int64, _ outcome: String = "allow", rule: String = "default",
    policy: String = "base", version: Int = 1, enforced: Bool = true, approval: String? = nil
  ) -> Int64 {
    s.pass(150)
    let digest = World.policyDigest(policy, version)
    let inDay = truth.isInDay(s.moment)
    let (session, number, agent) = (s.text, String(s.sequence), s.agent)
    change { truth in
      truth.count("Q6", [policy, "v\(version)", digest, rule, outcome], 1)
      if outcome == "block", inDay { truth.add("Q5", session, number, policy, "v\(version)", rule) }
      if outcome == "block", enforced, inDay { truth.count("Q22", [agent], 1, 1) }
    }
    if outcome == "block", enforced { s.deny() }
    return s.add(
      "policy.decision", ("subject", .integer(subject)),
      ("policy", World.policy(policy, version: version)), ("rule", .init(rule)),
      ("outcome", .init(outcome)), ("enforced", .bool(enforced)), ("latency_us", .integer(140)),
      ("approval", approval.map { .init($0) }))
  }

  func result(_ s: inout Scribe, _ query: Int64, rows: Int, bytes: Int, isGood: Bool = true) {
    s.pass(900)
    give(&s, rows: rows, bytes: bytes, isGood: isGood)
    s.add(
      "database.result", ("caused_by", .integer(query)), ("rows", .integer(Int64(rows))),
      ("bytes", .integer(Int64(bytes))), ("dur_us", .integer(900)),
      ("sqlstate", isGood ? nil : .init("42P01")))
  }

  /// What a result adds to the sums.
  func give(_ s: inout Scribe, rows: Int, bytes: Int, isGood: Bool) {
    guard truth.isInDay(s.moment) else { return }
    let (session, agent) = (s.text, s.agent)
    change { truth in
      if rows > 0 { truth.count("readers", [session], rows, bytes) }
      if !isGood { truth.count("Q22", [agent], 0, 1) }
    }
  }

  func mask(
    _ s: inout Scribe, _ subject: Int64, _ table: String, _ field: String, _ type: String,
    found: Int, masked: Int
  ) {
    s.pass(20)
    let (session, number) = (s.text, String(s.sequence))
    change { truth in
      truth.count("Q7", [table, field, type], found, masked, found - masked)
      if found > masked { truth.add("D14", session, number, type, String(found - masked)) }
    }
    s.add(
      "masking.applied", ("subject", .integer(subject)), ("dir", .init("out")),
      ("info_type", .init(type)), ("method", .init("replace")), ("found", .integer(Int64(found))),
      ("masked", .integer(Int64(masked))), ("object", .init(table)), ("field", .init(field)),
      ("detector", .init("patterns")))
  }

  /// A query that is decided on and answered; customers' addresses are masked.
  func plainQuery(_ s: inout Scribe) {
    s.pass(2000 + dice.below(50_000))
    let tables = ["orders", "products", "customers", "stock", "carriers"]
    let table = tables[dice.below(tables.count)]
    let writes = table != "customers" && dice.below(5) == 0
    let isGood = dice.below(50) != 0
    let number = query(&s, table, access: writes ? "write" : "read")
    decide(&s, number, table == "customers" ? "mask" : "allow")
    let rows = isGood ? 1 + dice.below(40) : 0
    result(&s, number, rows: rows, bytes: rows * 120, isGood: isGood)
    if table == "customers", isGood {
      mask(&s, number, table, "email", "email", found: rows, masked: rows)
    }
  }

  func http(_ s: inout Scribe, _ method: String, _ path: String) {
    s.pass(1000 + dice.below(20_000))
    let number = s.sequence
    touched(s.agent, method, "api.internal" + path, at: s.moment)
    s.add(
      "http.request", ("method", .init(method)), ("host", .init("api.internal")),
      ("path", .init(path)), ("bytes", .integer(210)))
    decide(&s, number)
    s.pass(3000)
    let isGood = dice.below(40) != 0
    give(&s, rows: 0, bytes: 0, isGood: isGood)
    s.add(
      "http.response", ("caused_by", .integer(number)), ("status", .integer(isGood ? 200 : 503)),
      ("bytes", .integer(Int64(500 + dice.below(4000)))), ("dur_us", .integer(3000)))
  }

  func tool(_ s: inout Scribe, _ name: String, _ args: JSONValue, reads: String? = nil) {
    s.pass(1000 + dice.below(20_000))
    let number = s.sequence
    touched(s.agent, "tools/call", name, at: s.moment)
    s.add(
      "mcp.call", ("direction", .init("to_server")), ("jsonrpc_id", .integer(number)),
      ("server", .init("mcp-tickets")), ("method", .init("tools/call")), ("name", .init(name)),
      ("args", args), ("definition_digest", .init(World.digest("tool " + name))),
      ("objects", reads.map { .array([object(("name", .init($0)), ("access", .init("read")))]) }))
    decide(&s, number)
    s.pass(5000)
    s.add(
      "mcp.result", ("caused_by", .integer(number)), ("result_type", .init("complete")),
      ("is_error", .bool(false)), ("bytes", .integer(800)), ("dur_us", .integer(5000)))
  }

  func catalog(_ s: inout Scribe, _ tools: [(String, String)]) {
    s.add(
      "mcp.catalog", ("server", .init("mcp-tickets")),
      (
        "tools",
        .array(
          tools.map {
            object(("name", .init($0.0)), ("definition_digest", .init($0.1)))
          })
      ))
  }

  func kubernetes(_ s: inout Scribe) {
    s.pass(1000 + dice.below(20_000))
    let verbs = ["get", "list", "watch", "create"]
    let verb = verbs[dice.below(verbs.count)]
    let (number, id) = (s.sequence, "audit-\(s.text)-\(s.sequence)")
    touched(s.agent, verb, "shop/pods/web-\(number % 7)", at: s.moment)
    func stage(_ name: String, code: Int64?, cause: Int64?) {
      s.add(
        "kubernetes.request", ("audit_id", .init(id)), ("stage", .init(name)),
        ("verb", .init(verb)),
        ("code", code.map { .integer($0) }), ("api_resource", .init("pods")),
        ("namespace", .init("shop")), ("name", .init("web-\(number % 7)")),
        ("caused_by", cause.map { .integer($0) }))
    }
    stage("RequestReceived", code: nil, cause: nil)
    decide(&s, number)
    s.pass(2500)
    stage("ResponseComplete", code: 200, cause: nil)
  }

  // MARK: Approvals

  /// Asks for an approval of the action in `subject`.
  func ask(
    _ s: inout Scribe, _ uid: String, _ subject: Int64, digest: String, need: Int64 = 1,
    expires: Int64? = nil, maxUses: Int64? = nil
  ) {
    s.add(
      "approval.request", ("approval", .init(uid)), ("action_digest", .init(digest)),
      ("need", .integer(need)), ("subject", .integer(subject)),
      ("expires", expires.map { .init(WallTime.format($0)) }),
      ("max_uses", maxUses.map { .integer($0) }), ("reason", .init("to mend an order")))
  }

  func vote(_ s: inout Scribe, _ uid: String, by who: String, kind: String = "human", after: Int) {
    s.pass(after)
    change { $0.count("Q13", [who], 1, after < 5_000_000 ? 1 : 0) }
    s.add(
      "approval.vote", ("approval", .init(uid)), ("approver", World.identity(who, kind)),
      ("verdict", .init("approve")), ("channel", .init("web")), ("mfa", .bool(true)))
  }

  func grant(_ s: inout Scribe, _ uid: String) {
    s.add(
      "approval.granted", ("approval", .init(uid)),
      ("decided_at", .init(WallTime.format(s.moment))))
  }

  func consume(_ s: inout Scribe, _ uid: String, _ executed: Int64, uses: Int64 = 1) {
    s.add(
      "approval.consumed", ("approval", .init(uid)), ("executed", .integer(executed)),
      ("uses", .integer(uses)))
  }
}

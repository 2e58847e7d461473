internal import Platform
internal import SessionLog

/// Writes the rows of sessions into the index, within the caller's transaction.
@safe
struct SessionRows: ~Copyable {
  var ids: DerivedIDs
  let statements: RowStatements
  /// What must be worked out anew before the transaction ends.
  var touchedApprovals: Set<Int64> = []
  var touchedGateways: Set<Int64> = []

  init(_ database: borrowing Database) throws(SQLiteFailure) {
    let ids = try DerivedIDs(database)
    let statements = try RowStatements(database)
    // All or none: what owns statements is never half made.
    self.ids = ids
    self.statements = statements
  }

  /// Writes a block; the number of rows that are events and stretches.
  mutating func add(_ block: EventBlock, sid: Int64, _ context: SessionContext)
    throws(SQLiteFailure) -> Int64
  {
    try addEvents(block, sid, context)
    for part in block.stretches {
      try statements.stretch.run([
        .integer(sid), SQLValue(part.batch), .text(part.stream.rawValue),
        SQLValue(part.firstLine), SQLValue(part.lastLine), SQLValue(part.firstTime),
        SQLValue(part.lastTime), SQLValue(part.lines), SQLValue(part.bytes),
      ])
    }
    try addFacts(block, sid, context)
    for fact in block.others { try addOther(fact, block, sid, context) }
    return Int64(block.rows.count + block.stretches.count)
  }

  private mutating func addEvents(_ block: EventBlock, _ sid: Int64, _ context: SessionContext)
    throws(SQLiteFailure)
  {
    let first = sid << 32
    var resources: [Int64?] = []
    for fact in block.resources { resources.append(try ids.id(of: fact)) }
    // The texts of a row are lent to SQLite until it has written them.
    defer { statements.event.forget() }
    try unsafe block.bytes.withUnsafeBufferPointer { bytes throws(SQLiteFailure) in
      for row in block.rows {
        let type =
          row.type > 0
          ? try ids.id(ofType: row.type) : try ids.id(ofType: block.names[Int(-1 - row.type)])
        var text: Int64?
        if !row.text.isNone {
          text = try ids.id(
            ofText: block.bytes, row.text, first: row.textID, check: row.textCheck)
        }
        try statements.event.set(1, first | Int64(row.sequence))
        try statements.event.set(2, context.start &+ Int64(clamping: row.time))
        try statements.event.set(3, type)
        try statements.event.set(4, Int64(clamping: block.number))
        try statements.event.set(5, Int64(row.line))
        try statements.event.set(6, row.isAction ? 1 : 0)
        try statements.event.set(7, row.resource < 0 ? nil : resources[Int(row.resource)])
        try unsafe statements.event.set(8, lent: bytes, row.op)
        try unsafe statements.event.set(9, lent: bytes, row.target)
        try statements.event.set(10, row.status)
        try statements.event.set(11, row.disposition)
        try statements.event.set(12, row.severity)
        try unsafe statements.event.set(13, lent: bytes, row.code)
        try statements.event.set(14, text)
        try statements.event.set(15, row.duration)
        try statements.event.set(16, row.rows)
        try statements.event.set(17, row.bytes)
        try statements.event.set(18, try number(row.cause, below: row.sequence, sid, block))
        try unsafe statements.event.set(19, lent: bytes, row.digest)
        try unsafe statements.event.set(20, lent: bytes, row.attributes)
        try statements.event.run()
      }
    }
  }

  /// The number of the event that a reference names; nil where there is none, or none before it.
  func number(
    _ reference: EventReference, below sequence: UInt64, _ sid: Int64, _ block: borrowing EventBlock
  ) throws(SQLiteFailure) -> Int64? {
    if reference.line >= 0 {
      return UInt64(reference.line) < sequence ? sid << 32 | reference.line : nil
    }
    guard !reference.elsewhere.isNone else { return nil }
    return try number(of: block.text(reference.elsewhere))
  }

  /// The event that `ID@SEQ` names.
  func number(of text: String) throws(SQLiteFailure) -> Int64? {
    let parts = text.split(separator: "@")
    guard parts.count == 2, let line = UInt32(parts[1]) else { return nil }
    try statements.findSource.bind([.text(String(parts[0]))])
    defer { statements.findSource.reset() }
    guard try statements.findSource.step() else { return nil }
    return statements.findSource.integer(0) << 32 | Int64(line)
  }

  private mutating func addFacts(_ block: EventBlock, _ sid: Int64, _ context: SessionContext)
    throws(SQLiteFailure)
  {
    let first = sid << 32
    for fact in block.outcomes {
      try statements.outcome.set(1, fact.status)
      try statements.outcome.set(2, block.bytes, fact.code)
      try statements.outcome.set(3, fact.duration)
      try statements.outcome.set(4, fact.rows)
      try statements.outcome.set(5, fact.bytes)
      try statements.outcome.set(6, first | fact.action)
      try statements.outcome.run()
    }
    var policies: [Int64?] = []
    for fact in block.policies { policies.append(try ids.id(of: fact)) }
    for fact in block.decisions {
      let row = block.rows[Int(fact.row)]
      let subject = try number(fact.subject, below: row.sequence, sid, block)
      let policy =
        fact.policy < 0 ? try ids.id(of: context.policy) : policies[Int(fact.policy)]
      var approval: Int64?
      if !fact.approval.isNone {
        let id = try ids.id(ofApproval: block.text(fact.approval))
        touchedApprovals.insert(id)
        approval = id
      }
      try statements.decision.set(1, first | Int64(row.sequence))
      try statements.decision.set(2, subject)
      try statements.decision.set(3, policy)
      try statements.decision.set(4, text: fact.rule.isNone ? "" : block.text(fact.rule))
      try statements.decision.set(5, text: fact.outcome.rawValue)
      try statements.decision.set(6, fact.isEnforced ? 1 : 0)
      try statements.decision.set(7, block.bytes, fact.reason)
      try statements.decision.set(8, approval)
      try statements.decision.set(9, block.bytes, fact.inputDigest)
      try statements.decision.set(10, fact.latency)
      try statements.decision.run()
      if let subject, !fact.isFolded {
        try statements.decided.set(1, fact.disposition)
        try statements.decided.set(2, fact.isEnforced && fact.outcome == .block ? 1 : 0)
        try statements.decided.set(3, subject)
        try statements.decided.run()
      }
    }
    for fact in block.maskings {
      let row = block.rows[Int(fact.row)]
      let own = first | Int64(row.sequence)
      var subject = try number(fact.subject, below: row.sequence, sid, block) ?? own
      // A result counts for its action.
      let isAction =
        subject == first | fact.subject.line
        && block.row(at: UInt64(clamping: fact.subject.line)).map { block.rows[$0].isAction }
          ?? false
      if !isAction { try statements.action.set(1, subject) }
      if !isAction, try statements.action.step(), statements.action.integer(0) == 0,
        let cause = statements.action.optionalInteger(1)
      {
        subject = cause
      }
      if !isAction { statements.action.reset() }
      try statements.masking.set(1, own)
      try statements.masking.set(2, subject)
      try statements.masking.set(3, text: fact.what.description)
      try statements.masking.set(4, text: fact.direction.isNone ? "" : block.text(fact.direction))
      try statements.masking.set(5, text: fact.object.isNone ? "" : block.text(fact.object))
      try statements.masking.set(6, text: fact.field.isNone ? "" : block.text(fact.field))
      try statements.masking.set(7, text: fact.infoType.isNone ? "" : block.text(fact.infoType))
      try statements.masking.set(8, text: fact.method.isNone ? "" : block.text(fact.method))
      try statements.masking.set(9, fact.found)
      try statements.masking.set(10, fact.masked)
      try statements.masking.set(11, block.bytes, fact.detector)
      try statements.masking.run()
    }
    for fact in block.objects {
      try statements.object.set(1, block.bytes, fact.object)
      try statements.object.set(2, first | Int64(block.rows[Int(fact.row)].sequence))
      try statements.object.set(3, text: fact.access.isNone ? "" : block.text(fact.access))
      try statements.object.run()
    }
    for fact in block.gaps {
      let row = block.rows[Int(fact.row)]
      try statements.gap.run([
        .integer(sid), SQLValue(row.sequence),
        .integer(context.start &+ Int64(clamping: row.time)),
        .text(fact.reason.isNone ? "" : block.text(fact.reason)), SQLValue(fact.lost),
        SQLValue(fact.bytes), SQLValue(fact.from.map { context.start &+ $0 }),
        SQLValue(fact.to.map { context.start &+ $0 }),
      ])
    }
  }
}

/// The statements that sessions' rows are written with, compiled once.
@safe
struct RowStatements: ~Copyable {
  let event: Statement
  let outcome: Statement
  let decided: Statement
  let action: Statement
  let findSource: Statement
  let stretch: Statement
  let decision: Statement
  let masking: Statement
  let object: Statement
  let gap: Statement
  let session: Statement
  let source: Statement
  let chain: Statement
  private let cache: StatementCache

  /// Runs a statement of a rare kind.
  func run(_ sql: SQL) throws(SQLiteFailure) { try cache.run(sql) }

  init(_ database: borrowing Database) throws(SQLiteFailure) {
    let event = try database.prepare(
      """
      INSERT OR IGNORE INTO event(eid, ts_us, t, k, ln, is_action, rid, op, target, status, disp,
        sev, code, tid, dur_us, n_out, b_out, caused_by, action_digest, attrs)
      VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
      """)
    let outcome = try database.prepare(
      """
      UPDATE event SET status = CASE WHEN ?1 = 0 THEN status ELSE ?1 END, code = coalesce(?2, code),
        dur_us = coalesce(?3, dur_us), n_out = CASE WHEN ?4 IS NULL THEN n_out
          WHEN n_out > 9223372036854775807 - ?4 THEN 9223372036854775807
          ELSE coalesce(n_out, 0) + ?4 END,
        b_out = CASE WHEN ?5 IS NULL THEN b_out
          WHEN b_out > 9223372036854775807 - ?5 THEN 9223372036854775807
          ELSE coalesce(b_out, 0) + ?5 END
      WHERE eid = ?6 AND is_action
      """)
    let decided = try database.prepare(
      """
      UPDATE event SET disp = ?1, status = CASE WHEN ?2 AND status = 0 THEN 2 ELSE status END
      WHERE eid = ?3 AND is_action
      """)
    let action = try database.prepare("SELECT is_action, caused_by FROM event WHERE eid = ?")
    let findSource = try database.prepare("SELECT src FROM source WHERE uid = ?")
    let stretch = try database.prepare(
      "INSERT OR IGNORE INTO stretch VALUES(?,?,?,?,?,?,?,?,?)")
    let decision = try database.prepare(
      """
      INSERT OR IGNORE INTO decision(eid, subject, pid, rule, outcome, enforced, reason, aid,
        input_digest, latency_us) VALUES(?,?,?,?,?,?,?,?,?,?)
      """)
    let masking = try database.prepare(
      "INSERT OR IGNORE INTO masking VALUES(?1,0,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)")
    let object = try database.prepare("INSERT OR IGNORE INTO object_ref VALUES(?,?,?)")
    let gap = try database.prepare("INSERT OR IGNORE INTO gap VALUES(?,?,?,?,?,?,?,?)")
    let session = try database.prepare(
      """
      INSERT OR REPLACE INTO session(sid, uid, kind, agent, principal, rid, did, pid, gw, instance,
        parent, trace_id, src_ip, auth, jti, mode, ticket, host, purpose, title, start_us, end_us,
        t_last, end_reason, exit_code, n_events, n_denied, n_held, n_masked, n_gaps, n_recovered,
        n_withheld, bytes, n_odd, n_cut)
      VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
      """)
    let source = try database.prepare(
      """
      UPDATE source SET is_due = 0, bytes = ?, sha256 = ?, lines_done = ?, root_done = ?,
        offset_done = ?, leaf_done = ?, is_closed = ?, verify = ?, rules = ?,
        is_text_due = is_text_due OR ?, changed_ns = ? WHERE src = ?
      """)
    let chain = try database.prepare("INSERT OR REPLACE INTO session_chain VALUES(?,?,?)")
    // All or none: what owns statements is never half made.
    self.event = event
    self.outcome = outcome
    self.decided = decided
    self.action = action
    self.findSource = findSource
    self.stretch = stretch
    self.decision = decision
    self.masking = masking
    self.object = object
    self.gap = gap
    self.session = session
    self.source = source
    self.chain = chain
    cache = database.cache()
  }
}

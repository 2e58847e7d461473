internal import Platform
internal import SessionLog

extension SessionRows {
  /// Writes the session's own row and notes how far it is indexed.
  mutating func finish(_ sid: Int64, _ id: SessionID, _ read: SessionReading, leaves: [LoggedLeaf])
    throws(SQLiteFailure)
  {
    let (verdict, tally, context) = (read.verdict, read.tally, read.context)
    let start = verdict.start
    let json = start?.json ?? .null
    let agent = try ids.id(of: context.agent)
    let principal = try ids.id(of: context.principal)
    let resource = try ids.id(of: context.resource)
    let gateway = try ids.id(of: context.gateway)
    let policy = try ids.id(of: context.policy)
    var delegation: Int64?
    for (hop, link) in context.chain.enumerated() {
      let did = try ids.id(of: link)
      if hop == 0 { delegation = did }
      try statements.chain.run([.integer(sid), .integer(Int64(hop)), .integer(did)])
    }
    let trace =
      json["trace"]?["trace_id"]?.string
      ?? json["traceparent"]?.string.flatMap { EventReader.traceID(of: $0) } ?? read.traceID
    let isClosed = verdict.isClosed
    let mode = start == nil ? nil : json["mode"]?.string ?? "full"
    try statements.session.run([
      .integer(sid), .text(id.text), SQLValue(start?.kind), SQLValue(agent), SQLValue(principal),
      SQLValue(resource), SQLValue(delegation), SQLValue(policy), SQLValue(gateway),
      SQLValue(json["agent"]?["instance_uid"]?.string), SQLValue(json["parent_session"]?.string),
      SQLValue(trace), SQLValue(json["source"]?["ip"]?.string ?? read.sourceIP),
      SQLValue(json["auth"]?["method"]?.string ?? read.authMethod),
      SQLValue(json["auth"]?["jti_hmac"]?.string ?? read.tokenID), SQLValue(mode),
      SQLValue(json["ticket"]?.string), SQLValue(start?.host), SQLValue(start?.purpose),
      SQLValue(start?.name), .integer(context.start),
      isClosed ? .integer(context.start &+ Int64(clamping: verdict.time)) : .null,
      SQLValue(tally.lastTime), SQLValue(isClosed ? verdict.endReason : nil),
      SQLValue(isClosed ? verdict.exitCode : nil), SQLValue(tally.lines), SQLValue(tally.denied),
      SQLValue(tally.held), SQLValue(tally.masked), SQLValue(tally.gaps),
      SQLValue(verdict.recoveredLines), SQLValue(verdict.withheldLines), SQLValue(tally.bytes),
      SQLValue(tally.odd), SQLValue(tally.cut),
    ])
    let rules = Set(verdict.findings.map(\.rule.rawValue)).sorted().joined(separator: " ")
    try statements.source.run([
      SQLValue(verdict.bytes), SQLValue(verdict.sha256?.bytes), SQLValue(verdict.lines),
      SQLValue(verdict.root?.bytes), SQLValue(verdict.bytes),
      leaves.last.map { SQLValue($0.index) } ?? .null, .integer(isClosed ? 1 : 0),
      .text(verdict.indexWord(lastLeaf: leaves.last?.leaf)), .text(rules),
      .integer(tally.outputBytes > 0 || tally.inputBytes > 0 ? 1 : 0),
      SQLValue(read.changed), .integer(sid),
    ])
  }
}

extension SessionVerdict {
  /// The verdict's word, or `PRUNED` where retention let the file go.
  func indexWord(lastLeaf: Leaf?) -> String {
    lastLeaf?.kind == Leaf.Kind.prune && isIntact ? "PRUNED" : word
  }
}

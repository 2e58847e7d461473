/// A filter as a condition over the tables of a list.
///
/// Every list names its tables by the same letters: `s` session, `e` event, `d` decision, `v`
/// approval, `m` masking.
struct FilterCondition {
  /// What one row of the list is.
  enum Scope { case session, event, decision, masking, approval, finding }

  let filter: RecordFilter
  let scope: Scope

  init(_ filter: RecordFilter, _ scope: Scope) { (self.filter, self.scope) = (filter, scope) }

  /// The condition, times included; `time` is the column they are held against.
  func sql(time: SQL) -> SQL {
    var parts: [SQL] = []
    if let since = filter.since { parts.append("\(time) >= \(since)") }
    if let until = filter.until { parts.append("\(time) < \(until)") }
    if let sessions = filter.sessions {
      let list = sessions.map { "\($0)" as SQL }.joined(by: .comma)
      parts.append(scope == .session ? "s.sid IN \(list)" : "s.sid IN \(list)")
    }
    // Who read what is not what agents did: it is listed where it is asked for by kind, session, type or trait.
    let asksForReading = filter[.type].contains { $0.text.hasPrefix("audit") }
    if filter.sessions == nil, filter[.kind].isEmpty, filter[.has].isEmpty, !asksForReading,
      scope == .session || scope == .event
    {
      parts.append("s.kind IS NOT 'audit'")
    }
    for field in FilterField.allCases where field.isOfSession { parts += session(field) }
    let events = FilterField.allCases.filter { !$0.isOfSession && !filter[$0].isEmpty }
    switch scope {
    case .event, .decision, .masking, .finding:
      for field in events { parts += event(field) }
    case .session, .approval:
      // One event must have it all.
      if !events.isEmpty, scope == .session {
        let conditions = events.flatMap { event($0) }.joined(by: .and)
        parts.append(
          """
          EXISTS(SELECT 1 FROM event AS e WHERE e.eid BETWEEN s.sid << 32
            AND (s.sid << 32) + 4294967295 AND \(conditions))
          """)
      } else if !events.isEmpty {
        for field in events { parts += approval(field) }
      }
    }
    return parts.joined(by: .and)
  }

  // MARK: fields of a session

  private func session(_ field: FilterField) -> [SQL] {
    switch field {
    case .agent:
      each(field) { pattern in
        "s.agent IN (SELECT iid FROM identity WHERE \(Self.match(["uid", "name"], pattern)))"
      }
    case .principal:
      each(field) { pattern in
        "s.principal IN (SELECT iid FROM identity WHERE \(Self.match(["uid", "name"], pattern)))"
      }
    case .resource: each(field) { resource("uid", $0) }
    case .env: each(field) { resource("env", $0) }
    case .scope:
      each(field) { pattern in
        resource(
          """
          EXISTS(SELECT 1 FROM json_each(CASE WHEN json_valid(resource.scope) THEN resource.scope
            ELSE json_array(resource.scope) END) AS j WHERE \(Self.match(["j.value"], pattern)))
          """)
      }
    case .kind: each(field) { Self.match(["s.kind"], $0) }
    case .instance: each(field) { Self.match(["s.instance"], $0) }
    case .trace: each(field) { Self.match(["s.trace_id"], $0) }
    case .ip: each(field) { Self.match(["s.src_ip"], $0) }
    case .root:
      each(field) { pattern in
        "s.did IN (SELECT did FROM delegation WHERE \(Self.match(["root_uid"], pattern)))"
      }
    case .has: each(field) { pattern in Trait(name: pattern.text).map(Self.has) ?? "FALSE" }
    default: []
    }
  }

  private func resource(_ column: SQL, _ pattern: RecordFilter.Pattern) -> SQL {
    resource(Self.match([column], pattern))
  }

  /// An event's own resource counts before its session's.
  private func resource(_ condition: SQL) -> SQL {
    let ids: SQL = "(SELECT rid FROM resource WHERE \(condition))"
    switch scope {
    case .event, .decision, .masking: return "coalesce(e.rid, s.rid) IN \(ids)"
    case .session, .approval, .finding: return "s.rid IN \(ids)"
    }
  }

  private static func has(_ trait: Trait) -> SQL {
    switch trait {
    case .gap: "s.n_gaps > 0"
    case .mask: "s.n_masked > 0"
    case .block: "s.n_denied > 0"
    case .hold: "s.n_held > 0"
    case .recovered: "s.n_recovered > 0"
    case .damage:
      """
      s.sid IN (SELECT src FROM source WHERE verify NOT IN('OK', 'OPEN', 'STARTING', 'PRUNED'))
      """
    case .approval:
      """
      (EXISTS(SELECT 1 FROM approval AS av WHERE av.sid = s.sid)
        OR EXISTS(SELECT 1 FROM approval_event AS ae
          WHERE ae.eid BETWEEN s.sid << 32 AND (s.sid << 32) + 4294967295))
      """
    case .hidden: "s.n_hidden > 0"
    case .finding:
      "EXISTS(SELECT 1 FROM finding AS ff WHERE ff.sid = s.sid AND ff.state <> 'dismissed')"
    }
  }

  // MARK: fields of an event

  private func event(_ field: FilterField) -> [SQL] {
    switch field {
    case .type:
      each(field) { "e.t IN (SELECT t FROM etype WHERE \(Self.match(["name"], $0)))" }
    case .target:
      each(field) {
        scope == .decision
          ? Self.match(["x.target", "e.target"], $0) : Self.match(["e.target"], $0)
      }
    case .op:
      each(field) {
        scope == .decision ? Self.match(["x.op", "e.op"], $0) : Self.match(["e.op"], $0)
      }
    case .status where scope == .finding: each(field) { Self.match(["f.state"], $0) }
    case .status:
      each(field) { pattern in
        let column: SQL = scope == .decision ? "coalesce(x.status, 0)" : "e.status"
        return "\(column) = \(RecordFilter.status(pattern.text) ?? -1)"
      }
    case .severity:
      each(field) { compare(scope == .finding ? "f.sev" : "e.sev", $0) }
    case .rule:
      scope == .finding ? each(field) { Self.match(["f.rule"], $0) } : decided(field, "fd.rule")
    case .outcome: decided(field, "fd.outcome")
    case .policy: decided(field, "fp.name")
    case .approval:
      each(field) { pattern in
        """
        EXISTS(SELECT 1 FROM approval AS fv WHERE \(Self.match(["fv.uid"], pattern)) AND (
          fv.aid IN (SELECT aid FROM approval_event WHERE eid = e.eid)
          OR fv.aid IN (SELECT aid FROM decision WHERE eid = e.eid OR subject = e.eid)
          OR fv.aid IN (SELECT aid FROM approval_use WHERE eid = e.eid)))
        """
      }
    default: []
    }
  }

  /// A decision's field: of the decision itself, or of one on this event.
  private func decided(_ field: FilterField, _ column: SQL) -> [SQL] {
    each(field) { pattern in
      let match = Self.match([column], pattern)
      let which: SQL =
        scope == .decision
        ? "fd.eid = e.eid"
        : scope == .masking
          ? "fd.subject IN (m.eid, e.eid)" : "(fd.eid = e.eid OR fd.subject = e.eid)"
      return """
        EXISTS(SELECT 1 FROM decision AS fd LEFT JOIN policy AS fp ON fp.pid = fd.pid
          WHERE \(which) AND \(match))
        """
    }
  }

  private func approval(_ field: FilterField) -> [SQL] {
    switch field {
    case .approval: each(field) { Self.match(["v.uid"], $0) }
    case .status, .outcome: each(field) { Self.match(["v.state"], $0) }
    case .policy, .rule:
      each(field) { pattern in
        """
        EXISTS(SELECT 1 FROM decision AS fd LEFT JOIN policy AS fp ON fp.pid = fd.pid
          WHERE fd.aid = v.aid AND \(Self.match([field == .rule ? "fd.rule" : "fp.name"], pattern)))
        """
      }
    default:
      each(field) { pattern in
        let column: SQL = field == .op ? "fe.op" : "fe.target"
        return """
          EXISTS(SELECT 1 FROM decision AS fd JOIN event AS fe ON fe.eid = fd.subject
            WHERE fd.aid = v.aid AND \(Self.match([column], pattern)))
          """
      }
    }
  }

  private func compare(_ column: SQL, _ pattern: RecordFilter.Pattern) -> SQL {
    guard let wanted = RecordFilter.Comparison(pattern.text) else { return "FALSE" }
    return switch wanted.sign {
    case .equal: "\(column) = \(wanted.number)"
    case .less: "\(column) < \(wanted.number)"
    case .lessOrEqual: "\(column) <= \(wanted.number)"
    case .greater: "\(column) > \(wanted.number)"
    case .greaterOrEqual: "\(column) >= \(wanted.number)"
    }
  }

  // MARK: patterns

  /// One condition for all values that are wanted, one for each that is not.
  private func each(
    _ field: FilterField, _ condition: (RecordFilter.Pattern) -> SQL
  ) -> [SQL] {
    var parts: [SQL] = []
    let wanted = filter[field].filter { !$0.isNegated }.map(condition)
    if !wanted.isEmpty { parts.append(wanted.joined(by: .or)) }
    // What is not there is not what is unwanted either.
    for unwanted in filter[field] where unwanted.isNegated {
      parts.append("NOT coalesce(\(condition(unwanted)), 0)")
    }
    return parts
  }

  /// True where one of the columns matches.
  static func match(_ columns: [SQL], _ pattern: RecordFilter.Pattern) -> SQL {
    let glob = pattern.glob
    return columns.map { column in
      if let glob { "\(column) GLOB \(glob)" as SQL } else { "\(column) = \(pattern.text)" as SQL }
    }.joined(by: .or)
  }
}

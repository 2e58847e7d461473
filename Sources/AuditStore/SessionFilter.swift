/// Which sessions are wanted: AND across the fields, OR within one.
package struct SessionFilter: Sendable {
  /// Traits of a session's recording.
  package enum Trait: String, Sendable, CaseIterable {
    /// The recorder says that it lost something.
    case gap
    /// Lines that recovery kept without a commit.
    case recovered
    /// Evidence that is contradicted or missing.
    case damage
  }

  package var agent: [Pattern] = []
  package var principal: [Pattern] = []
  package var resource: [Pattern] = []
  package var kind: [Pattern] = []
  /// Microseconds since 1970; half-open, by the session's start.
  package var since: Int64?
  package var until: Int64?
  package var has: [Trait] = []

  package init() {}

  /// A value to match: `*` and `?` stand for others, a leading `!` turns the match round.
  package struct Pattern: Sendable, Equatable {
    var text: String
    var isNegated: Bool

    package init(_ value: String) {
      isNegated = value.hasPrefix("!")
      text = isNegated ? String(value.dropFirst()) : value
    }

    /// A literal `[` must not start a set: only `*` and `?` mean more than themselves here.
    fileprivate var glob: String? {
      guard text.contains(where: { $0 == "*" || $0 == "?" }) else { return nil }
      return text.reduce(into: "") { $0 += $1 == "[" ? "[[]" : String($1) }
    }

    /// True where one of the columns matches; a missing value matches nothing.
    fileprivate func condition(_ columns: [SQL]) -> SQL {
      let pattern = glob
      return columns.map { column in
        if let pattern {
          "coalesce(\(column) GLOB \(pattern), 0)" as SQL
        } else {
          "coalesce(\(column) = \(text), 0)" as SQL
        }
      }.joined(by: .or)
    }
  }

  /// The filter as a condition on `v_session`.
  var condition: SQL {
    var parts: [SQL] = []
    for (patterns, columns): ([Pattern], [SQL]) in [
      (agent, ["agent", "agent_name"]), (principal, ["principal", "principal_name"]),
      (resource, ["resource"]), (kind, ["kind"]),
    ] {
      let wanted = patterns.filter { !$0.isNegated }.map { $0.condition(columns) }
      if !wanted.isEmpty { parts.append(wanted.joined(by: .or)) }
      for unwanted in patterns where unwanted.isNegated {
        parts.append("NOT \(unwanted.condition(columns))")
      }
    }
    // Who read what is not what agents did: it is shown where it is asked for, or where it is damaged.
    if kind.isEmpty, !has.contains(.damage) { parts.append("coalesce(kind, '') <> 'audit'") }
    if let since { parts.append("start_us >= \(since)") }
    if let until { parts.append("start_us < \(until)") }
    let traits = has.map { trait -> SQL in
      switch trait {
      case .gap: "n_gaps > 0"
      case .recovered: "n_recovered > 0"
      case .damage: "verify NOT IN('OK', 'OPEN', 'STARTING', 'PRUNED')"
      }
    }
    if !traits.isEmpty { parts.append(traits.joined(by: .or)) }
    return parts.joined(by: .and)
  }
}

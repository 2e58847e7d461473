internal import AuditStore
internal import Text

/// Options that every list over the index has.
enum ListOptions {
  private static func help(_ field: FilterField) -> (value: String, help: String) {
    switch field {
    case .agent: ("NAME", "by this agent, uid or name")
    case .instance: ("UID", "by this running instance of an agent")
    case .principal: ("NAME", "on behalf of this principal, uid or name")
    case .resource: ("UID", "that reached this resource")
    case .kind: ("KIND", "sessions of this kind: terminal, database, http, mcp, kubernetes, …")
    case .env: ("ENV", "in this environment: production, …")
    case .scope: ("SCOPE", "on resources under these rules: cde, ephi, …")
    case .policy: ("NAME", "decided on by this policy")
    case .rule: ("ID", "by this rule")
    case .outcome: ("WORD", "decided so: allow, mask, hold, block, error")
    case .status: ("WORD", "that ended so: success, failure, unknown")
    case .severity: ("N", "of this severity: 3, '>=3', '<high'")
    case .type: ("TYPE", "events of this type: database.query, 'policy.*', …")
    case .target: ("NAME", "on this target")
    case .op: ("VERB", "with this operation: SELECT, POST, tools/call, …")
    case .trace: ("ID", "in this W3C trace")
    case .root: ("UID", "under this root delegation")
    case .approval: ("UID", "resting on this approval")
    case .ip: ("ADDRESS", "from this address")
    case .has: ("TRAIT", "with a trait: " + Trait.allCases.map(\.rawValue).joined(separator: ", "))
    }
  }

  /// The filters that mean something to a list.
  static func filters(_ fields: [FilterField]) -> [OptionDescription] {
    fields.map { field in
      let (value, text) = help(field)
      return .value(field.rawValue, nil, value, isRepeated: true, help: text)
    }
  }

  static func paging(follows: Bool = true) -> [OptionDescription] {
    [
      .value("limit", "n", "N", .integer(1...10_000_000), help: "at most so many; 50"),
      .flag("all", help: "without a limit"),
      .flag("reverse", help: "oldest first"),
      .value("cursor", nil, "C", help: "go on behind the row that a cursor names"),
      .flag("show-cursor", help: "tell the last row's cursor on standard error"),
      .value(
        "cursor-file", nil, "FILE", .file,
        help: "go on where this file says, and write the new place into it"),
      .flag("count", help: "only how many there are"),
    ] + (follows ? [.flag("follow", "f", help: "go on with what is new, until interrupted")] : [])
      + [
        .flag("fail-empty", help: "end with 1 where there are none"), noIndex, noPager,
      ]
  }

  static let noIndex: OptionDescription = .flag(
    "no-index", help: "do not bring the index up to date first")
  static let noPager: OptionDescription = .flag(
    "no-pager", help: "no pager, even for a long table on a terminal")

  static let filterDetails = [
    "Values of one filter, repeated or separated by commas, match if one of them does; different "
      + "filters must all match. A value may hold * and ?, and ! in front turns it round.",
    "Times are half-open: from --since on, up to and not including --until.",
  ]

  /// The filter that the arguments ask for.
  static func filter(
    _ arguments: ParsedArguments, _ fields: [FilterField]
  ) throws -> RecordFilter {
    var filter = RecordFilter()
    for field in fields { filter[field] = arguments.list(field.rawValue).map { .init($0) } }
    let period = try arguments.period()
    filter.since = period.since?.microseconds
    filter.until = period.until?.microseconds
    do { try filter.check(hasStates: !fields.contains(.type)) } catch {
      throw ArgumentFailure.notAChoice(
        "--" + error.field.rawValue, error.value, [error.wanted], nearest: nil)
    }
    return filter
  }

  /// How many rows; nil for all.
  static func limit(_ arguments: ParsedArguments, usual: Int = 50) throws(ArgumentFailure) -> Int? {
    guard arguments.flag("all") else { return arguments.integer("limit") ?? usual }
    guard arguments.integer("limit") == nil else { throw .excludesEachOther("--all", "--limit") }
    return nil
  }
}

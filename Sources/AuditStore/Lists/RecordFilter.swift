internal import Platform

/// What a list may be narrowed by, one name over all lists.
package enum FilterField: String, CaseIterable, Sendable {
  case agent, instance, principal, resource, kind, env, scope, policy, rule, outcome, status
  case severity, type, target, op, trace, root, approval, ip, has

  /// Said of a session as a whole.
  var isOfSession: Bool {
    switch self {
    case .agent, .instance, .principal, .resource, .kind, .env, .scope, .trace, .root, .ip, .has:
      true
    case .policy, .rule, .outcome, .status, .severity, .type, .target, .op, .approval: false
    }
  }
}

/// Which records are wanted: AND across the fields, OR within one, times half-open.
package struct RecordFilter: Sendable, Equatable {
  /// A value to match: `*` and `?` stand for others, a leading `!` turns the match round.
  package struct Pattern: Sendable, Equatable {
    package let text: String
    package let isNegated: Bool

    package init(_ value: String) {
      isNegated = value.hasPrefix("!")
      text = isNegated ? String(value.dropFirst()) : value
    }

    /// A literal `[` must not start a set: only `*` and `?` mean more than themselves here.
    var glob: String? {
      guard text.contains(where: { $0 == "*" || $0 == "?" }) else { return nil }
      return text.reduce(into: "") { $0 += $1 == "[" ? "[[]" : String($1) }
    }
  }

  package var patterns: [FilterField: [Pattern]] = [:]
  /// Microseconds since 1970.
  package var since: Int64?
  package var until: Int64?
  /// Sessions by their numbers in the index; nil for all.
  var sessions: [Int64]?

  package init() {}

  package subscript(field: FilterField) -> [Pattern] {
    get { patterns[field] ?? [] }
    set { patterns[field] = newValue.isEmpty ? nil : newValue }
  }

  package var isEmpty: Bool { patterns.isEmpty && since == nil && until == nil && sessions == nil }

  /// Checks the fields whose values are not free; `hasStates` where `status` is a state's name.
  package func check(hasStates: Bool) throws(FilterFailure) {
    for pattern in self[.has] where Trait(name: pattern.text) == nil {
      throw FilterFailure(
        field: .has, value: pattern.text,
        wanted: Trait.allCases.map(\.rawValue).joined(separator: ", "))
    }
    for pattern in self[.status] where !hasStates && Self.status(pattern.text) == nil {
      throw FilterFailure(field: .status, value: pattern.text, wanted: "success, failure, unknown")
    }
    for pattern in self[.severity] where Comparison(pattern.text) == nil {
      throw FilterFailure(
        field: .severity, value: pattern.text,
        wanted: "1 to 6 or info, low, medium, high, critical, fatal; also >=3, <high")
    }
  }

  static func status(_ text: String) -> Int64? {
    switch text.lowercased() {
    case "unknown", "0": 0
    case "success", "ok", "1": 1
    case "failure", "failed", "2": 2
    default: nil
    }
  }

  /// A number to compare with: `3`, `>=3`, `<high`.
  struct Comparison {
    enum Sign { case equal, less, lessOrEqual, greater, greaterOrEqual }

    var sign = Sign.equal
    var number: Int64

    init?(_ text: String) {
      var word = text[...]
      for (spelled, sign): (String, Sign) in [
        (">=", .greaterOrEqual), ("<=", .lessOrEqual), (">", .greater), ("<", .less), ("=", .equal),
      ] where word.hasPrefix(spelled) {
        word = word.dropFirst(spelled.count)
        self.sign = sign
        break
      }
      let names = ["info": 1, "low": 2, "medium": 3, "high": 4, "critical": 5, "fatal": 6]
      let name = word.lowercased()
      guard let number = names[name] ?? names[name == "informational" ? "info" : ""] ?? Int(name),
        (0...99).contains(number)
      else { return nil }
      self.number = Int64(number)
    }
  }

  /// What stands for the filter in a cursor: another filter, another digest.
  func digest(of list: String, isReversed: Bool) throws(CryptoFailure) -> [UInt8] {
    var text = "blackbox/cursor/v1\n\(list)\n\(isReversed)\n"
    for field in FilterField.allCases {
      for pattern in self[field] {
        text +=
          "\(field.rawValue)\(pattern.isNegated ? "!" : "=")\(pattern.text.utf8.count):\(pattern.text)\n"
      }
    }
    // A moving window is another filter every time: only its fixed ends count.
    text += "since \(since.map(String.init) ?? "-")\nuntil \(until.map(String.init) ?? "-")\n"
    return Array(try SHA256.hash(Array(text.utf8)).bytes.prefix(8))
  }
}

/// Traits of a session's recording, for `has`.
package enum Trait: String, Sendable, CaseIterable {
  /// The recorder says that it lost something.
  case gap
  /// Values were masked.
  case mask
  /// Something was refused.
  case block
  /// Something was held for approval.
  case hold
  /// Lines that recovery kept without a commit.
  case recovered
  /// Evidence that is contradicted or missing.
  case damage
  /// A finding that nobody has dismissed.
  case finding
  /// An approval that was asked for, given or used.
  case approval
  /// Content that a person before the terminal did not see, or saw as something else.
  case hidden

  /// Its other names: what people call it, and what the columns are called.
  private static let synonyms: [String: Trait] = [
    "denial": .block, "denied": .block, "blocked": .block, "held": .hold, "masked": .mask,
    "masking": .mask, "gaps": .gap, "findings": .finding, "approvals": .approval,
    "damaged": .damage, "recovery": .recovered,
  ]

  package init?(name: String) {
    guard let trait = Trait(rawValue: name) ?? Self.synonyms[name] else { return nil }
    self = trait
  }
}

/// A filter's value that its field does not take.
package struct FilterFailure: Error, Sendable, Equatable {
  package let field: FilterField
  package let value: String
  package let wanted: String
}

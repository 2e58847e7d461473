internal import SessionLog

/// Fields of an event by the names that gateways and recorders give them.
struct EventFacts {
  let json: JSONValue

  /// The first of these names that holds text; `a.b` is member `b` of `a`.
  func text(_ names: String...) -> String? {
    for name in names {
      if let text = value(name)?.string, !text.isEmpty { return text }
    }
    return nil
  }

  func integer(_ names: String...) -> Int64? {
    for name in names { if let number = value(name)?.integer { return number } }
    return nil
  }

  /// Whom an object or a text names.
  func person(_ names: String...) -> String? {
    for name in names {
      guard let value = value(name) else { continue }
      if let name = Self.name(value) { return name }
    }
    return nil
  }

  func value(_ path: String) -> JSONValue? {
    var value = json
    for part in path.split(separator: ".") {
      guard let next = value[String(part)] else { return nil }
      value = next
    }
    return value
  }

  static func name(_ value: JSONValue) -> String? {
    if let text = value.string { return text.isEmpty ? nil : text }
    for name in ["name", "email", "uid", "sub"] {
      if let text = value[name]?.string, !text.isEmpty { return text }
    }
    return nil
  }
}

/// What a policy or a person decided, under whichever name it is told.
enum Outcome: Sendable, Equatable {
  case allowed, masked, held, blocked, approved, failed

  init?(_ word: String?) {
    switch word?.lowercased() {
    case "allow", "allowed", "permit", "pass": self = .allowed
    case "mask", "masked", "redact", "modify", "modified": self = .masked
    case "hold", "held", "pending", "delay", "require_approval", "review": self = .held
    case "block", "blocked", "deny", "denied", "reject", "rejected", "forbid", "drop":
      self = .blocked
    case "approve", "approved", "grant", "granted": self = .approved
    case "error", "failed": self = .failed
    default: return nil
    }
  }

  var label: String {
    switch self {
    case .allowed: "allowed"
    case .masked: "MASKED"
    case .held: "HELD"
    case .blocked: "BLOCKED"
    case .approved: "APPROVED"
    case .failed: "FAILED"
    }
  }

  /// What it is called where it was only said, not done; nil where that makes no difference.
  var watched: String? {
    switch self {
    case .masked: "WOULD MASK"
    case .held: "WOULD HOLD"
    case .blocked: "WOULD BLOCK"
    case .allowed, .approved, .failed: nil
    }
  }

  var tone: Tone {
    switch self {
    case .allowed: .plain
    case .masked, .held: .warn
    case .blocked, .failed: .bad
    case .approved: .good
    }
  }
}

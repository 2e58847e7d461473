// Words that fields hold: schema/events.md.

/// Which way something goes between a client and a server.
package enum Direction: String, FieldWord {
  case toServer = "to_server", toClient = "to_client"
}

/// Towards the resource, or out of it.
package enum MaskingDirection: String, FieldWord {
  case `in`, out
}

/// How a value was taken out.
package enum MaskingMethod: String, FieldWord {
  case replace, hash, drop, partial
}

/// What the gateway could check of a delegation.
package enum DelegationProof: String, FieldWord {
  case verified, asserted, missing
}

/// What an identity is.
package enum IdentityKind: String, FieldWord {
  case agent, human, service, gateway
}

/// Whether a viewer may type.
package enum Participation: String, FieldWord {
  case observer, peer
}

/// Classes of statements, as pgaudit has them.
package enum StatementClass: String, FieldWord {
  case read = "READ", write = "WRITE", function = "FUNCTION", role = "ROLE", ddl = "DDL", misc =
    "MISC"
}

/// What the rules said.
package enum PolicyOutcome: String, FieldWord {
  case allow, mask, hold, block, error
}

/// Whether content is recorded.
package enum RecordingMode: String, FieldWord {
  case full, metadata
}

/// How sure a derived command is.
package enum Confidence: String, FieldWord {
  case high, medium, low
}

/// An approver's word.
package enum Verdict: String, FieldWord {
  case approve, reject, abstain
}

/// How candidates for a canary are cut from text.
package enum CanaryForm: String, FieldWord {
  case digits, word, email
}

/// Whether a legal hold begins or ends.
package enum HoldAction: String, FieldWord {
  case set, release
}

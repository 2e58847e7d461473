package import Platform

// Fields: schema/events.md.

/// A policy was read.
package struct PolicyLoadEvent: SessionEvent {
  package static let type: StaticString = "policy.load"

  /// Name, version, digest.
  package var policy: PolicyReference
  /// Key that signed it.
  package var signer: String?
  /// Ticket, commit or review.
  package var changeRef: String?
  /// Who wrote it.
  package var author: Identity?
  /// Who accepted it.
  package var approver: Identity?
  package var common = CommonFields()

  package init(policy: PolicyReference) {
    self.policy = policy
  }

  package init(_: Blank) {
    policy = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("policy", &policy)
    try visitor.optional("signer", &signer)
    try visitor.optional("change_ref", &changeRef)
    try visitor.optional("author", &author)
    try visitor.optional("approver", &approver)
  }
}

/// A policy rules on this gateway from now on, in place of the one of the same name.
package struct PolicyActivateEvent: SessionEvent {
  package static let type: StaticString = "policy.activate"

  /// Name, version, digest.
  package var policy: PolicyReference
  /// What ruled before.
  package var former: PolicyReference?
  /// Key that signed it.
  package var signer: String?
  /// Ticket, commit or review.
  package var changeRef: String?
  /// Who wrote it.
  package var author: Identity?
  /// Who accepted it.
  package var approver: Identity?
  /// False: it is only watched (monitor mode).
  package var isEnforced: Bool?
  package var common = CommonFields()

  package init(policy: PolicyReference) {
    self.policy = policy
  }

  package init(_: Blank) {
    policy = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("policy", &policy)
    try visitor.optional("former", &former)
    try visitor.optional("signer", &signer)
    try visitor.optional("change_ref", &changeRef)
    try visitor.optional("author", &author)
    try visitor.optional("approver", &approver)
    try visitor.optional("enforced", &isEnforced)
  }
}

/// An earlier policy rules again from now on.
package struct PolicyRollbackEvent: SessionEvent {
  package static let type: StaticString = "policy.rollback"

  /// The one that rules now.
  package var policy: PolicyReference
  /// What ruled before.
  package var former: PolicyReference?
  /// Key that signed it.
  package var signer: String?
  /// Ticket, commit or review.
  package var changeRef: String?
  /// Who asked for it.
  package var author: Identity?
  /// Who accepted it.
  package var approver: Identity?
  /// Why.
  package var reason: String?
  package var common = CommonFields()

  package init(policy: PolicyReference) {
    self.policy = policy
  }

  package init(_: Blank) {
    policy = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("policy", &policy)
    try visitor.optional("former", &former)
    try visitor.optional("signer", &signer)
    try visitor.optional("change_ref", &changeRef)
    try visitor.optional("author", &author)
    try visitor.optional("approver", &approver)
    try visitor.optional("reason", &reason)
  }
}

/// A policy rules no longer and none takes its place.
package struct PolicyDeactivateEvent: SessionEvent {
  package static let type: StaticString = "policy.deactivate"

  /// The one that ends.
  package var policy: PolicyReference
  /// Ticket, commit or review.
  package var changeRef: String?
  /// Who asked for it.
  package var author: Identity?
  /// Who accepted it.
  package var approver: Identity?
  /// Why.
  package var reason: String?
  package var common = CommonFields()

  package init(policy: PolicyReference) {
    self.policy = policy
  }

  package init(_: Blank) {
    policy = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("policy", &policy)
    try visitor.optional("change_ref", &changeRef)
    try visitor.optional("author", &author)
    try visitor.optional("approver", &approver)
    try visitor.optional("reason", &reason)
  }
}

/// What the rules said to one action.
package struct PolicyDecisionEvent: SessionEvent {
  package static let type: StaticString = "policy.decision"

  /// The action that was decided on.
  package var subject: EventReference
  /// Absent: line 0's.
  package var policy: PolicyReference?
  /// The rule's id; `default` where none matched.
  package var rule: String
  /// `error`: the engine failed.
  package var outcome: PolicyOutcome
  /// False: said, not done (monitor mode).
  package var isEnforced: Bool
  /// In words.
  package var reason: String?
  /// What else must be done.
  package var obligations: [String]?
  /// Keyed digest of what the engine saw.
  package var inputDigest: Digest?
  /// Μs that the decision took (µs).
  package var latency: Int64?
  /// Uid of the approval that it rests on.
  package var approval: String?
  package var common = CommonFields()

  package init(subject: EventReference, rule: String, outcome: PolicyOutcome, isEnforced: Bool) {
    self.subject = subject
    self.rule = rule
    self.outcome = outcome
    self.isEnforced = isEnforced
  }

  package init(_: Blank) {
    subject = .blank
    rule = .blank
    outcome = .blank
    isEnforced = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("subject", &subject)
    try visitor.optional("policy", &policy)
    try visitor.required("rule", &rule)
    try visitor.required("outcome", &outcome)
    try visitor.required("enforced", &isEnforced)
    try visitor.optional("reason", &reason)
    try visitor.optional("obligations", &obligations)
    try visitor.optional("input_digest", &inputDigest)
    try visitor.optional("latency_us", &latency)
    try visitor.optional("approval", &approval)
  }
}

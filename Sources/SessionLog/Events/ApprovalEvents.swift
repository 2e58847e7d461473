package import Platform

// Fields: schema/events.md.

/// Somebody must say yes.
package struct ApprovalRequestEvent: SessionEvent {
  package static let type: StaticString = "approval.request"

  /// Uid of the approval.
  package var approval: String
  /// The action that it is asked for.
  package var actionDigest: Digest
  /// Distinct humans who must approve.
  package var needed: Int64
  /// Of which groups.
  package var groups: [String]?
  /// The action that is held.
  package var subject: EventReference?
  /// Absent: the session's agent.
  package var requester: Identity?
  /// No vote counts after it.
  package var expires: EventTime?
  /// Seconds within which a granted one must be used.
  package var window: Int64?
  /// Absent: 1.
  package var maxUses: Int64?
  /// `low`, `medium`, `high`, `critical`.
  package var risk: String?
  /// Keyed digest of what approvers are shown.
  package var shownDigest: Digest?
  /// Change request.
  package var ticket: String?
  /// Why the agent asks.
  package var reason: String?
  package var common = CommonFields()

  package init(approval: String, actionDigest: Digest, needed: Int64) {
    self.approval = approval
    self.actionDigest = actionDigest
    self.needed = needed
  }

  package init(_: Blank) {
    approval = .blank
    actionDigest = .blank
    needed = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("approval", &approval)
    try visitor.required("action_digest", &actionDigest)
    try visitor.required("need", &needed)
    try visitor.optional("groups", &groups)
    try visitor.optional("subject", &subject)
    try visitor.optional("requester", &requester)
    try visitor.optional("expires", &expires)
    try visitor.optional("window_s", &window)
    try visitor.optional("max_uses", &maxUses)
    try visitor.optional("risk", &risk)
    try visitor.optional("shown_digest", &shownDigest)
    try visitor.optional("ticket", &ticket)
    try visitor.optional("reason", &reason)
  }
}

/// One approver's word.
package struct ApprovalVoteEvent: SessionEvent {
  package static let type: StaticString = "approval.vote"

  /// Uid of the approval.
  package var approval: String
  /// With `kind`: an agent's vote is not a human's.
  package var approver: Identity
  /// What they said.
  package var verdict: Verdict
  /// `slack`, `web`, `cli` and others.
  package var channel: String?
  /// They proved who they are with a second factor.
  package var hasSecondFactor: Bool?
  /// Keyed digest of what they were shown.
  package var shownDigest: Digest?
  /// In their words.
  package var comment: String?
  package var common = CommonFields()

  package init(approval: String, approver: Identity, verdict: Verdict) {
    self.approval = approval
    self.approver = approver
    self.verdict = verdict
  }

  package init(_: Blank) {
    approval = .blank
    approver = .blank
    verdict = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("approval", &approval)
    try visitor.required("approver", &approver)
    try visitor.required("verdict", &verdict)
    try visitor.optional("channel", &channel)
    try visitor.optional("mfa", &hasSecondFactor)
    try visitor.optional("shown_digest", &shownDigest)
    try visitor.optional("comment", &comment)
  }
}

/// Enough have said yes.
package struct ApprovalGrantedEvent: SessionEvent {
  package static let type: StaticString = "approval.granted"

  /// Uid of the approval.
  package var approval: String
  /// When.
  package var decidedAt: EventTime
  /// Absent: as requested.
  package var maxUses: Int64?
  /// No use counts after it.
  package var expires: EventTime?
  package var common = CommonFields()

  package init(approval: String, decidedAt: EventTime) {
    self.approval = approval
    self.decidedAt = decidedAt
  }

  package init(_: Blank) {
    approval = .blank
    decidedAt = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("approval", &approval)
    try visitor.required("decided_at", &decidedAt)
    try visitor.optional("max_uses", &maxUses)
    try visitor.optional("expires", &expires)
  }
}

/// Enough have said no.
package struct ApprovalRejectedEvent: SessionEvent {
  package static let type: StaticString = "approval.rejected"

  /// Uid of the approval.
  package var approval: String
  /// When.
  package var decidedAt: EventTime
  /// Why.
  package var reason: String?
  package var common = CommonFields()

  package init(approval: String, decidedAt: EventTime) {
    self.approval = approval
    self.decidedAt = decidedAt
  }

  package init(_: Blank) {
    approval = .blank
    decidedAt = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("approval", &approval)
    try visitor.required("decided_at", &decidedAt)
    try visitor.optional("reason", &reason)
  }
}

/// Nobody said enough in time, or it was not used in time.
package struct ApprovalExpiredEvent: SessionEvent {
  package static let type: StaticString = "approval.expired"

  /// Uid of the approval.
  package var approval: String
  /// When.
  package var decidedAt: EventTime
  package var common = CommonFields()

  package init(approval: String, decidedAt: EventTime) {
    self.approval = approval
    self.decidedAt = decidedAt
  }

  package init(_: Blank) {
    approval = .blank
    decidedAt = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("approval", &approval)
    try visitor.required("decided_at", &decidedAt)
  }
}

/// Taken back after it was granted.
package struct ApprovalRevokedEvent: SessionEvent {
  package static let type: StaticString = "approval.revoked"

  /// Uid of the approval.
  package var approval: String
  /// When.
  package var decidedAt: EventTime
  /// Who did it.
  package var by: Identity?
  /// Why.
  package var reason: String?
  package var common = CommonFields()

  package init(approval: String, decidedAt: EventTime) {
    self.approval = approval
    self.decidedAt = decidedAt
  }

  package init(_: Blank) {
    approval = .blank
    decidedAt = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("approval", &approval)
    try visitor.required("decided_at", &decidedAt)
    try visitor.optional("by", &by)
    try visitor.optional("reason", &reason)
  }
}

/// Taken back by whoever asked.
package struct ApprovalCancelledEvent: SessionEvent {
  package static let type: StaticString = "approval.cancelled"

  /// Uid of the approval.
  package var approval: String
  /// When.
  package var decidedAt: EventTime
  /// Who did it.
  package var by: Identity?
  /// Why.
  package var reason: String?
  package var common = CommonFields()

  package init(approval: String, decidedAt: EventTime) {
    self.approval = approval
    self.decidedAt = decidedAt
  }

  package init(_: Blank) {
    approval = .blank
    decidedAt = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("approval", &approval)
    try visitor.required("decided_at", &decidedAt)
    try visitor.optional("by", &by)
    try visitor.optional("reason", &reason)
  }
}

/// An action ran on it.
package struct ApprovalConsumedEvent: SessionEvent {
  package static let type: StaticString = "approval.consumed"

  /// Uid of the approval.
  package var approval: String
  /// The action that ran.
  package var executed: EventReference
  /// Uses with this one.
  package var uses: Int64
  /// Uses allowed.
  package var maxUses: Int64?
  package var common = CommonFields()

  package init(approval: String, executed: EventReference, uses: Int64) {
    self.approval = approval
    self.executed = executed
    self.uses = uses
  }

  package init(_: Blank) {
    approval = .blank
    executed = .blank
    uses = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("approval", &approval)
    try visitor.required("executed", &executed)
    try visitor.required("uses", &uses)
    try visitor.optional("max_uses", &maxUses)
  }
}

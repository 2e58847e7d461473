// Fields: schema/events.md.

/// A remark.
package struct MarkerNoteEvent: SessionEvent {
  package static let type: StaticString = "marker.note"

  /// The words.
  package var label: String
  /// Whose.
  package var author: Identity?
  /// Event that it is about.
  package var subject: EventReference?
  package var common = CommonFields()

  package init(label: String) {
    self.label = label
  }

  package init(_: Blank) {
    label = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("label", &label)
    try visitor.optional("author", &author)
    try visitor.optional("subject", &subject)
  }
}

/// Something that looks dangerous.
package struct MarkerRiskEvent: SessionEvent {
  package static let type: StaticString = "marker.risk"

  /// The words.
  package var label: String
  /// Whose.
  package var author: Identity?
  /// Event that it is about.
  package var subject: EventReference?
  /// `low`, `medium`, `high`, `critical`.
  package var risk: String?
  package var common = CommonFields()

  package init(label: String) {
    self.label = label
  }

  package init(_: Blank) {
    label = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("label", &label)
    try visitor.optional("author", &author)
    try visitor.optional("subject", &subject)
    try visitor.optional("risk", &risk)
  }
}

/// Sessions that must not be let go.
package struct MarkerLegalHoldEvent: SessionEvent {
  package static let type: StaticString = "marker.legal_hold"

  /// Name of the hold.
  package var label: String
  /// Begins or ends.
  package var action: HoldAction
  /// Whose.
  package var author: Identity?
  /// Ids; absent: this one.
  package var sessions: [String]?
  /// Why.
  package var reason: String?
  package var common = CommonFields()

  package init(label: String, action: HoldAction) {
    self.label = label
    self.action = action
  }

  package init(_: Blank) {
    label = .blank
    action = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("label", &label)
    try visitor.required("action", &action)
    try visitor.optional("author", &author)
    try visitor.optional("sessions", &sessions)
    try visitor.optional("reason", &reason)
  }
}

/// Somebody looked at it and says what is to become of it.
package struct MarkerReviewEvent: SessionEvent {
  package static let type: StaticString = "marker.review"

  /// Who.
  package var author: Identity
  /// `accepted`, `escalated`, `acknowledged`, `dismissed`, `reopened`.
  package var disposition: String
  /// In words.
  package var label: String?
  /// Event that it is about.
  package var subject: EventReference?
  /// Sessions that were reviewed.
  package var sessions: [String]?
  /// `RULE ID@SEQ`: the finding whose state this changes.
  package var finding: String?
  /// The break-glass that was reviewed.
  package var approval: String?
  /// Why.
  package var reason: String?
  package var common = CommonFields()

  package init(author: Identity, disposition: String) {
    self.author = author
    self.disposition = disposition
  }

  package init(_: Blank) {
    author = .blank
    disposition = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("author", &author)
    try visitor.required("disposition", &disposition)
    try visitor.optional("label", &label)
    try visitor.optional("subject", &subject)
    try visitor.optional("sessions", &sessions)
    try visitor.optional("finding", &finding)
    try visitor.optional("approval", &approval)
    try visitor.optional("reason", &reason)
  }
}

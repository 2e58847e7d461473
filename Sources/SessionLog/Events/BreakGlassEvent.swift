// Fields: schema/events.md.

/// An action ran without, on somebody's word.
package struct ApprovalBreakGlassEvent: SessionEvent {
  package static let type: StaticString = "approval.break_glass"

  /// Uid of the approval.
  package var approval: String
  /// Who took it on themselves.
  package var reader: Identity
  /// Why.
  package var justification: String
  /// Until when somebody must look at it.
  package var reviewDue: EventTime?
  /// The action that ran.
  package var executed: EventReference?
  package var common = CommonFields()

  package init(approval: String, reader: Identity, justification: String) {
    self.approval = approval
    self.reader = reader
    self.justification = justification
  }

  package init(_: Blank) {
    approval = .blank
    reader = .blank
    justification = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("approval", &approval)
    try visitor.required("who", &reader)
    try visitor.required("justification", &justification)
    try visitor.optional("review_due", &reviewDue)
    try visitor.optional("executed", &executed)
  }
}

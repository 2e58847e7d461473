package import Platform

// Fields: schema/events.md.

/// What every event of reading says.
package struct Reading: Sendable, Equatable {
  /// Who read, as the kernel says: issuer `local`, uid the number.
  package var reader: Identity
  /// The command.
  package var verb: String
  /// What was asked, in words of the command line.
  package var query: String?
  /// Keyed digest of `query`.
  package var queryDigest: Digest?
  /// Whom they said they act for.
  package var onBehalfOf: Identity?
  /// Rows or events given out.
  package var rows: Int64?
  /// Ids, the first 100.
  package var sessions: [String]?
  /// How many, where more.
  package var sessionsTotal: Int64?
  /// Why, as they said.
  package var purpose: String?
  /// Output format.
  package var format: String?

  package init(reader: Identity, verb: String) {
    self.reader = reader
    self.verb = verb
  }

  init(_: Blank) {
    reader = .blank
    verb = .blank
  }

  mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("who", &reader)
    try visitor.required("verb", &verb)
    try visitor.optional("query", &query)
    try visitor.optional("query_digest", &queryDigest)
    try visitor.optional("on_behalf_of", &onBehalfOf)
    try visitor.optional("rows", &rows)
    try visitor.optional("sessions", &sessions)
    try visitor.optional("sessions_total", &sessionsTotal)
    try visitor.optional("purpose", &purpose)
    try visitor.optional("format", &format)
  }
}

/// Somebody asked: lists, searches, SQL, `show`.
package struct AuditQueryEvent: SessionEvent {
  package static let type: StaticString = "audit.query"

  package var reading: Reading
  package var common = CommonFields()

  package init(_ reading: Reading) { self.reading = reading }
  package init(_ blank: Blank) { reading = Reading(blank) }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try reading.visit(&visitor)
  }
}

/// Somebody looked at a session.
package struct AuditReplayEvent: SessionEvent {
  package static let type: StaticString = "audit.replay"

  package var reading: Reading
  package var common = CommonFields()

  package init(_ reading: Reading) { self.reading = reading }
  package init(_ blank: Blank) { reading = Reading(blank) }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try reading.visit(&visitor)
  }
}

/// Something was handed out.
package struct AuditExportEvent: SessionEvent {
  package static let type: StaticString = "audit.export"

  package var reading: Reading
  package var common = CommonFields()

  package init(_ reading: Reading) { self.reading = reading }
  package init(_ blank: Blank) { reading = Reading(blank) }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try reading.visit(&visitor)
  }
}

/// A report was made.
package struct AuditReportEvent: SessionEvent {
  package static let type: StaticString = "audit.report"

  package var reading: Reading
  package var common = CommonFields()

  package init(_ reading: Reading) { self.reading = reading }
  package init(_ blank: Blank) { reading = Reading(blank) }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try reading.visit(&visitor)
  }
}

/// Something was verified.
package struct AuditVerifyEvent: SessionEvent {
  package static let type: StaticString = "audit.verify"

  package var reading: Reading
  package var common = CommonFields()

  package init(_ reading: Reading) { self.reading = reading }
  package init(_ blank: Blank) { reading = Reading(blank) }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try reading.visit(&visitor)
  }
}

/// Something was withheld for ever, or let go.
package struct AuditEraseEvent: SessionEvent {
  package static let type: StaticString = "audit.erase"

  package var reading: Reading
  /// Which: `17-17,20-22`.
  package var lines: String?
  package var common = CommonFields()

  package init(_ reading: Reading) { self.reading = reading }
  package init(_ blank: Blank) { reading = Reading(blank) }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try reading.visit(&visitor)
    try visitor.optional("lines", &lines)
  }
}

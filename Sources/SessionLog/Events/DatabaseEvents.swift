// Fields: schema/events.md.

/// A login at a database.
package struct DatabaseConnectEvent: SessionEvent {
  package static let type: StaticString = "database.connect"

  /// `postgresql`, `mysql`, `mssql`, `mongodb`, … (OTel `db.system.name`).
  package var dbms: String
  /// Its name.
  package var database: String?
  /// User or role there.
  package var role: String?
  /// What the client calls itself.
  package var application: String?
  package var common = CommonFields()

  package init(dbms: String) {
    self.dbms = dbms
  }

  package init(_: Blank) {
    dbms = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("dbms", &dbms)
    try visitor.optional("database", &database)
    try visitor.optional("role", &role)
    try visitor.optional("application", &application)
  }
}

/// A statement, before it is let through.
package struct DatabaseQueryEvent: SessionEvent {
  package static let type: StaticString = "database.query"

  /// As above.
  package var dbms: String
  /// Masked statement.
  package var text: String
  /// As pgaudit; whoever parses statements MUST say it.
  package var statementClass: StatementClass?
  /// `SELECT`, `UPDATE`, `CREATE TABLE`, …; likewise.
  package var command: String?
  /// The same for statements that differ in constants only.
  package var fingerprint: String?
  /// Tables, views, functions, and how they are reached.
  package var objects: [ObjectAccess]?
  /// Number of bound values; never the values.
  package var params: Int64?
  /// Pgaudit's statement id.
  package var statement: Int64?
  /// Pgaudit's substatement id.
  package var substatement: Int64?
  package var common = CommonFields()

  package init(dbms: String, text: String) {
    self.dbms = dbms
    self.text = text
  }

  package init(_: Blank) {
    dbms = .blank
    text = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("dbms", &dbms)
    try visitor.required("text", &text)
    try visitor.optional("class", &statementClass)
    try visitor.optional("command", &command)
    try visitor.optional("fingerprint", &fingerprint)
    try visitor.optional("objects", &objects)
    try visitor.optional("params", &params)
    try visitor.optional("statement", &statement)
    try visitor.optional("substatement", &substatement)
  }
}

/// What came back.
package struct DatabaseResultEvent: SessionEvent {
  package static let type: StaticString = "database.result"

  /// The query.
  package var causedBy: EventReference
  /// Rows returned or changed.
  package var rows: Int64
  /// Bytes to the client.
  package var bytes: Int64
  /// Μs from query to result (µs).
  package var duration: Int64
  /// Absent or `00000`: success.
  package var sqlstate: String?
  package var common = CommonFields()

  package init(causedBy: EventReference, rows: Int64, bytes: Int64, duration: Int64) {
    self.causedBy = causedBy
    self.rows = rows
    self.bytes = bytes
    self.duration = duration
  }

  package init(_: Blank) {
    causedBy = .blank
    rows = .blank
    bytes = .blank
    duration = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("caused_by", &causedBy)
    try visitor.required("rows", &rows)
    try visitor.required("bytes", &bytes)
    try visitor.required("dur_us", &duration)
    try visitor.optional("sqlstate", &sqlstate)
  }
}

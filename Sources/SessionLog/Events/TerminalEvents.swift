// Fields: schema/events.md.

/// What the recorded terminal was sent: one event a read.
package struct TerminalOutputEvent: SessionEvent {
  package static let type: StaticString = "terminal.output"

  /// Bytes, as `data` or `data64`.
  package var payload: [UInt8]?
  /// A stream that is not the terminal's own (imports).
  package var stream: String?
  package var common = CommonFields()

  package init() {}
  package init(_: Blank) {}

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.payload(&payload)
    try visitor.optional("stream", &stream)
  }
}

/// What was typed.
package struct TerminalInputEvent: SessionEvent {
  package static let type: StaticString = "terminal.input"

  /// Bytes, as `data` or `data64`.
  package var payload: [UInt8]?
  /// A stream that is not the terminal's own (imports).
  package var stream: String?
  /// Bytes typed here that policy keeps out; then there is no data.
  package var maskedBytes: Int64?
  /// Why they are kept out: `echo_off`, `prompt`, `policy`.
  package var reason: String?
  package var common = CommonFields()

  package init() {}
  package init(_: Blank) {}

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.payload(&payload)
    try visitor.optional("stream", &stream)
    try visitor.optional("masked_bytes", &maskedBytes)
    try visitor.optional("reason", &reason)
  }
}

/// The terminal changed its size.
package struct TerminalResizeEvent: SessionEvent {
  package static let type: StaticString = "terminal.resize"

  /// Columns.
  package var columns: Int64
  /// Rows.
  package var rows: Int64
  package var common = CommonFields()

  package init(columns: Int64, rows: Int64) {
    self.columns = columns
    self.rows = rows
  }

  package init(_: Blank) {
    columns = .blank
    rows = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("cols", &columns)
    try visitor.required("rows", &rows)
  }
}

/// A signal of an imported recording.
package struct TerminalSignalEvent: SessionEvent {
  package static let type: StaticString = "terminal.signal"

  /// Its name.
  package var name: String
  /// What the source says of it.
  package var text: String?
  package var common = CommonFields()

  package init(name: String) {
    self.name = name
  }

  package init(_: Blank) {
    name = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("name", &name)
    try visitor.optional("text", &text)
  }
}

/// A command line: stored where a source names it, otherwise derived by the index.
package struct TerminalCommandEvent: SessionEvent {
  package static let type: StaticString = "terminal.command"

  /// Masked text.
  package var text: String
  /// Working directory.
  package var directory: String?
  /// As a shell gives it.
  package var exitCode: Int64?
  /// Of a derived one.
  package var confidence: Confidence?
  /// The agent's tool that ran it.
  package var tool: String?
  /// The source's own id.
  package var id: String?
  /// Further arguments of the tool.
  package var arguments: JSONValue?
  package var common = CommonFields()

  package init(text: String) {
    self.text = text
  }

  package init(_: Blank) {
    text = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("text", &text)
    try visitor.optional("cwd", &directory)
    try visitor.optional("exit_code", &exitCode)
    try visitor.optional("confidence", &confidence)
    try visitor.optional("tool", &tool)
    try visitor.optional("id", &id)
    try visitor.optional("args", &arguments)
  }
}

/// Standard error of a recorded process that has no terminal.
package struct ProcessStderrEvent: SessionEvent {
  package static let type: StaticString = "process.stderr"

  /// Bytes, as `data` or `data64`.
  package var payload: [UInt8]?
  package var common = CommonFields()

  package init() {}
  package init(_: Blank) {}

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.payload(&payload)
  }
}

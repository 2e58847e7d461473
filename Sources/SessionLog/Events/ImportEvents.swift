// Fields: schema/events.md.

/// A message of a transcript.
package struct AgentMessageEvent: SessionEvent {
  package static let type: StaticString = "agent.message"

  /// `user`, `assistant`, `system`, `tool`.
  package var role: String
  /// The words.
  package var text: String
  /// Which model.
  package var model: String?
  package var common = CommonFields()

  package init(role: String, text: String) {
    self.role = role
    self.text = text
  }

  package init(_: Blank) {
    role = .blank
    text = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("role", &role)
    try visitor.required("text", &text)
    try visitor.optional("model", &model)
  }
}

/// An agent's reasoning.
package struct AgentThoughtEvent: SessionEvent {
  package static let type: StaticString = "agent.thought"

  /// The words.
  package var text: String
  package var common = CommonFields()

  package init(text: String) {
    self.text = text
  }

  package init(_: Blank) {
    text = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("text", &text)
  }
}

/// Anything else that a transcript holds.
package struct AgentNoteEvent: SessionEvent {
  package static let type: StaticString = "agent.note"

  /// What the source calls it.
  package var kind: String
  /// The words.
  package var text: String?
  package var common = CommonFields()

  package init(kind: String) {
    self.kind = kind
  }

  package init(_: Blank) {
    kind = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("kind", &kind)
    try visitor.optional("text", &text)
  }
}

/// A call of a tool that is neither a shell nor an MCP server's.
package struct ToolCallEvent: SessionEvent {
  package static let type: StaticString = "tool.call"

  /// The tool.
  package var name: String
  /// The source's own id.
  package var id: String?
  /// Arguments.
  package var arguments: JSONValue?
  package var common = CommonFields()

  package init(name: String) {
    self.name = name
  }

  package init(_: Blank) {
    name = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("name", &name)
    try visitor.optional("id", &id)
    try visitor.optional("args", &arguments)
  }
}

/// What it gave back.
package struct ToolResultEvent: SessionEvent {
  package static let type: StaticString = "tool.result"

  /// The source's own id.
  package var id: String?
  /// The call failed.
  package var isError: Bool?
  /// Of a command.
  package var exitCode: Int64?
  /// The words.
  package var text: String?
  package var common = CommonFields()

  package init() {}
  package init(_: Blank) {}

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.optional("id", &id)
    try visitor.optional("is_error", &isError)
    try visitor.optional("exit_code", &exitCode)
    try visitor.optional("text", &text)
  }
}

/// An event of asciicast with another code.
package struct AsciicastEventEvent: SessionEvent {
  package static let type: StaticString = "asciicast.event"

  /// The code.
  package var code: String
  /// Its data.
  package var data: String
  package var common = CommonFields()

  package init(code: String, data: String) {
    self.code = code
    self.data = data
  }

  package init(_: Blank) {
    code = .blank
    data = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("code", &code)
    try visitor.required("data", &data)
  }
}

/// Header or footer of a source, in `source` as it stands.
package struct ImportHeaderEvent: SessionEvent {
  package static let type: StaticString = "import.header"

  package var common = CommonFields()

  package init() {}
  package init(_: Blank) {}

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    // It has none of its own.
  }
}

/// A line of a source that is too long to stand in the event it became.
package struct ImportSourceEvent: SessionEvent {
  package static let type: StaticString = "import.source"

  package var common = CommonFields()

  package init() {}
  package init(_: Blank) {}

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    // It has none of its own.
  }
}

package import Platform

// Fields: schema/events.md.

/// A JSON-RPC request.
package struct MCPCallEvent: SessionEvent {
  package static let type: StaticString = "mcp.call"

  /// Who asks whom.
  package var direction: Direction?
  /// The message's id.
  package var jsonrpcID: JSONValue?
  /// The configured server's uid; its own `serverInfo.name` is not unique.
  package var server: String
  /// `tools/call`, `resources/read` and others.
  package var method: String
  /// Tool, prompt or URI.
  package var name: String?
  /// Masked arguments.
  package var arguments: JSONValue?
  /// Keyed digest of the arguments.
  package var argsDigest: Digest?
  /// Digest of the tool's definition as the client was shown it; nil where that is not certain.
  package var definitionDigest: Digest?
  /// MCP's date.
  package var protocolVersion: String?
  /// What the client says it is.
  package var clientInfo: JSONValue?
  /// Keyed digest of `requestState`.
  package var stateDigest: Digest?
  /// Its id is in use already.
  package var isDuplicate: Bool?
  /// The message names a member twice.
  package var hasDuplicateMembers: Bool?
  /// Only a reader that is not strict takes it for this.
  package var isLenient: Bool?
  /// Imports: the source's own id.
  package var id: String?
  /// The message itself, verbatim.
  package var message: JSONValue?
  /// The message as text, in parts, where it cannot stand verbatim.
  package var json: String?
  /// Its ending where it is not LF.
  package var eol: String?
  /// Line of the batch, or of the malformed line, that it stands in.
  package var batch: Int64?
  /// Place in it.
  package var index: Int64?
  package var common = CommonFields()

  package init(server: String, method: String) {
    self.server = server
    self.method = method
  }

  package init(_: Blank) {
    server = .blank
    method = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.optional("direction", &direction)
    try visitor.optional("jsonrpc_id", &jsonrpcID)
    try visitor.required("server", &server)
    try visitor.required("method", &method)
    try visitor.optional("name", &name)
    try visitor.optional("args", &arguments)
    try visitor.optional("args_digest", &argsDigest)
    try visitor.optional("definition_digest", &definitionDigest)
    try visitor.optional("protocol_version", &protocolVersion)
    try visitor.optional("client_info", &clientInfo)
    try visitor.optional("state_digest", &stateDigest)
    try visitor.optional("duplicate_id", &isDuplicate)
    try visitor.optional("duplicate_members", &hasDuplicateMembers)
    try visitor.optional("lenient", &isLenient)
    try visitor.optional("id", &id)
    try visitor.optional("message", &message)
    try visitor.optional("json", &json)
    try visitor.optional("eol", &eol)
    try visitor.optional("batch", &batch)
    try visitor.optional("index", &index)
  }
}

/// Its answer.
package struct MCPResultEvent: SessionEvent {
  package static let type: StaticString = "mcp.result"

  /// Who answers whom.
  package var direction: Direction?
  /// The message's id.
  package var jsonrpcID: JSONValue?
  /// No call of that id waits, or it is forgotten: beyond 8,192 unanswered ones the oldest are.
  package var isUnmatched: Bool?
  /// The call's.
  package var method: String?
  /// The call's.
  package var name: String?
  /// `complete`, `input_required`, `error`.
  package var resultType: String?
  /// The call failed.
  package var isError: Bool?
  /// JSON-RPC error code.
  package var code: Int64?
  /// Of the content blocks, each once.
  package var contentTypes: [String]?
  /// What the server says it is.
  package var serverInfo: JSONValue?
  /// MCP's date.
  package var protocolVersion: String?
  /// Keyed digest of `requestState`.
  package var stateDigest: Digest?
  /// Keyed digest of the result.
  package var resultDigest: Digest?
  /// Imports: of a command that the tool ran.
  package var exitCode: Int64?
  /// Imports: the result as text.
  package var text: String?
  /// Imports: the source's own id.
  package var id: String?
  /// The message names a member twice.
  package var hasDuplicateMembers: Bool?
  /// Only a reader that is not strict takes it for this.
  package var isLenient: Bool?
  /// The message itself, verbatim.
  package var message: JSONValue?
  /// The message as text, in parts.
  package var json: String?
  /// Its ending where it is not LF.
  package var eol: String?
  /// Line of the batch, or of the malformed line, that it stands in.
  package var batch: Int64?
  /// Place in it.
  package var index: Int64?
  package var common = CommonFields()

  package init() {}
  package init(_: Blank) {}

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.optional("direction", &direction)
    try visitor.optional("jsonrpc_id", &jsonrpcID)
    try visitor.optional("unmatched", &isUnmatched)
    try visitor.optional("method", &method)
    try visitor.optional("name", &name)
    try visitor.optional("result_type", &resultType)
    try visitor.optional("is_error", &isError)
    try visitor.optional("code", &code)
    try visitor.optional("content_types", &contentTypes)
    try visitor.optional("server_info", &serverInfo)
    try visitor.optional("protocol_version", &protocolVersion)
    try visitor.optional("state_digest", &stateDigest)
    try visitor.optional("result_digest", &resultDigest)
    try visitor.optional("exit_code", &exitCode)
    try visitor.optional("text", &text)
    try visitor.optional("id", &id)
    try visitor.optional("duplicate_members", &hasDuplicateMembers)
    try visitor.optional("lenient", &isLenient)
    try visitor.optional("message", &message)
    try visitor.optional("json", &json)
    try visitor.optional("eol", &eol)
    try visitor.optional("batch", &batch)
    try visitor.optional("index", &index)
  }
}

/// Tools that a server said it has.
package struct MCPCatalogEvent: SessionEvent {
  package static let type: StaticString = "mcp.catalog"

  /// The configured server's uid.
  package var server: String
  /// Each with the digest of its definition.
  package var tools: [ToolDefinition]
  /// Tools that are not in this list.
  package var notListed: Int64?
  /// At least one differs from what it was.
  package var isChanged: Bool?
  /// No call had asked for them yet: nobody knows whether the client took them.
  package var isUnmatched: Bool?
  package var common = CommonFields()

  package init(server: String, tools: [ToolDefinition]) {
    self.server = server
    self.tools = tools
  }

  package init(_: Blank) {
    server = .blank
    tools = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("server", &server)
    try visitor.required("tools", &tools)
    try visitor.optional("not_listed", &notListed)
    try visitor.optional("changed", &isChanged)
    try visitor.optional("unmatched", &isUnmatched)
  }
}

/// Somebody accepted a tool's definition.
package struct MCPToolApprovedEvent: SessionEvent {
  package static let type: StaticString = "mcp.tool.approved"

  /// The configured server's uid.
  package var server: String
  /// The tool.
  package var name: String
  /// The definition, as in `mcp.catalog`.
  package var definitionDigest: Digest
  /// Who.
  package var approver: Identity
  /// Ticket or review.
  package var changeRef: String?
  package var common = CommonFields()

  package init(server: String, name: String, definitionDigest: Digest, approver: Identity) {
    self.server = server
    self.name = name
    self.definitionDigest = definitionDigest
    self.approver = approver
  }

  package init(_: Blank) {
    server = .blank
    name = .blank
    definitionDigest = .blank
    approver = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("server", &server)
    try visitor.required("name", &name)
    try visitor.required("definition_digest", &definitionDigest)
    try visitor.required("approver", &approver)
    try visitor.optional("change_ref", &changeRef)
  }
}

/// A JSON-RPC notification.
package struct MCPNotificationEvent: SessionEvent {
  package static let type: StaticString = "mcp.notification"

  /// From whom.
  package var direction: Direction?
  /// `notifications/cancelled` and others.
  package var method: String?
  /// The message names a member twice.
  package var hasDuplicateMembers: Bool?
  /// Only a reader that is not strict takes it for this.
  package var isLenient: Bool?
  /// The message itself, verbatim.
  package var message: JSONValue?
  /// The message as text, in parts.
  package var json: String?
  /// Its ending where it is not LF.
  package var eol: String?
  /// Line of the batch, or of the malformed line, that it stands in.
  package var batch: Int64?
  /// Place in it.
  package var index: Int64?
  package var common = CommonFields()

  package init() {}
  package init(_: Blank) {}

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.optional("direction", &direction)
    try visitor.optional("method", &method)
    try visitor.optional("duplicate_members", &hasDuplicateMembers)
    try visitor.optional("lenient", &isLenient)
    try visitor.optional("message", &message)
    try visitor.optional("json", &json)
    try visitor.optional("eol", &eol)
    try visitor.optional("batch", &batch)
    try visitor.optional("index", &index)
  }
}

/// A JSON-RPC batch; its elements follow as events.
package struct MCPBatchEvent: SessionEvent {
  package static let type: StaticString = "mcp.batch"

  /// From whom.
  package var direction: Direction?
  /// Number of elements.
  package var messages: Int64?
  /// Elements that became no event of their own.
  package var notListed: Int64?
  /// The batch itself, verbatim.
  package var message: JSONValue?
  /// The batch as text, in parts.
  package var json: String?
  /// Its ending where it is not LF.
  package var eol: String?
  package var common = CommonFields()

  package init() {}
  package init(_: Blank) {}

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.optional("direction", &direction)
    try visitor.optional("messages", &messages)
    try visitor.optional("not_listed", &notListed)
    try visitor.optional("message", &message)
    try visitor.optional("json", &json)
    try visitor.optional("eol", &eol)
  }
}

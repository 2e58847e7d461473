// Fields: schema/events.md.

/// Bytes that are no JSON-RPC.
package struct MCPMalformedEvent: SessionEvent {
  package static let type: StaticString = "mcp.malformed"

  /// From whom.
  package var direction: Direction?
  /// What is wrong with them.
  package var reason: String?
  /// Bytes, as `data` or `data64`.
  package var payload: [UInt8]?
  /// Lines gathered in this event.
  package var lines: Int64?
  /// A JSON value that is no message.
  package var message: JSONValue?
  /// That value as text, in parts.
  package var json: String?
  /// Its ending where it is not LF.
  package var eol: String?
  /// Line of the batch that it stands in.
  package var batch: Int64?
  /// Place in the batch.
  package var index: Int64?
  package var common = CommonFields()

  package init() {}
  package init(_: Blank) {}

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.optional("direction", &direction)
    try visitor.optional("reason", &reason)
    try visitor.payload(&payload)
    try visitor.optional("lines", &lines)
    try visitor.optional("message", &message)
    try visitor.optional("json", &json)
    try visitor.optional("eol", &eol)
    try visitor.optional("batch", &batch)
    try visitor.optional("index", &index)
  }
}

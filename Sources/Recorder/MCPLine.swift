internal import SessionLog

/// What one line of an MCP pipe is.
enum MCPLine {
  case message(MCPMessage, MCPBody)
  /// The places of the elements, `MCPTranscript.batchElements` at most, and how many there are.
  case batch(first: [Range<Int>], count: Int, MCPBody)
  /// No message, and the messages that somebody may take it for all the same.
  case malformed(MCPBody, found: [(message: MCPMessage, range: Range<Int>)], reason: String)

  init(_ text: [UInt8], _ ending: MCPFramer.Ending) {
    let body: MCPBody
    do throws(MCPScanner.Fault) { body = try MCPBody(text, ending) } catch {
      self = Self.malformed(MCPBody(lenient: text, ending), error.reason)
      return
    }
    if let elements = MCPText.elements(
      of: text.span, in: body.value, limit: MCPTranscript.batchElements), elements.count > 0
    {
      self = .batch(first: elements.first, count: elements.count, body)
      return
    }
    let message = MCPMessage(text.span, in: body.value)
    self =
      message.kind == .other
      ? Self.malformed(body, "not a JSON-RPC message") : .message(message, body)
  }

  private static func malformed(_ body: MCPBody, _ reason: String) -> MCPLine {
    let found = body.lenientMessages(limit: MCPTranscript.batchElements)
    return .malformed(body, found: found, reason: reason)
  }

  /// Its message, or one of those in it; nil where there is none.
  func event(_ index: Int, _ direction: MCPDirection, _ moment: UInt64) -> MCPEvent? {
    switch self {
    case .message(let message, let body):
      MCPEvent(message, body, direction, moment, part: nil)
    case .batch(let elements, _, let body) where index < elements.count:
      MCPEvent(
        MCPMessage(body.text.span, in: elements[index]), body, direction, moment, part: nil)
    case .malformed(let body, let found, _) where index < found.count:
      MCPEvent(found[index].message, body, direction, moment, part: nil)
    case .batch, .malformed: nil
    }
  }
}

internal import SessionLog

extension Codex {
  /// The types of lines that tell the format.
  static let types: Set<String> = [
    "session_meta", "response_item", "event_msg", "turn_context", "compacted", "tool_call",
    "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output",
    "local_shell_call", "thread.started", "turn.started", "item.started", "item.completed",
  ]

  /// Reads a line of `codex exec --json`, which tells of items as they begin and end; false for any
  /// other line.
  static func item(
    _ json: JSONValue, _ bytes: [UInt8], _ transcript: inout Transcript,
    _ stream: inout EventStream
  ) -> Bool {
    guard let item = json["item"], let type = json["type"]?.string, type.hasPrefix("item.") else {
      return false
    }
    transcript.begin(bytes, at: json["timestamp"]?.string, &stream)
    let id = item["id"]?.string
    let isOver = type == "item.completed"
    // What is done at once has no beginning of its own.
    let isNew = id.map { !transcript.isCalled($0) } ?? true
    switch item["type"]?.string {
    case "agent_message" where isOver:
      transcript.message(role: "assistant", item["text"]?.string ?? "", &stream)
    case "reasoning" where isOver: transcript.thought(item["text"]?.string ?? "", &stream)
    case "command_execution":
      if isNew { transcript.call("shell", item.only("command"), id: id, &stream) }
      guard isOver else { break }
      let exit = item["exit_code"]?.integer
      transcript.result(
        id: id, isError: exit.map { $0 != 0 }, exitCode: exit,
        item["aggregated_output"]?.string ?? "", &stream)
    case "mcp_tool_call":
      if isNew {
        transcript.call(
          item["tool"]?.string ?? "", item["arguments"], id: id,
          server: item["server"]?.string ?? "", &stream)
      }
      guard isOver else { break }
      let error = item["error"]?["message"]?.string
      transcript.result(
        id: id, isError: error != nil || item["status"]?.string == "failed", isMCP: true,
        error ?? Transcript.text(item["result"]?["content"]), &stream)
    case "file_change" where isOver:
      transcript.call("apply_patch", item.only("changes"), id: id, &stream)
    case "error": transcript.note(kind: "error", item["message"]?.string, &stream)
    default: break
    }
    transcript.end(kind: type, &stream)
    return true
  }
}

extension JSONValue {
  /// The object with that one member, if it has it.
  fileprivate func only(_ name: String) -> JSONValue? {
    self[name].map { .object([Member(name, $0)]) }
  }
}

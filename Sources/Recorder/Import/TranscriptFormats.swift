internal import SessionLog

/// Claude Code's session JSONL: a message or a note a line, blocks in its content.
enum ClaudeCode {
  static func take(
    _ json: JSONValue, _ bytes: [UInt8], _ transcript: inout Transcript,
    _ stream: inout EventStream
  ) {
    let type = json["type"]?.string ?? "line"
    transcript.begin(bytes, at: json["timestamp"]?.string, &stream)
    if type == "result" {
      // The last line of what `claude -p` streams.
      return transcript.note(kind: type, json["result"]?.string, &stream)
    }
    if type == "summary" { stream.facts.title = stream.facts.title ?? json["summary"]?.string }
    guard let message = json["message"] else {
      let text = json["summary"]?.string ?? json["content"].map { Transcript.text($0) }
      transcript.note(kind: type, text.flatMap { $0.isEmpty ? nil : $0 }, &stream)
      return
    }
    let role = message["role"]?.string ?? type
    let model = message["model"]?.string
    guard let blocks = message["content"]?.array else {
      transcript.message(role: role, Transcript.text(message["content"]), model: model, &stream)
      transcript.end(kind: type, &stream)
      return
    }
    for block in blocks {
      switch block["type"]?.string {
      case "tool_use", "server_tool_use":
        transcript.call(
          block["name"]?.string ?? "", block["input"], id: block["id"]?.string, &stream)
      case "mcp_tool_use":
        transcript.call(
          block["name"]?.string ?? "", block["input"], id: block["id"]?.string,
          server: block["server_name"]?.string ?? "", &stream)
      case "tool_result", "mcp_tool_result":
        let text = Transcript.text(block["content"])
        let isError = block["is_error"]?.bool ?? false
        transcript.result(
          id: block["tool_use_id"]?.string, isError: isError,
          exitCode: isError ? Transcript.exitCode(in: text) : nil,
          isMCP: block["type"]?.string == "mcp_tool_result", text, &stream)
      case "thinking": transcript.thought(block["thinking"]?.string ?? "", &stream)
      case "text", nil:
        transcript.message(role: role, Transcript.text(block), model: model, &stream)
      case let kind?: transcript.note(kind: kind, nil, &stream)
      }
    }
    transcript.end(kind: type, &stream)
  }
}

/// Codex's rollout JSONL: a typed payload a line, in older files without the wrapping.
enum Codex {
  static func take(
    _ json: JSONValue, _ bytes: [UInt8], _ transcript: inout Transcript,
    _ stream: inout EventStream
  ) {
    let type = json["type"]?.string ?? "line"
    if item(json, bytes, &transcript, &stream) { return }
    let payload = json["payload"] ?? json["msg"] ?? json
    transcript.begin(
      bytes, at: json["timestamp"]?.string ?? payload["timestamp"]?.string, &stream)
    let id = payload["call_id"]?.string ?? payload["id"]?.string
    if type == "turn_context" || type == "session_meta" {
      transcript.model = payload["model"]?.string ?? transcript.model
    }
    let isPlain = json["payload"] == nil && json["msg"] == nil
    switch isPlain ? type : payload["type"]?.string ?? type {
    case "message", "response_item":
      let role = payload["role"]?.string ?? "assistant"
      transcript.message(
        role: role, Transcript.text(payload["content"]),
        model: role == "assistant" ? transcript.model : nil, &stream)
    case "reasoning":
      transcript.thought(Transcript.text(payload["summary"] ?? payload["content"]), &stream)
    case "function_call", "custom_tool_call", "tool_call":
      transcript.call(
        payload["name"]?.string ?? payload["tool"]?.string ?? "",
        Transcript.unwrapped(payload["arguments"] ?? payload["input"]), id: id, &stream)
    case "local_shell_call":
      transcript.call("local_shell", payload["action"], id: id, &stream)
    case "function_call_output", "custom_tool_call_output", "tool_result":
      let output = Transcript.unwrapped(payload["output"] ?? payload["content"])
      let text = output?["output"]?.string ?? payload["output"]?.string ?? Transcript.text(output)
      let exit = output?["metadata"]?["exit_code"]?.integer ?? Transcript.exitCode(in: text)
      transcript.result(
        id: id, isError: output?["success"]?.bool.map { !$0 } ?? exit.map { $0 != 0 },
        exitCode: exit, text, &stream)
    // Only where they stand alone: in a rollout the call and its output have lines of their own.
    case "exec_command_begin" where json["msg"] != nil:
      transcript.call("shell", payload, id: id, &stream)
    case "exec_command_end" where json["msg"] != nil:
      let exit = payload["exit_code"]?.integer
      transcript.result(
        id: id, isError: exit.map { $0 != 0 }, exitCode: exit,
        (payload["stdout"]?.string ?? "") + (payload["stderr"]?.string ?? ""), &stream)
    case "mcp_tool_call_begin":
      let call = payload["invocation"]
      transcript.call(
        call?["tool"]?.string ?? "", call?["arguments"], id: id,
        server: call?["server"]?.string ?? "", &stream)
    case "mcp_tool_call_end":
      let result = payload["result"]?["Ok"] ?? payload["result"]
      transcript.result(
        id: id, isError: result?["isError"]?.bool ?? (payload["result"]?["Err"] != nil),
        isMCP: true, Transcript.text(result?["content"] ?? payload["result"]?["Err"]), &stream)
    case let kind:
      let text = payload["message"]?.string ?? payload["text"]?.string
      transcript.note(kind: kind, text, &stream)
    }
    transcript.end(kind: type, &stream)
  }
}

/// SWE-agent's trajectories: thought, action and observation of each step.
enum SWEAgent {
  static func take(
    _ json: JSONValue, _ bytes: [UInt8], _ name: String?, _ transcript: inout Transcript,
    _ stream: inout EventStream
  ) {
    transcript.begin(bytes, at: nil, &stream)
    if name == "trajectory" {
      transcript.thought(json["thought"]?.string ?? json["response"]?.string ?? "", &stream)
      if let action = json["action"]?.string, !action.isEmpty {
        transcript.command(action, &stream)
      }
      if let seconds = json["execution_time"]?.double, seconds > 0, seconds < 1e6 {
        _ = stream.go(to: Int64(stream.time) * 1000 + Int64(seconds * 1e9), "")
      }
      if let observation = json["observation"]?.string {
        transcript.result(id: nil, isError: nil, observation, &stream)
      }
    } else if name == "environment" {
      stream.facts.host = json.string
    } else if name == nil, let steps = json["trajectory"]?.array {
      // A whole trajectory on one line.
      for step in steps { take(step, [], "trajectory", &transcript, &stream) }
    }
    transcript.end(kind: name ?? "line", &stream)
  }
}

/// Lists of chat messages as model interfaces take them, and what agents wrap around them.
enum ChatMessages {
  static func take(
    _ json: JSONValue, _ bytes: [UInt8], _ name: String?, _ transcript: inout Transcript,
    _ stream: inout EventStream
  ) {
    let time = json["timestamp"] ?? json["created_at"] ?? json["extra"]?["timestamp"]
    if let seconds = time?.double, seconds.magnitude < 1e11 {
      transcript.begin(bytes, micros: Int64(seconds * 1e6), text: nil, &stream)
    } else {
      transcript.begin(bytes, at: time?.string, &stream)
    }
    if json["role"] != nil || json["tool"] != nil {
      message(json, &transcript, &stream)
    } else if name == nil, let list = json["messages"]?.array {
      for element in list { message(element, &transcript, &stream) }
    }
    transcript.end(kind: name ?? "line", &stream)
  }

  static func message(
    _ json: JSONValue, _ transcript: inout Transcript, _ stream: inout EventStream
  ) {
    let role = json["role"]?.string ?? "tool"
    let text = Transcript.text(json["content"])
    if let tool = json["tool"]?.string {
      transcript.call(tool, json["arguments"], id: nil, &stream)
      if let observation = json["observation"] {
        transcript.result(id: nil, isError: nil, Transcript.text(observation), &stream)
      }
      return
    }
    if role == "tool" || text.hasPrefix("<returncode>") {
      let exit = json["extra"]?["returncode"]?.integer ?? returnCode(text)
      transcript.result(
        id: json["tool_call_id"]?.string, isError: nil, exitCode: exit, text, &stream)
      return
    }
    if let reasoning = json["reasoning_content"]?.string { transcript.thought(reasoning, &stream) }
    let model =
      json["model"]?.string ?? json["extra"]?["response"]?["model"]?.string
      ?? (role == "assistant" ? transcript.model : nil)
    blocks(json["content"], role, model, text, &transcript, &stream)
    for call in json["tool_calls"]?.array ?? [] {
      transcript.call(
        call["function"]?["name"]?.string ?? call["name"]?.string ?? "",
        Transcript.unwrapped(call["function"]?["arguments"] ?? call["arguments"]),
        id: call["id"]?.string, &stream)
    }
    if role == "assistant", json["tool_calls"] == nil, let command = fenced(text) {
      transcript.command(command, &stream)
    }
  }

  /// The message, and where its content is a list of blocks as Anthropic's, what it calls.
  private static func blocks(
    _ content: JSONValue?, _ role: String, _ model: String?, _ text: String,
    _ transcript: inout Transcript, _ stream: inout EventStream
  ) {
    let kinds = (content?.array ?? []).map { $0["type"]?.string }
    guard kinds.contains("tool_use") || kinds.contains("tool_result") || kinds.contains("thinking")
    else { return transcript.message(role: role, text, model: model, &stream) }
    for block in content?.array ?? [] {
      switch block["type"]?.string {
      case "tool_use":
        transcript.call(
          block["name"]?.string ?? "", block["input"], id: block["id"]?.string, &stream)
      case "tool_result":
        transcript.result(
          id: block["tool_use_id"]?.string, isError: block["is_error"]?.bool,
          Transcript.text(block["content"]), &stream)
      case "thinking": transcript.thought(block["thinking"]?.string ?? "", &stream)
      default:
        transcript.message(role: role, Transcript.text(block), model: model, &stream)
      }
    }
  }

  /// The command in a message's one fenced block of shell.
  private static func fenced(_ text: String) -> String? {
    for mark in ["```bash\n", "```mswea_bash_command\n"] {
      let parts = split(text, at: mark)
      guard parts.count == 2 else { continue }
      let rest = split(parts[1], at: "\n```")
      if rest.count >= 2 { return rest[0] }
    }
    return nil
  }

  private static func split(_ text: String, at mark: String) -> [String] {
    let (bytes, wanted) = (Array(text.utf8), Array(mark.utf8))
    var parts: [String] = []
    var start = 0
    var at = 0
    while at + wanted.count <= bytes.count {
      if bytes[at] == wanted[0], bytes[at..<at + wanted.count].elementsEqual(wanted) {
        parts.append(String(decoding: bytes[start..<at], as: UTF8.self))
        at += wanted.count
        start = at
      } else {
        at += 1
      }
    }
    parts.append(String(decoding: bytes[start...], as: UTF8.self))
    return parts
  }

  private static func returnCode(_ text: String) -> Int64? {
    guard text.hasPrefix("<returncode>") else { return nil }
    return Int64(text.dropFirst(12).prefix { $0 != "<" })
  }
}

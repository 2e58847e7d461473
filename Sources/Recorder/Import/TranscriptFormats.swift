internal import SessionLog

/// Claude Code's session JSONL: a message or a note a line, blocks in its content.
enum ClaudeCode {
  static func take(
    _ json: JSONValue, _ bytes: [UInt8], _ transcript: inout Transcript,
    _ stream: inout EventStream
  ) {
    let type = json["type"]?.string ?? "line"
    transcript.begin(bytes, at: json["timestamp"]?.string, &stream)
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
      case "tool_use":
        transcript.call(
          block["name"]?.string ?? "", block["input"], id: block["id"]?.string, &stream)
      case "tool_result":
        transcript.result(
          id: block["tool_use_id"]?.string, isError: block["is_error"]?.bool ?? false,
          Transcript.text(block["content"]), &stream)
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
    let payload = json["payload"] ?? json
    transcript.begin(
      bytes, at: json["timestamp"]?.string ?? payload["timestamp"]?.string, &stream)
    let id = payload["call_id"]?.string ?? payload["id"]?.string
    switch json["payload"] == nil ? type : payload["type"]?.string ?? type {
    case "message", "response_item":
      transcript.message(
        role: payload["role"]?.string ?? "assistant", Transcript.text(payload["content"]), &stream)
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
      let exit = output?["metadata"]?["exit_code"]?.integer
      let text = output?["output"]?.string ?? payload["output"]?.string ?? Transcript.text(output)
      transcript.result(
        id: id, isError: output?["success"]?.bool.map { !$0 } ?? exit.map { $0 != 0 },
        exitCode: exit, text, &stream)
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
      transcript.result(
        id: json["tool_call_id"]?.string, isError: nil, exitCode: returnCode(text), text, &stream)
      return
    }
    if let reasoning = json["reasoning_content"]?.string { transcript.thought(reasoning, &stream) }
    transcript.message(role: role, text, &stream)
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

/// OpenHands: events of both versions, the resolver's output, logs of model calls.
enum OpenHands {
  static func take(
    _ json: JSONValue, _ bytes: [UInt8], _ name: String?, _ transcript: inout Transcript,
    _ stream: inout EventStream
  ) {
    if let seconds = json["timestamp"]?.double, seconds.magnitude < 1e11 {
      transcript.begin(bytes, micros: Int64(seconds * 1e6), text: nil, &stream)
    } else {
      transcript.begin(bytes, at: json["timestamp"]?.string, &stream)
    }
    if let history = json["history"]?.array {
      // The resolver writes an issue a line, with all its events in it.
      transcript.note(kind: "instruction", json["instruction"]?.string, &stream)
      for event in history {
        transcript.begin([], at: event["timestamp"]?.string, &stream)
        self.event(event, &transcript, &stream)
      }
    } else if name == "messages" {
      ChatMessages.message(json, &transcript, &stream)
    } else if name == "response" {
      answer(json, &transcript, &stream)
    } else if name == nil, let list = json["messages"]?.array {
      for element in list { ChatMessages.message(element, &transcript, &stream) }
      if let response = json["response"] { answer(response, &transcript, &stream) }
    } else if name == nil || name == "" {
      event(json, &transcript, &stream)
    }
    transcript.end(kind: name ?? json["kind"]?.string ?? "line", &stream)
  }

  private static func answer(
    _ json: JSONValue, _ transcript: inout Transcript, _ stream: inout EventStream
  ) {
    for choice in json["choices"]?.array ?? [] {
      if let message = choice["message"] { ChatMessages.message(message, &transcript, &stream) }
    }
  }

  private static func event(
    _ json: JSONValue, _ transcript: inout Transcript, _ stream: inout EventStream
  ) {
    let id = json["tool_call_id"]?.string ?? json["tool_call_metadata"]?["tool_call_id"]?.string
    if let action = json["action"] {
      if let thought = json["reasoning_content"]?.string { transcript.thought(thought, &stream) }
      let said = Transcript.text(json["thought"] ?? json["args"]?["thought"])
      if !said.isEmpty { transcript.message(role: "assistant", said, &stream) }
      if let name = action.string {
        let arguments = json["args"] ?? .object(json.members?.filter { $0.name != "action" } ?? [])
        if name == "message" || name == "system" || name == "finish" {
          let text = json["content"] ?? arguments["content"] ?? arguments["final_thought"]
          transcript.message(
            role: json["source"]?.string ?? name, Transcript.text(text), &stream)
        } else {
          transcript.call(name, arguments, id: id, &stream)
        }
      } else {
        transcript.call(
          json["tool_name"]?.string ?? action["kind"]?.string ?? "", action, id: id, &stream)
      }
      return
    }
    if let observation = json["observation"] {
      let body = observation.string == nil ? observation : json
      let exit =
        body["exit_code"]?.integer ?? body["extras"]?["exit_code"]?.integer
        ?? body["extras"]?["metadata"]?["exit_code"]?.integer
      transcript.result(
        id: id, isError: body["is_error"]?.bool ?? exit.map { $0 != 0 }, exitCode: exit,
        Transcript.text(body["content"]), &stream)
      return
    }
    if let message = json["llm_message"] ?? json["system_prompt"] {
      transcript.message(
        role: message["role"]?.string ?? json["source"]?.string ?? "system",
        Transcript.text(message["content"] ?? message), &stream)
      return
    }
    if let error = json["error"]?.string {
      transcript.result(id: id, isError: true, error, &stream)
    }
  }
}

/// Gemini CLI's recorded answers: streamed chunks a line.
enum Gemini {
  static func take(
    _ json: JSONValue, _ bytes: [UInt8], _ transcript: inout Transcript,
    _ stream: inout EventStream
  ) {
    transcript.begin(bytes, at: json["timestamp"]?.string, &stream)
    let chunks = json["response"]?.array ?? json["response"].map { [$0] } ?? []
    var text = ""
    for chunk in chunks {
      for candidate in chunk["candidates"]?.array ?? [] {
        for part in candidate["content"]?["parts"]?.array ?? [] {
          if let call = part["functionCall"] {
            transcript.message(role: "model", text, &stream)
            text = ""
            transcript.call(
              call["name"]?.string ?? "", call["args"], id: call["id"]?.string, &stream)
          } else if part["thought"]?.bool == true {
            transcript.thought(part["text"]?.string ?? "", &stream)
          } else {
            text += part["text"]?.string ?? ""
          }
        }
      }
    }
    transcript.message(role: "model", text, &stream)
    transcript.end(kind: json["method"]?.string ?? "line", &stream)
  }
}

internal import SessionLog

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
    if let history = ["history", "trajectory", "events"].lazy.compactMap({ json[$0]?.array }).first
    {
      // The resolver writes an issue a line, with all its events in it.
      let instruction = json["instruction"]?.string
      transcript.note(kind: instruction == nil ? "line" : "instruction", instruction, &stream)
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
    } else if name.map({ ["", "trajectory", "history", "events"].contains($0) }) ?? true {
      event(json, &transcript, &stream)
    }
    transcript.end(kind: name ?? json["kind"]?.string ?? "line", &stream)
  }

  private static func answer(
    _ json: JSONValue, _ transcript: inout Transcript, _ stream: inout EventStream
  ) {
    transcript.model = json["model"]?.string ?? transcript.model
    for choice in json["choices"]?.array ?? [] {
      if let message = choice["message"] { ChatMessages.message(message, &transcript, &stream) }
    }
  }

  private static func event(
    _ json: JSONValue, _ transcript: inout Transcript, _ stream: inout EventStream
  ) {
    let id = json["tool_call_id"]?.string ?? json["tool_call_metadata"]?["tool_call_id"]?.string
    let model = json["tool_call_metadata"]?["model_response"]?["model"]?.string
    if let action = json["action"] {
      if let thought = json["reasoning_content"]?.string { transcript.thought(thought, &stream) }
      let said = Transcript.text(json["thought"] ?? json["args"]?["thought"])
      if !said.isEmpty {
        transcript.message(role: "assistant", said, model: model, &stream)
      }
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
        id: id,
        isError: body["is_error"]?.bool ?? exit.map { $0 != 0 }
          ?? (observation.string == "error" ? true : nil), exitCode: exit,
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

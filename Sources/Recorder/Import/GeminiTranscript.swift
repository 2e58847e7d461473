internal import SessionLog

/// Gemini CLI: its recorded answers (streamed chunks a line), its kept chats (a message an element,
/// with tool calls and thoughts), and histories of the interface's own contents.
enum Gemini {
  static func take(
    _ json: JSONValue, _ bytes: [UInt8], _ name: String?, _ transcript: inout Transcript,
    _ stream: inout EventStream
  ) {
    transcript.begin(bytes, at: json["timestamp"]?.string, &stream)
    if name == nil, let list = json["messages"]?.array ?? json["history"]?.array {
      // A whole chat on one line.
      for element in list { take(element, [], "messages", &transcript, &stream) }
    } else if let parts = json["parts"]?.array {
      contents(role: json["role"]?.string ?? "model", parts, &transcript, &stream)
    } else if json["type"] != nil, json["content"] != nil || json["toolCalls"] != nil {
      chat(json, &transcript, &stream)
    } else {
      answer(json, &transcript, &stream)
    }
    transcript.end(
      kind: json["method"]?.string ?? json["type"]?.string ?? name ?? "line", &stream)
  }

  private static func answer(
    _ json: JSONValue, _ transcript: inout Transcript, _ stream: inout EventStream
  ) {
    let chunks = json["response"]?.array ?? json["response"].map { [$0] } ?? []
    var parts: [JSONValue] = []
    var model: String?
    for chunk in chunks {
      model = chunk["modelVersion"]?.string ?? model
      for candidate in chunk["candidates"]?.array ?? [] {
        parts += candidate["content"]?["parts"]?.array ?? []
      }
    }
    contents(role: "model", parts, model: model, &transcript, &stream)
  }

  /// Text that comes in pieces is one message until something else comes.
  private static func contents(
    role: String, _ parts: [JSONValue], model: String? = nil, _ transcript: inout Transcript,
    _ stream: inout EventStream
  ) {
    var text = ""
    for part in parts {
      if let call = part["functionCall"] {
        transcript.message(role: role, text, model: model, &stream)
        text = ""
        transcript.call(call["name"]?.string ?? "", call["args"], id: call["id"]?.string, &stream)
      } else if let answer = part["functionResponse"] {
        transcript.message(role: role, text, model: model, &stream)
        text = ""
        result(answer, id: answer["id"]?.string, &transcript, &stream)
      } else if part["thought"]?.bool == true {
        transcript.thought(part["text"]?.string ?? "", &stream)
      } else {
        text += part["text"]?.string ?? ""
      }
    }
    transcript.message(role: role, text, model: model, &stream)
  }

  /// The result of a function: its output or error, else all of it.
  private static func result(
    _ answer: JSONValue, id: String?, isError: Bool? = nil, _ transcript: inout Transcript,
    _ stream: inout EventStream
  ) {
    let response = answer["response"]
    let error = response?["error"]
    let text =
      response?["output"]?.string ?? error?.string ?? response.map { Transcript.written($0) } ?? ""
    transcript.result(
      id: id, isError: isError ?? (error == nil ? nil : true),
      exitCode: Transcript.exitCode(in: text), text, &stream)
  }

  private static func chat(
    _ json: JSONValue, _ transcript: inout Transcript, _ stream: inout EventStream
  ) {
    for thought in json["thoughts"]?.array ?? [] {
      let parts = [thought["subject"]?.string, thought["description"]?.string].compactMap { $0 }
      transcript.thought(parts.joined(separator: ": "), &stream)
    }
    let type = json["type"]?.string ?? "line"
    transcript.message(
      role: type == "gemini" ? "model" : type, Transcript.text(json["content"]),
      model: json["model"]?.string, &stream)
    for call in json["toolCalls"]?.array ?? [] {
      let id = call["id"]?.string
      transcript.call(call["name"]?.string ?? "", call["args"], id: id, &stream)
      let failed = call["status"]?.string.map { $0 == "error" || $0 == "cancelled" }
      let answers = call["result"]?.array ?? call["result"].map { [$0] } ?? []
      for answer in answers {
        if let response = answer["functionResponse"] {
          result(response, id: id, isError: failed, &transcript, &stream)
        } else {
          transcript.result(id: id, isError: failed, Transcript.text(answer), &stream)
        }
      }
      if answers.isEmpty, let shown = call["resultDisplay"]?.string {
        transcript.result(id: id, isError: failed, shown, &stream)
      }
    }
  }
}

/// OpenCode: an exported session, whose messages have parts of their own.
enum OpenCode {
  static func take(
    _ json: JSONValue, _ bytes: [UInt8], _ name: String?, _ transcript: inout Transcript,
    _ stream: inout EventStream
  ) {
    guard let parts = json["parts"]?.array, let info = json["info"] else {
      if name == nil, let list = json["messages"]?.array {
        transcript.begin(bytes, at: nil, &stream)
        for element in list { take(element, [], "messages", &transcript, &stream) }
        transcript.end(kind: "line", &stream)
      } else if name == "info" {
        transcript.begin(bytes, micros: micros(json["time"]?["created"]), text: nil, &stream)
        stream.facts.title = json["title"]?.string
        transcript.end(kind: "info", &stream)
      } else {
        ChatMessages.take(json, bytes, name, &transcript, &stream)
      }
      return
    }
    transcript.begin(bytes, micros: micros(info["time"]?["created"]), text: nil, &stream)
    let role = info["role"]?.string ?? "assistant"
    let model = info["modelID"]?.string ?? info["model"]?["modelID"]?.string
    for part in parts {
      switch part["type"]?.string {
      case "text": transcript.message(role: role, part["text"]?.string ?? "", model: model, &stream)
      case "reasoning": transcript.thought(part["text"]?.string ?? "", &stream)
      case "tool": tool(part, &transcript, &stream)
      default: continue
      }
    }
    if let error = info["error"] {
      transcript.note(kind: "error", Transcript.written(error), &stream)
    }
    transcript.end(kind: role, &stream)
  }

  private static func tool(
    _ part: JSONValue, _ transcript: inout Transcript, _ stream: inout EventStream
  ) {
    let id = part["callID"]?.string ?? part["id"]?.string
    let state = part["state"]
    transcript.move(to: micros(state?["time"]?["start"]), &stream)
    transcript.call(part["tool"]?.string ?? "", state?["input"], id: id, &stream)
    let status = state?["status"]?.string
    guard status == "completed" || status == "error" else { return }
    transcript.move(to: micros(state?["time"]?["end"]), &stream)
    transcript.result(
      id: id, isError: status == "error",
      exitCode: state?["metadata"]?["exit"]?.integer,
      state?["output"]?.string ?? state?["error"]?.string ?? "", &stream)
  }

  /// Times are milliseconds since 1970.
  private static func micros(_ value: JSONValue?) -> Int64? {
    guard let number = value?.double, number.magnitude < 1e14 else { return nil }
    return Int64(number * 1000)
  }
}

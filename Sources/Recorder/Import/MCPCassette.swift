internal import SessionLog

/// Recorded MCP traffic: JSON-RPC messages, alone or wrapped with a direction and a time.
///
/// There is no one cassette format: a message is found as the value itself, under one of the usual names, or in pairs of
/// request and response.
enum MCPCassette {
  private static let wrappings = ["message", "payload", "data", "msg", "rpc", "body", "frame"]
  private static let times = ["timestamp", "ts", "time", "at"]

  /// The JSON-RPC message of a value; nil if it has none.
  static func message(_ json: JSONValue) -> JSONValue? {
    if json["jsonrpc"]?.string != nil { return json }
    for name in wrappings {
      let inner = json[name]?.string == nil ? json[name] : Transcript.unwrapped(json[name])
      if inner?["jsonrpc"]?.string != nil { return inner }
    }
    return nil
  }

  static func take(
    _ json: JSONValue, _ bytes: [UInt8], _ name: String?, _ transcript: inout Transcript,
    _ stream: inout EventStream
  ) {
    let time = times.lazy.compactMap { json[$0] }.first
    if let number = time?.double, number.magnitude < 1e14 {
      // Seconds or milliseconds since 1970.
      transcript.begin(
        bytes, micros: Int64(number.magnitude < 1e11 ? number * 1e6 : number * 1e3), text: nil,
        &stream)
    } else {
      transcript.begin(bytes, at: time?.string, &stream)
    }
    let server = json["server"]?.string ?? ""
    if let message = message(json) {
      self.message(message, server, &transcript, &stream)
    } else if let request = json["request"] {
      self.message(request, server, &transcript, &stream)
      if let response = json["response"] {
        self.message(response, server, &transcript, &stream, pairedWith: request["id"])
      }
    } else if name == nil {
      for list in ["interactions", "messages", "entries", "events"] {
        for element in json[list]?.array ?? [] {
          take(element, [], list, &transcript, &stream)
        }
      }
    }
    transcript.end(kind: name ?? "line", &stream)
  }

  private static func message(
    _ json: JSONValue, _ server: String, _ transcript: inout Transcript,
    _ stream: inout EventStream, pairedWith request: JSONValue? = nil
  ) {
    let id = Self.id(json["id"] ?? request)
    if let method = json["method"]?.string {
      transcript.rpc(server, method, json["params"], id: id, &stream)
    } else if let error = json["error"] {
      transcript.result(
        id: id, isError: true, isMCP: true, error["message"]?.string ?? Transcript.text(error),
        &stream)
    } else {
      let result = json["result"]
      transcript.result(
        id: id, isError: result?["isError"]?.bool ?? false, isMCP: true,
        Transcript.text(result?["content"]), &stream)
    }
  }

  private static func id(_ value: JSONValue?) -> String? {
    switch value {
    case .string(let text)?: text
    case .integer(let number)?: String(number)
    default: nil
    }
  }
}

extension Transcript {
  /// A JSON-RPC request, or a notification where it has no id.
  mutating func rpc(
    _ server: String, _ method: String, _ params: JSONValue?, id: String?,
    _ stream: inout EventStream
  ) {
    var line = stream.event(id == nil ? "mcp.notification" : "mcp.call")
    line.addText("server", server, limit: 1024)
    line.addText("method", method, limit: 1024)
    if let name = params?["name"]?.string { line.addText("name", name, limit: 1024) }
    if let id { line.addText("jsonrpc_id", id, limit: 1024) }
    if let arguments = params?["arguments"] ?? params { Self.add("args", arguments, to: &line) }
    let number = finish(&line, &stream)
    if let id { remember(id, number) }
  }
}

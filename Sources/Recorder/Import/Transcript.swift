internal import Platform
internal import SessionLog

/// Turns what agents' transcripts say into typed events, whatever their own shape.
///
/// The source's own line stands whole in the first event it became, or just before it where it is longer than an event
/// may be.
struct Transcript: ~Copyable {
  /// Calls whose result may still come: the source's id to the event's number.
  private var calls: [String: UInt64] = [:]
  private var lastCall: UInt64?
  private var origin: Int64?
  /// The source's bytes of what is being read, until an event has taken them.
  private var pending: [UInt8]?
  private var at: String?
  /// The model that the source says its next messages are of, where it says so apart from them.
  var model: String?

  /// Ids kept for results to find their calls by.
  private static let mostCalls = 100_000
  /// Programs that run a command line, by the names agents give them.
  private static let shells: Set<String> = [
    "bash", "shell", "sh", "terminal", "execute_bash", "run_shell_command", "exec_command",
    "local_shell", "container.exec", "run_command", "execute_command", "run_terminal_cmd", "exec",
    "run", "cmdrun",
  ]

  /// Begins with one line or element of the source and the time that it says it is of.
  mutating func begin(_ source: [UInt8], at text: String?, _ stream: inout EventStream) {
    begin(source, micros: text.flatMap { SourceWallTime.parse($0) }, text: text, &stream)
  }

  mutating func begin(
    _ source: [UInt8], micros: Int64?, text: String?, _ stream: inout EventStream
  ) {
    at = text
    move(to: micros, &stream)
    pending = source
    if source.count > Limits.payloadBytes {
      stream.source(source.span)
      pending = []
    }
  }

  /// Goes to a moment since 1970, in microseconds, where the source names one.
  mutating func move(to micros: Int64?, _ stream: inout EventStream) {
    if let micros, micros.magnitude < 1 << 53 {
      let first = origin ?? micros
      if origin == nil {
        origin = first
        stream.facts.at = first
      }
      // Lines of side chains come late; the time they say stands in `at`.
      let since = min(micros - first, Int64(Limits.time - 1))
      if since >= Int64(stream.time) { _ = stream.go(to: since * 1000, "") }
    }
  }

  /// Keeps what became no event of its own.
  mutating func end(kind: String, _ stream: inout EventStream) {
    guard pending?.isEmpty == false else { return }
    var line = stream.event("agent.note")
    line.add("kind", kind)
    finish(&line, &stream)
  }

  /// Adds the fields that every event may have and takes the line.
  @discardableResult
  mutating func finish(_ line: inout LineBuilder, _ stream: inout EventStream) -> UInt64 {
    if let at { line.addText("at", at, limit: 128) }
    if let source = pending, !source.isEmpty { line.addSource(source.span) }
    pending = nil
    let done = line
    return stream.add(done.finish())
  }

  // MARK: Events

  mutating func message(
    role: String, _ text: String, model: String? = nil, _ stream: inout EventStream
  ) {
    guard !text.isEmpty else { return }
    var line = stream.event("agent.message")
    line.addText("role", role, limit: 256)
    if let model { line.addText("model", model, limit: 256) }
    line.addText("text", text)
    finish(&line, &stream)
  }

  mutating func thought(_ text: String, _ stream: inout EventStream) {
    guard !text.isEmpty else { return }
    var line = stream.event("agent.thought")
    line.addText("text", text)
    finish(&line, &stream)
  }

  mutating func note(kind: String, _ text: String?, _ stream: inout EventStream) {
    var line = stream.event("agent.note")
    line.addText("kind", kind, limit: 256)
    if let text { line.addText("text", text) }
    finish(&line, &stream)
  }

  /// A tool that the agent called: `terminal.command`, `mcp.call` or `tool.call`.
  mutating func call(
    _ name: String, _ arguments: JSONValue?, id: String?, server: String? = nil,
    _ stream: inout EventStream
  ) {
    let mcp = server.map { ($0, name) } ?? Self.mcp(name)
    let command = mcp == nil ? Self.command(name, arguments) : nil
    var line: LineBuilder
    if let mcp {
      line = stream.event("mcp.call")
      line.addText("server", mcp.0, limit: 1024)
      line.add("method", "tools/call")
      line.addText("name", mcp.1, limit: 1024)
    } else if let command {
      line = stream.event("terminal.command")
      line.addText("text", command)
      line.addText("tool", name, limit: 1024)
    } else {
      line = stream.event("tool.call")
      line.addText("name", name, limit: 1024)
    }
    if let id { line.addText("id", id, limit: 1024) }
    if let arguments, command == nil || arguments.members?.count ?? 0 > 1 {
      Self.add("args", arguments, to: &line)
    }
    let number = finish(&line, &stream)
    remember(id, number)
  }

  mutating func remember(_ id: String?, _ number: UInt64) {
    lastCall = number
    if let id, id.utf8.count <= 256, calls.count < Self.mostCalls { calls[id] = number }
  }

  /// A command line that no named tool ran.
  mutating func command(_ text: String, _ stream: inout EventStream) {
    var line = stream.event("terminal.command")
    line.addText("text", text)
    lastCall = finish(&line, &stream)
  }

  /// What a call gave back.
  mutating func result(
    id: String?, isError: Bool?, exitCode: Int64? = nil, isMCP: Bool = false, _ text: String,
    _ stream: inout EventStream
  ) {
    var line = stream.event(isMCP ? "mcp.result" : "tool.result")
    if let cause = cause(id) { line.add("caused_by", Int64(clamping: cause)) }
    if let id { line.addText("id", id, limit: 1024) }
    if let isError { line.add("is_error", .bool(isError)) }
    if let exitCode { line.add("exit_code", exitCode) }
    line.add("bytes", Int64(text.utf8.count))
    line.addText("text", text)
    finish(&line, &stream)
  }

  /// A call of that id was read.
  func isCalled(_ id: String) -> Bool { calls[id] != nil }

  /// The call that a result belongs to: the one of its id, or the last where it has none.
  private func cause(_ id: String?) -> UInt64? {
    guard let id else { return lastCall }
    return calls[id]
  }

  // MARK: Shapes

  /// Arguments as they are; where they are more than an event may hold, as text that says how much is missing.
  static func add(_ field: String, _ value: JSONValue, to line: inout LineBuilder) {
    var measure = LineBuilder(time: 0, type: "x")
    measure.add(field, value)
    if measure.bytes.count <= Limits.payloadBytes {
      line.add(field, value)
    } else {
      line.addText(field, String(decoding: measure.bytes.dropFirst(24), as: UTF8.self))
    }
  }

  /// `mcp__server__tool`, as agents name the tools of MCP servers.
  private static func mcp(_ name: String) -> (String, String)? {
    guard name.hasPrefix("mcp__") else { return nil }
    let rest = Array(name.utf8.dropFirst(5))
    for at in rest.indices.dropLast() where rest[at] == 0x5F && rest[at + 1] == 0x5F && at > 0 {
      return (
        String(decoding: rest[..<at], as: UTF8.self),
        String(decoding: rest[(at + 2)...], as: UTF8.self)
      )
    }
    return nil
  }

  static func command(_ name: String, _ arguments: JSONValue?) -> String? {
    guard shells.contains(name.lowercased()), let arguments else { return nil }
    for field in ["command", "cmd", "script", "input"] {
      if let text = arguments[field]?.string { return text }
      if let words = arguments[field]?.array?.compactMap(\.string), !words.isEmpty {
        // `bash -lc TEXT` is the text.
        if words.count == 3, words[1] == "-lc" || words[1] == "-c" { return words[2] }
        return words.joined(separator: " ")
      }
    }
    return arguments.string
  }

  /// The text of a content field: a string, or a list of blocks.
  static func text(_ content: JSONValue?) -> String {
    switch content {
    case .string(let text)?: return text
    case .array(let blocks)?:
      return blocks.compactMap { block in
        block.string ?? block["text"]?.string ?? block["content"].map { text($0) }
      }.filter { !$0.isEmpty }.joined(separator: "\n")
    case .object?:
      return content?["text"]?.string ?? content?["content"].map { text($0) } ?? ""
    default: return ""
    }
  }

  /// A value as text: a string is itself, all else its JSON.
  static func written(_ value: JSONValue) -> String {
    if let text = value.string { return text }
    var line = LineBuilder(time: 0, type: "x")
    line.add("v", value)
    // Behind `{"t":0,"type":"x","v":`, before `}`.
    return String(decoding: line.bytes.dropFirst(22), as: UTF8.self)
  }

  /// The exit code that tools write into what they give back: `Exit code: 1`, or a line
  /// `Process exited with code 1`, or `(exit code: 1)`, within the first lines.
  static func exitCode(in text: String) -> Int64? {
    let head = String(decoding: text.utf8.prefix(400), as: UTF8.self)
    for line in head.split(separator: "\n", omittingEmptySubsequences: true).prefix(6) {
      for mark in ["Exit code ", "Exit code: ", "Exit Code: ", "Process exited with code "] {
        guard line.hasPrefix(mark) || line.hasPrefix("Error: " + mark) else { continue }
        let rest = line.dropFirst(line.hasPrefix("Error: ") ? mark.count + 7 : mark.count)
        let digits = rest.prefix { "-0123456789".contains($0) }
        if let code = Int64(digits) { return code }
      }
    }
    return nil
  }

  /// JSON that stands in a string, as arguments often do; the string itself where it is none.
  static func unwrapped(_ value: JSONValue?) -> JSONValue? {
    guard let text = value?.string else { return value }
    do { return try JSONValue(parsing: Array(text.utf8)) } catch { return value }
  }
}

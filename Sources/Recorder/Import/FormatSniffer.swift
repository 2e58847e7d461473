internal import Evidence
internal import SessionLog

/// Tells a format by content; a file's name is never asked.
enum FormatSniffer {
  /// What is read before giving up, in bytes.
  private static let horizon: UInt64 = 16 << 20

  /// The format of a file, or a refusal that says what it looks like.
  static func format(of source: SourceFile) throws(ImportFailure) -> ImportFormat {
    let head = try source.head(4096)
    if head.isEmpty, let wrapping = source.wrapping, let fault = wrapping.fault {
      throw .refuse(
        "nothing can be unpacked", source.path, found: fault,
        wanted: "a whole file packed with \(wrapping.kind)")
    }
    guard !head.isEmpty else {
      throw .refuse(
        "nothing to import", source.path, found: "an empty file",
        advice: "An empty recording tells nothing of who did what; leave it out.")
    }
    if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) {
      throw .refuse(
        "cannot import this", source.path, found: "text in UTF-16", wanted: "UTF-8",
        advice: "Convert it on the way: iconv -f UTF-16 -t UTF-8 FILE | blackbox import - --agent …"
      )
    }
    if let wrapping = compression(head) {
      throw .refuse(
        "cannot import this", source.path, found: "a file compressed with \(wrapping.name)",
        wanted: "the recording itself",
        advice: "Unpack it on the way: \(wrapping.command) FILE | blackbox import - --agent …")
    }
    let first = head.first { $0 > 0x20 && $0 != 0xEF && $0 != 0xBB && $0 != 0xBF } ?? 0
    if first == 0x7B || first == 0x5B {
      if let format = try json(source) { return format }
      if let format = try laterLine(source) { return format }
    }
    if starts(head, TypescriptFooter.opening) { return .typescript }
    if isTiming(head) {
      throw .refuse(
        "cannot import this alone", source.path, found: "a timing file of script",
        wanted: "the typescript that it belongs to",
        advice: "Give the typescript, and this file with --timing.")
    }
    if try isTTYRecord(head, size: source.size) { return .ttyrec }
    throw .refuse(
      "cannot tell what this is", source.path, found: isYAML(head) ? "YAML" : kind(of: head),
      wanted: "asciicast, typescript, ttyrec, tlog, a sudo I/O log or an agent's transcript",
      advice: isYAML(head)
        ? "As JSON it may be read: yq -o json . FILE | blackbox import - --agent …"
        : "If you know better, name it with --format.")
  }

  private static func starts(_ bytes: [UInt8], _ text: String) -> Bool {
    bytes.starts(with: text.utf8)
  }

  private static func compression(_ head: [UInt8]) -> (name: String, command: String)? {
    if head.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A]) { return ("xz", "xz -dc") }
    if head.starts(with: [0x42, 0x5A, 0x68]) { return ("bzip2", "bzip2 -dc") }
    return nil
  }

  /// True if the first line with anything on it is a key of YAML, or where a document of it begins.
  private static func isYAML(_ head: [UInt8]) -> Bool {
    let lines = head.split(separator: 0x0A, maxSplits: 16)
    guard let line = lines.first(where: { $0.first.map { $0 > 0x20 && $0 != 0x23 } == true })
    else { return false }
    if line.starts(with: "---".utf8), line.allSatisfy({ $0 == 0x2D || $0 <= 0x20 }) { return true }
    let key = line.prefix { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || byte == 0x5F || byte == 0x2D
    }
    let rest = line[key.endIndex...]
    return !key.isEmpty && rest.first == 0x3A && (rest.count == 1 || rest.dropFirst().first == 0x20)
      && lines.count > 1
  }

  private static func kind(of head: [UInt8]) -> String {
    do {
      var end = head.count
      while end > 0, end > head.count - 4, head[end - 1] & 0xC0 == 0x80 { end -= 1 }
      _ = try UTF8Span(validating: head.span.extracting(0..<max(0, end - 1)))
      return "text of another kind"
    } catch {
      return "bytes of another kind"
    }
  }

  // MARK: Terminal formats

  private static func isTiming(_ head: [UInt8]) -> Bool {
    let text = String(decoding: head, as: UTF8.self)
    let lines = text.split(separator: "\n", maxSplits: 4, omittingEmptySubsequences: false)
    let whole = lines.dropLast().prefix(3)
    return !whole.isEmpty && whole.allSatisfy { TimingEntry(String($0)) != nil }
  }

  /// True if frames follow each other as far as is seen, the last one perhaps cut.
  private static func isTTYRecord(_ head: [UInt8], size: UInt64) throws(ImportFailure) -> Bool {
    var at = 0
    var frames = 0
    var before: UInt32 = 0
    while head.count - at >= TTYRecordParser.headerBytes, frames < 8 {
      let header = TTYRecordParser.header(head.span, at: at)
      // From 1990 on, and never more than a year between two frames; clocks may be set back.
      let apart = header.seconds > before ? header.seconds - before : before - header.seconds
      guard header.seconds > 631_152_000, header.micros < 1_000_000,
        header.count <= TTYRecordParser.mostBytes, frames == 0 || apart < 31_622_400
      else { return frames > 0 }
      before = header.seconds
      frames += 1
      at += TTYRecordParser.headerBytes + header.count
      if at >= head.count { return frames > 1 || UInt64(at) <= size || size < 1 << 20 }
    }
    return frames > 0
  }

  // MARK: JSON

  private static func json(_ source: SourceFile) throws(ImportFailure) -> ImportFormat? {
    var splitter = try DocumentSplitter(source)
    var members: [JSONValue.Member] = []
    var names: Set<String> = []
    var element: JSONValue?
    scan: while members.count < 128, splitter.reader.offset < horizon {
      switch try splitter.next() {
      case .end, .damage: break scan
      case .tooLong(let name, _, _): names.insert(name)
      case .member(let name, let bytes):
        names.insert(name)
        guard bytes.count <= 64 << 10 else { continue }
        do { members.append(.init(name, try JSONValue(parsing: bytes))) } catch { continue }
      case .element(let name, let bytes):
        if !names.insert(name).inserted { continue }
        if name == "trajectory", isOpenHandsEvent(bytes) { return .openHands }
        if name == "", element == nil, bytes.count <= 1 << 20 {
          do { element = try JSONValue(parsing: bytes) } catch { return nil }
          break scan
        }
      }
    }
    if let element {
      if let members = element.members {
        return elementFormat(.object(members), Set(members.map(\.name)), in: source)
      }
      return nil
    }
    return try format(.object(members), names, source)
  }

  /// OpenHands may keep its events as the `trajectory` of an object, as SWE-agent does its steps.
  private static func isOpenHandsEvent(_ bytes: [UInt8]) -> Bool {
    do {
      let event = try JSONValue(parsing: bytes)
      return event["source"] != nil && event["response"] == nil
        || event["args"] != nil && event["action"] != nil
    } catch { return false }
  }

  /// The format that a line after the first tells, where the first is a header of another shape.
  private static func laterLine(_ source: SourceFile) throws(ImportFailure) -> ImportFormat? {
    var reader = try ByteReader(source)
    try reader.skipMark()
    for number in 0..<32 {
      guard let (count, hasEnd) = try reader.line(limit: 1 << 20), hasEnd else { return nil }
      let line = try reader.take(count)
      reader.consume(1)
      guard number > 0, line.first == 0x7B else { continue }
      do {
        let json = try JSONValue(parsing: line)
        let names = Set(json.members?.map(\.name) ?? [])
        if let format = try format(json, names, source) { return format }
      } catch let failure as ImportFailure { throw failure } catch { continue }
    }
    return nil
  }

  private static func format(
    _ json: JSONValue, _ names: Set<String>, _ source: SourceFile
  ) throws(ImportFailure) -> ImportFormat? {
    func has(_ all: String...) -> Bool { all.allSatisfy { names.contains($0) } }
    switch json["version"]?.integer {
    case 1? where has("stdout") || has("width"): return .asciicast1
    case 2? where !has("stdout"): return .asciicast2
    case 3? where has("term") || has("timestamp") || names.count <= 2: return .asciicast3
    case let version? where has("width", "height") || has("term"):
      throw .refuse(
        "cannot import this", source.path, found: "an asciicast of version \(version)",
        wanted: "version 1, 2 or 3")
    default: break
    }
    if json["t"]?.integer != nil, json["type"]?.string == "session.start" { return .ndjson }
    if has("timing"), has("ver") || has("rec") { return .tlog }
    if TlogParser.inJournal(json) != nil { return .tlog }
    if has("trajectory") { return .sweAgent }
    if has("checkpoint_id") {
      throw notEvents(source, "metadata of a checkpoint", "the transcript beside it (full.jsonl)")
    }
    if has("agent", "workspace", "id"), !has("source") {
      throw notEvents(source, "the state of a conversation", "its events")
    }
    return elementFormat(json, names, in: source)
  }

  /// A message of OpenAI's Responses interface, which Codex keeps as it is.
  private static func isResponse(_ json: JSONValue) -> Bool {
    let kind = json["content"]?.array?.first?["type"]?.string
    return kind == "input_text" || kind == "output_text"
  }

  private static func notEvents(_ source: SourceFile, _ found: String, _ wanted: String)
    -> ImportFailure
  {
    .refuse(
      "nothing to import", source.path, found: found + ": no event stands in it",
      wanted: wanted)
  }

  /// The format that one line, or one element of a list, belongs to.
  private static func elementFormat(
    _ json: JSONValue, _ names: Set<String>, in source: SourceFile
  ) -> ImportFormat? {
    func has(_ all: String...) -> Bool { all.allSatisfy { names.contains($0) } }
    if has("jsonrpc") || has("interactions") || MCPCassette.message(json) != nil { return .mcp }
    if has("messages"), has("sessionId", "projectHash") || has("sessionId", "startTime") {
      return .gemini
    }
    if has("role", "parts") { return .gemini }
    if has("info", "parts") || has("info", "messages"), json["info"]?["projectID"] != nil {
      return .openCode
    }
    if has("info", "parts") { return .openCode }
    if has("messages") {
      return has("response") || has("kwargs") ? .openHands : has("info") ? .miniSWEAgent : .chat
    }
    if has("history"), has("instruction") || has("issue") { return .openHands }
    if has("history"), has("clientHistory") || has("toolCall") { return .gemini }
    // A demonstration of SWE-agent has its messages alone.
    if has("history") { return .chat }
    if has("kind", "source") || has("source", "action") || has("source", "observation") {
      return .openHands
    }
    if has("method", "response") { return .gemini }
    if let type = json["type"]?.string {
      if Codex.types.contains(type) || type == "message" && has("role") && isResponse(json) {
        return .codex
      }
      if has("session_id"), ["system", "assistant", "user", "result"].contains(type) {
        return .claudeCode
      }
      if has("message") || has("sessionId") || has("uuid") || has("leafUuid") || has("messageId") {
        return .claudeCode
      }
    }
    if has("msg"), json["msg"]?["type"]?.string != nil { return .codex }
    if has("role", "content") { return has("id") || has("created_at") ? .openCode : .chat }
    if has("tool"), has("observation") || has("arguments") { return .openCode }
    return nil
  }
}

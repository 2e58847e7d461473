internal import SessionLog

/// What of a terminal session a foreign format may hold.
enum TerminalEvent {
  case output([UInt8])
  case input([UInt8])
  case resize(columns: Int64, rows: Int64)
  case marker(String)
  case end(exitCode: Int64?)
  case gap
  /// Anything else.
  case other
}

/// Reads a session's lines as terminal events, putting the parts of a long payload together.
struct TerminalEvents {
  private var parts: [UInt8] = []
  private var isJoining = false

  /// A payload shorter than this is never a part of another but the last.
  private static let shortest = 32 << 10

  /// The next event and its time; nil for a line that is none, or a part whose rest follows.
  mutating func next(_ line: Span<UInt8>) -> (time: UInt64, event: TerminalEvent)? {
    guard let header = LineHeader(line) else { return nil }
    let isOutput = header.isType("terminal.output", in: line)
    if isOutput || header.isType("terminal.input", in: line) {
      var bytes: [UInt8] = []
      guard Payload.append(from: line, header: header, to: &bytes) else { return nil }
      if isJoining || bytes.count >= Self.shortest {
        let json: JSONValue
        do { json = try JSONValue(parsing: line) } catch { return nil }
        if json["part"] != nil {
          parts += bytes
          isJoining = json["last"]?.bool != true
          if isJoining, parts.count < 16 << 20 { return nil }
          bytes = parts
          parts = []
          isJoining = false
        }
      }
      return (header.time, isOutput ? .output(bytes) : .input(bytes))
    }
    if header.isType("session.start", in: line) || header.isType("session.salt", in: line)
      || header.isType("import.header", in: line)
    {
      return nil
    }
    return (header.time, event(line, header))
  }

  private func event(_ line: Span<UInt8>, _ header: LineHeader) -> TerminalEvent {
    let json: JSONValue
    do { json = try JSONValue(parsing: line) } catch { return .other }
    switch header.typeName(in: line) {
    case "terminal.resize":
      guard let columns = json["cols"]?.integer, let rows = json["rows"]?.integer else {
        return .other
      }
      return .resize(columns: columns, rows: rows)
    case "marker.note": return .marker(json["label"]?.string ?? "")
    case "session.end": return .end(exitCode: json["exit_code"]?.integer)
    case "recorder.gap": return .gap
    default: return .other
    }
  }
}

package import SessionLog
internal import Text

/// One safe line that tells what an event is.
///
/// It is for sessions without a terminal, and for the status: fields in the order the recorder wrote
/// them, long ones cut. Nothing in it needs further encoding.
package enum EventSummary {
  /// Longer lines are not parsed for a summary.
  private static let parsed = 256 << 10
  private static let fieldScalars = 60

  /// `0:12.345  database.query  text=SELECT 1  rows=1`.
  package static func line(_ event: EventLine?, number: Int, limit: Int = 400) -> String {
    guard let event else { return "#\(number)  (withheld: only the hash of this event is left)" }
    let head = ClockText.text(event.time, millis: true) + "  " + event.type
    let details = details(event, limit: limit)
    return details.isEmpty ? head : head + "  " + details
  }

  /// The fields alone.
  static func details(_ event: EventLine, limit: Int) -> String {
    guard event.bytes.count <= parsed else {
      return "(\(ByteCountText.text(Int64(event.bytes.count))))"
    }
    let json: JSONValue
    do { json = try event.json() } catch { return "(not well-formed JSON)" }
    var parts: [String] = []
    for member in json.members ?? [] {
      if member.name == "t" || member.name == "type" || parts.count > 24 { continue }
      // Salts and keys tell a reader nothing.
      if event.type == "session.salt" { continue }
      parts.append(
        TerminalText.line(member.name, limit: fieldScalars) + "="
          + value(member.value, depth: 0))
    }
    return TerminalText.line(parts.joined(separator: "  "), limit: limit)
  }

  private static func value(_ value: JSONValue, depth: Int) -> String {
    switch value {
    case .null: "null"
    case .bool(let flag): flag ? "true" : "false"
    case .integer(let number): String(number)
    case .number(let text): TerminalText.line(text, limit: fieldScalars)
    case .string(let text): TerminalText.line(text, limit: fieldScalars)
    case .array(let values):
      depth > 1
        ? "[\(values.count)]"
        : "[" + values.prefix(4).map { self.value($0, depth: depth + 1) }.joined(separator: ", ")
          + (values.count > 4 ? ", …]" : "]")
    case .object(let members):
      depth > 1
        ? "{\(members.count)}"
        : "{"
          + members.prefix(4).map {
            TerminalText.line($0.name, limit: fieldScalars) + ": "
              + self.value($0.value, depth: depth + 1)
          }.joined(separator: ", ") + (members.count > 4 ? ", …}" : "}")
    }
  }
}

/// Session time as `1:02:03` or `0:12.345`.
package enum ClockText {
  package static func text(_ microseconds: UInt64, millis: Bool = false) -> String {
    let seconds = microseconds / 1_000_000
    func two(_ value: UInt64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    var text =
      seconds >= 3600
      ? "\(seconds / 3600):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
      : "\(seconds / 60):\(two(seconds % 60))"
    if millis {
      let rest = String(microseconds / 1000 % 1000)
      text += "." + String(repeating: "0", count: 3 - rest.count) + rest
    }
    return text
  }
}

package import SessionLog
internal import Text

/// What an agent did, in one line of recorded text: the part of an event that two sessions can be compared by.
package enum CommandText {
  /// Nil for an event that is no command, statement, request, call or decision.
  ///
  /// Times, ids and places are left out. Not encoded: it must pass `Text` before it goes anywhere.
  package static func text(_ event: EventLine) -> String? {
    let json: JSONValue
    do { json = try event.json() } catch { return nil }
    func field(_ name: String) -> String? {
      switch json[name] {
      case .string(let text): text
      case .integer(let number): String(number)
      default: nil
      }
    }
    func all(_ names: String...) -> String { names.compactMap(field).joined(separator: " ") }
    switch event.type {
    case "terminal.command": return all("text")
    case "database.query": return all("text")
    case "database.connect": return "connect " + all("dbms", "database", "role")
    case "http.request": return all("method", "host", "path")
    case "kubernetes.request":
      return all("verb", "namespace", "api_resource", "resource", "name", "subresource", "code")
    case "mcp.call": return all("method", "name") + arguments(json)
    case "tool.call": return all("name", "tool") + arguments(json)
    case "file.transfer":
      return (field("direction") == "to_client" ? "download " : "upload ") + all("path")
    case "policy.decision":
      // What was only watched was let through.
      let isWatched = json["enforced"] == .bool(false) && field("outcome") != "allow"
      return "policy: " + all("outcome", "rule") + (isWatched ? " (not enforced)" : "")
    case "approval.granted", "approval.rejected", "approval.expired": return event.type
    default: return nil
    }
  }

  private static func arguments(_ json: JSONValue) -> String {
    guard let value = json["args"] ?? json["arguments"] ?? json["input"], value != .null else {
      return ""
    }
    if case .string(let text) = value { return " " + text }
    var bytes: [UInt8] = []
    JSONLine.value(value, into: &bytes)
    return " " + String(decoding: bytes, as: UTF8.self)
  }
}

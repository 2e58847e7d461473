internal import Evidence
internal import Platform
internal import SessionLog

/// Lines that go to clients.
///
/// A ref stands between its quotes as the client wrote it.
///
/// Format: schema/ingest-protocol.md.
enum AnswerLine {
  static func hello(
    version: String, store: String, credit: Int, sessions: Int, resume: UInt64, flush: UInt64
  )
    -> [UInt8]
  {
    line(
      "{\"hello\":1,\"server\":\(quoted("blackbox/" + version)),\"store\":\(quoted(store)),"
        + "\"limits\":{\"line\":\(Limits.lineBytes),\"credit\":\(credit),\"sessions\":\(sessions),"
        + "\"flush_ms\":\(flush / 1000),\"resume_s\":\(resume / 1_000_000)}}")
  }

  /// `opened`, `resumed`, `ack` and `closed`: a receipt for the session as it stands.
  static func receipt(
    _ word: StaticString, ref: String, n: UInt64?, session: SessionID, lines: UInt64, root: Digest,
    head: Checkpoint?
  ) -> [UInt8] {
    var text = "{\"\(word)\":\"\(ref)\","
    if let n { text += "\"n\":\(n)," }
    text +=
      "\"session\":\"\(session)\",\"lines\":\(lines),\"root\":\"\(Base64.encode(root.bytes))\""
    if let head {
      text += ",\"log\":{\"size\":\(head.size),\"root\":\"\(Base64.encode(head.root.bytes))\"}"
    }
    return line(text + "}")
  }

  static func credit(_ total: UInt64) -> [UInt8] { line("{\"credit\":\(total)}") }

  static func error(
    _ refusal: Refusal, ref: String? = nil, n: UInt64? = nil, session: SessionID? = nil
  ) -> [UInt8] {
    var text = "{\"error\":\"\(refusal.code.rawValue)\",\"message\":\(quoted(refusal.message))"
    if let ref { text += ",\"ref\":\"\(ref)\"" }
    if let n { text += ",\"n\":\(n)" }
    if let session { text += ",\"session\":\"\(session)\"" }
    return line(text + "}")
  }

  private static func line(_ text: String) -> [UInt8] { Array(text.utf8) + [0x0A] }

  /// A JSON string of our own words; what is not printable ASCII becomes `?`.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\" + String(scalar)
      case " "..."~": result.unicodeScalars.append(scalar)
      default: result += "?"
      }
    }
    return result + "\""
  }
}

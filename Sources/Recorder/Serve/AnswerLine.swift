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
    version: String, store: String, credit: Int, sessions: Int, resume: UInt64, flush: UInt64,
    onFailure: FailurePolicy
  ) -> [UInt8] {
    line(
      "{\"hello\":1,\"server\":\(quoted("blackbox/" + version)),\"store\":\(quoted(store)),"
        + "\"on_failure\":\"\(onFailure.rawValue)\","
        + "\"limits\":{\"line\":\(Limits.lineBytes),\"credit\":\(credit),\"sessions\":\(sessions),"
        + "\"flush_ms\":\(flush / 1000),\"resume_s\":\(resume / 1_000_000)}}")
  }

  /// `opened`, `resumed`, `ack` and `closed`: a receipt for the session as it stands.
  ///
  /// `reason` is why the session ended; one that a JSON string need not escape.
  static func receipt(
    _ word: StaticString, ref: String, n: UInt64?, session: SessionID, lines: UInt64, root: Digest,
    reason: String? = nil, head: Checkpoint?
  ) -> [UInt8] {
    // Thousands of these go out in each round: no string is made on the way.
    var line: [UInt8] = []
    line.reserveCapacity(192)
    line.append(literal: "{\"")
    line.append(literal: word)
    line.append(literal: "\":\"")
    line.append(contentsOf: ref.utf8)
    line.append(literal: "\",")
    if let n {
      line.append(literal: "\"n\":")
      DecimalText.append(n, to: &line)
      line.append(0x2C)
    }
    line.append(literal: "\"session\":\"")
    line.append(contentsOf: session.text.utf8)
    line.append(literal: "\",\"lines\":")
    DecimalText.append(lines, to: &line)
    append(root, to: &line)
    if let reason {
      line.append(literal: ",\"reason\":\"")
      line.append(contentsOf: reason.utf8)
      line.append(0x22)
    }
    if let head {
      line.append(literal: ",\"log\":{\"size\":")
      DecimalText.append(head.size, to: &line)
      append(head.root, to: &line)
      line.append(0x7D)
    }
    line.append(literal: "}\n")
    return line
  }

  private static func append(_ root: Digest, to line: inout [UInt8]) {
    line.append(literal: ",\"root\":\"")
    Base64.append(root.bytes.span, to: &line)
    line.append(0x22)
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

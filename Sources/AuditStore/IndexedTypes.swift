/// The types that the index knows, each with a number of one byte: the order is part of the index's version.
///
/// OCSF classes: docs of 1.8.0; 0 where a type is not exported.
enum IndexedTypes {
  struct Known: Sendable {
    var name: StaticString
    var classUID: Int64
    var isAction: Bool
    /// Its fields that have no column are kept in `attrs`.
    var keepsFields: Bool
  }

  private static func known(
    _ name: StaticString, _ classUID: Int64 = 0, action: Bool = false, fields: Bool = false
  ) -> Known { Known(name: name, classUID: classUID, isAction: action, keepsFields: fields) }

  static let all: [Known] = [
    known("session.start", 3003), known("session.salt"), known("session.end", 3003, fields: true),
    known("session.join", 3003, fields: true), known("session.leave", 3003, fields: true),
    known("terminal.output"), known("terminal.input"), known("terminal.resize", fields: true),
    known("terminal.command", 1007, action: true), known("terminal.signal", fields: true),
    known("process.stderr"), known("database.connect", 6005, fields: true),
    known("database.query", 6005, action: true), known("database.result", 6005),
    known("http.request", 4002, action: true), known("http.response", 4002),
    known("mcp.catalog", 6003), known("mcp.call", 6003, action: true), known("mcp.result", 6003),
    known("mcp.notification", 6003), known("mcp.batch"), known("mcp.malformed"),
    known("mcp.tool.approved", 3005, fields: true),
    known("kubernetes.request", 6003, action: true), known("ssh.channel", 4007, action: true),
    known("file.transfer", 4007, action: true), known("tunnel.open", 4014, action: true),
    known("tunnel.close", 4014), known("policy.load", 3004, fields: true),
    known("policy.activate", 3004, fields: true), known("policy.rollback", 3004, fields: true),
    known("policy.deactivate", 3004, fields: true), known("policy.decision"),
    known("approval.request", 3003, fields: true), known("approval.vote", 3003, fields: true),
    known("approval.granted", 3003, fields: true), known("approval.rejected", 3003, fields: true),
    known("approval.expired", 3003, fields: true), known("approval.revoked", 3005, fields: true),
    known("approval.cancelled", 3003, fields: true), known("approval.consumed", 3003, fields: true),
    known("approval.break_glass", 3003, fields: true), known("masking.applied", 2006),
    known("masking.missed", 2006), known("masking.error", 2006, fields: true),
    known("delegation.issued", 3003, fields: true), known("delegation.used", 3003, fields: true),
    known("delegation.revoked", 3005, fields: true),
    known("delegation.rejected", 3003, fields: true), known("identity.change", 3001, fields: true),
    known("auth.attempt", 3002, fields: true), known("resource.classify", 3004, fields: true),
    known("resource.canary", 3004, fields: true), known("recorder.start", 1008, fields: true),
    known("recorder.stop", 1008, fields: true), known("recorder.pause", 1008, fields: true),
    known("recorder.resume", 1008, fields: true), known("recorder.rotate", 1008, fields: true),
    known("recorder.seal", 1008, fields: true), known("recorder.gap", 1008, fields: true),
    known("recorder.config", 1008, fields: true), known("recorder.fail", 1008, fields: true),
    known("recorder.recovered", 1008, fields: true), known("audit.query", 6003, fields: true),
    known("audit.replay", 6003, fields: true), known("audit.export", 1008, fields: true),
    known("audit.report", 6003, fields: true), known("audit.verify", 6003, fields: true),
    known("audit.erase", 1008, fields: true), known("clock.sync", fields: true),
    known("clock.step", fields: true), known("marker.note", fields: true),
    known("marker.risk", fields: true), known("marker.legal_hold", fields: true),
    known("marker.review", 2003, fields: true), known("agent.message"), known("agent.thought"),
    known("agent.note", fields: true), known("tool.call", 6003, action: true),
    known("tool.result", 6003), known("asciicast.event"), known("import.header"),
    known("import.source"),
  ]

  static let table = NameTable(all.map(\.name))

  /// The number of a known type, from 1.
  static func number(_ name: StaticString) -> Int32 {
    for (index, type) in all.enumerated() where type.name.description == name.description {
      return Int32(index + 1)
    }
    return 0
  }

  static let output = number("terminal.output")
  static let input = number("terminal.input")
  static let command = number("terminal.command")
}

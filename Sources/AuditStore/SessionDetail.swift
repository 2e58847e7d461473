internal import Evidence
internal import Platform
package import SessionLog
package import Text

/// One session, read from its verified bytes and the log; the index is not asked.
package struct SessionDetail: Sendable {
  package var id: SessionID
  package var verdict: SessionVerdict
  /// Findings of the log itself; they cast doubt on every session.
  package var logFindings: [Finding]
  /// The newest checkpoint: how far the log was signed when this was read.
  package var logSize: UInt64?
  package var logRoot: String?
  /// Events by type, most frequent first.
  package var types: [(name: String, count: UInt64)]
  package var events: UInt64
  /// Bytes of all verified event lines.
  package var bytes: UInt64
  package var denied: UInt64
  package var masked: UInt64
  package var inputBytes: UInt64
  package var outputBytes: UInt64
  /// Microseconds from line 0 to the last line under a commit.
  package var duration: UInt64

  /// Verifies a session against a log that was read and counts what it holds.
  package init(_ id: SessionID, in store: Store, log: LogView) throws(AuditFailure) {
    var reader = EventReader()
    verdict = try logged { () throws(SessionLogFailure) in
      try StoreVerifier.verify(id, in: store, log: log) {
        (batch, isCommitted) throws(SessionLogFailure) in
        if isCommitted { reader.count(batch) }
      }
    }
    let tally = reader.tally
    self.id = id
    logFindings = log.findings
    logSize = log.checkpoint?.size
    logRoot = log.checkpoint?.root.hex
    types = tally.types.map { (name: $0.key, count: $0.value) }.sorted {
      $0.count != $1.count ? $0.count > $1.count : $0.name < $1.name
    }
    events = tally.lines
    bytes = tally.bytes
    denied = tally.denied
    masked = tally.masked
    inputBytes = tally.inputBytes
    outputBytes = tally.outputBytes
    duration = tally.lastTime
  }
}

extension SessionDetail {
  /// The log's findings, then the session's own.
  package var findings: [Finding] { logFindings + verdict.findings }
  package var isIntact: Bool { findings.isEmpty }
  /// One word: the gravest finding, else what the session's verdict says.
  package var word: String { findings.map(\.verdict).min()?.rawValue ?? verdict.word }
  /// What nobody may hide; no witness is asked yet.
  package var facts: [String] { (verdict.facts + [.unwitnessed]).map(\.description) }

  /// Writes the session as an object's fields.
  package func write(to json: inout JSONText) {
    json.field("id", id.text)
    json.field("verdict", word)
    json.field("intact", isIntact)
    json.field("facts", facts)
    json.array("findings") { json in
      for finding in findings { json.object { json in finding.write(to: &json) } }
    }
    if let start = verdict.start {
      json.field("title", start.name)
      json.field("kind", start.kind)
      json.field("start", Timestamp(microseconds: start.start).text(.microseconds))
      json.object("agent") { json in start.agent.write(to: &json) }
      if let principal = start.principal {
        json.object("principal") { json in principal.write(to: &json) }
      } else {
        json.null("principal")
      }
      if let resource = start.resource {
        json.object("resource") { json in
          json.field("kind", resource.kind)
          json.field("uid", resource.uid)
          json.field(ifPresent: "env", resource.environment)
        }
      } else {
        json.null("resource")
      }
      json.field("host", start.host)
      json.field("purpose", start.purpose)
      json.field("argv", start.command)
    }
    json.field("closed", verdict.isClosed)
    json.field("live", verdict.isLive)
    json.field("end_reason", verdict.endReason)
    json.field("exit", verdict.exitCode)
    json.field("duration_us", duration)
    json.field("events", events)
    json.object("types") { json in for type in types { json.field(type.name, type.count) } }
    json.field("bytes", bytes)
    json.field("input_bytes", inputBytes)
    json.field("output_bytes", outputBytes)
    json.field("denied", denied)
    json.field("masked", masked)
    json.field("gaps", verdict.gaps)
    json.field("recovered_lines", verdict.recoveredLines)
    json.field("withheld_lines", verdict.withheldLines)
    json.object("file") { json in
      json.field("path", verdict.path)
      json.field("verified_bytes", verdict.bytes)
      json.field("sha256", verdict.sha256?.hex)
      json.field("root", verdict.root?.hex)
    }
    json.object("log") { json in
      json.field("open_leaf", verdict.openLeaf)
      json.field("last_leaf", verdict.lastLeaf)
      json.field("anchored_lines", verdict.anchoredLines)
      json.field("size", logSize)
      json.field("root", logRoot)
    }
    json.object("loss_window") { json in
      for (who, what) in verdict.lossWindow { json.field(who, what) }
    }
  }
}

extension Finding {
  /// File, byte and line as far as they are known.
  package var place: String {
    var text = path
    if let offset { text += ", byte \(offset)" }
    if let line { text += ", line \(line)" }
    return text
  }

  func write(to json: inout JSONText) {
    json.field("rule", rule.rawValue)
    json.field("verdict", verdict.rawValue)
    json.field("area", area.rawValue)
    json.field("path", path)
    json.field(ifPresent: "offset", offset)
    json.field(ifPresent: "line", line)
    json.field("found", found)
    json.field("wanted", wanted)
    json.field("advice", advice)
  }
}

extension Identity {
  func write(to json: inout JSONText) {
    json.field("issuer", issuer)
    json.field("uid", uid)
    json.field(ifPresent: "name", name)
    json.field(ifPresent: "version", version)
    json.field(ifPresent: "model", model)
  }
}

internal import Evidence
internal import Platform
package import SessionLog

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

  /// Verifies a session and counts what it holds.
  package init(_ id: SessionID, in store: Store) throws(AuditFailure) {
    var tally = SessionTally()
    let log = try logged { () throws(SessionLogFailure) in
      try LogView(
        store, trust: Trust(key: store.verifierKey, source: .unpinned), state: nil, only: id)
    }
    verdict = try logged { () throws(SessionLogFailure) in
      try SessionVerifier.verify(id, in: store, leaves: log.leaves[id] ?? []) {
        (batch, isCommitted) throws(SessionLogFailure) in
        if isCommitted { tally.add(batch) }
      }
    }
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

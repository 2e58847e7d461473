internal import Evidence
package import Platform
package import SessionLog

/// What to record, and on whose behalf.
package struct RecordingRequest: Sendable {
  package var command: [String]
  /// The value of TERM, for the record.
  package var terminalType: String?
  package var agent: Identity
  package var principal: Identity?
  package var resource: Resource?
  package var purpose: String?
  /// Seconds to wait for a full disk before the session is ended.
  package var spacePatience: UInt32 = 10

  package init(command: [String], agent: Identity) {
    self.command = command
    self.agent = agent
  }
}

/// Why a recording did not happen, or did not come to its proper end.
package enum RecordingFailure: Error, Sendable {
  /// The child could not be started; the session that was opened for it is closed.
  case spawn(SpawnFailure, command: String)
  case log(SessionLogFailure)
  /// The system has no thread or signal source to give.
  case system(String)
}

/// Something a person at the terminal should know while recording.
package enum RecordingNotice: Sendable {
  case began(SessionID)
  case recovered([Recovery.Outcome])
  case waitingForSpace
  case spaceReturned
}

extension RecordingRequest {
  /// Line 0 of a session of this kind; `resource` stands where the request names none.
  func sessionStart(kind: String, resource: Resource?, in store: Store, clock: any Clock)
    throws(SessionLogFailure) -> SessionStart
  {
    let wall = clock.wall()
    let random: [UInt8]
    do { random = try randomBytes(10) } catch { throw SessionLogFailure(error) }
    let head = try store.checkpoint(signedBy: store.verifierKey).0
    var start = SessionStart(
      store: store.origin,
      session: SessionID(milliseconds: UInt64(clamping: wall / 1000), random: random), kind: kind,
      start: wall, bootID: clock.bootID, agent: agent, after: (head.size, head.root))
    start.principal = principal
    start.resource = self.resource ?? resource
    start.purpose = purpose
    start.command = command
    start.host = hostName
    return start
  }
}

extension SessionLogFailure {
  /// The writing thread ended without saying why: a defect, told as one.
  static let endedWithoutWord = SessionLogFailure(
    .system, "the recording ended without a word", advice: "Run `blackbox recover` and verify.")
}

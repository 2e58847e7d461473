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
  package var title: String?
  /// The session that this recorder runs in, if it is recorded itself.
  package var parent: SessionID?
  /// Environment variables that line 0 tells.
  package var environment: [(name: String, value: String)] = []
  /// Seconds to wait for a full disk before the session is ended.
  package var spacePatience: UInt32 = 10
  package var input = InputPolicy.off
  package var onFailure = FailurePolicy.block
  /// Whoever is recorded may ask for a pause; it is told in the recording either way.
  package var allowsPause = false
  /// The socket of a `blackbox serve` that records in place of this process; nil: recorded here.
  package var target: String?
  /// What is replaced before anything is written; nil for nothing.
  package var redaction: RedactionRules?

  package init(command: [String], agent: Identity) {
    self.command = command
    self.agent = agent
  }
}

/// What becomes of what is typed.
package enum InputPolicy: String, Sendable, CaseIterable {
  case off, on
  /// As `on`, but passwords become a count.
  case masked
}

/// What happens to the recorded command when recording fails.
package enum FailurePolicy: String, Sendable, CaseIterable {
  /// It is ended: nothing runs unrecorded.
  case block
  /// It goes on, in a new session as soon as there can be one, and the hole is told there.
  case goOn = "continue"
}

/// Why a recording did not happen, or did not come to its proper end.
package enum RecordingFailure: Error, Sendable {
  /// The child could not be started; the session that was opened for it is closed.
  case spawn(SpawnFailure, command: String)
  case log(SessionLogFailure)
  /// The service that was streamed to refused, or was lost for too long.
  case service(ServiceFailure)
  /// The command came to its end by itself, and what failed is the recording: its session is not closed.
  indirect case afterEnd(ExitStatus, RecordingFailure)
  /// A signal came before the command was started.
  case interrupted(Int32)
  /// The system has no thread or signal source to give.
  case system(String)
}

/// Something a person at the terminal should know while recording.
package enum RecordingNotice: Sendable {
  case began(SessionID)
  case recovered([Recovery.Outcome])
  case waitingForSpace
  case spaceReturned
  /// Recording failed, and the command goes on as policy says.
  case failing(String)
  /// The service is away, and is tried again, or it is there and acknowledges nothing.
  case waitingForService
  case serviceReturned
  /// Standard output cannot be written, for another reason than that its reader is gone; the command was hung up.
  case outputLost(FileFailure)
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
    start.title = title
    start.parent = parent
    start.environment = environment
    start.command = command
    start.host = hostName
    return start
  }

  /// This request as line 0 may tell it, and what was replaced: all that was said on the command line or stands in the
  /// environment may hold a secret.
  func redacted() -> (told: RecordingRequest, findings: [Redactor.Finding]) {
    guard let redaction else { return (self, []) }
    var redactor = Redactor(redaction)
    func clean(_ text: String) -> String {
      String(decoding: redactor.redact(Array(text.utf8)), as: UTF8.self)
    }
    func clean(_ identity: Identity) -> Identity {
      var identity = identity
      identity.issuer = clean(identity.issuer)
      identity.uid = clean(identity.uid)
      return identity
    }
    func clean(_ resource: Resource) -> Resource {
      var resource = resource
      // As it was written: the kind may be a URL's scheme.
      let (start, whole) = ("\(resource.kind):", clean("\(resource.kind):\(resource.uid)"))
      resource.uid =
        whole.hasPrefix(start) ? String(whole.dropFirst(start.count)) : clean(resource.uid)
      if !whole.hasPrefix(start) { resource.kind = clean(resource.kind) }
      return resource
    }
    var told = self
    told.command = command.map(clean)
    told.terminalType = terminalType.map(clean)
    told.agent = clean(agent)
    told.principal = principal.map(clean)
    told.resource = resource.map(clean)
    told.environment = environment.map { ($0.name, clean($0.value)) }
    told.title = title.map(clean)
    told.purpose = purpose.map(clean)
    return (told, redactor.takeFindings())
  }

  /// What is set otherwise than usual, as the value of a `recorder.config` line; nil if nothing is.
  func settings() -> JSONValue? {
    var members: [JSONValue.Member] = []
    if input != .off { members.append(.init("input", .string(input.rawValue))) }
    if onFailure != .block { members.append(.init("on_failure", .string(onFailure.rawValue))) }
    if allowsPause { members.append(.init("pause", .string("allowed"))) }
    if let redaction {
      members.append(.init("redact", .array(redaction.names.map { .string($0) })))
    }
    return members.isEmpty ? nil : .object(members)
  }
}

extension SessionLogFailure {
  /// The writing thread ended without saying why: a defect, told as one.
  static let endedWithoutWord = SessionLogFailure(
    .system, "the recording ended without a word", advice: "Run `blackbox recover` and verify.")
}

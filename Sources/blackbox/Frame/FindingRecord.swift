internal import AuditStore
internal import SessionLog

/// Writes what happens to findings into the store's audit session, so that it outlives the index.
struct FindingRecord {
  private let trail: AccessTrail

  init(_ arguments: ParsedArguments, _ store: Store) throws {
    let location = try arguments.store()
    trail = try AccessTrail(
      store, state: location.state, socket: arguments.environment["BLACKBOX_SOCKET"])
  }

  /// Records a change of a finding's state.
  ///
  /// - Throws: where nothing can be recorded, because the state would be lost with the index.
  func review(_ finding: DetectedFinding, disposition: String, reason: String?) throws {
    if case .unrecorded(let why) = trail.route {
      throw UserFailure(
        .refused, "the state of a finding cannot be recorded here", found: why,
        advice: "Change it in the store itself.")
    }
    var event = MarkerReviewEvent(author: AccessTrail.reader, disposition: disposition)
    event.finding = finding.key
    event.subject = EventReference(finding.place)
    event.reason = reason
    try trail.record(event)
  }

  /// Records that a finding was told, so that a rebuilt index does not tell it again.
  func announce(_ finding: DetectedFinding) throws {
    var event = MarkerRiskEvent(label: "\(finding.rule) \(finding.title)")
    event.author = AccessTrail.reader
    event.subject = EventReference(finding.place)
    event.risk =
      switch finding.severity {
      case ..<3: "low"
      case 3: "medium"
      case 4: "high"
      default: "critical"
      }
    try trail.record(event)
  }
}

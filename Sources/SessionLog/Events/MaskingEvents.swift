// Fields: schema/events.md.

/// Values were taken out; they are never stored, nor an unkeyed digest of them.
package struct MaskingAppliedEvent: SessionEvent {
  package static let type: StaticString = "masking.applied"

  /// The action, or its result, whose content it was; absent: the session's own stream, up to this line.
  package var subject: EventReference?
  /// `in`: towards the resource.
  package var direction: MaskingDirection
  /// `card`, `ssn`, `jwt`, `private_key`, `email` and others.
  package var infoType: String
  /// How.
  package var method: MaskingMethod
  /// Values found.
  package var found: Int64
  /// Values masked.
  package var masked: Int64
  /// Table, path, tool.
  package var object: String?
  /// Column, member; `*`: any.
  package var field: String?
  /// What found them.
  package var detector: String?
  /// Its version.
  package var detectorVersion: String?
  /// From which score on.
  package var minScore: Double?
  /// Bytes of these values that were stored before it was known what they were (`redaction.md` §3).
  package var shownBytes: Int64?
  package var common = CommonFields()

  package init(
    direction: MaskingDirection, infoType: String, method: MaskingMethod, found: Int64,
    masked: Int64
  ) {
    self.direction = direction
    self.infoType = infoType
    self.method = method
    self.found = found
    self.masked = masked
  }

  package init(_: Blank) {
    direction = .blank
    infoType = .blank
    method = .blank
    found = .blank
    masked = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.optional("subject", &subject)
    try visitor.required("dir", &direction)
    try visitor.required("info_type", &infoType)
    try visitor.required("method", &method)
    try visitor.required("found", &found)
    try visitor.required("masked", &masked)
    try visitor.optional("object", &object)
    try visitor.optional("field", &field)
    try visitor.optional("detector", &detector)
    try visitor.optional("detector_version", &detectorVersion)
    try visitor.optional("min_score", &minScore)
    try visitor.optional("shown_bytes", &shownBytes)
  }
}

/// Values were found and not taken out.
package struct MaskingMissedEvent: SessionEvent {
  package static let type: StaticString = "masking.missed"

  /// As above.
  package var subject: EventReference?
  /// `in`: towards the resource.
  package var direction: MaskingDirection
  /// As above.
  package var infoType: String
  /// Values found.
  package var found: Int64
  /// Values masked.
  package var masked: Int64
  /// How the others were.
  package var method: MaskingMethod?
  /// As above.
  package var object: String?
  /// As above.
  package var field: String?
  /// As above.
  package var detector: String?
  /// As above.
  package var detectorVersion: String?
  /// As above.
  package var minScore: Double?
  /// It was let through all the same.
  package var failsOpen: Bool?
  package var common = CommonFields()

  package init(direction: MaskingDirection, infoType: String, found: Int64, masked: Int64) {
    self.direction = direction
    self.infoType = infoType
    self.found = found
    self.masked = masked
  }

  package init(_: Blank) {
    direction = .blank
    infoType = .blank
    found = .blank
    masked = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.optional("subject", &subject)
    try visitor.required("dir", &direction)
    try visitor.required("info_type", &infoType)
    try visitor.required("found", &found)
    try visitor.required("masked", &masked)
    try visitor.optional("method", &method)
    try visitor.optional("object", &object)
    try visitor.optional("field", &field)
    try visitor.optional("detector", &detector)
    try visitor.optional("detector_version", &detectorVersion)
    try visitor.optional("min_score", &minScore)
    try visitor.optional("fail_open", &failsOpen)
  }
}

/// The detector failed.
package struct MaskingErrorEvent: SessionEvent {
  package static let type: StaticString = "masking.error"

  /// As above.
  package var subject: EventReference?
  /// `in`: towards the resource.
  package var direction: MaskingDirection
  /// What failed.
  package var reason: String
  /// It was let through unmasked.
  package var failsOpen: Bool
  /// As above.
  package var infoType: String?
  /// As above.
  package var object: String?
  /// As above.
  package var field: String?
  /// As above.
  package var detector: String?
  /// As above.
  package var detectorVersion: String?
  package var common = CommonFields()

  package init(direction: MaskingDirection, reason: String, failsOpen: Bool) {
    self.direction = direction
    self.reason = reason
    self.failsOpen = failsOpen
  }

  package init(_: Blank) {
    direction = .blank
    reason = .blank
    failsOpen = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.optional("subject", &subject)
    try visitor.required("dir", &direction)
    try visitor.required("reason", &reason)
    try visitor.required("fail_open", &failsOpen)
    try visitor.optional("info_type", &infoType)
    try visitor.optional("object", &object)
    try visitor.optional("field", &field)
    try visitor.optional("detector", &detector)
    try visitor.optional("detector_version", &detectorVersion)
  }
}

// Fields: schema/events.md.

/// Line 1: the key of the leaves' salts.
package struct SessionSaltEvent: SessionEvent {
  package static let type: StaticString = "session.salt"

  /// 32 random bytes, base64url without padding.
  package var key: String
  package var common = CommonFields()

  package init(key: String) {
    self.key = key
  }

  package init(_: Blank) {
    key = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("key", &key)
  }
}

/// Last line of a closed session.
package struct SessionEndEvent: SessionEvent {
  package static let type: StaticString = "session.end"

  /// `client`, `server`, `timeout`, `policy`, `approval_expired`, `crash`, `lost`.
  package var reason: String
  /// As a shell gives it: 128 + signal where one ended it.
  package var exitCode: Int64?
  /// Number of the signal that ended it.
  package var signal: Int64?
  /// Bytes that went in.
  package var bytesIn: Int64?
  /// Bytes that came out.
  package var bytesOut: Int64?
  /// Bytes recorded that the other side never took.
  package var bytesUndelivered: Int64?
  /// Calls without a result.
  package var unanswered: Int64?
  /// Other programs still had the recorded terminal; what they showed later is not here.
  package var isLeftRunning: Bool?
  /// Lines with this one.
  package var events: Int64?
  /// Lines right before it that the server of a streamed session wrote itself; 0 if not there.
  package var own: Int64?
  /// Imports: what a strict reader would have refused.
  package var oddities: [SourceOddity]?
  package var common = CommonFields()

  package init(reason: String) {
    self.reason = reason
  }

  package init(_: Blank) {
    reason = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("reason", &reason)
    try visitor.optional("exit_code", &exitCode)
    try visitor.optional("signal", &signal)
    try visitor.optional("bytes_in", &bytesIn)
    try visitor.optional("bytes_out", &bytesOut)
    try visitor.optional("bytes_undelivered", &bytesUndelivered)
    try visitor.optional("unanswered", &unanswered)
    try visitor.optional("left_running", &isLeftRunning)
    try visitor.optional("n_events", &events)
    try visitor.optional("n_own", &own)
    try visitor.optional("oddities", &oddities)
  }
}

/// Somebody begins to watch or to take part.
package struct SessionJoinEvent: SessionEvent {
  package static let type: StaticString = "session.join"

  /// Who.
  package var viewer: Identity
  /// Whether they may type.
  package var mode: Participation
  /// With what.
  package var client: String?
  package var common = CommonFields()

  package init(viewer: Identity, mode: Participation) {
    self.viewer = viewer
    self.mode = mode
  }

  package init(_: Blank) {
    viewer = .blank
    mode = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("viewer", &viewer)
    try visitor.required("mode", &mode)
    try visitor.optional("client", &client)
  }
}

/// And stops.
package struct SessionLeaveEvent: SessionEvent {
  package static let type: StaticString = "session.leave"

  /// Who.
  package var viewer: Identity
  /// As they joined.
  package var mode: Participation?
  /// Why.
  package var reason: String?
  package var common = CommonFields()

  package init(viewer: Identity) {
    self.viewer = viewer
  }

  package init(_: Blank) {
    viewer = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("viewer", &viewer)
    try visitor.optional("mode", &mode)
    try visitor.optional("reason", &reason)
  }
}

package import Platform

// Fields: schema/events.md.

/// Recording began.
package struct RecorderStartEvent: SessionEvent {
  package static let type: StaticString = "recorder.start"

  /// Why.
  package var reason: String
  /// Who did it.
  package var actor: Identity?
  /// Of the recorder.
  package var version: String?
  package var common = CommonFields()

  package init(reason: String) {
    self.reason = reason
  }

  package init(_: Blank) {
    reason = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("reason", &reason)
    try visitor.optional("actor", &actor)
    try visitor.optional("version", &version)
  }
}

/// Recording ended.
package struct RecorderStopEvent: SessionEvent {
  package static let type: StaticString = "recorder.stop"

  /// Why.
  package var reason: String
  /// Who did it.
  package var actor: Identity?
  package var common = CommonFields()

  package init(reason: String) {
    self.reason = reason
  }

  package init(_: Blank) {
    reason = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("reason", &reason)
    try visitor.optional("actor", &actor)
  }
}

/// Something is not recorded from here on.
package struct RecorderPauseEvent: SessionEvent {
  package static let type: StaticString = "recorder.pause"

  /// Why.
  package var reason: String
  /// Who did it.
  package var actor: Identity?
  /// What: `input`, `output`, …; absent: all.
  package var streams: [String]?
  package var common = CommonFields()

  package init(reason: String) {
    self.reason = reason
  }

  package init(_: Blank) {
    reason = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("reason", &reason)
    try visitor.optional("actor", &actor)
    try visitor.optional("streams", &streams)
  }
}

/// It is recorded again.
package struct RecorderResumeEvent: SessionEvent {
  package static let type: StaticString = "recorder.resume"

  /// Why.
  package var reason: String
  /// Who did it.
  package var actor: Identity?
  /// What: `input`, `output`, …; absent: all.
  package var streams: [String]?
  /// Bytes that passed meanwhile.
  package var lostBytes: Int64?
  package var common = CommonFields()

  package init(reason: String) {
    self.reason = reason
  }

  package init(_: Blank) {
    reason = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("reason", &reason)
    try visitor.optional("actor", &actor)
    try visitor.optional("streams", &streams)
    try visitor.optional("lost_bytes", &lostBytes)
  }
}

/// The session goes on in another.
package struct RecorderRotateEvent: SessionEvent {
  package static let type: StaticString = "recorder.rotate"

  /// Why.
  package var reason: String
  /// Who did it.
  package var actor: Identity?
  /// The next session.
  package var session: String?
  package var common = CommonFields()

  package init(reason: String) {
    self.reason = reason
  }

  package init(_: Blank) {
    reason = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("reason", &reason)
    try visitor.optional("actor", &actor)
    try visitor.optional("session", &session)
  }
}

/// A file of another source was closed.
package struct RecorderSealEvent: SessionEvent {
  package static let type: StaticString = "recorder.seal"

  /// Why.
  package var reason: String
  /// Who did it.
  package var actor: Identity?
  /// Which.
  package var path: String?
  /// Of its bytes.
  package var sha256: Digest?
  package var common = CommonFields()

  package init(reason: String) {
    self.reason = reason
  }

  package init(_: Blank) {
    reason = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("reason", &reason)
    try visitor.optional("actor", &actor)
    try visitor.optional("path", &path)
    try visitor.optional("sha256", &sha256)
  }
}

/// Something was not recorded: what, how much, why.
package struct RecorderGapEvent: SessionEvent {
  package static let type: StaticString = "recorder.gap"

  /// Why.
  package var reason: String
  /// What, in words.
  package var lost: String?
  /// Where in an imported source.
  package var place: String?
  /// Events lost.
  package var events: Int64?
  /// Lines lost.
  package var lines: Int64?
  /// Μs since line 0 of the first moment lost.
  package var fromTime: Int64?
  /// And of the last.
  package var toTime: Int64?
  /// Who did it.
  package var actor: Identity?
  package var common = CommonFields()

  package init(reason: String) {
    self.reason = reason
  }

  package init(_: Blank) {
    reason = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("reason", &reason)
    try visitor.optional("lost", &lost)
    try visitor.optional("place", &place)
    try visitor.optional("events", &events)
    try visitor.optional("lines", &lines)
    try visitor.optional("from_t", &fromTime)
    try visitor.optional("to_t", &toTime)
    try visitor.optional("actor", &actor)
  }
}

/// A setting that matters for what is recorded.
package struct RecorderConfigEvent: SessionEvent {
  package static let type: StaticString = "recorder.config"

  /// Which part: `mcp`, `terminal` and others.
  package var source: String?
  /// MCP: the server's uid.
  package var server: String?
  /// How content is digested: `hmac-sha256`.
  package var digest: String?
  /// Which key the session's digests are made with.
  package var digestKey: String?
  /// Name of a setting that was changed.
  package var setting: String?
  /// What it is now.
  package var value: JSONValue?
  /// What it was.
  package var former: JSONValue?
  /// Why.
  package var reason: String?
  /// Who did it.
  package var actor: Identity?
  package var common = CommonFields()

  package init() {}
  package init(_: Blank) {}

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.optional("source", &source)
    try visitor.optional("server", &server)
    try visitor.optional("digest", &digest)
    try visitor.optional("digest_key", &digestKey)
    try visitor.optional("setting", &setting)
    try visitor.optional("value", &value)
    try visitor.optional("former", &former)
    try visitor.optional("reason", &reason)
    try visitor.optional("actor", &actor)
  }
}

/// The recorder could not do its work.
package struct RecorderFailEvent: SessionEvent {
  package static let type: StaticString = "recorder.fail"

  /// What failed.
  package var reason: String
  /// Who did it.
  package var actor: Identity?
  /// Where.
  package var path: String?
  package var common = CommonFields()

  package init(reason: String) {
    self.reason = reason
  }

  package init(_: Blank) {
    reason = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("reason", &reason)
    try visitor.optional("actor", &actor)
    try visitor.optional("path", &path)
  }
}

/// First line that recovery writes.
package struct RecorderRecoveredEvent: SessionEvent {
  package static let type: StaticString = "recorder.recovered"

  /// First line kept without a commit; absent if none.
  package var firstLine: Int64?
  /// Last line kept without a commit.
  package var lastLine: Int64?
  /// Bytes put aside.
  package var cutBytes: Int64?
  /// Of those bytes.
  package var cutDigest: Digest?
  package var common = CommonFields()

  package init() {}
  package init(_: Blank) {}

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.optional("first", &firstLine)
    try visitor.optional("last", &lastLine)
    try visitor.optional("cut_bytes", &cutBytes)
    try visitor.optional("cut_sha256", &cutDigest)
  }
}

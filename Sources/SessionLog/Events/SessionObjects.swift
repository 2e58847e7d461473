package import Platform

// Fields: schema/events.md.

/// What was cut.
package struct Truncation: EventObject {
  package static var objectName: String { "Truncated" }

  /// Of the whole.
  package var bytes: Int64
  /// Of the whole.
  package var sha256: Digest?
  package var other: [JSONValue.Member] = []

  package init(bytes: Int64) {
    self.bytes = bytes
  }

  package init(_: Blank) {
    bytes = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("bytes", &bytes)
    try visitor.optional("sha256", &sha256)
  }
}

/// Something that lost nothing.
package struct SourceOddity: EventObject {
  package static var objectName: String { "Oddity" }

  /// What.
  package var reason: String
  /// How often.
  package var count: Int64
  /// Where first.
  package var place: String?
  package var other: [JSONValue.Member] = []

  package init(reason: String, count: Int64) {
    self.reason = reason
    self.count = count
  }

  package init(_: Blank) {
    reason = .blank
    count = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("reason", &reason)
    try visitor.required("count", &count)
    try visitor.optional("place", &place)
  }
}

/// How the agent logged in.
package struct Authentication: EventObject {
  package static var objectName: String { "Authentication" }

  /// As in `auth.attempt`.
  package var method: String?
  /// As in `auth.attempt`.
  package var factors: [String]?
  /// `iss` of the token.
  package var tokenIssuer: String?
  /// `aud` of the token.
  package var audience: [String]?
  /// HMAC of the token's `jti`.
  package var tokenDigest: Digest?
  /// `exp` of the token.
  package var expires: EventTime?
  /// SPIFFE id.
  package var svid: String?
  package var other: [JSONValue.Member] = []

  package init() {}
  package init(_: Blank) {}

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.optional("method", &method)
    try visitor.optional("factors", &factors)
    try visitor.optional("token_issuer", &tokenIssuer)
    try visitor.optional("audience", &audience)
    try visitor.optional("jti_hmac", &tokenDigest)
    try visitor.optional("expires", &expires)
    try visitor.optional("svid", &svid)
  }
}

/// One link of the chain on line 0.
package struct DelegationLink: EventObject {
  package static var objectName: String { "DelegationLink" }

  /// Of the delegation.
  package var uid: String
  /// The delegation that it was made from; absent only where `root` is true.
  package var parentUID: String?
  /// Made from nothing but a principal's own authority.
  package var isRoot: Bool?
  /// Uid of the root of the chain.
  package var rootUID: String?
  /// Links to the root; 0 for a root.
  package var depth: Int64?
  /// `iss` of the token.
  package var issuer: String?
  /// On whose behalf.
  package var subject: Identity?
  /// Outermost first: the current actor.
  package var actors: [Identity]?
  /// For whom.
  package var audience: [String]?
  /// What is allowed.
  package var scopes: [String]?
  /// From when.
  package var issued: EventTime?
  /// Until when.
  package var expires: EventTime?
  /// What the gateway could check.
  package var proof: DelegationProof?
  /// HMAC of the token's `jti`.
  package var tokenDigest: Digest?
  package var other: [JSONValue.Member] = []

  package init(uid: String) {
    self.uid = uid
  }

  package init(_: Blank) {
    uid = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("uid", &uid)
    try visitor.optional("parent_uid", &parentUID)
    try visitor.optional("root", &isRoot)
    try visitor.optional("root_uid", &rootUID)
    try visitor.optional("depth", &depth)
    try visitor.optional("issuer", &issuer)
    try visitor.optional("sub", &subject)
    try visitor.optional("act", &actors)
    try visitor.optional("audience", &audience)
    try visitor.optional("scopes", &scopes)
    try visitor.optional("issued", &issued)
    try visitor.optional("expires", &expires)
    try visitor.optional("proof", &proof)
    try visitor.optional("jti_hmac", &tokenDigest)
  }
}

/// The terminal at the beginning.
package struct TerminalShape: EventObject {
  package static var objectName: String { "Terminal" }

  /// Columns.
  package var columns: Int64
  /// Rows.
  package var rows: Int64
  /// Value of `TERM`.
  package var terminalType: String?
  package var other: [JSONValue.Member] = []

  package init(columns: Int64, rows: Int64) {
    self.columns = columns
    self.rows = rows
  }

  package init(_: Blank) {
    columns = .blank
    rows = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("cols", &columns)
    try visitor.required("rows", &rows)
    try visitor.optional("term", &terminalType)
  }
}

/// A process at the other end of a Unix socket.
package struct PeerProcess: EventObject {
  package static var objectName: String { "Peer" }

  /// User.
  package var uid: Int64
  /// Process.
  package var pid: Int64?
  package var other: [JSONValue.Member] = []

  package init(uid: Int64) {
    self.uid = uid
  }

  package init(_: Blank) {
    uid = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("uid", &uid)
    try visitor.optional("pid", &pid)
  }
}

/// A state of the store's log.
package struct TreeHead: EventObject {
  package static var objectName: String { "TreeHead" }

  /// Leaves.
  package var size: Int64
  /// Root, base64.
  package var root: String
  package var other: [JSONValue.Member] = []

  package init(size: Int64, root: String) {
    self.size = size
    self.root = root
  }

  package init(_: Blank) {
    size = .blank
    root = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("size", &size)
    try visitor.required("root", &root)
  }
}

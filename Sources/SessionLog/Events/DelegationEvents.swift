package import Platform

// Fields: schema/events.md.

/// Authority given on.
package struct DelegationIssuedEvent: SessionEvent {
  package static let type: StaticString = "delegation.issued"

  /// Of this delegation.
  package var uid: String
  /// The delegation that it was made from; absent only where `root` is true.
  package var parentUID: String?
  /// Made from nothing but a principal's own authority.
  package var isRoot: Bool?
  /// Uid of the root of the chain; a root's own uid.
  package var rootUID: String
  /// Links to the root; 0 for a root.
  package var depth: Int64?
  /// `iss` of the token.
  package var issuer: String
  /// On whose behalf.
  package var subject: Identity
  /// Outermost first: the current actor; those after it are informational (RFC 8693).
  package var actors: [Identity]
  /// For whom.
  package var audience: [String]?
  /// What is allowed.
  package var scopes: [String]
  /// From when.
  package var issued: EventTime?
  /// Until when.
  package var expires: EventTime?
  /// What the gateway could check.
  package var proof: DelegationProof
  /// HMAC of the token's `jti`.
  package var tokenDigest: Digest?
  package var common = CommonFields()

  package init(
    uid: String, rootUID: String, issuer: String, subject: Identity, actors: [Identity],
    scopes: [String], proof: DelegationProof
  ) {
    self.uid = uid
    self.rootUID = rootUID
    self.issuer = issuer
    self.subject = subject
    self.actors = actors
    self.scopes = scopes
    self.proof = proof
  }

  package init(_: Blank) {
    uid = .blank
    rootUID = .blank
    issuer = .blank
    subject = .blank
    actors = .blank
    scopes = .blank
    proof = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("uid", &uid)
    try visitor.optional("parent_uid", &parentUID)
    try visitor.optional("root", &isRoot)
    try visitor.required("root_uid", &rootUID)
    try visitor.optional("depth", &depth)
    try visitor.required("issuer", &issuer)
    try visitor.required("sub", &subject)
    try visitor.required("act", &actors)
    try visitor.optional("audience", &audience)
    try visitor.required("scopes", &scopes)
    try visitor.optional("issued", &issued)
    try visitor.optional("expires", &expires)
    try visitor.required("proof", &proof)
    try visitor.optional("jti_hmac", &tokenDigest)
  }
}

/// Authority shown to the gateway.
package struct DelegationUsedEvent: SessionEvent {
  package static let type: StaticString = "delegation.used"

  /// Of the delegation.
  package var uid: String
  /// As above.
  package var parentUID: String?
  /// As above.
  package var isRoot: Bool?
  /// As above.
  package var rootUID: String?
  /// As above.
  package var depth: Int64?
  /// As above.
  package var issuer: String?
  /// As above.
  package var subject: Identity?
  /// As above.
  package var actors: [Identity]?
  /// As above.
  package var audience: [String]?
  /// As above.
  package var scopes: [String]?
  /// As above.
  package var issued: EventTime?
  /// As above.
  package var expires: EventTime?
  /// What the gateway could check.
  package var proof: DelegationProof?
  /// As above.
  package var tokenDigest: Digest?
  package var common = CommonFields()

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

/// Authority taken back.
package struct DelegationRevokedEvent: SessionEvent {
  package static let type: StaticString = "delegation.revoked"

  /// Of the delegation.
  package var uid: String
  /// Who did it.
  package var by: Identity?
  /// Why.
  package var reason: String?
  package var common = CommonFields()

  package init(uid: String) {
    self.uid = uid
  }

  package init(_: Blank) {
    uid = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("uid", &uid)
    try visitor.optional("by", &by)
    try visitor.optional("reason", &reason)
  }
}

/// Authority shown and refused.
package struct DelegationRejectedEvent: SessionEvent {
  package static let type: StaticString = "delegation.rejected"

  /// Of the delegation.
  package var uid: String
  /// Why: `expired`, `audience`, `signature`, `parent_unknown`, `scope` and others.
  package var reason: String
  /// As above.
  package var parentUID: String?
  /// As above.
  package var isRoot: Bool?
  /// As above.
  package var rootUID: String?
  /// As above.
  package var depth: Int64?
  /// As above.
  package var issuer: String?
  /// As above.
  package var subject: Identity?
  /// As above.
  package var actors: [Identity]?
  /// As above.
  package var audience: [String]?
  /// As above.
  package var scopes: [String]?
  /// As above.
  package var issued: EventTime?
  /// As above.
  package var expires: EventTime?
  /// What the gateway could check.
  package var proof: DelegationProof?
  /// As above.
  package var tokenDigest: Digest?
  package var common = CommonFields()

  package init(uid: String, reason: String) {
    self.uid = uid
    self.reason = reason
  }

  package init(_: Blank) {
    uid = .blank
    reason = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("uid", &uid)
    try visitor.required("reason", &reason)
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

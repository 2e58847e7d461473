package import Platform

// Fields: schema/events.md.

/// A login at the gateway, failed ones too.
package struct AuthAttemptEvent: SessionEvent {
  package static let type: StaticString = "auth.attempt"

  /// `oidc`, `mtls`, `spiffe`, `api_key`, `ssh_key`, `password` and others.
  package var method: String
  /// What was shown: `token`, `certificate`, `key`, `password`, `otp` and others.
  package var factors: [String]
  /// 1 success, 2 failure, 0 unknown.
  package var status: Int64
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
  /// Who it was, or claimed to be; absent: the session's agent.
  package var subject: Identity?
  package var common = CommonFields()

  package init(method: String, factors: [String], status: Int64) {
    self.method = method
    self.factors = factors
    self.status = status
  }

  package init(_: Blank) {
    method = .blank
    factors = .blank
    status = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("method", &method)
    try visitor.required("factors", &factors)
    try visitor.required("status", &status)
    try visitor.optional("token_issuer", &tokenIssuer)
    try visitor.optional("audience", &audience)
    try visitor.optional("jti_hmac", &tokenDigest)
    try visitor.optional("expires", &expires)
    try visitor.optional("svid", &svid)
    try visitor.optional("subject", &subject)
  }
}

/// An account, credential or role was changed.
package struct IdentityChangeEvent: SessionEvent {
  package static let type: StaticString = "identity.change"

  /// Whose.
  package var identity: Identity
  /// `create`, `disable`, `enable`, `delete`, `key_rotate`, `role`, `owner`.
  package var change: String
  /// Who did it.
  package var by: Identity?
  /// Role given or taken.
  package var role: String?
  /// Key that is new.
  package var keyID: String?
  /// Owner from now on.
  package var owner: Identity?
  /// Change request.
  package var ticket: String?
  package var common = CommonFields()

  package init(identity: Identity, change: String) {
    self.identity = identity
    self.change = change
  }

  package init(_: Blank) {
    identity = .blank
    change = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("identity", &identity)
    try visitor.required("change", &change)
    try visitor.optional("by", &by)
    try visitor.optional("role", &role)
    try visitor.optional("key_id", &keyID)
    try visitor.optional("owner", &owner)
    try visitor.optional("ticket", &ticket)
  }
}

package import Platform

// Fields: schema/events.md.

/// One stage of a request, as audit.k8s.io/v1 says it.
package struct KubernetesRequestEvent: SessionEvent {
  package static let type: StaticString = "kubernetes.request"

  /// The same at every stage.
  package var auditID: String
  /// `RequestReceived`, `ResponseStarted`, `ResponseComplete`, `Panic`.
  package var stage: String
  /// `get`, `list`, `create` and others.
  package var verb: String
  /// HTTP status; MUST be there from `ResponseStarted` on.
  package var code: Int64?
  /// Group of the resource.
  package var apiGroup: String?
  /// Version of the group.
  package var apiVersion: String?
  /// `pods` and others.
  package var apiResource: String?
  /// `exec`, `log` and others.
  package var subresource: String?
  /// The object's.
  package var namespace: String?
  /// The object's.
  package var name: String?
  /// User at the API server.
  package var user: String?
  /// Groups there.
  package var groups: [String]?
  /// Impersonated user.
  package var impersonated: String?
  /// Annotation `authorization.k8s.io/decision`.
  package var authorization: String?
  /// Annotation `authorization.k8s.io/reason`.
  package var authorizationReason: String?
  /// Keyed digest of the request's body.
  package var requestDigest: Digest?
  /// Keyed digest of the response's body.
  package var responseDigest: Digest?
  /// Session that recorded an exec, attach or port-forward.
  package var session: String?
  package var common = CommonFields()

  package init(auditID: String, stage: String, verb: String) {
    self.auditID = auditID
    self.stage = stage
    self.verb = verb
  }

  package init(_: Blank) {
    auditID = .blank
    stage = .blank
    verb = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("audit_id", &auditID)
    try visitor.required("stage", &stage)
    try visitor.required("verb", &verb)
    try visitor.optional("code", &code)
    try visitor.optional("api_group", &apiGroup)
    try visitor.optional("api_version", &apiVersion)
    try visitor.optional("api_resource", &apiResource)
    try visitor.optional("subresource", &subresource)
    try visitor.optional("namespace", &namespace)
    try visitor.optional("name", &name)
    try visitor.optional("user", &user)
    try visitor.optional("groups", &groups)
    try visitor.optional("impersonated", &impersonated)
    try visitor.optional("authorization", &authorization)
    try visitor.optional("authorization_reason", &authorizationReason)
    try visitor.optional("request_digest", &requestDigest)
    try visitor.optional("response_digest", &responseDigest)
    try visitor.optional("session", &session)
  }
}

package import Platform

// Fields: schema/events.md.

/// A request, before it is let through.
package struct HTTPRequestEvent: SessionEvent {
  package static let type: StaticString = "http.request"

  /// Upper case.
  package var method: String
  /// Authority.
  package var host: String
  /// With ids replaced by `{id}` where the gateway knows them.
  package var path: String
  /// `https` and others.
  package var scheme: String?
  /// Names only, never values.
  package var queryKeys: [String]?
  /// Of the body.
  package var contentType: String?
  /// Keyed digest of the body.
  package var bodyDigest: Digest?
  /// Where it was sent.
  package var upstream: String?
  package var common = CommonFields()

  package init(method: String, host: String, path: String) {
    self.method = method
    self.host = host
    self.path = path
  }

  package init(_: Blank) {
    method = .blank
    host = .blank
    path = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("method", &method)
    try visitor.required("host", &host)
    try visitor.required("path", &path)
    try visitor.optional("scheme", &scheme)
    try visitor.optional("query_keys", &queryKeys)
    try visitor.optional("content_type", &contentType)
    try visitor.optional("body_digest", &bodyDigest)
    try visitor.optional("upstream", &upstream)
  }
}

/// Its answer.
package struct HTTPResponseEvent: SessionEvent {
  package static let type: StaticString = "http.response"

  /// The request.
  package var causedBy: EventReference
  /// HTTP status; in this type alone `status` is not the outcome.
  package var status: Int64
  /// Of the body.
  package var contentType: String?
  /// Keyed digest of the body.
  package var bodyDigest: Digest?
  /// Who answered.
  package var upstream: String?
  package var common = CommonFields()

  package init(causedBy: EventReference, status: Int64) {
    self.causedBy = causedBy
    self.status = status
  }

  package init(_: Blank) {
    causedBy = .blank
    status = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("caused_by", &causedBy)
    try visitor.required("status", &status)
    try visitor.optional("content_type", &contentType)
    try visitor.optional("body_digest", &bodyDigest)
    try visitor.optional("upstream", &upstream)
  }
}

package import Platform

// Fields: schema/events.md.

/// Who answers for an agent.
package struct IdentityOwner: EventObject, Hashable {
  package static var objectName: String { "Owner" }

  /// As above.
  package var issuer: String?
  /// As above.
  package var uid: String
  /// What it is.
  package var kind: IdentityKind?
  package var other: [JSONValue.Member] = []

  package init(uid: String) {
    self.uid = uid
  }

  package init(_: Blank) {
    uid = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.optional("issuer", &issuer)
    try visitor.required("uid", &uid)
    try visitor.optional("kind", &kind)
  }
}

/// One end of a connection.
package struct Endpoint: EventObject {
  package static var objectName: String { "Endpoint" }

  /// Address.
  package var ip: String?
  /// Port.
  package var port: Int64?
  /// Name.
  package var host: String?
  /// Name of the service.
  package var service: String?
  package var other: [JSONValue.Member] = []

  package init() {}
  package init(_: Blank) {}

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.optional("ip", &ip)
    try visitor.optional("port", &port)
    try visitor.optional("host", &host)
    try visitor.optional("service", &service)
  }
}

/// What stood in between and observed.
package struct GatewayIdentity: EventObject {
  package static var objectName: String { "Gateway" }

  /// Stable id.
  package var uid: String
  /// Who vouches.
  package var issuer: String?
  /// Of its program.
  package var version: String?
  /// Where it runs.
  package var host: String?
  package var other: [JSONValue.Member] = []

  package init(uid: String) {
    self.uid = uid
  }

  package init(_: Blank) {
    uid = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("uid", &uid)
    try visitor.optional("issuer", &issuer)
    try visitor.optional("version", &version)
    try visitor.optional("host", &host)
  }
}

/// One state of one policy.
package struct PolicyReference: EventObject {
  package static var objectName: String { "PolicyReference" }

  /// Of the policy.
  package var name: String
  /// As people call it.
  package var version: String
  /// Of its bytes: two policies are the same where this is.
  package var digest: Digest
  /// False: only watched (monitor mode).
  package var isEnforced: Bool?
  package var other: [JSONValue.Member] = []

  package init(name: String, version: String, digest: Digest) {
    self.name = name
    self.version = version
    self.digest = digest
  }

  package init(_: Blank) {
    name = .blank
    version = .blank
    digest = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("name", &name)
    try visitor.required("version", &version)
    try visitor.required("digest", &digest)
    try visitor.optional("enforced", &isEnforced)
  }
}

/// An object of a statement.
package struct ObjectAccess: EventObject {
  package static var objectName: String { "ObjectAccess" }

  /// With its schema where that is known.
  package var name: String
  /// `read`, `write`, `create`, `alter`, `delete`, `execute`, `grant`.
  package var access: String
  /// `table`, `view`, `function` and others.
  package var kind: String?
  package var other: [JSONValue.Member] = []

  package init(name: String, access: String) {
    self.name = name
    self.access = access
  }

  package init(_: Blank) {
    name = .blank
    access = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("name", &name)
    try visitor.required("access", &access)
    try visitor.optional("kind", &kind)
  }
}

/// One tool of a catalog.
package struct ToolDefinition: EventObject {
  package static var objectName: String { "ToolDefinition" }

  /// The tool.
  package var name: String?
  /// Of its definition in canonical form.
  package var definitionDigest: Digest
  /// It is not what it was.
  package var isChanged: Bool?
  /// What it was.
  package var formerDigest: Digest?
  package var other: [JSONValue.Member] = []

  package init(definitionDigest: Digest) {
    self.definitionDigest = definitionDigest
  }

  package init(_: Blank) {
    definitionDigest = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.optional("name", &name)
    try visitor.required("definition_digest", &definitionDigest)
    try visitor.optional("changed", &isChanged)
    try visitor.optional("former_digest", &formerDigest)
  }
}

/// W3C trace context.
package struct TraceContext: EventObject {
  package static var objectName: String { "Trace" }

  /// 32 hexadecimal digits.
  package var traceID: String
  /// 16 hexadecimal digits.
  package var spanID: String?
  package var other: [JSONValue.Member] = []

  package init(traceID: String) {
    self.traceID = traceID
  }

  package init(_: Blank) {
    traceID = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("trace_id", &traceID)
    try visitor.optional("span_id", &spanID)
  }
}

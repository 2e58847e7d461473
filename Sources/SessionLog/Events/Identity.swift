/// Who or what an event speaks of: issuer and uid together are the identity (OIDC `iss` and `sub`).
package struct Identity: EventObject, Hashable {
  package static var objectName: String { "Identity" }

  /// Who vouches; `local`: only this machine; empty: nobody said.
  package var issuer: String
  /// Stable with that issuer.
  package var uid: String
  package var kind: IdentityKind?
  /// For people to read.
  package var name: String?
  package var version: String?
  package var model: String?
  package var framework: String?
  /// Of this running instance, new at each start.
  package var instanceUID: String?
  /// Human or service answerable for an agent.
  package var owner: IdentityOwner?
  package var other: [JSONValue.Member] = []

  package init(issuer: String, uid: String) {
    self.issuer = issuer
    self.uid = uid
  }

  package init(_: Blank) {
    issuer = ""
    uid = ""
  }

  /// As it stands on a line.
  package var json: JSONValue {
    var bytes: [UInt8] = []
    write(to: &bytes)
    do { return try JSONValue(parsing: bytes) } catch { return .null }
  }

  /// Reads whatever has a uid; members of another kind than they should be are kept in `other`.
  init?(_ json: JSONValue?) {
    guard let members = json?.members, json?["uid"]?.string != nil else { return nil }
    self.init(Blank())
    var reader = FieldReader(members, of: Self.objectName, isLenient: true)
    do { try visit(&reader) } catch { return nil }
    other = reader.rest
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    var issuer = issuer.isEmpty ? nil : issuer
    try visitor.optional("issuer", &issuer)
    self.issuer = issuer ?? ""
    try visitor.required("uid", &uid)
    try visitor.optional("kind", &kind)
    try visitor.optional("name", &name)
    try visitor.optional("version", &version)
    try visitor.optional("model", &model)
    try visitor.optional("framework", &framework)
    try visitor.optional("instance_uid", &instanceUID)
    try visitor.optional("owner", &owner)
  }
}

/// What is reached: kind (`ssh`, `database`, `host`, …) and uid.
package struct Resource: EventObject, Hashable {
  package static var objectName: String { "Resource" }

  package var kind: String
  package var uid: String
  package var environment: String?
  /// What rules it is under: `cde`, `ephi` and others.
  package var scope: [String]?
  package var other: [JSONValue.Member] = []

  package init(kind: String, uid: String, environment: String? = nil) {
    self.kind = kind
    self.uid = uid
    self.environment = environment
  }

  package init(_: Blank) {
    kind = ""
    uid = ""
  }

  /// Reads whatever has a uid.
  init?(_ json: JSONValue?) {
    guard let members = json?.members, json?["uid"]?.string != nil else { return nil }
    self.init(Blank())
    var reader = FieldReader(members, of: Self.objectName, isLenient: true)
    do { try visit(&reader) } catch { return nil }
    other = reader.rest
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    var kind = kind.isEmpty ? nil : kind
    try visitor.optional("kind", &kind)
    self.kind = kind ?? ""
    try visitor.required("uid", &uid)
    try visitor.optional("env", &environment)
    try visitor.optional("scope", &scope)
  }
}

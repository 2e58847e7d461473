internal import Platform
internal import SessionLog

/// How somebody was described: agent, human, service or gateway.
struct IdentityFact: Sendable, Hashable {
  var kind: String
  var issuer: String
  var uid: String
  var name: String?
  var version: String?
  var model: String?
  var ownerIssuer: String?
  var ownerUID: String?

  static let kinds: Set<String> = ["agent", "human", "service", "gateway", "unknown"]

  init(kind: String, issuer: String, uid: String) {
    (self.kind, self.issuer, self.uid) = (kind, issuer, uid)
  }

  /// Reads an Identity of schema/events.md; `kind` where it does not say one.
  init?(_ json: JSONValue?, kind fallback: String = "unknown") {
    guard let json, let uid = json["uid"]?.string else { return nil }
    let stated = json["kind"]?.string ?? fallback
    kind = Self.kinds.contains(stated) ? stated : "unknown"
    issuer = json["issuer"]?.string ?? ""
    self.uid = uid
    name = json["name"]?.string
    version = json["version"]?.string
    model = json["model"]?.string
    if let owner = json["owner"], let uid = owner["uid"]?.string {
      (ownerIssuer, ownerUID) = (owner["issuer"]?.string ?? "", uid)
    }
  }

  /// A gateway, whose version and host make no other one of it.
  init?(gateway json: JSONValue?) {
    guard let json, let uid = json["uid"]?.string else { return nil }
    self.init(kind: "gateway", issuer: json["issuer"]?.string ?? "", uid: uid)
  }
}

/// How a delegation was described: a link of line 0's chain, or a delegation event.
struct DelegationFact: Sendable, Hashable {
  var uid: String
  var parent: String?
  var root: String
  var depth: Int64
  var issuer: String
  var subject: IdentityFact?
  var actor: IdentityFact?
  var audience: String?
  /// A JSON array of strings.
  var scopes: String
  var issued: Int64?
  var expires: Int64?
  var proof: String
  var tokenID: String?

  /// Nil where the object names a delegation but does not describe it.
  init?(_ json: JSONValue) {
    guard let uid = json["uid"]?.string,
      json["parent_uid"] != nil || json["root"] != nil || json["root_uid"] != nil
        || json["act"] != nil || json["sub"] != nil || json["scopes"] != nil
    else { return nil }
    self.uid = uid
    parent = json["parent_uid"]?.string
    root = json["root_uid"]?.string ?? (parent == nil ? uid : "")
    depth = json["depth"]?.integer ?? (parent == nil ? 0 : 1)
    issuer = json["issuer"]?.string ?? ""
    subject = IdentityFact(json["sub"])
    actor = IdentityFact(json["act"]?.array?.first ?? json["act"], kind: "agent")
    audience =
      json["audience"]?.array.map { $0.compactMap(\.string).joined(separator: " ") }
      ?? json["audience"]?.string
    var list: [UInt8] = [0x5B]
    for scope in json["scopes"]?.array?.compactMap(\.string) ?? [] {
      if list.count > 1 { list.append(0x2C) }
      JSONLine.value(.string(scope), into: &list)
    }
    list.append(0x5D)
    scopes = String(decoding: list, as: UTF8.self)
    issued = json["issued"]?.string.flatMap { WallTime.parse($0) }
    expires = json["expires"]?.string.flatMap { WallTime.parse($0) }
    let stated = json["proof"]?.string ?? "missing"
    proof = ["verified", "asserted", "missing"].contains(stated) ? stated : "missing"
    tokenID = json["jti_hmac"]?.string
  }
}

/// What line 0 says, as far as rows of its events need it.
struct SessionContext: Sendable {
  /// Wall clock at line 0; the log's word where line 0 cannot be read.
  var start: Int64
  var agent: IdentityFact?
  var principal: IdentityFact?
  var gateway: IdentityFact?
  var resource: ResourceFact?
  var policy: PolicyReference?
  var chain: [DelegationFact] = []

  init(_ id: SessionID, _ line0: SessionStart?, leaves: [LoggedLeaf]) {
    start = line0?.start ?? leaves.first?.leaf.time ?? Int64(clamping: id.milliseconds) &* 1000
    guard let line0 else { return }
    let json = line0.json
    agent = IdentityFact(json["agent"], kind: "agent")
    principal = IdentityFact(json["principal"])
    resource = ResourceFact(json["resource"])
    policy = PolicyReference(json["policy"])
    gateway = IdentityFact(gateway: json["gateway"])
    if gateway == nil, line0.kind == "gateway" { gateway = IdentityFact(gateway: json["agent"]) }
    if gateway == nil, let host = line0.host {
      gateway = IdentityFact(kind: "gateway", issuer: "local", uid: host)
    }
    chain = (json["delegation"]?.array ?? []).prefix(32).compactMap { DelegationFact($0) }
  }
}

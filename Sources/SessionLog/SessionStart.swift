internal import Evidence
package import Platform

/// Who or what an event speaks of: issuer and uid together are the identity (OIDC `iss` and `sub`).
package struct Identity: Sendable, Hashable {
  package var issuer: String
  package var uid: String
  package var name: String?
  package var version: String?
  package var model: String?

  package init(issuer: String, uid: String) {
    self.issuer = issuer
    self.uid = uid
  }

  init?(_ json: JSONValue?) {
    guard let json, let uid = json["uid"]?.string else { return nil }
    issuer = json["issuer"]?.string ?? ""
    self.uid = uid
    name = json["name"]?.string
    version = json["version"]?.string
    model = json["model"]?.string
  }

  package var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("issuer", .string(issuer)), .init("uid", .string(uid)),
    ]
    if let name { members.append(.init("name", .string(name))) }
    if let version { members.append(.init("version", .string(version))) }
    if let model { members.append(.init("model", .string(model))) }
    return .object(members)
  }
}

/// What a session reached: kind (`ssh`, `database`, `host`, …) and uid.
package struct Resource: Sendable, Hashable {
  package var kind: String
  package var uid: String
  package var environment: String?

  package init(kind: String, uid: String, environment: String? = nil) {
    self.kind = kind
    self.uid = uid
    self.environment = environment
  }

  init?(_ json: JSONValue?) {
    guard let json, let uid = json["uid"]?.string else { return nil }
    kind = json["kind"]?.string ?? ""
    self.uid = uid
    environment = json["env"]?.string
  }
}

/// Line 0 of a session: all that is constant in it.
///
/// Format: schema/session-format.md §3.
package struct SessionStart: Sendable {
  package var format: Int64 = 1
  package var store: String
  package var session: SessionID
  /// `terminal`, `database`, `http`, `mcp`, `kubernetes`, `tunnel` or `audit`.
  package var kind: String
  /// Wall clock at line 0, microseconds since 1970.
  package var start: Int64
  package var bootID: String
  package var agent: Identity
  package var principal: Identity?
  package var resource: Resource?
  package var purpose: String?
  /// For people to read.
  package var title: String?
  /// The session that this one goes on from.
  package var continues: SessionID?
  /// The session that this one was started in.
  package var parent: SessionID?
  /// Environment variables of the recorded command that may be told.
  package var environment: [(name: String, value: String)] = []
  package var command: [String] = []
  package var columns: Int?
  package var rows: Int?
  package var terminalType: String?
  package var host: String?
  /// Newest checkpoint when the session began: it began not before that.
  package var after: (size: UInt64, root: Digest)
  /// Where it came from, if it was not recorded here.
  package var imported: Imported?
  /// The whole line, for fields that this type does not name.
  package var json: JSONValue = .null

  package init(
    store: String, session: SessionID, kind: String, start: Int64, bootID: String,
    agent: Identity, after: (size: UInt64, root: Digest)
  ) {
    self.store = store
    self.session = session
    self.kind = kind
    self.start = start
    self.bootID = bootID
    self.agent = agent
    self.after = after
  }

  /// The line's bytes, without LF.
  package func line() -> [UInt8] {
    var line = LineBuilder(time: 0, type: "session.start")
    line.add("format", format)
    line.add("store", store)
    line.add("session", session.text)
    line.add("kind", kind)
    line.add("start", WallTime.format(start))
    line.add("boot_id", bootID)
    line.add("agent", agent.json)
    if let principal {
      line.add("principal", principal.json)
    } else {
      line.add("principal", .null)
      line.add("principal_reason", "not stated to the recorder")
    }
    if let resource {
      var members: [JSONValue.Member] = [
        .init("kind", .string(resource.kind)), .init("uid", .string(resource.uid)),
      ]
      if let environment = resource.environment {
        members.append(.init("env", .string(environment)))
      }
      line.add("resource", .object(members))
    }
    if let purpose { line.add("purpose", purpose) }
    if let title { line.add("title", title) }
    if let parent { line.add("parent_session", parent.text) }
    if let continues { line.add("continues", continues.text) }
    if let host { line.add("host", host) }
    if !command.isEmpty { line.add("argv", .array(command.map { .string($0) })) }
    if !environment.isEmpty {
      line.add("env", .object(environment.map { .init($0.name, .string($0.value)) }))
    }
    if let columns, let rows {
      var members: [JSONValue.Member] = [
        .init("cols", .integer(Int64(columns))), .init("rows", .integer(Int64(rows))),
      ]
      if let terminalType { members.append(.init("term", .string(terminalType))) }
      line.add("terminal", .object(members))
    }
    if let imported { imported.add(to: &line) }
    line.add(
      "after",
      .object([
        .init("size", .integer(Int64(clamping: after.size))),
        .init("root", .string(Base64.encode(after.root.bytes))),
      ]))
    return line.finish()
  }

  /// Reads line 0; says what is missing or wrong.
  package init(parsing bytes: Span<UInt8>) throws(JSONFault) {
    let json = try JSONValue(parsing: bytes)
    func need<T>(_ value: T?, _ field: String) throws(JSONFault) -> T {
      guard let value else { throw JSONFault(offset: 0, reason: "line 0 has no valid \(field)") }
      return value
    }
    guard json["type"]?.string == "session.start" else {
      throw JSONFault(offset: 0, reason: "line 0 is not session.start")
    }
    format = try need(json["format"]?.integer, "format")
    store = try need(json["store"]?.string, "store")
    session = try need(json["session"]?.string.flatMap { SessionID($0) }, "session id")
    kind = try need(json["kind"]?.string, "kind")
    start = try need(json["start"]?.string.flatMap { WallTime.parse($0) }, "start")
    bootID = json["boot_id"]?.string ?? ""
    agent = try need(Identity(json["agent"]), "agent")
    principal = Identity(json["principal"])
    resource = Resource(json["resource"])
    purpose = json["purpose"]?.string
    title = json["title"]?.string
    continues = json["continues"]?.string.flatMap { SessionID($0) }
    parent = json["parent_session"]?.string.flatMap { SessionID($0) }
    host = json["host"]?.string
    imported = Imported(json)
    command = json["argv"]?.array?.compactMap(\.string) ?? []
    columns = json["terminal"]?["cols"]?.integer.flatMap { Int(exactly: $0) }
    rows = json["terminal"]?["rows"]?.integer.flatMap { Int(exactly: $0) }
    terminalType = json["terminal"]?["term"]?.string
    let root = json["after"]?["root"]?.string.flatMap { Base64.decode($0) }.flatMap { Digest($0) }
    after = (UInt64(clamping: json["after"]?["size"]?.integer ?? 0), root ?? .zero)
    self.json = json
  }
}

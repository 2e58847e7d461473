internal import Evidence
package import Platform

/// Line 0 of a session: all that is constant in it.
///
/// Format: schema/session-format.md §3, fields: schema/events.md.
package struct SessionStart: SessionEvent {
  package static let type: StaticString = "session.start"

  package var format: Int64 = 1
  package var store: String
  package var session: SessionID
  /// `terminal`, `database`, `http`, `mcp`, `kubernetes`, `tunnel`, `gateway`, `transcript` or `audit`.
  package var kind: String
  /// Wall clock at line 0, microseconds since 1970.
  package var start: Int64
  package var bootID: String
  package var agent: Identity
  package var principal: Identity?
  /// Why there is no principal.
  package var principalReason: String? = "not stated to the recorder"
  /// First the link that the session acts under, then its parent, last the root.
  package var delegation: [DelegationLink]?
  package var gateway: GatewayIdentity?
  package var resource: Resource?
  /// Where the agent came from.
  package var source: Endpoint?
  package var authentication: Authentication?
  package var policy: PolicyReference?
  package var mode: RecordingMode?
  package var purpose: String?
  package var ticket: String?
  /// The session that this one was started in.
  package var parent: SessionID?
  /// The session that this one goes on from.
  package var continues: SessionID?
  package var trace: TraceContext?
  package var traceparent: String?
  package var host: String?
  package var command: [String] = []
  /// Environment variables of the recorded command that may be told.
  package var environment: [(name: String, value: String)] = []
  package var columns: Int?
  package var rows: Int?
  package var terminalType: String?
  package var peer: PeerProcess?
  /// Names of the detectors whose matches `serve` replaces before it writes.
  package var redact: [String]?
  package var title: String?
  /// Where it came from, if it was not recorded here.
  package var imported: Imported?
  /// Newest checkpoint when the session began: it began not before that.
  package var after: (size: UInt64, root: Digest)
  package var common = CommonFields()
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

  package init(_: Blank) {
    self.init(
      store: "", session: .blank, kind: "", start: 0, bootID: "", agent: .blank, after: (0, .zero))
    principalReason = nil
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("format", &format)
    try visitor.required("store", &store)
    try visitor.required("session", &session)
    try visitor.required("kind", &kind)
    var moment = EventTime(microseconds: start)
    try visitor.required("start", &moment)
    start = moment.microseconds
    try visitor.required("boot_id", &bootID)
    try visitor.required("agent", &agent)
    try visitor.nullable("principal", &principal)
    var reason = principal == nil ? principalReason : nil
    try visitor.optional("principal_reason", &reason)
    principalReason = reason
    try visitor.optional("delegation", &delegation)
    try visitor.optional("gateway", &gateway)
    try visitor.optional("resource", &resource)
    try visitor.optional("source", &source)
    try visitor.optional("auth", &authentication)
    try visitor.optional("policy", &policy)
    try visitor.optional("mode", &mode)
    try visitor.optional("purpose", &purpose)
    try visitor.optional("ticket", &ticket)
    try visitor.optional("parent_session", &parent)
    try visitor.optional("continues", &continues)
    try visitor.optional("trace", &trace)
    try visitor.optional("traceparent", &traceparent)
    try visitor.optional("host", &host)
    var arguments = command.isEmpty ? nil : command
    try visitor.optional("argv", &arguments)
    command = arguments ?? []
    var variables: JSONValue? =
      environment.isEmpty
      ? nil : .object(environment.map { .init($0.name, .string($0.value)) })
    try visitor.optional("env", &variables)
    environment = (variables?.members ?? []).compactMap { member in
      member.value.string.map { (member.name, $0) }
    }
    try visitTerminal(&visitor)
    try visitor.optional("peer", &peer)
    try visitor.optional("redact", &redact)
    try visitor.optional("title", &title)
    var at = imported?.at.map { EventTime(microseconds: $0) }
    try visitor.optional("at", &at)
    try visitor.optional("imported", &imported)
    imported?.at = at?.microseconds
    var head = TreeHead(
      size: Int64(clamping: after.size), root: Base64.encode(after.root.bytes))
    try visitor.required("after", &head)
    after = (
      UInt64(clamping: head.size), Base64.decode(head.root).flatMap { Digest($0) } ?? .zero
    )
  }

  private mutating func visitTerminal<Visitor: FieldVisitor>(_ visitor: inout Visitor)
    throws(EventFault)
  {
    var shape: TerminalShape?
    if let columns, let rows {
      shape = TerminalShape(columns: Int64(columns), rows: Int64(rows))
      shape?.terminalType = terminalType
    }
    try visitor.optional("terminal", &shape)
    columns = shape.flatMap { Int(exactly: $0.columns) }
    rows = shape.flatMap { Int(exactly: $0.rows) }
    terminalType = shape?.terminalType
  }

  /// Its name for people: as it was given, or that of the recording it was imported from.
  package var name: String? { title ?? imported?.title }

  /// The line's bytes, without LF.
  package func line() -> [UInt8] { line(at: 0) }

  /// Reads line 0; says what is missing or wrong.
  ///
  /// A session is read whatever its gateway wrote into fields that reading does not need.
  package init(parsing bytes: Span<UInt8>) throws(JSONFault) {
    let json = try JSONValue(parsing: bytes)
    func need<T>(_ value: T?, _ field: String) throws(JSONFault) -> T {
      guard let value else { throw JSONFault(offset: 0, reason: "line 0 has no valid \(field)") }
      return value
    }
    guard json["type"]?.string == Self.typeName, let members = json.members else {
      throw JSONFault(offset: 0, reason: "line 0 is not session.start")
    }
    self.init(Blank())
    var reader = FieldReader(members, of: Self.typeName, isLenient: true)
    do { try visit(&reader) } catch {
      throw JSONFault(offset: 0, reason: error.description)
    }
    format = try need(json["format"]?.integer, "format")
    store = try need(json["store"]?.string, "store")
    session = try need(json["session"]?.string.flatMap { SessionID($0) }, "session id")
    kind = try need(json["kind"]?.string, "kind")
    start = try need(json["start"]?.string.flatMap { WallTime.parse($0) }, "start")
    agent = try need(Identity(json["agent"]), "agent")
    principal = Identity(json["principal"])
    resource = Resource(json["resource"])
    command = json["argv"]?.array?.compactMap(\.string) ?? []
    self.json = json
  }

  package static func == (a: SessionStart, b: SessionStart) -> Bool { a.line() == b.line() }
}

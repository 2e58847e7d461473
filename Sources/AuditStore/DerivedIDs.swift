internal import Platform
internal import SessionLog

/// Gives identities, resources, types and texts their numbers in the index.
///
/// A number follows from what it names, so that a rebuild gives the same ones; where two meet,
/// which only an attacker brings about, the next free one is taken, and nothing is ever filed under
/// another's name.
@safe
struct DerivedIDs: ~Copyable {
  private let identity: Statement
  private let addIdentity: Statement
  private let resource: Statement
  private let addResource: Statement
  private let type: Statement
  private let addType: Statement
  private let text: Statement
  private let addText: Statement
  private var types: [String: Int64] = [:]

  init(_ database: borrowing Database) throws(SQLiteFailure) {
    let identity = try database.prepare(
      "SELECT kind, issuer, uid, name, version, model, owner FROM identity WHERE iid = ?")
    let addIdentity = try database.prepare(
      """
      INSERT INTO identity(kind, issuer, uid, name, version, model, owner, iid, who)
      VALUES(?,?,?,?,?,?,?,?,?)
      """)
    let resource = try database.prepare("SELECT kind, uid, env, scope FROM resource WHERE rid = ?")
    let addResource = try database.prepare(
      "INSERT INTO resource(kind, uid, env, scope, rid) VALUES(?,?,?,?,?)")
    let type = try database.prepare("SELECT name FROM etype WHERE t = ?")
    let addType = try database.prepare(
      "INSERT INTO etype(name, t, class_uid, is_action) VALUES(?,?,?,?)")
    let text = try database.prepare("SELECT body FROM txt WHERE tid = ?")
    let addText = try database.prepare("INSERT INTO txt(body, tid) VALUES(?,?)")
    // All or none: what owns statements is never half made.
    self.identity = identity
    self.addIdentity = addIdentity
    self.resource = resource
    self.addResource = addResource
    self.type = type
    self.addType = addType
    self.text = text
    self.addText = addText
  }

  func id(of identity: Identity, kind: String) throws(SQLiteFailure) -> Int64 {
    try Self.find(
      [
        .text(kind), .text(identity.issuer), .text(identity.uid), SQLValue(identity.name),
        SQLValue(identity.version), SQLValue(identity.model), .null,
      ], self.identity, addIdentity, also: [.integer(try Self.who(identity))])
  }

  func id(of resource: Resource) throws(SQLiteFailure) -> Int64 {
    try Self.find(
      [.text(resource.kind), .text(resource.uid), SQLValue(resource.environment), .null],
      self.resource, addResource)
  }

  mutating func id(ofType name: String) throws(SQLiteFailure) -> Int64 {
    if let known = types[name] { return known }
    let id: Int64
    if let place = Self.usualTypes.firstIndex(of: name) {
      id = Int64(place + 1)
      if try !Self.holds(type, id) {
        try addType.run([.text(name), .integer(id), .integer(0), .integer(0)])
      }
    } else {
      id = try Self.find([.text(name)], type, addType, also: [.integer(0), .integer(0)])
    }
    types[name] = id
    return id
  }

  func id(ofText body: String) throws(SQLiteFailure) -> Int64 {
    let digest = try Self.digest(Array(body.utf8))
    var id = Self.number(digest)
    while true {
      try text.bind([.integer(id)])
      guard try text.step() else { break }
      let found = text.text(0)
      text.reset()
      if found == body { return id }
      id += 1
    }
    try addText.run([.text(body), .integer(id)])
    return id
  }

  // MARK: numbers

  private static func find(
    _ key: [SQLValue], _ select: borrowing Statement, _ insert: borrowing Statement,
    also others: [SQLValue] = []
  ) throws(SQLiteFailure) -> Int64 {
    var bytes: [UInt8] = []
    for value in key {
      if case .text(let text) = value {
        bytes.append(contentsOf: String(text.utf8.count).utf8)
        bytes.append(0x3A)
        bytes.append(contentsOf: text.utf8)
      } else {
        bytes.append(0x2D)
      }
    }
    var id = number(try digest(bytes))
    while true {
      try select.bind([.integer(id)])
      guard try select.step() else { break }
      let found = key.indices.map { select.value(Int32(truncatingIfNeeded: $0)) }
      select.reset()
      if found == key { return id }
      id += 1
    }
    try insert.run(key + [.integer(id)] + others)
    return id
  }

  private static func holds(
    _ select: borrowing Statement, _ id: Int64
  ) throws(SQLiteFailure) -> Bool {
    try select.bind([.integer(id)])
    guard try select.step() else { return false }
    select.reset()
    return true
  }

  /// 47 bits, which SQLite stores in six bytes, above the numbers of the usual types.
  static func number(_ digest: [UInt8]) -> Int64 {
    var number: Int64 = 0
    for byte in digest.prefix(6) { number = number << 8 | Int64(byte) }
    return number & 0x7FFF_FFFF_FFFF | 1 << 20
  }

  /// The same for all descriptions of one issuer and uid.
  static func who(_ identity: Identity) throws(SQLiteFailure) -> Int64 {
    let digest = try digest(
      Array("\(identity.issuer.utf8.count):\(identity.issuer)\(identity.uid)".utf8))
    return digest.prefix(8).reduce(0) { $0 << 8 | Int64($1) } & Int64.max
  }

  static func digest(_ bytes: [UInt8]) throws(SQLiteFailure) -> [UInt8] {
    do { return try SHA256.hash(bytes).bytes } catch {
      throw SQLiteFailure(code: 1, message: "libcrypto: \(error.reason)")
    }
  }

  /// One byte each in every row: the order is part of the index's version.
  static let usualTypes = [
    "session.start", "session.salt", "session.end", "session.join", "session.leave",
    "terminal.output", "terminal.input", "terminal.resize", "terminal.command",
    "database.connect", "database.query", "database.result", "http.request", "http.response",
    "mcp.catalog", "mcp.call", "mcp.result", "kubernetes.request", "ssh.channel",
    "file.transfer", "tunnel.open", "tunnel.close", "policy.load", "policy.activate",
    "policy.rollback", "policy.decision", "approval.request", "approval.vote",
    "approval.granted", "approval.rejected", "approval.expired", "approval.revoked",
    "approval.consumed", "approval.break_glass", "masking.applied", "masking.missed",
    "masking.error", "delegation.issued", "delegation.used", "delegation.revoked",
    "delegation.rejected", "identity.change", "auth.attempt", "recorder.start",
    "recorder.stop", "recorder.pause", "recorder.resume", "recorder.rotate", "recorder.seal",
    "recorder.gap", "recorder.config", "recorder.fail", "recorder.recovered", "audit.query",
    "audit.replay", "audit.export", "audit.report", "audit.verify", "audit.erase",
    "clock.sync", "marker.note", "marker.risk", "marker.legal_hold", "marker.review",
  ]
}

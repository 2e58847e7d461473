internal import Platform
internal import SessionLog

/// Gives identities, resources, types, texts and the like their numbers in the index.
///
/// A number follows from what it names, so that a rebuild gives the same ones; where two meet,
/// which only an attacker brings about, the next free one is taken, and nothing is ever filed under
/// another's name.
@safe
struct DerivedIDs: ~Copyable {
  private let identity: Lookup
  private let resource: Lookup
  private let type: Lookup
  private let policy: Lookup
  private let delegation: Lookup
  private let approval: Lookup
  private let addText: Statement
  private let text: Statement
  private let addDue: Statement
  private var types: [String: Int64] = [:]
  /// Known types that have their row.
  private var hasType = [Bool](repeating: false, count: IndexedTypes.all.count + 1)
  private var identities: [IdentityFact: Int64] = [:]
  private var resources: [ResourceFact: Int64] = [:]
  private var policies: [PolicyReference: Int64] = [:]
  private var delegations: [DelegationFact: Int64] = [:]
  /// Texts met lately: number and check.
  private var texts: [Int64: UInt64] = [:]

  /// Entries that a cache holds before it starts anew.
  private static let cached = 1 << 16

  /// How one table finds a row by its number and adds one.
  private struct Lookup: ~Copyable {
    let select: Statement
    let insert: Statement

    init(_ database: borrowing Database, _ select: SQL, _ insert: SQL) throws(SQLiteFailure) {
      let found = try database.prepare(select)
      let added = try database.prepare(insert)
      self.select = found
      self.insert = added
    }
  }

  init(_ database: borrowing Database) throws(SQLiteFailure) {
    let identity = try Lookup(
      database,
      "SELECT kind, issuer, uid, name, version, model, owner FROM identity WHERE iid = ?",
      """
      INSERT INTO identity(kind, issuer, uid, name, version, model, owner, iid, who)
      VALUES(?,?,?,?,?,?,?,?,?)
      """)
    let resource = try Lookup(
      database, "SELECT kind, uid, env, scope FROM resource WHERE rid = ?",
      "INSERT INTO resource(kind, uid, env, scope, rid) VALUES(?,?,?,?,?)")
    let type = try Lookup(
      database, "SELECT name FROM etype WHERE t = ?",
      "INSERT INTO etype(name, t, class_uid, is_action) VALUES(?,?,?,?)")
    let policy = try Lookup(
      database, "SELECT name, version, digest FROM policy WHERE pid = ?",
      "INSERT INTO policy(name, version, digest, pid) VALUES(?,?,?,?)")
    let delegation = try Lookup(
      database,
      """
      SELECT uid, parent_uid, root_uid, depth, issuer, sub, act, audience, scopes, issued_us,
        expires_us, proof, jti FROM delegation WHERE did = ?
      """,
      """
      INSERT INTO delegation(uid, parent_uid, root_uid, depth, issuer, sub, act, audience, scopes,
        issued_us, expires_us, proof, jti, did) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)
      """)
    let approval = try Lookup(
      database, "SELECT uid FROM approval WHERE aid = ?",
      """
      INSERT INTO approval(uid, aid, need, state, max_uses, break_glass)
      VALUES(?,?,0,'pending',1,0)
      """)
    let addText = try database.prepare("INSERT OR IGNORE INTO txt(tid, body) VALUES(?,?)")
    let text = try database.prepare("SELECT body FROM txt WHERE tid = ?")
    let addDue = try database.prepare("INSERT OR IGNORE INTO txt_due(tid) VALUES(?)")
    // All or none: what owns statements is never half made.
    self.identity = identity
    self.resource = resource
    self.type = type
    self.policy = policy
    self.delegation = delegation
    self.approval = approval
    self.addText = addText
    self.text = text
    self.addDue = addDue
  }

  /// Forgets what it knows: rows were removed.
  mutating func forget() {
    types.removeAll()
    for index in hasType.indices { hasType[index] = false }
    identities.removeAll()
    resources.removeAll()
    policies.removeAll()
    delegations.removeAll()
    texts.removeAll()
  }

  mutating func id(of fact: IdentityFact?) throws(SQLiteFailure) -> Int64? {
    guard let fact else { return nil }
    if let known = identities[fact] { return known }
    let owner = fact.ownerUID.map { ($0, fact.ownerIssuer ?? "") }
    var ownerNumber: Int64?
    if let owner { ownerNumber = try Self.who(issuer: owner.1, uid: owner.0) }
    let id = try Self.find(
      [
        .text(fact.kind), .text(fact.issuer), .text(fact.uid), SQLValue(fact.name),
        SQLValue(fact.version), SQLValue(fact.model), SQLValue(ownerNumber),
      ], identity, also: [.integer(try Self.who(issuer: fact.issuer, uid: fact.uid))])
    if identities.count >= Self.cached { identities.removeAll(keepingCapacity: true) }
    identities[fact] = id
    return id
  }

  mutating func id(of fact: ResourceFact?) throws(SQLiteFailure) -> Int64? {
    guard let fact else { return nil }
    if let known = resources[fact] { return known }
    let id = try Self.find(
      [
        .text(fact.kind), .text(fact.uid), SQLValue(fact.environment), SQLValue(fact.scope),
      ], resource)
    if resources.count >= Self.cached { resources.removeAll(keepingCapacity: true) }
    resources[fact] = id
    return id
  }

  mutating func id(of fact: PolicyReference?) throws(SQLiteFailure) -> Int64? {
    guard let fact else { return nil }
    if let known = policies[fact] { return known }
    let id = try Self.find(
      [.text(fact.name), .text(fact.version), .text(fact.digest)], policy)
    if policies.count >= Self.cached { policies.removeAll(keepingCapacity: true) }
    policies[fact] = id
    return id
  }

  mutating func id(of fact: DelegationFact) throws(SQLiteFailure) -> Int64 {
    if let known = delegations[fact] { return known }
    let subject = try id(of: fact.subject)
    let actor = try id(of: fact.actor)
    let id = try Self.find(
      [
        .text(fact.uid), SQLValue(fact.parent), .text(fact.root), .integer(fact.depth),
        .text(fact.issuer), SQLValue(subject), SQLValue(actor), SQLValue(fact.audience),
        .text(fact.scopes), SQLValue(fact.issued), SQLValue(fact.expires), .text(fact.proof),
        SQLValue(fact.tokenID),
      ], delegation)
    if delegations.count >= Self.cached { delegations.removeAll(keepingCapacity: true) }
    delegations[fact] = id
    return id
  }

  /// The number of an approval, which gets a row of its own with its first mention.
  func id(ofApproval uid: String) throws(SQLiteFailure) -> Int64 {
    try Self.find([.text(uid)], approval)
  }

  /// The number of a known type.
  mutating func id(ofType number: Int32) throws(SQLiteFailure) -> Int64 {
    if hasType[Int(number)] { return Int64(number) }
    if try !Self.holds(type.select, Int64(number)) {
      let known = IndexedTypes.all[Int(number) - 1]
      try type.insert.run([
        .text(known.name.description), .integer(Int64(number)), .integer(known.classUID),
        .integer(known.isAction ? 1 : 0),
      ])
    }
    hasType[Int(number)] = true
    return Int64(number)
  }

  mutating func id(ofType name: String) throws(SQLiteFailure) -> Int64 {
    if let known = types[name] { return known }
    let id = try Self.find([.text(name)], type, also: [.integer(0), .integer(0)])
    if types.count >= Self.cached { types.removeAll(keepingCapacity: true) }
    types[name] = id
    return id
  }

  /// The number of a text; `first` is the number to try first, `check` tells texts apart that share it.
  mutating func id(
    ofText bytes: borrowing [UInt8], _ piece: Piece, first: Int64, check: UInt64
  ) throws(SQLiteFailure) -> Int64 {
    if texts[first] == check { return first }
    var id = first
    while true {
      try addText.set(1, id)
      try addText.set(2, bytes, piece)
      try addText.run()
      if addText.changes > 0 {
        try addDue.set(1, id)
        try addDue.run()
        break
      }
      try text.set(1, id)
      guard try text.step() else { break }
      let isSame = text.equals(0, bytes, piece)
      text.reset()
      if isSame { break }
      id += 1
    }
    if id == first {
      if texts.count >= 4 * Self.cached { texts.removeAll(keepingCapacity: true) }
      texts[first] = check
    }
    return id
  }

  /// The number of a text made by the index itself.
  mutating func id(ofText text: String) throws(SQLiteFailure) -> Int64 {
    let bytes = Array(text.utf8)
    let digest = try Self.digest(bytes)
    return try id(
      ofText: bytes, Piece(start: 0, count: Int32(clamping: bytes.count)),
      first: Self.number(digest), check: Self.check(digest))
  }

  // MARK: numbers

  private static func find(
    _ key: [SQLValue], _ lookup: borrowing Lookup, also others: [SQLValue] = []
  ) throws(SQLiteFailure) -> Int64 {
    var bytes: [UInt8] = []
    for value in key {
      switch value {
      case .text(let text):
        bytes.append(contentsOf: String(text.utf8.count).utf8)
        bytes.append(0x3A)
        bytes.append(contentsOf: text.utf8)
      case .integer(let number):
        bytes.append(0x69)
        bytes.append(contentsOf: String(number).utf8)
      default: bytes.append(0x2D)
      }
    }
    var id = number(try digest(bytes))
    while true {
      try lookup.select.bind([.integer(id)])
      guard try lookup.select.step() else { break }
      let found = key.indices.map { lookup.select.value(Int32(truncatingIfNeeded: $0)) }
      lookup.select.reset()
      if found == key { return id }
      id += 1
    }
    try lookup.insert.run(key + [.integer(id)] + others)
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

  /// What tells two texts apart that share a number.
  static func check(_ digest: [UInt8]) -> UInt64 {
    digest.dropFirst(8).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The same for all descriptions of one issuer and uid.
  static func who(issuer: String, uid: String) throws(SQLiteFailure) -> Int64 {
    let digest = try digest(Array("\(issuer.utf8.count):\(issuer)\(uid)".utf8))
    return digest.prefix(8).reduce(0) { $0 << 8 | Int64($1) } & Int64.max
  }

  static func digest(_ bytes: [UInt8]) throws(SQLiteFailure) -> [UInt8] {
    do { return try SHA256.hash(bytes).bytes } catch {
      throw SQLiteFailure(code: 1, message: "libcrypto: \(error.reason)")
    }
  }
}

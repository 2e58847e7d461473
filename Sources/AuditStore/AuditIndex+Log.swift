internal import Evidence
internal import Platform
internal import SessionLog

/// Reading the log's leaves: which sessions there are, and which have changed.
extension AuditIndex {
  /// Where reading the log stands: the index and offset of the next leaf, and the last one read.
  private struct Position {
    var origin: String?
    var index: UInt64 = 0
    var offset: UInt64 = 0
    var lastOffset: UInt64 = 0
    var lastLeaf: [UInt8] = []
    /// The checkpoint that was seen signed, behind the key that signed it, and its size.
    var checkpoint: [UInt8] = []
    var signed: UInt64 = 0
  }

  private static let leavesPerTransaction: UInt64 = 20_000

  /// Reads the leaves that are new since the last time, up to the newest signed checkpoint.
  mutating func readLog(into result: inout IndexUpdate) throws(AuditFailure) {
    var position = try position()
    let limit = signedSize(position)
    if let fault = try fault(of: position, signed: limit.size) {
      try startOver()
      note(.startedOver(reason: fault))
      position = Position()
    }
    try readLeaves(from: position, to: limit, into: &result)
  }

  /// How far the log is signed, and the checkpoint that says so.
  private struct Signed {
    var size = UInt64.max
    /// Empty where none could be used.
    var checkpoint: [UInt8] = []
  }

  /// Checks the newest checkpoint's signature, if it is not byte for byte the one that was checked before.
  private mutating func signedSize(_ position: Position) -> Signed {
    do throws(SessionLogFailure) {
      let bytes: [UInt8]
      do {
        bytes = try store.system.readSmallFile(store.checkpointPath, limit: Limits.smallFile)
      } catch {
        throw SessionLogFailure(error)
      }
      let checkpoint = Array("\(store.verifierKey)\n".utf8) + bytes
      if position.checkpoint == checkpoint {
        return Signed(size: position.signed, checkpoint: checkpoint)
      }
      let size = try store.checkpoint(signedBy: store.verifierKey).0.size
      return Signed(size: size, checkpoint: checkpoint)
    } catch {
      // Its damage is the verifier's to tell; whatever the sessions hold must be found all the
      // same.
      note(.unsigned(reason: error.found ?? error.what))
      return Signed()
    }
  }

  private mutating func readLeaves(
    from start: Position, to signed: Signed, into result: inout IndexUpdate
  ) throws(AuditFailure) {
    let limit = signed.size
    var position = start
    guard position.index < limit else { return }
    var isDone = false
    while !isDone {
      var before: UInt64 = 0
      // The closure's failure is this module's: the log's own is wrapped where it arises.
      let path = store.indexPath
      position = try database.transaction({ AuditFailure($0, at: path) }) {
        () throws(AuditFailure) -> Position in
        // Asked again under the lock: another process may have read on meanwhile.
        var position = try self.position()
        before = position.index
        let rows = try indexed { () throws(SQLiteFailure) in try LeafRows(database) }
        var reader = try logged { () throws(SessionLogFailure) in
          try LogReader(store, index: position.index, offset: position.offset)
        }
        while position.index < limit,
          position.index &- before < Self.leavesPerTransaction
        {
          position.lastOffset = position.offset
          guard
            let bytes = try logged({ () throws(SessionLogFailure) in try reader.next() })
          else {
            isDone = true
            break
          }
          try indexed { () throws(SQLiteFailure) in
            try rows.add(bytes, index: position.index)
          }
          position.lastLeaf = bytes
          position.index = reader.index
          position.offset = reader.offset
        }
        if position.index >= limit { isDone = true }
        if position.index > before {
          (position.checkpoint, position.signed) = (signed.checkpoint, limit)
          try save(position)
        }
        return position
      }
      result.leaves += position.index - before
    }
  }

  private func position() throws(AuditFailure) -> Position {
    try indexed { () throws(SQLiteFailure) in
      var position = Position()
      let rows = try database.prepare("SELECT k, v FROM meta")
      while try rows.step() {
        let number = UInt64(clamping: rows.integer(1))
        switch rows.text(0) {
        case "origin": position.origin = rows.optionalText(1)
        case "leaves": position.index = number
        case "offset": position.offset = number
        case "last_offset": position.lastOffset = number
        case "last_leaf": position.lastLeaf = rows.blob(1) ?? []
        case "checkpoint": position.checkpoint = rows.blob(1) ?? []
        case "signed": position.signed = number
        default: break
        }
      }
      return position
    }
  }

  private func save(_ position: Position) throws(AuditFailure) {
    try indexed { () throws(SQLiteFailure) in
      let put = try database.prepare("INSERT OR REPLACE INTO meta(k, v) VALUES(?,?)")
      try put.run([.text("origin"), .text(store.origin)])
      try put.run([.text("leaves"), SQLValue(position.index)])
      try put.run([.text("offset"), SQLValue(position.offset)])
      try put.run([.text("last_offset"), SQLValue(position.lastOffset)])
      try put.run([.text("last_leaf"), .blob(position.lastLeaf)])
      guard !position.checkpoint.isEmpty else { return }
      try put.run([.text("checkpoint"), .blob(position.checkpoint)])
      try put.run([.text("signed"), SQLValue(position.signed)])
    }
  }

  /// Why what was read is not this log's beginning; nil if it is.
  private func fault(of position: Position, signed: UInt64) throws(AuditFailure) -> String? {
    guard position.origin == nil || position.origin == store.origin else {
      return "it was of another store"
    }
    guard position.index > 0 else { return nil }
    guard position.index <= signed else { return "the log is shorter than it was" }
    let bytes = try logged { () throws(SessionLogFailure) -> [UInt8]? in
      var reader = try LogReader(
        store, index: position.index - 1, offset: position.lastOffset)
      return try reader.next()
    }
    return bytes == position.lastLeaf ? nil : "the log is not the one that was read"
  }

  func startOver() throws(AuditFailure) {
    let path = store.indexPath
    try database.transaction({ AuditFailure($0, at: path) }) { () throws(AuditFailure) in
      try indexed { () throws(SQLiteFailure) in
        let mode = try mode()
        try database.script(
          """
          DELETE FROM event; DELETE FROM stretch; DELETE FROM gap; DELETE FROM session;
          DELETE FROM txt; DELETE FROM txt_due; DELETE FROM shown; DELETE FROM identity;
          DELETE FROM resource; DELETE FROM classified; DELETE FROM canary; DELETE FROM etype;
          DELETE FROM policy; DELETE FROM policy_change; DELETE FROM policy_active;
          DELETE FROM delegation; DELETE FROM session_chain; DELETE FROM delegation_event;
          DELETE FROM object_ref; DELETE FROM decision; DELETE FROM approval;
          DELETE FROM approval_event; DELETE FROM vote; DELETE FROM approval_use;
          DELETE FROM masking; DELETE FROM tool_seen; DELETE FROM tool_approved;
          DELETE FROM access; DELETE FROM access_ref; DELETE FROM finding;
          DELETE FROM source; DELETE FROM leaf; DELETE FROM meta;
          """)
        try make(search: mode)
      }
    }
  }
}

/// Writes leaves into the index and marks their sessions as due.
@safe
private struct LeafRows: ~Copyable {
  private let add: Statement
  private let addSource: Statement
  private let mark: Statement
  private let find: Statement
  private let move: Statement

  init(_ database: borrowing Database) throws(SQLiteFailure) {
    let add = try database.prepare("INSERT OR REPLACE INTO leaf VALUES(?,?,?,?,?,?,?,?,?,?)")
    let addSource = try database.prepare(
      "INSERT INTO source(src, uid, is_due, verify) VALUES(?,?,1,'UNREAD')")
    let mark = try database.prepare("UPDATE source SET is_due = 1 WHERE src = ?")
    let find = try database.prepare("SELECT src FROM source WHERE uid = ?")
    let move = try database.prepare("UPDATE source SET uid = uid || '+', is_due = 1 WHERE src = ?")
    // All or none: what owns statements is never half made.
    self.add = add
    self.addSource = addSource
    self.mark = mark
    self.find = find
    self.move = move
  }

  /// A leaf that cannot be read is passed over: `verify` tells of it, and its session looks
  /// unlogged.
  func add(_ bytes: [UInt8], index: UInt64) throws(SQLiteFailure) {
    let leaf: Leaf
    do { leaf = try Leaf(parsing: bytes.span) } catch { return }
    guard let id = leaf.session, index < 1 << 31 else { return }
    try find.bind([.text(id.text)])
    var sid = try find.step() ? find.integer(0) : nil
    find.reset()
    if let known = sid, known < 0 {
      // The file stood there before its leaf was signed: it begins anew under its own number. The
      // sweep removes the old rows, because no file has this name.
      try move.run([.integer(known)])
      sid = nil
    }
    let session = sid ?? Int64(index)
    if sid == nil { try addSource.run([.integer(session), .text(id.text)]) }
    try mark.run([.integer(session)])
    try add.run([
      SQLValue(index), .integer(session), .text(leaf.kind.rawValue), SQLValue(leaf.lines),
      .blob(leaf.root.bytes), SQLValue(leaf.bytes), .blob(leaf.sha256.bytes),
      .integer(leaf.time), SQLValue(leaf.withheld), SQLValue(leaf.by),
    ])
  }
}

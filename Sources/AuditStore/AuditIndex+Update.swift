internal import Evidence
internal import Platform
package import SessionLog

/// How far an update is.
package struct IndexProgress: Sendable {
  package var sessions: Int64
  package var due: Int64
}

/// What an update did.
package struct IndexUpdate: Sendable, Equatable {
  /// Leaves of the log that were new.
  package var leaves: UInt64 = 0
  /// Sessions read, wholly or further.
  package var sessions: Int64 = 0
  /// Events and stretches that were added.
  package var rows: Int64 = 0
  /// Sessions whose evidence is contradicted.
  package var damaged: Int64 = 0
}

/// How the index is to be brought up to date.
package struct IndexWish: Sendable {
  /// Empty it first.
  package var rebuilds = false
  /// Read the whole file for damage first; done by itself where the last writer was interrupted.
  package var checks = false
  /// Threads that read and verify, beside the one that writes.
  package var threads = 1
  /// Make texts findable too, and how; nil: as it is.
  package var hasText = true
  package var text: TextMode?
  package init() {}
}

package enum IndexStage: Sendable { case sessions, text }

/// What bringing it up to date did, and what there is now.
package struct IndexRefresh: Sendable {
  package var update: IndexUpdate
  package var text: TextUpdate
  package var contents: AuditIndex.Contents
  package var notes: [IndexNote]

  package var changedNothing: Bool { update == IndexUpdate() && text.isEmpty }
}

extension AuditIndex {
  /// Brings the index up to the newest signed checkpoint: first the log's new leaves, then each
  /// session they name.
  ///
  /// Both steps can be interrupted anywhere: rows and the position move in one transaction, and a
  /// session stays due until its rows are in. Held by another process for longer than the patience,
  /// it says so in the notes and leaves the index as it is.
  @discardableResult
  package mutating func update(
    threads: Int = 1, progress: (IndexProgress) -> Void = { _ in }
  ) throws(AuditFailure) -> IndexUpdate {
    var result = IndexUpdate()
    guard isWritable else {
      notes += try pendingNotes()
      return result
    }
    do throws(AuditFailure) {
      try readLog(into: &result)
      try sweepIfChanged()
      try readSessions(into: &result, threads: threads, progress: progress)
    } catch {
      guard error.kind == .locked,
        try indexed({ () throws(SQLiteFailure) in
          try database.integer("SELECT count(*) FROM meta")
        }) > 0
      else { throw error }
      note(.notUpdated(reason: "another process is updating it"))
      notes += try pendingNotes()
    }
    return result
  }

  /// Says how many sessions wait to be read, and how far the log is ahead.
  func pendingNotes() throws(AuditFailure) -> [IndexNote] {
    let due = try indexed { () throws(SQLiteFailure) in
      try database.integer("SELECT count(*) FROM source WHERE is_due")
    }
    return due > 0 ? [.pending(UInt64(clamping: due))] : []
  }

  /// Updates the index, after reading all of it for damage and, if told to, emptying it.
  package static func refresh(
    _ store: Store, now: Int64, _ wanted: IndexWish = IndexWish(),
    patience: Int32 = AuditIndex.patience,
    progress: (IndexStage, IndexProgress) -> Void = { _, _ in }
  ) throws(AuditFailure) -> IndexRefresh {
    var index = try AuditIndex(store, now: now, checks: wanted.checks, patience: patience)
    if !wanted.checks, try index.wasInterrupted() {
      index = try AuditIndex(store, now: now, checks: true, patience: patience)
    }
    if wanted.rebuilds, index.isWritable { try index.startOver() }
    let update = try index.update(threads: wanted.threads) { progress(.sessions, $0) }
    var text = TextUpdate()
    if wanted.hasText { text = try index.updateText(mode: wanted.text) { progress(.text, $0) } }
    return IndexRefresh(
      update: update, text: text, contents: try index.keptContents(), notes: index.notes)
  }

  /// True if the last writer did not come to its end: a power cut may have left more than it knows.
  private func wasInterrupted() throws(AuditFailure) -> Bool {
    try indexed { () throws(SQLiteFailure) in
      try database.integer("SELECT count(*) FROM meta WHERE k = 'writing'") > 0
    }
  }

  /// What the index holds, counted once after each update that changed it.
  private func keptContents() throws(AuditFailure) -> Contents {
    let kept = try indexed { () throws(SQLiteFailure) in
      try database.value("SELECT v FROM meta WHERE k = 'counts'")
    }
    if case .text(let text) = kept {
      let numbers = text.split(separator: " ").compactMap { Int64($0) }
      if numbers.count == 4 {
        return Contents(
          leaves: numbers[0], sessions: numbers[1], events: numbers[2], damaged: numbers[3])
      }
    }
    let counted = try contents()
    guard isWritable else { return counted }
    do throws(SQLiteFailure) {
      let text = "\(counted.leaves) \(counted.sessions) \(counted.events) \(counted.damaged)"
      try database.run("INSERT OR REPLACE INTO meta(k, v) VALUES('counts', \(text))")
    } catch {
      // Another process writes: the next one counts again.
    }
    return counted
  }

  // MARK: The log

  /// Where reading the log stands: the index and offset of the next leaf, and the last one read.
  private struct Position {
    var index: UInt64 = 0
    var offset: UInt64 = 0
    var lastOffset: UInt64 = 0
    var lastLeaf: [UInt8] = []
  }

  private static let leavesPerTransaction: UInt64 = 20_000

  private mutating func readLog(into result: inout IndexUpdate) throws(AuditFailure) {
    var limit = UInt64.max
    do {
      let head = try store.checkpoint(signedBy: store.verifierKey).0
      limit = head.size
    } catch {
      // Its damage is the verifier's to tell; whatever the sessions hold must be found all the
      // same.
      note(.unsigned(reason: error.found ?? error.what))
    }
    var position = try position()
    if let fault = try fault(of: position, signed: limit) {
      try startOver()
      note(.startedOver(reason: fault))
      position = Position()
    }
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
        if position.index > before { try save(position) }
        return position
      }
      result.leaves += position.index - before
    }
  }

  private func position() throws(AuditFailure) -> Position {
    try indexed { () throws(SQLiteFailure) in
      var position = Position()
      position.index = UInt64(clamping: try database.integer("SELECT v FROM meta WHERE k='leaves'"))
      position.offset = UInt64(
        clamping: try database.integer("SELECT v FROM meta WHERE k='offset'"))
      position.lastOffset = UInt64(
        clamping: try database.integer("SELECT v FROM meta WHERE k='last_offset'"))
      if case .blob(let bytes) = try database.value("SELECT v FROM meta WHERE k='last_leaf'") {
        position.lastLeaf = bytes
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
    }
  }

  /// Why what was read is not this log's beginning; nil if it is.
  private func fault(of position: Position, signed: UInt64) throws(AuditFailure) -> String? {
    let origin = try indexed { () throws(SQLiteFailure) in
      try database.value("SELECT v FROM meta WHERE k='origin'")
    }
    guard origin == .null || origin == .text(store.origin) else {
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

  private func startOver() throws(AuditFailure) {
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

  // MARK: Files and leaves side by side

  /// Sweeps where a name came or went in a folder of sessions since the last sweep, or may have.
  private func sweepIfChanged() throws(AuditFailure) {
    let print = try folders()
    let isKnown = try indexed { () throws(SQLiteFailure) in
      if let print, try database.value("SELECT v FROM meta WHERE k = 'folders'") == .blob(print) {
        // Nothing tells when a file that the log does not name changes, or one is missing that should be there.
        return try database.integer(
          """
          SELECT EXISTS(SELECT 1 FROM source WHERE src < 0)
            OR EXISTS(SELECT 1 FROM source WHERE verify <> 'OK' AND verify = 'MISSING')
          """) == 0
      }
      return false
    }
    if isKnown { return }
    try sweep()
    guard let print else { return }
    let path = store.indexPath
    try database.transaction({ AuditFailure($0, at: path) }) { () throws(AuditFailure) in
      try indexed { () throws(SQLiteFailure) in
        try database.run("INSERT OR REPLACE INTO meta(k, v) VALUES('folders', \(.blob(print)))")
      }
    }
  }

  /// A digest of all folders of sessions and when they last changed; nil where that is too fresh to be relied on.
  ///
  /// A name that comes within the same tick of the clock would not show: folders younger than two seconds do not count.
  private func folders() throws(AuditFailure) -> [UInt8]? {
    let limit = (SystemClock().wall() - 2_000_000) * 1000
    var text: [UInt8] = []
    var isSettled = true
    func add(_ path: String, _ depth: Int) throws(FileFailure) {
      let status = try store.system.status(of: path)
      guard status.kind == .directory else { return }
      if status.modified == 0 || status.modified > limit { isSettled = false }
      text.append(contentsOf: "\(path) \(status.inode) \(status.modified)\n".utf8)
      guard depth > 0, isSettled else { return }
      for name in try store.system.list(path) { try add(Path.join(path, name), depth - 1) }
    }
    do throws(FileFailure) { try add(store.sessionsPath, 3) } catch { return nil }
    guard isSettled else { return nil }
    return try indexed { () throws(SQLiteFailure) in try DerivedIDs.digest(text) }
  }

  /// Marks what leaves alone do not tell: files without a leaf, leaves without a file.
  private func sweep() throws(AuditFailure) {
    var present = Set<String>()
    try logged { () throws(SessionLogFailure) in
      try store.eachSessionFile { id in
        present.insert(id.text)
        return true
      }
    }
    var strangers = present
    var due: [Int64] = []
    var gone: [Int64] = []
    try indexed { () throws(SQLiteFailure) in
      let known = try database.prepare("SELECT src, uid, verify, is_due FROM source ORDER BY src")
      while try known.step() {
        let (sid, uid, word) = (known.integer(0), known.text(1), known.text(2))
        strangers.remove(uid)
        let isThere = present.contains(uid)
        if sid < 0 {
          // Read each time: nothing tells when such a file changes.
          if isThere { due.append(sid) } else { gone.append(sid) }
        } else if known.integer(3) == 0, word != "PRUNED", isThere == (word == "MISSING") {
          due.append(sid)
        }
      }
    }
    // Whoever only asks need not wait for whoever writes.
    if due.isEmpty, gone.isEmpty, strangers.isEmpty { return }
    let path = store.indexPath
    try database.transaction({ AuditFailure($0, at: path) }) { () throws(AuditFailure) in
      try indexed { () throws(SQLiteFailure) in
        try database.run("DELETE FROM meta WHERE k = 'counts'")
        let mark = try database.prepare("UPDATE source SET is_due = 1 WHERE src = ?")
        for sid in due { try mark.run([.integer(sid)]) }
        if !gone.isEmpty {
          var rows = try SessionRows(database)
          for sid in gone { try remove(sid, &rows) }
          try rows.settle(database)
        }
        let add = try database.prepare(
          "INSERT OR IGNORE INTO source(src, uid, is_due, verify) VALUES(?,?,1,'UNREAD')")
        for uid in strangers.sorted() { try add.run([.integer(try freeID(uid)), .text(uid)]) }
      }
    }
  }

  /// A number below zero for a file that the log does not name.
  private func freeID(_ uid: String) throws(SQLiteFailure) -> Int64 {
    var sid =
      -1 - DerivedIDs.number(try DerivedIDs.digest(Array(uid.utf8))) & 0x3FFF_FFFF
    while try database.integer("SELECT count(*) FROM source WHERE src = \(sid)") > 0 { sid -= 1 }
    return sid
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

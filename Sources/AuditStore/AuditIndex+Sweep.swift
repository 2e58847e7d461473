internal import Platform
internal import SessionLog

/// Files and leaves side by side: what leaves alone do not tell.
extension AuditIndex {
  /// Sweeps where a name came or went in a folder of sessions since the last sweep, or may have.
  func sweepIfChanged() throws(AuditFailure) {
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

  /// Marks sessions whose file changed under its name since it was read, which nothing else tells.
  func markChangedFiles() throws(AuditFailure) {
    let path = store.indexPath
    let changed = try indexed { () throws(SQLiteFailure) in
      var changed: [Int64] = []
      let known = try database.prepare(
        "SELECT src, uid, changed_ns FROM source WHERE NOT is_due AND verify <> 'PRUNED' ORDER BY src"
      )
      while try known.step() {
        guard let id = SessionID(known.text(1)) else { continue }
        if store.changeTime(of: id) != known.optionalInteger(2) { changed.append(known.integer(0)) }
      }
      return changed
    }
    guard !changed.isEmpty else { return }
    try database.transaction({ AuditFailure($0, at: path) }) { () throws(AuditFailure) in
      try indexed { () throws(SQLiteFailure) in
        let mark = try database.prepare("UPDATE source SET is_due = 1 WHERE src = ?")
        for sid in changed { try mark.run([.integer(sid)]) }
      }
    }
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

internal import Evidence
internal import Platform
internal import SessionLog

extension AuditIndex {
  /// Bytes of session files that one transaction takes up.
  private static let bytesPerTransaction: UInt64 = 48 << 20

  /// Reads every session that is due, in order of their numbers.
  mutating func readSessions(
    into result: inout IndexUpdate, threads: Int, progress: (IndexProgress) -> Void
  ) throws(AuditFailure) {
    let path = store.indexPath
    let due = try indexed { () throws(SQLiteFailure) in
      try database.integer("SELECT count(*) FROM source WHERE is_due")
    }
    guard due > 0 else { return }
    try indexed { () throws(SQLiteFailure) in
      try database.run("DELETE FROM meta WHERE k = 'counts'")
      try database.run("INSERT OR REPLACE INTO meta(k, v) VALUES('writing', 1)")
    }
    var readers = SessionReaders(store, threads: threads)
    guard !readers.isEmpty else {
      throw AuditFailure(
        .unusableIndex, "no thread could be started", at: path,
        advice: "Raise this user's limit of threads (ulimit -u), then ask again.")
    }
    var rows = try indexed { () throws(SQLiteFailure) in try SessionRows(database) }
    var done: Int64 = 0
    var last = Int64.min
    var hasErased = false
    while true {
      var isDone = false
      try database.transaction({ AuditFailure($0, at: path) }) { () throws(AuditFailure) in
        // Asked under the lock: what another process has read meanwhile is due no more.
        let jobs = try jobs(after: last)
        guard !jobs.isEmpty else {
          isDone = true
          return
        }
        var threadOf: [Int] = []
        for job in jobs {
          guard let id = job.id else {
            threadOf.append(-1)
            continue
          }
          threadOf.append(
            readers.ask(
              ReadJob(
                sid: job.sid, id: id, leaves: job.leaves, skip: job.isErased ? 0 : job.linesDone,
                root: job.rootDone)))
        }
        for (job, thread) in zip(jobs, threadOf) {
          last = job.sid
          if thread < 0 {
            // A row that made way for one with a leaf.
            try indexed { () throws(SQLiteFailure) in try remove(job.sid, &rows) }
          } else {
            let isDamaged = try write(job, from: &readers, thread, &rows, &result)
            if isDamaged { result.damaged += 1 }
            if job.isErased, job.linesDone > 0 { hasErased = true }
          }
          result.sessions += 1
          done += 1
          progress(IndexProgress(sessions: done, due: due))
        }
        try indexed { () throws(SQLiteFailure) in try rows.settle(database) }
        try pieces.count(at: path)
      }
      if isDone { break }
    }
    try sweepOrphans()
    try indexed { () throws(SQLiteFailure) in
      try database.run("DELETE FROM meta WHERE k = 'writing'")
    }
    if hasErased {
      // What was lawfully erased must not live on in the write-ahead log.
      try indexed { () throws(SQLiteFailure) in
        _ = try database.value("PRAGMA wal_checkpoint(TRUNCATE)")
      }
    }
  }

  /// Writes what one thread reads of a session; true if its evidence is contradicted.
  private func write(
    _ job: Due, from readers: inout SessionReaders, _ thread: Int, _ rows: inout SessionRows,
    _ result: inout IndexUpdate
  ) throws(AuditFailure) -> Bool {
    guard let id = job.id else { return false }
    while true {
      switch readers.next(from: thread) {
      case .restart?:
        try indexed { () throws(SQLiteFailure) in try clear(job.sid, &rows) }
      case .block(let block, let context)?:
        result.rows += try indexed { () throws(SQLiteFailure) in
          try rows.add(block, sid: job.sid, context)
        }
      case .finished(let reading)?:
        try indexed { () throws(SQLiteFailure) in
          try rows.finish(job.sid, id, reading, leaves: job.leaves)
        }
        return !reading.verdict.isIntact
      case .failed(let failure)?: throw AuditFailure(failure)
      case nil:
        throw AuditFailure(
          .unusableIndex, "a reading thread ended early", at: store.indexPath,
          advice: "Ask again; if it happens again, report it with the store's size.")
      }
    }
  }

  /// A session's file and how far it was read.
  private struct Due {
    var sid: Int64
    var id: SessionID?
    var linesDone: UInt64
    var rootDone: [UInt8]?
    var leafDone: Int64?
    var leaves: [LoggedLeaf] = []

    /// Lines were withheld or let go since: what stands in the index of it must go.
    var isErased: Bool {
      leaves.contains {
        ($0.leaf.kind == .erase || $0.leaf.kind == .prune)
          && Int64(clamping: $0.index) > leafDone ?? -1
      }
    }
  }

  /// The next sessions that are due, as many as one transaction takes.
  private func jobs(after last: Int64) throws(AuditFailure) -> [Due] {
    try indexed { () throws(SQLiteFailure) in
      let next = try database.prepare(
        """
        SELECT src, uid, lines_done, root_done, leaf_done FROM source
        WHERE is_due AND src > \(last) ORDER BY src LIMIT \(Int64(pieces.sessions))
        """)
      let leaves = try database.prepare(
        """
        SELECT idx, kind, lines, root, bytes, sha256, time_us, withheld, by FROM leaf
        WHERE sid = ? ORDER BY idx
        """)
      var jobs: [Due] = []
      var bytes: UInt64 = 0
      while bytes < Self.bytesPerTransaction, try next.step() {
        var job = Due(
          sid: next.integer(0), id: SessionID(next.text(1)),
          linesDone: UInt64(clamping: next.integer(2)), rootDone: next.blob(3),
          leafDone: next.optionalInteger(4))
        if let id = job.id { job.leaves = try Self.leaves(leaves, of: job.sid, id) }
        bytes &+= job.leaves.last?.leaf.bytes ?? 1 << 20
        jobs.append(job)
      }
      next.reset()
      return jobs
    }
  }

  private static func leaves(_ rows: borrowing Statement, of sid: Int64, _ id: SessionID)
    throws(SQLiteFailure) -> [LoggedLeaf]
  {
    try rows.bind([.integer(sid)])
    var leaves: [LoggedLeaf] = []
    while try rows.step() {
      guard let kind = Leaf.Kind(rawValue: rows.text(1)), let root = rows.blob(3),
        let sha = rows.blob(5), let rootDigest = Digest(root), let digest = Digest(sha)
      else { continue }
      var leaf = Leaf(
        kind, session: id, lines: UInt64(clamping: rows.integer(2)), root: rootDigest,
        bytes: UInt64(clamping: rows.integer(4)), sha256: digest, time: rows.integer(6))
      leaf.withheld = rows.optionalText(7)
      leaf.by = rows.optionalText(8)
      leaves.append(LoggedLeaf(index: UInt64(clamping: rows.integer(0)), leaf: leaf))
    }
    return leaves
  }
}

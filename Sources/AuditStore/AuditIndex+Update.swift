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
  /// Read the whole index for damage first, and look whether session files changed since they were read; the
  /// first is done by itself where the last writer was interrupted.
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
    if wanted.checks, index.isWritable { try index.markChangedFiles() }
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
}

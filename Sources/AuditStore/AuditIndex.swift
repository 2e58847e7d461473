internal import Platform
package import SessionLog

/// Something about the index that the user should hear; none of it is an error.
package enum IndexNote: Sendable, Equatable {
  /// The file was put aside under another name, and built anew.
  case putAside(reason: String, name: String)
  /// The index was of another history of this store, and was emptied.
  case startedOver(reason: String)
  /// The store cannot be written: the index was built in memory, or what is there was used.
  case inMemory(reason: String)
  case notUpdated(reason: String)
  /// Sessions that the log names and the index has not read yet.
  case pending(UInt64)
  /// The newest checkpoint cannot be used, so unsigned leaves were believed.
  case unsigned(reason: String)
}

/// A store's index, open.
///
/// Derived: it is made where it is missing and made anew where it is damaged.
package struct AuditIndex: ~Copyable {
  package let store: Store
  let database: Database
  /// False where the index can be read only.
  let isWritable: Bool
  package internal(set) var notes: [IndexNote] = []
  /// How much one transaction takes up.
  var pieces = Pieces()

  /// How much one transaction takes up; tests make it little, and let it stop in the middle.
  struct Pieces: Sendable {
    var sessions = 1000
    var texts: Int64 = 20_000
    /// Transactions until an update stops, rolling the last one back; nil: it does not.
    var transactions: Int?

    static let stopped = "the update was stopped"

    /// Counts one transaction.
    mutating func count(at path: String) throws(AuditFailure) {
      guard let left = transactions else { return }
      transactions = left - 1
      if left <= 0 {
        throw AuditFailure(.unusableIndex, Self.stopped, at: path, advice: "Ask again.")
      }
    }
  }

  /// How long to wait for another process, in milliseconds.
  package static let patience: Int32 = 5000

  /// Opens the index of `store`, makes it if there is none, and puts a damaged or older one aside.
  ///
  /// `now` names what is put aside. With `checks` the whole file is read for damage.
  /// - Throws: `.newerIndex`, `.locked`, `.unusableIndex`.
  package init(
    _ store: Store, now: Int64, checks: Bool = false, patience: Int32 = AuditIndex.patience
  ) throws(AuditFailure) {
    self.store = store
    var place = Place()
    database = try Self.connect(store, now: now, checks: checks, patience: patience, &place)
    isWritable = place.isWritable
    notes = place.notes
  }

  /// Opens the index, brings it up to date unless told not to, and answers; damage found on the way
  /// is put aside and the question asked once more.
  ///
  /// With `text` the search is brought up to date too: for questions that look for texts.
  package static func using<R>(
    _ store: Store, now: Int64, updates: Bool = true, text: Bool = false, checks: Bool = false,
    patience: Int32 = AuditIndex.patience, progress: (IndexProgress) -> Void = { _ in },
    _ body: (borrowing AuditIndex, [IndexNote]) throws(AuditFailure) -> R
  ) throws(AuditFailure) -> R {
    var notes: [IndexNote] = []
    for attempt in 0..<2 {
      do throws(AuditFailure) {
        var index = try AuditIndex(store, now: now, checks: checks, patience: patience)
        if updates { try index.update(progress: progress) }
        if updates, text { try index.updateText(progress: progress) }
        notes += index.notes
        if !updates { notes += try index.pendingNotes() }
        return try body(index, notes)
      } catch {
        guard error.kind == .damagedIndex, attempt == 0 else { throw error }
      }
      if let name = try putAside(store, now: now, isUseless: { true }) {
        notes.append(.putAside(reason: "damage found while reading it", name: name))
      }
    }
    throw AuditFailure(
      .unusableIndex, "the index is damaged again as soon as it is made", at: store.indexPath,
      advice: "Check this disk and its memory.")
  }

  mutating func note(_ note: IndexNote) { notes.append(note) }

  // MARK: Opening

  private struct Place {
    var isWritable = true
    var notes: [IndexNote] = []
  }

  private static func connect(
    _ store: Store, now: Int64, checks: Bool, patience: Int32, _ place: inout Place
  ) throws(AuditFailure) -> Database {
    for attempt in 0..<3 {
      var fault: String?
      do throws(SQLiteFailure) {
        switch makeFile(store) {
        case nil:
          let database = try Database(store.indexPath, .readWrite, wait: patience)
          fault = try judge(database, checks: checks && attempt == 0)
          if fault == nil { return database }
        case let refusal?:
          return try connectWithoutWriting(store, refusal, patience, &place)
        }
      } catch {
        if error.isUnwritable {
          do throws(SQLiteFailure) {
            return try connectWithoutWriting(store, error.message, patience, &place)
          } catch { throw AuditFailure(error, at: store.indexPath) }
        }
        guard error.isCorrupt else { throw AuditFailure(error, at: store.indexPath) }
        fault = error.message
      }
      if fault == newer { throw newerFailure(store) }
      let name = try putAside(store, now: now) {
        // Another process may have put it aside meanwhile, and made a good one.
        do throws(SQLiteFailure) {
          let database = try Database(store.indexPath, .readWrite, wait: patience)
          return try judge(database, checks: false) != nil || checks && attempt == 0
        } catch { return error.isCorrupt }
      }
      if let name { place.notes.append(.putAside(reason: fault ?? "", name: name)) }
    }
    throw AuditFailure(
      .unusableIndex, "the index cannot be made", at: store.indexPath,
      found: "damage as soon as it is written", wanted: "a file that SQLite can read back",
      advice: "Check this disk.")
  }

  /// Makes an empty file with the right permissions where there is none; says why it cannot.
  private static func makeFile(_ store: Store) -> String? {
    do throws(FileFailure) {
      let file = try File(store.indexPath, .createOrOpen(0o600), in: store.system)
      try file.giveToOwner(of: store.path)
      try file.close()
      return nil
    } catch {
      return error.reason
    }
  }

  /// For a reader who may not write the store: what is there, else an index in memory.
  private static func connectWithoutWriting(
    _ store: Store, _ refusal: String, _ patience: Int32, _ place: inout Place
  ) throws(SQLiteFailure) -> Database {
    do throws(SQLiteFailure) {
      let database = try Database(store.indexPath, .readOnly, wait: patience)
      if try database.integer("PRAGMA application_id") == IndexSchema.applicationID,
        try database.integer("PRAGMA user_version") == IndexSchema.version,
        try database.integer("SELECT count(*) FROM meta") > 0
      {
        place.isWritable = false
        place.notes.append(.notUpdated(reason: refusal))
        return database
      }
    } catch {
      // Missing, or of a kind that cannot be read without writing beside it: memory always serves.
    }
    let database = try Database("", .memory, wait: patience)
    try build(database)
    place.notes.append(.inMemory(reason: refusal))
    return database
  }

  private static let newer = "newer"

  /// What makes the file useless; nil if it is ours, whole as far as was looked, and has its
  /// tables.
  private static func judge(_ database: borrowing Database, checks: Bool) throws(SQLiteFailure)
    -> String?
  {
    let application = try database.integer("PRAGMA application_id")
    let version = try database.integer("PRAGMA user_version")
    if application == 0, version == 0,
      try database.integer("SELECT count(*) FROM sqlite_schema") == 0
    {
      _ = try database.value("PRAGMA journal_mode = WAL")
      try build(database)
    } else if application != IndexSchema.applicationID {
      return "a database of another program"
    } else if version > IndexSchema.version {
      return newer
    } else if version < IndexSchema.version {
      return "an index of an older version"
    }
    try database.script(
      """
      PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;
      PRAGMA cache_size = -65536;
      """)
    if checks, try database.value("PRAGMA quick_check(1)") != .text("ok") {
      return "damage, as SQLite's quick_check says"
    }
    return nil
  }

  /// Makes the tables, if no other process has done so since.
  private static func build(_ database: borrowing Database) throws(SQLiteFailure) {
    try database.transaction({ $0 }) { () throws(SQLiteFailure) in
      guard try database.integer("PRAGMA user_version") == 0 else { return }
      try database.script(IndexSchema.text)
      // The numbers of IndexSchema, as literals: a pragma takes no values.
      try database.script("PRAGMA application_id = 0x41554458; PRAGMA user_version = 4;")
    }
  }

  /// Renames the index and its companions, if it still is useless once nobody else can rename; its
  /// new name.
  private static func putAside(_ store: Store, now: Int64, isUseless: () -> Bool)
    throws(AuditFailure) -> String?
  {
    do throws(FileFailure) {
      let directory = try File(store.path, .directory, in: store.system)
      _ = try directory.lock(wait: true)
      guard isUseless() else { return nil }
      let stamp = WallTime.format(now).filter { $0.isNumber || $0 == "T" || $0 == "Z" }
      var name = Path.name(of: store.indexPath) + ".bad-" + stamp
      var attempt = 0
      while try exists(Path.join(store.path, name), in: store.system) {
        attempt += 1
        name = Path.name(of: store.indexPath) + ".bad-\(stamp)-\(attempt)"
      }
      // The file itself last: what remains after a crash is an index without its log, not a log
      // without index.
      for suffix in ["-wal", "-shm", ""] {
        do {
          try store.system.rename(
            store.indexPath + suffix, to: Path.join(store.path, name + suffix))
        } catch {
          guard error.isMissing else { throw error }
        }
      }
      return name
    } catch {
      throw AuditFailure(error)
    }
  }

  private static func exists(_ path: String, in system: any FileSystem) throws(FileFailure)
    -> Bool
  {
    do { _ = try system.status(of: path) } catch {
      guard error.isMissing else { throw error }
      return false
    }
    return true
  }

  private static func newerFailure(_ store: Store) -> AuditFailure {
    AuditFailure(
      .newerIndex, "the index is of a newer version", at: store.indexPath,
      wanted: "version \(IndexSchema.version)",
      advice: "Use a newer blackbox, or delete the index: it is rebuilt from the recordings.")
  }
}

extension AuditFailure {
  init(_ failure: SQLiteFailure, at path: String) {
    if failure.isCorrupt {
      self.init(
        .damagedIndex, "the index is damaged", at: path, found: failure.message,
        advice: "Delete it: it is rebuilt from the recordings.")
    } else if failure.isLocked {
      self.init(
        .locked, "the index is locked by another process", at: path,
        advice: "Try again when it is done, or ask with --no-index.")
    } else {
      self.init(
        .unusableIndex, "the index cannot be used", at: path, found: failure.message,
        advice: "Check the path and the disk; it can be deleted and is rebuilt.")
    }
  }
}

extension AuditIndex {
  /// Runs SQLite's work and turns its failures into this module's.
  @inline(always)
  func indexed<R: ~Copyable>(_ body: () throws(SQLiteFailure) -> R) throws(AuditFailure) -> R {
    do { return try body() } catch { throw AuditFailure(error, at: store.indexPath) }
  }
}

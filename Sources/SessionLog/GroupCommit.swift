package import Evidence
package import Platform

/// Makes many sessions durable with one sync and one append to the log.
///
/// Format: schema/session-format.md §4, Durable point.
///
/// Not Sendable: one thread has it, with all its sessions. What fails for one session stays with that session; what
/// fails for the log is thrown.
package final class GroupCommit {
  /// One session, for as long as it is written.
  package final class Session {
    package var writer: SessionWriter
    /// Its first batch, and with it its name, is not durable yet.
    fileprivate var isNew = true
    fileprivate var isLogInDoubt = false

    fileprivate init(_ writer: consuming SessionWriter) { self.writer = writer }
  }

  /// What a round came to.
  package struct Outcome {
    /// These writers are poisoned now, each with its own failure.
    package var failed: [(Session, SessionLogFailure)] = []
    /// The disk is full: what is not durable waits for the next round.
    package var fullDisk: SessionLogFailure?
    /// The log's head after its last change in this round.
    package var head: Checkpoint?
    /// What the log now holds of sessions that were opened or closed.
    package var logged: [(Session, Leaf)] = []
  }

  private let store: Store
  private let state: StateDirectory
  private let log: TransparencyLog
  private let clock: any Clock
  private let pace: Pace
  private let compressors: CompressorPool
  private let files: OpenFiles
  /// Opened before the first write and kept, so that it hears of every error.
  private let root: File
  private var lastAnchor: UInt64
  /// Folders whose names are durable all the way up.
  private var folders: Set<String> = []

  /// So many files are synced one by one before the whole file system is.
  private static let few = 6

  /// Takes a store whose log is in order.
  ///
  /// `compressors` is how many sessions may hold one over several flushes; others end a frame with each. `files` is how
  /// many of their files may be open.
  package init(
    _ store: Store, _ state: StateDirectory, clock: any Clock, pace: Pace = Pace(),
    compressors most: Int = Compression.many.most, files: FileAllowance = FileAllowance()
  ) throws(SessionLogFailure) {
    var compression = Compression.many
    compression.most = max(2, most)
    self.store = store
    self.state = state
    self.clock = clock
    self.pace = pace
    self.files = OpenFiles(files)
    log = TransparencyLog(store, state)
    try log.check()
    compressors = try CompressorPool(compression)
    root = try onDisk { () throws(FileFailure) in try File(store.path, .directory, in: store.system)
    }
    lastAnchor = clock.monotonic()
  }

  /// A request for a session: its id and its whole line 0.
  package struct Opening {
    package var id: SessionID
    package var first: [UInt8]
    package init(id: SessionID, first: [UInt8]) { (self.id, self.first) = (id, first) }
  }

  /// Begins sessions; none is durable or in the log before the next round has said so.
  package func begin(_ openings: [Opening]) -> [Result<Session, SessionLogFailure>] {
    var results: [Result<Session, SessionLogFailure>] = []
    var locks: [(Int, FileBox)] = []
    for (index, opening) in openings.enumerated() {
      do throws(SessionLogFailure) {
        if let fault = lineFault(opening.first.span, after: 0) {
          throw SessionLogFailure(
            .refused, "the session's first event breaks the format", found: fault,
            wanted: "a line as schema/session-format.md §3 says", advice: "Nothing was written.")
        }
        locks.append((index, FileBox(try SessionWriter.makeLock(in: store, id: opening.id))))
        results.append(.failure(Self.undone))
      } catch { results.append(.failure(error)) }
    }
    // The locks' names first, all at once: a session file without one would look smuggled in.
    var refusal: SessionLogFailure?
    do throws(SessionLogFailure) {
      guard !locks.isEmpty else { return results }
      try onDisk { () throws(FileFailure) in try store.system.syncDirectory(store.livePath) }
    } catch { refusal = error }
    for (index, box) in locks {
      let opening = openings[index]
      do throws(SessionLogFailure) {
        if let refusal { throw refusal }
        try makeFolder(of: opening.id)
        guard let lock = box.take() else { continue }
        results[index] = .success(
          Session(
            try SessionWriter.open(
              in: store, state: state, id: opening.id, first: opening.first, lock: lock,
              clock: clock, pace: pace, compressors: compressors, among: files)))
      } catch { results[index] = .failure(error) }
    }
    return results
  }

  private static let undone = SessionLogFailure(
    .system, "the session was not begun", advice: "This is a defect; please report it.")

  /// A file in an array, which cannot hold what is not copyable.
  private final class FileBox {
    private var file: File?
    init(_ file: consuming File) { self.file = consume file }
    func take() -> File? { file.take() }
  }

  private func makeFolder(of id: SessionID) throws(SessionLogFailure) {
    let folder = Path.parent(of: store.sessionPath(of: id))
    guard !folders.contains(folder) else { return }
    try onDisk { () throws(FileFailure) in try SessionWriter.makeFolder(of: id, in: store) }
    folders.insert(folder)
  }

  /// When the log may be given anchors again, on `clock.monotonic()`.
  package var nextAnchor: UInt64 { lastAnchor &+ pace.anchor }

  /// Makes every appended line of these sessions durable, with a commit for each that is due one.
  ///
  /// A session whose `open` or `close` leaf is now in the log is in `logged`.
  /// - Throws: the log could not be appended to for another reason than space; nothing may be told to anyone then.
  package func round(_ sessions: [Session], commit: Bool = false) throws(SessionLogFailure)
    -> Outcome
  {
    try checkPlace()
    var outcome = Outcome()
    var rest = sessions[...]
    while !rest.isEmpty, outcome.fullDisk == nil {
      let part = takePart(of: &rest)
      writeOut(part, commit: commit, &outcome)
      sync(part.filter { $0.writer.needsSync }, &outcome)
    }
    try record(sessions, commit: commit, &outcome)
    return outcome
  }

  /// Takes so many sessions from the front as may have their files open at a time: all, as a rule.
  private func takePart(of rest: inout ArraySlice<Session>) -> ArraySlice<Session> {
    var closed = 0
    let end = rest.firstIndex { session in
      if !session.writer.file.isOpen { closed += 1 }
      return closed > files.allowance.besides
    }
    let part = rest[..<(end ?? rest.endIndex)]
    rest = rest[part.endIndex...]
    return part
  }

  /// Whoever moves a store or puts another in its place while it is written must not be told that all is well.
  private func checkPlace() throws(SessionLogFailure) {
    let isSame: Bool
    do throws(FileFailure) {
      let (named, held) = (try store.system.status(of: store.path), try root.status())
      isSame = named.inode == held.inode && named.device == held.device
    } catch {
      guard error.isMissing else { throw SessionLogFailure(error) }
      isSame = false
    }
    guard isSame else {
      throw SessionLogFailure(
        .storeUnusable, "the store was moved or replaced while it was written", at: store.path,
        found: "another directory, or none", wanted: "the one that was opened",
        advice: "Nothing more is acknowledged. Put the store back, then start again.")
    }
  }

  private func writeOut(_ sessions: ArraySlice<Session>, commit: Bool, _ outcome: inout Outcome) {
    for session in sessions {
      do throws(SessionLogFailure) { try session.writer.writeOut(commit: commit) } catch {
        guard error.kind == .outOfSpace else {
          outcome.failed.append((session, error))
          continue
        }
        outcome.fullDisk = error
        // What was taken must be kept and closed: that is what the reserve is for.
        guard session.writer.isEnding, Reserve.release(store.reservePath, in: store.system) else {
          continue
        }
        do throws(SessionLogFailure) { try session.writer.write() } catch {
          if error.kind != .outOfSpace { outcome.failed.append((session, error)) }
        }
      }
    }
  }

  private func sync(_ sessions: [Session], _ outcome: inout Outcome) {
    guard !sessions.isEmpty else { return }
    if sessions.count > Self.few {
      do throws(FileFailure) {
        if try root.syncFileSystem() {
          for session in sessions { settle(session, &outcome) }
          return
        }
      } catch {
        // Each file's own error tells which of them lost data.
      }
    }
    var named: Set<String> = []
    for session in sessions {
      do throws(SessionLogFailure) {
        try session.writer.syncFile(metadata: session.isNew)
        let folder = Path.parent(of: session.writer.path)
        if session.isNew, !named.contains(folder) {
          named.insert(folder)
        }
      } catch { outcome.failed.append((session, error)) }
    }
    var unnamed: SessionLogFailure?
    for folder in named {
      do { try store.system.syncDirectory(folder) } catch { unnamed = SessionLogFailure(error) }
    }
    for session in sessions where session.writer.failure == nil {
      if session.isNew, let unnamed {
        outcome.failed.append((session, session.writer.poison(unnamed)))
      } else {
        settle(session, &outcome)
      }
    }
  }

  private func settle(_ session: Session, _ outcome: inout Outcome) {
    session.writer.settle()
    session.isNew = false
    do throws(SessionLogFailure) { try session.writer.file.closeIfTooMany() } catch {
      outcome.failed.append((session, session.writer.poison(error)))
    }
  }

  private func record(_ sessions: [Session], commit: Bool, _ outcome: inout Outcome)
    throws(SessionLogFailure)
  {
    let moment = clock.monotonic()
    let anchors = commit || moment &- lastAnchor >= pace.anchor
    var due: [(Session, Leaf)] = []
    for session in sessions {
      if let leaf = session.writer.leaf(anchors: anchors) { due.append((session, leaf)) }
    }
    guard !due.isEmpty else { return }
    let isRetry = due.contains { $0.0.isLogInDoubt }
    for (session, _) in due { session.isLogInDoubt = true }
    do throws(SessionLogFailure) {
      outcome.head = try log.append(due.map(\.1), isRetry: isRetry)
    } catch {
      guard error.kind == .outOfSpace else { throw error }
      outcome.fullDisk = error
      // A close has waited long enough for its room in the log.
      guard due.contains(where: { $0.1.kind.isFinal }),
        Reserve.release(store.reservePath, in: store.system)
      else { return }
      do throws(SessionLogFailure) {
        outcome.head = try log.append(due.map(\.1), isRetry: true)
      } catch {
        guard error.kind == .outOfSpace else { throw error }
        return
      }
    }
    if anchors { lastAnchor = moment }
    for (session, leaf) in due {
      session.isLogInDoubt = false
      session.writer.unanchored = nil
      if leaf.kind != .anchor { outcome.logged.append((session, leaf)) }
      guard leaf.kind.isFinal else { continue }
      do throws(SessionLogFailure) { try session.writer.letGo() } catch {
        // The session is whole and logged; recovery removes the name that is left.
      }
    }
  }

  /// Takes a session's last lines; the next round closes it.
  ///
  /// `last` ends with `session.end`.
  ///
  /// - Throws: `.busy`: its `open` leaf or bytes from before still wait; call again after a round.
  package func end(_ session: Session, lines last: [[UInt8]]) throws(SessionLogFailure) {
    if let failure = session.writer.failure { throw failure }
    guard !session.writer.isEnding else { return }
    guard !session.writer.isStalled, session.writer.unanchored?.kind != .open else {
      throw SessionLogFailure(
        .busy, "the session's bytes so far are not durable yet", at: session.writer.path,
        advice: "End it after the next round.")
    }
    try session.writer.check(last: last)
    try session.writer.end(last)
  }

  /// Gives memory back that a busy time needed and nobody uses now.
  package func trim() {
    if compressors.trim(keeping: 16) { releaseFreeMemory() }
  }

  /// Makes the reserve whole again after it was given up.
  package func fillReserve() {
    do { try Reserve.fill(store.reservePath, in: store.system) } catch {
      // No room yet; the next close finds it missing and waits.
    }
  }
}

internal import Evidence
package import Platform

/// Closes sessions whose writer died.
///
/// Runs only in commands that write. Format: schema/session-format.md §4, Recovery.
package struct Recovery: ~Copyable {
  /// What became of one session.
  package struct Outcome: Sendable {
    package enum Action: Sendable {
      /// Its last commit was a close: only the log's leaf (or the seek table) was missing.
      case finished
      /// Whole lines behind the last commit were kept, torn bytes put aside, and the session closed.
      case recovered(keptLines: UInt64, cutBytes: UInt64)
      /// It never got an open leaf, so nothing had been let through: the file was put aside.
      case setAside
      /// Its lock had no file: nothing was ever recorded.
      case empty
      /// Damaged before its last commit, or unlike the log: evidence, left as it is.
      case leftAlone([Finding])
    }
    package var id: SessionID
    package var action: Action
  }

  private let store: Store
  private let log: TransparencyLog
  private let clock: any Clock
  /// Leaves of sessions that are closed on the disk and wait for the log.
  private var due: [Leaf] = []
  /// Files whose last bytes are written and not durable yet.
  private var unsynced: [OpenFile] = []
  private var root: OpenFile?

  package init(_ store: Store, _ state: StateDirectory, clock: any Clock) {
    self.store = store
    self.clock = clock
    log = TransparencyLog(store, state)
  }

  /// Recovers every session in `live/` whose lock is free; a lock that is held is a living writer's.
  ///
  /// Killed anywhere, the next run reads the same state and comes to the same end.
  package consuming func run() throws(SessionLogFailure) -> [Outcome] {
    try log.state.claim(store)
    try AuditSession.closeOver(in: store, log.state, clock: clock)
    var ids = try store.liveSessions()[...]
    // Each has its lock and its file open until all of them are in the log.
    let together = max(
      64, min(Self.together, (ServiceManager.raiseDescriptorLimit() - 128) / 3))
    var outcomes: [Outcome] = []
    while !ids.isEmpty {
      // Locks first, then the log: a session that was signed for, or closed by another recovery, between a look at the
      // log and its lock would be taken for one that never was.
      var held: [Mended] = []
      while held.count < together, let id = ids.popFirst() {
        guard let lock = try take(id) else { continue }
        if try AuditSession.isGoingOn(id, in: store, clock: clock) { continue }
        held.append(Mended(id: id, lock: lock))
      }
      guard !held.isEmpty else { break }
      let leaves = try settledLeaves()
      var mended: [Mended] = []
      for session in held {
        let action: Outcome.Action
        do {
          action = try recover(session.id, leaves: leaves[session.id] ?? [])
        } catch {
          try finish(&mended)
          throw error
        }
        outcomes.append(Outcome(id: session.id, action: action))
        if case .leftAlone = action { continue }
        mended.append(session)
      }
      try finish(&mended)
    }
    return outcomes
  }

  /// The leaves of each session, once the log itself is settled: unsigned ones are put aside and derived anew.
  private func settledLeaves() throws(SessionLogFailure) -> [SessionID: [LoggedLeaf]] {
    try log.append([])
    let view = try LogView(
      store, trust: Trust(key: store.verifierKey, source: .ownState), state: nil)
    // The append above trusts the log's right edge; what the leaves say of sessions is trusted only here.
    if let finding = view.findings.first {
      throw SessionLogFailure(
        .diverged, "the log is damaged", at: finding.path, found: finding.found,
        wanted: finding.wanted, advice: finding.advice)
    }
    return view.leaves
  }

  /// A session whose file is whole again and durable; log and lock come when some of them are together.
  private final class Mended {
    let id: SessionID
    // Held until the name is gone.
    let lock: File
    init(id: SessionID, lock: consuming File) {
      self.id = id
      self.lock = lock
    }
  }

  /// One look at the log and one append to it cost as much as mending many sessions.
  private static let together = 2048
  /// So many files are synced one by one before the whole file system is.
  private static let few = 6

  private mutating func finish(_ mended: inout [Mended]) throws(SessionLogFailure) {
    try syncMended()
    if !due.isEmpty { try log.append(due) }
    due.removeAll()
    for session in mended {
      try onDisk { () throws(FileFailure) in
        try store.system.remove(store.livePath(of: session.id))
      }
    }
    mended.removeAll()
  }

  /// Takes the session's lock; nil if a writer or another recovery has it, or has just finished.
  private func take(_ id: SessionID) throws(SessionLogFailure) -> File? {
    let path = store.livePath(of: id)
    do throws(FileFailure) {
      let lock = try File(path, .readWrite, in: store.system)
      guard try lock.lock(wait: false) else { return nil }
      guard try lock.isNamed(path) else { return nil }
      return lock
    } catch {
      // A link or the like was put there by no writer, and must not keep the others from recovery.
      guard error.isMissing || error.isForbiddenKind else { throw SessionLogFailure(error) }
      return nil
    }
  }

  private mutating func recover(_ id: SessionID, leaves: [LoggedLeaf]) throws(SessionLogFailure)
    -> Outcome.Action
  {
    let path = store.sessionPath(of: id)
    guard !leaves.isEmpty else { return try setAside(id, path) }
    let verdict = try SessionVerifier.verify(id, in: store, leaves: leaves)
    let isEnded = leaves.contains { $0.leaf.kind.isFinal }
    let grave = verdict.findings.filter { isEnded || $0.rule != .seekTable }
    guard grave.isEmpty else { return .leftAlone(grave) }
    if isEnded { return .finished }
    var reader = try SessionReader(path: path, in: store.system)
    var batch = Batch()
    while try reader.next(into: &batch) == .committed {}
    // Opened before the first write, so that it hears of every error.
    if root == nil {
      root = try onDisk { () throws(FileFailure) in
        OpenFile(try File(store.path, .directory, in: store.system))
      }
    }
    let open = try onDisk { () throws(FileFailure) in
      OpenFile(try File(path, .readWrite, in: store.system))
    }
    // A failed sync may have left pages in the cache that the disk lacks, commits among them; only what the log
    // signed for is surely there. All else is written over itself, so that the sync below means something.
    let signed = leaves.map(\.leaf.bytes).max() ?? 0
    try rewrite(open.file, from: signed, to: reader.verifiedBytes)
    let action =
      reader.isClosed
      ? try finish(id, &reader, open.file) : try close(id, &reader, open.file)
    if case .leftAlone = action { return action }
    unsynced.append(open)
    return action
  }

  /// A file in an array, which cannot hold what is not copyable.
  private final class OpenFile {
    let file: File
    init(_ file: consuming File) { self.file = file }
  }

  /// Makes every mended file durable: only then may the log speak of it.
  private mutating func syncMended() throws(SessionLogFailure) {
    guard !unsynced.isEmpty else { return }
    try onDisk { () throws(FileFailure) in
      if unsynced.count > Self.few, let root {
        do throws(FileFailure) {
          if try root.file.syncFileSystem() { return }
        } catch {
          // Each file's own error tells which of them lost data.
        }
      }
      for open in unsynced { try open.file.sync(dataOnly: false) }
    }
    unsynced.removeAll()
  }

  /// Moves a session that was never opened in the log out of the store.
  private func setAside(_ id: SessionID, _ path: String) throws(SessionLogFailure)
    -> Outcome.Action
  {
    do throws(FileFailure) {
      _ = try store.system.status(of: path)
      try store.system.makeDirectories(store.quarantinePath, permissions: 0o700)
      try store.system.rename(path, to: Path.join(store.quarantinePath, "\(id).unopened"))
      try syncIfThere([store.quarantinePath, Path.parent(of: path)])
      return .setAside
    } catch {
      guard error.isMissing else { throw SessionLogFailure(error) }
    }
    // A recovery that died may have moved the file without making that durable: the lock's name must not go first.
    try onDisk { () throws(FileFailure) in
      try syncIfThere([store.quarantinePath, Path.parent(of: path)])
    }
    return .empty
  }

  private func syncIfThere(_ directories: [String]) throws(FileFailure) {
    for directory in directories {
      do { try store.system.syncDirectory(directory) } catch {
        guard error.isMissing else { throw error }
      }
    }
  }

  /// Step (2): the close commit stands; seek table and leaf may be missing.
  private mutating func finish(
    _ id: SessionID, _ reader: inout SessionReader, _ file: borrowing File
  ) throws(SessionLogFailure) -> Outcome.Action {
    guard let commit = reader.lastCommit else { return .leftAlone(reader.findings) }
    let table = reader.seekTable.bytes
    let end = commit.offset + UInt64(commit.length) + UInt64(FrameLayout.commitBytes)
    let digest: Digest
    if reader.findings.isEmpty {
      digest = reader.digest ?? .zero
    } else {
      let size = try onDisk { () throws(FileFailure) in try file.status().size }
      guard size <= end + UInt64(4 * Limits.batchStoredBytes) else {
        return .leftAlone(reader.findings)
      }
      try keepAside(id, file, from: end, to: size)
      try onDisk { () throws(FileFailure) in
        try file.write(table.span, at: end)
        try file.truncate(to: end + UInt64(table.count))
      }
      reader.chain.update(table)
      digest = reader.chain.peek()
    }
    due.append(
      Leaf(
        commit.flags.contains(.recovery) ? .abandoned : .close, session: id, lines: commit.lines,
        root: reader.root(), bytes: end + UInt64(table.count), sha256: digest, time: clock.wall()))
    return .finished
  }

  /// Steps (3) to (5): keep whole lines, put torn bytes aside, close with a recovery commit.
  private mutating func close(
    _ id: SessionID, _ reader: inout SessionReader, _ file: borrowing File
  ) throws(SessionLogFailure) -> Outcome.Action {
    guard let last = reader.lastCommit, let tail = reader.tail, let start = reader.start else {
      return .leftAlone(reader.findings)
    }
    let batchStart = last.offset + UInt64(last.length) + UInt64(FrameLayout.commitBytes)
    let size = tail.end + tail.tornBytes
    guard tail.tornBytes <= UInt64(4 * Limits.batchStoredBytes) else {
      return .leftAlone([
        Finding(
          .damagedTail, .malformed, .bytes, path: reader.path, offset: tail.end,
          found: "\(tail.tornBytes) bytes that are no lines", wanted: "at most one torn batch",
          advice: "A crash tears one batch at the most: this was put there. Keep it as evidence.")
      ])
    }
    let cut = try keepAside(id, file, from: tail.end, to: size)

    var kept = try onDisk { () throws(FileFailure) in
      try file.read(Int(clamping: tail.end - batchStart), at: batchStart)
    }
    let leaves = try crypto { () throws(CryptoFailure) in try LeafHasher(key: reader.saltKey) }
    var time = tail.time
    var keptLines: UInt64 = 0
    func add(_ line: Span<UInt8>) {
      reader.tree.append(leaves.leaf(line, number: reader.tree.size), using: &reader.hasher)
    }
    var batch = Batch()
    batch.content = tail.content
    _ = batch.split(from: 0)
    for index in 0..<batch.lineCount { batch.withLine(index) { add($0) } }
    keptLines = UInt64(batch.lineCount)

    let wall = clock.wall()
    time = max(time, UInt64(clamping: wall - start.start))
    var recovered = RecorderRecoveredEvent()
    if keptLines > 0 {
      recovered.firstLine = Int64(clamping: last.lines)
      recovered.lastLine = Int64(clamping: last.lines + keptLines - 1)
    }
    recovered.cutBytes = Int64(clamping: tail.tornBytes)
    recovered.cutDigest = cut
    recovered.common.at = WallTime.format(wall)
    var end = SessionEndEvent(reason: "crash")
    end.common.at = WallTime.format(wall)
    var lines: [UInt8] = []
    for line in [recovered.line(at: time), end.line(at: time)] {
      add(line.span)
      lines += line + [0x0A]
    }

    var table = reader.seekTable
    for frame in tail.frames { table.add(stored: frame.stored, content: frame.content) }
    if tail.isFrameOpen {
      kept += FrameLayout.emptyLastBlock
      table.add(
        stored: tail.openFrame.stored + UInt64(FrameLayout.emptyLastBlock.count),
        content: tail.openFrame.content)
    }
    var frame: [UInt8] = []
    try zstd { () throws(ZstdFailure) in
      let compressor = try Compressor(Compression.many.settings)
      try compressor.compress(lines.span, ending: .frame, into: &frame)
    }
    table.add(stored: UInt64(frame.count), content: UInt64(lines.count))
    var bytes = kept + frame
    reader.chain.update(bytes)
    let commit = CommitFrame(
      k: last.k + 1, firstLine: last.lines, lines: reader.tree.size, offset: batchStart,
      length: UInt32(clamping: bytes.count), flags: [.close, .recovery], time: time,
      root: reader.root(), chain: reader.chain.peek())
    table.add(stored: UInt64(FrameLayout.commitBytes), content: 0)
    let ending = commit.bytes + table.bytes
    reader.chain.update(ending)
    bytes += ending
    let total = batchStart + UInt64(bytes.count)
    try onDisk { () throws(FileFailure) in
      // Kept bytes too are written over themselves.
      try file.write(bytes.span, at: batchStart)
      try file.truncate(to: total)
    }
    due.append(
      Leaf(
        .abandoned, session: id, lines: commit.lines, root: commit.root, bytes: total,
        sha256: reader.chain.peek(), time: wall))
    return .recovered(keptLines: keptLines, cutBytes: tail.tornBytes)
  }

  private func rewrite(_ file: borrowing File, from start: UInt64, to end: UInt64)
    throws(SessionLogFailure)
  {
    var offset = start
    while offset < end {
      let count = Int(clamping: min(end - offset, 1 << 20))
      try onDisk { () throws(FileFailure) in
        let bytes = try file.read(count, at: offset)
        try file.write(bytes.span, at: offset)
      }
      offset += UInt64(count)
    }
  }

  /// Copies bytes to the quarantine, durably, before anything cuts them; their digest, or nil if there are none.
  @discardableResult
  private func keepAside(
    _ id: SessionID, _ file: borrowing File, from start: UInt64, to end: UInt64
  ) throws(SessionLogFailure) -> Digest? {
    guard end > start else { return nil }
    let bytes = try onDisk { () throws(FileFailure) in
      try file.read(Int(clamping: end - start), at: start)
    }
    try Quarantine.keep(bytes, name: "\(id).\(start)", in: store)
    return try crypto { () throws(CryptoFailure) in try SHA256.hash(bytes) }
  }
}

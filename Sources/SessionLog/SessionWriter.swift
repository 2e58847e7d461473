internal import Evidence
package import Platform

/// How often a session is made durable and committed.
///
/// Source: schema/session-format.md §4.
package struct Pace: Sendable {
  /// Microseconds from the oldest waiting line to its durable point.
  package var flush: UInt64 = 200_000
  /// Microseconds from the oldest uncommitted line to its commit.
  package var commit: UInt64 = 60_000_000
  /// Bytes of lines that force a commit.
  package var commitBytes = 1 << 20
  /// Microseconds between two anchors in the log.
  package var anchor: UInt64 = 1_000_000
  package init() {}
}

/// Writes one session: the only code that does.
///
/// Format: schema/session-format.md §§3 and 4.
///
/// One owner, one thread. Lines are compressed and hashed as they come; nothing is acknowledged before
/// `makeDurable` returns, and no byte of the file is written while an earlier one waits for its sync.
/// A failed write for want of space keeps every byte, and `makeDurable` may be called again when space returns.
/// Any other failed write, and any failed sync, poisons the writer: it repeats that failure for ever.
package struct SessionWriter: ~Copyable {
  package let id: SessionID
  package let path: String
  /// Lines under a durable point: what a crash cannot take.
  package internal(set) var durableLines: UInt64 = 0
  /// Lines appended, durable or not.
  package var lines: UInt64 { tree.size }
  /// Bytes of all lines with their LFs.
  package internal(set) var contentBytes: UInt64 = 0

  let store: Store
  let log: TransparencyLog
  let clock: any Clock
  let pace: Pace
  let origin: UInt64
  var file: SessionFile
  let lock: File

  let compressors: CompressorPool
  /// The one that the open data frame is written with; nil while none is open.
  var compressor: CompressorPool.Loan?
  /// How the next frame is compressed; nil where sessions share compressors.
  var choice: CompressionChoice?
  /// When the open frame got its compressor.
  var frameMoment: UInt64 = 0
  let chain: SHA256
  var hasher: TreeHasher
  var leaves: LeafHasher
  var tree = CompactRange()
  var seekTable = SeekTable()

  /// Lines that the compressor has not seen yet.
  var raw: [UInt8] = []
  /// Bytes of the file that are not durable yet; they stand at `durableBytes`.
  var waiting: [UInt8] = []
  var written = 0
  /// Lines that are whole in `waiting` or durable.
  var flushedLines: UInt64 = 0
  /// Syncs are left to `GroupCommit`.
  var isGrouped = false
  /// Lines only gather: whoever appends now has no time to compress them, and may not wait for a disk.
  ///
  /// For as long as `takesLines` says; then `compressGathered` and `makeDurable` do the rest.
  package var isGathering = false
  /// The next line needs more room than the batch has: a round ends it with a commit.
  package var isBatchFull = false
  /// A write found no space: what waits goes out before anything is added to it.
  var isStalled = false
  /// The close commit is made; only its way to the disk and the log may be missing.
  var isEnding = false
  /// An append to the log failed, after which the leaf may be there or not.
  var isLogInDoubt = false
  var durableBytes: UInt64 = 0

  var lastTime: UInt64 = 0
  var commits: UInt64 = 0
  var committedLines: UInt64 = 0
  var committedTime: UInt64 = 0
  /// Where the batch and the open data frame began.
  var batchStart: UInt64 = 0
  var frameStart: UInt64 = 0
  var frameContent: UInt64 = 0
  var batchContent = 0
  var oldestWaiting: UInt64?
  var oldestUncommitted: UInt64?
  var lastAnchor: UInt64
  var unanchored: Leaf?
  var failure: SessionLogFailure?

  /// What the writer is made from, gathered by `create` so that nothing half-made is ever owned.
  struct Parts: ~Copyable {
    let file: SessionFile
    let lock: File
    let chain: SHA256
    let hasher: TreeHasher
    let leaves: LeafHasher
  }

  /// Begins a session: lock, file, batch 0, and the `open` leaf in the signed log, all durable on return.
  ///
  /// `start` is completed: format, store, session id and checkpoint come from here.
  /// - Throws: after a failure no `open` leaf is in the log, or the session is there for `recover` to close.
  package static func begin(
    in store: Store, state: StateDirectory, start: SessionStart, clock: any Clock,
    pace: Pace = Pace()
  ) throws(SessionLogFailure) -> SessionWriter {
    // A log that will not take the leaf is better found before a file is made.
    try TransparencyLog(store, state).check()
    let salt = try crypto { () throws(CryptoFailure) in try randomBytes(32) }
    return try begin(
      in: store, state: state, start: start, clock: clock, pace: pace, salt: salt,
      compression: .alone)
  }

  /// Begins a session whose salt key the caller knows: for test vectors, where every byte is written down.
  package static func begin(
    in store: Store, state: StateDirectory, start: SessionStart, clock: any Clock, pace: Pace,
    salt: [UInt8]
  ) throws(SessionLogFailure) -> SessionWriter {
    try begin(
      in: store, state: state, start: start, clock: clock, pace: pace, salt: salt,
      compression: .vectors)
  }

  static func begin(
    in store: Store, state: StateDirectory, start: SessionStart, clock: any Clock, pace: Pace,
    salt: [UInt8], compression: Compression
  ) throws(SessionLogFailure) -> SessionWriter {
    if let fault = lineFault(start.line().span, after: 0) {
      throw SessionLogFailure(
        .refused, "the session's first event breaks the format", found: fault,
        wanted: "a line as schema/session-format.md §3 says", advice: "Nothing was written.")
    }
    do throws(SessionLogFailure) {
      var writer = SessionWriter(
        store, state, start.session, clock, pace,
        try CompressorPool(compression), try prepare(in: store, id: start.session, salt: salt))
      try writer.addFirstBatch(start.line(), salt: salt)
      try writer.sync(metadata: true)
      try onDisk { () throws(FileFailure) in
        try store.system.syncDirectory(Path.parent(of: writer.path))
      }
      if let leaf = writer.unanchored { try writer.log.append([leaf]) }
      writer.unanchored = nil
      return writer
    } catch {
      if error.kind == .outOfSpace { discard(start, in: store, state) }
      throw error
    }
  }

  /// Removes what a begin made that found no space: on a full disk each try would leave some.
  ///
  /// Only where nothing was signed since line 0 was made: then no leaf speaks of the session, and nothing was let through.
  /// Everything else is left to recovery.
  private static func discard(_ start: SessionStart, in store: Store, _ state: StateDirectory) {
    let (live, path) = (store.livePath(of: start.session), store.sessionPath(of: start.session))
    do throws(SessionLogFailure) {
      guard try state.guardCheckpoint(key: store.verifierKey).0.size == start.after.size else {
        return
      }
      try onDisk { () throws(FileFailure) in
        let lock = try File(live, .readWrite, in: store.system)
        guard try lock.lock(wait: false), try lock.isNamed(live) else { return }
        do throws(FileFailure) {
          try store.system.remove(path)
          try store.system.syncDirectory(Path.parent(of: path))
        } catch {
          guard error.isMissing else { throw error }
        }
        try store.system.remove(live)
      }
    } catch {
      // What is left has its name in live/, and recovery knows what to do with it.
    }
  }

  init(
    _ store: Store, _ state: StateDirectory, _ id: SessionID, _ clock: any Clock, _ pace: Pace,
    _ compressors: CompressorPool, _ parts: consuming Parts
  ) {
    self.compressors = compressors
    choice = compressors.isChosenByFrame ? CompressionChoice() : nil
    self.id = id
    path = store.sessionPath(of: id)
    self.store = store
    log = TransparencyLog(store, state)
    self.clock = clock
    self.pace = pace
    origin = clock.monotonic()
    lastAnchor = origin
    lock = parts.lock
    chain = parts.chain
    hasher = parts.hasher
    leaves = parts.leaves
    file = parts.file
  }

  /// Puts batch 0 into `waiting`; the `open` leaf is what is to be logged.
  mutating func addFirstBatch(_ first: [UInt8], salt: [UInt8]) throws(SessionLogFailure) {
    add(first.span, time: 0)
    var line = LineBuilder(time: 0, type: "session.salt")
    line.add("key", Base64.encodeURL(salt))
    add(line.finish().span, time: 0)
    try commit([])
    unanchored?.kind = .open
  }

  static func prepare(in store: Store, id: SessionID, salt: [UInt8])
    throws(SessionLogFailure) -> Parts
  {
    let lock = try makeLock(in: store, id: id)
    try onDisk { () throws(FileFailure) in
      try store.system.syncDirectory(store.livePath)
      try makeFolder(of: id, in: store)
    }
    return try makeParts(in: store, id: id, salt: salt, lock: lock)
  }

  /// Makes and takes `live/<id>`; its name is not durable yet, and must be before the session's file is made.
  static func makeLock(in store: Store, id: SessionID) throws(SessionLogFailure) -> File {
    let path = store.livePath(of: id)
    // A recovery that looks before the lock is taken sees a session without a file, and takes its name away again.
    for _ in 0..<8 {
      let lock = try onDisk { () throws(FileFailure) in
        try File(path, .createNew(store.filePermissions), in: store.system)
      }
      let isOurs = try onDisk { () throws(FileFailure) in
        // Whoever only asks whether the session lives holds the lock for a moment: that is waited for.
        guard try lock.lock(wait: true) else { return false }
        return try lock.isNamed(path)
      }
      if isOurs { return lock }
    }
    throw SessionLogFailure(
      .busy, "another process took the session's lock", at: path,
      advice: "Try again: each session has an id of its own.")
  }

  /// Makes the folder of the session's date, durably.
  static func makeFolder(of id: SessionID, in store: Store) throws(FileFailure) {
    let folder = Path.parent(of: store.sessionPath(of: id))
    try store.system.makeDirectories(folder, permissions: store.directoryPermissions)
    // Also those that stood already: whoever made them may have died before their names were durable.
    var above = Path.parent(of: folder)
    while above.utf8.count >= store.sessionsPath.utf8.count {
      try store.system.syncDirectory(above)
      above = Path.parent(of: above)
    }
  }

  static func makeParts(
    in store: Store, id: SessionID, salt: [UInt8], lock: consuming File,
    among files: OpenFiles = OpenFiles()
  ) throws(SessionLogFailure) -> Parts {
    let file = try onDisk { () throws(FileFailure) in
      try SessionFile(
        store.sessionPath(of: id), .createNew(store.filePermissions), in: store.system,
        among: files)
    }
    return Parts(
      file: file, lock: lock,
      chain: try crypto { () throws(CryptoFailure) in try SHA256() },
      hasher: try crypto { () throws(CryptoFailure) in try TreeHasher() },
      leaves: try crypto { () throws(CryptoFailure) in try LeafHasher(key: salt) })
  }

  // MARK: Appending

  /// Microseconds since line 0, for the next line.
  package func now() -> UInt64 { time(of: clock.monotonic()) }

  /// Microseconds since line 0 of a moment on `clock.monotonic()`, never below the line before.
  package func time(of moment: UInt64) -> UInt64 {
    max(lastTime, moment > origin ? moment - origin : 0)
  }

  /// True if a line of so many bytes may join the batch before its next commit.
  package func hasRoom(for count: Int) -> Bool {
    batchContent + count + 1 <= (batchContent == 0 ? Limits.batchBytes : Limits.batchBytes / 2)
  }

  /// True if the next line can be taken without a durable point before it.
  package var takesLines: Bool {
    failure == nil && !isEnding && !isStalled && batchContent < pace.commitBytes
      && !isCommitWaiting
  }

  /// A commit waits for its sync; at most one ever does, or a crash could tear it and spare the next.
  private var isCommitWaiting: Bool { batchStart > durableBytes }

  /// Appends one line; it is durable after the next `makeDurable`.
  ///
  /// - Throws: then the line was not taken. `.outOfSpace`: offer it again when space returns.
  package mutating func append(_ line: [UInt8]) throws(SessionLogFailure) {
    try append(line.span)
  }

  /// Appends one line; see above.
  package mutating func append(_ line: Span<UInt8>) throws(SessionLogFailure) {
    if let failure { throw failure }
    guard !isEnding else {
      throw SessionLogFailure(
        .refused, "the session is ending", at: path, advice: "Begin another session.")
    }
    let time: UInt64
    switch LineCheck(line, after: lastTime) {
    case .time(let found): time = found
    case .fault(let fault):
      throw SessionLogFailure(
        .refused, "the event breaks the format", found: fault,
        wanted: "a line as schema/session-format.md §3 says",
        advice: "Nothing was written for it.")
    }
    try makeRoom(for: line.count)
    add(line, time: time)
    if raw.count >= Compression.chunk, !isGathering { try compressChunk() }
  }

  /// Appends `{"t":T` and `rest`, which the caller has found to be `,"type":"X"…}`: JSON in UTF-8 without a control
  /// byte.
  ///
  /// `time` is not below that of the line before; see `time(of:)`.
  package mutating func append(time: UInt64, checked rest: Span<UInt8>) throws(SessionLogFailure) {
    if let failure { throw failure }
    guard !isEnding, time >= lastTime, time < Limits.time, rest.count >= 12,
      rest.count <= Limits.lineBytes - 24
    else {
      throw SessionLogFailure(
        .refused, "the event cannot be taken", at: path,
        found: isEnding ? "the session is ending" : "t \(time), \(rest.count) bytes",
        wanted: "an open session, t from \(lastTime), at most \(Limits.lineBytes) bytes",
        advice: "Nothing was written for it.")
    }
    try makeRoom(for: rest.count + 24)
    let start = raw.count
    LineStart.append(time, to: &raw)
    raw.append(rest, 0..<rest.count)
    count(from: start, time: time)
    if raw.count >= Compression.chunk, !isGathering { try compressChunk() }
  }

  /// Sees to it that a line of so many bytes may join the batch, and notes since when something waits.
  private mutating func makeRoom(for count: Int) throws(SessionLogFailure) {
    if isGrouped {
      guard hasRoom(for: count) else {
        throw SessionLogFailure(
          .refused, "the batch is full", at: path, advice: "Make the session durable first.")
      }
    } else if batchContent >= pace.commitBytes, !isGathering || !hasRoom(for: count) {
      // Before the line is taken, so that whoever hears of a full disk still holds it.
      try makeDurable()
    }
    guard oldestWaiting == nil || oldestUncommitted == nil else { return }
    let moment = clock.monotonic()
    if oldestWaiting == nil { oldestWaiting = moment }
    if oldestUncommitted == nil { oldestUncommitted = moment }
  }

  mutating func add(_ line: Span<UInt8>, time: UInt64) {
    let start = raw.count
    raw.append(line, 0..<line.count)
    count(from: start, time: time)
  }

  /// Ends the line that stands in `raw` from `start` on, and takes it into the tree.
  private mutating func count(from start: Int, time: UInt64) {
    tree.append(
      leaves.leaf(raw.span.extracting(start..<raw.count), number: tree.size), using: &hasher)
    raw.append(0x0A)
    batchContent += raw.count - start
    contentBytes += UInt64(raw.count - start)
    lastTime = time
  }

  /// Compresses lines that have gathered, if they are many, or makes the commit of the batch that they fill, for the
  /// next `makeDurable` to write; false if there is nothing to do.
  package mutating func compressGathered() throws(SessionLogFailure) -> Bool {
    guard failure == nil, !isEnding, !isStalled else { return false }
    if raw.count >= Compression.chunk {
      try compressChunk()
    } else if batchContent >= pace.commitBytes, !isCommitWaiting {
      try commit([])
    } else {
      return false
    }
    return true
  }

  /// Hands the lines so far to libzstd, which may keep them back.
  mutating func compressChunk() throws(SessionLogFailure) {
    if try borrowCompressor() { try compress(.none) } else { try endFrame() }
  }

  /// Brings every line so far into `waiting`: with a commit where one is due, else by a flush.
  mutating func gather(commit wantsCommit: Bool, at moment: UInt64) throws(SessionLogFailure) {
    let isDue =
      wantsCommit || isBatchFull || batchContent >= pace.commitBytes
      || oldestUncommitted.map { moment &- $0 >= pace.commit } ?? false
    // The `open` leaf is the log's first of a session.
    if isDue, batchContent > 0, unanchored?.kind != .open {
      try commit([])
    } else if lines != flushedLines {
      try flush()
    }
  }

  /// Makes every line so far decodable from `waiting`.
  mutating func flush() throws(SessionLogFailure) {
    if try borrowCompressor() { try compress(.flush) } else { try endFrame() }
  }

  /// Ends the data frame, if any line stands in one that is open, and gives the compressor back.
  mutating func endFrame() throws(SessionLogFailure) {
    guard compressor != nil || !raw.isEmpty else { return }
    if !(try borrowCompressor()) { compressor = compressors.shared }
    try compress(.frame)
    let end = durableBytes + UInt64(waiting.count)
    seekTable.add(stored: end - frameStart, content: frameContent)
    choice?.noteFrame(
      content: Int(clamping: frameContent), stored: Int(clamping: end - frameStart),
      microseconds: clock.monotonic() &- frameMoment)
    frameStart = end
    frameContent = 0
    if let compressor { compressors.giveBack(compressor) }
    compressor = nil
  }

  /// False if every compressor that may be kept over several flushes is in use.
  mutating func borrowCompressor() throws(SessionLogFailure) -> Bool {
    if compressor != nil { return true }
    do throws(ZstdFailure) {
      compressor = try compressors.borrow()
      if let choice, batchStart > 0 {
        try compressor?.compressor.set(choice.kind.settings)
        frameMoment = clock.monotonic()
      }
    } catch { throw poison(SessionLogFailure(error)) }
    return compressor != nil
  }

  mutating func compress(_ ending: Compressor.Ending) throws(SessionLogFailure) {
    guard let compressor else { return }
    let before = waiting.count
    // Taken out and put back, so that its storage is used again and two accesses never overlap.
    var lines: [UInt8] = []
    swap(&lines, &raw)
    do throws(ZstdFailure) {
      try compressor.compressor.compress(lines.span, ending: ending, into: &waiting)
    } catch {
      compressors.discard(compressor)
      throw poison(SessionLogFailure(error))
    }
    frameContent += UInt64(lines.count)
    if ending != .none { flushedLines = self.lines }
    lines.removeAll(keepingCapacity: true)
    swap(&lines, &raw)
    chain.update(waiting.span.extracting(before..<waiting.count))
  }

  // MARK: Durable points

  /// When the next durable point or commit is due on `clock.monotonic()`; nil while nothing waits.
  package var deadline: UInt64? {
    let flush = oldestWaiting.map { $0 &+ pace.flush }
    let commit = oldestUncommitted.map { $0 &+ pace.commit }
    let anchor = unanchored.map { _ in lastAnchor &+ pace.anchor }
    return [flush, commit, anchor].compactMap { $0 }.min()
  }

  /// An anchor has waited for so long that it may not wait for a quieter moment.
  package var isAnchorLate: Bool {
    unanchored != nil && (clock.monotonic() &- lastAnchor) / 5 >= pace.anchor
  }

  /// Makes every appended line durable, with a commit where one is due.
  ///
  /// A commit that the log is due to hear of is anchored there too, which takes several syncs more; with `anchors` false
  /// that waits for a later call, for whoever lets something through meanwhile.
  /// - Throws: `.outOfSpace`: all bytes are kept, call again; anything else: the writer is poisoned.
  package mutating func makeDurable(commit wantsCommit: Bool = false, anchors: Bool = true)
    throws(SessionLogFailure)
  {
    if let failure { throw failure }
    if isStalled || isCommitWaiting { try sync(metadata: false) }
    let moment = clock.monotonic()
    try gather(commit: wantsCommit, at: moment)
    try sync(metadata: false)
    if anchors, let leaf = unanchored, moment &- lastAnchor >= pace.anchor || wantsCommit {
      try record(leaf)
      unanchored = nil
      lastAnchor = moment
    }
  }

  mutating func record(_ leaf: Leaf) throws(SessionLogFailure) {
    let isRetry = isLogInDoubt
    isLogInDoubt = true
    try log.append([leaf], isRetry: isRetry)
    isLogInDoubt = false
  }

  /// Ends the data frame and writes a commit over everything so far, into `waiting`.
  mutating func commit(_ flags: CommitFrame.Flags) throws(SessionLogFailure) {
    try endFrame()
    let end = durableBytes + UInt64(waiting.count)
    let frame = CommitFrame(
      k: commits, firstLine: committedLines, lines: lines, offset: batchStart,
      length: UInt32(clamping: end - batchStart), flags: flags, time: lastTime,
      root: tree.root(using: &hasher), chain: chain.peek()
    ).bytes
    chain.update(frame.span)
    waiting.append(contentsOf: frame)
    seekTable.add(stored: UInt64(frame.count), content: 0)
    commits += 1
    committedLines = lines
    batchStart = durableBytes + UInt64(waiting.count)
    frameStart = batchStart
    frameContent = 0
    batchContent = 0
    isBatchFull = false
    oldestUncommitted = nil
    if flags.contains(.close) {
      let table = seekTable.bytes
      chain.update(table.span)
      waiting.append(contentsOf: table)
    }
    unanchored = Leaf(
      flags.contains(.close) ? .close : .anchor, session: id, lines: lines,
      root: tree.root(using: &hasher), bytes: durableBytes + UInt64(waiting.count),
      sha256: chain.peek(), time: clock.wall())
  }

  /// Writes what waits and syncs it; only then may other bytes follow.
  mutating func sync(metadata: Bool) throws(SessionLogFailure) {
    try write()
    if !waiting.isEmpty { try syncFile(metadata: metadata) }
    settle()
  }

  mutating func write() throws(SessionLogFailure) {
    guard written < waiting.count else { return }
    // Taken out and put back, so that two accesses never overlap.
    var (bytes, progress): ([UInt8], Int) = ([], written)
    swap(&bytes, &waiting)
    do throws(SessionLogFailure) {
      defer {
        swap(&bytes, &waiting)
        written = progress
      }
      try file.write(bytes.span, at: durableBytes, written: &progress)
    } catch {
      isStalled = error.kind == .outOfSpace
      throw isStalled ? error : poison(error)
    }
    isStalled = false
  }

  mutating func syncFile(metadata: Bool) throws(SessionLogFailure) {
    do { try file.sync(dataOnly: !metadata) } catch { throw poison(SessionLogFailure(error)) }
  }

  /// Notes that all that was written is durable.
  mutating func settle() {
    durableBytes += UInt64(waiting.count)
    // An idle session gives its room back.
    waiting.removeAll(keepingCapacity: compressor != nil)
    written = 0
    if flushedLines == lines { oldestWaiting = nil }
    durableLines = flushedLines
  }

  mutating func poison(_ failure: SessionLogFailure) -> SessionLogFailure {
    self.failure = failure
    return failure
  }

  // MARK: The end

  /// Ends the session: last lines, close commit, seek table, `close` leaf; then the lock's name is removed.
  ///
  /// `last` ends with `session.end`. If the disk is full the store's reserve is given up for it. After a failure it may
  /// be called again (its lines are taken once), or `recover` will close the session.
  /// Returns the leaf that the log now holds.
  package mutating func close(lines last: [[UInt8]]) throws(SessionLogFailure) -> Leaf {
    if let failure { throw failure }
    if !isEnding {
      try check(last: last)
      if isStalled || isCommitWaiting { try finish() }
      try end(last)
    }
    try finish()
    guard let leaf = unanchored else {
      throw SessionLogFailure(
        .refused, "the session is closed already", at: path, advice: "Close it once.")
    }
    try letGo()
    do { try Reserve.fill(store.reservePath, in: store.system) } catch {
      // The session is whole; the next one tries again.
    }
    return leaf
  }

  func check(last: [[UInt8]]) throws(SessionLogFailure) {
    var time = lastTime
    for line in last {
      if let fault = lineFault(line.span, after: time) {
        throw SessionLogFailure(
          .refused, "a last event breaks the format", found: fault, wanted: "session.end",
          advice: "Nothing was written for it.")
      }
      time = LineHeader(line.span)?.time ?? time
    }
  }

  /// Takes the last lines and puts the close commit into `waiting`.
  mutating func end(_ last: [[UInt8]]) throws(SessionLogFailure) {
    for line in last { add(line.span, time: LineHeader(line.span)?.time ?? lastTime) }
    isEnding = true
    try commit(.close)
  }

  /// Ends the writer once its last leaf is in the log.
  mutating func letGo() throws(SessionLogFailure) {
    unanchored = nil
    failure = SessionLogFailure(
      .refused, "the session is closed", at: path, advice: "Begin another session.")
    // The name goes last: while it stands, a recovery knows that the log may lack this leaf.
    try onDisk { () throws(FileFailure) in
      try store.system.remove(store.livePath(of: id))
    }
  }

  /// Makes all durable and, at the end, logged; the reserve is given up where space is short.
  mutating func finish() throws(SessionLogFailure) {
    do throws(SessionLogFailure) { try finishOnce() } catch {
      guard error.kind == .outOfSpace, Reserve.release(store.reservePath, in: store.system) else {
        throw error
      }
      try finishOnce()
    }
  }

  mutating func finishOnce() throws(SessionLogFailure) {
    try sync(metadata: false)
    if isEnding, let leaf = unanchored { try record(leaf) }
  }
}

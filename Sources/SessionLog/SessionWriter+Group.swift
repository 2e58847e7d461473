internal import Evidence
package import Platform

/// What `GroupCommit` does with a writer in place of `makeDurable` and `close`: the same steps, with sync and log left to
/// whoever does them for many.
extension SessionWriter {
  /// Begins a session whose line 0 is given, as far as the page cache: batch 0 is written, nothing is durable.
  ///
  /// `lock` is held and its name durable already.
  static func open(
    in store: Store, state: StateDirectory, id: SessionID, first: [UInt8], lock: consuming File,
    clock: any Clock, pace: Pace, compressors: CompressorPool, among files: OpenFiles
  ) throws(SessionLogFailure) -> SessionWriter {
    let salt = try crypto { () throws(CryptoFailure) in try randomBytes(32) }
    var writer = SessionWriter(
      store, state, id, clock, pace, compressors,
      try makeParts(in: store, id: id, salt: salt, lock: lock, among: files))
    writer.isGrouped = true
    try writer.addFirstBatch(first, salt: salt)
    // Of many that begin at once all are made first: an empty file has nothing to lose.
    try writer.file.closeIfTooMany()
    return writer
  }

  /// Writes what waits, after every appended line was flushed into it, with a commit where one is due.
  ///
  /// - Throws: `.outOfSpace`: all bytes are kept, call again; anything else: the writer is poisoned.
  mutating func writeOut(commit wantsCommit: Bool) throws(SessionLogFailure) {
    if let failure { throw failure }
    // Bytes that a full disk refused go out alone: at most one commit waits for its sync.
    if !isStalled, !isEnding { try gather(commit: wantsCommit, at: clock.monotonic()) }
    try write()
  }

  /// Ends the frame of a session that fell idle; the few bytes go out with the next round.
  package mutating func rest() throws(SessionLogFailure) {
    guard failure == nil, !isEnding, !isStalled, compressor != nil else { return }
    try endFrame()
    raw = []
  }

  /// True if a round has something to do for this session; `anchors`: in the log too.
  package func needsRound(anchors: Bool) -> Bool {
    failure == nil
      && (lines != durableLines || !waiting.isEmpty
        || unanchored != nil && (anchors || unanchored?.kind != .anchor))
  }

  /// The Merkle root over all lines so far.
  package mutating func root() -> Digest { tree.root(using: &hasher) }

  /// Why nothing can be written any more, or nil.
  package var fault: SessionLogFailure? { failure }

  /// The close commit is made.
  package var isOver: Bool { isEnding }

  /// True while it holds a compressor for the frame that it has open.
  package var holdsCompressor: Bool { compressor != nil }

  /// When its next commit is due on `clock.monotonic()`.
  package var commitDeadline: UInt64? { oldestUncommitted.map { $0 &+ pace.commit } }

  var needsSync: Bool { failure == nil && !waiting.isEmpty && written == waiting.count }

  /// The leaf that is to be logged, once its bytes are durable: at once for `open` and `close`.
  func leaf(anchors: Bool) -> Leaf? {
    guard failure == nil, waiting.isEmpty, let leaf = unanchored else { return nil }
    return leaf.kind == .anchor && !anchors ? nil : leaf
  }
}

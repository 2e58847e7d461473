package import Evidence
package import Platform

/// Whose key a verifier believes, and why.
///
/// Source: schema/session-format.md §6, identity.
package struct Trust: Sendable {
  package enum Source: Sendable, Equatable {
    /// Named by the verifier: a trust file.
    case pinned(String)
    /// The key in this machine's own state directory.
    case ownState
    /// Only the store's own word, which whoever holds the disk could change.
    case unpinned
  }
  package var key: VerifierKey
  package var source: Source
  package init(key: VerifierKey, source: Source) {
    self.key = key
    self.source = source
  }
}

/// The log as a verifier sees it: what is signed, and what it says of each session.
package struct LogView: Sendable {
  package var checkpoint: Checkpoint?
  package var leaves: [SessionID: [LoggedLeaf]] = [:]
  /// Hashes of all signed leaves, where a caller asked to keep them for a proof.
  package var hashes: [Digest] = []
  /// Whole entries beyond the newest checkpoint: written but not signed, so not believed.
  package var unsignedEntries: UInt64 = 0
  package var findings: [Finding] = []
  package var trust: Trust
  /// The guard was there to be compared.
  package var hasGuard = false

  /// Reads and re-hashes the whole log and holds it against checkpoint, guard and `known` checkpoints.
  ///
  /// Order of reading: checkpoint, guard, entries, so that a log which grows meanwhile is never taken for a cut one.
  package init(
    _ store: Store, trust: Trust, state: StateDirectory?, known: [Checkpoint] = [],
    keepsHashes: Bool = false, only id: SessionID? = nil
  ) throws(SessionLogFailure) {
    self.trust = trust
    readCheckpoint(store)
    let guardHead = readGuard(state, store)
    let heads = ([checkpoint, guardHead].compactMap { $0 } + known)
    var roots: [UInt64: Digest] = [:]
    let wantedSizes = Set(heads.map(\.size))
    let signed = checkpoint?.size ?? 0

    var hasher = try crypto { () throws(CryptoFailure) in try TreeHasher() }
    var range = CompactRange()
    var reader: LogReader
    do throws(SessionLogFailure) { reader = try LogReader(store) } catch {
      guard error.kind == .storeUnusable || error.kind == .notARecording else { throw error }
      add(
        .logEntries, .missing, store.entriesPath, found: "no log", wanted: "log/entries",
        "Restore the log from a copy.")
      return
    }
    while true {
      if wantedSizes.contains(range.size) { roots[range.size] = range.root(using: &hasher) }
      guard let bytes = try reader.next() else { break }
      let hash = hasher.leaf(bytes)
      let index = range.size
      range.append(hash, using: &hasher)
      guard index < signed else {
        unsignedEntries += 1
        continue
      }
      if keepsHashes { hashes.append(hash) }
      do throws(EvidenceFailure) {
        let leaf = try Leaf(parsing: bytes.span)
        guard let session = leaf.session, id == nil || id == session else { continue }
        leaves[session, default: []].append(LoggedLeaf(index: index, leaf: leaf))
      } catch {
        add(
          .leafForm, .malformed, store.entriesPath,
          found: "\(error.what): \(error.found) at log index \(index)", wanted: error.wanted,
          "The log was written by something else, or changed. Restore it from a copy.")
      }
    }
    compare(store, size: range.size, roots: roots, guardHead: guardHead, known: known)
  }

  private mutating func readCheckpoint(_ store: Store) {
    let bytes: [UInt8]
    do {
      bytes = try store.system.readSmallFile(store.checkpointPath, limit: Limits.smallFile)
    } catch {
      add(
        .logCheckpoint, .missing, store.checkpointPath, found: error.reason,
        wanted: "a signed checkpoint", "Restore log/checkpoint from a copy.")
      return
    }
    do throws(EvidenceFailure) {
      let head = try Checkpoint(Note(parsing: bytes), signedBy: trust.key)
      guard head.origin == store.origin else {
        throw EvidenceFailure("origin", found: head.origin, wanted: store.origin)
      }
      checkpoint = head
    } catch {
      add(
        .logSignature, .badSignature, store.checkpointPath,
        found: "\(error.what): \(error.found)", wanted: error.wanted,
        "The checkpoint is not signed by the key that is trusted. "
          + "Compare the key with the one printed by init.")
    }
  }

  private mutating func readGuard(_ state: StateDirectory?, _ store: Store) -> Checkpoint? {
    guard let state else { return nil }
    do throws(SessionLogFailure) {
      let head = try state.guardCheckpoint(key: trust.key).0
      hasGuard = true
      return head
    } catch {
      // Another user's state, or a copy of a store: the guard is for the machine that signs.
      return nil
    }
  }

  private mutating func compare(
    _ store: Store, size: UInt64, roots: [UInt64: Digest], guardHead: Checkpoint?,
    known: [Checkpoint]
  ) {
    if let head = checkpoint {
      if size < head.size {
        add(
          .logEntries, .truncated, store.entriesPath, found: "\(size) whole entries",
          wanted: "\(head.size), as the checkpoint says", "Restore log/entries from a copy.")
      } else if let root = roots[head.size], root != head.root {
        add(
          .logRoot, .altered, store.entriesPath, found: "root \(root) over \(head.size) entries",
          wanted: "\(head.root), as the checkpoint says", "Restore log/entries from a copy.")
      }
    }
    for (other, what, rule) in [guardHead].compactMap({ $0 }).map({
      ($0, "the guard", Finding.Rule.logGuard)
    })
      + known.map({ ($0, "a checkpoint kept outside", Finding.Rule.logKnown) })
    {
      let mine = checkpoint?.size ?? 0
      if other.size > size || rule == .logKnown && other.size > mine {
        add(
          rule, .diverged, store.checkpointPath, found: "a log of \(min(size, mine)) entries",
          wanted: "at least \(other.size), as \(what) says",
          "The store was rolled back. Keep it as evidence and restore the newest copy.")
      } else if let root = roots[other.size], root != other.root {
        add(
          rule, .diverged, store.checkpointPath, found: "root \(root) at size \(other.size)",
          wanted: "\(other.root), as \(what) says",
          "There are two histories. Keep both: together they are proof.")
      } else if rule == .logGuard, mine > other.size {
        add(
          rule, .diverged, store.checkpointPath, found: "a checkpoint of size \(mine)",
          wanted: "at most \(other.size), as \(what) says",
          "The guard was rolled back, or another machine signs with this key.")
      }
    }
  }

  private mutating func add(
    _ rule: Finding.Rule, _ verdict: Finding.Verdict, _ path: String, found: String,
    wanted: String, _ advice: String
  ) {
    findings.append(
      Finding(
        rule, verdict, rule == .logSignature ? .identity : .log, path: path, found: found,
        wanted: wanted, advice: advice))
  }
}

/// Checks a whole store: its log, every session the log names, and every file that is there.
package enum StoreVerifier {
  /// Calls `each` with every session's verdict, in order of ids, then with those of stray files.
  package static func verify(
    _ store: Store, log: LogView,
    each: (SessionVerdict) throws(SessionLogFailure) -> Void
  ) throws(SessionLogFailure) {
    var ids = Set(log.leaves.keys)
    var strays: [String] = []
    try store.eachSessionFile(
      { id in
        ids.insert(id)
        return true
      }, stray: { strays.append($0) })
    for id in ids.sorted() {
      let verdict: SessionVerdict
      do throws(SessionLogFailure) { verdict = try verify(id, in: store, log: log) } catch {
        // Listed a moment ago, and neither file nor leaf now: recovery has put aside what never began.
        guard error.kind == .unknownSession else { throw error }
        continue
      }
      try each(verdict)
    }
    for path in strays {
      var verdict = SessionVerdict(path: path)
      verdict.findings.append(
        Finding(
          .storeUnlogged, .unlogged, .log, path: path, found: "a file that is no session's",
          wanted: "session files in the folder of their date alone",
          advice: "Move it out of the store."))
      try each(verdict)
    }
  }

  /// Checks one session; one that looks unlogged is looked up in the log again, which may have grown meanwhile.
  package static func verify(
    _ id: SessionID, in store: Store, log: LogView, receipts: [Receipt] = [],
    visit: SessionVerifier.Visit = { _, _ in }
  ) throws(SessionLogFailure) -> SessionVerdict {
    let leaves = log.leaves[id] ?? []
    guard leaves.isEmpty, log.checkpoint != nil else {
      return try SessionVerifier.verify(
        id, in: store, leaves: leaves, receipts: receipts, visit: visit)
    }
    let fresh = try LogView(store, trust: log.trust, state: nil, only: id)
    return try SessionVerifier.verify(
      id, in: store, leaves: fresh.leaves[id] ?? [], receipts: receipts, visit: visit)
  }
}

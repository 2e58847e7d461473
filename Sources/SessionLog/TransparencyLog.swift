package import Evidence
internal import Platform

/// Appends to the store's log and signs it.
///
/// Format: schema/session-format.md §5, Append.
///
/// Holds the log's lock across its syncs (one for the entries, two each for guard and checkpoint) and nothing else.
package struct TransparencyLog: Sendable {
  let store: Store
  let state: StateDirectory

  package init(_ store: Store, _ state: StateDirectory) {
    self.store = store
    self.state = state
  }

  /// Appends leaves whose bytes are durable already, and returns the checkpoint that covers them.
  ///
  /// Without leaves it settles what a process that died left behind: guard and checkpoint are durable on return.
  /// After a failure the leaves may or may not be in the log; the same call again, as `isRetry`, adds only those
  /// that are not.
  /// - Throws: `.diverged` if the log contradicts the guard; `.storeUnusable` if a part of it is missing.
  @discardableResult
  package func append(_ leaves: [Leaf], isRetry: Bool = false) throws(SessionLogFailure)
    -> Checkpoint
  {
    let signer = try state.signer(for: store)
    let system = store.system
    let lock = try onDisk { () throws(FileFailure) in
      try File(store.lockPath, .createOrOpen(store.filePermissions), in: system)
    }
    _ = try onDisk { () throws(FileFailure) in try lock.lock(wait: true) }

    let (guardHead, guardBytes) = try state.guardCheckpoint(key: store.verifierKey)
    let file = try onDisk { () throws(FileFailure) in
      try File(store.entriesPath, .readWrite, in: system)
    }
    var hasher: TreeHasher
    do { hasher = try TreeHasher() } catch { throw SessionLogFailure(error) }
    var edge = try edge(at: guardHead, using: &hasher)
    try quarantineRest(of: file, from: edge.bytes)
    // What failed may have been the sync of a name that stands already.
    try publish(guardHead, guardBytes, always: leaves.isEmpty || isRetry)
    var leaves = leaves
    if isRetry { try drop(&leaves, in: edge) }
    guard !leaves.isEmpty else { return guardHead }
    leaves += WaitingAnchors.take(in: store, but: leaves)

    var block: [UInt8] = []
    for leaf in leaves {
      let bytes = leaf.format()
      guard bytes.count <= Limits.leafBytes else {
        throw SessionLogFailure(
          .refused, "a log leaf is too long", found: "\(bytes.count) bytes",
          wanted: "at most \(Limits.leafBytes)", advice: "This is a defect; please report it.")
      }
      block.append(UInt8(bytes.count >> 8))
      block.append(UInt8(bytes.count & 255))
      block.append(contentsOf: bytes)
    }
    try onDisk { () throws(FileFailure) in
      try file.write(block.span, at: edge.bytes)
      try file.sync()
    }
    // What was read back is hashed, not what was meant: a bit that flips in memory must not be signed for ever.
    let stored = try onDisk { () throws(FileFailure) in
      try file.read(block.count, at: edge.bytes)
    }
    guard stored == block else {
      throw SessionLogFailure(
        .system, "the log reads back other bytes than were written", at: store.entriesPath,
        advice: "Nothing was signed. Check memory and disk before going on.")
    }
    var offset = 0
    while offset + 2 <= stored.count {
      let count = Int(stored[offset]) << 8 | Int(stored[offset + 1])
      edge.range.append(
        hasher.leaf(stored.span.extracting(offset + 2..<offset + 2 + count)), using: &hasher)
      offset += 2 + count
    }
    edge.bytes += UInt64(block.count)
    let head = Checkpoint(
      origin: store.origin, size: edge.range.size, root: edge.range.root(using: &hasher))
    let note: [UInt8]
    do { note = Array(try Note.signed(text: head.format(), by: signer).format().utf8) } catch {
      throw SessionLogFailure(
        .system, "cannot sign the checkpoint", found: error.found, wanted: error.wanted,
        advice: "Check the key in \(state.path).")
    }
    try onDisk { () throws(FileFailure) in
      // The guard first: what anyone may see was kept before they see it.
      try system.replaceDurably(state.guardPath, with: note, permissions: 0o600)
      try system.replaceDurably(
        store.checkpointPath, with: note, permissions: store.filePermissions)
    }
    writeEdge(edge)
    return head
  }

  /// Finds out whether an append would be refused, and changes nothing.
  ///
  /// - Throws: what `append` would throw for a missing key or guard, or for a log that contradicts the guard.
  package func check() throws(SessionLogFailure) {
    _ = try state.signer(for: store)
    let head = try state.guardCheckpoint(key: store.verifierKey).0
    var hasher = try crypto { () throws(CryptoFailure) in try TreeHasher() }
    _ = try edge(at: head, using: &hasher)
  }

  // MARK: The right edge

  private struct Edge {
    var range: CompactRange
    /// Length of `entries` up to there.
    var bytes: UInt64
  }

  /// The tree's right edge at the guard's size, proven by the guard's root: from the cache, else from all entries.
  private func edge(at head: Checkpoint, using hasher: inout TreeHasher)
    throws(SessionLogFailure) -> Edge
  {
    if let edge = cachedEdge(), edge.range.size == head.size,
      edge.range.root(using: &hasher) == head.root, holds(edge.bytes)
    {
      return edge
    }
    var range = CompactRange()
    var reader = try LogReader(store)
    while range.size < head.size, let leaf = try reader.next() {
      range.append(hasher.leaf(leaf), using: &hasher)
    }
    guard range.size == head.size, range.root(using: &hasher) == head.root else {
      throw SessionLogFailure(
        .diverged, "the log contradicts what was signed here before", at: store.entriesPath,
        found: "\(range.size) leaves with root \(range.root(using: &hasher))",
        wanted: "\(head.size) leaves with root \(head.root), as in \(state.guardPath)",
        advice: "Nothing was signed. Restore the log from a copy; "
          + "`blackbox verify --all` tells what is left.")
    }
    return Edge(range: range, bytes: reader.offset)
  }

  /// Takes out the leaves that are in the log already; a walk over all entries, but only after a failure.
  private func drop(_ leaves: inout [Leaf], in edge: Edge) throws(SessionLogFailure) {
    var reader = try LogReader(store)
    while reader.index < edge.range.size, let bytes = try reader.next() {
      leaves.removeAll { $0.format() == bytes }
    }
  }

  private func holds(_ bytes: UInt64) -> Bool {
    do { return try store.system.status(of: store.entriesPath).size >= bytes } catch {
      return false
    }
  }

  /// `log/edge` is derived: any doubt about it only costs a walk over all entries.
  private func cachedEdge() -> Edge? {
    guard let bytes = readIfThere(store.edgePath) else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    guard lines.count >= 3, lines[0] == "blackbox/edge/v1", let size = UInt64(lines[1]),
      let length = UInt64(lines[2])
    else { return nil }
    let hashes = lines.dropFirst(3).compactMap { Base64.decode($0).flatMap { Digest($0) } }
    guard let range = CompactRange(size: size, hashes: hashes) else { return nil }
    return Edge(range: range, bytes: length)
  }

  private func writeEdge(_ edge: Edge) {
    var text = "blackbox/edge/v1\n\(edge.range.size)\n\(edge.bytes)\n"
    for hash in edge.range.hashes { text += Base64.encode(hash.bytes) + "\n" }
    let temporary = store.edgePath + ".tmp"
    do {
      let file = try File(temporary, .createOrOpen(0o600), in: store.system)
      let bytes = Array(text.utf8)
      try file.truncate(to: UInt64(bytes.count))
      try file.write(bytes.span, at: 0)
      try store.system.rename(temporary, to: store.edgePath)
    } catch {
      // Derived, and checked against the guard at each use: without it the next append is slower, not wrong.
    }
  }

  private func readIfThere(_ path: String) -> [UInt8]? {
    do { return try store.system.readSmallFile(path, limit: Limits.smallFile) } catch {
      return nil
    }
  }

  // MARK: What stands beyond the guard

  /// Leaves that were written but never signed are put aside; they are derived anew from their sessions.
  private func quarantineRest(of file: borrowing File, from end: UInt64)
    throws(SessionLogFailure)
  {
    let size = try onDisk { () throws(FileFailure) in try file.status().size }
    guard size > end else { return }
    let bytes = try onDisk { () throws(FileFailure) in
      try file.read(Int(clamping: min(size - end, 64 << 20)), at: end)
    }
    try Quarantine.keep(bytes, name: "log.\(end)", in: store)
    try onDisk { () throws(FileFailure) in
      try file.truncate(to: end)
      try file.sync()
    }
  }

  /// A crash between guard and checkpoint leaves the checkpoint behind: the guard is published again.
  ///
  /// `always`: also where both look alike, since whoever wrote them may have died before they were durable.
  private func publish(_ head: Checkpoint, _ bytes: [UInt8], always: Bool)
    throws(SessionLogFailure)
  {
    if let published = readIfThere(store.checkpointPath) {
      if published == bytes, !always { return }
      do {
        let other = try Checkpoint(Note(parsing: published), signedBy: store.verifierKey)
        if other == head, !always { return }
        guard other.size < head.size || other == head else {
          throw SessionLogFailure(
            .diverged, "the published checkpoint is not the last one signed here",
            at: store.checkpointPath, found: "size \(other.size), root \(other.root)",
            wanted: "size \(head.size), root \(head.root), as in \(state.guardPath)",
            advice: "Nothing was signed. Keep both files: together they are proof of two histories."
          )
        }
      } catch let failure as SessionLogFailure {
        throw failure
      } catch {
        // Unreadable or unsigned: it is replaced by the guard, which is signed and proven above.
      }
    }
    try onDisk { () throws(FileFailure) in
      // Whoever wrote this guard may have died before it was durable; a checkpoint must never outlive its guard.
      try store.system.replaceDurably(state.guardPath, with: bytes, permissions: 0o600)
      try store.system.replaceDurably(
        store.checkpointPath, with: bytes, permissions: store.filePermissions)
    }
  }
}

/// Torn or unsigned bytes that recovery cut off; never deleted by it.
enum Quarantine {
  /// Keeps `bytes` under `name`, or under a numbered name if that one is taken by other bytes; durable on return.
  static func keep(_ bytes: [UInt8], name: String, in store: Store) throws(SessionLogFailure) {
    try onDisk { () throws(FileFailure) in
      try store.system.makeDirectories(store.quarantinePath, permissions: 0o700)
      var attempt = 0
      while true {
        let path = Path.join(
          store.quarantinePath, attempt == 0 ? name : "\(name).\(attempt)")
        do throws(FileFailure) {
          let file = try File(path, .createNew(0o600), in: store.system)
          try file.write(bytes.span, at: 0)
          try file.sync(dataOnly: false)
          break
        } catch {
          guard error.alreadyExists, attempt < 10_000 else { throw error }
        }
        // A recovery that was killed after this step finds its own copy.
        let existing = try File(path, .read, in: store.system)
        if try existing.status().size == UInt64(bytes.count),
          try existing.read(bytes.count, at: 0) == bytes
        {
          try existing.sync(dataOnly: false)
          break
        }
        attempt += 1
      }
      try store.system.syncDirectory(store.quarantinePath)
    }
  }
}

internal import Evidence
internal import Platform

/// What the audit session does with a writer: one process after the other goes on with the same file.
extension SessionWriter {
  /// Goes on behind the last commit of a session that was read to its end; `lock` is held.
  static func resume(
    _ reader: borrowing SessionReader, _ id: SessionID, in store: Store, state: StateDirectory,
    lock: consuming File, clock: any Clock
  ) throws(SessionLogFailure) -> SessionWriter {
    let file = try onDisk { () throws(FileFailure) in
      try SessionFile(
        store.sessionPath(of: id), .readWrite, in: store.system, among: OpenFiles())
    }
    let chain = try crypto { () throws(CryptoFailure) in try SHA256() }
    chain.resume(from: reader.chain)
    var writer = SessionWriter(
      store, state, id, clock, Pace(), try CompressorPool(.many),
      Parts(
        file: file, lock: lock, chain: chain,
        hasher: try crypto { () throws(CryptoFailure) in try TreeHasher() },
        leaves: try crypto { () throws(CryptoFailure) in try LeafHasher(key: reader.saltKey) }))
    writer.tree = reader.tree
    writer.seekTable = reader.seekTable
    writer.durableBytes = reader.verifiedBytes
    writer.batchStart = reader.verifiedBytes
    writer.frameStart = reader.verifiedBytes
    writer.lastTime = reader.lastCommit?.time ?? 0
    writer.commits = (reader.lastCommit?.k ?? 0) + 1
    writer.committedLines = reader.tree.size
    writer.flushedLines = reader.tree.size
    writer.durableLines = reader.tree.size
    return writer
  }

  /// A time for the next line: this one, or that of the line before.
  func notBefore(_ time: UInt64) -> UInt64 { max(lastTime, time) }

  /// Commits and syncs what was appended, and leaves its anchor to the next append to the log.
  mutating func commitUnanchored() throws(SessionLogFailure) {
    try commit([])
    try sync(metadata: false)
  }

  /// Takes back what was written since the last commit that is durable.
  func cutBack() throws(SessionLogFailure) {
    try onDisk { () throws(FileFailure) in try file.truncate(to: durableBytes) }
  }
}

package import Evidence
internal import Platform

/// Reads the log's leaves in order; the index's change feed.
///
/// Format: schema/session-format.md §5.
package struct LogReader: ~Copyable {
  /// Index of the next leaf.
  package private(set) var index: UInt64
  /// Where the next leaf's length prefix stands in `entries`.
  package private(set) var offset: UInt64
  private let file: File
  private var window: [UInt8] = []
  private var windowStart = 0

  /// Starts at a leaf whose index and byte offset are known; the first by default.
  package init(_ store: Store, index: UInt64 = 0, offset: UInt64 = 0) throws(SessionLogFailure) {
    file = try Self.entries(of: store)
    self.index = index
    self.offset = offset
  }

  private static func entries(of store: Store) throws(SessionLogFailure) -> File {
    do throws(FileFailure) {
      let file = try File(store.entriesPath, .read, in: store.system)
      let status = try file.status()
      guard status.kind == .regular, status.links == 1 else {
        throw FileFailure("read", path: store.entriesPath, code: FileFailure.tooManyLinks)
      }
      return file
    } catch {
      guard error.isMissing else { throw SessionLogFailure(error) }
      throw SessionLogFailure(
        .storeUnusable, "the store's log is missing", at: store.entriesPath, found: "nothing",
        wanted: "log/entries",
        advice: "Restore it from a copy; a missing log is never replaced by a new one.")
    }
  }

  /// The next whole leaf's bytes, or nil at the end or at a torn last entry.
  package mutating func next() throws(SessionLogFailure) -> [UInt8]? {
    try fill(2)
    guard window.count - windowStart >= 2 else { return nil }
    let count = Int(window[windowStart]) << 8 | Int(window[windowStart + 1])
    try fill(2 + count)
    guard window.count - windowStart >= 2 + count else { return nil }
    let start = windowStart + 2
    let bytes = Array(window[start..<start + count])
    windowStart = start + count
    offset += UInt64(2 + count)
    index += 1
    return bytes
  }

  /// The next leaf, parsed; nil at the end.
  ///
  /// A leaf that does not parse is damage of the log: it throws.
  package mutating func nextLeaf() throws(SessionLogFailure) -> Leaf? {
    let place = offset
    guard let bytes = try next() else { return nil }
    do { return try Leaf(parsing: bytes.span) } catch {
      throw SessionLogFailure(
        .storeUnusable, "a log entry cannot be read", at: file.path,
        found: "\(error.found) at byte \(place)", wanted: error.wanted,
        advice: "Run `blackbox verify --all` and restore the log from a copy.")
    }
  }

  private mutating func fill(_ count: Int) throws(SessionLogFailure) {
    guard window.count - windowStart < count else { return }
    window.removeFirst(windowStart)
    windowStart = 0
    let from = offset + UInt64(window.count)
    let wanted = max(count - window.count, 128 << 10)
    let bytes = try onDisk { () throws(FileFailure) in try file.read(wanted, at: from) }
    window.append(contentsOf: bytes)
  }
}

extension Store {
  /// Reads the newest published checkpoint and checks that `key` signed it.
  package func checkpoint(signedBy key: VerifierKey) throws(SessionLogFailure) -> (
    Checkpoint, Note
  ) {
    let bytes: [UInt8]
    do { bytes = try system.readSmallFile(checkpointPath, limit: Limits.smallFile) } catch {
      guard error.isMissing else { throw SessionLogFailure(error) }
      throw SessionLogFailure(
        .storeUnusable, "the log's checkpoint is missing", at: checkpointPath, found: "nothing",
        wanted: "a signed checkpoint",
        advice: "Run any recording command: the guard lets it be published again.")
    }
    do {
      let note = try Note(parsing: bytes)
      return (try Checkpoint(note, signedBy: key), note)
    } catch {
      throw SessionLogFailure(
        .storeUnusable, "the log's checkpoint cannot be used", at: checkpointPath,
        found: error.found, wanted: error.wanted,
        advice: "Run `blackbox verify --all`; restore log/checkpoint from a copy.")
    }
  }
}

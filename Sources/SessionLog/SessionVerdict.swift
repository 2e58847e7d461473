package import Platform

/// Facts about a session that nobody may hide; by themselves they fail nothing.
///
/// Source: schema/session-format.md §6.
package enum Fact: Sendable, Equatable, CustomStringConvertible {
  /// No close yet.
  case open
  /// No `open` leaf yet, but its writer lives.
  case starting
  /// Lines behind the last anchor or close in the log.
  case tail(UInt64)
  /// Lines that recovery kept without a commit.
  case recovered(UInt64)
  case withheld(UInt64)
  case erased(UInt64)
  /// No witness has cosigned the log.
  case unwitnessed
  case stale

  package var description: String {
    switch self {
    case .open: "OPEN"
    case .starting: "STARTING"
    case .tail(let k): "TAIL(\(k))"
    case .recovered(let k): "RECOVERED(\(k))"
    case .withheld(let k): "WITHHELD(\(k))"
    case .erased(let k): "ERASED(\(k))"
    case .unwitnessed: "UNWITNESSED"
    case .stale: "STALE"
    }
  }
}

/// What is known of one session after a walk over all its bytes.
package struct SessionVerdict: Sendable {
  /// From the file's name, or from line 0 where the file stands alone.
  package var id: SessionID?
  package var path: String
  package var start: SessionStart?
  /// Lines under the last commit that holds.
  package var lines: UInt64 = 0
  /// Whole lines behind it, which nothing covers yet.
  package var tailLines: UInt64 = 0
  /// Bytes behind those that are no whole lines.
  package var tornBytes: UInt64 = 0
  /// Lines that the log's newest leaf of this session covers.
  package var anchoredLines: UInt64 = 0
  /// Bytes of the file that are verified, and their SHA-256.
  package var bytes: UInt64 = 0
  package var sha256: Digest?
  package var root: Digest?
  /// `t` of the last line, committed or not: microseconds since line 0.
  package var time: UInt64 = 0
  package var isClosed = false
  /// A writer holds the session's lock.
  package var isLive = false
  package var endReason: String?
  package var exitCode: Int64?
  package var gaps: UInt64 = 0
  package var recoveredLines: UInt64 = 0
  package var withheldLines: UInt64 = 0
  /// Log indexes of the session's first and last leaf; nil where no log was asked.
  package var openLeaf: UInt64?
  package var lastLeaf: UInt64?
  /// Receipts that hold: the recording still begins with what was acknowledged.
  package var receipts: [Receipt] = []
  package var findings: [Finding] = []
  package var facts: [Fact] = []

  package init(path: String) { self.path = path }

  /// True if nothing contradicts the evidence.
  ///
  /// Facts do not count.
  package var isIntact: Bool { findings.isEmpty }

  /// One word: the gravest finding, else `OPEN` or `OK`.
  package var word: String {
    if let worst = findings.map(\.verdict).min() { return worst.rawValue }
    return facts.contains(.open) ? "OPEN" : facts.contains(.starting) ? "STARTING" : "OK"
  }
}

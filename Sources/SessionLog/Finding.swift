/// What is wrong with evidence: which rule, where, found and wanted, and what to do.
package struct Finding: Sendable, Equatable {
  /// The part of the answer it belongs to.
  ///
  /// Source: schema/session-format.md §6.
  package enum Area: String, Sendable { case bytes, lines, log, identity, completeness }

  /// Integrity verdicts; each means exit 3.
  package enum Verdict: String, Sendable, Comparable {
    case altered = "ALTERED"
    case truncated = "TRUNCATED"
    case missing = "MISSING"
    case unlogged = "UNLOGGED"
    case diverged = "DIVERGED"
    case badSignature = "BADSIG"
    case malformed = "MALFORMED"

    /// The gravest first, when one word must stand for many.
    private var rank: Int {
      switch self {
      case .diverged: 0
      case .badSignature: 1
      case .missing: 2
      case .truncated: 3
      case .altered: 4
      case .malformed: 5
      case .unlogged: 6
      }
    }
    package static func < (a: Verdict, b: Verdict) -> Bool { a.rank < b.rank }
  }

  /// Rule ids as listed in schema/verdicts.md.
  package enum Rule: String, Sendable, CaseIterable {
    case fileKind = "file.kind"
    case frameKind = "frame.kind"
    case frameData = "frame.data"
    case commitForm = "commit.1"
    case commitPlace = "commit.2"
    case commitLines = "commit.3"
    case commitRoot = "commit.4"
    case commitChain = "commit.5"
    case lineForm = "line.form"
    case sessionStart = "session.start"
    case sessionSalt = "session.salt"
    case sessionID = "session.id"
    case sessionEnd = "session.end"
    case seekTable = "seek.table"
    case damagedTail = "tail.damage"
    case leafLines = "leaf.lines"
    case leafRoot = "leaf.root"
    case leafBytes = "leaf.bytes"
    case leafDigest = "leaf.sha256"
    case leafOrder = "leaf.order"
    case leafForm = "leaf.form"
    case storeMissing = "store.missing"
    case storeUnlogged = "store.unlogged"
    case logEntries = "log.entries"
    case logRoot = "log.root"
    case logCheckpoint = "log.checkpoint"
    case logSignature = "log.signature"
    case logGuard = "log.guard"
    case logKnown = "log.known-checkpoint"
    case receiptLines = "receipt.lines"
    case receiptRoot = "receipt.root"
    case required = "require"
  }

  package var rule: Rule
  package var verdict: Verdict
  package var area: Area
  package var path: String
  /// Byte offset in the file; nil where the whole file is meant.
  package var offset: UInt64?
  /// Line number in the session; nil where no line is meant.
  package var line: UInt64?
  package var found: String
  package var wanted: String
  package var advice: String

  package init(
    _ rule: Rule, _ verdict: Verdict, _ area: Area, path: String, offset: UInt64? = nil,
    line: UInt64? = nil, found: String, wanted: String, advice: String
  ) {
    self.rule = rule
    self.verdict = verdict
    self.area = area
    self.path = path
    self.offset = offset
    self.line = line
    self.found = found
    self.wanted = wanted
    self.advice = advice
  }
}

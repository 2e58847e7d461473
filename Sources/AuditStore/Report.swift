internal import Evidence
internal import Platform
package import SessionLog

/// What happened in a store in a period, and how far that is proven.
///
/// Every number is counted over bytes that were verified while the report was made; the index only
/// helps to find sessions whose files were made outside the period. No time of making is in it: the
/// same evidence and the same period give the same report.
package struct Report: Sendable {
  /// Half-open, microseconds since 1970; a session belongs where it started.
  package var since: Int64
  package var until: Int64
  package var origin: String
  package var created: String
  package var key: String
  /// Why that key is believed.
  package var keyReason: String
  package var toolVersion: String
  package var command: String

  /// How far the log was signed: what the report can speak of.
  package var logSize: UInt64?
  package var logRoot: String?
  /// Time of the newest signed leaf, as this machine's clock claimed.
  package var asOf: Int64?
  package var logFindings: [Finding] = []
  /// Signatures on the checkpoint besides the log's own, which nobody has checked.
  package var otherSignatures = 0
  package var unsignedEntries: UInt64 = 0
  package var hasGuard = false

  package var sessions: [ReportedSession] = []
  /// Sessions of the store that started outside the period.
  package var outside: UInt64 = 0
  /// Files in the store's sessions folder that are no session's.
  package var strays: [String] = []
  package var agents: [AgentTotal] = []
  package var checks: [ReportCheck] = []

  /// Says how a report is to be made.
  package struct Request: Sendable {
    /// Microseconds since 1970; nil for the beginning of the store.
    package var since: Int64?
    /// Nil for the newest signed leaf.
    package var until: Int64?
    /// Whose key is believed, and the file that names it.
    package var trust: Trust
    package var trustFile: String?
    package var toolVersion: String
    /// What the reproduction command names the store as.
    package var storeName: String
    package var format: String

    package init(
      since: Int64?, until: Int64?, trust: Trust, trustFile: String? = nil, toolVersion: String,
      storeName: String, format: String
    ) {
      self.since = since
      self.until = until
      self.trust = trust
      self.trustFile = trustFile
      self.toolVersion = toolVersion
      self.storeName = storeName
      self.format = format
    }
  }

  /// Verifies the log and every session that started in the period.
  ///
  /// `imported` are ids that the index places there.
  package init(
    _ store: Store, state: StateDirectory?, request: Request, imported: [SessionID],
    progress: (IndexProgress) -> Void = { _ in }
  ) throws(AuditFailure) {
    let log = try logged { () throws(SessionLogFailure) in
      try LogView(store, trust: request.trust, state: state)
    }
    let newest = log.leaves.values.lazy.compactMap { $0.map(\.leaf.time).max() }.max()
    origin = store.origin
    created = store.created
    key = "\(request.trust.key)"
    keyReason =
      switch request.trust.source {
      case .pinned(let file): "pinned by \(file)"
      case .ownState: "this machine's own"
      case .unpinned: "on the store's own word: compare it with the one noted when it was made"
      }
    toolVersion = request.toolVersion
    since = request.since ?? WallTime.parse(store.created) ?? 0
    // One more than the newest: the period is half-open, and this moment belongs to it.
    until = request.until ?? max(since, newest.map { $0 &+ 1000 } ?? since)
    logSize = log.checkpoint?.size
    logRoot = log.checkpoint?.root.hex
    asOf = newest
    logFindings = log.findings
    unsignedEntries = log.unsignedEntries
    hasGuard = log.hasGuard
    command =
      "blackbox report --store \(ShellText.word(request.storeName)) --since "
      + "\(WallTime.format(since)) --until \(WallTime.format(until)) -o \(request.format)"
      + (request.trustFile.map { " --trust " + ShellText.word($0) } ?? "")
    do {
      let note = try store.checkpoint(signedBy: request.trust.key).1
      otherSignatures = note.signatures.count { $0.name != store.origin }
    } catch {
      // Whatever is wrong with the checkpoint is among the log's findings.
    }
    try gather(store, log, imported: imported, progress: progress)
    agents = AgentTotal.totals(of: sessions)
    checks = ReportCheck.all(self)
  }

  private mutating func gather(
    _ store: Store, _ log: LogView, imported: [SessionID], progress: (IndexProgress) -> Void
  ) throws(AuditFailure) {
    var ids = Set(log.leaves.keys)
    var strays: [String] = []
    try logged { () throws(SessionLogFailure) in
      try store.eachSessionFile(
        { id in
          ids.insert(id)
          return true
        }, stray: { strays.append($0) })
    }
    self.strays = strays
    let placed = Set(imported)
    let period = since..<max(since, until)
    let candidates = ids.filter { id in
      placed.contains(id) || period.contains(Int64(clamping: id.milliseconds) &* 1000)
        || log.leaves[id]?.first.map { period.contains($0.leaf.time) } ?? false
    }.sorted()
    var done: Int64 = 0
    for id in candidates {
      let session = try ReportedSession(id, in: store, log: log)
      if period.contains(session.start) { sessions.append(session) }
      done += 1
      progress(IndexProgress(sessions: done, due: Int64(candidates.count)))
    }
    sessions.sort { ($0.start, $0.id) < ($1.start, $1.id) }
    outside = UInt64(ids.count - sessions.count)
  }

  /// The worst of the checks.
  package var outcome: ReportCheck.Outcome {
    checks.map(\.outcome).max() ?? .insufficient
  }
}

/// One session as the report saw it, verified.
package struct ReportedSession: Sendable {
  package var id: String
  /// Line 0's start; where that cannot be read, the time of the first leaf, else the one in the id.
  package var start: Int64
  package var verdict: SessionVerdict
  package var tally: SessionTally
  package var isPruned: Bool

  init(_ id: SessionID, in store: Store, log: LogView) throws(AuditFailure) {
    var reader = EventReader()
    verdict = try logged { () throws(SessionLogFailure) in
      try StoreVerifier.verify(id, in: store, log: log) {
        (batch, isCommitted) throws(SessionLogFailure) in
        if isCommitted { reader.count(batch) }
      }
    }
    self.id = id.text
    tally = reader.tally
    let leaves = log.leaves[id] ?? []
    isPruned = leaves.last?.leaf.kind == Leaf.Kind.prune
    start =
      verdict.start?.start ?? leaves.first?.leaf.time
      ?? Int64(clamping: id.milliseconds) &* 1000
  }

  /// What nobody may hide, of this session; that nobody witnessed the log is said once for all.
  package var facts: [String] { verdict.facts.map(\.description).filter { $0 != word } }
  package var word: String { isPruned && verdict.isIntact ? "PRUNED" : verdict.word }
  /// Contradicted evidence; a file that nobody signed for lacks evidence and contradicts none.
  package var isContradicted: Bool {
    verdict.findings.contains { $0.verdict != Finding.Verdict.unlogged }
  }
  package var isUnlogged: Bool {
    verdict.openLeaf == nil || verdict.findings.contains { $0.verdict == Finding.Verdict.unlogged }
  }
  package var isOpen: Bool { !isPruned && !verdict.isClosed }
  /// A session of the store's own, about who read: it is open all day, and no agent's.
  package var isOfReading: Bool { verdict.start?.kind == "audit" }
  /// Why something may not have been recorded, or is not shown.
  package var losses: [String] {
    var losses: [String] = []
    if verdict.gaps > 0 { losses.append("gaps: \(verdict.gaps)") }
    if verdict.recoveredLines > 0 {
      losses.append("lines kept by recovery: \(verdict.recoveredLines)")
    }
    if let reason = verdict.endReason, reason == "crash" || reason == "lost" {
      losses.append("ended by \(reason)")
    }
    if verdict.withheldLines > 0 { losses.append("withheld lines: \(verdict.withheldLines)") }
    if isPruned { losses.append("let go by retention") }
    return losses
  }
}

/// What one agent did in the period.
package struct AgentTotal: Sendable {
  package var issuer: String
  package var uid: String
  package var sessions: UInt64 = 0
  package var events: UInt64 = 0
  package var microseconds: UInt64 = 0
  package var bytes: UInt64 = 0
  package var denied: UInt64 = 0
  package var masked: UInt64 = 0
  package var gaps: UInt64 = 0
  package var contradicted: UInt64 = 0
  /// True for the sum over sessions whose line 0 could not be read.
  package var isUnknown = false

  /// By bytes: two spellings of one letter are two agents.
  private struct Key: Hashable {
    var issuer: [UInt8]
    var uid: [UInt8]
    var isUnknown: Bool
  }

  static func totals(of sessions: [ReportedSession]) -> [AgentTotal] {
    var totals: [Key: AgentTotal] = [:]
    for session in sessions where !session.isOfReading {
      let agent = session.verdict.start?.agent
      let key = Key(
        issuer: Array((agent?.issuer ?? "").utf8), uid: Array((agent?.uid ?? "").utf8),
        isUnknown: agent == nil)
      var total =
        totals[key] ?? AgentTotal(issuer: agent?.issuer ?? "", uid: agent?.uid ?? "")
      total.isUnknown = agent == nil
      total.sessions &+= 1
      total.events &+= session.tally.lines
      total.microseconds &+= session.tally.lastTime
      total.bytes &+= session.tally.bytes
      total.denied &+= session.tally.denied
      total.masked &+= session.tally.masked
      total.gaps &+= session.verdict.gaps
      if session.isContradicted { total.contradicted &+= 1 }
      totals[key] = total
    }
    return totals.sorted { a, b in
      if a.key.isUnknown != b.key.isUnknown { return b.key.isUnknown }
      if a.value.sessions != b.value.sessions { return a.value.sessions > b.value.sessions }
      if a.key.uid != b.key.uid { return a.key.uid.lexicographicallyPrecedes(b.key.uid) }
      return a.key.issuer.lexicographicallyPrecedes(b.key.issuer)
    }.map(\.value)
  }
}

/// One question to the evidence, answered in three values: absence of data never passes.
package struct ReportCheck: Sendable {
  package enum Outcome: String, Sendable, Comparable {
    case pass
    case insufficient
    case fail

    private var rank: Int { self == .pass ? 0 : self == .insufficient ? 1 : 2 }
    package static func < (a: Outcome, b: Outcome) -> Bool { a.rank < b.rank }
  }

  package var id: String
  package var question: String
  /// How many were looked at, how many contradict, how many cannot be told.
  package var population: UInt64
  package var violations: UInt64
  package var unknown: UInt64
  /// What a reader should know of the answer; constant text and our own numbers.
  package var remark: String

  package var outcome: Outcome {
    violations > 0 ? .fail : unknown > 0 || population == 0 ? .insufficient : .pass
  }

  static func all(_ report: Report) -> [ReportCheck] {
    let sessions = report.sessions
    func count(_ test: (ReportedSession) -> Bool) -> UInt64 { UInt64(sessions.count(where: test)) }
    let all = UInt64(sessions.count)
    // The store's own sessions of readings are open until their day is over.
    let recorded = count { !$0.isOfReading }
    return [
      ReportCheck(
        id: "log", question: "Is the store's log whole, and signed by the store's key?",
        population: report.logSize == nil && report.logFindings.isEmpty ? 0 : 1,
        violations: report.logFindings.isEmpty ? 0 : 1, unknown: 0,
        remark: report.hasGuard
          ? "Compared with the last checkpoint kept outside the store."
          : "No checkpoint kept outside the store was at hand to compare with."),
      ReportCheck(
        id: "bytes", question: "Do the bytes of every session match what was signed for?",
        population: all, violations: count { $0.isContradicted }, unknown: 0,
        remark: "Each file was read whole and hashed again for this report."),
      ReportCheck(
        id: "logged", question: "Does the log name every session that is there?",
        population: all, violations: 0,
        unknown: count { $0.isUnlogged } + UInt64(report.strays.count),
        remark: "What the log does not name, nobody signed for."),
      ReportCheck(
        id: "closed", question: "Is every session closed?", population: recorded, violations: 0,
        unknown: count { $0.isOpen && !$0.isOfReading },
        remark: "An open session can still grow; a damaged one does not show its end."),
      ReportCheck(
        id: "complete", question: "Did the recorder keep everything that it saw?",
        population: recorded, violations: 0,
        unknown: count {
          !$0.losses.isEmpty || $0.isContradicted || $0.isOpen && !$0.isOfReading
        },
        remark:
          "Not to be told from a session that is open or damaged, has gaps or withheld lines, "
          + "ended in a crash, or was let go by retention."),
    ]
  }
}

/// Words for a shell that anyone may paste the command into.
enum ShellText {
  static func word(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      default: "/._-+:@%".utf8.contains(byte)
      }
    }
    if isPlain, !text.isEmpty { return text }
    return "'"
      + text.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "'\\''") + "'"
  }
}

extension Report {
  /// Makes a report with the index's help, which is brought up to date first.
  package static func make(
    _ store: Store, state: StateDirectory?, request: Request, now: Int64,
    progress: (IndexProgress) -> Void = { _ in }
  ) throws(AuditFailure) -> (Report, [IndexNote]) {
    var filter = SessionFilter()
    filter.since = request.since
    filter.until = request.until
    let (imported, notes) = try AuditIndex.using(store, now: now) {
      (index, notes) throws(AuditFailure) -> ([SessionID], [IndexNote]) in
      (try index.sessions(filter, limit: nil).sessions.compactMap { SessionID($0.id) }, notes)
    }
    let report = try Report(
      store, state: state, request: request, imported: imported, progress: progress)
    return (report, notes)
  }
}

internal import AuditStore
internal import Platform
internal import Recorder
internal import Replay
internal import SessionLog
internal import Text

/// What is to be replayed: a session of a store, a session file on its own, or a recording in a foreign format.
struct ReplaySubject: Sendable {
  private enum Place: Sendable {
    case session(SessionID, Store, Trust, StateDirectory?)
    case file(String)
    case foreign(String, ImportFormat, EventSourceOpener)
    case trace(String, [SessionID], Store, Trust, StateDirectory?)
  }

  private let place: Place

  /// Finds it; a name with a slash or a dot is a file or directory, any other a session of the store.
  ///
  /// `timing` is the file of times of a typescript.
  init(_ name: String, timing: String? = nil, _ arguments: ParsedArguments) throws {
    if timing != nil || name.contains("/") || name.contains(".") {
      place = try Self.file(name, timing, arguments.environment["TMPDIR"] ?? "/tmp")
      return
    }
    let location = try arguments.store()
    let store = try Store.open(location.directory)
    let id = try store.resolve(name)
    let (trust, state) = Self.trust(store, location)
    place = .session(id, store, trust, state)
  }

  /// What the log is held against.
  private static func trust(_ store: Store, _ location: StoreLocation) -> (Trust, StateDirectory?) {
    // The log is held against this machine's own key where it has one, else against the store's word.
    var (trust, state) = (Trust(key: store.verifierKey, source: .unpinned), StateDirectory?.none)
    do throws(SessionLogFailure) {
      let own = try StateDirectory(for: store, override: location.state)
      _ = try own.guardCheckpoint(key: store.verifierKey)
      trust.source = .ownState
      state = own
    } catch {
      state = nil
    }
    return (trust, state)
  }

  /// All sessions of a trace, as the index knows them.
  init(trace: String, _ arguments: ParsedArguments, _ io: inout Output) throws {
    let store = try Store.open(try arguments.store().directory)
    let (ids, notes) = try AuditIndex.using(
      store, now: arguments.now.microseconds,
      progress: { io.progress("reading sessions", done: $0.sessions, of: $0.due) }
    ) { (index, notes) throws(AuditFailure) in (try index.sessions(ofTrace: trace), notes) }
    for note in notes { io.warn(note.line) }
    let sessions = ids.compactMap { SessionID($0) }
    guard !sessions.isEmpty else {
      throw UserFailure(
        .unreadable, "no session of that trace", place: store.path, found: trace,
        wanted: "a trace id, 32 hexadecimal digits",
        advice: "`blackbox sessions -o json` tells the trace of each session that has one.")
    }
    let (trust, state) = Self.trust(store, try arguments.store())
    place = .trace(trace, sessions, store, trust, state)
  }

  private static func file(_ name: String, _ timing: String?, _ spool: String) throws -> Place {
    guard try ForeignRecording.isForeign(name) else {
      guard timing == nil else {
        throw UserFailure(
          .usage, "only a typescript has its times in a second file", place: "--timing",
          found: "a session file", advice: "Leave --timing out.")
      }
      return .file(name)
    }
    do throws(ImportFailure) {
      let (format, open) = try ForeignRecording.open(name, timing: timing, spool: spool)
      return .foreign(name, format, open)
    } catch {
      switch error {
      case .log(let failure): throw failure
      case .source(let failure): throw failure
      case .unreadable(let refusal):
        throw UserFailure(
          .unreadable, refusal.what, place: refusal.place.isEmpty ? nil : refusal.place,
          found: refusal.found, wanted: refusal.wanted, advice: refusal.advice)
      }
    }
  }

  /// Records that somebody looks at it, before they do; a file of their own is nobody's store.
  func record(_ arguments: ParsedArguments, _ io: inout Output) throws {
    switch place {
    case .session(let id, let store, _, _):
      try arguments.record(.replay, in: store, sessions: [id], &io)
    case .trace(_, let ids, let store, _, _):
      try arguments.record(.replay, in: store, sessions: ids, &io)
    case .file, .foreign: return
    }
  }

  var hasLog: Bool {
    switch place {
    case .session, .trace: true
    case .file, .foreign: false
    }
  }

  /// The format of a file that another program recorded.
  var foreignFormat: ImportFormat? {
    if case .foreign(_, let format, _) = place { format } else { nil }
  }

  /// What it is called in results.
  var name: String {
    switch place {
    case .session(let id, _, _, _): id.text
    case .file(let path): path
    case .foreign(let path, _, _): path
    case .trace(let trace, _, _, _, _): trace
    }
  }

  var source: RecordingSource {
    switch place {
    case .session(let id, let store, _, _):
      .file(path: store.sessionPath(of: id), named: false, system: store.system)
    case .file(let path): .file(path: path, named: true, system: SystemFiles.shared)
    case .foreign(let path, _, let open): .events(name: path, open)
    case .trace(let trace, let ids, let store, _, _):
      .events(name: "trace " + trace) { () throws(SessionLogFailure) in
        try MergedSource(
          trace, ids.map { ($0.text, store.sessionPath(of: $0)) }, in: store.system)
      }
    }
  }

  /// Where what a viewer finds is kept for the next one: in the store, else in the user's cache.
  ///
  /// Nil for a foreign recording, which is read anew each time.
  func snapshots(_ environment: Environment) -> SnapshotPlaces? {
    let cache = Self.cache(environment).map { $0 + "/" }
    switch place {
    case .session(let id, let store, _, _):
      return SnapshotPlaces(
        [Path.join(store.snapshotsPath, id.text)] + (cache.map { [$0 + id.text] } ?? []),
        in: store.system)
    case .file(let path):
      // The name only tells files apart; what a snapshot belongs to stands in it.
      let name = path.utf8.reduce(into: UInt64(0xCBF2_9CE4_8422_2325)) {
        $0 = ($0 ^ UInt64($1)) &* 0x100_0000_01B3
      }
      return cache.map { SnapshotPlaces([$0 + "file-" + String(name, radix: 16)]) }
    case .foreign, .trace: return nil
    }
  }

  /// Where snapshots are kept that no store takes; nil where the environment names no place.
  static func cache(_ environment: Environment) -> String? {
    (environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      ?? environment["HOME"].map { $0 + "/.cache" }).map { $0 + "/blackbox/snapshots" }
  }

  func open() throws(SessionLogFailure) -> Recording { try Recording.open(source) }

  /// Walks all of it, log included, and shows each line; damage is in the verdict.
  ///
  /// Nil for a foreign recording, which nothing vouches for.
  func walk(_ visit: (Span<UInt8>) -> Void) throws(SessionLogFailure) -> SessionVerdict? {
    if case .events(_, let open) = source {
      let source = try open()
      while try source.next({ visit($0) }) {}
      return try verify()
    }
    return try verify { batch in
      for index in 0..<batch.lineCount { batch.withLine(index) { visit($0) } }
    }
  }

  /// Walks all of it, log included; damage is in the verdict.
  func verify(
    _ visit: (borrowing Batch) -> Void = { _ in }
  ) throws(SessionLogFailure) -> SessionVerdict? {
    switch place {
    case .foreign: return nil
    case .trace(_, let ids, let store, let trust, let state):
      return try verify(ids, store, trust, state)
    case .file(let path):
      return try SessionVerifier.verify(file: path) {
        (batch: borrowing Batch, _: Bool) throws(SessionLogFailure) in visit(batch)
      }
    case .session(let id, let store, let trust, let state):
      let log = try LogView(store, trust: trust, state: state, only: id)
      var verdict = try SessionVerifier.verify(id, in: store, leaves: log.leaves[id] ?? []) {
        (batch: borrowing Batch, _: Bool) throws(SessionLogFailure) in visit(batch)
      }
      verdict.findings += log.findings
      return verdict
    }
  }

  /// One verdict over several sessions: whatever is wrong with any of them.
  private func verify(
    _ ids: [SessionID], _ store: Store, _ trust: Trust, _ state: StateDirectory?
  ) throws(SessionLogFailure) -> SessionVerdict? {
    var all: SessionVerdict?
    for id in ids {
      let log = try LogView(store, trust: trust, state: state, only: id)
      let verdict = try SessionVerifier.verify(id, in: store, leaves: log.leaves[id] ?? []) {
        (_: borrowing Batch, _: Bool) throws(SessionLogFailure) in
      }
      var sum = all ?? verdict
      if all != nil {
        sum.findings += verdict.findings
        let known = sum.facts
        sum.facts += verdict.facts.filter { !known.contains($0) }
        sum.recoveredLines += verdict.recoveredLines
        sum.isLive = sum.isLive || verdict.isLive
      }
      sum.findings += log.findings
      all = sum
    }
    // Line numbers are each session's own, and stand for nothing on the common timeline.
    if var verdict = all {
      for index in verdict.findings.indices { verdict.findings[index].area = .log }
      return verdict
    }
    return nil
  }
}

package import Evidence
package import Platform
package import SessionLog

/// A store with its state directory beside it and a clock that the test turns.
package struct TestStore: Sendable {
  package var store: Store
  package var state: StateDirectory
  package let clock: TestClock

  package static let origin = "audit.example.com/test"

  /// Makes a store at `path` + "/store", its state at `path` + "/state".
  package init(
    on system: any FileSystem, at path: String = "/box", origin: String = TestStore.origin,
    clock: TestClock = TestClock()
  ) throws {
    (store, state) = try Store.create(
      at: path + "/store", origin: origin, state: path + "/state", clock: clock, in: system)
    self.clock = clock
  }

  /// Opens the same store on another file system: the disk after a crash.
  package init(reopening path: String, on system: any FileSystem, clock: TestClock) throws {
    store = try Store.open(path + "/store", in: system)
    state = try StateDirectory(for: store, override: path + "/state")
    self.clock = clock
  }

  /// An id that the number decides: made at the start of TestClock's day plus so many milliseconds.
  package static func id(_ number: Int) -> SessionID {
    var generator = SeededGenerator(seed: UInt64(number))
    return SessionID(
      milliseconds: 1_767_323_045_678 + UInt64(number), random: generator.bytes(10))
  }

  package func start(_ id: SessionID, kind: String = "terminal") -> SessionStart {
    var agent = Identity(issuer: "https://id.example.com", uid: "agent-7")
    agent.name = "deploy-bot"
    var start = SessionStart(
      store: store.origin, session: id, kind: kind, start: clock.wall(), bootID: clock.bootID,
      agent: agent, after: (0, TreeHasher.emptyRoot))
    start.resource = Resource(kind: "host", uid: "web-1", environment: "production")
    start.command = ["sh", "-c", "true"]
    return start
  }

  package func begin(_ id: SessionID, pace: Pace = Pace()) throws -> SessionWriter {
    try SessionWriter.begin(
      in: store, state: state, start: start(id), clock: clock, pace: pace)
  }

  /// The log as a verifier on this machine sees it.
  package func log(keepsHashes: Bool = false, known: [Checkpoint] = []) throws -> LogView {
    try LogView(
      store, trust: Trust(key: store.verifierKey, source: .ownState), state: state,
      known: known, keepsHashes: keepsHashes)
  }

  /// Every verdict of the store, and what its log shows.
  package func verify() throws -> (log: LogView, sessions: [SessionVerdict]) {
    let log = try log()
    var verdicts: [SessionVerdict] = []
    try StoreVerifier.verify(store, log: log) { verdicts.append($0) }
    return (log, verdicts)
  }

  /// All findings of log and sessions.
  package func findings() throws -> [Finding] {
    let (log, sessions) = try verify()
    return log.findings + sessions.flatMap(\.findings)
  }

  /// Every line of a session file that can be read, the tail's lines included.
  package func lines(of id: SessionID) throws -> [[UInt8]] {
    var lines: [[UInt8]] = []
    _ = try SessionVerifier.verify(file: store.sessionPath(of: id), in: store.system) { batch, _ in
      for index in 0..<batch.lineCount { lines.append(batch.line(index)?.bytes ?? []) }
    }
    return lines
  }
}

/// Lines for tests.
package enum TestLine {
  package static func output(_ time: UInt64, _ text: String) -> [UInt8] {
    output(time, Array(text.utf8))
  }

  package static func output(_ time: UInt64, _ data: [UInt8]) -> [UInt8] {
    var line = LineBuilder(time: time, type: "terminal.output")
    line.addData(data.span)
    return line.finish()
  }

  package static func end(_ time: UInt64, reason: String = "exit") -> [UInt8] {
    var line = LineBuilder(time: time, type: "session.end")
    line.add("reason", reason)
    line.add("exit_code", 0)
    return line.finish()
  }
}

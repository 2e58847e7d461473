import Evidence
import Glibc
import Platform
import SessionLog
import Synchronization
import Testing

@testable import AuditStore

/// A clock that moves only when told.
final class TestClock: Platform.Clock {
  private let now: Mutex<(monotonic: UInt64, wall: Int64)>

  /// 2026-11-22T14:00:00Z unless told otherwise.
  init(wall: Int64 = TestClock.noon) { now = Mutex((1_000_000, wall)) }

  static let noon: Int64 = 1_795_356_000_000_000

  func monotonic() -> UInt64 { now.withLock { $0.monotonic } }
  func wall() -> Int64 { now.withLock { $0.wall } }
  var bootID: String { "test-boot" }

  func advance(_ microseconds: UInt64) {
    now.withLock {
      $0.monotonic += microseconds
      $0.wall += Int64(microseconds)
    }
  }
}

/// A real store in a directory of its own, gone with the test.
final class Fixture {
  let root: String
  let store: Store
  let state: StateDirectory
  let clock = TestClock()
  private var made: UInt8 = 0

  init() throws {
    // Memory where there is some: a test writes small sessions and syncs each many times.
    let place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array("\(place)/blackbox-audit-XXXXXX".utf8CString)
    root = try #require(mkdtemp(&template).map { String(cString: $0) })
    (store, state) = try Store.create(
      at: root + "/store", origin: "audit.test/store", state: root + "/state", clock: clock)
  }

  deinit { Self.remove(root) }

  static func remove(_ path: String) {
    if rmdir(path) == 0 || unlink(path) == 0 { return }
    for name in (try? SystemFiles.shared.list(path)) ?? [] { remove(path + "/" + name) }
    rmdir(path)
  }

  /// What a test wants of line 0.
  struct Who {
    var agent = "deploy-bot"
    var agentName: String? = nil
    var principal: String? = "maria@example.com"
    var resource: String? = "prod-db"
    var kind = "terminal"
    var purpose: String? = nil
  }

  func nextID() -> SessionID {
    made += 1
    return SessionID(
      milliseconds: UInt64(clock.wall() / 1000), random: [UInt8](repeating: made, count: 10))
  }

  func begin(_ who: Who = Who(), id: SessionID? = nil) throws -> SessionWriter {
    var agent = Identity(issuer: "https://id.test", uid: who.agent)
    agent.name = who.agentName
    var start = SessionStart(
      store: store.origin, session: id ?? nextID(), kind: who.kind, start: clock.wall(),
      bootID: clock.bootID, agent: agent, after: (0, .zero))
    start.principal = who.principal.map { Identity(issuer: "https://id.test", uid: $0) }
    start.resource = who.resource.map { Resource(kind: "host", uid: $0, environment: "prod") }
    start.purpose = who.purpose
    return try SessionWriter.begin(in: store, state: state, start: start, clock: clock)
  }

  /// Writes a whole session of some terminal output, a command and an end.
  @discardableResult
  func record(
    _ who: Who = Who(), command: String = "ls -l", lines: [[UInt8]] = [], exit: Int64 = 0
  ) throws -> SessionID {
    var writer = try begin(who)
    _ = try writer.append(Self.output("hello\r\n", writer.now()))
    clock.advance(250_000)
    _ = try writer.append(Self.command(command, writer.now()))
    for line in lines { _ = try writer.append(line) }
    clock.advance(1_000_000)
    _ = try writer.append(Self.output("world\r\n", writer.now()))
    _ = try writer.close(lines: [Self.end(exit, writer.now())])
    clock.advance(60_000_000)
    return writer.id
  }

  static func output(_ text: String, _ time: UInt64) -> [UInt8] {
    var line = LineBuilder(time: time, type: "terminal.output")
    line.addData(Array(text.utf8).span)
    return line.finish()
  }

  static func command(_ text: String, _ time: UInt64) -> [UInt8] {
    var line = LineBuilder(time: time, type: "terminal.command")
    line.add("text", text)
    line.add("target", text)
    return line.finish()
  }

  static func end(_ exit: Int64, _ time: UInt64) -> [UInt8] {
    var line = LineBuilder(time: time, type: "session.end")
    line.add("reason", "client")
    line.add("exit_code", exit)
    return line.finish()
  }

  static func gap(_ time: UInt64) -> [UInt8] {
    var line = LineBuilder(time: time, type: "recorder.gap")
    line.add("reason", "overload")
    line.add("events", 17)
    return line.finish()
  }

  static func blocked(_ time: UInt64) -> [UInt8] {
    var line = LineBuilder(time: time, type: "policy.decision")
    line.add("outcome", "block")
    return line.finish()
  }

  // MARK: the index

  func index() throws -> (AuditIndex.Contents, [IndexNote]) {
    try AuditIndex.using(store, now: clock.wall(), patience: 50) {
      (index, notes) throws(AuditFailure) in (try index.contents(), notes)
    }
  }

  func sessions(_ filter: SessionFilter = SessionFilter(), limit: Int? = nil) throws
    -> [SessionSummary]
  {
    try AuditIndex.using(store, now: clock.wall(), patience: 50) {
      (index, _) throws(AuditFailure) in try index.sessions(filter, limit: limit).sessions
    }
  }

  /// Every row of every table but the schema's own, as text.
  func dump() throws -> [String] { try Self.dump(store) }

  static func dump(_ store: Store) throws -> [String] {
    let database = try Database(store.indexPath, .readOnly, wait: 50)
    var rows: [String] = []
    let tables = try database.prepare(
      """
      SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'txt_fts?*'
      ORDER BY name
      """)
    while try tables.step() {
      let name = tables.text(0)
      let dump = try database.prepare(try #require(Self.dumps[name], "\(name) has no dump"))
      while try dump.step() {
        let row = (0..<dump.columnCount).map { "\(dump.value($0))" }
        rows.append(name + ": " + row.joined(separator: " | "))
      }
    }
    return rows
  }

  private static let dumps: [String: SQL] = [
    "meta":
      "SELECT * FROM meta WHERE k NOT IN('folders', 'counts', 'checkpoint', 'signed') ORDER BY k",
    "leaf": "SELECT * FROM leaf ORDER BY 1",
    "source": "SELECT * FROM source ORDER BY 1", "identity": "SELECT * FROM identity ORDER BY 1",
    "resource": "SELECT * FROM resource ORDER BY 1",
    "session": "SELECT * FROM session ORDER BY 1", "etype": "SELECT * FROM etype ORDER BY 1",
    "txt": "SELECT * FROM txt ORDER BY 1", "event": "SELECT * FROM event ORDER BY 1",
    "stretch": "SELECT * FROM stretch ORDER BY 1, 2, 3",
    "gap": "SELECT * FROM gap ORDER BY 1, 2",
    "classified": "SELECT * FROM classified ORDER BY 1",
    "canary": "SELECT * FROM canary ORDER BY 1",
    "tool_approved": "SELECT * FROM tool_approved ORDER BY 1",
    "access_ref": "SELECT * FROM access_ref ORDER BY 1, 2",
    "policy": "SELECT * FROM policy ORDER BY 1",
    "policy_change": "SELECT * FROM policy_change ORDER BY 1",
    "policy_active": "SELECT * FROM policy_active ORDER BY 1, 2, 3, 4",
    "delegation": "SELECT * FROM delegation ORDER BY 1",
    "session_chain": "SELECT * FROM session_chain ORDER BY 1, 2",
    "delegation_event": "SELECT * FROM delegation_event ORDER BY 1",
    "txt_due": "SELECT * FROM txt_due ORDER BY 1",
    "object_ref": "SELECT * FROM object_ref ORDER BY 1, 2, 3",
    "decision": "SELECT * FROM decision ORDER BY 1",
    "approval_event": "SELECT * FROM approval_event ORDER BY 1",
    "approval": "SELECT * FROM approval ORDER BY 1",
    "vote": "SELECT * FROM vote ORDER BY 1",
    "approval_use": "SELECT * FROM approval_use ORDER BY 1",
    "masking": "SELECT * FROM masking ORDER BY 1, 2",
    "tool_seen": "SELECT * FROM tool_seen ORDER BY 1, 2, 3, 4",
    "shown": "SELECT * FROM shown ORDER BY 1, 2",
    "access": "SELECT * FROM access ORDER BY 1",
    "finding": "SELECT * FROM finding ORDER BY 1",
    "txt_fts": "SELECT rowid FROM txt_fts ORDER BY 1",
  ]

  func show(_ id: SessionID) throws -> SessionDetail {
    let trust = Trust(key: store.verifierKey, source: .ownState)
    return try SessionDetail(
      id, in: store, log: try LogView(store, trust: trust, state: state, only: id))
  }

  func removeIndex() {
    for suffix in ["", "-wal", "-shm"] { unlink(store.indexPath + suffix) }
  }

  /// Changes one byte of a file.
  func flip(_ path: String, at offset: UInt64) throws {
    let file = try File(path, .readWrite, in: SystemFiles.shared)
    var byte = try file.read(1, at: offset)
    byte[0] ^= 0x40
    try file.write(byte.span, at: offset)
  }
}

/// Text that tries to act wherever it lands.
let hostile = [
  "'; DROP TABLE session; --", "\" OR 1=1 --", "<script>alert(1)</script>",
  "</style><img src=x onerror=alert(1)>", "=HYPERLINK(\"http://evil\")", "@SUM(1+1)",
  "\u{1B}]0;pwned\u{07}\u{1B}[2J", "a\u{0}b", "\u{202E}gnp.exe", "\r\nx: y", "%s%n*?[a]",
  "é vs e\u{301}", "",
]

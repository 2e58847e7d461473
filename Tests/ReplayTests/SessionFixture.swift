import Evidence
import Platform
import Replay
import SessionLog
import TestSupport

/// Sessions made by hand from the format's page, in a file system of their own.
///
/// Format: schema/session-format.md §§3 and 4.
struct SessionFixture {
  let files = FaultyFiles()

  init() { files.plantDirectory("/") }

  enum Event {
    case output(UInt64, [UInt8])
    case resize(UInt64, Int, Int)
    case line([UInt8])

    static func text(_ time: UInt64, _ text: String) -> Event { .output(time, Array(text.utf8)) }

    var line: [UInt8] {
      switch self {
      case .output(let time, let bytes):
        var line = LineBuilder(time: time, type: "terminal.output")
        line.addData(bytes.span)
        return line.finish()
      case .resize(let time, let columns, let rows):
        var line = LineBuilder(time: time, type: "terminal.resize")
        line.add("cols", Int64(columns))
        line.add("rows", Int64(rows))
        return line.finish()
      case .line(let bytes): return bytes
      }
    }
  }

  /// Writes a session and returns its path.
  func write(
    _ events: [Event], columns: Int = 80, rows: Int = 24, kind: String = "terminal",
    agent: String = "agent-7", commitEvery: Int = 50, closes: Bool = true,
    _ change: (inout SessionStart) -> Void = { _ in }
  ) throws -> String {
    var start = SessionStart(
      store: "test.example/replay", session: SessionID(milliseconds: 1, random: []), kind: kind,
      start: 1_763_800_000_000_000, bootID: "b", agent: Identity(issuer: "test", uid: "a"),
      after: (0, .zero))
    start.agent.name = agent
    if kind == "terminal" { (start.columns, start.rows) = (columns, rows) }
    change(&start)
    let file = try SessionBytes()
    file.add(start.line())
    var salt = LineBuilder(time: 0, type: "session.salt")
    salt.add("key", Base64.encodeURL(SessionBytes.key))
    file.add(salt.finish())
    try file.commit()
    for (index, event) in events.enumerated() {
      file.add(event.line)
      if index % commitEvery == commitEvery - 1 { try file.commit() }
    }
    if closes {
      var end = LineBuilder(time: file.time, type: "session.end")
      end.add("reason", "exit")
      file.add(end.finish())
    }
    try file.commit(closes: closes)
    let path = "/session.ndjson.zst"
    files.plant(path, file.bytes)
    return path
  }

  func open(_ path: String, cacheBytes: Int = 24 << 20) throws -> Recording {
    try Recording.open(path, named: false, in: files, cacheBytes: cacheBytes)
  }

  /// A stage that has read its whole session.
  func stage(_ path: String, keyframeBudget: Int = 48 << 20) throws -> Stage {
    var stage = Stage(try open(path), keyframeBudget: keyframeBudget)
    while try stage.readOn() {}
    return stage
  }
}

/// The bytes of one session file, batch after batch.
final class SessionBytes {
  static let key = (0..<32).map { UInt8($0) }

  private(set) var bytes: [UInt8] = []
  private(set) var time: UInt64 = 0
  private let compressor: Compressor
  private let sha: SHA256
  private var hasher: TreeHasher
  private var tree = CompactRange()
  private var pending: [UInt8] = []
  private var committed: UInt64 = 0
  private var commits: UInt64 = 0
  private var table: [UInt8] = []
  private var frames: UInt32 = 0

  init() throws {
    compressor = try Compressor(level: 1, windowLog: 20)
    sha = try SHA256()
    hasher = try TreeHasher()
  }

  func add(_ line: [UInt8]) {
    time = LineHeader(line.span)?.time ?? time
    sha.update(Array("bbox/salt/v1\n".utf8).span)
    sha.update(Self.key.span)
    let size = tree.size
    let number = (0..<8).map { UInt8(truncatingIfNeeded: size >> UInt64(56 - 8 * $0)) }
    sha.update(number.span)
    let salt = Array(sha.finish().bytes.prefix(16))
    let leaf = hasher.leaf(salt: salt, line: line.span)
    tree.append(leaf, using: &hasher)
    pending += line + [0x0A]
  }

  /// Ends the batch: one data frame, one commit frame, at close the seek table.
  func commit(closes: Bool = false) throws {
    guard !pending.isEmpty else { return }
    let offset = bytes.count
    var stored: [UInt8] = []
    let lines = pending
    try compressor.compress(lines.span, ending: .frame, into: &stored)
    bytes += stored
    note(stored: bytes.count - offset, content: pending.count)
    let before = bytes
    sha.update(before.span)
    let chain = sha.finish()
    let root = tree.root(using: &hasher)
    let length = bytes.count - offset
    put(0x184D_2A5A, 4)
    put(120, 4)
    bytes += Array("bbox-c1\0".utf8)
    put(commits, 8)
    put(committed, 8)
    put(tree.size, 8)
    put(UInt64(offset), 8)
    put(UInt64(length), 4)
    put(closes ? 1 : 0, 4)
    put(time, 8)
    bytes += root.bytes + chain.bytes
    note(stored: 128, content: 0)
    (commits, committed, pending) = (commits + 1, tree.size, [])
    guard closes else { return }
    put(0x184D_2A5E, 4)
    put(UInt64(table.count + 9), 4)
    bytes += table
    put(UInt64(frames), 4)
    bytes.append(0)
    put(0x8F92_EAB1, 4)
  }

  private func note(stored: Int, content: Int) {
    for value in [stored, content] {
      for shift in stride(from: 0, to: 32, by: 8) {
        table.append(UInt8(truncatingIfNeeded: value >> shift))
      }
    }
    frames += 1
  }

  private func put(_ value: UInt64, _ count: Int) {
    for index in 0..<count {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index)))
    }
  }
}

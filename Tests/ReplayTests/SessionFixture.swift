import Platform
import Replay
import SessionLog
import Synchronization
import TestSupport

/// A clock that stands where a test puts it.
final class FixedClock: Clock {
  private let time = Mutex<UInt64>(0)

  func set(_ microseconds: UInt64) { time.withLock { $0 = microseconds } }
  func monotonic() -> UInt64 { time.withLock { $0 } }
  func wall() -> Int64 { 1_763_800_000_000_000 + Int64(monotonic()) }
  let bootID = "test"
}

/// Sessions written by the real writer.
struct SessionFixture {
  let system: any FileSystem
  let store: Store
  let state: StateDirectory
  let clock = FixedClock()

  init(_ system: any FileSystem = FaultyFiles(), at root: String = "/store") throws {
    self.system = system
    if let files = system as? FaultyFiles { files.plantDirectory("/") }
    (store, state) = try Store.create(
      at: root, origin: "test.example/replay", state: root + "-state", clock: clock, in: system)
    try Self.endWithOneLineFeed(state.keyPath, in: system)
  }

  /// A key file with two line feeds at its end would not be read.
  private static func endWithOneLineFeed(_ path: String, in system: any FileSystem) throws {
    let file = try File(path, .readWrite, in: system)
    let bytes = try file.read(4096, at: 0)
    if bytes.suffix(2) == [0x0A, 0x0A] { try file.truncate(to: UInt64(bytes.count - 1)) }
  }

  enum Event {
    case output(UInt64, [UInt8])
    case resize(UInt64, Int, Int)
    case line([UInt8])

    static func text(_ time: UInt64, _ text: String) -> Event { .output(time, Array(text.utf8)) }
  }

  /// Writes a closed session and returns its id.
  func write(
    _ events: [Event], columns: Int = 80, rows: Int = 24, kind: String = "terminal",
    agent: String = "agent-7", commitEvery: Int = 50, closes: Bool = true
  ) throws -> SessionID {
    var start = SessionStart(
      store: store.origin, session: SessionID(milliseconds: 1, random: try randomBytes(10)),
      kind: kind, start: clock.wall(), bootID: clock.bootID,
      agent: Identity(issuer: "test", uid: "a"), after: (0, .zero))
    start.agent.name = agent
    if kind == "terminal" { (start.columns, start.rows) = (columns, rows) }
    var writer = try SessionWriter.begin(in: store, state: state, start: start, clock: clock)
    var last: UInt64 = 0
    for (index, event) in events.enumerated() {
      switch event {
      case .output(let time, let bytes):
        var line = LineBuilder(time: time, type: "terminal.output")
        line.addData(bytes.span)
        try writer.append(line.finish())
        last = time
      case .resize(let time, let columns, let rows):
        var line = LineBuilder(time: time, type: "terminal.resize")
        line.add("cols", Int64(columns))
        line.add("rows", Int64(rows))
        try writer.append(line.finish())
        last = time
      case .line(let bytes):
        try writer.append(bytes)
        last = LineHeader(bytes.span)?.time ?? last
      }
      if index % commitEvery == commitEvery - 1 { try writer.makeDurable(commit: true) }
    }
    if closes {
      var end = LineBuilder(time: last, type: "session.end")
      end.add("reason", "exit")
      _ = try writer.close(lines: [end.finish()])
    } else {
      try writer.makeDurable(commit: true)
    }
    return start.session
  }

  func open(_ id: SessionID) throws -> Recording {
    try Recording.open(store.sessionPath(of: id), named: false, in: system)
  }

  /// A stage that has read its whole session.
  func stage(_ id: SessionID, keyframeBudget: Int = 48 << 20) throws -> Stage {
    var stage = Stage(try open(id), keyframeBudget: keyframeBudget)
    while try stage.readOn() {}
    return stage
  }
}

import Platform
import SessionLog
import Synchronization
import TestSupport
import Testing

@testable import Recorder

/// The thread that writes, on a disk that fails as it is told.
struct MCPRecordingThreadTests {
  private static let call = Array("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n".utf8)
  private static let result = Array("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n".utf8)
  private static let end = MCPEnd(end: EndOfSession(reason: "server", status: .exited(0)))

  private struct Running: ~Copyable {
    let state: MCPState
    let files: FaultyFiles
    let box: TestStore
    let id: SessionID
    var worker: Worker?

    /// Waits for the thread's next words.
    func hear() -> RecordingState.Change? { state.changes.receive(waiting: nil)?.last }

    /// Waits until the thread rings.
    func waitForWake() {
      while !(Polling.wait([.init(state.wake.descriptor)], milliseconds: -1)[0].isReadable) {}
      state.wake.clear()
    }

    mutating func join() { worker.take()?.join() }

    func lines() throws -> [[UInt8]] { try box.lines(of: id) }
  }

  private func start(
    _ number: Int, patience: UInt64 = 0, limit: Int = 1 << 20, redaction: RedactionRules? = nil
  ) throws -> Running {
    let files = FaultyFiles()
    let box = try TestStore(on: files)
    let state = MCPState(wake: try #require(WakeUp()))
    let id = TestStore.id(number)
    let thread = MCPRecordingThread(
      state: state, store: box.store, stateDirectory: box.state,
      start: box.start(id, kind: "mcp"), server: "demo", clock: box.clock, pace: Pace(),
      patience: patience, messageLimit: limit, redaction: redaction)
    let running = Running(
      state: state, files: files, box: box, id: id, worker: Worker { thread.run() })
    let opened = running.hear()
    #expect(opened?.session == id && opened?.failure == nil)
    // It rings once it has spoken.
    running.waitForWake()
    return running
  }

  @Test func `a clock that was set is told before the next message`() throws {
    var running = try start(77)
    running.box.clock.advance(2_000_000)
    running.box.clock.step(wall: 30_000_000)
    #expect(
      running.state.captured.send(
        .bytes(.toServer, Self.call, running.box.clock.monotonic()), weight: 1))
    running.waitForWake()
    _ = running.state.captured.send(
      .end(Self.end, running.box.clock.monotonic()), weight: 0)
    running.join()
    let lines = try running.lines().map { String(decoding: $0, as: UTF8.self) }
    let step = try #require(lines.firstIndex { $0.contains("clock.step") })
    let call = try #require(
      lines.firstIndex { $0.contains("\"type\":\"mcp.") && $0.contains("ping") })
    #expect(step < call && lines[step].contains("\"delta_us\":30000000,"))
  }

  @Test func `a call is released only when its event is on the disk`() throws {
    var running = try start(1)
    let (state, files) = (running.state, running.files)
    #expect(state.released.load(ordering: .acquiring) == 0)
    #expect(state.captured.send(.bytes(.toServer, Array(Self.call.dropLast(5)), 1), weight: 1))
    #expect(state.captured.send(.bytes(.toServer, Array(Self.call.suffix(5)), 2), weight: 1))
    running.waitForWake()
    #expect(state.released.load(ordering: .acquiring) == UInt64(Self.call.count))
    // What a power cut at this moment would leave.
    let after = try TestStore(reopening: "/box", on: files.image(seed: 3), clock: running.box.clock)
    let lines = try after.lines(of: running.id)
    #expect(try Reproduction(lines).toServer == Self.call)
    #expect(state.captured.send(.bytes(.toClient, Self.result, 3), weight: 1))
    #expect(state.captured.send(.end(Self.end, 4), weight: 0))
    running.join()
    #expect(running.hear()?.closed != nil)
    let all = try running.lines().map { try JSONValue(parsing: $0) }
    #expect(all.last?["type"]?.string == "session.end")
    #expect(all.last?["n_events"]?.integer == Int64(all.count))
    #expect(all.last?["unanswered"] == nil)
    #expect(try running.box.findings().isEmpty)
  }

  @Test func `part of a message is not released`() throws {
    var running = try start(2)
    let state = running.state
    let (first, second) = (Self.call, Array(Self.call.dropLast()))
    #expect(state.captured.send(.bytes(.toServer, first + second, 1), weight: 1))
    running.waitForWake()
    #expect(state.released.load(ordering: .acquiring) == UInt64(first.count))
    // At the end of the stream it is a message without an ending.
    #expect(state.captured.send(.ended(.toServer, 2), weight: 0))
    running.waitForWake()
    #expect(state.released.load(ordering: .acquiring) == UInt64(first.count + second.count))
    #expect(state.captured.send(.end(Self.end, 3), weight: 0))
    running.join()
    #expect(try Reproduction(running.lines()).toServer == first + second)
  }

  @Test func `a message too long to hold is released as its parts become durable`() throws {
    var running = try start(3, limit: 1000)
    let state = running.state
    #expect(
      state.captured.send(.bytes(.toServer, [UInt8](repeating: 0x78, count: 5000), 1), weight: 1))
    running.waitForWake()
    #expect(state.released.load(ordering: .acquiring) == 5000)
    #expect(state.captured.send(.end(Self.end, 3), weight: 0))
    running.join()
    #expect(try Reproduction(running.lines()).toServer.count == 5000)
  }

  @Test func `what redaction holds back is not released before it is on the disk`() throws {
    var running = try start(8, limit: 1000, redaction: .builtIn)
    let state = running.state
    let head = [UInt8](repeating: 0x78, count: 5000) + [0x20]
    let key = Array("-----BEGIN RSA PRIVATE KEY-----\\nMIIE".utf8)
    let sent = running.box.clock.monotonic()
    #expect(state.captured.send(.bytes(.toServer, head + key, sent), weight: 1))
    running.waitForWake()
    #expect(state.released.load(ordering: .acquiring) == UInt64(head.count))
    // The pipe is quiet: time lets go of it.
    running.box.clock.advance(2_000_000)
    running.waitForWake()
    #expect(state.released.load(ordering: .acquiring) == UInt64(head.count + key.count))
    let after = try TestStore(
      reopening: "/box", on: running.files.image(seed: 3), clock: running.box.clock)
    let stored = try Reproduction(after.lines(of: running.id)).toServer
    #expect(stored == head + Array("[redacted:private_key]".utf8))
    #expect(state.captured.send(.end(Self.end, running.box.clock.monotonic()), weight: 0))
    running.join()
  }

  @Test(arguments: [FaultyFiles.Operation.write, .sync])
  func `after a failed write or sync nothing more is released, and the failure is told`(
    operation: FaultyFiles.Operation
  ) throws {
    var running = try start(operation == .write ? 4 : 5)
    let state = running.state
    running.files.inject(
      .init(operation, on: running.id.text, .fail(FileFailure.ioError, landing: false)))
    #expect(state.captured.send(.bytes(.toServer, Self.call, 1), weight: 1))
    running.waitForWake()
    running.join()
    #expect(running.hear()?.failure?.kind == .system)
    #expect(state.released.load(ordering: .acquiring) == 0)
    // The loop hears it from the mailbox too: what it captures is refused.
    #expect(!state.captured.send(.bytes(.toServer, Self.call, 2), weight: 1))
  }

  @Test func `a full disk without patience ends the session, closed and with a gap`() throws {
    var running = try start(6)
    let state = running.state
    running.files.space = 0
    #expect(state.captured.send(.bytes(.toServer, Self.call, 1), weight: 1))
    running.waitForWake()
    running.join()
    #expect(running.hear()?.failure?.kind == .outOfSpace)
    #expect(state.released.load(ordering: .acquiring) == 0)
    let lines = try running.lines().map { try JSONValue(parsing: $0) }
    #expect(lines.suffix(2).map { $0["type"]?.string } == ["recorder.gap", "session.end"])
    #expect(lines.contains { $0["type"]?.string == "mcp.call" })
  }

  @Test func `standard error is recorded, whole characters together`() throws {
    var running = try start(7)
    let state = running.state
    #expect(state.captured.send(.bytes(.errors, [0x61, 0xE2, 0x82], 1), weight: 1))
    #expect(state.captured.send(.bytes(.errors, [0xAC, 0x0A, 0xFF], 2), weight: 1))
    #expect(state.captured.send(.bytes(.toClient, Self.result, 3), weight: 1))
    #expect(state.captured.send(.end(Self.end, 4), weight: 0))
    running.join()
    let lines = try running.lines()
    #expect(
      try Reproduction(lines).errors == [0x61, 0xE2, 0x82, 0xAC, 0x0A, 0xFF])
    let texts = try lines.map { try JSONValue(parsing: $0) }.filter {
      $0["type"]?.string == "process.stderr"
    }
    #expect(texts.first?["data"]?.string == "a")
    #expect(texts.last?["data64"] != nil)
  }
}

/// The secret that keys digests of content.
struct ContentKeyTests {
  /// Source: RFC 4231, test cases 1, 2 and 6.
  @Test(arguments: [
    (
      [UInt8](repeating: 0x0B, count: 20), "Hi There",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      Array("Jefe".utf8), "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      [UInt8](repeating: 0xAA, count: 131),
      "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
  ])
  func `keyed digests are HMAC-SHA256`(key: [UInt8], message: String, digest: String) throws {
    #expect(try DigestKey(key).digest(of: Array(message.utf8)).hex == digest)
  }

  @Test func `init makes the key, and every recorder reads the same`() throws {
    let box = try TestStore(on: FaultyFiles())
    let message = Array("m".utf8)
    let first = try box.state.contentKey(for: box.store).digest(of: message)
    #expect(try box.state.contentKey(for: box.store).digest(of: message) == first)
    let other = try TestStore(on: FaultyFiles())
    #expect(try other.state.contentKey(for: other.store).digest(of: message) != first)
  }

  @Test func `a store older than the key gets one at first use`() throws {
    let files = FaultyFiles()
    let box = try TestStore(on: files)
    try files.remove(box.state.contentKeyPath)
    let message = Array("m".utf8)
    let made = try box.state.contentKey(for: box.store).digest(of: message)
    #expect(try box.state.contentKey(for: box.store).digest(of: message) == made)
    let after = try TestStore(reopening: "/box", on: files.crash(seed: 1), clock: box.clock)
    #expect(try after.state.contentKey(for: after.store).digest(of: message) == made)
  }

  @Test func `a key that is damaged is refused, not replaced`() throws {
    let files = FaultyFiles()
    let box = try TestStore(on: files)
    try files.replaceDurably(box.state.contentKeyPath, with: [0x61], permissions: 0o600)
    #expect(throws: SessionLogFailure.self) { try box.state.contentKey(for: box.store) }
    #expect(try files.readSmallFile(box.state.contentKeyPath, limit: 100) == [0x61])
  }
}

extension RecordingFailure {
  /// What the log said, if it was the log.
  var kind: SessionLogFailure.Kind? {
    if case .log(let failure) = self { failure.kind } else { nil }
  }
}

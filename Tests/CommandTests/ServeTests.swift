import Foundation
import Platform
import SessionLog
import Synchronization
import TestSupport
import Testing

/// The server as a process, with the clients of `Examples/`.
///
/// `BLACKBOX_CRASHES` sets how often it is killed (200 in `make soak`).
struct ServeTests {
  static let crashes = CrashTests.crashes / 2

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `what was acked is there exactly once after kill -9 at random moments`() throws {
    let program = try #require(Program.path)
    let place = try Place()
    defer { place.remove() }
    try #require(place.run(program, ["init", "--origin", "test.example.com/serve"]).status == 0)
    let socket = place.path("s")
    let isOver = Atomic(false)
    let acked = Mutex<[String]>([])
    let troubles = Mutex<[String]>([])
    let group = DispatchGroup()
    var server = try place.start(program, ["serve", "--socket", socket], output: "/dev/null")
    for connection in 0..<3 {
      group.enter()
      Thread.detachNewThread {
        do {
          try Self.produce(connection, socket, isOver: isOver, acked: acked)
        } catch { troubles.withLock { $0.append("connection \(connection): \(error)") } }
        group.leave()
      }
    }
    for _ in 0..<Self.crashes {
      // By progress, not by time: a busy machine only makes the test slower.
      Self.wait(for: acked, toGrowBy: Int.random(in: 0...200))
      usleep(UInt32.random(in: 0...30_000))
      kill(server.processIdentifier, SIGKILL)
      server.waitUntilExit()
      server = try place.start(program, ["serve", "--socket", socket], output: "/dev/null")
    }
    Self.wait(for: acked, toGrowBy: 100)
    isOver.store(true, ordering: .relaxed)
    let ended = group.wait(timeout: .now() + 60)
    try #require(ended == .success, "the clients do not end")
    kill(server.processIdentifier, SIGTERM)
    server.waitUntilExit()
    #expect(server.terminationStatus == 0)
    #expect(troubles.withLock { $0 } == [])

    let box = try TestStore(
      reopening: place.directory.path, on: SystemFiles.shared, clock: TestClock())
    #expect(try box.store.liveSessions() == [])
    let verdict = try place.run(program, ["verify", "--all"])
    #expect(verdict.status == 0, "\(verdict.text)")
    var stored: [String: Int] = [:]
    try box.store.eachSessionFile { id throws(SessionLogFailure) in
      do {
        for line in try box.lines(of: id) {
          let json = try JSONValue(parsing: line)
          if let name = json["name"]?.string { stored[name, default: 0] += 1 }
        }
      } catch { Issue.record(error) }
      return true
    }
    let names = acked.withLock { $0 }
    #expect(names.count > 100)
    let missing = names.filter { stored[$0] == nil }
    let doubled = names.filter { stored[$0, default: 0] > 1 }
    #expect(missing == [], "\(missing.count) of \(names.count) acked events are missing")
    #expect(doubled == [], "\(doubled.count) of \(names.count) events are stored twice")
  }

  private static func wait(for acked: borrowing Mutex<[String]>, toGrowBy count: Int) {
    let wanted = acked.withLock { $0.count } + count
    let patience = Date().addingTimeInterval(30)
    while acked.withLock({ $0.count }) < wanted, Date() < patience { usleep(2000) }
  }

  /// One connection with 17 sessions, each of which stores and flushes in uneven bursts.
  private static func produce(
    _ connection: Int, _ socket: String, isOver: borrowing Atomic<Bool>,
    acked: borrowing Mutex<[String]>
  ) throws {
    let client = try RecorderClient(socket)
    func open() throws -> RecordedSession {
      try client.open(["kind": "database", "agent": ["uid": "agent-\(connection)"]])
    }
    var sessions: [RecordedSession] = []
    for _ in 0..<17 { sessions.append(try open()) }
    var sent: [[String]] = Array(repeating: [], count: sessions.count)
    var number = 0
    while !isOver.load(ordering: .relaxed) {
      let index = Int.random(in: 0..<sessions.count)
      for _ in 0..<Int.random(in: 1...6) {
        number += 1
        let name = "c\(connection)-\(number)"
        sent[index].append(name)
        sessions[index].event(
          Bool.random() ? "database.query" : "database.result",
          ["name": name, "text": String(repeating: "é\u{1}\"", count: Int.random(in: 0...80))])
      }
      switch Int.random(in: 0..<8) {
      case 0...2:
        try sessions[index].flush()
      case 3:
        _ = try sessions[index].close()
        sessions[index] = try open()
      default: continue
      }
      acked.withLock { $0 += sent[index] }
      sent[index] = []
    }
    for (index, session) in sessions.enumerated() {
      _ = try session.close()
      acked.withLock { $0 += sent[index] }
    }
  }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `a second server, a stop and the client in Python do what the protocol says`() throws {
    let program = try #require(Program.path)
    let place = try Place()
    defer { place.remove() }
    try #require(place.run(program, ["init", "--origin", "test.example.com/serve"]).status == 0)
    let socket = place.path("s")
    let server = try place.start(program, ["serve", "--socket", socket], output: "/dev/null")
    let client = try RecorderClient(socket)
    let second = try place.run(program, ["serve", "--socket", place.path("t")])
    #expect(second.status == 6)
    #expect(second.errors.contains("another server has this store"))

    let session = try client.open(["kind": "http", "agent": ["uid": "a"]])
    session.event("http.response", ["status": 200])
    kill(server.processIdentifier, SIGTERM)
    server.waitUntilExit()
    #expect(server.terminationStatus == 0)
    let again = try place.start(program, ["serve", "--socket", socket], output: "/dev/null")
    // The stop closed the session; what it had not taken goes on in another that names it.
    try session.flush()
    _ = try session.close()
    if try place.run("/bin/sh", ["-c", "command -v python3"]).status == 0 {
      let file = try #require(Self.example("python/client.py"))
      let python = try place.run(
        "/bin/sh", ["-c", "BLACKBOX_SOCKET='\(socket)' exec python3 '\(file)'"])
      #expect(python.status == 0, "\(python.errors)")
      #expect(python.text.split(separator: " ").count == 2)
    } else {
      print("skipped: the client in Python, there is no python3 here")
    }
    kill(again.processIdentifier, SIGTERM)
    again.waitUntilExit()
    #expect(again.terminationStatus == 0)
    let verdict = try place.run(program, ["verify", "--all"])
    #expect(verdict.status == 0, "\(verdict.text)")
  }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `the service manager hears when it is ready and when it stops, and the counters count`()
    throws
  {
    let program = try #require(Program.path)
    let place = try Place()
    defer { place.remove() }
    try #require(place.run(program, ["init", "--origin", "test.example.com/serve"]).status == 0)
    let manager = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(manager) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: place.path("n").utf8) }
    let bound = withUnsafeBytes(of: &address) { raw in
      bind(manager, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
    }
    try #require(bound == 0)
    var patience = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(manager, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    func heard() -> String {
      var bytes = [UInt8](repeating: 0, count: 256)
      let count = recv(manager, &bytes, bytes.count, 0)
      return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
    let server = place.process(
      program, ["serve", "--quiet", "--socket", place.path("s"), "--metrics-file", place.path("m")])
    server.environment?["NOTIFY_SOCKET"] = place.path("n")
    server.standardError = FileHandle.nullDevice
    try server.run()
    #expect(heard() == "READY=1")
    let session = try RecorderClient(place.path("s")).open(["kind": "http", "agent": ["uid": "a"]])
    session.event("http.request", [:])
    try session.flush()
    kill(server.processIdentifier, SIGTERM)
    #expect(heard() == "STOPPING=1")
    server.waitUntilExit()
    #expect(server.terminationStatus == 0)
    let counters = try String(contentsOfFile: place.path("m"), encoding: .utf8)
    #expect(counters.contains("\nblackbox_events_total 1\n"))
    #expect(counters.contains("\nblackbox_sessions_closed_total 1\n"))
    #expect(!FileManager.default.fileExists(atPath: place.path("s")), "the socket is left")
  }

  private static func example(_ name: String) -> String? {
    var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    for _ in 0..<4 {
      let file = folder.appendingPathComponent("Examples/" + name).path
      if FileManager.default.fileExists(atPath: file) { return file }
      folder.deleteLastPathComponent()
    }
    return nil
  }
}

import Foundation
import Platform
import Testing

/// `record --to` with the real `serve`.
@Suite(.enabled(if: Program.path != nil, "the program is not beside its tests"))
struct StreamTests {
  private func place() throws -> Place {
    let place = try Place()
    let made = try place.run(
      try #require(Program.path), ["init", "--origin", "test.example.com/stream"])
    try #require(made.status == 0, "\(made.errors)")
    return place
  }

  private func serve(_ place: Place) throws -> Process {
    let process = try place.start(
      try #require(Program.path), ["serve", "--socket", place.path("socket")], output: "/dev/null")
    let until = Date().addingTimeInterval(20)
    while !Self.answers(place.path("socket")), Date() < until { usleep(20_000) }
    return process
  }

  private static func answers(_ path: String) -> Bool {
    let made = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(made) }
    return withAddress(of: path) { connect(made, $0, $1) } == 0
  }

  private static func withAddress(
    of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < 100 else { return -1 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  private func stop(_ process: Process, _ number: Int32 = SIGTERM) {
    kill(process.processIdentifier, number)
    process.waitUntilExit()
  }

  private func record(_ place: Place, _ options: [String] = [], _ script: String) throws
    -> OuterTerminal
  {
    try OuterTerminal(
      place,
      ["record", "-q", "--agent", "streamed", "--to", place.path("socket")] + options
        + ["--", "bash", "-c", script],
      // Neither store nor key is at hand for the recorder.
      environment: ["HOME": "/nonexistent"])
  }

  private func verifies(_ place: Place) throws {
    let verdict = try place.run(
      try #require(Program.path), ["verify", "--all", "--require", "closed,logged", "--json"])
    #expect(verdict.status == 0, "\(verdict.text)")
  }

  @Test func `a terminal is recorded by the service, with marks, input and redaction`() throws {
    let place = try place()
    defer { place.remove() }
    let service = try serve(place)
    let program = try #require(Program.path)
    let outer = try record(
      place, ["--input", "on", "--redact", "default", "--title", "streamed"],
      "echo up; read -r x; printf 'got %s \\xff AKIAIOSFODNN7EXAMPLE\\n' $x; '\(program)' mark noted; exit 4"
    )
    // What is typed before the recorder has the terminal would be typed to that terminal's own editing.
    #expect(outer.wait(for: "up"))
    outer.type("word\r")
    outer.resize(columns: 91, rows: 29)
    #expect(outer.status() == 4)
    stop(service)
    let events = try Recorded.events(place)
    let start = try #require(events.first)
    #expect(start["kind"] as? String == "terminal" && start["title"] as? String == "streamed")
    #expect((start["agent"] as? [String: Any])?["uid"] as? String == "streamed")
    #expect(Recorded.bytes(events, "terminal.input") == Array("word\r".utf8))
    let shown = String(decoding: Recorded.bytes(events), as: UTF8.self)
    #expect(shown.contains("[redacted:aws_access_key]") && !shown.contains("AKIA"))
    #expect(Recorded.of("marker.note", events).first?["label"] as? String == "noted")
    // Once in line 0, which tells the command, and once in the output.
    #expect(Recorded.of("masking.applied", events).count == 2)
    let end = try #require(Recorded.of("session.end", events).first)
    #expect(end["exit_code"] as? Int == 4 && end["reason"] as? String == "client")
    try verifies(place)
  }

  @Test(arguments: [SIGTERM, SIGKILL])
  func `a service that ends and comes back loses and repeats nothing`(number: Int32) throws {
    let place = try place()
    defer { place.remove() }
    let first = try serve(place)
    let outer = try record(
      place, ["--disk-full-wait", "60"],
      "for i in $(seq 1 150); do echo line $i of the child; sleep 0.02; done")
    #expect(outer.wait(for: "line 20 "))
    stop(first, number)
    outer.read(1) { false }
    let second = try serve(place)
    #expect(outer.status(60) == 0)
    stop(second)
    let sessions = try Recorded.sessions(place)
    try #require(sessions.count == 2)
    #expect(sessions[1].first?["continues"] as? String == sessions[0].first?["session"] as? String)
    // On the screen the recorder's own word of the missing service stands between.
    let lines = (1...150).map { "line \($0) of the child\r\n" }.joined()
    #expect(outer.text.contains("line 150 of the child\r\n"))
    #expect(String(decoding: sessions.flatMap { Recorded.bytes($0) }, as: UTF8.self) == lines)
    #expect(sessions.flatMap { Recorded.of("recorder.gap", $0) }.isEmpty)
    try verifies(place)
  }

  @Test func `a flood waits for the service, and all of it arrives`() throws {
    let place = try place()
    defer { place.remove() }
    let service = try serve(place)
    let outer = try record(place, [], "seq 1 400000")
    usleep(100_000)
    kill(service.processIdentifier, SIGSTOP)
    outer.read(1.5) { false }
    kill(service.processIdentifier, SIGCONT)
    #expect(outer.status(120) == 0)
    stop(service)
    #expect(Recorded.bytes(try Recorded.events(place)) == outer.shown)
    #expect(outer.text.hasSuffix("399999\r\n400000\r\n"))
    try verifies(place)
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func `a signal ends the wait for a service that does not answer`(number: Int32) throws {
    let place = try place()
    defer { place.remove() }
    let mute = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(mute) }
    let bound = Self.withAddress(of: place.path("socket")) { bind(mute, $0, $1) }
    try #require(bound == 0 && listen(mute, 4) == 0)
    let outer = try record(place, ["--disk-full-wait", "300"], "touch '\(place.path("ran"))'")
    // It has connected, and waits.
    try #require(Polling.wait([Polling.Interest(mute)], milliseconds: 20_000)[0].isReadable)
    usleep(200_000)
    kill(outer.processID, number)
    #expect(outer.status() == 128 + number)
    #expect(outer.text.contains("before the command was started"), "\(outer.text)")
    #expect(!FileManager.default.fileExists(atPath: place.path("ran")))
  }

  @Test func `a service that acknowledges nothing ends the command, or not, as policy says`() throws
  {
    for policy in ["block", "continue"] {
      let place = try place()
      defer { place.remove() }
      let service = try serve(place)
      let script =
        "echo up; for i in $(seq 1 70); do echo $i; sleep 0.1; done; touch '\(place.path("ran"))'"
      let outer = try record(place, ["--disk-full-wait", "4", "--on-failure", policy], script)
      #expect(outer.wait(for: "up"))
      kill(service.processIdentifier, SIGSTOP)
      let isRunning = policy == "continue"
      #expect(outer.wait(for: isRunning ? "\r\n70\r\n" : "gone for"), "\(outer.text)")
      if isRunning { kill(service.processIdentifier, SIGCONT) }
      #expect(outer.status() == (isRunning ? 0 : 6))
      #expect(
        outer.text.components(separatedBy: "service does not answer").count == 2, "\(outer.text)")
      #expect(FileManager.default.fileExists(atPath: place.path("ran")) == isRunning)
      kill(service.processIdentifier, SIGCONT)
      stop(service)
      try verifies(place)
    }
  }

  @Test func `without the service nothing starts, and nothing goes on`() throws {
    let place = try place()
    defer { place.remove() }
    let none = try record(place, [], "touch '\(place.path("ran"))'")
    #expect(none.status() == 6)
    #expect(none.text.contains("cannot reach the recording service"), "\(none.text)")
    #expect(!FileManager.default.fileExists(atPath: place.path("ran")))
    let service = try serve(place)
    let script =
      "echo up; for i in $(seq 1 100); do sleep 0.1; done; touch '\(place.path("ran"))'"
    let outer = try record(place, ["--disk-full-wait", "1"], script)
    #expect(outer.wait(for: "up"))
    stop(service, SIGKILL)
    #expect(outer.status() == 6)
    #expect(outer.text.contains("gone for"), "\(outer.text)")
    usleep(300_000)
    #expect(!FileManager.default.fileExists(atPath: place.path("ran")))
    let again = try serve(place)
    stop(again)
  }
}

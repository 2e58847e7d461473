import Foundation
import SessionLog
import Synchronization
import TestSupport
import Testing

/// Clients whose server goes away at every moment that there is: no event goes out before `opened`, and each one stands
/// exactly once in what is stored in the end.
struct ClientTests {
  typealias Death = StubServer.Death

  /// Every moment of the script below, alone; then pairs of them.
  static let deaths: [[Death]] = {
    // What the script brings if nobody dies, and what a death brings besides.
    let words = [
      ("hello", 2), ("open", 3), ("event", 6), ("barrier", 2), ("close", 2), ("resume", 2),
    ]
    var all: [Death] = []
    for (word, most) in words {
      for count in 1...most {
        for phase in StubServer.Phase.allCases {
          for end in StubServer.End.allCases {
            all.append(Death(word: word, count: count, phase: phase, end: end))
          }
        }
      }
    }
    // What needs a death before it: a connection that comes back.
    let first = Death(word: "event", count: 2, phase: .unanswered, end: .killKeeping)
    let needs = all.filter {
      $0.word == "resume" || $0.word == "hello" && $0.count > 1 || $0.word == "open" && $0.count > 2
    }
    var plans = all.map { [$0] } + needs.map { [first, $0] }
    var random = SeededGenerator(seed: 5)
    for _ in 0..<100 {
      let three = (0..<3).compactMap { _ in all.randomElement(using: &random) }
      plans.append(three)
    }
    return plans
  }()

  /// What the script records, by agent.
  static let expected = ["a": ["a1", "a2", "a3"], "b": ["b1", "b2", "b3"]]

  /// What was stored of each agent, session after session; and whatever is wrong besides.
  private static func check(_ server: StubServer, _ plan: [Death]) -> [String] {
    let state = server.now
    var wrong = state.troubles
    for (agent, names) in expected {
      var stored: [String] = []
      for session in state.sessions where session.agent == agent {
        for line in session.events {
          let event = (try? JSONSerialization.jsonObject(with: Data(line))) as? [String: Any]
          stored.append(event?["name"] as? String ?? "?")
        }
      }
      if stored != names { wrong.append("\(agent): \(stored)") }
    }
    for session in state.sessions {
      guard let former = session.continues else { continue }
      guard let one = state.sessions.first(where: { $0.id == former }) else {
        wrong.append("continues \(former), which is not there")
        continue
      }
      // The answer to its close was missed, and is given again.
      if one.reason != nil { wrong.append("continues \(former), which its client closed") }
    }
    return wrong.map { "\(plan): \($0)" }
  }

  @Test func `the client in Swift sends nothing too early, and nothing is stored twice`() throws {
    let place = try Place()
    defer { place.remove() }
    signal(SIGPIPE, SIG_IGN)
    let wrong = Wrong()
    let plans = Self.deaths
    Self.inThreads(16) { worker in
      for number in stride(from: worker, to: plans.count, by: 16) {
        guard let server = StubServer(place.path("s\(number)"), deaths: plans[number]) else {
          wrong.add(["no server"])
          continue
        }
        do {
          try Self.script(place.path("s\(number)"))
          wrong.add(Self.check(server, plans[number]))
        } catch { wrong.add(["\(plans[number]): \(error)"]) }
        server.stop()
      }
    }
    let found = wrong.all
    #expect(found == [], "\(found.count) of \(plans.count)")
  }

  /// What several threads found wrong.
  private final class Wrong: Sendable {
    private let list = Mutex<[String]>([])
    var all: [String] { list.withLock { $0 } }
    func add(_ more: [String]) { list.withLock { $0 += more } }
  }

  /// They wait more than they work: as many as cores would be too few.
  private static func inThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for worker in 0..<count {
      group.enter()
      Thread.detachNewThread {
        body(worker)
        group.leave()
      }
    }
    group.wait()
  }

  private static func script(_ path: String) throws {
    let client = try RecorderClient(path)
    let a = try client.open(["kind": "http", "agent": ["uid": "a"]])
    let b = try client.open(["kind": "http", "agent": ["uid": "b"]])
    func tell(_ session: RecordedSession, _ name: String) throws {
      try session.event("http.request", ["name": name])
    }
    try tell(a, "a1")
    try tell(a, "a2")
    try tell(b, "b1")
    try a.flush()
    // The connection may be another by now, with `resume` sent for this session and not answered yet.
    try tell(b, "b2")
    try tell(a, "a3")
    try b.flush()
    _ = try a.close()
    try tell(b, "b3")
    _ = try b.close()
  }

  private static let python = """
    import concurrent.futures, sys
    sys.path.insert(0, sys.argv[1])
    sys.dont_write_bytecode = True
    import client
    def script(path):
        try:
            recorder = client.Recorder(path)
            a = recorder.open("http", {"uid": "a"})
            b = recorder.open("http", {"uid": "b"})
            a.event("http.request", name="a1")
            a.event("http.request", name="a2")
            b.event("http.request", name="b1")
            a.flush()
            b.event("http.request", name="b2")
            a.event("http.request", name="a3")
            b.flush()
            a.close()
            b.event("http.request", name="b3")
            b.close()
        except Exception as error:
            print(path, repr(error))
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(script, sys.argv[2:]))
    """

  @Test func `the client in Python sends nothing too early, and nothing is stored twice`() throws {
    let place = try Place()
    defer { place.remove() }
    guard try place.run("/bin/sh", ["-c", "command -v python3"]).status == 0 else {
      return print("skipped: the client in Python, there is no python3 here")
    }
    let client = try #require(ServeTests.example("python/client.py"))
    let folder = URL(fileURLWithPath: client).deletingLastPathComponent().path
    let paths = Self.deaths.indices.map { place.path("s\($0)") }
    var servers: [StubServer] = []
    for (path, plan) in zip(paths, Self.deaths) {
      servers.append(try #require(StubServer(path, deaths: plan)))
    }
    defer { for server in servers { server.stop() } }
    let run = try place.run("/usr/bin/env", ["python3", "-c", Self.python, folder] + paths)
    #expect(run.status == 0 && run.text == "" && run.errors == "", "\(run.text)\(run.errors)")
    let wrong = zip(servers, Self.deaths).flatMap { Self.check($0, $1) }
    #expect(wrong == [], "\(wrong.count) of \(paths.count)")
  }

  /// A server that forgets whose a session is when its connection is lost: to come back to it is `session_busy` for ever.
  private static let forgetful = """
    import base64, json, os, socket, sys, threading
    def serve(connection):
        count, lines = 0, connection.makefile("rb")
        def say(**answer):
            connection.sendall(json.dumps(answer).encode() + b"\\n")
        for line in lines:
            message = json.loads(line)
            if "hello" in message:
                say(hello=1, server="stub/1", store="s", on_failure="block",
                    limits=dict(line=8388608, credit=16777216, sessions=9, flush_ms=200, resume_s=1))
            elif "resume" in message:
                say(error="session_busy", message="another has it", ref=message["resume"])
            elif "open" in message:
                print("continues" if "continues" in message else "opens", flush=True)
                is_second = "continues" in message
                say(opened=message["open"], session="01J00000000000000000000000"[:25] + "01"[is_second], lines=2, root="")
            elif "event" in message and not is_second:
                break
            elif "event" in message:
                count = message["n"]
                say(ack=message["event"], n=count, session="", lines=count + 2, root="")
            elif "close" in message:
                say(closed=message["close"], n=count, session="", lines=count + 3, reason=message["reason"],
                    root=base64.b64encode(bytes(32)).decode(), log={})
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen()
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
    """

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `no client waits for ever for a session that another has`() throws {
    let program = try #require(Program.path)
    let place = try Place()
    defer { place.remove() }
    guard try place.run("/bin/sh", ["-c", "command -v python3"]).status == 0 else {
      return print("skipped: there is no python3 here")
    }
    let client = try #require(ServeTests.example("python/client.py"))
    let folder = URL(fileURLWithPath: client).deletingLastPathComponent().path
    let server = try place.start(
      "/usr/bin/env", ["python3", "-c", Self.forgetful, place.path("s")],
      output: place.path("words"))
    defer { server.terminate() }
    while !FileManager.default.fileExists(atPath: place.path("s")) { usleep(10_000) }
    let script = """
      import sys
      sys.path.insert(0, sys.argv[1])
      sys.dont_write_bytecode = True
      import client
      session = client.Recorder(sys.argv[2]).open("http", {"uid": "a"})
      session.event("http.request")
      try:
          session.flush()
      except client.Refused as refusal:
          print(refusal.args[0])
      """
    let run = try place.run("/usr/bin/env", ["python3", "-c", script, folder, place.path("s")])
    #expect(run.text == "session_busy\n", "\(run.text)\(run.errors)")
    // The recorder goes on in a session that names the one it lost.
    let recorded = try place.run(
      program, ["record", "-q", "--agent", "a", "--to", place.path("s"), "--", "echo", "x"])
    #expect(recorded.status == 0, "\(recorded.errors)")
    let words = try String(contentsOfFile: place.path("words"), encoding: .utf8)
    #expect(words == "opens\nopens\ncontinues\n")
  }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `record --to sends nothing too early, and nothing is stored twice`() throws {
    let program = try #require(Program.path)
    let place = try Place()
    defer { place.remove() }
    var plans: [[Death]] = []
    for (word, counts) in [("open", 1...2), ("event", 2...4), ("close", 1...1), ("resume", 1...1)] {
      for count in counts {
        for phase in StubServer.Phase.allCases {
          for end in StubServer.End.allCases {
            let death = Death(word: word, count: count, phase: phase, end: end)
            let first = Death(word: "event", count: 2, phase: .unanswered, end: .killLosing)
            // A recorder whose service is not there from the first word on ends, and nothing is recorded.
            guard word != "open" || count > 1 else { continue }
            plans.append(word == "open" || word == "resume" ? [first, death] : [death])
          }
        }
      }
    }
    let wrong = Wrong()
    let all = plans
    Self.inThreads(8) { worker in
      for number in stride(from: worker, to: all.count, by: 8) {
        let plan = all[number]
        do {
          let path = place.path("s\(number)")
          let server = try #require(StubServer(path, deaths: plan))
          defer { server.stop() }
          let run = try place.run(
            program,
            [
              "record", "-q", "--agent", "a", "--to", path, "--", "sh", "-c",
              "for i in 1 2 3 4 5 6; do echo line $i; sleep 0.02; done",
            ])
          let state = server.now
          var shown: [UInt8] = []
          for line in state.sessions.flatMap(\.events) {
            let event = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
            shown += Array((event?["data"] as? String ?? "").utf8)
          }
          let text = String(decoding: shown.filter { $0 != 0x0D }, as: UTF8.self)
          var found = state.troubles
          if state.sessions.dropLast().contains(where: { $0.reason != nil }) {
            found.append("goes on after its close")
          }
          if run.status != 0 { found.append("ended with \(run.status): \(run.errors)") }
          if text != (1...6).map({ "line \($0)\n" }).joined() { found.append("stored: \(text)") }
          wrong.add(found.map { "\(plan): \($0)" })
        } catch { wrong.add(["\(plan): \(error)"]) }
      }
    }
    let found = wrong.all
    #expect(found == [], "\(found.count) of \(plans.count)")
  }
}

import Foundation
import Platform
import SessionLog
import TestSupport
import Testing

/// The program under strace, which makes its system calls fail, or kills it in them: each call of one served session.
///
/// Source: the harness of Tessera's fault tests. A sample by default, every call with `BLACKBOX_FAULTS=all` (`make faults`).
struct FaultTests {
  static let isWhole = ProcessInfo.processInfo.environment["BLACKBOX_FAULTS"] == "all"
  static let calls = [
    "openat", "mkdir", "pwrite64", "pread64", "fdatasync", "fsync", "syncfs", "rename", "unlink",
    "flock", "ftruncate", "fstat", "newfstatat", "close",
  ]

  struct Fault: CustomStringConvertible {
    var call: String
    var effect: String
    /// Which of a thread's calls is met, from 1.
    var number: Int
    var description: String { "\(call):\(effect):when=\(number)" }
  }

  private static let hasStrace =
    Program.path != nil
    && (try? Place()).map { place in
      defer { place.remove() }
      return (try? place.run("/bin/sh", ["-c", "exec strace -qq -o /dev/null true"]))?.status == 0
    } ?? false

  /// What a client was told before its server died, if it did.
  private struct Told {
    var isOpened = false
    var acked: Set<Int> = []
    var isClosed = false
  }

  /// One session with three events, each acked before the next, and a close.
  private static func talk(_ socket: String, _ server: Process) -> Told {
    var told = Told()
    guard let client = ServeDialogue(socket, patience: 20, while: { server.isRunning }) else {
      return told
    }
    client.say(
      #"{"hello":1}"#, #"{"open":"r","kind":"database","agent":{"uid":"a"}}"#)
    guard client.hear("opened") != nil else { return told }
    told.isOpened = true
    for n in 1...3 {
      client.say(#"{"event":"r","n":\#(n),"type":"database.query","name":"event-\#(n)"}"#)
      guard client.hear("ack") != nil else { return told }
      told.acked.insert(n)
    }
    client.say(#"{"close":"r"}"#)
    told.isClosed = client.hear("closed") != nil
    return told
  }

  /// Runs a server below `tracer`, lets a client talk, and ends what is left of it.
  private static func serve(
    _ place: Place, _ arguments: [String], tracer: [String] = ["strace", "-f", "-qq"]
  ) throws -> Told {
    let program = try #require(Program.path)
    let server = place.process(
      "/usr/bin/env", tracer + arguments + [program, "serve", "--socket", place.path("s")])
    server.standardOutput = FileHandle.nullDevice
    server.standardError = FileHandle.nullDevice
    try server.run()
    let told = talk(place.path("s"), server)
    // The server itself is asked to stop, and strace ends with it.
    for signal in [SIGTERM, SIGKILL] {
      for child in children(of: server.processIdentifier) { kill(child, signal) }
      if tracer.isEmpty { kill(server.processIdentifier, signal) }
      let until = Date().addingTimeInterval(10)
      while server.isRunning, Date() < until { usleep(2000) }
      if !server.isRunning { break }
    }
    if server.isRunning { kill(server.processIdentifier, SIGKILL) }
    server.waitUntilExit()
    return told
  }

  private static func children(of process: Int32) -> [Int32] {
    let path = "/proc/\(process)/task/\(process)/children"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
    return text.split(separator: " ").compactMap { Int32($0.filter(\.isNumber)) }
  }

  /// Every fault: each thread's calls are counted apart, so the busiest thread's count is how far it goes.
  private static func plan(_ place: Place) throws -> [Fault] {
    let trace = place.path("trace")
    let told = try serve(place, ["-o", trace, "-e", "trace=" + calls.joined(separator: ",")])
    try #require(told.isClosed, "undisturbed, the session is closed")
    var counts: [String: [Substring: Int]] = [:]
    var firstOfStore = Int.max
    for line in try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n") {
      let fields = line.split(separator: " ", maxSplits: 1)
      guard fields.count == 2, let end = fields[1].firstIndex(of: "(") else { continue }
      let call = String(fields[1][..<end].drop { $0 == " " })
      counts[call, default: [:]][fields[0], default: 0] += 1
      if call == "openat", line.contains("/store/") {
        firstOfStore = min(firstOfStore, counts[call]?[fields[0]] ?? .max)
      }
    }
    try #require(counts["pwrite64"] != nil && counts["fdatasync"] != nil)
    var faults: [Fault] = []
    for call in calls {
      let most = counts[call]?.values.max() ?? 0
      // What the dynamic loader opens is not ours.
      let first = call == "openat" ? firstOfStore : 1
      guard first <= most else { continue }
      var effects = ["error=EIO", "signal=KILL"]
      if ["openat", "mkdir", "pwrite64"].contains(call) { effects.append("error=ENOSPC") }
      if call == "pwrite64" { effects += ["error=EROFS", "error=EINTR"] }
      for number in first...most {
        for effect in effects { faults.append(Fault(call: call, effect: effect, number: number)) }
      }
    }
    return faults
  }

  @Test(.enabled(if: hasStrace, "strace is missing, or may not trace"))
  func `every failed call and every death of a served session keeps what was acked`() throws {
    let program = try #require(Program.path)
    let model = try Place()
    defer { model.remove() }
    try #require(model.run(program, ["init", "--origin", "test.example.com/faults"]).status == 0)
    let plan = try Place()
    defer { plan.remove() }
    func copy(to place: Place) throws {
      for name in ["store", "state"] {
        try #require(place.run("/bin/cp", ["-a", model.path(name), place.path(name)]).status == 0)
      }
    }
    try copy(to: plan)
    let all = try Self.plan(plan)
    #expect(all.count > 100)
    let faults = Self.isWhole ? all : Array(all.shuffled().prefix(16))
    var died = 0
    var refused = 0
    for fault in faults {
      let place = try Place()
      defer { place.remove() }
      try copy(to: place)
      let told = try Self.serve(place, ["-o", "/dev/null", "-e", "inject=\(fault)"])
      if !told.isClosed { if fault.effect == "signal=KILL" { died += 1 } else { refused += 1 } }
      try Self.check(place, program, told, fault)
    }
    print(
      "faults: \(faults.count) of \(all.count) injected, \(died) deaths and \(refused) refusals met"
    )
  }

  /// Before and after recovery nothing green is false, and what was acked is there once.
  private static func check(_ place: Place, _ program: String, _ told: Told, _ fault: Fault) throws
  {
    let before = try place.run(program, ["verify", "--all", "--json"])
    // Before recovery: whole, or a log that only recovery can finish; never a crash of the verifier.
    #expect([0, 3].contains(before.status), "\(fault): verify ends with \(before.status)")
    let recovery = try place.run(program, ["recover"])
    #expect(recovery.status == 0, "\(fault): \(recovery.errors)")
    let after = try place.run(program, ["verify", "--all"])
    #expect(after.status == 0, "\(fault): \(after.text)")
    let box = try TestStore(
      reopening: place.directory.path, on: SystemFiles.shared, clock: TestClock())
    let live = try box.store.liveSessions().filter { !$0.isOfReading }
    #expect(live == [], "\(fault)")
    var stored: [String: Int] = [:]
    var sessions = 0
    try box.store.eachSessionFile { id throws(SessionLogFailure) in
      // Reading is recorded too, in a session of its own.
      if !id.isOfReading { sessions += 1 }
      do {
        for line in try box.lines(of: id) {
          if let name = try JSONValue(parsing: line)["name"]?.string {
            stored[name, default: 0] += 1
          }
        }
      } catch { Issue.record(error) }
      return true
    }
    if told.isOpened { #expect(sessions == 1, "\(fault): the opened session is gone") }
    for n in told.acked { #expect(stored["event-\(n)"] == 1, "\(fault): event \(n)") }
    #expect(stored.values.allSatisfy { $0 == 1 }, "\(fault): \(stored)")
  }

  /// Loaded before the program: its writes to files are cut short, as a disk that fills or a signal cuts them.
  ///
  /// `SHORT=N:BYTES`: the N-th write puts down so many bytes (0: half of them), every one where N is 0; and `:K` dies
  /// right after that. What strace can inject are results of calls that were never made.
  private static let shortWrites = """
    #define _GNU_SOURCE
    #include <signal.h>
    #include <stdatomic.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <sys/syscall.h>
    #include <unistd.h>
    static _Atomic int made;
    ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
      const char *wish = getenv("SHORT");
      int which = -1, part = 0;
      char kills = 0;
      if (wish) sscanf(wish, "%d:%d:%c", &which, &part, &kills);
      int number = atomic_fetch_add(&made, 1) + 1;
      size_t most = part > 0 ? (size_t)part : count / 2;
      int cut = (which == 0 || number == which) && most < count && most > 0;
      ssize_t result = syscall(SYS_pwrite64, file, bytes, cut ? most : count, at);
      if (cut && kills) raise(SIGKILL);
      return result;
    }
    ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
      return pwrite64(file, bytes, count, at);
    }
    __attribute__((destructor)) static void tell(void) {
      FILE *out = getenv("SHORT_COUNT") ? fopen(getenv("SHORT_COUNT"), "w") : 0;
      if (out) fprintf(out, "%d", made), fclose(out);
    }
    """

  private static let compiler =
    (try? Place()).flatMap { place in
      defer { place.remove() }
      return ["cc", "clang"].first {
        (try? place.run("/usr/bin/env", [$0, "--version"]))?.status == 0
      }
    }

  @Test(.enabled(if: Program.path != nil && compiler != nil, "no C compiler is here"))
  func
    `a write that puts down less than it was given, and a death in the middle of one, lose nothing`()
    throws
  {
    let program = try #require(Program.path)
    let model = try Place()
    defer { model.remove() }
    try #require(model.run(program, ["init", "--origin", "test.example.com/short"]).status == 0)
    try Self.shortWrites.write(toFile: model.path("short.c"), atomically: true, encoding: .utf8)
    let library = model.path("short.so")
    let made = try model.run(
      "/usr/bin/env",
      [Self.compiler ?? "cc", "-O1", "-shared", "-fPIC", "-o", library, model.path("short.c")])
    try #require(made.status == 0, "\(made.errors)")
    func serve(_ wish: String) throws -> (Told, Int) {
      let place = try Place()
      defer { place.remove() }
      for name in ["store", "state"] {
        try #require(place.run("/bin/cp", ["-a", model.path(name), place.path(name)]).status == 0)
      }
      let told = try Self.serve(
        place,
        ["LD_PRELOAD=" + library, "SHORT=" + wish, "SHORT_COUNT=" + place.path("count")],
        tracer: [])
      let fault = Fault(call: "pwrite64", effect: "short=" + wish, number: 1)
      try Self.check(place, program, told, fault)
      return (
        told, Int((try? String(contentsOfFile: place.path("count"), encoding: .utf8)) ?? "") ?? 0
      )
    }
    // Every write comes in pieces of one byte, of seven, or half by half: nobody notices.
    for wish in ["0:1", "0:7", "0:0"] {
      #expect(try serve(wish).0.isClosed, "\(wish)")
    }
    let writes = try serve("-1:0").1
    #expect(writes > 8)
    let all = (1...max(1, writes)).flatMap { ["\($0):1", "\($0):0:K", "\($0):1:K"] }
    var died = 0
    let wishes = Self.isWhole ? all : Array(all.shuffled().prefix(5))
    for wish in wishes {
      let told = try serve(wish).0
      if !told.isClosed { died += 1 }
      #expect(wish.hasSuffix("K") || told.isClosed, "\(wish)")
    }
    print("short writes: \(wishes.count) of \(all.count) injected, \(died) deaths met")
  }

  @Test(.enabled(if: hasStrace, "strace is missing, or may not trace"))
  func `a slow disk pushes back to the client and loses nothing`() throws {
    let program = try #require(Program.path)
    let place = try Place()
    defer { place.remove() }
    try #require(place.run(program, ["init", "--origin", "test.example.com/slow"]).status == 0)
    // Each sync takes a fifth of a second: twenty-four megabytes cannot all be taken in before the first of them is durable.
    let server = place.process(
      "/usr/bin/env",
      [
        "strace", "-f", "-qq", "-o", "/dev/null", "-e",
        "inject=fdatasync,fsync,syncfs:delay_enter=200000", program, "serve", "--socket",
        place.path("s"),
      ])
    server.standardOutput = FileHandle.nullDevice
    server.standardError = FileHandle.nullDevice
    try server.run()
    // The server does not end with its strace.
    defer { for child in Self.children(of: server.processIdentifier) { kill(child, SIGKILL) } }
    let client = try #require(ServeDialogue(place.path("s"), patience: 30))
    client.say(#"{"hello":1}"#, #"{"open":"r","kind":"database","agent":{"uid":"a"}}"#)
    let hello = try #require(client.hear("hello"))
    let credit = try #require((hello["limits"] as? [String: Any])?["credit"] as? Int)
    let opened = try #require(client.hear("opened"))
    let text = String(repeating: "x", count: 60_000)
    let all = 400
    var waiting: [UInt8] = []
    var sent = 0
    var taken = 0
    var blocked = 0
    var acked = 0
    let until = Date().addingTimeInterval(90)
    while acked < all, Date() < until {
      if waiting.isEmpty, sent < all {
        sent += 1
        waiting = Array(
          (#"{"event":"r","n":\#(sent),"type":"database.result","name":"e\#(sent)","text":"\#(text)"}"#
            + "\n").utf8)
        if sent == all { waiting += Array("{\"barrier\":\"r\"}\n".utf8) }
      }
      let count = client.push(waiting)
      taken += count
      waiting.removeFirst(count)
      // Never is more under way than the credit and what the sockets themselves hold.
      #expect(taken - acked * 60_000 < credit + (4 << 20))
      guard !waiting.isEmpty || sent == all else { continue }
      blocked += 1
      if client.waits(milliseconds: 5000, forRoom: !waiting.isEmpty) {
        guard let answer = client.hear() else { break }
        acked = answer["n"] as? Int ?? acked
      }
    }
    #expect(acked == all && blocked > 1, "\(acked) acked, pushed back \(blocked) times")
    client.say(#"{"close":"r"}"#)
    let closed = try #require(client.hear("closed"))
    let verdict = try place.run(program, ["verify", "--all"])
    #expect(verdict.status == 0, "\(verdict.text)")

    // The receipts as a gateway keeps them hold, and one that says otherwise does not.
    func keep(_ answers: [[String: Any]], _ name: String) throws {
      let lines = try answers.map { try JSONSerialization.data(withJSONObject: $0) }
      try Data(lines.joined(separator: [0x0A])).write(to: URL(fileURLWithPath: place.path(name)))
    }
    try keep([opened, closed], "kept")
    let held = try place.run(program, ["verify", "--receipt", "kept"])
    #expect(held.status == 0 && held.text.contains("receipt"), "\(held.text)\(held.errors)")
    var other = closed
    other["root"] = opened["root"]
    try keep([other], "other")
    let broken = try place.run(program, ["verify", "--receipt", "other", "--json"])
    #expect(broken.status == 3 && broken.text.contains("receipt.root"), "\(broken.text)")
    var longer = closed
    longer["lines"] = 5000
    try keep([longer], "longer")
    let short = try place.run(program, ["verify", "--receipt", "longer"])
    #expect(short.status == 3 && short.text.contains("receipt.lines"), "\(short.text)")
    #expect(try place.run(program, ["verify", "--receipt", "s"]).status == 8)
  }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `a store that is moved away under its server is acked no more, and never made anew`() throws
  {
    let program = try #require(Program.path)
    let place = try Place()
    defer { place.remove() }
    try #require(place.run(program, ["init", "--origin", "test.example.com/moved"]).status == 0)
    let server = try place.start(
      program, ["serve", "--socket", place.path("s")], output: "/dev/null")
    let client = try #require(ServeDialogue(place.path("s"), patience: 20))
    client.say(#"{"hello":1}"#, #"{"open":"r","kind":"http","agent":{"uid":"a"}}"#)
    _ = try #require(client.hear("opened"))
    try FileManager.default.moveItem(atPath: place.path("store"), toPath: place.path("moved"))
    client.say(#"{"event":"r","n":1,"type":"http.request"}"#)
    #expect(client.hear("ack") == nil, "an ack for a store that is not there")
    server.waitUntilExit()
    #expect(server.terminationStatus == 6)
    #expect(try place.run(program, ["serve", "--socket", place.path("s")]).status == 6)
    #expect(!FileManager.default.fileExists(atPath: place.path("store")))
    try FileManager.default.moveItem(atPath: place.path("moved"), toPath: place.path("store"))
    #expect(try place.run(program, ["recover"]).status == 0)
    #expect(try place.run(program, ["verify", "--all"]).status == 0)
  }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `few descriptors mean fewer sessions, said so, and nothing lost`() throws {
    let program = try #require(Program.path)
    let place = try Place()
    defer { place.remove() }
    try #require(place.run(program, ["init", "--origin", "test.example.com/few"]).status == 0)
    let server = try place.start(
      "/bin/sh",
      ["-c", "ulimit -n 1100; exec '\(program)' serve --socket '\(place.path("s"))'"],
      output: "/dev/null")
    let client = try #require(ServeDialogue(place.path("s"), patience: 20))
    client.say(#"{"hello":1}"#)
    let limits = try #require(client.hear("hello")?["limits"] as? [String: Any])
    let most = try #require(limits["sessions"] as? Int)
    #expect(most > 0 && most < 60)
    for n in 0...most { client.say(#"{"open":"r\#(n)","kind":"http","agent":{"uid":"a"}}"#) }
    var opened = 0
    var refused = 0
    while opened + refused <= most, let answer = client.hear() {
      if answer["opened"] != nil { opened += 1 }
      if answer["error"] as? String == "too_many_sessions" { refused += 1 }
    }
    #expect(opened == most && refused == 1)
    kill(server.processIdentifier, SIGTERM)
    server.waitUntilExit()
    #expect(server.terminationStatus == 0)
    #expect(try place.run(program, ["verify", "--all"]).status == 0)
  }
}

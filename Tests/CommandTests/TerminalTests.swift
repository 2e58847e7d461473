import Foundation
import Testing

/// `record` on the binary: what a person at a terminal expects of a terminal.
@Suite(.enabled(if: Program.path != nil, "the program is not beside its tests"))
struct RecordTerminalTests {
  private func place() throws -> Place {
    let place = try Place()
    let made = try place.run(
      try #require(Program.path), ["init", "--origin", "test.example.com/terminal"])
    try #require(made.status == 0, "\(made.errors)")
    return place
  }

  private func record(_ options: [String] = [], _ command: [String]) -> [String] {
    ["record", "-q", "--agent", "tester"] + options + ["--"] + command
  }

  private func verifies(_ place: Place) throws {
    let verdict = try place.run(try #require(Program.path), ["verify", "--all", "--json"])
    #expect(verdict.status == 0, "\(verdict.text)")
  }

  private static let shell = ["bash", "--norc", "--noprofile", "-i"]

  @Test func `jobs stop, go on and end as in any terminal`() throws {
    let place = try place()
    defer { place.remove() }
    let outer = try OuterTerminal(place, record([], Self.shell))
    #expect(outer.wait(for: "$ "))
    outer.type("sleep 100\n")
    usleep(300_000)
    outer.type("\u{1A}")
    #expect(outer.wait(for: "Stopped"), "\(outer.text)")
    outer.type("jobs; kill %1; fg; exit 7\n")
    #expect(outer.status() == 7)
    let events = try Recorded.events(place)
    let text = String(decoding: Recorded.bytes(events), as: UTF8.self)
    #expect(text.contains("Stopped") && text.contains("sleep 100"))
    #expect(Recorded.of("session.end", events).first?["exit_code"] as? Int == 7)
    try verifies(place)
  }

  @Test func `a new size reaches the child and the recording`() throws {
    let place = try place()
    defer { place.remove() }
    let outer = try OuterTerminal(
      place,
      record(
        [], ["bash", "-c", "trap 'stty size; exit' WINCH; echo up; while :; do sleep 0.05; done"]))
    #expect(outer.wait(for: "up"))
    outer.resize(columns: 101, rows: 33)
    #expect(outer.wait(for: "33 101"), "\(outer.text)")
    #expect(outer.status() == 0)
    let resize = try #require(Recorded.of("terminal.resize", try Recorded.events(place)).first)
    #expect(resize["cols"] as? Int == 101 && resize["rows"] as? Int == 33)
  }

  @Test func `^S holds the output and ^Q lets it go`() throws {
    let place = try place()
    defer { place.remove() }
    let outer = try OuterTerminal(
      place, record([], ["bash", "-c", "i=0; while :; do echo $((i += 1)); sleep 0.01; done"]))
    #expect(outer.wait(for: "20"))
    outer.type("\u{13}")
    usleep(300_000)
    outer.read(0.5) { false }
    let held = outer.shown.count
    outer.read(0.5) { false }
    #expect(outer.shown.count == held, "output went on after ^S")
    outer.type("\u{11}")
    #expect(outer.read { outer.shown.count > held + 20 })
    outer.type("\u{03}")
    #expect(outer.status() == 130)
  }

  @Test func `a paste of a megabyte arrives whole, raw and by lines`() throws {
    let place = try place()
    defer { place.remove() }
    let raw = (0..<1_000_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
    let first = try OuterTerminal(
      place,
      record(
        [], ["bash", "-c", "stty raw -echo; echo up; head -c 1000000 > '\(place.path("raw.got"))'"])
    )
    #expect(first.wait(for: "up"))
    #expect(first.type(raw))
    #expect(first.status() == 0)
    let line = String(repeating: "0123456789", count: 8)
    let text = (0..<12_000).map { "\($0) \(line)\n" }.joined()
    let second = try OuterTerminal(
      place,
      record(["--input", "on"], ["bash", "-c", "echo up; cat > '\(place.path("cooked.got"))'"]))
    #expect(second.wait(for: "up"))
    #expect(second.type(Array(text.utf8)))
    second.type("\u{04}")
    #expect(second.status() == 0)
    for (name, wanted) in [("raw.got", Data(raw)), ("cooked.got", Data(text.utf8))] {
      let got = FileManager.default.contents(atPath: place.path(name))
      #expect(got == wanted, "\(name): \(got?.count ?? -1) bytes of \(wanted.count)")
    }
    let events = try #require(Recorded.sessions(place).last)
    #expect(Recorded.bytes(events, "terminal.input") == Array(text.utf8) + [0x04])
    try verifies(place)
  }

  @Test func `binary output is shown and recorded byte for byte`() throws {
    let place = try place()
    defer { place.remove() }
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<3_000_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    try Data(bytes).write(to: URL(fileURLWithPath: place.path("random")))
    let outer = try OuterTerminal(
      place, record([], ["bash", "-c", "stty raw; cat '\(place.path("random"))'"]))
    #expect(outer.status(60) == 0)
    #expect(outer.shown == bytes)
    #expect(Recorded.bytes(try Recorded.events(place)) == bytes)
    try verifies(place)
  }

  @Test func `the end by a signal is the recorder's status and in the recording`() throws {
    let place = try place()
    defer { place.remove() }
    let outer = try OuterTerminal(place, record([], ["bash", "-c", "kill -SEGV $$"]))
    #expect(outer.status() == 139)
    let end = try #require(Recorded.of("session.end", try Recorded.events(place)).first)
    #expect(end["signal"] as? Int == 11 && end["exit_code"] as? Int == 139)
  }

  @Test func `programs that outlive the child do not keep the recorder`() throws {
    let place = try place()
    defer { place.remove() }
    let began = Date()
    let outer = try OuterTerminal(
      place,
      record(
        [],
        ["bash", "-c", "(trap '' HUP; exec yes) & (trap '' HUP; sleep 3) & sleep 0.1; echo done"]))
    #expect(outer.status() == 0)
    #expect(Date().timeIntervalSince(began) < 10)
    let events = try Recorded.events(place)
    #expect(Recorded.of("session.end", events).first?["left_running"] as? Bool == true)
    #expect(Recorded.bytes(events) == outer.shown)
  }

  @Test func `a terminal that goes away hangs the child up, and its last words are kept`() throws {
    let place = try place()
    defer { place.remove() }
    let outer = try OuterTerminal(
      place,
      record(
        [], ["bash", "-c", "trap 'echo bye; exit 3' HUP; echo up; while :; do sleep 0.05; done"]))
    #expect(outer.wait(for: "up"))
    outer.close()
    #expect(outer.status() == 3)
    let events = try Recorded.events(place)
    #expect(String(decoding: Recorded.bytes(events), as: UTF8.self).contains("bye"))
    #expect(Recorded.of("session.end", events).first?["exit_code"] as? Int == 3)
    try verifies(place)
  }

  @Test func `SIGINT goes to the foreground, SIGTERM ends even a shell that ignores it`() throws {
    let place = try place()
    defer { place.remove() }
    let outer = try OuterTerminal(place, record([], Self.shell))
    #expect(outer.wait(for: "$ "))
    outer.type(
      "bash -c 'trap \"echo interrupted; exit\" INT; echo up$((1+1)); while :; do sleep 0.05; done'\n"
    )
    #expect(outer.wait(for: "up2"))
    kill(outer.processID, SIGINT)
    #expect(outer.wait(for: "interrupted\r\n"), "\(outer.text)")
    kill(outer.processID, SIGTERM)
    #expect(outer.status() == 129, "an interactive shell ends by the hangup")
    #expect(Recorded.of("session.end", try Recorded.events(place)).count == 1)
    try verifies(place)
  }

  @Test(
    arguments: [
      ([], "trap '' HUP", true), ([], "exec setpriv --pdeathsig clear bash -c '%'", true),
      (["--on-failure", "continue"], "trap '' HUP", false),
    ] as [([String], String, Bool)])
  func `a recorder that is killed takes the child with it unless told otherwise`(
    options: [String], prelude: String, ends: Bool
  ) throws {
    if prelude.contains("setpriv"),
      !FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")
    {
      print("skipped: setpriv is not installed")
      return
    }
    let place = try place()
    defer { place.remove() }
    // A child that lost the kernel's promise, as one of another user would, still hears the hangup of its terminal.
    let loop = "echo $$ > \(place.path("pid")); echo up; while :; do sleep 0.05; done"
    let script = prelude.contains("%") ? prelude.replacing("%", with: loop) : prelude + "; " + loop
    let outer = try OuterTerminal(place, record(options, ["bash", "-c", script]))
    #expect(outer.wait(for: "up"))
    let pid = try #require(
      Int32(
        String(contentsOfFile: place.path("pid"), encoding: .utf8)
          .trimmingCharacters(in: .whitespacesAndNewlines)))
    kill(outer.processID, SIGKILL)
    #expect(outer.status() == 137)
    // One that is gone, or that its new parent has not reaped yet, is dead. To the death a busy machine gets time.
    func lives() -> Bool {
      let facts = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
      return facts.map { !$0.contains(") Z ") && !$0.contains(") X ") } ?? false
    }
    let until = Date().addingTimeInterval(ends ? 10 : 1)
    while lives(), Date() < until { usleep(20_000) }
    #expect(lives() == !ends)
    if lives() { kill(pid, SIGKILL) }
  }

  @Test func `a recorder that is stopped says so, and goes on`() throws {
    let place = try place()
    defer { place.remove() }
    let outer = try OuterTerminal(
      place, record([], ["bash", "-c", "echo up; read -r x; echo got $x"]))
    #expect(outer.wait(for: "up"))
    kill(outer.processID, SIGTSTP)
    let stopped = outer.read(10) {
      let text =
        (try? String(contentsOfFile: "/proc/\(outer.processID)/stat", encoding: .utf8)) ?? ""
      return text.contains(") T ")
    }
    #expect(stopped)
    kill(outer.processID, SIGCONT)
    usleep(200_000)
    outer.type("on\n")
    #expect(outer.status() == 0)
    let events = try Recorded.events(place)
    #expect(Recorded.of("recorder.pause", events).count == 1)
    #expect(Recorded.of("recorder.resume", events).first?["lost_bytes"] as? Int == 0)
    #expect(outer.text.contains("got on"))
  }
}

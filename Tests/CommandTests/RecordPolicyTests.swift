import Foundation
import Testing

/// `record` on the binary: input by policy, pauses, marks, what line 0 tells, redaction.
@Suite(.enabled(if: Program.path != nil, "the program is not beside its tests"))
struct RecordPolicyTests {
  private func place() throws -> Place {
    let place = try Place()
    let made = try place.run(
      try #require(Program.path), ["init", "--origin", "test.example.com/policy"])
    try #require(made.status == 0, "\(made.errors)")
    return place
  }

  private static let asking =
    "read -r -p 'name: ' a; read -rs -p 'Enter it: ' b; echo; printf 'Password: '; read -r c; "
    + "read -r -p 'more: ' d; echo end $a $d"

  private func answer(_ outer: OuterTerminal) {
    for (prompt, text) in [
      ("name: ", "alice"), ("Enter it: ", "hunter2"), ("Password: ", "opensesame"),
      ("more: ", "bob"),
    ] {
      #expect(outer.wait(for: prompt), "\(outer.text)")
      usleep(100_000)
      outer.type(text + "\r")
    }
    #expect(outer.status() == 0)
  }

  @Test(arguments: ["off", "on", "masked"])
  func `what is typed is recorded as policy says`(policy: String) throws {
    let place = try place()
    defer { place.remove() }
    let outer = try OuterTerminal(
      place,
      ["record", "-q", "--agent", "a", "--input", policy, "--", "bash", "-c", Self.asking])
    answer(outer)
    let events = try Recorded.events(place)
    let typed = String(decoding: Recorded.bytes(events, "terminal.input"), as: UTF8.self)
    let masked = Recorded.of("terminal.input", events).filter { $0["masked_bytes"] != nil }
    switch policy {
    case "off":
      #expect(Recorded.of("terminal.input", events).isEmpty)
    case "on":
      #expect(typed == "alice\rhunter2\ropensesame\rbob\r")
    default:
      #expect(typed == "alice\rbob\r")
      // The count of each answer with its Enter, and why.
      #expect(masked.map { $0["masked_bytes"] as? Int } == [8, 11])
      #expect(masked.map { $0["reason"] as? String } == ["echo_off", "prompt"])
      let all = String(decoding: try Recorded.lines(place), as: UTF8.self)
      #expect(!all.contains("hunter2"))
    }
  }

  @Test(arguments: [
    #"\033[1mPassword:\033(B\033[m "#, #"Password: \033[24;70H12:34 clock"#, #"CONTRASEÑA: |\b \b"#,
  ])
  func `a password typed key by key in raw mode is a count`(prompt: String) throws {
    let place = try place()
    defer { place.remove() }
    let outer = try OuterTerminal(
      place,
      [
        "record", "-q", "--agent", "a", "--input", "masked", "--", "sh", "-c",
        "stty raw -echo; printf '\(prompt)'; printf '\\033]0;ready\\007'; head -c 8 >/dev/null; stty sane",
      ])
    #expect(outer.wait(for: "ready"))
    for key in "hunter2\r" {
      usleep(20_000)
      outer.type(String(key))
    }
    #expect(outer.status() == 0)
    let events = try Recorded.events(place)
    #expect(Recorded.bytes(events, "terminal.input").isEmpty)
    #expect(
      Recorded.of("terminal.input", events).reduce(0) { $0 + ($1["masked_bytes"] as? Int ?? 0) }
        == 8)
  }

  @Test func `a pause is an event, and only where it is allowed`() throws {
    let place = try place()
    defer { place.remove() }
    let program = try #require(Program.path)
    let script =
      "echo before; '\(program)' mark --pause 'the vault'; echo hidden; "
      + "'\(program)' mark --resume; echo after"
    for options in [["--allow-pause"], []] {
      let outer = try OuterTerminal(
        place, ["record", "-q", "--agent", "a"] + options + ["--", "bash", "-c", script])
      #expect(outer.status() == 0)
      #expect(outer.text.contains("hidden"))
    }
    let sessions = try Recorded.sessions(place)
    let allowed = try #require(sessions.first), refused = try #require(sessions.last)
    #expect(sessions.count == 2)
    let text = String(decoding: Recorded.bytes(allowed), as: UTF8.self)
    #expect(text.contains("before") && text.contains("after") && !text.contains("hidden"))
    let pause = try #require(Recorded.of("recorder.pause", allowed).first)
    #expect(pause["reason"] as? String == "the vault")
    #expect((pause["actor"] as? [String: Any])?["uid"] as? String == "\(geteuid())")
    #expect(Recorded.of("recorder.resume", allowed).first?["lost_bytes"] as? Int == 8)
    #expect(Recorded.bytes(refused).contains(UInt8(ascii: "h")))
    #expect(String(decoding: Recorded.bytes(refused), as: UTF8.self).contains("hidden"))
    #expect(Recorded.of("recorder.pause", refused).isEmpty)
    #expect(
      Recorded.of("recorder.config", refused).contains {
        $0["setting"] as? String == "pause" && $0["value"] as? String == "refused"
      })
  }

  @Test func `a pause by signals tells what passed`() throws {
    let place = try place()
    defer { place.remove() }
    let outer = try OuterTerminal(
      place,
      [
        "record", "-q", "--agent", "a", "--allow-pause", "--", "bash", "-c",
        "echo up; read -r x; echo hidden; read -r y; echo seen",
      ])
    #expect(outer.wait(for: "up"))
    kill(outer.processID, SIGUSR1)
    usleep(200_000)
    outer.type("\r")
    #expect(outer.wait(for: "hidden"))
    kill(outer.processID, SIGUSR2)
    usleep(200_000)
    outer.type("\r")
    #expect(outer.status() == 0)
    let events = try Recorded.events(place)
    let text = String(decoding: Recorded.bytes(events), as: UTF8.self)
    #expect(!text.contains("hidden") && text.contains("seen"))
    #expect(Recorded.of("recorder.resume", events).first?["lost_bytes"] as? Int == 10)
  }

  @Test func `a mark finds its recorder, the inner one of two, and says so outside`() throws {
    let place = try place()
    defer { place.remove() }
    let program = try #require(Program.path)
    let inner =
      "'\(program)' record -q --agent inner -- bash -c \"'\(program)' mark in the 'inner é'; echo s=$?\""
    let outer = try OuterTerminal(
      place,
      [
        "record", "-q", "--agent", "outer", "--", "bash", "-c",
        "'\(program)' mark first; \(inner); '\(program)' mark last",
      ])
    #expect(outer.status() == 0)
    #expect(outer.text.contains("s=0"), "\(outer.text)")
    let sessions = try Recorded.sessions(place)
    let marks = sessions.map { events in
      Recorded.of("marker.note", events).compactMap { $0["label"] as? String }
    }
    #expect(marks == [["first", "last"], ["in the inner é"]])
    let author = Recorded.of("marker.note", sessions[0]).first?["author"] as? [String: Any]
    #expect(author?["uid"] as? String == "\(geteuid())" && author?["issuer"] as? String == "local")
    // The inner session names the outer one.
    #expect(
      sessions[1].first?["parent_session"] as? String == sessions[0].first?["session"] as? String)
    let outside = try OuterTerminal(place, ["mark", "nobody hears this"])
    #expect(outside.status() == 6)
    #expect(outside.text.contains("not a recorded session"))
    let gone = try OuterTerminal(
      place, ["mark", "x"], environment: ["BLACKBOX_RECORDER": place.path("nothing")])
    #expect(gone.status() == 6)
  }

  @Test func `line 0 tells the title and the variables on the list, no others`() throws {
    let place = try place()
    defer { place.remove() }
    let outer = try OuterTerminal(
      place,
      [
        "record", "-q", "--agent", "a", "--title", "Tuesday \"x\"", "--env", "SHOWN,NOT_SET", "--",
        "true",
      ],
      environment: ["SHOWN": "yes é", "HIDDEN": "no"])
    #expect(outer.status() == 0)
    let start = try #require(try Recorded.events(place).first)
    #expect(start["title"] as? String == "Tuesday \"x\"")
    // And it is shown where a person looks for it.
    let program = try #require(Program.path)
    for arguments in [
      ["show", "@last"], ["show", "@last", "--json"], ["sessions", "-o", "wide"],
      ["sessions", "--json"], ["query", "--sql", "SELECT title FROM v_session"],
      ["export", "@last", "--format", "cast"], ["replay", "@last", "--events"],
    ] {
      let shown = try place.run(program, arguments)
      #expect(shown.status == 0 && shown.text.contains("Tuesday"), "\(arguments): \(shown)")
    }
    #expect(start["env"] as? [String: String] == ["SHOWN": "yes é"])
    #expect(!String(decoding: try Recorded.lines(place), as: UTF8.self).contains("HIDDEN"))
  }

  @Test(arguments: [["--env", "A=B"], ["--env", "PATH,A=B"]])
  func `a variable is named, not given`(options: [String]) throws {
    let place = try place()
    defer { place.remove() }
    let ended = try place.run(
      try #require(Program.path), ["record", "--agent", "a"] + options + ["--", "true"])
    #expect(ended.status == 2)
    #expect(ended.errors.contains("A=B blackbox record --env A"), "\(ended.errors)")
  }

  @Test func `an argument that is no text is refused with advice`() throws {
    let place = try place()
    defer { place.remove() }
    let program = try #require(Program.path)
    let ended = try place.run(
      "/bin/sh", ["-c", "exec '\(program)' record --agent a -- echo \"$(printf 'a\\377')\""])
    #expect(ended.status == 2)
    #expect(ended.errors.contains("UTF-8") && ended.errors.contains("sh -c"), "\(ended.errors)")
  }

  @Test func `no secret of the command line or the environment is in line 0`() throws {
    let place = try place()
    defer { place.remove() }
    let token = "ghp_" + String(repeating: "aB3", count: 12)
    for options in [["--resource", "https://u:hunter2@host/"], ["--resource", "\(token):x"]] {
      let outer = try OuterTerminal(
        place,
        [
          "record", "-q", "--agent", "https://a:hunter2@idp#\(token)", "--on-behalf-of", token,
          "--title", token, "--purpose", token, "--env", "SECRET", "--redact", "default",
        ] + options + ["--", "true", token], environment: ["SECRET": token, "TERM": token])
      #expect(outer.status() == 0, "\(outer.text)")
    }
    for events in try Recorded.sessions(place) {
      #expect(Recorded.of("masking.applied", events).count == 2)
    }
    let lines = String(decoding: try Recorded.lines(place), as: UTF8.self)
    #expect(!lines.contains("aB3aB3") && !lines.contains("hunter2"), "\(lines)")
    #expect(
      lines.contains(#""kind":"https","uid":"//u:[redacted:url_password]@host/""#), "\(lines)")
  }

  @Test func `what a killed recorder left in the temporary directory goes with the next one`()
    throws
  {
    let place = try place()
    defer { place.remove() }
    let run = place.path("run")
    try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
    func left() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: run) }
    let variables = ["XDG_RUNTIME_DIR": run]
    func start() throws -> OuterTerminal {
      let outer = try OuterTerminal(
        place, ["record", "-q", "--agent", "a", "--", "sh", "-c", "echo ready; read x"],
        environment: variables)
      #expect(outer.wait(for: "ready"))
      return outer
    }
    let (killed, living) = (try start(), try start())
    // Not ours: another name, something else in it.
    try FileManager.default.createDirectory(
      atPath: run + "/blackbox-abcdef", withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    try "x".write(toFile: run + "/blackbox-abcdef/kept", atomically: true, encoding: .utf8)
    try FileManager.default.createDirectory(
      atPath: run + "/blackbox-abcdefg", withIntermediateDirectories: true)
    kill(killed.processID, SIGKILL)
    _ = killed.status()
    #expect(try left().count == 4)
    let next = try start()
    #expect(try left().count == 4)
    next.type("\r")
    #expect(next.status() == 0)
    // The living one's stays where it is.
    #expect(try left().count == 3)
    living.type("\r")
    #expect(living.status() == 0)
    #expect(Set(try left()) == ["blackbox-abcdef", "blackbox-abcdefg"])
  }

  @Test func `a command that came to its end keeps its status, whatever became of the store`()
    throws
  {
    let place = try place()
    defer { place.remove() }
    let outer = try OuterTerminal(
      place, ["record", "-q", "--agent", "a", "--", "sh", "-c", "echo ready; read x; exit 3"])
    #expect(outer.wait(for: "ready"))
    usleep(300_000)
    try FileManager.default.moveItem(atPath: place.path("store"), toPath: place.path("moved"))
    outer.type("\r")
    #expect(outer.status() == 3, "\(outer.text)")
    #expect(outer.text.contains("not closed") && outer.text.contains("blackbox recover"))
    try FileManager.default.moveItem(atPath: place.path("moved"), toPath: place.path("store"))
    let program = try #require(Program.path)
    #expect(try place.run(program, ["recover"]).status == 0)
    #expect(try place.run(program, ["verify", "--all"]).status == 0)
  }

  @Test func `a missing state directory is named as one`() throws {
    let place = try place()
    defer { place.remove() }
    let ended = try place.run(
      try #require(Program.path),
      ["record", "--agent", "a", "--state", place.path("nothing"), "--", "true"])
    #expect(ended.status == 6)
    #expect(ended.errors.contains("Restore the state directory"), "\(ended.errors)")
  }

  @Test func `secrets are on the screen and not in the file`() throws {
    let place = try place()
    defer { place.remove() }
    let token = "ghp_" + String(repeating: "aB3", count: 12)
    let key =
      "-----BEGIN RSA PRIVATE KEY-----\n" + String(repeating: "MIIEowIBAAKCAQEA\n", count: 20)
      + "-----END RSA PRIVATE KEY-----\n"
    try (key + token).write(toFile: place.path("secret"), atomically: true, encoding: .utf8)
    try "ticket = TCK-\\d{6}\ninclude github_token\n".write(
      toFile: place.path("rules"), atomically: true, encoding: .utf8)
    // One byte at a time with pauses in between: a match over many reads.
    let script =
      "cat '\(place.path("secret"))'; echo; for c in g h p _ \(token.dropFirst(4).map(String.init).joined(separator: " ")); "
      + "do printf %s $c; sleep 0.01; done; echo; echo TCK-123456 end"
    let outer = try OuterTerminal(
      place,
      [
        "record", "-q", "--agent", "a", "--redact", "private_key", "--redact", place.path("rules"),
        "--", "bash", "-c", script,
      ])
    #expect(outer.status() == 0)
    #expect(outer.text.contains(token) && outer.text.contains("MIIEow"))
    let lines = String(decoding: try Recorded.lines(place), as: UTF8.self)
    for secret in [token, "MIIEow", "TCK-123456"] {
      #expect(!lines.contains(secret), "\(secret) is in the file")
    }
    // No piece of the token either, wherever events are cut.
    let events = try Recorded.events(place)
    let text = String(decoding: Recorded.bytes(events), as: UTF8.self)
    #expect(!text.contains("aB3aB3"))
    #expect(text.contains("[redacted:github_token]") && text.hasSuffix("[redacted:ticket] end\r\n"))
    var found: [String: Int] = [:]
    for event in Recorded.of("masking.applied", events) {
      found[event["info_type"] as? String ?? "", default: 0] += event["masked"] as? Int ?? 0
    }
    // The ticket once more in line 0, which tells the command.
    #expect(found == ["github_token": 2, "private_key": 1, "ticket": 2])
    let verdict = try place.run(try #require(Program.path), ["verify", "--all"])
    #expect(verdict.status == 0)
  }

  @Test(arguments: [
    ("x = (", "without its )"), ("x = ab", "fewer than"), ("X = abcd", "a name is"),
    ("include nothing", "no detector"), ("# only a comment", "no pattern"),
  ])
  func `rules that cannot be used are refused with their line`(rules: String, word: String) throws {
    let place = try place()
    defer { place.remove() }
    try rules.write(toFile: place.path("rules"), atomically: true, encoding: .utf8)
    let ended = try place.run(
      try #require(Program.path),
      ["record", "--agent", "a", "--redact", place.path("rules"), "--", "true"])
    #expect(ended.status == 8)
    #expect(ended.errors.contains(word) && ended.errors.contains("line 1"), "\(ended.errors)")
  }
}

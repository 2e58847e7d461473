import Foundation
import Testing

/// However the player ends or stops, the terminal is as it was: settings, screen, cursor, mouse, wrapping.
@Suite(
  .enabled(if: OracleTmux.path != nil && Program.path != nil, "tmux or the program is missing"))
struct PlayerSignalTests {
  /// What tmux knows of the pane's modes, as the shell leaves them.
  private static let modes =
    "alternate #{alternate_on} cursor #{cursor_flag} wrap #{wrap_flag} mouse #{mouse_any_flag}"
    + "#{mouse_button_flag}#{mouse_standard_flag}#{mouse_sgr_flag}"
  private static let usual = "alternate 0 cursor 1 wrap 1 mouse 0000"

  private func modes(_ tmux: OracleTmux) throws -> String {
    try tmux.run(["display-message", "-p", "-t", "main", Self.modes]).text
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// A shell that runs the player, tells its number in `pid`, and afterwards what became of it and of the terminal.
  private func shell(_ place: Place, _ program: String, options: String = "") throws -> OracleTmux {
    try Data(try PlayerScenario.file(PlayerScenario.sessions[0])).write(
      to: URL(fileURLWithPath: place.path("session.ndjson.zst")))
    let script = """
      echo one; echo before; before=$(stty -g)
      (echo $BASHPID >pid; exec \(program) replay --paused \(options) ./session.ndjson.zst)
      echo "after $? $([ "$before" = "$(stty -g)" ] && echo same)" >status; sleep 1000
      """
    try Data(script.utf8).write(to: URL(fileURLWithPath: place.path("run.sh")))
    return try OracleTmux(place, columns: 80, rows: 24, running: ["bash", "--norc", "./run.sh"])
  }

  private func until(_ what: String, _ holds: () throws -> Bool) async throws {
    let start = ContinuousClock.now
    while !(try holds()) {
      try #require(ContinuousClock.now - start < .seconds(30), "waited in vain until \(what)")
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  private func status(_ place: Place) async throws -> String {
    try await until("the player ends") {
      (try? String(contentsOfFile: place.path("status"), encoding: .utf8))?.isEmpty == false
    }
    return try String(contentsOfFile: place.path("status"), encoding: .utf8)
  }

  private func pid(_ place: Place) throws -> Int32 {
    let text = try String(contentsOfFile: place.path("pid"), encoding: .utf8)
    return try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  /// SIGILL and SIGTRAP are what a trap of this program raises, SIGSEGV and SIGABRT what the system and its libraries do.
  @Test(arguments: [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGSEGV, SIGABRT])
  func `a signal that ends it leaves the terminal as it was`(_ signal: Int32) async throws {
    let place = try Place()
    defer { place.remove() }
    let tmux = try shell(place, try #require(Program.path))
    defer { tmux.stop() }
    try await tmux.wait(for: "UNVERIFIED")
    let playing = try modes(tmux)
    #expect(playing.hasPrefix("alternate 1") && playing.contains("wrap 0") && playing != Self.usual)
    #expect(kill(try pid(place), signal) == 0)
    #expect(try await status(place) == "after \(128 + signal) same\n")
    try await until("the terminal is as it was") { try modes(tmux) == Self.usual }
    #expect(try tmux.screen().prefix(2) == ["one", "before"])
  }

  @Test func `stopped it gives the terminal back, and takes it again when it goes on`() async throws
  {
    let place = try Place()
    defer { place.remove() }
    let program = try #require(Program.path)
    try Data(try PlayerScenario.file(PlayerScenario.sessions[0])).write(
      to: URL(fileURLWithPath: place.path("session.ndjson.zst")))
    let run = "(echo $BASHPID >pid; exec \(program) replay --paused ./session.ndjson.zst)"
    try Data(run.utf8).write(to: URL(fileURLWithPath: place.path("run.sh")))
    let tmux = try OracleTmux(
      place, columns: 80, rows: 24, running: ["bash", "--norc", "--noprofile", "-i"])
    defer { tmux.stop() }
    try await tmux.type(["stty -g >before; . ./run.sh", "Enter"])
    try await tmux.wait(for: "UNVERIFIED")
    let playing = try modes(tmux)
    let before = try String(contentsOfFile: place.path("before"), encoding: .utf8)
    for round in 0..<3 {
      // By its key, which reaches it as a byte, and by the signal from elsewhere.
      if round == 1 {
        #expect(kill(try pid(place), SIGTSTP) == 0)
      } else {
        try await tmux.type(["C-z"])
      }
      try await tmux.wait(for: "Stopped")
      try await until("the terminal is as it was") { try modes(tmux) == Self.usual }
      // The shell has settings of its own while it edits a line; a program it starts has the usual ones.
      try await tmux.type(["stty -g >stopped\(round)", "Enter"])
      try await until("stty has told") {
        (try? String(contentsOfFile: place.path("stopped\(round)"), encoding: .utf8)) == before
      }
      try await tmux.type(["clear; fg", "Enter"])
      try await tmux.wait(for: "UNVERIFIED")
      try await until("the player has the terminal again") { try modes(tmux) == playing }
    }
    try await tmux.type(["q"])
    try await until("the terminal is as it was") { try modes(tmux) == Self.usual }
  }
}

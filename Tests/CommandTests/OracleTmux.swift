import Foundation
import Terminal
import Testing

/// A tmux server of its own, without settings: a terminal nobody looks at, which tells what it shows.
struct OracleTmux {
  static let path: String? = Place.program("tmux")
  /// tmux keeps at least all lines any of these programs prints.
  private static let history = 150_000

  let place: Place
  let columns: Int
  let rows: Int

  /// Starts the server with one pane that stays when its program ends.
  init(_ place: Place, columns: Int, rows: Int, running command: [String]) throws {
    (self.place, self.columns, self.rows) = (place, columns, rows)
    try require(
      [
        "start-server", ";", "set", "-g", "history-limit", "\(Self.history)", ";",
        "set", "-g", "status", "off", ";", "set", "-g", "default-terminal", "xterm-256color", ";",
        "set", "-sg", "escape-time", "5", ";", "set", "-wg", "remain-on-exit", "on", ";",
        "new-session", "-d", "-s", "main", "-c", place.directory.path, "-x", "\(columns)", "-y",
        "\(rows)",
      ] + command)
  }

  func stop() { _ = try? run(["kill-server"]) }

  /// Runs tmux with some commands: its status and what it printed.
  ///
  /// Not by `Process`: the server would keep the socket open by which that knows of a child's end.
  func run(_ arguments: [String]) throws -> (status: Int32, text: String) {
    let words =
      ["bash", "--norc", "-c", Self.closing, "bash", "env", "-i"]
      + place.oracleEnvironment.map { "\($0.key)=\($0.value)" }
      + [Self.path ?? "tmux", "-L", "outer", "-f", "/dev/null"] + arguments
    let quoted = words.map {
      "'" + $0.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
    // Test threads block signals, and programs inherit that: tmux would never hear it should end.
    var (none, usual) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &usual)
    let opened = popen("exec " + quoted.joined(separator: " ") + " 2>&1", "r")
    pthread_sigmask(SIG_SETMASK, &usual, nil)
    let pipe = try #require(opened)
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let got = fread(&buffer, 1, buffer.count, pipe), got > 0 { output += buffer[..<got] }
    return (pclose(pipe) >> 8, String(decoding: output, as: UTF8.self))
  }

  /// Nor with descriptors of this process: what waits for their end elsewhere would wait for the server's.
  private static let closing = #"""
    for fd in /proc/$$/fd/*; do fd=${fd##*/}; ((fd > 2)) && eval "exec $fd>&-"; done
    exec "$@"
    """#

  private func require(_ arguments: [String]) throws {
    let (status, text) = try run(arguments)
    try #require(status == 0, "tmux \(arguments.joined(separator: " ")): \(text)")
  }

  // MARK: a program at work

  func screen(of session: String = "main") throws -> [String] {
    try run(["capture-pane", "-p", "-t", session]).text
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// Sends keys by tmux's names, types all other text, and waits for what comes of it.
  func type(_ keys: [String]) async throws {
    for key in keys {
      // tmux takes a semicolon at the end of an argument for the end of a command.
      let typed = key.hasSuffix(";") ? key.dropLast() + "\\;" : key
      let literal = key.count > 1 && !OracleProgram.isKeyName(key)
      try require(["send-keys", "-t", "main"] + (literal ? ["-l", "--"] : []) + [typed])
    }
    try await settle()
  }

  /// Waits until the screen holds a text.
  func wait(for text: String) async throws {
    try await until("the screen shows \(text.debugDescription)") {
      try screen().contains { $0.contains(text) }
    }
  }

  /// Waits until the screen stays as it is, but not for a program that never stands still.
  func settle() async throws {
    var (last, same) = (try screen(), 0)
    for _ in 0..<20 where same < 2 {
      try await Task.sleep(for: .milliseconds(25))
      let now = try screen()
      same = now == last ? same + 1 : 0
      last = now
    }
  }

  func waitForEnd() async throws {
    try await until("the program ends") {
      try run(["display-message", "-p", "-t", "main", "#{pane_dead}"]).text.hasPrefix("1")
    }
  }

  private func until(_ what: String, _ holds: () throws -> Bool) async throws {
    let start = ContinuousClock.now
    while !(try holds()) {
      guard ContinuousClock.now - start < .seconds(30) else {
        let shown = try screen().joined(separator: "\n")
        try #require(Bool(false), "waited in vain until \(what); the screen shows:\n\(shown)")
        return
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  // MARK: the same bytes again

  /// What a pane shows.
  struct Shown {
    var screen: [[OracleGlyph]]
    /// Rows above the screen, oldest first.
    var scrollback: [[OracleGlyph]]
    var cursor: String
  }

  /// Feeds bytes to a fresh pane of the same size.
  func shows(_ bytes: [UInt8], name: String) async throws -> Shown {
    let (input, done, script) = (
      place.path("\(name).bytes"), place.path("\(name).done"), place.path("feed.sh")
    )
    try Data(bytes).write(to: URL(fileURLWithPath: input))
    try Data(Self.feeder.utf8).write(to: URL(fileURLWithPath: script))
    try require([
      "new-session", "-d", "-s", name, "-x", "\(columns)", "-y", "\(rows)", "bash", "--norc",
      script, input, done,
    ])
    try await until("tmux has drawn \(bytes.count) bytes") {
      FileManager.default.fileExists(atPath: done)
    }
    let all = OracleCapture(
      try run(["capture-pane", "-p", "-e", "-t", name, "-S", "-"]).text
    ).rows
    let cursor = try run([
      "display-message", "-p", "-t", name, "#{cursor_y} #{cursor_x} #{cursor_flag}",
    ]).text
    try require(["kill-session", "-t", name])
    return Shown(
      screen: Array(all.suffix(rows)), scrollback: Array(all.dropLast(rows)),
      cursor: cursor.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  /// tmux answers a status request when all that came before it is drawn.
  private static let feeder = #"""
    stty raw -echo
    cat "$1"
    printf '\033[5n'
    answer=
    until [[ $answer == *$'\033[0n' ]]; do
      IFS= read -r -d '' -n 1 byte || exit 1
      answer+=$byte
    done
    : > "$2"
    exec sleep 1000
    """#
}

extension Place {
  /// Where a program is, nil where it is not installed.
  static func program(_ name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
      .map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// What programs under an oracle see: nobody's settings, one language, this place's store.
  var oracleEnvironment: [String: String] {
    var environment = ProcessInfo.processInfo.environment
    for name in ["TMUX", "TMUX_PANE", "LANG", "LANGUAGE", "LESS", "LS_COLORS", "EDITOR", "VISUAL"] {
      environment[name] = nil
    }
    environment["BLACKBOX_STORE"] = path("store")
    environment["BLACKBOX_STATE"] = path("state")
    environment["TMUX_TMPDIR"] = directory.path
    environment["HOME"] = directory.path
    environment["LC_ALL"] = "C.UTF-8"
    environment["TERM"] = "xterm-256color"
    environment["GIT_CONFIG_NOSYSTEM"] = "1"
    environment["GIT_PAGER"] = "less -R"
    environment["LESSHISTFILE"] = "-"
    environment["HISTFILE"] = "/dev/null"
    environment["PS1"] = "\\w \\$ "
    return environment
  }
}

extension Place {
  /// Runs a script in the place, as programs under an oracle run.
  func bash(_ script: String) throws -> Int32 {
    let process = process("/bin/bash", ["--norc", "-c", script])
    process.environment = oracleEnvironment
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}

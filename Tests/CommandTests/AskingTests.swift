internal import Glibc
import TestSupport
import Testing

@testable import blackbox

/// The verbs that ask the index, over a store that the program itself made.
@Suite(.serialized)
struct AskingTests {
  /// The program that was built beside these tests.
  static let binary: String? = {
    var path = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &path, path.count - 1)
    guard length > 0 else { return nil }
    let text = String(decoding: path[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
    let folder = text.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let binary = folder.joined(separator: "/") + "/blackbox"
    return access(binary, X_OK) == 0 ? binary : nil
  }()

  private final class Scene {
    let directory: TemporaryDirectory
    let environment: [String: String]

    init() throws {
      directory = TemporaryDirectory()
      environment = [
        "BLACKBOX_STORE": directory.path + "/store", "BLACKBOX_STATE": directory.path + "/state",
      ]
      try expect(["init", directory.path + "/store", "--origin", "asking.test/store"])
      for (agent, script) in [
        ("a-bot", "printf 'se\\033[31mcr\\033[0met \\033[2Aword\\n'"), ("b-bot", "echo plain"),
        ("a-bot", "echo again"),
      ] {
        try record(agent, script)
      }
    }

    /// Through the program itself, away from the tests' own terminal.
    func record(_ agent: String, _ script: String) throws {
      let binary = try #require(AskingTests.binary)
      let variables = environment.map { "\($0)='\($1)'" }.joined(separator: " ")
      let status = Shell.run(
        "bash",
        input: """
          \(variables) '\(binary)' record --agent \(agent) -- sh -c \"$(cat <<'SCRIPT'
          \(script)
          SCRIPT
          )\" < /dev/null > /dev/null 2>&1
          """)
      try #require(status == 0)
    }

    func run(_ arguments: [String], _ extra: [String: String] = [:]) -> (
      code: ExitCode, out: String, err: String
    ) {
      let environment = Environment(environment.merging(extra) { $1 })
      var io = Output(environment: environment, target: .memory)
      let code = Invocation(
        arguments: arguments, environment: environment, now: Environment.now
      ).run(&io)
      let (out, err) = io.captured
      return (code, out, err)
    }

    func expect(_ arguments: [String]) throws {
      let result = run(arguments)
      try #require(result.code == .done || result.code == .command(0), "\(arguments) \(result.err)")
    }
  }

  @Test func `search refuses what is no pattern and ends as asked`() throws {
    let scene = try Scene()
    #expect(scene.run(["search", "--regex", "a("]).code == .usage)
    #expect(scene.run(["search", "--grep", "x", "--regex", "y"]).code == .usage)
    #expect(scene.run(["search", "--verified"]).code == .usage)
    #expect(
      scene.run(["search", "--grep", "never-said-anywhere", "--fail-empty"]).code == .nothingMatched
    )
    let events = scene.run(["search", "--type", "session.end", "--count"])
    #expect(events.out == "3\n")
  }

  @Test func `detections run, name what they find, and alert without a shell`() throws {
    let scene = try Scene()
    let canaries = scene.directory.path + "/canaries"
    let alert = scene.directory.path + "/alert"
    let seen = scene.directory.path + "/seen; touch \(scene.directory.path)/owned"
    let write = Shell.run(
      "bash",
      input: """
        printf 'planted=word17\\n' > '\(canaries)'
        printf '#!/bin/sh\\ncat >> "$BLACKBOX_SEEN"\\n' > '\(alert)'; chmod +x '\(alert)'
        """)
    try #require(write == 0)
    setenv("BLACKBOX_SEEN", seen, 1)
    #expect(scene.run(["detect", "--list", "-o", "ndjson"]).out.split(separator: "\n").count == 22)
    #expect(scene.run(["detect", "--rule", "D99"]).code == .usage)
    #expect(scene.run(["detect", "--exec", "no-path"]).code == .usage)
    let nothing = scene.run(["detect", "--fail-found"])
    #expect(nothing.code == .done, "\(nothing.err)")
    try scene.record("c-bot", "echo mcp")
    let again = scene.run(["detect", "--canary-file", canaries, "--exec", alert, "-o", "ndjson"])
    #expect(again.code == .done)
    #expect(!again.out.contains("word17"))
    #expect(access(scene.directory.path + "/owned", F_OK) != 0)
    #expect(scene.run(["findings", "dismiss", "D1-0000", "--reason", "x"]).code == .unreadable)
    #expect(scene.run(["findings", "dismiss"]).code == .usage)
    #expect(scene.run(["chain", "@last"]).code == .done)
    #expect(scene.run(["chain", "nothing-such", "--fail-empty"]).code == .nothingMatched)
  }

  /// The index opens in other programs too.
  @Test func `sqlite3 reads the index`() throws {
    guard Shell.run("bash", input: "command -v sqlite3 > /dev/null") == 0 else {
      print("skipped: no sqlite3 here")
      return
    }
    let scene = try Scene()
    try scene.expect(["index"])
    let index = scene.directory.path + "/store/index.sqlite"
    let status = Shell.run(
      "bash",
      input: """
        test "$(sqlite3 -readonly '\(index)' 'SELECT count(*) FROM v_session')" = 3 &&
        test "$(sqlite3 -readonly '\(index)' 'PRAGMA integrity_check')" = ok
        """)
    #expect(status == 0)
  }
}

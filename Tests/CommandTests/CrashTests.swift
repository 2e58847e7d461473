import Foundation
import Testing

/// The recorder killed at random moments, and its recovery killed too.
///
/// Matrix: kill -9 rows of the fault tests.
///
/// `BLACKBOX_CRASHES` sets how many (200 in `make soak`).
struct CrashTests {
  static let crashes =
    ProcessInfo.processInfo.environment["BLACKBOX_CRASHES"].flatMap { Int($0) } ?? 8
  /// What the format promises: the flush interval and a sync, with room for a busy machine.
  static let promise = 0.2 + 1.0

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `what was shown long enough before kill -9 is there after recovery`() throws {
    let program = try #require(Program.path)
    let place = try Place()
    defer { place.remove() }
    try #require(place.run(program, ["init", "--origin", "test.example.com/crash"]).status == 0)
    var generator = SystemRandomNumberGenerator()
    var recovered = 0
    for trial in 0..<Self.crashes {
      // A child that prints numbered lines, each with the moment it was printed, in uneven bursts.
      let child = """
        i=0; while :; do
          for j in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            printf 'L%07d %s padding to make the line a little longer\\n' $i $EPOCHREALTIME
            i=$((i + 1))
          done
          ((RANDOM % 3)) || sleep 0.0$((RANDOM % 9))
        done
        """
      let shown = place.path("shown")
      let recorder = try place.start(
        program, ["record", "--agent", "crash-\(trial)", "--", "bash", "-c", child], output: shown)
      usleep(UInt32.random(in: 20_000...1_400_000, using: &generator))
      let killed = Date().timeIntervalSince1970
      kill(recorder.processIdentifier, SIGKILL)
      recorder.waitUntilExit()

      // Recovery itself dies at random moments before it is let through.
      for _ in 0..<Int.random(in: 0...3, using: &generator) {
        let recovery = try place.start(program, ["recover"], output: "/dev/null")
        usleep(UInt32.random(in: 0...25_000, using: &generator))
        kill(recovery.processIdentifier, SIGKILL)
        recovery.waitUntilExit()
      }
      let recovery = try place.run(program, ["recover", "--json"])
      try #require(recovery.status == 0, "recover ends with \(recovery.status): \(recovery.text)")

      let verdict = try place.run(program, ["verify", "--all", "--json"])
      #expect(verdict.status == 0, "trial \(trial): \(verdict.text)")
      let listed = try place.run(program, ["sessions", "--agent", "crash-\(trial)", "-o", "id"])
      let id = listed.text.trimmingCharacters(in: .whitespacesAndNewlines)
      let displayed = Self.lines(try String(contentsOfFile: shown, encoding: .utf8))
      let due = displayed.filter { $0.moment < killed - Self.promise }
      guard !id.isEmpty else {
        // Killed before the session was open in the log: then nothing may have been shown.
        #expect(displayed.isEmpty, "trial \(trial): lines were shown, but no session is there")
        continue
      }
      recovered += 1
      let one = try place.run(program, ["verify", id, "--require", "closed,logged"])
      #expect(one.status == 0, "trial \(trial): \(one.text)")
      let text = try place.run(program, ["replay", id, "--plain"])
      #expect(text.status == 0, "trial \(trial): \(text.text)")
      let kept = Self.lines(text.text)
      if let last = due.last {
        #expect(
          kept.last.map { $0.number >= last.number } ?? false,
          "trial \(trial): line \(last.number) was shown \(killed - last.moment) s before the kill")
      }
      // In order and without a hole; the emulator's scrollback may have let go of the oldest.
      for (line, next) in zip(kept, kept.dropFirst()) where next.number != line.number + 1 {
        Issue.record("trial \(trial): line \(next.number) follows line \(line.number)")
        break
      }
    }
    #expect(recovered > 0 || Self.crashes < 4, "every kill came before the session was open")
  }

  private static func lines(_ text: String) -> [(number: Int, moment: Double)] {
    text.split(whereSeparator: \.isNewline).compactMap { line in
      let fields = line.split(separator: " ")
      guard fields.count == 10, fields[0].hasPrefix("L"), let number = Int(fields[0].dropFirst()),
        let moment = Double(fields[1].replacingOccurrences(of: ",", with: "."))
      else { return nil }
      return (number, moment)
    }
  }
}

/// The program that was built beside these tests.
enum Program {
  static let path: String? = {
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let binary = tests.deletingLastPathComponent().appendingPathComponent("blackbox").path
    return FileManager.default.isExecutableFile(atPath: binary) ? binary : nil
  }()
}

/// A directory of its own with a store and its state, for the program as a whole.
struct Place {
  let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("blackbox-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  func remove() {
    do { try FileManager.default.removeItem(at: directory) } catch { Issue.record(error) }
  }

  func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

  func process(_ program: String, _ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = directory
    process.standardInput = FileHandle.nullDevice
    var environment = ProcessInfo.processInfo.environment
    environment["BLACKBOX_STORE"] = path("store")
    environment["BLACKBOX_STATE"] = path("state")
    environment["TERM"] = "xterm-256color"
    process.environment = environment
    return process
  }

  /// Starts the program with standard output in a file and standard error beside it.
  func start(_ program: String, _ arguments: [String], output: String) throws -> Process {
    let process = process(program, arguments)
    if output != "/dev/null" { _ = FileManager.default.createFile(atPath: output, contents: nil) }
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// Runs the program to its end: exit status, standard output, standard error.
  func run(_ program: String, _ arguments: [String]) throws -> (
    status: Int32, text: String, errors: String
  ) {
    let (out, err) = (path("out-\(UUID().uuidString)"), path("err-\(UUID().uuidString)"))
    let process = process(program, arguments)
    for file in [out, err] { _ = FileManager.default.createFile(atPath: file, contents: nil) }
    process.standardOutput = FileHandle(forWritingAtPath: out)
    process.standardError = FileHandle(forWritingAtPath: err)
    try process.run()
    process.waitUntilExit()
    func text(_ file: String) throws -> String {
      String(decoding: try Data(contentsOf: URL(fileURLWithPath: file)), as: UTF8.self)
    }
    let status =
      process.terminationReason == .exit
      ? process.terminationStatus : 128 + process.terminationStatus
    return (status, try text(out), try text(err))
  }
}

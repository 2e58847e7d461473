import Foundation
import Testing

/// `doctor` on the binary: what it says, and with which status it ends.
@Suite(.enabled(if: Program.path != nil, "the program is not beside its tests"))
struct DoctorTests {
  private func place() throws -> Place {
    let place = try Place()
    let made = try place.run(
      try #require(Program.path), ["init", "--origin", "test.example.com/doctor"])
    try #require(made.status == 0, "\(made.errors)")
    return place
  }

  private func examine(_ place: Place) throws -> (
    status: Int32, checks: [String: [String: Any]], whole: [String: Any]
  ) {
    let ended = try place.run(try #require(Program.path), ["doctor", "-o", "json"])
    let whole = try #require(
      try JSONSerialization.jsonObject(with: Data(ended.text.utf8)) as? [String: Any])
    var checks: [String: [String: Any]] = [:]
    for check in try #require(whole["checks"] as? [[String: Any]]) {
      checks[try #require(check["name"] as? String)] = check
    }
    return (ended.status, checks, whole)
  }

  @Test func `a new store is well, and a recording shows what was on`() throws {
    let place = try place()
    defer { place.remove() }
    let program = try #require(Program.path)
    let first = try examine(place)
    #expect(first.status == 0)
    for name in ["store", "key", "state", "log", "permissions", "sessions"] {
      #expect(
        first.checks[name]?["state"] as? String == "ok", "\(name): \(first.checks[name] ?? [:])")
    }
    #expect(first.whole["days_left"] is NSNull)
    let recorded = try place.run(
      program,
      ["record", "-q", "--agent", "a", "--redact", "jwt", "--input", "masked", "--", "true"])
    #expect(recorded.status == 0)
    let second = try examine(place)
    #expect((second.checks["redaction"]?["found"] as? String)?.hasSuffix(": jwt") == true)
    #expect((second.checks["input"]?["found"] as? String)?.hasPrefix("masked") == true)
    // A disk of any size lasts years at this rate, and no more is foretold than ten.
    let days = second.whole["days_left"] as? Double ?? 0
    #expect(days > 1 && days <= 3650, "\(days)")
    let table = try place.run(program, ["doctor"])
    #expect(
      table.text.contains("disk") && table.text.contains("days") || table.text.contains("years"))
  }

  @Test func `a key that others may read and a recorder that died are warnings`() throws {
    let place = try place()
    defer { place.remove() }
    chmod(place.path("state/log.key"), 0o644)
    let program = try #require(Program.path)
    let recorder = try place.start(
      program, ["record", "-q", "--agent", "a", "--", "sleep", "60"], output: "/dev/null")
    usleep(1_500_000)
    kill(recorder.processIdentifier, SIGKILL)
    recorder.waitUntilExit()
    let found = try examine(place)
    #expect(found.status == 0)
    #expect(found.whole["worst"] as? String == "warning")
    #expect(found.checks["key"]?["state"] as? String == "warning")
    #expect((found.checks["key"]?["advice"] as? String)?.contains("chmod 600") == true)
    #expect(found.checks["sessions"]?["state"] as? String == "warning")
    #expect((found.checks["sessions"]?["advice"] as? String)?.contains("recover") == true)
  }

  @Test func `a missing key is broken, a log rolled back is divergence`() throws {
    let place = try place()
    defer { place.remove() }
    let program = try #require(Program.path)
    let files = FileManager.default
    try files.copyItem(atPath: place.path("store/log"), toPath: place.path("old"))
    #expect(try place.run(program, ["record", "-q", "--agent", "a", "--", "true"]).status == 0)
    try files.moveItem(atPath: place.path("store/log"), toPath: place.path("new"))
    try files.copyItem(atPath: place.path("old"), toPath: place.path("store/log"))
    let rolled = try examine(place)
    #expect(rolled.status == 3, "\(rolled.checks["log"] ?? [:])")
    #expect(rolled.checks["log"]?["state"] as? String == "diverged")
    try files.removeItem(atPath: place.path("store/log"))
    try files.moveItem(atPath: place.path("new"), toPath: place.path("store/log"))
    try files.removeItem(atPath: place.path("state/log.key"))
    let broken = try examine(place)
    #expect(broken.status == 6)
    #expect(broken.checks["key"]?["state"] as? String == "broken")
    #expect(try place.run(program, ["doctor", "--store", place.path("none")]).status == 6)
  }
}

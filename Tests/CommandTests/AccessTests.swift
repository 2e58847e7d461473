import Foundation
import Platform
import SessionLog
import TestSupport
import Testing

/// Reading is recorded, by the program as users run it.
struct AccessTests {
  func readings(_ place: Place, _ program: String, _ more: String...) throws -> [JSONValue] {
    let result = try place.run(program, ["access", "--all", "-o", "ndjson"] + more)
    #expect(result.status == 0, "\(result.text)")
    return try result.text.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
  }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `every verb that reads leaves a record, and access shows it`() throws {
    let program = try #require(Program.path)
    let place = try Place()
    defer { place.remove() }
    try #require(place.run(program, ["init", "--origin", "test.example.com/access"]).status == 0)
    try #require(
      place.run(program, ["record", "--agent", "bot", "--", "printf", "seen"]).status == 0)
    let reads: [(arguments: [String], kind: String)] = [
      (["sessions"], "query"), (["show", "@last", "--purpose", "ticket 7"], "query"),
      (["replay", "--plain", "@last"], "replay"), (["verify", "@last"], "verify"),
      (["verify", "--all"], "verify"), (["report", "-o", "json"], "report"),
      (["export", "@last", "--format", "cast"], "export"),
      (["prove", "@last", "-f", "-"], "export"),
    ]
    for (arguments, _) in reads {
      let result = try place.run(program, arguments)
      #expect([0, 5].contains(result.status), "\(arguments): \(result.text)")
    }
    let told = try readings(place, program)
    #expect(told.reversed().map { $0["action"]?.string } == reads.map(\.kind))
    let show = try #require(told.first { $0["query"]?.string == "show @last" })
    #expect(show["purpose"]?.string == "ticket 7" && show["rows"]?.integer ?? 0 > 0)
    #expect(show["user"]?.string == String(getuid()))
    let id = try #require(show["session_ids"]?.array?.first?.string)
    #expect(try readings(place, program, "--session", id, "--action", "replay").count == 1)
    #expect(try readings(place, program, "--who", "nobody-of-this-name").isEmpty)
    // Sessions that tell who read are no sessions of agents, and verify like all others.
    let listed = try place.run(program, ["sessions", "-o", "id"])
    #expect(listed.text.split(separator: "\n").map(String.init) == [id])
    #expect(try place.run(program, ["verify", "--all"]).status == 0)
    let refused = try place.run(program, ["show", "@last", "--no-audit"])
    #expect(refused.status == 7)
  }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `reading a copy signs nothing, so the original stays whole`() throws {
    let program = try #require(Program.path)
    let place = try Place()
    defer { place.remove() }
    try #require(place.run(program, ["init", "--origin", "test.example.com/copied"]).status == 0)
    try #require(place.run(program, ["record", "--agent", "b", "--", "true"]).status == 0)
    let copy = place.path("copy")
    try FileManager.default.copyItem(atPath: place.path("store"), toPath: copy)
    let read = try place.run(program, ["show", "@last", "--store", copy])
    #expect(read.status == 0 && read.errors.contains("a copy of the store"), "\(read.errors)")
    #expect(try readings(place, program).isEmpty)
    #expect(try place.run(program, ["verify", "--all"]).status == 0)
    // Renamed, it is the same store: its readings are recorded as before.
    let moved = place.path("moved")
    try FileManager.default.moveItem(atPath: place.path("store"), toPath: moved)
    let again = try place.run(program, ["show", "@last", "--store", moved])
    #expect(again.status == 0 && !again.errors.contains("not recorded"))
  }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `readers at the same time all stand in the record`() throws {
    let program = try #require(Program.path)
    let place = try Place()
    defer { place.remove() }
    try #require(place.run(program, ["init", "--origin", "test.example.com/many"]).status == 0)
    try #require(place.run(program, ["record", "--agent", "b", "--", "true"]).status == 0)
    var processes: [Process] = []
    for number in 0..<8 {
      processes.append(
        try place.start(
          program, ["show", "@last", "--purpose", "p\(number)"], output: "/dev/null"))
    }
    for process in processes {
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
    }
    let purposes = try readings(place, program).compactMap { $0["purpose"]?.string }
    #expect(purposes.sorted() == (0..<8).map { "p\($0)" })
    #expect(try place.run(program, ["verify", "--all"]).status == 0)
  }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `who cannot write the store records through serve`() throws {
    let program = try #require(Program.path)
    let place = try Place()
    defer { place.remove() }
    try #require(place.run(program, ["init", "--origin", "test.example.com/served"]).status == 0)
    try #require(place.run(program, ["record", "--agent", "b", "--", "true"]).status == 0)
    let socket = place.path("s")
    let server = try place.start(program, ["serve", "--socket", socket], output: "/dev/null")
    defer { server.terminate() }
    for _ in 0..<600 where !FileManager.default.fileExists(atPath: socket) { usleep(50_000) }
    // Another user sees no key; one who has none at all is alike.
    func show() throws -> Int32 {
      let process = place.process(
        program, ["show", "@last", "--state", place.path("none"), "--purpose", "guest"])
      process.environment?["BLACKBOX_SOCKET"] = socket
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      return process.terminationStatus
    }
    #expect(try show() == 0)
    server.terminate()
    server.waitUntilExit()
    #expect(try show() != 0)
    let told = try readings(place, program)
    #expect(told.filter { $0["purpose"]?.string == "guest" }.count == 1)
    #expect(told.first?["user"]?.string == String(getuid()))
  }
}

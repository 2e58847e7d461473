import Foundation
import Platform
import StoreGenerator
import Testing

@testable import AuditStore

/// The indexer as a process of its own, killed outright at random moments while others read.
///
/// `Benchmarks/index/kills.py` is the long form.
@Suite struct IndexKillTests {
  private static let program: String? = {
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let binary = tests.deletingLastPathComponent().appendingPathComponent("blackbox").path
    return FileManager.default.isExecutableFile(atPath: binary) ? binary : nil
  }()

  private func start(_ arguments: [String], _ scene: GeneratedStore) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Self.program))
    process.arguments = arguments
    var environment = ProcessInfo.processInfo.environment
    environment["BLACKBOX_STORE"] = scene.store.path
    environment["BLACKBOX_STATE"] = scene.root + "/state"
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  @Test(.enabled(if: IndexKillTests.program != nil, "the program is not beside its tests"))
  func `an index whose writers are killed outright equals one built at once`() throws {
    let scene = try GeneratedStore(sessions: 400, events: 12_000, positives: 2)
    var generator = SystemRandomNumberGenerator()
    var kills = 0
    for _ in 0..<10 {
      // Two write, or one waits for the other; both may die.
      let writers = [try start(["index"], scene), try start(["index"], scene)]
      usleep(UInt32.random(in: 20_000...600_000, using: &generator))
      for writer in writers where writer.isRunning {
        kill(writer.processIdentifier, SIGKILL)
        kills += 1
      }
      for writer in writers { writer.waitUntilExit() }
      guard access(scene.store.indexPath, F_OK) == 0 else { continue }
      // What is there is whole: no session without its row, whatever was cut off.
      let reader = try Database(scene.store.indexPath, .readWrite, wait: 5000)
      guard try reader.integer("PRAGMA user_version") > 0 else { continue }
      #expect(
        try reader.integer(
          "SELECT count(*) FROM event WHERE eid >> 32 NOT IN(SELECT sid FROM session)") == 0)
      #expect(
        try reader.integer(
          "SELECT count(*) FROM source WHERE NOT is_due AND src NOT IN(SELECT sid FROM session)")
          == 0)
    }
    #expect(kills > 0)
    let last = try start(["index"], scene)
    last.waitUntilExit()
    #expect(last.terminationStatus == 0)
    let grown = try scene.dump()
    try scene.expectAnswers()
    var wish = IndexWish()
    wish.rebuilds = true
    _ = try AuditIndex.refresh(scene.store, now: 0, wish)
    #expect(try scene.dump() == grown)
  }
}

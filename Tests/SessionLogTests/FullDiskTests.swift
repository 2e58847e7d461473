import Glibc
import Platform
import SessionLog
import TestSupport
import Testing

/// What a session's begin leaves on a disk that has no space for it.
struct FullDiskTests {
  private typealias Fault = FaultyFiles.Fault

  private static let noSpace = FaultyFiles.Effect.fail(ENOSPC, landing: false)

  /// Names in `live/` and session files.
  private func left(in box: TestStore) throws -> (live: Int, files: Int) {
    var files = 0
    try box.store.eachSessionFile { (_) throws(SessionLogFailure) in
      files += 1
      return true
    }
    return (try box.store.liveSessions().count, files)
  }

  @Test(arguments: [
    (FaultyFiles.Operation.write, ".ndjson.zst"), (.open, ".ndjson.zst"), (.sync, ".ndjson.zst"),
    (.sync, "/live"), (.makeDirectory, "/sessions/"), (.write, "log/entries"), (.open, "guard.tmp"),
    (.write, "guard.tmp"),
  ])
  func `a begin without space leaves nothing, and the next one goes well`(
    operation: FaultyFiles.Operation, path: String
  ) throws {
    let files = FaultyFiles()
    let box = try TestStore(on: files)
    files.inject(Fault(operation, on: path, Self.noSpace))
    do {
      _ = try box.begin(TestStore.id(1))
      Issue.record("it began")
    } catch let error as SessionLogFailure {
      #expect(error.kind == .outOfSpace)
    }
    let left = try left(in: box)
    #expect(left.live == 0 && left.files == 0)
    var writer = try box.begin(TestStore.id(2))
    _ = try writer.close(lines: [TestLine.end(writer.now())])
    #expect(try Recovery(box.store, box.state, clock: box.clock).run().isEmpty)
    #expect(try box.findings().isEmpty)
  }

  @Test func `a begin whose leaf may be signed is left to recovery`() throws {
    let files = FaultyFiles()
    let box = try TestStore(on: files)
    files.inject(Fault(.write, on: "checkpoint.tmp", Self.noSpace))
    #expect(throws: SessionLogFailure.self) { _ = try box.begin(TestStore.id(1)) }
    let left = try left(in: box)
    #expect(left.live == 1 && left.files == 1)
    #expect(try Recovery(box.store, box.state, clock: box.clock).run().count == 1)
    #expect(try box.findings().isEmpty)
  }
}

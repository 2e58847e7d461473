import Evidence
import Platform
import SessionLog
import TestSupport
import Testing

/// A store in memory with a closed session, another closed session, and an open one whose writer is gone.
struct Scene {
  let files: FaultyFiles
  let box: TestStore
  static let closed = TestStore.id(1)
  static let other = TestStore.id(2)
  static let open = TestStore.id(3)

  init() throws {
    files = FaultyFiles()
    box = try TestStore(on: files)
    var writer = try box.begin(Self.closed)
    for number in 0..<3 {
      try writer.append(TestLine.output(UInt64(number), "line \(number)"))
      try writer.makeDurable(commit: number == 1)
    }
    _ = try writer.close(lines: [TestLine.end(5)])
    writer = try box.begin(Self.other)
    try writer.append(TestLine.output(2, "other"))
    _ = try writer.close(lines: [TestLine.end(5)])
    writer = try box.begin(Self.open)
    try writer.append(TestLine.output(7, "anchored"))
    try writer.makeDurable(commit: true)
    try writer.append(TestLine.output(8, "not anchored"))
    try writer.makeDurable()
    try writer.append(TestLine.output(9, "not anchored either"))
    try writer.makeDurable()
  }

  func path(_ id: SessionID) -> String { box.store.sessionPath(of: id) }
  func bytes(_ id: SessionID) -> [UInt8] { files.contents(path(id)) ?? [] }

  /// The session's verdict against the log as it is now.
  func verdict(_ id: SessionID) throws -> SessionVerdict {
    try StoreVerifier.verify(id, in: box.store, log: box.log())
  }

  /// The verdict for other bytes in the session's place.
  func verdict(_ id: SessionID, as bytes: [UInt8]) throws -> SessionVerdict {
    files.tamper(path(id)) { $0 = bytes }
    return try verdict(id)
  }

  func rules(_ id: SessionID) throws -> [Finding.Rule] { try verdict(id).findings.map(\.rule) }
}

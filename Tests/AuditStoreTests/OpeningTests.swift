import Glibc
import Platform
import SessionLog
import Testing

@testable import AuditStore

@Suite struct OpeningTests {
  private func aside(_ notes: [IndexNote]) -> [String] {
    notes.compactMap { if case .putAside(_, let name) = $0 { name } else { nil } }
  }

  private func write(_ bytes: [UInt8], to fixture: Fixture) throws {
    fixture.removeIndex()
    try SystemFiles.shared.replaceDurably(
      fixture.store.indexPath, with: bytes, permissions: 0o600)
  }

  @Test func `the index is for its owner alone`() throws {
    let fixture = try Fixture()
    _ = try fixture.index()
    #expect(try SystemFiles.shared.status(of: fixture.store.indexPath).permissions == 0o600)
  }

  @Test func `what is no database is put aside and kept`() throws {
    let fixture = try Fixture()
    try fixture.record()
    let junk = [UInt8](repeating: 0x41, count: 8192)
    try write(junk, to: fixture)
    let (contents, notes) = try fixture.index()
    #expect(contents.sessions == 1)
    let name = try #require(aside(notes).first)
    #expect(name.hasPrefix("index.sqlite.bad-20261122T1401"))
    let kept = try SystemFiles.shared.readSmallFile(
      fixture.store.path(of: name), limit: 1 << 20)
    #expect(kept == junk)
    #expect(aside(try fixture.index().1).isEmpty)
  }

  @Test func `a database of another program is put aside`() throws {
    let fixture = try Fixture()
    try write([], to: fixture)
    do {
      let other = try Database(fixture.store.indexPath, .readWrite, wait: 0)
      try other.script("PRAGMA application_id = 7; CREATE TABLE theirs(a)")
    }
    #expect(aside(try fixture.index().1).count == 1)
  }

  @Test func `an index of an older version is put aside, one of a newer is refused`() throws {
    let fixture = try Fixture()
    _ = try fixture.index()
    do {
      let index = try Database(fixture.store.indexPath, .readWrite, wait: 0)
      try index.script("PRAGMA user_version = 0")
    }
    #expect(aside(try fixture.index().1).count == 1)
    do {
      let index = try Database(fixture.store.indexPath, .readWrite, wait: 0)
      try index.script("PRAGMA user_version = 99")
    }
    let failure = #expect(throws: AuditFailure.self) { try fixture.index() }
    #expect(failure?.kind == .newerIndex)
    let index = try Database(fixture.store.indexPath, .readWrite, wait: 0)
    #expect(try index.integer("PRAGMA user_version") == 99)
  }

  @Test func `damage in the middle is found, put aside and built anew`() throws {
    let fixture = try Fixture()
    for number in 0..<40 { try fixture.record(command: "command \(number)") }
    let before = try fixture.sessions()
    do {
      let index = try Database(fixture.store.indexPath, .readWrite, wait: 0)
      _ = try index.value("PRAGMA wal_checkpoint(TRUNCATE)")
    }
    let size = try SystemFiles.shared.status(of: fixture.store.indexPath).size
    let file = try File(fixture.store.indexPath, .readWrite, in: SystemFiles.shared)
    for page in stride(from: UInt64(4096), to: size, by: 4096) {
      try file.write([UInt8](repeating: 0xA5, count: 512).span, at: page)
    }
    let result = try AuditIndex.using(fixture.store, now: fixture.clock.wall()) {
      (index, notes) throws(AuditFailure) in
      (try index.sessions(SessionFilter(), limit: nil).sessions, notes)
    }
    #expect(result.0 == before)
    #expect(aside(result.1).count == 1)
  }

  @Test func `a link is not followed`() throws {
    let fixture = try Fixture()
    fixture.removeIndex()
    #expect(symlink(fixture.root + "/elsewhere", fixture.store.indexPath) == 0)
    let (_, notes) = try fixture.index()
    #expect(notes.contains { if case .inMemory = $0 { true } else { false } })
    #expect(throws: FileFailure.self) {
      try SystemFiles.shared.status(of: fixture.root + "/elsewhere")
    }
  }

  @Test func `an index that somebody else is writing is used as it is, and that is said`() throws {
    let fixture = try Fixture()
    try fixture.record()
    _ = try fixture.index()
    try fixture.record()
    let other = try Database(fixture.store.indexPath, .readWrite, wait: 0)
    try other.run("BEGIN IMMEDIATE")
    let (contents, notes) = try fixture.index()
    #expect(contents.sessions == 1)
    #expect(notes.contains { if case .notUpdated = $0 { true } else { false } })
    try other.run("COMMIT")
    #expect(try fixture.index().0.sessions == 2)
  }

  @Test func `whoever only asks does not wait for a writer`() throws {
    let fixture = try Fixture()
    try fixture.record()
    let before = try fixture.index()
    let other = try Database(fixture.store.indexPath, .readWrite, wait: 0)
    try other.run("BEGIN IMMEDIATE")
    let after = try fixture.index()
    #expect(after.0 == before.0)
    #expect(after.1 == [])
    try other.run("ROLLBACK")
  }

  @Test func `an index that has nothing yet and cannot be written is a failure`() throws {
    let fixture = try Fixture()
    try fixture.record()
    try write([], to: fixture)
    let other = try Database(fixture.store.indexPath, .readWrite, wait: 0)
    try other.run("BEGIN IMMEDIATE")
    let failure = #expect(throws: AuditFailure.self) { try fixture.index() }
    #expect(failure?.kind == .locked)
    try other.run("ROLLBACK")
  }
}

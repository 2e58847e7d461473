import Evidence
import Foundation
import Platform
import SessionLog
import Testing

@testable import AuditStore

@Suite struct IndexTests {
  @Test func `a session is found with what its lines say`() throws {
    let fixture = try Fixture()
    let id = try fixture.record(
      .init(agentName: "Deployer", purpose: "release"), command: "make deploy",
      lines: [Fixture.blocked(250_000), Fixture.gap(250_000)], exit: 3)
    let found = try #require(try fixture.sessions().first)
    #expect(found.id == id.text)
    #expect(found.start == TestClock.noon)
    #expect(found.duration == 1_250_000)
    #expect(found.agent == "deploy-bot")
    #expect(found.agentName == "Deployer")
    #expect(found.principal == "maria@example.com")
    #expect(found.resource == "prod-db")
    #expect(found.environment == "prod")
    #expect(found.kind == "terminal")
    #expect(found.purpose == "release")
    #expect(found.events == 8)
    #expect(found.denied == 1)
    #expect(found.gaps == 1)
    #expect(found.verdict == "OK")
    #expect(found.endReason == "client")
    #expect(found.exitCode == 3)
    let rows = try fixture.dump()
    // Everything but the two lines of output has a row; those are one stretch.
    #expect(rows.filter { $0.hasPrefix("event:") }.count == 6)
    #expect(rows.filter { $0.hasPrefix("stretch:") }.count == 1)
    #expect(rows.filter { $0.hasPrefix("gap:") }.count == 1)
    #expect(rows.contains { $0.hasPrefix("txt:") && $0.contains("make deploy") })
  }

  @Test func `an index that grew equals one built anew`() throws {
    let fixture = try Fixture()
    try fixture.record()
    _ = try fixture.index()
    var writer = try fixture.begin(.init(agent: "other", resource: "api"))
    _ = try writer.append(Fixture.command("first", writer.now()))
    try writer.makeDurable(commit: true)
    _ = try fixture.index()
    try fixture.record(.init(kind: "mcp"), command: "second")
    _ = try fixture.index()
    fixture.clock.advance(5_000_000)
    _ = try writer.append(Fixture.output("more", writer.now()))
    _ = try writer.append(Fixture.command("third", writer.now()))
    try writer.makeDurable(commit: true)
    _ = try fixture.index()
    _ = try writer.append(Fixture.gap(writer.now()))
    _ = try writer.close(lines: [Fixture.end(0, writer.now())])
    _ = try fixture.index()
    let grown = try fixture.dump()
    fixture.removeIndex()
    _ = try fixture.index()
    #expect(try fixture.dump() == grown)
    #expect(grown.filter { $0.hasPrefix("session:") }.count == 3)
    #expect(grown.filter { $0.contains("third") }.count >= 2)
  }

  @Test func `asking again reads nothing again`() throws {
    let fixture = try Fixture()
    try fixture.record()
    let first = try AuditIndex.refresh(fixture.store, now: 0)
    #expect(first.update.sessions == 1)
    #expect(first.update.leaves == 2)
    let second = try AuditIndex.refresh(fixture.store, now: 0)
    #expect(second.update == IndexUpdate())
    #expect(second.contents == first.contents)
    var again = IndexWish()
    again.rebuilds = true
    let third = try AuditIndex.refresh(fixture.store, now: 0, again)
    #expect(third.update == first.update)
  }

  @Test func `a file that was changed under its name is found where it is looked for`() throws {
    let fixture = try Fixture()
    let id = try fixture.record()
    _ = try fixture.index()
    let path = fixture.store.sessionPath(of: id)
    var bytes = try SystemFiles.shared.readSmallFile(path, limit: 1 << 20)
    bytes[bytes.count / 2] ^= 1
    try Data(bytes).write(to: URL(filePath: path))
    // Nothing came or went: the quick look does not tell, and says no more than it saw.
    #expect(try fixture.sessions().first?.verdict == "OK")
    var wish = IndexWish()
    wish.checks = true
    let refreshed = try AuditIndex.refresh(fixture.store, now: 0, wish)
    #expect(refreshed.update.sessions == 1)
    #expect(refreshed.contents.damaged == 1)
    #expect(try AuditIndex.refresh(fixture.store, now: 0, wish).changedNothing)
  }

  @Test func `a checkpoint is believed again only byte for byte`() throws {
    let fixture = try Fixture()
    try fixture.record()
    _ = try fixture.index()
    #expect(try fixture.index().1.isEmpty)
    let path = fixture.store.checkpointPath
    var bytes = try SystemFiles.shared.readSmallFile(path, limit: 1 << 16)
    bytes[bytes.count - 6] = bytes[bytes.count - 6] == 0x41 ? 0x42 : 0x41
    try Data(bytes).write(to: URL(filePath: path))
    let notes = try fixture.index().1
    #expect(
      notes.contains { if case .unsigned = $0 { true } else { false } },
      "a forged signature was believed")
  }

  @Test func `a live session is open with what is committed`() throws {
    let fixture = try Fixture()
    var writer = try fixture.begin()
    #expect(try fixture.sessions().map(\.events) == [2])
    _ = try writer.append(Fixture.command("one", writer.now()))
    try writer.makeDurable(commit: true)
    fixture.clock.advance(2_000_000)
    _ = try writer.append(Fixture.command("two", writer.now()))
    try writer.makeDurable()
    let open = try #require(try fixture.sessions().first)
    #expect(open.verdict == "OPEN")
    #expect(open.exitCode == nil)
    _ = try writer.close(lines: [Fixture.end(0, writer.now())])
    let closed = try #require(try fixture.sessions().first)
    #expect(closed.verdict == "OK")
    #expect(closed.events == 5)
  }

  @Test func `damaged and missing sessions are listed, never dropped`() throws {
    let fixture = try Fixture()
    let damaged = try fixture.record()
    let missing = try fixture.record()
    let whole = try fixture.record()
    let path = fixture.store.sessionPath(of: damaged)
    let size = try SystemFiles.shared.status(of: path).size
    try fixture.flip(path, at: size - 200)
    try SystemFiles.shared.remove(fixture.store.sessionPath(of: missing))
    let verdicts = Dictionary(
      uniqueKeysWithValues: try fixture.sessions().map { ($0.id, $0) })
    #expect(verdicts[damaged.text]?.isDamaged == true)
    #expect(verdicts[damaged.text]?.rules.isEmpty == false)
    #expect(verdicts[missing.text]?.verdict == "MISSING")
    #expect(verdicts[missing.text]?.agent == nil)
    #expect(verdicts[whole.text]?.verdict == "OK")
    var filter = SessionFilter()
    filter.has = [.damage]
    #expect(Set(try fixture.sessions(filter).map(\.id)) == [damaged.text, missing.text])
  }

  @Test
  func `a session that vanishes after it was indexed is missing, and is whole when it is back`()
    throws
  {
    let fixture = try Fixture()
    let id = try fixture.record()
    _ = try fixture.index()
    let before = try fixture.dump()
    let path = fixture.store.sessionPath(of: id)
    try SystemFiles.shared.rename(path, to: fixture.root + "/kept")
    #expect(try fixture.sessions().map(\.verdict) == ["MISSING"])
    #expect(try fixture.dump().contains { $0.hasPrefix("txt:") } == false)
    try SystemFiles.shared.rename(fixture.root + "/kept", to: path)
    #expect(try fixture.sessions().map(\.verdict) == ["OK"])
    #expect(try fixture.dump() == before)
  }

  @Test func `a file that the log does not name is unlogged, and gone when it is gone`() throws {
    let fixture = try Fixture()
    let id = try fixture.record()
    let other = SessionID(milliseconds: id.milliseconds, random: [9, 9, 9])
    let bytes = try SystemFiles.shared.readSmallFile(
      fixture.store.sessionPath(of: id), limit: 1 << 20)
    let path = fixture.store.sessionPath(of: other)
    try SystemFiles.shared.replaceDurably(path, with: bytes, permissions: 0o600)
    let found = try fixture.sessions()
    #expect(found.count == 2)
    let stranger = try #require(found.first { $0.id == other.text })
    #expect(stranger.isDamaged)
    let grown = try fixture.dump()
    fixture.removeIndex()
    _ = try fixture.index()
    #expect(try fixture.dump() == grown)
    try SystemFiles.shared.remove(path)
    #expect(try fixture.sessions().map(\.id) == [id.text])
  }

  @Test func `a log that was exchanged is read from its start`() throws {
    let fixture = try Fixture()
    try fixture.record()
    let entries = try SystemFiles.shared.readSmallFile(fixture.store.entriesPath, limit: 1 << 20)
    let head = try SystemFiles.shared.readSmallFile(fixture.store.checkpointPath, limit: 1 << 20)
    try fixture.record()
    _ = try fixture.index()
    try SystemFiles.shared.replaceDurably(
      fixture.store.entriesPath, with: entries, permissions: 0o600)
    try SystemFiles.shared.replaceDurably(
      fixture.store.checkpointPath, with: head, permissions: 0o600)
    let (contents, notes) = try fixture.index()
    #expect(notes.contains { if case .startedOver = $0 { true } else { false } })
    #expect(contents.leaves == 2)
    #expect(try fixture.sessions().map(\.verdict).sorted() == ["OK", "UNLOGGED"])
  }

  @Test func `leaves that are not signed are not read`() throws {
    let fixture = try Fixture()
    try fixture.record()
    let head = try SystemFiles.shared.readSmallFile(fixture.store.checkpointPath, limit: 1 << 20)
    try fixture.record()
    try SystemFiles.shared.replaceDurably(
      fixture.store.checkpointPath, with: head, permissions: 0o600)
    #expect(try fixture.index().0.leaves == 2)
  }

  @Test func `a checkpoint that cannot be used is told, and hides no session`() throws {
    let fixture = try Fixture()
    try fixture.record()
    try fixture.flip(fixture.store.checkpointPath, at: 30)
    let (contents, notes) = try fixture.index()
    #expect(contents.sessions == 1)
    #expect(notes.contains { if case .unsigned = $0 { true } else { false } })
  }

  @Test func `a session whose recorder died is found by what recovery kept`() throws {
    let fixture = try Fixture()
    try fixture.record()
    func crash() throws -> SessionID {
      var writer = try fixture.begin()
      _ = try writer.append(Fixture.command("unfinished", writer.now()))
      try writer.makeDurable()
      return writer.id
    }
    let id = try crash()
    #expect(try fixture.sessions().first?.verdict == "OPEN")
    _ = try Recovery(fixture.store, fixture.state, clock: fixture.clock).run()
    var filter = SessionFilter()
    filter.has = [.recovered]
    let found = try fixture.sessions(filter)
    #expect(found.map(\.id) == [id.text])
    #expect(found.first?.recovered == 1)
    #expect(found.first?.verdict == "OK")
    #expect(found.first?.endReason == "crash")
    let grown = try fixture.dump()
    #expect(grown.contains { $0.hasPrefix("txt:") && $0.contains("unfinished") })
    fixture.removeIndex()
    _ = try fixture.index()
    #expect(try fixture.dump() == grown)
  }

  @Test func `a session that retention let go leaves nothing but its name`() throws {
    let fixture = try Fixture()
    let id = try fixture.record(.init(agent: "forgotten"), command: "secret work")
    try fixture.record(command: "kept work")
    _ = try fixture.index()
    let log = try LogView(
      fixture.store, trust: Trust(key: fixture.store.verifierKey, source: .ownState),
      state: nil)
    var leaf = try #require(log.leaves[id]?.last?.leaf)
    leaf.kind = .prune
    try SystemFiles.shared.remove(fixture.store.sessionPath(of: id))
    try TransparencyLog(fixture.store, fixture.state).append([leaf])
    #expect(try fixture.sessions().map(\.verdict) == ["OK", "PRUNED"])
    let grown = try fixture.dump()
    #expect(!grown.contains { $0.contains("forgotten") || $0.contains("secret work") })
    let file = try File(fixture.store.indexPath, .read, in: SystemFiles.shared)
    let bytes = try file.read(1 << 22, at: 0)
    #expect(!String(decoding: bytes, as: UTF8.self).contains("secret work"))
    fixture.removeIndex()
    _ = try fixture.index()
    #expect(try fixture.dump() == grown)
  }

  @Test func `a file that was exchanged under its leaves is read from its start`() throws {
    let fixture = try Fixture()
    var writer = try fixture.begin()
    _ = try writer.append(Fixture.command("the first story", writer.now()))
    try writer.makeDurable(commit: true)
    _ = try fixture.index()
    // Another file of the same name and length of story, of which the log knows nothing.
    let other = try Fixture()
    var liar = try other.begin(.init(agent: "somebody else"), id: writer.id)
    _ = try liar.append(Fixture.command("another story", liar.now()))
    try liar.makeDurable(commit: true)
    let bytes = try SystemFiles.shared.readSmallFile(liar.path, limit: 1 << 20)
    fixture.clock.advance(5_000_000)
    _ = try writer.append(Fixture.command("more", writer.now()))
    try writer.makeDurable(commit: true)
    try SystemFiles.shared.replaceDurably(writer.path, with: bytes, permissions: 0o600)
    let found = try #require(try fixture.sessions().first)
    #expect(found.isDamaged)
    #expect(!(try fixture.dump().contains { $0.contains("the first story") }))
  }

  @Test(arguments: hostile)
  func `hostile names are kept as they are and found by themselves`(_ text: String) throws {
    let fixture = try Fixture()
    try fixture.record(
      .init(
        agent: text, agentName: text, principal: text, resource: text, kind: text, purpose: text),
      command: text, lines: [])
    try fixture.record()
    let exact = { (value: String) in SessionFilter.Pattern(value) }
    for set in [\SessionFilter.agent, \.principal, \.resource, \.kind] {
      guard !text.contains("*"), !text.contains("?") else { continue }
      var filter = SessionFilter()
      filter[keyPath: set] = [exact(text)]
      let found = try fixture.sessions(filter)
      #expect(found.count == 1)
      #expect(found.first.map { Array(($0.agent ?? "none").utf8) } == Array(text.utf8))
      #expect(found.first.map { Array(($0.purpose ?? "none").utf8) } == Array(text.utf8))
    }
    #expect(try fixture.sessions().count == 2)
  }
}

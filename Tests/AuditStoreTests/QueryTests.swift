import SessionLog
import Testing

@testable import AuditStore

@Suite struct QueryTests {
  /// Four sessions a minute and a bit apart; the last is damaged by none.
  private func store() throws -> Fixture {
    let fixture = try Fixture()
    try fixture.record(.init(agent: "deploy-1", principal: nil, resource: "db"))
    try fixture.record(.init(agent: "deploy-2", resource: "api", kind: "mcp"))
    try fixture.record(
      .init(agent: "audit", agentName: "deploy-helper", resource: "db"),
      lines: [Fixture.gap(250_000)])
    try fixture.record(.init(agent: "test[1]", principal: "bob", resource: nil))
    return fixture
  }

  private func agents(_ filter: SessionFilter, in fixture: Fixture) throws -> [String] {
    try fixture.sessions(filter).compactMap(\.agent)
  }

  @Test(arguments: [
    (["deploy-1"], ["deploy-1"]),
    (["deploy-1", "audit"], ["audit", "deploy-1"]),
    (["deploy-*"], ["audit", "deploy-2", "deploy-1"]),
    (["deploy-?"], ["deploy-2", "deploy-1"]),
    (["!deploy-*"], ["test[1]"]),
    (["deploy-*", "!deploy-2"], ["audit", "deploy-1"]),
    (["test[*"], ["test[1]"]), (["test[1]"], ["test[1]"]), (["test?1]"], ["test[1]"]),
    (["nobody"], []), (["*"], ["test[1]", "audit", "deploy-2", "deploy-1"]), (["!*"], []),
    (["DEPLOY-1"], []),
  ])
  func `agents are matched by name, pattern and exclusion`(
    _ given: ([String], [String])
  ) throws {
    let fixture = try store()
    var filter = SessionFilter()
    filter.agent = given.0.map { .init($0) }
    #expect(try agents(filter, in: fixture) == given.1)
  }

  @Test func `different filters must all match`() throws {
    let fixture = try store()
    var filter = SessionFilter()
    filter.resource = [.init("db")]
    #expect(try agents(filter, in: fixture) == ["audit", "deploy-1"])
    filter.has = [.gap]
    #expect(try agents(filter, in: fixture) == ["audit"])
    filter.kind = [.init("mcp")]
    #expect(try agents(filter, in: fixture) == [])
  }

  @Test func `a missing value matches no pattern but passes every exclusion`() throws {
    let fixture = try store()
    var filter = SessionFilter()
    filter.principal = [.init("*")]
    #expect(try agents(filter, in: fixture) == ["test[1]", "audit", "deploy-2"])
    filter.principal = [.init("!bob")]
    #expect(try agents(filter, in: fixture) == ["audit", "deploy-2", "deploy-1"])
  }

  @Test func `a period holds its first moment and not its last`() throws {
    let fixture = try store()
    let starts = try fixture.sessions().map(\.start)
    var filter = SessionFilter()
    (filter.since, filter.until) = (starts[2], starts[1])
    #expect(try fixture.sessions(filter).map(\.start) == [starts[2]])
    filter.until = starts[1] + 1
    #expect(try fixture.sessions(filter).map(\.start) == [starts[1], starts[2]])
  }

  @Test func `a limit cuts the oldest and says so`() throws {
    let fixture = try store()
    let all = try fixture.sessions()
    let pages = try AuditIndex.using(fixture.store, now: 0) {
      (index, _) throws(AuditFailure) in
      (
        try index.sessions(SessionFilter(), limit: 3),
        try index.sessions(SessionFilter(), limit: 4),
        try index.count(SessionFilter())
      )
    }
    #expect(pages.0.sessions == Array(all.prefix(3)))
    #expect(pages.0.isCut)
    #expect(pages.1.sessions == all)
    #expect(!pages.1.isCut)
    #expect(pages.2 == 4)
  }

  @Test func `one session is shown from its bytes, without an index`() throws {
    let fixture = try Fixture()
    let id = try fixture.record(lines: [Fixture.blocked(250_000)], exit: 2)
    let detail = try fixture.show(id)
    #expect(detail.isIntact)
    #expect(detail.word == "OK")
    #expect(detail.events == 7)
    #expect(detail.outputBytes == 14)
    #expect(detail.denied == 1)
    #expect(detail.types.first?.name == "terminal.output")
    #expect(detail.types.first?.count == 2)
    #expect(detail.verdict.exitCode == 2)
    #expect(detail.duration == 1_250_000)
    #expect(detail.logSize == 2)
    try fixture.flip(fixture.store.sessionPath(of: id), at: 40)
    let damaged = try fixture.show(id)
    #expect(!damaged.isIntact)
    #expect(damaged.events == 0)
  }
}

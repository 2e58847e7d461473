import Evidence
import Platform
import SessionLog
import TestSupport
import Testing

/// Who read what is evidence like any other: durable, anchored, closed, and never lost to another's crash.
@Suite struct `Access trail` {
  let files = FaultyFiles()
  let box: TestStore

  init() throws { box = try TestStore(on: files) }

  func trail(_ box: TestStore? = nil, waived: Bool = false, socket: String? = nil) throws
    -> AccessTrail
  {
    let box = box ?? self.box
    return try AccessTrail(
      box.store, state: box.state.path, socket: socket, isWaived: waived, clock: box.clock)
  }

  func read(_ query: String) throws {
    var reading = Reading(reader: AccessTrail.reader, verb: "show")
    reading.query = query
    reading.purpose = "test"
    reading.rows = 3
    try trail().record(AuditQueryEvent(reading))
  }

  /// Ids of audit sessions, and what they tell.
  func told(_ box: TestStore? = nil) throws -> (ids: [SessionID], queries: [String]) {
    let store = (box ?? self.box).store
    var ids: [SessionID] = []
    try store.eachSessionFile { id throws(SessionLogFailure) in
      ids.append(id)
      return true
    }
    var queries: [String] = []
    for id in ids {
      let damage = try AccessReader.readings(of: id, in: store) { reading in
        queries.append(reading.reading.query ?? "")
        #expect(reading.kind == "query" && reading.isCommitted && reading.peer == nil)
        #expect(reading.user == AccessTrail.reader.uid && reading.reading.rows == 3)
      }
      #expect(damage == [])
    }
    return (ids, queries)
  }

  @Test func `readings of a day stand in one session, each durable, whole and in order`() throws {
    for number in 0..<20 {
      try read("q\(number)")
      box.clock.advance(1_000_000)
    }
    let (ids, queries) = try told()
    #expect(ids.count == 1 && queries == (0..<20).map { "q\($0)" })
    #expect(try box.store.liveSessions() == ids)
    #expect(try box.findings() == [])
    let verdict = try #require(try box.verify().sessions.first)
    #expect(verdict.lines == 22 && verdict.start?.kind == "audit" && !verdict.isClosed)
    // Nothing is lost to a power cut right after.
    for seed in 0..<5 {
      let again = try TestStore(
        reopening: "/box", on: files.image(seed: UInt64(seed)), clock: box.clock)
      #expect(try told(again).queries == queries)
    }
  }

  @Test func `the next append to the log anchors what waits`() throws {
    try read("a")
    try read("b")
    let id = try told().ids[0]
    func anchored() throws -> UInt64? { try box.log().leaves[id]?.last?.leaf.lines }
    #expect(try anchored() == 2)
    var writer = try box.begin(TestStore.id(1))
    #expect(try anchored() == 4)
    try read("c")
    _ = try writer.close(lines: [TestLine.end(writer.now())])
    #expect(try anchored() == 5)
    #expect(try box.findings() == [])
    #expect(try files.list("/box/store/log/waiting") == [])
  }

  @Test func `a day that is over is closed by the next reading, or by recovery`() throws {
    try read("monday")
    let first = try told().ids[0]
    box.clock.advance(86_400_000_000)
    try read("tuesday")
    let ids = try told().ids
    #expect(ids.count == 2)
    #expect(try box.log().leaves[first]?.last?.leaf.kind == .close)
    box.clock.advance(86_400_000_000)
    let outcomes = try Recovery(box.store, box.state, clock: box.clock).run()
    #expect(outcomes.isEmpty)
    #expect(try box.store.liveSessions() == [])
    #expect(try box.verify().sessions.allSatisfy { $0.isClosed && $0.word == "OK" })
    #expect(try box.findings() == [])
    #expect(try told().queries == ["monday", "tuesday"])
  }

  @Test func `recovery leaves today's session alone, and closes one that a crash tore`() throws {
    try read("a")
    let id = try told().ids[0]
    #expect(try Recovery(box.store, box.state, clock: box.clock).run().isEmpty)
    try read("b")
    // A reader died in the middle of its write.
    let path = box.store.sessionPath(of: id)
    let file = try File(path, .readWrite, in: files)
    let size = try file.status().size
    try file.write([0x28, 0xB5, 0x2F, 0xFD, 0x00].span, at: size)
    try read("c")
    #expect(try told().ids.count == 2)
    let outcomes = try Recovery(box.store, box.state, clock: box.clock).run()
    #expect(outcomes.map(\.id) == [id])
    #expect(try box.findings() == [])
    try read("d")
    #expect(try told().queries.sorted() == ["a", "b", "c", "d"])
  }

  @Test func `a full session goes on in the next one of its day`() throws {
    var generator = SeededGenerator(seed: 5)
    // Text that does not compress.
    for _ in 0..<24 { try read(Hex.encode(generator.bytes(30_000))) }
    let (ids, queries) = try told()
    #expect(ids.count == 2 && queries.count == 24)
    #expect(try box.verify().sessions.filter(\.isClosed).count == 1)
    #expect(try box.findings() == [])
  }

  @Test func `killed or failing at every step, no reading that was confirmed is lost`() throws {
    try read("before")
    let calls = files.calls
    try read("counted")
    let count = files.calls - calls
    #expect(count > 5)
    // Three ways to fail at each call: the machine dies, the call fails, a sync loses what was written.
    for (step, way) in (1...count).flatMap({ step in (0..<3).map { (step, $0) } }) {
      let disk = FaultyFiles()
      let own = try TestStore(on: disk)
      func trail(_ box: TestStore) throws -> AccessTrail {
        try AccessTrail(box.store, state: box.state.path, clock: box.clock)
      }
      var reading = Reading(reader: AccessTrail.reader, verb: "show")
      reading.rows = 3
      reading.query = "kept"
      try trail(own).record(AuditQueryEvent(reading))
      switch way {
      case 0: disk.die(atCall: step, landing: step % 2 == 0 ? 0 : 100)
      case 1: disk.inject(.init(at: step, .fail(FileFailure.ioError, landing: false)))
      default: disk.inject(.init(.sync, at: 1 + step % 3, .loseDirtyPages(5, seed: nil)))
      }
      reading.query = "maybe"
      var confirmed = false
      do {
        try trail(own).record(AuditQueryEvent(reading))
        confirmed = true
      } catch {}
      disk.heal()
      let crashed = disk.crash(seed: UInt64(step))
      let after = try TestStore(reopening: "/box", on: crashed, clock: own.clock)
      _ = try Recovery(after.store, after.state, clock: after.clock).run()
      reading.query = "later"
      try trail(after).record(AuditQueryEvent(reading))
      let queries = try told(after).queries
      #expect(queries.contains("kept") && queries.contains("later"), "step \(step), way \(way)")
      #expect(!confirmed || queries.contains("maybe"), "step \(step), way \(way)")
      #expect(try after.findings() == [], "step \(step), way \(way)")
    }
  }

  @Test func `a copy is not recorded, a store that allows it may be read without, others refuse`()
    throws
  {
    #expect(try trail().route == .own)
    #expect(throws: SessionLogFailure.self) { try trail(waived: true) }
    var allowed = box
    allowed.store.allowsUnrecordedReading = true
    #expect(try trail(allowed, waived: true).route == .waived)
    try trail(allowed, waived: true).record(
      AuditQueryEvent(Reading(reader: AccessTrail.reader, verb: "show")))
    #expect(try told().ids.isEmpty)
    let copy = try AccessTrail(box.store, state: "/nowhere", clock: box.clock)
    guard case .unrecorded = copy.route else {
      Issue.record("a copy is \(copy.route)")
      return
    }
    let served = try AccessTrail(box.store, state: "/nowhere", socket: "/s", clock: box.clock)
    #expect(served.route == .served("/s"))
    #expect(throws: SessionLogFailure.self) {
      try served.record(AuditQueryEvent(Reading(reader: AccessTrail.reader, verb: "show")))
    }
  }

  @Test func `the newest recording is never one that tells who read`() throws {
    var writer = try box.begin(TestStore.id(3))
    _ = try writer.close(lines: [TestLine.end(writer.now())])
    box.clock.advance(86_400_000_000)
    try read("later")
    #expect(try box.store.resolve("@last") == TestStore.id(3))
    #expect(try box.store.newestSessions(5) == [TestStore.id(3)])
  }
}

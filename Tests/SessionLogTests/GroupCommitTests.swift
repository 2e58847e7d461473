import Platform
import SessionLog
import TestSupport
import Testing

/// Three sessions made durable together, with commits, anchors and closes.
final class GroupScript {
  static let ids = (21...29).map { TestStore.id($0) }
  /// Whose promises they are does not matter to recovery.
  let bearer = CrashScript()
  var promises: Promises { bearer.promises }
  /// Before its `open` leaf is in the log nothing is promised of a session.
  private var opened: Set<SessionID> = []
  private let files: FileAllowance

  init(files: FileAllowance = FileAllowance()) { self.files = files }

  func run(_ box: TestStore) throws {
    defer { promises.notePublished(in: box) }
    var pace = Pace()
    pace.commitBytes = 900
    let group = try GroupCommit(box.store, box.state, clock: box.clock, pace: pace, files: files)
    var sessions = try begin(Self.ids[0..<7], group, box)
    try round(group, sessions, box)
    for step in 0..<3 {
      for (index, session) in sessions.enumerated() where (index + step) % 3 != 0 {
        for number in 0...index { try append(session, "\(step) \(number) \(index)", box) }
      }
      box.clock.advance(600_000)
      // Few of them: one sync each; all: one for the file system.
      try round(group, step == 1 ? Array(sessions.prefix(3)) : sessions, box)
      if step == 1 {
        for session in sessions { try session.writer.rest() }
        sessions += try begin(Self.ids[7..<8], group, box)
      }
    }
    for session in sessions.dropFirst() {
      box.clock.advance(1000)
      let line = TestLine.end(session.writer.now())
      promises.given[session.writer.id]?.append(line)
      try group.end(session, lines: [line])
    }
    let outcome = try round(group, sessions, box)
    for (session, leaf) in outcome.logged where leaf.kind == .close {
      promises.closed.insert(session.writer.id)
    }
  }

  private func begin(_ ids: ArraySlice<SessionID>, _ group: GroupCommit, _ box: TestStore) throws
    -> [GroupCommit.Session]
  {
    for id in ids { promises.given[id] = [] }
    let openings = ids.map { GroupCommit.Opening(id: $0, first: box.start($0).line()) }
    return try group.begin(openings).map { try $0.get() }
  }

  private func append(_ session: GroupCommit.Session, _ text: String, _ box: TestStore) throws {
    box.clock.advance(1000)
    let line = TestLine.output(session.writer.now(), Array(text.utf8))
    promises.given[session.writer.id]?.append(line)
    try session.writer.append(line)
  }

  @discardableResult
  private func round(_ group: GroupCommit, _ sessions: [GroupCommit.Session], _ box: TestStore)
    throws -> GroupCommit.Outcome
  {
    let outcome = try group.round(sessions)
    let failed = outcome.failed.map { ObjectIdentifier($0.0) }
    for (session, leaf) in outcome.logged where leaf.kind == .open {
      opened.insert(session.writer.id)
    }
    for session in sessions
    where opened.contains(session.writer.id) && !failed.contains(ObjectIdentifier(session)) {
      promises.note(session.writer, in: box)
    }
    if let failure = outcome.failed.first?.1 { throw failure }
    if let failure = outcome.fullDisk { throw failure }
    return outcome
  }
}

@Suite struct `Group commit` {
  static let parts = 6

  private static func copy(_ bench: CrashBench, whole: Bool) throws -> (FaultyFiles, TestStore) {
    let (files, box) = try bench.copy()
    files.syncsWhole = whole
    return (files, box)
  }

  private static func calls(whole: Bool) throws -> Int {
    let (files, box) = try copy(try CrashBench(), whole: whole)
    let before = files.calls
    try GroupScript().run(box)
    return files.calls - before
  }

  @Test(arguments: [false, true])
  func `undisturbed, every promise is kept`(whole: Bool) throws {
    let (files, box) = try Self.copy(try CrashBench(), whole: whole)
    let script = GroupScript()
    try script.run(box)
    // One session is left open: it has no end yet, and all else is as it must be.
    #expect(script.promises.closed.count == 7)
    #expect(try script.promises.broken(in: box, afterRecovery: false) == [])
    let syncs = files.trace.count { $0.hasPrefix("sync") && $0.contains("file system") }
    #expect(syncs > 0)
  }

  @Test(arguments: 0..<parts)
  func `after a power cut at any call, recovery keeps what was acknowledged`(part: Int) throws {
    let bench = try CrashBench()
    for call in 1...(try Self.calls(whole: false)) where call % Self.parts == part {
      let whole = call / Self.parts % 2 == 0
      let (files, box) = try Self.copy(bench, whole: whole)
      let script = GroupScript()
      files.die(atCall: call, landing: call % 3 == 0 ? 0 : call % 3 == 1 ? .max : 37)
      do { try script.run(box) } catch {}
      let disk = call % 4 == 0 ? files.kill() : files.crash(seed: UInt64(call))
      let broken = try bench.recover(disk, script.bearer, clock: box.clock, seed: UInt64(call))
      #expect(broken == [], "died at call \(call) (\(files.trace.last ?? ""))")
    }
  }

  enum Trouble: String, CaseIterable { case fails, failsAfterItsEffect, loses, noSpace }

  @Test(arguments: Trouble.allCases)
  func `one failed call at any place breaks no promise`(trouble: Trouble) throws {
    let bench = try CrashBench()
    for call in 1...(try Self.calls(whole: false)) {
      let whole = call % 3 == 0
      let (files, box) = try Self.copy(bench, whole: whole)
      let script = GroupScript()
      let effect: FaultyFiles.Effect =
        switch trouble {
        case .fails: .fail(FileFailure.ioError, landing: false)
        case .failsAfterItsEffect: .fail(FileFailure.ioError, landing: true)
        case .loses: .loseDirtyPages(FileFailure.ioError, seed: UInt64(call))
        case .noSpace: .fail(FileFailure.noSpace, landing: false)
        }
      files.inject(.init(at: call, effect))
      do { try script.run(box) } catch {}
      files.heal()
      let disk = call % 2 == 0 ? files.kill() : files.crash(seed: UInt64(call))
      let broken = try bench.recover(
        disk, script.bearer, clock: box.clock, seed: UInt64(call), deaths: 0)
      let met = files.trace.last { $0.contains("!") && !$0.contains("ENOENT") }
      #expect(broken == [], "\(trouble) at call \(call) (\(met ?? ""))")
    }
  }

  /// One file stays open and two more are opened at a time: the others are closed between rounds.
  private static let few = FileAllowance(most: 1, besides: 2)

  @Test(arguments: 0..<4)
  func `with few descriptors, no death and no failed call breaks a promise`(part: Int) throws {
    let bench = try CrashBench()
    let (counted, counter) = try Self.copy(bench, whole: false)
    let before = counted.calls
    try GroupScript(files: Self.few).run(counter)
    #expect(counted.mostSessionFiles == 3)
    for call in 1...(counted.calls - before) where call % 4 == part {
      let (files, box) = try Self.copy(bench, whole: call / 4 % 3 == 0)
      let script = GroupScript(files: Self.few)
      switch call / 4 % 4 {
      case 0: files.die(atCall: call, landing: 0)
      case 1: files.die(atCall: call, landing: call % 3 == 0 ? .max : 37)
      case 2: files.inject(.init(at: call, .fail(FileFailure.ioError, landing: call % 2 == 0)))
      default: files.inject(.init(at: call, .loseDirtyPages(FileFailure.ioError, seed: nil)))
      }
      do { try script.run(box) } catch {}
      files.heal()
      let disk = call / 16 % 2 == 0 ? files.kill() : files.crash(seed: UInt64(call))
      let broken = try bench.recover(disk, script.bearer, clock: box.clock, seed: UInt64(call))
      #expect(broken == [], "at call \(call) (\(files.trace.last ?? ""))")
    }
  }

  @Test func `a full disk stops all, keeps every byte, and goes on when space returns`() throws {
    let (files, box) = try Self.copy(try CrashBench(), whole: true)
    let group = try GroupCommit(box.store, box.state, clock: box.clock)
    let openings = GroupScript.ids.map {
      GroupCommit.Opening(id: $0, first: box.start($0).line())
    }
    let sessions = try group.begin(openings).map { try $0.get() }
    _ = try group.round(sessions)
    for number in 0..<20 {
      if number == 5 { files.space = 100 }
      if number == 15 { files.space = nil }
      for session in sessions {
        try session.writer.append(TestLine.output(session.writer.now(), [UInt8(0x41 + number)]))
      }
      box.clock.advance(10_000)
      let outcome = try group.round(sessions, commit: number % 3 == 0)
      #expect(outcome.failed.isEmpty)
      if number == 10 { #expect(outcome.fullDisk?.kind == .outOfSpace) }
    }
    for session in sessions {
      #expect(session.writer.durableLines == session.writer.lines)
      try group.end(session, lines: [TestLine.end(session.writer.now())])
    }
    let outcome = try group.round(sessions)
    #expect(outcome.logged.count == sessions.count)
    #expect(try box.findings() == [])
    for id in GroupScript.ids { #expect(try box.lines(of: id).count == 23) }
  }

  @Test func `a session whose sync fails is given up, and the others go on`() throws {
    let (files, box) = try Self.copy(try CrashBench(), whole: false)
    let group = try GroupCommit(box.store, box.state, clock: box.clock)
    let sessions = try group.begin(
      GroupScript.ids.map { .init(id: $0, first: box.start($0).line()) }
    ).map { try $0.get() }
    _ = try group.round(sessions)
    for session in sessions {
      try session.writer.append(TestLine.output(session.writer.now(), [0x41]))
    }
    files.inject(
      .init(
        .sync, on: sessions[4].writer.id.text, at: 1,
        .loseDirtyPages(FileFailure.ioError, seed: nil)))
    let outcome = try group.round(sessions)
    #expect(outcome.failed.map { $0.0.writer.id } == [sessions[4].writer.id])
    #expect(sessions[4].writer.durableLines == 2)
    for (index, session) in sessions.enumerated() where index != 4 {
      #expect(session.writer.durableLines == 3)
    }
    #expect(throws: SessionLogFailure.self) {
      try sessions[4].writer.append(TestLine.output(9, [0x42]))
    }
  }

  @Test func `a session that is signed for and dies while another is recovered is recovered too`()
    throws
  {
    let watched = WatchedFiles(FaultyFiles())
    let box = try TestStore(on: watched)
    let (dead, late) = (TestStore.id(1), TestStore.id(2))
    do {
      var writer = try box.begin(dead)
      try writer.append(TestLine.output(1, "dead"))
      try writer.makeDurable()
    }
    // It has its name and no leaf yet when recovery looks which sessions there are.
    let group = try GroupCommit(box.store, box.state, clock: box.clock)
    let session = Held(try group.begin([.init(id: late, first: box.start(late).line())])[0].get())
    let isDone = Held(false)
    let made = Held(group)
    watched.watch { path in
      guard path == box.store.livePath(of: late), isDone.value == false else { return }
      isDone.value = true
      do {
        // Signed for, acknowledged, and dead: all before its lock is asked for.
        guard let living = session.value, let group = made.value else { return }
        _ = try group.round([living])
        try living.writer.append(TestLine.output(1, "late"))
        _ = try group.round([living])
      } catch { Issue.record(error) }
      session.value = nil
    }
    let outcomes = try Recovery(box.store, box.state, clock: box.clock).run()
    watched.watch(nil)
    #expect(isDone.value == true && outcomes.map(\.id) == [dead, late])
    #expect(try box.findings() == [])
    #expect(try box.lines(of: late).count == 5)
  }

  @Test func `a session whose name a recovery takes away before it is locked begins all the same`()
    throws
  {
    let disk = FaultyFiles()
    let watched = WatchedFiles(disk)
    let box = try TestStore(on: watched)
    let id = TestStore.id(1)
    let name = box.store.livePath(of: id)
    let looks = Held(0)
    watched.watch { path in
      guard path == name else { return }
      looks.value = (looks.value ?? 0) + 1
      // The second look is behind the lock: by then a recovery has had it, and removed the name.
      guard looks.value == 2 else { return }
      do { try disk.remove(name) } catch { Issue.record(error) }
    }
    var writer = try box.begin(id)
    watched.watch(nil)
    try writer.append(TestLine.output(1, "here"))
    try writer.makeDurable()
    #expect(looks.value == 4)
    #expect(try box.store.isLive(id))
    #expect(try box.findings() == [])
    #expect(try box.lines(of: id).count == 3)
  }

  /// A value that a watcher on the same thread changes.
  private final class Held<Value>: @unchecked Sendable {
    var value: Value?
    init(_ value: Value) { self.value = value }
  }

  @Test func `more sessions than compressors share one, and are whole`() throws {
    let (_, box) = try Self.copy(try CrashBench(), whole: true)
    let group = try GroupCommit(box.store, box.state, clock: box.clock, compressors: 2)
    let sessions = try group.begin(
      GroupScript.ids.map { .init(id: $0, first: box.start($0).line()) }
    ).map { try $0.get() }
    for number in 0..<9 {
      for session in sessions {
        try session.writer.append(
          TestLine.output(session.writer.now(), [UInt8](repeating: 0x61, count: 9000 * number)))
      }
      if number == 4 { for session in sessions.prefix(4) { try session.writer.rest() } }
      _ = try group.round(sessions, commit: number == 6)
    }
    for session in sessions {
      try group.end(session, lines: [TestLine.end(session.writer.now())])
    }
    _ = try group.round(sessions)
    let (log, verdicts) = try box.verify()
    #expect(log.findings.isEmpty)
    #expect(verdicts.map(\.word) == Array(repeating: "OK", count: sessions.count))
  }
}

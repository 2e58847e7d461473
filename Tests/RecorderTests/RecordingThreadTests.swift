import Evidence
import Glibc
import Platform
import SessionLog
import Synchronization
import TestSupport
import Testing

@testable import Recorder

/// The thread that writes a terminal's session, on a disk that fails as it is told.
struct RecordingThreadTests {
  private final class Running {
    let state: RecordingState
    let files: FaultyFiles
    let box: TestStore
    let id: SessionID
    private var worker: Worker?

    init(
      _ state: RecordingState, _ files: FaultyFiles, _ box: TestStore, _ id: SessionID,
      _ body: @escaping @Sendable () -> Void
    ) {
      (self.state, self.files, self.box, self.id) = (state, files, box, id)
      worker = Worker(body)
    }

    func send(_ text: String) -> Bool {
      state.capture(.output(Array(text.utf8), box.clock.monotonic()), weight: text.utf8.count)
    }

    /// A mark is made durable at once.
    func mark(_ text: String) {
      let author = Identity(issuer: "local", uid: "1")
      _ = state.capture(.mark(text, author: author, box.clock.monotonic()), weight: 0)
    }

    /// Sends so many pieces as a relay does that has time for the record now and then; returns what it sent.
    func flood(_ pieces: Range<Int>) -> [UInt8] {
      var all: [UInt8] = []
      for number in pieces {
        let text = String(repeating: "piece \(number) of a flood\r\n", count: 180)
        let piece = Array(text.utf8.prefix(4095))
        guard state.capture(output: piece.span, at: box.clock.monotonic()) else { break }
        all += piece
        box.clock.advance(100)
        if number % 3 == 0 { _ = state.help() }
        while state.captured.isCrowded, state.help() {}
      }
      return all
    }

    /// Items that were recorded by way of help.
    var helped: UInt64 { state.work.take { work in work?.helped ?? 0 } }

    func end() {
      let end = EndOfSession(reason: "client", status: .exited(0))
      _ = state.capture(.end(end, box.clock.monotonic()), weight: 0)
    }

    func waitForBarriers(_ count: UInt64) {
      while state.barriers.load(ordering: .acquiring) < count { pause(milliseconds: 2) }
    }

    /// All that the thread said until its end.
    func join() -> [RecordingState.Change] {
      worker.take()?.join()
      var all: [RecordingState.Change] = []
      while let changes = state.changes.receive(waiting: nil) { all += changes }
      return all
    }

    /// What the terminal showed, by a session's lines.
    func output(_ lines: some Sequence<String>) throws -> [UInt8] {
      try lines.filter { $0.contains("\"type\":\"terminal.output\"") }.flatMap { line in
        try #require(try JSONValue(parsing: Array(line.utf8).span)["data"]?.string).utf8
      }
    }

    /// The lines of each session, oldest session first.
    func sessions() throws -> [[String]] {
      var sessions: [[String]] = []
      try box.store.eachSessionFile { id throws(SessionLogFailure) in
        let lines = (try? box.lines(of: id)) ?? []
        sessions.append(lines.map { String(decoding: $0, as: UTF8.self) })
        return true
      }
      return sessions
    }
  }

  private func start(_ number: Int, _ policy: FailurePolicy, patience: UInt64 = 0) throws
    -> Running
  {
    let files = FaultyFiles()
    let box = try TestStore(on: files)
    let state = RecordingState()
    let id = TestStore.id(number)
    let thread = RecordingThread(
      state: state, store: box.store, stateDirectory: box.state, start: box.start(id),
      clock: box.clock, pace: Pace(), patience: patience, onFailure: policy)
    let running = Running(state, files, box, id) { thread.run() }
    let opened = state.changes.receive(waiting: nil)?.first
    #expect(opened?.session == id)
    return running
  }

  @Test func `after a failed sync the command is ended, by default`() throws {
    let running = try start(1, .block)
    running.mark("one")
    running.waitForBarriers(1)
    running.files.inject(.init(.sync, on: ".ndjson.zst", .fail(EIO, landing: false)))
    running.mark("two")
    let changes = running.join()
    guard case .log? = changes.last?.failure else {
      Issue.record("no failure was told")
      return
    }
    #expect(!running.send("more"))
  }

  @Test func `with continue a new session goes on, and nothing is lost or told twice as new`()
    throws
  {
    let running = try start(2, .goOn)
    #expect(running.send("one\n"))
    running.mark("first")
    running.waitForBarriers(1)
    running.files.inject(.init(.sync, on: ".ndjson.zst", .fail(EIO, landing: false)))
    running.box.clock.advance(5_000)
    #expect(running.send("two\n"))
    running.mark("second")
    // The mark is answered once it is durable in the session after the failed one.
    running.waitForBarriers(2)
    #expect(running.send("three\n"))
    running.end()
    let changes = running.join()
    #expect(changes.contains { $0.failing != nil })
    let receipt = try #require(changes.last?.closed)
    #expect(receipt.session != running.id)
    _ = try Recovery(running.box.store, running.box.state, clock: running.box.clock).run()
    let sessions = try running.sessions()
    try #require(sessions.count == 2)
    let later = sessions.first { $0[0].contains(receipt.session.text) } ?? []
    let former = sessions.first { $0[0].contains("\"session\":\"\(running.id.text)\"") } ?? []
    #expect(later.first?.contains("\"continues\":\"\(running.id.text)\"") == true)
    #expect(later.count { $0.contains("recorder.gap") && $0.contains("\"bytes\":0") } == 1)
    #expect(later.contains { $0.contains("two\\n") } && later.contains { $0.contains("three\\n") })
    #expect(later.contains { $0.contains("\"label\":\"second\"") })
    #expect(!later.contains { $0.contains("one\\n") })
    #expect(former.contains { $0.contains("one\\n") })
    #expect(try running.box.findings().isEmpty)
  }

  @Test func `what cannot be kept while no session can begin is counted in the gap`() throws {
    let running = try start(3, .goOn)
    running.mark("first")
    running.waitForBarriers(1)
    running.files.inject(.init(.sync, on: ".ndjson.zst", .fail(EIO, landing: false)))
    // Two tries to begin a session fail as well.
    running.files.inject(
      .init(.open, on: ".ndjson.zst", at: 1, times: 2, .fail(EROFS, landing: false)))
    running.box.clock.advance(5_000)
    running.mark("second")
    while running.state.changes.receive(waiting: 1_000_000)?.contains(where: { $0.failing != nil })
      != true
    {}
    #expect(running.send("0123456789"))
    pause(milliseconds: 2500)
    #expect(running.send("after\n"))
    running.end()
    let changes = running.join()
    let receipt = try #require(changes.last?.closed)
    let lines = try running.box.lines(of: receipt.session).map {
      String(decoding: $0, as: UTF8.self)
    }
    let gap = try #require(lines.first { $0.contains("recorder.gap") })
    #expect(gap.contains("\"bytes\":10") && gap.contains("10 bytes of output"))
    #expect(!lines.contains { $0.contains("0123456789") })
    #expect(lines.contains { $0.contains("after\\n") })
  }

  @Test func `while the disk is full a session is tried now and then, and none is left behind`()
    throws
  {
    let running = try start(9, .goOn)
    running.mark("first")
    running.waitForBarriers(1)
    running.files.inject(.init(.sync, on: ".ndjson.zst", .fail(EIO, landing: false)))
    running.files.inject(
      .init(.write, on: ".ndjson.zst", at: 1, times: .max, .fail(ENOSPC, landing: false)))
    running.box.clock.advance(5_000)
    running.mark("second")
    while running.state.changes.receive(waiting: 1_000_000)?.contains(where: { $0.failing != nil })
      != true
    {}
    // A command that goes on writing.
    let before = running.files.calls(of: .open)
    for _ in 0..<100 {
      #expect(running.send("output\n"))
      running.box.clock.advance(1_000)
      pause(milliseconds: 5)
    }
    let tries = running.files.trace.filter { $0.contains("@0 +") && $0.contains("ENOSPC") }.count
    #expect((1...2).contains(tries), "\(tries) tries")
    #expect(running.files.calls(of: .open) - before < 100)
    running.files.heal()
    running.box.clock.advance(RecordingThread.retry)
    pause(milliseconds: 1500)
    running.end()
    #expect(running.join().last?.closed != nil)
    _ = try Recovery(running.box.store, running.box.state, clock: running.box.clock).run()
    #expect(try running.sessions().count == 2)
    #expect(try running.box.findings().isEmpty)
  }

  @Test func `small pieces of output that come together are one event, in order`() throws {
    let running = try start(4, .block)
    let clock = running.box.clock
    let pieces = (0..<40).map { number in
      (0..<4095).map { UInt8(0x21 + ($0 + number) % 90) }
    }
    // Before the thread gets any: it waits for more once it has something.
    for piece in pieces {
      let isTaken = running.state.capture(output: piece.span, at: clock.monotonic())
      #expect(isTaken)
    }
    clock.advance(10_000)
    let later = Array("later".utf8)
    _ = running.state.capture(output: later.span, at: clock.monotonic())
    running.end()
    _ = running.join()
    let lines = try running.sessions()[0].filter { $0.contains("terminal.output") }
    let data = try lines.map { line in
      try #require(try JSONValue(parsing: Array(line.utf8).span)["data"]?.string)
    }
    #expect(data.joined() == String(decoding: pieces.joined(), as: UTF8.self) + "later")
    #expect(data.last == "later")
    #expect(data.allSatisfy { $0.utf8.count <= Limits.payloadBytes })
    #expect(data.count < 30)
    #expect(try running.box.findings().isEmpty)
  }

  @Test func `output joins nothing but output of the same moment`() {
    let bytes = Array("ab".utf8)
    func joins(_ item: inout Captured, _ bytes: [UInt8], _ moment: UInt64) -> Bool {
      item.join(output: bytes.span, at: moment)
    }
    var output = Captured.output(bytes, 1000)
    let isJoined = joins(&output, bytes, 1000 + Captured.together)
    #expect(isJoined && output.bytes == 4 && output.moment == 1000)
    let isLate = !joins(&output, bytes, 1001 + Captured.together)
    let isTooMuch = !joins(&output, [UInt8](repeating: 0x61, count: 65_533), 1000)
    #expect(isLate && isTooMuch && output.bytes == 4)
    for item in [
      Captured.input(bytes, 1000), .resize(columns: 80, rows: 24, 1000),
      .mark("m", author: Identity(issuer: "local", uid: "1"), 1000),
    ] {
      var other = item
      let isRefused = !joins(&other, bytes, 1000)
      #expect(isRefused)
    }
  }

  @Test func `a full disk keeps neither sizes nor the end from being taken`() {
    let state = RecordingState()
    // Nobody takes anything: as while the disk is full.
    let piece = [UInt8](repeating: 0x61, count: 4095)
    var sent = 0
    while state.captured.hasRoom {
      let isTaken = state.capture(output: piece.span, at: UInt64(sent) * 10_000)
      #expect(isTaken)
      sent += 1
    }
    #expect(sent * piece.count >= 8 << 20)
    for width in 1...1000 {
      #expect(state.capture(.resize(columns: width, rows: 24, 0), weight: 0))
    }
    let end = EndOfSession(reason: "client", status: .signalled(SIGTERM))
    #expect(state.capture(.end(end, 0), weight: 0))
    #expect(state.captured.receive(waiting: 0)?.count == sent + 1001)
  }

  @Test func `a clock that is set stands in the session`() throws {
    let running = try start(5, .block)
    let step = ClockWatch.Step(delta: -5_000_000, after: running.box.clock.wall())
    #expect(running.send("before\n"))
    _ = running.state.capture(.clockStep(step, running.box.clock.monotonic()), weight: 0)
    running.end()
    _ = running.join()
    let lines = try running.sessions()[0]
    let place = try #require(lines.firstIndex { $0.contains("clock.step") })
    #expect(lines[place].contains("\"delta_us\":-5000000,"))
    #expect(lines[place - 1].contains("before\\n"))
  }

  @Test func `a flood is recorded by the relay in its turns, in order, over batches and marks`()
    throws
  {
    let running = try start(6, .block)
    var all = running.flood(0..<900)
    let before = all.count
    // How often depends on who else wants the cores.
    #expect(running.helped > 0)
    running.mark("in the middle")
    all += running.flood(900..<1800)
    running.end()
    let receipt = try #require(running.join().last?.closed)
    let lines = try running.sessions()[0]
    #expect(UInt64(lines.count) == receipt.lines)
    #expect(try running.output(lines) == all)
    let mark = try #require(lines.firstIndex { $0.contains("in the middle") })
    #expect(try running.output(lines[..<mark]).count == before)
    #expect(try running.box.findings().isEmpty)
  }

  @Test(arguments: [FileFailure.noSpace, FileFailure.interrupted])
  func `while the disk makes the thread wait, the relay's help changes nothing`(number: Int32)
    throws
  {
    let running = try start(7, .block, patience: 60_000_000)
    var all = running.flood(0..<300)
    running.files.inject(
      .init(.write, on: ".ndjson.zst", at: 1, times: 3, .fail(number, landing: false)))
    all += running.flood(300..<1500)
    running.end()
    let changes = running.join()
    if number == FileFailure.noSpace { #expect(changes.contains { $0.waitsForSpace }) }
    #expect(changes.last?.closed != nil)
    #expect(try running.output(running.sessions()[0]) == all)
    #expect(try running.box.findings().isEmpty)
  }

  @Test(arguments: [1, 2, 4])
  func `a session that fails in a flood goes on in another, with all that the first may lack`(
    sync: Int
  ) throws {
    let running = try start(8, .goOn)
    running.files.inject(
      .init(.sync, on: ".ndjson.zst", at: sync, .fail(EIO, landing: false)))
    let all = running.flood(0..<1800)
    running.end()
    let changes = running.join()
    #expect(changes.contains { $0.failing != nil })
    let receipt = try #require(changes.last?.closed)
    _ = try Recovery(running.box.store, running.box.state, clock: running.box.clock).run()
    let sessions = try running.sessions()
    try #require(sessions.count == 2)
    let later = try #require(
      sessions.first { $0[0].contains("\"session\":\"\(receipt.session.text)\"") })
    let former = try #require(
      sessions.first { $0[0].contains("\"session\":\"\(running.id.text)\"") })
    #expect(later.count { $0.contains("recorder.gap") && $0.contains("\"bytes\":0") } == 1)
    let (first, second) = (try running.output(former), try running.output(later))
    #expect(all.starts(with: first) && all.suffix(second.count).elementsEqual(second))
    #expect(first.count + second.count >= all.count)
    #expect(try running.box.findings().isEmpty)
  }
}

import Evidence
import Platform
import SessionLog
import TestSupport
import Testing

/// What a recorder promised before it died: the measure of every recovery.
final class Promises {
  /// Lines handed to each session's writer, from line 2 on.
  var given: [SessionID: [[UInt8]]] = [:]
  /// Of all its lines, those under a durable point that was told.
  var durable: [SessionID: UInt64] = [:]
  var closed: Set<SessionID> = []
  /// Every checkpoint that anyone could have seen.
  var published: [Checkpoint] = []

  func note(_ writer: borrowing SessionWriter, in box: TestStore) {
    durable[writer.id] = writer.durableLines
    notePublished(in: box)
  }

  func notePublished(in box: TestStore) {
    guard let bytes = (box.store.system as? FaultyFiles)?.contents(box.store.checkpointPath),
      let head = try? Checkpoint(Note(parsing: bytes), signedBy: box.store.verifierKey)
    else { return }
    if published.last != head { published.append(head) }
  }
}

/// Two sessions that overlap, with flushes, commits, anchors and closes.
struct CrashScript {
  static let ids = [TestStore.id(1), TestStore.id(2)]
  let promises = Promises()

  func run(_ box: TestStore) throws {
    defer { promises.notePublished(in: box) }
    var first = try begin(Self.ids[0], box)
    for number in 0..<4 {
      try append(&first, "first \(number) \(String(repeating: "x", count: 40 * number))", box)
      if number % 2 == 1 { try flush(&first, box) }
    }
    try flush(&first, box, commit: true)
    try append(&first, [0xFF, 0, 0x1B, 0x0A], box)
    try flush(&first, box)
    var pace = Pace()
    pace.commitBytes = 1200
    var second = try begin(Self.ids[1], box, pace)
    try append(&second, "second 0", box)
    try append(&first, String(repeating: "é€😀", count: 90), box)
    try flush(&second, box)
    box.clock.advance(2_000_000)
    try flush(&first, box, commit: true)
    var generator = SeededGenerator(seed: 9)
    try append(&second, generator.bytes(1500), box)
    try flush(&second, box)
    try append(&second, "never flushed on its own", box)
    try close(&first, box)
    try gather(&second, 6, box)
    try append(&second, "second last", box)
    try gather(&second, 6, box)
    try close(&second, box)
  }

  private func begin(_ id: SessionID, _ box: TestStore, _ pace: Pace = Pace()) throws
    -> SessionWriter
  {
    promises.given[id] = []
    let writer = try box.begin(id, pace: pace)
    promises.note(writer, in: box)
    return writer
  }

  private func append(_ writer: inout SessionWriter, _ text: String, _ box: TestStore) throws {
    try append(&writer, Array(text.utf8), box)
  }

  private func append(_ writer: inout SessionWriter, _ data: [UInt8], _ box: TestStore) throws {
    box.clock.advance(10_000)
    let line = TestLine.output(writer.now(), data)
    promises.given[writer.id]?.append(line)
    try writer.append(line)
  }

  /// As by one that may not wait for the disk: whatever follows has the commit of a full batch to write.
  private func gather(_ writer: inout SessionWriter, _ count: Int, _ box: TestStore) throws {
    writer.isGathering = true
    defer { writer.isGathering = false }
    for number in 0..<count where writer.takesLines {
      try append(&writer, "gathered \(number) \(String(repeating: "y", count: 300))", box)
    }
    while try writer.compressGathered() {}
  }

  private func flush(_ writer: inout SessionWriter, _ box: TestStore, commit: Bool = false) throws {
    defer { promises.note(writer, in: box) }
    try writer.makeDurable(commit: commit)
  }

  private func close(_ writer: inout SessionWriter, _ box: TestStore) throws {
    let line = TestLine.end(writer.now())
    promises.given[writer.id]?.append(line)
    defer { promises.note(writer, in: box) }
    _ = try writer.close(lines: [line])
    promises.closed.insert(writer.id)
  }
}

extension Promises {
  /// What of these promises the store does not keep; empty if all is well.
  func broken(in box: TestStore, afterRecovery: Bool = true) throws -> [String] {
    var broken: [String] = []
    let log = try box.log(known: published)
    broken += log.findings.map { "log: \($0.rule.rawValue) \($0.found), wanted \($0.wanted)" }
    var seen: Set<SessionID> = []
    try StoreVerifier.verify(box.store, log: log) { verdict in
      broken += verdict.findings.map {
        "\(verdict.id?.text ?? "?"): \($0.verdict) \($0.rule.rawValue) \($0.found), wanted \($0.wanted)"
      }
      if let id = verdict.id { seen.insert(id) }
      if afterRecovery, verdict.word != "OK" { broken.append("\(verdict.word) \(verdict.facts)") }
    }
    for (id, count) in durable where count >= 2 {
      guard seen.contains(id) else {
        broken.append("\(id) is gone")
        continue
      }
      let lines = try box.lines(of: id).dropFirst(2)
      let given = given[id] ?? []
      guard lines.count >= Int(count) - 2 else {
        broken.append("\(id): \(lines.count) lines of \(count - 2) acknowledged")
        continue
      }
      // All that is there is what was given, in order; only recovery adds, at the end.
      let own = lines.prefix { !isRecoverys($0, in: given) }
      if !given.starts(with: own) { broken.append("\(id): other lines than were given") }
      if own.count < Int(count) - 2 { broken.append("\(id): an acknowledged line is not its own") }
      if lines.count - own.count > 2 { broken.append("\(id): lines behind recovery's") }
    }
    for id in closed where log.leaves[id]?.last?.leaf.kind != .close {
      broken.append("\(id): closed, but its last leaf is not a close")
    }
    return broken
  }

  private func isRecoverys(_ line: [UInt8], in given: [[UInt8]]) -> Bool {
    let type = EventLine(sequence: 0, bytes: line)?.type
    return type == "recorder.recovered" || type == "session.end" && !given.contains(line)
  }
}

/// A store made once, and copies of its disk.
struct CrashBench {
  let base: FaultyFiles
  let wall: Int64

  init() throws {
    base = FaultyFiles()
    let clock = TestClock()
    wall = clock.wall()
    _ = try TestStore(on: base, clock: clock)
    // All that init made is durable.
    _ = base.kill()
  }

  /// A fresh copy of the store.
  func copy() throws -> (FaultyFiles, TestStore) {
    let files = base.crash(seed: 1)
    return (files, try TestStore(reopening: "/box", on: files, clock: TestClock()))
  }

  /// Calls that the undisturbed script makes.
  static let calls: Int = {
    guard let bench = try? CrashBench(), let (files, box) = try? bench.copy() else { return 0 }
    let before = files.calls
    try? CrashScript().run(box)
    return files.calls - before
  }()

  /// Recovers on a disk, itself dying at a random call, as often as it takes; then what is broken.
  func recover(
    _ files: FaultyFiles, _ script: CrashScript, clock: TestClock, seed: UInt64, deaths: Int = 1
  ) throws -> [String] {
    // Another seed is another future: it must not be held to what was published in this one.
    let published = script.promises.published
    defer { script.promises.published = published }
    var random = SeededGenerator(seed: seed &* 31 &+ 7)
    var disk = files
    for _ in 0..<deaths {
      let box = try TestStore(reopening: "/box", on: disk, clock: clock)
      disk.die(
        atCall: Int.random(in: 1...160, using: &random),
        landing: Bool.random(using: &random) ? .max : 0)
      do { _ = try Recovery(box.store, box.state, clock: clock).run() } catch {}
      script.promises.notePublished(in: box)
      disk = Bool.random(using: &random) ? disk.crash(seed: random.next()) : disk.kill()
    }
    clock.advance(1_000_000)
    let box = try TestStore(reopening: "/box", on: disk, clock: clock)
    _ = try Recovery(box.store, box.state, clock: clock).run()
    var broken = try box.store.liveSessions().map { "the lock of \($0) is left" }
    // Recovered is durable, not only written; the lock's name may come back and be found again.
    let after = disk.crash(seed: seed)
    let last = try TestStore(reopening: "/box", on: after, clock: clock)
    broken += try script.promises.broken(in: last)
    return broken
  }
}

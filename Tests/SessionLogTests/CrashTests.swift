import Platform
import SessionLog
import TestSupport
import Testing

@Suite struct `Power cuts and dead processes` {
  static let parts = 8

  /// Every call of the script, dealt to `parts` tests.
  private static func calls(_ part: Int) -> [Int] {
    (1...max(1, CrashBench.calls)).filter { $0 % parts == part }
  }

  @Test func `undisturbed, the script keeps every promise`() throws {
    let (_, box) = try CrashBench().copy()
    let script = CrashScript()
    try script.run(box)
    #expect(try script.promises.broken(in: box) == [])
    #expect(script.promises.closed.count == 2)
    #expect(CrashBench.calls > 200)
  }

  @Test(arguments: 0..<parts)
  func `after a power cut at any call, recovery keeps what was acknowledged`(part: Int) throws {
    let bench = try CrashBench()
    for call in Self.calls(part) {
      let (files, box) = try bench.copy()
      let script = CrashScript()
      files.die(atCall: call, landing: call % 3 == 0 ? 0 : call % 3 == 1 ? .max : 37)
      do { try script.run(box) } catch {}
      for seed in 0..<2 {
        let seed = UInt64(call * 16 + seed)
        let disk = files.crash(seed: seed)
        let broken = try bench.recover(disk, script, clock: box.clock, seed: seed)
        #expect(broken == [], "power cut at call \(call) (\(files.trace.last ?? "")), seed \(seed)")
      }
    }
  }

  @Test(arguments: 0..<parts)
  func `after the death of the process at any call, recovery keeps all that was written`(part: Int)
    throws
  {
    let bench = try CrashBench()
    for call in Self.calls(part) {
      let (files, box) = try bench.copy()
      let script = CrashScript()
      files.die(atCall: call, landing: call % 2 == 0 ? .max : 11)
      do { try script.run(box) } catch {}
      let broken = try bench.recover(
        files.kill(), script, clock: box.clock, seed: UInt64(call), deaths: call % 3)
      #expect(broken == [], "killed at call \(call) (\(files.trace.last ?? ""))")
    }
  }

  enum Trouble: String, CaseIterable { case fails, failsAfterItsEffect, loses, noSpace }

  @Test(arguments: Trouble.allCases)
  func `one failed call at any place breaks no promise, and recovery mends the rest`(
    trouble: Trouble
  ) throws {
    let bench = try CrashBench()
    for call in 1...CrashBench.calls {
      let (files, box) = try bench.copy()
      let script = CrashScript()
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
      // The process gives up; half of the time the power goes too.
      let disk = call % 2 == 0 ? files.kill() : files.crash(seed: UInt64(call))
      let broken = try bench.recover(disk, script, clock: box.clock, seed: UInt64(call), deaths: 0)
      let met = files.trace.last { $0.contains("!") && !$0.contains("ENOENT") }
      #expect(broken == [], "\(trouble) at call \(call) (\(met ?? ""))")
    }
  }

  @Test func `one failed call during recovery breaks no promise`() throws {
    let bench = try CrashBench()
    for call in 1...220 {
      let (files, box) = try bench.copy()
      let script = CrashScript()
      files.die(atCall: CrashBench.calls * 2 / 3 + call % 40)
      do { try script.run(box) } catch {}
      let disk = files.kill()
      let second = try TestStore(reopening: "/box", on: disk, clock: box.clock)
      disk.inject(.init(at: call, .fail(FileFailure.ioError, landing: call % 2 == 0)))
      do { _ = try Recovery(second.store, second.state, clock: box.clock).run() } catch {}
      disk.heal()
      let broken = try bench.recover(disk, script, clock: box.clock, seed: UInt64(call), deaths: 0)
      #expect(broken == [], "EIO at call \(call) of recovery")
    }
  }

  @Test func `interrupted calls and writes of one byte give identical bytes`() throws {
    let bench = try CrashBench()
    let (plain, box) = try bench.copy()
    let salt = [UInt8](repeating: 7, count: 32)
    let (troubled, other) = try bench.copy()
    troubled.inject(.init(.write, at: 1, times: .max, .short(1)))
    var paths: [String] = []
    for box in [box, other] {
      var writer = try SessionWriter.begin(
        in: box.store, state: box.state, start: box.start(TestStore.id(1)), clock: box.clock,
        pace: Pace(), salt: salt)
      try writer.append(TestLine.output(5, "one"))
      if box.store.system === troubled {
        troubled.heal()
        for operation in [FaultyFiles.Operation.open, .write, .read, .sync, .truncate, .lock] {
          for call in 0..<6 {
            troubled.inject(
              .init(operation, at: 1 + call * 2, .fail(FileFailure.interrupted, landing: false)))
          }
        }
      }
      try writer.makeDurable(commit: true)
      _ = try writer.close(lines: [TestLine.end(6)])
      paths.append(writer.path)
    }
    #expect(paths.count == 2)
    for path in [paths[0], box.store.entriesPath, box.store.checkpointPath] {
      #expect(plain.contents(path) == troubled.contents(path))
    }
    #expect(try box.findings() == [])
  }

  @Test(arguments: [0, 1, 100, 700, 2000, 9000])
  func `a full disk stops acknowledging, keeps every byte, and goes on when space returns`(
    room: Int
  ) throws {
    let (files, box) = try CrashBench().copy()
    let script = CrashScript()
    var writer = try box.begin(TestStore.id(1))
    script.promises.given[writer.id] = []
    script.promises.note(writer, in: box)
    files.space = room
    var refused = 0
    var generator = SeededGenerator(seed: 3)
    for number in 0..<60 {
      box.clock.advance(100_000)
      let line = TestLine.output(writer.now(), generator.bytes(300))
      try writer.append(line)
      script.promises.given[writer.id]?.append(line)
      let before = writer.durableLines
      do { try writer.makeDurable(commit: number % 9 == 0) } catch {
        #expect(error.kind == .outOfSpace)
        refused += 1
        #expect(writer.durableLines <= writer.lines)
        #expect(writer.durableLines >= before)
      }
      script.promises.note(writer, in: box)
      if number == 40 {
        // What was acknowledged so far is on the disk now.
        let now = files.contents(box.store.sessionPath(of: writer.id)) ?? []
        #expect(!now.isEmpty)
        files.space = nil
      }
    }
    #expect(refused > 0)
    let end = TestLine.end(writer.now())
    _ = try writer.close(lines: [end])
    #expect(writer.durableLines == 63)
    #expect(try script.promises.broken(in: box) == [])
    #expect(try box.lines(of: writer.id).count == 63)
  }

  @Test func `the reserve lets a session close on a full disk`() throws {
    let (files, box) = try CrashBench().copy()
    var writer = try box.begin(TestStore.id(1))
    try writer.append(TestLine.output(1, String(repeating: "x", count: 100)))
    files.space = 3
    let leaf = try writer.close(lines: [TestLine.end(2)])
    #expect(leaf.kind == .close)
    let (log, sessions) = try box.verify()
    #expect(log.findings.isEmpty)
    #expect(sessions.map(\.word) == ["OK"])
  }

  @Test func `a full disk at any call of close leaves one close leaf, after a second try`() throws {
    let bench = try CrashBench()
    for call in 1...90 {
      let (files, box) = try bench.copy()
      var writer = try box.begin(TestStore.id(1))
      try writer.append(TestLine.output(1, "x"))
      files.inject(.init(at: call, .fail(FileFailure.noSpace, landing: call % 2 == 0)))
      var isClosed = true
      do { _ = try writer.close(lines: [TestLine.end(2)]) } catch {
        files.heal()
        do { _ = try writer.close(lines: [TestLine.end(2)]) } catch {
          isClosed = false
          _ = try Recovery(box.store, box.state, clock: box.clock).run()
        }
      }
      files.heal()
      let cuts = (0..<4).map { files.crash(seed: UInt64(call * 4 + $0)) }
      for disk in cuts + [files.kill()] {
        let after = try TestStore(reopening: "/box", on: disk, clock: box.clock)
        // What was told to be closed is so on a disk that lost its power, before anything is mended.
        let last = try after.log().leaves[TestStore.id(1)]?.last?.leaf.kind
        if isClosed { #expect(last == .close, "call \(call)") }
        _ = try Recovery(after.store, after.state, clock: box.clock).run()
        let (log, sessions) = try after.verify()
        #expect(log.findings.isEmpty)
        #expect(sessions.map(\.word) == ["OK"], "call \(call): \(sessions.flatMap(\.findings))")
        let finals = log.leaves[TestStore.id(1)]?.filter { $0.leaf.kind.isFinal }.count
        #expect(finals == 1, "call \(call)")
      }
    }
  }
}

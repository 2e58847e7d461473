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
}

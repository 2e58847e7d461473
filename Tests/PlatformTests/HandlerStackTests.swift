import Glibc
import Testing

@testable import Platform

/// A stack that runs out leaves no room for a signal handler: it needs one of its own, on each thread.
@Suite struct HandlerStackTests {
  /// Calls itself until there is no stack left.
  @inline(never) private static func overflow(_ depth: Int) -> Int {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4096) { buffer in
      buffer[depth & 4095] = 1
      return overflow(depth + 1) + Int(buffer[(depth + 7) & 4095])
    }
  }

  @Test func `a thread whose stack runs out still gives the terminal back`() async throws {
    let result = await #expect(
      processExitsWith: .signal(SIGSEGV), observing: [\.standardOutputContent]
    ) {
      RawMode.restoreAfterCrash(writing: Array("given back".utf8), to: 1)
      let worker = Worker { print(Self.overflow(0)) }
      worker?.join()
    }
    let shown = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
    #expect(shown.contains("given back"))
  }

  @Test func `so does the thread that holds it`() async throws {
    let result = await #expect(
      processExitsWith: .signal(SIGSEGV), observing: [\.standardOutputContent]
    ) {
      RawMode.restoreAfterCrash(writing: Array("given back".utf8), to: 1)
      print(Self.overflow(0))
    }
    let shown = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
    #expect(shown.contains("given back"))
  }
}

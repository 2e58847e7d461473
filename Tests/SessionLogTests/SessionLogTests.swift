import Evidence
import Platform
import SessionLog
import TestSupport
import Testing

@Suite struct `A whole session` {
  @Test func `is written, anchored, closed, and verifies; stock tools read it`() throws {
    let directory = TemporaryDirectory()
    let box = try TestStore(on: SystemFiles.shared, at: directory.path)
    let id = TestStore.id(1)
    var writer = try box.begin(id)
    var written: [[UInt8]] = []
    var generator = SeededGenerator(seed: 1)
    for number in 0..<300 {
      box.clock.advance(10_000)
      let data: [UInt8]
      switch number {
      case 50: data = []
      case 100: data = [UInt8](repeating: 0x78, count: 60 << 10)
      case 150: data = generator.bytes(60 << 10)
      default:
        data = number % 7 == 0 ? generator.bytes(40) : Array("line \(number)\u{1B}[0m\r\n".utf8)
      }
      let line = TestLine.output(writer.now(), data)
      written.append(line)
      try writer.append(line)
      if number % 20 == 0 { try writer.makeDurable() }
      if number % 90 == 0 { try writer.makeDurable(commit: true) }
    }
    box.clock.advance(10_000)
    let end = TestLine.end(writer.now())
    let leaf = try writer.close(lines: [end])
    let (log, sessions) = try box.verify()
    #expect(log.findings.isEmpty, "\(log.findings)")
    #expect(sessions.map(\.word) == ["OK"], "\(sessions.flatMap(\.findings))")
    #expect(sessions.first?.facts == [])
    #expect(sessions.first?.lines == 303)
    #expect(leaf.kind == .close && leaf.lines == 303)
    let lines = try box.lines(of: id)
    #expect(Array(lines.dropFirst(2).dropLast()) == written)
    #expect(lines.last == end)

    let path = box.store.sessionPath(of: id)
    guard directory.has("zstd"), directory.has("sha256sum") else { return }
    let decoded = directory.shell("zstd -dcq '\(path)'")
    #expect(decoded.status == 0)
    #expect(decoded.output == lines.flatMap { $0 + [0x0A] })
    let digest = directory.shell("head -c \(leaf.bytes) '\(path)' | sha256sum | cut -c1-64")
    #expect(digest.output == Array((leaf.sha256.hex + "\n").utf8))
    #expect(directory.shell("zstd -lq '\(path)'").status == 0)
  }
}

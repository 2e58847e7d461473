import Platform
import TestSupport
import Testing

@testable import SessionLog

/// How a session's frames are compressed, by what they are and how fast they come.
struct CompressionChoiceTests {
  private static let full = 1 << 20

  /// Feeds full frames whose stored share each kind's `share` gives; counts what was chosen.
  private func flood(
    _ choice: inout CompressionChoice, frames: Int,
    _ share: (CompressionChoice.Kind) -> Double
  ) -> [CompressionChoice.Kind] {
    (0..<frames).map { _ in
      let kind = choice.kind
      choice.noteFrame(
        content: Self.full, stored: Int(Double(Self.full) * share(kind)), microseconds: 10_000)
      return kind
    }
  }

  @Test func `what prints little is compressed thoroughly, frame after frame`() {
    var choice = CompressionChoice()
    for content in [100, 20_000, 1 << 20] {
      #expect(choice.kind == .thorough)
      choice.noteFrame(content: content, stored: content / 4, microseconds: 60_000_000)
    }
    #expect(choice.kind == .thorough)
  }

  @Test func `a flood gets the fast kind that makes fewer bytes of it, tried ever more seldom`() {
    for (winner, loser) in [
      (CompressionChoice.Kind.numbers, CompressionChoice.Kind.text), (.text, .numbers),
    ] {
      var choice = CompressionChoice()
      let kinds = flood(&choice, frames: 200) { $0 == winner ? 0.235 : 0.25 }
      #expect(kinds[0] == .thorough)
      #expect(Set(kinds[1...2]) == [.text, .numbers])
      #expect(kinds.count { $0 == loser } <= 5)
      #expect(!kinds.dropFirst().contains(.thorough))
    }
  }

  @Test func `other content is noticed at once, and the better kind is found again`() {
    var choice = CompressionChoice()
    _ = flood(&choice, frames: 100) { $0 == .numbers ? 0.235 : 0.25 }
    let kinds = flood(&choice, frames: 12) { $0 == .numbers ? 0.3 : 0.2 }
    #expect(kinds.suffix(8).allSatisfy { $0 == .text })
  }

  @Test func `after a flood it is thorough again`() {
    var choice = CompressionChoice()
    _ = flood(&choice, frames: 5) { _ in 0.2 }
    choice.noteFrame(content: 3000, stored: 600, microseconds: 60_000_000)
    #expect(choice.kind == .thorough)
    // A short frame that came fast says nothing.
    choice.noteFrame(content: 3000, stored: 600, microseconds: 10)
    #expect(choice.kind == .thorough)
  }

  @Test func `a session whose frames are of every kind reads back, in less than a fast kind makes`()
    throws
  {
    let box = try TestStore(on: FaultyFiles())
    let id = TestStore.id(7)
    var writer = try box.begin(id)
    var generator = SeededGenerator(seed: 3)
    var written: [[UInt8]] = []
    func line(_ number: Int) -> [UInt8] {
      let random = generator.bytes(4).map { String($0, radix: 16) }.joined()
      let text = String(
        repeating: "request \(random) in \(number % 97) ms (line \(number))\r\n", count: 8)
      return TestLine.output(writer.now(), text)
    }
    // No time passes: a flood. Then a second for a few lines: none.
    for number in 0..<12_000 {
      written.append(line(number))
      try writer.append(try #require(written.last))
    }
    #expect(writer.choice?.kind != .thorough)
    try writer.makeDurable(commit: true)
    for number in 0..<40 {
      box.clock.advance(1_000_000)
      written.append(line(number))
      try writer.append(try #require(written.last))
      try writer.makeDurable()
    }
    box.clock.advance(61_000_000)
    try writer.makeDurable()
    #expect(writer.choice?.kind == .thorough)
    _ = try writer.close(lines: [SessionEndEvent(reason: "client").line(at: writer.now())])
    #expect(try box.findings().isEmpty)
    let lines = try box.lines(of: id)
    #expect(Array(lines.dropFirst(2).dropLast()) == written)
  }
}

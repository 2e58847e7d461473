import Testing

@testable import Terminal

@Suite struct SnapshotTests {
  @Test(arguments: 0..<200)
  func `a terminal made of a snapshot is the same and goes on the same`(seed: Int) throws {
    var random = SeededGenerator(state: UInt64(seed) &* 77)
    var terminal = VirtualTerminal(
      columns: Int.random(in: 1...40, using: &random), rows: Int.random(in: 1...10, using: &random),
      scrollbackLimit: Int.random(in: 0...60, using: &random))
    for round in 0..<4 {
      // Cut anywhere: what is half read is in a snapshot too.
      let bytes = HostileBytes.sequences(seed: random.next(), count: 80)
      terminal.feed(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random))))
      if round % 2 == 1 {
        terminal.resize(
          columns: Int.random(in: 1...40, using: &random),
          rows: Int.random(in: 1...10, using: &random))
      }
      let snapshot = terminal.snapshot()
      var restored = try #require(VirtualTerminal(snapshot: snapshot))
      #expect(restored.snapshot() == snapshot)
      expectSame(restored, terminal)
      var original = terminal
      // Taking ends what is half seen.
      _ = original.takeHidden()
      _ = restored.takeHidden()
      let more = HostileBytes.sequences(seed: random.next(), count: 40)
      restored.feed(more)
      original.feed(more)
      #expect(restored.snapshot() == original.snapshot())
      #expect(
        restored.takeHidden().filter { $0.kind != .overwritten }
          == original.takeHidden().filter { $0.kind != .overwritten })
    }
  }

  private func expectSame(_ restored: VirtualTerminal, _ terminal: VirtualTerminal) {
    #expect(restored.cursor == terminal.cursor)
    #expect(restored.title == terminal.title)
    #expect(restored.fullText() == terminal.fullText())
    #expect(DumpTests.difference(restored, terminal) == nil)
  }

  @Test func `a snapshot of each judge's screen is the screen`() throws {
    for name in ["vt/alacritty.jsonl.gz", "vt/xtermjs.jsonl.gz"] {
      guard let cases = try JudgeData.objects(name) else { return }
      for value in cases {
        var terminal = VirtualTerminal(
          columns: value["cols"] as? Int ?? 80, rows: value["rows"] as? Int ?? 25)
        let bytes = JudgeData.bytes(value["feed"])
        terminal.feed(Array(bytes.prefix(bytes.count / 2)))
        var restored = try #require(VirtualTerminal(snapshot: terminal.snapshot()))
        restored.feed(Array(bytes.dropFirst(bytes.count / 2)))
        terminal.feed(Array(bytes.dropFirst(bytes.count / 2)))
        #expect(restored.snapshot() == terminal.snapshot(), "\(value["case"] ?? "")")
      }
    }
  }

  @Test func `the newest lines of the scrollback are kept, as many as asked for`() throws {
    var terminal = VirtualTerminal(columns: 20, rows: 3, scrollbackLimit: 100)
    for line in 0..<50 { terminal.feed(Array("line \(line)\r\n".utf8)) }
    let restored = try #require(VirtualTerminal(snapshot: terminal.snapshot(scrollbackLines: 5)))
    #expect(restored.scrollbackCount == 5)
    #expect(restored.scrollbackRow(0).text() == "line 43")
    #expect(restored.scrollbackRow(4).text() == "line 47")
    #expect(restored.screenText() == ["line 48", "line 49", ""])
    let none = try #require(VirtualTerminal(snapshot: terminal.snapshot(scrollbackLines: 0)))
    #expect(none.scrollbackCount == 0)
    var grown = none
    for line in 0..<200 { grown.feed(Array("more \(line)\r\n".utf8)) }
    #expect(grown.scrollbackCount == 100)
  }

  @Test func `a snapshot holds nothing that is not used any more`() {
    var used = VirtualTerminal(columns: 20, rows: 3)
    for index in 0..<300 {
      used.feed(Array("\u{1B}]8;;http://host/\(index)\u{7}e\u{301}\u{1B}]8;;\u{7}\r".utf8))
      used.feed(Array("\u{1B}[38;5;\(index % 256)mx".utf8))
    }
    used.feed(Array("\u{1B}[0m\u{1B}[2J\u{1B}[3J\u{1B}[Hplain".utf8))
    let snapshot = used.snapshot()
    #expect(snapshot.count < 400, "\(snapshot.count) bytes")
    #expect(!String(decoding: snapshot, as: UTF8.self).contains("http"))
  }

  @Test func `damaged bytes make no terminal`() {
    var terminal = VirtualTerminal(columns: 12, rows: 4, scrollbackLimit: 10)
    terminal.feed(Array("\u{1B}[31mred\u{1B}[0m 中文 e\u{301}\r\n\u{1B}]2;title\u{7}\u{1B}[3".utf8))
    let snapshot = terminal.snapshot()
    #expect(VirtualTerminal(snapshot: snapshot) != nil)
    #expect(VirtualTerminal(snapshot: []) == nil)
    for count in 0..<snapshot.count {
      #expect(VirtualTerminal(snapshot: Array(snapshot.prefix(count))) == nil)
    }
    for index in snapshot.indices {
      for bit in 0..<8 {
        var damaged = snapshot
        damaged[index] ^= 1 << UInt8(bit)
        #expect(VirtualTerminal(snapshot: damaged) == nil, "byte \(index) bit \(bit)")
      }
    }
    #expect(VirtualTerminal(snapshot: snapshot + [0]) == nil)
  }

  /// The check sum keeps nobody out: it is made right again, and the rest must hold.
  @Test(arguments: 0..<400)
  func `bytes made by hand trap nowhere`(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed) &+ 4242)
    var terminal = VirtualTerminal(columns: 14, rows: 4, scrollbackLimit: 20)
    terminal.feed(HostileBytes.sequences(seed: UInt64(seed), count: 60))
    var bytes = Array(terminal.snapshot().dropLast(SnapshotFormat.sumBytes))
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let index = Int.random(in: 5..<bytes.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &random)
      case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
      default: if bytes.count > 20 { bytes.remove(at: index) }
      }
    }
    var sum = SnapshotFormat.sum(bytes, count: bytes.count)
    for _ in 0..<SnapshotFormat.sumBytes {
      bytes.append(UInt8(truncatingIfNeeded: sum))
      sum >>= 8
    }
    guard var made = VirtualTerminal(snapshot: bytes) else { return }
    #expect(made.columns <= Limits.columns && made.rows <= Limits.rows)
    for _ in 0..<3 {
      made.feed(HostileBytes.sequences(seed: random.next(), count: 60))
      made.resize(
        columns: Int.random(in: 1...40, using: &random), rows: Int.random(in: 1...9, using: &random)
      )
      #expect(made.screenText().count == made.rows)
      #expect(VirtualTerminal(snapshot: made.snapshot()) != nil)
      _ = made.dump(withScrollback: true)
      _ = made.fullText()
    }
  }

  @Test func `a snapshot comes back in less than a thousandth of a second`() throws {
    var terminal = VirtualTerminal(columns: 132, rows: 43, scrollbackLimit: 1000)
    for line in 0..<1200 {
      terminal.feed(Array("\u{1B}[3\(line % 8)mline \(line)\u{1B}[0m and plain text\r\n".utf8))
    }
    let snapshot = terminal.snapshot(scrollbackLines: 500)
    #expect(snapshot.count < 40_000, "\(snapshot.count) bytes")
    let clock = ContinuousClock()
    var best = Duration.seconds(1)
    for _ in 0..<20 {
      best = min(best, clock.measure { _ = VirtualTerminal(snapshot: snapshot) })
    }
    print("snapshot of \(snapshot.count) bytes restored in \(best)")
    #if !DEBUG
      #expect(best < .milliseconds(1))
    #endif
  }
}

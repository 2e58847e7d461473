import Evidence
import Platform
import SessionLog
import Synchronization
import TestSupport
import Testing

@testable import Recorder

@Suite struct `Served sessions` {
  @Test func `are opened, acked and closed with receipts that the file bears out`() throws {
    let bench = try ServeBench()
    let opened = try bench.say(
      #"{"open":"r","kind":"database","agent":{"uid":"a"},"delegation":[{"uid":"d"}],"x": 1.50}"#)
    #expect(opened.count == 1 && opened[0]["opened"]?.string == "r")
    #expect(opened[0]["lines"]?.integer == 2)
    #expect(opened[0]["log"]?["size"]?.integer == 1)
    let id = try #require(opened[0]["session"]?.string)

    bench.box.clock.advance(3000)
    let acked = try bench.say(#"{"event":"r","n":1,"type":"database.query","text":"é"}"#)
    #expect(acked.map { $0["ack"]?.string } == ["r"])
    #expect(acked[0]["n"]?.integer == 1 && acked[0]["lines"]?.integer == 3)
    // No barrier: nothing before the flush interval.
    #expect(try bench.say(#"{"event":"r","n":2,"type":"database.result"}"#).isEmpty)
    #expect(try bench.wait(100_000).isEmpty)
    #expect(try bench.wait(100_000).map { $0["n"]?.integer } == [2])

    let closed = try bench.say(#"{"close":"r","reason":"policy","exit_code":3}"#)
    #expect(closed.map { $0["closed"]?.string } == ["r"])
    let lines = try bench.lines(id)
    #expect(lines.count == 5)
    #expect(lines[0].contains(#","agent":{"uid":"a"},"delegation":[{"uid":"d"}],"x": 1.50,"#))
    #expect(lines[0].contains(#""principal":null"#) && lines[0].contains(#""peer":{"uid":7,"#))
    #expect(lines[2] == #"{"t":3000,"type":"database.query","text":"é"}"#)
    #expect(lines[4].hasSuffix(#""reason":"policy","exit_code":3,"n_events":5}"#))

    // The receipt of the close is the root that the log holds.
    let (log, verdicts) = try bench.box.verify()
    #expect(log.findings.isEmpty && verdicts.map(\.word) == ["OK"])
    let session = try #require(SessionID(id))
    let leaf = try #require(log.leaves[session]?.last?.leaf)
    #expect(closed[0]["root"]?.string == Base64.encode(leaf.root.bytes))
    #expect(closed[0]["lines"]?.integer == 5)
  }

  @Test func `recognise repeats, and refuse a gap`() throws {
    let bench = try ServeBench()
    let id = try bench.open()
    _ = try bench.say(
      #"{"event":"r","n":1,"type":"a"}"#, #"{"event":"r","n":2,"type":"b"}"#, #"{"barrier":"r"}"#)
    let again = try bench.say(
      #"{"event":"r","n":1,"type":"a"}"#, #"{"event":"r","n":2,"type":"b"}"#,
      #"{"event":"r","n":3,"type":"c"}"#, #"{"barrier":"r"}"#)
    #expect(again.map { $0["n"]?.integer } == [3])
    let gap = try bench.say(#"{"event":"r","n":5,"type":"e"}"#)
    #expect(gap.map { $0["error"]?.string } == ["out_of_order"])
    #expect(gap[0]["n"]?.integer == 3 && gap[0]["session"]?.string == id)
    // The ref is passed over; the session can be come back to.
    #expect(try bench.say(#"{"event":"r","n":4,"type":"d"}"#, #"{"barrier":"r"}"#).isEmpty)
    let resumed = try bench.say(#"{"resume":"r","session":"\#(id)"}"#)
    #expect(resumed.map { $0["resumed"]?.string } == ["r"] && resumed[0]["n"]?.integer == 3)
    #expect(
      try bench.say(#"{"event":"r","n":4,"type":"d"}"#, #"{"close":"r"}"#).last?["n"]?.integer == 4)
    #expect(try bench.lines(id).count == 7)
  }

  @Test func `are written by one connection, of the user who opened them`() throws {
    let bench = try ServeBench()
    let id = try bench.open()
    let other = try bench.say(#"{"resume":"q","session":"\#(id)"}"#, on: 2)
    #expect(other.map { $0["error"]?.string } == ["session_busy"])
    #expect(other[0]["ref"]?.string == "q")
    try bench.keeper.take([[.gone(connection: 1)]])
    let stranger = try bench.say(#"{"resume":"q","session":"\#(id)"}"#, on: 3, user: 9)
    #expect(stranger.map { $0["error"]?.string } == ["forbidden"])
    #expect(
      try bench.say(#"{"resume":"q","session":"\#(id)"}"#, on: 2).map { $0["resumed"]?.string }
        == ["q"])
    #expect(
      try bench.say(#"{"event":"q","n":1,"type":"mcp.call"}"#, on: 2).map { $0["n"]?.integer }
        == [1])
  }

  @Test func `that nobody comes back to are closed, and say how much they hold`() throws {
    let bench = try ServeBench()
    let id = try bench.open()
    _ = try bench.say(#"{"event":"r","n":1,"type":"a"}"#)
    try bench.keeper.take([[.gone(connection: 1)]])
    for _ in 0..<7 { _ = try bench.wait(1_000_000) }
    let lines = try bench.lines(id)
    #expect(lines.last?.contains(#""reason":"lost""#) == true)
    let over = try bench.say(#"{"resume":"q","session":"\#(id)"}"#, on: 2)
    #expect(over.map { $0["closed"]?.string } == ["q"] && over[0]["n"]?.integer == 1)
    #expect(over[0]["reason"]?.string == "lost" && over[0]["lines"]?.integer == Int64(lines.count))
    #expect(
      try bench.say(#"{"resume":"q","session":"\#(id)"}"#, on: 3, user: 9).map {
        $0["error"]?.string
      } == ["forbidden"])
    let unknown = try bench.say(#"{"resume":"q","session":"\#(TestStore.id(9))"}"#, on: 2)
    #expect(unknown.map { $0["error"]?.string } == ["session_unknown"])
  }

  @Test func `that were closed say so again to whoever missed it, with the same receipt`() throws {
    let bench = try ServeBench()
    let id = try bench.open()
    _ = try bench.say(#"{"event":"r","n":1,"type":"a"}"#)
    let closed = try bench.say(#"{"close":"r","reason":"timeout"}"#)
    #expect(closed.last?["reason"]?.string == "timeout")
    for ref in ["r", "q"] {
      let again = try bench.say(#"{"resume":"\#(ref)","session":"\#(id)"}"#, on: 2)
      #expect(again.map { $0["closed"]?.string } == [ref])
      for member in ["n", "session", "lines", "root", "reason", "log"] {
        #expect(again[0][member] == closed.last?[member] && again[0][member] != nil, "\(member)")
      }
    }
    // The ref is free again.
    _ = try bench.open("r", on: 2)

    // The client goes with its close and comes back before the disk has it.
    let other = try bench.open("s", on: 3)
    var next = 1000
    var talk = ConnectionDecoder(connection: 4, peer: PeerCredentials(user: 7, process: 1))
    _ = talk.decode(Array(#"{"hello":1}"#.utf8).span, moment: 0, next: &next)
    let resume = Array(#"{"resume":"t","session":"\#(other)"}"#.utf8)
    #expect(talk.decode(resume.span, moment: 0, next: &next) == .goOn)
    let back = talk.takeCommands()
    var gone = try #require(bench.talks[3])
    let close = Array(#"{"close":"s","reason":"client"}"#.utf8)
    #expect(gone.decode(close.span, moment: 0, next: &next) == .goOn)
    try bench.keeper.take([gone.takeCommands(), [.gone(connection: 3)], back])
    let told = try bench.wait(0)
    #expect(told.map { $0["closed"]?.string } == ["t"] && told[0]["session"]?.string == other)
    #expect(told[0]["reason"]?.string == "client" && told[0]["lines"]?.integer == 3)
    #expect(try bench.box.findings() == [])
  }

  @Test func `are no more than allowed`() throws {
    let bench = try ServeBench(mostSessions: 2)
    _ = try bench.open("a")
    _ = try bench.open("b")
    let refused = try bench.say(#"{"open":"c","kind":"http","agent":{"uid":"a"}}"#)
    #expect(refused.map { $0["error"]?.string } == ["too_many_sessions"])
    #expect(try bench.say(#"{"close":"a"}"#).map { $0["closed"]?.string } == ["a"])
    _ = try bench.open("c")
  }

  @Test func `may be opened, written and closed in one breath`() throws {
    let bench = try ServeBench()
    let answers = try bench.say(
      #"{"open":"r","kind":"http","agent":{"uid":"a"}}"#,
      #"{"event":"r","n":1,"type":"http.request"}"#, #"{"close":"r"}"#)
    // The close waits for its own open leaf, one round later.
    let rest = try bench.wait(1000)
    let words = (answers + rest).compactMap { $0.members?.first?.name }
    #expect(words.first == "opened" && words.last == "closed")
    #expect((answers + rest).last?["n"]?.integer == 1)
    #expect(try bench.box.findings() == [])
  }

  @Test func `keep all they took on a full disk, and are acked when there is space again`() throws {
    let bench = try ServeBench()
    let id = try bench.open()
    _ = try bench.wait(1000)
    let before = bench.credited
    bench.files.space = 10
    // So that the round returns where it would wait for space.
    bench.exchange.isStopping.store(true, ordering: .relaxed)
    let full = try bench.say(
      #"{"event":"r","n":1,"type":"database.query","text":"\#(String(repeating: "x", count: 900))"}"#
    )
    #expect(full.isEmpty)
    #expect(bench.credited == before, "no credit before it is durable")
    bench.files.space = nil
    bench.exchange.isStopping.store(false, ordering: .relaxed)
    #expect(try bench.wait(200_000).map { $0["n"]?.integer } == [1])
    #expect(bench.credited > before + 900)
    _ = try bench.say(#"{"close":"r"}"#)
    #expect(try bench.lines(id).count == 4)
    #expect(try bench.box.findings() == [])
  }

  @Test func `take lines of many megabytes, a durable point before the batch is too big`() throws {
    let bench = try ServeBench()
    let id = try bench.open()
    let text = String(repeating: "x", count: 5 << 20)
    let lines = (1...4).map { #"{"event":"r","n":\#($0),"type":"a","text":"\#(text)"}"# }
    _ = try bench.say(lines[0], lines[1], lines[2], lines[3])
    #expect(try bench.say(#"{"barrier":"r"}"#).last?["n"]?.integer == 4)
    let long = String(repeating: "x", count: Limits.lineBytes - 20)
    let refused = try bench.say(#"{"event":"r","n":5,"type":"a","b":"\#(long)"}"#)
    #expect(refused.map { $0["error"]?.string } == ["too_long"])
    _ = try bench.say(#"{"resume":"r","session":"\#(id)"}"#)
    #expect(try bench.say(#"{"close":"r"}"#).last?["n"]?.integer == 4)
    #expect(try bench.box.findings() == [])
    #expect(try bench.lines(id).count == 7)
  }

  @Test func `take a line of nearly eight megabytes behind others, also in one breath with open`()
    throws
  {
    let bench = try ServeBench()
    let long = String(repeating: "x", count: Limits.lineBytes - 100)
    var answers = try bench.say(
      #"{"open":"r","kind":"http","agent":{"uid":"a"}}"#, #"{"event":"r","n":1,"type":"a"}"#,
      #"{"event":"r","n":2,"type":"a","b":"\#(long)"}"#, #"{"event":"r","n":3,"type":"a"}"#)
    answers += try bench.say(#"{"barrier":"r"}"#)
    #expect(answers.allSatisfy { $0["error"] == nil })
    #expect(answers.last?["n"]?.integer == 3)
    // With the batch as good as empty, and everything durable.
    #expect(
      try bench.say(#"{"event":"r","n":4,"type":"mcp.call","b":"\#(long)"}"#).last?["n"]?.integer
        == 4)
    #expect(try bench.say(#"{"close":"r"}"#).last?["n"]?.integer == 4)
    #expect(try bench.box.findings() == [])
  }

  @Test func `whose sync fails are refused to their client, and the others go on`() throws {
    let bench = try ServeBench()
    let bad = try bench.open("bad")
    _ = try bench.open("good")
    bench.files.inject(
      .init(.sync, on: bad, .loseDirtyPages(FileFailure.ioError, seed: nil)))
    let answers = try bench.say(
      #"{"event":"bad","n":1,"type":"mcp.call"}"#, #"{"event":"good","n":1,"type":"mcp.call"}"#)
    let error = answers.first { $0["error"] != nil }
    #expect(error?["error"]?.string == "recorder_failed" && error?["ref"]?.string == "bad")
    #expect(error?["n"]?.integer == 0)
    #expect(answers.first { $0["ack"] != nil }?["ack"]?.string == "good")
  }

  @Test func `are all closed by a stop, with everything that came before it`() throws {
    let bench = try ServeBench()
    let ids = try (0..<9).map { try bench.open("r\($0)") }
    for number in 0..<9 { _ = try bench.say(#"{"event":"r\#(number)","n":1,"type":"a"}"#) }
    try bench.keeper.closeAll()
    for id in ids { #expect(try bench.lines(id).last?.contains(#""reason":"server""#) == true) }
    #expect(try bench.box.store.liveSessions() == [])
    #expect(try bench.box.findings() == [])
  }

  @Test func `take no harm from a wall clock that steps`() throws {
    let bench = try ServeBench()
    let id = try bench.open()
    var n = 0
    // Back an hour, to 1970, and forward ten years.
    for step: Int64 in [-3_600_000_000, -1_767_000_000_000_000, 10 * 31_557_600_000_000] {
      bench.box.clock.step(wall: step)
      bench.box.clock.advance(1_500_000)
      n += 1
      let acked = try bench.say(#"{"event":"r","n":\#(n),"type":"mcp.call"}"#)
      #expect(acked.map { $0["n"]?.integer } == [Int64(n)])
    }
    // A session that is opened meanwhile says the time as it is told; the log takes it in its place.
    let other = try bench.open("q")
    #expect(try bench.say(#"{"close":"r"}"#).last?["closed"]?.string == "r")
    #expect(try bench.say(#"{"close":"q"}"#).last?["closed"]?.string == "q")
    let times = try bench.lines(id).dropFirst(2).map { line in
      try JSONValue(parsing: Array(line.utf8))["t"]?.integer ?? -1
    }
    // Three events, what the server noticed of the clock, and the end.
    #expect(times == [1_500_000, 3_000_000] + Array(repeating: 4_500_000, count: 5))
    #expect(try bench.lines(other).count == 3)
    #expect(try bench.box.findings() == [])
  }

  @Test func `tell at their end how the wall clock was set while they were open`() throws {
    let bench = try ServeBench()
    let clock = bench.box.clock
    let early = try bench.open("early")
    _ = try bench.say(#"{"event":"early","n":1,"type":"mcp.call"}"#)
    clock.advance(2_000_000)
    clock.step(wall: 7_200_000_000)
    // Less than a second after: a session that begins now has nothing to do with it.
    clock.advance(100_000)
    let late = try bench.open("late")
    _ = try bench.say(#"{"event":"early","n":2,"type":"mcp.call","caused_by":2}"#)
    // Below the threshold, then above it together.
    for _ in 0..<3 {
      clock.step(wall: -40_000)
      _ = try bench.wait(1_000_000)
    }
    // A client that looks after the clock itself.
    let own = try bench.open("own")
    clock.step(wall: -5_000_000)
    _ = try bench.say(#"{"event":"own","n":1,"type":"clock.step","delta_us":-5000000}"#)
    for ref in ["early", "late", "own"] { _ = try bench.say(#"{"close":"\#(ref)"}"#) }
    func steps(_ id: String) throws -> [JSONValue] {
      try bench.lines(id).map { try JSONValue(parsing: Array($0.utf8)) }
        .filter { $0["type"]?.string == "clock.step" }
    }
    let told = try steps(early)
    #expect(told.map { $0["delta_us"]?.integer } == [7_200_000_000, -120_000, -5_000_000])
    // The clock showed 03:04:05.678 when the session began, and 2 s later it was set.
    #expect(told[0]["before"]?.string == "2026-01-02T03:04:07.778Z")
    #expect(told[0]["after"]?.string == "2026-01-02T05:04:07.778Z")
    #expect(told[0]["gateway"]?["uid"]?.string == "blackbox")
    #expect(try steps(late).map { $0["delta_us"]?.integer } == [-120_000, -5_000_000])
    #expect(try steps(own).count == 1 && steps(own)[0]["gateway"] == nil)
    // The client's event n is line n + 1 for all that.
    let lines = try bench.lines(early)
    #expect(lines[3].contains(#""caused_by":2"#) && lines.count == 8)
    #expect(lines[7].hasSuffix(#""n_events":8}"#))
    // And only they count for whoever comes back.
    let over = try bench.say(#"{"resume":"r","session":"\#(early)"}"#)
    #expect(over[0]["closed"]?.string == "r" && over[0]["n"]?.integer == 2)
    let mine = try bench.say(#"{"resume":"r","session":"\#(own)"}"#)
    #expect(mine[0]["n"]?.integer == 1)
    #expect(try bench.box.findings() == [])
  }

  @Test func `are more than there are descriptors for files`() throws {
    // One file stays open, two more are opened at a time.
    let bench = try ServeBench(files: FileAllowance(most: 1, besides: 2))
    let ids = try (0..<9).map { try bench.open("r\($0)") }
    for n in 1...3 {
      for ref in 0..<9 { _ = try bench.say(#"{"event":"r\#(ref)","n":\#(n),"type":"a"}"#) }
      let acked = try bench.wait(200_000).compactMap { $0["ack"]?.string }
      #expect(Set(acked).count == 9)
      #expect(bench.files.mostSessionFiles <= 3)
    }
    // A file that is another than it was is no place for what comes next; the others go on.
    let path = bench.box.store.sessionPath(of: try #require(SessionID(ids[4])))
    bench.files.tamper(path) { $0.append(0x20) }
    var answers: [JSONValue] = []
    for ref in 0..<9 {
      answers += try bench.say(#"{"event":"r\#(ref)","n":4,"type":"mcp.call"}"#)
    }
    #expect(answers.compactMap { $0["ack"]?.string }.count == 8)
    let refused = answers.first { $0["error"] != nil }
    #expect(refused?["ref"]?.string == "r4" && refused?["n"]?.integer == 3)
    #expect(refused?["error"]?.string == "recorder_failed")
    for ref in 0..<9 where ref != 4 {
      #expect(try bench.say(#"{"close":"r\#(ref)"}"#).last?["closed"] != nil)
    }
    for (ref, id) in ids.enumerated() where ref != 4 { #expect(try bench.lines(id).count == 7) }
  }

  @Test func `give their compressor back when they fall idle, and are committed in time`() throws {
    let bench = try ServeBench()
    let id = try bench.open()
    _ = try bench.say(#"{"event":"r","n":1,"type":"mcp.call"}"#)
    let session = try #require(bench.keeper.sessions.values.first).session
    var holds = session.writer.holdsCompressor
    #expect(holds)
    for _ in 0..<4 { _ = try bench.wait(1_000_000) }
    holds = session.writer.holdsCompressor
    #expect(!holds)
    for _ in 0..<62 { _ = try bench.wait(1_000_000) }
    let name = try #require(SessionID(id))
    let leaves = try bench.box.log().leaves[name]
    #expect(leaves?.map(\.leaf.kind) == [.open, .anchor])
    #expect(leaves?.last?.leaf.lines == 3)
  }
}

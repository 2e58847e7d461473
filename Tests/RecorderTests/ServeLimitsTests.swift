import Evidence
import Platform
import SessionLog
import TestSupport
import Testing

@testable import Recorder

@Suite struct `Credit of served sessions` {
  @Test func `comes back for all that is sent, whatever becomes of it`() throws {
    let bench = try ServeBench()
    _ = try bench.open("a")
    _ = try bench.say(
      #"{"event":"a","n":5,"type":"x"}"#,
      #"{"close":"a","p":"\#(String(repeating: "p", count: 99))"}"#,
      #"{"barrier":"a"}"#, #"{"event":"a","n":6,"type":"x"}"#, #"{"close":"a"}"#)
    #expect(bench.credited == bench.given)
    // Behind a close, and for a session that somebody else has.
    let id = try bench.open("b")
    _ = try bench.say(#"{"close":"b"}"#, #"{"event":"b","n":1,"type":"x"}"#, #"{"close":"b"}"#)
    _ = try bench.say(#"{"resume":"c","session":"\#(id)"}"#, #"{"close":"c"}"#)
    #expect(bench.credited == bench.given)
    // Events that come twice, and one that is too long or cannot be stored.
    _ = try bench.open("d")
    _ = try bench.say(
      #"{"event":"d","n":1,"type":"x"}"#, #"{"event":"d","n":1,"type":"x"}"#, #"{"barrier":"d"}"#,
      #"{"event":"d","n":2,"type":"x","p":"\#(String(repeating: "x", count: Limits.lineBytes - 50))"}"#,
      #"{"event":"d","n":2,"type":"x"}"#)
    _ = try bench.wait(200_000)
    #expect(bench.credited == bench.given)
  }

  @Test func `comes back at once where nothing is stored, with no session open`() throws {
    let bench = try ServeBench(mostSessions: 0)
    let long = String(repeating: "p", count: 5000)
    for line in [
      #"{"open":"a","p":"\#(long)"}"#, #"{"event":"a","n":1,"type":"x"}"#,
      #"{"event":"b","n":1,"type":"x","p":"\#(long)"}"#, #"{"barrier":"c"}"#, #"{"close":"d"}"#,
      #"{"resume":"e","session":"\#(long)"}"#, #"{"resume":"f","session":"\#(TestStore.id(1))"}"#,
      #"{"open":"g","kind":"x","agent":{"uid":"a"},"p":"\#(long)"}"#,
    ] {
      _ = try bench.say(line)
      #expect(bench.credited == bench.given, "\(line.prefix(40))")
    }
  }

  @Test func `of events that wait for what follows comes back once they are durable`() throws {
    let bench = try ServeBench(redaction: .builtIn)
    _ = try bench.open()
    _ = try bench.say(#"{"event":"r","n":1,"type":"terminal.output","data":"AKIAIOS"}"#)
    #expect(bench.credited < bench.given)
    // A gap lets them go, and nothing waits any more.
    _ = try bench.say(#"{"event":"r","n":3,"type":"x"}"#)
    _ = try bench.wait(3_000_000)
    #expect(bench.credited == bench.given)
  }

  @Test func `of a connection that is gone is settled once everything it sent was looked at`()
    throws
  {
    let bench = try ServeBench()
    _ = try bench.open()
    try bench.keeper.take([[.gone(connection: 1)]])
    _ = try bench.wait(0)
    #expect(bench.left == [1])
  }
}

@Suite struct `Sessions that are over` {
  @Test func `say how much of them the client sent, and not how much looks like the server's`()
    throws
  {
    for redaction in [nil, RedactionRules.builtIn] {
      let bench = try ServeBench(redaction: redaction)
      let mine = [
        #""type":"clock.step","delta_us":5,"gateway":{"uid":"blackbox"}"#,
        #""type":"masking.applied","detector":"blackbox/aws_access_key""#,
      ]
      func tell(_ ref: String) throws -> String {
        let id = try bench.open(ref)
        for (index, members) in mine.enumerated() {
          _ = try bench.say(#"{"event":"\#(ref)","n":\#(index + 1),\#(members)}"#)
        }
        _ = try bench.say(#"{"barrier":"\#(ref)"}"#)
        return id
      }
      let closed = try tell("a")
      _ = try bench.say(#"{"close":"a","note":"AKIAIOSFODNN7EXAMPLE"}"#)
      let left = try tell("b")
      try bench.restart()
      let told = try bench.say(#"{"resume":"a","session":"\#(closed)"}"#)
      #expect(told.map { $0["closed"]?.string } == ["a"] && told[0]["n"]?.integer == 2)
      let over = try bench.say(#"{"resume":"b","session":"\#(left)"}"#)
      #expect(over.map { $0["error"]?.string } == ["session_over"] && over[0]["n"]?.integer == 2)
      // And again, from memory.
      #expect(try bench.say(#"{"resume":"a","session":"\#(closed)"}"#)[0]["n"]?.integer == 2)
      #expect(try bench.say(#"{"resume":"b","session":"\#(left)"}"#)[0]["n"]?.integer == 2)
      #expect(try bench.box.findings() == [])
    }
    // How many are its own only the server says.
    let bench = try ServeBench()
    _ = try bench.open()
    #expect(try bench.say(#"{"close":"r","n_own":9}"#).map { $0["error"]?.string } == ["bad_close"])
  }

  @Test func `do not keep those waiting that are open, however many are asked for`() throws {
    let bench = try ServeBench(stretch: 20_000)
    let text = String(repeating: "x", count: 10_000)
    let ids = try (0..<4).map { number in
      let ref = "s\(number)"
      let id = try bench.open(ref)
      for n in 1...3 {
        _ = try bench.say(#"{"event":"\#(ref)","n":\#(n),"type":"a","b":"\#(text)"}"#)
      }
      _ = try bench.say(#"{"barrier":"\#(ref)"}"#)
      if number > 0 { _ = try bench.say(#"{"close":"\#(ref)"}"#) }
      return id
    }
    try bench.restart()
    let stranger = try bench.say(#"{"resume":"q","session":"\#(ids[1])"}"#, on: 7, user: 9)
    #expect(stranger.map { $0["error"]?.string } == ["forbidden"])
    _ = try bench.open("v", on: 2)
    let asked = ids.enumerated().map { #"{"resume":"r\#($0.offset)","session":"\#($0.element)"}"# }
    var answers = try bench.say(asked[0], asked[1], asked[2], asked[3])
    // A stretch of the first file was read, and no more.
    #expect(answers.isEmpty)
    let acked = try bench.say(#"{"event":"v","n":1,"type":"mcp.call"}"#, on: 2)
    #expect(acked.contains { $0["ack"]?.string == "v" } && acked.count <= 2)
    answers = acked.filter { $0["ack"] == nil }
    for _ in 0..<100 where answers.count < ids.count { answers += try bench.wait(0) }
    let told = answers.map { $0["closed"]?.string ?? $0["ref"]?.string }
    #expect(answers.allSatisfy { $0["n"]?.integer == 3 })
    #expect(told == ids.indices.map { "r\($0)" })
    _ = try bench.wait(200_000)
    #expect(bench.credited == bench.given)
    // One whose client is gone is not read to its end.
    try bench.restart()
    _ = try bench.say(#"{"resume":"r","session":"\#(ids[2])"}"#, on: 5)
    try bench.keeper.take([[.gone(connection: 5)]])
    #expect(try bench.wait(0).isEmpty && bench.keeper.past.isAsked == false)
  }

  @Test func `because they were given up say so to whoever comes back`() throws {
    let bench = try ServeBench()
    let id = try bench.open("bad")
    _ = try bench.say(#"{"event":"bad","n":1,"type":"mcp.call"}"#)
    bench.files.inject(.init(.sync, on: id, .loseDirtyPages(FileFailure.ioError, seed: nil)))
    // The client is gone before it can be told.
    var next = 1000
    var talk = try #require(bench.talks[1])
    let event = Array(#"{"event":"bad","n":2,"type":"mcp.call"}"#.utf8)
    #expect(talk.decode(event.span, moment: 0, next: &next) == .goOn)
    try bench.keeper.take([talk.takeCommands(), [.gone(connection: 1)]])
    _ = try bench.wait(200_000)
    for _ in 0..<2 {
      let told = try bench.say(#"{"resume":"q","session":"\#(id)"}"#, on: 2)
      #expect(told.map { $0["error"]?.string } == ["recorder_failed"])
      #expect(told[0]["n"]?.integer == 1 && told[0]["session"]?.string == id)
    }
    let stranger = try bench.say(#"{"resume":"q","session":"\#(id)"}"#, on: 3, user: 9)
    #expect(stranger.map { $0["error"]?.string } == ["forbidden"])
  }
}

@Suite struct `What clients name` {
  @Test func `is compared byte for byte`() throws {
    let bench = try ServeBench()
    let id = try bench.open("\u{E9}")
    let stranger = try bench.say("{\"event\":\"e\u{301}\",\"n\":1,\"type\":\"x.query\"}")
    #expect(stranger.map { $0["error"]?.string } == ["unknown_ref"])
    #expect(try bench.say("{\"barrier\":\"\u{E9}\"}").map { $0["session"]?.string } == [id])
    let both = try bench.say(
      "{\"open\":\"q\",\"kind\":\"x\",\"agent\":{\"uid\":\"a\"},\"\u{E9}\":1,\"e\u{301}\":2}")
    #expect(both.map { $0["opened"]?.string } == ["q"])
  }

  @Test func `stands in line 0 once`() throws {
    let bench = try ServeBench()
    let opened = try bench.say(
      #"{"open":"r","\u006bind":"x","agent":{"uid":"a"},"principal_reason":"anonymous by policy"}"#)
    let first = try bench.lines(try #require(opened.first?["session"]?.string))[0]
    #expect(first.contains(#""principal":null"#) && !first.contains("not stated"))
    #expect(first.contains(#""kind":"x""#) && !first.contains(#"\u006b"#))
    let bare = try bench.open("q")
    #expect(try bench.lines(bare)[0].contains("not stated by the gateway"))
    #expect(try bench.box.findings() == [])
  }

  @Test func `is too long for line 0, or is stored`() throws {
    let bench = try ServeBench()
    let long = String(repeating: "p", count: Limits.lineBytes - 200)
    let refused = try bench.say(
      #"{"open":"r","kind":"x","agent":{"uid":"a"},"p":"\#(long)"}"#)
    #expect(refused.map { $0["error"]?.string } == ["too_long"])
    for reason in ["5", "null", "{}", #""because""#] {
      _ = try bench.open("c")
      let told = try bench.say(#"{"close":"c","reason":\#(reason)}"#)
      #expect(told.map { $0["error"]?.string } == ["bad_close"], "\(reason)")
    }
  }

  @Test func `as refs without a session is forgotten in time, and no reason to end a connection`()
    throws
  {
    let bench = try ServeBench()
    _ = try bench.open("mine")
    for number in 0..<10_050 {
      let told = try bench.say(#"{"barrier":"r\#(number)"}"#)
      #expect(told.map { $0["error"]?.string } == ["unknown_ref"])
    }
    // The last ones are still passed over, and a ref that is used again does not count.
    #expect(try bench.say(#"{"barrier":"r10049"}"#).isEmpty)
    for _ in 0..<3000 {
      let told = try bench.say(#"{"resume":"again","session":"x"}"#)
      #expect(told.map { $0["error"]?.string } == ["session_unknown"])
    }
    #expect(try bench.say(#"{"barrier":"mine"}"#).map { $0["ack"]?.string } == ["mine"])
  }
}

@Suite struct `Counters of a server` {
  @Test func `count what is stored, and sessions as they are now`() throws {
    let bench = try ServeBench()
    _ = try bench.open("a")
    _ = try bench.open("b")
    #expect(bench.exchange.counters.now.sessions == 2)
    let event = #"{"event":"a","n":1,"type":"mcp.call"}"#
    _ = try bench.say(event)
    _ = try bench.say(event)
    _ = try bench.say(#"{"event":"zz","n":1,"type":"x"}"#, #"{"event":"zz","n":2,"type":"x"}"#)
    #expect(bench.exchange.counters.now.events == 1)
    #expect(bench.exchange.counters.now.bytes == UInt64(event.utf8.count + 1))
    _ = try bench.say(#"{"close":"a"}"#)
    #expect(bench.exchange.counters.now.sessions == 1)
    try bench.keeper.closeAll()
    #expect(bench.exchange.counters.now.sessions == 0)
  }

  @Test func `a stop that leaves sessions open says so`() throws {
    let bench = try ServeBench()
    _ = try bench.open("a")
    _ = try bench.wait(1000)
    try bench.files.remove(bench.box.store.path + "/reserve")
    bench.files.space = 0
    bench.exchange.isStopping.store(true, ordering: .relaxed)
    // Neither a last line nor the log finds room, and the reserve is gone.
    let failure = #expect(throws: SessionLogFailure.self) { try bench.keeper.closeAll() }
    #expect(failure?.kind == .outOfSpace)
  }
}

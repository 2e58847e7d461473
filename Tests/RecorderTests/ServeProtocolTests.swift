import Platform
import SessionLog
import TestSupport
import Testing

@testable import Recorder

/// What a connection says, without a socket: lines in, commands out.
private struct Talk {
  var decoder = ConnectionDecoder(connection: 1, peer: PeerCredentials(user: 7, process: 8))
  var next = 0

  init(greeted: Bool = true) { if greeted { _ = say(#"{"hello":1}"#) } }

  mutating func say(_ line: String) -> ConnectionDecoder.Step { say(Array(line.utf8)) }

  mutating func say(_ line: [UInt8]) -> ConnectionDecoder.Step {
    decoder.decode(line.span, moment: 5, next: &next)
  }

  /// The code of the refusal that one line meets: of the connection, or of its ref.
  mutating func refusal(_ line: String) -> Refusal.Code? {
    if case .end(let refusal) = say(line) { return refusal.code }
    for case .detach(_, _, let refusal, _) in decoder.takeCommands() { return refusal.code }
    return nil
  }
}

private let agent = #""kind":"database","agent":{"uid":"a"}"#

@Suite struct `Ingest messages` {
  @Test(
    arguments: [
      (#"{"event":"r","n":1,"type":"x"}"#, nil),
      (" { \"n\" : 1 ,\t\"type\" : \"x.y_2\" , \"event\" : \"r\" , \"op\" : [ { } ] } ", nil),
      (#"{"event":"r","n":1,"type":"x","n2":2,"events":3,"T":4,"at":"2026"}"#, nil),
      (#"{"event":"r","n":1,"type":"x","a":"😀","b":1e5,"c":-0.5,"d":"\ud800\/"}"#, nil),
      (#"{"event":"r","n":9007199254740991,"type":"x"}"#, nil),
      (#"{"event":"r","n":0,"type":"x"}"#, .badEvent),
      (#"{"event":"r","n":-1,"type":"x"}"#, .badEvent),
      (#"{"event":"r","n":1.0,"type":"x"}"#, .badEvent),
      (#"{"event":"r","n":9007199254740992,"type":"x"}"#, .badEvent),
      (#"{"event":"r","n":"1","type":"x"}"#, .badEvent),
      (#"{"event":"r","n":1,"n":2,"type":"x"}"#, .badEvent),
      (#"{"event":"r","type":"x"}"#, .badEvent),
      (#"{"event":"r","n":1}"#, .badEvent),
      (#"{"event":"r","n":1,"type":"x","type":"y"}"#, .badEvent),
      (#"{"event":"r","n":1,"type":"x","t":5}"#, .badEvent),
      (#"{"event":"r","n":1,"type":"x","\u0074":5}"#, .badEvent),
      (#"{"event":"r","n":1,"type":"x","typ\u0065":"y"}"#, .badEvent),
      (#"{"event":"r","n":1,"type":"X"}"#, .badEvent),
      (#"{"event":"r","n":1,"type":"x."}"#, .badEvent),
      (#"{"event":"r","n":1,"type":".x"}"#, .badEvent),
      (#"{"event":"r","n":1,"type":"1x"}"#, .badEvent),
      (#"{"event":"r","n":1,"type":"x..y"}"#, .badEvent),
      (#"{"event":"r","n":1,"type":"\u0078"}"#, .badEvent),
      (#"{"event":"r","n":1,"type":5}"#, .badEvent),
      (#"{"event":"r","n":1,"type":"session.end"}"#, .badEvent),
      (#"{"event":"r","n":1,"type":"session.start"}"#, .badEvent),
      (#"{"event":"r","n":1,"type":"session.salt"}"#, .badEvent),
      (#"{"event":"r","n":1,"type":"recorder.recovered"}"#, .badEvent),
      (#"{"event":"other","n":1,"type":"x"}"#, .unknownRef),
      (#"{"barrier":"other"}"#, .unknownRef),
      (#"{"event":"r","barrier":"r","n":1,"type":"x"}"#, .malformed),
      (#"{"event":"r","event":"r","n":1,"type":"x"}"#, .malformed),
      (#"{"event":"","n":1,"type":"x"}"#, .malformed),
      (#"{"event":7,"n":1,"type":"x"}"#, .malformed),
      (#"{"event":"\u0072","n":1,"type":"x"}"#, .malformed),
      (#"{"event":"r","n":1,"type":"x",}"#, .malformed),
      (#"{"event":"r","n":01,"type":"x"}"#, .malformed),
      (#"{"event":"r","n":1,"type":"x"} {}"#, .malformed),
      (#"{"event":"r","n":1,"type":"x","a":tru}"#, .malformed),
      (#"{"event":"r","n":1,"type":"x","a":"\x"}"#, .malformed),
      (#"{"event":"r","n":1,"type":"x","a":"\u12g4"}"#, .malformed),
      (#"{"event":"r","n":1,"type":"x","a":[1,]}"#, .malformed),
      ("{\"event\":\"r\",\"n\":1,\"type\":\"x\",\"a\":\"\u{1}\"}", .malformed),
      ("{\"event\":\"r\",\"n\":1,\"type\":\"x\"}\r", .malformed),
      ("{\"event\":\"r\",\r\"n\":1,\"type\":\"x\"}", .malformed),
      (#"["event"]"#, .malformed), ("", .malformed), ("{", .malformed), ("nul", .malformed),
      (#"{"hello":1}"#, .protocol), (#"{"shout":"r"}"#, .protocol), (#"{}"#, .protocol),
      (#"{"open":"r",\#(agent)}"#, .duplicateRef),
      (#"{"resume":"r","session":"x"}"#, .duplicateRef),
      (#"{"close":"r","reason":"because"}"#, .badClose),
      (#"{"close":"r","n_events":7}"#, .badClose),
      (#"{"close":"r","reason":"policy","exit_code":3}"#, nil),
    ] as [(String, Refusal.Code?)])
  func `are held to the envelope, and to nothing else`(line: String, code: Refusal.Code?) {
    var talk = Talk()
    #expect(talk.refusal(#"{"open":"r",\#(agent)}"#) == nil)
    #expect(talk.refusal(line) == code)
  }

  @Test(
    arguments: [
      (agent, nil),
      (#"\#(agent),"principal":null,"x":{"y":[1]}"#, nil),
      (#"\#(agent),"principal":{"uid":"p"},"delegation":[{}],"gateway":{},"policy":{}"#, nil),
      (#"\#(agent),"resource":{"kind":"database","uid":"d"}"#, nil),
      (#""kind":"database""#, .badOpen), (#""agent":{"uid":"a"}"#, .badOpen),
      (#""kind":"Data base","agent":{"uid":"a"}"#, .badOpen),
      (#""kind":"x","agent":{"uid":""}"#, .badOpen), (#""kind":"x","agent":"a""#, .badOpen),
      (#"\#(agent),"principal":"p""#, .badOpen), (#"\#(agent),"principal":{}"#, .badOpen),
      (#"\#(agent),"delegation":{}"#, .badOpen), (#"\#(agent),"delegation":["x"]"#, .badOpen),
      (#"\#(agent),"resource":{"kind":"x"}"#, .badOpen), (#"\#(agent),"policy":1"#, .badOpen),
      (#"\#(agent),"peer":{}"#, .badOpen), (#"\#(agent),"t":1"#, .badOpen),
      (#"\#(agent),"\u0061fter":1"#, .badOpen), (#"\#(agent),"kind":"y""#, .badOpen),
    ] as [(String, Refusal.Code?)])
  func `that open a session say who acts, and nothing the recorder says`(
    members: String, code: Refusal.Code?
  ) {
    var talk = Talk()
    #expect(talk.refusal(#"{"open":"q",\#(members)}"#) == code)
  }

  @Test func `begin with hello, of this version`() {
    var early = Talk(greeted: false)
    #expect(early.refusal(#"{"open":"q",\#(agent)}"#) == .protocol)
    var newer = Talk(greeted: false)
    #expect(newer.refusal(#"{"hello":2}"#) == .protocol)
    var twice = Talk()
    #expect(twice.refusal(#"{"hello":1}"#) == .protocol)
  }

  @Test(arguments: [31, 32, 33, 5000])
  func `are nested no deeper than the format allows`(depth: Int) {
    var talk = Talk()
    _ = talk.say(#"{"open":"r",\#(agent)}"#)
    let deep = String(repeating: "[", count: depth - 1) + String(repeating: "]", count: depth - 1)
    let code = talk.refusal(#"{"event":"r","n":1,"type":"x","a":\#(deep)}"#)
    #expect(code == (depth <= Limits.jsonDepth ? nil : .malformed))
  }

  @Test func `that are not UTF-8 end the connection`() {
    var talk = Talk()
    let line = Array(#"{"event":"r","n":1,"type":"x","a":""#.utf8) + [0xFF, 0x22, 0x7D]
    guard case .end(let refusal) = talk.say(line) else {
      Issue.record("taken")
      return
    }
    #expect(refusal.code == .malformed)
  }

  @Test func `a refused ref is passed over until it is used anew`() {
    var talk = Talk()
    _ = talk.say(#"{"open":"r",\#(agent)}"#)
    #expect(talk.refusal(#"{"event":"r","n":1,"type":"BAD"}"#) == .badEvent)
    #expect(talk.refusal(#"{"event":"r","n":2,"type":"x"}"#) == nil)
    #expect(talk.refusal(#"{"close":"r"}"#) == nil)
    _ = talk.decoder.takeCommands()
    #expect(talk.say(#"{"event":"r","n":3,"type":"x"}"#) == .goOn)
    guard case .events(let events) = talk.decoder.takeCommands().first else {
      Issue.record("its bytes are not counted")
      return
    }
    #expect(events.items.map(\.attachment) == [ConnectionDecoder.passedOver])
    #expect(talk.refusal(#"{"open":"r",\#(agent)}"#) == nil)
    #expect(talk.refusal(#"{"event":"r","n":1,"type":"x"}"#) == nil)
  }

  @Test func `cut at every byte are the same messages`() throws {
    let text =
      "{\"hello\":1}\n{\"open\":\"r\",\(agent)}\n{\"event\":\"r\",\"n\":1,\"type\":\"a.b\",\"x\":\"é\"}\n"
      + "{\"barrier\":\"r\"}\n{\"event\":\"r\",\"n\":2,\"type\":\"c\"}\n"
    let bytes = Array(text.utf8)
    func lines(cutting cuts: [Int]) throws -> [[UInt8]] {
      var splitter = LineSplitter()
      var lines: [[UInt8]] = []
      var start = 0
      for cut in cuts + [bytes.count] {
        try splitter.add(bytes.span.extracting(start..<cut)) { line in
          lines.append(line.withUnsafeBufferPointer { Array($0) })
          return true
        }
        start = cut
      }
      return lines
    }
    let whole = try lines(cutting: [])
    #expect(whole.count == 5)
    for cut in 0...bytes.count {
      #expect(try lines(cutting: [cut]) == whole)
      #expect(try lines(cutting: [cut / 2, cut]) == whole)
    }
    #expect(try lines(cutting: Array(0...bytes.count)) == whole)
  }

  @Test func `a line without end is refused before it is held whole`() throws {
    var splitter = LineSplitter()
    let chunk = [UInt8](repeating: 0x20, count: 1 << 20)
    for _ in 0..<8 { try splitter.add(chunk.span) { _ in true } }
    #expect(throws: Refusal.self) { try splitter.add([0x20].span) { _ in true } }
  }

  @Test func `bytes of a ref and of events go through untouched`() {
    var talk = Talk()
    _ = talk.say(#"{"open":"r",\#(agent)}"#)
    _ = talk.decoder.takeCommands()
    _ = talk.say(#"{"a": 1.0e2 ,"event":"r","type":"x","b":{"t":"\u00e9"},"n":4,"a":[ ]}"#)
    guard case .events(let events) = talk.decoder.takeCommands().first,
      let item = events.items.first
    else {
      Issue.record("no event")
      return
    }
    #expect(
      String(decoding: events.bytes[..<item.end], as: UTF8.self)
        == #","type":"x","a": 1.0e2,"b":{"t":"\u00e9"},"a":[ ]}"#)
    #expect(item.n == 4)
  }

  @Test(arguments: [
    ("database.query", true), ("mcp.call", true), ("http.request", true),
    ("kubernetes.request", true), ("policy.decision", true), ("approval.request", true),
    ("approval.vote", true), ("database.result", false), ("terminal.output", false),
    ("policy.load", false), ("query", false), ("xapproval.y", false),
  ])
  func `requests, decisions and approvals are barriers`(type: String, isBarrier: Bool) {
    #expect(BarrierEvents.contains(Array(type.utf8).span) == isBarrier)
  }
}

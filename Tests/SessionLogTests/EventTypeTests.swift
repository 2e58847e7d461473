import Platform
import SessionLog
import TestSupport
import Testing

@Suite struct `Event types` {
  /// All but line 0, which has tests of its own.
  static let types = EventTypes.all.filter { $0.typeName != "session.start" }

  func decode(_ line: [UInt8]) throws -> DecodedEvent {
    DecodedEvent(try #require(EventLine(sequence: 7, bytes: line)))
  }

  @Test func `every type comes back as it was written, unknown fields included`() throws {
    var samples = EventSamples(random: SeededGenerator(seed: 42))
    for type in Self.types {
      for _ in 0..<25 {
        let line = samples.line(type)
        let read = try #require(EventLine(sequence: 7, bytes: line))
        guard case .event(let event) = DecodedEvent(read) else {
          Issue.record("\(String(decoding: line, as: UTF8.self)) is \(DecodedEvent(read))")
          return
        }
        #expect(Swift.type(of: event) == type)
        #expect(
          String(decoding: event.line(at: read.time), as: UTF8.self)
            == String(decoding: line, as: UTF8.self))
      }
    }
  }

  @Test func `every field that is required is missed, every field of another kind is named`()
    throws
  {
    var samples = EventSamples(random: SeededGenerator(seed: 43))
    for type in Self.types {
      let line = try JSONValue(parsing: samples.line(type))
      let members = try #require(line.members)
      for field in type.fields where field.isRequired {
        let without = EventSamples.line(
          type.typeName, members.filter { !["t", "type", field.name].contains($0.name) })
        guard case .unfit(let fault, let kept) = try decode(without) else {
          Issue.record("\(type.typeName) without \(field.name) is taken")
          continue
        }
        #expect(fault.field == field.name && fault.problem == .missing)
        #expect(kept.count == members.count - 1)
      }
      for field in type.fields where field.kind != .json && field.name != "data64" {
        let wrong: JSONValue = field.kind == .boolean ? .integer(1) : .bool(true)
        var other = members.filter {
          ![
            "t", "type", "part", field.name, field.name == "data" ? "data64" : field.name,
          ].contains($0.name)
        }
        other.insert(.init(field.name, wrong), at: 0)
        guard case .unfit(let fault, _) = try decode(EventSamples.line(type.typeName, other))
        else {
          Issue.record("\(type.typeName) with \(field.name) of another kind is taken")
          continue
        }
        #expect(fault.field == field.name, "\(fault)")
      }
    }
  }

  @Test func `a later part is one, an unknown type is kept, a number written otherwise is read`()
    throws
  {
    let part = Array(#"{"t":1,"type":"mcp.call","direction":"to_server","json":"x","part":3}"#.utf8)
    guard case .part("mcp.call", let members) = try decode(part) else {
      Issue.record("no part")
      return
    }
    #expect(members.count == 5)
    guard case .unknown("x.y", let kept) = try decode(Array(#"{"t":1,"type":"x.y","z":[1]}"#.utf8))
    else {
      Issue.record("not unknown")
      return
    }
    #expect(kept.last == .init("z", .array([.integer(1)])))
    let size = Array(#"{"t":1,"type":"terminal.resize","cols":1.0,"rows":1e2,"rows":5}"#.utf8)
    let resize = try TerminalResizeEvent(try #require(EventLine(sequence: 2, bytes: size)))
    #expect(resize.columns == 1 && resize.rows == 100)
    // The second of two members of one name is kept, and read by nobody.
    #expect(resize.common.other == [.init("rows", .integer(5))])
    for bad in ["1.5", "1e400", "9223372036854775808", "\"1\""] {
      let line = Array(#"{"t":1,"type":"terminal.resize","cols":\#(bad),"rows":1}"#.utf8)
      #expect(throws: EventFault.self, "\(bad)") {
        try TerminalResizeEvent(try #require(EventLine(sequence: 2, bytes: line)))
      }
    }
    guard case .unfit(let fault, _) = try decode(Array(#"{"t":1,"type":"marker.note",}"#.utf8))
    else {
      Issue.record("bad JSON is taken")
      return
    }
    #expect(fault.problem == .notJSON)
  }

  @Test func `references have one spelling`() throws {
    let id = TestStore.id(1)
    #expect(EventReference("\(id)@0") == .elsewhere(id, 0))
    #expect(EventReference("\(id)@12")?.description == "\(id)@12")
    for text in ["", "@", "\(id)", "\(id)@", "\(id)@+1", "\(id)@01", "\(id)@1 ", "x@1", "\(id)@-1"]
    {
      #expect(EventReference(text) == nil, "\(text)")
    }
    #expect(EventReference(field: .integer(-1)) == nil)
  }

  @Test func `line 0 keeps all that a gateway says, and is read whatever it says beside`() throws {
    let box = try TestStore(on: FaultyFiles())
    var start = box.start(TestStore.id(1))
    var link = DelegationLink(uid: "d2")
    link.parentUID = "d1"
    link.rootUID = "d1"
    link.depth = 1
    link.proof = .verified
    link.scopes = ["db:read"]
    link.expires = EventTime(microseconds: 1_800_000_000_000_001)
    link.other = [.init("x", .null)]
    start.delegation = [link]
    start.agent.kind = .agent
    start.agent.owner = IdentityOwner(uid: "ana")
    start.source = Endpoint()
    start.source?.ip = "2001:db8::1"
    start.policy = PolicyReference(name: "p", version: "1", digest: .zero)
    start.authentication = Authentication()
    start.authentication?.tokenDigest = .zero
    start.mode = .metadata
    start.continues = TestStore.id(2)
    let line = start.line()
    let read = try SessionStart(parsing: line.span)
    #expect(read == start && read.line() == line)
    #expect(read.delegation == [link] && read.source?.ip == "2001:db8::1")
    let typed = try SessionStart(try #require(EventLine(sequence: 0, bytes: line)))
    #expect(typed == start)

    // What reading does not need may be anything.
    var text = String(decoding: line, as: UTF8.self)
    text = text.replacing("\"kind\":\"agent\"", with: "\"kind\":\"bot\"")
    text = text.replacing("\"mode\":\"metadata\"", with: "\"mode\":17")
    let odd = try SessionStart(parsing: Array(text.utf8).span)
    #expect(odd.agent.uid == start.agent.uid && odd.agent.kind == nil && odd.mode == nil)
    #expect(odd.agent.other == [.init("kind", .string("bot"))])
    guard case .unfit = try decode(Array(text.utf8)) else {
      Issue.record("a line 0 of other kinds is taken for one of ours")
      return
    }
  }
}

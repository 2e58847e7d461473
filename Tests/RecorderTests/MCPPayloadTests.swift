import SessionLog
import TestSupport
import Testing

@testable import Recorder

/// The recording gives back every byte of both directions.
struct MCPPayloadTests {
  /// Messages and junk of every shape that is stored in a way of its own.
  static let stream: [UInt8] = {
    var bytes: [UInt8] = []
    func add(_ text: String) { bytes += Array(text.utf8) }
    add("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\"}\n")
    add(
      "{\"jsonrpc\":\"2.0\",\"id\":-0,\"method\":\"m\",\"params\":{\"x\":1E5,\"y\":\"\\ud800\"}}\r\n"
    )
    add("  {\"jsonrpc\":\"2.0\",\"id\":1,\r\"result\":{\"\u{7F}\u{2028}é\":null}}\t\n")
    add("[{\"jsonrpc\":\"2.0\",\"method\":\"n\"} , 1]\r\n")
    add("\n\r\n\rjunk\u{0}\u{1B}[2J\n")
    bytes += [0xFF, 0xFE, 0x00, 0x0A, 0xE2, 0x82, 0x0A]
    let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
    add("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"deep\",\"params\":\(deep)}\n")
    let long = String(repeating: "€\\n\"".replacing("\"", with: "'"), count: 40_000)
    add("{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"long\",\"params\":{\"s\":\"\(long)\"}}\r\n")
    add(String(repeating: "long junk € ", count: 30_000) + "\n")
    bytes += [UInt8](repeating: 0x80, count: 200_000) + [0x0A]
    add("{\"jsonrpc\":\"2.0\",\"method\":\"unended\"}")
    return bytes
  }()

  @Test(arguments: [1 << 30, 65_536, 4096, 1000, 61])
  func `both directions come back byte for byte`(chunk: Int) throws {
    var script = Script()
    for start in stride(from: 0, to: Self.stream.count, by: chunk) {
      let part = Array(Self.stream[start..<min(start + chunk, Self.stream.count)])
      try script.feed(part, .toServer)
      try script.feed(part, .toClient)
    }
    let events = try script.end()
    let back = try Reproduction(script.sink.lines)
    #expect(back.toServer == Self.stream)
    #expect(back.toClient == Self.stream)
    let calls = events.filter {
      $0["type"]?.string == "mcp.call" && $0["direction"]?.string == "to_server"
    }
    #expect(calls.compactMap { $0["method"]?.string } == ["m", "m", "deep", "long"])
  }

  @Test func `random bytes come back, and no event carries more than a payload`() throws {
    var generator = SeededGenerator(seed: 11)
    var stream: [UInt8] = []
    while stream.count < 1 << 20 {
      switch generator.next() % 4 {
      case 0: stream += generator.bytes(Int(generator.next() % 3000))
      case 1:
        stream += Array("{\"jsonrpc\":\"2.0\",\"id\":\(generator.next()),\"method\":\"x\"}".utf8)
      case 2: stream += Array("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":[1,2]}\n".utf8)
      default: stream.append(0x0A)
      }
    }
    var script = Script()
    var rest = stream[...]
    while !rest.isEmpty {
      let count = min(rest.count, Int(generator.next() % 9000) + 1)
      try script.feed(Array(rest.prefix(count)), .toServer)
      rest = rest.dropFirst(count)
    }
    _ = try script.end()
    #expect(try Reproduction(script.sink.lines).toServer == stream)
    // Base64 makes 4 of 3; JSON's escapes make at most 6 of 1.
    #expect(script.sink.lines.allSatisfy { $0.count <= MCPTranscript.payload * 6 + 4096 })
  }

  @Test func `a message longer than is held comes back too, and says what it is`() throws {
    var script = Script()
    let long = [UInt8](repeating: 0x78, count: 3 << 20) + [0x0A]
    let call = Array("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\"}\n".utf8)
    for start in stride(from: 0, to: long.count, by: 1 << 16) {
      try script.feed(Array(long[start..<min(start + 1 << 16, long.count)]), .toServer)
      // The other side goes on meanwhile.
      try script.feed(call, .toClient)
    }
    try script.feed(call, .toServer)
    let events = try script.end()
    #expect(try Reproduction(script.sink.lines).toServer == long + call)
    let parts = events.filter { $0["type"]?.string == "mcp.malformed" }
    #expect(parts.first?["reason"]?.string == "too long to be held as one message")
    #expect(parts.enumerated().allSatisfy { $1["part"]?.integer == Int64($0) })
    #expect(parts.filter { $0["last"] != nil }.count == 1)
    #expect(parts.last?["last"]?.bool == true)
  }

  @Test func `a split message counts its parts`() throws {
    var script = Script()
    let text = String(repeating: "é", count: 100_000)
    try script.client(
      #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\#(text)"}}"#)
    let events = try script.end()
    #expect(events.count == 4)
    #expect(events.allSatisfy { $0["type"]?.string == "mcp.call" })
    #expect(events.map { $0["part"]?.integer } == [0, 1, 2, 3])
    #expect(events.map { $0["last"]?.bool } == [nil, nil, nil, true])
    // A name that long is in the message and nowhere else.
    #expect(events[0]["name"] == nil && events[0]["method"]?.string == "tools/call")
  }
}

import SessionLog
import Testing

@testable import Recorder

/// Where messages begin and end, however they arrive.
struct MCPFramerTests {
  private func pieces(_ chunks: [[UInt8]], limit: Int = 1 << 20) -> [MCPFramer.Piece] {
    var framer = MCPFramer(limit: limit)
    var pieces: [MCPFramer.Piece] = []
    let take = { (piece: MCPFramer.Piece) throws(Never) in pieces.append(piece) }
    for chunk in chunks { framer.add(chunk, take) }
    framer.end(take)
    return pieces
  }

  @Test func `messages come out the same wherever the stream is split`() {
    let stream = Array("{\"a\":1}\n\r\n{\"é\":\"\\n\"}\r\n\n[1,\r2]\nlast \r".utf8)
    let whole = pieces([stream])
    #expect(
      whole == [
        .message(Array("{\"a\":1}".utf8), .lineFeed), .message([], .carriageReturnLineFeed),
        .message(Array("{\"é\":\"\\n\"}".utf8), .carriageReturnLineFeed), .message([], .lineFeed),
        .message(Array("[1,\r2]".utf8), .lineFeed), .message(Array("last \r".utf8), .none),
      ])
    for first in 0...stream.count {
      for second in first...stream.count {
        #expect(
          pieces([
            Array(stream[..<first]), Array(stream[first..<second]), Array(stream[second...]),
          ]) == whole)
      }
    }
    #expect(pieces(stream.map { [$0] }) == whole)
  }

  @Test func `what is released counts every byte of whole messages and no other`() {
    var framer = MCPFramer(limit: 100)
    let take = { (_: MCPFramer.Piece) throws(Never) in }
    framer.add(Array("ab\r\ncd".utf8), take)
    #expect(framer.released == 4)
    #expect(framer.isHolding)
    framer.add([0x0A], take)
    #expect(framer.released == 7)
    framer.add(Array("ef".utf8), take)
    framer.end(take)
    #expect(framer.released == 9)
  }

  @Test(arguments: [1, 2, 3, 7, 64])
  func `a message too long to hold passes in parts, and the next one is a message again`(
    size: Int
  ) {
    let stream = [UInt8](repeating: 0x78, count: 40) + Array("\nnext\n".utf8)
    let chunks = stride(from: 0, to: stream.count, by: size).map {
      Array(stream[$0..<min($0 + size, stream.count)])
    }
    var framer = MCPFramer(limit: 16)
    var bytes: [UInt8] = []
    var firsts = 0
    var lasts = 0
    var messages: [MCPFramer.Piece] = []
    for chunk in chunks {
      framer.add(chunk) { (piece: MCPFramer.Piece) throws(Never) in
        if case .overlong(let part, let isFirst, let isLast) = piece {
          bytes += part
          firsts += isFirst ? 1 : 0
          lasts += isLast ? 1 : 0
        } else {
          messages.append(piece)
        }
      }
    }
    if size == 64 {
      // Whole in one read: it is held already, so it comes as what it is.
      #expect(messages.count == 2 && bytes.isEmpty)
    } else {
      #expect(bytes == Array(stream[..<41]) && firsts == 1 && lasts == 1)
      #expect(messages == [.message(Array("next".utf8), .lineFeed)])
    }
    #expect(framer.released == UInt64(stream.count))
  }

  @Test func `a stream that ends inside a message too long to hold says so`() {
    let all = pieces([[UInt8](repeating: 0x78, count: 20)], limit: 16)
    #expect(
      all == [
        .overlong([UInt8](repeating: 0x78, count: 20), isFirst: true, isLast: false),
        .overlong([], isFirst: false, isLast: true),
      ])
  }
}

/// The scanner reads what JSON's reader reads.
struct MCPScannerTests {
  static let texts = [
    "1", "-0", "-0.5e+7", "\"\"", "true", "null", "[]", "{}", " [1 , 2] ", "{\"a\":{\"b\":[{}]}}",
    "\"\\ud83d\\ude00\\n\"", "{\"a\":1,\"a\":2}", "[[[[[[]]]]]]", "\t{\"x\" :\r\n\"y\"}\n",
    "", " ", "01", "1.", "-", "+1", "1e", ".5", "nul", "True", "\"", "\"\\x\"", "\"\\u12\"",
    "\"\u{1}\"", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "[", "{", "1 2",
    "]", "\"\\u12g4\"", "\"\\", "{\"a\":1", "[1", "'a'", "NaN",
  ]

  private func isScanned(_ text: [UInt8]) -> Bool {
    do { _ = try MCPScanner.check(text.span) } catch { return false }
    return true
  }

  @Test(arguments: texts)
  func `the scanner accepts what the reader accepts`(text: String) {
    let bytes = Array(text.utf8)
    var isJSON = true
    do { _ = try JSONValue(parsing: bytes) } catch { isJSON = false }
    #expect(isScanned(bytes) == isJSON)
  }

  @Test func `a text cut anywhere is no longer JSON`() {
    let text = Array(#"{"a":[1.5e3,"x\u00e9\\",true,null,{"b":[]}]}"#.utf8)
    for count in 0..<text.count {
      #expect(!isScanned(Array(text[..<count])))
    }
  }

  @Test func `depth is counted, and stops somewhere`() throws {
    func nested(_ depth: Int) -> [UInt8] {
      Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    for depth in [0, 1, 40, MCPScanner.depth] {
      let text = depth == 0 ? [0x37] : nested(depth)
      let found = try MCPScanner.check(text.span).depth
      #expect(found == depth)
    }
    #expect(!isScanned(nested(MCPScanner.depth + 1)))
  }

  @Test func `members are found by their decoded names, elements are counted beyond the limit`()
    throws
  {
    let text = Array(#"{"\u0069d": 7 ,"x":[1,{"y":2}, 3 ],"id":8}"#.utf8)
    let members = try MCPScanner.members(of: text.span, in: text.indices) ?? []
    #expect(members.map(\.name) == ["id", "x", "id"])
    #expect(members.map { String(decoding: text[$0.value], as: UTF8.self) }.first == "7")
    let value = try #require(members["x"])
    let elements = try MCPScanner.elements(of: text.span, in: value, limit: 2)
    #expect(elements?.count == 3 && elements?.first.count == 2)
    let none = try MCPScanner.members(of: text.span, in: value)
    #expect(none == nil)
  }
}

import Platform
import Replay
import SessionLog
import TestSupport
import Testing

@Suite struct PlainTextTests {
  private func plain(
    _ events: [SessionFixture.Event], columns: Int = 40, rows: Int = 4, kind: String = "terminal",
    until: ReplayPoint? = nil, scrollback: Int = PlainText.scrollback
  ) throws -> (text: String, isCut: Bool) {
    let fixture = SessionFixture()
    let path = try fixture.write(events, columns: columns, rows: rows, kind: kind)
    var plain = PlainText(until: until, scrollback: scrollback)
    var text = ""
    var reader = try SessionReader(path: path, in: fixture.files)
    var batch = Batch()
    while try reader.next(into: &batch) != .end { plain.take(batch) { text += $0 } }
    let isCut = plain.finish { text += $0 }
    return (text, isCut)
  }

  private let ten: [SessionFixture.Event] = (1...10).map {
    .text(UInt64($0) * 1_000_000, "\u{1B}[3\($0 % 8)mline \($0)\u{1B}[0m\r\n")
  }

  @Test func `scrollback and screen are one text without escapes`() throws {
    let (text, isCut) = try plain(ten)
    #expect(text == (1...10).map { "line \($0)\n" }.joined())
    #expect(!isCut)
  }

  @Test func `blank rows inside stay, those at the end go`() throws {
    #expect(try plain([.text(1, "a\r\n\r\n\r\nb\r\n\r\n")], rows: 8).text == "a\n\n\nb\n")
  }

  @Test(arguments: [
    (ReplayPoint.event(4), 3), (.event(0), 0), (.event(1000), 10), (.time(3_000_000), 3),
    (.time(3_999_999), 3), (.time(0), 0),
  ])
  func `the text at a place`(_ until: ReplayPoint, _ lines: Int) throws {
    let wanted = lines == 0 ? "" : (1...lines).map { "line \($0)\n" }.joined()
    #expect(try plain(ten, until: until).text == wanted)
  }

  @Test func `a scrollback that was too short says so`() throws {
    let (text, isCut) = try plain(ten, scrollback: 2)
    #expect(text == (6...10).map { "line \($0)\n" }.joined())
    #expect(isCut)
  }

  @Test func `a resize in the middle is followed`() throws {
    let text = try plain([.text(1, "0123456789"), .resize(2, 5, 3), .text(3, "\r\n0123456789")])
      .text
    #expect(text == "01234\n56789\n01234\n56789\n")
  }

  @Test func `a character split over two events is one`() throws {
    #expect(try plain([.output(1, [0xE6, 0xBC]), .output(2, [0xA2])]).text == "漢\n")
  }

  @Test func `a session without a terminal is a line an event`() throws {
    let text = try plain(
      [
        .line(
          Array(#"{"t":1500000,"type":"http.request","method":"GET","path":"/\u001b[31m"}"#.utf8))
      ],
      kind: "http"
    ).text
    #expect(text.split(separator: "\n").count == 3)
    #expect(text.contains("0:01.500  http.request  method=GET  path=/^[[31m\n"))
  }

  @Test(arguments: HostileData.cases.map(\.id))
  func `no attack reaches the text`(_ name: String) throws {
    let attack = try #require(HostileData.cases.first { $0.id == name }).bytes
    var line = LineBuilder(time: 3, type: "mcp.call")
    line.add("tool", String(decoding: attack, as: UTF8.self))
    for kind in ["terminal", "mcp"] {
      let text = try plain(
        [.text(1, "before "), .output(2, attack), .line(line.finish()), .text(4, " after")],
        kind: kind
      ).text
      #expect(OutputAlphabet.violation(Array(text.utf8), allowsEscapes: false) == nil)
    }
  }
}

import Testing

@testable import Terminal

@Suite struct ImageTests {
  @Test(arguments: [
    ("\u{1B}P0;0;0q\"1;1;100;40#0;2;0;0;0~~$-\u{1B}\\x", ["▒image▒▒▒▒", "▒▒▒▒▒▒▒▒▒▒", "x"]),
    ("\u{1B}Pq#0~~\u{1B}\\", ["▒image▒"]),
    ("\u{1B}_Ga=T,f=100,c=8,r=2;AAAA\u{1B}\\x", ["▒image▒▒", "▒▒▒▒▒▒▒▒x"]),
    ("\u{1B}_Ga=T,c=8,r=1,C=1;AAAA\u{1B}\\x", ["ximage▒▒"]),
    ("\u{1B}]1337;File=name=eA==;width=9;height=2;inline=1:AAAA\u{7}", ["▒image▒▒▒", "▒▒▒▒▒▒▒▒▒"]),
    ("\u{1B}]1337;File=inline=1;width=20px;height=50%:AAAA\u{7}", ["▒i"]),
  ])
  func `an image is a field of its size`(_ input: String, _ rows: [String]) {
    var terminal = VirtualTerminal(columns: 20, rows: 4)
    terminal.feed(Array(input.utf8))
    #expect(terminal.imageCount == 1)
    #expect(terminal.screenText() == rows + [String](repeating: "", count: 4 - rows.count))
  }

  @Test func `an image sent in pieces is one`() {
    var terminal = VirtualTerminal(columns: 20, rows: 4)
    terminal.feed(Array("\u{1B}_Ga=T,f=32,m=1;AAAA\u{1B}\\".utf8))
    terminal.feed(Array("\u{1B}_Gm=1;AAAA\u{1B}\\\u{1B}_Gm=0;AAAA\u{1B}\\".utf8))
    terminal.feed(Array("\u{1B}_Ga=p,i=1;\u{1B}\\\u{1B}_Ga=d\u{1B}\\".utf8))
    #expect(terminal.imageCount == 1)
  }

  @Test func `the largest image is as large as the screen`() {
    var terminal = VirtualTerminal(columns: 20, rows: 4, scrollbackLimit: 10)
    for _ in 0..<100 {
      terminal.feed(Array("\u{1B}Pq\"1;1;99999999999;99999999999~\u{1B}\\".utf8))
      terminal.feed(Array("\u{1B}_Ga=T,c=4294967295,r=4294967295;\u{1B}\\".utf8))
    }
    #expect(terminal.imageCount == 200)
    #expect(terminal.scrollbackCount <= 10)
  }

  @Test func `an image taken back is none`() {
    var terminal = VirtualTerminal(columns: 20, rows: 4)
    terminal.feed(Array("\u{1B}Pq~~~\u{18}\u{1B}_Gf=24,t=f;L2V0Yw==\u{1B}\\".utf8))
    // Sent, not shown, and from a file of the viewer's machine.
    #expect(terminal.imageCount == 1)
    #expect(terminal.screenText()[0] == "")
    #expect(terminal.takeHidden().map(\.detail) == ["kitty graphics file"])
  }
}

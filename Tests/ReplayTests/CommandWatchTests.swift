import Terminal
import Testing

@testable import Replay

/// Where a terminal's output shows that a command was entered.
@Suite struct CommandWatchTests {
  /// The pieces of output at which a command was entered; `nil` is an Enter that was recorded as input.
  private func entered(_ pieces: [String?], columns: Int = 40) -> [Int] {
    var terminal = VirtualTerminal(columns: columns, rows: 6)
    var watch = CommandWatch()
    var found: [Int] = []
    for (index, piece) in pieces.enumerated() {
      guard let piece else {
        watch.typedEnter()
        continue
      }
      let bytes = Array(piece.utf8)
      if watch.isEntered(bytes.span, on: terminal) { found.append(index) }
      terminal.feed(bytes)
      watch.look(at: terminal)
    }
    return found
  }

  @Test func `a line that ends behind a prompt, typed before or pasted with its end`() {
    #expect(
      entered([
        "ann@host:~$ ", "l", "s", "\r\n\u{1B}[?2004l\r", "a  b\r\nann@host:~$ ", "pwd\r\n/home\r\n",
        "ann@host:~$ ",
      ]) == [3, 5])
  }

  @Test func `an Enter alone, output without a prompt and a full screen are none`() {
    #expect(entered(["# ", "\u{1B}[?2004l\r\r\n", "# ", "\r\n# ", "\r\n"]) == [])
    #expect(entered(["one\r\n", "two", "\r\n", "$5 spent", "\r\n", "100 % \r\n"]) == [])
    #expect(entered(["\u{1B}[?1049h> ", "x", "\r\n"]) == [])
  }

  @Test func `a command that is longer than the row`() {
    #expect(
      entered(["$ ", String(repeating: "word ", count: 12), "\r\nout\r\n"], columns: 20) == [2])
  }

  @Test func `what was recorded as input is told there`() {
    #expect(entered(["$ ", "ls", nil, "\r\na\r\n$ ", "id", "\r\n0\r\n$ "]) == [5])
  }

  @Test func `a shell that says so is believed, and its prompt no longer guessed at`() {
    let mark = { (name: String) in "\u{1B}]133;\(name)\u{07}" }
    #expect(
      entered([
        mark("A") + "❯ " + mark("B"), "ls", "\r\n" + mark("C") + "a\r\n", mark("D;0"),
        "❯ " + mark("B"), "id", "\r\n", mark("C") + "0\r\n", "❯ ", "x", "\r\n",
      ]) == [2, 7])
    #expect(entered(["\u{1B}]133;", "\u{1B}]133", "\u{1B}", ""]) == [])
  }
}

import Foundation
import Testing

/// `replay` and `diff` where nobody watches, end to end, on a recording of another program that attacks its viewer.
struct ReplayModesTests {
  private static let lines = [
    #"{"version":2,"width":20,"height":3,"title":"\u001b]0;owned\u0007"}"#,
    #"[0.5,"o","one\r\n"]"#, #"[1.0,"o","\u001b]52;c;aGVsbG8=\u0007two"]"#,
    #"[2.0,"o","\u001b[6n\u202e\r\nthree"]"#,
  ]

  private static func recordings() throws -> HostileFixture {
    let fixture = try HostileFixture(sessions: false)
    let text = lines.joined(separator: "\n") + "\n"
    for (name, text) in [
      ("a.cast", text), ("b.cast", text.replacingOccurrences(of: "three", with: "four")),
    ] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: fixture.place.path(name)))
    }
    return fixture
  }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `each mode prints what the recording shows, and nothing that acts`() throws {
    let fixture = try Self.recordings()
    defer { fixture.place.remove() }
    func replay(_ options: String...) throws -> String {
      let arguments = ["replay", "./a.cast"] + options
      let result = try fixture.run(arguments)
      fixture.check(result, arguments, .plain)
      #expect(result.status == 0, "\(arguments)")
      #expect(String(decoding: result.errors, as: UTF8.self).contains("not verified"))
      return String(decoding: result.output, as: UTF8.self)
    }
    #expect(try replay("--plain") == "one\ntwo\\u{202E}\nthree\n")
    #expect(try replay("--plain", "--until", "#3") == "one\n")
    #expect(try replay("--at", "1.2s") == "one\ntwo\n")
    #expect(try replay("--at", "50%") == "one\ntwo\n")
    #expect(try replay("--step", "3") == "one\n")
    #expect(try replay("--step", "5") == "one\ntwo\\u{202E}\nthree\n")
    #expect(
      try replay("--frames") == """
        ── #3  0:00.500 ──
        one
        ── #4  0:01.000 ──
        one
        two
        ── #5  0:02.000 ──
        one
        two\\u{202E}
        three

        """)
    #expect(
      try replay("--hidden") == """
        #4  0:01.000  row 2, column 1  clipboard-write  hello
        #5  0:02.000  row 2, column 4  query  DSR 6
        #5  0:02.000  row 2, column 4  bidi  U+202E

        """)
    let events = try replay("--events").split(separator: "\n")
    #expect(events.count == 6)
    #expect(events.contains { $0.hasSuffix("terminal.output  data=^[]52;c;aGVsbG8=^Gtwo") })

    let frames = try replay("--frames", "-o", "ndjson").split(separator: "\n").map {
      try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }
    #expect(frames.map { $0?["event"] as? Int } == [3, 4, 5])
    #expect(frames[1]?["text"] as? [String] == ["one", "two", ""])
    let still =
      try JSONSerialization.jsonObject(with: Data(try replay("--step", "4", "-o", "json").utf8))
      as? [String: Any]
    #expect(still?["text"] as? [String] == ["one", "two", ""])
    #expect(try replay("--step", "4", "-o", "svg").hasPrefix("<svg "))
  }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `diff tells what two recordings showed`() throws {
    let fixture = try Self.recordings()
    defer { fixture.place.remove() }
    func diff(_ options: String...) throws -> (status: Int32, text: String) {
      let result = try fixture.run(["diff"] + options)
      fixture.check(result, options, .plain)
      return (result.status, String(decoding: result.output, as: UTF8.self))
    }
    let changed = try diff("./a.cast", "./b.cast")
    #expect(changed.status == 0)
    #expect(changed.text.hasSuffix("@@ -1,3 +1,3 @@\n one\n two\\u{202E}\n-three\n+four\n"))
    #expect(try diff("./a.cast", "./b.cast", "--fail-different").status == 1)
    #expect(try diff("./a.cast", "./a.cast", "--fail-different").status == 0)
    let upTo = try diff("./a.cast@4", "./b.cast@4", "--fail-different")
    #expect(upTo.status == 0, "they differ only after event 4")
  }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `a typescript plays by the times in its second file`() throws {
    let fixture = try HostileFixture(sessions: false)
    defer { fixture.place.remove() }
    let header = "Script started on 2026-11-25 18:18:49+00:00 [COMMAND=\"x\"]\n"
    for (name, text) in [
      ("typescript", header + "one\r\ntwo\r\n"), ("times", "0.5 5\n2.0 5\n"),
    ] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: fixture.place.path(name)))
    }
    let timed = ["replay", "typescript", "--timing", "times", "--at"]
    let half = try fixture.run(timed + ["1s"])
    #expect(half.status == 0)
    #expect(String(decoding: half.output, as: UTF8.self) == "one\n")
    let whole = try fixture.run(timed + ["3s"])
    #expect(String(decoding: whole.output, as: UTF8.self) == "one\ntwo\n")
    let missing = ["replay", "typescript", "--timing", "missing", "--plain"]
    let refused = try fixture.run(missing)
    #expect(refused.status == 8)
    fixture.check(refused, missing, .plain)
  }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `recordings made of attacks act on nobody in any mode`() throws {
    let fixture = try HostileFixture(sessions: false)
    defer { fixture.place.remove() }
    var cast = #"{"version":2,"width":80,"height":24}"# + "\n"
    for (number, sequence) in HostileSequences.all.enumerated() {
      let text = "\(HostileFixture.mark) " + String(decoding: sequence.bytes, as: UTF8.self)
      let json = try JSONSerialization.data(withJSONObject: [text])
      cast += "[\(number),\"o\"," + String(decoding: json, as: UTF8.self).dropFirst() + "\n"
    }
    try Data(cast.utf8).write(to: URL(fileURLWithPath: fixture.place.path("hostile.cast")))
    for options in [
      ["--plain"], ["--at", "50%"], ["--step", "20"], ["--step", "20", "-o", "json"],
      ["--step", "20", "-o", "svg"], ["--frames"], ["--frames", "-o", "ndjson"], ["--hidden"],
      ["--hidden", "--json"], ["--events"], ["--events", "-o", "ndjson"],
    ] {
      let arguments = ["replay", "./hostile.cast"] + options
      let result = try fixture.run(arguments)
      #expect(result.status == 0, "\(arguments)")
      // Some of them leave two columns of two rows to write in.
      #expect(result.output.count > 30, "\(arguments) said next to nothing")
      fixture.check(result, arguments, .plain)
    }
    let diff = ["diff", "./hostile.cast@20", "./hostile.cast"]
    fixture.check(try fixture.run(diff), diff, .plain)
  }
}

internal import Glibc
import Platform
import SessionLog
import Testing
import Text

@testable import blackbox

struct OutputTests {
  private func io(_ arguments: [String] = ["x"]) throws -> Output {
    var io = Output(environment: Environment([:]), target: .memory)
    try io.adopt(try Sample.parse(arguments))
    return io
  }

  private func run(
    _ arguments: [String], environment: [String: String] = [:]
  ) -> (code: ExitCode, results: String, messages: String) {
    let environment = Environment(environment)
    var io = Output(environment: environment, target: .memory)
    let code = Invocation(arguments: arguments, environment: environment, now: Sample.now).run(&io)
    return (code, io.captured.results, io.captured.messages)
  }

  @Test func `only literals reach a line as they are`() throws {
    var io = try io(["x", "--color", "always"])
    let agent = "evil\u{1B}[2J\u{202E}\nx"
    try io.line("by \(agent, .red): \(3) \([0x9B, 0x41] as [UInt8])")
    #expect(
      io.captured.results == "by \u{1B}[31mevil^[[2J\\u{202E}^Jx\u{1B}[0m: 3 \\x9bA\n")
  }

  @Test func `without colour no escape is written`() throws {
    var io = try io()
    try io.line("\("a", .red)\("b", .bold)")
    #expect(io.captured.results == "ab\n")
  }

  private static let colours: [([String: String], String?, Bool, Bool)] = [
    ([:], nil, true, true), ([:], nil, false, false), (["NO_COLOR": "1"], nil, true, false),
    (["NO_COLOR": ""], nil, true, true), (["CLICOLOR_FORCE": "1"], nil, false, true),
    (["CLICOLOR_FORCE": "0"], nil, false, false), (["TERM": "dumb"], nil, true, false),
    (["NO_COLOR": "1", "CLICOLOR_FORCE": "1"], nil, true, false),
    (["NO_COLOR": "1"], "always", false, true), ([:], "never", true, false),
    ([:], "auto", true, true),
  ]

  @Test(arguments: colours.indices)
  func `colour follows the flag, then the environment, then the terminal`(index: Int) {
    let (environment, flag, isTerminal, wanted) = Self.colours[index]
    #expect(
      TerminalFacts.colour(Environment(environment), flag: flag, isTerminal: isTerminal) == wanted)
  }

  private var listing: Listing {
    var listing = Listing([
      .init("session"), .init("agent", minimum: 4), .init("started", isWide: true),
      .init("duration_us", .right), .init("size", .right), .init("tags"), .init("whole"),
    ])
    listing.add([
      .text("01J"), .styled("=cmd\u{1B}", .red), .time(Sample.now), .duration(63_000_000),
      .bytes(1536), .list(["a", "b"]), .bool(true),
    ])
    listing.add([.text("01K"), .null, .null, .null, .null, .list([]), .decimal(1.5)])
    return listing
  }

  private static let forms: [([String], String)] = [
    (
      ["x"],
      """
      SESSION  AGENT   DURATION     SIZE  TAGS  WHOLE
      01J      =cmd^[     1m03s  1.5 KiB  a, b  yes
      01K      -              -        -  -     1.5

      """
    ),
    (
      ["x", "-o", "wide", "--fields", "started,size"],
      "STARTED                      SIZE\n2026-11-22T14:21:47.000000Z  1536\n"
        + "-                               -\n"
    ),
    (
      ["x", "-o", "ndjson"],
      #"{"session":"01J","agent":"=cmd\u001b","started":"2026-11-22T14:21:47.000000Z","#
        + #""duration_us":63000000,"size":1536,"tags":["a","b"],"whole":true}"# + "\n"
        + #"{"session":"01K","agent":null,"started":null,"duration_us":null,"size":null,"#
        + #""tags":[],"whole":1.5}"# + "\n"
    ),
    (
      ["x", "--json", "--fields", "session"],
      "[\n  {\n    \"session\": \"01J\"\n  },\n  {\n    \"session\": \"01K\"\n  }\n]\n"
    ),
    (
      ["x", "-o", "csv"],
      "session,agent,started,duration_us,size,tags,whole\r\n"
        + "01J,'=cmd\\x1b,2026-11-22T14:21:47.000000Z,63000000,1536,\"a; b\",true\r\n"
        + "01K,,,,,,1.5\r\n"
    ),
    (["x", "-o", "id", "--fields", "size"], "01J\n01K\n"),
  ]

  @Test(arguments: forms)
  func `a listing takes the form asked for`(arguments: [String], text: String) throws {
    var io = try io(arguments)
    try io.list(listing)
    #expect(io.captured.results == text)
  }

  @Test func `an unknown field names those there are`() throws {
    let failure = #expect(throws: ArgumentFailure.self) {
      var io = try io(["x", "--fields", "sessoin"])
      try io.list(listing)
    }
    #expect(failure?.report.advice == "Did you mean “session”?")
    #expect(failure?.report.wanted?.contains("duration_us") == true)
  }

  @Test func `an empty list is empty in every form`() throws {
    for (form, text) in [("table", ""), ("json", "[]\n"), ("ndjson", ""), ("id", "")] {
      var io = try io(["x", "-o", form])
      try io.list(Listing([.init("session")]))
      #expect(io.captured.results == text)
    }
  }

  @Test func `nothing found is a failure only when asked`() throws {
    let description = VerbDescription(
      name: "agents", group: .find, summary: "list", options: CommonOptions.amount)
    let strict = try Sample.parse(["--fail-empty"], as: description)
    #expect(strict.code(matches: 0) == .nothingMatched && strict.code(matches: 1) == .done)
    #expect(try Sample.parse([], as: description).code(matches: 0) == .done)
  }

  @Test func `notes are silent when asked, warnings never`() throws {
    var io = try io(["x", "-q"])
    io.note("a note")
    io.warn("cut at \(5) rows")
    #expect(io.captured.messages == "blackbox: cut at 5 rows\n")
  }

  @Test func `progress waits, is limited, and is taken away`() {
    var line = ProgressLine()
    #expect(line.update("verify", 0, 10, width: 80, now: 0) == nil)
    #expect(line.erase() == nil)
    #expect(line.update("verify", 3, 10, width: 80, now: 299_999) == nil)
    let shown = line.update("ver\u{1B}ify", 5, 10, width: 80, now: 1_300_000)
    #expect(shown == "\rver^[ify  ██████████░░░░░░░░░░  50 %  5/10  1s\u{1B}[K")
    #expect(line.update("verify", 6, 10, width: 80, now: 1_399_999) == nil)
    #expect(line.update("verify", 6, nil, width: 9, now: 1_400_000) == "\rverify …\u{1B}[K")
    #expect(line.erase() == "\r\u{1B}[K")
    #expect(line.erase() == nil)
  }

  @Test func `a failure says what, where, found and wanted, and what next`() {
    let failure = UserFailure(
      .damaged, "the frame is torn", place: "a\u{1B}.zst", found: "212 bytes", wanted: "4096",
      advice: "Run recover.")
    let lines = FailureReport(failure).lines.map { $0.text(colour: false) }
    #expect(
      lines == [
        "blackbox: the frame is torn: a^[.zst: found 212 bytes, wanted 4096", "  Run recover.",
      ])
  }

  @Test func `a refused file is a refusal, an absent one unreadable input`() {
    let refused = FileFailure("open", path: "/s", code: FileFailure.permission)
    let absent = FileFailure("open", path: "/s", code: FileFailure.noSuchFile)
    #expect(FailureReport(refused).code == .refused)
    #expect(FailureReport(absent).code == .unreadable)
    #expect(FailureReport(absent).place == "/s")
  }

  @Test(arguments: [
    (SessionLogFailure.Kind.storeMissing, ExitCode.unusable), (.newerFormat, .unusable),
    (.busy, .unusable), (.diverged, .damaged), (.permission, .refused),
    (.ambiguousSession, .usage), (.unknownSession, .unreadable), (.notARecording, .unreadable),
  ])
  func `the session log’s obstacles have their codes`(
    kind: SessionLogFailure.Kind, code: ExitCode
  ) {
    let failure = SessionLogFailure(kind, "cannot", at: "/s", advice: "Do this.")
    #expect(FailureReport(failure).code == code)
    #expect(FailureReport(failure).advice == "Do this.")
  }

  @Test func `a failure nobody named is called a defect`() {
    struct Stray: Error {}
    #expect(FailureReport(Stray()).what == "unexpected failure")
    #expect(FailureReport(Stray()).code != .done)
  }

  @Test(arguments: [
    (["versoin"], ExitCode.usage, "unknown verb"), (["--store", "x"], .usage, "before the verb"),
    (["help", "nothing"], .usage, "unknown verb"), (["version", "x"], .usage, "one argument too"),
  ])
  func `a wrong invocation says so on standard error`(
    arguments: [String], code: ExitCode, words: String
  ) {
    let ended = run(arguments)
    #expect(ended.code == code)
    #expect(ended.results.isEmpty)
    #expect(ended.messages.contains(words))
  }

  @Test(arguments: [[], ["help"], ["-h"], ["--help", "version"], ["version", "--help"], ["-V"]])
  func `help and version go to standard output`(arguments: [String]) {
    let ended = run(arguments)
    #expect(ended.code == .done)
    #expect(!ended.results.isEmpty && ended.messages.isEmpty)
  }

  @Test func `the exit codes are those of the table`() throws {
    let page =
      #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
      .joined(separator: "/") + "/schema/exit-codes.md"
    let file = try #require(fopen(page, "r"))
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, file)
    let lines = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
    let rows: [String] = lines.compactMap { line in
      let cells = line.split(separator: "|").map { $0.filter { $0 != " " } }
      guard cells.count == 3, let code = Int32(cells[0]) else { return nil }
      return "\(code) \(cells[1])"
    }
    #expect(rows == ExitCode.documented.map { "\($0.status) \($0)" })
    #expect(Set(ExitCode.documented.map(\.status)).count == ExitCode.documented.count)
  }
}

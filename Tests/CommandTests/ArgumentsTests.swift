import Testing
import Text

@testable import blackbox

/// A verb that has one of everything.
enum Sample {
  static let description = VerbDescription(
    name: "sample", group: .find, summary: "do nothing at all",
    operands: [
      OperandDescription("ID", .session, help: "a session"),
      OperandDescription("FILE", .file, isOptional: true, isRepeated: true, help: "files"),
    ],
    options: [
      .flag("all", "a", help: "everything"),
      .value("agent", nil, "NAME", isRepeated: true, help: "by this agent"),
      .value("limit", "n", "N", .integer(1...1000), help: "at most so many"),
      .value("speed", nil, "X", .decimal(0.1...16), help: "times as fast"),
      .value("sort", nil, "KEY", .choice(["time", "agent", "duration"]), help: "order"),
      .value("has", nil, "WHAT", .choices(["gap", "mask", "block"]), help: "with these"),
    ] + CommonOptions.time,
    outputs: OutputFormat.list)

  static let recording = VerbDescription(
    name: "record", group: .make, summary: "record a command",
    options: [.flag("mcp", help: "speak MCP")],
    command: OperandDescription("CMD", isRepeated: true, help: "what to run"))

  /// The moment 2026-11-22T14:21:47Z.
  static let now = Timestamp(microseconds: 1_795_357_307_000_000)

  static func parse(
    _ arguments: [String], as description: VerbDescription = description,
    environment: [String: String] = [:]
  ) throws(ArgumentFailure) -> ParsedArguments {
    try ArgumentParser.parse(
      arguments, as: description, environment: Environment(environment), now: now)
  }
}

struct ArgumentsTests {
  @Test(arguments: [
    ["x", "--limit", "7", "--all"], ["--limit=7", "--all", "x"], ["-n", "7", "x", "-a"],
    ["-n7", "-a", "x"], ["-an7", "x"], ["-an", "7", "--", "x"], ["-n=7", "-a", "x"],
  ])
  func `options may be spelled in every usual way`(arguments: [String]) throws {
    let parsed = try Sample.parse(arguments)
    #expect(parsed.integer("limit") == 7)
    #expect(parsed.flag("all"))
    #expect(parsed.operands == ["x"])
    #expect(!parsed.flag("json") && parsed.value("agent") == nil)
  }

  @Test func `values are taken as they are`() throws {
    let parsed = try Sample.parse([
      "id", "--agent", "-x", "--agent=", "--agent=a=b", "--agent=\u{301}", "--since", "-2h", "-",
      "--has", "gap,mask", "--speed", "0.5",
    ])
    #expect(parsed.values("agent") == ["-x", "", "a=b", "\u{301}"])
    #expect(try parsed.moment("since")?.text(.seconds) == "2026-11-22T12:21:47Z")
    #expect(parsed.operands == ["id", "-"])
    #expect(parsed.list("has") == ["gap", "mask"])
    #expect(parsed.decimal("speed") == 0.5)
  }

  @Test func `after two dashes nothing is an option`() throws {
    let parsed = try Sample.parse(["--", "--all", "-n", "--"])
    #expect(parsed.operands == ["--all", "-n", "--"])
    #expect(!parsed.flag("all"))
  }

  @Test func `a command keeps its own options`() throws {
    let parsed = try Sample.parse(
      ["--mcp", "--", "ls", "--all", "--", "-q"], as: Sample.recording)
    #expect(parsed.command == ["ls", "--all", "--", "-q"])
    #expect(parsed.flag("mcp") && !parsed.isQuiet)
  }

  private static let wrong: [([String], ArgumentFailure)] = [
    (["x", "--al"], .unknownOption("--al", nearest: "all", verb: "sample")),
    (["x", "--agnet=a"], .unknownOption("--agnet", nearest: "agent", verb: "sample")),
    (["x", "--zebra"], .unknownOption("--zebra", nearest: nil, verb: "sample")),
    (["x", "-z"], .unknownOption("-z", nearest: nil, verb: "sample")),
    (["x", "---"], .unknownOption("---", nearest: nil, verb: "sample")),
    (["x", "--limit"], .missingValue("--limit", "N")),
    (["x", "--limit", "--all"], .missingValue("--limit", "N")),
    (["x", "--since", "-a"], .missingValue("--since", "TIME")),
    (["x", "-n"], .missingValue("-n", "N")),
    (["x", "--all=yes"], .takesNoValue("--all")),
    (["x", "-n", "1", "--limit", "2"], .givenTwice("--limit")),
    (
      ["x", "--limit", "0"],
      .notANumber("--limit", "0", wanted: "a whole number from 1 to 1000")
    ),
    (
      ["x", "--limit", "99999999999999999999"],
      .notANumber("--limit", "99999999999999999999", wanted: "a whole number from 1 to 1000")
    ),
    (
      ["x", "--speed", "nan"],
      .notANumber("--speed", "nan", wanted: "a number from 0.1 to 16.0")
    ),
    (
      ["x", "--sort", "tiem"],
      .notAChoice("--sort", "tiem", ["time", "agent", "duration"], nearest: "time")
    ),
    (
      ["x", "--has", "gap,"],
      .notAChoice("--has", "", ["gap", "mask", "block"], nearest: nil)
    ),
    (["x", "-o", "json", "--json"], .excludesEachOther("--json", "--output")),
    (["x", "--store="], .emptyValue("--store")),
    ([], .missingOperand("ID", verb: "sample")),
  ]

  @Test(arguments: wrong)
  func `what is wrong is named`(arguments: [String], failure: ArgumentFailure) {
    #expect(throws: failure) { try Sample.parse(arguments) }
  }

  @Test func `a command without dashes is told where it goes`() {
    #expect(throws: ArgumentFailure.tooManyOperands("ls", verb: "record", runsCommand: true)) {
      try Sample.parse(["ls"], as: Sample.recording)
    }
    #expect(throws: ArgumentFailure.missingCommand("CMD", verb: "record")) {
      try Sample.parse(["--"], as: Sample.recording)
    }
  }

  @Test func `a bad time names the option and shows two examples`() {
    let failure = #expect(throws: ArgumentFailure.self) {
      try Sample.parse(["x", "--since", "\u{1B}[31msoon"])
    }
    let lines = failure?.report.lines.map { $0.text(colour: false) } ?? []
    #expect(
      lines == [
        "blackbox: not a time: it is neither a date, a time, a span nor a known word: --since: "
          + "found “^[[31msoon”",
        "  For example: 2026-11-22T12:21:47Z, or 2h ago.",
      ])
  }

  @Test func `every wrong command line ends with code 2`() {
    for (_, failure) in Self.wrong { #expect(failure.report.code == .usage) }
  }

  @Test func `help is given whatever else is wrong with the operands`() throws {
    #expect(try Sample.parse(["--help"]).flag("help"))
    #expect(try Sample.parse(["-h"], as: Sample.recording).flag("help"))
  }

  @Test func `a period is half open and counts from its end`() throws {
    let last = try Sample.parse(["x", "--last", "1h"]).period()
    #expect(last.since == Sample.now.advanced(by: -3_600_000_000) && last.until == nil)
    let before = try Sample.parse(["x", "--last", "1d", "--until", "today"]).period()
    #expect(before.since?.text(.seconds) == "2026-11-21T00:00:00Z")
    #expect(throws: ArgumentFailure.excludesEachOther("--since", "--last")) {
      try Sample.parse(["x", "--last", "1h", "--since", "today"]).period()
    }
  }

  @Test(arguments: [
    (["x"], OutputFormat.table), (["x", "--json"], .json), (["x", "-o", "csv"], .csv),
    (["x", "-oid"], .id), (["x", "--output=ndjson"], .ndjson),
  ])
  func `one flag chooses the format`(arguments: [String], format: OutputFormat) throws {
    #expect(try Sample.parse(arguments).format == format)
  }

  @Test(arguments: [
    (["x", "--store", "/s"], ["BLACKBOX_STORE": "/e", "HOME": "/h"], "/s"),
    (["x"], ["BLACKBOX_STORE": "/e", "HOME": "/h"], "/e"),
    (["x"], ["BLACKBOX_STORE": "", "HOME": "/h"], "/h/.local/share/blackbox"),
  ])
  func `the store is the nearest named`(
    arguments: [String], environment: [String: String], directory: String
  ) throws {
    let parsed = try Sample.parse(arguments, environment: environment)
    #expect(try parsed.store() == StoreLocation(directory: directory, state: nil))
  }

  @Test func `the state is named or there is none`() throws {
    let environment = ["BLACKBOX_STATE": "/e", "HOME": "/h"]
    #expect(try Sample.parse(["x"], environment: environment).store().state == "/e")
    #expect(
      try Sample.parse(["x", "--state=/s"], environment: environment).store().state == "/s")
    #expect(throws: UserFailure.self) { try Sample.parse(["x"]).store() }
  }

  @Test(arguments: UInt64(1)...300)
  func `no arguments stop the program, and what is refused is worded safely`(seed: UInt64) {
    let pieces = [
      "--", "-", "=", "all", "limit", "agent", "since", "has", "o", "n", "7", "-2h", "json",
      "\u{301}", "\u{1B}[2J", "\u{202E}", "", " ", "@last", "a", ",", "gap", "help", "--fields",
    ]
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let arguments = (0..<next(6)).map { _ in
      (0...next(4)).map { _ in pieces[next(pieces.count)] }.joined()
    }
    for description in [Sample.description, Sample.recording] {
      do {
        let parsed = try Sample.parse(arguments, as: description)
        #expect(description.outputs.isEmpty || description.outputs.contains(parsed.format))
      } catch {
        #expect(error.report.code == .usage)
        for line in error.report.lines {
          let shown = line.text(colour: false)
          #expect(TerminalText.line(shown, limit: .max) == shown)
        }
      }
    }
  }

  @Test(arguments: [
    ("verfy", "verify"), ("sesions", "sessions"), ("serach", "search"), ("repl", "replay"),
    ("completions", "completion"),
  ])
  func `a slip is understood`(word: String, meant: String) {
    let names = ["init", "sessions", "search", "verify", "replay", "report", "completion"]
    #expect(Spelling.nearest(to: word, in: names) == meant)
  }

  @Test(arguments: ["", "banana", "x", "delete"])
  func `a stranger is not taken for a slip`(word: String) {
    #expect(Spelling.nearest(to: word, in: ["init", "sessions", "verify"]) == nil)
  }
}

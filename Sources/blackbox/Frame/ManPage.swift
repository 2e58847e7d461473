/// Words the verbs' descriptions for `man`: the same source as the help, in the roff that groff and mandoc read.
///
/// Source: man(7).
enum ManPage {
  /// `blackbox(1)`.
  static func overview(_ verbs: [VerbDescription]) -> String {
    var page = header("BLACKBOX")
    page += section("NAME", "blackbox \\- the flight recorder for AI agents\n")
    page += section("SYNOPSIS", ".B blackbox\n.I VERB\n.RI [ OPTIONS ]\n.I \\&...\n")
    page += section(
      "DESCRIPTION",
      text(
        "Records what AI agents do, so that months later anyone can see step by step what an agent "
          + "did, find it in seconds, and prove that the recording is whole and unchanged.")
        + ".PP\nEach verb has a page of its own:\n.BR blackbox\\-replay (1)\nfor one.\n")
    for group in VerbGroup.allCases {
      let members = verbs.filter { $0.group == group }
      guard !members.isEmpty else { continue }
      var list = ""
      for verb in members {
        list += ".TP\n.BR blackbox\\-\(escaped(verb.name)) (1)\n" + text(sentence(verb.summary))
      }
      page += section(group.rawValue.uppercased(), list)
    }
    return page + tail([])
  }

  /// `blackbox-VERB(1)`.
  static func verb(_ verb: VerbDescription) -> String {
    var page = header("BLACKBOX-" + verb.name.uppercased())
    page += section("NAME", "blackbox\\-\(escaped(verb.name)) \\- \(escaped(verb.summary))\n")
    page += section("SYNOPSIS", synopsis(verb))
    if !verb.details.isEmpty {
      page += section("DESCRIPTION", verb.details.map(text).joined(separator: ".PP\n"))
    }
    let operands = verb.operands + (verb.command.map { [$0] } ?? [])
    if !operands.isEmpty {
      page += section(
        "ARGUMENTS",
        operands.map { ".TP\n.I \(escaped($0.name))\n" + text(sentence($0.help)) }.joined())
    }
    page += options("OPTIONS", verb.options)
    page += options("OPTIONS OF MANY VERBS", Array(verb.allOptions.dropFirst(verb.options.count)))
    if !verb.examples.isEmpty {
      page += section(
        "EXAMPLES",
        verb.examples.map {
          ".TP\n" + text(sentence($0.says))
            + ".nf\n.B blackbox \(escaped($0.arguments))\n.fi\n"
        }.joined())
    }
    return page + tail([verb.name])
  }

  private static func synopsis(_ verb: VerbDescription) -> String {
    var lines = ".B blackbox \(escaped(verb.name))\n"
    if !verb.allOptions.isEmpty { lines += ".RI [ OPTIONS ]\n" }
    for operand in verb.operands {
      let name = escaped(operand.name)
      let dots = operand.isRepeated ? "\\&..." : ""
      lines += operand.isOptional ? ".RI [ \(name) ]\(dots)\n" : ".IR \(name) \(dots)\n"
    }
    if let command = verb.command { lines += ".B \\-\\-\n.I \(escaped(command.shown))\n" }
    return lines
  }

  private static func options(_ title: String, _ options: [OptionDescription]) -> String {
    guard !options.isEmpty else { return "" }
    var list = ""
    for option in options {
      let short = option.short.map { "\\fB\\-\($0)\\fR, " } ?? ""
      let value = option.value.map { " \\fI\(escaped($0))\\fR" } ?? ""
      let help = option.isRepeated ? option.help + " (may be repeated)" : option.help
      list += ".TP\n\(short)\\fB\\-\\-\(escaped(option.name))\\fR\(value)\n" + text(sentence(help))
    }
    return section(title, list)
  }

  /// What ends every page.
  private static func tail(_ verb: [String]) -> String {
    var codes = ""
    for (code, meaning) in meanings { codes += ".TP\n.B \(code.status)\n" + text(meaning) }
    var names = ""
    for (name, meaning) in environment { names += ".TP\n.B \(name)\n" + text(meaning) }
    return section("EXIT STATUS", codes) + section("ENVIRONMENT", names)
      + section(
        "SEE ALSO",
        verb.isEmpty
          ? ".BR zstd (1),\n.BR jq (1)\n" : ".BR blackbox (1),\n.BR blackbox\\-verify (1)\n")
  }

  /// As in schema/exit-codes.md.
  private static let meanings: [(ExitCode, String)] = [
    (.done, "Done, and nothing wrong found."),
    (.nothingMatched, "Nothing matched (only with --fail-empty)."),
    (.usage, "The command line cannot be understood."),
    (.damaged, "Evidence is damaged, or a --require is not met."),
    (.checkFailed, "Report: a check failed."),
    (.lacksEvidence, "Report: none failed, some lack evidence."),
    (.unusable, "Index or store unusable, missing, locked or of a newer version."),
    (.refused, "Refused by permission or policy."),
    (.unreadable, "Input unreadable or not what it claims to be."),
    (.cut, "Cut by a time or row limit."),
    (.interrupted, "Interrupted."),
  ]

  private static let environment: [(String, String)] = [
    ("BLACKBOX_STORE", "The store, where --store does not name one."),
    ("BLACKBOX_STATE", "Where the log's key and guard are, where --state does not say."),
    ("BLACKBOX_SOCKET", "The socket of serve, through which other users' reading is recorded."),
    ("BLACKBOX_PURPOSE", "Why you read, where --purpose does not say."),
    ("NO_COLOR", "No colour, where it is set."),
  ]

  // MARK: roff

  private static func header(_ title: String) -> String {
    ".\\\" Generated by `blackbox help --man`.\n"
      + ".TH \(escaped(title)) 1 \"\" \"blackbox \(escaped(Version.program))\" \"Blackbox\"\n"
      + ".nh\n.ad l\n"
  }

  private static func section(_ title: String, _ body: String) -> String {
    ".SH \(escaped(title))\n" + body
  }

  /// A paragraph, in lines that diff well.
  private static func text(_ text: String) -> String {
    Help.wrap(text, to: 76).map { escaped($0) + "\n" }.joined()
  }

  private static func sentence(_ text: String) -> String {
    guard let first = text.first else { return text }
    let capital = first.isLowercase ? first.uppercased() + text.dropFirst() : text
    return ".!?…".contains(capital.last ?? " ") ? capital : capital + "."
  }

  /// Text that roff prints as it is: no request, no escape, dashes that can be copied, other scalars by number.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      case "'": result += "\\(aq"
      case "`": result += "\\(ga"
      case "^": result += "\\(ha"
      case "~": result += "\\(ti"
      case "\"": result += "\\(dq"
      case "\n": result += " "
      case _ where scalar.isASCII: result.unicodeScalars.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        result += "\\[u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "]"
      }
    }
    return result.hasPrefix(".") ? "\\&" + result : result
  }
}

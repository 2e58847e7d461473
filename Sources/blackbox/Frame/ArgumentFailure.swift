internal import Text

/// What is wrong with a command line: facts only.
enum ArgumentFailure: Error, Equatable {
  case notText(String)
  case unknownVerb(String, nearest: String?)
  case optionBeforeVerb(String)
  case unknownOption(String, nearest: String?, verb: String)
  case missingValue(String, String)
  case takesNoValue(String)
  case emptyValue(String)
  case givenTwice(String)
  case excludesEachOther(String, String)
  case tooManyOperands(String, verb: String, runsCommand: Bool)
  case missingOperand(String, verb: String)
  case missingCommand(String, verb: String)
  case notAChoice(String, String, [String], nearest: String?)
  case notANumber(String, String, wanted: String)
  case badTime(String, TimeSyntaxFailure)
  case badZone(String)
}

/// The words for those facts.
extension ArgumentFailure: ReportableFailure {
  var report: FailureReport {
    switch self {
    case .notText(let argument):
      usage(
        "an argument is not UTF-8", argument,
        advice:
          "What is recorded is text: let a shell make such bytes, as in sh -c 'CMD \"$(printf "
          + "\"a\\377\")\"'.")
    case .unknownVerb(let name, let nearest):
      usage(
        "unknown verb", name,
        advice: nearest.map { "Did you mean “\($0)”?" } ?? "`blackbox help` lists the verbs.")
    case .optionBeforeVerb(let option):
      usage(
        "an option stands before the verb", option,
        advice: "Options come after the verb: blackbox VERB \(option).")
    case .unknownOption(let option, let nearest, let verb):
      usage(
        "unknown option", option,
        advice: nearest.map { "Did you mean “--\($0)”?" }
          ?? "`blackbox help \(verb)` lists the options.")
    case .missingValue(let option, let value):
      usage("a value is missing", option, wanted: "\(option) \(value)")
    case .takesNoValue(let option): usage("the option takes no value", option)
    case .emptyValue(let option): usage("the value is empty", option)
    case .givenTwice(let option): usage("the option may be given once only", option)
    case .excludesEachOther(let one, let other):
      usage("give one of two options, not both", "\(one) and \(other)")
    case .tooManyOperands(let operand, let verb, let runsCommand):
      usage(
        "one argument too many", operand,
        advice: runsCommand
          ? "The command goes after two dashes: blackbox \(verb) -- \(operand)"
          : "`blackbox help \(verb)` shows what it takes.")
    case .missingOperand(let name, let verb):
      usage("an argument is missing", name, advice: "`blackbox help \(verb)` shows what it takes.")
    case .missingCommand(let name, let verb):
      usage(
        "no command is given", name,
        advice: "The command goes after two dashes: blackbox \(verb) -- \(name)")
    case .notAChoice(let option, let value, let names, let nearest):
      usage(
        "not a value this option takes", option, found: "“\(value)”",
        wanted: names.joined(separator: ", "), advice: nearest.map { "Did you mean “\($0)”?" })
    case .notANumber(let option, let value, let wanted):
      usage("not the number this option takes", option, found: "“\(value)”", wanted: wanted)
    case .badTime(let option, let failure):
      usage(
        "not a time: \(failure.problem)", option, found: "“\(failure.given)”",
        advice: "For example: " + failure.examples.joined(separator: ", or ") + ".")
    case .badZone(let name):
      usage(
        "no such time zone", "--tz", found: "“\(name)”",
        wanted: "utc, local, or a name such as Europe/Berlin",
        advice: "The names are those below /usr/share/zoneinfo; on Debian the package is tzdata.")
    }
  }

  private func usage(
    _ what: String, _ place: String, found: String? = nil, wanted: String? = nil,
    advice: String? = nil
  ) -> FailureReport {
    FailureReport(.usage, what, place: place, found: found, wanted: wanted, advice: advice)
  }
}

internal import Text

/// One run of the program, from arguments to exit code.
struct Invocation {
  /// Without the program's own name.
  let arguments: [String]
  let environment: Environment
  let now: Timestamp

  func run(_ io: inout Output) -> ExitCode {
    do {
      let code = try perform(&io)
      try io.flush()
      io.eraseProgress()
      return code
    } catch {
      let report = FailureReport(error)
      if report.code == .readerGone { return .readerGone }
      // What was found before the failure is still worth having, and comes first.
      do { try io.flush() } catch { return FailureReport(error).code }
      io.report(report)
      return report.code
    }
  }

  private func perform(_ io: inout Output) throws -> ExitCode {
    guard let first = arguments.first else {
      try Help.overview(to: &io)
      return .done
    }
    switch first {
    case "-h", "--help": return try perform(HelpVerb.self, Array(arguments.dropFirst()), &io)
    case "-V", "--version": return try perform(VersionVerb.self, [], &io)
    default: break
    }
    if first.hasPrefix("-") { throw ArgumentFailure.optionBeforeVerb(first) }
    guard let verb = Registry.verb(named: first) else {
      throw ArgumentFailure.unknownVerb(
        first, nearest: Spelling.nearest(to: first, in: Registry.names))
    }
    return try perform(verb, Array(arguments.dropFirst()), &io)
  }

  private func perform(
    _ verb: any Verb.Type, _ arguments: [String], _ io: inout Output
  ) throws -> ExitCode {
    var parsed = try ArgumentParser.parse(
      arguments, as: verb.description, environment: environment, now: now)
    parsed.typed = arguments
    try io.adopt(parsed)
    if parsed.flag("help") {
      try Help.verb(verb.description, to: &io)
      return .done
    }
    var verb = try verb.init(parsed)
    return try verb.run(&io)
  }
}

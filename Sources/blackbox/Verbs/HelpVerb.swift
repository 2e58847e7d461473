struct HelpVerb: Verb {
  static let description = VerbDescription(
    name: "help", group: .program, summary: "show what there is, or how one verb is used",
    operands: [OperandDescription("VERB", .verb, isOptional: true, help: "the verb to explain")],
    options: [
      .flag("man", help: "as a manual page, for man -l -"),
      .flag("names", help: "only the names of all verbs, one a line"),
    ],
    usesStore: false,
    examples: [
      .init("help replay", "options and examples of one verb"),
      .init("help --man replay | man -l -", "the same as a manual page"),
    ])

  private let arguments: ParsedArguments

  init(_ arguments: ParsedArguments) { self.arguments = arguments }

  func run(_ io: inout Output) throws -> ExitCode {
    let verbs = Registry.verbs.map { $0.description }
    if arguments.flag("names") {
      for verb in verbs { try io.line(Line(verb.name)) }
      return .done
    }
    guard let name = arguments.operand(0) else {
      if arguments.flag("man") {
        try io.raw(ManPage.overview(verbs))
      } else {
        try Help.overview(to: &io)
      }
      return .done
    }
    guard let verb = Registry.verb(named: name) else {
      throw ArgumentFailure.unknownVerb(
        name, nearest: Spelling.nearest(to: name, in: Registry.names))
    }
    if arguments.flag("man") {
      try io.raw(ManPage.verb(verb.description))
    } else {
      try Help.verb(verb.description, to: &io)
    }
    return .done
  }
}

struct HelpVerb: Verb {
  static let description = VerbDescription(
    name: "help", group: .program, summary: "show what there is, or how one verb is used",
    operands: [OperandDescription("VERB", .verb, isOptional: true, help: "the verb to explain")],
    usesStore: false,
    examples: [.init("help replay", "options and examples of one verb")])

  private let name: String?

  init(_ arguments: ParsedArguments) { name = arguments.operand(0) }

  func run(_ io: inout Output) throws -> ExitCode {
    guard let name else {
      try Help.overview(to: &io)
      return .done
    }
    guard let verb = Registry.verb(named: name) else {
      throw ArgumentFailure.unknownVerb(
        name, nearest: Spelling.nearest(to: name, in: Registry.names))
    }
    try Help.verb(verb.description, to: &io)
    return .done
  }
}

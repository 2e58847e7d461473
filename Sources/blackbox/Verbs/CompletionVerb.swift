internal import SessionLog

struct CompletionVerb: Verb {
  static let description = VerbDescription(
    name: "completion", group: .program, summary: "print the completion script of a shell",
    details: [
      "The scripts complete verbs, options, their values, and sessions. They ask for the newest "
        + "ids with --ids, which reads names of files and no recording."
    ],
    operands: [
      OperandDescription(
        "SHELL", .choice(["bash", "zsh", "fish"]), isOptional: true, help: "bash, zsh or fish")
    ],
    options: [.flag("ids", help: "print the ids of the newest sessions instead")],
    examples: [
      .init("completion bash > /etc/bash_completion.d/blackbox", "for everybody on this machine"),
      .init("completion fish > ~/.config/fish/completions/blackbox.fish", "for yourself"),
    ])

  /// More would only fill the terminal.
  private static let newest = 100

  private let arguments: ParsedArguments

  init(_ arguments: ParsedArguments) { self.arguments = arguments }

  func run(_ io: inout Output) throws -> ExitCode {
    if arguments.flag("ids") {
      let store = try Store.open(try arguments.store().directory)
      for id in try store.newestSessions(Self.newest) { try io.line(Line(id.text)) }
      return .done
    }
    let verbs = Registry.verbs.map { $0.description }
    switch arguments.operand(0) {
    case "bash": try io.raw(Completion.bash(verbs))
    case "zsh": try io.raw(Completion.zsh(verbs))
    case "fish": try io.raw(Completion.fish(verbs))
    default:
      throw UserFailure(
        .usage, "no shell named", wanted: "bash, zsh or fish",
        advice: "For example: blackbox completion bash.")
    }
    return .done
  }
}

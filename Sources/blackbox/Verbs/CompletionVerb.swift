struct CompletionVerb: Verb {
  static let description = VerbDescription(
    name: "completion", group: .program, summary: "print the completion script of a shell",
    operands: [
      OperandDescription("SHELL", .choice(["bash", "zsh", "fish"]), help: "bash, zsh or fish")
    ],
    usesStore: false,
    examples: [
      .init("completion bash > /etc/bash_completion.d/blackbox", "for everybody on this machine"),
      .init("completion fish > ~/.config/fish/completions/blackbox.fish", "for yourself"),
    ])

  private let shell: String

  init(_ arguments: ParsedArguments) { shell = arguments.operand(0) ?? "bash" }

  func run(_ io: inout Output) throws -> ExitCode {
    let verbs = Registry.verbs.map { $0.description }
    switch shell {
    case "zsh": try io.raw(Completion.zsh(verbs))
    case "fish": try io.raw(Completion.fish(verbs))
    default: try io.raw(Completion.bash(verbs))
    }
    return .done
  }
}

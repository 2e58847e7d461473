/// All that help, completion and the argument parser know of a verb.
struct VerbDescription: Sendable {
  var name: String
  var group: VerbGroup
  /// One line for the overview, without a full stop.
  var summary: String
  /// Paragraphs for `help VERB`, each a line; wrapped when shown.
  var details: [String] = []
  var operands: [OperandDescription] = []
  var options: [OptionDescription] = []
  /// Whether the verb works on a store and takes `--store` and `--state`.
  var usesStore = true
  /// Whether the verb shows or hands out evidence, which is recorded: it takes `--purpose` and `--no-audit`.
  var isReading = false
  /// The formats of `-o`, the default first; none leaves the flag out.
  var outputs: [OutputFormat] = []
  /// What stands after `--`, where that is a command to run and not just operands.
  var command: OperandDescription?
  var examples: [Example] = []

  struct Example: Sendable {
    /// The arguments after `blackbox`.
    var arguments: String
    var says: String

    init(_ arguments: String, _ says: String) {
      (self.arguments, self.says) = (arguments, says)
    }
  }

  /// The verb's own options, then those it shares with others.
  var allOptions: [OptionDescription] {
    options + (usesStore ? CommonOptions.store : [])
      + (isReading ? CommonOptions.reading : [])
      + (outputs.isEmpty ? [] : CommonOptions.output(outputs)) + CommonOptions.always
  }
}

/// The rooms of the overview, in its order.
enum VerbGroup: String, CaseIterable, Sendable {
  case make = "Make sessions"
  case find = "Find and ask"
  case see = "See"
  case prove = "Prove"
  case handOut = "Hand out"
  case keep = "Keep and let go"
  case program = "The store and the program"
}

/// An argument without a dash.
struct OperandDescription: Sendable {
  /// In capitals, as shown: `ID`, `FILE`.
  var name: String
  var help: String
  var kind: ValueKind = .text
  var isOptional = false
  var isRepeated = false

  init(
    _ name: String, _ kind: ValueKind = .text, isOptional: Bool = false, isRepeated: Bool = false,
    help: String
  ) {
    (self.name, self.kind, self.help) = (name, kind, help)
    (self.isOptional, self.isRepeated) = (isOptional, isRepeated)
  }

  var shown: String {
    let name = isRepeated ? self.name + "…" : self.name
    return isOptional ? "[" + name + "]" : name
  }
}

/// What a value may be; checked by the parser, offered by completion.
enum ValueKind: Sendable {
  case text
  /// A file, read or written.
  case file
  case directory
  /// A session's id, a prefix or suffix of it, or `@last`.
  case session
  case verb
  case choice([String])
  /// Several of a choice, separated by commas.
  case choices([String])
  case integer(ClosedRange<Int>)
  case decimal(ClosedRange<Double>)
  /// A moment in the syntax of `TimeSyntax`.
  case moment
  /// A length of time such as `36h`.
  case span
}

/// One option: a flag, or a name with a value.
struct OptionDescription: Sendable {
  var name: String
  var short: Character?
  /// The value's name in capitals; nil for a flag.
  var value: String?
  var kind: ValueKind = .text
  var isRepeated = false
  /// It may stand at the end, or before another option, without its value.
  var isValueOptional = false
  var help: String

  static func flag(
    _ name: String, _ short: Character? = nil, help: String
  ) -> OptionDescription {
    OptionDescription(name: name, short: short, value: nil, help: help)
  }

  static func value(
    _ name: String, _ short: Character? = nil, _ value: String, _ kind: ValueKind = .text,
    isRepeated: Bool = false, isValueOptional: Bool = false, help: String
  ) -> OptionDescription {
    OptionDescription(
      name: name, short: short, value: value, kind: kind, isRepeated: isRepeated,
      isValueOptional: isValueOptional, help: help)
  }
}

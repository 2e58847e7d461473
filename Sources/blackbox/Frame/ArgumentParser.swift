internal import Text

/// Holds arguments against a verb's description.
///
/// `--name value`, `--name=value`, `-n value`, `-nvalue`, and flags in one `-ab`. `--` ends the
/// options. A value may start with a dash (`--since -2h`) unless it is itself an option's name.
struct ArgumentParser {
  private let options: [OptionDescription]
  private var parsed: ParsedArguments
  private var rest: ArraySlice<String>

  static func parse(
    _ arguments: [String], as description: VerbDescription, environment: Environment,
    now: Timestamp
  ) throws(ArgumentFailure) -> ParsedArguments {
    var parser = ArgumentParser(arguments, description, environment, now)
    return try parser.run()
  }

  private init(
    _ arguments: [String], _ description: VerbDescription, _ environment: Environment,
    _ now: Timestamp
  ) {
    options = description.allOptions
    parsed = ParsedArguments(description, environment: environment, now: now)
    rest = arguments[...]
  }

  private mutating func run() throws(ArgumentFailure) -> ParsedArguments {
    while let argument = rest.popFirst() {
      if argument == "--" {
        try end()
      } else if argument.hasPrefix("--") {
        try long(argument)
      } else if argument.hasPrefix("-"), argument != "-" {
        try shorts(argument)
      } else {
        try operand(argument)
      }
    }
    if parsed.flag("help") { return parsed }
    try checkOperands()
    if parsed.description.outputs.contains(.json), parsed.flag("json"), parsed.has("output") {
      throw .excludesEachOther("--json", "--output")
    }
    return parsed
  }

  private mutating func end() throws(ArgumentFailure) {
    if parsed.description.command != nil {
      parsed.begin(command: Array(rest))
    } else {
      for argument in rest { try operand(argument) }
    }
    rest = []
  }

  private mutating func long(_ argument: String) throws(ArgumentFailure) {
    let name: Substring
    var value: String?
    // By scalars: a value may start with a mark that would combine with the sign before it.
    if let equals = argument.unicodeScalars.firstIndex(of: "=") {
      name = argument[..<equals].dropFirst(2)
      value = String(argument.unicodeScalars[equals...].dropFirst())
    } else {
      name = argument.dropFirst(2)
    }
    guard let option = options.first(where: { $0.name == name }) else {
      throw .unknownOption(
        String("--" + name), nearest: Spelling.nearest(to: String(name), in: options.map(\.name)),
        verb: parsed.description.name)
    }
    try take(option, value, spelled: "--" + option.name)
  }

  private mutating func shorts(_ argument: String) throws(ArgumentFailure) {
    var letters = argument.dropFirst()
    while let letter = letters.popFirst() {
      let spelled = "-" + String(letter)
      guard let option = options.first(where: { $0.short == letter }) else {
        throw .unknownOption(spelled, nearest: nil, verb: parsed.description.name)
      }
      guard option.value != nil else {
        try take(option, nil, spelled: spelled)
        continue
      }
      if letters.first == "=" { letters.removeFirst() }
      try take(option, letters.isEmpty ? nil : String(letters), spelled: spelled)
      letters = ""
    }
  }

  private mutating func take(
    _ option: OptionDescription, _ attached: String?, spelled: String
  ) throws(ArgumentFailure) {
    guard option.isRepeated || option.value == nil || !parsed.has(option.name) else {
      throw .givenTwice(spelled)
    }
    guard let valueName = option.value else {
      guard attached == nil else { throw .takesNoValue(spelled) }
      parsed.add("", to: option.name)
      return
    }
    let value: String
    if let attached {
      value = attached
    } else {
      guard let next = rest.first, !isOption(next) else {
        if option.isValueOptional {
          parsed.add("", to: option.name)
          return
        }
        throw .missingValue(spelled, valueName)
      }
      rest.removeFirst()
      value = next
    }
    try check(value, option.kind, of: spelled)
    parsed.add(value, to: option.name)
  }

  /// `--since --all` forgot a value; `--since -2h` did not.
  private func isOption(_ argument: String) -> Bool {
    if argument == "--" { return true }
    guard argument.hasPrefix("--") else {
      return argument.count == 2 && options.contains { "-" + String($0.short ?? "-") == argument }
    }
    let name = argument.dropFirst(2).prefix { $0 != "=" }
    return options.contains { $0.name == name }
  }

  private mutating func operand(_ argument: String) throws(ArgumentFailure) {
    let described = parsed.description.operands
    let place = parsed.operands.count
    guard let operand = place < described.count ? described[place] : described.last,
      place < described.count || operand.isRepeated
    else {
      throw .tooManyOperands(
        argument, verb: parsed.description.name, runsCommand: parsed.description.command != nil)
    }
    try check(argument, operand.kind, of: operand.name)
    parsed.add(operand: argument)
  }

  private func checkOperands() throws(ArgumentFailure) {
    let wanted = parsed.description.operands.filter { !$0.isOptional }
    if parsed.operands.count < wanted.count {
      throw .missingOperand(wanted[parsed.operands.count].name, verb: parsed.description.name)
    }
    if let command = parsed.description.command, !command.isOptional {
      guard let given = parsed.command, !given.isEmpty else {
        throw .missingCommand(command.name, verb: parsed.description.name)
      }
    }
  }

  private func check(
    _ value: String, _ kind: ValueKind, of name: String
  ) throws(ArgumentFailure) {
    switch kind {
    case .text, .session: return
    case .file, .directory: if value.isEmpty { throw .emptyValue(name) }
    case .verb: return
    case .choice(let names):
      guard names.contains(value) else { throw notAChoice(value, names, of: name) }
    case .choices(let names):
      for part in value.split(separator: ",", omittingEmptySubsequences: false) {
        guard names.contains(String(part)) else {
          throw notAChoice(String(part), names, of: name)
        }
      }
    case .integer(let range):
      guard let number = Int(value), range.contains(number) else {
        throw .notANumber(name, value, wanted: Self.words(range))
      }
    case .decimal(let range):
      guard let number = Double(value), range.contains(number) else {
        throw .notANumber(
          name, value, wanted: "a number from \(range.lowerBound) to \(range.upperBound)")
      }
    case .moment:
      do { _ = try TimeSyntax(now: parsed.now).moment(value) } catch { throw .badTime(name, error) }
    case .span:
      do { _ = try TimeSyntax.span(value) } catch { throw .badTime(name, error) }
    }
  }

  private func notAChoice(
    _ value: String, _ names: [String], of name: String
  ) -> ArgumentFailure {
    .notAChoice(name, value, names, nearest: Spelling.nearest(to: value, in: names))
  }

  private static func words(_ range: ClosedRange<Int>) -> String {
    range.upperBound == .max
      ? "a whole number from \(range.lowerBound) on"
      : "a whole number from \(range.lowerBound) to \(range.upperBound)"
  }
}

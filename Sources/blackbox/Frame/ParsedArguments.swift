internal import Text

/// What stood on the command line, checked against a verb's description.
///
/// Asking for an option the description does not have is a defect and stops the program.
struct ParsedArguments: Sendable {
  let description: VerbDescription
  let environment: Environment
  /// The moment relative times count from.
  let now: Timestamp
  /// The arguments as they were given, without the verb.
  var typed: [String] = []
  /// Each option's values in the order given; a flag has an empty one.
  private var found: [String: [String]] = [:]
  private(set) var operands: [String] = []
  /// What stood after `--`, for verbs that run a command; nil where there was no `--`.
  private(set) var command: [String]?

  init(_ description: VerbDescription, environment: Environment, now: Timestamp) {
    (self.description, self.environment, self.now) = (description, environment, now)
  }

  // MARK: questions

  func flag(_ name: String) -> Bool {
    declared(name)
    return found[name] != nil
  }

  /// Returns the value of an option that may be given once.
  func value(_ name: String) -> String? { values(name).last }

  /// Returns all values of an option, in the order given.
  func values(_ name: String) -> [String] {
    declared(name)
    return found[name] ?? []
  }

  /// Returns the values of an option that takes several, separated by commas.
  func list(_ name: String) -> [String] {
    values(name).flatMap { $0.split(separator: ",").map(String.init) }
  }

  func integer(_ name: String) -> Int? { value(name).flatMap { Int($0) } }

  func decimal(_ name: String) -> Double? { value(name).flatMap { Double($0) } }

  func moment(_ name: String) throws(ArgumentFailure) -> Timestamp? {
    guard let text = value(name) else { return nil }
    let zone = try zone() ?? .utc
    do { return try TimeSyntax(now: now, zone: zone).moment(text) } catch {
      throw .badTime("--" + name, error)
    }
  }

  /// Whose clocks times are read from and shown by; nil where nobody asked for any.
  func zone() throws(ArgumentFailure) -> ZoneRules? {
    guard description.allOptions.contains(where: { $0.name == "tz" }), let name = value("tz")
    else { return nil }
    return try Zone.named(name, environment)
  }

  /// Returns a length of time in microseconds.
  func span(_ name: String) throws(ArgumentFailure) -> Int64? {
    guard let text = value(name) else { return nil }
    do { return try TimeSyntax.span(text) } catch { throw .badTime("--" + name, error) }
  }

  /// The half-open range of `CommonOptions.time`; nil ends are open.
  func period() throws(ArgumentFailure) -> (since: Timestamp?, until: Timestamp?) {
    let (since, until) = (try moment("since"), try moment("until"))
    guard let last = try span("last") else { return (since, until) }
    guard since == nil else { throw .excludesEachOther("--since", "--last") }
    return ((until ?? now).advanced(by: -last), until)
  }

  /// Returns the operand at a place, nil where fewer were given.
  func operand(_ place: Int) -> String? {
    operands.indices.contains(place) ? operands[place] : nil
  }

  /// Which store the verb works on.
  func store() throws(UserFailure) -> StoreLocation { try StoreLocation(self) }

  var format: OutputFormat {
    guard let usual = description.outputs.first else { return .table }
    if let name = value("output"), let format = OutputFormat(rawValue: name) { return format }
    return description.outputs.contains(.json) && flag("json") ? .json : usual
  }

  /// How a list ends that has `CommonOptions.amount`.
  func code(matches: Int) -> ExitCode {
    matches == 0 && flag("fail-empty") ? .nothingMatched : .done
  }

  var isQuiet: Bool { flag("quiet") }

  // MARK: for the parser

  mutating func add(_ value: String, to option: String) { found[option, default: []].append(value) }

  func has(_ option: String) -> Bool { found[option] != nil }

  mutating func add(operand: String) { operands.append(operand) }

  mutating func begin(command: [String]) { self.command = command }

  private func declared(_ name: String) {
    precondition(
      description.allOptions.contains { $0.name == name },
      "the verb’s description has no option of this name")
  }
}

/// One thing the program can do.
///
/// A verb is one file: its description, its arguments read in `init`, and a `run` that calls a
/// module and shows what came back. It holds no logic of its own. Its last step is a line in
/// `Registry`.
///
///     struct AgentsVerb: Verb {
///       static let description = VerbDescription(
///         name: "agents", group: .find, summary: "list the agents and what they did",
///         options: CommonOptions.time + CommonOptions.amount, outputs: OutputFormat.list,
///         examples: [.init("agents --last 7d", "who was here this week")])
///
///       private let arguments: ParsedArguments
///       init(_ arguments: ParsedArguments) { self.arguments = arguments }
///
///       func run(_ io: inout Output) throws -> ExitCode {
///         let agents = try Index(arguments.store().directory).agents(arguments.period())
///         var listing = Listing([.init("agent", minimum: 12), .init("events", .right)])
///         for agent in agents { listing.add([.text(agent.name), .count(agent.events)]) }
///         try io.list(listing)
///         return arguments.code(matches: agents.count)
///       }
///     }
protocol Verb: SendableMetatype {
  static var description: VerbDescription { get }
  init(_ arguments: ParsedArguments) throws
  mutating func run(_ io: inout Output) throws -> ExitCode
}

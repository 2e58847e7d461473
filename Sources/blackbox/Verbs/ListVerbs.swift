internal import AuditStore

/// A verb that shows one list over the index.
protocol ListVerb: Verb {
  var runner: ListRunner { get }
}

extension ListVerb {
  func run(_ io: inout Output) throws -> ExitCode { try runner.run(&io) }
}

struct AgentsVerb: ListVerb {
  static let description = VerbDescription(
    name: "agents", group: .find, summary: "list the agents: how much each did, and when",
    details: ListOptions.filterDetails, options: ListRunner.options(.agents),
    isReading: true, outputs: OutputFormat.list,
    examples: [
      .init("agents --last 7d", "who was here this week"),
      .init("agents --scope cde --has block", "who was refused something in the card environment"),
    ])

  let runner: ListRunner
  init(_ arguments: ParsedArguments) throws { runner = try ListRunner(.agents, arguments) }
}

struct PrincipalsVerb: ListVerb {
  static let description = VerbDescription(
    name: "principals", group: .find, summary: "list on whose behalf agents acted",
    details: ListOptions.filterDetails, options: ListRunner.options(.principals),
    isReading: true, outputs: OutputFormat.list,
    examples: [.init("principals --agent deploy-bot", "who stands behind this agent")])

  let runner: ListRunner
  init(_ arguments: ParsedArguments) throws { runner = try ListRunner(.principals, arguments) }
}

struct ResourcesVerb: ListVerb {
  static let description = VerbDescription(
    name: "resources", group: .find, summary: "list what was reached, and by how many",
    details: ListOptions.filterDetails, options: ListRunner.options(.resources),
    isReading: true, outputs: OutputFormat.list,
    examples: [.init("resources --env production --last 30d", "what agents touched this month")])

  let runner: ListRunner
  init(_ arguments: ParsedArguments) throws { runner = try ListRunner(.resources, arguments) }
}

struct DecisionsVerb: ListVerb {
  static let description = VerbDescription(
    name: "decisions", group: .find, summary: "list what policies decided, newest first",
    details: ListOptions.filterDetails, options: ListRunner.options(.decisions),
    isReading: true, outputs: OutputFormat.list,
    examples: [
      .init("decisions --outcome block --last 24h", "what was refused since yesterday"),
      .init("decisions --policy prod --rule 'no-*' -f", "watch these rules at work"),
    ])

  let runner: ListRunner
  init(_ arguments: ParsedArguments) throws { runner = try ListRunner(.decisions, arguments) }
}

struct ApprovalsVerb: ListVerb {
  static let description = VerbDescription(
    name: "approvals", group: .find, summary: "list approvals: asked, voted on, used",
    details: ListOptions.filterDetails + [
      "--status takes an approval's state here: pending, approved, rejected, expired, revoked, "
        + "cancelled."
    ],
    options: ListRunner.options(.approvals), isReading: true, outputs: OutputFormat.list,
    examples: [.init("approvals --status pending", "what waits for somebody")])

  let runner: ListRunner
  init(_ arguments: ParsedArguments) throws { runner = try ListRunner(.approvals, arguments) }
}

struct MaskingVerb: ListVerb {
  static let description = VerbDescription(
    name: "masking", group: .find, summary: "list what was masked, and what was missed",
    details: ListOptions.filterDetails, options: ListRunner.options(.masking),
    isReading: true, outputs: OutputFormat.list,
    examples: [.init("masking --agent report-bot --last 7d", "what was masked for this agent")])

  let runner: ListRunner
  init(_ arguments: ParsedArguments) throws { runner = try ListRunner(.masking, arguments) }
}

internal import AuditStore

struct SessionsVerb: ListVerb {
  static let description = VerbDescription(
    name: "sessions", group: .find, summary: "list sessions, newest first",
    details: ListOptions.filterDetails + [
      "Filters on events (--type, --target, --op, --rule, --outcome, …) ask for sessions with one "
        + "event that has it all.",
      "The verdict is that of the last time the index read the session; `blackbox verify` and "
        + "`blackbox show` look at the bytes themselves.",
    ],
    options: ListRunner.options(.sessions), isReading: true, outputs: OutputFormat.list,
    examples: [
      .init("sessions --agent 'deploy-*' --last 36h", "what these agents did since yesterday"),
      .init("sessions --has damage,gap --all", "where evidence is damaged or incomplete"),
      .init("sessions --type database.query --target customers --op DELETE", "who deleted there"),
      .init("sessions --kind terminal -o id --limit 1", "an id for the next command"),
    ])

  let runner: ListRunner
  init(_ arguments: ParsedArguments) throws { runner = try ListRunner(.sessions, arguments) }
}

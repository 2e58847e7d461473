internal import Evidence
internal import Platform
internal import SessionLog
internal import Text

struct InitVerb: Verb {
  static let description = VerbDescription(
    name: "init", group: .program,
    summary: "make a store, its key and its first signed checkpoint",
    details: [
      "Nothing else ever makes a store, a key or a guard: a missing one is an error. "
        + "Keep the verifier key it prints outside this machine; with it anyone can check "
        + "the store, and without it nobody can tell this store from another."
    ],
    operands: [
      OperandDescription("DIR", .directory, isOptional: true, help: "where; else as --store says")
    ],
    options: [
      .value(
        "origin", nil, "NAME",
        help: "the log's name for ever, such as audit.example.com/store1 (default: from the host)"
      ),
      .value(
        "group", nil, "NAME",
        help: "let this group's members read; what they read is recorded through serve"),
      .flag(
        "allow-no-audit", help: "let readers leave no record with --no-audit; for ever"),
    ],
    outputs: OutputFormat.object,
    examples: [
      .init("init /srv/audit --origin audit.example.com/store1", "a store with a name of its own"),
      .init("init", "a store for yourself"),
    ])

  private let location: StoreLocation
  private let origin: String
  private let group: String?
  private let allowsUnrecorded: Bool

  init(_ arguments: ParsedArguments) throws {
    var location = try arguments.store()
    if let directory = arguments.operand(0) { location.directory = directory }
    self.location = location
    group = arguments.value("group")
    allowsUnrecorded = arguments.flag("allow-no-audit")
    origin =
      arguments.value("origin")
      ?? Path.join(hostName.lowercased(), Path.name(of: location.directory))
  }

  func run(_ io: inout Output) throws -> ExitCode {
    let (store, state) = try Store.create(
      at: location.directory, origin: origin, state: location.state, group: group,
      allowsUnrecordedReading: allowsUnrecorded, clock: SystemClock())
    if io.format.isForPrograms {
      try io.json { json in
        json.field("store", store.path)
        json.field("origin", store.origin)
        json.field("created", store.created)
        json.field("vkey", store.verifierKey.description)
        json.field("state", state.path)
      }
      return .done
    }
    try io.line("Store     \(store.path)")
    try io.line("Origin    \(store.origin)")
    try io.line("Key       \(store.verifierKey.description)")
    try io.line("State     \(state.path)")
    try io.line()
    try io.line("Keep the key line outside this machine: auditors verify against it.")
    try io.line("Keep the state directory out of the store's backups and give it one of its own:")
    try io.line("it holds the signing key (log.key) and the last checkpoint signed here (guard).")
    return .done
  }
}

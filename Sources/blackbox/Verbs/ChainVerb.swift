internal import AuditStore
internal import SessionLog
internal import Text

struct ChainVerb: Verb {
  static let description = VerbDescription(
    name: "chain", group: .find,
    summary: "draw the delegation tree of a session, a delegation or a root",
    details: [
      "Each line is one delegation: on whose behalf, who acts, with which scopes, until when, how "
        + "well proven, and how many sessions ran under it. What was asked for is marked >. A parent "
        + "that nothing recorded is said: such a delegation only looks like a root.",
      "A uid that was described in two ways has two lines.",
    ],
    operands: [OperandDescription("ID|UID", .session, help: "a session, or a delegation's uid")],
    options: [.flag("fail-empty", help: "end with 1 where there is none"), ListOptions.noIndex],
    isReading: true, outputs: OutputFormat.list,
    examples: [
      .init("chain @last", "under whose authority the newest session acted"),
      .init("chain dlg-7f3a -o json", "for a program: one row for each delegation"),
    ])

  private let arguments: ParsedArguments
  private let location: StoreLocation

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    location = try arguments.store()
  }

  func run(_ io: inout Output) throws -> ExitCode {
    let store = try Store.open(location.directory)
    let name = arguments.operand(0) ?? "@last"
    // What is no session is taken for a delegation.
    let session: String?
    do throws(SessionLogFailure) { session = try store.resolve(name).text } catch {
      guard error.kind == .unknownSession else { throw error }
      session = nil
    }
    let nodes = try io.asking(store, arguments) { (index) throws(AuditFailure) in
      let nodes = try index.delegationTree(session: session, uid: session == nil ? name : nil)
      return nodes.isEmpty ? try index.delegationTree(session: nil, uid: name) : nodes
    }
    try arguments.record(.query, in: store, rows: nodes.count, &io)
    if nodes.isEmpty {
      io.note(
        session == nil
          ? "nothing was recorded of a delegation \(name)" : "the session states no delegation")
      return arguments.flag("fail-empty") ? .nothingMatched : .done
    }
    if io.format == .table, io.fields == nil {
      for node in nodes { try Self.draw(node, &io) }
    } else {
      try io.list(Self.listing(nodes))
    }
    return .done
  }

  static func draw(_ node: DelegationNode, _ io: inout Output) throws {
    var stem = ""
    for isLast in node.isLast.dropLast() { stem += isLast ? "   " : "│  " }
    if let isLast = node.isLast.last { stem += isLast ? "└─ " : "├─ " }
    var line: Line = "\(encoded: node.isAsked ? "> " : "  ")\(encoded: stem)"
    if node.isOrphan {
      line.append("\("? parent \(node.parent ?? "") is not recorded", .red)  ")
    }
    line.append("\(node.uid, .bold)")
    if let subject = node.subject { line.append("  for \(subject, .cyan)") }
    if let actor = node.actor { line.append("  \(actor, .cyan) acts") }
    let scopes = node.scopes.scopeWords
    if !scopes.isEmpty { line.append("  \(scopes.joined(separator: " "))") }
    if let expires = node.expires {
      line.append("  until \(Timestamp(microseconds: expires).text(.seconds, in: io.zone))")
    }
    line.append("  \(node.proof, node.proof == "verified" ? .green : .red)")
    if node.sessions > 0 {
      line.append("  \(node.sessions) \(encoded: node.sessions == 1 ? "session" : "sessions")")
    }
    try io.line(line)
  }

  private static func listing(_ nodes: [DelegationNode]) -> Listing {
    var listing = Listing([
      .init("uid"), .init("parent_uid"), .init("root_uid", isWide: true),
      .init("depth", .right), .init("issuer", isWide: true), .init("sub", minimum: 8),
      .init("act", minimum: 8), .init("scopes", minimum: 8), .init("issued", isWide: true),
      .init("expires"), .init("proof"), .init("parent_recorded", isWide: true),
      .init("sessions", .right), .init("newest_session", isWide: true),
      .init("asked", isWide: true),
    ])
    for node in nodes {
      listing.add([
        .text(node.uid), .optional(node.parent), .text(node.root), .integer(node.depth),
        .text(node.issuer), .optional(node.subject), .optional(node.actor),
        .list(node.scopes.scopeWords),
        node.issued.map { .time(Timestamp(microseconds: $0)) } ?? .null,
        node.expires.map { .time(Timestamp(microseconds: $0)) } ?? .null,
        .styled(node.proof, node.proof == "verified" ? .green : .red), .bool(!node.isOrphan),
        .integer(node.sessions), .optional(node.newest), .bool(node.isAsked),
      ])
    }
    return listing
  }
}

extension String {
  /// The words of a JSON list of strings.
  fileprivate var scopeWords: [String] {
    do { return try JSONValue(parsing: Array(utf8)).array?.compactMap(\.string) ?? [] } catch {
      return [self]
    }
  }
}

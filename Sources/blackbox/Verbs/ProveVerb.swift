internal import Custody
internal import Evidence
internal import Platform
internal import SessionLog

struct ProveVerb: Verb {
  static let description = VerbDescription(
    name: "prove", group: .prove,
    summary: "write a proof that a session is in the signed log, to check offline",
    details: [
      "The proof is a C2SP tlog-proof file. Together with the session file and the verifier key "
        + "it can be checked without this program, this store or a network."
    ],
    operands: [OperandDescription("ID", .session, help: "the session; @last is the newest")],
    options: [
      .value(
        "file", "f", "FILE", .file,
        help: "where to write it (default: <id>.tlog-proof here; - is standard output)")
    ],
    isReading: true,
    examples: [
      .init("prove @last", "the newest session's proof, into this directory"),
      .init("prove 01JGF -f -", "to standard output"),
    ])

  private let arguments: ParsedArguments

  init(_ arguments: ParsedArguments) throws { self.arguments = arguments }

  func run(_ io: inout Output) throws -> ExitCode {
    let opened = try OpenStore(try arguments.store())
    let id = try opened.store.resolve(arguments.operand(0) ?? "@last")
    let trust = try opened.trust(file: nil)
    try arguments.record(.export, in: opened.store, sessions: [id], &io)
    do {
      let (proof, verdict) = try SessionProof.make(
        id, in: opened.store, trust: trust, state: opened.state)
      let bytes = Array(proof.format().utf8)
      let path = arguments.value("file") ?? "\(id.text).tlog-proof"
      if path == "-" {
        try io.raw(bytes)
      } else {
        try SystemFiles.shared.replaceDurably(path, with: bytes, permissions: 0o644)
        io.note("Proof    \(path)")
        io.note("Session  \(verdict.path)")
        io.note("Key      \(trust.key.description)")
      }
      if !verdict.isClosed {
        io.warn("the session is not closed: this proves what is anchored so far")
      }
      return .done
    } catch SessionProof.Failure.damaged(let findings) {
      for finding in findings { try VerdictText.line(finding, &io) }
      throw UserFailure(
        .damaged, "there is nothing to prove", place: id.text, found: "damage, as listed",
        wanted: "a session and a log that verify",
        advice: "Run `blackbox verify \(id.text)` and restore what is damaged from a copy.")
    } catch SessionProof.Failure.notLogged {
      throw UserFailure(
        .damaged, "the session is not in the signed log", place: id.text,
        advice: "Run `blackbox verify \(id.text)`.")
    } catch SessionProof.Failure.log(let failure) {
      throw failure
    }
  }
}

internal import Platform
internal import SessionLog
internal import Text

struct RecoverVerb: Verb {
  static let description = VerbDescription(
    name: "recover", group: .make,
    summary: "close sessions whose recorder died, keeping every whole line",
    details: [
      "Runs by itself before every recording. Torn bytes go to the store's quarantine; sessions "
        + "damaged before their last commit are evidence and are left as they are."
    ],
    outputs: OutputFormat.object,
    examples: [.init("recover", "after a crash, without recording anything")])

  private let location: StoreLocation

  init(_ arguments: ParsedArguments) throws { location = try arguments.store() }

  func run(_ io: inout Output) throws -> ExitCode {
    let opened = try OpenStore(location)
    let outcomes = try Recovery(opened.store, opened.state, clock: SystemClock()).run()
    var isDamaged = false
    for outcome in outcomes {
      if case .leftAlone = outcome.action { isDamaged = true }
    }
    if io.format.isForPrograms {
      try io.json { json in
        json.array("sessions") { json in
          for outcome in outcomes {
            json.object { json in
              json.field("session", outcome.id.text)
              json.field("action", Self.word(outcome.action))
            }
          }
        }
      }
    } else {
      for outcome in outcomes { try io.line(Self.line(outcome)) }
      if outcomes.isEmpty { io.note("Nothing to recover.") }
    }
    return isDamaged ? .damaged : .done
  }

  static func line(_ outcome: Recovery.Outcome) -> Line {
    let id = outcome.id.text
    switch outcome.action {
    case .finished: return "session \(id): was closed already; the log now says so"
    case .recovered(let kept, let cut):
      return
        "session \(id): recovered and closed; \(kept) uncommitted lines kept, \(cut) torn bytes put aside"
    case .setAside: return "session \(id): never opened in the log; its file was put aside"
    case .empty: return "session \(id): nothing was recorded"
    case .leftAlone(let findings):
      return
        "session \(id): damaged, left as it is; \(findings.count) findings, see blackbox verify \(id)"
    }
  }

  private static func word(_ action: Recovery.Outcome.Action) -> String {
    switch action {
    case .finished: "finished"
    case .recovered: "recovered"
    case .setAside: "set aside"
    case .empty: "empty"
    case .leftAlone: "left alone"
    }
  }
}

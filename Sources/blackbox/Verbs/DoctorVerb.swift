internal import Recorder
internal import SessionLog
internal import Text

struct DoctorVerb: Verb {
  static let description = VerbDescription(
    name: "doctor", group: .program,
    summary: "say what is set up, what is off, and how many days of disk are left",
    details: [
      "Looks at key, guard, log, permissions, file system, clock, disk and what the newest terminal "
        + "session was recorded with, and changes nothing. It does not verify recordings: that is "
        + "blackbox verify.",
      "Ends with 0 where recording works, warnings or not; 3 if the log contradicts its guard; 6 if "
        + "something is broken. days_left (-o json) is at most 3650, which stands for more, too.",
      "Detectors for record --redact: \(RedactionRules.builtIn.names.joined(separator: ", ")).",
    ],
    outputs: OutputFormat.object,
    examples: [
      .init("doctor", "before the first recording, and when in doubt"),
      .init("doctor -o json", "for a monitor"),
    ])

  private let location: StoreLocation
  private let cache: String?

  init(_ arguments: ParsedArguments) throws {
    location = try arguments.store()
    cache = ReplaySubject.cache(arguments.environment)
  }

  func run(_ io: inout Output) throws -> ExitCode {
    let opened = try OpenStore(location)
    var doctor = Doctor(opened.store, opened.state)
    doctor.examine(cache: cache)
    switch io.format {
    case .table, .wide, .csv, .id:
      for diagnosis in doctor.diagnoses { try show(diagnosis, &io) }
    case .json, .ndjson:
      try io.json { json in
        json.field("store", opened.store.path)
        json.field("origin", opened.store.origin)
        json.field("worst", Self.worst(doctor.diagnoses).rawValue)
        json.field("days_left", doctor.daysLeft.map { ($0 * 10).rounded() / 10 })
        json.array("checks") { json in
          for diagnosis in doctor.diagnoses {
            json.object { json in
              json.field("name", diagnosis.name)
              json.field("state", diagnosis.state.rawValue)
              json.field("found", diagnosis.found)
              json.field("advice", diagnosis.advice)
            }
          }
        }
      }
    }
    switch Self.worst(doctor.diagnoses) {
    case .ok, .fact, .warning: return .done
    case .broken: return .unusable
    case .diverged: return .damaged
    }
  }

  private func show(_ diagnosis: Diagnosis, _ io: inout Output) throws {
    let (mark, style): (String, Style) =
      switch diagnosis.state {
      case .ok: ("ok", .green)
      case .fact: ("--", .dim)
      case .warning: ("!!", .yellow)
      case .broken, .diverged: ("XX", .red)
      }
    let name = String(diagnosis.name.map { $0 == "_" ? " " : $0 })
    let gap = String(repeating: " ", count: max(1, 14 - name.count))
    try io.line("  \(mark, style)  \(name)\(gap)\(diagnosis.found)")
    if let advice = diagnosis.advice {
      try io.line("                    \(advice, .dim)")
    }
  }

  private static func worst(_ diagnoses: [Diagnosis]) -> Diagnosis.State {
    let order: [Diagnosis.State] = [.diverged, .broken, .warning, .fact]
    return order.first { state in diagnoses.contains { $0.state == state } } ?? .ok
  }
}

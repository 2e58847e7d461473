internal import Platform
internal import Recorder

struct MarkVerb: Verb {
  static let description = VerbDescription(
    name: "mark", group: .make,
    summary: "leave a note in the session that this runs in",
    details: [
      "Works inside a terminal that `blackbox record` records: the note stands in the recording "
        + "as an event with its author, durable when this returns. In a session inside a session "
        + "it goes to the inner one.",
      "With --pause nothing is recorded until --resume, which tells how much passed meanwhile; "
        + "only where the recorder was started with --allow-pause. A pause that is refused is "
        + "recorded too.",
    ],
    operands: [OperandDescription("TEXT", isOptional: true, isRepeated: true, help: "the note")],
    options: [
      .flag("pause", help: "stop recording; TEXT is the reason"),
      .flag("resume", help: "record again; TEXT is the reason"),
    ],
    usesStore: false,
    examples: [
      .init("mark 'migration starts here'", "find this moment again"),
      .init("mark --pause 'entering the vault'", "leave something out, and say so"),
    ])

  private let request: MarkRequest
  private let recorder: String?

  init(_ arguments: ParsedArguments) throws {
    let text = arguments.operands.joined(separator: " ")
    recorder = arguments.environment[MarkRequest.variable]
    guard !(arguments.flag("pause") && arguments.flag("resume")) else {
      throw UserFailure(
        .usage, "--pause and --resume contradict each other", wanted: "one of them",
        advice: "Give one, or neither for a note.")
    }
    guard text.utf8.count <= MarkRequest.limit else {
      throw UserFailure(
        .usage, "the note is too long", found: "\(text.utf8.count) bytes",
        wanted: "\(MarkRequest.limit) at most", advice: "Keep it to what a reader needs.")
    }
    if arguments.flag("pause") {
      request = .pause(text.isEmpty ? "asked by blackbox mark" : text)
    } else if arguments.flag("resume") {
      request = .resume(text.isEmpty ? "asked by blackbox mark" : text)
    } else {
      guard !text.isEmpty else {
        throw UserFailure(
          .usage, "no note given", wanted: "TEXT, --pause or --resume",
          advice: "For example: blackbox mark 'migration starts here'")
      }
      request = .note(text)
    }
  }

  func run(_ io: inout Output) throws -> ExitCode {
    guard let recorder else {
      throw UserFailure(
        .unusable, "this is not a recorded session", found: "no \(MarkRequest.variable) is set",
        wanted: "a terminal that `blackbox record` records",
        advice: "Start one with blackbox record --agent UID -- bash, and mark inside it.")
    }
    do throws(MarkFailure) {
      _ = try request.send(to: recorder)
      return .done
    } catch {
      switch error {
      case .unreachable(let failure):
        throw UserFailure(
          .unusable, "cannot reach the recorder", place: recorder, found: failure.reason,
          advice: "The session is over, or belongs to another user; nothing was noted.")
      case .gone:
        throw UserFailure(
          .unusable, "the recorder ended before it answered", place: recorder,
          advice: "Look at the end of the session whether the note is there.")
      case .refused(let why):
        throw UserFailure(
          .refused, "the recorder refuses", found: why,
          advice: "Ask whoever started the recorder.")
      }
    }
  }
}

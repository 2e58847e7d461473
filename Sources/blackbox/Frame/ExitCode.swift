/// How the program ends; the table stands in schema/exit-codes.md.
enum ExitCode: Hashable, Sendable {
  /// Done, and nothing wrong found.
  case done
  /// Nothing matched, and `--fail-empty` was given.
  case nothingMatched
  /// The command line cannot be understood.
  case usage
  /// Evidence is damaged, or a `--require` is not met.
  case damaged
  /// A check of the report failed.
  case checkFailed
  /// No check failed, some lack evidence.
  case lacksEvidence
  /// Index or store unusable, missing, locked or of a newer version.
  case unusable
  /// Refused by permission or policy.
  case refused
  /// Input is unreadable or not what it claims to be.
  case unreadable
  /// Cut by a time or row limit.
  case cut
  /// Interrupted by the user.
  case interrupted
  /// A recorded command's own status, handed through.
  case command(UInt8)
  /// Nobody reads the output any more; the program ends by SIGPIPE.
  case readerGone

  /// The codes with a meaning of ours, as in schema/exit-codes.md.
  static let documented: [ExitCode] = [
    .done, .nothingMatched, .usage, .damaged, .checkFailed, .lacksEvidence, .unusable, .refused,
    .unreadable, .cut, .interrupted,
  ]

  var status: Int32 {
    switch self {
    case .done: 0
    case .nothingMatched: 1
    case .usage: 2
    case .damaged: 3
    case .checkFailed: 4
    case .lacksEvidence: 5
    case .unusable: 6
    case .refused: 7
    case .unreadable: 8
    case .cut: 9
    case .interrupted: 130
    case .command(let status): Int32(status)
    case .readerGone: 141
    }
  }
}

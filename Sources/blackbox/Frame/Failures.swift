internal import Text

/// What standard error says of a failure, and the code the program ends with.
struct FailureReport: Equatable, Sendable {
  var code: ExitCode
  /// What went wrong, as the start of a sentence: "cannot open the store".
  var what: String
  /// File, offset, verb or session, where there is one.
  var place: String?
  var found: String?
  var wanted: String?
  /// What to do next, a full sentence.
  var advice: String?

  init(
    _ code: ExitCode, _ what: String, place: String? = nil, found: String? = nil,
    wanted: String? = nil, advice: String? = nil
  ) {
    (self.code, self.what, self.place) = (code, what, place)
    (self.found, self.wanted, self.advice) = (found, wanted, advice)
  }

  /// `blackbox: what: place: found …, wanted …` and, indented below, the advice.
  var lines: [Line] {
    var first: Line = "blackbox: \(what)"
    if let place { first.append(": \(place)") }
    if let found, let wanted {
      first.append(": found \(found), wanted \(wanted)")
    } else if let found {
      first.append(": found \(found)")
    } else if let wanted {
      first.append(": wanted \(wanted)")
    }
    return advice.map { [first, "  \($0)"] } ?? [first]
  }
}

/// An error that knows how to present itself.
protocol ReportableFailure: Error {
  var report: FailureReport { get }
}

/// A failure the command line itself found; whatever a verb refuses before a module is asked.
struct UserFailure: ReportableFailure, Equatable {
  var report: FailureReport

  init(
    _ code: ExitCode, _ what: String, place: String? = nil, found: String? = nil,
    wanted: String? = nil, advice: String? = nil
  ) {
    report = FailureReport(
      code, what, place: place, found: found, wanted: wanted, advice: advice)
  }
}

extension FailureReport {
  /// The one place where an error of any module becomes words and an exit code.
  init(_ error: any Error) {
    if let failure = error as? any ReportableFailure {
      self = failure.report
    } else {
      self.init(
        .unreadable, "unexpected failure", found: String(describing: error),
        advice: "This is a defect of blackbox; please report it with the command you gave.")
    }
  }
}

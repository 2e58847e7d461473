internal import Evidence
internal import Platform
internal import Recorder
internal import SessionLog

// Each module's failures as words and exit codes, bottom floor first.

extension FileFailure: ReportableFailure {
  var report: FailureReport {
    FailureReport(
      isPermission ? .refused : isOutOfSpace ? .unusable : .unreadable, "cannot \(operation)",
      place: path, found: reason)
  }
}

extension CryptoFailure: ReportableFailure {
  var report: FailureReport {
    FailureReport(
      .unusable, "libcrypto failed", found: reason,
      advice: "Check that libcrypto is installed whole.")
  }
}

extension ZstdFailure: ReportableFailure {
  var report: FailureReport {
    FailureReport(
      .unusable, "libzstd failed", found: reason,
      advice: "Check memory and that libzstd is installed whole.")
  }
}

/// A key, checkpoint or proof that was handed in and is not one.
///
/// What a verifier finds is no failure: verbs show findings and end with `.damaged` themselves.
extension EvidenceFailure: ReportableFailure {
  var report: FailureReport {
    FailureReport(.unreadable, what, found: found, wanted: wanted)
  }
}

extension SessionLogFailure: ReportableFailure {
  var report: FailureReport {
    FailureReport(
      kind.code, what, place: place.isEmpty ? nil : place, found: found, wanted: wanted,
      advice: advice.isEmpty ? nil : advice)
  }
}

extension SessionLogFailure.Kind {
  fileprivate var code: ExitCode {
    switch self {
    case .storeMissing, .newerFormat, .storeUnusable, .busy, .outOfSpace, .system: .unusable
    case .diverged: .damaged
    case .permission, .refused: .refused
    case .ambiguousSession: .usage
    case .missing, .unknownSession, .notARecording: .unreadable
    }
  }
}

extension ServiceFailure: ReportableFailure {
  var report: FailureReport {
    switch self {
    case .unreachable(let failure):
      FailureReport(
        failure.isPermission ? .refused : .unusable, "cannot reach the recording service",
        place: failure.path, found: failure.reason,
        advice: "Check that blackbox serve runs there and lets this user in (--allow-uid).")
    case .refused(let code, let message):
      FailureReport(
        .refused, "the recording service refuses", found: "\(code): \(message)",
        advice: "schema/ingest-protocol.md §5 says what the answer means.")
    case .lost(let seconds):
      FailureReport(
        .unusable, "the recording service is gone for \(seconds) s, and the command was ended",
        advice: "What was acknowledged is kept there. --disk-full-wait says how long to wait.")
    case .notUnderstood(let found):
      FailureReport(
        .unusable, "the recording service gave an answer that is not of its protocol",
        found: found, advice: "Check that the socket is blackbox serve's, of a like version.")
    }
  }
}

extension JSONFault: ReportableFailure {
  var report: FailureReport {
    FailureReport(.unreadable, "not well-formed JSON", place: "byte \(offset)", found: reason)
  }
}

package import SessionLog

/// What is known of a recording's integrity while it is shown, in one word or two.
package enum Verification: Sendable, Equatable {
  /// Not all of it has been held against the log yet.
  case checking
  case verified
  /// Its writer lives; all that is there holds.
  case live
  /// Not closed, and nobody writes it any more.
  case open
  /// Lines were kept by recovery without a commit.
  case recovered
  /// Integrity is broken; where it is the file itself, events from this one on prove nothing.
  case damaged(word: String, event: Int?)
  /// A file on its own: the bytes hold together, but no log vouches for them.
  case noLog
  /// Made from a file that another program recorded: nothing vouches for it.
  case foreign
  /// The verification itself could not be done; why is said when the player ends.
  case unknown

  package var text: String {
    switch self {
    case .checking: "CHECKING"
    case .verified: "VERIFIED"
    case .live: "LIVE"
    case .open: "OPEN"
    case .recovered: "RECOVERED"
    case .damaged(let word, let event):
      event.map { "DAMAGED at event \($0): \(word)" } ?? "DAMAGED: \(word)"
    case .noLog: "UNVERIFIED: no log"
    case .foreign: "NOT VERIFIED: imported file"
    case .unknown: "UNVERIFIED: cannot check"
    }
  }

  /// True for an event that nothing proves to stand as it was recorded.
  package func isUnproven(_ event: Int) -> Bool {
    if case .damaged(_, let first?) = self { event >= first } else { false }
  }

  package var isDamaged: Bool { if case .damaged = self { true } else { false } }

  /// What a finished verification says; `hasLog` is false for a file outside a store.
  package init(_ verdict: SessionVerdict, hasLog: Bool) {
    if let worst = verdict.findings.min(by: { $0.verdict < $1.verdict }) {
      let isFile = verdict.findings.contains { $0.area == .bytes || $0.area == .lines }
      self = .damaged(
        word: worst.verdict.rawValue, event: isFile ? Int(clamping: verdict.lines) : nil)
    } else if !hasLog {
      self = .noLog
    } else if verdict.recoveredLines > 0 {
      self = .recovered
    } else if verdict.isLive {
      self = .live
    } else {
      self = verdict.facts.contains(.open) ? .open : .verified
    }
  }

  /// What the reader's own findings say before the verification is over; nil if there are none.
  package init?(_ findings: [Finding], events: Int) {
    guard let worst = findings.min(by: { $0.verdict < $1.verdict }) else { return nil }
    self = .damaged(word: worst.verdict.rawValue, event: events)
  }
}

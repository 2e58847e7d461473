internal import Replay
internal import SessionLog
internal import Synchronization

/// Verifies a session beside its player, on a thread of its own.
final class BackgroundCheck: Sendable {
  private typealias Answer = Result<SessionVerdict?, SessionLogFailure>

  private let subject: ReplaySubject
  private let answer: Mutex<Answer?>

  init(_ subject: ReplaySubject) {
    self.subject = subject
    answer = Mutex(nil)
    Task.detached(priority: .utility) { [self] in
      let found = Self.verify(subject)
      answer.withLock { $0 = found }
    }
  }

  /// What the verification says; nil while it goes on.
  var verification: Verification? {
    switch answer.withLock({ $0 }) {
    case .success(let verdict?): Verification(verdict, hasLog: subject.hasLog)
    case .success(nil): .foreign
    case .failure: .unknown
    case nil: nil
    }
  }

  /// The verdict; nil where the viewer left before it was known and nothing was found until then.
  func finish() throws(SessionLogFailure) -> SessionVerdict? {
    try answer.withLock { $0 }?.get() ?? nil
  }

  private static func verify(_ subject: ReplaySubject) -> Answer {
    do throws(SessionLogFailure) { return .success(try subject.verify()) } catch {
      return .failure(error)
    }
  }
}

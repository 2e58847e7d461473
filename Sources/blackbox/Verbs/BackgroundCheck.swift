internal import Replay
internal import SessionLog
internal import Synchronization

/// Verifies a session beside its player, on a thread of its own.
final class BackgroundCheck: Sendable {
  private typealias Answer = Result<SessionVerdict?, SessionLogFailure>

  private let subject: ReplaySubject
  private let answer: Mutex<Answer?>
  /// The answer was that the session is live, and was given: the next question is about what it is then.
  private let isOld = Mutex(false)

  init(_ subject: ReplaySubject) {
    self.subject = subject
    answer = Mutex(nil)
    begin()
  }

  private func begin() {
    Task.detached(priority: .utility) { [self] in
      let found = Self.verify(self.subject)
      answer.withLock { $0 = found }
    }
  }

  /// What the verification says; nil while it goes on.
  ///
  /// A session that was live when it was asked last is verified again.
  var verification: Verification? {
    let isAsked = isOld.withLock { isOld in
      defer { isOld = false }
      return isOld
    }
    if isAsked {
      answer.withLock { $0 = nil }
      begin()
      return nil
    }
    switch answer.withLock({ $0 }) {
    case .success(let verdict?):
      let known = Verification(verdict, hasLog: subject.hasLog)
      if known == .live { isOld.withLock { $0 = true } }
      return known
    case .success(nil): return .foreign
    case .failure: return .unknown
    case nil: return nil
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

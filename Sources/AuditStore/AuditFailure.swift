internal import Platform
package import SessionLog

/// Why the audit store could not answer.
///
/// Damage in evidence is not a failure: it is in the answer.
package struct AuditFailure: Error, Sendable {
  package enum Kind: Sendable, Equatable {
    /// Made by a later version of this program.
    case newerIndex
    /// Another process holds the index for longer than anyone should wait.
    case locked
    /// The index's file is damaged; it is put aside and built anew.
    case damagedIndex
    /// The index cannot be opened, read or written here.
    case unusableIndex
    /// A cursor that was made by another question.
    case refusedCursor
    /// A statement that does what is not allowed.
    case refusedQuery
    /// A statement that cannot be run.
    case badQuery
    /// The session log refused; its own kind tells more.
    case sessionLog(SessionLogFailure.Kind)
  }

  package var kind: Kind
  /// What could not be done, as a sentence without its full stop.
  package var what: String
  package var place: String
  package var found: String?
  package var wanted: String?
  /// What to do next.
  package var advice: String

  package init(
    _ kind: Kind, _ what: String, at place: String = "", found: String? = nil,
    wanted: String? = nil, advice: String
  ) {
    self.kind = kind
    self.what = what
    self.place = place
    self.found = found
    self.wanted = wanted
    self.advice = advice
  }

  package init(_ failure: SessionLogFailure) {
    self.init(
      .sessionLog(failure.kind), failure.what, at: failure.place, found: failure.found,
      wanted: failure.wanted, advice: failure.advice)
  }

  init(_ failure: FileFailure) { self.init(SessionLogFailure(failure)) }
}

/// Runs the session log's work and turns its failures into this module's.
@inline(always)
func logged<R: ~Copyable>(_ body: () throws(SessionLogFailure) -> R) throws(AuditFailure) -> R {
  do { return try body() } catch { throw AuditFailure(error) }
}

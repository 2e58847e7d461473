internal import SessionLog

extension AuditIndex {
  /// Runs a stranger's SQL, or a named question, behind the guard.
  ///
  /// - Throws: `.refusedQuery` for what is not allowed, `.badQuery` for what is no question.
  package func ask(
    _ text: String, _ parameters: [String: SQLValue], _ limits: SQLGuard
  ) throws(AuditFailure) -> SQLGuard.Answer {
    // An index in memory has no second connection; nothing is asked of this one afterwards.
    if notes.contains(where: { if case .inMemory = $0 { true } else { false } }) {
      return try answer(text, parameters, limits, on: database)
    }
    let connection = try indexed { () throws(SQLiteFailure) in
      try Database(store.indexPath, .readOnly, wait: Self.patience)
    }
    return try answer(text, parameters, limits, on: connection)
  }

  private func answer(
    _ text: String, _ parameters: [String: SQLValue], _ limits: SQLGuard,
    on connection: borrowing Database
  ) throws(AuditFailure) -> SQLGuard.Answer {
    do throws(SQLGuard.Refusal) {
      return try limits.run(text, parameters, on: connection)
    } catch {
      throw AuditFailure(
        error.isForbidden ? .refusedQuery : .badQuery,
        error.isForbidden ? "the statement is refused" : "the statement cannot be run",
        at: error.offset.map { "byte \($0)" } ?? "", found: error.problem, advice: error.advice)
    }
  }
}

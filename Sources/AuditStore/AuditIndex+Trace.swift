extension AuditIndex {
  /// Ids of the sessions that belong to a trace, the earliest first.
  package func sessions(ofTrace trace: String) throws(AuditFailure) -> [String] {
    try indexed { () throws(SQLiteFailure) in
      let query = try database.prepare(
        "SELECT uid FROM session WHERE trace_id = \(trace) ORDER BY start_us, sid")
      var found: [String] = []
      while try query.step() { found.append(query.text(0)) }
      return found
    }
  }
}

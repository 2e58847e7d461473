package import SessionLog

/// What the index knows of one session, beside what its bytes say.
package struct SessionParts: Sendable {
  package struct Part: Sendable {
    package let list: RecordList
    package let title: String
    package let page: ListPage
  }

  package var parts: [Part] = []
  package var chain: [DelegationNode] = []

  package init() {}
}

extension AuditIndex {
  /// Decisions, approvals, masking, commands and findings of a session, oldest first, at most
  /// `limit` of each; empty where the index does not know it.
  package func parts(of id: SessionID, limit: Int) throws(AuditFailure) -> SessionParts {
    var result = SessionParts()
    let sid = try indexed { () throws(SQLiteFailure) in
      try database.value("SELECT sid FROM session WHERE uid = \(id.text)")
    }
    guard case .integer(let number) = sid else { return result }
    result.chain = try delegationTree(session: id.text, uid: nil)
    var request = ListRequest()
    request.limit = limit
    request.isReversed = true
    request.filter.sessions = [number]
    var commands = request
    commands.filter[.type] = [
      "terminal.command", "database.query", "http.request", "mcp.call", "kubernetes.request",
      "ssh.channel", "file.transfer", "tunnel.open", "tool.call",
    ].map { RecordFilter.Pattern($0) }
    for (list, title, request): (RecordList, String, ListRequest) in [
      (.events, "actions", commands), (.decisions, "decisions", request),
      (.approvals, "approvals", request), (.masking, "masking", request),
      (.findings, "findings", request),
    ] {
      let page = try page(list, request)
      if !page.rows.isEmpty { result.parts.append(.init(list: list, title: title, page: page)) }
    }
    return result
  }
}

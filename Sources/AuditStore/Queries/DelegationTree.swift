/// A delegation as somebody described it, in its tree.
package struct DelegationNode: Sendable, Equatable {
  package var uid: String
  package var parent: String?
  package var root: String
  package var depth: Int64
  package var issuer: String
  package var subject: String?
  package var actor: String?
  package var scopes: String
  package var issued: Int64?
  package var expires: Int64?
  package var proof: String
  /// Sessions that acted under it, and the newest of them.
  package var sessions: Int64
  package var newest: String?
  /// True if its parent is named and nothing recorded it.
  package var isOrphan = false
  /// What was asked for.
  package var isAsked = false
  /// Branches from the left, for drawing: whether each ancestor has a later sibling.
  package var isLast: [Bool] = []
}

extension AuditIndex {
  private static let mostNodes: Int64 = 2000

  /// The tree that a session, a delegation or a root belongs to, parents before their children.
  ///
  /// Empty where nothing of that name was recorded.
  package func delegationTree(session: String?, uid: String?) throws(AuditFailure)
    -> [DelegationNode]
  {
    try indexed { () throws(SQLiteFailure) in
      var asked: [String] = []
      var roots: [String] = []
      if let session {
        let rows = try database.prepare(
          """
          SELECT d.uid, d.root_uid, c.hop FROM session AS s JOIN session_chain AS c ON c.sid = s.sid
            JOIN delegation AS d ON d.did = c.did WHERE s.uid = \(session) ORDER BY c.hop
          """)
        while try rows.step() {
          if rows.integer(2) == 0 { asked.append(rows.text(0)) }
          roots.append(rows.text(1))
        }
      }
      if let uid {
        asked.append(uid)
        let rows = try database.prepare(
          "SELECT root_uid FROM delegation WHERE uid = \(uid) OR root_uid = \(uid) LIMIT 16")
        while try rows.step() { roots.append(rows.text(0)) }
      }
      var nodes: [DelegationNode] = []
      for root in Set(roots).sorted() { nodes += try self.nodes(under: root) }
      return Self.ordered(nodes, asked: Set(asked))
    }
  }

  private func nodes(under root: String) throws(SQLiteFailure) -> [DelegationNode] {
    let rows = try database.prepare(
      """
      SELECT d.uid, d.parent_uid, d.root_uid, d.depth, d.issuer, b.uid, a.uid, d.scopes,
        d.issued_us, d.expires_us, d.proof, (SELECT count(*) FROM session AS s WHERE s.did = d.did),
        (SELECT s.uid FROM session AS s WHERE s.did = d.did ORDER BY s.start_us DESC LIMIT 1),
        d.parent_uid IS NOT NULL
          AND NOT EXISTS(SELECT 1 FROM delegation AS p WHERE p.uid = d.parent_uid)
      FROM delegation AS d LEFT JOIN identity AS b ON b.iid = d.sub
        LEFT JOIN identity AS a ON a.iid = d.act
      WHERE d.root_uid = \(root) OR d.uid = \(root) ORDER BY d.depth, d.uid, d.did
      LIMIT \(Self.mostNodes)
      """)
    var nodes: [DelegationNode] = []
    while try rows.step() {
      nodes.append(
        DelegationNode(
          uid: rows.text(0), parent: rows.optionalText(1), root: rows.text(2),
          depth: rows.integer(3), issuer: rows.text(4), subject: rows.optionalText(5),
          actor: rows.optionalText(6), scopes: rows.text(7), issued: rows.optionalInteger(8),
          expires: rows.optionalInteger(9), proof: rows.text(10), sessions: rows.integer(11),
          newest: rows.optionalText(12), isOrphan: rows.integer(13) != 0))
    }
    return nodes
  }

  /// Depth first; what stands in a circle comes last, as if its parent were missing.
  private static func ordered(_ nodes: [DelegationNode], asked: Set<String>) -> [DelegationNode] {
    let known = Set(nodes.map(\.uid))
    let children = Dictionary(
      grouping: nodes.indices.filter { nodes[$0].parent.map(known.contains) ?? false },
      by: { nodes[$0].parent ?? "" })
    var order: [DelegationNode] = []
    var seen = Set<Int>()
    func visit(_ start: Int, _ branch: [Bool]) {
      var stack = [(start, branch)]
      while let (index, branch) = stack.popLast() {
        guard seen.insert(index).inserted else { continue }
        var node = nodes[index]
        node.isAsked = asked.contains(node.uid)
        node.isLast = branch
        order.append(node)
        // A uid that is described twice has its children under the first.
        let isFirst = nodes.firstIndex { $0.uid == node.uid } == index
        let next = isFirst ? (children[node.uid] ?? []).filter { !seen.contains($0) } : []
        for (place, child) in next.enumerated().reversed() {
          stack.append((child, branch + [place == next.count - 1]))
        }
      }
    }
    for index in nodes.indices where !(nodes[index].parent.map(known.contains) ?? false) {
      visit(index, [])
    }
    for index in nodes.indices { visit(index, []) }
    return order
  }
}

internal import Platform

/// A list that can be asked for: its columns, its tables, and its order.
///
/// Rows have a key of two numbers, newest first, so that a page can go on behind any row.
package struct RecordList: Sendable {
  package enum Kind: Sendable {
    case text, integer, decimal, bool, time, duration, bytes
    /// A verdict or outcome, to be coloured by what it says.
    case word
    /// Words in one text, parted by blanks.
    case words
  }

  package struct Column: Sendable {
    package let name: String
    package let kind: Kind
    /// Left out of a plain table.
    package let isWide: Bool
    /// How far a table may narrow it; nil where it stays whole.
    package let minimum: Int?
    let sql: SQL

    init(_ name: String, wide: Bool = false, minimum: Int? = nil, _ sql: SQL) {
      self.init(name, .text, wide: wide, minimum: minimum, sql)
    }

    init(_ name: String, _ kind: Kind, wide: Bool = false, minimum: Int? = nil, _ sql: SQL) {
      (self.name, self.kind, self.sql) = (name, kind, sql)
      (isWide, self.minimum) = (wide, minimum)
    }
  }

  package let name: String
  package let columns: [Column]
  /// Which filters mean something here.
  package let fields: [FilterField]
  let scope: FilterCondition.Scope
  /// What times are held against.
  let time: SQL
  /// Given the condition, the rows with their keys as `k0` and `id`.
  let keys: @Sendable (SQL) -> SQL
  /// Joined to `page`, which has `k0`, `id` and whatever `keys` gave besides.
  let joins: SQL

  static let sessionFields: [FilterField] = [
    .agent, .instance, .principal, .resource, .kind, .env, .scope, .trace, .root, .ip, .has,
  ]
}

/// One page of a list.
package struct ListPage: Sendable {
  package var rows: [[SQLValue]] = []
  /// Where the next page goes on; nil where nothing was given out.
  package var cursor: Cursor?
  package var isCut = false

  package init() {}
}

/// What to give out of a list.
package struct ListRequest: Sendable {
  package var filter = RecordFilter()
  package var limit: Int?
  package var after: Cursor?
  /// Oldest first.
  package var isReversed = false

  package init() {}
}

extension AuditIndex {
  /// One page of a list.
  package func page(_ list: RecordList, _ request: ListRequest) throws(AuditFailure) -> ListPage {
    let digest = try cursorDigest(list, request)
    if let after = request.after, after.digest != digest { throw .foreignCursor }
    return try indexed { () throws(SQLiteFailure) in
      let condition = try condition(list, request.filter)
      var edge: SQL = "TRUE"
      if let after = request.after {
        edge =
          request.isReversed
          ? "(k0, id) > (\(after.first), \(after.second))"
          : "(k0, id) < (\(after.first), \(after.second))"
      }
      let order: SQL = request.isReversed ? "k0, id" : "k0 DESC, id DESC"
      let most = request.limit.map { Int64($0) + 1 } ?? -1
      let columns = list.columns.map(\.sql)
      let statement = try database.prepare(
        """
        SELECT page.k0, page.id\(columns.listed) FROM (
          SELECT * FROM (\(list.keys(condition))) WHERE \(edge) ORDER BY \(order) LIMIT \(most)
        ) AS page \(list.joins) ORDER BY \(request.isReversed ? "page.k0, page.id" : "page.k0 DESC, page.id DESC")
        """)
      var page = ListPage()
      while try statement.step() {
        if let limit = request.limit, page.rows.count >= limit {
          page.isCut = true
          break
        }
        page.cursor = Cursor(
          first: statement.integer(0), second: statement.integer(1), digest: digest)
        page.rows.append((2..<statement.columnCount).map { statement.value($0) })
      }
      statement.reset()
      return page
    }
  }

  /// How many rows a list has.
  package func count(_ list: RecordList, _ filter: RecordFilter) throws(AuditFailure) -> Int64 {
    try indexed { () throws(SQLiteFailure) in
      let condition = try condition(list, filter)
      return try database.integer("SELECT count(*) FROM (\(list.keys(condition)))")
    }
  }

  func cursorDigest(_ list: RecordList, _ request: ListRequest) throws(AuditFailure) -> [UInt8] {
    try Cursor.digest(list, request)
  }
}

extension Cursor {
  /// The same place in the list as another request reads it: the other way round.
  package func turned(to request: ListRequest, of list: RecordList) throws(AuditFailure) -> Cursor {
    Cursor(first: first, second: second, digest: try Self.digest(list, request))
  }

  fileprivate static func digest(
    _ list: RecordList, _ request: ListRequest
  ) throws(AuditFailure) -> [UInt8] {
    do { return try request.filter.digest(of: list.name, isReversed: request.isReversed) } catch {
      throw AuditFailure(
        .unusableIndex, "no cursor can be made", found: error.reason,
        advice: "Check that libcrypto is installed whole.")
    }
  }
}

extension AuditIndex {
  /// The filter's condition, with one agent or principal named by its number, so that an index
  /// gives the rows in their order.
  private func condition(_ list: RecordList, _ filter: RecordFilter) throws(SQLiteFailure) -> SQL {
    var rest = filter
    var parts: [SQL] = []
    for (field, column): (FilterField, SQL) in [(.agent, "s.agent"), (.principal, "s.principal")] {
      let patterns = filter[field]
      guard patterns.count == 1, !patterns[0].isNegated, patterns[0].glob == nil else { continue }
      let rows = try database.prepare(
        """
        SELECT iid FROM identity WHERE \(FilterCondition.match(["uid", "name"], patterns[0]))
        LIMIT 17
        """)
      var ids: [Int64] = []
      while try rows.step() { ids.append(rows.integer(0)) }
      guard ids.count <= 16 else { continue }
      rest[field] = []
      switch ids.count {
      case 0: parts.append("FALSE")
      case 1: parts.append("\(column) = \(ids[0])")
      default: parts.append("\(column) IN \(ids.map { "\($0)" as SQL }.joined(by: .comma))")
      }
    }
    parts.append(FilterCondition(rest, list.scope).sql(time: list.time))
    return parts.joined(by: .and)
  }
}

extension [SQL] {
  /// Each with a comma before it.
  fileprivate var listed: SQL {
    reduce(into: SQL()) { $0.append(", \($1)") }
  }
}

extension AuditFailure {
  static var foreignCursor: AuditFailure {
    AuditFailure(
      .refusedCursor, "the cursor belongs to another question", at: "--cursor",
      found: "other filters, another order or another list",
      advice: "Ask with the very filters that gave it, or start without a cursor.")
  }
}

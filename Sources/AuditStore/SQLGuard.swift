private import CSQLite
internal import Platform

/// What a stranger's SQL may do: read the index, for so long and so much.
///
/// Source: sqlite.org/security.html.
package struct SQLGuard: Sendable {
  /// Microseconds.
  package var timeout: Int64 = 5_000_000
  package var maxRows = 10_000
  /// Bytes of all values that are held at once.
  package var maxBytes = 64 << 20

  package init() {}

  /// Why an answer is not whole.
  package enum Cut: Sendable, Equatable { case time, rows, bytes, memory }

  package struct Answer: Sendable {
    package var columns: [String]
    package var rows: [[SQLValue]]
    package var cut: Cut?
  }

  /// Why a statement was not run.
  package struct Refusal: Error, Sendable, Equatable {
    package var problem: String
    /// It is not allowed, whatever else may be wrong with it.
    package var isForbidden = false
    /// Bytes into the text, where it is known.
    package var offset: Int?
    package var advice: String
  }

  /// No text or blob longer than this is made or read.
  static let longestValue: Int32 = 16 << 20

  /// Runs one SELECT on a connection that is used for nothing else any more.
  ///
  /// `parameters` have their names without the colon.
  func run(
    _ text: String, _ parameters: [String: SQLValue], on database: borrowing Database
  ) throws(Refusal) -> Answer {
    try prepareConnection(database)
    let watch = Watch(
      deadline: Self.now() &+ min(timeout, 1 << 60), tables: try Self.tables(database))
    return try withExtendedLifetime(watch) { () throws(Refusal) -> Answer in
      let context = unsafe Unmanaged.passUnretained(watch).toOpaque()
      unsafe sqlite3_set_authorizer(
        database.handle,
        { context, action, one, two, _, _ in
          guard let context = unsafe context else { return SQLITE_DENY }
          let watch = unsafe Unmanaged<Watch>.fromOpaque(context).takeUnretainedValue()
          let first = unsafe one.map { unsafe String(cString: $0) }
          let second = unsafe two.map { unsafe String(cString: $0) }
          return watch.allows(action, first, second) ? SQLITE_OK : SQLITE_DENY
        }, context)
      unsafe sqlite3_progress_handler(
        database.handle, 500,
        { context in
          guard let context = unsafe context else { return 1 }
          let watch = unsafe Unmanaged<Watch>.fromOpaque(context).takeUnretainedValue()
          return SQLGuard.now() > watch.deadline ? 1 : 0
        }, context)
      defer {
        unsafe sqlite3_progress_handler(database.handle, 0, nil, nil)
        unsafe _ = sqlite3_set_authorizer(database.handle, nil, nil)
      }
      let statement = try Self.compile(text, watch, database)
      try Self.bind(parameters, statement)
      return try collect(statement, watch)
    }
  }

  private func collect(_ statement: borrowing Statement, _ watch: Watch) throws(Refusal) -> Answer {
    var answer = Answer(columns: statement.columnNames, rows: [], cut: nil)
    var bytes = 0
    do throws(SQLiteFailure) {
      while try statement.step() {
        guard answer.rows.count < maxRows else {
          answer.cut = .rows
          break
        }
        let row = (0..<statement.columnCount).map { statement.value($0) }
        bytes += row.reduce(0) { $0 + $1.size }
        guard bytes <= maxBytes else {
          answer.cut = .bytes
          break
        }
        answer.rows.append(row)
      }
      statement.reset()
    } catch {
      switch error.code & 0xFF {
      case SQLITE_INTERRUPT: answer.cut = .time
      case SQLITE_NOMEM: answer.cut = .memory
      default: throw Self.refusal(error, watch)
      }
    }
    return answer
  }

  // MARK: the connection

  private func prepareConnection(_ database: borrowing Database) throws(Refusal) {
    do throws(SQLiteFailure) {
      // A virtual table is connected when it is first named, which an authorizer would forbid.
      _ = try database.value("SELECT 1 FROM json_each('[]')")
      _ = try database.value("SELECT 1 FROM json_tree('[]')")
      _ = try database.value("SELECT count(*) FROM (SELECT 1 FROM txt_fts LIMIT 1)")
      try database.script("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;")
    } catch {
      throw Refusal(
        problem: "the index cannot be asked: \(error.message)",
        advice: "Build it anew with `blackbox index --rebuild`.")
    }
    for (limit, value): (Int32, Int32) in [
      (SQLITE_LIMIT_LENGTH, Self.longestValue), (SQLITE_LIMIT_SQL_LENGTH, 100_000),
      (SQLITE_LIMIT_COLUMN, 200), (SQLITE_LIMIT_EXPR_DEPTH, 200),
      (SQLITE_LIMIT_COMPOUND_SELECT, 50), (SQLITE_LIMIT_VDBE_OP, 100_000),
      (SQLITE_LIMIT_FUNCTION_ARG, 32), (SQLITE_LIMIT_ATTACHED, 0),
      (SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100), (SQLITE_LIMIT_VARIABLE_NUMBER, 100),
      (SQLITE_LIMIT_TRIGGER_DEPTH, 1), (SQLITE_LIMIT_WORKER_THREADS, 0),
    ] { unsafe _ = sqlite3_limit(database.handle, limit, value) }
    SQLFunctions.replaceUnbounded(on: database)
  }

  private static func tables(_ database: borrowing Database) throws(Refusal) -> Set<String> {
    var names: Set<String> = ["json_each", "json_tree", "sqlite_schema", "sqlite_master"]
    do throws(SQLiteFailure) {
      let rows = try database.prepare(
        "SELECT lower(name) FROM sqlite_schema WHERE type IN ('table', 'view')")
      while try rows.step() { names.insert(rows.text(0)) }
    } catch {
      throw Refusal(problem: "the index cannot be asked: \(error.message)", advice: "")
    }
    return names
  }

  // MARK: the statement

  private static func compile(
    _ text: String, _ watch: Watch, _ database: borrowing Database
  ) throws(Refusal) -> Statement {
    guard !text.utf8.contains(0) else {
      throw Refusal(problem: "the statement holds a NUL byte", advice: "Write it without.")
    }
    do throws(SQLiteFailure) {
      var isWhole = true
      guard let statement = try database.prepare(untrusted: text, isWhole: &isWhole) else {
        throw SQLiteFailure(code: SQLITE_MISUSE, message: "no statement was given")
      }
      guard isWhole else {
        throw SQLiteFailure(code: SQLITE_MISUSE, message: "more than one statement was given")
      }
      guard statement.isReadOnly, statement.columnCount > 0 else {
        throw SQLiteFailure(code: SQLITE_AUTH, message: "only SELECT may be run")
      }
      return statement
    } catch { throw refusal(error, watch) }
  }

  private static func bind(
    _ parameters: [String: SQLValue], _ statement: borrowing Statement
  ) throws(Refusal) {
    let names = statement.parameterNames
    for (place, name) in names.enumerated() {
      guard let name else {
        throw Refusal(
          problem: "a parameter without a name", advice: "Write it :name and give -p name=value.")
      }
      guard let value = parameters[name] else {
        throw Refusal(
          problem: "the parameter :\(name) has no value", advice: "Give it with -p \(name)=VALUE.")
      }
      do throws(SQLiteFailure) { try statement.bind(value, at: place + 1) } catch {
        throw Refusal(problem: error.message, advice: "Give a shorter value.")
      }
    }
    let known = Set(names.compactMap { $0 })
    if let unused = parameters.keys.sorted().first(where: { !known.contains($0) }) {
      throw Refusal(
        problem: "the statement has no parameter :\(unused)",
        advice: known.isEmpty
          ? "It has none."
          : "It has " + known.sorted().map { ":" + $0 }.joined(separator: ", ") + ".")
    }
  }

  private static func refusal(_ failure: SQLiteFailure, _ watch: Watch) -> Refusal {
    if let denied = watch.denied {
      return Refusal(
        problem: "\(denied) is not allowed here", isForbidden: true,
        advice:
          "Only SELECT over the index's tables and views may be run; schema/views.md lists them.")
    }
    return Refusal(
      problem: failure.message, isForbidden: failure.code & 0xFF == SQLITE_AUTH,
      offset: failure.offset,
      advice: "schema/views.md lists the views and their columns.")
  }

  fileprivate static func now() -> Int64 { Int64(clamping: SystemClock().monotonic()) }

  /// What the callbacks share; used by one thread.
  private final class Watch {
    let deadline: Int64
    let tables: Set<String>
    /// The first thing that was refused, in words of ours.
    var denied: String?

    init(deadline: Int64, tables: Set<String>) {
      (self.deadline, self.tables) = (deadline, tables)
    }

    func allows(_ action: Int32, _ one: String?, _ two: String?) -> Bool {
      let reason: String
      switch action {
      case SQLITE_SELECT, SQLITE_RECURSIVE: return true
      case SQLITE_READ:
        // An empty name is a table whose rows only are counted.
        guard let table = one?.lowercased(), !table.isEmpty else { return true }
        if tables.contains(table) { return true }
        // Where only rows are counted the name may be that of a subquery. What makes rows out of the
        // connection itself asks again, for a column or for its pragma.
        let isOfConnection = ["pragma_", "sqlite_", "dbstat"].contains { table.hasPrefix($0) }
        if (two ?? "").isEmpty, !isOfConnection { return true }
        reason = "reading \(table)"
      case SQLITE_FUNCTION:
        guard let name = two?.lowercased() else { return false }
        if SQLFunctions.allowed.contains(name) { return true }
        reason = "the function \(name)"
      case SQLITE_PRAGMA:
        // FTS5 asks whether its rows were changed.
        if one == "data_version", two == nil { return true }
        reason = "PRAGMA"
      case SQLITE_ATTACH, SQLITE_DETACH: reason = "ATTACH"
      case SQLITE_TRANSACTION, SQLITE_SAVEPOINT: reason = "a transaction"
      case SQLITE_INSERT, SQLITE_UPDATE, SQLITE_DELETE: reason = "writing"
      default: reason = "anything but SELECT"
      }
      if denied == nil { denied = reason }
      return false
    }
  }
}

extension SQLValue {
  /// Bytes it holds, about.
  var size: Int {
    switch self {
    case .null, .integer, .real: 16
    case .text(let text): 16 + text.utf8.count
    case .blob(let bytes): 16 + bytes.count
    }
  }
}

extension Database {
  /// Compiles the first statement of a text that is not ours; nil where it has none.
  ///
  /// `isWhole` becomes false where another follows. Only for a connection with an authorizer.
  fileprivate func prepare(
    untrusted text: String, isWhole: inout Bool
  ) throws(SQLiteFailure) -> Statement? {
    func compile(_ text: inout String, _ rest: inout Int) throws(SQLiteFailure) -> OpaquePointer? {
      var compiled: OpaquePointer?
      let code = text.withUTF8 { buffer in
        unsafe buffer.withMemoryRebound(to: CChar.self) { bytes in
          var tail: UnsafePointer<CChar>?
          let code = unsafe sqlite3_prepare_v3(
            handle, bytes.baseAddress, Int32(clamping: bytes.count), 0, &compiled, &tail)
          if let start = bytes.baseAddress, let tail = unsafe tail {
            rest = unsafe bytes.count - (tail - start)
          }
          return code
        }
      }
      guard code == SQLITE_OK else { throw failure(code) }
      return unsafe compiled
    }
    var text = text
    var length = 0
    guard let handle = unsafe try compile(&text, &length) else { return nil }
    let statement = unsafe Statement(handle, of: self.handle)
    // Blanks and comments compile to nothing.
    var rest = String(decoding: text.utf8.suffix(length), as: UTF8.self)
    guard !rest.isEmpty else { return statement }
    if let other = unsafe try compile(&rest, &length) {
      unsafe _ = sqlite3_finalize(other)
      isWhole = false
    }
    return statement
  }
}

/// Bounds the memory SQLite takes in this process, for good; 0 lifts the bound.
///
/// What needs more is refused as out of memory. Wraps `sqlite3_hard_heap_limit64`.
package func limitSQLiteMemory(_ bytes: Int64) { _ = sqlite3_hard_heap_limit64(bytes) }

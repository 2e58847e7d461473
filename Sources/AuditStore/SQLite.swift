private import CSQLite

/// What SQLite refused: its code and its own words, which never hold a bound value.
struct SQLiteFailure: Error, Sendable, Equatable {
  /// The extended result code.
  var code: Int32
  var message: String
  /// Bytes into the statement's text, where SQLite can tell.
  var offset: Int?

  private var primary: Int32 { code & 0xFF }
  var isCorrupt: Bool { primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB }
  var isLocked: Bool { primary == SQLITE_BUSY || primary == SQLITE_LOCKED }
  /// The place cannot be written, or not even be opened.
  var isUnwritable: Bool {
    primary == SQLITE_READONLY || primary == SQLITE_CANTOPEN || primary == SQLITE_PERM
      || primary == SQLITE_AUTH
  }
}

/// A connection to a database file.
///
/// One owner, one thread.
@safe
struct Database: ~Copyable {
  enum Mode { case readWrite, readOnly, memory }

  let handle: OpaquePointer

  /// Opens a file, which must exist and must not be a link; `.memory` has no file.
  ///
  /// Waits up to `wait` milliseconds for another connection's lock. Wraps `sqlite3_open_v2`.
  init(_ path: String, _ mode: Mode, wait: Int32) throws(SQLiteFailure) {
    unsafe handle = try Self.open(path, mode, wait: wait)
  }

  @unsafe
  private static func open(_ path: String, _ mode: Mode, wait: Int32) throws(SQLiteFailure)
    -> OpaquePointer
  {
    let flags =
      switch mode {
      case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW
      case .readOnly: SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW
      case .memory: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY
      }
    var opened: OpaquePointer?
    var code = unsafe sqlite3_open_v2(
      mode == .memory ? ":memory:" : path, &opened,
      flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
    guard let handle = unsafe opened else {
      throw SQLiteFailure(code: code, message: "out of memory")
    }
    if code == SQLITE_OK { code = unsafe sqlite3_busy_timeout(handle, wait) }
    // Nothing in the file may act when it is opened: it lies in a directory that others may have
    // written.
    for (flag, value): (Int32, Int32) in [
      (SQLITE_DBCONFIG_DEFENSIVE, 1), (SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
      (SQLITE_DBCONFIG_ENABLE_TRIGGER, 0),
    ] where code == SQLITE_OK {
      code = unsafe blackbox_sqlite_config_flag(handle, flag, value)
    }
    guard code == SQLITE_OK else {
      let failure = unsafe SQLiteFailure(code, of: handle)
      unsafe _ = sqlite3_close_v2(handle)
      throw failure
    }
    return unsafe handle
  }

  deinit { unsafe _ = sqlite3_close_v2(handle) }

  /// Compiles one statement.
  ///
  /// Wraps `sqlite3_prepare_v3`.
  func prepare(_ sql: SQL) throws(SQLiteFailure) -> Statement {
    var text = sql.text
    var compiled: OpaquePointer?
    let code = text.withUTF8 { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) { bytes in
        unsafe sqlite3_prepare_v3(
          handle, bytes.baseAddress, Int32(clamping: bytes.count), 0, &compiled, nil)
      }
    }
    guard code == SQLITE_OK, let compiled = unsafe compiled else { throw failure(code) }
    let statement = unsafe Statement(compiled, of: handle)
    try statement.bind(sql.values)
    return statement
  }

  /// Compiles a statement whose text is not a literal: a page of statements, or what an analyst wrote.
  func prepare(unchecked text: String) throws(SQLiteFailure) -> Statement {
    try prepare(SQL(unchecked: text))
  }

  /// Runs one statement that gives no rows, or whose rows nobody wants.
  func run(_ sql: SQL) throws(SQLiteFailure) {
    let statement = try prepare(sql)
    while try statement.step() {}
  }

  /// Runs many statements without values.
  ///
  /// Wraps `sqlite3_exec`.
  func script(_ text: StaticString) throws(SQLiteFailure) {
    let code = unsafe sqlite3_exec(handle, text.description, nil, nil, nil)
    guard code == SQLITE_OK else { throw failure(code) }
  }

  /// The first column of the first row; `.null` where there is none.
  func value(_ sql: SQL) throws(SQLiteFailure) -> SQLValue {
    let statement = try prepare(sql)
    return try statement.step() ? statement.value(0) : .null
  }

  /// The first column of the first row as a number; 0 where there is none.
  func integer(_ sql: SQL) throws(SQLiteFailure) -> Int64 {
    if case .integer(let number) = try value(sql) { number } else { 0 }
  }

  /// Rows changed by the last statement.
  ///
  /// Wraps `sqlite3_changes64`.
  var changes: Int64 { unsafe sqlite3_changes64(handle) }

  /// Runs `body` in a transaction that holds the write lock from its start, and commits it if
  /// `body` returns.
  func transaction<R: ~Copyable, E: Error>(
    _ wrap: (SQLiteFailure) -> E, _ body: () throws(E) -> R
  ) throws(E) -> R {
    do { try run("BEGIN IMMEDIATE") } catch { throw wrap(error) }
    let result: R
    do {
      result = try body()
    } catch {
      do { try run("ROLLBACK") } catch {
        // SQLite has rolled back by itself after a grave failure: the first error is the one to
        // tell.
      }
      throw error
    }
    do {
      try run("COMMIT")
    } catch {
      do { try run("ROLLBACK") } catch {}
      throw wrap(error)
    }
    return result
  }

  func failure(_ code: Int32) -> SQLiteFailure { unsafe SQLiteFailure(code, of: handle) }
}

/// A compiled statement, used again and again.
@safe
struct Statement: ~Copyable {
  private let handle: OpaquePointer
  private let database: OpaquePointer

  @unsafe
  init(_ handle: OpaquePointer, of database: OpaquePointer) {
    unsafe self.handle = handle
    unsafe self.database = database
  }

  deinit { unsafe _ = sqlite3_finalize(handle) }

  /// Binds values from the first parameter on.
  func bind(_ values: [SQLValue]) throws(SQLiteFailure) {
    for (offset, value) in values.enumerated() { try bind(value, at: offset + 1) }
  }

  /// Binds one value; places count from 1.
  ///
  /// Wraps `sqlite3_bind_*`.
  func bind(_ value: SQLValue, at place: Int) throws(SQLiteFailure) {
    let place = Int32(truncatingIfNeeded: place)
    let code =
      switch value {
      case .null: unsafe sqlite3_bind_null(handle, place)
      case .integer(let number): unsafe sqlite3_bind_int64(handle, place, number)
      case .real(let number): unsafe sqlite3_bind_double(handle, place, number)
      case .text(let text): bind(text, at: place)
      case .blob(let bytes): bind(bytes, at: place)
      }
    guard code == SQLITE_OK else { throw unsafe SQLiteFailure(code, of: database) }
  }

  /// Names of the parameters in their order, without their sign; nil for one without a name.
  ///
  /// Wraps `sqlite3_bind_parameter_name`.
  var parameterNames: [String?] {
    let count = unsafe sqlite3_bind_parameter_count(handle)
    return (0..<count).map { place in
      unsafe sqlite3_bind_parameter_name(handle, place + 1).map { name in
        unsafe String(String(cString: name).dropFirst())
      }
    }
  }

  /// Wraps `sqlite3_column_name`.
  var columnNames: [String] {
    (0..<columnCount).map { column in
      unsafe sqlite3_column_name(handle, column).map { unsafe String(cString: $0) } ?? ""
    }
  }

  /// True if running it changes nothing in the database.
  ///
  /// Wraps `sqlite3_stmt_readonly`.
  var isReadOnly: Bool { unsafe sqlite3_stmt_readonly(handle) != 0 }

  /// By length: a NUL in recorded text ends nothing.
  private func bind(_ text: String, at place: Int32) -> Int32 {
    var text = text
    return text.withUTF8 { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) { bytes in
        // Without an address the text would be NULL; an empty text has one all the same.
        var none: CChar = 0
        guard let start = bytes.baseAddress else {
          return unsafe sqlite3_bind_text64(
            handle, place, &none, 0, blackbox_sqlite_transient(), UInt8(SQLITE_UTF8))
        }
        return unsafe sqlite3_bind_text64(
          handle, place, start, UInt64(bytes.count), blackbox_sqlite_transient(),
          UInt8(SQLITE_UTF8))
      }
    }
  }

  private func bind(_ bytes: [UInt8], at place: Int32) -> Int32 {
    guard !bytes.isEmpty else { return unsafe sqlite3_bind_zeroblob(handle, place, 0) }
    return unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe sqlite3_bind_blob64(
        handle, place, buffer.baseAddress, UInt64(buffer.count), blackbox_sqlite_transient())
    }
  }

  /// Binds a number or NULL to one parameter, counted from 1.
  func set(_ place: Int32, _ number: Int64?) throws(SQLiteFailure) {
    let code =
      if let number {
        unsafe sqlite3_bind_int64(handle, place, number)
      } else {
        unsafe sqlite3_bind_null(handle, place)
      }
    guard code == SQLITE_OK else { throw unsafe SQLiteFailure(code, of: database) }
  }

  /// Binds a part of `bytes` as text, or NULL where it is absent.
  func set(_ place: Int32, _ bytes: borrowing [UInt8], _ piece: Piece) throws(SQLiteFailure) {
    try unsafe bytes.withUnsafeBufferPointer { buffer throws(SQLiteFailure) in
      try unsafe set(place, buffer, piece, blackbox_sqlite_transient())
    }
  }

  /// Binds a part of `bytes` as text without copying it, or NULL where it is absent: the bytes must stay where they
  /// are until the statement was run and `forget()` called.
  @unsafe
  func set(_ place: Int32, lent bytes: UnsafeBufferPointer<UInt8>, _ piece: Piece)
    throws(SQLiteFailure)
  {
    try unsafe set(place, bytes, piece, nil)
  }

  @unsafe
  private func set(
    _ place: Int32, _ bytes: UnsafeBufferPointer<UInt8>, _ piece: Piece,
    _ release: sqlite3_destructor_type?
  ) throws(SQLiteFailure) {
    let code: Int32
    if piece.isNone {
      code = unsafe sqlite3_bind_null(handle, place)
    } else if piece.count == 0 {
      code = bind("", at: place)
    } else {
      code = unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[piece.range])
        .withMemoryRebound(to: CChar.self) { text in
          unsafe sqlite3_bind_text64(
            handle, place, text.baseAddress, UInt64(text.count), release, UInt8(SQLITE_UTF8))
        }
    }
    guard code == SQLITE_OK else { throw unsafe SQLiteFailure(code, of: database) }
  }

  /// Lets go of all that is bound.
  ///
  /// Wraps `sqlite3_clear_bindings`.
  func forget() { unsafe _ = sqlite3_clear_bindings(handle) }

  /// Binds a named parameter, where the statement has it.
  func set(named name: String, _ value: SQLValue) throws(SQLiteFailure) {
    let place = unsafe sqlite3_bind_parameter_index(handle, name)
    guard place > 0 else { return }
    switch value {
    case .integer(let number): try set(place, number)
    case .text(let text): try set(place, text: text)
    default: try set(place, nil as Int64?)
    }
  }

  func set(_ place: Int32, text: String?) throws(SQLiteFailure) {
    guard let text else { return try set(place, nil as Int64?) }
    let code = bind(text, at: place)
    guard code == SQLITE_OK else { throw unsafe SQLiteFailure(code, of: database) }
  }

  /// Runs to the end with what is bound.
  func run() throws(SQLiteFailure) { while try step() {} }

  /// Binds anew, runs to the end, and is ready for the next values.
  func run(_ values: [SQLValue]) throws(SQLiteFailure) {
    try bind(values)
    while try step() {}
  }

  /// Goes to the next row; false at the end, where the statement is ready to run again.
  ///
  /// Wraps `sqlite3_step`.
  func step() throws(SQLiteFailure) -> Bool {
    let code = unsafe sqlite3_step(handle)
    if code == SQLITE_ROW { return true }
    let failure = code == SQLITE_DONE ? nil : unsafe SQLiteFailure(code, of: database)
    unsafe _ = sqlite3_reset(handle)
    if let failure { throw failure }
    return false
  }

  /// Leaves the rows that are still to come.
  ///
  /// Wraps `sqlite3_reset`.
  func reset() { unsafe _ = sqlite3_reset(handle) }

  /// Rows changed by the last statement of this connection.
  ///
  /// Wraps `sqlite3_changes64`.
  var changes: Int64 { unsafe sqlite3_changes64(database) }

  // MARK: columns of the current row

  var columnCount: Int32 { unsafe sqlite3_column_count(handle) }

  func value(_ column: Int32) -> SQLValue {
    switch unsafe sqlite3_column_type(handle, column) {
    case SQLITE_INTEGER: .integer(unsafe sqlite3_column_int64(handle, column))
    case SQLITE_FLOAT: .real(unsafe sqlite3_column_double(handle, column))
    case SQLITE_TEXT: .text(String(decoding: bytes(column), as: UTF8.self))
    case SQLITE_BLOB: .blob(bytes(column))
    default: .null
    }
  }

  /// 0 where the column holds no number.
  func integer(_ column: Int32) -> Int64 { optionalInteger(column) ?? 0 }

  func optionalInteger(_ column: Int32) -> Int64? {
    if case .integer(let number) = value(column) { number } else { nil }
  }

  /// Empty where the column holds no text.
  func text(_ column: Int32) -> String { optionalText(column) ?? "" }

  func optionalText(_ column: Int32) -> String? {
    if case .text(let text) = value(column) { text } else { nil }
  }

  func blob(_ column: Int32) -> [UInt8]? {
    if case .blob(let bytes) = value(column) { bytes } else { nil }
  }

  /// True if the column's bytes are those of `piece`.
  func equals(_ column: Int32, _ bytes: borrowing [UInt8], _ piece: Piece) -> Bool {
    self.bytes(column).elementsEqual(bytes[piece.range])
  }

  private func bytes(_ column: Int32) -> [UInt8] {
    // The pointer is asked for before the length, as SQLite wants it.
    guard let start = unsafe sqlite3_column_blob(handle, column) else { return [] }
    let count = Int(unsafe sqlite3_column_bytes(handle, column))
    return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
  }
}

/// Statements by their text, compiled once.
///
/// Made by a database and never to outlive it.
@safe
final class StatementCache {
  private let handle: OpaquePointer
  private var statements: [String: Kept] = [:]

  private final class Kept {
    let statement: Statement
    init(_ statement: consuming Statement) { self.statement = statement }
  }

  fileprivate init(_ handle: OpaquePointer) { unsafe self.handle = handle }

  /// Runs a statement that gives no rows, or whose rows nobody wants.
  func run(_ sql: SQL) throws(SQLiteFailure) {
    if let known = statements[sql.text] { return try known.statement.run(sql.values) }
    var compiled: OpaquePointer?
    var text = sql.text
    let code = text.withUTF8 { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) { bytes in
        unsafe sqlite3_prepare_v3(
          handle, bytes.baseAddress, Int32(clamping: bytes.count),
          UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
      }
    }
    guard code == SQLITE_OK, let compiled = unsafe compiled else {
      throw unsafe SQLiteFailure(code, of: handle)
    }
    let kept = unsafe Kept(Statement(compiled, of: handle))
    statements[sql.text] = kept
    try kept.statement.run(sql.values)
  }
}

extension Database {
  /// Statements of this connection that are kept compiled.
  func cache() -> StatementCache { unsafe StatementCache(handle) }
}

extension SQLiteFailure {
  fileprivate init(_ code: Int32, of database: OpaquePointer) {
    self.code = code
    let place = unsafe sqlite3_error_offset(database)
    offset = place >= 0 ? Int(place) : nil
    message =
      unsafe sqlite3_errmsg(database).map { unsafe String(cString: $0) } ?? "error \(code)"
  }
}

/// Lets SQLite stop counting the memory it takes in this process, which costs a lock for each piece of it.
///
/// Only before anything else of SQLite is used, and where `limitSQLiteMemory` is not: it has no effect afterwards.
/// Wraps `sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0)`.
package func leaveSQLiteMemoryUncounted() { _ = blackbox_sqlite_uncounted() }

/// The library's own version.
///
/// Wraps `sqlite3_libversion`.
package var sqliteVersion: String { unsafe String(cString: sqlite3_libversion()) }

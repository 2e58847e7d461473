private import CSQLite

/// `strftime` with a bounded format: SQLite's own takes as long as its format is, and no deadline ends one call of it.
///
/// What it formats it asks of SQLite, on a connection of its own that has nothing to read.
@safe
final class TimeFormatter {
  private var handle: OpaquePointer?
  /// By the number of their arguments.
  private var statements: [Int32: OpaquePointer] = unsafe [:]

  /// Bytes of a format, and of each word that changes the time.
  private static let longest: Int32 = 1000
  private static let mostArguments: Int32 = 32

  private init() {
    unsafe _ = sqlite3_open_v2(
      ":memory:", &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX, nil)
  }

  deinit {
    while let entry = unsafe statements.popFirst() { unsafe _ = sqlite3_finalize(entry.value) }
    unsafe _ = sqlite3_close_v2(handle)
  }

  /// Puts it in the place of SQLite's function, until the connection is closed.
  @unsafe
  static func replace(on database: OpaquePointer) {
    let formatter = unsafe Unmanaged.passRetained(TimeFormatter()).toOpaque()
    unsafe _ = sqlite3_create_function_v2(
      database, "strftime", -1, SQLITE_UTF8, formatter,
      { context, count, arguments in
        guard let context = unsafe context, let arguments = unsafe arguments,
          let formatter = unsafe sqlite3_user_data(context)
        else { return }
        unsafe Unmanaged<TimeFormatter>.fromOpaque(formatter).takeUnretainedValue()
          .answer(context, count, arguments)
      }, nil, nil,
      { formatter in
        if let formatter = unsafe formatter {
          unsafe Unmanaged<TimeFormatter>.fromOpaque(formatter).release()
        }
      })
  }

  @unsafe
  private func answer(
    _ context: OpaquePointer, _ count: Int32, _ arguments: UnsafeMutablePointer<OpaquePointer?>
  ) {
    guard count > 0, count <= Self.mostArguments, let statement = unsafe statement(count) else {
      return unsafe sqlite3_result_error(context, "strftime takes a format and a time", -1)
    }
    for place in 0..<Int(count) where unsafe sqlite3_value_bytes(arguments[place]) > Self.longest {
      return unsafe sqlite3_result_error(
        context, "strftime takes formats of 1000 bytes at most here", -1)
    }
    for place in 0..<count {
      unsafe _ = sqlite3_bind_value(statement, place + 1, arguments[Int(place)])
    }
    if unsafe sqlite3_step(statement) == SQLITE_ROW {
      unsafe sqlite3_result_value(context, sqlite3_column_value(statement, 0))
    }
    unsafe _ = sqlite3_reset(statement)
    unsafe _ = sqlite3_clear_bindings(statement)
  }

  @unsafe
  private func statement(_ count: Int32) -> OpaquePointer? {
    if let known = unsafe statements[count] { return unsafe known }
    let places = String(repeating: ",?", count: Int(count)).dropFirst()
    var compiled: OpaquePointer?
    unsafe _ = sqlite3_prepare_v2(handle, "SELECT strftime(\(places))", -1, &compiled, nil)
    if let compiled = unsafe compiled { unsafe statements[count] = compiled }
    return unsafe compiled
  }
}

private import CSQLite
private import Glibc

/// Functions a stranger may call: they compute, and touch nothing else.
///
/// Not `printf`: a width of its own makes one call as long as it likes, which no deadline ends.
enum SQLFunctions {
  static let allowed: Set<String> = [
    // Scalars.
    "abs", "ceil", "ceiling", "char", "coalesce", "concat", "concat_ws", "floor", "glob",
    "hex", "if", "ifnull", "iif", "instr", "length", "like", "likelihood", "likely", "lower",
    "ltrim", "max", "min",
    "mod", "nullif", "octet_length", "pow", "power", "quote", "replace", "round", "rtrim",
    "sign", "sqrt", "substr", "substring", "trim", "trunc", "typeof", "unhex", "unicode",
    "unlikely", "upper", "ln", "log", "log10", "log2", "exp",
    // Times.
    "date", "time", "datetime", "julianday", "strftime", "unixepoch", "timediff",
    "current_date", "current_time", "current_timestamp",
    // Aggregates and windows.
    "avg", "count", "group_concat", "string_agg", "sum", "total", "row_number", "rank",
    "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead", "first_value", "last_value",
    "nth_value",
    // JSON.
    "json", "json_array", "json_array_length", "json_extract", "json_group_array",
    "json_group_object", "json_object", "json_quote", "json_type", "json_valid", "->", "->>",
    // The text index.
    "bm25", "highlight", "snippet", "match",
  ]

  /// Puts functions with bounded patterns in the place of SQLite's that a deadline cannot end.
  ///
  /// One call of `instr` or `replace` compares every place of a long text with the whole of a long pattern, and
  /// `trim` every character with every other; the progress handler runs only between calls.
  static func replaceUnbounded(on database: borrowing Database) {
    let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC
    unsafe _ = sqlite3_create_function_v2(
      database.handle, "instr", 2, flags, nil,
      { context, _, arguments in
        guard let context = unsafe context, let arguments = unsafe arguments else { return }
        unsafe SQLFunctions.instr(context, arguments[0], arguments[1])
      }, nil, nil, nil)
    unsafe _ = sqlite3_create_function_v2(
      database.handle, "replace", 3, flags, nil,
      { context, _, arguments in
        guard let context = unsafe context, let arguments = unsafe arguments else { return }
        unsafe SQLFunctions.replace(context, arguments[0], arguments[1], arguments[2])
      }, nil, nil, nil)
    for name in ["trim", "ltrim", "rtrim"] {
      unsafe _ = sqlite3_create_function_v2(
        database.handle, name, 2, flags, nil,
        { context, _, _ in
          unsafe sqlite3_result_error(context, "trim takes one argument here", -1)
        }, nil, nil, nil)
    }
    unsafe TimeFormatter.replace(on: database.handle)
  }

  private static func instr(
    _ context: OpaquePointer, _ text: OpaquePointer?, _ pattern: OpaquePointer?
  ) {
    let types = unsafe (sqlite3_value_type(text), sqlite3_value_type(pattern))
    guard types.0 != SQLITE_NULL, types.1 != SQLITE_NULL else { return }
    let isBinary = types.0 == SQLITE_BLOB && types.1 == SQLITE_BLOB
    let bytes = unsafe value(text, isBinary)
    let wanted = unsafe value(pattern, isBinary)
    if unsafe isTooLong(wanted, context) { return }
    guard wanted.count > 0 else { return unsafe sqlite3_result_int64(context, 1) }
    guard let found = unsafe find(wanted, bytes, from: 0) else {
      return unsafe sqlite3_result_int64(context, 0)
    }
    var before = found
    if !isBinary {
      before = unsafe bytes[..<found].reduce(0) { $0 + ($1 & 0xC0 != 0x80 ? 1 : 0) }
    }
    unsafe sqlite3_result_int64(context, Int64(before) + 1)
  }

  private static func replace(
    _ context: OpaquePointer, _ text: OpaquePointer?, _ pattern: OpaquePointer?,
    _ other: OpaquePointer?
  ) {
    let isAnyNull =
      unsafe sqlite3_value_type(text) == SQLITE_NULL
      || sqlite3_value_type(pattern) == SQLITE_NULL || sqlite3_value_type(other) == SQLITE_NULL
    guard !isAnyNull else { return }
    let bytes = unsafe value(text, false)
    let wanted = unsafe value(pattern, false)
    let given = unsafe value(other, false)
    if unsafe isTooLong(wanted, context) { return }
    guard wanted.count > 0 else { return unsafe sqlite3_result_value(context, text) }
    var result: [UInt8] = []
    var place = 0
    while let found = unsafe find(wanted, bytes, from: place) {
      unsafe result.append(contentsOf: bytes[place..<found])
      unsafe result.append(contentsOf: given)
      place = found + wanted.count
      guard result.count <= SQLGuard.longestValue else {
        return unsafe sqlite3_result_error_toobig(context)
      }
    }
    unsafe result.append(contentsOf: bytes[place...])
    guard result.count <= SQLGuard.longestValue else {
      return unsafe sqlite3_result_error_toobig(context)
    }
    let transient = unsafe blackbox_sqlite_transient()
    guard !result.isEmpty else { return unsafe sqlite3_result_text(context, "", 0, transient) }
    unsafe result.withUnsafeBytes { buffer in
      let start = unsafe buffer.bindMemory(to: CChar.self).baseAddress
      unsafe sqlite3_result_text(
        context, start, Int32(clamping: buffer.count), transient)
    }
  }

  private static func value(_ value: OpaquePointer?, _ isBinary: Bool) -> UnsafeRawBufferPointer {
    // The bytes before their count: asking for them converts a number.
    let start =
      unsafe isBinary
      ? sqlite3_value_blob(value) : sqlite3_value_text(value).map { unsafe UnsafeRawPointer($0) }
    return unsafe UnsafeRawBufferPointer(
      start: start, count: start == nil ? 0 : Int(sqlite3_value_bytes(value)))
  }

  /// Bytes of what is looked for; each place of a text may be compared with all of them.
  private static let longestPattern = 1000

  private static func isTooLong(
    _ pattern: UnsafeRawBufferPointer, _ context: OpaquePointer
  ) -> Bool {
    guard pattern.count > longestPattern else { return false }
    unsafe sqlite3_result_error(context, "more than 1000 bytes are looked for", -1)
    return true
  }

  /// Where `wanted` next stands.
  private static func find(
    _ wanted: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer, from place: Int
  ) -> Int? {
    guard let start = bytes.baseAddress, let pattern = wanted.baseAddress,
      let first = unsafe wanted.first
    else { return nil }
    var place = place
    while place + wanted.count <= bytes.count {
      let room = bytes.count - wanted.count - place + 1
      guard let next = unsafe memchr(start + place, Int32(first), room) else { return nil }
      if unsafe memcmp(next, pattern, wanted.count) == 0 {
        return unsafe UnsafeRawPointer(next) - start
      }
      place = unsafe UnsafeRawPointer(next) - start + 1
    }
    return nil
  }
}

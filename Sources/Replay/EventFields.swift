internal import SessionLog

/// What replay needs of an event's own fields.
enum EventFields {
  /// The window size of `terminal.resize`; nil where it has none.
  static func size(_ line: Span<UInt8>) -> (columns: Int, rows: Int)? {
    let json: JSONValue
    do { json = try JSONValue(parsing: line) } catch { return nil }
    guard let columns = json["cols"]?.integer, let rows = json["rows"]?.integer else { return nil }
    return (Int(clamping: columns), Int(clamping: rows))
  }
}

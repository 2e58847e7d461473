/// A value of SQLite's own kinds.
package enum SQLValue: Sendable, Equatable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])

  init(_ text: String?) { self = text.map { .text($0) } ?? .null }
  init(_ number: Int64?) { self = number.map { .integer($0) } ?? .null }
  init(_ number: UInt64) { self = .integer(Int64(clamping: number)) }
  init(_ bytes: [UInt8]?) { self = bytes.map { .blob($0) } ?? .null }
}

/// A statement and the values it binds.
///
/// Its text comes from literals alone: whatever is interpolated is bound.
///
///     "SELECT uid FROM session WHERE kind = \(kind) AND start_us >= \(since)"
struct SQL: ExpressibleByStringInterpolation, Sendable {
  private(set) var text = ""
  private(set) var values: [SQLValue] = []

  init() {}
  /// A text that nothing recorded may be part of.
  init(unchecked text: String) { self.text = text }
  init(stringLiteral value: StaticString) { text = value.description }
  init(stringInterpolation: StringInterpolation) { self = stringInterpolation.sql }

  mutating func append(_ other: SQL) {
    text += other.text
    values += other.values
  }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var sql = SQL()

    init(literalCapacity: Int, interpolationCount: Int) {}

    // A StaticString: no text of run time can become part of a statement.
    mutating func appendLiteral(_ literal: StaticString) { sql.text += literal.description }
    mutating func appendInterpolation(_ value: SQLValue) {
      sql.text += "?"
      sql.values.append(value)
    }
    mutating func appendInterpolation(_ value: String) { appendInterpolation(.text(value)) }
    mutating func appendInterpolation(_ value: Int64) { appendInterpolation(.integer(value)) }
    /// Puts another statement's text and values in this place.
    mutating func appendInterpolation(_ other: SQL) { sql.append(other) }
  }
}

extension [SQL] {
  /// Joins conditions; `TRUE` or `FALSE`, as it should be, where there are none.
  func joined(by word: Conjunction) -> SQL {
    guard let first else { return word == .and ? "TRUE" : "FALSE" }
    var result: SQL = "(\(first)"
    for next in dropFirst() {
      switch word {
      case .and: result.append(" AND \(next)")
      case .or: result.append(" OR \(next)")
      case .comma: result.append(", \(next)")
      }
    }
    result.append(")")
    return result
  }

  enum Conjunction { case and, or, comma }
}

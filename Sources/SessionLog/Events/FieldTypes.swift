internal import Platform

/// A moment that an event names: RFC 3339 in UTC, up to microseconds.
package struct EventTime: FieldValue, Hashable, Comparable {
  /// Since 1970, UTC.
  package var microseconds: Int64

  package init(microseconds: Int64) { self.microseconds = microseconds }

  package static var kind: FieldKind { .time }
  package static var blank: EventTime { EventTime(microseconds: 0) }
  package init?(field json: JSONValue) {
    guard let text = json.string, let time = WallTime.parse(text) else { return nil }
    microseconds = time
  }
  package func write(to bytes: inout [UInt8]) {
    JSONLine.string(WallTime.formatMicroseconds(microseconds), into: &bytes)
  }
  package static func < (a: EventTime, b: EventTime) -> Bool { a.microseconds < b.microseconds }
}

/// How an event names another one.
package enum EventReference: FieldValue, Hashable, CustomStringConvertible {
  /// A line of the same session.
  case line(UInt64)
  /// A line of another session: `ID@SEQ`.
  case elsewhere(SessionID, UInt64)

  package static var kind: FieldKind { .reference }
  package static var blank: EventReference { .line(0) }

  package init?(field json: JSONValue) {
    switch json {
    case .integer(let number) where number >= 0: self = .line(UInt64(number))
    case .string(let text): self.init(text)
    default: return nil
    }
  }

  /// Reads `ID@SEQ`.
  package init?(_ text: String) {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let session = SessionID(parts[0]), let first = parts[1].utf8.first,
      (0x30...0x39).contains(first), first != 0x30 || parts[1].utf8.count == 1,
      let line = UInt64(parts[1])
    else { return nil }
    self = .elsewhere(session, line)
  }

  package func write(to bytes: inout [UInt8]) {
    switch self {
    case .line(let number): bytes.append(contentsOf: String(min(number, UInt64(Int64.max))).utf8)
    case .elsewhere: JSONLine.string(description, into: &bytes)
    }
  }

  package var description: String {
    switch self {
    case .line(let number): String(number)
    case .elsewhere(let session, let number): "\(session)@\(number)"
    }
  }
}

/// A native code: a SQLSTATE is text, an exit status a number.
package enum NativeCode: FieldValue, Hashable, CustomStringConvertible {
  case number(Int64)
  case text(String)

  package static var kind: FieldKind { .stringOrInteger }
  package static var blank: NativeCode { .number(0) }

  package init?(field json: JSONValue) {
    if let text = json.string {
      self = .text(text)
    } else if let number = Int64(field: json) {
      self = .number(number)
    } else {
      return nil
    }
  }

  package func write(to bytes: inout [UInt8]) {
    switch self {
    case .number(let number): number.write(to: &bytes)
    case .text(let text): text.write(to: &bytes)
    }
  }

  package var description: String {
    switch self {
    case .number(let number): String(number)
    case .text(let text): text
    }
  }
}

/// A moment: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Every `Int64` is a moment and has a text; years outside 0000–9999 are signed. The calendar is
/// the proleptic Gregorian one, worked out here. Source: RFC 3339, ISO 8601-1:2019 §4.
package struct Timestamp: Hashable, Comparable, Sendable {
  package var microseconds: Int64

  package init(microseconds: Int64) { self.microseconds = microseconds }

  package enum Precision: Sendable { case seconds, milliseconds, microseconds }

  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.microseconds < right.microseconds
  }

  /// `2026-11-22T14:21:47.123Z`; what the precision does not show is cut, not rounded.
  package func text(_ precision: Precision = .milliseconds) -> String {
    dateText + "T" + timeText(precision) + "Z"
  }

  /// The day alone, `2026-11-22`.
  package var dateText: String {
    let date = CivilDate(day: day)
    return Self.year(date.year) + "-" + Self.digits(date.month, 2) + "-" + Self.digits(date.day, 2)
  }

  /// The time of day alone, `14:21:47.123`.
  package func timeText(_ precision: Precision = .milliseconds) -> String {
    let micros = microsecondOfDay
    let seconds = micros / 1_000_000
    let whole =
      Self.digits(seconds / 3600, 2) + ":" + Self.digits(seconds / 60 % 60, 2) + ":"
      + Self.digits(seconds % 60, 2)
    return switch precision {
    case .seconds: whole
    case .milliseconds: whole + "." + Self.digits(micros % 1_000_000 / 1000, 3)
    case .microseconds: whole + "." + Self.digits(micros % 1_000_000, 6)
    }
  }

  /// Days since 1970-01-01, rounded down.
  package var day: Int64 {
    let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: Self.perDay)
    return remainder < 0 ? quotient - 1 : quotient
  }

  /// Microseconds since midnight.
  package var microsecondOfDay: Int64 {
    let remainder = microseconds % Self.perDay
    return remainder < 0 ? remainder + Self.perDay : remainder
  }

  /// The midnight this day began with; the earliest moment there is on the very first day.
  package var startOfDay: Timestamp {
    let (midnight, isTooEarly) = day.multipliedReportingOverflow(by: Self.perDay)
    return Timestamp(microseconds: isTooEarly ? .min : midnight)
  }

  /// This moment and so many microseconds, held at the ends of the range.
  package func advanced(by microseconds: Int64) -> Timestamp {
    let (sum, isOutside) = self.microseconds.addingReportingOverflow(microseconds)
    guard isOutside else { return Timestamp(microseconds: sum) }
    return Timestamp(microseconds: microseconds < 0 ? .min : .max)
  }

  /// A civil moment, or nil where it is outside the range.
  init?(_ date: CivilDate, microsecondOfDay: Int64) {
    let (midnight, isTooFar) = date.daysSince1970.multipliedReportingOverflow(by: Self.perDay)
    let (sum, isTooLate) = midnight.addingReportingOverflow(microsecondOfDay)
    guard !isTooFar, !isTooLate else { return nil }
    self.init(microseconds: sum)
  }

  static let perDay: Int64 = 86_400_000_000

  private static func year(_ year: Int64) -> String {
    if (0...9999).contains(year) { return digits(year, 4) }
    return (year < 0 ? "-" : "+") + digits(Int64(year.magnitude), 6)
  }

  private static func digits(_ value: Int64, _ count: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
  }
}

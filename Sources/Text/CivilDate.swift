/// A day of the proleptic Gregorian calendar.
struct CivilDate: Equatable, Sendable {
  var year: Int64
  /// From 1 to 12.
  var month: Int64
  /// From 1 to 31.
  var day: Int64

  /// The calendar repeats after 400 years.
  private static let daysPerEra: Int64 = 146_097
  /// From 0000-03-01, where an era begins, to 1970-01-01.
  private static let epoch: Int64 = 719_468

  /// A date as written, or nil where the month has no such day.
  init?(year: Int64, month: Int64, day: Int64) {
    guard (1...12).contains(month), day >= 1, day <= Self.length(ofMonth: month, in: year) else {
      return nil
    }
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// The date so many days after 1970-01-01; any day number a `Timestamp` can have.
  init(day number: Int64) {
    let shifted = number &+ Self.epoch
    let era = (shifted >= 0 ? shifted : shifted &- (Self.daysPerEra - 1)) / Self.daysPerEra
    let dayOfEra = shifted &- era &* Self.daysPerEra
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    // Years start in March here, so that the leap day comes last.
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra &+ era &* 400 &+ (month <= 2 ? 1 : 0)
  }

  /// Days since 1970-01-01; wraps for years no `Timestamp` reaches.
  var daysSince1970: Int64 {
    let shiftedYear = month <= 2 ? year &- 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear &- 399) / 400
    let yearOfEra = shiftedYear &- era &* 400
    let shiftedMonth = month > 2 ? month - 3 : month + 9
    let dayOfYear = (153 * shiftedMonth + 2) / 5 + day - 1
    let dayOfEra = yearOfEra &* 365 &+ yearOfEra / 4 &- yearOfEra / 100 &+ dayOfYear
    return era &* Self.daysPerEra &+ dayOfEra &- Self.epoch
  }

  private static func length(ofMonth month: Int64, in year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

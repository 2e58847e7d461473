/// Moments and spans as people type them, in UTC unless a zone is given, never by locale.
///
/// Understood: RFC 3339 with any offset, `2026-11-22`, `2026-11-22 10:00[:05.123]`, `10:00` (today),
/// `now`, `today`, `yesterday`, `tomorrow`, `-2h30min`, `+15min`, `2h ago`, `@1790000000[.5]`,
/// `recent` (ten minutes), `this-week` (since Monday), `week-ago`, `this-month`, `this-year`.
package struct TimeSyntax: Sendable {
  package let now: Timestamp
  /// Whose clocks dates and times without an offset are read from.
  private let zone: ZoneRules

  package init(now: Timestamp, zone: ZoneRules = .utc) { (self.now, self.zone) = (now, zone) }

  /// What clocks show now, written as if it were UTC.
  private var wall: Timestamp { now.advanced(by: zone.offset(at: now)) }

  /// Returns the moment a text names.
  package func moment(_ text: String) throws(TimeSyntaxFailure) -> Timestamp {
    let trimmed = Scanner.trimmed(text)
    guard !trimmed.isEmpty else { throw failure(text, "nothing was given") }
    guard trimmed.utf8.count <= 64 else { throw failure(text, "it is longer than any time") }
    if let named = named(trimmed) { return named }
    if trimmed.hasPrefix("@") { return try epoch(trimmed) }
    if trimmed.hasPrefix("-") || trimmed.hasPrefix("+") || trimmed.hasSuffix("ago") {
      return try relative(trimmed)
    }
    return try civil(trimmed)
  }

  /// Returns the microseconds a span such as `36h`, `2h30min`, `1.5s` or `90d` lasts.
  package static func span(_ text: String) throws(TimeSyntaxFailure) -> Int64 {
    var scanner = Scanner(Scanner.trimmed(text))
    guard !scanner.isAtEnd, text.utf8.count <= 64 else {
      throw spanFailure(text, "a span is a number and a unit")
    }
    var total: Int64 = 0
    while !scanner.isAtEnd {
      let (micros, problem) = scanner.spanPart()
      guard problem == nil else { throw spanFailure(text, problem ?? "") }
      let (sum, isTooLong) = total.addingReportingOverflow(micros)
      guard !isTooLong else { throw spanFailure(text, "it is longer than 292,000 years") }
      total = sum
      scanner.skipSpaces()
    }
    return total
  }

  // MARK: forms

  private func named(_ word: String) -> Timestamp? {
    let wall = wall
    let today = wall.startOfDay
    let date = CivilDate(day: wall.day)
    switch word.lowercased() {
    case "now": return now
    case "today": return zone.moment(local: today)
    case "yesterday": return zone.moment(local: today.advanced(by: -Timestamp.perDay))
    case "tomorrow": return zone.moment(local: today.advanced(by: Timestamp.perDay))
    case "recent": return now.advanced(by: -600_000_000)
    case "week-ago": return zone.moment(local: today.advanced(by: -7 * Timestamp.perDay))
    case "this-week":
      // 1970-01-01 was a Thursday, three days after a Monday.
      let weekday = ((wall.day &+ 3) % 7 + 7) % 7
      return zone.moment(local: today.advanced(by: -weekday * Timestamp.perDay))
    case "this-month":
      return zone.moment(local: start(year: date.year, month: date.month))
    case "this-year":
      return zone.moment(local: start(year: date.year, month: 1))
    default: return nil
    }
  }

  /// The first moment of a month, or of all time where that is later.
  private func start(year: Int64, month: Int64) -> Timestamp {
    CivilDate(year: year, month: month, day: 1).flatMap { Timestamp($0, microsecondOfDay: 0) }
      ?? Timestamp(microseconds: .min)
  }

  private func epoch(_ text: String) throws(TimeSyntaxFailure) -> Timestamp {
    var scanner = Scanner(text)
    _ = scanner.take("@")
    let isNegative = scanner.take("-")
    guard let seconds = scanner.integer(maxDigits: 18) else {
      throw failure(text, "after @ come seconds since 1970")
    }
    let fraction = scanner.fraction()
    guard scanner.isAtEnd, let fraction else {
      throw failure(text, "after @ come seconds since 1970, such as 1790000000 or 1790000000.5")
    }
    let (micros, isTooFar) = seconds.multipliedReportingOverflow(by: 1_000_000)
    let (sum, isTooFarToo) = micros.addingReportingOverflow(fraction)
    guard !isTooFar, !isTooFarToo else { throw failure(text, "it is beyond year 292,277") }
    return Timestamp(microseconds: isNegative ? -sum : sum)
  }

  private func relative(_ text: String) throws(TimeSyntaxFailure) -> Timestamp {
    var span = text
    var isPast = true
    if span.hasSuffix("ago") {
      span.removeLast(3)
    } else {
      isPast = span.removeFirst() == "-"
    }
    do {
      let micros = try Self.span(span)
      return now.advanced(by: isPast ? -micros : micros)
    } catch { throw failure(text, error.problem) }
  }

  private func civil(_ text: String) throws(TimeSyntaxFailure) -> Timestamp {
    var scanner = Scanner(text)
    var date = CivilDate(day: wall.day)
    var hasDate = false
    if !scanner.looksLikeTime {
      date = try self.date(&scanner, text)
      hasDate = true
      if scanner.isAtEnd { return zone.moment(local: try moment(date, 0, text)) }
      guard scanner.take("T") || scanner.take("t") || scanner.take(" ") else {
        throw failure(text, "after the date comes T or a blank and a time")
      }
      scanner.skipSpaces()
    }
    let micros = try timeOfDay(&scanner, text)
    let offset = try offset(&scanner, text, isAllowed: hasDate)
    guard scanner.isAtEnd else {
      throw failure(text, "“\(TerminalText.line(scanner.rest, limit: 20))” is left over at the end")
    }
    guard let offset else { return zone.moment(local: try moment(date, micros, text)) }
    return try moment(date, micros - offset, text)
  }

  private func moment(
    _ date: CivilDate, _ micros: Int64, _ text: String
  ) throws(TimeSyntaxFailure) -> Timestamp {
    guard let moment = Timestamp(date, microsecondOfDay: micros) else {
      throw failure(text, "it is outside the range of times")
    }
    return moment
  }

  private func date(
    _ scanner: inout Scanner, _ text: String
  ) throws(TimeSyntaxFailure) -> CivilDate {
    guard let year = scanner.integer(digits: 4), scanner.take("-"),
      let month = scanner.integer(digits: 2), scanner.take("-"),
      let day = scanner.integer(digits: 2)
    else { throw failure(text, "it is neither a date, a time, a span nor a known word") }
    guard let date = CivilDate(year: year, month: month, day: day) else {
      throw failure(
        text, (1...12).contains(month) ? "the month has no such day" : "there is no such month")
    }
    return date
  }

  private func timeOfDay(
    _ scanner: inout Scanner, _ text: String
  ) throws(TimeSyntaxFailure) -> Int64 {
    guard let hour = scanner.integer(digits: 2), scanner.take(":"),
      let minute = scanner.integer(digits: 2)
    else { throw failure(text, "a time is written hh:mm or hh:mm:ss") }
    var second: Int64 = 0
    var fraction: Int64 = 0
    if scanner.take(":") {
      guard let given = scanner.integer(digits: 2), let part = scanner.fraction() else {
        throw failure(text, "a time is written hh:mm:ss or hh:mm:ss.123")
      }
      (second, fraction) = (given, part)
    }
    let isLeapSecond = second == 60 && minute == 59
    guard hour < 24, minute < 60, second < 60 || isLeapSecond else {
      throw failure(text, "there is no such time of day")
    }
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction
  }

  /// Microseconds east of UTC, nil where the text does not say.
  private func offset(
    _ scanner: inout Scanner, _ text: String, isAllowed: Bool
  ) throws(TimeSyntaxFailure) -> Int64? {
    if scanner.isAtEnd { return nil }
    if scanner.take("Z") || scanner.take("z") { return 0 }
    let isWest = scanner.take("-")
    guard isAllowed, isWest || scanner.take("+") else {
      throw failure(text, "“\(TerminalText.line(scanner.rest, limit: 20))” is left over at the end")
    }
    guard let hours = scanner.integer(digits: 2), scanner.take(":"),
      let minutes = scanner.integer(digits: 2), hours < 24, minutes < 60
    else { throw failure(text, "an offset from UTC is written +hh:mm or -hh:mm") }
    let micros = (hours * 60 + minutes) * 60_000_000
    return isWest ? -micros : micros
  }

  private func failure(_ text: String, _ problem: String) -> TimeSyntaxFailure {
    TimeSyntaxFailure(
      given: text, problem: problem,
      examples: [now.advanced(by: -7_200_000_000).text(.seconds), "2h ago"])
  }

  private static func spanFailure(_ text: String, _ problem: String) -> TimeSyntaxFailure {
    TimeSyntaxFailure(given: text, problem: problem, examples: ["36h", "2h30min"])
  }
}

/// Why a text is no time, and what would be.
package struct TimeSyntaxFailure: Error, Equatable {
  /// As typed: not safe to print as it is.
  package let given: String
  /// A clause without a full stop, safe to print.
  package let problem: String
  package let examples: [String]
}

/// The rule for years that no table lists: `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// Source: POSIX.1-2017 §8.3 (TZ), with RFC 9636's hours from -167 to 167.
struct ZoneFooter: Sendable, Equatable {
  private let standard: Int64
  private let summer: Summer?

  private struct Summer: Sendable, Equatable {
    var offset: Int64
    var start: Rule
    var end: Rule
  }

  /// A day of a year and a second of it, by the clock that runs before the change.
  private struct Rule: Sendable, Equatable {
    enum Day: Sendable, Equatable {
      case monthWeek(month: Int64, week: Int64, weekday: Int64)
      /// 1 to 365, 29 February never counted.
      case julian(Int64)
      /// 0 to 365.
      case ordinal(Int64)
    }
    var day: Day
    var time: Int64

    /// Seconds since 1970 by that clock.
    func moment(in year: Int64) -> Int64 {
      let first = CivilDate(year: year, month: 1, day: 1)?.daysSince1970 ?? 0
      var number: Int64
      switch day {
      case .ordinal(let day): number = first + day
      case .julian(let day):
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        number = first + day - 1 + (isLeap && day > 59 ? 1 : 0)
      case .monthWeek(let month, let week, let weekday):
        let start = CivilDate(year: year, month: month, day: 1)?.daysSince1970 ?? first
        let firstWeekday = ((start + 4) % 7 + 7) % 7
        number = start + (weekday - firstWeekday + 7) % 7 + (week - 1) * 7
        if CivilDate(day: number).month != month { number -= 7 }
      }
      return number * 86_400 + time
    }
  }

  /// Reads the text; nil where it is not such a rule.
  init?(_ text: [UInt8]) {
    var reader = Reader(bytes: text)
    guard reader.name(), let west = reader.clock() else { return nil }
    standard = -west
    guard !reader.isAtEnd else {
      summer = nil
      return
    }
    guard reader.name() else { return nil }
    var offset = standard + 3600
    if let next = reader.peek, next != UInt8(ascii: ",") {
      guard let west = reader.clock() else { return nil }
      offset = -west
    }
    guard reader.take(","), let start = reader.rule(), reader.take(","),
      let end = reader.rule(), reader.isAtEnd
    else { return nil }
    summer = Summer(offset: offset, start: start, end: end)
  }

  /// Seconds east of UTC.
  func offset(at seconds: Int64) -> Int64 {
    guard let summer else { return standard }
    let (quotient, remainder) = seconds.quotientAndRemainder(dividingBy: 86_400)
    let year = CivilDate(day: remainder < 0 ? quotient - 1 : quotient).year
    // Years outside the calendar's four digits have no summer: nobody asks for them.
    guard (1...9998).contains(year) else { return standard }
    // A moment near New Year may belong to a neighbour's rules: the local year decides.
    let local = CivilDate(day: (seconds + standard) / 86_400).year
    let start = summer.start.moment(in: local) - standard
    let end = summer.end.moment(in: local) - summer.offset
    let isSummer =
      start < end ? seconds >= start && seconds < end : seconds >= start || seconds < end
    return isSummer ? summer.offset : standard
  }

  private struct Reader {
    let bytes: [UInt8]
    var place = 0

    var isAtEnd: Bool { place >= bytes.count }
    var peek: UInt8? { isAtEnd ? nil : bytes[place] }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
      guard let byte = peek, UInt32(byte) == scalar.value else { return false }
      place += 1
      return true
    }

    mutating func name() -> Bool {
      let start = place
      if take("<") {
        while let byte = peek, byte != UInt8(ascii: ">") { place += 1 }
        return take(">")
      }
      while let byte = peek, (65...90).contains(byte & 0xDF) { place += 1 }
      return place - start >= 3
    }

    mutating func number(upTo limit: Int64) -> Int64? {
      var value: Int64 = 0
      var digits = 0
      while let byte = peek, (48...57).contains(byte), digits < 4 {
        value = value * 10 + Int64(byte - 48)
        digits += 1
        place += 1
      }
      return digits > 0 && value <= limit ? value : nil
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func clock() -> Int64? {
      let isNegative = take("-")
      if !isNegative { _ = take("+") }
      guard var seconds = number(upTo: 167).map({ $0 * 3600 }) else { return nil }
      if take(":") {
        guard let minutes = number(upTo: 59) else { return nil }
        seconds += minutes * 60
        if take(":") {
          guard let rest = number(upTo: 59) else { return nil }
          seconds += rest
        }
      }
      return isNegative ? -seconds : seconds
    }

    mutating func rule() -> Rule? {
      let day: Rule.Day
      if take("M") {
        guard let month = number(upTo: 12), month > 0, take("."), let week = number(upTo: 5),
          week > 0, take("."), let weekday = number(upTo: 6)
        else { return nil }
        day = .monthWeek(month: month, week: week, weekday: weekday)
      } else if take("J") {
        guard let number = number(upTo: 365), number > 0 else { return nil }
        day = .julian(number)
      } else {
        guard let number = number(upTo: 365) else { return nil }
        day = .ordinal(number)
      }
      guard take("/") else { return Rule(day: day, time: 7200) }
      return clock().map { Rule(day: day, time: $0) }
    }
  }
}

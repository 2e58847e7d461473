import Testing

@testable import Text

struct TimestampTests {
  @Test(
    arguments: [
      (Int64(0), "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (1_795_357_307_123_456, "2026-11-22T14:21:47.123Z"),
      (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
      (-62_135_596_800_000_000, "0001-01-01T00:00:00.000Z"),
      (253_402_300_799_999_999, "9999-12-31T23:59:59.999Z"),
      (253_402_300_800_000_000, "+010000-01-01T00:00:00.000Z"),
      (-62_167_219_200_000_001, "-000001-12-31T23:59:59.999Z"),
      (.max, "+294247-01-10T04:00:54.775Z"), (.min, "-290308-12-21T19:59:05.224Z"),
    ] as [(Int64, String)])
  func `a moment has its text`(microseconds: Int64, text: String) {
    #expect(Timestamp(microseconds: microseconds).text() == text)
  }

  @Test func `precision cuts and never rounds`() {
    let moment = Timestamp(microseconds: 1_795_357_307_999_999)
    #expect(moment.text(.seconds) == "2026-11-22T14:21:47Z")
    #expect(moment.text(.microseconds) == "2026-11-22T14:21:47.999999Z")
    #expect(moment.dateText == "2026-11-22")
    #expect(moment.timeText(.seconds) == "14:21:47")
  }

  @Test func `every day of four centuries goes there and back`() throws {
    var expected = (year: Int64(1900), month: Int64(1), day: Int64(1))
    var wrong: [Int64] = []
    let lengths: [Int64] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    for day in Int64(-25_567)..<(-25_567 + 146_097) {
      let date = CivilDate(day: day)
      let isRight = (date.year, date.month, date.day) == expected && date.daysSince1970 == day
      if !isRight { wrong.append(day) }
      let isLeap =
        expected.year % 400 == 0 || (expected.year % 4 == 0 && expected.year % 100 != 0)
      let length = lengths[Int(expected.month) - 1] + (expected.month == 2 && isLeap ? 1 : 0)
      expected.day += 1
      if expected.day > length { (expected.day, expected.month) = (1, expected.month + 1) }
      if expected.month > 12 { (expected.month, expected.year) = (1, expected.year + 1) }
    }
    #expect(wrong.isEmpty)
  }

  @Test(arguments: UInt64(1)...50)
  func `any moment is read back from its text`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let moment = Timestamp(
      microseconds: .random(
        in: -62_167_219_200_000_000...253_402_300_799_999_999, using: &generator))
    let read = try TimeSyntax(now: moment).moment(moment.text(.microseconds))
    #expect(read == moment)
  }

  @Test func `arithmetic stops at the ends`() {
    let last = Timestamp(microseconds: .max)
    let first = Timestamp(microseconds: .min)
    #expect(last.advanced(by: 1) == last)
    #expect(first.advanced(by: -1) == first)
    #expect(first.startOfDay == first)
    #expect(last.startOfDay < last)
  }
}

struct TimeSyntaxTests {
  /// Sunday, 2026-11-22T14:21:47.123456Z.
  private static let now = Timestamp(microseconds: 1_795_357_307_123_456)

  @Test(arguments: [
    ("now", "2026-11-22T14:21:47.123456Z"), ("today", "2026-11-22T00:00:00.000000Z"),
    ("Yesterday", "2026-11-21T00:00:00.000000Z"), ("tomorrow", "2026-11-23T00:00:00.000000Z"),
    ("recent", "2026-11-22T14:11:47.123456Z"), ("this-week", "2026-11-16T00:00:00.000000Z"),
    ("week-ago", "2026-11-15T00:00:00.000000Z"), ("this-month", "2026-11-01T00:00:00.000000Z"),
    ("this-year", "2026-01-01T00:00:00.000000Z"),
    ("2026-11-22T10:00:05.123Z", "2026-11-22T10:00:05.123000Z"),
    ("2026-11-22T10:00:05+02:30", "2026-11-22T07:30:05.000000Z"),
    ("2026-11-22T00:30-01:00", "2026-11-22T01:30:00.000000Z"),
    ("2026-11-22 10:00", "2026-11-22T10:00:00.000000Z"),
    ("2026-11-22 10:00:05.1234567", "2026-11-22T10:00:05.123456Z"),
    ("2026-11-22t10:00z", "2026-11-22T10:00:00.000000Z"),
    (" 2024-02-29 ", "2024-02-29T00:00:00.000000Z"), ("10:00", "2026-11-22T10:00:00.000000Z"),
    ("23:59:60", "2026-11-23T00:00:00.000000Z"), ("-2h30min", "2026-11-22T11:51:47.123456Z"),
    ("+15min", "2026-11-22T14:36:47.123456Z"), ("2h ago", "2026-11-22T12:21:47.123456Z"),
    ("90 minutes ago", "2026-11-22T12:51:47.123456Z"), ("1.5s ago", "2026-11-22T14:21:45.623456Z"),
    ("@1790000000", "2026-09-21T14:13:20.000000Z"),
    ("@1790000000.5", "2026-09-21T14:13:20.500000Z"),
    ("@-1.5", "1969-12-31T23:59:58.500000Z"),
  ])
  func `a moment can be said in many ways`(text: String, moment: String) throws {
    #expect(try TimeSyntax(now: Self.now).moment(text).text(.microseconds) == moment)
  }

  @Test(arguments: [
    ("", "nothing was given"), ("soon", "neither a date"), ("2026-13-01", "no such month"),
    ("2026-02-29", "no such day"), ("2026-11-22T25:00", "no such time of day"),
    ("10:60", "no such time of day"), ("2026-11-22x10:00", "after the date comes"),
    ("2026-11-22T10:00 CET", "“ CET” is left over"), ("10:00+01:00", "is left over"),
    ("2026-11-22T10:00+1", "an offset from UTC"), ("-2", "the unit is missing"),
    ("2 fortnights ago", "“fortnights” is no unit"), ("@", "seconds since 1970"),
    ("@99999999999999999", "beyond year"), ("@1.", "seconds since 1970"), ("10:5", "hh:mm"),
    ("-999999999999999w", "longer than 292,000 years"), ("10:00:5", "hh:mm:ss"),
    ("\u{1B}[31m", "neither a date"), ("2026-11-22T10:00\u{202E}", "“\\u{202E}” is left over"),
    ("-", "a number and a unit"), ("ago", "a number and a unit"), ("22/11/2026", "neither a date"),
    ("2026-11-22T23:58:60", "no such time"),
  ])
  func `what is no time says why and what would be`(text: String, problem: String) {
    let failure = #expect(throws: TimeSyntaxFailure.self) {
      try TimeSyntax(now: Self.now).moment(text)
    }
    #expect(failure?.problem.contains(problem) == true, "\(failure?.problem ?? "")")
    #expect(failure?.given == text)
    #expect(failure?.examples.count == 2)
    for example in failure?.examples ?? [] {
      #expect(throws: Never.self) { try TimeSyntax(now: Self.now).moment(example) }
    }
  }

  @Test(
    arguments: [
      ("36h", Int64(129_600_000_000)), ("2h30min", 9_000_000_000), ("1.5s", 1_500_000),
      ("90d", 7_776_000_000_000), ("1w 2d", 777_600_000_000), ("250ms", 250_000), ("7us", 7),
      ("0s", 0),
    ] as [(String, Int64)])
  func `a span has its length`(text: String, microseconds: Int64) throws {
    #expect(try TimeSyntax.span(text) == microseconds)
  }

  @Test(arguments: ["", "h", "5", "-5s", "5s6", "5 parsecs", "1e3s", "٣s"])
  func `what is no span is refused`(text: String) {
    #expect(throws: TimeSyntaxFailure.self) { try TimeSyntax.span(text) }
  }

  @Test(arguments: UInt64(1)...200)
  func `no text stops the program`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let alphabet = Array("0123456789-+:.@TZ agohmsdw\u{301}é,".unicodeScalars)
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...40, using: &generator) {
      text.append(alphabet.randomElement(using: &generator) ?? "0")
    }
    for now in [Self.now, Timestamp(microseconds: .min), Timestamp(microseconds: .max)] {
      do {
        let moment = try TimeSyntax(now: now).moment(String(text))
        #expect(!moment.text().isEmpty)
      } catch { #expect(!error.problem.isEmpty) }
    }
  }

  @Test(arguments: ["today", "this-week", "week-ago", "this-month", "this-year", "yesterday"])
  func `named moments hold at the ends of time`(word: String) throws {
    for now in [Int64.min, .max, 0, -1] {
      let moment = Timestamp(microseconds: now)
      #expect(try TimeSyntax(now: moment).moment(word) <= moment)
    }
  }
}

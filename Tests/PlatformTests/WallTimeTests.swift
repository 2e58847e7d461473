import Platform
import TestSupport
import Testing

@Suite struct `Wall time` {
  @Test(arguments: [
    (Int64(0), "1970-01-01T00:00:00.000Z"), (1_767_225_600_000_000, "2026-01-01T00:00:00.000Z"),
    (-1000, "1969-12-31T23:59:59.999Z"), (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
    (-2_203_891_200_000_000, "1900-03-01T00:00:00.000Z"),
    (-62_135_596_800_000_000, "0001-01-01T00:00:00.000Z"),
    (253_402_300_799_999_000, "9999-12-31T23:59:59.999Z"),
  ])
  func `known moments`(microseconds: Int64, text: String) {
    #expect(WallTime.format(microseconds) == text)
    #expect(WallTime.parse(text) == microseconds)
  }

  @Test func `every day from year 1 to 9999, against a calendar that counts`() {
    var days: Int64 = -719_162
    let lengths: [Int64] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    var mistakes = 0
    for year in Int64(1)...9999 {
      let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      for month in Int64(1)...12 {
        for day in 1...lengths[Int(month) - 1] + (leap && month == 2 ? 1 : 0) {
          let date = WallTime.civil(days)
          if date.year != year || date.month != month || date.day != day { mistakes += 1 }
          days += 1
        }
      }
    }
    #expect(mistakes == 0)
    #expect(days == 2_932_897)
  }

  @Test func `random moments survive, to the millisecond below`() throws {
    var random = SeededGenerator(seed: 8)
    for _ in 0..<20_000 {
      let moment = Int64.random(
        in: -62_135_596_800_000_000...253_402_300_799_999_999, using: &random)
      let back = try #require(WallTime.parse(WallTime.format(moment)))
      #expect(back <= moment && moment - back < 1000)
    }
  }

  @Test(arguments: [
    ("2026-01-01T00:00:00Z", Int64(0)), ("2026-01-01T00:00:00.1Z", 100_000),
    ("2026-01-01T00:00:00.000001Z", 1), ("2026-01-01T00:00:00.000001999Z", 1),
    ("2026-01-01T00:00:00.123456789Z", 123_456),
  ])
  func `up to nine decimals are read`(text: String, microseconds: Int64) {
    #expect(WallTime.parse(text) == 1_767_225_600_000_000 + microseconds)
  }

  @Test(arguments: [
    "", "Z", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z",
    "2026-01-01T00:00:00.1234567890Z", "2026-01-01 00:00:00Z", "2026-01-01t00:00:00z",
    "2026-01-01T00:00:00+00:00", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
    "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z",
    "2026-01-01T00:00:00,5Z", "2026-01-01T00:00:00.5", "-026-01-01T00:00:00Z",
    "+026-01-01T00:00:00Z", "2026-1-01T00:00:000Z", "٢٠٢٦-01-01T00:00:00Z",
    "2026-01-01T00:00:00.-1Z",
  ])
  func `anything else is refused`(text: String) { #expect(WallTime.parse(text) == nil) }

  @Test(arguments: [Int64.min, .min + 1, .max, .max - 1, -1, 1])
  func `no number traps`(microseconds: Int64) {
    #expect(WallTime.format(microseconds).hasSuffix("Z"))
  }

  @Test func `the clocks go forward and the boot has a name`() {
    let clock = SystemClock()
    let first = clock.monotonic()
    #expect(clock.monotonic() >= first)
    #expect(clock.wall() > 1_600_000_000_000_000)
    #expect(clock.bootID.count == 36)
  }
}

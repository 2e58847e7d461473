import Testing

@testable import Text

struct ZoneTests {
  /// A TZif file of version 2 with no changes and this rule: what zic makes of a fixed rule.
  private func zone(_ rule: String, offset: Int32 = 0) throws -> ZoneRules {
    func number(_ value: Int32) -> [UInt8] {
      let bits = UInt32(bitPattern: value)
      return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bits >> $0) }
    }
    let head = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
    let counts = number(0) + number(0) + number(0) + number(0) + number(1) + number(4)
    let block = number(offset) + [0, 0] + Array("UTC\0".utf8)
    let part = head + counts + block
    return try #require(ZoneRules(parsing: part + part + Array("\n\(rule)\n".utf8)))
  }

  @Test(arguments: [
    ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-01-15T12:00:00Z", "2026-01-15T13:00:00+01:00"),
    ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-07-15T12:00:00Z", "2026-07-15T14:00:00+02:00"),
    ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T00:59:59Z", "2026-03-29T01:59:59+01:00"),
    ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00+02:00"),
    ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T00:59:59Z", "2026-10-25T02:59:59+02:00"),
    ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00+01:00"),
    ("EST5EDT,M3.2.0,M11.1.0", "2026-11-01T05:59:59Z", "2026-11-01T01:59:59-04:00"),
    ("EST5EDT,M3.2.0,M11.1.0", "2026-11-01T06:00:00Z", "2026-11-01T01:00:00-05:00"),
    ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-01-01T00:00:00Z", "2026-01-01T11:00:00+11:00"),
    ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-07-01T00:00:00Z", "2026-07-01T10:00:00+10:00"),
    ("<+0545>-5:45", "2026-07-01T00:00:00Z", "2026-07-01T05:45:00+05:45"),
    ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00+00:00"),
    ("XXX3YYY,J60/0,J300/0", "2024-03-01T02:59:59Z", "2024-02-29T23:59:59-03:00"),
    ("XXX3YYY,J60/0,J300/0", "2024-03-01T03:00:00Z", "2024-03-01T01:00:00-02:00"),
  ])
  func `a rule gives the offset`(rule: String, utc: String, local: String) throws {
    let moment = try TimeSyntax(now: Timestamp(microseconds: 0)).moment(utc)
    #expect(moment.text(.seconds, in: try zone(rule)) == local)
  }

  @Test(arguments: [
    ("2026-07-15 12:00", "2026-07-15T10:00:00Z"), ("2026-01-15", "2026-01-14T23:00:00Z"),
    // Twice: the first time. Never: as if the clock had not been put forward.
    ("2026-10-25 02:30", "2026-10-25T00:30:00Z"), ("2026-03-29 02:30", "2026-03-29T01:30:00Z"),
    ("2026-07-15T12:00Z", "2026-07-15T12:00:00Z"),
    ("2026-07-15T12:00+05:00", "2026-07-15T07:00:00Z"),
    ("today", "2026-11-21T23:00:00Z"), ("this-month", "2026-10-31T23:00:00Z"),
    ("10:00", "2026-11-22T09:00:00Z"), ("-2h", "2026-11-22T12:21:47Z"),
    ("@60", "1970-01-01T00:01:00Z"),
  ])
  func `times without an offset are read by the zone's clocks`(text: String, utc: String) throws {
    let syntax = TimeSyntax(
      now: Timestamp(microseconds: 1_795_357_307_123_456),
      zone: try zone("CET-1CEST,M3.5.0,M10.5.0/3"))
    #expect(try syntax.moment(text).text(.seconds) == utc)
  }

  @Test func `every local time of a year goes there and back`() throws {
    let zone = try zone("CET-1CEST,M3.5.0,M10.5.0/3")
    let start = try TimeSyntax(now: Timestamp(microseconds: 0)).moment("2026-01-01")
    for step in 0..<(365 * 24) {
      let moment = start.advanced(by: Int64(step) * 3_600_000_000)
      let local = moment.advanced(by: zone.offset(at: moment))
      let back = zone.moment(local: local)
      // The hour that comes twice is read as its first time.
      #expect(back == moment || moment.advanced(by: -3_600_000_000) == back)
    }
  }

  @Test func `what is no zone file is none`() throws {
    let good = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 39)
    #expect(ZoneRules(parsing: []) == nil)
    #expect(ZoneRules(parsing: Array("TZif".utf8)) == nil)
    #expect(ZoneRules(parsing: good) == nil)
    var seed: UInt64 = 3
    for length in 0..<400 {
      var bytes = good
      for _ in 0..<length {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1
        bytes.append(UInt8(truncatingIfNeeded: seed >> 40))
      }
      for place in 20..<44 {
        bytes[place] = place % 4 == 3 ? UInt8(truncatingIfNeeded: seed >> UInt64(place % 8 * 8)) : 0
      }
      _ = ZoneRules(parsing: bytes)?.offset(at: Timestamp(microseconds: .max))
      _ = ZoneRules(parsing: bytes)?.offset(at: Timestamp(microseconds: .min))
    }
  }
}

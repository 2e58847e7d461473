/// The offsets from UTC of one place, as a TZif file tells them.
///
/// Source: RFC 9636. Held in bounds: a file that claims more than its bytes, or more than 4096
/// changes, is none.
package struct ZoneRules: Sendable, Equatable {
  /// Seconds since 1970 from which on the offset of the same place in `kinds` holds.
  private var changes: [Int64] = []
  private var kinds: [UInt8] = []
  /// Seconds east of UTC.
  private var offsets: [Int64]
  /// What holds behind the last change.
  private var footer: ZoneFooter?

  package static let utc = ZoneRules(offsets: [0])

  private init(offsets: [Int64]) { self.offsets = offsets }

  /// Reads a file of version 1 to 4; nil where it is not one.
  package init?(parsing bytes: [UInt8]) {
    guard let first = Header(bytes, at: 0) else { return nil }
    var header = first
    var wide = false
    if first.version >= UInt8(ascii: "2") {
      guard let second = Header(bytes, at: first.end(timeBytes: 4)) else { return nil }
      header = second
      wide = true
    }
    let timeBytes = wide ? 8 : 4
    guard header.times <= 4096, (1...256).contains(header.types),
      header.end(timeBytes: timeBytes) <= bytes.count
    else { return nil }
    offsets = []
    var place = header.start + 44
    for _ in 0..<header.times {
      changes.append(
        wide ? Self.number(bytes, place, 8) : Self.number(bytes, place, 4))
      place += timeBytes
    }
    for _ in 0..<header.times {
      guard Int(bytes[place]) < header.types else { return nil }
      kinds.append(bytes[place])
      place += 1
    }
    for _ in 0..<header.types {
      let offset = Self.number(bytes, place, 4)
      guard offset.magnitude <= 26 * 3600 else { return nil }
      offsets.append(offset)
      place += 6
    }
    for (one, next) in zip(changes, changes.dropFirst()) where one >= next { return nil }
    if wide {
      let rest = bytes[header.end(timeBytes: 8)...]
      if rest.first == 0x0A, let end = rest.dropFirst().firstIndex(of: 0x0A) {
        let text = rest[rest.startIndex + 1..<end]
        if !text.isEmpty, text.count <= 128 { footer = ZoneFooter(Array(text)) }
      }
    }
  }

  /// Microseconds east of UTC at a moment.
  package func offset(at moment: Timestamp) -> Int64 {
    let (quotient, remainder) = moment.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    let seconds = remainder < 0 ? quotient - 1 : quotient
    if let footer, seconds >= changes.last ?? .min {
      return footer.offset(at: seconds) * 1_000_000
    }
    var low = 0
    var high = changes.count
    while low < high {
      let middle = (low + high) / 2
      if changes[middle] <= seconds { low = middle + 1 } else { high = middle }
    }
    let kind = low > 0 ? Int(kinds[low - 1]) : 0
    return (offsets.indices.contains(kind) ? offsets[kind] : 0) * 1_000_000
  }

  /// The moment at which clocks here show `local`, a wall reading written as if it were UTC.
  ///
  /// Where clocks show it twice the first time is meant; where they jump over it, the reading of a
  /// clock that was not put forward.
  package func moment(local: Timestamp) -> Timestamp {
    let before = offset(at: local.advanced(by: -Timestamp.perDay))
    let after = offset(at: local.advanced(by: Timestamp.perDay))
    let first = local.advanced(by: -before)
    if offset(at: first) == before { return first }
    let second = local.advanced(by: -after)
    return offset(at: second) == after ? second : first
  }

  private static func number(_ bytes: [UInt8], _ place: Int, _ count: Int) -> Int64 {
    var value: UInt64 = 0
    for byte in bytes[place..<place + count] { value = value << 8 | UInt64(byte) }
    return count == 8
      ? Int64(bitPattern: value) : Int64(Int32(truncatingIfNeeded: value))
  }

  private struct Header {
    let start: Int
    let version: UInt8
    let isUT: Int
    let isStandard: Int
    let leaps: Int
    let times: Int
    let types: Int
    let characters: Int

    init?(_ bytes: [UInt8], at start: Int) {
      guard start >= 0, bytes.count >= 44, start <= bytes.count - 44,
        bytes[start..<start + 4].elementsEqual("TZif".utf8)
      else { return nil }
      var counts: [Int] = []
      for field in 0..<6 {
        let count = ZoneRules.number(bytes, start + 20 + 4 * field, 4)
        guard (0...100_000).contains(count) else { return nil }
        counts.append(Int(count))
      }
      self.start = start
      version = bytes[start + 4]
      (isUT, isStandard, leaps) = (counts[0], counts[1], counts[2])
      (times, types, characters) = (counts[3], counts[4], counts[5])
    }

    /// Where the block behind this header ends.
    func end(timeBytes: Int) -> Int {
      start + 44 + times * (timeBytes + 1) + types * 6 + characters + leaps * (timeBytes + 4)
        + isStandard + isUT
    }
  }
}

extension Timestamp {
  /// This moment as clocks in a zone show it, with its offset: `2026-11-22T16:21:47.123+02:00`.
  package func text(_ precision: Precision = .milliseconds, in zone: ZoneRules?) -> String {
    guard let zone, zone != .utc else { return text(precision) }
    let offset = zone.offset(at: self)
    let local = advanced(by: offset)
    let minutes = offset.magnitude / 60_000_000
    func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : String(number) }
    return local.dateText + "T" + local.timeText(precision) + (offset < 0 ? "-" : "+")
      + two(minutes / 60) + ":" + two(minutes % 60)
  }
}

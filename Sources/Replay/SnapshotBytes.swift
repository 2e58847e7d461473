internal import Terminal

/// Writes numbers and texts of a snapshot file.
///
/// Format: schema/replay-snapshots.md.
struct SnapshotFileWriter {
  private(set) var bytes: [UInt8] = []

  mutating func number(_ value: UInt64) { bytes.append(leb128: value) }

  mutating func number(_ value: Int) { number(UInt64(clamping: value)) }

  mutating func plain(_ part: [UInt8]) { bytes += part }

  mutating func block(_ part: [UInt8]) {
    number(part.count)
    bytes += part
  }

  mutating func text(_ text: String) { block(Array(text.utf8)) }

  mutating func words(_ words: [UInt64]) {
    bytes.reserveCapacity(bytes.count + words.count * 8)
    for word in words {
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
  }
}

/// Reads what `SnapshotFileWriter` wrote, and refuses everything else; the bytes may be anybody's.
struct SnapshotFileReader {
  struct Damage: Error {}

  private let bytes: [UInt8]
  private var at: Int
  private let end: Int

  init(_ bytes: [UInt8], from start: Int, to end: Int) {
    self.bytes = bytes
    at = start
    self.end = end
  }

  var isAtEnd: Bool { at == end }

  mutating func number() throws(Damage) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while at < end, shift < 64 {
      let byte = bytes[at]
      at += 1
      guard shift < 63 || byte < 2 else { throw Damage() }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw Damage()
  }

  /// A number within a range.
  mutating func number(_ range: ClosedRange<Int>) throws(Damage) -> Int {
    guard let value = Int(exactly: try number()), range.contains(value) else { throw Damage() }
    return value
  }

  /// How many things follow that take at least so many bytes each.
  mutating func count(_ least: Int) throws(Damage) -> Int {
    try number(0...(end - at) / max(1, least))
  }

  mutating func plain(_ count: Int) throws(Damage) -> [UInt8] {
    guard count >= 0, count <= end - at else { throw Damage() }
    defer { at += count }
    return Array(bytes[at..<at + count])
  }

  mutating func block() throws(Damage) -> [UInt8] { try plain(count(1)) }

  mutating func text() throws(Damage) -> String {
    let bytes = try block()
    return String(decoding: bytes, as: UTF8.self)
  }

  mutating func words(_ count: Int) throws(Damage) -> [UInt64] {
    guard count >= 0, count <= (end - at) / 8 else { throw Damage() }
    var words: [UInt64] = []
    words.reserveCapacity(count)
    for _ in 0..<count {
      var word: UInt64 = 0
      for index in 0..<8 { word |= UInt64(bytes[at + index]) << UInt64(8 * index) }
      at += 8
      words.append(word)
    }
    return words
  }
}

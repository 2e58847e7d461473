internal import Platform
internal import SessionLog

/// The lines of one batch, read again for stepping.
struct DecodedBatch: Sendable {
  private struct Place: Sendable {
    var start: Int
    var count: Int
  }

  var index: Int
  private(set) var content: [UInt8] = []
  private var places: [Place] = []

  init(index: Int) { self.index = index }

  /// Calls `body` with a line without its LF; empty where it is withheld.
  func withLine<R>(_ line: Int, _ body: (Span<UInt8>) -> R) -> R {
    let place = places.indices.contains(line) ? places[line] : Place(start: 0, count: 0)
    return body(content.span.extracting(place.start..<place.start + place.count))
  }

  /// Takes the lines of a batch as the reader gave them.
  mutating func take(_ batch: borrowing Batch) {
    for line in 0..<batch.lineCount {
      let start = content.count
      batch.withLine(line) { span in
        unsafe span.withUnsafeBufferPointer { unsafe content.append(contentsOf: $0) }
      }
      places.append(Place(start: start, count: content.count - start))
    }
  }

  /// Adds one line.
  mutating func append(_ line: Span<UInt8>) {
    let start = content.count
    unsafe line.withUnsafeBufferPointer { unsafe content.append(contentsOf: $0) }
    places.append(Place(start: start, count: line.count))
  }

  var lineCount: Int { places.count }

  /// The lines, each with its LF.
  func joined() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(content.count + places.count)
    for place in places {
      bytes += content[place.start..<place.start + place.count]
      bytes.append(0x0A)
    }
    return bytes
  }

  /// Reads what was packed in memory; false if it cannot be.
  mutating func unpack(_ packed: [UInt8]) -> Bool {
    do throws(ZstdFailure) { return try decode(packed.span) } catch { return false }
  }

  /// Reads the parts of a batch again; false if they are not what was verified.
  ///
  /// Format: schema/session-format.md §4. The reader has checked these bytes once; what has changed since then
  /// is found by `digest`, so nothing here has to be explained.
  mutating func read(
    _ stored: [UInt8], _ place: Timeline.BatchPlace, _ sha: borrowing SHA256
  ) -> Bool {
    do throws(ZstdFailure) {
      guard try decode(stored.span) else { return false }
    } catch {
      return false
    }
    return digest(sha) == place.digest
  }

  /// Hash over every line and the lengths of all.
  func digest(_ sha: borrowing SHA256) -> Digest {
    var counts: [UInt8] = []
    counts.reserveCapacity(places.count * 4)
    for place in places {
      for shift in stride(from: 0, to: 32, by: 8) {
        counts.append(UInt8(truncatingIfNeeded: place.count >> shift))
      }
    }
    sha.update(counts.span)
    sha.update(content.span)
    return sha.finish()
  }

  private mutating func decode(_ stored: Span<UInt8>) throws(ZstdFailure) -> Bool {
    let decompressor = try Decompressor(windowLog: Limits.windowLog)
    var position = 0
    var frame: [UInt8] = []
    while position < stored.count {
      guard stored.count - position >= 8 else { return false }
      switch Self.word(stored, position) {
      case 0xFD2F_B528:
        try decompressor.reset()
        frame.removeAll(keepingCapacity: true)
        guard
          try decompressor.decompress(
            stored, from: &position, into: &frame, limit: Limits.batchBytes)
        else { return false }
        split(frame)
      case 0x184D_2A5C:
        let size = Int(Self.word(stored, position + 4))
        guard size >= 24, stored.count - position - 8 >= size else { return false }
        // Only "bbox-w1" stands for lines; "bbox-s1" carries salts.
        if stored[position + 13] == 0x77 {
          let count = Int(Self.word(stored, position + 24))
          guard size == 24 + 32 * count else { return false }
          for _ in 0..<count { places.append(Place(start: content.count, count: 0)) }
        }
        position += 8 + size
      default: return false
      }
    }
    return true
  }

  private mutating func split(_ frame: [UInt8]) {
    var start = 0
    for index in frame.indices where frame[index] == 0x0A {
      places.append(Place(start: content.count, count: index - start))
      content.append(contentsOf: frame[start..<index])
      start = index + 1
    }
  }

  private static func word(_ bytes: Span<UInt8>, _ offset: Int) -> UInt32 {
    var value: UInt32 = 0
    for index in 0..<4 { value |= UInt32(bytes[offset + index]) << UInt32(8 * index) }
    return value
  }
}

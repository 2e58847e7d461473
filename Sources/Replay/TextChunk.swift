internal import Platform

/// Which pieces of three bytes the text of a stretch of events holds, as far as hashing tells them apart.
///
/// What it says is not there is not there; what it says is there may not be.
struct TextChunk: Sendable, Equatable {
  static let bits = 1 << 17
  static let bytes = bits / 8

  /// Where the text itself is kept; nil where it is not.
  struct Place: Sendable, Equatable {
    var offset: UInt64
    var stored: Int
  }

  var firstEvent: Int
  /// Behind the last event.
  var end: Int
  var words: [UInt64]
  /// SHA-256 of the chunk's text, as `TextRecords` has it.
  var digest = Digest.zero
  var place: Place?

  init(firstEvent: Int) {
    self.firstEvent = firstEvent
    end = firstEvent
    words = [UInt64](repeating: 0, count: Self.bits / 64)
  }

  @inline(__always)
  static func place(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Int {
    let key = UInt32(first) << 16 | UInt32(second) << 8 | UInt32(third)
    return Int((key &* 0x9E37_79B1) >> 15)
  }

  mutating func add(_ text: Span<UInt8>) {
    guard text.count >= 3 else { return }
    var target = words.mutableSpan
    var (first, second) = (Self.lower(text[0]), Self.lower(text[1]))
    for index in 2..<text.count {
      let third = Self.lower(text[index])
      let place = Self.place(first, second, third)
      target[place >> 6] |= 1 << UInt64(place & 63)
      (first, second) = (second, third)
    }
  }

  /// True if both say the same of the recording, wherever the text is kept.
  func says(_ other: Self) -> Bool {
    firstEvent == other.firstEvent && end == other.end && digest == other.digest
      && words == other.words
  }

  /// False if none of the pieces, in ASCII lower case, can be in the text.
  func mayHold(anyOf pieces: [[UInt8]]) -> Bool {
    guard !pieces.isEmpty else { return true }
    return pieces.contains { piece in
      guard piece.count >= 3 else { return true }
      for index in 2..<piece.count {
        let place = Self.place(piece[index - 2], piece[index - 1], piece[index])
        if words[place >> 6] & 1 << UInt64(place & 63) == 0 { return false }
      }
      return true
    }
  }

  @inline(__always)
  static func lower(_ byte: UInt8) -> UInt8 {
    byte &- 0x41 < 26 ? byte | 0x20 : byte
  }
}

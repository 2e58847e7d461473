internal import Platform

/// A session's name: a ULID, 26 characters of Crockford's base 32, whose first ten tell the time of its making.
package struct SessionID: Sendable, Hashable, Comparable, CustomStringConvertible {
  package let text: String

  private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

  /// Reads exactly 26 characters of the alphabet, the first at most 7 (48 bits of time); nil otherwise.
  package init?(_ text: some StringProtocol) {
    guard text.utf8.count == 26, text.utf8.allSatisfy({ Self.alphabet.contains($0) }),
      let first = text.utf8.first, first <= 0x37
    else { return nil }
    self.text = String(text)
  }

  /// Makes a new id for a moment, in milliseconds since 1970, with 80 random bits.
  package init(milliseconds: UInt64, random: [UInt8]) {
    var characters: [UInt8] = []
    for shift in stride(from: 45, through: 0, by: -5) {
      characters.append(Self.alphabet[Int(milliseconds >> UInt64(shift) & 31)])
    }
    var bits: UInt32 = 0
    var count = 0
    for index in 0..<10 {
      bits = bits << 8 | UInt32(index < random.count ? random[index] : 0)
      count += 8
      while count >= 5 {
        count -= 5
        characters.append(Self.alphabet[Int(bits >> UInt32(count) & 31)])
      }
      bits &= (1 << UInt32(count)) - 1
    }
    // The first character holds only 3 of the 48 bits of time.
    if characters[0] > 0x37 { characters[0] = 0x37 }
    text = String(decoding: characters, as: UTF8.self)
  }

  /// The moment in the id, in milliseconds since 1970.
  package var milliseconds: UInt64 {
    var value: UInt64 = 0
    for character in text.utf8.prefix(10) {
      value = value << 5 | UInt64(Self.alphabet.firstIndex(of: character) ?? 0)
    }
    return value
  }

  /// `2026/11/22`: the id's own UTC date, which is the folder of its file.
  package var datePath: String {
    let (year, month, day) = WallTime.civil(Int64(milliseconds / 86_400_000))
    func pad(_ value: Int64, _ width: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    return pad(year, 4) + "/" + pad(month, 2) + "/" + pad(day, 2)
  }

  package var description: String { text }
  package static func < (a: SessionID, b: SessionID) -> Bool { a.text < b.text }
}

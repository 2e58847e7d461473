/// Cuts a stream of bytes into payloads that end at whole characters.
///
/// A character split across two reads is held back, at most 3 bytes, until it is whole, the flush deadline passes,
/// or an event of another kind comes. Format: schema/session-format.md §3.
struct OutputChunks {
  private var held: [UInt8] = []

  /// True if part of a character waits for the rest.
  var isHolding: Bool { !held.isEmpty }

  /// Takes a read's bytes and returns what can be stored now; empty if all of it is held back.
  mutating func add(_ bytes: [UInt8]) -> [UInt8] {
    var chunk = bytes
    if !held.isEmpty {
      chunk = held + bytes
      held.removeAll()
    }
    let tail = Self.incompleteTail(chunk)
    if tail > 0 {
      held = Array(chunk.suffix(tail))
      chunk.removeLast(tail)
    }
    return chunk
  }

  /// Returns what was held back; it will be stored as it is.
  mutating func flush() -> [UInt8] {
    defer { held.removeAll() }
    return held
  }

  /// How many bytes at the end begin a character that is not whole: 0 to 3.
  static func incompleteTail(_ bytes: [UInt8]) -> Int {
    for back in 1...3 {
      guard bytes.count >= back else { return 0 }
      let byte = bytes[bytes.count - back]
      switch byte {
      case 0x80...0xBF: continue
      case 0xC2...0xDF: return back < 2 ? back : 0
      case 0xE0...0xEF: return back < 3 ? back : 0
      case 0xF0...0xF4: return back < 4 ? back : 0
      default: return 0
      }
    }
    return 0
  }
}

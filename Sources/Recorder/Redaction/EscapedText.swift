/// Text that may hold JSON's escapes, beside what it says once they are read.
///
/// Reading never fails: what is no escape of JSON stands for itself, and half of a surrogate pair for the three bytes that
/// it would have alone.
struct EscapedText {
  let bytes: [UInt8]

  /// One byte or escape.
  private struct Unit {
    /// Bytes that it takes, and bytes that it says.
    var length: Int
    var says: Int
    var scalar: UInt32
  }

  /// What the text says.
  func decoded() -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let unit = unit(at: index)
      if unit.length == 1 {
        result.append(bytes[index])
      } else {
        Self.append(unit, to: &result)
      }
      index += unit.length
    }
    return result
  }

  /// The text with what was replaced in its decoding: `output`, as `extents` tell it; all else stays byte for byte.
  ///
  /// An escape of which only a part was replaced goes as a whole.
  func splicing(_ output: [UInt8], _ extents: [Redactor.Extent]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    var made = 0
    // Decoded bytes of a unit that reached beyond its extent.
    var surplus = 0
    for extent in Self.merged(extents) {
      if extent.detector != nil { result += output[made..<made + extent.made] }
      made += extent.made
      var left = extent.taken - min(surplus, extent.taken)
      surplus -= extent.taken - left
      let isKept = extent.detector == nil && extent.made > 0
      while left > 0, index < bytes.count {
        let unit = unit(at: index)
        if isKept, unit.says <= left { result += bytes[index..<index + unit.length] }
        index += unit.length
        surplus = max(0, unit.says - left)
        left = max(0, left - unit.says)
      }
    }
    return result
  }

  /// Neighbours that are kept become one, so that no escape is cut between them.
  private static func merged(_ extents: [Redactor.Extent]) -> [Redactor.Extent] {
    var result: [Redactor.Extent] = []
    for extent in extents {
      if let last = result.last, last.detector == nil, extent.detector == nil,
        (last.made > 0) == (extent.made > 0)
      {
        result[result.count - 1].taken += extent.taken
        result[result.count - 1].made += extent.made
      } else {
        result.append(extent)
      }
    }
    return result
  }

  private func unit(at index: Int) -> Unit {
    let plain = Unit(length: 1, says: 1, scalar: 0)
    guard bytes[index] == 0x5C, index + 1 < bytes.count else { return plain }
    let scalar: UInt32
    switch bytes[index + 1] {
    case 0x22, 0x5C, 0x2F: scalar = UInt32(bytes[index + 1])
    case 0x62: scalar = 0x08
    case 0x66: scalar = 0x0C
    case 0x6E: scalar = 0x0A
    case 0x72: scalar = 0x0D
    case 0x74: scalar = 0x09
    case 0x75:
      guard let first = hexadecimal(at: index + 2) else { return plain }
      if (0xD800...0xDBFF).contains(first), index + 7 < bytes.count, bytes[index + 6] == 0x5C,
        bytes[index + 7] == 0x75, let second = hexadecimal(at: index + 8),
        (0xDC00...0xDFFF).contains(second)
      {
        let both = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
        return Unit(length: 12, says: 4, scalar: both)
      }
      return Unit(length: 6, says: first < 0x80 ? 1 : first < 0x800 ? 2 : 3, scalar: first)
    default: return plain
    }
    return Unit(length: 2, says: 1, scalar: scalar)
  }

  private func hexadecimal(at index: Int) -> UInt32? {
    guard index + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for byte in bytes[index..<index + 4] {
      switch byte {
      case 0x30...0x39: value = value << 4 | UInt32(byte - 0x30)
      case 0x41...0x46: value = value << 4 | UInt32(byte - 0x37)
      case 0x61...0x66: value = value << 4 | UInt32(byte - 0x57)
      default: return nil
      }
    }
    return value
  }

  /// UTF-8, also of half a pair.
  private static func append(_ unit: Unit, to result: inout [UInt8]) {
    let scalar = unit.scalar
    func following(_ shift: UInt32) -> UInt8 { 0x80 | UInt8(scalar >> shift & 0x3F) }
    switch unit.says {
    case 1: result.append(UInt8(scalar))
    case 2: result += [0xC0 | UInt8(scalar >> 6), following(0)]
    case 3: result += [0xE0 | UInt8(scalar >> 12), following(6), following(0)]
    default: result += [0xF0 | UInt8(scalar >> 18), following(12), following(6), following(0)]
    }
  }
}

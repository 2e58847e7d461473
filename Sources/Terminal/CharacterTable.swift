/// What one scalar does to the cells: how many it takes, and what it can join.
struct CharacterTraits: Sendable, Equatable {
  var bits: UInt8

  static let pictographic: UInt8 = 1 << 2
  static let emojiOnRequest: UInt8 = 1 << 3
  static let regionalIndicator: UInt8 = 1 << 4
  static let emojiModifier: UInt8 = 1 << 5
  static let lookalike: UInt8 = 1 << 6

  /// 0, 1 or 2 cells when it stands alone.
  var width: Int { Int(bits & 3) }
  var isPictographic: Bool { bits & Self.pictographic != 0 }
  var isEmojiOnRequest: Bool { bits & Self.emojiOnRequest != 0 }
  var isRegionalIndicator: Bool { bits & Self.regionalIndicator != 0 }
  var isEmojiModifier: Bool { bits & Self.emojiModifier != 0 }

  /// Passes for a Latin letter; see `Lookalikes`.
  var isLookalike: Bool { bits & Self.lookalike != 0 }

  /// May belong to the character before it.
  var mayJoin: Bool {
    width == 0 || bits & (Self.pictographic | Self.regionalIndicator | Self.emojiModifier) != 0
  }
}

/// The traits of every scalar, in blocks of 256, of which those of one value are stored once.
struct CharacterTable: Sendable {
  private let blockOf: [UInt16]
  private let blocks: [UInt8]

  static let shared = CharacterTable()

  private init() {
    var flat = [UInt8](repeating: 1, count: 0x110000)
    func mark(_ ranges: [ClosedRange<UInt32>], _ change: (inout UInt8) -> Void) {
      for range in ranges {
        for scalar in range { change(&flat[Int(scalar)]) }
      }
    }
    mark(CharacterRanges.zero) { $0 = 0 }
    mark(CharacterRanges.wide) { $0 = 2 }
    mark(CharacterRanges.pictographic) { $0 |= CharacterTraits.pictographic }
    mark(CharacterRanges.emojiOnRequest) { $0 |= CharacterTraits.emojiOnRequest }
    mark([0x1F1E6...0x1F1FF]) { $0 |= CharacterTraits.regionalIndicator }
    mark([0x1F3FB...0x1F3FF]) { $0 |= CharacterTraits.emojiModifier }

    for scalar in Lookalikes.scalars { flat[Int(scalar)] |= CharacterTraits.lookalike }

    var blockOf: [UInt16] = []
    var blocks: [UInt8] = []
    // Most blocks are of one value; comparing the others would cost more than it saves.
    var uniform: [UInt8: UInt16] = [:]
    for start in stride(from: 0, to: flat.count, by: 256) {
      let block = flat[start..<(start + 256)]
      let first = flat[start]
      let isUniform = block.allSatisfy { $0 == first }
      if isUniform, let number = uniform[first] {
        blockOf.append(number)
      } else {
        let number = UInt16(blocks.count / 256)
        if isUniform { uniform[first] = number }
        blocks += block
        blockOf.append(number)
      }
    }
    self.blockOf = blockOf
    self.blocks = blocks
  }

  @inline(__always)
  subscript(_ scalar: UInt32) -> CharacterTraits {
    guard scalar < 0x110000 else { return CharacterTraits(bits: 1) }
    let block = Int(blockOf[Int(scalar >> 8)])
    return CharacterTraits(bits: blocks[block << 8 | Int(scalar & 0xFF)])
  }
}

/// Finds one piece of text, looking at sixteen places at a time.
///
/// Where the piece's first and last byte stand as far apart as they must, the rest is compared.
package struct LiteralFinder: Sendable {
  private typealias Block = SIMD16<UInt8>

  private let piece: [UInt8]
  private let folds: Bool
  private let first: Block
  private let last: Block
  /// Makes both cases of a letter one before they are compared: a byte that becomes a small letter so was that letter.
  private let firstFold: Block
  private let lastFold: Block

  /// With `folds`, the piece is in ASCII lower case, and found in either case.
  package init(_ piece: [UInt8], folds: Bool) {
    (self.piece, self.folds) = (piece, folds)
    let (first, last) = (piece.first ?? 0, piece.last ?? 0)
    (self.first, self.last) = (Block(repeating: first), Block(repeating: last))
    func fold(_ byte: UInt8) -> Block {
      Block(repeating: folds && (0x61...0x7A).contains(byte) ? 0x20 : 0)
    }
    (firstFold, lastFold) = (fold(first), fold(last))
  }

  var count: Int { piece.count }

  @inline(__always)
  static func lower(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

  /// Where the piece stands first from `start` on; nil if nowhere, or if it is empty.
  package func find(in text: Span<UInt8>, from start: Int) -> Int? {
    let length = piece.count
    guard length > 0, start >= 0, start <= text.count - length else { return nil }
    return unsafe text.withUnsafeBytes { raw in
      // Behind the last place where the piece can begin.
      let end = raw.count - length + 1
      var place = start
      while place < end {
        if end - place < Block.scalarCount {
          // Fewer places are left than a block has: one that ends there looks at some a second time.
          guard end - start >= Block.scalarCount else {
            return (place..<end).first { unsafe isThere(raw, $0) }
          }
          place = end - Block.scalarCount
        }
        if let found = unsafe search(raw, place) { return found }
        place += Block.scalarCount
      }
      return nil
    }
  }

  /// The first of sixteen places where the piece stands.
  @inline(__always)
  private func search(_ raw: UnsafeRawBufferPointer, _ place: Int) -> Int? {
    let heads = unsafe raw.loadUnaligned(fromByteOffset: place, as: Block.self) | firstFold
    let tails =
      unsafe raw.loadUnaligned(fromByteOffset: place + piece.count - 1, as: Block.self) | lastFold
    let both = (heads .== first) .& (tails .== last)
    let halves = unsafe unsafeBitCast(both, to: SIMD2<UInt64>.self)
    guard halves[0] | halves[1] != 0 else { return nil }
    for half in 0..<2 {
      var marks = halves[half]
      while marks != 0 {
        let lane = marks.trailingZeroBitCount >> 3
        let candidate = place + half * 8 + lane
        if unsafe isThere(raw, candidate) { return candidate }
        marks &= ~(0xFF << UInt64(lane * 8))
      }
    }
    return nil
  }

  private func isThere(_ raw: UnsafeRawBufferPointer, _ place: Int) -> Bool {
    var index = 0
    while index < piece.count {
      let byte = unsafe raw[place + index]
      guard (folds ? Self.lower(byte) : byte) == piece[index] else { return false }
      index += 1
    }
    return true
  }
}

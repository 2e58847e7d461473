internal import Platform

/// Takes the gzip wrapping off a source, piece by piece.
///
/// Source: RFC 1951 and RFC 1952. What was unpacked before damage stays; the damage is told.
struct Gunzip: ~Copyable {
  /// Farthest that a match reaches back.
  private static let history = 32 << 10

  private var reader: ByteReader
  private var bits: UInt64 = 0
  private var bitCount = 0
  /// The last of what was unpacked: first what matches may reach, then what is not written yet.
  private var output: [UInt8] = []
  private var unwritten = 0
  private var written: UInt64 = 0
  private var crc = CRC32()
  private var memberBytes: UInt32 = 0
  private let limit: UInt64
  /// Why it does not go on; nil while it does.
  private var fault: String?

  /// What came of it.
  struct Outcome {
    var bytes: UInt64
    var fault: String?
    var digest: SourceDigest
    var isTooLarge: Bool
  }

  static func isWrapped(_ head: [UInt8]) -> Bool { head.starts(with: [0x1F, 0x8B]) }

  init(_ source: SourceFile, limit: UInt64) throws(ImportFailure) {
    let reader = try ByteReader(source)
    self.reader = reader
    self.limit = limit
    output.reserveCapacity(Self.history + 192 << 10)
  }

  /// Unpacks all members into `file`, from its start.
  mutating func unpack(into file: borrowing File) throws(ImportFailure) -> Outcome {
    members: while fault == nil {
      try readMember(into: file)
      guard fault == nil, let next = try reader.peek() else { break }
      if next != 0x1F {
        fault = "something follows the gzip data"
        break members
      }
    }
    try write(to: file)
    let isTooLarge = written > limit
    return Outcome(
      bytes: written, fault: fault, digest: try reader.finish(), isTooLarge: isTooLarge)
  }

  // MARK: Members

  private mutating func readMember(into file: borrowing File) throws(ImportFailure) {
    guard try readHeader() else { return fail("no gzip header") }
    crc = CRC32()
    memberBytes = 0
    var isLast = false
    while !isLast {
      guard let last = try take(1), let kind = try take(2) else { return }
      isLast = last == 1
      switch kind {
      case 0: try stored(file)
      case 1: try block(Huffman.fixedLiterals, Huffman.fixedDistances, file)
      case 2:
        guard let (literals, distances) = try tables() else { return }
        try block(literals, distances, file)
      default: fail("a block of no known kind")
      }
      if fault != nil { return }
    }
    takeCRC()
    bits >>= UInt64(bitCount & 7)
    bitCount -= bitCount & 7
    guard let sum = try take32(), let size = try take32() else { return }
    if sum != crc.value || size != memberBytes { fail("its checksum is not that of its content") }
  }

  private mutating func readHeader() throws(ImportFailure) -> Bool {
    let head = try reader.take(10)
    guard head.count == 10, head[0] == 0x1F, head[1] == 0x8B, head[2] == 8 else { return false }
    let flags = head[3]
    if flags & 4 != 0 {
      let size = try reader.take(2)
      guard size.count == 2 else { return false }
      _ = try reader.take(Int(size[0]) | Int(size[1]) << 8)
    }
    for flag in [8, 16] as [UInt8] where flags & flag != 0 {
      while let byte = try reader.peek() {
        reader.consume(1)
        if byte == 0 { break }
      }
    }
    if flags & 2 != 0 { _ = try reader.take(2) }
    bits = 0
    bitCount = 0
    return true
  }

  private mutating func fail(_ reason: String) { if fault == nil { fault = reason } }

  // MARK: Bits

  /// Makes `count` bits ready; false, and the fault set, at the end of the source.
  private mutating func need(_ count: Int) throws(ImportFailure) -> Bool {
    while bitCount < count {
      guard let byte = try reader.peek() else {
        fail("the gzip data is cut")
        return false
      }
      reader.consume(1)
      bits |= UInt64(byte) << UInt64(bitCount)
      bitCount += 8
    }
    return true
  }

  private mutating func take(_ count: Int) throws(ImportFailure) -> Int? {
    guard count > 0 else { return 0 }
    guard try need(count) else { return nil }
    let value = Int(bits & (1 << UInt64(count) - 1))
    bits >>= UInt64(count)
    bitCount -= count
    return value
  }

  private mutating func take32() throws(ImportFailure) -> UInt32? {
    guard let low = try take(16), let high = try take(16) else { return nil }
    return UInt32(low) | UInt32(high) << 16
  }

  private mutating func symbol(_ code: Huffman) throws(ImportFailure) -> Int? {
    // Near the end fewer bits may be left than the longest code has.
    while bitCount < code.longest, let byte = try reader.peek() {
      reader.consume(1)
      bits |= UInt64(byte) << UInt64(bitCount)
      bitCount += 8
    }
    let entry = code.table[Int(bits & (1 << UInt64(code.longest) - 1))]
    let length = Int(entry & 15)
    guard length > 0, length <= bitCount else {
      fail(length == 0 ? "a code that no table has" : "the gzip data is cut")
      return nil
    }
    bits >>= UInt64(length)
    bitCount -= length
    return Int(entry >> 4)
  }

  // MARK: Blocks

  private mutating func stored(_ file: borrowing File) throws(ImportFailure) {
    bits >>= UInt64(bitCount & 7)
    bitCount -= bitCount & 7
    guard let count = try take(16), let check = try take(16) else { return }
    guard count ^ check == 0xFFFF else { return fail("a stored block of no valid length") }
    for _ in 0..<count {
      guard let byte = try take(8) else { return }
      output.append(UInt8(truncatingIfNeeded: byte))
    }
    try spill(to: file)
  }

  private mutating func block(
    _ literals: Huffman, _ distances: Huffman, _ file: borrowing File
  ) throws(ImportFailure) {
    while fault == nil {
      guard let symbol = try symbol(literals) else { return }
      if symbol < 256 {
        output.append(UInt8(truncatingIfNeeded: symbol))
      } else if symbol == 256 {
        return
      } else {
        guard symbol < 286, let more = try take(Huffman.lengthBits[symbol - 257]),
          let place = try self.symbol(distances), place < 30,
          let far = try take(Huffman.distanceBits[place])
        else { return fail("a match of no known length") }
        let count = Huffman.lengths[symbol - 257] + more
        let distance = Huffman.distances[place] + far
        guard distance <= output.count else { return fail("a match from before the start") }
        var from = output.count - distance
        for _ in 0..<count {
          output.append(output[from])
          from += 1
        }
      }
      if output.count - unwritten >= 128 << 10 { try spill(to: file) }
    }
  }

  private mutating func tables() throws(ImportFailure) -> (Huffman, Huffman)? {
    guard let literals = try take(5), let distances = try take(5), let codes = try take(4) else {
      return nil
    }
    var lengths = [UInt8](repeating: 0, count: 19)
    for index in 0..<codes + 4 {
      guard let length = try take(3) else { return nil }
      lengths[Huffman.order[index]] = UInt8(length)
    }
    guard let code = Huffman(lengths[...]) else {
      fail("a code that cannot be")
      return nil
    }
    let wanted = literals + 257 + distances + 1
    var all: [UInt8] = []
    while all.count < wanted {
      guard let symbol = try symbol(code) else { return nil }
      var (value, count): (UInt8, Int) = (0, 1)
      switch symbol {
      case 0...15: value = UInt8(symbol)
      case 16:
        guard let last = all.last, let more = try take(2) else {
          fail("a repetition of nothing")
          return nil
        }
        (value, count) = (last, more + 3)
      case 17:
        guard let more = try take(3) else { return nil }
        count = more + 3
      default:
        guard let more = try take(7) else { return nil }
        count = more + 11
      }
      all += [UInt8](repeating: value, count: count)
    }
    guard all.count == wanted, let first = Huffman(all[..<(literals + 257)]),
      let second = Huffman(all[(literals + 257)...])
    else {
      fail("a code that cannot be")
      return nil
    }
    return (first, second)
  }

  // MARK: Output

  /// Adds what is new to the member's checksum.
  private mutating func takeCRC() {
    var sum = crc
    sum.add(output.span.extracting(unwritten..<output.count))
    crc = sum
    memberBytes &+= UInt32(truncatingIfNeeded: output.count - unwritten)
    written += UInt64(output.count - unwritten)
    pending += output.count - unwritten
    unwritten = output.count
  }

  /// Bytes at the end of `output` that are checked but not in the file.
  private var pending = 0

  private mutating func spill(to file: borrowing File) throws(ImportFailure) {
    guard output.count - unwritten + pending >= 64 << 10 else { return }
    try write(to: file)
  }

  private mutating func write(to file: borrowing File) throws(ImportFailure) {
    takeCRC()
    let start = output.count - pending
    let place = written - UInt64(pending)
    do { try file.write(output.span.extracting(start..<output.count), at: place) } catch {
      throw .source(error)
    }
    pending = 0
    if written > limit { fail("more than \(limit >> 20) MiB") }
    let kept = min(Self.history, output.count)
    output.removeFirst(output.count - kept)
    unwritten = kept
  }
}

/// A canonical prefix code as a table of all words of its longest length.
struct Huffman: Sendable {
  /// Symbol and length of the code each word begins with; 0 where none does.
  let table: [UInt16]
  let longest: Int

  static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
  static let lengthBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  static let distanceBits = (0..<30).map { max(0, $0 / 2 - 1) }
  static let lengths: [Int] = {
    var (lengths, base): ([Int], Int) = ([], 3)
    for bits in lengthBits.dropLast() {
      lengths.append(base)
      base += 1 << bits
    }
    return lengths + [258]
  }()
  static let distances: [Int] = {
    var (distances, base): ([Int], Int) = ([], 1)
    for bits in distanceBits {
      distances.append(base)
      base += 1 << bits
    }
    return distances
  }()
  static let fixedLiterals = Huffman(
    fixed: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
  static let fixedDistances = Huffman(fixed: [UInt8](repeating: 5, count: 30))

  private init(fixed lengths: [UInt8]) {
    (table, longest) = Self.table(lengths[...]) ?? ([0, 0], 1)
  }

  /// Nil where the lengths ask for more codes than there are.
  init?(_ lengths: ArraySlice<UInt8>) {
    guard let made = Self.table(lengths) else { return nil }
    (table, longest) = made
  }

  private static func table(_ lengths: ArraySlice<UInt8>) -> ([UInt16], Int)? {
    var counts = [Int](repeating: 0, count: 16)
    for length in lengths { counts[Int(length & 15)] += 1 }
    counts[0] = 0
    let longest = counts.lastIndex { $0 > 0 } ?? 1
    var next = [Int](repeating: 0, count: 17)
    for length in 1...15 {
      next[length + 1] = (next[length] + counts[length]) << 1
      guard next[length] + counts[length] <= 1 << length else { return nil }
    }
    var table = [UInt16](repeating: 0, count: 1 << longest)
    for (symbol, length) in lengths.enumerated() where length > 0 {
      let size = Int(length)
      var reversed = 0
      for bit in 0..<size where next[size] >> bit & 1 == 1 { reversed |= 1 << (size - 1 - bit) }
      next[size] += 1
      for word in stride(from: reversed, to: 1 << longest, by: 1 << size) {
        table[word] = UInt16(symbol) << 4 | UInt16(size)
      }
    }
    return (table, longest)
  }
}

/// The checksum of RFC 1952.
struct CRC32 {
  private static let table: [UInt32] = (0..<256).map { index in
    var value = UInt32(index)
    for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
    return value
  }
  private var state: UInt32 = 0xFFFF_FFFF

  var value: UInt32 { ~state }

  mutating func add(_ bytes: Span<UInt8>) {
    let table = Self.table
    for index in 0..<bytes.count {
      state = table[Int((state ^ UInt32(bytes[index])) & 0xFF)] ^ state >> 8
    }
  }
}

import Platform
import TestSupport
import Testing

/// Compresses `pieces` into one frame, flushed after each; also tells where each flush ended.
private func frame(_ pieces: [[UInt8]], level: Int32 = 3, windowLog: Int32 = 17) throws
  -> (bytes: [UInt8], flushes: [Int])
{
  let compressor = try Compressor(level: level, windowLog: windowLog)
  var output: [UInt8] = []
  var flushes: [Int] = []
  for piece in pieces {
    try compressor.compress(piece.span, ending: .flush, into: &output)
    flushes.append(output.count)
  }
  let nothing: [UInt8] = []
  try compressor.compress(nothing.span, ending: .frame, into: &output)
  return (output, flushes)
}

/// Decodes from the start: what came out, whether the frame ended, and how much was used.
private func decode(_ bytes: [UInt8], windowLog: Int32 = 23, limit: Int = 1 << 24) throws
  -> (output: [UInt8], ended: Bool, used: Int)
{
  let decompressor = try Decompressor(windowLog: windowLog)
  var output: [UInt8] = []
  var position = 0
  let ended = try decompressor.decompress(
    bytes.span, from: &position, into: &output, limit: limit)
  return (output, ended, position)
}

/// Text that compresses, bytes that do not, and runs.
private func samples() -> [[UInt8]] {
  var random = SeededGenerator(seed: 9)
  return [
    [], [0], Array("{\"t\":0,\"type\":\"x\"}\n".utf8), random.bytes(100), random.bytes(70_000),
    random.bytes(300_000), .init(repeating: 0x41, count: 1_000_000),
    Array(String(repeating: "select * from accounts where id = 7;\n", count: 20_000).utf8),
  ]
}

@Suite struct `Zstandard frames` {
  @Test(arguments: [Int32(1), 3, 9]) func `survive at once and in pieces`(level: Int32) throws {
    for sample in samples() {
      let compressor = try Compressor(level: level, windowLog: 20)
      var output: [UInt8] = [1, 2, 3]
      try compressor.compress(sample.span, ending: .frame, into: &output)
      let back = try decode(Array(output.dropFirst(3)))
      #expect(back.output == sample)
      #expect(back.ended)
      #expect(back.used == output.count - 3)
    }
    let all = samples()
    let joined = try frame(all, level: level)
    let back = try decode(joined.bytes)
    #expect(back.output == all.flatMap { $0 })
    #expect(back.ended)
  }

  @Test func `all that went in before a flush can be read from what came out`() throws {
    var random = SeededGenerator(seed: 10)
    let pieces = (0..<60).map { number in
      number % 3 == 0 ? random.bytes(number * 900) : Array("line \(number)\n".utf8)
    }
    let (bytes, flushes) = try frame(pieces)
    var wanted: [UInt8] = []
    for (piece, end) in zip(pieces, flushes) {
      wanted += piece
      let back = try decode(Array(bytes[..<end]))
      #expect(back.output == wanted)
      #expect(!back.ended)
      #expect(back.used == end)
    }
  }

  @Test func `no proper prefix of a frame says that it ended`() throws {
    let (bytes, _) = try frame([Array("one\n".utf8), Array("two\n".utf8), Array("three\n".utf8)])
    for cut in bytes.indices {
      let back = try decode(Array(bytes[..<cut]))
      #expect(!back.ended, "cut at \(cut)")
    }
    #expect(try decode(bytes).ended)
    // An empty last block closes a flushed frame (schema/session-format.md §4, Recovery).
    let open = try frame([Array("one\n".utf8)])
    let closed = try decode(Array(bytes[..<0]) + open.bytes[..<open.flushes[0]] + [1, 0, 0])
    #expect(closed.ended)
    #expect(closed.output == Array("one\n".utf8))
  }

  @Test(arguments: [1, 7, 1000, 131_072])
  func `input may come in pieces of any size`(size: Int) throws {
    // Each call makes room of 64 KiB first, so the smallest pieces get the smallest frame.
    let all = samples().flatMap { size < 1000 ? Array($0.prefix(100)) : $0 }
    let (bytes, _) = try frame([all])
    let decompressor = try Decompressor(windowLog: 23)
    var output: [UInt8] = []
    var ended = false
    for start in stride(from: 0, to: bytes.count, by: size) {
      #expect(!ended)
      let piece = Array(bytes[start..<min(bytes.count, start + size)])
      var position = 0
      ended = try decompressor.decompress(
        piece.span, from: &position, into: &output, limit: 1 << 24)
      #expect(position == piece.count)
    }
    #expect(ended)
    #expect(output == all)
  }

  @Test func `one decompressor reads frame after frame and stops at each end`() throws {
    let first = try frame([Array("one\n".utf8)]).bytes
    let skippable: [UInt8] = [0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 9, 9, 9]
    let second = try frame([Array("two\n".utf8)]).bytes
    let bytes = first + skippable + second
    let decompressor = try Decompressor(windowLog: 23)
    var output: [UInt8] = []
    var position = 0
    var ends: [Int] = []
    while position < bytes.count {
      let ended = try decompressor.decompress(
        bytes.span, from: &position, into: &output, limit: 100)
      #expect(ended)
      ends.append(position)
    }
    #expect(ends == [first.count, first.count + skippable.count, bytes.count])
    #expect(output == Array("one\ntwo\n".utf8))
  }

  @Test func `a frame that was given up does not disturb the next`() throws {
    let (bytes, _) = try frame([Array(repeating: 7, count: 5000)])
    let decompressor = try Decompressor(windowLog: 23)
    var output: [UInt8] = []
    var position = 0
    let half = Array(bytes[..<(bytes.count / 2)])
    let ended = try decompressor.decompress(half.span, from: &position, into: &output, limit: 9000)
    #expect(!ended)
    try decompressor.reset()
    output = []
    position = 0
    let again = try decompressor.decompress(
      bytes.span, from: &position, into: &output, limit: 9000)
    #expect(again)
    #expect(output.count == 5000)
  }

  @Test func `a compressor begins a new frame after each end`() throws {
    let compressor = try Compressor(level: 3, windowLog: 17)
    var output: [UInt8] = []
    let text = Array("same\n".utf8)
    try compressor.compress(text.span, ending: .frame, into: &output)
    let first = output.count
    try compressor.compress(text.span, ending: .frame, into: &output)
    #expect(output[..<first].elementsEqual(output[first...]))
  }

  @Test(arguments: [0, 1, 4999, 5000, 5001, 1_000_000])
  func `the output never grows beyond its limit`(limit: Int) throws {
    let (bytes, _) = try frame([Array(repeating: 7, count: 5000)])
    if limit >= 5000 {
      #expect(try decode(bytes, limit: limit).output.count == 5000)
    } else {
      #expect(throws: ZstdFailure.self) { try decode(bytes, limit: limit) }
    }
  }

  @Test func `a bomb is refused with little memory`() throws {
    let compressor = try Compressor(level: 1, windowLog: 20)
    var bomb: [UInt8] = []
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    for _ in 0..<256 { try compressor.compress(zeros.span, ending: .none, into: &bomb) }
    try compressor.compress([UInt8]().span, ending: .frame, into: &bomb)
    #expect(bomb.count < 100_000)
    let decompressor = try Decompressor(windowLog: 23)
    var output: [UInt8] = []
    var position = 0
    var refused = false
    do {
      _ = try decompressor.decompress(bomb.span, from: &position, into: &output, limit: 1 << 20)
    } catch { refused = true }
    #expect(refused)
    #expect(output.count <= 1 << 20 + 1)
  }

  @Test func `a window beyond the limit is refused`() throws {
    var random = SeededGenerator(seed: 11)
    let (bytes, _) = try frame([random.bytes(2_000_000)], windowLog: 24)
    #expect(throws: ZstdFailure.self) { try decode(bytes, windowLog: 23) }
    #expect(try decode(bytes, windowLog: 24).ended)
    let (fits, _) = try frame([random.bytes(2_000_000)], windowLog: 23)
    #expect(try decode(fits, windowLog: 23).ended)
  }

  @Test func `frames carry no checksum, no content size and no dictionary`() throws {
    for sample in samples() {
      let compressor = try Compressor(level: 3, windowLog: 20)
      var output: [UInt8] = []
      try compressor.compress(sample.span, ending: .frame, into: &output)
      #expect(output.starts(with: [0x28, 0xB5, 0x2F, 0xFD]))
      // Frame_Header_Descriptor (RFC 8878 §3.1.1.1.1): size flag, single segment, checksum, dictionary.
      #expect(output[4] == 0)
    }
  }

  @Test func `random bytes and changed frames throw or end, and never trap`() throws {
    var random = SeededGenerator(seed: 12)
    let (bytes, _) = try frame(samples().map { Array($0.prefix(3000)) })
    var refused = 0
    for number in 0..<1000 {
      var input = bytes
      if number % 3 == 0 {
        input = [0x28, 0xB5, 0x2F, 0xFD] + random.bytes(Int.random(in: 0..<200, using: &random))
      } else {
        for _ in 0..<Int.random(in: 1...5, using: &random) {
          input[Int.random(in: input.indices, using: &random)] = UInt8.random(
            in: 0...255, using: &random)
        }
      }
      do {
        let back = try decode(input, limit: 100_000)
        #expect(back.output.count <= 100_000)
      } catch { refused += 1 }
    }
    #expect(refused > 300)
  }

  @Test(arguments: [Int32(5), 40]) func `a window that zstd does not know is refused`(log: Int32) {
    #expect(throws: ZstdFailure.self) { _ = try Compressor(level: 3, windowLog: log) }
    #expect(throws: ZstdFailure.self) { _ = try Decompressor(windowLog: log) }
  }
}

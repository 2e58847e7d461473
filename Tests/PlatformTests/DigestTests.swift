import Platform
import TestSupport
import Testing

@Suite struct `SHA-256` {
  static let million = String(repeating: "a", count: 1_000_000)

  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (million, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
  ])
  func `the vectors of FIPS 180-4`(message: String, digest: String) throws {
    #expect(try SHA256.hash(Array(message.utf8)).hex == digest)
  }

  @Test func `peek does not disturb what follows, finish begins anew`() throws {
    var random = SeededGenerator(seed: 3)
    let bytes = random.bytes(1000)
    let running = try SHA256()
    for count in 0..<bytes.count {
      #expect(running.peek() == (try SHA256.hash(Array(bytes[..<count]))))
      #expect(running.peek() == running.peek())
      running.update(bytes[count])
    }
    #expect(running.finish() == (try SHA256.hash(bytes)))
    #expect(running.peek() == (try SHA256.hash([])))
    running.update(Array("abc".utf8))
    #expect(running.finish() == (try SHA256.hash(Array("abc".utf8))))
  }

  @Test func `pieces of every size give the same digest`() throws {
    var random = SeededGenerator(seed: 4)
    let bytes = random.bytes(500)
    let whole = try SHA256.hash(bytes)
    let hash = try SHA256()
    for size in 1...200 {
      for start in stride(from: 0, to: bytes.count, by: size) {
        hash.update(Array(bytes[start..<min(bytes.count, start + size)]))
      }
      #expect(hash.finish() == whole)
    }
  }

  @Test func `a digest updates as its 32 bytes`() throws {
    let digest = try SHA256.hash([1, 2, 3])
    let hash = try SHA256()
    hash.update(digest)
    #expect(hash.finish() == (try SHA256.hash(digest.bytes)))
  }

  @Test func `leaves, nodes and numbered digests are what plain hashing gives`() throws {
    var random = SeededGenerator(seed: 6)
    for count in Array(0...300) + [4096, 65_537] {
      let salt = try #require(Digest(random.bytes(32)))
      let other = try #require(Digest(random.bytes(32)))
      let line = random.bytes(count)
      #expect(
        SHA256.saltedLeaf(salt, line.span)
          == (try SHA256.hash([0] + salt.bytes.prefix(16) + line)))
      #expect(SHA256.node(salt, other) == (try SHA256.hash([1] + salt.bytes + other.bytes)))
    }
    for count in 0...47 {
      let prefix = random.bytes(count)
      let numbered = try #require(NumberedDigest(prefix: prefix))
      for number in [0, 1, 255, 256, UInt64.max, UInt64.random(in: 0...UInt64.max, using: &random)]
      {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
        #expect(numbered.digest(of: number) == (try SHA256.hash(prefix + bytes)))
      }
    }
    #expect(NumberedDigest(prefix: random.bytes(48)) == nil)
    #expect(NumberedDigest.bare.digest(of: 1) == (try SHA256.hash([0, 0, 0, 0, 0, 0, 0, 1])))
  }

  @Test func `two digests at a time do not mix`() throws {
    let one = try SHA256()
    let two = try SHA256()
    one.update(1)
    two.update(2)
    #expect(one.peek() == (try SHA256.hash([1])))
    #expect(two.finish() == (try SHA256.hash([2])))
    #expect(one.finish() == (try SHA256.hash([1])))
  }
}

@Suite struct `Digests and hexadecimal` {
  @Test func `bytes, text and back`() throws {
    var random = SeededGenerator(seed: 5)
    for _ in 0..<200 {
      let bytes = random.bytes(32)
      let digest = try #require(Digest(bytes))
      #expect(digest.bytes == bytes)
      #expect(digest.hex == Hex.encode(bytes))
      #expect(Digest(hex: digest.hex) == digest)
      let padded = [9] + bytes + [9]
      #expect(Digest(padded.span, at: 1) == digest)
      #expect(Digest(padded.span, at: 3) == nil)
      #expect(Digest(padded.span, at: -1) == nil)
      #expect(Digest(padded.span, at: .max) == nil)
    }
  }

  @Test func `digests differ in every bit`() throws {
    for bit in 0..<256 {
      var bytes = [UInt8](repeating: 0, count: 32)
      bytes[bit / 8] = 1 << UInt8(bit % 8)
      #expect(try #require(Digest(bytes)) != .zero)
    }
  }

  @Test(arguments: [0, 1, 31, 33, 64]) func `only 32 bytes are a digest`(count: Int) {
    #expect(Digest([UInt8](repeating: 1, count: count)) == nil)
    #expect(Digest(hex: String(repeating: "0", count: count * 2)) == nil)
  }

  @Test(arguments: ["a", "AB", "0g", "0x", " 00", "00 ", "0\u{301}0", "é", "００"])
  func `only pairs of lower-case digits are hexadecimal`(text: String) {
    #expect(Hex.decode(text) == nil)
  }

  @Test func `every byte has its two digits`() {
    for byte in UInt8.min...UInt8.max { #expect(Hex.decode(Hex.encode([byte])) == [byte]) }
    #expect(Hex.encode([0x00, 0x9A, 0xFF]) == "009aff")
    #expect(Hex.decode("") == [])
  }
}

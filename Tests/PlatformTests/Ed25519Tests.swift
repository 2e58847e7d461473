import Platform
import TestSupport
import Testing

@Suite struct `Ed25519 signatures` {
  struct Vector: Sendable, CustomTestStringConvertible {
    var seed: String
    var key: String
    var message: String
    var signature: String
    var testDescription: String { "message \(message)" }
  }

  // RFC 8032 §7.1, TEST 1 to 3.
  static let vectors = [
    Vector(
      seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", message: "",
      signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
        + "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    Vector(
      seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", message: "72",
      signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
        + "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    Vector(
      seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      key: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", message: "af82",
      signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
        + "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
  ]

  @Test(arguments: vectors) func `the vectors of RFC 8032`(vector: Vector) throws {
    let seed = try #require(Hex.decode(vector.seed))
    let message = try #require(Hex.decode(vector.message))
    let key = try SigningKey(seed: seed)
    #expect(Hex.encode(key.publicKey) == vector.key)
    let signature = try key.sign(message)
    #expect(Hex.encode(signature) == vector.signature)
    #expect(Ed25519.verify(signature, of: message, by: key.publicKey))
  }

  @Test func `no bit of signature, key or message can change`() throws {
    let key = try SigningKey(seed: .init(repeating: 5, count: 32))
    let message = Array("whole and unchanged".utf8)
    let signature = try key.sign(message)
    func flips(_ bytes: [UInt8]) -> [[UInt8]] {
      (0..<bytes.count * 8).map { bit in
        var changed = bytes
        changed[bit / 8] ^= 1 << UInt8(bit % 8)
        return changed
      }
    }
    for changed in flips(signature) {
      #expect(!Ed25519.verify(changed, of: message, by: key.publicKey))
    }
    for changed in flips(message) {
      #expect(!Ed25519.verify(signature, of: changed, by: key.publicKey))
    }
    for changed in flips(key.publicKey) {
      #expect(!Ed25519.verify(signature, of: message, by: changed))
    }
  }

  @Test func `a scalar of the group order or more is refused`() throws {
    // L = 2^252 + 27742317777372353535851937790883648493, little-endian. S + L solves the same equation.
    let order = try #require(
      Hex.decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"))
    let message = Array("m".utf8)
    for number in UInt8(0)..<20 {
      let key = try SigningKey(seed: .init(repeating: number, count: 32))
      var signature = try key.sign(message)
      var carry = 0
      for index in 0..<32 {
        let sum = Int(signature[32 + index]) + Int(order[index]) + carry
        signature[32 + index] = UInt8(sum & 255)
        carry = sum >> 8
      }
      #expect(carry == 0)
      #expect(!Ed25519.verify(signature, of: message, by: key.publicKey))
    }
  }

  /// All encodings of the eight points whose order divides 8, with either sign bit.
  static let smallOrder = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  ]

  @Test(arguments: smallOrder)
  func `a key of small order signs nothing, whatever the signature`(hex: String) throws {
    let key = try #require(Hex.decode(hex))
    // With S = 0 and R a small point, R = -kA holds for about one message in eight.
    for point in Self.smallOrder {
      let signature = try #require(Hex.decode(point)) + [UInt8](repeating: 0, count: 32)
      for number in UInt8(0)..<16 {
        #expect(!Ed25519.verify(signature, of: [number], by: key))
      }
    }
  }

  @Test func `wrong lengths are false and no trap`() throws {
    let key = try SigningKey(seed: .init(repeating: 1, count: 32))
    let signature = try key.sign([])
    for count in [0, 1, 31, 33, 64] {
      #expect(!Ed25519.verify(signature, of: [], by: .init(repeating: 2, count: count)))
    }
    for count in [0, 1, 63, 65, 128] {
      #expect(!Ed25519.verify(.init(repeating: 2, count: count), of: [], by: key.publicKey))
    }
    for count in [0, 31, 33] {
      #expect(throws: CryptoFailure.self) {
        _ = try SigningKey(seed: .init(repeating: 1, count: count))
      }
    }
  }

  @Test func `large messages`() throws {
    var random = SeededGenerator(seed: 6)
    let message = random.bytes(200_000)
    let key = try SigningKey(seed: random.bytes(32))
    #expect(Ed25519.verify(try key.sign(message), of: message, by: key.publicKey))
  }

  @Test func `random bytes are as many as asked, and not the same twice`() throws {
    #expect(try randomBytes(0) == [])
    #expect(try randomBytes(33).count == 33)
    #expect(try randomBytes(32) != randomBytes(32))
  }
}

import Evidence
import TestSupport
import Testing

@Suite struct `Base64 has one spelling` {
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func `the vectors of RFC 4648`(plain: String, text: String) {
    #expect(Base64.encode(Array(plain.utf8)) == text)
    #expect(Base64.decode(text) == Array(plain.utf8))
    let unpadded = text.replacing("=", with: "")
    #expect(Base64.encodeURL(Array(plain.utf8)) == unpadded)
    #expect(Base64.decodeURL(unpadded) == Array(plain.utf8))
  }

  @Test func `both alphabets`() {
    let bytes: [UInt8] = [0xFB, 0xEF, 0xFF]
    #expect(Base64.encode(bytes) == "++//")
    #expect(Base64.encodeURL(bytes) == "--__")
    #expect(Base64.decode("--__") == nil)
    #expect(Base64.decodeURL("++//") == nil)
  }

  @Test(arguments: [
    "Z", "Zg", "Zg=", "Zg===", "Zg==\n", " Zg==", "Zh==", "Zm9=", "Zm8", "Zm8==", "=", "==", "===",
    "====", "Zg==Zg==", "Z===", "Zm=v", "Zm9v\r\n", "Zm9v=", "Zm9v====", "Zm9\u{76}\u{301}",
    "Zm9\0",
    "Zm9é", "Zg==Zm9v",
  ])
  func `what encoding would not have written is refused`(text: String) {
    #expect(Base64.decode(text) == nil)
  }

  @Test(arguments: ["Z", "Zg==", "Zg=", "Zh", "Zm9", "Zm9v=", "Zm9v\n", "Z\u{FF}"])
  func `the URL form refuses padding, stray bits and all else`(text: String) {
    #expect(Base64.decodeURL(text) == nil)
  }

  @Test func `every one-byte and two-byte value survives, and nothing else decodes to it`() {
    var spellings: Set<String> = []
    for value in 0..<65_536 {
      let bytes = [UInt8(value >> 8), UInt8(value & 255)]
      let text = Base64.encode(bytes)
      #expect(Base64.decode(text) == bytes)
      spellings.insert(text)
    }
    #expect(spellings.count == 65_536)
    // Of the 64^3 three-digit texts exactly the 65,536 canonical ones decode.
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var decodable = 0
    for a in digits.prefix(4) {
      for b in digits {
        for c in digits where Base64.decode("\(a)\(b)\(c)=") != nil { decodable += 1 }
      }
    }
    #expect(decodable == 4 * 64 * 16)
  }

  @Test func `random bytes of each length survive, appended to what stood there`() {
    var random = SeededGenerator(seed: 1)
    for count in 0..<300 {
      let bytes = random.bytes(count)
      var text: [UInt8] = [1, 2]
      Base64.append(bytes.span, to: &text)
      #expect(String(decoding: text.dropFirst(2), as: UTF8.self) == Base64.encode(bytes))
      var back: [UInt8] = [9]
      let encoded = Array(text.dropFirst(2))
      let decoded = Base64.decode(encoded.span, appendingTo: &back)
      #expect(decoded)
      #expect(back == [9] + bytes)
    }
  }

  @Test func `a refused text leaves the output as it was`() {
    var output: [UInt8] = [1, 2, 3]
    let text = Array("Zm9vZm9vZm9vZm9vZh==".utf8)
    let decoded = Base64.decode(text.span, appendingTo: &output)
    #expect(!decoded)
    #expect(output == [1, 2, 3])
  }

  @Test func `a single changed byte never decodes to the same bytes`() {
    let bytes: [UInt8] = Array("transparency".utf8.prefix(11))
    let text = Array(Base64.encode(bytes).utf8)
    for index in text.indices {
      for byte in UInt8.min...UInt8.max where byte != text[index] {
        var changed = text
        changed[index] = byte
        #expect(Base64.decode(String(decoding: changed, as: UTF8.self)) != bytes)
      }
    }
  }
}

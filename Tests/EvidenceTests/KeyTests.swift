import Evidence
import Platform
import Testing

@Suite struct `Keys of notes` {
  // The example key pair of golang.org/x/mod/sumdb/note's documentation.
  static let secret =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
  static let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

  @Test func `Go's example pair belongs together, and both are written as they were read`() throws {
    let signer = try NoteSigner(keyFile: Self.secret + "\n")
    let key = try VerifierKey(parsing: Self.vkey)
    #expect(try signer.verifierKey == key)
    #expect(key.description == Self.vkey)
    let seed = try #require(Base64.decode("gQoUAtUUbI2E8kQzMPVAgOv5juF9nHT2JS/F1ccoMXM="))
    #expect(try NoteSigner.keyFile(name: "PeterNeumann", seed: seed) == Self.secret + "\n")
  }

  static let badKeys: [String] = [
    "", "+", "++", "a+b", "PeterNeumann", "PeterNeumann+c74f20a3",
    "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "Peter\u{2003}Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "PeterNeumann\n+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "PeterNeumann+c74f20a+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "PeterNeumann+0c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "PeterNeumanm+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TX",
    "PeterNeumann+c74f20a3+Alpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10Q=",
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWAA==",
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n",
    "PeterNeumann+c74f20a3+", "PeterNeumann+c74f20a3+!",
  ]

  @Test(arguments: badKeys)
  func `verifier keys that are not one`(text: String) {
    #expect(throws: EvidenceFailure.self) { try VerifierKey(parsing: text) }
  }

  @Test func `every single changed character of a verifier key is found`() {
    let text = Array(Self.vkey.utf8)
    for index in text.indices {
      for byte in [text[index] ^ 1, text[index] ^ 0x20, UInt8(ascii: "+"), 0x00, 0xFF]
      where byte != text[index] {
        var changed = text
        changed[index] = byte
        #expect(throws: EvidenceFailure.self, "\(index)") {
          try VerifierKey(parsing: String(decoding: changed, as: UTF8.self))
        }
      }
    }
  }

  static let badKeyFiles: [String] = [
    "", "\n", "PRIVATE+KEY+", "PRIVATE+KEY+a+b+c", Self.vkey, Self.secret + "\n\n",
    "PRIVATE+KEY+PeterNeumann+c74f20a4+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
    "PRIVATE+KEY+PeterNeumanm+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
    "PRIVATE+KEY+Peter Neumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
    "PRIVATE+KEY+PeterNeumann+c74f20a3+BIEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKA==",
    "private+key+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
  ]

  @Test(arguments: badKeyFiles)
  func `key files that are not one, and no error that tells the secret`(text: String) {
    do throws(EvidenceFailure) {
      _ = try NoteSigner(keyFile: text)
      Issue.record("accepted")
    } catch {
      #expect(!error.description.contains("AYEKFALVFGyNhPJEMzD1"))
      #expect(!error.description.contains("BIEKFALVFGyNhPJEMzD1"))
    }
  }

  @Test func `names compare by bytes, not by looks`() throws {
    let bytes = [UInt8](repeating: 7, count: 32)
    let composed = try VerifierKey(name: "caf\u{E9}", publicKey: bytes)
    let decomposed = try VerifierKey(name: "cafe\u{301}", publicKey: bytes)
    #expect(composed.name == decomposed.name)
    #expect(composed != decomposed)
    #expect(composed.id != decomposed.id)
  }

  @Test func `a seed or a key of another length is refused`() {
    for count in [0, 31, 33, 64] {
      #expect(throws: EvidenceFailure.self) {
        _ = try NoteSigner(name: "a", seed: .init(repeating: 1, count: count))
      }
      #expect(throws: EvidenceFailure.self) {
        try VerifierKey(name: "a", publicKey: .init(repeating: 1, count: count))
      }
    }
  }
}

import Evidence
import Platform
import TestSupport
import Testing

/// A signer with a seed that its number decides.
func signer(_ name: String, _ number: UInt8 = 1) throws -> NoteSigner {
  try NoteSigner(name: name, seed: .init(repeating: number, count: 32))
}

func parse(_ text: String) throws(EvidenceFailure) -> Note { try Note(parsing: Array(text.utf8)) }

@Suite struct `Signed notes` {
  static let text =
    "If you think cryptography is the answer to your problem,\n"
    + "then you don't know what your problem is.\n"
  // The example of golang.org/x/mod/sumdb/note's documentation.
  static let example =
    text
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

  @Test func `Go's example verifies, and signing gives the same bytes`() throws {
    let note = try parse(Self.example)
    #expect(note.verify(by: try VerifierKey(parsing: `Keys of notes`.vkey)) == .valid(time: nil))
    #expect(note.text == Self.text)
    #expect(note.format() == Self.example)
    let again = try Note.signed(
      text: Self.text, by: try NoteSigner(keyFile: `Keys of notes`.secret))
    #expect(again.format() == Self.example)
  }

  @Test func `no single bit of a signed note can change`() throws {
    let key = try VerifierKey(parsing: `Keys of notes`.vkey)
    let bytes = Array(Self.example.utf8)
    var refused = 0
    for index in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[index] ^= 1 << UInt8(bit)
        do throws(EvidenceFailure) {
          if case .valid = try Note(parsing: changed).verify(by: key) {
            Issue.record("byte \(index) bit \(bit) unseen")
          }
        } catch { refused += 1 }
      }
    }
    #expect(refused > 0)
  }

  static let line =
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

  static let badNotes: [(String, String)] = [
    ("nothing", ""), ("one line", "x"), ("a line end", "\n"), ("line ends", "\n\n"),
    ("no signature", text), ("no signature after the empty line", text + "\n"),
    ("no text", "\n" + line), ("signature only", line), ("no empty line", text + line),
    ("no last LF", String(example.dropLast())), ("an empty line at the end", example + "\n"),
    ("text after the signatures", example + "more\n"),
    ("an empty line between signatures", text + "\n" + line + "\n"),
    ("a line that is no signature", text + "\n" + line + "- PeterNeumann AAAAAAAA\n"),
    ("another dash", text + "\n– PeterNeumann AAAAAAAA\n"),
    ("no space after the dash", text + "\n—PeterNeumann AAAAAAAA\n"),
    ("two spaces after the dash", text + "\n—  PeterNeumann AAAAAAAA\n"),
    ("two spaces before the signature", text + "\n— PeterNeumann  AAAAAAAA\n"),
    ("a space at the end", text + "\n— PeterNeumann AAAAAAAA \n"),
    ("no name", text + "\n— AAAAAAAA\n"), ("an empty name", text + "\n—  AAAAAAAA\n"),
    ("a plus in the name", text + "\n— Peter+Neumann AAAAAAAA\n"),
    ("a wide space in the name", text + "\n— Peter\u{2003}Neumann AAAAAAAA\n"),
    ("a no-break space in the name", text + "\n— Peter\u{A0}Neumann AAAAAAAA\n"),
    ("no signature bytes", text + "\n— PeterNeumann AAAAAA==\n"),
    ("half a key id", text + "\n— PeterNeumann AAAA\n"),
    ("nothing after the name", text + "\n— PeterNeumann \n"),
    ("bad base64", text + "\n— PeterNeumann x08go!ZJ\n"),
    ("unpadded base64", text + "\n— PeterNeumann AAAAAAA\n"),
    ("stray bits", text + "\n— PeterNeumann AAAAAAB=\n"),
    ("URL base64", text + "\n— PeterNeumann AAAAAA_-\n"),
    ("CR in the text", "a\r\n\n" + line),
    ("CR after the signature", String(example.dropLast()) + "\r\n"),
    ("CR LF throughout", "a\r\n\r\n— PeterNeumann AAAAAAAA\r\n"),
    ("TAB", "a\tb\n\n" + line), ("NUL", "a\0\n\n" + line), ("ESC", "a\u{1B}[31m\n\n" + line),
  ]

  @Test(arguments: badNotes)
  func `notes that are not one`(what: String, text: String) {
    #expect(throws: EvidenceFailure.self, "\(what)") { try parse(text) }
  }

  @Test(
    arguments: [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x80],
    ] as [[UInt8]])
  func `bytes that are no UTF-8`(bytes: [UInt8]) {
    #expect(throws: EvidenceFailure.self) {
      try Note(parsing: bytes + Array(("\n\n" + Self.line).utf8))
    }
  }

  @Test func `the text may hold empty lines and looks of signatures`() throws {
    let text = "one\n\n— a b\n\ntwo\n"
    let note = try Note.signed(text: text, by: try signer("x"))
    let back = try parse(note.format())
    #expect(back.text == text)
    #expect(back == note)
  }

  @Test(arguments: ["", "no line end", "a\n\n", "\n", "a\r\n", "a\0\n"])
  func `a text that would not read back is not signed`(text: String) throws {
    let key = try signer("x")
    if text == "\n" || text == "a\n\n" {
      // An empty last line is part of the text: the last empty line divides.
      #expect(try parse(try Note.signed(text: text, by: key).format()).text == text)
    } else {
      var refused = false
      do { _ = try Note.signed(text: text, by: key) } catch { refused = true }
      #expect(refused)
    }
  }

  @Test(arguments: [(15, true), (16, true), (17, false), (101, false)])
  func `at most 16 signatures`(count: Int, accepted: Bool) throws {
    let note = try Note.signed(text: Self.text, by: try signer("x"))
    let text =
      Self.text + "\n" + String(repeating: note.signatures[0].line, count: count)
    #expect(((try? parse(text)) != nil) == accepted)
  }

  @Test func `at most 64 KiB`() throws {
    let tail = "\n\n" + Self.line
    for (count, accepted) in [(65_536, true), (65_537, false)] {
      let text = String(repeating: "a", count: count - tail.utf8.count) + tail
      #expect(((try? parse(text)) != nil) == accepted)
    }
  }

  @Test func `a bad signature of a known key rejects the note, next to whatever good ones`() throws
  {
    let known = try signer("log", 1)
    let unknown = try signer("witness", 2)
    var bad = try known.sign(Self.text)
    bad.bytes[0] ^= 1
    let good = try known.sign(Self.text)
    let key = try known.verifierKey
    for signatures in [[bad], [bad, try unknown.sign(Self.text)], [good, bad], [bad, good]] {
      let note = try Note(text: Self.text, signatures: signatures)
      #expect(note.verify(by: key) == .invalid)
    }
    let twice = try Note(text: Self.text, signatures: [good, good])
    #expect(twice.verify(by: key) == .valid(time: nil))
  }

  @Test func `same name with another id, or same id with another name, is unknown`() throws {
    let known = try signer("log", 1)
    let key = try known.verifierKey
    let sameName = try Note.signed(text: Self.text, by: try signer("log", 2))
    #expect(sameName.verify(by: key) == .absent)
    var renamed = try known.sign(Self.text)
    renamed.name = "log2"
    let sameID = try Note(text: Self.text, signatures: [renamed])
    #expect(sameID.verify(by: key) == .absent)
    // Another key's bad signature under the known name does no harm.
    let both = try sameName.adding(try known.sign(Self.text))
    #expect(both.verify(by: key) == .valid(time: nil))
  }

  @Test func `keys of small order and wrong lengths verify nothing`() throws {
    for bytes in [[UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31)] {
      let key = try VerifierKey(name: "log", publicKey: bytes)
      // R = the identity and S = 0 satisfy the bare equation for such keys.
      let zero = Note.Signature(
        name: "log", id: key.id, bytes: [1] + [UInt8](repeating: 0, count: 63))
      #expect(try Note(text: Self.text, signatures: [zero]).verify(by: key) == .invalid)
    }
    let known = try signer("log")
    var short = try known.sign(Self.text)
    short.bytes.removeLast()
    let key = try known.verifierKey
    #expect(try Note(text: Self.text, signatures: [short]).verify(by: key) == .invalid)
    short.bytes += [0, 0]
    #expect(try Note(text: Self.text, signatures: [short]).verify(by: key) == .invalid)
  }

  @Test func `random bytes and cut notes never trap, and what is accepted is written back`() throws
  {
    var random = SeededGenerator(seed: 7)
    let example = Array(Self.example.utf8)
    for cut in example.indices {
      #expect(throws: EvidenceFailure.self) { try Note(parsing: Array(example[..<cut])) }
    }
    for _ in 0..<3000 {
      var bytes = example
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let index = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: index)
        default:
          bytes.insert([0x0A, 0x20, 0x2B, 0xE2].randomElement(using: &random) ?? 0, at: index)
        }
      }
      if let note = try? Note(parsing: bytes) { #expect(Array(note.format().utf8) == bytes) }
    }
  }
}

@Suite struct `Cosignatures` {
  static let checkpoint = "log.example/1\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"

  static func cosigned(_ time: UInt64, seed: UInt8 = 3) throws -> (Note, VerifierKey) {
    let secret = try SigningKey(seed: .init(repeating: seed, count: 32))
    let key = try VerifierKey(name: "w.example", kind: .cosignature, publicKey: secret.publicKey)
    let stamp = (0..<8).map { UInt8(truncatingIfNeeded: time >> (56 - 8 * UInt64($0))) }
    let message = Array("cosignature/v1\ntime \(time)\n\(checkpoint)".utf8)
    let signature = Note.Signature(
      name: "w.example", id: key.id, bytes: stamp + (try secret.sign(message)))
    let note = try Note.signed(text: checkpoint, by: try signer("log.example/1")).adding(signature)
    return (note, key)
  }

  @Test func `a witness says when it saw the checkpoint`() throws {
    let (note, key) = try Self.cosigned(1_679_315_147)
    #expect(note.verify(by: key) == .valid(time: 1_679_315_147))
    #expect(try VerifierKey(parsing: key.description) == key)
    #expect(note.verify(by: try signer("log.example/1").verifierKey) == .valid(time: nil))
  }

  @Test func `an altered time, text or signature is invalid`() throws {
    let (note, key) = try Self.cosigned(1_679_315_147)
    for index in 0..<72 {
      var changed = note.signatures[1]
      changed.bytes[index] ^= 1
      let altered = try Note(text: note.text, signatures: [note.signatures[0], changed])
      #expect(altered.verify(by: key) == .invalid)
    }
    let other = try Note(
      text: note.text.replacing("\n7\n", with: "\n8\n"), signatures: note.signatures)
    #expect(other.verify(by: key) == .invalid)
  }

  @Test func `a time of 2^63 or more is invalid, the last before it is not`() throws {
    #expect(try Self.cosigned(1 << 63).0.verify(by: Self.cosigned(0).1) == .invalid)
    let latest = UInt64(1) << 63 - 1
    #expect(try Self.cosigned(latest).0.verify(by: Self.cosigned(0).1) == .valid(time: latest))
  }

  @Test func `of two cosignatures of one witness the later counts`() throws {
    let (early, key) = try Self.cosigned(100)
    let late = try Self.cosigned(200).0.signatures[1]
    #expect(try early.adding(late).verify(by: key) == .valid(time: 200))
  }

  @Test func `a log's signature is no cosignature and the reverse`() throws {
    let (note, key) = try Self.cosigned(100)
    let asLog = try VerifierKey(name: key.name, publicKey: key.publicKey)
    #expect(asLog.id != key.id)
    #expect(note.verify(by: asLog) == .absent)
  }

  @Test func `signatures of kinds we do not know are kept`() throws {
    let (note, _) = try Self.cosigned(100)
    let strange = Note.Signature(name: "pq.example", id: 6, bytes: .init(repeating: 9, count: 2428))
    let more = try note.adding(strange)
    #expect(try parse(more.format()).signatures[2] == strange)
  }
}

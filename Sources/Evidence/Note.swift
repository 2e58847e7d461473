internal import Platform

/// A text and the signatures under it.
///
/// Source: C2SP signed-note.
///
/// Parsing accepts exactly what `format` writes, so a note that was read is written back byte for byte.
package struct Note: Sendable, Equatable {
  package static let maximumBytes = 65_536
  package static let maximumSignatures = 16

  /// One signature line.
  package struct Signature: Sendable, Equatable {
    package var name: String
    package var id: UInt32
    /// What follows the key id, at least one byte.
    package var bytes: [UInt8]

    package init(name: String, id: UInt32, bytes: [UInt8]) {
      self.name = name
      self.id = id
      self.bytes = bytes
    }

    package static func == (a: Signature, b: Signature) -> Bool {
      a.id == b.id && a.bytes == b.bytes && a.name.sameBytes(as: b.name)
    }

    /// The line with its LF.
    package var line: String {
      let id = (0..<4).map { UInt8(truncatingIfNeeded: self.id >> (24 - 8 * UInt32($0))) }
      return "— \(name) \(Base64.encode(id + bytes))\n"
    }
  }

  /// What is signed, with its last LF.
  package private(set) var text: String
  package private(set) var signatures: [Signature]

  /// Makes a note out of parts that obey the format.
  package init(text: String, signatures: [Signature]) throws(EvidenceFailure) {
    self.text = text
    self.signatures = signatures
    // One set of rules for what is written and what is read: what was not read back is not a note.
    guard try Note(parsing: Array(format().utf8)) == self else {
      throw EvidenceFailure("note", found: text, wanted: "a text that reads back as itself")
    }
  }

  /// Signs `text`, which ends in LF.
  package static func signed(text: String, by signer: borrowing NoteSigner)
    throws(EvidenceFailure) -> Note
  {
    let signature = try signer.sign(text)
    return try Note(text: text, signatures: [signature])
  }

  /// Adds a signature line after those that stand.
  package func adding(_ signature: Signature) throws(EvidenceFailure) -> Note {
    try Note(text: text, signatures: signatures + [signature])
  }

  /// Text, empty line, signature lines.
  package func format() -> String { text + "\n" + signatures.map(\.line).joined() }

  /// Reads a note; throws for anything that `format` would not have written.
  package init(parsing bytes: [UInt8]) throws(EvidenceFailure) {
    guard bytes.count <= Note.maximumBytes else {
      throw EvidenceFailure(
        "note", found: "\(bytes.count) bytes", wanted: "at most \(Note.maximumBytes) bytes")
    }
    if let control = bytes.first(where: { $0 < 0x20 && $0 != 0x0A }) {
      throw EvidenceFailure(
        "note", found: "control character 0x\(Hex.encode([control]))", wanted: "text and LF only")
    }
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw EvidenceFailure("note", found: "bytes that are no text", wanted: "UTF-8")
    }
    guard bytes.last == 0x0A else {
      throw EvidenceFailure("note", found: "no LF at the end", wanted: "LF at the end")
    }
    guard
      let blank = bytes.indices.dropFirst().last(where: {
        bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A
      })
    else {
      throw EvidenceFailure(
        "note", found: "no empty line", wanted: "text, an empty line, signatures")
    }
    text = String(decoding: bytes[..<blank], as: UTF8.self)
    signatures = []
    // The bytes after the empty line end in LF, or are none at all.
    let lines = bytes[(blank + 1)...].split(separator: 0x0A)
    guard !lines.isEmpty else {
      throw EvidenceFailure("note", found: "no signature", wanted: "at least one signature")
    }
    guard lines.count <= Note.maximumSignatures else {
      throw EvidenceFailure(
        "note", found: "\(lines.count) signatures",
        wanted: "at most \(Note.maximumSignatures) signatures")
    }
    for line in lines { signatures.append(try Signature(line: line)) }
  }

  package static func == (a: Note, b: Note) -> Bool {
    a.text.sameBytes(as: b.text) && a.signatures == b.signatures
  }
}

extension Note.Signature {
  /// Reads one line without its LF.
  ///
  /// The bytes are known to be UTF-8.
  fileprivate init(line: ArraySlice<UInt8>) throws(EvidenceFailure) {
    let parts = line.split(
      separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].elementsEqual("—".utf8) else {
      throw EvidenceFailure("signature line", found: line, wanted: "— <name> <base64>")
    }
    let name = String(decoding: parts[1], as: UTF8.self)
    if let fault = KeyName.fault(name) {
      throw EvidenceFailure(
        "signature line", found: fault, wanted: "a name without spaces and plus")
    }
    guard let bytes = Base64.decode(String(decoding: parts[2], as: UTF8.self)), bytes.count >= 5
    else {
      throw EvidenceFailure(
        "signature line", found: parts[2],
        wanted: "canonical base64 of a key id and a signature")
    }
    let id = bytes.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    self.init(name: name, id: id, bytes: Array(bytes.dropFirst(4)))
  }
}

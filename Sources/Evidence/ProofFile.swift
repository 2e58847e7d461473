package import Platform

/// A proof that travels alone: leaf, index, audit path and signed checkpoint.
///
/// Source: C2SP tlog-proof.
package struct ProofFile: Sendable, Equatable {
  static let header = "c2sp.org/tlog-proof@v1"
  /// A leaf of 65,535 bytes in base64, 64 hashes and the largest note fit.
  package static let maximumBytes = 160 * 1024

  /// Not covered by any signature: here the leaf, which the path must lead from.
  package var extra: [UInt8]?
  package var index: UInt64
  /// Sibling hashes, lowest first.
  package var path: [Digest]
  /// The checkpoint as the log gave it out.
  package var note: Note

  package init(extra: [UInt8]?, index: UInt64, path: [Digest], note: Note) {
    self.extra = extra
    self.index = index
    self.path = path
    self.note = note
  }

  package func format() -> String {
    var text = Self.header + "\n"
    if let extra { text += "extra \(Base64.encode(extra))\n" }
    text += "index \(index)\n"
    for hash in path { text += Base64.encode(hash.bytes) + "\n" }
    return text + "\n" + note.format()
  }

  /// Reads a proof; refuses whatever `format` would not have written.
  package init(parsing bytes: [UInt8]) throws(EvidenceFailure) {
    guard bytes.count <= Self.maximumBytes else {
      throw EvidenceFailure(
        "proof", found: "\(bytes.count) bytes", wanted: "at most \(Self.maximumBytes) bytes")
    }
    let blank = bytes.indices.dropFirst().first { bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A }
    guard let blank else {
      throw EvidenceFailure("proof", found: "no empty line", wanted: "proof, empty line, note")
    }
    var lines = bytes[..<(blank - 1)].split(separator: 0x0A, omittingEmptySubsequences: false)[...]
    guard let first = lines.popFirst(), first.elementsEqual(Self.header.utf8) else {
      throw EvidenceFailure("proof", found: bytes.prefix(64), wanted: Self.header)
    }
    if let line = lines.first, line.starts(with: "extra ".utf8) {
      guard let extra = Base64.decode(String(decoding: line.dropFirst(6), as: UTF8.self)) else {
        throw EvidenceFailure("proof extra", found: line, wanted: "canonical base64")
      }
      self.extra = extra
      lines.removeFirst()
    } else {
      extra = nil
    }
    let line = lines.popFirst() ?? []
    guard line.starts(with: "index ".utf8), let index = Decimal.parse(line.dropFirst(6)) else {
      throw EvidenceFailure(
        "proof index", found: line, wanted: "index <decimal without leading zeros>")
    }
    self.index = index
    guard lines.count <= InclusionProof.maximumHashes else {
      throw EvidenceFailure(
        "proof", found: "\(lines.count) hashes",
        wanted: "at most \(InclusionProof.maximumHashes) hashes")
    }
    path = []
    for line in lines {
      guard let bytes = Base64.decode(String(decoding: line, as: UTF8.self)),
        let hash = Digest(bytes)
      else {
        throw EvidenceFailure("proof hash", found: line, wanted: "canonical base64 of 32 bytes")
      }
      path.append(hash)
    }
    note = try Note(parsing: Array(bytes[(blank + 1)...]))
    // A note may hold anything; this one must hold a checkpoint, whoever signed it.
    _ = try Checkpoint(parsing: note.text)
  }

  /// The signed checkpoint that this proof shows `leaf` to be in.
  ///
  /// Checks the log's signature and the path; `leaf` is the leaf hash of what was logged.
  package func verify(leaf: Digest, signedBy key: VerifierKey, using hasher: inout TreeHasher)
    throws(EvidenceFailure) -> Checkpoint
  {
    let checkpoint = try Checkpoint(note, signedBy: key)
    guard
      InclusionProof.verify(
        leaf: leaf, index: index, size: checkpoint.size, path: path, root: checkpoint.root,
        using: &hasher)
    else {
      throw EvidenceFailure(
        "inclusion proof", found: "a path that does not lead to the root",
        wanted: "leaf \(index) of \(checkpoint.size)")
    }
    return checkpoint
  }
}

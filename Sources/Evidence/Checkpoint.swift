package import Platform

/// Size and root of a log at one moment.
///
/// Source: C2SP tlog-checkpoint, without extension lines.
package struct Checkpoint: Sendable, Equatable {
  /// The log's name, which is also the name of its key.
  package var origin: String
  /// Number of leaves.
  package var size: UInt64
  /// Tree hash of these leaves.
  package var root: Digest

  package init(origin: String, size: UInt64, root: Digest) {
    self.origin = origin
    self.size = size
    self.root = root
  }

  /// Reads a note's text; refuses whatever `format` would not have written.
  package init(parsing text: some StringProtocol) throws(EvidenceFailure) {
    let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
    guard lines.count == 4, lines[3].isEmpty else {
      throw EvidenceFailure(
        "checkpoint", found: "\(lines.count - 1) line ends",
        wanted: "origin, size and root, each ended by LF, and nothing else")
    }
    origin = String(decoding: lines[0], as: UTF8.self)
    if let fault = KeyName.fault(origin) {
      throw EvidenceFailure(
        "checkpoint origin", found: fault, wanted: "a name without spaces and plus")
    }
    guard let size = Decimal.parse(lines[1]) else {
      throw EvidenceFailure(
        "checkpoint size", found: lines[1], wanted: "a decimal below 2^64 without leading zeros")
    }
    self.size = size
    guard let hash = Base64.decode(String(decoding: lines[2], as: UTF8.self)),
      let root = Digest(hash)
    else {
      throw EvidenceFailure(
        "checkpoint root", found: lines[2], wanted: "canonical base64 of 32 bytes")
    }
    guard size > 0 || root == TreeHasher.emptyRoot else {
      throw EvidenceFailure(
        "checkpoint root", found: lines[2], wanted: "the hash of nothing, for a size of 0")
    }
    self.root = root
  }

  /// The checkpoint that `note` holds, if the log's key signed it.
  ///
  /// The origin must be the key's name; a bad signature of that key rejects the note.
  package init(_ note: Note, signedBy key: VerifierKey) throws(EvidenceFailure) {
    switch note.verify(by: key) {
    case .valid: break
    case .invalid:
      throw EvidenceFailure(
        "checkpoint signature", found: "one that is not by its key",
        wanted: "a signature by \(key)")
    case .absent:
      throw EvidenceFailure(
        "checkpoint signature", found: "none by a known key", wanted: "a signature by \(key)")
    }
    try self.init(parsing: note.text)
    guard origin.sameBytes(as: key.name) else {
      throw EvidenceFailure("checkpoint origin", found: origin, wanted: key.name)
    }
  }

  /// Three lines, the text of a note.
  package func format() -> String { "\(origin)\n\(size)\n\(Base64.encode(root.bytes))\n" }

  package static func == (a: Checkpoint, b: Checkpoint) -> Bool {
    a.size == b.size && a.root == b.root && a.origin.sameBytes(as: b.origin)
  }
}

/// Unsigned decimal numbers with one spelling each.
enum Decimal {
  /// Nil for signs, leading zeros, anything but digits, and 2^64 or more.
  static func parse(_ digits: some Collection<UInt8>) -> UInt64? {
    guard let first = digits.first, digits.count <= 20, first != 0x30 || digits.count == 1 else {
      return nil
    }
    var value: UInt64 = 0
    for digit in digits {
      guard (0x30...0x39).contains(digit) else { return nil }
      let (product, tooBig) = value.multipliedReportingOverflow(by: 10)
      let (sum, over) = product.addingReportingOverflow(UInt64(digit - 0x30))
      guard !tooBig, !over else { return nil }
      value = sum
    }
    return value
  }
}

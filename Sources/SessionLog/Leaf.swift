package import Evidence
package import Platform

/// One leaf of the store's log: what was true of a session, and when.
///
/// Format: schema/session-format.md §5.
package struct Leaf: Sendable, Equatable {
  package enum Kind: String, Sendable {
    case open, anchor, close, abandoned, erase, prune, key
    /// After it only `erase` and `prune` may follow.
    package var isFinal: Bool { self == .close || self == .abandoned }
  }

  package var kind: Kind
  /// Nil only for `key`.
  package var session: SessionID?
  package var lines: UInt64 = 0
  package var root: Digest = .zero
  /// File length through the commit frame; at a close through the seek table.
  package var bytes: UInt64 = 0
  package var sha256: Digest = .zero
  /// Microseconds since 1970, by this machine's wall clock: claimed, not proven.
  package var time: Int64
  /// For `erase`: which lines are withheld, and the role that asked.
  package var withheld: String?
  package var by: String?
  /// For `key`.
  package var verifierKey: String?

  package init(
    _ kind: Kind, session: SessionID, lines: UInt64, root: Digest, bytes: UInt64,
    sha256: Digest, time: Int64
  ) {
    self.kind = kind
    self.session = session
    self.lines = lines
    self.root = root
    self.bytes = bytes
    self.sha256 = sha256
    self.time = time
  }

  /// The leaf's bytes, as they are hashed and stored.
  package func format() -> [UInt8] {
    var text = "blackbox/leaf/v1\n\(kind.rawValue)\n"
    if let session {
      text += "session \(session)\nlines \(lines)\nroot \(Base64.encode(root.bytes))\n"
      text += "bytes \(bytes)\nsha256 \(sha256.hex)\n"
    }
    if let verifierKey { text += "vkey \(verifierKey)\n" }
    text += "time \(WallTime.format(time))\n"
    if let withheld { text += "withheld \(withheld)\n" }
    if let by { text += "by \(by)\n" }
    return Array(text.utf8)
  }

  /// Reads a leaf; throws what is wrong with it.
  package init(parsing bytes: Span<UInt8>) throws(EvidenceFailure) {
    guard bytes.count <= Limits.leafBytes else {
      throw EvidenceFailure(
        "leaf", found: "\(bytes.count) bytes", wanted: "at most \(Limits.leafBytes)")
    }
    var raw: [UInt8] = []
    raw.append(bytes, 0..<bytes.count)
    guard raw.last == 0x0A, let text = String(validating: raw, as: UTF8.self) else {
      throw EvidenceFailure("leaf", found: "no final LF, or not UTF-8", wanted: "text lines")
    }
    // By bytes: a log holds millions of leaves, and finding the borders of characters is slow.
    var lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
      .map { Substring($0) }[...]
    lines.removeLast()
    func next(_ name: String) throws(EvidenceFailure) -> Substring {
      guard let line = lines.popFirst()?.utf8, line.starts(with: name.utf8),
        line.dropFirst(name.utf8.count).first == 0x20
      else {
        throw EvidenceFailure("leaf", found: "no \(name) line in its place", wanted: name)
      }
      return Substring(line.dropFirst(name.utf8.count + 1))
    }
    func number(_ name: String) throws(EvidenceFailure) -> UInt64 {
      let text = try next(name)
      guard let value = UInt64(text), String(value) == text else {
        throw EvidenceFailure("leaf \(name)", found: String(text), wanted: "a decimal number")
      }
      return value
    }
    guard lines.popFirst() == "blackbox/leaf/v1",
      let kind = lines.popFirst().flatMap({ Kind(rawValue: String($0)) })
    else {
      throw EvidenceFailure("leaf", found: "another kind of line", wanted: "blackbox/leaf/v1")
    }
    self.kind = kind
    if kind == .key {
      verifierKey = String(try next("vkey"))
    } else {
      let id = try next("session")
      guard let session = SessionID(id) else {
        throw EvidenceFailure("leaf session", found: String(id), wanted: "a session id")
      }
      self.session = session
      self.lines = try number("lines")
      let root = try next("root")
      guard let rootBytes = Base64.decode(root), let rootDigest = Digest(rootBytes) else {
        throw EvidenceFailure("leaf root", found: String(root), wanted: "32 bytes in base64")
      }
      self.root = rootDigest
      self.bytes = try number("bytes")
      let sha = try next("sha256")
      guard let shaDigest = Digest(hex: sha) else {
        throw EvidenceFailure("leaf sha256", found: String(sha), wanted: "64 hex digits")
      }
      sha256 = shaDigest
    }
    let time = try next("time")
    // One spelling for each leaf: what is read is what would be written.
    guard let moment = WallTime.parse(time), WallTime.format(moment) == time else {
      throw EvidenceFailure("leaf time", found: String(time), wanted: "RFC 3339 in UTC")
    }
    self.time = moment
    if kind == .erase {
      withheld = String(try next("withheld"))
      by = String(try next("by"))
    }
    guard lines.isEmpty else {
      throw EvidenceFailure("leaf", found: "more lines than the kind has", wanted: "none")
    }
  }
}

internal import Platform

extension Note {
  /// What one known key says about a note.
  package enum Verdict: Sendable, Equatable {
    /// Signed.
    ///
    /// A witness also says when: seconds since 1970, the latest if there are several.
    case valid(time: UInt64?)
    /// A signature that names this key is not its signature: the whole note is to be rejected.
    case invalid
    /// No signature names this key.
    ///
    /// Another key's signature under the same name counts as this.
    case absent
  }

  /// Checks every signature that bears both the name and the id of `key`; all others are unknown.
  ///
  /// One bad signature among good ones of the same key is `invalid`.
  package func verify(by key: VerifierKey) -> Verdict {
    var verdict = Verdict.absent
    for signature in signatures
    where signature.id == key.id && signature.name.sameBytes(as: key.name) {
      switch (verify(signature, by: key), verdict) {
      case (.valid(let time?), .valid(let latest?)): verdict = .valid(time: max(time, latest))
      case (.valid(let time), _): verdict = .valid(time: time)
      default: return .invalid
      }
    }
    return verdict
  }

  private func verify(_ signature: Signature, by key: VerifierKey) -> Verdict {
    switch key.kind {
    case .ed25519:
      let valid = Ed25519.verify(signature.bytes, of: Array(text.utf8), by: key.publicKey)
      return valid ? .valid(time: nil) : .invalid
    case .cosignature:
      guard signature.bytes.count == 72 else { return .invalid }
      let time = signature.bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      guard time < 1 << 63 else { return .invalid }
      let message = Note.cosigned(text, time: time)
      let valid = Ed25519.verify(
        Array(signature.bytes.dropFirst(8)), of: message, by: key.publicKey)
      return valid ? .valid(time: time) : .invalid
    }
  }

  /// What a witness signs.
  ///
  /// Source: C2SP tlog-cosignature, "Ed25519 signed message".
  package static func cosigned(_ text: String, time: UInt64) -> [UInt8] {
    Array("cosignature/v1\ntime \(time)\n\(text)".utf8)
  }
}

internal import Platform
package import SessionLog

/// Planted false values, known by their keyed digests alone.
///
/// Source of candidates and digests: schema/events.md, Canaries.
package struct CanaryBook: Sendable {
  package enum Form: String, Sendable, CaseIterable { case digits, word, email }

  struct Canary: Sendable, Equatable {
    var form: Form
    var length: Int
    var digest: [UInt8]
    var uid: String
  }

  private(set) var canaries: [Canary] = []
  private let key: @Sendable ([UInt8]) throws(AuditFailure) -> [UInt8]

  /// `state` holds the store's secret.
  package init(_ state: StateDirectory, _ store: Store) throws(AuditFailure) {
    let key = try logged { () throws(SessionLogFailure) in try state.contentKey(for: store) }
    self.key = { (value: [UInt8]) throws(AuditFailure) -> [UInt8] in
      do throws(CryptoFailure) { return try key.digest(of: value).bytes } catch {
        throw AuditFailure(
          .unusableIndex, "no digest can be made", found: error.reason,
          advice: "Check that libcrypto is installed whole.")
      }
    }
  }

  package var isEmpty: Bool { canaries.isEmpty }

  /// Takes a value in hand: only its form, length and digest are kept.
  package mutating func add(value: String, uid: String) throws(AuditFailure) {
    let bytes = Array(value.utf8)
    let digits = bytes.filter { (48...57).contains($0) }
    let form: Form
    let canonical: [UInt8]
    if bytes.allSatisfy({ (48...57).contains($0) || $0 == 0x20 || $0 == 0x2D }), digits.count >= 6 {
      (form, canonical) = (.digits, digits)
    } else if bytes.filter({ $0 == UInt8(ascii: "@") }).count == 1,
      Self.candidates(in: bytes, .email).first.map({ $0.count == bytes.count }) ?? false
    {
      (form, canonical) = (.email, Array(value.lowercased().utf8))
    } else {
      (form, canonical) = (.word, bytes)
    }
    canaries.append(
      Canary(form: form, length: canonical.count, digest: try key(canonical), uid: uid))
  }

  /// Names of the canaries that stand in a text.
  func names(in text: [UInt8]) throws(AuditFailure) -> [String] {
    var found: [String] = []
    for form in Form.allCases {
      let wanted = canaries.filter { $0.form == form }
      guard !wanted.isEmpty else { continue }
      for candidate in Set(Self.candidates(in: text, form))
      where wanted.contains(where: { $0.length == candidate.count }) {
        let digest = try key(candidate)
        for canary in wanted where canary.digest == digest { found.append(canary.uid) }
      }
    }
    return found
  }

  /// Cuts candidates out of a text.
  static func candidates(in text: [UInt8], _ form: Form) -> [[UInt8]] {
    func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    var found: [[UInt8]] = []
    var run: [UInt8] = []
    func end() {
      if !run.isEmpty { found.append(run) }
      run = []
    }
    switch form {
    case .digits:
      for (place, byte) in text.enumerated() {
        if isDigit(byte) {
          run.append(byte)
        } else if byte != 0x20 && byte != 0x2D || run.isEmpty || place + 1 >= text.count
          || !isDigit(text[place + 1])
        {
          end()
        }
      }
    case .email:
      for byte in text {
        let isLetter = isDigit(byte) || (65...90).contains(byte & 0xDF)
        if isLetter || ".!#$%&'*+/=?^_{|}~-@".utf8.contains(byte) {
          run.append((65...90).contains(byte) ? byte | 0x20 : byte)
        } else {
          end()
        }
      }
      end()
      return found.filter { run in run.filter { $0 == UInt8(ascii: "@") }.count == 1 }
    case .word:
      for byte in text {
        if byte <= 0x20 || byte == 0x7F || "\"'`,;()[]{}<>|".utf8.contains(byte) {
          end()
        } else {
          run.append(byte)
        }
      }
    }
    end()
    return found
  }
}

extension CanaryBook {
  /// Adds the canaries that events told of.
  package mutating func add(recordedIn index: borrowing AuditIndex) throws(AuditFailure) {
    canaries += try index.recordedCanaries()
  }
}

extension AuditIndex {
  fileprivate func recordedCanaries() throws(AuditFailure) -> [CanaryBook.Canary] {
    try indexed { () throws(SQLiteFailure) -> [CanaryBook.Canary] in
      let rows = try database.prepare(
        """
        SELECT form, length, value_hmac, uid FROM canary
        """)
      var all: [CanaryBook.Canary] = []
      while try rows.step() {
        guard let form = CanaryBook.Form(rawValue: rows.text(0)),
          let digest = Hex.decode(rows.text(2)), digest.count == 32
        else { continue }
        all.append(
          CanaryBook.Canary(
            form: form, length: Int(clamping: rows.integer(1)), digest: digest,
            uid: rows.text(3)))
      }
      return all
    }
  }

  /// Events in whose text a canary stands.
  func seen(_ book: CanaryBook) throws(AuditFailure) -> [RawFinding] {
    guard !book.isEmpty else { return [] }
    var texts: [Int64: [String]] = [:]
    var failure: AuditFailure?
    let places = try indexed { () throws(SQLiteFailure) in
      let all = try database.prepare("SELECT tid, body FROM txt")
      while try all.step() {
        do throws(AuditFailure) {
          let names = try book.names(in: Array(all.text(1).utf8))
          if !names.isEmpty { texts[all.integer(0)] = names }
        } catch {
          failure = error
          break
        }
      }
      all.reset()
      return try self.places(of: texts.keys.sorted())
    }
    if let failure { throw failure }
    return places.map { eid, tids in
      let names = Set(tids.flatMap { texts[$0] ?? [] }).sorted()
      return RawFinding(
        eid: eid, details: ["canary " + names.joined(separator: ", ")], more: [], count: names.count
      )
    }
  }
}

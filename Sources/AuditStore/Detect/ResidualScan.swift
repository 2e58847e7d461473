/// Looks for what should not stand in stored text: it names the type and the place, never the value.
package enum ResidualKind: String, Sendable, CaseIterable {
  /// A payment card's number: issuer's range, length and Luhn digit.
  case card
  /// A US social security number, with its dashes.
  case ssn
  /// A signed JSON web token.
  case jwt
  /// A private key in PEM armour.
  case privateKey = "private_key"
  /// An access key of a cloud or a code host, known by its prefix.
  case cloudKey = "cloud_key"

  package var severity: Int64 { self == .privateKey || self == .cloudKey ? 5 : 4 }
}

/// One pass over bytes, whatever they are.
package struct ResidualScan: Sendable {
  package struct Hit: Sendable, Equatable {
    package var kind: ResidualKind
    /// Bytes of the text.
    package var range: Range<Int>
  }

  /// Everything that was found, from left to right, none within another.
  package static func hits(in text: [UInt8]) -> [Hit] {
    var scan = ResidualScan(text: text)
    scan.run()
    return scan.hits
  }

  private let text: [UInt8]
  private var hits: [Hit] = []

  private init(text: [UInt8]) { self.text = text }

  private mutating func run() {
    var place = 0
    while place < text.count {
      let byte = text[place]
      let isStart = place == 0 || !Self.isWord(text[place - 1])
      var hit: Hit?
      if isStart {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): hit = ssn(at: place) ?? card(at: place)
        case UInt8(ascii: "e"): hit = token(at: place)
        case UInt8(ascii: "-"): hit = pem(at: place)
        case UInt8(ascii: "A"), UInt8(ascii: "g"), UInt8(ascii: "x"), UInt8(ascii: "s"):
          hit = cloudKey(at: place)
        default: break
        }
      }
      guard let hit else {
        place += 1
        continue
      }
      hits.append(hit)
      place = hit.range.upperBound
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
  private static func isWord(_ byte: UInt8) -> Bool {
    isDigit(byte) || (65...90).contains(byte & 0xDF) || byte == UInt8(ascii: "_")
  }
  /// Of base64url.
  private static func isToken(_ byte: UInt8) -> Bool { isWord(byte) || byte == UInt8(ascii: "-") }

  private func byte(_ place: Int) -> UInt8 { place < text.count ? text[place] : 0 }

  private func starts(_ prefix: StaticString, at place: Int) -> Bool {
    guard text.count - place >= prefix.utf8CodeUnitCount else { return false }
    return prefix.withUTF8Buffer { bytes in
      unsafe text[place..<place + bytes.count].elementsEqual(bytes)
    }
  }

  private func run(from place: Int, while matches: (UInt8) -> Bool) -> Int {
    var end = place
    while end < text.count, matches(text[end]) { end += 1 }
    return end
  }

  private func number(_ place: Int, _ count: Int) -> Int? {
    guard place + count <= text.count else { return nil }
    var value = 0
    for byte in text[place..<place + count] {
      guard Self.isDigit(byte) else { return nil }
      value = value * 10 + Int(byte - 48)
    }
    return value
  }

  /// `AAA-GG-SSSS`; areas 000, 666 and 9xx, group 00 and serial 0000 were never given out.
  private func ssn(at place: Int) -> Hit? {
    guard let area = number(place, 3), byte(place + 3) == UInt8(ascii: "-"),
      let group = number(place + 4, 2), byte(place + 6) == UInt8(ascii: "-"),
      let serial = number(place + 7, 4), area != 0, area != 666, area < 900, group != 0,
      serial != 0
    else { return nil }
    let next = byte(place + 11)
    guard !Self.isWord(next), next != UInt8(ascii: "-") else { return nil }
    if place > 0, text[place - 1] == UInt8(ascii: "-") { return nil }
    return Hit(kind: .ssn, range: place..<place + 11)
  }

  /// 13 to 19 digits, in one piece or in groups parted by one kind of separator.
  private func card(at place: Int) -> Hit? {
    if place > 0, text[place - 1] == UInt8(ascii: "-") || text[place - 1] == UInt8(ascii: ".") {
      return nil
    }
    var digits: [UInt8] = []
    var groups = [0]
    var separator: UInt8?
    var end = place
    while end < text.count, digits.count <= 19 {
      let byte = text[end]
      if Self.isDigit(byte) {
        digits.append(byte - 48)
        groups[groups.count - 1] += 1
        end += 1
      } else if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "-"),
        separator == nil || separator == byte, Self.isDigit(self.byte(end + 1)),
        groups[groups.count - 1] >= 3, digits.count < 16
      {
        separator = byte
        groups.append(0)
        end += 1
      } else {
        break
      }
    }
    if end < text.count, Self.isWord(text[end]) || text[end] == UInt8(ascii: "-") { return nil }
    let isGrouped =
      groups.count == 1 || groups == [4, 4, 4, 4] || groups == [4, 6, 5] || groups == [4, 6, 4]
      || groups == [4, 4, 4, 4, 3]
    guard isGrouped, Self.isIssued(digits), Self.luhn(digits) else { return nil }
    return Hit(kind: .card, range: place..<end)
  }

  /// Source: ISO/IEC 7812, the issuers' published ranges.
  private static func isIssued(_ digits: [UInt8]) -> Bool {
    guard digits.count >= 13 else { return false }
    let head = digits.prefix(4).reduce(0) { $0 * 10 + Int($1) }
    // All the same digit is filler.
    guard Set(digits).count > 1 else { return false }
    switch head {
    case 4000...4999: return digits.count == 13 || digits.count == 16 || digits.count == 19
    case 5100...5599, 2221...2720: return digits.count == 16
    case 3400...3499, 3700...3799: return digits.count == 15
    case 6011, 6440...6599: return digits.count == 16 || digits.count == 19
    case 3528...3589: return digits.count == 16
    case 3000...3059, 3600...3699, 3800...3899: return digits.count == 14
    case 6200...6299: return (16...19).contains(digits.count)
    default: return false
    }
  }

  private static func luhn(_ digits: [UInt8]) -> Bool {
    var sum = 0
    for (place, digit) in digits.reversed().enumerated() {
      let value = place % 2 == 1 ? Int(digit) * 2 : Int(digit)
      sum += value > 9 ? value - 9 : value
    }
    return sum % 10 == 0
  }

  /// `eyJ….eyJ….…`, header and claims being JSON objects in base64url.
  ///
  /// Source: RFC 7519.
  private func token(at place: Int) -> Hit? {
    guard starts("eyJ", at: place) else { return nil }
    let header = run(from: place, while: Self.isToken)
    guard header - place >= 16, byte(header) == UInt8(ascii: "."), starts("eyJ", at: header + 1)
    else { return nil }
    let claims = run(from: header + 1, while: Self.isToken)
    guard claims - header >= 8, byte(claims) == UInt8(ascii: ".") else { return nil }
    let signature = run(from: claims + 1, while: Self.isToken)
    guard signature - claims >= 20 else { return nil }
    return Hit(kind: .jwt, range: place..<signature)
  }

  /// `-----BEGIN … PRIVATE KEY-----`; the armour alone is enough.
  private func pem(at place: Int) -> Hit? {
    guard starts("-----BEGIN ", at: place) else { return nil }
    let label = place + 11
    let end = run(from: label) { (65...90).contains($0) || $0 == UInt8(ascii: " ") }
    guard end - label <= 40, starts("-----", at: end), end - label >= 11,
      text[label..<end].suffix(11).elementsEqual("PRIVATE KEY".utf8)
    else { return nil }
    return Hit(kind: .privateKey, range: place..<end + 5)
  }

  private func cloudKey(at place: Int) -> Hit? {
    func isUpper(_ byte: UInt8) -> Bool { Self.isDigit(byte) || (65...90).contains(byte) }
    func isAlphanumeric(_ byte: UInt8) -> Bool {
      Self.isWord(byte) && byte != UInt8(ascii: "_")
    }
    func hit(_ prefix: Int, _ counts: ClosedRange<Int>, _ matches: (UInt8) -> Bool) -> Hit? {
      let end = run(from: place + prefix, while: matches)
      guard counts.contains(end - place - prefix), !Self.isWord(byte(end)) else { return nil }
      return Hit(kind: .cloudKey, range: place..<end)
    }
    if starts("AKIA", at: place) || starts("ASIA", at: place) { return hit(4, 16...16, isUpper) }
    if starts("AIza", at: place) { return hit(4, 35...35, Self.isToken) }
    if starts("github_pat_", at: place) { return hit(11, 40...255, Self.isWord) }
    for prefix: StaticString in ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"]
    where starts(prefix, at: place) { return hit(4, 36...255, isAlphanumeric) }
    if starts("glpat-", at: place) { return hit(6, 20...64, Self.isToken) }
    for prefix: StaticString in ["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-"]
    where starts(prefix, at: place) { return hit(5, 20...255, Self.isToken) }
    if starts("sk_live_", at: place) { return hit(8, 16...255, isAlphanumeric) }
    return nil
  }
}

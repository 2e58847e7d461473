/// Payment card numbers: the issuer's digits, the length that goes with them, and the Luhn check.
///
/// Sources: ISO/IEC 7812-1; the issuers' published ranges.
enum CardNumber {
  /// True if the digits among `bytes` are a card number that an issuer could have given out.
  static func isPlausible(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
    var digits: [Int] = []
    for index in range where (0x30...0x39).contains(bytes[index]) {
      digits.append(Int(bytes[index] - 0x30))
    }
    return hasIssuer(digits) && passesLuhn(digits) && !isOneDigit(digits)
  }

  static func passesLuhn(_ digits: [Int]) -> Bool {
    var sum = 0
    for (place, digit) in digits.reversed().enumerated() {
      let weighted = place % 2 == 1 ? digit * 2 : digit
      sum += weighted > 9 ? weighted - 9 : weighted
    }
    return sum % 10 == 0
  }

  /// `0000…` and the like pass the check and are nobody's card.
  private static func isOneDigit(_ digits: [Int]) -> Bool {
    digits.allSatisfy { $0 == digits.first }
  }

  private static func hasIssuer(_ digits: [Int]) -> Bool {
    guard digits.count >= 13 else { return false }
    func first(_ count: Int) -> Int { digits.prefix(count).reduce(0) { $0 * 10 + $1 } }
    let (two, three, four) = (first(2), first(3), first(4))
    switch digits.count {
    case 13: return digits[0] == 4
    case 14: return two == 36 || two == 38 || two == 39 || (300...305).contains(three)
    case 15: return two == 34 || two == 37
    case 16...19:
      if digits[0] == 4 { return digits.count == 16 || digits.count == 19 }
      if (51...55).contains(two) || (2221...2720).contains(four) { return digits.count == 16 }
      let maestro = [5018, 5020, 5038, 5893, 6304, 6759, 6761, 6762, 6763]
      return four == 6011 || (644...649).contains(three) || two == 65 || two == 62
        || (3528...3589).contains(four) || two == 36 || two == 38 || two == 39
        || (300...305).contains(three) || (60...61).contains(two) || (81...82).contains(two)
        || (2200...2204).contains(four) || maestro.contains(four)
    default: return false
    }
  }
}

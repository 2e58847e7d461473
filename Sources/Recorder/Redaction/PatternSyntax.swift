/// A regular expression over bytes, without captures, look-around or back references.
///
/// Syntax: schema/redaction.md.
indirect enum Pattern: Sendable {
  case bytes(ByteSet)
  case sequence([Pattern])
  case choice([Pattern])
  /// `most` is nil for no limit.
  case repeated(Pattern, least: Int, most: Int?)

  /// Fewest bytes that a match has.
  var shortest: Int {
    switch self {
    case .bytes: 1
    case .sequence(let parts): parts.reduce(0) { Pattern.sum($0, $1.shortest) }
    case .choice(let parts): parts.map(\.shortest).min() ?? 0
    case .repeated(let part, let least, _): Pattern.product(part.shortest, least)
    }
  }

  /// How many states it needs, roughly; counted before any is made.
  var weight: Int {
    switch self {
    case .bytes: 1
    case .sequence(let parts), .choice(let parts):
      parts.reduce(1) { Pattern.sum($0, $1.weight) }
    case .repeated(let part, let least, let most):
      Pattern.product(Pattern.sum(part.weight, 1), max(most ?? least + 1, 1))
    }
  }

  private static func sum(_ a: Int, _ b: Int) -> Int {
    let (result, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : result
  }

  private static func product(_ a: Int, _ b: Int) -> Int {
    let (result, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? .max : result
  }
}

/// A pattern with its marks, as written in a rules file.
struct ParsedPattern: Sendable {
  var pattern: Pattern
  /// What stands before the secret and is kept: all before `\K`.
  var lead: Pattern?
  /// `\b` at the start, at the end.
  var startsAtBoundary = false
  var endsAtBoundary = false
}

/// Where and why a pattern cannot be used.
struct PatternFault: Error, Equatable {
  /// Byte of the pattern, from 0.
  var offset: Int
  var reason: String
}

/// Reads the syntax of schema/redaction.md.
struct PatternParser {
  /// Nesting of groups.
  static let depth = 32
  static let mostRepeats = 1000

  private let text: [UInt8]
  private var offset = 0
  private var ignoresCase = false

  private init(_ text: [UInt8]) { self.text = text }

  static func parse(_ text: String) throws(PatternFault) -> ParsedPattern {
    var parser = PatternParser(Array(text.utf8))
    return try parser.whole()
  }

  private mutating func whole() throws(PatternFault) -> ParsedPattern {
    if take("(?i)") { ignoresCase = true }
    let startsAtBoundary = take("\\b")
    var first = try choice(0)
    var lead: Pattern?
    if take("\\K") {
      lead = first
      first = .sequence([first, try choice(0)])
    }
    let endsAtBoundary = take("\\b")
    guard offset == text.count else {
      throw fault(
        text[offset] == 0x29
          ? "a ) without its (" : "\\b stands at the start or end, \\K once and outside groups")
    }
    return ParsedPattern(
      pattern: first, lead: lead, startsAtBoundary: startsAtBoundary,
      endsAtBoundary: endsAtBoundary)
  }

  private func fault(_ reason: String) -> PatternFault {
    PatternFault(offset: offset, reason: reason)
  }

  private func starts(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard text.count - offset >= count else { return false }
    return word.withUTF8Buffer { wanted in
      for index in 0..<count where unsafe text[offset + index] != wanted[index] { return false }
      return true
    }
  }

  private mutating func take(_ word: StaticString) -> Bool {
    guard starts(word) else { return false }
    offset += word.utf8CodeUnitCount
    return true
  }

  private mutating func choice(_ depth: Int) throws(PatternFault) -> Pattern {
    guard depth <= Self.depth else { throw fault("groups nested deeper than \(Self.depth)") }
    var branches = [try sequence(depth)]
    while take("|") { branches.append(try sequence(depth)) }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence(_ depth: Int) throws(PatternFault) -> Pattern {
    var parts: [Pattern] = []
    while offset < text.count {
      let byte = text[offset]
      if byte == 0x7C || byte == 0x29 || starts("\\b") || starts("\\K") { break }
      parts.append(try repeated(try atom(depth)))
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func atom(_ depth: Int) throws(PatternFault) -> Pattern {
    let byte = text[offset]
    switch byte {
    case 0x28:
      if !take("(?:") { offset += 1 }
      if starts("?") { throw fault("only groups ( ) and (?: ) are known") }
      let inner = try choice(depth + 1)
      guard take(")") else { throw fault("a ( without its )") }
      return inner
    case 0x5B: return .bytes(try set())
    case 0x5C: return .bytes(cased(try escape()))
    case 0x2E:
      offset += 1
      return .bytes(.dot)
    case 0x2A, 0x2B, 0x3F, 0x7B: throw fault("nothing to repeat")
    case 0x5E, 0x24: throw fault("^ and $ are not known: a terminal has no lines; write \\^ or \\$")
    default:
      offset += 1
      return .bytes(cased(ByteSet([byte])))
    }
  }

  private func cased(_ set: ByteSet) -> ByteSet { ignoresCase ? set.ignoringCase : set }

  private mutating func repeated(_ atom: Pattern) throws(PatternFault) -> Pattern {
    var result = atom
    while offset < text.count {
      switch text[offset] {
      case 0x2A: result = .repeated(result, least: 0, most: nil)
      case 0x2B: result = .repeated(result, least: 1, most: nil)
      case 0x3F: result = .repeated(result, least: 0, most: 1)
      case 0x7B:
        result = try counted(result)
        continue
      default: return result
      }
      offset += 1
    }
    return result
  }

  private mutating func counted(_ atom: Pattern) throws(PatternFault) -> Pattern {
    let start = offset
    offset += 1
    guard let least = number() else { throw fault("a count is {3}, {3,} or {3,9}") }
    var most: Int? = least
    if take(",") { most = starts("}") ? nil : number() ?? -1 }
    guard take("}"), most ?? least >= least, least <= Self.mostRepeats,
      most ?? 0 <= Self.mostRepeats
    else {
      offset = start
      throw fault("a count is {3}, {3,} or {3,9}, and at most \(Self.mostRepeats)")
    }
    return .repeated(atom, least: least, most: most)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while offset < text.count, (0x30...0x39).contains(text[offset]), value ?? 0 < 100_000 {
      value = (value ?? 0) * 10 + Int(text[offset] - 0x30)
      offset += 1
    }
    return value
  }

  private mutating func escape() throws(PatternFault) -> ByteSet {
    offset += 1
    guard offset < text.count else { throw fault("a \\ at the end") }
    let byte = text[offset]
    offset += 1
    switch byte {
    case 0x64: return .digits
    case 0x44: return ByteSet.digits.inverted
    case 0x77: return .word
    case 0x57: return ByteSet.word.inverted
    case 0x73: return .space
    case 0x53: return ByteSet.space.union(ByteSet([0x1B])).inverted
    case 0x6E: return ByteSet([0x0A])
    case 0x72: return ByteSet([0x0D])
    case 0x74: return ByteSet([0x09])
    case 0x78:
      guard offset + 1 < text.count, let high = hex(text[offset]), let low = hex(text[offset + 1])
      else { throw fault("\\x wants two hexadecimal digits") }
      offset += 2
      return ByteSet([high << 4 | low])
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A:
      offset -= 1
      throw fault("an escape that is not known")
    default: return ByteSet([byte])
    }
  }

  private func hex(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x41...0x46: digit - 0x41 + 10
    case 0x61...0x66: digit - 0x61 + 10
    default: nil
    }
  }

  private mutating func set() throws(PatternFault) -> ByteSet {
    offset += 1
    let isInverted = take("^")
    var result = ByteSet()
    var isFirst = true
    while true {
      guard offset < text.count else { throw fault("a [ without its ]") }
      if text[offset] == 0x5D, !isFirst {
        offset += 1
        break
      }
      isFirst = false
      let low = try member()
      guard starts("-"), offset + 1 < text.count, text[offset + 1] != 0x5D else {
        result = result.union(low.set)
        continue
      }
      offset += 1
      let high = try member()
      guard let from = low.single, let to = high.single, from <= to else {
        throw fault("a range goes from a character to a later one")
      }
      result = result.union(ByteSet(from...to))
    }
    result = cased(result)
    // An escape character begins a control sequence: no negated set means to run over one.
    if isInverted { result = result.union(ByteSet([0x1B])).inverted }
    guard !result.isEmpty else { throw fault("a set that matches nothing") }
    return result
  }

  private mutating func member() throws(PatternFault) -> (set: ByteSet, single: UInt8?) {
    guard offset < text.count else { throw fault("a [ without its ]") }
    let byte = text[offset]
    guard byte < 0x80 else { throw fault("a set holds ASCII characters only") }
    guard byte == 0x5C else {
      offset += 1
      return (ByteSet([byte]), byte)
    }
    let set = try escape()
    var single: UInt8?
    for value in UInt8.min...UInt8.max where set.contains(value) {
      if single != nil { return (set, nil) }
      single = value
    }
    return (set, single)
  }
}

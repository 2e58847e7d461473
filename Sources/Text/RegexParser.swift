/// Reads a regular expression.
///
/// Syntax: schema/search-patterns.md. What is not in it is refused.
struct PatternParser {
  static let mostBytes = 4096
  private static let mostDepth = 64
  private static let mostRepeats = 1000

  private let scalars: [Unicode.Scalar]
  private let isTooLong: Bool
  private var at = 0
  private var ignoresCase: Bool
  private var depth = 0

  init(_ text: String, ignoresCase: Bool) {
    isTooLong = text.utf8.count > Self.mostBytes
    scalars = isTooLong ? [] : Array(text.unicodeScalars)
    self.ignoresCase = ignoresCase
  }

  mutating func parse() throws(SearchPattern.Fault) -> PatternNode {
    guard !isTooLong else { throw fault("longer than 4 KiB") }
    guard !scalars.isEmpty else { throw fault("nothing to look for") }
    let node = try choice()
    guard at == scalars.count else { throw fault("a ) without its (") }
    return node
  }

  private var next: Unicode.Scalar? { at < scalars.count ? scalars[at] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    at += 1
    return true
  }

  private mutating func take(_ text: String) -> Bool {
    let wanted = Array(text.unicodeScalars)
    guard scalars[at...].starts(with: wanted) else { return false }
    at += wanted.count
    return true
  }

  private func fault(_ reason: String, at place: Int? = nil) -> SearchPattern.Fault {
    SearchPattern.Fault(offset: place ?? at, reason: reason)
  }

  // MARK: structure

  private mutating func choice() throws(SearchPattern.Fault) -> PatternNode {
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() throws(SearchPattern.Fault) -> PatternNode {
    var nodes: [PatternNode] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      if let node = try repeated() { nodes.append(node) }
    }
    return nodes.count == 1 ? nodes[0] : .sequence(nodes)
  }

  /// One part and how often; nil for what only changes how the rest is read.
  private mutating func repeated() throws(SearchPattern.Fault) -> PatternNode? {
    let start = at
    guard var node = try part() else { return nil }
    while let scalar = next {
      let (least, most): (Int, Int?)
      switch scalar {
      case "*": (least, most) = (0, nil)
      case "+": (least, most) = (1, nil)
      case "?": (least, most) = (0, 1)
      case "{":
        guard let counts = try counts() else { return node }
        (least, most) = counts
      default: return node
      }
      if scalar != "{" { at += 1 }
      if case .assertion = node { throw fault("nothing to repeat", at: start) }
      if case .repetition = node { throw fault("a repetition of a repetition", at: at - 1) }
      node = .repetition(node, least: least, most: most, isGreedy: !take("?"))
    }
    return node
  }

  /// `{n}`, `{n,}` or `{n,m}`; nil where a brace is only a brace.
  private mutating func counts() throws(SearchPattern.Fault) -> (Int, Int?)? {
    let start = at
    at += 1
    func isDigit(_ scalar: Unicode.Scalar?) -> Bool {
      scalar.map { ("0"..."9").contains($0) } ?? false
    }
    func number() -> Int? {
      var value: Int?
      while isDigit(next), let scalar = next {
        value = min((value ?? 0) * 10 + Int(scalar.value - 0x30), 1_000_000)
        at += 1
      }
      return value
    }
    guard let least = number() else {
      at = start
      return try literalBrace()
    }
    var most: Int? = least
    if take(",") { most = number() }
    guard take("}") else {
      at = start
      return try literalBrace()
    }
    guard least <= Self.mostRepeats, most ?? 0 <= Self.mostRepeats else {
      throw fault("more than \(Self.mostRepeats) repetitions", at: start)
    }
    guard most ?? least >= least else { throw fault("the higher count first", at: start) }
    return (least, most)
  }

  private func literalBrace() throws(SearchPattern.Fault) -> (Int, Int?)? {
    throw fault("a { that begins no count; write \\{ for the character")
  }

  private mutating func part() throws(SearchPattern.Fault) -> PatternNode? {
    guard let scalar = next else { throw fault("ends too early") }
    let start = at
    at += 1
    switch scalar {
    case "(": return try group(start)
    case "[": return .set(try set(start))
    case ".": return .set(.notLineFeed)
    case "^": return .assertion(.lineStart)
    case "$": return .assertion(.lineEnd)
    case "*", "+", "?": throw fault("nothing to repeat", at: start)
    case "{": throw fault("a { that begins no count; write \\{ for the character", at: start)
    case "\\": return try escape(start)
    default: return .set(ScalarSet(scalar, ignoresCase: ignoresCase))
    }
  }

  private mutating func group(_ start: Int) throws(SearchPattern.Fault) -> PatternNode? {
    guard depth < Self.mostDepth else { throw fault("nested more than 64 deep", at: start) }
    let outer = ignoresCase
    if take("?i)") {
      ignoresCase = true
      return nil
    }
    if take("?-i)") {
      ignoresCase = false
      return nil
    }
    if take("?i:") {
      ignoresCase = true
    } else if take("?-i:") {
      ignoresCase = false
    } else if !take("?:"), next == "?" {
      throw fault("a kind of group that is not known here", at: start)
    }
    depth += 1
    defer { depth -= 1 }
    let node = try choice()
    guard take(")") else { throw fault("a ( without its )", at: start) }
    ignoresCase = outer
    // A group of one repetition may be repeated.
    return .sequence([node])
  }

  // MARK: characters

  private mutating func escape(_ start: Int) throws(SearchPattern.Fault) -> PatternNode {
    guard let scalar = next else { throw fault("a \\ at the end", at: start) }
    switch scalar {
    case "b": return assertion(.wordBoundary)
    case "B": return assertion(.noWordBoundary)
    case "A": return assertion(.textStart)
    case "z": return assertion(.textEnd)
    default:
      if let set = classEscape() { return .set(set) }
      return .set(ScalarSet(try character(start), ignoresCase: ignoresCase))
    }
  }

  private mutating func assertion(_ kind: PatternNode.Assertion) -> PatternNode {
    at += 1
    return .assertion(kind)
  }

  private mutating func classEscape() -> ScalarSet? {
    let set: ScalarSet
    switch next {
    case "d": set = .digit
    case "D": set = ScalarSet.digit.inverted
    case "w": set = .word
    case "W": set = ScalarSet.word.inverted
    case "s": set = .space
    case "S": set = ScalarSet.space.inverted
    default: return nil
    }
    at += 1
    return set
  }

  /// The character after a backslash that has been taken.
  private mutating func character(_ start: Int) throws(SearchPattern.Fault) -> Unicode.Scalar {
    guard let scalar = next else { throw fault("a \\ at the end", at: start) }
    at += 1
    switch scalar {
    case "t": return "\t"
    case "n": return "\n"
    case "r": return "\r"
    case "f": return "\u{C}"
    case "v": return "\u{B}"
    case "a": return "\u{7}"
    case "e": return "\u{1B}"
    case "0": return "\0"
    case "x": return try code(start, digits: 2)
    case "u": return try code(start, digits: 4)
    case "a"..."z", "A"..."Z", "0"..."9":
      throw fault("\\\(scalar) is not known here", at: start)
    default: return scalar
    }
  }

  private mutating func code(
    _ start: Int, digits: Int
  ) throws(SearchPattern.Fault) -> Unicode.Scalar {
    let isBraced = take("{")
    var text = ""
    while let scalar = next, scalar.properties.isASCIIHexDigit,
      text.utf8.count < (isBraced ? 6 : digits)
    {
      text.unicodeScalars.append(scalar)
      at += 1
    }
    guard isBraced ? take("}") && !text.isEmpty : text.utf8.count == digits,
      let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value)
    else { throw fault("not the code of a character", at: start) }
    return scalar
  }

  private mutating func set(_ start: Int) throws(SearchPattern.Fault) -> ScalarSet {
    let isInverted = take("^")
    var ranges: [ClosedRange<UInt32>] = []
    var isFirst = true
    while true {
      guard let scalar = next else { throw fault("a [ without its ]", at: start) }
      if scalar == "]", !isFirst {
        at += 1
        break
      }
      isFirst = false
      if take("[:") {
        ranges += try named().ranges
        continue
      }
      let place = at
      at += 1
      var low = scalar
      if scalar == "\\" {
        if let set = classEscape() {
          ranges += set.ranges
          continue
        }
        low = try setCharacter(place)
      }
      guard next == "-", at + 1 < scalars.count, scalars[at + 1] != "]" else {
        ranges.append(low.value...low.value)
        continue
      }
      at += 1
      let highPlace = at
      var high = scalars[at]
      at += 1
      if high == "\\" { high = try setCharacter(highPlace) }
      guard low <= high else { throw fault("a range that ends before it begins", at: place) }
      ranges.append(low.value...high.value)
    }
    var set = ScalarSet(ranges)
    if ignoresCase { set = set.withBothCases }
    return isInverted ? set.inverted : set
  }

  private mutating func setCharacter(_ start: Int) throws(SearchPattern.Fault) -> Unicode.Scalar {
    take("b") ? "\u{8}" : try character(start)
  }

  private mutating func named() throws(SearchPattern.Fault) -> ScalarSet {
    let start = at - 2
    var name = ""
    while let scalar = next, ("a"..."z").contains(scalar) {
      name.unicodeScalars.append(scalar)
      at += 1
    }
    guard take(":]"), let set = ScalarSet.named(name) else {
      throw fault("a class that is not known here", at: start)
    }
    return set
  }
}

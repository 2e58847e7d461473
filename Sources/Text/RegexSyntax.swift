/// A regular expression as it was read.
indirect enum PatternNode: Sendable {
  enum Assertion: UInt8, Sendable {
    case lineStart, lineEnd, textStart, textEnd, wordBoundary, noWordBoundary
  }

  case set(ScalarSet)
  case sequence([PatternNode])
  /// The first one that leads to a match is taken.
  case choice([PatternNode])
  case repetition(PatternNode, least: Int, most: Int?, isGreedy: Bool)
  case assertion(Assertion)
}

/// A set of Unicode scalars as sorted ranges that neither touch nor overlap.
struct ScalarSet: Sendable, Equatable {
  private(set) var ranges: [ClosedRange<UInt32>]

  init(_ ranges: [ClosedRange<UInt32>] = []) { self.ranges = Self.normal(ranges) }

  init(_ scalar: Unicode.Scalar, ignoresCase: Bool) {
    self.init([scalar.value...scalar.value])
    if ignoresCase { self = withBothCases }
  }

  /// The one character this is, in ASCII lower case; nil if it is more than both cases of one letter.
  var folded: Unicode.Scalar? {
    if ranges.count == 1, ranges[0].count == 1, let scalar = Unicode.Scalar(ranges[0].lowerBound) {
      return (0x41...0x5A).contains(scalar.value) ? Unicode.Scalar(scalar.value + 32) : scalar
    }
    guard ranges.count == 2, ranges[0].count == 1, ranges[1].count == 1,
      (0x41...0x5A).contains(ranges[0].lowerBound),
      ranges[1].lowerBound == ranges[0].lowerBound + 32
    else { return nil }
    return Unicode.Scalar(ranges[1].lowerBound)
  }

  var inverted: ScalarSet {
    var result: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges {
      if range.lowerBound > next { result.append(next...range.lowerBound - 1) }
      next = range.upperBound + 1
    }
    if next <= 0x10FFFF { result.append(next...0x10FFFF) }
    return ScalarSet(result)
  }

  func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

  /// The set with each character's other case.
  var withBothCases: ScalarSet {
    var all = ranges
    for range in ranges {
      let few = range.count <= 512 ? range : range.clamped(to: 0x41...0x7A)
      guard range.count <= 512 || range.overlaps(0x41...0x7A) else { continue }
      for value in few {
        guard let scalar = Unicode.Scalar(value) else { continue }
        let properties = scalar.properties
        for text in [properties.lowercaseMapping, properties.uppercaseMapping] {
          var scalars = text.unicodeScalars.makeIterator()
          guard let other = scalars.next(), scalars.next() == nil, other != scalar else { continue }
          all.append(other.value...other.value)
        }
      }
    }
    return ScalarSet(all)
  }

  private static func normal(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var result: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = result.last, range.lowerBound <= last.upperBound &+ 1 {
        result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
    return result
  }

  static let digit = ScalarSet([0x30...0x39])
  static let word = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
  static let space = ScalarSet([0x09...0x0D, 0x20...0x20])
  static let notLineFeed = ScalarSet([0x0A...0x0A]).inverted

  /// The POSIX classes, ASCII.
  static func named(_ name: String) -> ScalarSet? {
    switch name {
    case "alnum": ScalarSet([0x30...0x39, 0x41...0x5A, 0x61...0x7A])
    case "alpha": ScalarSet([0x41...0x5A, 0x61...0x7A])
    case "blank": ScalarSet([0x09...0x09, 0x20...0x20])
    case "cntrl": ScalarSet([0x00...0x1F, 0x7F...0x7F])
    case "digit": digit
    case "graph": ScalarSet([0x21...0x7E])
    case "lower": ScalarSet([0x61...0x7A])
    case "print": ScalarSet([0x20...0x7E])
    case "punct": ScalarSet([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E])
    case "space": space
    case "upper": ScalarSet([0x41...0x5A])
    case "word": word
    case "xdigit": ScalarSet([0x30...0x39, 0x41...0x46, 0x61...0x66])
    default: nil
    }
  }
}

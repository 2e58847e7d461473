/// What to look for in text: plain text or a regular expression, matched in linear time.
///
/// Syntax and limits: schema/search-patterns.md.
package struct SearchPattern: Sendable, Equatable {
  /// Why a pattern cannot be used, and where, in scalars from its start.
  package struct Fault: Error, Sendable, Equatable {
    package var offset: Int
    package var reason: String
  }

  /// As it was given, without the slashes of an expression.
  package let source: String
  package let isExpression: Bool
  package let ignoresCase: Bool
  /// UTF-8 pieces with ASCII letters in lower case: whatever matches holds at least one of them, in either case.
  ///
  /// Empty where nothing is known. For indexes that can tell quickly where a piece cannot be.
  package let anyOf: [[UInt8]]
  /// The pattern as one piece of text, where it is nothing else.
  let literal: PatternLiterals.Whole?
  let program: PatternProgram

  /// Reads a pattern as people type it: `/…/` or `/…/i` is an expression, anything else plain text.
  package init(typed text: String) throws(Fault) {
    if text.utf8.count >= 2, text.hasPrefix("/") {
      if text.hasSuffix("/") {
        self = try Self(expression: String(text.dropFirst().dropLast()))
        return
      }
      if text.hasSuffix("/i"), text.utf8.count >= 3 {
        self = try Self(expression: String(text.dropFirst().dropLast(2)), ignoresCase: true)
        return
      }
    }
    self = try Self(plain: text)
  }

  /// Plain text; `ignoresCase` nil ignores it unless there is a capital letter in the text.
  package init(plain text: String, ignoresCase: Bool? = nil) throws(Fault) {
    let ignores = ignoresCase ?? !text.utf8.contains { (0x41...0x5A).contains($0) }
    guard !text.isEmpty else { throw Fault(offset: 0, reason: "nothing to look for") }
    guard text.utf8.count <= PatternParser.mostBytes else {
      throw Fault(offset: 0, reason: "longer than 4 KiB")
    }
    let nodes = text.unicodeScalars.map { PatternNode.set(ScalarSet($0, ignoresCase: ignores)) }
    self = try Self(text, .sequence(nodes), isExpression: false, ignores)
  }

  package init(expression text: String, ignoresCase: Bool = false) throws(Fault) {
    var parser = PatternParser(text, ignoresCase: ignoresCase)
    self = try Self(text, try parser.parse(), isExpression: true, ignoresCase)
  }

  private init(
    _ source: String, _ node: PatternNode, isExpression: Bool, _ ignoresCase: Bool
  ) throws(Fault) {
    self.source = source
    self.isExpression = isExpression
    self.ignoresCase = ignoresCase
    anyOf = PatternLiterals.anyOf(node)
    literal = PatternLiterals.whole(node)
    program = try PatternProgram(node)
  }

  /// A pattern is what was asked for; how it is matched follows from that.
  package static func == (left: Self, right: Self) -> Bool {
    left.source == right.source && left.isExpression == right.isExpression
      && left.ignoresCase == right.ignoresCase
  }
}

/// Pieces of text that every match of a pattern must hold.
enum PatternLiterals {
  private static let most = 16

  /// Text that a pattern stands for alone; with `folds`, in ASCII lower case, and found in either.
  struct Whole: Sendable, Equatable {
    var bytes: [UInt8]
    var folds: Bool
  }

  /// Nil where a node is more than characters, or some of its letters may be of either case and others may not.
  static func whole(_ node: PatternNode) -> Whole? {
    var bytes: [UInt8] = []
    var (hasExactLetter, hasBothCases) = (false, false)
    func add(_ node: PatternNode) -> Bool {
      switch node {
      case .set(let set):
        guard let scalar = set.folded else { return false }
        if set.ranges.count == 2 {
          hasBothCases = true
          bytes.append(UInt8(truncatingIfNeeded: scalar.value))
          return true
        }
        let exact = set.ranges[0].lowerBound
        if (0x41...0x5A).contains(exact) || (0x61...0x7A).contains(exact) { hasExactLetter = true }
        guard let exact = Unicode.Scalar(exact) else { return false }
        bytes += Array(String(Character(exact)).utf8)
        return true
      case .sequence(let nodes): return nodes.allSatisfy(add)
      default: return false
      }
    }
    guard add(node), !bytes.isEmpty, !(hasExactLetter && hasBothCases) else { return nil }
    return Whole(bytes: bytes, folds: hasBothCases)
  }

  static func anyOf(_ node: PatternNode) -> [[UInt8]] {
    let found = best(node) ?? []
    return found.contains { $0.isEmpty } ? [] : found
  }

  /// The set whose shortest piece is longest; nil where there is none.
  private static func best(_ node: PatternNode) -> [[UInt8]]? {
    switch node {
    case .set(let set): return set.folded.map { [Array(String(Character($0)).utf8)] }
    case .sequence(let nodes):
      var candidates: [[[UInt8]]] = []
      var run: [UInt8] = []
      func end() {
        if !run.isEmpty { candidates.append([run]) }
        run = []
      }
      for node in nodes {
        if case .set(let set) = node, let scalar = set.folded {
          run += Array(String(Character(scalar)).utf8)
          continue
        }
        // What has no width stands between its neighbours and parts nothing.
        if case .assertion = node { continue }
        end()
        if let inner = best(node) { candidates.append(inner) }
      }
      end()
      return candidates.max { shortest($0) < shortest($1) }
    case .choice(let nodes):
      var all: [[UInt8]] = []
      for node in nodes {
        guard let inner = best(node) else { return nil }
        all += inner
      }
      return all.count <= most && !all.isEmpty ? all : nil
    case .repetition(let inner, let least, _, _): return least > 0 ? best(inner) : nil
    case .assertion: return nil
    }
  }

  private static func shortest(_ pieces: [[UInt8]]) -> Int { pieces.map(\.count).min() ?? 0 }
}

/// What is looked for, and replaced, before anything is written.
package struct RedactionRules: Sendable {
  package var detectors: [Detector]
  /// What line 0 says of it: names of built-in detectors, and of own patterns.
  package var names: [String] { detectors.map(\.name) }

  /// States that all patterns together may need.
  static let mostStates = 50_000
  /// A shorter match says nothing.
  static let shortestMatch = 4

  /// All that is built in.
  package static let builtIn = RedactionRules(detectors: Detector.builtIn)

  init(detectors: [Detector]) { self.detectors = detectors }

  /// Detectors that are built in, by their names; nil if one is not known.
  package init?(named names: [String]) {
    let taken = Detector.builtIn.filter { names.contains($0.name) }
    guard !names.isEmpty, Set(names).count == taken.count else { return nil }
    detectors = taken
  }

  /// Both sets; of two detectors with one name the first counts.
  package func joined(with other: RedactionRules) -> RedactionRules {
    let known = Set(names)
    return RedactionRules(
      detectors: detectors + other.detectors.filter { !known.contains($0.name) })
  }

  /// Why rules cannot be used: which line of which file, and what is wrong there.
  package struct Fault: Error, Sendable {
    package var line: Int
    package var reason: String
  }

  /// Reads a file of own patterns: `name = pattern` lines; `#` begins a comment line.
  ///
  /// `include NAME` takes a built-in detector, `include all` takes all of them. Syntax: schema/redaction.md.
  package init(parsing text: String) throws(Fault) {
    detectors = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let line = Self.trimmed(line)
      if line.isEmpty || line.hasPrefix("#") { continue }
      try add(line: line, number: index + 1)
    }
    guard !detectors.isEmpty else { throw Fault(line: 1, reason: "no pattern in the file") }
    let weight = detectors.reduce(0) { $0 &+ $1.pattern.pattern.weight }
    guard weight <= Self.mostStates else {
      throw Fault(line: 1, reason: "the patterns together are too big: shorten their counts")
    }
  }

  private mutating func add(line: Substring, number: Int) throws(Fault) {
    if line.hasPrefix("include ") {
      let name = Self.trimmed(line.dropFirst(8))
      let taken = Detector.builtIn.filter { name == "all" || $0.name == name }
      guard !taken.isEmpty else {
        throw Fault(line: number, reason: "no detector of this name is built in")
      }
      let known = Set(names)
      detectors += taken.filter { !known.contains($0.name) }
      return
    }
    guard let mark = line.firstIndex(of: "=") else {
      throw Fault(line: number, reason: "neither NAME = PATTERN nor include NAME")
    }
    let name = Self.trimmed(line[..<mark])
    guard Self.isName(name) else {
      throw Fault(line: number, reason: "a name is made of a-z, 0-9 and _, 32 at most")
    }
    guard !names.contains(String(name)) else {
      throw Fault(line: number, reason: "a name that was used before")
    }
    let pattern: ParsedPattern
    do throws(PatternFault) {
      pattern = try PatternParser.parse(
        String(Self.trimmed(line[line.index(after: mark)...])))
    } catch {
      throw Fault(
        line: number, reason: "byte \(error.offset) of the pattern: \(error.reason)")
    }
    guard pattern.pattern.weight <= Self.mostStates else {
      throw Fault(line: number, reason: "too big: shorten its counts")
    }
    guard pattern.pattern.shortest >= Self.shortestMatch else {
      throw Fault(
        line: number,
        reason: "it may match fewer than \(Self.shortestMatch) bytes, which hides half the screen")
    }
    if let lead = pattern.lead, pattern.pattern.shortest <= lead.shortest {
      throw Fault(line: number, reason: "after \\K it may match nothing")
    }
    detectors.append(Detector(name: String(name), summary: "", pattern: pattern))
  }

  private static func isName(_ name: Substring) -> Bool {
    let isShort = (1...32).contains(name.utf8.count)
    return isShort
      && name.utf8.allSatisfy {
        (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F
      }
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while let last = text.last, last == " " || last == "\t" || last == "\r" { text.removeLast() }
    return text.drop { $0 == " " || $0 == "\t" }
  }
}

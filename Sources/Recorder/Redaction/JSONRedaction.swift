/// Redacts JSON: each string and each number is a text of its own, and what comes out is JSON again.
struct JSONRedaction {
  private var redactor: Redactor
  private var found: [Redactor.Finding] = []

  init(_ rules: RedactionRules) {
    redactor = Redactor(rules)
    redactor.tracesExtents = true
  }

  /// What was replaced since the last call.
  mutating func takeFindings() -> [Redactor.Finding] {
    var result = redactor.takeFindings()
    for finding in found { result.add(finding) }
    found.removeAll()
    return result
  }

  /// JSON with its secrets replaced; it was found to be JSON before, or is members of an object that was.
  mutating func redact(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var copied = 0
    var index = 0
    while index < text.count {
      let start = index
      let replacement: [UInt8]?
      switch text[index] {
      case 0x22:
        // Without an end it would be no JSON; all the rest is taken as what it says.
        let end = Self.stringEnd(text, start)
        index = end.map { $0 + 1 } ?? text.count
        let inner = Array(text[start + 1..<(end ?? text.count)])
        replacement = redact(string: inner).map { [0x22] + $0 + (end == nil ? [] : [0x22]) }
      case 0x30...0x39, 0x2D:
        while index < text.count, Self.isNumber(text[index]) { index += 1 }
        // A number cannot hold words: it becomes a string.
        replacement = redact(plain: Array(text[start..<index])).map { [0x22] + $0 + [0x22] }
      default:
        index += 1
        continue
      }
      guard let replacement else { continue }
      result += text[copied..<start]
      result += replacement
      copied = index
    }
    guard copied > 0 else { return text }
    result += text[copied...]
    return result
  }

  /// A text that is no JSON, with those secrets replaced that show once JSON's escapes in it are read; nil if there are
  /// none.
  ///
  /// What is behind an escape begins a word there that its raw bytes do not show. Unless the stream `isEnd` there, what
  /// may go on behind the text is left alone: the stream's own matcher finds it, with what follows.
  mutating func redact(escapesOf text: [UInt8], isEnd: Bool) -> [UInt8]? {
    guard text.contains(0x5C) else { return nil }
    let escaped = EscapedText(bytes: text)
    for finding in redactor.takeFindings() { found.add(finding) }
    let decoded = escaped.decoded()
    var output = redactor.add(decoded)
    if isEnd { output += redactor.finish() }
    var extents = redactor.takeExtents()
    var spared = redactor.waiting
    if redactor.isDropping {
      while let last = extents.last, last.detector != nil || last.made == 0 {
        spared += extents.removeLast().taken
      }
    }
    extents.append(Redactor.Extent(taken: spared, made: spared))
    // The next text is another one; and only what is replaced here is counted here.
    _ = redactor.finish()
    _ = redactor.takeExtents()
    _ = redactor.takeFindings()
    var isChanged = false
    for case let detector? in extents.lazy.map(\.detector) {
      isChanged = true
      found.add(Redactor.Finding(name: redactor.name(of: detector), count: 1, shown: 0))
    }
    guard isChanged else { return nil }
    return escaped.splicing(output, extents)
  }

  /// What a string says, still escaped, with secrets replaced; nil if there are none.
  private mutating func redact(string inner: [UInt8]) -> [UInt8]? {
    guard inner.contains(0x5C) else { return redact(plain: inner) }
    guard inner.count >= RedactionRules.shortestMatch else { return nil }
    let escaped = EscapedText(bytes: inner)
    let output = redactor.redact(escaped.decoded())
    let extents = redactor.takeExtents()
    guard extents.contains(where: { $0.detector != nil }) else { return nil }
    return escaped.splicing(output, extents)
  }

  private mutating func redact(plain text: [UInt8]) -> [UInt8]? {
    guard text.count >= RedactionRules.shortestMatch else { return nil }
    let redacted = redactor.redact(text)
    return redactor.takeExtents().contains { $0.detector != nil } ? redacted : nil
  }

  /// Where the closing quote stands.
  private static func stringEnd(_ text: [UInt8], _ start: Int) -> Int? {
    var index = start + 1
    while index < text.count {
      switch text[index] {
      case 0x22: return index
      case 0x5C: index += 2
      default: index += 1
      }
    }
    return nil
  }

  private static func isNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x2B, 0x2D, 0x2E, 0x45, 0x65: true
    default: false
    }
  }
}

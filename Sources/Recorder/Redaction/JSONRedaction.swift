internal import SessionLog

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

/// Redaction of an MCP pipe, between what was cut into messages and what is recorded; nothing where there are no rules.
struct MCPRedaction {
  private var toServer: JSONRedaction?
  private var toClient: JSONRedaction?
  /// Parts of messages that are too long to be held, and standard error, are streams.
  private var streams: [MCPStreamKey: Redactor] = [:]
  private let rules: RedactionRules?

  private enum MCPStreamKey: Hashable { case toServer, toClient, errors }

  init(_ rules: RedactionRules?) {
    self.rules = rules
    toServer = rules.map { JSONRedaction($0) }
    toClient = toServer
  }

  /// A piece as it is recorded.
  mutating func redact(_ piece: MCPFramer.Piece, _ direction: MCPDirection) -> MCPFramer.Piece {
    guard let rules else { return piece }
    switch piece {
    case .message(let text, let ending):
      let redacted = direction == .toServer ? toServer?.redact(text) : toClient?.redact(text)
      return .message(redacted ?? text, ending)
    case .overlong(let bytes, let isFirst, let isLast):
      let key: MCPStreamKey = direction == .toServer ? .toServer : .toClient
      var redactor = streams[key] ?? Redactor(rules)
      var redacted = redactor.add(bytes)
      if isLast { redacted += redactor.finish() }
      streams[key] = redactor
      return .overlong(redacted, isFirst: isFirst, isLast: isLast)
    }
  }

  /// True if bytes of standard error wait for what follows.
  var isHolding: Bool { streams[.errors]?.isHolding ?? false }

  /// Bytes of standard error as they are recorded.
  mutating func redact(errors bytes: [UInt8]) -> [UInt8] {
    guard let rules else { return bytes }
    return streams[.errors, default: Redactor(rules)].add(bytes)
  }

  /// What waits of standard error, after a while of silence or at its end.
  mutating func releaseErrors(isEnd: Bool) -> [UInt8] {
    isEnd ? streams[.errors]?.finish() ?? [] : streams[.errors]?.release() ?? []
  }

  /// Says what was replaced, behind the events that hold the replacements.
  mutating func putFindings<Sink: EventSink & ~Copyable>(
    _ moment: UInt64, into sink: inout Sink
  ) throws(SessionLogFailure) {
    guard rules != nil else { return }
    for finding in toServer?.takeFindings() ?? [] {
      try sink.append(MaskingLine.make(finding, "in", "message", sink.time(of: moment)))
    }
    for finding in toClient?.takeFindings() ?? [] {
      try sink.append(MaskingLine.make(finding, "out", "message", sink.time(of: moment)))
    }
    for key in [MCPStreamKey.toServer, .toClient, .errors] {
      for finding in streams[key]?.takeFindings() ?? [] {
        try sink.append(
          MaskingLine.make(
            finding, key == .toServer ? "in" : "out", key == .errors ? "stderr" : "message",
            sink.time(of: moment)))
      }
    }
  }
}

internal import SessionLog

/// Redacts JSON: each string and each number is a text of its own, and what comes out is JSON again.
struct JSONRedaction {
  private var redactor: Redactor

  init(_ rules: RedactionRules) { redactor = Redactor(rules) }

  /// What was replaced since the last call.
  mutating func takeFindings() -> [Redactor.Finding] { redactor.takeFindings() }

  /// The text with its secrets replaced; anything that is not JSON is taken as one text.
  mutating func redact(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var copied = 0
    var index = 0
    while index < text.count {
      let byte = text[index]
      if byte == 0x22 {
        guard let end = Self.stringEnd(text, index) else { return redactor.redact(text) }
        if let replacement = redact(string: text, index..<end) {
          result.append(contentsOf: text[copied..<index])
          result.append(contentsOf: replacement)
          copied = end
        }
        index = end
      } else if (0x30...0x39).contains(byte) {
        var end = index
        while end < text.count, Self.isNumber(text[end]) { end += 1 }
        let number = Array(text[index..<end])
        let redacted =
          number.count < RedactionRules.shortestMatch ? number : redactor.redact(number)
        if redacted != number {
          // A number cannot hold words: it becomes a string.
          result.append(contentsOf: text[copied..<index])
          result.append(0x22)
          result.append(contentsOf: redacted)
          result.append(0x22)
          copied = end
        }
        index = end
      } else {
        index += 1
      }
    }
    guard copied > 0 else { return text }
    result.append(contentsOf: text[copied...])
    return result
  }

  /// The string at `range`, its quotes included, with secrets replaced; nil if there are none.
  private mutating func redact(string text: [UInt8], _ range: Range<Int>) -> [UInt8]? {
    guard range.count - 2 >= RedactionRules.shortestMatch else { return nil }
    let inner = text[range.lowerBound + 1..<range.upperBound - 1]
    guard inner.contains(0x5C) else {
      let plain = Array(inner)
      let redacted = redactor.redact(plain)
      return redacted == plain ? nil : [0x22] + redacted + [0x22]
    }
    do throws(JSONFault) {
      guard case .string(let decoded) = try JSONValue(parsing: Array(text[range]).span) else {
        return nil
      }
      let plain = Array(decoded.utf8)
      let redacted = redactor.redact(plain)
      guard redacted != plain else { return nil }
      var encoded: [UInt8] = []
      JSONLine.value(.string(String(decoding: redacted, as: UTF8.self)), into: &encoded)
      return encoded
    } catch {
      // Not a string that JSON knows; the scanner will say so. Secrets in it are replaced all the same.
      let redacted = redactor.redact(Array(text[range]))
      return redacted == Array(text[range]) ? nil : redacted
    }
  }

  /// One past the closing quote.
  private static func stringEnd(_ text: [UInt8], _ start: Int) -> Int? {
    var index = start + 1
    while index < text.count {
      switch text[index] {
      case 0x22: return index + 1
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

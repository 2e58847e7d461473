internal import SessionLog

/// Redaction of an MCP pipe, between what was cut into messages and what is recorded.
struct MCPRedaction {
  /// What is recorded of a direction.
  enum Piece {
    /// A line; `sent` is what it was before, where anything was replaced in it.
    case line(MCPLine, sent: MCPLine?)
    /// Bytes of lines that are no messages, how many lines came with them, and whether one began as a message does.
    case malformed([UInt8], lines: Int, reason: String, looksLikeMessage: Bool)
    case overlong([UInt8], isFirst: Bool, isLast: Bool)

    /// A piece of a direction in which nothing is replaced.
    init(_ piece: MCPFramer.Piece) {
      self =
        switch piece {
        case .message(let text, let ending): .line(MCPLine(text, ending), sent: nil)
        case .overlong(let bytes, let isFirst, let isLast):
          .overlong(bytes, isFirst: isFirst, isLast: isLast)
        }
    }
  }

  private var toServer: MCPLane
  private var toClient: MCPLane
  private var errors: Redactor
  /// When standard error last said something.
  private var errorsTouched: UInt64 = 0

  init(_ rules: RedactionRules) {
    toServer = MCPLane(rules)
    toClient = toServer
    errors = Redactor(rules)
  }

  /// True if bytes wait for what follows.
  var isHolding: Bool { toServer.isHolding || toClient.isHolding || errors.isHolding }

  /// Bytes of the client, the last of those that were cut into pieces, that stand in no event yet; rather too many than
  /// too few.
  var unrecorded: UInt64 { toServer.unrecorded }

  /// What is to be recorded now that `piece` has come.
  mutating func redact(
    _ piece: MCPFramer.Piece, _ direction: MCPDirection, _ moment: UInt64
  ) -> [Piece] {
    switch direction {
    case .toServer: toServer.redact(piece, moment)
    case .toClient: toClient.redact(piece, moment)
    }
  }

  /// What waited too long in a direction.
  mutating func takeDue(_ direction: MCPDirection, at moment: UInt64) -> Piece? {
    switch direction {
    case .toServer: toServer.takeDue(at: moment)
    case .toClient: toClient.takeDue(at: moment)
    }
  }

  /// What still waits in a direction that has ended.
  mutating func finish(_ direction: MCPDirection) -> Piece? {
    switch direction {
    case .toServer: toServer.finish()
    case .toClient: toClient.finish()
    }
  }

  /// Bytes of standard error as they are recorded.
  mutating func redact(errors bytes: [UInt8], _ moment: UInt64) -> [UInt8] {
    errorsTouched = moment
    return errors.add(bytes)
  }

  /// What waited too long of standard error.
  mutating func takeDueErrors(at moment: UInt64) -> [UInt8] {
    errors.release(since: errorsTouched, at: moment)
  }

  /// What still waits of standard error, which has ended.
  mutating func finishErrors() -> [UInt8] { errors.finish() }

  /// Says what was replaced, behind the events that hold the replacements.
  mutating func putFindings<Sink: EventSink & ~Copyable>(
    _ moment: UInt64, into sink: inout Sink
  ) throws(SessionLogFailure) {
    for finding in toServer.takeFindings() {
      try sink.append(MaskingLine.make(finding, "in", "message", sink.time(of: moment)))
    }
    for finding in toClient.takeFindings() {
      try sink.append(MaskingLine.make(finding, "out", "message", sink.time(of: moment)))
    }
    for finding in errors.takeFindings() {
      try sink.append(MaskingLine.make(finding, "out", "stderr", sink.time(of: moment)))
    }
  }
}

/// Redaction of one direction: a message's strings and numbers are texts of their own, all else is one stream.
///
/// A secret may run over lines that are no messages (a key as a program prints it), and on behind messages in between.
private struct MCPLane {
  private var texts: JSONRedaction
  private var stream: Redactor
  /// When the stream last got bytes.
  private var touched: UInt64 = 0
  /// Lines of the stream that no piece counted yet, and what was wrong with the first of those that wait.
  private var lines = 0
  private var reason = ""
  /// One of them began as a message does.
  private var looksLikeMessage = false
  /// The stream is inside a message that is too long to be held, of which a piece came out already.
  private var isOverlong = false
  private var hasBegun = false
  /// Bytes of lines in the stream that are not as they were sent.
  private var changed: UInt64 = 0

  init(_ rules: RedactionRules) {
    texts = JSONRedaction(rules)
    stream = Redactor(rules)
  }

  var isHolding: Bool { stream.isHolding }

  var unrecorded: UInt64 { isHolding ? UInt64(stream.waiting) + changed : 0 }

  mutating func redact(_ piece: MCPFramer.Piece, _ moment: UInt64) -> [MCPRedaction.Piece] {
    var result: [MCPRedaction.Piece] = []
    switch piece {
    case .message(let text, let ending):
      let line = MCPLine(text, ending)
      if case .malformed(let body, let found, let reason) = line {
        if found.isEmpty {
          if !isHolding { self.reason = reason }
          lines += 1
          if body.looksLikeMessage { looksLikeMessage = true }
          let bytes = text + Array(ending.text.utf8)
          add(add(bytes, isEnd: ending == .none, moment), to: &result)
        } else {
          add(letGo(), to: &result)
          result.append(redact(lenient: text, ending, line, moment))
        }
        break
      }
      // What came before it is recorded before it.
      add(letGo(), to: &result)
      let redacted = texts.redact(text)
      result.append(Self.piece(redacted, ending, of: text, line))
    case .overlong(let bytes, let isFirst, let isLast):
      if isFirst {
        add(letGo(), to: &result)
        (isOverlong, hasBegun) = (true, false)
      }
      // Without its LF it is cut off by the stream's end.
      let isEnd = isLast && bytes.last != 0x0A
      var redacted = add(bytes, isEnd: isEnd, moment)
      if isLast { redacted += isEnd ? stream.finish() : letGo() }
      add(redacted, isLast: isLast, to: &result)
      if isLast { isOverlong = false }
    }
    return result
  }

  /// A line that is no message to us, and one to others: both ways to look for secrets are taken, and none of it waits.
  private mutating func redact(
    lenient text: [UInt8], _ ending: MCPFramer.Ending, _ line: MCPLine, _ moment: UInt64
  ) -> MCPRedaction.Piece {
    let end = Array(ending.text.utf8)
    var redacted = add(texts.redact(text) + end, isEnd: ending == .none, moment)
    redacted += letGo()
    // A secret may have taken the ending along.
    guard redacted.suffix(end.count).elementsEqual(end) else {
      return Self.piece(redacted, .none, of: text, line)
    }
    return Self.piece(redacted.dropLast(end.count), ending, of: text, line)
  }

  /// A line as it is recorded, which is read anew only where something was replaced in it.
  private static func piece(
    _ redacted: [UInt8], _ ending: MCPFramer.Ending, of text: [UInt8], _ line: MCPLine
  ) -> MCPRedaction.Piece {
    redacted == text ? .line(line, sent: nil) : .line(MCPLine(redacted, ending), sent: line)
  }

  mutating func takeDue(at moment: UInt64) -> MCPRedaction.Piece? {
    var result: [MCPRedaction.Piece] = []
    add(stream.release(since: touched, at: moment), to: &result)
    return result.first
  }

  mutating func finish() -> MCPRedaction.Piece? {
    var result: [MCPRedaction.Piece] = []
    add(stream.finish(), to: &result)
    return result.first
  }

  mutating func takeFindings() -> [Redactor.Finding] {
    var found = texts.takeFindings()
    for finding in stream.takeFindings() { found.add(finding) }
    return found
  }

  /// Bytes of the stream; returns what can be recorded.
  private mutating func add(_ bytes: [UInt8], isEnd: Bool, _ moment: UInt64) -> [UInt8] {
    touched = moment
    if !isHolding { changed = 0 }
    let redacted = texts.redact(escapesOf: bytes, isEnd: isEnd)
    if redacted != nil { changed += UInt64(bytes.count) }
    return stream.add(redacted ?? bytes)
  }

  /// All that waits, though more may belong to it.
  private mutating func letGo() -> [UInt8] {
    var output: [UInt8] = []
    // Behind a match that is replaced another candidate may stand.
    while stream.isHolding { output += stream.release() }
    return output
  }

  /// Adds bytes that came out of the stream.
  private mutating func add(
    _ bytes: [UInt8], isLast: Bool = false, to result: inout [MCPRedaction.Piece]
  ) {
    guard !bytes.isEmpty || isLast || looksLikeMessage else { return }
    if isOverlong {
      result.append(.overlong(bytes, isFirst: !hasBegun, isLast: isLast))
      hasBegun = true
    } else {
      result.append(
        .malformed(bytes, lines: lines, reason: reason, looksLikeMessage: looksLikeMessage))
      (lines, looksLikeMessage) = (0, false)
    }
  }
}

extension Redactor {
  /// What has waited for long enough, when the last bytes came at `touched`.
  ///
  /// Source: schema/redaction.md §3.
  fileprivate mutating func release(since touched: UInt64, at moment: UInt64) -> [UInt8] {
    let silence = moment > touched ? moment - touched : 0
    guard isHolding, silence >= StreamingThread.flush else { return [] }
    return release(
      shorterThan: silence >= TerminalTranscript.patience ? .max : TerminalTranscript.tellingBytes)
  }
}

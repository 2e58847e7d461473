package import SessionLog
internal import Terminal
internal import Text

/// A session as text, streamed: what its terminal showed in the end, or a line for each event.
///
/// Feed it every batch in order, then ask for `finish`. What it gives is safe to print anywhere.
package struct PlainText: Sendable {
  /// Lines of scrollback kept unless the caller says otherwise.
  package static let scrollback = 100_000
  /// Output is fed in pieces of about this size, text written in such.
  private static let piece = 64 << 10

  private let until: ReplayPoint?
  private let scrollbackLimit: Int
  private var terminal: VirtualTerminal?
  /// Feeds the terminal, where the system has a thread for it; `terminal` is nil then.
  private var worker: TerminalWorker?
  private var pending: [UInt8] = []
  private var isOver = false
  private var count = 0
  private var isList: Bool?

  /// `until` is the last event or moment that counts; a share of the session cannot be known while streaming.
  package init(until: ReplayPoint? = nil, scrollback: Int = PlainText.scrollback) {
    self.until = until
    scrollbackLimit = scrollback
  }

  /// Takes a batch; `write` gets whole lines of text for sessions without a terminal.
  package mutating func take<E: Error>(
    _ batch: borrowing Batch, write: (String) throws(E) -> Void
  ) throws(E) {
    for index in 0..<batch.lineCount {
      let text = batch.withLine(index) { take($0) }
      if let text { try write(text) }
    }
  }

  /// Takes the next line; what is to be written at once comes back.
  package mutating func take(_ line: Span<UInt8>) -> String? {
    guard !isOver else { return nil }
    let number = count
    count += 1
    if isList == nil { begin(line) }
    guard isList == true || until != nil else {
      feed(line)
      return nil
    }
    if until?.isPassed(by: number, at: LineHeader(line)?.time) == true {
      isOver = true
      return nil
    }
    guard isList == true else {
      feed(line)
      return nil
    }
    guard number != 1 else { return nil }
    let bytes = unsafe line.withUnsafeBufferPointer { unsafe Array($0) }
    return EventSummary.line(
      EventLine(sequence: UInt64(number), bytes: bytes), number: number) + "\n"
  }

  /// Writes the terminal's text, scrollback first; nothing for a session without one.
  ///
  /// `write` gets whole lines, many at a time. Returns true if lines older than the scrollback holds may be missing.
  package mutating func finish<E: Error>(write: (String) throws(E) -> Void) throws(E) -> Bool {
    flush()
    if let worker = worker.take() { terminal = worker.finish() }
    guard isList == false, let terminal else { return false }
    var text: [UInt8] = []
    var line: [UInt8] = []
    var blank = 0
    for index in 0..<terminal.scrollbackCount + terminal.rows {
      line.removeAll(keepingCapacity: true)
      if index < terminal.scrollbackCount {
        terminal.appendText(ofScrollback: index, to: &line)
      } else {
        terminal.appendText(ofRow: index - terminal.scrollbackCount, to: &line)
      }
      // Blank rows at the end are not text of the session.
      guard !line.isEmpty else {
        blank += 1
        continue
      }
      text.append(contentsOf: repeatElement(0x0A, count: blank))
      blank = 0
      if Self.isPrintableASCII(line.span) {
        text.append(contentsOf: line)
      } else {
        text.append(contentsOf: TerminalText.line(line.span, limit: .max).utf8)
      }
      text.append(0x0A)
      if text.count >= Self.piece {
        try write(String(decoding: text, as: UTF8.self))
        text.removeAll(keepingCapacity: true)
      }
    }
    if !text.isEmpty { try write(String(decoding: text, as: UTF8.self)) }
    return terminal.scrollbackCount == scrollbackLimit && scrollbackLimit > 0
  }

  private static func isPrintableASCII(_ line: Span<UInt8>) -> Bool {
    let kinds = ByteKinds(line)
    guard kinds.isASCII, !kinds.hasControls else { return false }
    for index in 0..<line.count where line[index] == 0x7F { return false }
    return true
  }

  private mutating func begin(_ line: Span<UInt8>) {
    var start: SessionStart?
    do throws(JSONFault) { start = try SessionStart(parsing: line) } catch { start = nil }
    isList = start.map { !$0.isTerminal } ?? false
    let blank = VirtualTerminal(
      columns: start?.columns ?? 80, rows: start?.rows ?? 24, scrollbackLimit: scrollbackLimit)
    if isList == false { worker = TerminalWorker(blank) }
    if worker == nil { terminal = blank }
  }

  private mutating func feed(_ line: Span<UInt8>) {
    guard let header = LineHeader(line) else { return }
    switch Recording.kind(header, line) {
    case .output:
      _ = Payload.append(from: line, header: header, to: &pending)
      if pending.count >= Self.piece { flush() }
    case .resize:
      flush()
      if let size = EventFields.size(line) {
        worker?.resize(columns: size.columns, rows: size.rows)
        terminal?.resize(columns: size.columns, rows: size.rows)
      }
    default: return
    }
  }

  private mutating func flush() {
    if let worker {
      guard !pending.isEmpty else { return }
      var piece: [UInt8] = []
      piece.reserveCapacity(Self.piece + pending.count / 2)
      swap(&piece, &pending)
      worker.feed(piece)
      return
    }
    // Out of the optional, so that the terminal has one owner while it changes.
    guard var terminal = terminal.take() else { return }
    terminal.feed(pending.span)
    pending.removeAll(keepingCapacity: true)
    self.terminal = terminal
  }
}

extension SessionStart {
  /// A session that has a screen to replay; others are shown as a list of events.
  package var isTerminal: Bool { (kind == "terminal" || columns != nil) && !isMerged }
}

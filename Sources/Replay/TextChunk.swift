internal import Terminal

/// Which pieces of three bytes the text of a stretch of events holds, as far as hashing tells them apart.
///
/// What it says is not there is not there; what it says is there may not be.
struct TextChunk: Sendable, Equatable {
  static let bits = 1 << 17
  static let bytes = bits / 8

  var firstEvent: Int
  /// Behind the last event.
  var end: Int
  var words: [UInt64]

  init(firstEvent: Int) {
    self.firstEvent = firstEvent
    end = firstEvent
    words = [UInt64](repeating: 0, count: Self.bits / 64)
  }

  @inline(__always)
  static func place(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Int {
    let key = UInt32(first) << 16 | UInt32(second) << 8 | UInt32(third)
    return Int((key &* 0x9E37_79B1) >> 15)
  }

  mutating func add(_ text: Span<UInt8>) {
    guard text.count >= 3 else { return }
    var target = words.mutableSpan
    var (first, second) = (Self.lower(text[0]), Self.lower(text[1]))
    for index in 2..<text.count {
      let third = Self.lower(text[index])
      let place = Self.place(first, second, third)
      target[place >> 6] |= 1 << UInt64(place & 63)
      (first, second) = (second, third)
    }
  }

  /// False if none of the pieces, in ASCII lower case, can be in the text.
  func mayHold(anyOf pieces: [[UInt8]]) -> Bool {
    guard !pieces.isEmpty else { return true }
    return pieces.contains { piece in
      guard piece.count >= 3 else { return true }
      for index in 2..<piece.count {
        let place = Self.place(piece[index - 2], piece[index - 1], piece[index])
        if words[place >> 6] & 1 << UInt64(place & 63) == 0 { return false }
      }
      return true
    }
  }

  @inline(__always)
  static func lower(_ byte: UInt8) -> UInt8 {
    byte &- 0x41 < 26 ? byte | 0x20 : byte
  }
}

/// Rows of text as they come to stand on a screen.
///
/// A row is new where the screen held no such row before. Output is looked at whenever one screen of lines at most has
/// come, so that nothing passes unseen but what is overwritten at once.
struct ShownRows: Sendable {
  private var known: Set<UInt64> = []
  private var next: Set<UInt64> = []
  private var text: [UInt8] = []

  /// Feeds the output of one event and shows each new row to `visit`.
  mutating func feed(
    _ bytes: Span<UInt8>, to terminal: inout VirtualTerminal,
    _ visit: (_ row: Int, _ text: Span<UInt8>) -> Void
  ) {
    var start = 0
    while start < bytes.count {
      let end = Self.piece(bytes, start, rows: terminal.rows, columns: terminal.columns)
      let part = bytes.extracting(start..<end)
      if start == 0 { terminal.feed(part) } else { terminal.feed(continuing: part) }
      look(at: terminal, visit)
      start = end
    }
  }

  /// The end of a piece that scrolls no more than a screen away.
  private static func piece(_ bytes: Span<UInt8>, _ start: Int, rows: Int, columns: Int) -> Int {
    let end = min(bytes.count, start + max(64, (rows - 1) * columns))
    var lines = max(1, rows - 1)
    var index = start
    while index < end {
      if bytes[index] == 0x0A {
        lines -= 1
        if lines == 0 { return index + 1 }
      }
      index += 1
    }
    return end
  }

  mutating func look(
    at terminal: VirtualTerminal, _ visit: (_ row: Int, _ text: Span<UInt8>) -> Void
  ) {
    next.removeAll(keepingCapacity: true)
    for row in 0..<terminal.rows {
      text.removeAll(keepingCapacity: true)
      terminal.appendText(ofRow: row, to: &text)
      guard !text.isEmpty else { continue }
      let hash = Self.hash(text.span)
      if next.insert(hash).inserted, !known.contains(hash) { visit(row, text.span) }
    }
    swap(&known, &next)
  }

  /// Takes the rows that stand there as known.
  mutating func begin(with terminal: VirtualTerminal) {
    known = []
    look(at: terminal) { _, _ in }
  }

  private static func hash(_ text: Span<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ UInt64(text.count)
    for index in 0..<text.count {
      hash = (hash ^ UInt64(text[index])) &* 0x0000_0100_0000_01B3
    }
    return hash ^ hash >> 31
  }
}

/// Makes chunks of what a recording shows.
struct TextGatherer: Sendable {
  /// Bytes of text in one chunk, about.
  private static let chunk = 1 << 20

  private var rows = ShownRows()
  private var open: TextChunk?
  private var size = 0
  private var ready: [TextChunk] = []

  /// Feeds an event's output to the terminal and notes what it shows.
  mutating func feed(_ bytes: Span<UInt8>, to terminal: inout VirtualTerminal, _ event: Int) {
    var chunk = begin(event)
    var added = 0
    rows.feed(bytes, to: &terminal) { _, text in
      chunk.add(text)
      added += text.count
    }
    end(chunk, event, added)
  }

  mutating func look(at terminal: VirtualTerminal, _ event: Int) {
    var chunk = begin(event)
    rows.look(at: terminal) { _, text in chunk.add(text) }
    end(chunk, event, 0)
  }

  /// Notes the text of an event that is no output.
  mutating func take(_ event: Int, line: Span<UInt8>) {
    var chunk = begin(event)
    let text = EventFields.text(line)
    chunk.add(text.span)
    end(chunk, event, text.count)
  }

  private mutating func begin(_ event: Int) -> TextChunk {
    let chunk = open.take() ?? TextChunk(firstEvent: event)
    return chunk
  }

  private mutating func end(_ chunk: consuming TextChunk, _ event: Int, _ added: Int) {
    chunk.end = event + 1
    size += added
    if size >= Self.chunk {
      ready.append(chunk)
      size = 0
    } else {
      open = chunk
    }
  }

  mutating func finish() {
    if let chunk = open.take() { ready.append(chunk) }
    size = 0
  }

  mutating func yield() -> [TextChunk] {
    defer { ready = [] }
    return ready
  }
}

internal import Platform
internal import SessionLog
internal import Terminal

/// Makes chunks of what a recording shows, and keeps their text where there is a place for it.
struct TextGatherer: Sendable {
  /// Bytes of text in one chunk, about.
  private static let chunk = 1 << 20

  private let store: TextStore?
  private var rows = ShownRows()
  private var open: TextChunk?
  private var records = TextRecords()
  private var output: UInt64 = 0
  private var ready: [TextChunk] = []

  init(_ store: TextStore?) { self.store = store }

  /// Feeds an event's output to the terminal and notes what it shows.
  mutating func feed(_ bytes: Span<UInt8>, to terminal: inout VirtualTerminal, _ event: Int) {
    var (chunk, records) = begin(event)
    rows.feed(bytes, to: &terminal) { row, text in
      chunk.add(text)
      records.add(text, SearchHit(event: event, row: row))
    }
    output &+= UInt64(bytes.count)
    end(chunk, records, event)
  }

  /// From now on another terminal is looked at, which shows what was noted of it before.
  mutating func turn(to terminal: VirtualTerminal) { rows.begin(with: terminal) }

  mutating func look(at terminal: VirtualTerminal, _ event: Int) {
    var (chunk, records) = begin(event)
    rows.look(at: terminal) { row, text in
      chunk.add(text)
      records.add(text, SearchHit(event: event, row: row))
    }
    end(chunk, records, event)
  }

  /// Notes the text of an event that is no output.
  mutating func take(_ event: Int, line: Span<UInt8>) {
    var (chunk, records) = begin(event)
    let text = EventFields.text(line)
    chunk.add(text.span)
    records.add(text.span, SearchHit(event: event, row: -1))
    end(chunk, records, event)
  }

  private mutating func begin(_ event: Int) -> (TextChunk, TextRecords) {
    let chunk = open.take() ?? TextChunk(firstEvent: event)
    var records = TextRecords()
    swap(&records, &self.records)
    return (chunk, records)
  }

  private mutating func end(
    _ chunk: consuming TextChunk, _ records: consuming TextRecords, _ event: Int
  ) {
    chunk.end = event + 1
    if records.bytes.count >= Self.chunk {
      close(chunk, records)
      records.removeAll()
    } else {
      open = chunk
    }
    self.records = records
  }

  private mutating func close(_ chunk: consuming TextChunk, _ records: borrowing TextRecords) {
    do throws(CryptoFailure) {
      chunk.digest = try SHA256.hash(records.bytes)
      // A short recording is played again sooner than a file is made.
      if let store, output >= store.leastOutput {
        chunk.place = store.add(records.bytes, chunk.digest)
      }
    } catch {}
    ready.append(chunk)
  }

  mutating func finish() {
    guard let chunk = open.take() else { return }
    close(chunk, records)
    records.removeAll()
  }

  mutating func yield() -> [TextChunk] {
    defer { ready = [] }
    return ready
  }
}

/// Texts and where each was shown, as bytes.
///
/// Format: schema/replay-snapshots.md.
struct TextRecords: Sendable {
  private(set) var bytes: [UInt8] = []
  private var event = 0

  mutating func add(_ text: Span<UInt8>, _ place: SearchHit) {
    bytes.append(leb128: UInt64(clamping: place.event - event))
    bytes.append(leb128: UInt64(clamping: place.row + 1))
    bytes.append(leb128: UInt64(clamping: text.count))
    unsafe text.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    event = place.event
  }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    event = 0
  }

  /// Shows each text with its place; false where the bytes are no records.
  static func each(
    in bytes: Span<UInt8>, _ visit: (_ text: Span<UInt8>, _ place: SearchHit) -> Void
  ) -> Bool {
    var at = 0
    var event = 0
    while at < bytes.count {
      guard let delta = number(bytes, &at), let row = number(bytes, &at),
        let count = number(bytes, &at), count <= bytes.count - at
      else { return false }
      event &+= delta
      visit(bytes.extracting(at..<at + count), SearchHit(event: event, row: row - 1))
      at += count
    }
    return true
  }

  private static func number(_ bytes: Span<UInt8>, _ at: inout Int) -> Int? {
    var value = 0
    var shift = 0
    while at < bytes.count, shift < 56 {
      let byte = bytes[at]
      at += 1
      value |= Int(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }
}

internal import SessionLog
package import Terminal
package import Text

/// What is known of a recording at one moment, for a thread that searches it.
struct SearchPart: Sendable {
  var recording: RecordingSnapshot
  var keyframes: [Keyframes.Keyframe]
  var chunks: [TextChunk]
  /// Where the text of chunks is kept.
  var store: TextStore?
  /// Where the viewer was when the search began.
  var event: Int
}

/// Goes through the chunks of a recording and plays those that may hold the pattern.
struct SearchRun: ~Copyable {
  private let search: ScreenSearch
  private var matcher: PatternMatcher
  private var recording: Recording
  private var keyframes: [Keyframes.Keyframe]
  private let blank: TerminalSet
  private var terminals: TerminalSet
  /// The last event played.
  private var event = -1
  private var rows = ShownRows()
  private var payload: [UInt8] = []

  /// Searches part after part until all is done.
  static func run(_ search: ScreenSearch) {
    do throws(SessionLogFailure) {
      var origin: Int?
      var done = 0
      var before: [TextChunk] = []
      while let part = search.nextPart(), !search.isCancelled {
        var run = try SearchRun(search, part)
        let isWhole = part.recording.timeline.isComplete
        let total = Double(max(1, part.recording.timeline.count))
        let progress = max(part.recording.progress, 0.001)
        if origin == nil {
          let first = part.chunks.firstIndex { $0.end > part.event } ?? part.chunks.count
          origin = first
          before = Array(part.chunks[..<first])
          done = first
        }
        let reading = TextScan(part, from: done, part.chunks.count, search)
        for (place, chunk) in zip(done..., part.chunks[done...]) {
          guard !search.isCancelled else { return search.end() }
          let hits = try run.hits(in: chunk, place, reading)
          let share = Double(chunk.end - (before.last?.end ?? 0)) / total * progress
          search.found(hits, isBefore: false, share: share)
        }
        done = part.chunks.count
        if isWhole {
          let rest = Double(before.last?.end ?? 0) / total
          let reading = TextScan(part, from: 0, before.count, search)
          for (place, chunk) in before.enumerated() {
            guard !search.isCancelled else { return search.end() }
            let hits = try run.hits(in: chunk, place, reading)
            search.found(hits, isBefore: true, share: 1 - rest + Double(chunk.end) / total)
          }
          return search.end()
        }
        search.askForMore()
      }
      search.end()
    } catch {
      search.end(error.what)
    }
  }

  init(_ search: ScreenSearch, _ part: SearchPart) throws(SessionLogFailure) {
    self.search = search
    matcher = PatternMatcher(search.pattern)
    recording = try Recording.open(part.recording)
    keyframes = part.keyframes
    blank = TerminalSet(part.recording.facts.start)
    terminals = blank
  }

  /// The hits in a chunk, out of its kept text where that is at hand, else by playing it.
  private mutating func hits(
    in chunk: TextChunk, _ place: Int, _ reading: borrowing TextScan
  ) throws(SessionLogFailure) -> FoundHits {
    if let known = reading.hits(place) { return known }
    let hits = try search(chunk)
    return FoundHits(count: hits.count, hits: hits)
  }

  /// The hits in one chunk, in order.
  mutating func search(_ chunk: TextChunk) throws(SessionLogFailure) -> [SearchHit] {
    guard chunk.mayHold(anyOf: matcher.pattern.anyOf) else { return [] }
    try go(to: chunk.firstEvent - 1)
    rows.begin(with: terminals.terminal)
    var hits: [SearchHit] = []
    while event < chunk.end - 1 {
      if search.isCancelled { return hits }
      try step(into: &hits)
    }
    return hits
  }

  /// Plays to an event without looking.
  private mutating func go(to target: Int) throws(SessionLogFailure) {
    if target < event {
      terminals = blank
      event = -1
    }
    if let near = Keyframes.nearest(target, in: keyframes), near.event > event,
      let restored = near.restored()
    {
      (event, terminals) = (near.event, TerminalSet(restored))
    }
    while event < target {
      event += 1
      let kind = recording.timeline.kind(of: event)
      guard kind == .output || kind == .resize || blank.isMerged else { continue }
      var (terminals, payload) = (blank, [UInt8]())
      swap(&terminals, &self.terminals)
      swap(&payload, &self.payload)
      _ = try recording.withLine(event) { terminals.apply($0, kind, &payload) }
      swap(&terminals, &self.terminals)
      swap(&payload, &self.payload)
    }
  }

  private mutating func step(into hits: inout [SearchHit]) throws(SessionLogFailure) {
    event += 1
    let (event, kind) = (self.event, recording.timeline.kind(of: event))
    if kind == .end || kind == .withheld { return }
    var terminals = blank
    var payload: [UInt8] = []
    var rows = ShownRows()
    swap(&terminals, &self.terminals)
    swap(&payload, &self.payload)
    swap(&rows, &self.rows)
    var matcher = self.matcher
    var found: [SearchHit] = []
    try recording.withLine(event) { line in
      if terminals.turn(to: line, LineHeader(line)) { rows.begin(with: terminals.terminal) }
      switch kind {
      case .output:
        payload.removeAll(keepingCapacity: true)
        guard let header = LineHeader(line),
          Payload.append(from: line, header: header, to: &payload)
        else { return }
        terminals.feed { terminal in
          rows.feed(payload.span, to: &terminal) { row, text in
            if matcher.matches(text) { found.append(SearchHit(event: event, row: row)) }
          }
        }
      case .resize:
        if let size = EventFields.size(line) {
          terminals.feed { $0.resize(columns: size.columns, rows: size.rows) }
          rows.look(at: terminals.terminal) { row, text in
            if matcher.matches(text) { found.append(SearchHit(event: event, row: row)) }
          }
        }
      default:
        guard EventFields.isSearched(line) else { return }
        let text = EventFields.text(line)
        if matcher.matches(text.span) { found.append(SearchHit(event: event, row: -1)) }
      }
    }
    swap(&terminals, &self.terminals)
    swap(&payload, &self.payload)
    swap(&rows, &self.rows)
    self.matcher = matcher
    hits += found
  }
}

/// Where a pattern stands on a screen.
package struct ScreenMatch: Sendable, Equatable {
  package var row: Int
  package var columns: Range<Int>

  package init(row: Int, columns: Range<Int>) {
    self.row = row
    self.columns = columns
  }
}

extension PatternMatcher {
  /// All places on the visible screen, from the top; each within one row.
  package mutating func places(on terminal: VirtualTerminal) -> [ScreenMatch] {
    var found: [ScreenMatch] = []
    for index in 0..<terminal.rows {
      let row = terminal.row(index)
      var text: [UInt8] = []
      var columns: [Int] = []
      for column in 0..<row.count {
        let bytes = row.cell(column).text.utf8
        text.append(contentsOf: bytes)
        columns.append(contentsOf: repeatElement(column, count: bytes.count))
      }
      while text.last == 0x20 { text.removeLast() }
      for range in allMatches(in: text.span) {
        let first = columns[range.lowerBound]
        let last = columns[range.upperBound - 1]
        let end = last + max(1, row.cell(last).width)
        found.append(ScreenMatch(row: index, columns: first..<end))
      }
    }
    return found
  }
}

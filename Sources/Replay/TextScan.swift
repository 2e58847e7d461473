internal import Platform
internal import Synchronization
internal import Text

/// Looks through the kept text of chunks ahead of a search, on two threads; what it cannot say, the search plays.
struct TextScan: ~Copyable {
  private static let threads = 2

  private struct State {
    var next: Int
    /// Chunks looked through; nil for one whose text is not at hand.
    var done: [Int: FoundHits?] = [:]
  }

  private final class Shared: Sendable {
    let part: SearchPart
    let end: Int
    let search: ScreenSearch
    let state: Mutex<State>
    let news = Mailbox<Int>(capacity: .max)

    init(_ part: SearchPart, from start: Int, _ end: Int, _ search: ScreenSearch) {
      (self.part, self.end, self.search) = (part, end, search)
      state = Mutex(State(next: start))
    }
  }

  /// Nil where no text is kept.
  private let shared: Shared?

  /// Begins with chunks `start..<end`.
  init(_ part: SearchPart, from start: Int, _ end: Int, _ search: ScreenSearch) {
    guard let store = part.store, start < end,
      part.chunks[start..<end].contains(where: { $0.place != nil })
    else {
      shared = nil
      return
    }
    let shared = Shared(part, from: start, end, search)
    var begun = 0
    for _ in 0..<min(Self.threads, end - start) {
      if Worker({ Self.run(shared, store) }) != nil { begun += 1 }
    }
    self.shared = begun > 0 ? shared : nil
  }

  deinit {
    // Those who still look have nobody to look for.
    shared?.news.close()
  }

  /// The hits in a chunk, once it is looked through; nil if it must be played.
  func hits(_ place: Int) -> FoundHits? {
    guard let shared else { return nil }
    while !shared.search.isCancelled {
      if let found = shared.state.withLock({ $0.done.removeValue(forKey: place) }) { return found }
      guard shared.news.receive(waiting: 100_000) != nil else { return nil }
    }
    return FoundHits()
  }

  private static func run(_ shared: Shared, _ store: TextStore) {
    var matcher = PatternMatcher(shared.search.pattern)
    let pieces = matcher.pattern.anyOf
    let decompressor: Decompressor
    do throws(ZstdFailure) { decompressor = try Decompressor(windowLog: 20) } catch {
      shared.news.close()
      return
    }
    while let place = next(shared), !shared.search.isCancelled {
      let chunk = shared.part.chunks[place]
      var hits: FoundHits? = FoundHits()
      if chunk.mayHold(anyOf: pieces) {
        // What the search would not list need not be kept for it.
        let lists = !shared.search.isFull
        hits = store.read(chunk, using: decompressor).flatMap {
          Self.hits(in: $0, &matcher, lists: lists)
        }
      }
      _ = shared.state.withLock { $0.done.updateValue(hits, forKey: place) }
      guard shared.news.send(place, weight: 1) else { return }
    }
  }

  private static func next(_ shared: Shared) -> Int? {
    shared.state.withLock { state in
      guard state.next < shared.end else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }

  private static func hits(
    in text: [UInt8], _ matcher: inout PatternMatcher, lists: Bool
  ) -> FoundHits? {
    var found = FoundHits()
    let isWhole = TextRecords.each(in: text.span) { row, place in
      guard matcher.matches(row) else { return }
      found.count += 1
      if lists { found.hits.append(place) }
    }
    return isWhole ? found : nil
  }
}

/// Hits of one chunk; of those that a search no longer lists only their number.
struct FoundHits: Sendable {
  var count = 0
  var hits: [SearchHit] = []
}

internal import Platform
internal import SessionLog
internal import Synchronization
internal import Terminal
package import Text

/// A place where a pattern came to stand on the screen, or where an event that is no output holds it.
package struct SearchHit: Sendable, Equatable, Comparable {
  /// The event whose output brought it.
  package var event: Int
  /// The row where it stood first, of the screen at that moment; -1 for the text of an event.
  package var row: Int

  package static func < (left: Self, right: Self) -> Bool {
    (left.event, left.row) < (right.event, right.row)
  }
}

/// How far a search is.
package struct SearchProgress: Sendable, Equatable {
  /// Hits so far, those included that are no longer listed.
  package var count = 0
  /// Share of the recording that was searched, 0 to 1.
  package var share = 0.0
  package var isComplete = false
  /// Why it could not go on.
  package var failure: String?
}

/// A search for text in all that a recording's screen ever showed, on a thread of its own.
///
/// A hit is a row that holds the pattern and that the screen did not hold before; rows that scroll or are drawn again
/// count once. It begins at the event that is shown, goes on to the end, and then takes what lies before; stretches whose
/// text cannot hold the pattern are passed over.
package final class ScreenSearch: Sendable {
  /// Hits kept; what is beyond them is only counted.
  package static let most = 200_000

  private struct State {
    /// Hits of the part from where the search began, and of the part before it; each in order.
    var after: [SearchHit] = []
    var before: [SearchHit] = []
    var progress = SearchProgress()
    var isCancelled = false
    /// The searcher has done all it was given.
    var wantsMore = false
  }

  package let pattern: SearchPattern
  private let state = Mutex(State())
  private let work: Mailbox<SearchPart>

  init(_ pattern: SearchPattern) {
    self.pattern = pattern
    work = Mailbox(capacity: 2)
  }

  /// Begins on a thread of its own; false where there is none to be had.
  func begin() -> Bool {
    Worker { [self] in SearchRun.run(self) } != nil
  }

  package var progress: SearchProgress { state.withLock { $0.progress } }

  /// Ends the search; what was found stays.
  package func cancel() {
    state.withLock { $0.isCancelled = true }
    work.close()
  }

  /// The first hit after an event, or nil as far as is searched.
  package func next(after event: Int) -> SearchHit? {
    state.withLock { state in
      Self.first(state.before, above: event) ?? Self.first(state.after, above: event)
    }
  }

  /// The last hit before an event, or nil as far as is searched.
  package func last(before event: Int) -> SearchHit? {
    state.withLock { state in
      Self.last(state.after, below: event) ?? Self.last(state.before, below: event)
    }
  }

  /// Hits in order; at most `limit` from `start` on.
  package func hits(from start: Int = 0, limit: Int = .max) -> [SearchHit] {
    state.withLock { state in
      Array((state.before + state.after).dropFirst(start).prefix(limit))
    }
  }

  /// How many of the listed hits lie before an event: with `progress.count`, "3 of 17".
  package func rank(of event: Int) -> Int {
    state.withLock { state in
      Self.place(state.before, above: event - 1) + Self.place(state.after, above: event - 1)
    }
  }

  private static func place(_ hits: [SearchHit], above event: Int) -> Int {
    var (low, high) = (0, hits.count)
    while low < high {
      let middle = (low + high) / 2
      if hits[middle].event <= event { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private static func first(_ hits: [SearchHit], above event: Int) -> SearchHit? {
    let place = place(hits, above: event)
    return place < hits.count ? hits[place] : nil
  }

  private static func last(_ hits: [SearchHit], below event: Int) -> SearchHit? {
    let place = place(hits, above: event - 1)
    return place > 0 ? hits[place - 1] : nil
  }

  // MARK: the searcher's side

  /// It came to its end, and every hit is listed.
  var isWhole: Bool {
    state.withLock { state in
      state.progress.isComplete && state.progress.failure == nil && !state.isCancelled
        && state.progress.count <= Self.most
    }
  }

  var isCancelled: Bool { state.withLock { $0.isCancelled } }
  var wantsMore: Bool { state.withLock { $0.wantsMore && !$0.isCancelled } }

  func give(_ part: SearchPart) {
    state.withLock { $0.wantsMore = false }
    _ = work.send(part, weight: 1)
  }

  /// Waits for the next part; nil once the search is over.
  func nextPart() -> SearchPart? {
    while let parts = work.receive(waiting: 1_000_000) {
      if let part = parts.last { return part }
    }
    return nil
  }

  /// No further hits are listed.
  var isFull: Bool { state.withLock { $0.after.count + $0.before.count >= Self.most } }

  func found(_ found: FoundHits, isBefore: Bool, share: Double) {
    let hits = found.hits
    state.withLock { state in
      state.progress.count += found.count
      state.progress.share = max(state.progress.share, share)
      let room = max(0, Self.most - state.after.count - state.before.count)
      if isBefore {
        state.before.append(contentsOf: hits.prefix(room))
      } else {
        state.after.append(contentsOf: hits.prefix(room))
      }
    }
  }

  func askForMore() { state.withLock { $0.wantsMore = true } }

  func end(_ failure: String? = nil) {
    state.withLock { state in
      state.progress.failure = failure
      if failure == nil { state.progress.share = 1 }
      state.progress.isComplete = true
    }
    work.close()
  }
}

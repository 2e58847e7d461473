internal import SessionLog
internal import Terminal
internal import Text

/// What is looked for, as it was typed, and what finds it on the screen shown.
struct TextSearch: Sendable {
  let typed: String
  var matcher: PatternMatcher

  init(_ typed: String) throws(SearchPattern.Fault) {
    self.typed = typed
    // As in less: small letters find both cases.
    let hasCapital = typed.utf8.contains { (0x41...0x5A).contains($0) }
    matcher = PatternMatcher(try SearchPattern(expression: typed, ignoresCase: !hasCapital))
  }
}

extension Navigator {
  var hasSearch: Bool { textSearch != nil }
  /// A search goes on elsewhere.
  var isSearching: Bool { stage.search.map { !$0.progress.isComplete } ?? false }
  var hitCount: Int { stage.search?.progress.count ?? 0 }
  var hits: [SearchHit] { stage.search?.hits() ?? [] }

  mutating func endSearch() {
    textSearch = nil
    stage.endSearch()
  }

  /// Begins to look for text, and goes to the nearest hit.
  mutating func search(_ typed: String, forward: Bool) {
    if textSearch?.typed != typed {
      do throws(SearchPattern.Fault) {
        let search = try TextSearch(typed)
        endSearch()
        guard stage.beginSearch(search.matcher.pattern) != nil else {
          notice = "cannot search: the system has no thread to give"
          return
        }
        textSearch = search
      } catch {
        notice = "cannot look for that: \(error.reason), at \(error.offset + 1)"
        return
      }
    }
    find(.hit, forward: forward)
  }

  /// Goes to the hit that is looked for, if it is known by now; false while it is not.
  mutating func seekHit(isForward: Bool, from event: Int) -> Bool {
    guard let search = stage.search, let typed = textSearch?.typed else {
      notice = "nothing is looked for: / begins"
      return true
    }
    let progress = search.progress
    if let failure = progress.failure {
      notice = "the search stopped: \(failure)"
      return true
    }
    // What lies before the place where it began is searched last, and from its start.
    guard let found = isForward ? search.next(after: event) : search.last(before: event),
      isForward || progress.isComplete
    else {
      guard progress.isComplete else { return false }
      notice =
        progress.count == 0
        ? "\(typed): not found"
        : "\(typed): no hit \(isForward ? "after" : "before") this; \(progress.count) in all"
      return true
    }
    show(found.event)
    let rank = search.rank(of: found.event) + 1
    notice = "hit \(rank) of \(progress.count)" + (progress.isComplete ? "" : "+")
    return true
  }

  /// What is waited for, in words.
  var waiting: String? {
    // All that there is has been read, and more may come.
    let isCaughtUp = timeline.isComplete
    return switch pending {
    case .point: isCaughtUp ? "waits for it; esc stops" : "reading up to there: \(readShare)"
    case .mark(let target, _):
      isCaughtUp
        ? "no \(target.words) after this so far; waits for one, esc stops"
        : "looking for the next \(target.words): \(readShare)"
    case .change:
      isCaughtUp
        ? "no other screen so far; waits for one, esc stops"
        : "looking for another screen: \(readShare)"
    case .hit:
      "searching: \(Int((stage.search?.progress.share ?? 0) * 100))%, \(hitCount) hits; esc stops"
    case nil: nil
    }
  }

  private var readShare: String { "\(Int(stage.recording.progress * 100))%" }
}

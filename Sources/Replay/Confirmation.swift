internal import SessionLog
internal import Terminal

/// Holds what a snapshot file said against what the recording itself gives, batch by batch.
///
/// A snapshot file can be written by anybody who can write beside the index. What it says is used at once, so that a
/// viewer need not wait, but it counts for nothing until the recording has been read, verified and played again.
struct Confirmation: Sendable {
  /// Events that are as the snapshots said.
  private(set) var events = 0
  private var batches = 0
  private var marks = [Int](repeating: 0, count: MarkKind.allCases.count)
  private var hidden = 0
  private var dropped: UInt64 = 0
  private var keyframes = 0
  private var chunks = 0

  /// Compares the next batch; false where the snapshots said something else.
  mutating func check(_ growth: Growth, _ index: borrowing ReplayIndex) -> Bool {
    var next = self
    guard next.compare(growth, index) else { return false }
    self = next
    return true
  }

  private mutating func compare(_ growth: Growth, _ index: borrowing ReplayIndex) -> Bool {
    guard growth.tail == nil, growth.facts.findings.isEmpty,
      index.timeline.matches(growth.steps, from: events)
    else { return false }
    events += growth.steps.count
    if let place = growth.place {
      guard batches < index.timeline.batches.count, index.timeline.batches[batches] == place else {
        return false
      }
      batches += 1
    }
    for mark in growth.marks {
      let list = index.marks.events(mark.kind)
      let kind = Int(mark.kind.rawValue)
      guard marks[kind] < list.count, Int(list[marks[kind]]) == mark.event else {
        // One event may be marked twice with one kind; the list has it once.
        guard marks[kind] > 0, Int(list[marks[kind] - 1]) == mark.event else { return false }
        continue
      }
      marks[kind] += 1
    }
    guard compareHidden(growth, index) else { return false }
    for frame in growth.keyframes where keyframes < index.keyframes.count {
      // Some were dropped to keep within the budget.
      guard index.keyframes[keyframes].event >= frame.event else { return false }
      guard index.keyframes[keyframes].event == frame.event else { continue }
      guard index.keyframes[keyframes] == frame else { return false }
      keyframes += 1
    }
    for chunk in growth.text {
      guard chunks < index.text.count, index.text[chunks].says(chunk) else { return false }
      chunks += 1
    }
    return !growth.isLast || isWhole(index)
  }

  private mutating func compareHidden(_ growth: Growth, _ index: borrowing ReplayIndex) -> Bool {
    dropped &+= growth.hiddenDropped
    for step in growth.hidden {
      guard hidden < index.hidden.count else {
        guard hidden == Stage.hiddenLimit else { return false }
        dropped &+= 1
        continue
      }
      guard index.hidden[hidden] == step else { return false }
      hidden += 1
    }
    return true
  }

  /// Nothing is left that the recording does not have.
  private func isWhole(_ index: borrowing ReplayIndex) -> Bool {
    events == index.timeline.count && batches == index.timeline.batches.count
      && hidden == index.hidden.count && dropped == index.hiddenDropped
      && keyframes == index.keyframes.count && chunks == index.text.count
      && MarkKind.allCases.allSatisfy { marks[Int($0.rawValue)] == index.marks.count($0) }
  }

  /// What of an index was found to be true.
  func confirmed(_ index: consuming ReplayIndex) -> ReplayIndex {
    index.timeline.truncate(events: events, batches: batches)
    index.marks.truncate(marks)
    index.hidden.removeLast(index.hidden.count - hidden)
    index.hiddenDropped = dropped
    index.keyframes.removeLast(index.keyframes.count - keyframes)
    index.text.removeLast(index.text.count - chunks)
    return index
  }
}

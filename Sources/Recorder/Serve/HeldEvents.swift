internal import SessionLog

/// Events of one served session that wait until it is known what of them is a secret.
///
/// Rules: schema/redaction.md §4.
struct HeldEvents {
  /// One event as it will be stored.
  struct Event {
    var n: UInt64
    var moment: UInt64
    var isBarrier: Bool
    /// `,"type":"X",…` up to its stream's member, and what follows that.
    var head: [UInt8] = []
    var tail: [UInt8] = []
    /// The member that is part of a stream; nil: the event waits for its turn alone.
    var text: Text?
    /// Values replaced, by name.
    var counts: [String: Int] = [:]
    /// It has a member `redacted` of its own.
    var namesRedacted = false

    var undecided: Int { text?.undecided ?? 0 }
  }

  /// A member whose text goes on in the next event.
  struct Text {
    /// The type and the member's name.
    var stream: String
    var member: String
    /// The member as it came, and what its string says.
    var original: [UInt8]
    var said: [UInt8]
    /// Bytes of `said` that are not decided.
    var undecided: Int
    /// What may be written of it so far.
    var kept: [UInt8] = []
  }

  var queue: [Event] = []
  var bytes = 0
  var places: [String: Redactor.Place] = [:]
  /// By type, the member in which parts go on until the last one.
  var ongoing: [String: String] = [:]
  /// When the last event came.
  var touched: UInt64 = 0
  /// What was replaced so far, for the end of the session.
  var totals: [Total] = []

  struct Total: Equatable {
    var name: String
    var isInput: Bool
    var field: String
    var count: Int
    var shown: Int
  }

  var isEmpty: Bool { queue.isEmpty }

  /// Nothing of what waits will be stored.
  mutating func dropAll() {
    guard !queue.isEmpty else { return }
    queue = []
    bytes = 0
    places = [:]
  }

  /// When the waiting is over at the latest, on the clock of the events' moments; nil while nothing waits.
  var deadline: UInt64? {
    guard !queue.isEmpty else { return nil }
    let longest = places.values.reduce(0) { max($0, $1.waiting) }
    return touched &+ (longest < RedactionRules.shortestMatch ? 200_000 : 2_000_000)
  }

  mutating func count(
    _ finding: Redactor.Finding, isInput: Bool, field: String
  ) {
    let (name, count, shown) = (finding.name, finding.count, finding.shown)
    let place = totals.firstIndex {
      $0.name == name && $0.isInput == isInput && $0.field == field
    }
    if let place {
      totals[place].count += count
      totals[place].shown += shown
    } else {
      totals.append(Total(name: name, isInput: isInput, field: field, count: count, shown: shown))
    }
  }
}

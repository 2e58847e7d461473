internal import SessionLog

/// Which event came of which, as the events say it themselves.
///
/// It reads behind the timeline, a little at a time, so that a long session can be looked at meanwhile.
struct LinkIndex: Sendable {
  /// Longer lines are not taken apart.
  private static let parsed = 128 << 10
  /// So many links are kept at most.
  private static let most = 200_000

  private var followers: [Int: [Int]] = [:]
  private var causes: [Int: Int] = [:]
  /// Events of a merged timeline by their session and their number there.
  private var numbers: [String: Int] = [:]
  /// Where each session of a merged timeline begins.
  private(set) var starts: [String: Int] = [:]
  /// Where each approval was asked for.
  private var approvals: [String: Int] = [:]
  /// Who said what about each approval so far, with whether it was yes.
  private var votes: [String: [(name: String, isYes: Bool)]] = [:]
  /// Who stands behind what became of an approval.
  private var people: [Int: [String]] = [:]
  /// The first event that has not been looked at.
  private(set) var scanned = 0

  /// Looks at up to `count` more events.
  mutating func scan(_ recording: inout Recording, count: Int) throws(SessionLogFailure) {
    var budget = count
    while scanned < recording.timeline.count, budget > 0, causes.count < Self.most {
      let event = scanned
      scanned += 1
      budget -= 1
      guard recording.timeline.kind(of: event) == .other else { continue }
      budget -= 15
      let found = try recording.withLine(event) { line in Self.look(at: line) }
      guard let found else { continue }
      var cause = found.cause
      if let session = found.session {
        if let number = found.number, numbers.count < Self.most {
          numbers["\(session):\(number)"] = event
        }
        if found.isStart { starts[session] = event }
        cause = cause.flatMap { numbers["\(session):\($0)"] }
      }
      if let approval = found.approval {
        if let asked = approvals[approval] {
          cause = cause ?? asked
        } else if found.isApproval {
          approvals[approval] = event
        }
        note(found, approval, at: event)
      }
      if let cause, cause >= 0, cause < event {
        followers[cause, default: []].append(event)
        causes[event] = cause
      }
    }
    if causes.count >= Self.most { scanned = recording.timeline.count }
  }

  /// Takes note of a vote, or of what the votes came to.
  private mutating func note(_ found: Look, _ approval: String, at event: Int) {
    if let vote = found.vote {
      votes[approval, default: []].append(vote)
    } else if let isYes = found.concludes, let cast = votes[approval] {
      var names: [String] = []
      for vote in cast where vote.isYes == isYes && !names.contains(vote.name) {
        names.append(vote.name)
      }
      people[event] = Array(names.prefix(8))
    }
  }

  /// Whose votes made an approval what this event says it is.
  func people(of event: Int) -> [String] { people[event] ?? [] }

  /// Events that say they come of this one.
  func followers(of event: Int) -> [Int] { followers[event] ?? [] }

  /// The event that this one says it comes of.
  func cause(of event: Int) -> Int? { causes[event] }

  private struct Look {
    var cause: Int?
    var approval: String?
    var isApproval: Bool
    var vote: (name: String, isYes: Bool)?
    /// Of an approval that is granted or used, true; of one that is rejected, false.
    var concludes: Bool?
    var isStart: Bool
    /// Of a merged timeline.
    var session: String?
    var number: Int?
  }

  private static func look(at line: Span<UInt8>) -> Look? {
    guard line.count <= parsed, let header = LineHeader(line) else { return nil }
    let type = header.typeName(in: line)
    let json: JSONValue
    do { json = try JSONValue(parsing: line) } catch { return nil }
    let facts = EventFacts(json: json)
    let cause = facts.integer("subject", "caused_by", "executed").flatMap { Int(exactly: $0) }
    let session = EventFields.session(line, header)
    var look = Look(
      cause: cause, approval: facts.text("approval"), isApproval: type.hasPrefix("approval."),
      isStart: type == "session.start", session: session,
      number: session == nil ? nil : facts.integer("session_seq").flatMap { Int(exactly: $0) })
    switch type {
    case "approval.vote":
      let isYes = Outcome(facts.text("verdict", "vote", "decision")) == .approved
      let isNo = Outcome(facts.text("verdict", "vote", "decision")) == .blocked
      if isYes || isNo, let name = facts.person("approver", "by", "who") {
        look.vote = (name, isYes)
      }
    case "approval.granted", "approval.consumed": look.concludes = true
    case "approval.rejected": look.concludes = false
    default: break
    }
    return look
  }
}

extension MarkKind {
  /// The kind that a step looks for; nil for what is found in another way.
  init?(_ target: Action.Target) {
    switch target {
    case .command: self = .command
    case .decision: self = .decision
    case .denial: self = .denial
    case .approval: self = .approval
    case .mask: self = .mask
    case .gap: self = .gap
    case .hidden: self = .hidden
    case .marker: self = .marker
    case .event, .change, .hit: return nil
    }
  }
}

extension Marks {
  /// Which of its kind an event is, from 1.
  func rank(of event: Int, _ kind: MarkKind) -> Int {
    let list = events(kind)
    var (low, high) = (0, list.count)
    while low < high {
      let middle = (low + high) / 2
      if Int(list[middle]) <= event { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// How many there are of all kinds: another number after each change.
  var total: Int { MarkKind.allCases.reduce(0) { $0 + count($1) } }
}

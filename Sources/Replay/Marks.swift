internal import SessionLog

/// What a viewer may want to step or jump to, besides events, times and changes of the screen.
package enum MarkKind: UInt8, CaseIterable, Sendable {
  /// Something an agent did or asked for: a command, statement, request, call.
  case command
  /// What the policy said, whatever it said.
  case decision
  /// A block, a rejection, an approval that ran out.
  case denial
  /// Anything about an approval.
  case approval
  case mask
  /// Something was not recorded, or kept without a commit.
  case gap
  /// Hidden content was found in the output.
  case hidden
  /// A note that somebody set.
  case marker
}

/// Events of each kind, in order; it grows while a session is read.
package struct Marks: Sendable, Equatable {
  private var events: [[Int32]] = Array(repeating: [], count: MarkKind.allCases.count)

  package init() {}

  package func events(_ kind: MarkKind) -> [Int32] { events[Int(kind.rawValue)] }
  package func count(_ kind: MarkKind) -> Int { events[Int(kind.rawValue)].count }

  /// The first event of a kind after an event; nil where there is none as far as is known.
  package func next(_ kind: MarkKind, after event: Int) -> Int? {
    let list = events[Int(kind.rawValue)]
    let place = Self.place(list, above: event)
    return place < list.count ? Int(list[place]) : nil
  }

  /// The last event of a kind before an event.
  package func last(_ kind: MarkKind, before event: Int) -> Int? {
    let list = events[Int(kind.rawValue)]
    let place = Self.place(list, above: event - 1)
    return place > 0 ? Int(list[place - 1]) : nil
  }

  package func isMarked(_ event: Int, _ kind: MarkKind) -> Bool {
    let list = events[Int(kind.rawValue)]
    let place = Self.place(list, above: event)
    return place > 0 && Int(list[place - 1]) == event
  }

  /// Every kind that an event is marked with.
  package func kinds(at event: Int) -> [MarkKind] {
    MarkKind.allCases.filter { isMarked(event, $0) }
  }

  mutating func add(_ kind: MarkKind, _ event: Int) {
    let event = Int32(clamping: event)
    guard events[Int(kind.rawValue)].last ?? -1 < event else { return }
    events[Int(kind.rawValue)].append(event)
  }

  // MARK: snapshots

  mutating func truncate(_ counts: [Int]) {
    for (kind, count) in counts.enumerated() where events[kind].count > count {
      events[kind].removeLast(events[kind].count - count)
    }
  }

  func write(to writer: inout SnapshotFileWriter) {
    for list in events {
      writer.number(list.count)
      var before: Int32 = -1
      for event in list {
        writer.number(Int(event - before - 1))
        before = event
      }
    }
  }

  init(from reader: inout SnapshotFileReader, last: Int) throws(SnapshotFileReader.Damage) {
    self.init()
    for kind in events.indices {
      var before = -1
      for _ in 0..<(try reader.count(1)) {
        guard before < last else { throw SnapshotFileReader.Damage() }
        before += 1 + (try reader.number(0...last - before - 1))
        events[kind].append(Int32(clamping: before))
      }
    }
  }

  private static func place(_ list: [Int32], above event: Int) -> Int {
    var (low, high) = (0, list.count)
    while low < high {
      let middle = (low + high) / 2
      if Int(list[middle]) <= event { low = middle + 1 } else { high = middle }
    }
    return low
  }

  // MARK: what an event is

  /// The marks of one event line, told by its type and, for decisions, its outcome.
  ///
  /// Types: schema/events.md.
  static func kinds(_ line: Span<UInt8>, _ header: LineHeader) -> [MarkKind] {
    guard !header.isType("terminal.output", in: line) else { return [] }
    let type = header.typeName(in: line)
    switch type {
    case "terminal.command", "database.query", "database.connect", "http.request", "mcp.call",
      "kubernetes.request", "tool.call", "file.transfer", "tunnel.open", "ssh.channel":
      return [.command]
    case "terminal.input": return isEnter(line, header) ? [.command] : []
    case "policy.decision": return decision(line)
    case "approval.rejected", "approval.expired", "approval.revoked": return [.approval, .denial]
    case "approval.vote":
      return field("verdict", line) == "reject" ? [.approval, .denial] : [.approval]
    case "delegation.rejected": return [.denial]
    case "auth.attempt": return number("status", line) == failedLogin ? [.denial] : []
    case "recorder.gap", "recorder.recovered", "recorder.pause", "recorder.fail": return [.gap]
    default:
      if type.hasPrefix("approval.") { return [.approval] }
      if type.hasPrefix("masking.") { return [.mask] }
      if type.hasPrefix("marker.") { return [.marker] }
      return []
    }
  }

  /// What was only watched denied and masked nothing.
  private static func decision(_ line: Span<UInt8>) -> [MarkKind] {
    let json: JSONValue
    do { json = try JSONValue(parsing: line) } catch { return [.decision] }
    guard json["enforced"] != .bool(false) else { return [.decision] }
    switch json["outcome"] {
    case .string("block"), .string("error"): return [.decision, .denial]
    case .string("mask"): return [.decision, .mask]
    default: return [.decision]
    }
  }

  /// `status` of `auth.attempt`: 1 success, 2 failure, 0 unknown.
  private static let failedLogin: Int64 = 2

  private static func number(_ name: String, _ line: Span<UInt8>) -> Int64? {
    do { return try JSONValue(parsing: line)[name]?.integer } catch { return nil }
  }

  private static func field(_ name: String, _ line: Span<UInt8>) -> String? {
    do { return try JSONValue(parsing: line)[name]?.string } catch { return nil }
  }

  /// What was typed ends a line: a command is given.
  private static func isEnter(_ line: Span<UInt8>, _ header: LineHeader) -> Bool {
    var payload: [UInt8] = []
    guard Payload.append(from: line, header: header, to: &payload) else { return false }
    return payload.contains(0x0D)
  }
}

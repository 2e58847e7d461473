package import Platform
internal import SessionLog

/// Why a session could not be streamed to a service.
package enum ServiceFailure: Error, Sendable {
  case unreachable(FileFailure)
  /// In the words of schema/ingest-protocol.md §5.
  case refused(code: String, message: String)
  /// Away for longer than policy allows, after so many seconds.
  case lost(seconds: UInt64)
  /// What it said is no answer of the protocol.
  case notUnderstood(String)
}

/// The lines of the ingest protocol that a recorder of one session sends.
///
/// Protocol: schema/ingest-protocol.md.
struct StreamOpening: Sendable {
  /// The only session of its connection.
  static let reference = "t"

  private var members: [JSONValue.Member]

  /// A terminal of this size.
  init(_ request: RecordingRequest, _ size: WindowSize) {
    self.init(request, kind: "terminal", resource: nil)
    var terminal: [JSONValue.Member] = [
      .init("cols", .integer(Int64(size.columns))), .init("rows", .integer(Int64(size.rows))),
    ]
    if let type = request.terminalType { terminal.append(.init("term", .string(type))) }
    members.append(.init("terminal", .object(terminal)))
  }

  /// A session of this kind; `resource` stands where the request names none.
  init(_ request: RecordingRequest, kind: String, resource: Resource?) {
    var members: [JSONValue.Member] = [
      .init("open", .string(Self.reference)), .init("kind", .string(kind)),
      .init("agent", request.agent.json),
    ]
    if let principal = request.principal { members.append(.init("principal", principal.json)) }
    if let resource = request.resource ?? resource {
      members.append(
        .init(
          "resource",
          .object([
            .init("kind", .string(resource.kind)), .init("uid", .string(resource.uid)),
          ])))
    }
    if let purpose = request.purpose { members.append(.init("purpose", .string(purpose))) }
    if let title = request.title { members.append(.init("title", .string(title))) }
    if let parent = request.parent {
      members.append(.init("parent_session", .string(parent.text)))
    }
    members.append(.init("argv", .array(request.command.map { .string($0) })))
    if !request.environment.isEmpty {
      members.append(
        .init("env", .object(request.environment.map { .init($0.name, .string($0.value)) })))
    }
    self.members = members
  }

  /// The `open` line; `continues` names the session that this one goes on from.
  func line(continues: SessionID?) -> [UInt8] {
    var members = members
    if let continues { members.append(.init("continues", .string(continues.text))) }
    return Self.line(members)
  }

  static func line(_ members: [JSONValue.Member]) -> [UInt8] {
    var bytes: [UInt8] = []
    JSONLine.value(.object(members), into: &bytes)
    bytes.append(0x0A)
    return bytes
  }
}

/// Events of a streamed session until they are acknowledged.
struct StreamQueue: EventSink {
  /// Bodies (all after the type) and types of the events from `first` on.
  private var events: [(type: [UInt8], body: [UInt8])] = []
  /// Number of the first event that is kept; events count from 1.
  private var first: UInt64 = 1
  private var start = 0
  /// Bytes that are kept.
  private(set) var bytes = 0
  /// How many events were given to the connection.
  private(set) var sent: UInt64 = 0
  /// The wall time that goes with events; nil leaves it to the server's clock.
  var at: String?

  /// Events with which every session begins, such as what its recorder is set to.
  private var opening: [(type: [UInt8], body: [UInt8])] = []
  /// Those among the current session's that count in no other: what opens a session that goes on from another.
  private var repeated: UInt64 = 0
  /// Events that stand in sessions before this one, and those sessions with the first and the last event of each.
  private var former: UInt64 = 0
  private var formerSessions: [(events: ClosedRange<UInt64>, id: SessionID, repeated: UInt64)] = []
  /// The newest event, and the newest that is acknowledged, counted over all sessions without what they repeat.
  var newest: UInt64 { former + last - repeated }
  var settled: UInt64 { former + max(first - 1, repeated) - repeated }
  /// True if there is an event that is not acknowledged.
  var isWaiting: Bool { start < events.count }

  /// Number of the newest event.
  var last: UInt64 { first + UInt64(events.count - start) - 1 }
  /// As if all were one session; `next` puts right what refers to another.
  var nextLine: UInt64 { newest + 2 }

  func time(of moment: UInt64) -> UInt64 { 0 }

  mutating func append(_ line: [UInt8]) {
    guard let header = LineHeader(line.span) else { return }
    var body: [UInt8] = []
    if let at { body.append(contentsOf: ",\"at\":\"\(at)\"".utf8) }
    body.append(contentsOf: line[header.end...])
    bytes += body.count
    events.append((Array(line[header.type]), body))
  }

  /// The next event's line, if there is one.
  func next() -> [UInt8]? {
    guard sent < last else { return nil }
    let event = events[start + Int(sent + 1 - first)]
    var line = Array("{\"event\":\"\(StreamOpening.reference)\",\"n\":\(sent + 1),\"type\":\"".utf8)
    line.append(contentsOf: event.type)
    line.append(0x22)
    line.append(contentsOf: formerSessions.isEmpty ? event.body : referring(event.body))
    line.append(0x0A)
    return line
  }

  /// A body whose references to lines are those of the sessions in which the events stand.
  ///
  /// Source: schema/events.md, kinds: `reference`.
  private func referring(_ body: [UInt8]) -> [UInt8] {
    var scanner = MessageScanner()
    let object = [0x7B] + body.dropFirst()
    do throws(Refusal) { try scanner.scan(object.span) } catch { return body }
    var result: [UInt8] = []
    var copied = 0
    for member in scanner.members {
      let name = String(decoding: object[member.name], as: UTF8.self)
      guard ["caused_by", "subject", "batch"].contains(name),
        let line = UInt64(String(decoding: object[member.value], as: UTF8.self)), line > 1
      else { continue }
      result += object[copied..<member.value.lowerBound]
      if line - 1 > former {
        result += Array(String(line - former + repeated).utf8)
      } else if let session = formerSessions.first(where: { $0.events.contains(line - 1) }) {
        let there = line - session.events.lowerBound + 1 + session.repeated
        result += Array("\"\(session.id.text)@\(there)\"".utf8)
      } else {
        result += object[member.value]
      }
      copied = member.value.upperBound
    }
    result += object[copied...]
    result[0] = 0x2C
    return result
  }

  mutating func noteSent() { sent += 1 }

  /// The server has all up to `number`.
  mutating func acknowledge(_ number: UInt64) {
    while first <= number, start < events.count {
      bytes -= events[start].body.count
      events[start].body = []
      start += 1
      first += 1
    }
    sent = max(sent, first - 1)
    if start > 1024, start > events.count / 2 {
      events.removeFirst(start)
      start = 0
    }
  }

  /// All that is not acknowledged is sent again.
  mutating func rewind() { sent = first - 1 }

  /// All events so far open the session, and every one that goes on from it.
  mutating func keepAsOpening() { opening = Array(events[start...]) }

  /// What is kept is to stand in another session than `session`: it is numbered from 1, after what opens every session.
  mutating func renumber(from session: SessionID?) {
    if let session, settled > former {
      formerSessions.append((former + 1...settled, session, repeated))
    }
    let leading = UInt64(opening.count)
    // What opened the session before and was not acknowledged comes anew, with all of it.
    let unsettled = Int(leading - min(first - 1, leading))
    former = max(settled, leading)
    let rest = events[(start + unsettled)...]
    events = opening + rest
    bytes = events.reduce(0) { $0 + $1.body.count }
    start = 0
    repeated = leading
    first = 1
    sent = 0
  }
}

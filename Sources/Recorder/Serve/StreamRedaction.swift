internal import Evidence
internal import SessionLog

/// Replaces secrets in what gateways stream, for all sessions of a server.
///
/// Not Sendable: made and used on the writing thread. Rules: schema/redaction.md §4.
final class StreamRedaction {
  /// An event that may be stored: `,"type":"X",…}`.
  struct Ready {
    var n: UInt64
    var moment: UInt64
    var isBarrier: Bool
    var bytes: [UInt8]
    /// Values replaced in it.
    var replaced: Int
  }

  let names: [String]
  private var texts: JSONRedaction
  private var machine: Redactor
  private var scanner = MessageScanner()

  /// So much waits in one session at most.
  private static let mostEvents = 512
  private static let mostBytes = 256 << 10

  init(_ rules: RedactionRules) {
    names = rules.names
    texts = JSONRedaction(rules)
    machine = Redactor(rules)
    machine.tracesExtents = true
  }

  /// Members of `open` or `close`, each with a comma in front, as they may be written.
  func redact(members: [UInt8], field: String, of held: inout HeldEvents) -> [UInt8] {
    let result = texts.redact(members)
    for finding in texts.takeFindings() { held.count(finding, isInput: true, field: field) }
    return result
  }

  /// Takes one event, `,"type":"X",…}`, and returns all that can be stored now, in order.
  func take(
    _ event: Span<UInt8>, n: UInt64, moment: UInt64, isBarrier: Bool, of held: inout HeldEvents
  ) -> [Ready] {
    var object: [UInt8] = []
    object.reserveCapacity(event.count)
    object.append(event, 0..<event.count)
    // What the decoder cut out of an object becomes one again.
    object[0] = 0x7B
    do throws(Refusal) { try scanner.scan(object.span) } catch {
      // It was scanned before; otherwise it would be one text, and the writer would refuse it.
    }
    let parts = EventParts(object, scanner.members, ongoing: held.ongoing)
    if parts.isPart {
      let name = parts.text.map { String(decoding: object[$0.name], as: UTF8.self) }
      held.ongoing[parts.type] = parts.isLast ? nil : name
    }
    held.touched = moment
    var event = HeldEvents.Event(n: n, moment: moment, isBarrier: isBarrier)
    event.namesRedacted = parts.namesRedacted
    add(event, object, parts, &held)
    let isWaitedFor = isBarrier && !(parts.isPart && !parts.isLast)
    if isWaitedFor || held.queue.count > Self.mostEvents || held.bytes > Self.mostBytes {
      return release(&held, isEnd: false)
    }
    return takeReady(&held)
  }

  /// Decides about all that waits: since somebody waits for it, or because nothing more will come.
  func release(_ held: inout HeldEvents, isEnd: Bool) -> [Ready] {
    for (stream, kept) in held.places {
      guard kept.waiting > 0 || isEnd else { continue }
      var place = kept
      machine.exchange(&place)
      // A candidate is gone through again, so that it is known how far it has come.
      var output = machine.add([])
      output += isEnd ? machine.finish() : machine.release()
      machine.exchange(&place)
      held.places[stream] = isEnd ? nil : place
      distribute(output, stream, &held)
    }
    return takeReady(&held)
  }

  // MARK: One event

  /// Queues an event with what of it is decided.
  private func add(
    _ event: HeldEvents.Event, _ object: [UInt8], _ parts: EventParts, _ held: inout HeldEvents
  ) {
    var event = event
    guard let member = parts.text, let said = Self.said(object, member) else {
      event.head = [0x2C] + object[1..<parts.typeEnd]
      event.head += texts.redact(Array(object[parts.typeEnd..<object.count - 1]))
      note(parts, &event, &held)
      held.queue.append(event)
      held.bytes += event.head.count
      return
    }
    event.head = [0x2C] + object[1..<parts.typeEnd]
    event.head += texts.redact(Array(object[parts.typeEnd..<member.whole.lowerBound]))
    event.tail = texts.redact(Array(object[member.whole.upperBound..<object.count - 1]))
    note(parts, &event, &held)
    event.text = HeldEvents.Text(
      stream: parts.stream, member: String(decoding: object[member.name], as: UTF8.self),
      original: Array(object[member.whole]), said: said, undecided: said.count)
    held.queue.append(event)
    held.bytes += event.head.count + event.tail.count + 2 * said.count
    var place = held.places[parts.stream] ?? Redactor.Place()
    machine.exchange(&place)
    var output = machine.add(said)
    let isEnd = parts.isPart && parts.isLast
    if isEnd { output += machine.finish() }
    machine.exchange(&place)
    held.places[parts.stream] = isEnd ? nil : place
    distribute(output, parts.stream, &held)
  }

  /// Counts what was replaced in an event's own texts.
  private func note(
    _ parts: EventParts, _ event: inout HeldEvents.Event, _ held: inout HeldEvents
  ) {
    for finding in texts.takeFindings() {
      held.count(finding, isInput: EventParts.isInput(parts.type), field: "*")
      event.counts[finding.name, default: 0] += finding.count
    }
  }

  /// What a member's string says; nil if it says nothing that can be part of a stream.
  private static func said(_ object: [UInt8], _ member: ScannedMember) -> [UInt8]? {
    do throws(JSONFault) {
      guard let text = try JSONValue(parsing: object.span.extracting(member.value)).string else {
        return nil
      }
      let isEncoded = String(decoding: object[member.name], as: UTF8.self) == "data64"
      return isEncoded ? Base64.decode(text) : Array(text.utf8)
    } catch { return nil }
  }

  /// Gives what came out of a stream to the events whose bytes they are.
  private func distribute(_ output: [UInt8], _ stream: String, _ held: inout HeldEvents) {
    var at = 0
    var index = 0
    func skipDecided() {
      while index < held.queue.count,
        held.queue[index].text?.stream != stream || held.queue[index].undecided == 0
      { index += 1 }
    }
    for extent in machine.takeExtents() {
      skipDecided()
      var taken = extent.taken
      if let detector = extent.detector {
        // It stands where its match began; if all of that was stored before, where the match was understood.
        let owner =
          index < held.queue.count ? index : held.queue.lastIndex { $0.text?.stream == stream }
        if let owner {
          held.queue[owner].text?.kept += output[at..<at + extent.made]
          held.queue[owner].counts[machine.name(of: detector), default: 0] += 1
        }
        at += extent.made
      }
      while taken > 0, index < held.queue.count {
        let part = min(taken, held.queue[index].undecided)
        if extent.detector == nil, extent.made > 0 {
          held.queue[index].text?.kept += output[at..<at + part]
          at += part
        }
        held.queue[index].text?.undecided -= part
        taken -= part
        skipDecided()
      }
    }
    let (type, field) = EventParts.split(stream)
    for finding in machine.takeFindings() {
      held.count(finding, isInput: EventParts.isInput(type), field: field)
    }
  }

  /// Takes events from the front that are decided.
  private func takeReady(_ held: inout HeldEvents) -> [Ready] {
    let count = held.queue.firstIndex { $0.undecided > 0 } ?? held.queue.count
    guard count > 0 else { return [] }
    let ready = held.queue[..<count].map(Self.finished)
    held.queue.removeFirst(count)
    held.bytes = held.queue.reduce(0) {
      $0 + $1.head.count + $1.tail.count + 2 * ($1.text?.said.count ?? 0)
    }
    return ready
  }

  private static func finished(_ event: HeldEvents.Event) -> Ready {
    var bytes = event.head
    if let text = event.text {
      if text.kept == text.said {
        bytes += text.original
      } else if text.member == "data" || text.member == "data64" {
        var line = LineBuilder(time: 0, type: "x")
        let start = line.bytes.count + 1
        line.addData(text.kept.span)
        bytes += line.bytes[start...]
      } else {
        let words = String(decoding: text.kept, as: UTF8.self)
        bytes += Array("\"\(text.member)\":".utf8)
        JSONLine.value(.string(words), into: &bytes)
      }
      bytes += event.tail
    }
    if !event.counts.isEmpty, !event.namesRedacted {
      var members: [JSONValue.Member] = []
      for (name, count) in event.counts.sorted(by: { $0.key < $1.key }) {
        members.append(.init(name, .integer(Int64(clamping: count))))
      }
      bytes.append(literal: ",\"redacted\":")
      JSONLine.value(.object(members), into: &bytes)
    }
    bytes.append(0x7D)
    return Ready(
      n: event.n, moment: event.moment, isBarrier: event.isBarrier, bytes: bytes,
      replaced: event.counts.values.reduce(0, +))
  }
}

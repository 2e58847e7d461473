internal import SessionLog

/// One line of a client, understood as far as the envelope goes.
///
/// Format: schema/ingest-protocol.md §§2 and 3.
struct ClientMessage {
  enum Kind: Sendable { case hello, health, open, event, barrier, close, resume }

  var kind: Kind
  /// Where the value of the naming member stands between its quotes; empty for `hello` and `health`.
  var ref = 0..<0
  /// For `event`.
  var n: UInt64 = 0
  /// Where an event's type stands in the line, without quotes, and the member that names it.
  var type = 0..<0
  private var typeMember = 0..<0
  /// An event that is made durable at once.
  var isBarrier = false
  /// Which members are the client's own, to be stored as they are; neighbours with but a comma between them are one.
  var rest: [Range<Int>]

  /// What the server itself writes into line 0.
  private static let reservedInOpen: Set<String> = [
    "t", "type", "format", "store", "session", "start", "boot_id", "after", "peer", "host",
    "redact",
  ]
  private static let reservedInClose: Set<String> = [
    "t", "type", "n_events", "n_own", "at", "reason",
  ]

  /// Reads a line whose members `scanner` has found; `room` is taken to be used again for `rest`.
  init(_ line: Span<UInt8>, _ scanner: borrowing MessageScanner, room: inout [Range<Int>])
    throws(Refusal)
  {
    rest = []
    swap(&rest, &room)
    rest.removeAll(keepingCapacity: true)
    var found: (Kind, Int)?
    for index in scanner.members.indices {
      guard let kind = Self.kind(scanner.members[index].name, line) else { continue }
      guard found == nil else { throw Refusal(.malformed, "two members name the message") }
      found = (kind, index)
    }
    guard let (kind, index) = found else {
      throw Refusal(.protocol, "unknown message")
    }
    self.kind = kind
    let value = scanner.members[index].value
    if kind == .hello || kind == .health {
      guard text(line, value) == "1" else {
        throw Refusal(.protocol, "this server speaks version 1")
      }
      return
    }
    guard value.count >= 3, value.count <= 66, line[value.lowerBound] == 0x22 else {
      throw Refusal(.malformed, "a ref is a string of 1 to 64 bytes")
    }
    ref = value.lowerBound + 1..<value.upperBound - 1
    for index in ref where line[index] == 0x5C {
      throw Refusal(.malformed, "a ref holds no backslash")
    }
  }

  private static func kind(_ name: Range<Int>, _ line: Span<UInt8>) -> Kind? {
    func named(_ word: StaticString) -> Bool {
      word.utf8CodeUnitCount == name.count && matches(line, at: name.lowerBound, word)
    }
    guard name.count >= 4 else { return nil }
    switch line[name.lowerBound] {
    case 0x6F: return named("open") ? .open : nil
    case 0x65: return named("event") ? .event : nil
    case 0x63: return named("close") ? .close : nil
    case 0x68: return named("hello") ? .hello : named("health") ? .health : nil
    case 0x72: return named("resume") ? .resume : nil
    case 0x62: return named("barrier") ? .barrier : nil
    default: return nil
    }
  }

  /// Finds `n` and `type` of an event, and what else is to be stored; `last` is the type of the one before.
  mutating func readEvent(
    _ line: Span<UInt8>, _ scanner: borrowing MessageScanner, after last: inout LastType
  ) throws(Refusal) {
    var hasNumber = false
    var isKnown = false
    for index in scanner.members.indices {
      let member = scanner.members[index]
      if member.nameIsEscaped {
        // Written another way it would be the same name to every reader of the recording.
        let name = try Self.decoded(member.name, line)
        guard !["t", "type", "n", "event"].contains(name) else {
          throw Refusal(.badEvent, "an escaped \(name)")
        }
        keep(member.whole)
        continue
      }
      let name = member.name
      switch name.count {
      case 1 where line[name.lowerBound] == 0x6E:
        guard !hasNumber, let number = Self.number(member.value, line), number > 0 else {
          throw Refusal(.badEvent, "n is not one whole number from 1")
        }
        hasNumber = true
        n = number
      case 1 where line[name.lowerBound] == 0x74:
        throw Refusal(.badEvent, "t is the recorder's; a source's own time is at")
      case 4 where matches(line, at: name.lowerBound, "type"):
        isKnown = last.stands(in: line, at: member.value)
        guard type.isEmpty, isKnown || Self.isType(member.value, line) else {
          throw Refusal(.badEvent, "type is missing its form, or given twice")
        }
        type = member.value.lowerBound + 1..<member.value.upperBound - 1
        typeMember = member.whole
      case 5 where matches(line, at: name.lowerBound, "event"): continue
      default: keep(member.whole)
      }
    }
    guard hasNumber else { throw Refusal(.badEvent, "no n") }
    guard !type.isEmpty else { throw Refusal(.badEvent, "no type") }
    if !isKnown {
      try refuseReserved(line)
      let value = type.lowerBound - 1..<type.upperBound + 1
      last = LastType(line, value, isBarrier: BarrierEvents.contains(line.extracting(type)))
    }
    isBarrier = last.isBarrier
  }

  private func refuseReserved(_ line: Span<UInt8>) throws(Refusal) {
    // All of them begin so; most types do not.
    guard
      matches(line, at: type.lowerBound, "session.")
        || matches(line, at: type.lowerBound, "recorder.")
    else { return }
    for reserved in Self.reservedTypes
    where type.count == reserved.utf8CodeUnitCount && matches(line, at: type.lowerBound, reserved) {
      throw Refusal(.badEvent, "only the recorder writes \(reserved)")
    }
  }

  /// Where `,"type":"X",…}` stands as it is to be stored, which is so where the type comes right before what is kept.
  func storedTail(_ line: Span<UInt8>) -> Range<Int>? {
    let end = line.count - 1
    guard typeMember.lowerBound > 0, line[typeMember.lowerBound - 1] == 0x2C,
      type.lowerBound == typeMember.lowerBound + 8, line[end] == 0x7D, rest.count < 2,
      rest.first.map({ $0.lowerBound == type.upperBound + 2 && $0.upperBound == end })
        ?? (type.upperBound + 1 == end)
    else { return nil }
    return typeMember.lowerBound - 1..<line.count
  }

  private mutating func keep(_ member: Range<Int>) {
    if let last = rest.last, last.upperBound + 1 == member.lowerBound {
      rest[rest.count - 1] = last.lowerBound..<member.upperBound
    } else {
      rest.append(member)
    }
  }

  private static let reservedTypes: [StaticString] = [
    "session.start", "session.salt", "session.end", "recorder.recovered",
  ]

  /// Finds what of an `open` or `close` is to be stored, and gives it as JSON for a closer look.
  mutating func readMembers(_ line: Span<UInt8>, _ scanner: borrowing MessageScanner)
    throws(Refusal) -> JSONValue
  {
    let code: Refusal.Code = kind == .open ? .badOpen : .badClose
    let reserved = kind == .open ? Self.reservedInOpen : Self.reservedInClose
    var names: Set<ExactText> = []
    for member in scanner.members {
      let name = try Self.decoded(member.name, line)
      guard names.insert(ExactText(name)).inserted else {
        throw Refusal(code, "\(name) is given twice")
      }
      // What the server puts into a place of its own, however the name is written.
      switch (kind, name) {
      case (.open, "open"), (.open, "kind"), (.close, "close"), (.close, "reason"): continue
      default: break
      }
      guard !reserved.contains(name) else { throw Refusal(code, "\(name) is the recorder's") }
      rest.append(member.whole)
    }
    do { return try JSONValue(parsing: line) } catch { throw Refusal(.malformed, error.reason) }
  }

  private static func decoded(_ name: Range<Int>, _ line: Span<UInt8>) throws(Refusal) -> String {
    do {
      let quoted = line.extracting(name.lowerBound - 1..<name.upperBound + 1)
      return try JSONValue(parsing: quoted).string ?? ""
    } catch { throw Refusal(.malformed, error.reason) }
  }

  private static func number(_ value: Range<Int>, _ line: Span<UInt8>) -> UInt64? {
    guard value.count <= 16 else { return nil }
    var number: UInt64 = 0
    for index in value {
      let digit = line[index] &- 0x30
      guard digit <= 9 else { return nil }
      number = number &* 10 &+ UInt64(digit)
    }
    return number < Limits.time ? number : nil
  }

  /// `"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*"`, at most 64 bytes between the quotes.
  private static func isType(_ value: Range<Int>, _ line: Span<UInt8>) -> Bool {
    guard value.count >= 3, value.count <= Limits.typeBytes + 2,
      line[value.lowerBound] == 0x22, line[value.lowerBound + 1] &- 0x61 < 26
    else { return false }
    var follows = false
    for index in value.lowerBound + 1..<value.upperBound - 1 {
      switch line[index] {
      case 0x61...0x7A, 0x30...0x39, 0x5F: follows = true
      case 0x2E:
        guard follows else { return false }
        follows = false
      default: return false
      }
    }
    return follows
  }
}

/// Text that is the same only if its bytes are: refs and names of members are not compared as people read them.
struct ExactText: Hashable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (one: ExactText, other: ExactText) -> Bool {
    one.text.utf8.elementsEqual(other.text.utf8)
  }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

/// The type of the event before: neighbours are of one as a rule, and what is known of it need not be found again.
struct LastType {
  /// With its quotes.
  private var bytes: [UInt8] = []
  private(set) var isBarrier = false

  init() {}

  init(_ line: Span<UInt8>, _ value: Range<Int>, isBarrier: Bool) {
    bytes.append(line, value)
    self.isBarrier = isBarrier
  }

  func stands(in line: Span<UInt8>, at value: Range<Int>) -> Bool {
    guard value.count == bytes.count else { return false }
    for index in bytes.indices where line[value.lowerBound + index] != bytes[index] { return false }
    return true
  }
}

/// Which events are made durable at once: what the gateway waits for before it lets anything through.
enum BarrierEvents {
  static func contains(_ type: Span<UInt8>) -> Bool {
    func ends(_ word: StaticString) -> Bool {
      matches(type, at: type.count - word.utf8CodeUnitCount, word)
    }
    return ends(".query") || ends(".request") || ends(".call") || matches(type, at: 0, "approval.")
      || type.count == 15 && matches(type, at: 0, "policy.decision")
  }
}

internal import Platform
internal import SessionLog

/// What one connection says, line by line, as commands for the writing thread.
///
/// Pure: it knows refs and the envelope, and nothing of sockets and sessions.
struct ConnectionDecoder {
  /// What the loop must do itself.
  enum Step: Equatable {
    case goOn
    case greet
    /// It asks how the server is.
    case health
    /// The connection ends with this error.
    case end(Refusal)
  }

  /// Refs whose messages are passed over until they are used anew.
  static let passedOver: Attachment = -1
  private static let mostPassedOver = 10_000

  let connection: Int
  let peer: PeerCredentials
  private var refs: [ExactText: Attachment] = [:] { didSet { last = nil } }
  /// What the last message's ref stands for, and its bytes.
  private var last: Attachment?
  private var lastRef: [UInt8] = []
  private var passedOver = 0
  /// Refs in the order in which they came to be passed over; some are used again since.
  private var order: [ExactText] = []
  private var saidHello = false
  private var scanner = MessageScanner()
  private var room: [Range<Int>] = []
  private var lastType = LastType()
  private(set) var commands: [Command] = []
  private var events: Command.Events

  init(connection: Int, peer: PeerCredentials) {
    self.connection = connection
    self.peer = peer
    events = .init(connection: connection, moment: 0)
  }

  /// Takes one line without its LF; commands pile up until `takeCommands`.
  mutating func decode(_ line: Span<UInt8>, moment: UInt64, next: inout Attachment) -> Step {
    events.moment = moment
    do throws(Refusal) {
      try scanner.scan(line)
      var message = try ClientMessage(line, scanner, room: &room)
      defer { swap(&message.rest, &room) }
      guard saidHello || message.kind == .hello || message.kind == .health else {
        throw Refusal(.protocol, "the first message is hello")
      }
      return try obey(&message, line, moment, &next)
    } catch {
      return .end(error)
    }
  }

  /// Everything decoded since the last call.
  mutating func takeCommands() -> [Command] {
    endEvents()
    var taken: [Command] = []
    swap(&taken, &commands)
    return taken
  }

  /// The writing thread let go of an attachment.
  mutating func detached(_ attachment: Attachment, ref: String, isRefused: Bool) {
    let ref = ExactText(ref)
    guard let known = refs[ref], known == attachment || known == Self.passedOver else { return }
    guard !isRefused else { return passOver(ref) }
    refs[ref] = nil
    if known == Self.passedOver { passedOver -= 1 }
  }

  /// What a ref stands for; the last answer is kept, since neighbours are of one session as a rule.
  private mutating func attachment(of ref: Range<Int>, _ line: Span<UInt8>) -> Attachment? {
    if let last, stands(in: line, at: ref) { return last }
    let known = refs[ExactText(text(line, ref))]
    last = known
    lastRef.removeAll(keepingCapacity: true)
    lastRef.append(line, ref)
    return known
  }

  private func stands(in line: Span<UInt8>, at ref: Range<Int>) -> Bool {
    guard ref.count == lastRef.count else { return false }
    for index in lastRef.indices where line[ref.lowerBound + index] != lastRef[index] {
      return false
    }
    return true
  }

  /// Remembers that a ref was refused; of very many the oldest are forgotten, whose messages nobody sends any more.
  private mutating func passOver(_ ref: ExactText) {
    guard refs.updateValue(Self.passedOver, forKey: ref) != Self.passedOver else { return }
    passedOver += 1
    order.append(ref)
    guard passedOver > Self.mostPassedOver || order.count > 2 * Self.mostPassedOver else { return }
    // In one go for many, so that it costs each of them little.
    var kept: [ExactText] = []
    var seen: Set<ExactText> = []
    for ref in order.reversed()
    where kept.count < Self.mostPassedOver / 2 && refs[ref] == Self.passedOver {
      if seen.insert(ref).inserted { kept.append(ref) }
    }
    refs = refs.filter { $0.value != Self.passedOver || seen.contains($0.key) }
    order = kept.reversed()
    passedOver = kept.count
  }

  private mutating func endEvents() {
    guard !events.items.isEmpty else { return }
    commands.append(.events(events))
    // The next read is about as long as this one.
    let (bytes, items) = (events.bytes.count, events.items.count)
    events = .init(connection: connection, moment: events.moment)
    events.bytes.reserveCapacity(bytes + bytes / 8)
    events.items.reserveCapacity(items + items / 8)
  }

  private mutating func obey(
    _ message: inout ClientMessage, _ line: Span<UInt8>, _ moment: UInt64,
    _ next: inout Attachment
  ) throws(Refusal) -> Step {
    let bytes = line.count + 1
    if message.kind == .hello {
      guard !saidHello else { throw Refusal(.protocol, "hello is said once") }
      saidHello = true
      skip(bytes)
      return .greet
    }
    if message.kind == .health {
      skip(bytes)
      return .health
    }
    let known = attachment(of: message.ref, line)
    do throws(Refusal) {
      if message.kind == .open || message.kind == .resume {
        guard known == nil || known == Self.passedOver else {
          throw Refusal(.duplicateRef, "the ref is in use")
        }
        try attach(message, line, place(text(line, message.ref)), &next)
        return .goOn
      }
      guard let attachment = known else {
        throw Refusal(.unknownRef, "no session was opened under this ref")
      }
      guard attachment != Self.passedOver else {
        skip(bytes)
        return .goOn
      }
      switch message.kind {
      case .event:
        try message.readEvent(line, scanner, after: &lastType)
        add(message, line, attachment)
      case .barrier:
        endEvents()
        commands.append(.barrier(attachment, bytes: bytes, connection: connection))
      default: try close(&message, line, attachment)
      }
    } catch {
      endEvents()
      let attachment = known == Self.passedOver ? nil : known
      next += 1
      let ref = text(line, message.ref)
      commands.append(.detach(attachment ?? next, place(ref), error, bytes: bytes))
      passOver(ExactText(ref))
    }
    return .goOn
  }

  private func place(_ ref: String) -> Command.Place {
    .init(connection: connection, ref: ref, user: peer.user, process: peer.process)
  }

  /// Bytes that come to nothing still count for credit.
  private mutating func skip(_ bytes: Int) {
    let end = events.bytes.count
    events.items.append(
      .init(
        attachment: Self.passedOver, n: 0, end: end, isBarrier: false, bytes: bytes))
  }

  private mutating func add(
    _ message: borrowing ClientMessage, _ line: Span<UInt8>, _ attachment: Attachment
  ) {
    if let tail = message.storedTail(line) {
      events.bytes.append(line, tail)
    } else {
      events.bytes.append(literal: ",\"type\":\"")
      events.bytes.append(line, message.type)
      events.bytes.append(0x22)
      for range in message.rest {
        events.bytes.append(0x2C)
        events.bytes.append(line, range)
      }
      events.bytes.append(0x7D)
    }
    events.items.append(
      .init(
        attachment: attachment, n: message.n, end: events.bytes.count,
        isBarrier: message.isBarrier, bytes: line.count + 1))
  }

  private mutating func attach(
    _ message: ClientMessage, _ line: Span<UInt8>, _ place: Command.Place,
    _ next: inout Attachment
  ) throws(Refusal) {
    var message = message
    next += 1
    if message.kind == .resume {
      let json: JSONValue
      do { json = try JSONValue(parsing: line) } catch {
        throw Refusal(.malformed, error.reason)
      }
      guard let session = json["session"]?.string else {
        throw Refusal(.sessionUnknown, "no session named")
      }
      endEvents()
      commands.append(.resume(next, place, session: session, bytes: line.count + 1))
    } else {
      let json = try message.readMembers(line, scanner)
      try OpenRequest.check(json)
      endEvents()
      commands.append(
        .open(
          .init(
            attachment: next, place: place, kind: json["kind"]?.string ?? "",
            members: members(of: message, line), hasPrincipal: json["principal"] != nil,
            hasPrincipalReason: json["principal_reason"] != nil, bytes: line.count + 1)))
    }
    let ref = ExactText(place.ref)
    if refs.updateValue(next, forKey: ref) == Self.passedOver { passedOver -= 1 }
  }

  private mutating func close(
    _ message: inout ClientMessage, _ line: Span<UInt8>, _ attachment: Attachment
  ) throws(Refusal) {
    let json = try message.readMembers(line, scanner)
    let stated = json["reason"]
    let reason = stated == nil ? "client" : stated?.string
    guard let reason, OpenRequest.reasons.contains(reason) else {
      throw Refusal(.badClose, "no such reason")
    }
    endEvents()
    commands.append(
      .close(
        attachment, reason: reason, members: members(of: message, line), bytes: line.count + 1,
        connection: connection))
  }

  /// The client's own members, each with a comma in front.
  private func members(of message: ClientMessage, _ line: Span<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    for range in message.rest {
      bytes.append(0x2C)
      bytes.append(line, range)
    }
    return bytes
  }
}

/// What must be true of the members of `open`, and of a close.
enum OpenRequest {
  static let reasons: Set<String> = [
    "client", "server", "timeout", "policy", "approval_expired", "crash", "lost",
  ]

  static func check(_ json: JSONValue) throws(Refusal) {
    guard let kind = json["kind"]?.string, isKind(kind) else {
      throw Refusal(.badOpen, "kind is missing or no name")
    }
    guard let agent = json["agent"], agent.members != nil, let uid = agent["uid"]?.string,
      !uid.isEmpty
    else { throw Refusal(.badOpen, "agent is no object with a uid") }
    if let principal = json["principal"], principal != .null {
      guard principal["uid"]?.string?.isEmpty == false else {
        throw Refusal(.badOpen, "principal is neither null nor an object with a uid")
      }
    }
    if let delegation = json["delegation"] {
      guard let links = delegation.array, links.allSatisfy({ $0.members != nil }) else {
        throw Refusal(.badOpen, "delegation is no array of objects")
      }
    }
    if let resource = json["resource"] {
      guard resource["kind"]?.string != nil, resource["uid"]?.string != nil else {
        throw Refusal(.badOpen, "resource is no object with kind and uid")
      }
    }
    for name in ["gateway", "policy", "source"] {
      if let value = json[name], value.members == nil {
        throw Refusal(.badOpen, "\(name) is no object")
      }
    }
  }

  private static func isKind(_ kind: String) -> Bool {
    guard let first = kind.utf8.first, (0x61...0x7A).contains(first), kind.utf8.count <= 64 else {
      return false
    }
    return kind.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5F
    }
  }
}

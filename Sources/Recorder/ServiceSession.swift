internal import Evidence
internal import Platform
internal import SessionLog

/// One session at a service: its connection, what is on the way, and what was answered.
struct ServiceSession: ~Copyable {
  private static let lineLimit = 8 << 20

  private let path: String
  private let opening: StreamOpening
  private var socket: Socket?
  private var step = Step.away
  private var received: [UInt8] = []
  private var outgoing = ByteQueue()
  /// Bytes of lines given to this connection, and how many the server takes.
  private var given: UInt64 = 0
  private var credit: UInt64 = 0
  private var askedBarrier: UInt64 = 0
  private var closing: [UInt8]?
  /// Since the session was opened or resumed; the answer may come with another connection.
  private var hasSentClose = false
  /// The word of `closing` for why the session ends.
  private var reason: String?

  /// How long the server keeps sessions, in microseconds, and until when this one may be another's.
  private var resumePatience: UInt64 = 600_000_000
  private var busyUntil: UInt64?

  /// A barrier is asked for, as soon as all events are sent.
  var isBarrierWanted = false
  var queue = StreamQueue()
  private(set) var session: SessionID?
  /// The session that is over; the next one names it.
  private var former: SessionID?
  /// The proof of the closed session.
  private(set) var receipt: RecordingReceipt?

  private enum Step { case away, greeting, opening, attached }

  init(socket: String, opening: StreamOpening) {
    path = socket
    self.opening = opening
  }

  var isConnected: Bool { socket != nil }
  var isAttached: Bool { step == .attached }
  var isEnding: Bool { closing != nil }
  /// The service owes an answer: there are events that it has not acknowledged, or the session is to be closed.
  var isWaiting: Bool { isEnding || queue.isWaiting }

  /// Connects and greets.
  mutating func connect() throws(ServiceFailure) {
    do throws(FileFailure) {
      let made = try Socket(connectingTo: path)
      made.stopBlocking()
      socket = made
    } catch { throw .unreachable(error) }
    step = .greeting
    received.removeAll()
    outgoing.removeAll()
    given = 0
    credit = 0
    askedBarrier = 0
    give(StreamOpening.line([.init("hello", .integer(1)), .init("client", .string("blackbox"))]))
  }

  /// The session is to be closed once all its events are there.
  mutating func end(_ transcript: TerminalTranscript, _ end: EndOfSession) {
    self.end(transcript.endLine(end, time: 0, lines: 0))
  }

  /// The same with `session.end` as it would stand in a session of this process.
  mutating func end(_ line: [UInt8]) {
    guard case .object(let members)? = Self.parse(line) else { return }
    reason = members.first { $0.name == "reason" }?.value.string
    closing = StreamOpening.line(
      [.init("close", .string(StreamOpening.reference))]
        + members.filter { !["t", "type", "n_events"].contains($0.name) })
  }

  private mutating func give(_ line: [UInt8]) {
    outgoing.append(line)
    given += UInt64(line.count)
  }

  private mutating func drop() {
    socket = nil
    step = .away
  }

  /// Sends what may be sent, waits for something to happen, and takes the answers.
  mutating func exchange(captures: Int32, milliseconds: Int32) throws(ServiceFailure) {
    fill()
    send()
    let descriptor = socket?.descriptor ?? -1
    let ready = Polling.wait(
      [
        Polling.Interest(captures),
        Polling.Interest(descriptor, writes: !outgoing.isEmpty),
      ], milliseconds: milliseconds)
    if ready[1].isWritable { send() }
    if ready[1].isReadable { try receive() }
  }

  /// Gives the connection as many lines as the server's credit allows.
  private mutating func fill() {
    guard step == .attached else { return }
    while outgoing.count < 256 << 10, let line = queue.next() {
      // One line is sent in any case: the credit may be smaller than it.
      guard given + UInt64(line.count) <= credit || outgoing.isEmpty && given <= credit else {
        return
      }
      queue.noteSent()
      give(line)
    }
    guard queue.sent == queue.last else { return }
    if let closing, !hasSentClose {
      hasSentClose = true
      give(closing)
    } else if isBarrierWanted, askedBarrier < queue.last {
      askedBarrier = queue.last
      give(StreamOpening.line([.init("barrier", .string(StreamOpening.reference))]))
    }
  }

  private mutating func send() {
    guard let socket else { return }
    while !outgoing.isEmpty {
      switch outgoing.withFirst(256 << 10, { socket.write($0) }) {
      case .bytes(let count): outgoing.drop(count)
      case .later: return
      case .over: return drop()
      }
    }
  }

  private mutating func receive() throws(ServiceFailure) {
    guard let socket else { return }
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      switch socket.read(into: &buffer) {
      case .bytes(let count): received.append(contentsOf: buffer[..<count])
      case .later: return try take()
      case .over:
        try take()
        return drop()
      }
    }
  }

  private mutating func take() throws(ServiceFailure) {
    var start = 0
    while receipt == nil, let end = received[start...].firstIndex(of: 0x0A) {
      let line = Array(received[start..<end])
      start = end + 1
      guard let answer = Self.parse(line) else {
        throw .notUnderstood(String(decoding: line.prefix(200), as: UTF8.self))
      }
      try hear(answer)
    }
    received.removeFirst(start)
    guard received.count <= Self.lineLimit else { throw .notUnderstood("a line without end") }
  }

  private mutating func hear(_ answer: JSONValue) throws(ServiceFailure) {
    if let total = answer["credit"]?.integer {
      credit = UInt64(clamping: total)
    } else if answer["hello"] != nil {
      credit = UInt64(clamping: answer["limits"]?["credit"]?.integer ?? 0)
      if let seconds = answer["limits"]?["resume_s"]?.integer {
        resumePatience = UInt64(clamping: min(max(seconds, 0), 86_400)) * 1_000_000
      }
      step = .opening
      if let session, former == nil {
        give(
          StreamOpening.line([
            .init("resume", .string(StreamOpening.reference)),
            .init("session", .string(session.text)),
          ]))
      } else {
        give(opening.line(continues: former))
      }
    } else if answer["opened"] != nil {
      session = answer["session"]?.string.flatMap { SessionID($0) }
      guard session != nil else { throw .notUnderstood("opened without a session") }
      former = nil
      busyUntil = nil
      step = .attached
    } else if answer["resumed"] != nil {
      note(answer)
      queue.rewind()
      hasSentClose = false
      step = .attached
    } else if answer["ack"] != nil {
      note(answer)
    } else if answer["closed"] != nil {
      try hear(closed: answer)
    } else if let code = answer["error"]?.string {
      try hear(error: code, answer)
    }
  }

  private mutating func note(_ answer: JSONValue) {
    busyUntil = nil
    guard let number = answer["n"]?.integer else { return }
    queue.acknowledge(UInt64(clamping: number))
  }

  private mutating func hear(closed answer: JSONValue) throws(ServiceFailure) {
    note(answer)
    if hasSentClose, queue.settled == queue.newest, answer["reason"]?.string == reason {
      guard let session, let root = answer["root"]?.string.flatMap({ Base64.decode($0) }),
        let digest = Digest(root)
      else { throw .notUnderstood("closed without a receipt") }
      receipt = RecordingReceipt(
        session: session, lines: UInt64(clamping: answer["lines"]?.integer ?? 0), root: digest)
      return
    }
    // The server was stopped, say: what it has not taken goes on in a new session, when it is back.
    goOn(isConnectionGood: false)
  }

  private mutating func hear(error code: String, _ answer: JSONValue) throws(ServiceFailure) {
    switch code {
    case "session_over", "recorder_failed", "session_unknown":
      note(answer)
      goOn(isConnectionGood: answer["ref"] != nil)
    case "session_busy" where session != nil && isBusyForTooLong():
      // Nobody will say any more what of it is kept: all that is not acknowledged goes on in another.
      busyUntil = nil
      goOn(isConnectionGood: true)
    case "shutting_down", "session_busy", "too_many_sessions":
      guard session != nil else { fallthrough }
      // Tried again after a while.
      drop()
    default:
      throw .refused(code: code, message: answer["message"]?.string ?? "")
    }
  }

  /// True once the session was another's for longer than a server keeps one.
  private mutating func isBusyForTooLong() -> Bool {
    let now = SystemClock().monotonic()
    let until = busyUntil ?? now &+ resumePatience
    busyUntil = until
    return now >= until
  }

  /// What is not acknowledged is sent into a new session that names the one before.
  private mutating func goOn(isConnectionGood: Bool) {
    former = session
    queue.renumber(from: session)
    askedBarrier = 0
    hasSentClose = false
    guard isConnectionGood else {
      step = .away
      return drop()
    }
    step = .opening
    give(opening.line(continues: former))
  }

  private static func parse(_ line: [UInt8]) -> JSONValue? {
    do { return try JSONValue(parsing: line.span) } catch { return nil }
  }
}

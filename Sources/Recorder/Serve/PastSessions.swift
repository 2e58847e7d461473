internal import Evidence
internal import Platform
internal import SessionLog

/// What is left of a session that is over, for a client that comes back to it.
struct PastSession {
  /// How its client, or the server for it, ended it.
  struct Ending {
    var reason: String
    var lines: UInt64
    var root: Digest
  }

  var user: UInt32
  /// The client's own.
  var events: UInt64
  /// Nil if a recovery ended it.
  var ending: Ending?
}

/// Sessions that are over: what is remembered of them, and who asked for them and waits.
struct PastSessions {
  /// One `resume` of a session that is not open.
  struct Question {
    var attachment: Attachment
    var place: Command.Place
    var session: SessionID
    /// Of its line; given back with the answer, so that no more wait than credit allows.
    var bytes: Int
  }

  /// A session that was given up: its file cannot be written, and nobody has recovered it yet.
  struct Failed {
    var user: UInt32
    var n: UInt64
  }

  /// The file that is being read for somebody.
  var reading: PastReading?
  private var known = Newest<PastSession>()
  private var failures = Newest<Failed>()
  private var waiting: [Int: Questions] = [:]
  /// Connections with questions; they take turns, so that one that asks a lot keeps no other waiting.
  private var turns: [Int] = []
  private var turn = 0
  /// Attachments whose ref is used for something else by now.
  private var dropped: Set<Attachment> = []

  /// Questions of one connection in their order.
  private struct Questions {
    var items: [Question] = []
    var first = 0

    mutating func take() -> Question? {
      guard first < items.count else { return nil }
      first += 1
      return items[first - 1]
    }

    var isEmpty: Bool { first == items.count }
  }

  /// There is something to find out.
  var isAsked: Bool { reading != nil || !turns.isEmpty }

  mutating func ask(_ question: Question) {
    let connection = question.place.connection
    if waiting[connection] == nil { turns.append(connection) }
    waiting[connection, default: Questions()].items.append(question)
  }

  /// The next question, and whether its answer is still wanted.
  mutating func next() -> (Question, isWanted: Bool)? {
    guard !turns.isEmpty else { return nil }
    turn = (turn + 1) % turns.count
    let connection = turns[turn]
    let question = waiting[connection]?.take()
    if waiting[connection]?.isEmpty ?? true {
      waiting[connection] = nil
      turns.remove(at: turn)
    }
    return question.map { ($0, dropped.remove($0.attachment) == nil) }
  }

  /// Nobody waits for this one's answer any more.
  mutating func forget(attachment: Attachment) {
    if isAsked { dropped.insert(attachment) } else if !dropped.isEmpty { dropped = [] }
  }

  /// True once for an attachment that was forgotten.
  mutating func wasForgotten(_ attachment: Attachment) -> Bool {
    dropped.remove(attachment) != nil
  }

  mutating func forget(connection: Int) {
    if reading?.question.place.connection == connection { reading = nil }
    guard waiting.removeValue(forKey: connection) != nil else { return }
    turns.removeAll { $0 == connection }
  }

  mutating func note(_ id: SessionID, _ session: PastSession) { known.note(id, session) }

  mutating func noteFailed(_ id: SessionID, user: UInt32, n: UInt64) {
    failures.note(id, Failed(user: user, n: n))
  }

  func session(_ id: SessionID) -> PastSession? { known[id] }

  func failed(_ id: SessionID) -> Failed? { failures[id] }
}

/// The newest values, each of one session; older ones are forgotten.
private struct Newest<Value> {
  private var values: [SessionID: Value] = [:]
  private var order: [SessionID] = []
  private var oldest = 0
  /// About a megabyte of endings.
  private static var most: Int { 4096 }

  subscript(id: SessionID) -> Value? { values[id] }

  mutating func note(_ id: SessionID, _ value: Value) {
    guard values.updateValue(value, forKey: id) == nil else { return }
    if order.count < Self.most {
      order.append(id)
    } else {
      values[order[oldest]] = nil
      order[oldest] = id
      oldest = (oldest + 1) % Self.most
    }
  }
}

/// Reads the file of a session that is over, a batch at a time.
final class PastReading {
  enum Step {
    /// So many bytes of lines were read.
    case more(Int)
    /// Nil: it is none that a client streamed. `isFinal`: it stays as it is.
    case over(PastSession?, isFinal: Bool)
  }

  let question: PastSessions.Question
  private var reader: SessionReader
  private var batch = Batch()
  private var events: UInt64 = 0
  private var own: UInt64 = 0
  private var reason: String?

  /// - Throws: there is no such file, or it cannot be read.
  init(_ question: PastSessions.Question, in store: Store) throws(SessionLogFailure) {
    self.question = question
    reader = try SessionReader(path: store.sessionPath(of: question.session), in: store.system)
  }

  /// Reads one batch; of another user's session nothing behind line 0 is looked at.
  func step() throws(SessionLogFailure) -> Step {
    let isOver = try reader.next(into: &batch) == .end
    guard let uid = reader.start?.json["peer"]?["uid"]?.integer else {
      return .over(nil, isFinal: false)
    }
    let user = UInt32(clamping: uid)
    guard user == question.place.user else {
      return .over(PastSession(user: user, events: 0), isFinal: false)
    }
    guard isOver else { return .more(count()) }
    var past = PastSession(user: user, events: events > own ? events - own : 0)
    let isFinal = reader.isClosed && reader.findings.isEmpty
    if let reason, isFinal, !reader.isRecovered {
      past.ending = .init(reason: reason, lines: reader.tree.size, root: reader.root())
    }
    return .over(past, isFinal: isFinal)
  }

  private func count() -> Int {
    var bytes = 0
    for index in 0..<batch.lineCount {
      batch.withLine(index) { line in
        bytes += line.count
        guard let header = LineHeader(line) else { return }
        guard !header.isType("session.end", in: line) else { return noteEnd(line) }
        let isOurs =
          header.isType("session.start", in: line) || header.isType("session.salt", in: line)
          || header.isType("recorder.recovered", in: line)
        if !isOurs { events += 1 }
      }
    }
    return bytes
  }

  /// Only the server writes this line, so its word is good for which of those before it are none of the client's.
  private func noteEnd(_ line: Span<UInt8>) {
    do {
      let json = try JSONValue(parsing: line)
      own = UInt64(clamping: json["n_own"]?.integer ?? 0)
      reason = json["reason"]?.string.flatMap { OpenRequest.reasons.contains($0) ? $0 : nil }
    } catch {
      // A line that was verified is JSON; without it the session counts as one that a recovery ended.
    }
  }
}

extension SessionKeeper {
  /// Goes on with what clients asked about sessions that are over: a stretch of reading, no more.
  func lookUp() {
    var room = settings.stretch
    while room > 0, past.isAsked {
      beat()
      // An answer from memory costs something too.
      room -= 4096
      guard let reading = past.reading else {
        if let (question, isWanted) = past.next() { begin(question, isWanted: isWanted) }
        continue
      }
      do throws(SessionLogFailure) {
        switch try reading.step() {
        case .more(let bytes): room -= bytes
        case .over(let found, let isFinal):
          past.reading = nil
          if let found, isFinal { past.note(reading.question.session, found) }
          answer(reading.question, found)
        }
      } catch {
        past.reading = nil
        answer(reading.question, nil)
      }
    }
  }

  private func begin(_ question: PastSessions.Question, isWanted: Bool) {
    guard isWanted else { return giveBack(question.bytes, question.place.connection) }
    let id = question.session
    if let known = past.session(id) { return answer(question, known) }
    // While another process recovers it nobody can say how much of it is kept.
    do throws(SessionLogFailure) {
      if try store.isNamedLive(id) {
        guard let failed = past.failed(id) else {
          return refuse(
            question, .sessionBusy, "it is being recovered, or another recorder writes it")
        }
        guard failed.user == question.place.user else {
          return refuse(question, .forbidden, "it is another user's session")
        }
        return refuse(
          question, .recorderFailed, "the session was given up: its file could not be written",
          n: failed.n)
      }
    } catch { return refuse(question, .sessionBusy, Self.words(error)) }
    do throws(SessionLogFailure) {
      past.reading = try PastReading(question, in: store)
    } catch { answer(question, nil) }
  }

  private func answer(_ question: PastSessions.Question, _ found: PastSession?) {
    guard let found else { return refuse(question, .sessionUnknown, "no such session") }
    guard found.user == question.place.user else {
      return refuse(question, .forbidden, "it is another user's session")
    }
    guard let ending = found.ending else {
      return refuse(
        question, .sessionOver, "the session was ended by a recovery", n: found.events)
    }
    let (attachment, place) = (question.attachment, question.place)
    giveBack(question.bytes, place.connection)
    guard !past.wasForgotten(attachment) else { return }
    sayClosed(
      question.session, reason: ending.reason, n: found.events, lines: ending.lines,
      root: ending.root,
      .init(connection: place.connection, ref: place.ref, attachment: attachment))
  }

  private func refuse(
    _ question: PastSessions.Question, _ code: Refusal.Code, _ message: String, n: UInt64? = nil
  ) {
    giveBack(question.bytes, question.place.connection)
    guard !past.wasForgotten(question.attachment) else { return }
    turnAway(
      Refusal(code, message), question.attachment, question.place, n: n,
      session: n == nil ? nil : question.session)
  }
}

import Foundation
import Glibc
import Synchronization
import TestSupport

/// A server of `schema/ingest-protocol.md` that keeps what it is told in memory, and dies at moments of the test's choosing.
///
/// One connection at a time. Like the real one it acks soon without being asked, and takes events before it has answered
/// `open`: whoever sends them so early has them stored.
final class StubServer: Sendable {
  /// When, in the course of one message, the server dies.
  enum Phase: CaseIterable, Sendable { case unheard, unanswered, answered }
  /// What becomes of its sessions.
  enum End: CaseIterable, Sendable {
    /// Only the connection is gone: they can be resumed.
    case drop
    /// They are over; what was stored and not acked is kept, or lost.
    case killKeeping
    case killLosing
  }

  /// At the message of this name that comes as number `count`.
  struct Death: Sendable, CustomStringConvertible {
    var word: String
    var count: Int
    var phase: Phase
    var end: End
    var description: String { "\(word) \(count) \(phase) \(end)" }
  }

  struct Session: Sendable {
    var id: String
    var continues: String?
    var agent: String
    var events: [[UInt8]] = []
    var acked = 0
    var isOver = false
    /// Why its client closed it.
    var reason: String?
    var isOpened = false
  }

  struct State: Sendable {
    var sessions: [Session] = []
    var deaths: [Death]
    var counts: [String: Int] = [:]
    /// Where a client broke the protocol, or went on before it was answered.
    var troubles: [String] = []
  }

  private let state: Mutex<State>
  private let listener: Int32
  private let path: String

  init?(_ path: String, deaths: [Death]) {
    self.path = path
    state = Mutex(State(deaths: deaths))
    listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) {
      $0.copyBytes(from: path.utf8.prefix($0.count - 1))
    }
    let bound = withUnsafeBytes(of: &address) { raw in
      bind(listener, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
    }
    guard bound == 0, listen(listener, 8) == 0 else { return nil }
    Thread.detachNewThread { [self] in
      while true {
        let client = accept(listener, nil, nil)
        // Not before nobody waits on it: its number may be another's at once.
        guard client >= 0 else { return _ = close(listener) }
        serve(client)
        close(client)
      }
    }
  }

  var now: State { state.withLock { $0 } }

  /// Lets nobody connect any more.
  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    unlink(path)
  }

  // MARK: One connection

  /// What a connection knows: sessions by ref (their places in the list), and who waits for an answer.
  private struct Talk {
    var refs: [String: Int] = [:]
    var passedOver: Set<String> = []
    /// Answers to `open`, given once the client has been silent for a moment: had it more to say, it would have said it.
    var opened: [(ref: String, isLast: Bool)] = []
    var output: [String] = []
  }

  private func serve(_ client: Int32) {
    var talk = Talk()
    var input: [UInt8] = []
    while true {
      var wait = pollfd(fd: client, events: Int16(POLLIN), revents: 0)
      if poll(&wait, 1, 10) == 0 {
        let goesOn = rest(&talk)
        guard say(&talk, client), goesOn else { return }
        continue
      }
      var chunk = [UInt8](repeating: 0, count: 65_536)
      let count = read(client, &chunk, chunk.count)
      guard count > 0 else { return }
      input += chunk[..<count]
      while let end = input.firstIndex(of: 0x0A) {
        let line = Array(input[..<end])
        input.removeSubrange(...end)
        let goesOn = state.withLock { obey(line, &talk, &$0) }
        guard say(&talk, client), goesOn else { return }
      }
    }
  }

  private func say(_ talk: inout Talk, _ client: Int32) -> Bool {
    let bytes = Array(talk.output.map { $0 + "\n" }.joined().utf8)
    talk.output = []
    guard !bytes.isEmpty else { return true }
    return bytes.withUnsafeBytes {
      send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    } == bytes.count
  }

  /// Says what is due when the client says nothing; false if the server dies with that.
  private func rest(_ talk: inout Talk) -> Bool {
    state.withLock { state in
      for (ref, isLast) in talk.opened {
        guard let place = talk.refs[ref] else { continue }
        state.sessions[place].isOpened = true
        answer("opened", ref, state.sessions[place], n: nil, &talk)
        if isLast {
          die(&state)
          return false
        }
      }
      talk.opened = []
      for (ref, place) in talk.refs { ack(ref, place, &talk, &state, isAsked: false) }
      return true
    }
  }

  /// Does what one message asks for; false if the server dies with it.
  private func obey(_ line: [UInt8], _ talk: inout Talk, _ state: inout State) -> Bool {
    guard let message = (try? JSONSerialization.jsonObject(with: Data(line))) as? [String: Any],
      let word = ["hello", "open", "event", "barrier", "close", "resume"].first(where: {
        message[$0] != nil
      })
    else {
      state.troubles.append("not understood: \(String(decoding: line, as: UTF8.self))")
      return false
    }
    let ref = message[word] as? String ?? ""
    if word != "hello", word != "open", word != "resume", talk.passedOver.contains(ref) {
      return true
    }
    state.counts[word, default: 0] += 1
    let due = state.deaths.first.flatMap {
      $0.word == word && state.counts[word] == $0.count ? $0 : nil
    }
    if due?.phase == .unheard {
      die(&state)
      return false
    }
    let before = talk.output.count
    act(word, ref, message, line, &talk, &state, isLast: due?.phase == .answered)
    guard let due else { return true }
    if word == "open", due.phase == .answered { return true }
    if due.phase == .unanswered { talk.output.removeSubrange(before...) }
    die(&state)
    return false
  }

  /// The first planned death is done; its sessions are as it says.
  private func die(_ state: inout State) {
    guard !state.deaths.isEmpty else { return }
    let death = state.deaths.removeFirst()
    guard death.end != .drop else { return }
    for place in state.sessions.indices where !state.sessions[place].isOver {
      state.sessions[place].isOver = true
      guard death.end == .killLosing else { continue }
      state.sessions[place].events.removeSubrange(state.sessions[place].acked...)
    }
  }

  private func act(
    _ word: String, _ ref: String, _ message: [String: Any], _ line: [UInt8], _ talk: inout Talk,
    _ state: inout State, isLast: Bool
  ) {
    if word == "hello" {
      talk.output.append(
        #"{"hello":1,"server":"stub/1","store":"s","on_failure":"block","limits":{"line":8388608,"#
          + #""credit":16777216,"sessions":100,"flush_ms":200,"resume_s":600}}"#)
      return
    }
    if word == "open" {
      let agent = (message["agent"] as? [String: Any])?["uid"] as? String ?? ""
      talk.refs[ref] = state.sessions.count
      talk.passedOver.remove(ref)
      state.sessions.append(
        Session(
          id: TestStore.id(state.sessions.count).text,
          continues: message["continues"] as? String, agent: agent))
      talk.opened.append((ref, isLast))
      return
    }
    if word == "resume" { return resume(ref, message["session"] as? String ?? "", &talk, &state) }
    guard let place = talk.refs[ref] else {
      state.troubles.append("\(word) of a ref that is not there")
      return
    }
    switch word {
    case "event":
      if !state.sessions[place].isOpened { state.troubles.append("an event before `opened`") }
      let n = message["n"] as? Int ?? 0
      guard n <= state.sessions[place].events.count + 1 else {
        state.troubles.append("event \(n) leaves a gap")
        return refuse("out_of_order", ref, state.sessions[place], &talk)
      }
      if n == state.sessions[place].events.count + 1 { state.sessions[place].events.append(line) }
    case "barrier": ack(ref, place, &talk, &state, isAsked: true)
    default:
      state.sessions[place].acked = state.sessions[place].events.count
      state.sessions[place].isOver = true
      state.sessions[place].reason = message["reason"] as? String ?? "client"
      talk.refs[ref] = nil
      let session = state.sessions[place]
      answer("closed", ref, session, n: session.events.count, &talk)
    }
  }

  private func resume(_ ref: String, _ id: String, _ talk: inout Talk, _ state: inout State) {
    guard let place = state.sessions.firstIndex(where: { $0.id == id }) else {
      state.troubles.append("an unknown session is resumed")
      return
    }
    talk.passedOver.remove(ref)
    guard state.sessions[place].reason == nil else {
      let session = state.sessions[place]
      return answer("closed", ref, session, n: session.events.count, &talk)
    }
    guard !state.sessions[place].isOver else {
      return refuse("session_over", ref, state.sessions[place], &talk)
    }
    talk.refs[ref] = place
    state.sessions[place].acked = state.sessions[place].events.count
    state.sessions[place].isOpened = true
    answer("resumed", ref, state.sessions[place], n: state.sessions[place].acked, &talk)
  }

  private func ack(
    _ ref: String, _ place: Int, _ talk: inout Talk, _ state: inout State, isAsked: Bool
  ) {
    guard state.sessions[place].isOpened else { return }
    guard isAsked || state.sessions[place].acked < state.sessions[place].events.count else {
      return
    }
    state.sessions[place].acked = state.sessions[place].events.count
    answer("ack", ref, state.sessions[place], n: state.sessions[place].acked, &talk)
  }

  private static let root = String(repeating: "A", count: 43) + "="

  private func answer(
    _ word: String, _ ref: String, _ session: Session, n: Int?, _ talk: inout Talk
  ) {
    let number = n.map { "\"n\":\($0)," } ?? ""
    let reason = word == "closed" ? session.reason.map { "\"reason\":\"\($0)\"," } ?? "" : ""
    talk.output.append(
      "{\"\(word)\":\"\(ref)\",\(number)\(reason)\"session\":\"\(session.id)\","
        + "\"lines\":\(session.events.count + 2),\"root\":\"\(Self.root)\"}")
  }

  private func refuse(_ code: String, _ ref: String, _ session: Session, _ talk: inout Talk) {
    talk.refs[ref] = nil
    talk.passedOver.insert(ref)
    talk.output.append(
      "{\"error\":\"\(code)\",\"message\":\"as it is\",\"ref\":\"\(ref)\","
        + "\"n\":\(session.events.count),\"session\":\"\(session.id)\"}")
  }
}

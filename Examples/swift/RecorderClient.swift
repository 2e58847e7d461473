// A client of `blackbox serve` in Swift: one connection, many sessions, nothing let through before its ack.
//
//     let recorder = try RecorderClient("/run/blackbox/ingest.sock")
//     let session = try recorder.open(["kind": "database", "agent": ["uid": "agent-7", "issuer": "local"]])
//     try session.event("database.query", ["dbms": "postgresql", "text": "SELECT 1"])
//     try session.flush()            // returns once every event is on the disk
//     let receipt = try session.close()
//
// Protocol: schema/ingest-protocol.md. One thread uses a client and its sessions.

import Foundation

/// The server turned a message away, or is gone for longer than the client waits.
struct RecorderRefusal: Error {
  var code: String
  var message: String
}

/// One connection to a recorder; it reconnects and resumes by itself.
final class RecorderClient {
  typealias Fields = [String: Any]

  private let path: String
  fileprivate let patience: Double
  private var descriptor: Int32 = -1
  private var input: [UInt8] = []
  private var lastRef = 0
  fileprivate var sessions: [String: RecordedSession] = [:]

  init(_ path: String, patience: Double = 30) throws {
    self.path = path
    self.patience = patience
    try connect()
  }

  deinit { Glibc.close(descriptor) }

  func open(_ fields: Fields) throws -> RecordedSession {
    lastRef += 1
    let session = RecordedSession(self, "r\(lastRef)", fields)
    sessions[session.ref] = session
    session.begin()
    while !session.isAttached { try read() }
    return session
  }

  /// Takes one answer, through a reconnect if need be.
  func read() throws {
    guard let answer = readLine() else { return try connect() }
    try hear(answer)
  }

  /// Takes the answers that are there already.
  fileprivate func hearReceived() throws {
    while let answer = nextLine() { try hear(answer) }
  }

  private func hear(_ answer: Fields) throws {
    let keys = ["opened", "resumed", "ack", "closed", "ref"]
    let ref = keys.lazy.compactMap { answer[$0] as? String }.first
    if let ref, let session = sessions[ref] {
      try session.hear(answer)
    } else if let code = answer["error"] as? String, code != "shutting_down" {
      throw RecorderRefusal(code: code, message: answer["message"] as? String ?? "")
    }
  }

  /// Sends, and reads meanwhile: a server whose answers nobody takes stops taking events.
  fileprivate func send(_ message: Fields) {
    guard let text = try? JSONSerialization.data(withJSONObject: message) else { return }
    let bytes = Array(text) + [0x0A]
    let flags = Int32(MSG_NOSIGNAL) | Int32(truncatingIfNeeded: MSG_DONTWAIT)
    var sent = 0
    while sent < bytes.count {
      var wait = pollfd(fd: descriptor, events: Int16(POLLIN | POLLOUT), revents: 0)
      poll(&wait, 1, -1)
      // The next read finds the connection gone and mends it.
      if wait.revents & Int16(POLLIN) != 0, !receive() { return }
      guard wait.revents & Int16(POLLOUT | POLLERR | POLLHUP | POLLNVAL) != 0 else { continue }
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, flags)
      }
      guard count > 0 || errno == EINTR || errno == EAGAIN else { return }
      sent += max(0, count)
    }
  }

  private func connect() throws {
    let until = Date().addingTimeInterval(patience)
    while !greet() {
      guard Date() < until else {
        throw RecorderRefusal(code: "gone", message: "no server at \(path)")
      }
      usleep(50_000)
    }
    for session in sessions.values { session.begin() }
  }

  private func greet() -> Bool {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    input = []
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) {
      $0.copyBytes(from: path.utf8.prefix($0.count - 1))
    }
    let connected = withUnsafeBytes(of: &address) { raw in
      Glibc.connect(
        descriptor, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
    }
    guard connected == 0 else { return false }
    send(["hello": 1, "client": "example.swift/1"])
    return readLine()?["hello"] as? Int == 1
  }

  private func readLine() -> Fields? {
    while true {
      if let line = nextLine() { return line }
      guard receive() else { return nil }
    }
  }

  private func nextLine() -> Fields? {
    guard let end = input.firstIndex(of: 0x0A) else { return nil }
    let line = Data(input[..<end])
    input.removeSubrange(...end)
    return (try? JSONSerialization.jsonObject(with: line)) as? Fields
  }

  /// Waits for bytes; false if the server is gone.
  private func receive() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      input += chunk[..<count]
      return true
    }
  }
}

/// One session of a client, which keeps each event until it is acked.
final class RecordedSession {
  let ref: String
  /// The session that is written now; another after the old one was over.
  private(set) var id: String?
  /// The server has answered `open` or `resume`.
  ///
  /// What goes out before that would stand in two sessions where the answer to `open` is lost, and out of order where
  /// something before it was lost with a connection.
  fileprivate private(set) var isAttached = false
  /// The newest receipt: session, lines and root of what is on the disk.
  private(set) var receipt: RecorderClient.Fields = [:]
  // Both hold each other until the session is closed: an open session must not lose its connection.
  private let client: RecorderClient
  private var fields: RecorderClient.Fields
  private var n = 0
  private var kept: [(n: Int, message: RecorderClient.Fields)] = []
  private var closing: RecorderClient.Fields?
  /// How often in a row the server said that another has the session.
  private var busy = 0

  fileprivate init(_ client: RecorderClient, _ ref: String, _ fields: RecorderClient.Fields) {
    (self.client, self.ref, self.fields) = (client, ref, fields)
  }

  /// True while an event is not acked.
  var isWaiting: Bool { !kept.isEmpty }

  /// Sends an event and keeps it until it is acked.
  func event(_ type: String, _ fields: RecorderClient.Fields) throws {
    n += 1
    let message = fields.merging(["event": ref, "n": n, "type": type]) { $1 }
    kept.append((n, message))
    if isAttached { client.send(message) }
    try client.hearReceived()
  }

  /// Returns once every event so far is durable.
  func flush() throws {
    if isAttached { client.send(["barrier": ref]) }
    while isWaiting { try client.read() }
  }

  func close(reason: String = "client") throws -> RecorderClient.Fields {
    closing = ["close": ref, "reason": reason]
    sendClosing()
    while client.sessions[ref] != nil { try client.read() }
    return receipt
  }

  private func sendClosing() {
    if let closing, isAttached { client.send(closing) }
  }

  /// Opens the session, or comes back to it.
  fileprivate func begin() {
    isAttached = false
    if let id { return client.send(["resume": ref, "session": id]) }
    client.send(fields.merging(["open": ref]) { $1 })
  }

  fileprivate func hear(_ answer: RecorderClient.Fields) throws {
    let stored = answer["n"] as? Int
    if let code = answer["error"] as? String {
      if code == "session_busy", Double(busy) < 20 * client.patience {
        // Another process recovers it.
        busy += 1
        usleep(50_000)
        return begin()
      }
      guard ["session_over", "recorder_failed", "session_unknown"].contains(code), let id else {
        throw RecorderRefusal(code: code, message: answer["message"] as? String ?? "")
      }
      return goOn(after: id, stored: stored ?? 0)
    }
    id = answer["session"] as? String
    receipt = answer
    busy = 0
    if let stored { kept.removeAll { $0.n <= stored } }
    if answer["resumed"] != nil || answer["opened"] != nil {
      isAttached = true
      for (_, message) in kept { client.send(message) }
      sendClosing()
    }
    guard let over = answer["closed"] != nil ? id : nil else { return }
    // A server that is being stopped closes what nobody asked it to close.
    let isAsked = closing?["reason"] as? String == answer["reason"] as? String
    guard closing == nil || isWaiting || !isAsked else { return client.sessions[ref] = nil }
    goOn(after: over, stored: stored ?? 0)
  }

  /// What is stored stays in the old session; the rest goes into one that names it.
  private func goOn(after id: String, stored: Int) {
    kept.removeAll { $0.n <= stored }
    fields["continues"] = id
    self.id = nil
    n = 0
    for index in kept.indices {
      n += 1
      kept[index].n = n
      kept[index].message["n"] = n
    }
    begin()
  }
}

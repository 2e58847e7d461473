internal import Platform

/// Records a reading through `blackbox serve`, for users who are not the recorder's own.
///
/// Protocol: schema/ingest-protocol.md. The session is of kind `audit`; who reads is `peer` on its line 0, which the kernel
/// told the server, whatever the event says.
enum AuditClient {
  private static let longestAnswer = 1 << 20

  /// Returns once the reading is durable and signed for.
  static func send(_ event: some SessionEvent, to path: String) throws(SessionLogFailure) {
    let socket = try onDisk { () throws(FileFailure) in try Socket(connectingTo: path) }
    var user = AccessTrail.reader
    user.kind = nil
    var agent: [UInt8] = []
    user.write(to: &agent)
    var request = Array("{\"hello\":1,\"client\":\"blackbox/reader\"}\n{\"open\":\"r\",".utf8)
    request += Array("\"kind\":\"audit\",\"agent\":".utf8) + agent
    request += Array(",\"principal_reason\":\"readers stand in the events\"}\n".utf8)
    // `{"t":0,"type":…` becomes `{"event":"r","n":1,"type":…`.
    let line = event.line(at: 0)
    request += Array("{\"event\":\"r\",\"n\":1,".utf8) + line.dropFirst(7) + [0x0A]
    request += Array("{\"close\":\"r\",\"reason\":\"client\"}\n".utf8)
    var sent = 0
    while sent < request.count {
      guard case .bytes(let count) = socket.write(request.span.extracting(sent..<request.count))
      else { throw refusal(path, "the connection broke") }
      sent += count
    }
    try awaitClose(socket, path)
  }

  private static func awaitClose(_ socket: Socket, _ path: String) throws(SessionLogFailure) {
    var answers: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while answers.count < longestAnswer {
      while let end = answers.firstIndex(of: 0x0A) {
        let answer: JSONValue
        do { answer = try JSONValue(parsing: answers.span.extracting(0..<end)) } catch {
          throw refusal(path, "an answer that is no JSON")
        }
        answers.removeFirst(end + 1)
        if let code = answer["error"]?.string {
          throw refusal(path, code + (answer["message"]?.string.map { ": " + $0 } ?? ""))
        }
        if answer["closed"] != nil { return }
      }
      guard case .bytes(let count) = socket.read(into: &buffer) else {
        throw refusal(path, "the connection broke")
      }
      answers += buffer[..<count]
    }
    throw refusal(path, "an answer without end")
  }

  private static func refusal(_ path: String, _ found: String) -> SessionLogFailure {
    SessionLogFailure(
      .refused, "the reading could not be recorded", at: path, found: found,
      wanted: "a `blackbox serve` of this store that lets this user in",
      advice: "Nothing is shown that is not recorded. Ask whoever runs serve for --allow-uid.")
  }
}

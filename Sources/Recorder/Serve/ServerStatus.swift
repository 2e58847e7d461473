internal import Platform
package import SessionLog

/// Asks a running server how it is.
///
/// Protocol: schema/ingest-protocol.md §8.
package enum ServerStatus {
  package struct Silence: Error, Sendable { package var reason: String }

  /// The server's answer; waits ten seconds for it.
  package static func ask(_ path: String) throws(Silence) -> JSONValue {
    let socket: Socket
    do { socket = try Socket(connectingTo: path) } catch { throw Silence(reason: error.reason) }
    guard case .bytes = socket.write(Array("{\"health\":1}\n".utf8).span) else {
      throw Silence(reason: "it takes nothing")
    }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while answer.last != 0x0A, answer.count < 1 << 16 {
      let ready = Polling.wait([.init(socket.descriptor)], milliseconds: 10_000)
      guard ready[0].isReadable else { throw Silence(reason: "no answer within ten seconds") }
      guard case .bytes(let count) = socket.read(into: &buffer) else {
        throw Silence(reason: "the connection ended")
      }
      answer += buffer[..<count]
    }
    do {
      let json = try JSONValue(parsing: Array(answer.dropLast()))
      guard json["health"] != nil else {
        throw Silence(reason: json["message"]?.string ?? "another answer than its health")
      }
      return json
    } catch let silence as Silence {
      throw silence
    } catch {
      throw Silence(reason: "an answer that is no JSON")
    }
  }
}

package import Platform
package import SessionLog

/// What `blackbox mark` asks of the recorder that it runs under.
package enum MarkRequest: Sendable, Equatable {
  case note(String)
  case pause(String)
  case resume(String)

  /// The environment variable that names the recorder's socket.
  package static let variable = "BLACKBOX_RECORDER"
  /// The one that names its session.
  package static let sessionVariable = "BLACKBOX_SESSION"
  /// Bytes of a note.
  package static let limit = 16 << 10

  var bytes: [UInt8] {
    let (verb, text) =
      switch self {
      case .note(let text): ("note", text)
      case .pause(let text): ("pause", text)
      case .resume(let text): ("resume", text)
      }
    return Array("\(verb)\n\(text)\0".utf8)
  }

  /// Reads `VERB LF TEXT NUL`; nil if it is not one.
  init?(_ bytes: [UInt8]) {
    guard let mark = bytes.firstIndex(of: 0x0A), bytes.last == 0 else { return nil }
    let text = String(decoding: bytes[(mark + 1)..<(bytes.count - 1)], as: UTF8.self)
    switch String(decoding: bytes[..<mark], as: UTF8.self) {
    case "note": self = .note(text)
    case "pause": self = .pause(text)
    case "resume": self = .resume(text)
    default: return nil
    }
  }

  /// Sends this to the recorder at `path` and returns the session that it now stands in, durably.
  package func send(to path: String) throws(MarkFailure) -> SessionID {
    let socket: Socket
    do { socket = try Socket(connectingTo: path) } catch { throw .unreachable(error) }
    let bytes = bytes
    var sent = 0
    while sent < bytes.count {
      guard
        case .bytes(let count) = socket.write(bytes.span.extracting(sent..<bytes.count))
      else { throw .gone }
      sent += count
    }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case .bytes(let count) = socket.read(into: &buffer) {
      answer.append(contentsOf: buffer[..<count])
    }
    let words = String(decoding: answer, as: UTF8.self)
    if words.hasPrefix("ok "), let id = SessionID(words.dropFirst(3)) { return id }
    guard words.hasPrefix("refused ") else { throw .gone }
    throw .refused(String(words.dropFirst(8)))
  }
}

/// Why a mark was not made.
package enum MarkFailure: Error, Sendable {
  case unreachable(FileFailure)
  /// The recorder ended before it answered.
  case gone
  case refused(String)
}

/// The recorder's private socket, and who asks there.
final class MarkListener {
  private static let mostConnections = 16

  private let listener: SocketListener
  // Declared after the listener, whose file is in it, and so removed after it.
  private let directory: PrivateDirectory
  let path: String
  private var waiting: [Connection] = [] {
    didSet {
      descriptors =
        [listener.descriptor] + waiting.map { $0.answer == nil ? $0.socket.descriptor : -1 }
      isAnswering = waiting.contains { $0.answer != nil }
    }
  }
  /// To poll for reading.
  private(set) var descriptors: [Int32]
  /// True while an answer waits for its barrier.
  private(set) var isAnswering = false

  private struct Connection {
    let socket: Socket
    var bytes: [UInt8] = []
    /// The answer, once so many barriers are durable.
    var answer: (text: String, barrier: UInt64)?
  }

  private static let name = "recorder"

  /// Listens in a directory of its own; with `tidies`, those that killed recorders left in `parent` are removed.
  init(below parent: String, tidies: Bool = true) throws(FileFailure) {
    if tidies { PrivateDirectory.removeAbandoned(below: parent, holding: Self.name) }
    let directory = try PrivateDirectory(below: parent)
    path = directory.path + "/" + Self.name
    listener = try SocketListener(path, permissions: 0o600)
    descriptors = [listener.descriptor]
    self.directory = directory
  }

  /// Takes what came; `handle` says what becomes of a request: an answer, and the barrier that it waits for.
  func service(
    barriers: UInt64, _ handle: (MarkRequest, Identity) -> (answer: String, barrier: UInt64)
  ) {
    if waiting.count < Self.mostConnections {
      do {
        if let socket = try listener.accept() { waiting.append(Connection(socket: socket)) }
      } catch {
        // No descriptor is free: whoever asks waits until there is one.
      }
    }
    waiting = waiting.compactMap { connection in
      var connection = connection
      if connection.answer == nil {
        guard Self.read(&connection) else { return nil }
        if connection.bytes.last == 0 { Self.decide(&connection, handle) }
      }
      guard let answer = connection.answer, answer.barrier <= barriers else { return connection }
      _ = connection.socket.write(Array(answer.text.utf8).span)
      return nil
    }
  }

  /// False once the other side is gone.
  private static func read(_ connection: inout Connection) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      switch connection.socket.read(into: &buffer) {
      case .bytes(let count):
        connection.bytes.append(contentsOf: buffer[..<count])
        guard connection.bytes.count <= MarkRequest.limit + 64 else { return false }
        if connection.bytes.last == 0 { return true }
      case .later: return true
      case .over: return false
      }
    }
  }

  private static func decide(
    _ connection: inout Connection,
    _ handle: (MarkRequest, Identity) -> (answer: String, barrier: UInt64)
  ) {
    let peer = connection.socket.peer
    guard peer.user == effectiveUser || peer.user == 0 else {
      connection.answer = ("refused another user's recorder", 0)
      return
    }
    guard let request = MarkRequest(connection.bytes) else {
      connection.answer = ("refused a request that is not known", 0)
      return
    }
    var author = Identity(issuer: "local", uid: String(peer.user))
    author.name = userName(of: peer.user)
    let (answer, barrier) = handle(request, author)
    connection.answer = (answer, barrier)
  }
}

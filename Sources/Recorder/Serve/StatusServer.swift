internal import Platform
internal import SessionLog

/// The thread that answers scrapers and probes over HTTP, and nothing else.
///
/// It shares counters with the recording and waits for none of it. Protocol: schema/ingest-protocol.md §8.
///
/// Not Sendable: the thread that runs the server makes it and stops it.
final class StatusServer {
  private var worker: Worker?
  private let over: WakeSource

  /// Answers at `address` from now on; also before clients can connect.
  init(
    _ address: HTTPAddress, _ exchange: ServeExchange, clock: any Clock, say: (String) -> Void
  ) throws(ServeFailure) {
    // The listener is made here, so that a failure is the caller's.
    let (over, box, port) = try Self.listen(address)
    self.over = over
    let checksHost = if case .loopback = address { true } else { false }
    worker = Worker {
      guard let listener = box.take() else { return }
      var loop = StatusLoop(
        listener, over: over, exchange: exchange, clock: clock, checksHost: checksHost)
      loop.run()
    }
    guard worker != nil else { throw .system("no thread") }
    say("answering HTTP on \(address.description(port: port))")
  }

  private static func listen(_ address: HTTPAddress) throws(ServeFailure) -> (
    WakeSource, ListenerBox, UInt16
  ) {
    do throws(FileFailure) {
      let over = try WakeSource()
      switch address {
      case .path(let path):
        return (over, ListenerBox(try SocketListener(path, permissions: 0o660)), 0)
      case .loopback(let isSix, var port):
        let listener = try SocketListener(loopbackSix: isSix, port: &port)
        return (over, ListenerBox(listener), port)
      }
    } catch { throw .socket(error) }
  }

  /// Ends it; whoever is being answered is cut off.
  func stop() {
    over.wake()
    if let worker = worker.take() { worker.join() }
  }
}

/// Carries a listener, which cannot be copied, into its thread.
private final class ListenerBox: @unchecked Sendable {
  // Sendable, because it is filled before the thread starts and emptied by that thread alone.
  private var listener: SocketListener?
  init(_ listener: consuming SocketListener) { self.listener = consume listener }
  func take() -> SocketListener? { listener.take() }
}

/// The loop over those who ask: reads a request, answers it, closes.
struct StatusLoop: ~Copyable {
  /// So many are served at a time.
  private static let most = 32
  /// Microseconds for a request, and for its answer.
  private static let patience: UInt64 = 5_000_000

  private final class Caller {
    let socket: Socket
    var deadline: UInt64
    var request: [UInt8] = []
    var answer: [UInt8] = []
    var sent = 0

    init(_ socket: Socket, deadline: UInt64) { (self.socket, self.deadline) = (socket, deadline) }
  }

  private let listener: SocketListener
  private let over: WakeSource
  private let exchange: ServeExchange
  private let clock: any Clock
  private let checksHost: Bool
  private var callers: [Caller] = []
  private var buffer = [UInt8](repeating: 0, count: 4096)

  init(
    _ listener: consuming SocketListener, over: WakeSource, exchange: ServeExchange,
    clock: any Clock, checksHost: Bool
  ) {
    self.listener = listener
    self.over = over
    self.exchange = exchange
    self.clock = clock
    self.checksHost = checksHost
  }

  mutating func run() {
    while true {
      let now = clock.monotonic()
      callers.removeAll { now >= $0.deadline }
      var interests = [
        Polling.Interest(over.descriptor),
        Polling.Interest(callers.count < Self.most ? listener.descriptor : -1),
      ]
      for caller in callers {
        let writes = !caller.answer.isEmpty
        interests.append(.init(caller.socket.descriptor, reads: !writes, writes: writes))
      }
      let first = callers.map(\.deadline).min()
      let wait = first.map { Int32(clamping: ($0 - now) / 1000 + 1) } ?? -1
      let ready = Polling.wait(interests, milliseconds: wait)
      if ready[0].isReadable { return }
      var done: Set<Int> = []
      for (index, caller) in callers.enumerated() {
        let state = ready[index + 2]
        guard state.isReadable || state.isWritable else { continue }
        if !step(caller) { done.insert(index) }
      }
      callers = callers.enumerated().filter { !done.contains($0.offset) }.map(\.element)
      if ready[1].isReadable { accept() }
    }
  }

  private mutating func accept() {
    while callers.count < Self.most {
      let socket: Socket?
      do { socket = try listener.accept() } catch {
        // No descriptor to give: not to spin on it.
        return pause(milliseconds: 100)
      }
      guard let socket else { return }
      callers.append(Caller(socket, deadline: clock.monotonic() &+ Self.patience))
    }
  }

  /// Goes on with one of them; false when it is done with.
  private mutating func step(_ caller: Caller) -> Bool {
    if caller.answer.isEmpty {
      switch caller.socket.read(into: &buffer) {
      case .bytes(let count): caller.request += buffer[..<count]
      case .later: return true
      case .over: return false
      }
      guard let answer = answer(caller.request) else { return true }
      caller.answer = answer
      caller.deadline = clock.monotonic() &+ Self.patience
    }
    while caller.sent < caller.answer.count {
      switch caller.socket.write(caller.answer.span.extracting(caller.sent..<caller.answer.count)) {
      case .bytes(let count): caller.sent += count
      case .later: return true
      case .over: return false
      }
    }
    return false
  }

  private func answer(_ request: [UInt8]) -> [UInt8]? {
    let health = exchange.health(at: clock.monotonic())
    switch HTTPExchange.request(request, checksHost: checksHost) {
    case .unfinished: return nil
    case .refused(let status): return HTTPExchange.answer(status, "\(status)\n")
    case .asks(.metrics, let wantsBody):
      return HTTPExchange.answer(200, exchange.counters.text(health), wantsBody: wantsBody)
    case .asks(.health, let wantsBody):
      return HTTPExchange.answer(
        health == .stuck ? 503 : 200, health.rawValue + "\n", wantsBody: wantsBody)
    case .asks(.readiness, let wantsBody):
      return HTTPExchange.answer(
        health == .ok ? 200 : 503, health.rawValue + "\n", wantsBody: wantsBody)
    }
  }
}

internal import Glibc
package import Platform
package import SessionLog
internal import Synchronization

/// Why a server did not come to its proper end.
package enum ServeFailure: Error, Sendable {
  case log(SessionLogFailure)
  case socket(FileFailure)
  /// The system has no thread or signal source to give.
  case system(String)
}

/// Records the sessions of gateways that connect to a Unix socket.
///
/// Protocol: schema/ingest-protocol.md.
package struct Server {
  private let store: Store
  private let state: StateDirectory
  private let settings: ServeSettings
  private let clock: any Clock

  package init(
    _ store: Store, _ state: StateDirectory, _ settings: ServeSettings,
    clock: any Clock = SystemClock()
  ) {
    self.store = store
    self.state = state
    self.settings = settings
    self.clock = clock
  }

  /// Recovers what a dead process left, then serves until SIGTERM or SIGINT; returns once all is durable and closed.
  ///
  /// - Throws: another server has the store (`.busy`), the socket cannot be made, or the log failed.
  package func run(recovered: ([Recovery.Outcome]) -> Void) throws(ServeFailure) {
    guard let signals = SignalSource([SIGTERM, SIGINT]) else { throw .system("no signal source") }
    let lock = try logFailure { () throws(SessionLogFailure) in try takeLock() }
    let descriptors = ServiceManager.raiseDescriptorLimit()
    var settings = settings
    let room = max(3, descriptors - settings.mostConnections - 72)
    // Each session has its lock, and its file where there are descriptors for all; the others open theirs in turn.
    let besides = min(512, room / 3)
    let most = room - 2 * besides
    if most < settings.mostSessions {
      settings.say("only \(descriptors) descriptors are allowed: at most \(most) sessions")
      settings.mostSessions = most
    }
    settings.files = FileAllowance(
      most: room - besides - settings.mostSessions, besides: besides)
    let exchange: ServeExchange
    do { exchange = try ServeExchange() } catch { throw .socket(error) }
    // Before the recovery, which may take its time: probes shall hear that it goes on.
    let status = try settings.http.map { address throws(ServeFailure) in
      try StatusServer(address, exchange, clock: clock, say: settings.say)
    }
    defer { status?.stop() }
    try serve(signals, exchange, settings, recovered)
    _ = lock.path
  }

  private func serve(
    _ signals: consuming SignalSource, _ exchange: ServeExchange, _ settings: ServeSettings,
    _ recovered: ([Recovery.Outcome]) -> Void
  ) throws(ServeFailure) {
    let outcomes = try logFailure { () throws(SessionLogFailure) in
      try Recovery(store, state, clock: clock).run()
    }
    recovered(outcomes)
    let listener: SocketListener
    do {
      listener = try SocketListener(
        settings.socket, permissions: settings.allowedUsers.isEmpty ? 0o600 : 0o666)
    } catch { throw .socket(error) }
    let thread = KeeperThread(
      store: store, state: state, settings: settings, clock: clock, exchange: exchange)
    guard let worker = Worker({ thread.run() }) else { throw .system("no thread") }
    var loop = ServeLoop(
      settings, exchange, clock: clock, origin: store.origin, listener: listener,
      signals: signals)
    settings.say("serving \(store.origin) on \(settings.socket)")
    exchange.isServing.store(true, ordering: .relaxed)
    ServiceManager.notify("READY=1", socket: settings.notifySocket)
    let failure = loop.run()
    worker.join()
    if let failure { throw .log(failure) }
  }

  private func logFailure<R: ~Copyable>(_ body: () throws(SessionLogFailure) -> R)
    throws(ServeFailure) -> R
  {
    do throws(SessionLogFailure) { return try body() } catch { throw .log(error) }
  }

  private func takeLock() throws(SessionLogFailure) -> File {
    let path = store.path(of: "serve.lock")
    let lock: File
    do { lock = try File(path, .createOrOpen(0o600), in: store.system) } catch {
      throw SessionLogFailure(error)
    }
    let isOurs: Bool
    do { isOurs = try lock.lock(wait: false) } catch { throw SessionLogFailure(error) }
    guard isOurs else {
      throw SessionLogFailure(
        .busy, "another server has this store", at: path, found: "its lock is held",
        wanted: "one server a store", advice: "Connect to that one, or stop it first.")
    }
    return lock
  }
}

/// The thread that owns the sessions, from its start to the word that it has ended.
struct KeeperThread: Sendable {
  let store: Store
  let state: StateDirectory
  let settings: ServeSettings
  let clock: any Clock
  let exchange: ServeExchange

  func run() {
    do throws(SessionLogFailure) {
      let keeper = try SessionKeeper(store, state, settings, clock: clock, exchange: exchange)
      try keeper.run()
      exchange.answer([.ended(nil)])
    } catch {
      exchange.answer([.ended(error)])
    }
    exchange.commands.close()
  }
}

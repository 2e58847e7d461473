internal import Glibc
internal import Platform
internal import SessionLog
internal import Synchronization

/// One client: its socket, what it sent in part, and what it has not read yet.
final class ServeConnection {
  let id: Int
  let socket: Socket
  var splitter = LineSplitter()
  var decoder: ConnectionDecoder
  var output: [UInt8] = []
  var sent = 0
  /// Bytes of lines that came and were neither stored nor turned away yet.
  var underWay = 0
  var returned: UInt64 = 0
  var toldCredit: UInt64 = 0
  /// Nothing more is read; it closes when its output is sent.
  var isEnding = false

  init(_ socket: Socket, id: Int) {
    self.id = id
    self.socket = socket
    decoder = ConnectionDecoder(connection: id, peer: socket.peer)
  }

  var backlog: Int { output.count - sent }

  /// Sends what the client takes; false if it is gone.
  func send() -> Bool {
    while sent < output.count {
      switch socket.write(output.span.extracting(sent..<output.count)) {
      case .bytes(let count): sent += count
      case .later: return true
      case .over: return false
      }
    }
    output.removeAll(keepingCapacity: output.capacity <= 1 << 16)
    sent = 0
    return true
  }
}

/// The loop over all sockets: reads, decodes, hands on, and sends what the writing thread answers.
struct ServeLoop: ~Copyable {
  private let settings: ServeSettings
  private let exchange: ServeExchange
  private let clock: any Clock
  private let origin: String
  private var listener: SocketListener?
  private let signals: SignalSource
  private var connections: [Int: ServeConnection] = [:]
  private var nextConnection = 0
  private var nextAttachment: Attachment = 0
  private var underWay = 0
  private var buffer = [UInt8](repeating: 0, count: 256 << 10)
  private var ended: SessionLogFailure??
  private var nextMetrics: UInt64 = 0
  private var nextWatchdog: UInt64 = 0
  private var saidStuck = false
  private var lastTurnedAway: UInt64 = 0

  init(
    _ settings: ServeSettings, _ exchange: ServeExchange, clock: any Clock, origin: String,
    listener: consuming SocketListener, signals: consuming SignalSource
  ) {
    self.settings = settings
    self.exchange = exchange
    self.clock = clock
    self.origin = origin
    self.listener = consume listener
    self.signals = signals
  }

  /// Runs until a signal stops it and the writing thread has ended; returns why that failed, if it did.
  mutating func run() -> SessionLogFailure? {
    while ended == nil { step(milliseconds: 1000) }
    // What was answered last should still reach whoever reads.
    let patience = clock.monotonic() &+ 2_000_000
    while connections.values.contains(where: { $0.backlog > 0 }), clock.monotonic() < patience {
      for connection in connections.values { connection.isEnding = true }
      step(milliseconds: 50)
    }
    writeMetrics()
    return ended ?? nil
  }

  private mutating func step(milliseconds: Int32) {
    let milliseconds =
      settings.watchdog.map { min(milliseconds, Int32(clamping: $0 / 3000)) } ?? milliseconds
    let now = clock.monotonic()
    if now >= nextMetrics {
      nextMetrics = now &+ 10_000_000
      writeMetrics()
      tellManager()
    }
    if let watchdog = settings.watchdog, now >= nextWatchdog {
      nextWatchdog = now &+ watchdog / 3
      // A thread that is stuck in the disk is what a watchdog is for.
      if health != .stuck { ServiceManager.notify("WATCHDOG=1", socket: settings.notifySocket) }
    }
    let list = Array(connections.values)
    var interests = [
      Polling.Interest(signals.descriptor), Polling.Interest(exchange.wake.descriptor),
      Polling.Interest(isListening ? listener?.descriptor ?? -1 : -1),
    ]
    for connection in list {
      // A descriptor that nothing is wanted of is left out: its hangup would be reported for ever.
      let reads = mayRead(connection) || connection.isEnding
      let writes = connection.backlog > 0
      interests.append(
        .init(reads || writes ? connection.socket.descriptor : -1, reads: reads, writes: writes))
    }
    let ready = Polling.wait(interests, milliseconds: milliseconds)
    if ready[0].isReadable { hearSignals() }
    if ready[2].isReadable { accept() }
    for (index, connection) in list.enumerated() {
      if ready[index + 3].isReadable, mayRead(connection) || connection.isEnding {
        read(connection)
      }
    }
    if ready[1].isReadable { takeAnswers() }
    for connection in list where connections[connection.id] != nil {
      if connection.backlog > 0, !connection.send() { drop(connection) }
      if connection.isEnding, connection.backlog == 0 { drop(connection) }
    }
  }

  private var isListening: Bool {
    ended == nil && connections.count < settings.mostConnections
  }

  private func mayRead(_ connection: ServeConnection) -> Bool {
    !connection.isEnding && connection.underWay < settings.credit
      && underWay < settings.mostUnderWay && connection.backlog < 1 << 20
      && !exchange.isStopping.load(ordering: .relaxed)
  }

  private mutating func hearSignals() {
    while let number = signals.next() {
      guard number == SIGTERM || number == SIGINT else { continue }
      guard !exchange.isStopping.exchange(true, ordering: .relaxed) else { continue }
      settings.say("stopping: everything received is made durable, then all sessions are closed")
      ServiceManager.notify("STOPPING=1", socket: settings.notifySocket)
      listener = nil
      _ = exchange.commands.send([.stop], weight: 0)
    }
  }

  private mutating func accept() {
    while connections.count < settings.mostConnections {
      let socket: Socket?
      do { socket = try listener?.accept() } catch {
        settings.say("cannot accept a connection: \(error.reason)")
        // Without a descriptor to give, the listener stays readable: not to spin on it.
        pause(milliseconds: 100)
        return
      }
      guard let socket else { return }
      nextConnection += 1
      let connection = ServeConnection(socket, id: nextConnection)
      connections[connection.id] = connection
      exchange.counters.update { $0.connections += 1 }
      let user = socket.peer.user
      if user != effectiveUser, !settings.allowedUsers.contains(user) {
        settings.say("uid \(user) (process \(socket.peer.process)) was turned away")
        end(connection, Refusal(.forbidden, "uid \(user) may not connect here"))
      }
    }
  }

  private mutating func read(_ connection: ServeConnection) {
    let count: Int
    switch connection.socket.read(into: &buffer) {
    case .bytes(let got): count = got
    case .later: return
    case .over: return drop(connection)
    }
    guard !connection.isEnding else { return }
    let moment = clock.monotonic()
    var next = nextAttachment
    var step = ConnectionDecoder.Step.goOn
    var taken = 0
    do throws(Refusal) {
      try connection.splitter.add(buffer.span.extracting(0..<count)) { line in
        taken += line.count + 1
        step = connection.decoder.decode(line, moment: moment, next: &next)
        if step == .greet {
          greet(connection)
          step = .goOn
        } else if step == .health {
          connection.output += exchange.counters.line(
            health, version: settings.version, store: origin)
          step = .goOn
        }
        return step == .goOn
      }
    } catch { step = .end(error) }
    nextAttachment = next
    connection.underWay += taken
    underWay += taken
    let commands = connection.decoder.takeCommands()
    if !commands.isEmpty { _ = exchange.commands.send(commands, weight: taken) }
    if case .end(let refusal) = step { end(connection, refusal) }
  }

  private func greet(_ connection: ServeConnection) {
    connection.output += AnswerLine.hello(
      version: settings.version, store: origin, credit: settings.credit,
      sessions: settings.mostSessions, resume: settings.patience, flush: settings.pace.flush,
      onFailure: settings.onFailure)
    connection.toldCredit = UInt64(settings.credit)
  }

  /// Says why, stops reading, and closes once that is sent.
  private func end(_ connection: ServeConnection, _ refusal: Refusal) {
    guard !connection.isEnding else { return }
    exchange.counters.update { $0.refusals += 1 }
    connection.output += AnswerLine.error(refusal)
    connection.isEnding = true
  }

  private mutating func drop(_ connection: ServeConnection) {
    guard connections.removeValue(forKey: connection.id) != nil else { return }
    underWay -= connection.underWay
    exchange.counters.update { $0.connections -= 1 }
    _ = exchange.commands.send([.gone(connection: connection.id)], weight: 0)
  }

  private mutating func takeAnswers() {
    for answer in exchange.takeAnswers() {
      switch answer {
      case .line(let bytes, let id): connections[id]?.output += bytes
      case .credit(let bytes, let id):
        guard let connection = connections[id] else { continue }
        connection.underWay -= bytes
        underWay -= bytes
        connection.returned &+= UInt64(clamping: bytes)
        let total = connection.returned &+ UInt64(settings.credit)
        if total &- connection.toldCredit >= UInt64(settings.credit / 4) {
          connection.toldCredit = total
          connection.output += AnswerLine.credit(total)
        }
      case .detached(let attachment, let ref, let id, let isRefused):
        connections[id]?.decoder.detached(attachment, ref: ref, isRefused: isRefused)
      case .ended(let failure):
        ended = .some(failure)
        listener = nil
        for connection in connections.values {
          end(
            connection,
            failure.map { Refusal(.recorderFailed, SessionKeeper.words($0)) }
              ?? Refusal(.shuttingDown, "the server is being stopped"))
        }
      }
    }
  }

  private var health: ServeHealth { exchange.health(at: clock.monotonic()) }

  /// Says to the service manager, and to the log if it is bad, how the server is.
  private mutating func tellManager() {
    let (health, now) = (health, exchange.counters.now)
    ServiceManager.notify(
      "STATUS=\(health.rawValue): \(now.sessions) sessions, \(now.connections) connections, "
        + "\(now.events) events stored", socket: settings.notifySocket)
    if (health == .stuck) != saidStuck {
      saidStuck = health == .stuck
      settings.say(
        saidStuck
          ? "a write, a sync or the log's lock takes more than ten seconds: nothing is acked"
          : "the disk answers again")
    }
  }

  private func writeMetrics() {
    guard let path = settings.metrics else { return }
    do {
      let text = Array(exchange.counters.text(health).utf8)
      try SystemFiles.shared.replaceDurably(path, with: text, permissions: 0o644)
    } catch {
      settings.say("cannot write the counters to \(path): \(error.reason)")
    }
  }
}

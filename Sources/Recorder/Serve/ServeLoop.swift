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
  /// Bytes of a line that has not ended yet.
  var unfinished = 0
  /// What was read and waits until the client takes its answers.
  var rest: [UInt8] = []
  /// When its client was seen to be gone, while nothing might be read from it.
  var goneSince: UInt64?

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
      case .later:
        // A reader that never quite catches up leaves nothing behind that it has read.
        if sent >= 1 << 16, sent >= output.count / 2 {
          output.removeFirst(sent)
          sent = 0
        }
        return true
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
  /// Bytes of lines that are under way, also of connections that are gone.
  private var underWay = 0
  /// What connections that are gone have under way.
  private var leaving: [Int: Int] = [:]
  /// Bytes of lines that have not ended yet.
  private var unfinished = 0
  /// While those are too many, one connection at a time may go on with a long line: its number, and since when.
  private var favoured: (id: Int, since: UInt64)?
  private var buffer = [UInt8](repeating: 0, count: 256 << 10)
  private var ended: SessionLogFailure??
  private var nextMetrics: UInt64 = 0
  private var nextWatchdog: UInt64 = 0
  private var saidStuck = false
  private var lastTurnedAway: UInt64 = 0

  /// Bytes of answers that nobody takes before a client that asks on is not heard.
  private static let mostUnheard = 64 << 10
  /// Bytes of a line that has not ended that need no leave.
  private static let fewUnfinished = 64 << 10

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
    var milliseconds =
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
    watchUnfinished(now)
    let list = Array(connections.values)
    var interests = [
      Polling.Interest(signals.descriptor), Polling.Interest(exchange.wake.descriptor),
      Polling.Interest(isListening ? listener?.descriptor ?? -1 : -1),
    ]
    for connection in list {
      let reads = mayRead(connection) || connection.isEnding
      let writes = connection.backlog > 0
      if reads, !connection.rest.isEmpty { milliseconds = 0 }
      // A hangup is told even where nothing is wanted; once is enough, or it would be told for ever.
      let isWatched = reads || writes || connection.goneSince == nil
      interests.append(
        .init(isWatched ? connection.socket.descriptor : -1, reads: reads, writes: writes))
    }
    let ready = Polling.wait(interests, milliseconds: milliseconds)
    if ready[0].isReadable { hearSignals() }
    if ready[2].isReadable { accept() }
    for (index, connection) in list.enumerated() {
      let isReady = ready[index + 3].isReadable
      if isReady, !interests[index + 3].reads, connection.goneSince == nil {
        connection.goneSince = now
      }
      guard mayRead(connection) || connection.isEnding else { continue }
      if !connection.rest.isEmpty, !connection.isEnding {
        takeRest(of: connection)
      } else if isReady {
        read(connection)
      }
    }
    if ready[1].isReadable { takeAnswers() }
    for connection in list where connections[connection.id] != nil {
      if connection.backlog > 0, !connection.send() { drop(connection) }
      if connection.isEnding, connection.backlog == 0 { drop(connection) }
      // What it sent last is still read if there is room for it soon; nobody waits for an answer.
      if let since = connection.goneSince, now &- since >= settings.grace { drop(connection) }
    }
  }

  private var isListening: Bool { ended == nil }

  private func mayRead(_ connection: ServeConnection) -> Bool {
    let mostBacklog = connection.rest.isEmpty ? 1 << 20 : Self.mostUnheard
    return !connection.isEnding && connection.underWay < settings.credit
      && underWay < settings.mostUnderWay && connection.backlog < mostBacklog
      && mayGoOn(connection) && !exchange.isStopping.load(ordering: .relaxed)
  }

  /// False for a long line that has not ended while such lines hold too much and another one has its turn.
  private func mayGoOn(_ connection: ServeConnection) -> Bool {
    connection.unfinished <= Self.fewUnfinished || unfinished < settings.mostUnfinished
      || favoured?.id == connection.id
  }

  /// Lets one long line after the other end while they hold too much; one that does not end in time is given up.
  private mutating func watchUnfinished(_ now: UInt64) {
    guard unfinished >= settings.mostUnfinished else {
      favoured = nil
      return
    }
    if let (id, since) = favoured, let connection = connections[id], !connection.isEnding,
      connection.unfinished > Self.fewUnfinished
    {
      guard mayRead(connection) else {
        // Not its client's fault.
        favoured = (id, now)
        return
      }
      guard now &- since >= settings.grace else { return }
      end(connection, Refusal(.tooLong, "a line did not end in time, and others wait"))
    }
    favoured = connections.values.first {
      !$0.isEnding && $0.unfinished > Self.fewUnfinished
    }.map { ($0.id, now) }
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
    while true {
      let socket: Socket?
      do { socket = try listener?.accept() } catch {
        settings.say("cannot accept a connection: \(error.reason)")
        // Without a descriptor to give, the listener stays readable: not to spin on it.
        pause(milliseconds: 100)
        return
      }
      guard let socket else { return }
      guard connections.count < settings.mostConnections else {
        exchange.counters.update { $0.refusals += 1 }
        let refusal = Refusal(.tooManySessions, "\(connections.count) connections are open")
        _ = socket.write(AnswerLine.error(refusal).span)
        continue
      }
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
    take(count, from: connection)
  }

  private mutating func takeRest(of connection: ServeConnection) {
    let count = connection.rest.count
    buffer.replaceSubrange(0..<count, with: connection.rest)
    connection.rest = []
    take(count, from: connection)
  }

  /// Decodes so many bytes that stand in the buffer.
  private mutating func take(_ count: Int, from connection: ServeConnection) {
    let moment = clock.monotonic()
    var next = nextAttachment
    var step = ConnectionDecoder.Step.goOn
    var taken = 0
    do throws(Refusal) {
      let used = try connection.splitter.add(buffer.span.extracting(0..<count)) { line in
        taken += line.count + 1
        step = connection.decoder.decode(line, moment: moment, next: &next)
        if step == .greet {
          greet(connection)
          step = .goOn
        } else if step == .health {
          connection.output += exchange.counters.line(
            health, version: settings.version, store: origin)
          step = .goOn
          return connection.backlog < Self.mostUnheard
        }
        return step == .goOn
      }
      if used < count, step == .goOn { connection.rest = Array(buffer[used..<count]) }
    } catch { step = .end(error) }
    nextAttachment = next
    connection.underWay += taken
    underWay += taken
    noteUnfinished(of: connection)
    let commands = connection.decoder.takeCommands()
    if !commands.isEmpty { _ = exchange.commands.send(commands, weight: taken) }
    if case .end(let refusal) = step { end(connection, refusal) }
  }

  private mutating func noteUnfinished(of connection: ServeConnection) {
    unfinished += connection.splitter.unfinished - connection.unfinished
    connection.unfinished = connection.splitter.unfinished
  }

  private func greet(_ connection: ServeConnection) {
    connection.output += AnswerLine.hello(
      version: settings.version, store: origin, credit: settings.credit,
      sessions: settings.mostSessions, resume: settings.patience, flush: settings.pace.flush,
      onFailure: settings.onFailure)
    connection.toldCredit = UInt64(settings.credit)
  }

  /// Says why, stops reading, and closes once that is sent.
  private mutating func end(_ connection: ServeConnection, _ refusal: Refusal) {
    guard !connection.isEnding else { return }
    exchange.counters.update { $0.refusals += 1 }
    connection.output += AnswerLine.error(refusal)
    connection.isEnding = true
    connection.splitter = LineSplitter()
    connection.rest = []
    noteUnfinished(of: connection)
  }

  private mutating func drop(_ connection: ServeConnection) {
    guard connections.removeValue(forKey: connection.id) != nil else { return }
    unfinished -= connection.unfinished
    // The writing thread holds those bytes until it has come to the end of them.
    leaving[connection.id] = connection.underWay
    exchange.counters.update { $0.connections -= 1 }
    _ = exchange.commands.send([.gone(connection: connection.id)], weight: 0)
  }

  private mutating func takeAnswers() {
    for answer in exchange.takeAnswers() {
      switch answer {
      case .line(let bytes, let id): connections[id]?.output += bytes
      case .credit(let bytes, let id):
        guard let connection = connections[id] else {
          if let left = leaving[id] {
            leaving[id] = left - bytes
            underWay -= bytes
          }
          continue
        }
        connection.underWay -= bytes
        underWay -= bytes
        connection.returned &+= UInt64(clamping: bytes)
        let total = connection.returned &+ UInt64(settings.credit)
        // Whoever has not said hello knows nothing of credit.
        if connection.toldCredit > 0,
          total &- connection.toldCredit >= UInt64(settings.credit / 4)
        {
          connection.toldCredit = total
          connection.output += AnswerLine.credit(total)
        }
      case .left(let id): underWay -= leaving.removeValue(forKey: id) ?? 0
      case .detached(let attachment, let ref, let id, let isRefused):
        connections[id]?.decoder.detached(attachment, ref: ref, isRefused: isRefused)
      case .ended(let failure):
        ended = .some(failure)
        listener = nil
        // Sessions that a full disk keeps from being closed are recovered by the next server: clients come back to that.
        let hasFailed = failure.map { $0.kind != .outOfSpace } ?? false
        let refusal =
          failure.flatMap { hasFailed ? Refusal(.recorderFailed, SessionKeeper.words($0)) : nil }
          ?? Refusal(.shuttingDown, "the server is being stopped")
        for connection in Array(connections.values) { end(connection, refusal) }
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

internal import Glibc
internal import Platform
internal import SessionLog
internal import Synchronization

/// The loop between client and server: passes every byte unchanged, and hands it to the thread that writes first.
///
/// What the client says is held until its events are durable. A side that does not read stops the other side from
/// being read, as a pipe would, so that memory stays bounded.
struct MCPRelay: ~Copyable {
  static let signals = [SIGCHLD, SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2]
  /// Bytes that wait for one reader at most.
  private static let waiting = 256 << 10
  /// What a server may still say, for the record alone, after its client stopped reading.
  private static let farewell = 8 << 20
  /// How long the output of a server that ended may be quiet before its last bytes are taken as read.
  private static let lastBytes: Int32 = 100
  /// Microseconds that a client has, after it sent a signal or the recording failed, to take what a server that ended had
  /// said; and as many again before what others still write for that server is left.
  private static let parting: UInt64 = 1_000_000

  private var server: PipedProcess
  private let signals: SignalSource
  private let state: MCPState
  private let clock: any Clock
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)

  private var toServer = ByteQueue()
  private var toClient = ByteQueue()
  private var toErrors = ByteQueue()
  /// Bytes of the client that passed to the server or were dropped.
  private var passed: UInt64 = 0
  private var hasClient = true
  private var hasReader = true
  private var hasErrorReader = true
  private var farewellBytes = 0
  /// The record had room for more when this last looked who has something to say.
  private var hadRoom = true
  /// Signals that ask for the end.
  private var signalCount = 0
  /// Since when the server has ended and nobody need wait for the client.
  private var partingSince: UInt64?
  private var end = MCPEnd(end: EndOfSession(reason: "server", status: .exited(255)))
  private var status: ExitStatus?

  /// Why the recording cannot go on, once the writing thread said so.
  private(set) var failure: RecordingFailure?
  /// The server was ended because nothing may pass unrecorded.
  private(set) var endedServer = false
  private(set) var closed: RecordingReceipt?
  private var waits = RecordingState.ToldWaits()

  init(
    server: consuming PipedProcess, signals: consuming SignalSource, state: MCPState,
    clock: any Clock
  ) {
    self.server = server
    self.signals = signals
    self.state = state
    self.clock = clock
  }

  /// Runs until the server has ended and all it said was passed on; returns how it ended.
  mutating func run(notify: (RecordingNotice) -> Void) -> ExitStatus {
    while true {
      let isEnded = status != nil
      let ready = Polling.wait(interests(), milliseconds: isEnded ? Self.lastBytes : -1)
      if ready[0].isReadable { handleSignals() }
      if ready[1].isReadable {
        state.wake.clear()
        hear(notify)
      }
      if ready[2].isReadable { readClient() }
      if ready[4].isReadable, state.hasRoom { readServer() }
      if ready[6].isReadable, state.hasRoom { readErrors() }
      if ready[5].isWritable || ready[5].isReadable { writeClient() }
      if ready[7].isWritable || ready[7].isReadable { writeErrors() }
      // Also without a word from poll: what was read or released just now need not wait for another round.
      writeServer()
      let isQuiet = hadRoom && !ready.contains { $0.isReadable || $0.isWritable }
      if isEnded, toClient.isEmpty, toErrors.isEmpty,
        isQuiet || server.output < 0 && server.errors < 0
      {
        break
      }
      if part() { break }
    }
    end.end.status = status ?? .exited(255)
    if !hasClient || signalCount > 0 { end.end.reason = "client" }
    end.undelivered += UInt64(toServer.count)
    _ = state.capture(.end(end, clock.monotonic()), weight: 0)
    return end.end.status
  }

  /// Bytes from the client that may pass now.
  private var passable: Int {
    min(toServer.count, Int(clamping: state.released.load(ordering: .acquiring) &- passed))
  }

  /// Hears the writing thread out, once the server has ended.
  mutating func hearOut(notify: (RecordingNotice) -> Void) {
    while let changes = state.changes.receive(waiting: nil) { hear(changes, notify) }
  }

  /// After a signal, or a failure, drops what the client does not take; true once the rest is not worth a wait.
  private mutating func part() -> Bool {
    guard status != nil, signalCount > 0 || failure != nil else { return false }
    let since = partingSince ?? clock.monotonic()
    partingSince = since
    let passed = clock.monotonic() &- since
    guard passed > Self.parting || signalCount > 1 else { return false }
    writeClient()
    if !toClient.isEmpty { loseReader() }
    writeErrors()
    if !toErrors.isEmpty { loseErrorReader() }
    return passed > 2 * Self.parting && hadRoom
  }

  private mutating func interests() -> [Polling.Interest] {
    let passable = passable
    // What would have to wait for the record is not read now, and signals are heard.
    let hasRoom = state.hasRoom
    hadRoom = hasRoom
    // As much as the longest message that is held, and no more than `waiting` of what the server does not take.
    let takesMore =
      hasRoom && hasClient && status == nil && passable < Self.waiting
      && toServer.count < MCPRecordingThread.messageLimit + Self.waiting
    return [
      Polling.Interest(signals.descriptor),
      Polling.Interest(state.wake.descriptor),
      Polling.Interest(takesMore ? 0 : -1),
      Polling.Interest(passable > 0 ? server.input : -1, reads: false, writes: true),
      Polling.Interest(hasRoom && toClient.count < Self.waiting ? server.output : -1),
      Polling.Interest(toClient.isEmpty ? -1 : 1, reads: false, writes: true),
      Polling.Interest(hasRoom && toErrors.count < Self.waiting ? server.errors : -1),
      Polling.Interest(toErrors.isEmpty ? -1 : 2, reads: false, writes: true),
    ]
  }

  // MARK: From the client to the server

  private mutating func readClient() {
    switch PseudoTerminal.read(0, into: &buffer) {
    case .bytes(let count):
      let bytes = Array(buffer[..<count])
      end.bytesIn += UInt64(count)
      guard capture(.bytes(.toServer, bytes, clock.monotonic()), count) else { return }
      toServer.append(bytes)
    case .later: return
    case .over:
      hasClient = false
      _ = capture(.ended(.toServer, clock.monotonic()), 0)
    }
  }

  private mutating func writeServer() {
    while server.input >= 0, passable > 0 {
      let input = server.input
      switch toServer.withFirst(passable, { PipedProcess.write(input, $0) }) {
      case .bytes(let count):
        toServer.drop(count)
        passed += UInt64(count)
      case .later: return
      case .over: server.closeInput()
      }
    }
    if server.input < 0 {
      // Nobody takes it any more; it is in the record all the same.
      end.undelivered += UInt64(toServer.count)
      passed += UInt64(toServer.count)
      toServer.removeAll()
    } else if !hasClient, toServer.isEmpty {
      server.closeInput()
    }
  }

  // MARK: From the server to the client

  private mutating func readServer() {
    switch PseudoTerminal.read(server.output, into: &buffer) {
    case .bytes(let count):
      let bytes = Array(buffer[..<count])
      end.bytesOut += UInt64(count)
      guard capture(.bytes(.toClient, bytes, clock.monotonic()), count) else { return }
      if hasReader {
        toClient.append(bytes)
        writeClient()
      } else {
        end.undelivered += UInt64(count)
        farewellBytes += count
        // As without a recorder between: who writes to nobody hears of it.
        if farewellBytes > Self.farewell { server.closeOutput() }
      }
    case .later: return
    case .over:
      server.closeOutput()
      _ = capture(.ended(.toClient, clock.monotonic()), 0)
      writeClient()
    }
  }

  private mutating func writeClient() {
    while hasReader, !toClient.isEmpty {
      // The pipe is the client's as well, so it is not made non-blocking; asked first, it takes this much at once.
      guard
        Polling.wait([Polling.Interest(1, reads: false, writes: true)], milliseconds: 0)[0]
          != (false, false)
      else { return }
      switch toClient.withFirst(PipedProcess.safeWrite, { PipedProcess.write(1, $0) }) {
      case .bytes(let count): toClient.drop(count)
      case .later: return
      case .over:
        loseReader()
        // A client that does not read has gone: the server shall end, and its last words are kept.
        if hasClient {
          hasClient = false
          _ = capture(.ended(.toServer, clock.monotonic()), 0)
        }
      }
    }
    if server.output < 0, toClient.isEmpty, hasReader, status == nil {
      // The client sees the end of the server's output when the server ended it.
      hasReader = false
      StandardDescriptors.leave(1)
    }
  }

  /// Nobody takes what the server said; it is in the record all the same.
  private mutating func loseReader() {
    hasReader = false
    end.undelivered += UInt64(toClient.count)
    toClient.removeAll()
  }

  private mutating func readErrors() {
    switch PseudoTerminal.read(server.errors, into: &buffer) {
    case .bytes(let count):
      let bytes = Array(buffer[..<count])
      guard capture(.bytes(.errors, bytes, clock.monotonic()), count) else { return }
      if hasErrorReader {
        toErrors.append(bytes)
        writeErrors()
      }
    case .later: return
    case .over:
      server.closeErrors()
      _ = capture(.ended(.errors, clock.monotonic()), 0)
    }
  }

  private mutating func writeErrors() {
    while hasErrorReader, !toErrors.isEmpty {
      guard
        Polling.wait([Polling.Interest(2, reads: false, writes: true)], milliseconds: 0)[0]
          != (false, false)
      else { return }
      switch toErrors.withFirst(PipedProcess.safeWrite, { PipedProcess.write(2, $0) }) {
      case .bytes(let count): toErrors.drop(count)
      case .later: return
      case .over: loseErrorReader()
      }
    }
  }

  private mutating func loseErrorReader() {
    hasErrorReader = false
    toErrors.removeAll()
  }

  // MARK: The recording

  /// Hands bytes to the record; where it refuses, nothing more is let through.
  private mutating func capture(_ item: MCPCaptured, _ weight: Int) -> Bool {
    if failure == nil, state.capture(item, weight: weight) { return true }
    stop()
    return false
  }

  /// Nothing may pass unrecorded: the server ends, and what waits is dropped.
  private mutating func stop() {
    // The number of one that has ended may be another's.
    if status == nil {
      endedServer = true
      server.signal(SIGKILL)
    }
    server.closeInput()
    toServer.removeAll()
    toClient.removeAll()
    hasClient = false
    hasReader = false
  }

  private mutating func handleSignals() {
    while let number = signals.next() {
      switch number {
      case SIGCHLD: if status == nil { status = server.exitStatus(wait: false) }
      case SIGUSR1, SIGUSR2: server.signal(number)
      default:
        signalCount += 1
        server.signal(number)
      }
    }
  }

  /// Hears what the writing thread has to say.
  private mutating func hear(_ notify: (RecordingNotice) -> Void) {
    if let changes = state.changes.receive(waiting: 0) { hear(changes, notify) }
  }

  private mutating func hear(
    _ changes: [RecordingState.Change], _ notify: (RecordingNotice) -> Void
  ) {
    for change in changes {
      if let receipt = change.closed { closed = receipt }
      if let failure = change.failure {
        self.failure = failure
        stop()
        continue
      }
      waits.tell(change, notify)
    }
  }
}

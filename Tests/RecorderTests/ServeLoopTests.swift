import Foundation
import Glibc
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Recorder

/// The loop over real sockets, with the test in the place of the writing thread.
private final class LoopBench {
  let exchange: ServeExchange
  let path: String
  private let folder: TemporaryDirectory
  private let thread: Thread
  private let ended = DispatchSemaphore(value: 0)

  init(_ change: (inout ServeSettings) -> Void = { _ in }) throws {
    folder = TemporaryDirectory()
    path = folder.path + "/s"
    var settings = ServeSettings(socket: path, version: "test") { _ in }
    settings.grace = 300_000
    change(&settings)
    let (made, exchange) = (settings, try ServeExchange())
    self.exchange = exchange
    let ended = ended
    let listening = DispatchSemaphore(value: 0)
    thread = Thread {
      guard let listener = try? SocketListener(made.socket, permissions: 0o600),
        let signals = SignalSource([SIGUSR2])
      else { return }
      var loop = ServeLoop(
        made, exchange, clock: SystemClock(), origin: "o", listener: listener, signals: signals)
      exchange.isServing.store(true, ordering: .relaxed)
      listening.signal()
      _ = loop.run()
      ended.signal()
    }
    thread.start()
    listening.wait()
  }

  deinit {
    exchange.answer([.ended(nil)])
    ended.wait()
  }

  func connect() throws -> Peer { Peer(try Socket(connectingTo: path)) }

  /// Takes what the loop hands on until one command is what is looked for.
  func command(seconds: Double = 10, where isWanted: (Command) -> Bool) -> Command? {
    let until = Date().addingTimeInterval(seconds)
    while Date() < until {
      for commands in exchange.commands.receive(waiting: 20_000) ?? [] {
        for command in commands where isWanted(command) { return command }
      }
    }
    return nil
  }
}

/// A client that waits no longer than it is told.
private final class Peer {
  let socket: Socket
  private var input: [UInt8] = []

  init(_ socket: Socket) {
    self.socket = socket
    socket.stopBlocking()
  }

  /// Bytes that were taken within the time.
  @discardableResult
  func say(_ bytes: [UInt8], seconds: Double = 1) -> Int {
    let until = Date().addingTimeInterval(seconds)
    var sent = 0
    while sent < bytes.count, Date() < until {
      switch socket.write(bytes.span.extracting(sent..<bytes.count)) {
      case .bytes(let count): sent += count
      case .later: usleep(1000)
      case .over: return sent
      }
    }
    return sent
  }

  @discardableResult
  func say(_ line: String) -> Int { say(Array((line + "\n").utf8)) }

  /// The next line; nil at the end of the connection, or when the time is over.
  func hear(seconds: Double = 10) -> String? {
    let until = Date().addingTimeInterval(seconds)
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if let end = input.firstIndex(of: 0x0A) {
        let line = String(decoding: input[..<end], as: UTF8.self)
        input.removeFirst(end + 1)
        return line
      }
      guard Date() < until else { return nil }
      switch socket.read(into: &chunk) {
      case .bytes(let count): input += chunk[..<count]
      case .later: usleep(1000)
      case .over: return nil
      }
    }
  }
}

@Suite(.serialized) struct `Loop over clients` {
  private static func events(_ bytes: Int) -> [UInt8] {
    let line =
      #"{"event":"r","n":1,"type":"x","p":"\#(String(repeating: "x", count: 980))"}"# + "\n"
    return Array(String(repeating: line, count: bytes / line.utf8.count + 1).utf8)
  }

  @Test func `sees that a client is gone that it may not read from, and what it sent goes with it`()
    throws
  {
    let bench = try LoopBench {
      $0.credit = 4000
      $0.mostUnderWay = 4000
    }
    var gone: Peer? = try bench.connect()
    gone?.say(#"{"hello":1}"#)
    #expect(gone?.hear()?.hasPrefix(#"{"hello""#) == true)
    gone?.say(Self.events(2_000_000), seconds: 0.3)
    let other = try bench.connect()
    other.say(#"{"health":1}"#)
    gone = nil
    guard
      case .gone(let connection) = bench.command(where: {
        if case .gone = $0 { true } else { false }
      })
    else {
      Issue.record("nobody saw that it is gone")
      return
    }
    // Its lines are in memory until the writing thread has come to their end.
    #expect(other.hear(seconds: 0.3) == nil)
    bench.exchange.answer([.left(connection: connection)])
    #expect(other.hear()?.hasPrefix(#"{"health""#) == true)
  }

  @Test func `answers every question of a client that does not listen, when it does`() throws {
    let bench = try LoopBench()
    let peer = try bench.connect()
    let questions = 20_000
    let sent = peer.say(Array(String(repeating: "{\"health\":1}\n", count: questions).utf8))
    // Meanwhile others are answered.
    let other = try bench.connect()
    other.say(#"{"health":1}"#)
    #expect(other.hear()?.hasPrefix(#"{"health""#) == true)
    var heard = 0
    while heard < sent / 13, peer.hear() != nil { heard += 1 }
    #expect(heard == sent / 13 && heard > 10_000)
  }

  @Test func `keeps nothing of what a slow reader has read`() throws {
    let folder = TemporaryDirectory()
    let listener = try SocketListener(folder.path + "/s", permissions: 0o600)
    let peer = try Socket(connectingTo: folder.path + "/s")
    peer.stopBlocking()
    let connection = ServeConnection(try #require(try listener.accept()), id: 1)
    connection.output = [UInt8](repeating: 0x61, count: 1 << 20)
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    var most = 0
    for _ in 0..<400 {
      #expect(connection.send())
      guard case .bytes(let count) = peer.read(into: &chunk) else { continue }
      connection.output += [UInt8](repeating: 0x62, count: count)
      most = max(most, connection.output.count)
    }
    #expect(most < 4 << 20)
  }

  @Test func `lets long lines end one after the other when they hold too much`() throws {
    let bench = try LoopBench { $0.mostUnfinished = 200_000 }
    let idle = try (0..<3).map { _ in try bench.connect() }
    for peer in idle {
      peer.say(#"{"hello":1}"#)
      #expect(peer.hear() != nil)
      peer.say([UInt8](repeating: 0x20, count: 150_000), seconds: 0.1)
    }
    let other = try bench.connect()
    other.say(#"{"hello":1}"#)
    #expect(other.hear()?.hasPrefix(#"{"hello""#) == true)
    // Those that do not end make room for the last one.
    usleep(1_500_000)
    let told = idle.map { $0.hear(seconds: 0.2) }
    let ended = told.count { $0?.contains(#""error":"too_long""#) == true }
    #expect((1...2).contains(ended) && told.count { $0 == nil } == 3 - ended, "\(told)")
  }

  @Test func `says so to a client that finds no place`() throws {
    let bench = try LoopBench { $0.mostConnections = 1 }
    var first: Peer? = try bench.connect()
    first?.say(#"{"hello":1}"#)
    #expect(first?.hear() != nil)
    let second = try bench.connect()
    #expect(second.hear()?.contains(#""error":"too_many_sessions""#) == true)
    #expect(second.hear(seconds: 1) == nil)
    first = nil
    _ = bench.command { if case .gone = $0 { true } else { false } }
    let third = try bench.connect()
    third.say(#"{"hello":1}"#)
    #expect(third.hear()?.hasPrefix(#"{"hello""#) == true)
  }

  @Test func `takes no socket away that another server has put in the place of its own`() throws {
    let folder = TemporaryDirectory()
    let path = folder.path + "/s"
    do {
      let first = try SocketListener(path, permissions: 0o600)
      unlink(path)
      let second = try SocketListener(path, permissions: 0o600)
      _ = consume first
      #expect(access(path, F_OK) == 0)
      _ = second.descriptor
    }
    #expect(access(path, F_OK) != 0)
  }
}

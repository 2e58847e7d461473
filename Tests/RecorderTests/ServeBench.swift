import Evidence
import Platform
import SessionLog
import TestSupport
import Testing

@testable import Recorder

/// The writing thread's work, step by step, on a disk that does as it is told.
final class ServeBench {
  let files = FaultyFiles()
  let box: TestStore
  private(set) var keeper: SessionKeeper
  private let settings: ServeSettings
  let exchange: ServeExchange
  var talks: [Int: ConnectionDecoder] = [:]
  var next = 0

  init(
    mostSessions: Int = 100, redaction: RedactionRules? = nil,
    files allowance: FileAllowance = FileAllowance(), stretch: Int = 1 << 20
  ) throws {
    files.syncsWhole = true
    box = try TestStore(on: files)
    exchange = try ServeExchange()
    var settings = ServeSettings(socket: "", version: "test") { _ in }
    settings.mostSessions = mostSessions
    settings.patience = 5_000_000
    settings.redaction = redaction
    settings.files = allowance
    settings.stretch = stretch
    self.settings = settings
    keeper = try SessionKeeper(
      box.store, box.state, settings, clock: box.clock, exchange: exchange)
  }

  /// The server dies; another one recovers what it left, and knows nothing of it but what stands in the store.
  func restart() throws {
    for _ in 0..<2 {
      keeper = try SessionKeeper(
        box.store, box.state, settings, clock: box.clock, exchange: exchange)
      _ = try Recovery(box.store, box.state, clock: box.clock).run()
    }
    talks = [:]
  }

  /// Lines of one connection, and everything that is answered, as JSON.
  func say(_ lines: String..., on connection: Int = 1, user: UInt32 = 7) throws -> [JSONValue] {
    var talk =
      talks[connection]
      ?? ConnectionDecoder(
        connection: connection, peer: PeerCredentials(user: user, process: 1))
    if talks[connection] == nil {
      _ = talk.decode(Array(#"{"hello":1}"#.utf8).span, moment: 0, next: &next)
      given += 12
    }
    for line in lines {
      let step = talk.decode(Array(line.utf8).span, moment: box.clock.monotonic(), next: &next)
      #expect(step == .goOn, "\(line)")
      given += line.utf8.count + 1
    }
    let commands = talk.takeCommands()
    talks[connection] = talk
    try keeper.take([commands])
    return try answers()
  }

  /// Lets time pass, and answers what that brings.
  func wait(_ microseconds: UInt64) throws -> [JSONValue] {
    box.clock.advance(microseconds)
    try keeper.take([])
    return try answers()
  }

  /// Bytes of lines that were said, and of those that came back as credit.
  private(set) var given = 0
  private(set) var credited = 0
  /// Connections that are gone and done with.
  private(set) var left: [Int] = []

  private func answers() throws -> [JSONValue] {
    var lines: [JSONValue] = []
    for answer in exchange.takeAnswers() {
      switch answer {
      case .line(let bytes, _): lines.append(try JSONValue(parsing: Array(bytes.dropLast())))
      case .credit(let bytes, _): credited += bytes
      case .detached(let attachment, let ref, let id, let isRefused):
        talks[id]?.detached(attachment, ref: ref, isRefused: isRefused)
      case .left(let id): left.append(id)
      case .ended: break
      }
    }
    return lines
  }

  func open(_ ref: String = "r", on connection: Int = 1) throws -> String {
    let answers = try say(
      #"{"open":"\#(ref)","kind":"database","agent":{"uid":"a","x":[1]}}"#, on: connection)
    return try #require(answers.first?["session"]?.string)
  }

  func lines(_ id: String) throws -> [String] {
    try box.lines(of: try #require(SessionID(id))).map { String(decoding: $0, as: UTF8.self) }
  }
}

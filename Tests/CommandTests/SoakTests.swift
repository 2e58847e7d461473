import Foundation
import Platform
import SessionLog
import Synchronization
import TestSupport
import Testing

/// Gateways, terminals and MCP pipes on one store; their recorders are killed at random moments, and a model of what was
/// acknowledged is held against what is there in the end.
///
/// `SOAK_SECONDS` sets how long: 1800 in `make soak`, 60 in the suite.
struct SoakTests {
  static let seconds =
    ProcessInfo.processInfo.environment["SOAK_SECONDS"].flatMap { Double($0) } ?? 60

  /// What the store owes.
  private final class Model: Sendable {
    struct Shown: Sendable {
      var agent: String
      var bytes: [UInt8]
    }
    struct State: Sendable {
      /// Names of events that were acked by the server, or passed on by a pipe: each is stored once.
      var acked: [String] = []
      /// What terminals had shown long enough before they were killed.
      var shown: [Shown] = []
      var troubles: [String] = []
      var verdicts = 0
    }
    let state = Mutex(State())
    let isOver = Atomic(false)
    func trouble(_ text: String) { state.withLock { $0.troubles.append(text) } }
    var goesOn: Bool { !isOver.load(ordering: .relaxed) }
  }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `under random kills no acked event is lost or doubled, and no verdict is false`() throws {
    let program = try #require(Program.path)
    let place = try Place()
    defer { place.remove() }
    signal(SIGPIPE, SIG_IGN)
    try #require(place.run(program, ["init", "--origin", "test.example.com/soak"]).status == 0)
    let socket = place.path("s")
    let model = Model()
    let group = DispatchGroup()
    func run(_ name: String, _ body: @escaping @Sendable () throws -> Void) {
      group.enter()
      Thread.detachNewThread {
        do { try body() } catch { model.trouble("\(name): \(error)") }
        group.leave()
      }
    }
    var server = try place.start(program, ["serve", "--socket", socket], output: "/dev/null")
    for connection in 0..<3 {
      run("gateway \(connection)") { try Self.gateway(connection, socket, model) }
    }
    run("terminals") { try Self.terminals(place, program, model) }
    run("pipes") { try Self.pipes(place, program, model) }
    run("auditor") { try Self.auditor(place, program, model) }
    let until = Date().addingTimeInterval(Self.seconds)
    var kills = 0
    while Date() < until {
      usleep(UInt32.random(in: 200_000...3_800_000))
      kill(server.processIdentifier, SIGKILL)
      server.waitUntilExit()
      kills += 1
      server = try place.start(program, ["serve", "--socket", socket], output: "/dev/null")
    }
    model.isOver.store(true, ordering: .relaxed)
    try #require(group.wait(timeout: .now() + 300) == .success, "the producers do not end")
    kill(server.processIdentifier, SIGTERM)
    server.waitUntilExit()
    #expect(server.terminationStatus == 0)
    #expect(try place.run(program, ["recover"]).status == 0)
    let verdict = try place.run(program, ["verify", "--all"])
    #expect(verdict.status == 0, "\(verdict.text)")
    let owed = model.state.withLock { $0 }
    #expect(owed.troubles == [])
    #expect(owed.acked.count > 100 && owed.verdicts > 0 && !owed.shown.isEmpty)
    try Self.check(place, owed)
    print(
      "soak: \(Int(Self.seconds)) s, server killed \(kills) times; \(owed.acked.count) acked events, "
        + "\(owed.shown.count) terminals, \(owed.verdicts) verdicts meanwhile")
  }

  /// Every name once, and every terminal's output from its beginning.
  private static func check(_ place: Place, _ owed: Model.State) throws {
    let box = try TestStore(
      reopening: place.directory.path, on: SystemFiles.shared, clock: TestClock())
    #expect(try box.store.liveSessions().filter { !$0.isOfReading } == [])
    var stored: [String: Int] = [:]
    var outputs: [String: [UInt8]] = [:]
    let terminals = Set(owed.shown.map(\.agent))
    try box.store.eachSessionFile { id throws(SessionLogFailure) in
      do {
        var agent = ""
        for line in try box.lines(of: id) {
          guard let header = LineHeader(line.span) else { continue }
          if header.isType("terminal.output", in: line.span) {
            guard terminals.contains(agent) else { continue }
            _ = Payload.append(from: line.span, header: header, to: &outputs[agent, default: []])
            continue
          }
          let json = try JSONValue(parsing: line)
          if header.isType("session.start", in: line.span) {
            agent = json["agent"]?["uid"]?.string ?? ""
          } else if header.isType("mcp.call", in: line.span) {
            if let name = Self.toolName(line) { stored[name, default: 0] += 1 }
          } else if header.typeName(in: line.span).hasPrefix("database."),
            let name = json["name"]?.string
          {
            stored[name, default: 0] += 1
          }
        }
      } catch { Issue.record(error) }
      return true
    }
    let missing = owed.acked.filter { stored[$0] == nil }
    let doubled = owed.acked.filter { stored[$0, default: 0] > 1 }
    #expect(missing == [], "\(missing.count) of \(owed.acked.count) acked events are missing")
    #expect(doubled == [], "\(doubled.count) of \(owed.acked.count) events are stored twice")
    for shown in owed.shown {
      #expect(
        outputs[shown.agent, default: []].filter { $0 != 0x0D }.starts(with: shown.bytes),
        "\(shown.agent): \(shown.bytes.count) bytes were shown, \(outputs[shown.agent]?.count ?? 0) are there"
      )
    }
  }

  /// `pipe-3-17` where that stands in a stored call.
  private static func toolName(_ line: [UInt8]) -> String? {
    let text = String(decoding: line, as: UTF8.self)
    guard let start = text.range(of: "pipe-") else { return nil }
    return "pipe-" + text[start.upperBound...].prefix { $0.isNumber || $0 == "-" }
  }

  // MARK: Producers

  /// One connection with 17 sessions, each of which stores and flushes in uneven bursts.
  private static func gateway(_ connection: Int, _ socket: String, _ model: Model) throws {
    // On a busy machine a server that is killed every two seconds may not come to listen for a good while.
    let client = try RecorderClient(socket, patience: 600)
    func open() throws -> RecordedSession {
      try client.open(["kind": "database", "agent": ["uid": "agent-\(connection)"]])
    }
    var sessions: [RecordedSession] = []
    for _ in 0..<17 { sessions.append(try open()) }
    var sent: [[String]] = Array(repeating: [], count: sessions.count)
    var number = 0
    while model.goesOn {
      let index = Int.random(in: 0..<sessions.count)
      for _ in 0..<Int.random(in: 1...6) {
        number += 1
        let name = "c\(connection)-\(number)"
        sent[index].append(name)
        try sessions[index].event(
          Bool.random() ? "database.query" : "database.result",
          ["name": name, "text": String(repeating: "é\u{1}\"", count: Int.random(in: 0...80))])
      }
      switch Int.random(in: 0..<8) {
      case 0...2:
        try sessions[index].flush()
      case 3:
        _ = try sessions[index].close()
        sessions[index] = try open()
      default: continue
      }
      let names = sent[index]
      model.state.withLock { $0.acked += names }
      sent[index] = []
    }
    for (index, session) in sessions.enumerated() {
      _ = try session.close()
      let names = sent[index]
      model.state.withLock { $0.acked += names }
    }
  }

  /// Terminal recorders, one after the other, each killed or left to its end.
  private static func terminals(_ place: Place, _ program: String, _ model: Model) throws {
    // What the format promises, a flush interval and a sync, with much room for a busy machine.
    let promise = 2.5
    var number = 0
    while model.goesOn {
      number += 1
      let agent = "terminal-\(number)"
      let shown = place.path("shown-\(number)")
      let child = "for i in $(seq 1 60); do printf 'L%05d %s\\n' $i $EPOCHREALTIME; sleep 0.1; done"
      let recorder = try place.start(
        program, ["record", "--agent", agent, "--", "bash", "-c", child], output: shown)
      let end = Date().addingTimeInterval(Double.random(in: 1...5))
      while recorder.isRunning, Date() < end { usleep(20_000) }
      let killed = Date().timeIntervalSince1970
      kill(recorder.processIdentifier, SIGKILL)
      recorder.waitUntilExit()
      _ = try place.run(program, ["recover"])
      // Whole lines that are old enough, from the first on.
      let text = try Data(contentsOf: URL(fileURLWithPath: shown))
      var due = text.startIndex
      for line in text.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
        let fields = String(decoding: line, as: UTF8.self).split(separator: " ")
        guard fields.count == 2, let moment = Double(fields[1].prefix { $0 != "\r" }),
          moment < killed - promise
        else { break }
        due = line.endIndex + 1
      }
      // What goes to a file has no carriage returns; the recording has what the terminal would have shown.
      let bytes = Array(text[..<due]).filter { $0 != 0x0D }
      model.state.withLock { $0.shown.append(.init(agent: agent, bytes: bytes)) }
      try FileManager.default.removeItem(atPath: shown)
    }
  }

  /// MCP pipes around a server that answers each call: that call was passed on, and so was durable before.
  private static func pipes(_ place: Place, _ program: String, _ model: Model) throws {
    let answer = #"s/"method".*/"result":{}}/"#
    var number = 0
    while model.goesOn {
      number += 1
      let recorder = place.process(
        program, ["record", "--mcp", "--agent", "pipe-\(number)", "--", "sed", "-u", answer])
      let (input, output) = (Pipe(), Pipe())
      recorder.standardInput = input
      recorder.standardOutput = output
      recorder.standardError = FileHandle.nullDevice
      try recorder.run()
      let end = Date().addingTimeInterval(Double.random(in: 0.2...3))
      let process = recorder.processIdentifier
      Thread.detachNewThread {
        while Date() < end { usleep(10_000) }
        kill(process, SIGKILL)
      }
      var call = 0
      var echoed: [UInt8] = []
      while true {
        call += 1
        let name = "pipe-\(number)-\(call)"
        let line =
          #"{"jsonrpc":"2.0","id":\#(call),"method":"tools/call","params":{"name":"\#(name)"}}"#
          + "\n"
        do { try input.fileHandleForWriting.write(contentsOf: Data(line.utf8)) } catch { break }
        while !echoed.contains(0x0A) {
          let more = output.fileHandleForReading.availableData
          guard !more.isEmpty else { break }
          echoed += more
        }
        guard let newline = echoed.firstIndex(of: 0x0A) else { break }
        echoed.removeSubrange(...newline)
        model.state.withLock { $0.acked.append(name) }
      }
      recorder.waitUntilExit()
    }
  }

  /// Verifies the store while all the others write it and die.
  private static func auditor(_ place: Place, _ program: String, _ model: Model) throws {
    while model.goesOn {
      let verdict = try place.run(program, ["verify", "--all"])
      if verdict.status != 0 {
        model.trouble("verify ends with \(verdict.status): \(verdict.text)\(verdict.errors)")
      }
      model.state.withLock { $0.verdicts += 1 }
      usleep(500_000)
    }
  }
}

import Foundation
import Platform
import SessionLog
import Testing

/// The terminal that a recorder runs in, played by a test: types, reads, resizes, goes away.
final class OuterTerminal {
  private var terminal: PseudoTerminal?
  let processID: Int32
  /// All that was shown.
  private(set) var shown: [UInt8] = []
  private var isOver = false
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)

  init(
    _ place: Place, _ arguments: [String], columns: Int = 80, rows: Int = 24,
    program: String? = nil, environment: [String: String] = [:]
  ) throws {
    let program = try program ?? #require(Program.path)
    let variables =
      environment.map { "\($0.key)=\($0.value)" } + [
        "BLACKBOX_STORE=\(place.path("store"))", "BLACKBOX_STATE=\(place.path("state"))",
        "TERM=xterm-256color", "PS1=$ ",
      ]
    let terminal = try PseudoTerminal(
      command: ["env", "--default-signal", "-u", "BLACKBOX_RECORDER", "-u", "BLACKBOX_SESSION"]
        + variables + [program] + arguments, columns: columns, rows: rows, modeOf: nil, input: nil,
      survives: true)
    processID = terminal.processID
    self.terminal = consume terminal
  }

  deinit { if !isOver { kill(-processID, SIGKILL) } }

  var text: String { String(decoding: shown, as: UTF8.self) }

  /// Reads what is shown for at most `seconds`, until `condition` holds; false if it never did.
  @discardableResult
  func read(_ seconds: Double = 20, until condition: () -> Bool) -> Bool {
    let until = Date().addingTimeInterval(seconds)
    while !condition() {
      guard Date() < until else { return false }
      take(milliseconds: 20)
    }
    return true
  }

  /// Reads until `word` is shown, after what was shown when `mark` was taken.
  @discardableResult
  func wait(for word: String, after mark: Int = 0, _ seconds: Double = 20) -> Bool {
    let wanted = Data(word.utf8)
    return read(seconds) { Data(shown[min(mark, shown.count)...]).range(of: wanted) != nil }
  }

  private func take(milliseconds: Int32) {
    guard let descriptor = terminal?.descriptor, !isOver else {
      usleep(UInt32(milliseconds) * 1000)
      return
    }
    guard Polling.wait([Polling.Interest(descriptor)], milliseconds: milliseconds)[0].isReadable
    else { return }
    switch terminal?.read(into: &buffer) {
    case .bytes(let count)?: shown.append(contentsOf: buffer[..<count])
    case .later?, nil: break
    case .over?: isOver = true
    }
  }

  /// Types, reading what is shown meanwhile unless `reads` is false.
  func type(_ bytes: [UInt8], seconds: Double = 60) -> Bool {
    var sent = 0
    return read(seconds) {
      if sent < bytes.count,
        case .bytes(let count)? = terminal?.write(bytes.span.extracting(sent..<bytes.count))
      {
        sent += count
      }
      return sent == bytes.count
    }
  }

  func type(_ text: String) { #expect(type(Array(text.utf8))) }

  func resize(columns: Int, rows: Int) { terminal?.resize(columns: columns, rows: rows) }

  /// The terminal goes, as when its window is closed.
  func close() {
    terminal = nil
  }

  /// As `status`, while nobody reads what is shown.
  func statusWithoutReading(_ seconds: Double) -> Int32 {
    var status: Int32 = 0
    let until = Date().addingTimeInterval(seconds)
    while waitpid(processID, &status, WNOHANG) != processID {
      guard Date() < until else { return -1 }
      usleep(20_000)
    }
    isOver = true
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
  }

  /// Waits for the recorder to end and returns its status as a shell gives it; -1 if it does not.
  func status(_ seconds: Double = 30) -> Int32 {
    var status: Int32 = 0
    let ended = read(seconds) { waitpid(processID, &status, WNOHANG) == processID }
    guard ended else { return -1 }
    read(0.2) { isOver }
    isOver = true
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
  }
}

/// The recordings of a place, as a reader sees them.
enum Recorded {
  /// Every event of every session, oldest session first.
  static func events(_ place: Place) throws -> [[String: Any]] {
    try sessions(place).flatMap { $0 }
  }

  static func sessions(_ place: Place) throws -> [[[String: Any]]] {
    try files(place).map { file in
      var events: [[String: Any]] = []
      _ = try SessionVerifier.verify(file: file, in: SystemFiles.shared) { batch, _ in
        for index in 0..<batch.lineCount {
          let bytes = batch.line(index)?.bytes ?? []
          if let event = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] {
            events.append(event)
          }
        }
      }
      return events
    }
    // What the test itself read is recorded too, in a session of its own.
    .filter { $0.first?["kind"] as? String != "audit" }
  }

  /// Decompressed bytes of all sessions.
  static func lines(_ place: Place) throws -> [UInt8] {
    var all: [UInt8] = []
    for file in try files(place) {
      _ = try SessionVerifier.verify(file: file, in: SystemFiles.shared) { batch, _ in
        for index in 0..<batch.lineCount { all += (batch.line(index)?.bytes ?? []) + [0x0A] }
      }
    }
    return all
  }

  static func files(_ place: Place) throws -> [String] {
    let root = place.path("store/sessions")
    return (FileManager.default.enumerator(atPath: root)?.allObjects as? [String] ?? [])
      .filter { $0.hasSuffix(".ndjson.zst") }.sorted {
        ($0 as NSString).lastPathComponent < ($1 as NSString).lastPathComponent
      }.map { root + "/" + $0 }
  }

  /// The bytes of one type of event, put together.
  static func bytes(_ events: [[String: Any]], _ type: String = "terminal.output") -> [UInt8] {
    events.filter { $0["type"] as? String == type }.flatMap { event -> [UInt8] in
      if let text = event["data"] as? String { return Array(text.utf8) }
      return (event["data64"] as? String).flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? []
    }
  }

  static func of(_ type: String, _ events: [[String: Any]]) -> [[String: Any]] {
    events.filter { $0["type"] as? String == type }
  }
}

extension OuterTerminal {
  /// Records a program that has said `said-first`, and says what stands in `gate` as soon as something does.
  convenience init(recordingUntil gate: String, _ place: Place) throws {
    try self.init(
      place,
      [
        "record", "-q", "--agent", "slow", "--", "sh", "-c",
        "echo said-first; until test -s \(gate); do sleep 0.05; done; cat \(gate)",
      ])
    #expect(wait(for: "said-first"))
  }
}

internal import Platform
internal import SessionLog

/// Numbers that look random and follow from a seed (SplitMix64).
package struct Dice: RandomNumberGenerator {
  private var state: UInt64
  package init(_ seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Below `limit`, which is above zero.
  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
}

/// A clock that stands where the generator puts it.
final class SetClock: Clock, @unchecked Sendable {
  // One thread has the generator and its clock.
  var now: Int64
  private let base: Int64
  init(_ now: Int64) { (self.now, base) = (now, now) }
  func monotonic() -> UInt64 { UInt64(clamping: now &- base &+ 1_000_000) }
  func wall() -> Int64 { now }
  var bootID: String { "generated" }
}

typealias Members = [JSONValue.Member]

func object(_ members: (String, JSONValue?)...) -> JSONValue {
  .object(members.compactMap { name, value in value.map { JSONValue.Member(name, $0) } })
}

/// Writes one session's lines into memory, numbered as they will stand in its file.
struct Scribe {
  let id: SessionID
  let kind: String
  let agent: String
  /// Wall clock of line 0, µs.
  let start: Int64
  let first: [UInt8]
  private(set) var lines: [[UInt8]] = []
  private(set) var time: UInt64 = 0
  private(set) var denied = 0
  private(set) var masked = 0
  var ends = true

  /// Number of the next line.
  var sequence: Int64 { Int64(lines.count) + 2 }
  var text: String { id.text }
  /// Lines with 0, 1 and the end.
  var count: Int { lines.count + 2 + (ends ? 1 : 0) }
  /// Wall clock of the next line.
  var moment: Int64 { start + Int64(time) }

  init(id: SessionID, kind: String, agent: String, start: Int64, first: [UInt8]) {
    (self.id, self.kind, self.agent, self.start, self.first) = (id, kind, agent, start, first)
  }

  mutating func pass(_ microseconds: Int) { time += UInt64(microseconds) }

  /// Adds an event and gives its number.
  @discardableResult
  mutating func add(_ type: StaticString, _ fields: (String, JSONValue?)...) -> Int64 {
    let number = sequence
    var line = LineBuilder(time: time, type: type)
    for (name, value) in fields { if let value { line.add(name, value) } }
    lines.append(line.finish())
    if type.description == "masking.applied" { masked += 1 }
    return number
  }

  mutating func output(_ text: String) {
    var line = LineBuilder(time: time, type: "terminal.output")
    line.addData(Array(text.utf8).span)
    lines.append(line.finish())
  }

  mutating func deny() { denied += 1 }

  func end(_ reason: String, exit: Int64?) -> [UInt8] {
    var line = LineBuilder(time: time, type: "session.end")
    line.add("reason", reason)
    if let exit { line.add("exit_code", exit) }
    line.add("n_events", Int64(lines.count) + 3)
    return line.finish()
  }
}

extension JSONValue {
  init(_ text: String) { self = .string(text) }
}

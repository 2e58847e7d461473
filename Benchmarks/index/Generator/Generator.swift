internal import Platform
package import SessionLog

/// How large a store is made.
package struct Size: Sendable {
  package var sessions = 20_000
  package var events = 2_000_000
  package var seed: UInt64 = 1
  package var days: Int64 = 30
  /// Positives for each question and detection.
  package var positives = 5
  /// Only output of terminals beside line 0: to measure that alone.
  package var onlyTerminals = false
  /// No output of terminals: to measure rows alone.
  package var onlyRows = false

  package init() {}
}

/// Makes a store of many agents' sessions through the recorder's own writer, and knows every answer.
package final class Generator {
  package let size: Size
  package private(set) var truth = Truth()
  let clock: SetClock
  private let store: Store
  private let state: StateDirectory
  private let commit: GroupCommit
  var dice: Dice
  /// Sessions that are made but not written yet.
  private var waiting: [Scribe] = []
  private var made: UInt64 = 0
  private let begin: Int64
  private let progress: (Int) -> Void

  static let day: Int64 = 86_400_000_000
  /// 2026-11-21T00:00:00Z: the end of the time that is told of.
  static let end: Int64 = 1_795_219_200_000_000
  static let agents = 40
  static let gateways = 3
  static let origin = "bench.example/generated"

  /// Makes an empty store at `path` with its state beside it.
  package init(
    at path: String, state override: String, size: Size,
    progress: @escaping (Int) -> Void = { _ in }
  ) throws(SessionLogFailure) {
    self.size = size
    self.progress = progress
    begin = Self.end - size.days * Self.day
    clock = SetClock(begin)
    dice = Dice(size.seed)
    (store, state) = try Store.create(
      at: path, origin: Self.origin, state: override, clock: clock)
    commit = try GroupCommit(store, state, clock: clock)
    truth.since = Self.end - Self.day
    truth.until = Self.end
  }

  /// Makes everything; a second call would begin with the same ids and is refused by the store.
  package func run() throws(SessionLogFailure) {
    if !size.onlyTerminals { try setUp() }
    let seeds = size.onlyTerminals || size.onlyRows ? [] : seeded()
    let special =
      size.onlyTerminals
      ? 0 : Self.gateways + Int(size.days) + seeds.reduce(0) { $0 + $1.sessions }
    let plain = max(0, size.sessions - special)
    let perSession = max(1, (size.events - 4 * size.sessions) / max(1, size.sessions))
    let step = (Self.end - begin - Self.day / 24) / Int64(max(1, plain + 1))
    var nextSeed = 0
    for index in 0..<plain {
      clock.now = begin + Self.day / 48 + step * Int64(index)
      // Seeds stand among the others, each at its own time, half of them in the last day.
      while nextSeed < seeds.count, seeds[nextSeed].at <= clock.now {
        try sow(seeds[nextSeed])
        nextSeed += 1
      }
      try keep(plainSession(index, events: perSession))
    }
    for seed in seeds[nextSeed...] { try sow(seed) }
    if !size.onlyTerminals { try audit() }
    try flush()
    conclude()
  }

  private func sow(_ seed: Seed) throws(SessionLogFailure) {
    let now = clock.now
    clock.now = max(now, seed.at)
    for scribe in seed.make(self) { try keep(scribe) }
  }

  // MARK: Sessions

  func nextID() -> SessionID {
    made += 1
    var random: [UInt8] = []
    var dice = Dice(size.seed &* 0x1_0000_0001 &+ made)
    let (a, b) = (dice.next(), dice.next())
    for shift in stride(from: 0, to: 64, by: 8) {
      random.append(UInt8(truncatingIfNeeded: a >> shift))
    }
    random.append(UInt8(truncatingIfNeeded: b))
    random.append(UInt8(truncatingIfNeeded: b >> 8))
    return SessionID(milliseconds: UInt64(clock.now / 1000), random: random)
  }

  /// What line 0 says; the rest has defaults that no detection minds.
  struct Opening {
    var kind = "database"
    var agent = 0
    var agentUID: String?
    var principal: Int? = 0
    var resource = World.databases[0]
    var gateway = 0
    var chain: [JSONValue]?
    var trace: String?
    var ip: String?
    var tokenID: String?
    var argv: [String] = []
  }

  func open(_ opening: Opening) -> Scribe {
    let id = nextID()
    let agent = opening.agentUID ?? World.agent(opening.agent)
    let principal = opening.principal.map { World.human($0) }
    let chain =
      opening.chain
      ?? World.chain(id.text, agent: agent, for: principal ?? World.human(0), clock.now)
    var line = LineBuilder(time: 0, type: "session.start")
    line.add("format", 1)
    line.add("store", Self.origin)
    line.add("session", id.text)
    line.add("kind", opening.kind)
    line.add("start", WallTime.format(clock.now))
    line.add("boot_id", "generated")
    line.add("agent", World.identity(agent, "agent"))
    if let principal {
      line.add("principal", World.identity(principal, "human"))
    } else {
      line.add("principal", .null)
      line.add("principal_reason", "not stated")
    }
    if !chain.isEmpty { line.add("delegation", .array(chain)) }
    line.add("gateway", object(("uid", .init(World.gateway(opening.gateway)))))
    line.add("resource", opening.resource.json)
    line.add(
      "source", object(("ip", .init(opening.ip ?? "10.0.\(opening.agent % 250).7"))))
    line.add(
      "auth",
      object(
        ("method", .init("oidc")),
        ("jti_hmac", .init(opening.tokenID ?? World.digest("jti " + id.text)))))
    line.add("policy", World.policy(0, gateway: opening.gateway))
    line.add("trace", object(("trace_id", .init(opening.trace ?? World.trace(id.text)))))
    if !opening.argv.isEmpty { line.add("argv", .array(opening.argv.map { .init($0) })) }
    if opening.kind == "terminal" {
      line.add("terminal", object(("cols", .integer(80)), ("rows", .integer(24))))
    }
    line.add("after", object(("size", .integer(0)), ("root", .init(""))))
    let verified = !chain.isEmpty && chain[0]["proof"]?.string == "verified"
    if principal == nil || !verified {
      truth.add("Q15", id.text, chain.isEmpty ? "none" : chain[0]["proof"]?.string ?? "missing")
    }
    note(opening, id, agent, principal)
    return Scribe(
      id: id, kind: opening.kind, agent: agent, start: clock.now / 1000 * 1000, first: line.finish()
    )
  }

  private func note(_ opening: Opening, _ id: SessionID, _ agent: String, _ principal: String?) {
    truth.count("agents", [agent], 1)
    truth.count("first", [agent], 0)
    if firsts[agent] == nil { firsts[agent] = clock.now }
    if truth.isInDay(clock.now) {
      truth.count("Q2", [principal ?? "-", agent], 1)
      if agent == World.agent(7) { truth.add("Q1", id.text) }
    }
  }
  private var firsts: [String: Int64] = [:]
  private var firstTargets: [[String]: Int64] = [:]

  /// An action was asked for: its first time counts.
  func touched(_ agent: String, _ op: String, _ target: String, at moment: Int64) {
    let key = [agent, op, target]
    firstTargets[key] = min(firstTargets[key] ?? moment, moment)
  }

  /// Takes a finished session and writes what waits, where it is enough.
  func keep(_ scribe: Scribe, reason: String = "client") throws(SessionLogFailure) {
    waiting.append(scribe)
    truth.sessions += 1
    truth.events += scribe.count
    let day = String(WallTime.format(scribe.start).prefix(10))
    truth.count("Q25", [day], 1, scribe.count, scribe.denied, scribe.masked)
    if truth.isInDay(scribe.start) {
      truth.count("Q17", [scribe.ends ? "OK" : "OPEN"], 1, scribe.count)
    }
    if !scribe.ends { truth.add("Q24", scribe.text, "-") }
    if waiting.count >= 200 { try flush() }
  }

  private func flush() throws(SessionLogFailure) {
    let openings = waiting.map { GroupCommit.Opening(id: $0.id, first: $0.first) }
    var sessions: [GroupCommit.Session] = []
    for result in commit.begin(openings) { sessions.append(try result.get()) }
    try check(try commit.round(sessions))
    for (scribe, session) in zip(waiting, sessions) {
      for line in scribe.lines {
        if !session.writer.hasRoom(for: line.count) {
          try check(try commit.round([session], commit: true))
        }
        try session.writer.append(line)
      }
    }
    try check(try commit.round(sessions, commit: true))
    for (scribe, session) in zip(waiting, sessions) where scribe.ends {
      try commit.end(session, lines: [scribe.end("client", exit: 0)])
    }
    try check(try commit.round(sessions))
    progress(truth.sessions)
    waiting.removeAll(keepingCapacity: true)
  }

  private func check(_ outcome: GroupCommit.Outcome) throws(SessionLogFailure) {
    if let failure = outcome.failed.first?.1 ?? outcome.fullDisk { throw failure }
  }

  // MARK: Answers

  private func conclude() {
    truth.parameters["agent"] = World.agent(7)
    truth.parameters["object"] = "invoices"
    truth.parameters["text"] = World.needle
    truth.parameters["shown"] = World.shownNeedle
    for name in ["Q2", "Q3", "Q6", "Q7", "Q13", "Q17", "Q18", "Q25", "D17"] { truth.settle(name) }
    truth.settle("Q22") { _, numbers in numbers[1] > 0 }
    for (agent, first) in firsts where truth.isInDay(first) {
      truth.add("Q20", agent, String(truth.counted("agents")[[agent]]?[0] ?? 0))
    }
    for (key, first) in firstTargets where truth.isInDay(first) {
      truth.sets["Q21", default: []].append(key)
    }
    let readers = truth.counted("readers").sorted {
      $0.value[0] != $1.value[0] ? $0.value[0] > $1.value[0] : $0.key[0] < $1.key[0]
    }
    for (key, sums) in readers.prefix(20) {
      truth.add("Q23", key[0], String(sums[0]), String(sums[1]))
    }
  }

  func change(_ body: (inout Truth) -> Void) { body(&truth) }
}

internal import Platform
internal import SessionLog

/// Sessions in which one thing is wrong, at a time of its own.
struct Seed {
  var at: Int64
  /// Sessions that `make` gives.
  var sessions: Int
  var make: (Generator) -> [Scribe]
}

extension Generator {
  /// All seeds, by time: each kind `positives` times, half of them within the last day.
  func seeded() -> [Seed] {
    let kinds: [(Generator, Int) -> [Scribe]] = [
      Seeds.undecided, Seeds.blocked, Seeds.heldWithoutApproval, Seeds.heldWell, Seeds.tooFewVotes,
      Seeds.ownVote, Seeds.agentVote, Seeds.misused, Seeds.hasty, Seeds.unproven, Seeds.gap,
      Seeds.recorder, Seeds.fresh, Seeds.unfinished, Seeds.invoices, Seeds.needle, Seeds.shown,
      Seeds.stalePolicy, Seeds.drifting, Seeds.monitored, Seeds.brokenChain, Seeds.widened,
      Seeds.lateAuthority, Seeds.leak, Seeds.unmasked, Seeds.thinMasking,
    ]
    // Each of these takes two sessions.
    let pairs: [(Generator, Int) -> [Scribe]] = [
      Seeds.implicitTrust, Seeds.laundered, Seeds.sharedToken, Seeds.rugPull, Seeds.asymmetry,
      Seeds.relay,
    ]
    var seeds: [Seed] = []
    for (place, kind) in (kinds + pairs).enumerated() {
      for index in 0..<size.positives {
        let base = index % 2 == 0 ? Self.end - Self.day / 3 : Self.end - (size.days - 1) * Self.day
        let at = base + Int64(place) * 30_000_000 + Int64(index) * 1_200_000_000
        let sessions = place < kinds.count ? 1 : 2
        seeds.append(Seed(at: at, sessions: sessions) { kind($0, index) })
      }
    }
    return seeds.sorted { $0.at < $1.at }
  }
}

enum Seeds {
  private static func one(_ g: Generator, _ index: Int, _ body: (inout Scribe) -> Void) -> [Scribe]
  {
    var s = g.open(.init(agent: 20 + index, principal: 5, gateway: index))
    body(&s)
    return [s]
  }

  static func undecided(_ g: Generator, _ index: Int) -> [Scribe] {
    one(g, index) { s in
      let q = g.query(&s, "products")
      g.change { $0.add("Q8", s.text, String(q), "database.query") }
      g.result(&s, q, rows: 3, bytes: 300)
    }
  }

  static func blocked(_ g: Generator, _ index: Int) -> [Scribe] {
    one(g, index) { s in
      g.decide(&s, g.query(&s, "stock", access: "write"), "block", rule: "no-writes")
    }
  }

  static func heldWithoutApproval(_ g: Generator, _ index: Int) -> [Scribe] {
    one(g, index) { s in
      let digest = World.digest("Q9 \(index)")
      let q = g.query(&s, "orders", access: "write", digest: digest)
      g.decide(&s, q, "hold", rule: "ask", approval: "ap-q9-\(index)")
      g.ask(&s, "ap-q9-\(index)", q, digest: digest)
      g.result(&s, q, rows: 1, bytes: 10)
      g.change { $0.add("Q9", s.text, String(q)) }
    }
  }

  /// A hold as it should be, with every detail overridable.
  private static func held(
    _ g: Generator, _ index: Int, _ uid: String, need: Int64 = 1, voters: [(String, String)],
    delay: Int = 60_000_000, executes other: Bool = false, late: Bool = false, twice: Bool = false
  ) -> [Scribe] {
    one(g, index) { s in
      let digest = World.digest(uid)
      let q = g.query(&s, "orders", access: "write", digest: digest)
      g.decide(&s, q, "hold", rule: "ask", approval: uid)
      // An action's time is that of its request: to be late, it must be asked for after the expiry.
      g.ask(
        &s, uid, q, digest: digest, need: need,
        expires: late ? s.moment + 120_000_000 : s.moment + Generator.day)
      for (who, kind) in voters { g.vote(&s, uid, by: who, kind: kind, after: delay) }
      g.grant(&s, uid)
      var ran = q
      if other || late {
        if late { s.pass(600_000_000) }
        ran = g.query(
          &s, "orders", access: "write", digest: other ? World.digest("other " + uid) : digest)
        g.decide(&s, ran, approval: uid)
      }
      g.consume(&s, uid, ran)
      if twice { g.consume(&s, uid, ran, uses: 2) }
      g.result(&s, ran, rows: 1, bytes: 10)
    }
  }

  static func heldWell(_ g: Generator, _ index: Int) -> [Scribe] {
    held(g, index, "ap-ok-\(index)", voters: [(World.human(9), "human")])
  }
  static func tooFewVotes(_ g: Generator, _ index: Int) -> [Scribe] {
    g.change { $0.add("Q10", "ap-q10-\(index)", "2", "1") }
    return held(g, index, "ap-q10-\(index)", need: 2, voters: [(World.human(9), "human")])
  }
  static func ownVote(_ g: Generator, _ index: Int) -> [Scribe] {
    g.change { $0.add("Q11", "ap-q11-\(index)") }
    return held(g, index, "ap-q11-\(index)", voters: [(World.human(5), "human")])
  }
  static func agentVote(_ g: Generator, _ index: Int) -> [Scribe] {
    g.change { $0.add("D11", "ap-d11-\(index)") }
    return held(
      g, index, "ap-d11-\(index)", voters: [(World.agent(3), "agent"), (World.human(9), "human")])
  }
  static func misused(_ g: Generator, _ index: Int) -> [Scribe] {
    g.change { $0.add("Q12", "ap-q12-\(index)") }
    return held(
      g, index, "ap-q12-\(index)", voters: [(World.human(9), "human")], executes: index % 3 == 0,
      late: index % 3 == 1, twice: index % 3 == 2)
  }
  static func hasty(_ g: Generator, _ index: Int) -> [Scribe] {
    held(g, index, "ap-q13-\(index)", voters: [(World.human(11), "human")], delay: 2_000_000)
  }

  static func unproven(_ g: Generator, _ index: Int) -> [Scribe] {
    let agent = World.agent(20 + index)
    if index % 2 == 1 {
      return [g.open(.init(agent: 20 + index, principal: nil, gateway: index))]
    }
    let uid = "loose-\(index)"
    let link = World.link(
      uid, parent: nil, root: uid, depth: 0, sub: World.human(5), act: agent, proof: "asserted",
      issued: g.clock.now)
    return [g.open(.init(agent: 20 + index, principal: 5, gateway: index, chain: [link]))]
  }

  static func gap(_ g: Generator, _ index: Int) -> [Scribe] {
    one(g, index) { s in
      s.pass(5000)
      note(g, s, "recorder.gap")
      g.change { $0.add("Q16", s.text, String(s.sequence), "overload") }
      s.add("recorder.gap", ("reason", .init("overload")), ("events", .integer(17)))
    }
  }

  private static func note(_ g: Generator, _ s: Scribe, _ type: String) {
    if g.truth.isInDay(s.moment) { g.change { $0.add("Q19", s.text, String(s.sequence), type) } }
  }

  static func recorder(_ g: Generator, _ index: Int) -> [Scribe] {
    one(g, index) { s in
      s.pass(5000)
      note(g, s, "recorder.pause")
      s.add("recorder.pause", ("reason", .init("asked")))
      s.pass(5000)
      note(g, s, "recorder.resume")
      s.add("recorder.resume", ("reason", .init("asked")))
    }
  }

  static func fresh(_ g: Generator, _ index: Int) -> [Scribe] {
    [g.open(.init(agent: 1, agentUID: "fresh-\(index)", principal: 5, gateway: index))]
  }

  static func unfinished(_ g: Generator, _ index: Int) -> [Scribe] {
    var s = one(g, index) { g.plainQuery(&$0) }[0]
    s.ends = false
    return [s]
  }

  static func invoices(_ g: Generator, _ index: Int) -> [Scribe] {
    one(g, index) { s in
      let q = g.query(&s, "invoices", access: index % 2 == 0 ? "read" : "write")
      g.decide(&s, q)
      g.result(&s, q, rows: 900_000 + index * 1000, bytes: 5_000_000)
    }
  }

  static func needle(_ g: Generator, _ index: Int) -> [Scribe] {
    one(g, index) { s in
      let q = g.query(
        &s, "orders", text: "SELECT * FROM orders WHERE note = '\(World.needle)-\(index)'")
      g.decide(&s, q)
      g.result(&s, q, rows: 1, bytes: 10)
    }
  }

  static func shown(_ g: Generator, _ index: Int) -> [Scribe] {
    var opening = Generator.Opening(
      kind: "terminal", agent: 20 + index, principal: 5, gateway: index)
    (opening.resource, opening.argv) = (World.host, ["bash", "-i"])
    var s = g.open(opening)
    s.output("$ cat notes\r\n")
    s.pass(1000)
    g.change { $0.add("shown", s.text, String(s.sequence)) }
    if index % 2 == 0 {
      s.output("the violet\u{1B}[31m-an\u{1B}[0mchor \(index)\r\n")
    } else {
      s.output("-anchor \(index)\r\u{1B}[10C\rviolet\u{1B}[7G-anchor \(index)\u{1B}[1Gviolet-\r\n")
    }
    s.pass(1000)
    s.output("$ ")
    return [s]
  }

  static func stalePolicy(_ g: Generator, _ index: Int) -> [Scribe] {
    one(g, index) { s in
      let q = g.query(&s, "products")
      let d = g.decide(&s, q, version: 9)
      g.result(&s, q, rows: 1, bytes: 10)
      g.change { $0.add("D2", s.text, String(d)) }
    }
  }

  /// The same action, allowed under one state of a policy and blocked under the next.
  static func drifting(_ g: Generator, _ index: Int) -> [Scribe] {
    let digest = World.digest("D4 \(index / 2)")
    // Both states of `thin` must have ruled: one seed of a pair stands in the last day, one before.
    if index / 2 * 2 + 1 < g.size.positives, index % 2 == 0 { g.change { $0.add("D4", digest) } }
    var s = g.open(.init(agent: 20 + index, principal: 5, gateway: 0))
    let isNew = index % 2 == 0
    let q = g.query(&s, "carriers", digest: digest)
    g.decide(
      &s, q, isNew ? "block" : "allow", rule: "carriers", policy: "thin", version: isNew ? 2 : 1)
    if !isNew { g.result(&s, q, rows: 1, bytes: 10) }
    return [s]
  }

  static func monitored(_ g: Generator, _ index: Int) -> [Scribe] {
    one(g, index) { s in
      let q = g.query(&s, "products")
      let d = g.decide(&s, q, "block", rule: "watched", enforced: false)
      g.result(&s, q, rows: 1, bytes: 10)
      g.change { $0.add("D5", s.text, String(d)) }
    }
  }

  static func implicitTrust(_ g: Generator, _ index: Int) -> [Scribe] {
    let trace = World.trace("D6 \(index)")
    let a = g.open(.init(agent: 20 + index, principal: 5, gateway: index, trace: trace))
    g.clock.now += 5_000_000
    let (agent, uid) = (World.agent(30 + index), "trusting-\(index)")
    let link = World.link(
      uid, parent: nil, root: uid, depth: 0, sub: World.human(5), act: agent, proof: "asserted",
      issued: g.clock.now)
    let b = g.open(
      .init(agent: 30 + index, principal: 5, gateway: index, chain: [link], trace: trace))
    g.change { $0.add("D6", b.text) }
    return [a, b]
  }

  static func brokenChain(_ g: Generator, _ index: Int) -> [Scribe] {
    let uid = "orphan-\(index)"
    let link = World.link(
      uid, parent: "ghost-\(index)", root: "ghost-\(index)", depth: 1, sub: World.human(5),
      act: World.agent(20 + index), issued: g.clock.now)
    g.change { $0.add("D7", uid) }
    return [g.open(.init(agent: 20 + index, principal: 5, gateway: index, chain: [link]))]
  }

  static func widened(_ g: Generator, _ index: Int) -> [Scribe] {
    let (agent, root, uid) = (World.agent(20 + index), "narrow-\(index)", "wide-\(index)")
    let isLonger = index % 2 == 1
    let child = World.link(
      uid, parent: root, root: root, depth: 1, sub: World.human(5), act: agent,
      scopes: isLonger ? ["read"] : ["read", "admin"],
      expires: g.clock.now + (isLonger ? 9 : 2) * Generator.day, issued: g.clock.now)
    let parent = World.link(
      root, parent: nil, root: root, depth: 0, sub: World.human(5), act: agent, issued: g.clock.now)
    g.change { $0.add("D8", uid) }
    let s = g.open(.init(agent: 20 + index, principal: 5, gateway: index, chain: [child, parent]))
    if index == 0 {
      g.change { truth in
        truth.parameters["session"] = s.text
        truth.add("Q14", "0", uid, World.human(5), agent)
        truth.add("Q14", "1", root, World.human(5), agent)
      }
    }
    return [s]
  }

  static func lateAuthority(_ g: Generator, _ index: Int) -> [Scribe] {
    let uid = "late-\(index)"
    let isExpired = index % 2 == 0
    let link = World.link(
      uid, parent: nil, root: uid, depth: 0, sub: World.human(5),
      act: isExpired ? World.agent(20 + index) : World.agent(19),
      expires: isExpired ? g.clock.now - 3_600_000_000 : nil, issued: g.clock.now - Generator.day)
    var s = g.open(.init(agent: 20 + index, principal: 5, gateway: index, chain: [link]))
    g.plainQuery(&s)
    g.change { $0.add("D9", s.text) }
    return [s]
  }

  static func laundered(_ g: Generator, _ index: Int) -> [Scribe] {
    let root = "shared-root-\(index)"
    func chain(_ name: String, _ agent: String) -> [JSONValue] {
      [
        World.link(
          name, parent: root, root: root, depth: 1, sub: World.human(5), act: agent,
          scopes: ["read"], expires: expiry, issued: g.clock.now),
        World.link(
          root, parent: nil, root: root, depth: 0, sub: World.human(5),
          act: World.agent(20 + index), expires: expiry, issued: issued),
      ]
    }
    let issued = g.clock.now
    let expiry = issued + 2 * Generator.day
    var a = g.open(
      .init(
        agent: 20 + index, principal: 5, gateway: index,
        chain: chain("wash-a-\(index)", World.agent(20 + index))))
    a.pass(1000)
    g.decide(&a, g.query(&a, "vault_\(index)"), "block", rule: "no-vault")
    g.clock.now += 60_000_000
    var b = g.open(
      .init(
        agent: 30 + index, principal: 5, gateway: index,
        chain: chain("wash-b-\(index)", World.agent(30 + index))))
    b.pass(1000)
    let q = g.query(&b, "vault_\(index)")
    g.decide(&b, q)
    g.result(&b, q, rows: 1, bytes: 10)
    g.change { $0.add("D10", a.text, b.text, "vault_\(index)") }
    return [a, b]
  }

  static func sharedToken(_ g: Generator, _ index: Int) -> [Scribe] {
    let token = World.digest("shared token \(index)")
    g.change { $0.add("D12", token) }
    return [20 + index, 30 + index].map {
      g.open(.init(agent: $0, principal: 5, gateway: index, tokenID: token))
    }
  }

  static func rugPull(_ g: Generator, _ index: Int) -> [Scribe] {
    let tool = "pulled-\(index)"
    g.change { $0.add("D13", "mcp-tickets", tool) }
    return ["first", "second"].map { state in
      var s = g.open(
        .init(kind: "mcp", agent: 20 + index, principal: 5, resource: World.tools, gateway: index))
      g.catalog(&s, [(tool, World.digest("\(state) \(tool)"))])
      return s
    }
  }

  static func leak(_ g: Generator, _ index: Int) -> [Scribe] {
    one(g, index) { s in
      let q = g.query(&s, "payments")
      g.decide(&s, q, "mask")
      g.result(&s, q, rows: 5, bytes: 100)
      g.mask(&s, q, "payments", "card", "card", found: 5, masked: 3)
    }
  }

  static func unmasked(_ g: Generator, _ index: Int) -> [Scribe] {
    one(g, index) { s in
      let q = g.query(&s, "customers")
      g.decide(&s, q)
      g.result(&s, q, rows: 4, bytes: 100)
      g.change { $0.add("D15", s.text, String(q), "email", "email") }
    }
  }

  static func asymmetry(_ g: Generator, _ index: Int) -> [Scribe] {
    let table = "ledger_\(index)"
    var a = g.open(.init(agent: 20 + index, principal: 5, gateway: index))
    let q = g.query(&a, table)
    g.decide(&a, q, "mask")
    g.result(&a, q, rows: 2, bytes: 100)
    g.mask(&a, q, table, "iban", "iban", found: 2, masked: 2)
    var b = g.open(
      .init(kind: "mcp", agent: 21 + index, principal: 5, resource: World.tools, gateway: index))
    g.tool(&b, "tool-1", object(("table", .init(table))), reads: table)
    g.change { $0.add("D16", table, "iban", "mcp") }
    return [a, b]
  }

  /// Under the first state of `thin` ten values a read are masked, under the second two.
  static func thinMasking(_ g: Generator, _ index: Int) -> [Scribe] {
    var s = g.open(.init(agent: 20 + index, principal: 5, gateway: 0))
    let isNew = index % 2 == 0
    let version = isNew ? 2 : 1
    for _ in 0..<4 {
      s.pass(1000)
      let q = g.query(&s, "patients")
      g.decide(&s, q, "mask", rule: "patients", policy: "thin", version: version)
      g.result(&s, q, rows: 10, bytes: 100)
      g.mask(&s, q, "patients", "ssn", "ssn", found: isNew ? 2 : 10, masked: isNew ? 2 : 10)
      g.change { truth in
        truth.count(
          "D17", ["thin", "v\(version)", World.policyDigest("thin", version), "ssn"],
          isNew ? 2 : 10, 1)
      }
    }
    return [s]
  }

  static func relay(_ g: Generator, _ index: Int) -> [Scribe] {
    let trace = World.trace("D18 \(index)")
    var a = g.open(.init(agent: 20 + index, principal: 5, gateway: index, trace: trace))
    let q = g.query(&a, "customers")
    g.decide(&a, q, "mask")
    g.result(&a, q, rows: 2, bytes: 100)
    g.mask(&a, q, "customers", "email", "email", found: 2, masked: 2)
    g.clock.now += 60_000_000
    var opening = Generator.Opening(kind: "http", agent: 30 + index, principal: 5, gateway: index)
    (opening.resource, opening.trace) = (World.web, trace)
    var b = g.open(opening)
    g.http(&b, "POST", "/v1/outbox")
    g.change { $0.add("D18", a.text, b.text) }
    return [a, b]
  }
}

internal import Platform
internal import SessionLog

/// Sessions in which nothing is wrong, and those of gateways and readers.
extension Generator {
  func plainSession(_ index: Int, events: Int) -> Scribe {
    var opening = Opening()
    opening.agent = dice.below(Self.agents)
    opening.principal = opening.agent % 25
    opening.gateway = index % Self.gateways
    let wanted = max(3, events / 2 + dice.below(max(1, events)))
    let kind = size.onlyTerminals ? 0 : size.onlyRows ? 4 + dice.below(12) : dice.below(16)
    switch kind {
    case 0..<4: return terminalSession(opening, wanted)
    case 4..<9:
      opening.resource = World.databases[index % 2]
      var s = open(opening)
      while s.lines.count < wanted { plainQuery(&s) }
      return s
    case 9..<12:
      (opening.kind, opening.resource) = ("http", World.web)
      var s = open(opening)
      while s.lines.count < wanted {
        http(&s, dice.below(4) == 0 ? "PUT" : "GET", "/v1/items/{id}/part-\(dice.below(30))")
      }
      return s
    case 12..<14:
      (opening.kind, opening.resource) = ("mcp", World.tools)
      var s = open(opening)
      let names = (0..<6).map { "tool-\($0)" }
      catalog(&s, names.map { ($0, World.digest("tool " + $0)) })
      while s.lines.count < wanted {
        tool(
          &s, names[dice.below(6)],
          object(("ticket", .integer(Int64(dice.below(5000)))), ("note", .init("look at it"))))
      }
      return s
    default:
      (opening.kind, opening.resource) = ("kubernetes", World.cluster)
      var s = open(opening)
      while s.lines.count < wanted { kubernetes(&s) }
      return s
    }
  }

  /// A shell: typed letters, their echo, and output.
  func terminalSession(_ opening: Opening, _ wanted: Int) -> Scribe {
    var opening = opening
    (opening.kind, opening.resource, opening.argv) = ("terminal", World.host, ["bash", "-i"])
    var s = open(opening)
    let commands = ["ls -l", "git status", "make test", "df -h", "tail -n 3 build.log"]
    s.output("$ ")
    while s.lines.count < wanted {
      let command = commands[dice.below(commands.count)]
      s.pass(400_000)
      s.output(command + "\r\n")
      for row in 0..<(4 + dice.below(12)) {
        s.pass(800)
        s.output(
          "\u{1B}[32mok\u{1B}[0m  build step \(row) of \(command) took \(dice.below(90)) ms\r\n")
      }
      s.output("$ ")
    }
    return s
  }

  /// One session for each gateway: its policies, what is classified, who accepted which tool.
  func setUp() throws(SessionLogFailure) {
    for gateway in 0..<Self.gateways {
      var opening = Opening(kind: "gateway", agentUID: World.gateway(gateway), principal: nil)
      (opening.gateway, opening.chain) = (gateway, [])
      var s = open(opening)
      activate(&s, "base", 1)
      s.add("clock.sync", ("offset_us", .integer(40)), ("source", .init("chrony")))
      if gateway == 0 {
        for (table, field, type) in [("customers", "email", "email")] {
          s.add(
            "resource.classify", ("resource", World.databases[0].json), ("object", .init(table)),
            ("field", .init(field)), ("info_type", .init(type)), ("required", .init("replace")))
          s.add(
            "resource.classify", ("resource", World.databases[1].json), ("object", .init(table)),
            ("field", .init(field)), ("info_type", .init(type)), ("required", .init("replace")))
        }
        for index in 0..<6 {
          s.add(
            "mcp.tool.approved", ("server", .init("mcp-tickets")), ("name", .init("tool-\(index)")),
            ("definition_digest", .init(World.digest("tool tool-\(index)"))),
            ("approver", World.identity(World.human(1), "human")), ("change_ref", .init("CHG-1")))
        }
        activate(&s, "thin", 1)
      }
      if !size.onlyRows {
        seedPolicies(&s, gateway)
        if gateway == 0 {
          s.pass(Int(Self.end - Self.day / 2 - s.moment))
          activate(&s, "thin", 2)
        }
      }
      try keep(s)
    }
  }

  func activate(_ s: inout Scribe, _ name: String, _ version: Int, reviewed: Bool = true) {
    s.pass(1000)
    s.add(
      "policy.activate", ("policy", World.policy(name, version: version)),
      ("change_ref", reviewed ? .init("CHG-\(version)") : nil),
      ("author", World.identity(World.human(2), "human")),
      ("approver", World.identity(World.human(3), "human")))
  }

  /// Policies that stand for D1 (two states at once) and D3 (nobody reviewed it).
  private func seedPolicies(_ s: inout Scribe, _ gateway: Int) {
    s.pass(60_000_000)
    for index in 0..<size.positives {
      if gateway < 2 { activate(&s, "drift-\(index)", gateway + 1) }
      if gateway == 1 {
        change { $0.add("D1", "drift-\(index)", World.gateway(0), World.gateway(1)) }
      }
      if gateway == 2 {
        activate(&s, "solo-\(index)", 1, reviewed: false)
        change { $0.add("D3", World.gateway(2), "solo-\(index)", "v1") }
      }
    }
  }

  /// One session a day of who read what.
  func audit() throws(SessionLogFailure) {
    for day in 0..<size.days {
      let start = Self.end - (size.days - day) * Self.day + Self.day / 3
      clock.now = max(clock.now, start)
      var opening = Opening(kind: "audit", agentUID: "blackbox", principal: nil)
      opening.chain = []
      let kept = clock.now
      clock.now = start
      var s = open(opening)
      clock.now = kept
      for reader in 0..<3 {
        s.pass(1_000_000)
        let inDay = truth.isInDay(s.moment)
        let (who, rows) = (String(1000 + reader), Int(day) + reader)
        let what = reader == 2 ? "export" : "query"
        if inDay { change { $0.count("Q18", [who, what], 1, rows) } }
        let fields: [(String, JSONValue?)] = [
          ("who", object(("issuer", .init("local")), ("uid", .init(who)))),
          ("verb", .init(reader == 2 ? "export" : "sessions")), ("rows", .integer(Int64(rows))),
          ("purpose", .init("review")),
        ]
        if reader == 2 {
          s.add("audit.export", fields[0], fields[1], fields[2], fields[3])
        } else {
          s.add("audit.query", fields[0], fields[1], fields[2], fields[3])
        }
      }
      try keep(s)
    }
  }
}

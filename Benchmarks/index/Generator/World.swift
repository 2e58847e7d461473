internal import Platform
internal import SessionLog

/// Who and what there is in a generated store.
enum World {
  struct Place: Sendable {
    var kind: String
    var uid: String
    var json: JSONValue {
      object(
        ("kind", .init(kind)), ("uid", .init(uid)), ("env", .init("production")),
        ("scope", .array([.init("cde")])))
    }
  }

  static let databases = [
    Place(kind: "database", uid: "orders-db"), Place(kind: "database", uid: "billing-db"),
  ]
  static let cluster = Place(kind: "kubernetes", uid: "cluster-eu1")
  static let web = Place(kind: "http", uid: "api.internal")
  static let tools = Place(kind: "mcp", uid: "mcp-tickets")
  static let host = Place(kind: "host", uid: "build-17")

  /// Stands in the seeded commands of question 4 and nowhere else.
  static let needle = "zebra-quartz"
  /// What terminals showed in pieces, and no event holds whole.
  static let shownNeedle = "violet-anchor"

  static func agent(_ index: Int) -> String { "agent-\(pad(index % Generator.agents))" }
  static func human(_ index: Int) -> String { "person-\(pad(index % 25))@example.com" }
  static func gateway(_ index: Int) -> String { "gw-\(index % Generator.gateways)" }
  private static func pad(_ index: Int) -> String { index < 10 ? "0\(index)" : String(index) }

  static func digest(_ text: String) -> String {
    do { return try SHA256.hash(Array(text.utf8)).hex } catch { return "" }
  }
  static func trace(_ text: String) -> String { String(digest("trace " + text).prefix(32)) }

  static let issuer = "https://id.example.com"

  static func identity(_ uid: String, _ kind: String) -> JSONValue {
    object(
      ("issuer", .init(issuer)), ("uid", .init(uid)), ("kind", .init(kind)),
      ("model", kind == "agent" ? .init("model-5") : nil))
  }

  static func policyDigest(_ name: String, _ version: Int) -> String {
    digest("policy \(name) \(version)")
  }

  static func policy(_ name: String, version: Int) -> JSONValue {
    object(
      ("name", .init(name)), ("version", .init("v\(version)")),
      ("digest", .init(policyDigest(name, version))))
  }

  /// The policy that rules where nothing else is wanted.
  static func policy(_ index: Int, gateway: Int) -> JSONValue { policy("base", version: 1) }

  /// One link of a delegation chain.
  static func link(
    _ uid: String, parent: String?, root: String, depth: Int64, sub: String, act: String,
    scopes: [String] = ["read", "write"], expires: Int64? = nil, proof: String = "verified",
    issued: Int64
  ) -> JSONValue {
    object(
      ("uid", .init(uid)), ("parent_uid", parent.map { .init($0) }),
      ("root", parent == nil ? .bool(true) : nil), ("root_uid", .init(root)),
      ("depth", .integer(depth)), ("issuer", .init(issuer)), ("sub", identity(sub, "human")),
      ("act", .array([identity(act, "agent")])), ("scopes", .array(scopes.map { .init($0) })),
      ("issued", .init(WallTime.format(issued))),
      ("expires", .init(WallTime.format(expires ?? issued + 2 * Generator.day))),
      ("proof", .init(proof)))
  }

  /// The usual chain: a link for the session and a root for the principal's own authority.
  static func chain(_ id: String, agent: String, for principal: String, _ now: Int64) -> [JSONValue]
  {
    let root = "root-\(id)"
    return [
      link(
        "del-\(id)", parent: root, root: root, depth: 1, sub: principal, act: agent,
        scopes: ["read"], issued: now),
      link(root, parent: nil, root: root, depth: 0, sub: principal, act: agent, issued: now),
    ]
  }
}

import Evidence
import Platform
import SessionLog
import TestSupport

/// Lines of every type with values at their ends, made from what the types say of themselves.
struct EventSamples {
  var random: SeededGenerator

  static let texts = [
    "", "plain", "\u{1B}[31m\u{0}\u{7F}", "\"quoted\\\" \r\n\t", "é\u{301}\u{202E}\u{FFFD}",
    "🧑‍🚀\u{10FFFF}", "<script>alert(1)</script>", "'; DROP TABLE event;--", "=HYPERLINK(1)",
    "{\"t\":1,\"type\":\"x\"}", String(repeating: "a", count: 3000),
  ]

  mutating func text(empty: Bool = true) -> String {
    (empty ? Self.texts : Array(Self.texts.dropFirst())).randomElement(using: &random) ?? ""
  }

  mutating func integer() -> Int64 {
    [.min, -1, 0, 1, 1 << 53, .max].randomElement(using: &random) ?? 0
  }

  /// Any JSON, two levels deep.
  mutating func anything(depth: Int = 2) -> JSONValue {
    switch Int.random(in: 0...(depth > 0 ? 6 : 4), using: &random) {
    case 0: .bool(Bool.random(using: &random))
    case 1: .integer(integer())
    case 2: .number("-1.5e300")
    case 3, 4: .string(text())
    case 5: .array([anything(depth: depth - 1), .null])
    default: .object([.init(text(), anything(depth: depth - 1))])
    }
  }

  mutating func value(_ kind: FieldKind) -> JSONValue {
    switch kind {
    case .string: .string(text(empty: false))
    case .integer: .integer(integer())
    case .number: .number(["0.5", "-1e-300", "0.1"].randomElement(using: &random) ?? "")
    case .boolean: .bool(Bool.random(using: &random))
    case .time:
      .string(
        ["0000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999999Z", "2026-11-22T14:21:47.123Z"]
          .randomElement(using: &random) ?? "")
    case .digest: .string(Hex.encode(random.bytes(32)))
    case .reference:
      Bool.random(using: &random)
        ? .integer([0, 7, .max].randomElement(using: &random) ?? 0)
        : .string("\(TestStore.id(Int(random.next() % 100)))@\(random.next())")
    case .strings: .array([.string(text()), .string(text())])
    case .json: anything()
    case .stringOrInteger:
      Bool.random(using: &random) ? .string(text()) : .integer(integer())
    case .words(let words): .string(words.randomElement(using: &random) ?? "")
    case .object(let name), .objectOrNull(let name): object(name)
    case .list(let name): .array([object(name), object(name)])
    }
  }

  mutating func object(_ name: String) -> JSONValue {
    let type = EventTypes.objects.first { $0.objectName == name }
    var members = fields(type?.fields ?? [])
    if Bool.random(using: &random) { members.append(.init("x_\(name)", anything())) }
    return .object(members)
  }

  /// All required fields and some of the others, in their order.
  mutating func fields(_ descriptions: [FieldDescription]) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = []
    for field in descriptions where field.isRequired || Bool.random(using: &random) {
      members.append(.init(field.name, value(field.kind)))
    }
    return members
  }

  /// A line of the type.
  mutating func line(_ type: any SessionEvent.Type) -> [UInt8] {
    var own = fields(type.fields)
    if own.contains(where: { $0.name == "data" }) { own.removeAll { $0.name == "data64" } }
    if let place = own.firstIndex(where: { $0.name == "data64" }) {
      own[place].value = .string(Base64.encode([0xFF] + random.bytes(40)))
    }
    if type.typeName == "delegation.issued" {
      own.removeAll { $0.name == "root" }
      if !own.contains(where: { $0.name == "parent_uid" }) {
        own.insert(.init("root", .bool(true)), at: 1)
      }
    }
    var members = own
    let names = Set(type.fields.map(\.name))
    for member in fields(CommonFields.fields) where !names.contains(member.name) {
      // A later part is another thing, and lists are written by their own tests.
      members.append(member.name == "part" ? .init("part", .integer(0)) : member)
    }
    members.append(.init("x_unknown", anything()))
    members.append(.init("x_nothing", .null))
    return Self.line(type.typeName, members, at: random.next() % (1 << 53))
  }

  static func line(_ type: String, _ members: [JSONValue.Member], at time: UInt64 = 1) -> [UInt8] {
    var bytes = Array("{\"t\":\(time),\"type\":\"\(type)\"".utf8)
    var rest: [UInt8] = []
    JSONLine.value(.object(members), into: &rest)
    bytes += members.isEmpty ? [0x7D] : [0x2C] + rest.dropFirst()
    return bytes
  }
}

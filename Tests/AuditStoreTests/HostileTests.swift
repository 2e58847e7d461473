import Foundation
import Platform
import SessionLog
import Testing

@testable import AuditStore

/// Recorded content that was made to break the index.
@Suite struct HostileTests {
  private let nasty = "'; DROP TABLE event; --\u{0}\u{1}\u{1B}]0;x\u{7}\" \\ \u{202E}%_"

  /// A line of any type, its fields as JSON.
  private func line(_ type: StaticString, _ json: String, _ time: UInt64 = 0) -> [UInt8] {
    Array("{\"t\":\(time),\"type\":\"\(type)\"\(json.isEmpty ? "" : ",")\(json)}".utf8)
  }

  private func database(_ fixture: Fixture) throws -> Database {
    _ = try AuditIndex.refresh(fixture.store, now: 0)
    return try Database(fixture.store.indexPath, .readOnly, wait: 50)
  }

  @Test func `SQL and control bytes in every field stay text`() throws {
    let fixture = try Fixture()
    var writer = try fixture.begin()
    for type in IndexedTypes.all where !type.name.description.hasPrefix("session.") {
      var event = LineBuilder(time: 0, type: type.name)
      for name in [
        "text", "op", "target", "code", "name", "method", "host", "path", "rule", "reason",
        "server", "approval",
        "object", "field", "info_type", "dir", "verb", "uid", "required", "value_hmac",
        "definition_digest",
      ] { event.add(name, nasty) }
      event.add("outcome", "block")
      event.add(
        "policy", .object([.init("name", .string(nasty)), .init("version", .string(nasty))]))
      event.add(
        "objects",
        .array([.object([.init("name", .string(nasty)), .init("access", .string(nasty))])]))
      event.add(
        "tools",
        .array([
          .object([.init("name", .string(nasty)), .init("definition_digest", .string(nasty))])
        ]))
      event.add(
        "approver", .object([.init("uid", .string(nasty)), .init("issuer", .string(nasty))]))
      event.add("resource", .object([.init("uid", .string(nasty)), .init("kind", .string(nasty))]))
      try writer.append(event.finish())
    }
    _ = try writer.close(lines: [Fixture.end(0, 0)])
    let database = try database(fixture)
    #expect(try database.value("PRAGMA integrity_check") == .text("ok"))
    for count: SQL in [
      "SELECT count(*) FROM decision WHERE rule = \(nasty)",
      "SELECT count(*) FROM approval WHERE uid = \(nasty)",
      "SELECT count(*) FROM policy WHERE name = \(nasty)",
      "SELECT count(*) FROM tool_seen WHERE tool = \(nasty)",
      "SELECT count(*) FROM object_ref WHERE object = \(nasty)",
      "SELECT count(*) FROM masking WHERE field = \(nasty)",
      "SELECT count(*) FROM event JOIN txt USING(tid) WHERE body = \(nasty)",
    ] { #expect(try database.integer(count) > 0, "\(count.text)") }
  }

  @Test func `values of a wrong kind are passed over and counted`() throws {
    let fixture = try Fixture()
    var writer = try fixture.begin()
    let wrong = [
      "[]", "{}", "true", "1e999", "-1", "99999999999999999999", "\"\"", "null", "[[[[]]]]",
    ]
    for type in IndexedTypes.all where !type.name.description.hasPrefix("session.") {
      for value in wrong {
        let fields = [
          "op", "target", "status", "code", "disp", "sev", "rows", "bytes", "text", "dur_us",
          "caused_by", "subject",
          "policy", "rule", "outcome", "enforced", "approval", "found", "masked", "objects",
          "tools", "uid", "act",
          "scopes", "who", "sessions", "trace", "resource", "gateway", "part", "executed",
          "expires", "need", "server",
          "name", "audit_id", "stage",
        ]
        try writer.append(
          line(type.name, fields.map { "\"\($0)\":\(value)" }.joined(separator: ",")))
      }
    }
    // What is no JSON at all passes the verifier, which looks at a line's ends alone.
    for broken in ["\"a\"", "\"a\":", "\"a\":{", "\"text\":\"x", ",,,", "\"caused_by\":12x"] {
      try writer.append(line("database.query", broken))
    }
    _ = try writer.close(lines: [Fixture.end(0, 0)])
    let database = try database(fixture)
    let lines = Int64(IndexedTypes.all.count - 5) * Int64(wrong.count) + 6
    #expect(
      try database.integer("SELECT count(*) + (SELECT sum(n) FROM stretch) FROM event") >= lines)
    #expect(try database.integer("SELECT n_odd FROM session") > 100)
    #expect(try database.integer("SELECT count(*) FROM source WHERE verify = 'OK'") == 1)
    #expect(try database.value("PRAGMA integrity_check") == .text("ok"))
  }

  @Test func `long lines and deep ones are taken up to the limits, and the cut is told`() throws {
    let fixture = try Fixture()
    var writer = try fixture.begin()
    let long = String(repeating: "x", count: 8 << 20 - 100)
    try writer.append(line("database.query", "\"text\":\"\(long.prefix(8 << 20 - 64))\""))
    try writer.makeDurable(commit: true)
    let deep = String(repeating: "[", count: 200_000) + String(repeating: "]", count: 200_000)
    try writer.append(line("mcp.call", "\"args\":\(deep),\"name\":\"deep\""))
    try writer.append(line("custom.deep", "\"a\":\(deep)"))
    _ = try writer.close(lines: [Fixture.end(0, 0)])
    let database = try database(fixture)
    #expect(
      try database.integer("SELECT max(length(body)) FROM txt") == Int64(FieldSource.textLimit))
    #expect(try database.integer("SELECT n_cut FROM session") >= 1)
    #expect(try database.integer("SELECT count(*) FROM event WHERE target = 'deep'") == 1)
    #expect(try database.integer("SELECT count(*) FROM etype WHERE name = 'custom.deep'") == 1)
  }

  @Test func `clocks that jump and sessions of the future break nothing`() throws {
    let fixture = try Fixture()
    for jump: UInt64 in [0, 1 << 52] {
      var writer = try fixture.begin()
      try writer.append(line("database.query", "\"text\":\"late\"", jump))
      try writer.append(
        line("recorder.gap", "\"reason\":\"r\",\"from_t\":9223372036854775807", jump))
      _ = try writer.close(lines: [Fixture.end(0, jump)])
    }
    let database = try database(fixture)
    #expect(try database.integer("SELECT count(*) FROM event WHERE ts_us > 4000000000000000") > 0)
    #expect(try database.integer("SELECT count(*) FROM gap") == 2)
  }

  @Test func `thousands of agents, types and approvals in one session are told apart`() throws {
    let fixture = try Fixture()
    var writer = try fixture.begin()
    // A million (and some minutes) with BLACKBOX_MANY_AGENTS=1000000.
    let many =
      ProcessInfo.processInfo.environment["BLACKBOX_MANY_AGENTS"].flatMap { Int64($0) } ?? 5000
    for number in 0..<many {
      try writer.append(
        Array(
          "{\"t\":0,\"type\":\"custom.t\(number)\",\"name\":\"n\(number)\"}".utf8))
      try writer.append(
        line(
          "approval.vote",
          "\"approval\":\"a\(number)\",\"verdict\":\"approve\",\"approver\":{\"uid\":\"u\(number)\",\"kind\":\"human\"}"
        ))
    }
    _ = try writer.close(lines: [Fixture.end(0, 0)])
    let database = try database(fixture)
    #expect(try database.integer("SELECT count(*) FROM etype WHERE name GLOB 'custom.*'") == many)
    #expect(try database.integer("SELECT count(*) FROM approval") == many)
    #expect(
      try database.integer("SELECT count(DISTINCT who) FROM identity WHERE kind = 'human'") == many)
  }

  @Test func `the scanner finds what the parser finds`() throws {
    for text in [
      "{\"a\":1,\"b\":\"x\",\"c\":[1,{\"d\":\"]\"}],\"e\":null,\"f\":true,\"g\":-1.5e3}",
      "{ \"a\" : \"\\\"}\" , \"b\" : { \"a\" : 1 } }", "{\"\":\"\"}", "{}",
      "{\"\\u0061\":1,\"b\":2}",
    ] {
      let bytes = Array(text.utf8)
      let members = try #require(try JSONValue(parsing: bytes).members)
      var scanner = FieldScanner(from: 1, to: bytes.count)
      var count = 0
      while let field = scanner.next(bytes.span) {
        let member = members[count]
        let name = String(decoding: bytes[field.name], as: UTF8.self)
        #expect(name == member.name || name.isEmpty)
        let range =
          field.kind == .string
          ? field.value.lowerBound - 1..<field.value.upperBound + 1 : field.value
        #expect(try JSONValue(parsing: Array(bytes[range])) == member.value)
        count += 1
      }
      #expect(count == members.count)
      #expect(scanner.isWhole)
    }
  }

  @Test func `the scanner ends on any bytes`() {
    var state: UInt64 = 7
    let letters = Array("{}[]\",:\\ ntf01e-a".utf8)
    for _ in 0..<20_000 {
      var bytes: [UInt8] = [0x7B]
      for _ in 0..<24 {
        state = state &* 6_364_136_223_846_793_005 &+ 1
        bytes.append(letters[Int(state >> 33) % letters.count])
      }
      var scanner = FieldScanner(from: 1, to: bytes.count)
      var count = 0
      while let field = scanner.next(bytes.span) {
        #expect(field.value.upperBound <= bytes.count)
        count += 1
      }
      #expect(count < 30)
    }
  }
}
